//! The texts that a client would digest: what was planted, whole and in parts, as it stands and in other spellings.

mod address;

use hashbrown::HashTable;
use model::{Activity, NotebookEntry};
use twox_hash::XxHash3_64;

pub(super) use self::address::Part;
use crate::exhibit::Canaries;

/// Most texts of one examination.
const TEXTS_MAX: usize = 1 << 17;
/// Longest text, in bytes.
const TEXT_BYTES_MAX: usize = 1 << 12;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    pub(super) whose: Whose,
    pub(super) part: Part,
    pub(super) spelling: Spelling,
}

/// What a text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whose {
    Page,
    Download,
    Share,
    Search,
    Link,
    Embed,
    Title,
    PageText,
    Terms,
    Typed,
    Account,
    Token,
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spelling {
    AsIs,
    Lower,
    Upper,
    Utf16,
}

/// A text with the tokens that it holds.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) kind: Kind,
    pub(crate) bytes: Vec<u8>,
    pub(crate) tokens: Vec<usize>,
    /// The first line of the notebook that it comes from.
    pub(crate) line: usize,
}

/// The texts of a notebook, each once, in the order of its lines.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    pub(crate) texts: Vec<Text>,
    /// Whether there were more than can be looked for.
    pub(crate) full: bool,
}

impl Kind {
    /// In words, such as `the page's URL without its scheme`.
    pub(crate) fn words(self) -> String {
        let what = match self.whose {
            Whose::Title => "the page's title".to_owned(),
            Whose::PageText => "the page's text".to_owned(),
            Whose::Terms => "the words searched for".to_owned(),
            Whose::Typed => "the words typed".to_owned(),
            Whose::Account => "the account's name".to_owned(),
            Whose::Token => "the planted word alone".to_owned(),
            Whose::Page => format!("the page's {}", self.part.words()),
            Whose::Download => format!("the downloaded file's {}", self.part.words()),
            Whose::Share => format!("the shared link's {}", self.part.words()),
            Whose::Search => format!("the search's {}", self.part.words()),
            Whose::Link => format!("a linked page's {}", self.part.words()),
            Whose::Embed => format!("an embedded resource's {}", self.part.words()),
        };
        match self.spelling {
            Spelling::AsIs => what,
            Spelling::Lower => format!("{what} in lower case"),
            Spelling::Upper => format!("{what} in upper case"),
            Spelling::Utf16 => format!("{what} in UTF-16"),
        }
    }

    /// Whether clients are likely to digest it with a salt.
    pub(super) fn is_principal(self) -> bool {
        let part = matches!(self.part, Part::Whole | Part::Host);
        let whose = !matches!(self.whose, Whose::Link | Whose::Embed | Whose::PageText | Whose::Token);
        part && whose && self.spelling == Spelling::AsIs
    }
}

impl Texts {
    /// Every text that holds a token, from the lines that planted any.
    pub(super) fn of(entries: &[NotebookEntry], canaries: &Canaries<'_>) -> Self {
        let mut tokens_of: Vec<Vec<usize>> = vec![Vec::new(); entries.len()];
        for token in 0..canaries.count() {
            canaries.entries(token).iter().for_each(|&line| tokens_of[line].push(token));
        }
        let mut collected = Collected { texts: Self::default(), known: HashTable::new() };
        for (line, (entry, tokens)) in entries.iter().zip(&tokens_of).enumerate().filter(|(_, (_, t))| !t.is_empty()) {
            let text_of = |&token: &usize| canaries.planted(token).map_or("", |planted| planted.token);
            let words = tokens.iter().map(|token| text_of(token).to_ascii_lowercase()).collect();
            let planted = Planted { line, tokens, words };
            collected.activity(&planted, &entry.activity);
            for text in tokens.iter().map(text_of) {
                collected.spell(&planted, (Whose::Token, Part::Whole), text, &[Spelling::AsIs, Spelling::Upper]);
            }
        }
        collected.texts
    }
}

