//! The story for the terminal: what happened, what was promised, what was found, and on what grounds.

mod grounds;
mod page;
mod table;
mod zoo;

use model::Verdict;

use crate::{Moment, Played};
use page::{Page, Tone, visible};
pub use zoo::zoo;

/// How the story is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Columns that there are. What is narrower than 40 is treated as 40.
    pub width: usize,
    /// Whether to write colours, as ANSI escapes. Without them the story is plain text.
    pub colour: bool,
}

/// The story of one scenario. It ends with a line end.
///
/// Text from outside is shown with control and direction characters escaped, so that what leaked cannot steer the
/// terminal that it is shown on.
#[must_use]
pub fn story(played: &Played, look: Look) -> String {
    let mut page = Page::new(look);
    title(&mut page, played);
    timeline(&mut page, &played.timeline);
    promises(&mut page, played);
    verdicts(&mut page, played);
    releases(&mut page, played);
    grounds::broken(&mut page, played);
    grounds::beside(&mut page, played);
    grounds::unproven(&mut page, played);
    grounds::missed(&mut page, played);
    grounds::failed(&mut page, played);
    page.heading("Play it again");
    page.line(2, &[(Tone::Plain, visible(&played.replay))]); // whole, so that it can be copied
    page.into_text()
}

fn title(page: &mut Page, played: &Played) {
    page.blank();
    if !played.title.is_empty() {
        page.text(0, Tone::Title, &played.title);
    }
    let tallies = played.tallies.iter().map(|(name, number)| format!("{} {name}", grouped(*number)));
    let start = [played.scenario.clone(), format!("seed {}", played.seed)];
    page.text(0, Tone::Faint, &start.into_iter().chain(tallies).collect::<Vec<_>>().join(" · "));
}

fn timeline(page: &mut Page, moments: &[Moment]) {
    if moments.is_empty() {
        return;
    }
    page.heading("What happened");
    let (mut today, mut now) = (String::new(), String::new());
    for moment in moments {
        let at = moment.at.to_string();
        let (day, rest) = at.split_once('T').unwrap_or((&at, ""));
        let minute = rest.get(..5).unwrap_or(rest);
        let label = match (day == today, minute == now) {
            (true, true) => String::new(),
            (true, false) => format!("{:10}  {minute}", ""),
            (false, _) => format!("{day}  {minute}"),
        };
        page.labelled(2, 17, Tone::Faint, &label, &moment.text);
        (today, now) = (day.to_owned(), minute.to_owned());
    }
}

fn promises(page: &mut Page, played: &Played) {
    let Some(widest) = played.claims.iter().map(|claim| claim.id.as_str().len()).max() else {
        return;
    };
    page.heading("What was promised");
    for claim in &played.claims {
        page.labelled(2, widest, Tone::Strong, claim.id.as_str(), &claim.statement);
    }
}

fn verdicts(page: &mut Page, played: &Played) {
    if played.verdicts.is_empty() {
        return;
    }
    page.heading("What was found");
    table::write(page, played);
    page.blank();
    let count = |verdict| played.verdicts.iter().filter(|judged| judged.ruling.verdict == verdict).count();
    let [kept, broken, unproven] = [Verdict::Kept, Verdict::Broken, Verdict::Unproven].map(count);
    let sum = format!("{kept} kept, {broken} broken, {unproven} unproven");
    let (held, failed) = played.expectations();
    let (tone, text) = match (held, failed) {
        (0, 0) => (Tone::Plain, format!("{sum}. Nothing in particular was expected.")),
        (1, 0) => (Tone::Plain, format!("{sum}. The one expectation holds.")),
        (_, 0) => (Tone::Plain, format!("{sum}. All {held} expectations hold.")),
        (0, 1) => (Tone::Alarm, format!("{sum}. The one expectation did not hold.")),
        _ => (Tone::Alarm, format!("{sum}. {failed} of {} expectations did not hold.", held + failed)),
    };
    page.text(2, tone, &text);
}

/// How releases compare with the truth, where something is expected of that.
fn releases(page: &mut Page, played: &Played) {
    let Some(widest) = played.accuracies.iter().map(|accuracy| accuracy.query.as_str().len()).max() else { return };
    page.heading("How near releases are to the truth");
    for accuracy in &played.accuracies {
        let tone = if accuracy.holds() { Tone::Good } else { Tone::Alarm };
        page.labelled(2, widest, tone, accuracy.query.as_str(), &accuracy.to_string());
    }
}

/// `214332` as `214,332`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
