//! Carries the turns of a verification between the servers of two regions, until both are done with every report.

use std::collections::BTreeMap;

use model::{Party, RegionId, Timestamp};
use protocol::v1::{self, verification_service_client::VerificationServiceClient};
use services::Driver;
use tonic::Request;

use crate::{
    PlayError,
    log::{Event, Log},
    servers::{Line, refused as refused_by},
};

/// How long one turn may take, on networks where calls take time.
const TURN_MAX: std::time::Duration = std::time::Duration::from_secs(60);

/// What one server made of its shares of one window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    query: String,
    window: v1::Window,
    party: Party,
    region: RegionId,
    counted: u64,
    refused: BTreeMap<String, u64>,
}

/// Has the server of `leader` say everything that it has to say, and brings it to the servers that help.
///
/// # Errors
/// If a server refuses a turn, or names a region that there is not.
pub(crate) async fn carry(
    leader: &RegionId,
    lines: &(dyn Fn(&RegionId) -> Option<Line> + Sync),
    driver: &Driver,
    now: Timestamp,
) -> Result<Vec<Verified>, PlayError> {
    let line = |region: &RegionId| lines(region).ok_or_else(|| PlayError::UnknownRegion(region.clone()));
    let mut leading = VerificationServiceClient::new(line(leader)?);
    let mut verified = Vec::new();
    let mut next = v1::LeadRequest::default();
    loop {
        let said = leading.lead(call(driver, std::mem::take(&mut next), now)).await;
        let v1::LeadResponse { window, helper, verdicts, offers, tally } =
            said.map_err(refused_by("a leader"))?.into_inner();
        let Some(window) = window else { return Ok(verified) };
        let found = |error: model::IdError| PlayError::Answer { service: "a leader", found: error.to_string() };
        let helper = RegionId::new(helper).map_err(found)?;
        let is_last = offers.is_empty();
        let turn = v1::HelpRequest { window: Some(window.clone()), verdicts, offers };
        let mut helping = VerificationServiceClient::new(line(&helper)?);
        let answer = helping.help(call(driver, turn, now)).await.map_err(refused_by("a helper"))?.into_inner();
        if is_last {
            verified.push(told(&window, Party::Leader, leader.clone(), tally));
            verified.push(told(&window, Party::Helper, helper, answer.tally));
        } else {
            next = v1::LeadRequest { window: Some(window), answers: answer.answers };
        }
    }
}

fn call<T>(driver: &Driver, message: T, now: Timestamp) -> Request<T> {
    let mut call = driver.request(message, now);
    call.set_timeout(TURN_MAX);
    call
}

fn told(window: &v1::SealedWindow, party: Party, region: RegionId, tally: Option<v1::VerificationTally>) -> Verified {
    let v1::VerificationTally { counted, refused } = tally.unwrap_or_default();
    Verified {
        query: window.query.clone(),
        window: window.window.unwrap_or_default(),
        party,
        region,
        counted,
        refused: refused.into_iter().map(|refused| (refused.reason, refused.reports)).collect(),
    }
}

/// What the servers counted and refused, for the log.
pub(crate) fn log(verified: &[Verified], at: Timestamp) -> Log {
    let mut log = Log::default();
    for Verified { query, window, party, region, counted, refused } in verified {
        let window = model::Window {
            start: Timestamp::from_millis(window.start_ms),
            end: Timestamp::from_millis(window.end_ms),
        };
        let (party, counted, window) = (*party, *counted, window.to_string());
        log.record(region.as_str(), at, None, Event::Verified { query, window, party, region, counted, refused });
    }
    log
}

/// Reports that both servers counted.
pub(crate) fn counted(verified: &[Verified]) -> u64 {
    verified.iter().filter(|one| one.party == Party::Leader).map(|one| one.counted).sum()
}

/// Shares that either server refused.
pub(crate) fn refused(verified: &[Verified]) -> u64 {
    verified.iter().flat_map(|one| one.refused.values()).sum()
}
