//! Local differential privacy: what devices randomize and what queries take for it are the same.

use std::collections::BTreeSet;

use browser::{Policy, policy::Randomization};
use model::{Mechanism, Query, Randomizer};

use super::Sense;
use crate::{
    Script,
    document::{Step, at},
};

pub(super) fn check(script: &Script, sense: &mut Sense<'_, '_>) {
    for (i, query) in script.queries.iter().enumerate() {
        let Mechanism::Local { randomizer, reports_per_device_max } = &query.mechanism else { continue };
        let [field] = query.group_by.as_slice() else { continue };
        let asked = Asked { query, field, by: randomizer, reports_max: *reports_per_device_max };
        let mut is_reported = false;
        for (name, policy) in &script.policies {
            let root = at!["policy", name.clone()];
            for (path, expression) in reported(policy, &asked) {
                is_reported = true;
                check_field(policy, &root, &path, expression, &asked, sense);
            }
        }
        if !is_reported {
            let message = format!("no policy reports the field `{field}` in an event that `{}` counts", query.id);
            let expected = format!("expected a field `{field}` whose value ends with `|randomize(NAME)`");
            sense.wrong(&at!["query", i, "group-by", 0], message, expected);
        }
    }
}

/// What a query asks of devices.
struct Asked<'a> {
    query: &'a Query,
    field: &'a str,
    by: &'a Randomizer,
    reports_max: u32,
}

/// Where a policy says what stands in the field that is asked for, in every event that counts.
fn reported<'p>(policy: &'p Policy, asked: &Asked<'_>) -> Vec<(Vec<Step>, &'p str)> {
    let mut found = Vec::new();
    for (p, pipeline) in policy.pipelines.iter().enumerate() {
        let shared = pipeline.fields.get(asked.field);
        let events = pipeline.events.iter().enumerate();
        for (e, event) in events.filter(|(_, event)| counts(asked.query, &event.name)) {
            let field = || Step::from(asked.field.to_owned());
            if let Some(expression) = event.fields.get(asked.field) {
                let path = [&at!["pipeline", p, "event", e, "fields"][..], &[field()]].concat();
                found.push((path, expression.as_str()));
            } else if let Some(expression) = shared {
                found.push(([&at!["pipeline", p, "fields"][..], &[field()]].concat(), expression.as_str()));
            }
        }
    }
    found
}

fn counts(query: &Query, event: &str) -> bool {
    query.events.is_empty() || query.events.iter().any(|counted| counted == event)
}

fn check_field(
    policy: &Policy,
    root: &[Step],
    path: &[Step],
    expression: &str,
    asked: &Asked<'_>,
    sense: &mut Sense<'_, '_>,
) {
    let query = &asked.query.id;
    let Some(randomization) = policy.randomization(expression) else {
        let message = format!("`{query}` takes this field for answers of a randomizer, and it holds the value itself");
        let plain = expression.split("|randomize").next().unwrap_or(expression);
        let help = policy.randomizers.first().map(|known| format!("write `{plain}|randomize({})`", known.name));
        let span = sense.document.span(&[root, path].concat());
        return sense.wrong_at(span, message, "expected `randomize(NAME)` as the last transform", help);
    };
    let place = policy.randomizers.iter().position(|known| known.name == randomization.name).unwrap_or(0);
    let randomizer = [root, &at!["randomizer", place]].concat();
    check_randomizer(randomization, &randomizer, asked, sense);
}

/// The randomizer of a policy is that of the query, in each of its parts.
fn check_randomizer(found: &Randomization, path: &[Step], asked: &Asked<'_>, sense: &mut Sense<'_, '_>) {
    let Asked { query, field, by, reports_max } = asked;
    let at = |key: &'static str| [path, &at![key]].concat();
    if found.by != **by {
        let message =
            format!("devices randomize by {}, and `{}` counts answers of another randomizer", found.by, query.id);
        sense.wrong(&at("by"), message, format!("expected {by}, as in its mechanism"));
    }
    if let Some(known) = query.domain.get(*field) {
        let (own, known): (BTreeSet<&String>, BTreeSet<&String>) =
            (found.domain.iter().collect(), known.iter().collect());
        if let Some(value) = own.symmetric_difference(&known).next() {
            let (has, lacks) =
                if own.contains(value) { ("the policy", "the query") } else { ("the query", "the policy") };
            let message =
                format!("{has} knows the value `{value}`, and {lacks} does not: their answers differ in form");
            sense.wrong(&at("domain"), message, format!("expected the values of `{}`", query.id));
        }
    }
    if found.window != query.window {
        let message =
            format!("devices count their answers by {}, and `{}` by {}", found.window, query.id, query.window);
        let span = sense.document.span(&at("window"));
        let expected = format!("expected `window = \"{}\"`", query.window);
        sense.wrong_at(span, message, expected, None);
    }
    if found.reports_per_window_max > *reports_max {
        let message = format!(
            "devices answer {} times in a window, of which `{}` counts {reports_max}",
            found.reports_per_window_max, query.id
        );
        sense.wrong(&at("reports-per-window-max"), message, format!("expected at most {reports_max}"));
    }
}
