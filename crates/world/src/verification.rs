//! Carries the turns of a verification between the servers of two regions, until both are done with every report: each
//! turn again and again, where partitions are in the way.

use std::collections::BTreeMap;

use model::{Duration, Party, QueryId, RegionId, Timestamp, Window};
use protocol::v1::{self, verification_service_client::VerificationServiceClient};
use scenario::Script;
use services::Driver;
use tonic::Request;

use crate::{
    PlayError,
    journeys::Journey,
    log::{Event, Log},
    servers::{Line, refused as refused_by},
};

/// How long one turn may take, on networks where calls take time.
const TURN_MAX: std::time::Duration = std::time::Duration::from_secs(60);

/// How long a turn takes: there, what is to be done, and back.
const TURN_TAKES: Duration = Duration::from_secs(1);

/// What one server made of its shares of one window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    query: QueryId,
    window: Window,
    party: Party,
    region: RegionId,
    /// When it was done with the last report.
    at: Timestamp,
    counted: u64,
    refused: BTreeMap<String, u64>,
    /// Turns of this server that nobody answered.
    unanswered: u64,
}

/// Who carries turns, over which ways.
pub(crate) struct Carrier<'a> {
    pub(crate) script: &'a Script,
    pub(crate) driver: &'a Driver,
    pub(crate) lines: &'a (dyn Fn(&RegionId) -> Option<Line> + Sync),
    /// When every window is closed. Servers are played after their devices: none is at an earlier time any more.
    pub(crate) closed: Timestamp,
}

/// A verification of one window under way.
struct Under {
    /// When the leader takes its next turn.
    at: Timestamp,
    unanswered: u64,
}

impl Carrier<'_> {
    /// Has the server of `leader` say everything that it has to say, and brings it to the servers that help, from when each
    /// window is closed on, and again for as long as there is no answer.
    ///
    /// # Errors
    /// If a server refuses a turn, or names a region that there is not.
    pub(crate) async fn carry(&self, leader: &RegionId) -> Result<Vec<Verified>, PlayError> {
        let mut leading = VerificationServiceClient::new(self.line(leader)?);
        let mut verified = Vec::new();
        let (mut next, mut under): (_, Option<Under>) = (v1::LeadRequest::default(), None);
        loop {
            let now = under.as_ref().map_or(self.closed, |under| under.at);
            let said = leading.lead(self.call(std::mem::take(&mut next), now)).await;
            let v1::LeadResponse { window, helper, verdicts, offers, tally } =
                said.map_err(refused_by("a leader"))?.into_inner();
            let Some(window) = window else { return Ok(verified) };
            let helper = RegionId::new(helper).map_err(strange)?;
            let (query, named): (QueryId, Window) = window.clone().try_into().map_err(strange)?;
            let Under { at, unanswered } =
                under.take().unwrap_or(Under { at: named.end + self.script.collection.grace, unanswered: 0 });
            let is_last = offers.is_empty();
            let turn = v1::HelpRequest { window: Some(window.clone()), verdicts, offers };
            let (answer, journey) = self.help(leader, &helper, turn, at).await?;
            let unanswered = unanswered + journey.unanswered;
            if is_last {
                // The leader is done once it has said so, the helper once it has heard it.
                let of = (query, named);
                verified.push(told(of.clone(), Party::Leader, leader.clone(), tally, at, unanswered));
                verified.push(told(of, Party::Helper, helper, answer.tally, journey.arrives, 0));
            } else {
                next = v1::LeadRequest { window: Some(window), answers: answer.answers };
                under = Some(Under { at: journey.heard + TURN_TAKES, unanswered });
            }
        }
    }

    /// Brings `turn` to `helper`, and again, the same, until the answer is heard.
    async fn help(
        &self,
        leader: &RegionId,
        helper: &RegionId,
        turn: v1::HelpRequest,
        at: Timestamp,
    ) -> Result<(v1::HelpResponse, Journey), PlayError> {
        let [from, to] = [leader, helper].map(|region| scenario::Party::Region(region.clone()));
        let journey = Journey::of(&self.script.faults, &from, &to, at);
        let mut helping = VerificationServiceClient::new(self.line(helper)?);
        if journey.arrives < journey.heard {
            // The work is done, and nobody hears of it.
            let first = helping.help(self.call(turn.clone(), journey.arrives)).await;
            first.map_err(refused_by("a helper"))?;
        }
        let answer = helping.help(self.call(turn, journey.heard)).await.map_err(refused_by("a helper"))?;
        Ok((answer.into_inner(), journey))
    }

    fn line(&self, region: &RegionId) -> Result<Line, PlayError> {
        (self.lines)(region).ok_or_else(|| PlayError::UnknownRegion(region.clone()))
    }

    fn call<T>(&self, message: T, now: Timestamp) -> Request<T> {
        let mut call = self.driver.request(message, now.max(self.closed));
        call.set_timeout(TURN_MAX);
        call
    }
}

/// A leader that says what nobody can read.
fn strange(error: impl std::fmt::Display) -> PlayError {
    PlayError::Answer { service: "a leader", found: error.to_string() }
}

fn told(
    (query, window): (QueryId, Window),
    party: Party,
    region: RegionId,
    tally: Option<v1::VerificationTally>,
    at: Timestamp,
    unanswered: u64,
) -> Verified {
    let v1::VerificationTally { counted, refused } = tally.unwrap_or_default();
    let refused = refused.into_iter().map(|refused| (refused.reason, refused.reports)).collect();
    Verified { query, window, party, region, at, counted, refused, unanswered }
}

/// What the servers counted and refused, for the log.
pub(crate) fn log(verified: &[Verified]) -> Log {
    let mut log = Log::default();
    for Verified { query, window, party, region, at, counted, refused, unanswered } in verified {
        let (party, counted, window, unanswered) = (*party, *counted, window.to_string(), *unanswered);
        let event = Event::Verified { query, window, party, region, counted, refused, unanswered };
        log.record(region.as_str(), *at, None, event);
    }
    log
}

/// When each server was done with the reports of a window, by region, query and window.
pub(crate) fn done(verified: &[Verified]) -> BTreeMap<(&RegionId, &str, Window), Timestamp> {
    verified.iter().map(|one| ((&one.region, one.query.as_str(), one.window), one.at)).collect()
}

/// Turns that nobody answered.
pub(crate) fn unanswered(verified: &[Verified]) -> u64 {
    verified.iter().map(|one| one.unanswered).sum()
}

/// Reports that both servers counted.
pub(crate) fn counted(verified: &[Verified]) -> u64 {
    verified.iter().filter(|one| one.party == Party::Leader).map(|one| one.counted).sum()
}

/// Shares that either server refused.
pub(crate) fn refused(verified: &[Verified]) -> u64 {
    verified.iter().flat_map(|one| one.refused.values()).sum()
}
