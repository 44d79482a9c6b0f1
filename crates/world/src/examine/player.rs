//! Carries out a notebook on a client, line by line.

use std::{collections::BTreeMap, time::Duration};

use model::{Activity, Notebook, NotebookEntry, Outcome, SessionId, Timestamp, Version};
use protocol::{convert::device as convert, v1};
use services::tap::Tap;

use super::{
    arm::Bench,
    device::{Answered, Device, Fault, quoted},
};

/// Calls in a row that may fail before the client counts as one that fails always.
const ERRORS_MAX: u32 = 8;

/// Carries out a notebook.
pub(super) struct Player<'a> {
    bench: &'a Bench<'a>,
    device: Device,
    tap: &'a Tap,
    name: &'a str,
    seed: u64,
    version: Version,
    starts: Timestamp,
    began: tokio::time::Instant,
    began_ms: i64, // by the machine's clock
    now: Timestamp,
    /// Sessions that could not be opened: nothing can be done in them.
    shut: BTreeMap<SessionId, Outcome>,
    errors: u32,
    /// What went wrong and did not end the arm.
    pub(super) lasting: Vec<String>,
}

impl<'a> Player<'a> {
    pub(super) fn new(
        bench: &'a Bench<'a>,
        device: Device,
        tap: &'a Tap,
        name: &'a str,
        seed: u64,
        starts: Timestamp,
    ) -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self {
            bench,
            device,
            tap,
            name,
            seed,
            version: bench.version.clone(),
            starts,
            began: tokio::time::Instant::now(),
            began_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            now: starts,
            shut: BTreeMap::new(),
            errors: 0,
            lasting: Vec::new(),
        }
    }

    /// Carries out every line, in step with the other arms; what came of each stands in the notebook then.
    pub(super) async fn play(&mut self, notebook: &mut Notebook, steps: &[Timestamp]) -> Result<(), Fault> {
        self.tap.set_time(self.starts);
        self.prepare(v1::Reset::Factory, self.starts).await?;
        let mut lines = notebook.entries.iter_mut().peekable();
        let starts = self.starts; // an arm may begin later than another
        for &step in steps.iter().filter(|step| **step >= starts) {
            self.now = step;
            if self.bench.described.wall_clock {
                self.wait_for(step).await?;
            } else {
                self.tap.set_time(step);
            }
            let mut performed = false;
            while let Some(line) = lines.next_if(|line| line.at <= step) {
                let carried_out = self.carry_out(line).await;
                line.outcome =
                    carried_out.as_ref().map_or_else(|fault| Outcome::Failed(fault.to_string()), Clone::clone);
                carried_out?;
                performed = true;
                self.check_flood()?;
            }
            // On the wall's clock time passes by itself, and only waits are worth a call.
            if !self.bench.described.wall_clock || performed {
                self.advance(step, Duration::ZERO).await?;
            }
            self.check_flood()?;
        }
        Ok(())
    }

    fn check_flood(&self) -> Result<(), Fault> {
        if self.tap.is_flooded() { Err(Fault::Flooded) } else { Ok(()) }
    }

    /// On the wall's clock: lets time pass until `step`, if there is so much left.
    async fn wait_for(&mut self, step: Timestamp) -> Result<(), Fault> {
        let due = self.began + Duration::from_millis(step.since(self.starts).as_millis());
        let waits = due.saturating_duration_since(tokio::time::Instant::now());
        if waits > self.device.left() {
            return Err(self.device.out_of_time());
        }
        if waits > Duration::from_millis(1) {
            self.advance(step, waits).await?;
        }
        tokio::time::sleep_until(due).await;
        Ok(())
    }

    /// The time as the client knows it.
    fn client_ms(&self, at: Timestamp) -> i64 {
        if !self.bench.described.wall_clock {
            return at.as_millis();
        }
        let passed = i64::try_from(at.since(self.starts).as_millis()).unwrap_or(i64::MAX);
        self.began_ms.saturating_add(passed)
    }

    async fn prepare(&mut self, reset: v1::Reset, at: Timestamp) -> Result<(), Fault> {
        let mut request = self.bench.preparation(self.tap, self.name, self.seed, reset);
        request.now_ms = self.client_ms(at);
        request.version = self.version.to_string();
        match self.device.prepare(request).await? {
            Answered::Said(_) => Ok(()),
            Answered::Unimplemented => Err(Fault::Refused { rpc: "Prepare", reason: "`not implemented`".to_owned() }),
            Answered::Failed(reason) => Err(Fault::Refused { rpc: "Prepare", reason }),
        }
    }

    async fn advance(&mut self, to: Timestamp, waits: Duration) -> Result<(), Fault> {
        let request = v1::AdvanceRequest { device: self.name.to_owned(), to_ms: self.client_ms(to) };
        match self.device.advance(request, waits).await? {
            Answered::Said(_) => Ok(()),
            Answered::Unimplemented => Err(Fault::Refused { rpc: "Advance", reason: "`not implemented`".to_owned() }),
            Answered::Failed(reason) => self.fails("Advance", reason),
        }
    }

    /// An error is noted, for what fell due may never have been sent; too many in a row end the examination.
    fn fails(&mut self, rpc: &'static str, reason: String) -> Result<(), Fault> {
        self.errors += 1;
        if self.errors >= ERRORS_MAX {
            return Err(Fault::Failing { count: self.errors, reason });
        }
        if self.lasting.is_empty() {
            self.lasting.push(format!("{rpc} failed with {reason}"));
        }
        Ok(())
    }

    /// Has the client do what the line says, and says what came of it.
    async fn carry_out(&mut self, line: &NotebookEntry) -> Result<Outcome, Fault> {
        if let Some(outcome) = line.session.and_then(|session| self.shut.get(&session)) {
            return Ok(outcome.clone());
        }
        let outcome = if let Some(reset) = convert::reset(&line.activity) {
            self.prepare(reset, line.at).await?;
            Outcome::Done
        } else {
            match &line.activity {
                Activity::FlipSwitch { position } => {
                    let id = self.bench.controls.switch.as_ref().map(|(id, _)| id.clone());
                    self.operate(id, position.clone(), line.at).await?
                }
                Activity::Consent { given } => {
                    let dialog = self.bench.controls.consent.as_ref();
                    let position = dialog.map(|dialog| if *given { &dialog.gives } else { &dialog.refuses });
                    let position = position.cloned().unwrap_or_default();
                    self.operate(dialog.map(|dialog| dialog.id.clone()), position, line.at).await?
                }
                activity => self.perform(activity, line).await?,
            }
        };
        match (&line.activity, &outcome, line.session) {
            (Activity::Update { version }, Outcome::Done, _) => self.version = version.clone(),
            (Activity::OpenSession { .. }, Outcome::Unsupported | Outcome::Failed(_), Some(session)) => {
                self.shut.insert(session, outcome.clone());
            }
            _ => {}
        }
        Ok(outcome)
    }

    async fn operate(&mut self, id: Option<String>, position: String, at: Timestamp) -> Result<Outcome, Fault> {
        let Some(id) = id else { return Ok(Outcome::Unsupported) };
        let now_ms = self.client_ms(at);
        let request = v1::OperateControlRequest { device: self.name.to_owned(), now_ms, id, position };
        let answered = self.device.operate(request).await?;
        self.came_of(answered, |said| (said.outcome, said.reason))
    }

    async fn perform(&mut self, activity: &Activity, line: &NotebookEntry) -> Result<Outcome, Fault> {
        let Some((name, activity)) = convert::activity(activity) else { return Ok(Outcome::Unsupported) };
        if !self.bench.described.has(name) {
            return Ok(Outcome::Unsupported);
        }
        let request = v1::PerformRequest {
            device: self.name.to_owned(),
            now_ms: self.client_ms(line.at),
            session: line.session.map(|session| session.0.to_string()).unwrap_or_default(),
            activity: Some(activity),
        };
        let answered = self.device.perform(request).await?;
        self.came_of(answered, |said| (said.outcome, said.reason))
    }

    fn came_of<T>(&mut self, answered: Answered<T>, said: impl FnOnce(T) -> (i32, String)) -> Result<Outcome, Fault> {
        let (outcome, reason) = match answered {
            Answered::Said(answer) => said(answer),
            Answered::Unimplemented => return Ok(Outcome::Unsupported),
            Answered::Failed(reason) => {
                self.errors += 1;
                if self.errors >= ERRORS_MAX {
                    return Err(Fault::Failing { count: self.errors, reason });
                }
                return Ok(Outcome::Failed(format!("the device answered {reason}")));
            }
        };
        self.errors = 0;
        Ok(match v1::Outcome::try_from(outcome) {
            Ok(v1::Outcome::Done) => Outcome::Done,
            Ok(v1::Outcome::Unsupported) => Outcome::Unsupported,
            Ok(v1::Outcome::Failed) => Outcome::Failed(quoted(&reason)),
            Ok(v1::Outcome::Unspecified) | Err(_) => Outcome::Failed(format!("the device answered outcome {outcome}")),
        })
    }
}
