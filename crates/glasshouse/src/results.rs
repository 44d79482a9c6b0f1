//! Results of any command that reaches verdicts: written where they were asked for, and turned into an exit status.

use std::path::Path;

use render::{Demand, Played};

use crate::{
    Outcome,
    arguments::{Requirement, ResultArguments},
    output, play,
};

/// What verdicts must be where nothing is expected of them.
pub(crate) const fn demand(required: Option<Requirement>) -> Demand {
    match required {
        None => Demand::NoneBroken,
        Some(Requirement::Kept) => Demand::AllKept,
    }
}

/// Finds out before anything is done whether results can be written.
///
/// # Errors
/// If they cannot.
pub(crate) fn check_writable(json: Option<&Path>, junit: Option<&Path>) -> anyhow::Result<()> {
    json.into_iter().filter(|path| !output::is_stdout(path)).chain(junit).try_for_each(output::check_writable)
}

/// Writes the documents that were asked for.
///
/// # Errors
/// If one cannot be written.
pub(crate) fn write(
    played: &[Played],
    demand: Demand,
    json: Option<&Path>,
    junit: Option<&Path>,
) -> anyhow::Result<()> {
    if let Some(path) = json {
        output::write(path, &render::document(played)?)?;
    }
    if let Some(path) = junit {
        output::replace(path, render::junit(played, demand)?.as_bytes())?;
    }
    Ok(())
}

/// Tells the story of `played`, which `replay` plays again, and writes what was asked for.
///
/// # Errors
/// If something cannot be written.
pub(crate) fn tell(played: world::Played, replay: String, arguments: &ResultArguments) -> anyhow::Result<Outcome> {
    let shown = play::shown(played, replay);
    if !arguments.quiet && !arguments.json.as_deref().is_some_and(output::is_stdout) {
        output::say(&render::terminal::story(&shown, output::look()))?;
    }
    let (shown, demand) = ([shown], demand(arguments.require));
    write(&shown, demand, arguments.json.as_deref(), arguments.junit.as_deref())?;
    Ok(outcome(&shown, demand))
}

pub(crate) fn outcome(played: &[Played], demand: Demand) -> Outcome {
    if played.iter().all(|played| played.holds(demand)) { Outcome::Held } else { Outcome::Failed }
}
