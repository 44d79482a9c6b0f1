//! Text under construction: folded to a width, safe to show, coloured where colour is wanted.

use anstyle::{AnsiColor, Style};
use model::Verdict;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm, core::display_width};

use super::Look;

const WIDTH_MIN: usize = 40;
/// Running text is hard to read in longer lines than this.
const PROSE_WIDTH_MAX: usize = 110;
/// Text stands below its label rather than in a column narrower than this.
const BESIDE_WIDTH_MIN: usize = 20;

/// What a piece of text is, as far as its colour goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Title,
    Heading,
    Strong,
    Faint,
    Verdict(Verdict),
    Good,
    Alarm,
}

impl Tone {
    const fn style(self) -> Style {
        let plain = Style::new();
        match self {
            Self::Plain => plain,
            Self::Title | Self::Strong => plain.bold(),
            Self::Heading => plain.bold().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Cyan))),
            Self::Faint => plain.dimmed(),
            Self::Verdict(Verdict::Kept) | Self::Good => AnsiColor::Green.on_default(),
            Self::Verdict(Verdict::Broken) => AnsiColor::Red.on_default(),
            Self::Verdict(Verdict::Unproven) => AnsiColor::Yellow.on_default(),
            Self::Alarm => plain.bold().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Magenta))),
        }
    }
}

/// A page that grows downwards.
pub(super) struct Page {
    text: String,
    look: Look,
}

impl Page {
    pub(super) fn new(look: Look) -> Self {
        Self { text: String::new(), look }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    pub(super) fn width(&self) -> usize {
        self.look.width.max(WIDTH_MIN)
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    pub(super) fn heading(&mut self, words: &str) {
        self.blank();
        self.text(0, Tone::Heading, words);
        self.blank();
    }

    /// One paragraph, folded.
    pub(super) fn text(&mut self, indent: usize, tone: Tone, text: &str) {
        for line in fold(&visible(text), self.prose_width(indent)) {
            self.line(indent, &[(tone, line)]);
        }
    }

    /// A label and, beside it, a paragraph, folded into a column of its own; below it where there is no room beside.
    pub(super) fn labelled(&mut self, indent: usize, label_width: usize, tone: Tone, label: &str, text: &str) {
        let column = label_width + 2;
        let mut label = visible(label);
        let width = self.prose_width(indent + column);
        if width < BESIDE_WIDTH_MIN {
            self.line(indent, &[(tone, label)]);
            return self.text(indent + 2, Tone::Plain, text);
        }
        for line in fold(&visible(text), width) {
            let padding = " ".repeat(column.saturating_sub(display_width(&label)).max(1));
            self.line(indent, &[(tone, std::mem::take(&mut label)), (Tone::Plain, padding + &line)]);
        }
    }

    /// One line of pieces, without white space at its end. The pieces must be safe to show.
    pub(super) fn line(&mut self, indent: usize, pieces: &[(Tone, String)]) {
        let used = pieces.iter().rposition(|(_, text)| !text.trim_end().is_empty()).map_or(0, |last| last + 1);
        if used > 0 {
            self.text.push_str(&" ".repeat(indent));
        }
        for (index, (tone, text)) in pieces.iter().take(used).enumerate() {
            let text = if index + 1 == used { text.trim_end() } else { text };
            self.piece(*tone, text);
        }
        self.text.push('\n');
    }

    fn piece(&mut self, tone: Tone, text: &str) {
        let style = tone.style();
        if self.look.colour && !style.is_plain() && !text.trim().is_empty() {
            self.text.push_str(&format!("{style}{text}{style:#}"));
        } else {
            self.text.push_str(text);
        }
    }

    fn prose_width(&self, indent: usize) -> usize {
        self.width().min(PROSE_WIDTH_MAX).saturating_sub(indent)
    }
}

/// `text` in lines of at most `width` columns; at least one line. Words that are wider are cut.
pub(super) fn fold(text: &str, width: usize) -> Vec<String> {
    // Named in full, so that it does not depend on what other crates ask of the same library.
    let options = Options::new(width)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    textwrap::wrap(text, options).into_iter().map(std::borrow::Cow::into_owned).collect()
}

/// `text` with every character escaped that moves the cursor, hides text or turns its direction.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        let steers = matches!(character,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        if character.is_control() || steers {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}
