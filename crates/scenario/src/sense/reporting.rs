//! Policies and queries: what their own crates find wrong, and where uploads go.

mod sealing;

use browser::{PathStep, Policy};

use super::Sense;
use crate::{
    Script,
    document::{Step, at},
    nearest::{did_you_mean, one_of},
};

pub(super) fn check(script: &Script, sense: &mut Sense<'_, '_>) {
    let hosts: Vec<&str> = script.endpoints.iter().map(|endpoint| endpoint.host.as_str()).collect();
    for (name, policy) in &script.policies {
        let root = at!["policy", name.clone()];
        for problem in policy.problems() {
            let inner = problem.path.iter().map(|step| match step {
                PathStep::Key(key) => Step::from(key.clone()),
                PathStep::Index(index) => Step::from(*index),
            });
            let path: Vec<Step> = root.iter().cloned().chain(inner).collect();
            sense.told(&path, &problem.message, problem.help);
        }
        check_hosts(policy, &root, &hosts, sense);
        sealing::check(script, policy, &root, sense);
    }
    if script.budget.as_ref().is_some_and(|budget| budget.allowed().is_none()) {
        sense.wrong(&at!["budget"], "the budget is of both epsilon and rho, or of neither", "expected one of them");
    }
    for (i, query) in script.queries.iter().enumerate() {
        for problem in aggregation::problems(query) {
            let inner = problem.path.into_iter().map(Step::from);
            let path: Vec<Step> = at!["query", i].into_iter().chain(inner).collect();
            sense.told(&path, &problem.message, problem.help);
        }
    }
}

fn check_hosts(policy: &Policy, root: &[Step], hosts: &[&str], sense: &mut Sense<'_, '_>) {
    for (p, pipeline) in policy.pipelines.iter().enumerate() {
        for (r, route) in pipeline.route.iter().enumerate() {
            let at = [root, &at!["pipeline", p, "route", r]].concat();
            check_host(&route.host, &[at.as_slice(), &at!["host"]].concat(), hosts, sense);
            if let Some(other) = &route.fail_over {
                check_host(&other.host, &[at.as_slice(), &at!["fail-over", "host"]].concat(), hosts, sense);
            }
        }
        if let Some(host) = pipeline.star.as_ref().and_then(|sealing| sealing.randomness.as_ref()) {
            check_host(host, &[root, &at!["pipeline", p, "star", "randomness"]].concat(), hosts, sense);
        }
    }
}

fn check_host(host: &str, at: &[Step], hosts: &[&str], sense: &mut Sense<'_, '_>) {
    if hosts.iter().any(|known| serves(known, host)) {
        return;
    }
    let shown: String = host.chars().take(64).collect();
    let span = sense.document.span(at);
    let help = did_you_mean(host, hosts.iter().copied());
    sense.wrong_at(span, format!("no endpoint serves the host `{shown}`"), one_of(hosts.iter().copied()), help);
}

/// Whether the endpoint named `known` can be the host that `template` becomes: its text with anything in place of
/// braces, or a name below the endpoint's.
fn serves(known: &str, template: &str) -> bool {
    let mut pieces = template.split('{').enumerate().map(|(i, piece)| match piece.split_once('}') {
        Some((_, literal)) if i > 0 => literal,
        _ => piece,
    });
    let first = pieces.next().unwrap_or_default();
    let Some(last) = pieces.clone().last() else { return known == template };
    let below = last.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    below || fills(known, first, pieces.collect())
}

/// Whether `known` is `first`, then something, then each of `rest` in turn with something between, and no more.
fn fills(known: &str, first: &str, mut rest: Vec<&str>) -> bool {
    let last = rest.pop().unwrap_or_default();
    let Some(inner) = known.strip_prefix(first).and_then(|inner| inner.strip_suffix(last)) else { return false };
    rest.into_iter().try_fold(inner, |inner, piece| inner.split_once(piece).map(|(_, after)| after)).is_some()
}

#[cfg(test)]
mod tests {
    use super::serves;

    #[test]
    fn host_must_be_an_endpoint() {
        assert!(serves("data.example", "data.example"));
        assert!(!serves("data.example", "data.example.org"));
        assert!(!serves("data.example", "my.data.example"));
    }

    #[test]
    fn template_may_become_an_endpoint_or_a_name_below_one() {
        assert!(serves("data.sg.example", "data.{region}.example"));
        assert!(serves("dns.example", "{url|sha256}.dns.example"));
        assert!(serves("dns.example", "{url}.{id}.dns.example"));
        assert!(!serves("data.example", "data.{region}.other"));
        assert!(!serves("ata.example", "{region}data.example"));
    }
}
