//! `check`: validates scenario files without playing them.

use crate::{Outcome, arguments::CheckArguments, diagnostics, output, sources};

pub(crate) fn check(arguments: &CheckArguments) -> anyhow::Result<Outcome> {
    match sources::load(&arguments.scenarios) {
        Ok(scenarios) => {
            let lines = scenarios.iter().map(|scenario| {
                let (name, script) = (&scenario.source.name, &scenario.script);
                format!(
                    "{name}: ok: {}, {} subjects, {} claims\n",
                    script.name,
                    script.subjects().len(),
                    script.claims.len()
                )
            });
            output::say(&lines.collect::<String>())?;
            Ok(Outcome::Held)
        }
        Err(mistakes) => {
            diagnostics::show(&mistakes);
            Ok(Outcome::Wrong)
        }
    }
}
