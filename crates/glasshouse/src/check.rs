//! `check`: validates scenario files and rulebooks without playing anything.

use crate::{Outcome, arguments::CheckArguments, diagnostics, output, rulebooks, sources};

pub(crate) fn check(arguments: &CheckArguments) -> anyhow::Result<Outcome> {
    rulebooks::load(&arguments.rulebooks)?;
    let mut names: Vec<String> = arguments.rulebooks.iter().map(|path| path.display().to_string()).collect();
    if !arguments.scenarios.is_empty() {
        match sources::load(&arguments.scenarios) {
            Ok(scenarios) => names.extend(scenarios.into_iter().map(|scenario| scenario.source.name)),
            Err(mistakes) => {
                diagnostics::show(&mistakes);
                return Ok(Outcome::Wrong);
            }
        }
    }
    output::say(&names.iter().map(|name| format!("{name}: ok\n")).collect::<String>())?;
    Ok(Outcome::Held)
}
