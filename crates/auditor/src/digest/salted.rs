//! Salted and keyed digests, with values that the device itself sent.
//!
//! All texts with all salts in all ways would be too many. A digest cannot leave before what it is a digest of was done,
//! and most leave soon after. So each value that looks like a digest names the lines right before its first upload;
//! their texts are tried with the values that recur and with those of the same upload, for values of every length in
//! turn. Around the first uploads that hold values of each length (the *core*) every salt is tried in every way: a vendor
//! that always digests alike is found there. Around the others it goes on until the steps are used up. A derivation
//! that was found once is then tried on every text.

use std::collections::{BTreeMap, BTreeSet};

use model::{NotebookEntry, Timestamp};

use super::{
    Digests, Source,
    algorithm::{Algorithm, Keyed},
    amount,
    wire::Leaf,
};
use crate::exhibit::Canaries;

/// Most distinct salts.
pub(crate) const SALTS_MAX: usize = 256;
/// Longest salt, in bytes.
const SALT_BYTES_MAX: usize = 64;
/// Most salts of one upload alone.
const LOCAL_MAX: usize = 32;
/// Uploads of each length of value around which everything is tried.
const CORE_ROUNDS: usize = 2;
/// Most digests that are made there; an HMAC counts for two. Enough for 256 salts and values of three lengths.
const CORE_STEPS_MAX: u64 = 4_000_000;
/// Most digests that are made to find a derivation around further uploads.
const STEPS_MAX: u64 = 60_000;
/// Most digests that are made to apply the derivations that were found.
const APPLIED_MAX: u64 = 120_000;
/// Lines right before an upload that it may tell about.
const LINES: usize = 6;
/// Lengths of what looks like a digest, in bytes.
const LENGTHS: [usize; 10] = [32, 16, 20, 64, 8, 28, 48, 24, 12, 10];
/// Functions that are cut as well as used whole.
const OFTEN_CUT: [Algorithm; 4] = [Algorithm::Sha256, Algorithm::Md5, Algorithm::Sha1, Algorithm::Sha512];

/// How text and salt go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    /// The salt, this, the text.
    Before(&'static str),
    /// The text, this, the salt.
    After(&'static str),
    /// HMAC with the salt as its key.
    Hmac,
}

/// Every rule, the most used ones first.
pub(crate) const RULES: [Rule; 7] = [
    Rule::Before(""),
    Rule::After(""),
    Rule::Hmac,
    Rule::Before(":"),
    Rule::After(":"),
    Rule::Before("|"),
    Rule::After("|"),
];

/// A salt with the way in which it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Salting {
    pub(crate) rule: Rule,
    /// The value that is the salt, by its place among the values of the wire.
    pub(crate) leaf: usize,
}

impl Rule {
    /// In words, such as `salted in front with the value at …`.
    pub(crate) fn words(self, salt: &str) -> String {
        match self {
            Self::Before("") => format!("salted in front with {salt}"),
            Self::After("") => format!("salted behind with {salt}"),
            Self::Before(joint) => format!("salted in front with {salt} and `{joint}`"),
            Self::After(joint) => format!("salted behind with `{joint}` and {salt}"),
            Self::Hmac => format!("keyed (HMAC) with {salt}"),
        }
    }

    /// Writes what is digested into `message`: text and salt together, for HMAC the text alone.
    pub(super) fn join(self, salt: &[u8], text: &[u8], message: &mut Vec<u8>) {
        let parts = match self {
            Self::Before(joint) => [salt, joint.as_bytes(), text],
            Self::After(joint) => [text, joint.as_bytes(), salt],
            Self::Hmac => [text, &[], &[]],
        };
        message.clear();
        parts.iter().for_each(|part| message.extend_from_slice(part));
    }

    const fn steps(self) -> u64 {
        if matches!(self, Self::Hmac) { 2 } else { 1 }
    }
}

/// Salts as keys of HMAC, each taken in once for every function.
#[derive(Debug, Default)]
pub(super) struct Keys(BTreeMap<usize, BTreeMap<Algorithm, Option<Keyed>>>);

impl Keys {
    /// Hands out each of `functions` that is made for it, under the value numbered `leaf`, which reads `salt`.
    pub(super) fn each(
        &mut self,
        functions: &[Algorithm],
        leaf: usize,
        salt: &[u8],
        mut take: impl FnMut(Algorithm, &Keyed),
    ) {
        let known = self.0.entry(leaf).or_default();
        for &algorithm in functions {
            if let Some(keyed) = known.entry(algorithm).or_insert_with(|| algorithm.under(salt)) {
                take(algorithm, keyed);
            }
        }
    }
}

