//! `storm`: plays random worlds and says what must never happen and did.

use std::{
    collections::BTreeMap,
    fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Context;
use serde_json::json;
use storm::{
    engine,
    grammar::{self, Brought},
    invariants::{Invariant, Violation},
    shrink,
};

use crate::{Outcome, arguments::StormArguments, output, play, progress::Meter, sources};

/// Worlds that are played between two looks at the clock, for each thread. When the last of them are played, threads wait
/// for one another: the more worlds, the less of them is lost to the few that take long.
const WORLDS_PER_LOOK: u64 = 64;
/// Failures that are shrunk and written, at most.
const WRITTEN_MAX: usize = 10;

/// What all worlds came to.
#[derive(Debug, Default)]
struct Sum {
    worlds: u64,
    activities: u64,
    verdicts: [u64; 3],
    planted: u64,
    leaks_found: u64,
    found: BTreeMap<Invariant, u64>,
    first: Vec<(u64, Violation)>,
    files: Vec<(u64, Violation, PathBuf)>,
}

pub(crate) fn storm(arguments: &StormArguments) -> anyhow::Result<Outcome> {
    let brought = arguments.policies.iter().map(|path| brought(path)).collect::<anyhow::Result<Vec<_>>>()?;
    if let Some(path) = arguments.json.as_deref().filter(|path| !output::is_stdout(path)) {
        output::check_writable(path)?;
    }
    let started = Instant::now();
    let mut sum = play_all(arguments, &brought, started)?;
    let took = started.elapsed();
    write_files(arguments, &brought, &mut sum)?;
    tell(arguments, &sum, took)?;
    Ok(if sum.found.is_empty() { Outcome::Held } else { Outcome::Failed })
}

fn brought(path: &Path) -> anyhow::Result<Brought> {
    let text = sources::text(path, scenario::TEXT_BYTES_MAX as u64).map_err(|reason| anyhow::anyhow!("{reason}"));
    let text = text.with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Brought::read(&path.display().to_string(), &text)?)
}

fn threads(arguments: &StormArguments) -> NonZeroUsize {
    let threads = arguments.threads.or_else(|| std::thread::available_parallelism().ok());
    threads.unwrap_or(NonZeroUsize::MIN)
}

/// Plays worlds side by side until there are enough, or the time is up.
fn play_all(arguments: &StormArguments, brought: &[Brought], started: Instant) -> anyhow::Result<Sum> {
    let threads = threads(arguments);
    let time_max = arguments.time.map(|time| Duration::from_millis(time.as_millis()));
    let wanted = if time_max.is_some() { u64::MAX } else { arguments.seeds.get() };
    let meter = Meter::new("storm", arguments.quiet);
    let mut sum = Sum::default();
    while sum.worlds < wanted && time_max.is_none_or(|most| started.elapsed() < most) {
        let count = wanted.saturating_sub(sum.worlds).min(WORLDS_PER_LOOK * threads.get() as u64);
        let Some(first) = arguments.from_seed.checked_add(sum.worlds) else { break };
        let played = world::pool::run(usize::try_from(count)?, threads, |index| {
            let world = grammar::draw(first.saturating_add(index as u64), brought);
            let examined = engine::examine(&world, &engine::play);
            Ok::<_, anyhow::Error>((world.seed, world.planted.len() as u64, examined))
        })?;
        for (seed, planted, examined) in played {
            sum.add(seed, planted, examined);
        }
        let total = if time_max.is_some() { sum.worlds } else { wanted };
        meter.show(world::Progress { done: sum.worlds, total, what: "playing" });
    }
    Ok(sum)
}

