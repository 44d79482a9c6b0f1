//! Why: the shortest evidence against each broken claim, what was found beside, the reasons of the unproven, what could
//! have been missed of the kept, and what was not as expected.

use std::collections::{BTreeMap, BTreeSet};

use model::{CheckName, ClaimId, Finding, Subject, Verdict};

use super::page::{Page, Tone, visible};
use crate::{Judged, Played, evidence};

const LABEL_WIDTH: usize = 9;
/// Characters of a plaintext that are shown; a whole page can leak. The JSON document has all of it.
const PLAINTEXT_MAX: usize = 400;
/// Reasons of one ruling, things that could have been missed and findings beside that are shown. The JSON document has
/// all of them.
const LINES_MAX: usize = 4;

/// One block for each broken claim, with the shortest evidence over its subjects.
pub(super) fn broken(page: &mut Page, played: &Played) {
    let mut blocks = rows(played).into_iter().filter_map(|claim| {
        let (judged, finding) = with_verdict(played, claim, Verdict::Broken)
            .filter_map(|judged| Some((judged, evidence::shortest(&judged.ruling)?)))
            .min_by_key(|(_, finding)| evidence::length(finding))?;
        Some((claim, judged, finding))
    });
    let Some(first) = blocks.next() else { return };
    page.heading("The evidence");
    block(page, played, first);
    for next in blocks {
        page.blank();
        block(page, played, next);
    }
}

fn block(page: &mut Page, played: &Played, (claim, judged, finding): (&ClaimId, &Judged, &Finding)) {
    let subject = &judged.ruling.subject;
    verdict_line(page, claim, Verdict::Broken);
    page.text(4, Tone::Plain, &finding.summary);
    let mut row = |label: &str, text: &str| page.labelled(4, LABEL_WIDTH, Tone::Faint, label, text);
    row("subject", &evidence::subject(subject));
    for (label, text) in evidence::lines(&finding.evidence) {
        row(label, &shortened(text));
    }
    let others: Vec<&Judged> =
        with_verdict(played, claim, Verdict::Broken).filter(|other| other.ruling.subject != *subject).collect();
    let (alike, otherwise): (Vec<&Judged>, Vec<&Judged>) =
        others.iter().partition(|other| says_the_same(other, finding));
    let judged = played.verdicts.iter().filter(|judged| judged.ruling.claim == *claim).count();
    for (label, on) in [("also", alike), ("otherwise", otherwise)] {
        let on: Vec<&Subject> = on.iter().map(|judged| &judged.ruling.subject).collect();
        match on.len() {
            0 => {}
            many if many > 1 && many + 1 == judged => row(label, "every other subject"),
            _ => row(label, &subjects(&on)),
        }
    }
}

/// Whether the shortest evidence against `other` shows the same: what is said of one subject must not be said of another
/// that was convicted of something else.
fn says_the_same(other: &Judged, finding: &Finding) -> bool {
    // Numbers of the case at hand stand in brackets at the end.
    let gist = |finding: &Finding| finding.summary.split(" (").next().map(str::to_owned);
    evidence::shortest(&other.ruling).is_some_and(|own| own.check == finding.check && gist(own) == gist(finding))
}

/// One block for each claim and reason.
pub(super) fn unproven(page: &mut Page, played: &Played) {
    let mut seen = BTreeSet::new();
    for claim in rows(played) {
        for judged in with_verdict(played, claim, Verdict::Unproven) {
            let reason = judged.ruling.reason.as_deref();
            if !seen.insert((claim, reason)) {
                continue;
            }
            if seen.len() == 1 {
                page.heading("What could not be shown");
            } else {
                page.blank();
            }
            let same = with_verdict(played, claim, Verdict::Unproven);
            let same = same.filter(|other| other.ruling.reason.as_deref() == reason).map(|other| &other.ruling.subject);
            let same: Vec<&Subject> = same.collect();
            let all = played.verdicts.iter().filter(|other| other.ruling.claim == *claim).count();
            verdict_line(page, claim, Verdict::Unproven);
            page.text(4, Tone::Plain, &first_few(reason.unwrap_or("no reason was given").split("; ")));
            let who = if same.len() == all { "every subject".to_owned() } else { subjects(&same) };
            page.labelled(4, LABEL_WIDTH, Tone::Faint, "about", &who);
        }
    }
}

/// What is shown beside and breaks nothing by itself, such as a flow that costs more to decode than anything honest does.
pub(super) fn beside(page: &mut Page, played: &Played) {
    let all = played.verdicts.iter().flat_map(|judged| judged.ruling.findings.iter().map(move |found| (judged, found)));
    let noted = all.filter(|(_, finding)| finding.check == CheckName::Peel);
    let mut seen: Vec<&Finding> = Vec::new();
    for (judged, finding) in noted {
        if seen.contains(&finding) {
            continue; // each claim about the subject notes it
        }
        if seen.is_empty() {
            page.heading("What was found beside");
        }
        seen.push(finding);
        if seen.len() > LINES_MAX {
            continue;
        }
        page.text(2, Tone::Alarm, &finding.summary);
        page.labelled(4, LABEL_WIDTH, Tone::Faint, "subject", &evidence::subject(&judged.ruling.subject));
        for (label, text) in evidence::lines(&finding.evidence) {
            page.labelled(4, LABEL_WIDTH, Tone::Faint, label, &shortened(text));
        }
    }
    if let Some(more) = seen.len().checked_sub(LINES_MAX).filter(|more| *more > 0) {
        page.text(2, Tone::Faint, &format!("and {more} more"));
    }
}