/// The search for derivations with a salt.
#[derive(Debug)]
pub(super) struct Search {
    /// Lines in question, with the upload that they may stand in; each line once, those of the core first.
    work: Vec<(usize, Source)>,
    /// How many of them are the core.
    core: usize,
    algorithms: Vec<Algorithm>,
    recurring: Vec<usize>,
    local: BTreeMap<Source, Vec<usize>>,
    texts_of: BTreeMap<usize, Vec<usize>>,
    used: BTreeSet<usize>,
    steps: u64,
    /// Salts of the core that were not tried in every way, and why.
    untried: Option<String>,
    /// Lines beyond the core that were not reached.
    unreached: usize,
}

impl Search {
    /// Plans the search for what looks like a digest in `digests` and is none yet.
    pub(super) fn of(
        digests: &Digests,
        entries: &[NotebookEntry],
        canaries: &Canaries<'_>,
        at: impl Fn(Source) -> Timestamp,
    ) -> Self {
        let tokens: BTreeSet<&str> = canaries.tokens().iter().copied().collect();
        let (recurring, local) = salts(digests.wire.leaves(), &tokens);
        let mut texts_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (number, text) in digests.texts.texts.iter().enumerate().filter(|(_, text)| text.kind.is_principal()) {
            texts_of.entry(text.line).or_default().push(number);
        }
        let suspects = suspects(digests, &tokens);
        let lengths: BTreeSet<usize> = suspects.keys().copied().collect();
        let (work, core) = work(&suspects, &texts_of, |source| {
            let time = at(source);
            entries.partition_point(|entry| entry.at <= time)
        });
        let algorithms = Algorithm::ALL.into_iter().filter(|algorithm| fits(*algorithm, &lengths)).collect();
        let (used, steps, untried, unreached) = (BTreeSet::new(), 0, None, 0);
        Self { work, core, algorithms, recurring, local, texts_of, used, steps, untried, unreached }
    }

    /// Tries what was planned, and applies what was found.
    pub(super) fn run(&mut self, digests: &mut Digests) {
        let work = std::mem::take(&mut self.work);
        let (core, rest) = work.split_at(self.core);
        let mut found = BTreeSet::new();
        if self.try_all(core, CORE_STEPS_MAX, true, digests, &mut found) < core.len() {
            self.untried = Some("salted and keyed digests beyond 4 million".to_owned());
        }
        self.unreached = rest.len() - self.try_all(rest, self.steps + STEPS_MAX, false, digests, &mut found);
        self.apply(&found, &work, digests);
    }

    /// Tries the texts of these lines until `steps_max`; how many lines were tried.
    fn try_all(
        &mut self,
        work: &[(usize, Source)],
        steps_max: u64,
        is_core: bool,
        digests: &mut Digests,
        found: &mut BTreeSet<(Algorithm, Salting)>,
    ) -> usize {
        for (place, &(line, source)) in work.iter().enumerate() {
            for text in self.texts_of.get(&line).cloned().unwrap_or_default() {
                for leaf in self.salts_for(source, is_core) {
                    if self.steps >= steps_max {
                        return place;
                    }
                    self.attempt(text, leaf, digests, found);
                }
            }
        }
        work.len()
    }

    /// One text with one salt in every way.
    fn attempt(&mut self, text: usize, leaf: usize, digests: &mut Digests, found: &mut BTreeSet<(Algorithm, Salting)>) {
        for rule in RULES {
            let salting = Salting { rule, leaf };
            let agreeing = digests.attempt(text, &self.algorithms, Some(salting));
            found.extend(agreeing.into_iter().map(|algorithm| (algorithm, salting)));
            self.steps += rule.steps() * amount(self.algorithms.len());
        }
    }

    /// Applies derivations to every text; and, where the salt is another one in each upload, to each line with the
    /// values of the upload that it may stand in.
    fn apply(&mut self, found: &BTreeSet<(Algorithm, Salting)>, work: &[(usize, Source)], digests: &mut Digests) {
        let mut steps = 0;
        for &(algorithm, salting) in found {
            for text in 0..digests.texts.texts.len() {
                steps += salting.rule.steps();
                if steps > APPLIED_MAX {
                    return;
                }
                digests.attempt(text, &[algorithm], Some(salting));
            }
        }
        let fresh = found.iter().filter(|(_, salting)| digests.wire.leaves()[salting.leaf].sources.len() == 1);
        let fresh: BTreeSet<(Algorithm, Rule)> = fresh.map(|(algorithm, salting)| (*algorithm, salting.rule)).collect();
        for &(algorithm, rule) in &fresh {
            for &(line, source) in work {
                for text in self.texts_of.get(&line).into_iter().flatten() {
                    for &leaf in self.local.get(&source).into_iter().flatten() {
                        steps += rule.steps();
                        if steps > APPLIED_MAX {
                            return;
                        }
                        digests.attempt(*text, &[algorithm], Some(Salting { rule, leaf }));
                    }
                }
            }
        }
    }

