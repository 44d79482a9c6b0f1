//! `run`: plays scenarios, tells their story, and writes down what came of them.

use render::Played;

use crate::{
    Outcome, arguments::RunArguments, diagnostics, keep, output, play, results, rulebooks, sources, sources::Scenario,
};

pub(crate) fn run(arguments: &RunArguments) -> anyhow::Result<Outcome> {
    let scenarios = match sources::load(&arguments.scenarios) {
        Ok(scenarios) => scenarios,
        Err(mistakes) => {
            diagnostics::show(&mistakes);
            return Ok(Outcome::Wrong);
        }
    };
    rulebooks::load(&arguments.rulebooks)?; // before anything is played
    check_outputs(arguments, &scenarios)?;
    let mut played = Vec::new();
    for scenario in &scenarios {
        played.push(play_and_tell(scenario, arguments)?);
    }
    let demand = results::demand(arguments.require);
    results::write(&played, demand, arguments.json.as_deref(), arguments.junit.as_deref())?;
    Ok(results::outcome(&played, demand))
}

/// Finds out before anything is played whether the results can be written.
fn check_outputs(arguments: &RunArguments, scenarios: &[Scenario]) -> anyhow::Result<()> {
    results::check_writable(arguments.json.as_deref(), arguments.junit.as_deref())?;
    if let Some(out) = &arguments.out {
        keep::check(out, scenarios.iter().map(|scenario| scenario.script.name.as_str()))?;
    }
    Ok(())
}

fn play_and_tell(scenario: &Scenario, arguments: &RunArguments) -> anyhow::Result<Played> {
    let played = play::play(scenario, arguments)?;
    if let Some(out) = &arguments.out {
        keep::keep(out, &played)?;
    }
    let replay = play::replay(scenario.source.path.as_deref(), played.seed, arguments.network, &arguments.rulebooks);
    let shown = play::shown(played, replay);
    let json_only = arguments.json.as_deref().is_some_and(output::is_stdout);
    if !arguments.quiet && !json_only {
        output::say(&render::terminal::story(&shown, output::look()))?;
    }
    Ok(shown)
}
