//! Plays worlds and holds them against the invariants.

use std::num::NonZeroUsize;

use scenario::Script;
use world::{Network, Options, PlayError, Played};

use crate::{
    grammar::World,
    invariants::{self, Invariant, Violation},
};

/// Plays a script on so many threads, the second time with what came of the first. Tests put a broken one in its place.
pub type Player = dyn Fn(&Script, NonZeroUsize, Option<&Played>) -> Result<Played, PlayError> + Sync;

/// In one world of so many the auditor rules a second time on case files that came out the same, so that it is itself
/// seen to be repeatable.
const WORLDS_PER_SECOND_AUDIT: u64 = 16;

/// What became of one world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// Everything that does not hold.
    pub violations: Vec<Violation>,
    /// Activities of the crowd and of the examiner.
    pub activities: u64,
    /// Verdicts, and how many of them are `kept`, `broken` and `unproven`.
    pub verdicts: [u64; 3],
    /// Planted leaks that the auditor found.
    pub leaks_found: u64,
}

/// Plays `script` as `glasshouse run` does; what was ruled on the same case files in `first` is taken from there.
///
/// # Errors
/// If it cannot be played to its end.
pub fn play(script: &Script, threads: NonZeroUsize, first: Option<&Played>) -> Result<Played, PlayError> {
    let options = Options { seed: None, threads, network: Network::Glass, rulebooks: Vec::new() };
    match first {
        Some(first) => world::replay(first, script, &options),
        None => world::play(script, &options, &|_| {}),
    }
}

/// Plays `world` with `player` on one thread and on two, and holds what came of it against every invariant.
#[must_use]
pub fn examine(world: &World, player: &Player) -> Examined {
    let one = player(&world.script, NonZeroUsize::MIN, None);
    let known = one.as_ref().ok().filter(|_| !world.seed.is_multiple_of(WORLDS_PER_SECOND_AUDIT));
    let two = player(&world.script, NonZeroUsize::MIN.saturating_add(1), known);
    let (one, two) = match (one, two) {
        (Ok(one), Ok(two)) => (one, two),
        (Err(error), _) | (_, Err(error)) => {
            let violations = vec![Violation::of_world(Invariant::Plays, error.to_string())];
            return Examined { violations, activities: 0, verdicts: [0; 3], leaks_found: 0 };
        }
    };
    let mut violations = invariants::check(world, &one);
    if one.digests != two.digests || one.verdicts != two.verdicts {
        let detail = format!("one thread and two differ: {:?}, then {:?}", one.digests, two.digests);
        violations.push(Violation::of_world(Invariant::ReplayAgrees, detail));
    }
    Examined {
        violations,
        activities: activities(&one),
        verdicts: verdicts(&one),
        leaks_found: leaks_found(world, &one),
    }
}

fn activities(played: &Played) -> u64 {
    let done = played.tallies.iter().filter(|(name, _)| name.starts_with("activities"));
    done.map(|(_, number)| number).sum()
}

fn verdicts(played: &Played) -> [u64; 3] {
    use model::Verdict::{Broken, Kept, Unproven};
    let count = |wanted| played.verdicts.iter().filter(|judged| judged.ruling.verdict == wanted).count() as u64;
    [count(Kept), count(Broken), count(Unproven)]
}

fn leaks_found(world: &World, played: &Played) -> u64 {
    let found = |planted: &&crate::grammar::Planted| {
        played.verdicts.iter().any(|judged| {
            let ruling = &judged.ruling;
            ruling.verdict == model::Verdict::Broken
                && ruling.claim.as_str() == planted.leak.claim()
                && ruling.subject.product == planted.product
        })
    };
    world.planted.iter().filter(found).count() as u64
}
