//! The checks, one file each.

pub(crate) mod access;
pub(crate) mod addresses;
pub(crate) mod canary;
pub(crate) mod consent;
pub(crate) mod digest;
pub(crate) mod double_count;
pub(crate) mod endpoints;
pub(crate) mod erasure;
mod identifying;
pub(crate) mod lawful;
pub(crate) mod linkage;
pub(crate) mod minimality;
pub(crate) mod orders;
pub(crate) mod planted;
pub(crate) mod releases;
pub(crate) mod residency;
pub(crate) mod retention;
pub(crate) mod switch;
pub(crate) mod twin;
pub(crate) mod uniqueness;

use model::{Evidence, Phase, Timestamp};

use crate::exhibit::Exhibit;

/// Phases without which nobody knows all that a client sends: each has its own events.
const DECLARED_PHASES: [Phase; 9] = [
    Phase::FirstUse,
    Phase::Use,
    Phase::Restart,
    Phase::Idle,
    Phase::Account,
    Phase::Offline,
    Phase::Crash,
    Phase::ClearData,
    Phase::Reinstall,
];

/// The shortest evidence among the tokens in flows that `convict`, given the token and the flow's time.
fn sighted(exhibit: &Exhibit<'_>, convicts: impl Fn(usize, Timestamp) -> bool) -> Option<Evidence> {
    let all = exhibit.flows.iter().flat_map(|seen| seen.sightings.iter().map(move |sighting| (seen, sighting)));
    let convicting = all.filter(|(seen, sighting)| convicts(sighting.token, seen.flow.at));
    let shortest = convicting.min_by_key(|(seen, sighting)| (sighting.path.len(), seen.flow.id));
    shortest.map(|(seen, sighting)| exhibit.sighted(seen, sighting))
}
