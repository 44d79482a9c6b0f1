//! `examine`: examines a client that is not ours, behind a tap.

use std::{collections::BTreeSet, path::Path, time::Duration};

use anyhow::Context;
use model::{LabDevice, SwitchState};
use scenario::{Diagnostic, Examination, Promises};
use world::{ExamineLimits, ExamineOptions};

use crate::{
    Outcome,
    arguments::{ExamineArguments, SwitchName},
    diagnostics, keep, play,
    progress::Meter,
    results,
    sources::{self, Mistake},
};

/// When a client with a virtual clock begins, where no plan says.
const STARTS: &str = "2026-01-01T09:00:00Z";

pub(crate) fn examine(arguments: &ExamineArguments) -> anyhow::Result<Outcome> {
    let results = &arguments.results;
    results::check_writable(results.json.as_deref(), results.junit.as_deref())?;
    let options = match options(arguments)? {
        Ok(options) => options,
        Err(mistakes) => {
            diagnostics::show(&mistakes);
            return Ok(Outcome::Wrong);
        }
    };
    if let Some(out) = &arguments.out {
        keep::check(out, std::iter::empty())?;
    }
    let meter = Meter::new("examination", results.quiet);
    let played = world::examine(&options, &|progress| meter.show(progress))?;
    drop(meter);
    if let Some(out) = &arguments.out {
        keep::keep(out, &played)?;
    }
    results::tell(played, replay(arguments), results)
}

/// What is examined and how, or what is wrong with the files that say it.
fn options(arguments: &ExamineArguments) -> anyhow::Result<Result<ExamineOptions, Vec<Mistake>>> {
    let promises = arguments.claims.as_deref().map(promises).transpose();
    let plan = arguments.plan.as_deref().map(|path| file(path, scenario::parse_examination)).transpose();
    let (promises, plan) = match (promises, plan) {
        (Ok(promises), Ok(plan)) => (promises, plan),
        (promises, plan) => return Ok(Err(promises.err().into_iter().chain(plan.err()).collect())),
    };
    let plan: Option<Examination> = plan;
    let state = |name: &SwitchName| match name {
        SwitchName::Collect => SwitchState::Collect,
        SwitchName::Suppress => SwitchState::Suppress,
    };
    let (claims, expectations, regions, endpoints) = match promises {
        Some(Promises { claims, expectations, regions, endpoints, .. }) => {
            (Some(claims), expectations, regions, endpoints)
        }
        None => Default::default(),
    };
    let starts = plan.as_ref().and_then(|plan| plan.starts);
    let lab = plan.as_ref().and_then(|plan| plan.lab.clone());
    let limits =
        ExamineLimits { time_max: Duration::from_millis(arguments.time_max.as_millis()), ..ExamineLimits::default() };
    Ok(Ok(ExamineOptions {
        device: arguments.device.clone(),
        seed: arguments.seed,
        claims,
        expectations,
        regions,
        endpoints,
        versions: arguments.versions.clone(),
        switch: arguments.switch.iter().map(state).collect(),
        lab: lab.map_or_else(default_lab, Ok)?,
        starts: starts.map_or_else(|| STARTS.parse().context("the default start"), Ok)?,
        long_days: plan.as_ref().map_or(0, |plan| plan.long_days),
        skip: BTreeSet::new(),
        diary: plan.map(|plan| plan.diary).unwrap_or_default(),
        forward: arguments.forward.iter().cloned().collect(),
        limits,
    }))
}

fn default_lab() -> anyhow::Result<LabDevice> {
    Ok(LabDevice {
        id: "lab-1".parse()?,
        model: "client under examination".to_owned(),
        country: "DE".parse()?,
        locale: "de-DE".to_owned(),
        products: Vec::new(),
    })
}

/// A claims file.
pub(crate) fn promises(path: &Path) -> Result<Promises, Mistake> {
    file(path, scenario::parse_promises)
}

/// A file that `parse` reads.
pub(crate) fn file<T>(path: &Path, parse: impl FnOnce(&str, &str) -> Result<T, Vec<Diagnostic>>) -> Result<T, Mistake> {
    let source = sources::read(path.to_owned())?;
    parse(&source.name, &source.text).map_err(|diagnostics| Mistake::Invalid { source, diagnostics })
}

/// The command that examines again.
fn replay(arguments: &ExamineArguments) -> String {
    let mut words = vec![play::program(std::env::args().next()), "examine --device".to_owned()];
    words.push(play::quoted(&arguments.device));
    for (name, path) in [("--claims", &arguments.claims), ("--plan", &arguments.plan)] {
        words.extend(path.iter().map(|path| format!("{name} {}", play::quoted(&path.display().to_string()))));
    }
    words.extend(arguments.versions.iter().map(|v| format!("--version-of-product {}", play::quoted(v.as_str()))));
    words.extend(arguments.switch.iter().map(|state| format!("--switch {}", state.name())));
    words.extend(
        arguments.forward.iter().map(|(host, to)| format!("--forward {}", play::quoted(&format!("{host}={to}")))),
    );
    words.push(format!("--time-max {} --seed {}", arguments.time_max, arguments.seed));
    words.join(" ")
}
