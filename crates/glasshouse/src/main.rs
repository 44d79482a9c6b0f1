//! The command line: plays scenarios, scores the auditor, examines clients, audits captures, checks files, prints schemas
//! and serves each service alone.

mod arguments;
mod audit;
mod bench;
mod check;
mod diagnostics;
mod examine;
mod keep;
mod kept;
mod output;
mod play;
mod progress;
mod results;
mod rulebooks;
mod run;
mod schema;
mod serve;
mod sources;
mod zoo;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

/// What a command came to, as its exit status says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Everything is as it was asked to be.
    Held,
    /// An expectation failed, or a claim is not as demanded.
    Failed,
    /// The input or the arguments are wrong, or something that was needed could not be done.
    Wrong,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Held => Self::SUCCESS,
            Outcome::Failed => Self::from(1),
            Outcome::Wrong => Self::from(2),
        }
    }
}

fn main() -> ExitCode {
    let done = match Arguments::parse().chosen() {
        Command::Run(arguments) => run::run(&arguments),
        Command::Zoo(arguments) => zoo::zoo(&arguments),
        Command::Check(arguments) => check::check(&arguments),
        Command::Examine(arguments) => examine::examine(&arguments),
        Command::Audit(arguments) => audit::audit(&arguments),
        Command::Schema(arguments) => schema::schema(&arguments),
        Command::Bench(arguments) => bench::bench(&arguments),
        Command::Serve(arguments) => serve::serve(&arguments),
    };
    let outcome = done.unwrap_or_else(|error| {
        output::complain(&format!("error: {error:#}\n"));
        Outcome::Wrong
    });
    outcome.into()
}
