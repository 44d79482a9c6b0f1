//! What one server holds of one query and window whose reports come in shares.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use data_encoding::BASE64URL_NOPAD;
use encoding::prio3::{NONCE_FIELD, Nonce, SHARE_FIELD, context};
use model::{AggregateShare, Partial, Party, Query, QueryId, RegionId, Report, Seed, Value, Window};

use super::{
    Ahead, Answer, Prepared, Refused, RefusedCounts, Task, Turn, Verdict, Verifier, ahead::Work, share::Elements, turn,
    verifier,
};

/// Bounds of what is held of one window. Reports that might pass them are not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShareLimits {
    /// Most reports, refused ones included.
    pub reports_max: usize,
    /// Most bytes of shares.
    pub bytes_max: usize,
}

impl Default for ShareLimits {
    /// 2^20 reports, 1 GiB of shares.
    fn default() -> Self {
        Self { reports_max: 1 << 20, bytes_max: 1 << 30 }
    }
}

/// A share that waits for its verification.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    received: Arc<[u8]>,
    device: Option<u64>, // a keyed hash of what the vendor takes for the device
}

/// A report between one turn and the next.
#[derive(Debug, Clone)]
enum Pending {
    Offered { begun: verifier::Begun, share: Vec<u8> },
    Answered { message: Vec<u8>, output: verifier::Output },
}

/// One server's shares of the reports of one query and window, from their arrival to the share of the aggregate.
///
/// Like an [`Accumulator`](crate::Accumulator), it stands for a set of reports: [`push`](Self::push) and
/// [`merge`](Self::merge) unite sets, in any order. Two shares under one nonce are a replay: one of them is kept,
/// whichever came first, and the other is refused and counted.
#[derive(Clone)]
pub struct ShareWindow {
    query: QueryId,
    window: Window,
    events: Vec<String>,
    task: Task,
    verifier: Arc<Verifier>,
    secret: Seed,
    limits: ShareLimits,
    waiting: BTreeMap<Nonce, Waiting>,
    pending: BTreeMap<Nonce, Pending>,
    /// Nonces that are done with, and why the report was not counted; `None` if it was.
    done: BTreeMap<Nonce, Option<Refused>>,
    held_bytes: usize,
    sum: Elements,
    counted: u64,
    refused: RefusedCounts,
    is_bounded: bool,
    is_over: bool,
}

impl ShareWindow {
    /// A window without reports at the server in `region`; `None` if `query` has no shares there.
    ///
    /// `secret` is the region's own: it hashes devices, chooses among their reports, and is where noise comes from.
    /// `verification` is what both servers have and no client knows: the verify key comes from it.
    #[must_use]
    pub fn new(
        query: &Query,
        region: &RegionId,
        window: Window,
        secret: &Seed,
        verification: &Seed,
        limits: ShareLimits,
    ) -> Option<Self> {
        let task = Task::of(query)?;
        let party = task.party_of(region)?;
        let key = verification.derive(&format!("verify key {}", query.id));
        let verifier = Verifier::new(&task.circuit, party, *key.as_bytes(), context(query.id.as_str(), window)).ok()?;
        let mut events = query.events.clone();
        events.sort_unstable();
        Some(Self {
            query: query.id.clone(),
            window,
            events,
            sum: Elements::zero(&task.circuit),
            task,
            verifier: Arc::new(verifier),
            secret: secret.derive(&format!("shares {} {window}", query.id)),
            limits,
            waiting: BTreeMap::new(),
            pending: BTreeMap::new(),
            done: BTreeMap::new(),
            held_bytes: 0,
            counted: 0,
            refused: RefusedCounts::new(),
            is_bounded: false,
            is_over: false,
        })
    }

    /// Takes the share in `report`; `false` if it does not answer the query or is refused, and counted as such.
    pub fn push(&mut self, report: &Report) -> bool {
        let timely = (self.window.start..self.window.end).contains(&report.time);
        if !timely || self.events.binary_search(&report.event).is_err() {
            return false;
        }
        match self.read(report) {
            Ok((nonce, waiting)) => self.wait(nonce, waiting),
            Err(reason) => {
                self.refuse(reason);
                false
            }
        }
    }

