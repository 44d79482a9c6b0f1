//! Parts of planted tokens: what is left of one where a client cuts what it reports.
//!
//! A part is found by eight of its letters and digits in a row, whatever the case, and taken as far as it goes. Whether
//! it convicts is for the checks to say, by how many such matches chance would make.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashTable;
use model::CanaryRole;
use twox_hash::XxHash3_64;

use crate::{
    chance::Chance,
    digest::{Leaf, Source, Wire},
    exhibit::Canaries,
};

/// Shortest part that is looked for, in characters.
const CHARS_MIN: usize = 8;
/// What one character of a token is worth: tokens are random base32.
pub(crate) const BITS_PER_CHAR: u32 = 5;
/// Most parts that are kept.
const PARTS_MAX: usize = 1 << 14;

/// A part of a token in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    token: usize,
    from: usize,
    len: usize,
    leaf: usize,
}

/// Every part of a token, but for whole ones, in the values of one examination.
#[derive(Debug, Default)]
pub(crate) struct Fragments {
    parts: Vec<Part>,
    tokens: u64,
    chars_max: usize,
    positions: u64,
}

/// A part that convicts.
#[derive(Debug)]
pub(crate) struct Cut<'a> {
    /// The token.
    pub(crate) token: usize,
    /// How much of it there is, in characters.
    pub(crate) chars: usize,
    /// The value's text.
    pub(crate) text: &'a str,
    /// Where it was seen.
    pub(crate) source: Source,
    /// How improbable an accident is.
    pub(crate) chance: Chance,
}

/// Eight characters of a token, in lower case.
#[derive(Debug, Clone, Copy)]
struct Window {
    chars: u64,
    token: usize,
    from: usize,
}

impl Fragments {
    /// Looks for parts of every token in every value of `wire`.
    pub(crate) fn of(wire: &Wire, canaries: &Canaries<'_>) -> Self {
        let tokens: Vec<Vec<u8>> = canaries.tokens().iter().map(|token| token.to_ascii_lowercase().into()).collect();
        let mut windows = HashTable::new();
        let mut known = BTreeSet::new();
        for (token, bytes) in tokens.iter().enumerate() {
            for (from, chars) in bytes.windows(CHARS_MIN).map(packed).enumerate() {
                if known.insert(chars) {
                    windows.insert_unique(hash(chars), Window { chars, token, from }, |window| hash(window.chars));
                }
            }
        }
        let chars_max = tokens.iter().map(Vec::len).max().unwrap_or(0);
        let mut fragments = Self { parts: Vec::new(), tokens: number(tokens.len()), chars_max, positions: 0 };
        for (leaf, text) in wire.leaves().iter().map(|leaf| leaf.text.as_bytes()).enumerate() {
            fragments.scan(leaf, text, &tokens, &windows);
        }
        fragments
    }

    fn scan(&mut self, leaf: usize, text: &[u8], tokens: &[Vec<u8>], windows: &HashTable<Window>) {
        let (mut chars, mut run) = (0_u64, 0);
        for (at, byte) in text.iter().map(u8::to_ascii_lowercase).enumerate() {
            run = if byte.is_ascii_alphanumeric() { run + 1 } else { 0 };
            chars = chars << 8 | u64::from(byte);
            if run < CHARS_MIN {
                continue;
            }
            self.positions += 1;
            if let Some(window) = windows.find(hash(chars), |window| window.chars == chars) {
                self.note(leaf, text, at + 1 - CHARS_MIN, *window, &tokens[window.token]);
            }
        }
    }

    /// Takes a part from where it begins as far as it goes, unless it was seen further to the left or is whole.
    fn note(&mut self, leaf: usize, text: &[u8], at: usize, window: Window, token: &[u8]) {
        let Window { token: number, from, .. } = window;
        let begins = at == 0 || from == 0 || !text[at - 1].eq_ignore_ascii_case(&token[from - 1]);
        let len = text[at..].iter().zip(&token[from..]).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
        if begins && len < token.len() && self.parts.len() < PARTS_MAX {
            self.parts.push(Part { token: number, from, len, leaf });
        }
    }

    /// The part that convicts under a rule about tokens, the longest first: alone, or with parts of other tokens that
    /// were cut alike.
    pub(crate) fn caught<'a>(
        &self,
        wire: &'a Wire,
        canaries: &Canaries<'_>,
        convicts: impl Fn(usize, Source) -> bool,
    ) -> Option<Cut<'a>> {
        let leaf = |part: &Part| -> &'a Leaf { &wire.leaves()[part.leaf] };
        let first =
            |part: &Part| leaf(part).sources.iter().copied().filter(|&source| convicts(part.token, source)).min();
        let mut convicting: Vec<(Source, &Part)> =
            self.parts.iter().filter_map(|part| Some((first(part)?, part))).collect();
        convicting.sort_by_key(|(source, part)| (std::cmp::Reverse(part.len), *source, part.leaf));
        let alike = |part: &Part| (part.from, part.len, canaries.planted(part.token).map(|planted| planted.role));
        let mut together: BTreeMap<(usize, usize, Option<CanaryRole>), BTreeSet<usize>> = BTreeMap::new();
        for (_, part) in &convicting {
            together.entry(alike(part)).or_default().insert(part.token);
        }
        convicting.iter().find_map(|&(source, part)| {
            let hits = together.get(&alike(part)).map_or(1, BTreeSet::len);
            let alone = self.chance_alone(part.len);
            let chance = if alone.is_excluded() { alone } else { self.chance_together(part.len, hits) };
            let cut = Cut { token: part.token, chars: part.len, text: &leaf(part).text, source, chance };
            chance.is_excluded().then_some(cut)
        })
    }

    /// One part anywhere in any token.
    fn chance_alone(&self, chars: usize) -> Chance {
        let places = number((self.chars_max + 1).saturating_sub(chars).max(1));
        Chance { candidates: self.tokens.saturating_mul(places), hits: 1, derivations: 1, ..self.chance(chars) }
    }

    /// Parts that were cut at the same characters, from tokens that stand in for the same thing.
    fn chance_together(&self, chars: usize, hits: usize) -> Chance {
        /// Roles of canaries, and one for none.
        const ROLES: u64 = 10;
        let cuts = number(self.chars_max.saturating_mul(self.chars_max));
        let hits = u32::try_from(hits).unwrap_or(u32::MAX);
        Chance { candidates: self.tokens, hits, derivations: cuts.saturating_mul(ROLES), ..self.chance(chars) }
    }

    fn chance(&self, chars: usize) -> Chance {
        let bits = u32::try_from(chars).unwrap_or(u32::MAX).saturating_mul(BITS_PER_CHAR);
        Chance { candidates: self.tokens, positions: self.positions, bits, hits: 1, derivations: 1 }
    }
}

fn packed(chars: &[u8]) -> u64 {
    chars.iter().fold(0, |packed, &byte| packed << 8 | u64::from(byte))
}

fn hash(chars: u64) -> u64 {
    XxHash3_64::oneshot(&chars.to_le_bytes())
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
