//! `check`: validates scenario files without playing them.

use crate::{Outcome, arguments::CheckArguments, diagnostics, output, sources};

pub(crate) fn check(arguments: &CheckArguments) -> anyhow::Result<Outcome> {
    match sources::load(&arguments.scenarios) {
        Ok(scenarios) => {
            let lines = scenarios.iter().map(|scenario| format!("{}: ok\n", scenario.source.name));
            output::say(&lines.collect::<String>())?;
            Ok(Outcome::Held)
        }
        Err(mistakes) => {
            diagnostics::show(&mistakes);
            Ok(Outcome::Wrong)
        }
    }
}
