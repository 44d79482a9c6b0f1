//! Stories, against golden files. `GOLDEN=write` writes them anew.

use model::SwitchState;

use super::{judged, large, small, subject};
use crate::terminal::{Look, story};

const PLAIN: Look = Look { width: 100, colour: false };

pub(super) fn check_golden(name: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/golden").join(name);
    if std::env::var_os("GOLDEN").is_some_and(|value| value == "write") {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == text, "{name} differs; run with GOLDEN=write and look at the change:\n{text}");
}

pub(super) fn widest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

#[test]
fn small_story_reads_as_its_golden_file_when_wide() {
    check_golden("small-100.txt", &story(&small(), PLAIN));
}

#[test]
fn small_story_reads_as_its_golden_file_when_narrow() {
    check_golden("small-48.txt", &story(&small(), Look { width: 48, ..PLAIN }));
}

#[test]
fn large_table_reads_as_its_golden_file_at_100_and_80_columns() {
    check_golden("large-100.txt", &story(&large(), PLAIN));
    check_golden("large-80.txt", &story(&large(), Look { width: 80, ..PLAIN }));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [40, 60, 80, 100, 120, 200] {
        for played in [small(), large()] {
            let text = story(&played, Look { width, ..PLAIN });
            assert!(widest(&text) <= width, "width {width}, widest {}:\n{text}", widest(&text));
        }
    }
}

#[test]
fn colour_adds_escapes_and_changes_no_text() {
    let coloured = story(&small(), Look { colour: true, ..PLAIN });
    assert!(coloured.contains("\u{1b}["));
    let mut stripped = String::new();
    let mut inside = false;
    for character in coloured.chars() {
        match (inside, character) {
            (false, '\u{1b}') => inside = true,
            (false, other) => stripped.push(other),
            (true, end) => inside = end != 'm',
        }
    }
    assert_eq!(stripped, story(&small(), PLAIN));
}

#[test]
fn leaked_text_cannot_steer_the_terminal() {
    let mut played = small();
    played.title = "title \u{1b}[2J".to_owned();
    played.verdicts[0].ruling.findings[1].evidence.plaintext = "\u{1b}]0;owned\u{7} \u{202e}txet\r\n".to_owned();
    let text = story(&played, PLAIN);
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text}");
    assert!(!text.contains('\u{202e}'));
    assert!(text.contains("\\u{1b}]0;owned\\u{7} \\u{202e}txet\\r\\n"), "{text}");
}

#[test]
fn huge_plaintext_is_cut_and_says_how_much_is_missing() {
    let mut played = small();
    for finding in &mut played.verdicts[0].ruling.findings {
        finding.evidence.plaintext = "é".repeat(1_000);
    }
    let text = story(&played, PLAIN);
    assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains("and 600 characters more"), "{text}");
}

#[test]
fn product_with_too_many_versions_is_split_into_bands() {
    let mut played = small();
    let verdict = model::Verdict::Kept;
    played.verdicts = (0..12)
        .map(|n| judged("lawful", &subject("one", &format!("{n}.0"), SwitchState::Collect), verdict, None))
        .collect();
    let text = story(&played, Look { width: 60, ..PLAIN });
    assert!(widest(&text) <= 60, "{text}");
    assert!((0..12).all(|n| text.contains(&format!(" {n}.0 ")) || text.contains(&format!(" {n}.0\n"))), "{text}");
}

#[test]
fn subjects_with_the_same_fate_are_named_together() {
    let mut played = large();
    assert!(story(&played, PLAIN).contains("also       mi-browser-pro 12.1.4 (collect); mint-browser 3.4.3 (collect)"));
    for judged in &mut played.verdicts {
        let broken = judged.ruling.claim.as_str() == "consent";
        judged.ruling.verdict = if broken { model::Verdict::Broken } else { model::Verdict::Kept };
        judged.ruling.findings = if broken { vec![super::finding(&["body"], "text")] } else { Vec::new() };
    }
    assert!(story(&played, PLAIN).contains("also       every other subject"));
    played.verdicts.retain(|judged| judged.ruling.subject.product.as_str() == "mint-browser");
    played.verdicts.retain(|judged| judged.ruling.claim.as_str() == "consent");
    played.verdicts.push(judged("consent", &subject("other", "1", SwitchState::Absent), model::Verdict::Kept, None));
    let text = story(&played, PLAIN);
    assert!(text.contains("also       mint-browser 3.4.3 (collect, suppress)"), "{text}");
}

#[test]
fn scenario_without_verdicts_still_has_a_story() {
    let played = crate::Played { verdicts: Vec::new(), claims: Vec::new(), timeline: Vec::new(), ..small() };
    assert!(story(&played, PLAIN).contains("glasshouse run small.toml --seed 7"));
}

#[test]
fn many_reasons_are_shortened_here_and_whole_in_the_document() {
    let mut played = small();
    let reasons: Vec<String> = (0..9).map(|n| format!("reason number {n}")).collect();
    let unproven = played.verdicts.iter_mut().find(|judged| judged.ruling.verdict == model::Verdict::Unproven);
    unproven.unwrap().ruling.reason = Some(reasons.join("; "));
    let text = story(&played, PLAIN).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("reason number 3; and 5 more"), "{text}");
    let document = crate::json::document(&[played]).unwrap();
    assert!(reasons.iter().all(|reason| document.contains(reason)), "{document}");
}

#[test]
fn a_bomb_and_what_could_have_been_missed_are_shown() {
    let mut played = small();
    let kept = played.verdicts.iter_mut().find(|judged| judged.ruling.verdict == model::Verdict::Kept).unwrap();
    let mut bomb = super::finding(&["body", "gzip"], "more than 8388608 bytes");
    (bomb.check, bomb.summary) =
        (model::CheckName::Peel, "a flow costs more to decode than anything honest does".into());
    kept.ruling.findings = vec![bomb];
    kept.ruling.coverage.missed = vec!["what waits for more than 8d before it leaves".to_owned()];
    let text = story(&played, PLAIN);
    for shown in [
        "What was found beside",
        "a flow costs more to decode",
        "body › gzip",
        "more than 8388608 bytes",
        "What could have been missed",
        "what waits for more than 8d before it leaves",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
}