/// What could have been missed although claims are kept: one block for all claims of which the same holds.
pub(super) fn missed(page: &mut Page, played: &Played) {
    let mut claims: BTreeMap<BTreeSet<&str>, Vec<&ClaimId>> = BTreeMap::new();
    for claim in rows(played) {
        let kept = with_verdict(played, claim, Verdict::Kept);
        let missed: BTreeSet<&str> =
            kept.flat_map(|judged| judged.ruling.coverage.missed.iter().map(String::as_str)).collect();
        if !missed.is_empty() {
            claims.entry(missed).or_default().push(claim);
        }
    }
    for (index, (missed, claims)) in claims.iter().enumerate() {
        if index == 0 {
            page.heading("What could have been missed");
        }
        let names: Vec<&str> = claims.iter().map(|claim| claim.as_str()).collect();
        page.text(2, Tone::Strong, &names.join(", "));
        page.text(4, Tone::Plain, &first_few(missed.iter().copied()));
    }
}

/// The first few of some things, and how many more there are.
fn first_few<'a>(all: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = all.collect();
    let more = all.len().saturating_sub(LINES_MAX);
    let more = (more > 0).then(|| format!("and {more} more"));
    let shown = all.iter().take(LINES_MAX).map(|line| (*line).to_owned()).chain(more);
    shown.collect::<Vec<_>>().join("; ")
}

/// One block for each verdict that is not what the scenario expects.
pub(super) fn failed(page: &mut Page, played: &Played) {
    let failed = played.verdicts.iter().filter(|judged| judged.holds() == Some(false));
    let failed = failed.filter_map(|judged| Some((judged, judged.expectation()?)));
    for (index, (judged, expected)) in failed.enumerate() {
        if index == 0 {
            page.heading("What was not as expected");
        }
        let ruling = &judged.ruling;
        page.text(2, Tone::Alarm, &format!("{} is {}, expected {expected}", ruling.claim, concluded(judged)));
        page.labelled(4, LABEL_WIDTH, Tone::Faint, "subject", &evidence::subject(&ruling.subject));
        page.labelled(4, LABEL_WIDTH, Tone::Faint, "source", judged.source.as_deref().unwrap_or("none given"));
    }
}

/// The verdict, with the checks that found something: `broken by canary, twin`.
pub(super) fn concluded(judged: &Judged) -> String {
    let checks: Vec<&str> = judged.found_by().into_iter().map(CheckName::name).collect();
    let by = if checks.is_empty() { String::new() } else { format!(" by {}", checks.join(", ")) };
    format!("{}{by}", judged.ruling.verdict)
}

/// Claims in the order of rows: those of the scenario, then whatever else was judged.
pub(super) fn rows(played: &Played) -> Vec<&ClaimId> {
    let stated = played.claims.iter().map(|claim| &claim.id);
    let judged = played.verdicts.iter().map(|judged| &judged.ruling.claim);
    let mut seen = BTreeSet::new();
    stated.chain(judged).filter(|claim| seen.insert(*claim)).collect()
}

fn with_verdict<'a>(played: &'a Played, claim: &'a ClaimId, verdict: Verdict) -> impl Iterator<Item = &'a Judged> {
    played.verdicts.iter().filter(move |judged| judged.ruling.claim == *claim && judged.ruling.verdict == verdict)
}

fn verdict_line(page: &mut Page, claim: &ClaimId, verdict: Verdict) {
    let pieces = [
        (Tone::Strong, visible(claim.as_str())),
        (Tone::Plain, " is ".into()),
        (Tone::Verdict(verdict), verdict.to_string()),
    ];
    page.line(2, &pieces);
}

/// `mint-browser 3.4.0 (absent), 3.4.3 (collect, suppress); mi-browser …`.
fn subjects(subjects: &[&Subject]) -> String {
    let products = subjects.chunk_by(|a, b| a.product == b.product).map(|product| {
        let versions = product.chunk_by(|a, b| a.version == b.version).map(|version| {
            let states: Vec<String> = version.iter().map(|subject| subject.switch.to_string()).collect();
            format!("{} ({})", version[0].version, states.join(", "))
        });
        format!("{} {}", product[0].product, versions.collect::<Vec<_>>().join(", "))
    });
    products.collect::<Vec<_>>().join("; ")
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(PLAINTEXT_MAX) {
        None => text,
        Some((end, _)) => {
            let more = text.get(end..).map_or(0, |rest| rest.chars().count());
            format!("{} … and {more} characters more", text.get(..end).unwrap_or_default())
        }
    }
}
