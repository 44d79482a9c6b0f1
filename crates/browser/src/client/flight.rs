//! Flights: uploads on their way, from the first attempt to the answer.

use model::{Duration, Mode, Report, Seed, Timestamp, Upload};
use rand_core::Rng;

use super::backlog::{Origin, Recorded, is_purged};
use crate::policy::{QueueAction, Retry};

/// An upload on its way.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) upload: Upload,
    pub(super) fail_over: Option<(u32, String)>,
    pub(super) seed: Seed,
    pub(super) reports: Vec<Report>,
    pub(super) origins: Vec<Origin>,
    pub(super) state: FlightState,
    /// Attempts made.
    pub(super) attempts: u32,
    /// What was to be purged while nobody could stop it: done if the attempt fails.
    pub(super) purged: Option<QueueAction>,
}

/// Where an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FlightState {
    /// An attempt awaits its answer.
    InAir,
    /// The last attempt failed; the next one is due at this time.
    Waiting(Timestamp),
}

impl Flight {
    /// Starts an attempt.
    pub(super) fn attempt(&mut self) -> Upload {
        if let Some((_, host)) = self.fail_over.take_if(|(after, _)| self.attempts >= *after) {
            self.upload.authority = host;
        }
        self.attempts += 1;
        self.state = FlightState::InAir;
        self.upload.clone()
    }

    /// The last attempt failed: waits for the next one.
    pub(super) fn back_off(&mut self, retry: &Retry, now: Timestamp) {
        self.state = FlightState::Waiting(now + wait(retry, self.attempts, &self.seed));
    }

    pub(super) fn modes(&self) -> impl Iterator<Item = Mode> {
        self.origins.iter().map(|origin| origin.mode)
    }

    /// Whether `action` drops one of its reports.
    pub(super) fn is_purged(&self, action: QueueAction) -> bool {
        self.modes().any(|mode| is_purged(mode, action))
    }

    /// The reports, as they were queued.
    pub(super) fn into_recorded(self) -> Vec<Recorded> {
        let pairs = self.reports.into_iter().zip(self.origins);
        pairs.map(|(report, origin)| Recorded { report, origin }).collect()
    }
}

/// Between half and all of the longest wait after so many attempts.
fn wait(retry: &Retry, attempts: u32, seed: &Seed) -> Duration {
    let doublings = attempts.saturating_sub(1).min(32);
    let longest = retry.first.as_millis().saturating_mul(1 << doublings).min(retry.longest.as_millis());
    let drawn = seed.derive("retry").nth(attempts.into()).stream().next_u64();
    Duration::from_millis(longest - up_to(longest / 2, drawn))
}

/// `drawn` scaled to the numbers from 0 to `max`.
pub(super) fn up_to(max: u64, drawn: u64) -> u64 {
    let scaled = ((u128::from(max) + 1) * u128::from(drawn)) >> 64;
    u64::try_from(scaled).unwrap_or(max)
}