    fn read(&self, report: &Report) -> Result<(Nonce, Waiting), Refused> {
        let text = |field| match report.fields.get(field) {
            Some(Value::Text(text)) => Ok(text.as_str()),
            _ => Err(Refused::Malformed),
        };
        let nonce = Nonce::from_text(text(NONCE_FIELD)?).ok_or(Refused::Malformed)?;
        let share = text(SHARE_FIELD)?.as_bytes();
        // Told apart before anything is allocated for it.
        if BASE64URL_NOPAD.decode_len(share.len()) != Ok(self.verifier.received_bytes()) {
            return Err(Refused::WrongLength);
        }
        let received = BASE64URL_NOPAD.decode(share).map_err(|_| Refused::Malformed)?;
        let device = report.device.as_ref().map(|device| number(&self.secret.derive("device").derive(device)));
        Ok((nonce, Waiting { received: received.into(), device }))
    }

    fn wait(&mut self, nonce: Nonce, waiting: Waiting) -> bool {
        let late = self.pending.contains_key(&nonce) || self.done.contains_key(&nonce);
        if late || self.waiting.contains_key(&nonce) {
            self.refuse(Refused::Replayed);
            // Which one is kept must not depend on which came first.
            if let Some(kept) = self.waiting.get_mut(&nonce).filter(|kept| waiting < **kept) {
                *kept = waiting;
            }
            return false;
        }
        self.held_bytes += waiting.received.len();
        self.waiting.insert(nonce, waiting);
        true
    }

    fn refuse(&mut self, reason: Refused) {
        *self.refused.entry(reason).or_default() += 1;
    }

    /// Whether `reports` more reports are sure to fit.
    #[must_use]
    pub fn has_room_for(&self, reports: usize) -> bool {
        let held = self.waiting.len() + self.pending.len() + self.done.len();
        let bytes = reports.saturating_mul(self.verifier.received_bytes());
        reports <= self.limits.reports_max.saturating_sub(held)
            && bytes <= self.limits.bytes_max.saturating_sub(self.held_bytes)
    }

    /// Takes back what `report` brought, if its verification has not begun.
    pub fn take_back(&mut self, report: &Report) {
        let Ok((nonce, taken)) = self.read(report) else { return };
        if self.waiting.get(&nonce) == Some(&taken) {
            self.waiting.remove(&nonce);
            self.held_bytes -= taken.received.len();
        }
    }

    /// Takes all that another shard of the same server holds; `false`, and nothing taken, if it is about something else,
    /// if the verification has begun in either, or if both together pass a limit.
    #[must_use]
    pub fn merge(&mut self, other: &Self) -> bool {
        let same = self.query == other.query && self.window == other.window && self.task == other.task;
        let begun = [&*self, other].iter().any(|one| one.is_bounded || one.is_over || !one.done.is_empty());
        if !same || begun || self.secret != other.secret || !self.has_room_for(other.waiting.len()) {
            return false;
        }
        for (nonce, waiting) in &other.waiting {
            self.wait(*nonce, waiting.clone());
        }
        for (reason, reports) in &other.refused {
            *self.refused.entry(*reason).or_default() += reports;
        }
        true
    }

    /// The leader's turn: takes the helper's `answers`, and says what comes next. The window must be closed to reports.
    pub fn lead(&mut self, answers: Vec<Answer>) -> Turn {
        self.lead_with(answers, Prepared::default())
    }

    /// What [`lead_with`](Self::lead_with) will compute about the next reports once it has heard `answers`. The window must
    /// be closed to reports.
    pub fn ahead_of_lead(&mut self, answers: &[Answer]) -> Ahead {
        let mut reports = Vec::new();
        let mut bytes = 0;
        if self.verifier.party() == Party::Leader {
            self.bound();
            let answered: BTreeSet<Nonce> = answers.iter().map(|answer| answer.nonce).collect();
            let stays = |(nonce, pending): (&Nonce, &Pending)| (!answered.contains(nonce)).then(|| pending.bytes());
            let staying: Vec<usize> = self.pending.iter().filter_map(stays).collect();
            bytes = staying.iter().sum();
            let next = self.waiting.iter().take(turn::TURN_REPORTS_MAX.saturating_sub(staying.len()));
            reports = next.map(|(nonce, waiting)| (*nonce, Arc::clone(&waiting.received))).collect();
        }
        self.ahead(Work::Begin { reports, bytes })
    }

    fn ahead(&self, work: Work) -> Ahead {
        Ahead::new((self.query.clone(), self.window), Arc::clone(&self.verifier), work)
    }

