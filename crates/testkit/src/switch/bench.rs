//! The client on a desk, and what leaves it held against the model.

use std::fmt;

use ::model::{Activity, Channel, Duration, Entry, Flow, Mode, Seed, SessionId, Timestamp};
use auditor::peel;

use super::{Step, model::Stand};
use crate::{
    client::{Client, Running},
    desk::Desk,
    diary::visit,
    trial::{Lab, Trial},
};

/// Time that passes before anything is done.
const PAUSE: Duration = Duration::from_secs(1);

/// One client under way, and what the model said of it last.
pub struct Bench<R> {
    desk: Desk<R>,
    now: Timestamp,
    stand: Stand,
    tokens: Seed,
    seen: usize,     // flows
    left: Vec<bool>, // by visit
}

impl<R> fmt::Debug for Bench<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bench").field("now", &self.now).field("stand", &self.stand).finish_non_exhaustive()
    }
}

impl<R: Running> Bench<R> {
    pub(super) fn new(client: &impl Client<Running = R>, stand: &Stand) -> Self {
        let trial = Trial::whole();
        let lab = Lab::of(&trial, trial.starts).unwrap_or_else(|_| unreachable!("a lab device's name names a device"));
        let desk = lab.install(client, &stand.facts().version);
        let seed = Seed::root(trial.seed).derive("switch");
        let (tokens, stand) = (seed.derive("tokens"), stand.clone());
        Self { desk, now: trial.starts, stand, tokens, seen: 0, left: Vec::new() }
    }

    /// Does `step`, after which the model is at `stand`.
    ///
    /// # Errors
    /// If the client does what the model excludes: what it is, in words.
    pub(super) fn take(&mut self, step: &Step, stand: &Stand) -> Result<(), String> {
        self.pass(PAUSE)?;
        match step {
            Step::Visit(mode) => self.visit(*mode, stand),
            Step::Wait(span) => self.pass(*span)?,
            Step::Does(activity) => self.perform(None, activity.clone()),
        }
        // What leaves at the moment of a change is judged by either side of it.
        let before = std::mem::replace(&mut self.stand, stand.clone());
        self.judge(|mode| before.promises(mode) && stand.promises(mode))?;
        let missing = stand.visits().iter().zip(&self.left).position(|(visit, left)| visit.awaited && !left);
        match missing {
            Some(page) => Err(format!("page {page} may be collected and did not leave, with {}", stand.words())),
            None => Ok(()),
        }
    }

    fn visit(&mut self, mode: Mode, stand: &Stand) {
        let number = stand.visits().len() - 1;
        self.left.push(false);
        self.stand = stand.clone(); // a visit changes nothing but that there is one more
        let token = self.token(number);
        let session = u32::try_from(number + 1).ok().map(SessionId);
        let page = format!("https://{token}.example/{token}");
        for activity in [Activity::OpenSession { mode }, visit(&page), Activity::CloseSession] {
            self.perform(session, activity);
            self.now = self.now + Duration::from_millis(10);
        }
    }

    fn perform(&mut self, session: Option<SessionId>, activity: Activity) {
        self.desk.perform(&Entry { at: self.now, session, activity });
    }

    fn pass(&mut self, span: Duration) -> Result<(), String> {
        self.now = self.now + span;
        self.desk.wait_until(self.now);
        let stand = self.stand.clone();
        self.judge(|mode| stand.promises(mode))
    }

    /// Holds what left since the last time against the model, where `quiet` says which modes are left alone.
    fn judge(&mut self, quiet: impl Fn(Mode) -> bool) -> Result<(), String> {
        if let Some(fault) = self.desk.faults().first() {
            return Err(format!("the client could not be tried to the end: {fault}"));
        }
        for flow in &self.desk.flows()[self.seen..] {
            let peeled = peel::peel(flow);
            for (number, visited) in self.stand.visits().iter().enumerate() {
                let token = self.token(number);
                let navigates = flow.channel == Channel::Http && flow.host.as_str().starts_with(&token);
                let holds = |view: &peel::View<'_>| {
                    String::from_utf8_lossy(view.content()).to_ascii_lowercase().contains(&token)
                };
                let Some(view) = peeled.views().filter(|_| !navigates).find(holds) else { continue };
                self.left[number] = true;
                let mode = visited.mode;
                if visited.promised {
                    return Err(told(number, mode, "was never to be collected", flow, &view));
                }
                if quiet(mode) {
                    return Err(told(number, mode, &format!("left with {}", self.stand.words()), flow, &view));
                }
            }
        }
        self.seen = self.desk.flows().len();
        Ok(())
    }

    /// What stands in the address of a page and nowhere else: sixteen letters.
    fn token(&self, number: usize) -> String {
        let drawn = self.tokens.nth(number as u64);
        drawn.as_bytes().iter().take(16).map(|byte| char::from(b'a' + byte % 26)).collect()
    }
}

/// What should not have left, as the auditor shows it.
fn told(number: usize, mode: Mode, why: &str, flow: &Flow, view: &peel::View<'_>) -> String {
    let (flow_id, host, at, path) = (flow.id.0, &flow.host, flow.at, view.path().join(" › "));
    let shown: String = String::from_utf8_lossy(view.content()).chars().take(200).collect();
    format!(
        "page {number}, visited in {mode} mode, {why}\n  flow       {flow_id} to {host} at {at}\n  path       {path}\n  plaintext  {shown}"
    )
}
