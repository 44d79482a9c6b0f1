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

use model::Phase;

/// Phases of use that each have their own events and their own ways out, after the first start.
const PHASES: [Phase; 8] = [
    Phase::Use,
    Phase::Restart,
    Phase::Idle,
    Phase::Account,
    Phase::Offline,
    Phase::Crash,
    Phase::ClearData,
    Phase::Reinstall,
];
