//! Digests of what was planted, wherever they stand among the values that left the device or that servers held.
//!
//! For every line of the notebook the texts are written down that a client would digest; each is put through every hash
//! function, plain and with values that the device itself sent as salts or keys; and each digest is looked up, whole or
//! cut at either end, among all values of the wire, in hexadecimal digits, base64, base32, as a number or as bytes.
//! Whatever agrees is kept; whether it convicts is for the checks to say, by which lines it comes from and by how many
//! such matches chance would make.

mod algorithm;
mod gate;
mod salted;
mod seen;
#[cfg(test)]
mod tests;
mod texts;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use model::{NotebookEntry, Timestamp};

use self::{
    algorithm::{Algorithm, Output},
    salted::{Keys, Rule, Salting, Search},
    texts::{Kind, Text, Texts},
    wire::{Agreement, Cut},
};
pub(crate) use self::{
    seen::place_of,
    wire::{Leaf, Wire},
};
use crate::{chance::Chance, exhibit::Canaries};

/// Most agreements that are kept; more would all be of the same making.
const MATCHES_MAX: usize = 1 << 14;
/// Prefix or suffix.
const CUTS: u64 = 2;

/// Where a value was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// In the flow at this place of the exhibit.
    Flow(u32),
    /// In what the servers held, at this place.
    Holding(u32),
}

/// A value that agrees with a digest of a planted text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Match {
    text: usize,
    algorithm: Algorithm,
    salting: Option<Salting>,
    value: u32,
    cut: Cut,
}

/// Every agreement of one examination, with what was tried.
#[derive(Debug)]
pub(crate) struct Digests {
    wire: Wire,
    texts: Texts,
    matches: BTreeSet<Match>,
    tried: u64,
    derivations: u64,
    salts: usize,
    /// What the search for salts was to try and did not, in words; and what it could have tried besides.
    unsalted: Option<String>,
    unreached: Option<String>,
    /// Salts as keys, while the search goes on.
    keys: Keys,
    /// The text that is digested, with its salt.
    message: Vec<u8>,
}

/// A digest that convicts.
#[derive(Debug)]
pub(crate) struct Caught<'a> {
    /// How the value is made, such as `sha256 of the page's URL`.
    pub(crate) derivation: String,
    /// How it is salted or keyed, and the salt as it stands on the wire.
    pub(crate) salted: Option<(Rule, &'a Leaf)>,
    /// The value's text.
    pub(crate) text: &'a str,
    /// Where it was seen.
    pub(crate) source: Source,
    /// The line of the notebook that it gives away.
    pub(crate) line: usize,
    /// How improbable an accident is.
    pub(crate) chance: Chance,
}

impl Digests {
    /// Looks for digests of what `entries` planted among the values of `wire`; `at` says when a value was seen.
    pub(crate) fn of(
        wire: Wire,
        entries: &[NotebookEntry],
        canaries: &Canaries<'_>,
        at: impl Fn(Source) -> Timestamp,
    ) -> Self {
        let texts = Texts::of(entries, canaries);
        let mut digests = Self {
            wire,
            texts,
            matches: BTreeSet::new(),
            tried: 0,
            derivations: 0,
            salts: 0,
            unsalted: None,
            unreached: None,
            keys: Keys::default(),
            message: Vec::new(),
        };
        if digests.wire.is_empty() {
            return digests;
        }
        for text in 0..digests.texts.texts.len() {
            digests.attempt(text, &Algorithm::ALL, None);
        }
        let mut search = Search::of(&digests, entries, canaries, at);
        search.run(&mut digests);
        digests.keys = Keys::default();
        (digests.salts, digests.unsalted) = (search.salts(), search.untried());
        digests.unreached = search.unreached();
        let kinds: BTreeSet<Kind> = digests.texts.texts.iter().map(|text| text.kind).collect();
        let plain = amount(Algorithm::ALL.len());
        let ways = plain.saturating_add(plain.saturating_mul(amount(digests.salts * salted::RULES.len())));
        digests.derivations = ways.saturating_mul(amount(kinds.len())).saturating_mul(CUTS);
        digests
    }

    /// Digests one text in one way by each of `functions`, and keeps what agrees. The functions by which something new
    /// does.
    fn attempt(&mut self, text: usize, functions: &[Algorithm], salting: Option<Salting>) -> Vec<Algorithm> {
        let Self { wire, texts, matches, tried, keys, message, .. } = self;
        let Text { bytes, .. } = &texts.texts[text];
        let (mut agreements, mut agreeing): (Vec<Agreement>, Vec<Algorithm>) = (Vec::new(), Vec::new());
        let mut look_up = |algorithm, output: Output| {
            *tried += 1;
            wire.agreements(output.bytes(), &mut agreements);
            let before = matches.len();
            for Agreement { value, cut } in agreements.drain(..) {
                if matches.len() < MATCHES_MAX {
                    matches.insert(Match { text, algorithm, salting, value, cut });
                }
            }
            if matches.len() > before {
                agreeing.push(algorithm);
            }
        };
        let Some(Salting { rule, leaf }) = salting else {
            Algorithm::each(functions, bytes, look_up);
            return agreeing;
        };
        let salt = wire.leaves()[leaf].text.as_bytes();
        if rule == Rule::Hmac {
            keys.each(functions, leaf, salt, |algorithm, keyed| look_up(algorithm, keyed.digest(bytes)));
        } else {
            rule.join(salt, bytes, message);
            Algorithm::each(functions, message, look_up);
        }
        agreeing
    }

