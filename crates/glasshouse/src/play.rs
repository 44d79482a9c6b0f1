//! Plays one scenario, and says what came of it in the words of the renderer.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use anyhow::Context;
use render::{Digests, Judged, Moment};

use crate::{
    arguments::{NetworkName, RunArguments},
    progress::Meter,
    rulebooks,
    sources::Scenario,
};

/// Plays `scenario` as `arguments` say, with a bar while it works.
///
/// # Errors
/// If it cannot be played to its end.
pub(crate) fn play(scenario: &Scenario, arguments: &RunArguments) -> anyhow::Result<world::Played> {
    let meter = Meter::new(&scenario.script.name, arguments.quiet);
    let options = options(scenario, arguments)?;
    world::play(&scenario.script, &options, &|progress| meter.show(progress))
        .with_context(|| format!("{} cannot be played", scenario.source.name))
}

fn options(scenario: &Scenario, arguments: &RunArguments) -> anyhow::Result<world::Options> {
    let network = match arguments.network {
        NetworkName::Glass => world::Network::Glass,
        NetworkName::Live => world::Network::Live {
            program: std::env::current_exe().context("cannot find the program that serves the services")?,
            scenario_text: scenario.source.text.clone(),
        },
    };
    let threads = arguments.threads.or_else(|| std::thread::available_parallelism().ok());
    let threads = threads.unwrap_or(NonZeroUsize::MIN);
    Ok(world::Options { seed: arguments.seed, threads, network, rulebooks: rulebooks::load(&arguments.rulebooks)? })
}

/// What is shown of `played`.
pub(crate) fn shown(played: world::Played, replay: String) -> render::Played {
    let world::Digests { log, captures, releases, findings } = played.digests;
    let moment = |moment: world::Moment| Moment { at: moment.at, text: moment.text };
    render::Played {
        scenario: played.scenario,
        title: played.title,
        seed: played.seed,
        digests: Digests { log, captures, releases, findings },
        timeline: played.timeline.into_iter().map(moment).collect(),
        verdicts: played.verdicts.into_iter().map(judged).collect(),
        claims: played.claims,
        accuracies: played.accuracies,
        tallies: played.tallies.into_iter().map(|(name, number)| (name.to_owned(), number)).collect(),
        replay,
    }
}

/// A ruling beside what was expected, in the words of the renderer.
pub(crate) fn judged(judged: world::Judged) -> Judged {
    let world::Judged { ruling, expected, check, source } = judged;
    Judged { ruling, expected, check, source }
}

/// The command that plays the scenario at `path` (none for the one that is built in) again from `seed`, for a POSIX
/// shell. What was found depends on the rulebooks that were brought along, too.
pub(crate) fn replay(path: Option<&Path>, seed: u64, network: NetworkName, rulebooks: &[PathBuf]) -> String {
    let mut words = vec![program(std::env::args().next()), "run".to_owned()];
    words.extend(path.iter().map(|path| quoted(&path.display().to_string())));
    words.push(format!("--seed {seed}"));
    words.extend(rulebooks.iter().map(|book| format!("--rulebook {}", quoted(&book.display().to_string()))));
    if network == NetworkName::Live {
        words.push("--network live".to_owned());
    }
    words.join(" ")
}

/// The program as a shell finds it again: by the path that it was called by, if it was called by one.
pub(crate) fn program(called_as: Option<String>) -> String {
    let path = called_as.filter(|name| name.contains(std::path::is_separator));
    path.map_or_else(|| "glasshouse".to_owned(), |path| quoted(&path))
}

/// `word` as a POSIX shell reads it back.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn program_is_named_by_its_path_where_it_was_called_by_one() {
        assert_eq!(program(Some("target/release/glasshouse".to_owned())), "target/release/glasshouse");
        assert_eq!(program(Some("gh".to_owned())), "glasshouse");
        assert_eq!(program(None), "glasshouse");
    }

    #[test]
    fn shell_reads_a_quoted_word_back_as_it_was() {
        assert_eq!(quoted("sims/a-1.toml"), "sims/a-1.toml");
        assert_eq!(quoted("my sims/$a.toml"), "'my sims/$a.toml'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
