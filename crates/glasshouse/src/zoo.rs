//! `zoo`: plays every leak, mended copy and decoy, and scores the auditor.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use anyhow::Context;
use render::zoo::{Run, Specimen, Zoo};

use crate::{
    Outcome,
    arguments::{NetworkName, ZooArguments},
    diagnostics, output, play,
    progress::Meter,
    sources::{self, Scenario},
};

/// Where the scenarios that are built in stand in a clone.
const BUILT_FROM: &str = "sims/zoo";

pub(crate) fn zoo(arguments: &ZooArguments) -> anyhow::Result<Outcome> {
    let scenarios = match &arguments.directory {
        Some(directory) => sources::load(std::slice::from_ref(directory)),
        None => sources::zoo(),
    };
    let scenarios = match scenarios {
        Ok(scenarios) => scenarios,
        Err(mistakes) => {
            diagnostics::show(&mistakes);
            return Ok(Outcome::Wrong);
        }
    };
    if let Some(path) = arguments.json.as_deref().filter(|path| !output::is_stdout(path)) {
        output::check_writable(path)?;
    }
    let started = Instant::now();
    let zoo = play_all(&scenarios, arguments)?;
    tell(&zoo, arguments, started)?;
    Ok(if zoo.holds() { Outcome::Held } else { Outcome::Failed })
}

/// Plays every scenario from each seed; scenarios side by side, each on one thread.
fn play_all(scenarios: &[Scenario], arguments: &ZooArguments) -> anyhow::Result<Zoo> {
    let seeds: Vec<Option<u64>> = match arguments.seeds {
        None => vec![None],
        Some(seeds) => (1..=seeds.get()).map(Some).collect(),
    };
    let count = scenarios.len() * seeds.len();
    let meter = Meter::new("zoo", arguments.quiet);
    let done = AtomicU64::new(0);
    let runs = world::pool::run(count, threads(arguments), |index| {
        let run = play_one(&scenarios[index / seeds.len()], seeds[index % seeds.len()]);
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        meter.show(world::Progress { done, total: count as u64, what: "playing" });
        run
    })?;
    let mut runs = runs.into_iter();
    let specimen = |scenario: &Scenario| Specimen {
        name: scenario.script.name.clone(),
        title: scenario.script.title.clone(),
        runs: runs.by_ref().take(seeds.len()).collect(),
    };
    Ok(Zoo { specimens: scenarios.iter().map(specimen).collect() })
}

fn threads(arguments: &ZooArguments) -> NonZeroUsize {
    let threads = arguments.threads.or_else(|| std::thread::available_parallelism().ok());
    threads.unwrap_or(NonZeroUsize::MIN)
}

fn play_one(scenario: &Scenario, seed: Option<u64>) -> anyhow::Result<Run> {
    let options =
        world::Options { seed, threads: NonZeroUsize::MIN, network: world::Network::Glass, rulebooks: Vec::new() };
    let played = world::play(&scenario.script, &options, &|_| {})
        .with_context(|| format!("{} cannot be played", scenario.source.name))?;
    let kind = |judged: &world::Judged| {
        let claim = played.claims.iter().find(|claim| claim.id == judged.ruling.claim);
        claim.map_or_else(String::new, |claim| claim.promise.name().to_owned())
    };
    let verdicts: Vec<_> = played.verdicts.iter().map(|judged| (kind(judged), play::judged(judged.clone()))).collect();
    Ok(Run {
        seed: played.seed,
        verdicts,
        replay: play::replay(Some(&path(scenario)), played.seed, NetworkName::Glass, &[]),
    })
}

fn path(scenario: &Scenario) -> PathBuf {
    let built_in = || Path::new(BUILT_FROM).join(format!("{}.toml", scenario.script.name));
    scenario.source.path.clone().unwrap_or_else(built_in)
}

fn tell(zoo: &Zoo, arguments: &ZooArguments, started: Instant) -> anyhow::Result<()> {
    let json_only = arguments.json.as_deref().is_some_and(output::is_stdout);
    if !arguments.quiet && !json_only {
        let threads = threads(arguments);
        let took = format!("\n  {:.1} s on {threads} threads\n", started.elapsed().as_secs_f64());
        output::say(&(render::terminal::zoo(zoo, output::look()) + &took))?;
    }
    match &arguments.json {
        Some(path) => output::write(path, &render::zoo::zoo_document(zoo)?),
        None => Ok(()),
    }
}
