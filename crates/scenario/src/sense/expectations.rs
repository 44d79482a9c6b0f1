//! Expectations: each is about something that exists, can be met, and no two of them disagree.

use std::collections::BTreeSet;

use model::{ClaimId, QueryId, Ratio, Subject, Verdict};

use super::Sense;
use crate::{Expectation, Script, document::at, subjects::is_about};

pub(super) fn check(script: &Script, sense: &mut Sense<'_, '_>) {
    let subjects = script.subjects();
    let cells: Vec<Cell<'_>> = script
        .claims
        .iter()
        .flat_map(|claim| subjects.iter().filter(|s| is_about(claim, &s.product)).map(|s| (&claim.id, s)))
        .collect();
    for (i, expectation) in script.expectations.iter().enumerate() {
        if !cells.iter().any(|(claim, subject)| expectation.matches(claim, subject)) {
            let message = "the expectation is about no claim and subject of this file";
            sense.wrong(&at!["expect", i], message, absent(script, expectation, &subjects));
        }
        if expectation.check.is_some() && expectation.verdict == Verdict::Kept {
            let message = "what is kept is kept because no check found anything";
            sense.wrong_key(&at!["expect", i, "check"], message, "expected no check, or another verdict");
        }
    }
    check_releases(script, sense);
    for (earlier, later, (claim, subject)) in contradictions(script, &cells) {
        let other = &script.expectations[earlier];
        let message = format!("this contradicts an expectation above about {claim} of {subject}");
        let key = if other.verdict == script.expectations[later].verdict { "check" } else { "verdict" };
        let expected = match (key, other.check) {
            ("verdict", _) => format!("expected `{}`, as that one says", other.verdict),
            (_, Some(check)) => format!("expected `{check}`, as that one says"),
            (_, None) => "expected no check, as that one says".to_owned(),
        };
        let help = "one that restricts more of claims, products, versions and switch is an exception to one that restricts less";
        let span = sense.document.span(&at!["expect", later, key]);
        sense.wrong_at(span, message, expected, Some(help.to_owned()));
    }
}

/// What is expected of releases can be met.
fn check_releases(script: &Script, sense: &mut Sense<'_, '_>) {
    for (i, expectation) in script.release_expectations.iter().enumerate() {
        if expectation.covered_min.is_some_and(|share| share > Ratio::ONE) {
            let expected = "expected a share of at most 1, such as \"19/20\"";
            sense.wrong(&at!["expect-release", i, "covered-min"], "more than all cells", expected);
        }
        let query = &expectation.query;
        if script.release_expectations[..i].iter().any(|earlier| earlier.query == *query) {
            let message = format!("a second expectation about releases of `{query}`");
            sense.wrong(&at!["expect-release", i, "query"], message, "expected one for each query");
        }
        if let Some(difference) =
            expectation.control.as_ref().and_then(|control| other_question(script, query, control))
        {
            let message = format!("the control has another {difference} than `{query}`");
            sense.wrong(&at!["expect-release", i, "control"], message, "expected a query that asks the same");
        }
    }
    if !script.release_expectations.is_empty() && script.crowd.is_none() {
        let expected = "expected a [crowd], about which releases are";
        sense.wrong(&at!["expect-release", 0], "nothing is released without a crowd", expected);
    }
}

/// In what the question of `control` differs from that of `query`; what answers it may.
fn other_question(script: &Script, query: &QueryId, control: &QueryId) -> Option<&'static str> {
    let [query, control] = [query, control].map(|id| script.queries.iter().find(|query| query.id == *id));
    let (query, control) = (query?, control?); // another check tells of names that stand for nothing
    let differs = [
        ("window", query.window != control.window),
        ("measure", query.measure != control.measure),
        ("`group-by`", query.group_by != control.group_by),
    ];
    differs.into_iter().find_map(|(name, differs)| differs.then_some(name))
}

/// What a verdict is about.
type Cell<'a> = (&'a ClaimId, &'a Subject);

/// Pairs of equally specific expectations that disagree, each later one once, with a cell in which they do.
fn contradictions<'a>(script: &Script, cells: &[Cell<'a>]) -> Vec<(usize, usize, Cell<'a>)> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for cell in cells {
        let mut first: [Option<usize>; 5] = [None; 5]; // the first match of each specificity
        for (i, expectation) in script.expectations.iter().enumerate() {
            if !expectation.matches(cell.0, cell.1) {
                continue;
            }
            let earlier = *first[expectation.specificity()].get_or_insert(i);
            let first = &script.expectations[earlier];
            if (first.verdict, first.check) != (expectation.verdict, expectation.check) && seen.insert(i) {
                found.push((earlier, i, *cell));
            }
        }
    }
    found
}

/// What an expectation that matches nothing should have named.
fn absent(script: &Script, expectation: &Expectation, subjects: &[Subject]) -> String {
    let about = |s: &&Subject| script.claims.iter().any(|c| is_about(c, &s.product));
    let any_state = Expectation { switch: Vec::new(), ..expectation.clone() };
    let matching = |claim: &ClaimId| {
        subjects.iter().filter(about).filter(|s| any_state.matches(claim, s)).map(|s| s.switch).collect::<BTreeSet<_>>()
    };
    let states: BTreeSet<_> = script.claims.iter().flat_map(|claim| matching(&claim.id)).collect();
    if states.is_empty() {
        return "expected a claim with a product that it is about, and a version of that product".to_owned();
    }
    let names: Vec<String> = states.iter().map(|state| format!("`{state}`")).collect();
    format!("expected a state that the switch has there: {}", names.join(" or "))
}