    /// The digest that convicts under a rule about tokens, first by when it was seen: alone, or with others of the same
    /// derivation.
    pub(crate) fn caught(
        &self,
        sent: impl Fn(usize, usize) -> bool,
        held: impl Fn(usize) -> bool,
    ) -> Option<Caught<'_>> {
        let convicts = |found: &Match, source: Source| {
            self.texts.texts[found.text].tokens.iter().any(|&token| match source {
                Source::Flow(flow) => sent(token, flow as usize),
                Source::Holding(_) => held(token),
            })
        };
        let mut convicting: Vec<(Source, &Match, &str)> = Vec::new();
        for found in &self.matches {
            let leaves = self.wire.leaves_of(found.value);
            let seen = leaves.flat_map(|leaf| leaf.sources.iter().map(move |&source| (source, &*leaf.text)));
            let first = seen.filter(|&(source, _)| convicts(found, source)).min();
            convicting.extend(first.map(|(source, text)| (source, found, text)));
        }
        convicting.sort_by_key(|(source, found, _)| (*source, std::cmp::Reverse(found.cut.len), found.text));
        let mut alone = convicting.iter().map(|caught| (caught, self.chance_alone(caught.1)));
        let together = || {
            let counts = together(&self.texts.texts, convicting.iter().map(|(_, found, _)| *found));
            convicting.iter().find_map(move |caught| {
                let hits = counts.get(&self.derivation_of(caught.1)).map_or(0, BTreeSet::len);
                let chance = self.chance_together(caught.1, hits);
                (hits > 1 && chance.is_excluded()).then_some((caught, chance))
            })
        };
        let (&(source, found, text), chance) = alone.find(|(_, chance)| chance.is_excluded()).or_else(together)?;
        Some(Caught {
            derivation: self.words(found),
            salted: found.salting.map(|salting| (salting.rule, &self.wire.leaves()[salting.leaf])),
            text,
            source,
            line: self.texts.texts[found.text].line,
            chance,
        })
    }

    fn derivation_of(&self, found: &Match) -> Derivation {
        (found.algorithm, found.salting, found.cut, self.texts.texts[found.text].kind)
    }

    /// One digest against everything that was tried.
    fn chance_alone(&self, found: &Match) -> Chance {
        let candidates = self.tried.saturating_mul(CUTS);
        Chance { candidates, positions: self.wire.positions(found.cut), bits: bits(found.cut), hits: 1, derivations: 1 }
    }

    /// Several digests under one derivation against all derivations that were tried.
    fn chance_together(&self, found: &Match, hits: usize) -> Chance {
        let kind = self.texts.texts[found.text].kind;
        let candidates = amount(self.texts.texts.iter().filter(|text| text.kind == kind).count());
        let hits = u32::try_from(hits).unwrap_or(u32::MAX);
        let positions = self.wire.positions(found.cut);
        Chance { candidates, positions, bits: bits(found.cut), hits, derivations: self.derivations }
    }

    fn words(&self, found: &Match) -> String {
        let Cut { from, len, of } = found.cut;
        let cut = match (from, len == of) {
            (0, true) => String::new(),
            (0, false) => format!("the first {len} bytes of "),
            _ => format!("the last {len} bytes of "),
        };
        format!("{cut}{} of {}", found.algorithm.name(), self.texts.texts[found.text].kind.words())
    }

    /// Every value of the wire.
    pub(crate) fn wire(&self) -> &Wire {
        &self.wire
    }

    /// What was looked for, in words.
    pub(crate) fn exercised(&self) -> Vec<String> {
        let mut names: Vec<&str> = Algorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
        names.dedup();
        let mut exercised = vec![format!("digests: {} of {} texts", names.join(", "), self.texts.texts.len())];
        if self.salts > 0 {
            exercised.push(format!("salted and keyed digests: {} salts", self.salts));
        }
        exercised
    }

    /// What more could have been tried, in words.
    pub(crate) fn unreached(&self) -> Option<&str> {
        self.unreached.as_deref()
    }

    /// What is to be tried and was not, in words.
    pub(crate) fn untried(&self) -> Vec<String> {
        let mut untried = Vec::new();
        if self.wire.is_full_inside() {
            untried.push("digests inside some of the long values that no decoder opens".to_owned());
        }
        untried.extend(self.unsalted.clone());
        untried
    }

    /// Why something could not be looked for.
    pub(crate) fn missing(&self) -> Option<&'static str> {
        let much = self.texts.full || self.wire.is_full();
        much.then_some("more was planted or sent than digests can be looked for in")
    }
}

/// What several digests have in common.
type Derivation = (Algorithm, Option<Salting>, Cut, Kind);

/// The distinct texts that agree under each derivation.
fn together<'a>(texts: &[Text], found: impl Iterator<Item = &'a Match>) -> BTreeMap<Derivation, BTreeSet<usize>> {
    let mut counts: BTreeMap<Derivation, BTreeSet<usize>> = BTreeMap::new();
    for found in found {
        let derivation = (found.algorithm, found.salting, found.cut, texts[found.text].kind);
        counts.entry(derivation).or_default().insert(found.text);
    }
    counts
}

fn bits(cut: Cut) -> u32 {
    u32::try_from(cut.len * 8).unwrap_or(u32::MAX)
}

fn amount(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
