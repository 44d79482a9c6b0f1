//! Whatever the text, reading it ends in a script or in mistakes with places inside the text.

use proptest::prelude::*;
use scenario::{MISTAKES_MAX, parse, write};

const EVERY_PART: &str = include_str!("every-part.toml");

/// One slip of somebody who edits a file.
#[derive(Debug, Clone)]
enum Slip {
    /// Drops a line.
    Drop(usize),
    /// Drops everything after so many bytes.
    Cut(usize),
    /// Writes a word anew, somewhere.
    Rename(usize, String),
    /// Puts another value behind an equals sign.
    Retype(usize, &'static str),
    /// Writes a line twice.
    Repeat(usize),
    /// Puts a text anywhere.
    Insert(usize, String),
}

const VALUES: [&str; 12] =
    ["1", "-1", "0.5", "true", "''", "'x y'", "[]", "[[1]]", "{}", "{ a = 1 }", "2020-05-01", "18446744073709551616"];

fn slip() -> impl Strategy<Value = Slip> {
    let at = || any::<usize>();
    prop_oneof![
        at().prop_map(Slip::Drop),
        at().prop_map(Slip::Cut),
        (at(), "[a-zé ]{0,8}").prop_map(|(at, word)| Slip::Rename(at, word)),
        (at(), proptest::sample::select(VALUES.as_slice())).prop_map(|(at, value)| Slip::Retype(at, value)),
        at().prop_map(Slip::Repeat),
        (at(), "\\PC{0,6}").prop_map(|(at, text)| Slip::Insert(at, text)),
    ]
}

fn apply(text: &str, slip: &Slip) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let pick = |at: usize, of: usize| at.checked_rem(of).unwrap_or(0);
    let char_at = |at: usize| {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        places.get(pick(at, places.len())).copied().unwrap_or(0)
    };
    let with_lines = |edit: &dyn Fn(usize, &str) -> String| -> String {
        lines.iter().enumerate().map(|(i, line)| edit(i, line)).collect()
    };
    match slip {
        Slip::Drop(at) => {
            with_lines(&|i, line| if i == pick(*at, lines.len()) { String::new() } else { format!("{line}\n") })
        }
        Slip::Repeat(at) => {
            with_lines(&|i, line| format!("{line}\n").repeat(if i == pick(*at, lines.len()) { 2 } else { 1 }))
        }
        Slip::Cut(at) => text[..char_at(*at)].to_owned(),
        Slip::Insert(at, more) => format!("{}{more}{}", &text[..char_at(*at)], &text[char_at(*at)..]),
        Slip::Rename(at, word) => {
            let old: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
            old.get(pick(*at, old.len())).map_or_else(|| text.to_owned(), |old| text.replacen(old, word, 1))
        }
        Slip::Retype(at, value) => with_lines(&|i, line| match line.split_once('=') {
            Some((key, _)) if i == pick(*at, lines.len()) => format!("{key}= {value}\n"),
            _ => format!("{line}\n"),
        }),
    }
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let mistakes = match parse("any.toml", text) {
        Ok(script) => {
            prop_assert_eq!(parse("again.toml", &write(&script)), Ok(script));
            return Ok(());
        }
        Err(mistakes) => mistakes,
    };
    prop_assert!((1..=MISTAKES_MAX).contains(&mistakes.len()));
    prop_assert!(mistakes.is_sorted_by_key(|m| m.span.start), "ordered by place");
    for mistake in mistakes {
        prop_assert!(text.get(mistake.span.clone()).is_some(), "{:?} is inside the text", mistake.span);
        let lines = text.split('\n').count();
        prop_assert!((1..=lines).contains(&mistake.line), "line {} of {lines}", mistake.line);
        let place = format!("any.toml:{}:{}: ", mistake.line, mistake.column);
        prop_assert!(mistake.to_string().starts_with(&place));
        prop_assert!(!mistake.message.is_empty());
    }
    Ok(())
}

proptest! {
    #[test]
    fn slips_in_a_file_give_mistakes_with_places(slips in prop::collection::vec(slip(), 1..5)) {
        check(&slips.iter().fold(EVERY_PART.to_owned(), |text, slip| apply(&text, slip)))?;
    }

    #[test]
    fn any_text_gives_mistakes_with_places(text in "([a-z.]{0,3}|[\\[\\]{}=,'\"\\n#.]|\\PC){0,60}") {
        check(&text)?;
    }
}

#[test]
fn deep_nesting_is_refused_before_it_can_exhaust_the_stack() {
    let dotted = ["a"; 70].join(".");
    for (open, close) in [("[", "]"), ("{a=", "}"), (&*format!("{{{dotted}="), "}")] {
        let text = format!("x = {}1{}\n", open.repeat(70), close.repeat(70));
        let mistakes = parse("deep.toml", &text).expect_err("nothing is that deep");
        assert_eq!(mistakes[0].message, "nested too deeply");
    }
}

#[test]
fn large_file_is_refused_unread() {
    let text = "#".repeat(scenario::TEXT_BYTES_MAX + 1);
    let mistakes = parse("large.toml", &text).expect_err("too large");
    assert_eq!(mistakes[0].message, format!("a file of {} bytes", text.len()));
}

#[test]
fn thousands_of_mistakes_are_cut_to_the_first() {
    let text: String = (0..10_000).map(|i| format!("key-{i} = 1\n")).collect();
    assert_eq!(parse("many.toml", &text).expect_err("unknown keys").len(), MISTAKES_MAX);
}