impl Sum {
    fn add(&mut self, seed: u64, planted: u64, examined: engine::Examined) {
        self.worlds += 1;
        self.activities += examined.activities;
        self.planted += planted;
        self.leaks_found += examined.leaks_found;
        for (all, own) in self.verdicts.iter_mut().zip(examined.verdicts) {
            *all += own;
        }
        for violation in examined.violations {
            *self.found.entry(violation.invariant).or_default() += 1;
            // Of each kind of failure, one is shrunk.
            let known = self.first.iter().any(|(_, other)| other.is_like(&violation));
            if !known && self.first.len() < WRITTEN_MAX {
                self.first.push((seed, violation));
            }
        }
    }
}

/// Shrinks the first failure of each kind and writes it as a scenario.
fn write_files(arguments: &StormArguments, brought: &[Brought], sum: &mut Sum) -> anyhow::Result<()> {
    for (seed, violation) in std::mem::take(&mut sum.first) {
        let world = grammar::draw(seed, brought);
        let (world, violation) = shrink::shrink(&world, &violation, &engine::play);
        fs::create_dir_all(&arguments.out).with_context(|| format!("cannot make {}", arguments.out.display()))?;
        let id = violation.invariant.name().split(' ').next().unwrap_or_default();
        let path = arguments.out.join(format!("storm-{seed}-{id}-{}.toml", sum.files.len() + 1));
        output::replace(&path, shrink::scenario_file(&world, &violation).as_bytes())?;
        sum.files.push((seed, violation, path));
    }
    Ok(())
}

fn tell(arguments: &StormArguments, sum: &Sum, took: Duration) -> anyhow::Result<()> {
    let per_second = sum.worlds as f64 / took.as_secs_f64().max(f64::EPSILON);
    if !arguments.quiet && !arguments.json.as_deref().is_some_and(output::is_stdout) {
        output::say(&table(arguments, sum, per_second))?;
    }
    let Some(path) = &arguments.json else { return Ok(()) };
    let [kept, broken, unproven] = sum.verdicts;
    let found = |(seed, violation, path): &(u64, Violation, PathBuf)| {
        json!({
            "seed": seed, "invariant": violation.invariant.name(), "detail": violation.detail,
            "scenario": path.display().to_string(),
        })
    };
    let document = json!({
        "worlds": sum.worlds, "from-seed": arguments.from_seed, "activities": sum.activities,
        "verdicts": { "kept": kept, "broken": broken, "unproven": unproven },
        "leaks": { "planted": sum.planted, "found": sum.leaks_found },
        "violations": sum.found.iter().map(|(invariant, n)| (invariant.name(), n)).collect::<BTreeMap<_, _>>(),
        "found": sum.files.iter().map(found).collect::<Vec<_>>(),
        "worlds-per-second": per_second,
    });
    output::write(path, &format!("{document:#}\n"))
}

fn table(arguments: &StormArguments, sum: &Sum, per_second: f64) -> String {
    let [kept, broken, unproven] = sum.verdicts;
    let mut text = format!(
        "\n  {} worlds from seed {} · {} activities · {per_second:.1} worlds/s on {} threads\n  \
         verdicts: {kept} kept · {broken} broken · {unproven} unproven\n  leaks: {} planted · {} found\n\n",
        sum.worlds,
        arguments.from_seed,
        sum.activities,
        threads(arguments),
        sum.planted,
        sum.leaks_found,
    );
    for invariant in Invariant::ALL {
        let count = sum.found.get(&invariant).copied().unwrap_or_default();
        let mark = if count == 0 { "●" } else { "✗" };
        text += &format!("  {mark} {:<30} {count:>6} found\n", invariant.name());
    }
    let program = play::program(std::env::args().next());
    let policies: String = arguments
        .policies
        .iter()
        .map(|path| format!(" --policy {}", play::quoted(&path.display().to_string())))
        .collect();
    for (seed, violation, path) in &sum.files {
        let file = play::quoted(&path.display().to_string());
        text += &format!(
            "\n  seed {seed}: {}\n    {}\n    again:  {program} storm --seeds 1 --from-seed {seed}{policies}\n    \
             shrunk: {program} run {file}\n",
            violation.invariant, violation.detail
        );
    }
    output::harmless(&text)
}