    /// The values to be tried with what stands in an upload: those that recur, then its own, as far as there is room.
    fn salts_for(&mut self, source: Source, is_core: bool) -> Vec<usize> {
        let own = self.local.get(&source).into_iter().flatten();
        let (mut salts, mut left) = (Vec::new(), 0_usize);
        for (place, &leaf) in self.recurring.iter().chain(own).enumerate() {
            let is_own = place >= self.recurring.len();
            let fits = !is_own || place - self.recurring.len() < LOCAL_MAX;
            if fits && (self.used.contains(&leaf) || self.used.len() < SALTS_MAX) {
                self.used.insert(leaf);
                salts.push(leaf);
            } else {
                left += 1;
            }
        }
        if is_core && left > 0 {
            let all = salts.len() + left;
            self.untried = Some(format!("salted and keyed digests with {left} of {all} values that were sent"));
        }
        salts
    }

    pub(super) fn salts(&self) -> usize {
        self.used.len()
    }

    /// What of the core was not tried.
    pub(super) fn untried(&self) -> Option<String> {
        self.untried.clone()
    }

    /// What else could have been tried.
    pub(super) fn unreached(&self) -> Option<String> {
        let lines = crate::words::count(self.unreached as u64, "activity").replace("activitys", "activities");
        (self.unreached > 0).then(|| format!("digests of {lines}, salted or keyed in a way that no earlier one was"))
    }
}

/// Values that may be salts: those of several uploads, the most frequent first, and those of one.
fn salts(leaves: &[Leaf], tokens: &BTreeSet<&str>) -> (Vec<usize>, BTreeMap<Source, Vec<usize>>) {
    let short = |leaf: &Leaf| leaf.text.len() <= SALT_BYTES_MAX && !holds(&leaf.text, tokens);
    let mut recurring: Vec<usize> = Vec::new();
    let mut local: BTreeMap<Source, Vec<usize>> = BTreeMap::new();
    for (number, leaf) in leaves.iter().enumerate().filter(|(_, leaf)| short(leaf)) {
        match leaf.sources.as_slice() {
            [only] => {
                let own = local.entry(*only).or_default();
                if own.len() < SALTS_MAX {
                    own.push(number);
                }
            }
            _ => recurring.push(number),
        }
    }
    recurring.sort_by_key(|&number| (std::cmp::Reverse(leaves[number].sources.len()), number));
    (recurring, local)
}

/// Whether a text holds a planted token as a word.
fn holds(text: &str, tokens: &BTreeSet<&str>) -> bool {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.into_iter().any(|word| tokens.contains(word.to_ascii_lowercase().as_str()))
}

/// The uploads in which values first occur that look like digests and are none yet, by the length of the value.
fn suspects(digests: &Digests, tokens: &BTreeSet<&str>) -> BTreeMap<usize, Vec<Source>> {
    let known: BTreeSet<u32> = digests.matches.iter().map(|found| found.value).collect();
    let mut suspects: BTreeMap<usize, Vec<Source>> = BTreeMap::new();
    for (value, bytes, first) in digests.wire.values() {
        let looks = LENGTHS.contains(&bytes.len()) && !bytes.iter().all(u8::is_ascii_graphic);
        if looks && !known.contains(&value) && !digests.wire.leaves_of(value).any(|leaf| holds(&leaf.text, tokens)) {
            let sources = suspects.entry(bytes.len()).or_default();
            if sources.last() != Some(&first) {
                sources.push(first);
            }
        }
    }
    for sources in suspects.values_mut() {
        let mut spread: Vec<(u32, Source)> =
            sources.iter().zip(0..).map(|(&source, number): (_, u32)| (number.reverse_bits(), source)).collect();
        spread.sort_unstable(); // the first, the middle, the quarters …
        *sources = spread.into_iter().map(|(_, source)| source).collect();
    }
    suspects
}

/// The lines that suspects name, each once, for every length of value in turn; and how many of them are the core.
fn work(
    suspects: &BTreeMap<usize, Vec<Source>>,
    texts_of: &BTreeMap<usize, Vec<usize>>,
    lines_before: impl Fn(Source) -> usize,
) -> (Vec<(usize, Source)>, usize) {
    let rounds = suspects.values().map(Vec::len).max().unwrap_or(0);
    let (mut work, mut core) = (Vec::new(), 0);
    let mut named = BTreeSet::new();
    for round in 0..rounds {
        for length in LENGTHS {
            let Some(&source) = suspects.get(&length).and_then(|sources| sources.get(round)) else { continue };
            let nearest = texts_of.range(..lines_before(source)).rev().take(LINES);
            work.extend(nearest.filter(|(line, _)| named.insert(**line)).map(|(&line, _)| (line, source)));
        }
        if round < CORE_ROUNDS {
            core = work.len();
        }
    }
    (work, core)
}

/// Whether digests of that function can be as long as what was seen.
fn fits(algorithm: Algorithm, lengths: &BTreeSet<usize>) -> bool {
    let cut = || OFTEN_CUT.contains(&algorithm) && lengths.range(..algorithm.len()).next().is_some();
    lengths.contains(&algorithm.len()) || cut()
}
