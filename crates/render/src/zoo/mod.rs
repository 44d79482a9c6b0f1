//! The zoo as it was played: leaks, their mended copies and decoys, and what the auditor made of each.

mod json;
mod score;

use model::Verdict;

pub use json::{zoo_document, zoo_schema};
pub use score::Score;

use crate::Judged;

/// Every scenario of the zoo, in the order of the table, as it was played.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Zoo {
    /// The scenarios.
    pub specimens: Vec<Specimen>,
}

/// One scenario of the zoo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Specimen {
    /// Short name of the scenario.
    pub name: String,
    /// What it is about, in one line.
    pub title: String,
    /// What came of it, once for each seed.
    pub runs: Vec<Run>,
}

/// What came of one scenario played from one seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The seed.
    pub seed: u64,
    /// Rulings beside what was expected, each with the kind of its claim, such as `unlinkable`.
    pub verdicts: Vec<(String, Judged)>,
    /// The command that plays it again.
    pub replay: String,
}

/// What a scenario is in the zoo for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A vendor that breaks a promise, or hides whether it does.
    Leak,
    /// The same vendor without the leak.
    Mended,
    /// A vendor that only looks as if it broke a promise.
    Decoy,
}

impl Kind {
    /// The kind, as documents write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Leak => "leak",
            Self::Mended => "mended",
            Self::Decoy => "decoy",
        }
    }
}

/// What the auditor made of one verdict that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// A leak, found by the very check that must find it.
    Found,
    /// A leak that was not found, or not by that check.
    Missed,
    /// A promise that is kept and was called so; or one that nobody can decide, and nobody did.
    Cleared,
    /// A promise that is kept and was called broken.
    Accused,
    /// A promise that is kept and was called unproven.
    Doubted,
}

impl Mark {
    /// The mark of `judged`; nothing where nothing is expected.
    #[must_use]
    pub fn of(judged: &Judged) -> Option<Self> {
        Some(match (judged.expected?, judged.ruling.verdict) {
            (Verdict::Kept, Verdict::Kept) => Self::Cleared,
            (Verdict::Kept, Verdict::Unproven) => Self::Doubted,
            (Verdict::Kept | Verdict::Unproven, Verdict::Broken) => Self::Accused,
            (Verdict::Unproven, Verdict::Unproven) if judged.check.is_none() => Self::Cleared,
            _ if judged.holds()? => Self::Found,
            _ => Self::Missed,
        })
    }

    /// Whether it is as it must be.
    #[must_use]
    pub const fn is_right(self) -> bool {
        matches!(self, Self::Found | Self::Cleared)
    }
}

impl Zoo {
    /// Whether nothing was missed, accused wrongly or left unproven. A zoo in which nothing is expected proves nothing.
    #[must_use]
    pub fn holds(&self) -> bool {
        let mut marks = self.specimens.iter().flat_map(Specimen::marked).peekable();
        marks.peek().is_some() && marks.all(|(_, _, _, mark)| mark.is_right())
    }
}

impl Specimen {
    /// What it is in the zoo for: a leak if something must be found, else by its name.
    #[must_use]
    pub fn kind(&self) -> Kind {
        let mut verdicts = self.runs.iter().flat_map(|run| &run.verdicts);
        if verdicts.any(|(_, judged)| judged.expected == Some(Verdict::Broken) || judged.check.is_some()) {
            Kind::Leak
        } else if self.name.ends_with("-mended") {
            Kind::Mended
        } else {
            Kind::Decoy
        }
    }

    /// Every verdict that was expected, with its run, the kind of its claim and its mark.
    pub fn marked(&self) -> impl Iterator<Item = (&Run, &str, &Judged, Mark)> {
        let verdicts =
            self.runs.iter().flat_map(|run| run.verdicts.iter().map(move |(kind, judged)| (run, kind, judged)));
        verdicts.filter_map(|(run, kind, judged)| Some((run, kind.as_str(), judged, Mark::of(judged)?)))
    }
}