    /// The same turn as [`lead`](Self::lead) takes, of which something was computed before.
    pub fn lead_with(&mut self, answers: Vec<Answer>, prepared: Prepared) -> Turn {
        if self.verifier.party() != Party::Leader {
            return Turn::default();
        }
        self.bound();
        let verdict = |answer: Answer| Verdict { nonce: answer.nonce, counted: self.conclude(answer) };
        let verdicts = answers.into_iter().map(verdict).collect();
        let offers = self.offer(prepared.about(&self.query, self.window));
        self.is_over = offers.is_empty();
        Turn { verdicts, offers }
    }

    /// Keeps as many reports of each device as it may contribute, chosen by a keyed hash of their nonces.
    fn bound(&mut self) {
        if std::mem::replace(&mut self.is_bounded, true) {
            return;
        }
        let mut of_device: BTreeMap<u64, BTreeSet<(u64, Nonce)>> = BTreeMap::new();
        for (nonce, Waiting { device, .. }) in &self.waiting {
            let Some(device) = device else { continue };
            let rank = number(&self.secret.derive("rank").derive(&nonce.to_text()));
            of_device.entry(*device).or_default().insert((rank, *nonce));
        }
        let most = usize::try_from(self.task.reports_max).unwrap_or(usize::MAX);
        for (_, nonce) in of_device.into_values().flat_map(|ranked| ranked.into_iter().skip(most)) {
            self.waiting.remove(&nonce);
            self.end(nonce, Err(Refused::OverBound));
        }
    }

    /// Ends the verification of a report. Whether it was counted.
    fn end(&mut self, nonce: Nonce, outcome: Result<verifier::Output, Refused>) -> bool {
        let counted = outcome.and_then(|output| output.add_to(&mut self.sum).then_some(()).ok_or(Refused::Invalid));
        match counted {
            Ok(()) => self.counted += 1,
            Err(reason) => self.refuse(reason),
        }
        self.done.insert(nonce, counted.err());
        counted.is_ok()
    }

    fn conclude(&mut self, Answer { nonce, outcome }: Answer) -> bool {
        let Some(Pending::Offered { begun, .. }) = self.pending.remove(&nonce) else {
            return self.done.get(&nonce) == Some(&None);
        };
        let outcome = match outcome {
            Ok(message) => self.verifier.finish(begun, &message),
            Err(Refused::Unpaired) => Err(Refused::Unpaired),
            Err(_) => Err(Refused::ByOther),
        };
        self.end(nonce, outcome)
    }

    /// Verifier shares of the reports that are under way, and of the next.
    fn offer(&mut self, mut prepared: Prepared) -> Vec<turn::Offer> {
        let mut bytes: usize = self.pending.values().map(Pending::bytes).sum();
        while self.pending.len() < turn::TURN_REPORTS_MAX && bytes < turn::TURN_BYTES_MAX {
            let Some((nonce, Waiting { received, .. })) = self.waiting.pop_first() else { break };
            let begun = prepared.begun(nonce, &received);
            match begun.unwrap_or_else(|| self.verifier.begin(nonce, &received)) {
                Ok((begun, share)) => {
                    bytes += share.len();
                    self.pending.insert(nonce, Pending::Offered { begun, share });
                }
                Err(reason) => {
                    self.end(nonce, Err(reason));
                }
            }
        }
        let offers = self.pending.iter().filter_map(|(nonce, pending)| match pending {
            Pending::Offered { share, .. } => Some(turn::Offer { nonce: *nonce, share: share.clone() }),
            Pending::Answered { .. } => None,
        });
        offers.collect()
    }

    /// The helper's turn: takes the leader's verdicts and answers its offers. The window must be closed to reports.
    pub fn help(&mut self, turn: Turn) -> Vec<Answer> {
        self.help_with(turn, Prepared::default())
    }

    /// What [`help_with`](Self::help_with) will compute about what `turn` offers. The window must be closed to reports.
    #[must_use]
    pub fn ahead_of_help(&self, turn: &Turn) -> Ahead {
        let waits = |offer: &turn::Offer| {
            let waiting = self.waiting.get(&offer.nonce)?;
            Some((offer.nonce, (Arc::clone(&waiting.received), offer.share.clone())))
        };
        let helps = self.verifier.party() == Party::Helper;
        let offers = turn.offers.iter().take(turn::TURN_REPORTS_MAX).filter(|_| helps);
        self.ahead(Work::Respond { offers: offers.filter_map(waits).collect() })
    }

