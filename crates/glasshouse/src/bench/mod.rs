//! `bench`: figures, each row in a process of its own.

mod export;
mod ingest;
mod plot;
mod row;
mod table;

use std::process::Command;

use anyhow::{Context, bail, ensure};
use row::{MechanismRow, Rows};
use serde::de::DeserializeOwned;
use world::bench::{Contender, QUERIES, contenders};

use crate::{
    Outcome,
    arguments::{BenchArguments, BenchName, Part},
    output,
};

pub(crate) fn bench(arguments: &BenchArguments) -> anyhow::Result<Outcome> {
    if let Some(codec) = arguments.serve {
        ingest::be_served(codec)?;
        return Ok(Outcome::Held);
    }
    if let Some(name) = &arguments.row {
        let [part] = arguments.what.parts() else { bail!("--row measures a row of one table, found `bench all`") };
        output::say(&(row::measure(*part, name, arguments)? + "\n"))?;
        return Ok(Outcome::Held);
    }
    check(arguments)?;
    if let Some(directory) = &arguments.export {
        export::export(directory, &row::query_input(arguments)?)?;
        return Ok(Outcome::Held);
    }
    let rows = measure_all(arguments)?;
    if let Some(path) = &arguments.json {
        output::write(path, &(serde_json::to_string_pretty(&rows)? + "\n"))?;
    }
    if let Some(path) = &arguments.plot {
        output::write(path, &plot::svg(&rows.aggregation))?;
    }
    if !arguments.json.as_deref().is_some_and(output::is_stdout) {
        output::say(&table::text(&rows))?;
    }
    Ok(Outcome::Held)
}

/// Whether the arguments go together and files can be written: known before anything is measured.
fn check(arguments: &BenchArguments) -> anyhow::Result<()> {
    let parts = arguments.what.parts();
    let measures_mechanisms = parts.contains(&Part::Aggregation);
    let wanted = "expected `bench aggregation` or `bench all`";
    ensure!(arguments.plot.is_none() || measures_mechanisms, "--plot draws mechanisms: {wanted}");
    ensure!(arguments.mechanism.is_none() || measures_mechanisms, "--mechanism chooses among mechanisms: {wanted}");
    let answers_queries = parts.contains(&Part::Queries);
    let wanted = "expected `bench queries` or `bench all`";
    ensure!(arguments.threads.is_none() || answers_queries, "--threads is about queries: {wanted}");
    ensure!(
        arguments.export.is_none() || arguments.what == BenchName::Queries,
        "--export writes the reports of `bench queries`"
    );
    for path in [&arguments.json, &arguments.plot].into_iter().flatten().filter(|path| !output::is_stdout(path)) {
        output::check_writable(path)?;
    }
    Ok(())
}

fn measure_all(arguments: &BenchArguments) -> anyhow::Result<Rows> {
    let mut rows = Rows::default();
    let parts = arguments.what.parts();
    let chosen = if parts.contains(&Part::Aggregation) { chosen(arguments)? } else { Vec::new() };
    for part in parts {
        match part {
            Part::Aggregation => {
                for contender in &chosen {
                    let row: MechanismRow = in_a_process_of_its_own("aggregation", &contender.name, arguments)?;
                    rows.aggregation.push(row);
                }
            }
            Part::Queries => {
                for (name, _) in QUERIES {
                    rows.queries.push(in_a_process_of_its_own("queries", name, arguments)?);
                }
            }
            Part::Ingest => rows.ingest.push(in_a_process_of_its_own("ingest", row::INGEST, arguments)?),
        }
    }
    Ok(rows)
}

/// The mechanisms that are to be measured and can tell so many keys apart.
fn chosen(arguments: &BenchArguments) -> anyhow::Result<Vec<Contender>> {
    let wanted = arguments.mechanism.as_deref().unwrap_or("all");
    let (known, keys) = (contenders(), row::mechanism_size(arguments).keys);
    let names = || known.iter().map(|contender| contender.name.as_str()).collect::<Vec<_>>().join(", ");
    let is_wanted = |contender: &&Contender| wanted == "all" || contender.name.starts_with(wanted);
    let chosen: Vec<&Contender> = known.iter().filter(is_wanted).collect();
    ensure!(!chosen.is_empty(), "mechanism `{wanted}` is not measured, expected one of: {}", names());
    let (able, unable): (Vec<&Contender>, Vec<_>) = chosen.into_iter().partition(|one| keys <= one.keys_max());
    for contender in &unable {
        let most = contender.keys_max();
        output::complain(&format!("{} is left out: {keys} keys, it tells at most {most} apart\n", contender.name));
    }
    ensure!(!able.is_empty(), "mechanism `{wanted}` cannot tell {keys} keys apart, expected fewer `--keys`");
    Ok(able.into_iter().cloned().collect())
}

/// What a process of this program measures, which is one row.
fn in_a_process_of_its_own<Row: DeserializeOwned>(
    what: &str,
    name: &str,
    arguments: &BenchArguments,
) -> anyhow::Result<Row> {
    output::complain(&format!("measuring {name}\n"));
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
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "{name}: {}", said.trim().trim_start_matches("error: "));
    serde_json::from_slice(&done.stdout).with_context(|| format!("{name}: the process told no figures"))
}
