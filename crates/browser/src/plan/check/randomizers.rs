//! Checks of randomizers, which are made ready for use.

use encoding::local::{LocalError, LocalRandomizer};
use model::Duration;

use super::{parts::twice, repeated};
use crate::{
    Policy,
    policy::Randomization,
    problem::{Fault, Findings},
};

/// Randomizers have names of their own and parameters that randomize.
pub(in crate::plan) fn randomizers(policy: &Policy, findings: &mut Findings) -> Vec<Option<LocalRandomizer>> {
    for (i, name) in repeated(policy.randomizers.iter().map(|known| known.name.as_str())) {
        findings.item("randomizer", i, |findings| findings.add(twice("randomizer", name)));
    }
    let read = |(i, spec)| findings.item("randomizer", i, |findings| randomizer(spec, findings));
    policy.randomizers.iter().enumerate().map(read).collect()
}

fn randomizer(spec: &Randomization, findings: &mut Findings) -> Option<LocalRandomizer> {
    let plain = !spec.name.is_empty() && !spec.name.contains(['(', ')', '|', '{', '}']);
    findings.expect(plain, "name", "a name is empty or has one of ( ) | { }, which expressions need");
    findings.expect(spec.window != Duration::ZERO, "window", "0s is no window: expected a length such as 1d");
    let most = spec.reports_per_window_max > 0;
    findings.expect(most, "reports-per-window-max", "0 answers tell nothing: expected 1 or more");
    for (i, value) in repeated(spec.domain.iter().map(String::as_str)) {
        findings.item("domain", i, |findings| findings.add(twice("value", value)));
    }
    match LocalRandomizer::new(&spec.by, spec.domain.iter().map(String::as_str)) {
        Ok(randomizer) => Some(randomizer),
        Err(error) => {
            add(spec, &error, findings);
            None
        }
    }
}

fn add(spec: &Randomization, error: &LocalError, findings: &mut Findings) {
    let fault = Fault::new(error.to_string());
    match error.parameter() {
        None => findings.within("domain", |findings| findings.add(fault)),
        Some(parameter) => findings.within("by", |findings| {
            findings.within(spec.by.name(), |findings| findings.within(parameter, |findings| findings.add(fault)));
        }),
    }
}