    /// The same turn as [`help`](Self::help) takes, of which something was computed before.
    pub fn help_with(&mut self, turn: Turn, prepared: Prepared) -> Vec<Answer> {
        let mut prepared = prepared.about(&self.query, self.window);
        if self.verifier.party() != Party::Helper {
            return Vec::new();
        }
        let is_last = turn.is_last();
        for Verdict { nonce, counted } in turn.verdicts {
            if let Some(Pending::Answered { output, .. }) = self.pending.remove(&nonce) {
                self.end(nonce, counted.then_some(output).ok_or(Refused::ByOther));
            }
        }
        let answers = turn.offers.into_iter().take(turn::TURN_REPORTS_MAX);
        let answers = answers.map(|offer| self.answer(offer, &mut prepared)).collect();
        if is_last {
            while let Some((nonce, _)) = self.waiting.pop_first() {
                self.end(nonce, Err(Refused::Unpaired));
            }
            self.is_over = true;
        }
        answers
    }

    fn answer(&mut self, turn::Offer { nonce, share }: turn::Offer, prepared: &mut Prepared) -> Answer {
        if let Some(Pending::Answered { message, .. }) = self.pending.get(&nonce) {
            return Answer { nonce, outcome: Ok(message.clone()) };
        }
        let Some(Waiting { received, .. }) = self.waiting.remove(&nonce) else {
            // What was refused is refused for the same reason when the turn is repeated.
            let reason = self.done.get(&nonce).map_or(Refused::Unpaired, |reason| reason.unwrap_or(Refused::Replayed));
            return Answer { nonce, outcome: Err(reason) };
        };
        let response = prepared.response(nonce, &received, &share);
        match response.unwrap_or_else(|| self.verifier.respond(nonce, &received, &share)) {
            Ok((message, output)) => {
                self.pending.insert(nonce, Pending::Answered { message: message.clone(), output });
                Answer { nonce, outcome: Ok(message) }
            }
            Err(reason) => {
                self.end(nonce, Err(reason));
                Answer { nonce, outcome: Err(reason) }
            }
        }
    }

    /// This server's share of the aggregate, with its noise; `None` while reports are under way.
    #[must_use]
    pub fn seal(&self, region: &RegionId) -> Option<Partial> {
        if !self.is_over || !self.pending.is_empty() {
            return None;
        }
        let noise = self.task.noise().ok()?;
        let elements = self.sum.with_noise(noise, &self.secret.derive("noise")).encode();
        let share = AggregateShare { party: self.verifier.party(), reports: self.counted, elements };
        Some(Partial {
            query: self.query.clone(),
            window: self.window,
            regions: vec![region.clone()],
            groups: Vec::new(),
            counts: Vec::new(),
            sums: Vec::new(),
            devices: Vec::new(),
            responses: 0,
            shares: vec![share],
        })
    }

    /// Reports whose shares are held and that are neither counted nor refused.
    #[must_use]
    pub fn held(&self) -> u64 {
        (self.waiting.len() + self.pending.len()) as u64
    }

    /// Whether every report is counted or refused.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_over && self.pending.is_empty()
    }

    /// Which of the two servers this is.
    #[must_use]
    pub fn party(&self) -> Party {
        self.verifier.party()
    }

    /// The share of the aggregate before noise.
    #[cfg(test)]
    pub(super) const fn sum(&self) -> &Elements {
        &self.sum
    }

    /// Reports counted so far.
    #[must_use]
    pub const fn counted(&self) -> u64 {
        self.counted
    }

    /// Reports refused so far, by reason.
    #[must_use]
    pub const fn refused(&self) -> &RefusedCounts {
        &self.refused
    }
}

impl Pending {
    const fn bytes(&self) -> usize {
        match self {
            Self::Offered { share, .. } => share.len(),
            Self::Answered { message, .. } => message.len(),
        }
    }
}

fn number(seed: &Seed) -> u64 {
    seed.as_bytes().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Shows sizes alone: shares stay out of logs.
impl fmt::Debug for ShareWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShareWindow")
            .field("query", &self.query)
            .field("window", &self.window)
            .field("party", &self.verifier.party())
            .field("waiting", &self.waiting.len())
            .field("pending", &self.pending.len())
            .field("counted", &self.counted)
            .field("refused", &self.refused)
            .finish_non_exhaustive()
    }
}