/// One line and its tokens.
struct Planted<'a> {
    line: usize,
    tokens: &'a [usize],
    words: Vec<String>, // the tokens in lower case
}

struct Collected {
    texts: Texts,
    known: HashTable<(u64, usize)>, // digests and places of the texts so far
}

const EVERY: [Spelling; 4] = [Spelling::AsIs, Spelling::Lower, Spelling::Upper, Spelling::Utf16];

impl Collected {
    fn activity(&mut self, planted: &Planted<'_>, activity: &Activity) {
        match activity {
            Activity::Visit { url, title, text, links, embeds, .. } => {
                self.address(planted, Whose::Page, url);
                self.spell(planted, (Whose::Title, Part::Whole), title, &EVERY);
                self.spell(planted, (Whose::PageText, Part::Whole), text, &[Spelling::AsIs]);
                links.iter().for_each(|link| self.address(planted, Whose::Link, link));
                embeds.iter().for_each(|embed| self.address(planted, Whose::Embed, embed));
            }
            Activity::Search { engine, terms, .. } => {
                self.spell(planted, (Whose::Terms, Part::Whole), terms, &EVERY);
                for path in ["?q=", "search?q="] {
                    self.address(planted, Whose::Search, &format!("https://{engine}/{path}{terms}"));
                }
            }
            Activity::TypeText { text } => self.spell(planted, (Whose::Typed, Part::Whole), text, &EVERY),
            Activity::Download { url } => self.address(planted, Whose::Download, url),
            Activity::Share { url } => self.address(planted, Whose::Share, url),
            Activity::LogIn { account } => self.spell(planted, (Whose::Account, Part::Whole), account, &EVERY),
            _ => {}
        }
    }

    fn address(&mut self, planted: &Planted<'_>, whose: Whose, url: &str) {
        let visited = !matches!(whose, Whose::Link | Whose::Embed);
        for (part, text) in address::parts(url) {
            let spellings: &[Spelling] = match part {
                Part::Whole | Part::Host if visited => &EVERY,
                Part::Whole | Part::Host | Part::Bare => &[Spelling::AsIs],
                _ if visited => &[Spelling::AsIs, Spelling::Lower],
                _ => continue,
            };
            self.spell(planted, (whose, part), &text, spellings);
        }
    }

    fn spell(&mut self, planted: &Planted<'_>, (whose, part): (Whose, Part), text: &str, spellings: &[Spelling]) {
        for &spelling in spellings {
            let bytes = match spelling {
                Spelling::AsIs => text.as_bytes().to_vec(),
                Spelling::Lower => text.to_lowercase().into_bytes(),
                Spelling::Upper => text.to_uppercase().into_bytes(),
                Spelling::Utf16 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            };
            self.add(planted, Kind { whose, part, spelling }, text, bytes);
        }
    }

    /// Adds a text if it is new and holds a token: without one anybody could have it.
    fn add(&mut self, planted: &Planted<'_>, kind: Kind, text: &str, bytes: Vec<u8>) {
        let hash = XxHash3_64::oneshot(&bytes);
        let texts = &self.texts.texts;
        let is_known = |known: &(u64, usize)| known.0 == hash && texts[known.1].bytes == bytes;
        if bytes.len() > TEXT_BYTES_MAX || self.known.find(hash, is_known).is_some() {
            return;
        }
        let lower = text.to_ascii_lowercase();
        let of_line = planted.tokens.iter().zip(&planted.words);
        let tokens: Vec<usize> = of_line.filter(|(_, word)| lower.contains(*word)).map(|(&token, _)| token).collect();
        if tokens.is_empty() {
            return;
        }
        if self.texts.texts.len() >= TEXTS_MAX {
            self.texts.full = true;
            return;
        }
        self.known.insert_unique(hash, (hash, texts.len()), |known| known.0);
        self.texts.texts.push(Text { kind, bytes, tokens, line: planted.line });
    }
}
