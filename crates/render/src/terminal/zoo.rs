//! The zoo for the terminal: which check found which leak, what was missed, what was accused wrongly, and the score.

use model::CheckName;
use textwrap::core::display_width;

use super::{
    Look, grounds,
    page::{Page, Tone, visible},
};
use crate::{
    evidence,
    zoo::{Kind, Mark, Score, Specimen, Zoo},
};

const INDENT: usize = 2;
/// Longest name in the matrix, in columns.
const NAME_WIDTH_MAX: usize = 36;
/// Most failures that are told in full.
const FAILURES_MAX: usize = 100;

const FOUND: &str = "●";
const ALSO: &str = "○";
const MISSED: &str = "✗";
const NOTHING: &str = "·";

/// The zoo as a page. It ends with a line end.
#[must_use]
pub fn zoo(zoo: &Zoo, look: Look) -> String {
    let mut page = Page::new(look);
    title(&mut page, zoo);
    matrix(&mut page, zoo);
    failures(&mut page, zoo);
    score(&mut page, zoo);
    page.into_text()
}

fn title(page: &mut Page, zoo: &Zoo) {
    page.blank();
    page.text(0, Tone::Title, "The zoo");
    let count = |kind| zoo.specimens.iter().filter(|specimen| specimen.kind() == kind).count();
    let [leaks, mended, decoys] = [Kind::Leak, Kind::Mended, Kind::Decoy].map(count);
    let seeds = zoo.specimens.iter().map(|specimen| specimen.runs.len()).max().unwrap_or(0);
    let seeds = if seeds > 1 { format!(" · {seeds} seeds each") } else { String::new() };
    let number = |count: usize, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
    let leaks = number(leaks, "leak", "leaks");
    let (mended, decoys) = (number(mended, "mended copy", "mended copies"), number(decoys, "decoy", "decoys"));
    page.text(0, Tone::Faint, &format!("{leaks} · {mended} · {decoys}{seeds}"));
}

/// Leaks down, checks across; the names of checks stand on steps, each above its column.
fn matrix(page: &mut Page, zoo: &Zoo) {
    let leaks: Vec<&Specimen> = zoo.specimens.iter().filter(|specimen| specimen.kind() == Kind::Leak).collect();
    let checks: Vec<CheckName> =
        CheckName::ALL.into_iter().filter(|check| leaks.iter().any(|leak| concerns(leak, *check))).collect();
    if checks.is_empty() {
        return;
    }
    page.heading("Which check found what");
    let names: Vec<String> = leaks.iter().map(|leak| cut(&visible(&leak.name))).collect();
    let width = names.iter().map(|name| display_width(name)).max().unwrap_or(0) + 2;
    for (step, check) in checks.iter().enumerate() {
        let posts = "│ ".repeat(step);
        page.line(
            INDENT,
            &[(Tone::Plain, " ".repeat(width)), (Tone::Faint, posts), (Tone::Strong, check.name().to_owned())],
        );
    }
    for (leak, name) in leaks.iter().zip(names) {
        let padding = " ".repeat(width - display_width(&name));
        let cells = checks.iter().flat_map(|check| [cell(leak, *check), (Tone::Plain, " ".to_owned())]);
        page.line(INDENT, &std::iter::once((Tone::Plain, name + &padding)).chain(cells).collect::<Vec<_>>());
    }
    page.blank();
    let legend = format!(
        "{FOUND} by the check that must find it   {ALSO} by another check too   {MISSED} not by the check that must"
    );
    page.text(INDENT, Tone::Faint, &legend);
}

/// Whether `check` must find something in the leak, or did.
fn concerns(leak: &Specimen, check: CheckName) -> bool {
    leak.marked().any(|(_, _, judged, _)| judged.check == Some(check) || judged.found_by().contains(&check))
}

fn cell(leak: &Specimen, check: CheckName) -> (Tone, String) {
    let mut demanded = leak.marked().filter(|(_, _, judged, _)| judged.check == Some(check)).peekable();
    let is_demanded = demanded.peek().is_some();
    let sign = if is_demanded && demanded.any(|(.., mark)| mark != Mark::Found) {
        (Tone::Alarm, MISSED)
    } else if is_demanded {
        (Tone::Good, FOUND)
    } else if concerns(leak, check) {
        (Tone::Plain, ALSO)
    } else {
        (Tone::Faint, NOTHING)
    };
    (sign.0, sign.1.to_owned())
}

/// Everything that is not as it must be, each with the command that plays it again.
fn failures(page: &mut Page, zoo: &Zoo) {
    let headings = [
        (Mark::Missed, "What was missed"),
        (Mark::Accused, "What was accused wrongly"),
        (Mark::Doubted, "What is kept and was called unproven"),
    ];
    for (mark, heading) in headings {
        let marked = zoo.specimens.iter().flat_map(|specimen| specimen.marked().map(move |marked| (specimen, marked)));
        let failed: Vec<_> = marked.filter(|(_, (.., found))| *found == mark).collect();
        if failed.is_empty() {
            continue;
        }
        page.heading(heading);
        for (specimen, (run, _, judged, _)) in failed.iter().take(FAILURES_MAX) {
            let expected = judged.expectation().unwrap_or_default();
            let ruling = &judged.ruling;
            let told =
                format!("{}: {} is {}, expected {expected}", specimen.name, ruling.claim, grounds::concluded(judged));
            page.text(2, Tone::Alarm, &told);
            let mut row = |label: &str, text: &str| page.labelled(4, 9, Tone::Faint, label, text);
            row("subject", &evidence::subject(&ruling.subject));
            ruling.reason.iter().for_each(|reason| row("reason", reason));
            if let Some(finding) = evidence::shortest(ruling).filter(|_| mark != Mark::Missed) {
                row("finding", &finding.summary);
                evidence::lines(&finding.evidence).iter().for_each(|(label, text)| row(label, text));
            }
            row("again", &run.replay);
        }
        if failed.len() > FAILURES_MAX {
            page.text(2, Tone::Alarm, &format!("and {} more", failed.len() - FAILURES_MAX));
        }
    }
}

fn score(page: &mut Page, zoo: &Zoo) {
    page.heading("The score");
    let all = Score::of(zoo);
    let by_claim = Score::by_claim(zoo);
    let rows: Vec<(&str, Score)> = std::iter::once(("everything", all)).chain(by_claim).collect();
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let heading = format!("{:width$}  found  missed  recall  cleared  accused  unproven  precision", "");
    page.line(INDENT, &[(Tone::Faint, heading)]);
    for (name, score) in rows {
        let Score { found, missed, cleared, accused, doubted } = score;
        let (recall, precision) = (share(score.recall()), share(score.precision()));
        let name = format!("{name:width$}");
        let text =
            format!("  {found:5}  {missed:6}  {recall:>6}  {cleared:7}  {accused:7}  {doubted:8}  {precision:>9}");
        let tone = if missed + accused + doubted == 0 { Tone::Plain } else { Tone::Alarm };
        page.line(INDENT, &[(Tone::Strong, name), (tone, text)]);
    }
}

fn share(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{share:.3}"))
}

fn cut(name: &str) -> String {
    if name.chars().count() <= NAME_WIDTH_MAX {
        return name.to_owned();
    }
    name.chars().take(NAME_WIDTH_MAX - 1).chain(['…']).collect()
}
