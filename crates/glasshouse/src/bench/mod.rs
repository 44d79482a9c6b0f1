//! `bench`: figures, each row in a process of its own.

mod export;
mod plot;
mod row;
mod table;

use std::process::Command;

use anyhow::{Context, bail, ensure};
use row::{MechanismRow, QueryRow, Rows};
use world::bench::{QUERIES, contenders};

use crate::{
    Outcome,
    arguments::{BenchArguments, BenchName},
    output,
};

pub(crate) fn bench(arguments: &BenchArguments) -> anyhow::Result<Outcome> {
    if let Some(name) = &arguments.row {
        output::say(&(row::measure(name, arguments)? + "\n"))?;
        return Ok(Outcome::Held);
    }
    if let Some(directory) = &arguments.export {
        export::export(directory, &row::query_input(arguments)?)?;
        return Ok(Outcome::Held);
    }
    let rows = measure_all(arguments)?;
    if let Some(path) = &arguments.json {
        output::write(path, &(serde_json::to_string_pretty(&rows)? + "\n"))?;
    }
    if let Some(path) = &arguments.plot {
        ensure!(!rows.aggregation.is_empty(), "--plot draws mechanisms: expected `bench aggregation` or `bench all`");
        output::write(path, &plot::svg(&rows.aggregation))?;
    }
    if !arguments.json.as_deref().is_some_and(output::is_stdout) {
        output::say(&table::text(&rows))?;
    }
    Ok(Outcome::Held)
}

fn measure_all(arguments: &BenchArguments) -> anyhow::Result<Rows> {
    let mut rows = Rows::default();
    if arguments.what != BenchName::Queries {
        let chosen: Vec<String> = contenders()
            .into_iter()
            .map(|contender| contender.name)
            .filter(|name| arguments.mechanism == "all" || name.starts_with(&arguments.mechanism))
            .collect();
        if chosen.is_empty() {
            let names: Vec<String> = contenders().into_iter().map(|contender| contender.name).collect();
            bail!("mechanism `{}` is not measured, expected one of: {}", arguments.mechanism, names.join(", "));
        }
        for name in chosen {
            let line = in_a_process_of_its_own(&name, arguments)?;
            rows.aggregation.push(serde_json::from_str::<MechanismRow>(&line)?);
        }
    }
    if arguments.what != BenchName::Aggregation {
        for (name, _) in QUERIES {
            let line = in_a_process_of_its_own(name, arguments)?;
            rows.queries.push(serde_json::from_str::<QueryRow>(&line)?);
        }
    }
    Ok(rows)
}

/// What a process of this program writes that measures one row.
fn in_a_process_of_its_own(name: &str, arguments: &BenchArguments) -> anyhow::Result<String> {
    output::complain(&format!("measuring {name}\n"));
    let what = if QUERIES.iter().any(|(query, _)| *query == name) { "queries" } else { "aggregation" };
    let mut command = Command::new(std::env::current_exe().context("cannot find this program's own file")?);
    command.args(["bench", what, "--row", name, "--runs", &arguments.runs.to_string()]);
    command.args(["--seed", &arguments.seed.to_string()]);
    let optional = [
        ("--reports", arguments.reports.map(|n| n.to_string())),
        ("--devices", arguments.devices.map(|n| n.to_string())),
        ("--keys", arguments.keys.map(|n| n.to_string())),
        ("--threads", arguments.threads.map(|n| n.to_string())),
    ];
    for (flag, value) in optional {
        command.args(value.map(|value| [flag.to_owned(), value]).into_iter().flatten());
    }
    let done = command.output().with_context(|| format!("cannot run a process for {name}"))?;
    ensure!(done.status.success(), "{name}: {}", String::from_utf8_lossy(&done.stderr).trim());
    String::from_utf8(done.stdout).with_context(|| format!("{name}: figures are no text"))
}
