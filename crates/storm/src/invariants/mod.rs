//! What must hold in every world. `docs/INVARIANTS.md` states each, and a test holds the two lists together.

mod counting;
mod liveness;
mod privacy;
mod verdicts;

use std::fmt;

use model::{ClaimId, QueryId, Subject, Verdict};
use world::Played;

use crate::{grammar::World, oracle};

/// An invariant of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is stated in docs/INVARIANTS.md, by its name")]
pub enum Invariant {
    AdmittedIsCounted,
    CountedOnce,
    CountedWasAdmitted,
    RawStaysHome,
    Budget,
    Threshold,
    SuppressedNeverLeaves,
    VerdictsAgreeWithTruth,
    WindowsReleased,
    QueuesDrain,
    ReplayAgrees,
    /// The world could not be played or read at all.
    Plays,
}

impl Invariant {
    /// Every invariant, in the order of the document.
    pub const ALL: [Self; 12] = [
        Self::AdmittedIsCounted,
        Self::CountedOnce,
        Self::CountedWasAdmitted,
        Self::RawStaysHome,
        Self::Budget,
        Self::Threshold,
        Self::SuppressedNeverLeaves,
        Self::VerdictsAgreeWithTruth,
        Self::WindowsReleased,
        Self::QueuesDrain,
        Self::ReplayAgrees,
        Self::Plays,
    ];

    /// Its id and name, as the document writes them.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AdmittedIsCounted => "S1 admitted-is-counted",
            Self::CountedOnce => "S2 counted-once",
            Self::CountedWasAdmitted => "S3 counted-was-admitted",
            Self::RawStaysHome => "S4 raw-stays-home",
            Self::Budget => "S5 budget",
            Self::Threshold => "S6 threshold",
            Self::SuppressedNeverLeaves => "S7 suppressed-never-leaves",
            Self::VerdictsAgreeWithTruth => "S8 verdicts-agree-with-truth",
            Self::WindowsReleased => "L1 windows-released",
            Self::QueuesDrain => "L2 queues-drain",
            Self::ReplayAgrees => "D1 replay-agrees",
            Self::Plays => "D2 world-plays",
        }
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// An invariant that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// What was found and what was expected, in one sentence.
    pub detail: String,
    /// What a scenario file can say about it, so that `glasshouse run` fails for the same reason.
    pub about: About,
}

/// What a violation is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A verdict that must be another.
    Verdict {
        /// The claim.
        claim: ClaimId,
        /// The subject.
        subject: Subject,
        /// What it must be.
        must: Verdict,
    },
    /// Releases of a query that are not the truth.
    Releases(QueryId),
    /// Nothing that a scenario file can say.
    World,
}

impl Violation {
    /// A violation that no scenario file can express.
    #[must_use]
    pub const fn of_world(invariant: Invariant, detail: String) -> Self {
        Self { invariant, detail, about: About::World }
    }

    /// Whether `other` is the same kind of failure: shrinking must not slip from one to another.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let claim = |about: &About| match about {
            About::Verdict { claim, must, .. } => Some((claim.clone(), *must)),
            _ => None,
        };
        self.invariant == other.invariant && claim(&self.about) == claim(&other.about)
    }
}

/// Everything in `played` that must not be, given that `world` is what was meant.
#[must_use]
pub fn check(world: &World, played: &Played) -> Vec<Violation> {
    let ledger = match oracle::read(&world.script, &played.artifacts.log, &played.artifacts.releases) {
        Ok(ledger) => ledger,
        Err(error) => return vec![Violation::of_world(Invariant::Plays, error.to_string())],
    };
    let mut found = Vec::new();
    counting::check(world, &ledger, &mut found);
    privacy::check(world, played, &ledger, &mut found);
    verdicts::check(world, played, &mut found);
    liveness::check(world, &ledger, &mut found);
    found
}
