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
mod storm;
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
        Command::Storm(arguments) => storm::storm(&arguments),
        Command::Check(arguments) => check::check(&arguments),
        Command::Examine(arguments) => examine::examine(&arguments),
        Command::Audit(arguments) => audit::audit(&arguments),
        Command::Schema(arguments) => schema::schema(&arguments),
        Command::Bench(arguments) => bench::bench(&arguments),
        Command::Serve(arguments) => serve::serve(&arguments),
    };
    let outcome = done.unwrap_or_else(|error| {
        output::complain(&format!("error: {}\n", told(&error)));
        Outcome::Wrong
    });
    outcome.into()
}

/// What went wrong, then why, each said once: many an error repeats what the one below it says.
fn told(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |text, said| match text.is_empty() {
        true => said,
        false if text.ends_with(&said) => text,
        false => format!("{text}: {said}"),
    })
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    #[test]
    fn what_an_error_repeats_is_told_once() {
        let below = || anyhow::anyhow!("nobody listens");
        let wrapped = || anyhow::anyhow!(std::io::Error::other(below().to_string()));
        assert_eq!(super::told(&wrapped().context("no device: nobody listens")), "no device: nobody listens");
        assert_eq!(super::told(&below().context("no device")), "no device: nobody listens");
        let deep: anyhow::Result<()> = Err(below()).context("no device").context("no examination");
        assert_eq!(super::told(&deep.unwrap_err()), "no examination: no device: nobody listens");
    }
}
