//! Findings in words.

use model::{ActivityKind, Duration, Mode, NotebookEntry, Phase};

/// Longest plaintext in evidence, in characters.
const EXCERPT_CHARS_MAX: usize = 200;

/// An activity as findings name it, such as `visit in incognito at 2020-05-01T10:00:00Z`.
pub(crate) fn activity(entry: &NotebookEntry) -> String {
    format!("{} at {}", kind(entry.activity.kind(), entry.mode), entry.at)
}

/// A kind of activity with its mode, such as `visit in incognito`.
pub(crate) fn kind(kind: ActivityKind, mode: Option<Mode>) -> String {
    mode.map_or_else(|| kind.words().to_owned(), |mode| format!("{} in {mode}", kind.words()))
}

/// A part of the plan, such as `use while offline`.
pub(crate) const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::FirstUse => "first use",
        Phase::ConsentRefused => "use after consent was refused",
        Phase::Use => "ordinary use",
        Phase::Restart => "use after a restart",
        Phase::Idle => "use after standing idle",
        Phase::Switch => "use around flips of the switch",
        Phase::Account => "use with an account",
        Phase::Offline => "use while offline",
        Phase::Crash => "use around crashes",
        Phase::ClearData => "use around clearing the data",
        Phase::Reinstall => "use around a new installation",
        Phase::Long => "daily use",
        Phase::Update => "use before an update",
        Phase::Order => "use after an order",
        Phase::Scenario => "the scenario's own diary",
    }
}

/// `count` of something, such as `1 flow` or `3 flows`.
pub(crate) fn count(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// A span in whole hours where it is long: milliseconds would only distract.
pub(crate) fn rounded(span: Duration) -> Duration {
    const HOUR_MS: u64 = 3_600_000;
    let ms = span.as_millis();
    if ms < 10 * HOUR_MS { Duration::from_millis(ms - ms % 1_000) } else { Duration::from_millis(ms - ms % HOUR_MS) }
}

/// `text`, cut to what stands around `token` if it is long.
pub(crate) fn excerpt(text: &str, token: &str) -> String {
    let length = text.chars().count();
    if length <= EXCERPT_CHARS_MAX {
        return text.to_owned();
    }
    let lower = text.to_ascii_lowercase(); // keeps every character in its place
    let at = lower.find(token).map_or(0, |at| lower[..at].chars().count());
    let start = at.saturating_sub(EXCERPT_CHARS_MAX / 2).min(length - EXCERPT_CHARS_MAX);
    let cut: String = text.chars().skip(start).take(EXCERPT_CHARS_MAX).collect();
    let (before, after) = (start > 0, start + EXCERPT_CHARS_MAX < length);
    format!("{}{cut}{}", if before { "…" } else { "" }, if after { "…" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn an_excerpt_is_bounded_and_shows_the_token() {
        for (before, after) in [(0, 0), (500, 0), (0, 500), (500, 500), (90, 90)] {
            let text = format!("{}kq3xn7wz2m5abcde{}", "ä".repeat(before), "ö".repeat(after));
            let cut = excerpt(&text, "kq3xn7wz2m5abcde");
            assert!(cut.contains("kq3xn7wz2m5abcde"), "{cut}");
            assert!(cut.chars().count() <= 202, "{cut}");
        }
    }
}
