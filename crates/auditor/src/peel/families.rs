//! Families of ways: those that differ in nothing but the numbers in them.

use hashbrown::HashTable;

use super::{
    mix,
    tree::{Step, Tree},
};

/// The way to a node, as far as rows are made by it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    /// The number of its family.
    pub(super) family: u32,
    /// The last four numbers along it, in base 2^16.
    pub(super) order: u64,
}

/// The families of one flow, numbered as they turn up.
#[derive(Debug)]
pub(crate) struct Families<'t> {
    tree: &'t Tree,
    families: Vec<Family>,
    by_digest: HashTable<u32>,
    /// The family of the way that was extended last.
    last: u32,
}

#[derive(Debug, Clone, Copy)]
struct Family {
    digest: u64,
    /// The family one step before it, and the step with which it turned up.
    above: u32,
    step: Step,
    /// Whether a step in the same words has no number in it.
    is_plain: bool,
    /// The family that came next when it turned up last: telemetry says the same things in the same order.
    next: u32,
}

/// Most flows have fewer.
const FAMILIES: usize = 56;

/// The way of no steps.
const ROOT: Way = Way { family: 0, order: 0 };

impl<'t> Families<'t> {
    pub(super) fn of(tree: &'t Tree) -> Self {
        let root = Family { digest: BASIS, above: 0, step: Step::At(0), is_plain: false, next: 0 };
        let mut families = Vec::with_capacity(FAMILIES);
        families.push(root);
        Self { tree, families, by_digest: HashTable::with_capacity(FAMILIES), last: 0 }
    }

    /// A way one step further, from its beginning if there is none.
    pub(super) fn extend(&mut self, above: Option<&Way>, step: &Step) -> Way {
        let above = above.copied().unwrap_or(ROOT);
        let guess = self.families[self.last as usize].next;
        if let Some(order) = self.goes_on(guess, above, step) {
            self.last = guess;
            return Way { family: guess, order };
        }
        let (digest, order) = extend((self.digest(above.family), above.order), step, self.tree);
        let family = self.numbered(digest, above.family, step);
        self.families[self.last as usize].next = family;
        self.last = family;
        Way { family, order }
    }

    /// The digest of a family.
    pub(super) fn digest(&self, family: u32) -> u64 {
        self.families[family as usize].digest
    }

    /// The numbers along the way if it is of the family `guess`; none if that is not seen at once.
    fn goes_on(&self, guess: u32, above: Way, step: &Step) -> Option<u64> {
        let family = &self.families[guess as usize];
        if family.above != above.family || guess == 0 {
            return None;
        }
        match (*step, family.step) {
            (Step::Key(name), Step::Key(known)) => {
                let is_same = family.is_plain && name.of(&self.tree.bytes) == known.of(&self.tree.bytes);
                is_same.then_some(above.order)
            }
            (Step::At(number), Step::At(_)) => Some(followed(above.order, number)),
            (Step::Field(number), Step::Field(known)) => (number == known).then_some(above.order),
            _ => None,
        }
    }

    fn numbered(&mut self, digest: u64, above: u32, step: &Step) -> u32 {
        let Self { families, by_digest, .. } = self;
        let is_same = |number: &u32| families[*number as usize].digest == digest;
        if let Some(number) = by_digest.find(digest, is_same) {
            return *number;
        }
        let number = u32::try_from(families.len()).unwrap_or(u32::MAX);
        by_digest.insert_unique(digest, number, |number| families[*number as usize].digest);
        let is_plain = match step {
            Step::Key(name) => !name.of(&self.tree.bytes).iter().any(u8::is_ascii_digit),
            _ => false,
        };
        families.push(Family { digest, above, step: *step, is_plain, next: 0 });
        number
    }
}

const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// A way, and the numbers along it, one step further.
fn extend((family, order): (u64, u64), step: &Step, tree: &Tree) -> (u64, u64) {
    match *step {
        Step::Key(name) => named(mix(family, 6), order, name.of(&tree.bytes)),
        Step::At(number) => (mix(family, 7), followed(order, number)),
        Step::Field(number) => (mix(mix(family, 8), u64::from(number)), order),
        Step::Place(word) => (worded(family, 0, word), order),
        Step::Word(word) => (worded(family, 1, word), order),
        Step::Named(word, name) => named(worded(family, 2, word), order, name.of(&tree.bytes)),
        Step::Nth(word, number) => (worded(family, 3, word), followed(order, number)),
        Step::Document(word) => (worded(family, 4, word), order),
        Step::Line(word, number) => (worded(family, 5, word), followed(order, number)),
    }
}

/// A digest with a kind of step and its word, which is told by its beginning and its length: decoders have few.
fn worded(family: u64, kind: u64, word: &str) -> u64 {
    mix(mix(family, kind), word.bytes().take(2).fold(word.len() as u64, mix_byte))
}

/// A digest with a name but for the numbers in it, and the order with those.
fn named(family: u64, order: u64, name: &[u8]) -> (u64, u64) {
    let name = &name[..name.len().min(NAME_BYTES_MAX)];
    if !name.iter().any(u8::is_ascii_digit) {
        return (mix_name(family, name), order);
    }
    let mut letters = [0; NAME_BYTES_MAX];
    let (len, order) = without_numbers(name, &mut letters, order);
    (mix_name(family, &letters[..len]), order)
}

/// Writes a name without the numbers in it; gives its length, and the order with those numbers.
fn without_numbers(name: &[u8], letters: &mut [u8; NAME_BYTES_MAX], mut order: u64) -> (usize, u64) {
    let mut len = 0;
    for run in name.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()) {
        if run[0].is_ascii_digit() {
            let digit = |number: u32, digit: &u8| number.saturating_mul(10).saturating_add(u32::from(digit - b'0'));
            order = followed(order, run.iter().fold(0, digit));
        } else {
            letters[len..len + run.len()].copy_from_slice(run);
            len += run.len();
        }
    }
    (len, order)
}

/// A digest with a name, eight bytes at a time.
fn mix_name(family: u64, name: &[u8]) -> u64 {
    let family = mix(family, name.len() as u64);
    let Some(last) = name.last_chunk() else {
        return mix(family, name.iter().fold(0, |sum, &byte| mix_byte(sum, byte)));
    };
    let (words, _) = name[..name.len() - 1].as_chunks();
    let family = words.iter().fold(family, |family, word| mix(family, u64::from_le_bytes(*word)));
    mix(family, u64::from_le_bytes(*last)) // which the words before may overlap
}

/// So many bytes of a name tell its family.
const NAME_BYTES_MAX: usize = 64;

const fn followed(order: u64, number: u32) -> u64 {
    order << 16 | if number > 0xffff { 0xffff } else { number as u64 }
}

fn mix_byte(sum: u64, byte: u8) -> u64 {
    sum << 8 | u64::from(byte)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::{BASIS, extend};
    use crate::peel::{Peeled, Peeler};

    /// Family and order of each view, found out step by step from the flow's own places.
    fn oracle(peeled: &Peeled) -> Vec<(u64, u64)> {
        let mut ways: Vec<(u64, u64)> = Vec::new();
        for node in &peeled.tree.nodes {
            let above = ways.get(node.parent as usize).copied().unwrap_or((BASIS, 0));
            ways.push(extend(above, &node.step, &peeled.tree));
        }
        ways
    }

    proptest! {
        /// Objects with the same names in the same order and in others, names with numbers in them, arrays within arrays.
        #[test]
        fn guessed_families_are_those_found_step_by_step(
            events in vec(vec((select(vec!["url", "id", "url_1", "url_2", "time"]), 0..3_usize), 1..6), 1..8),
        ) {
            let value = |kind: usize| [r#""https://a.example/?q=1&r=2""#, "17", r#"[{"url":"b"},{"id":"c"}]"#][kind];
            let member = |&(name, kind): &(&str, usize)| format!("{name:?}:{}", value(kind));
            let event = |members: &Vec<_>| format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","));
            let body = format!("[{}]", events.iter().map(event).collect::<Vec<_>>().join(","));
            let peeled = Peeler::default().peel_body(body.as_bytes());
            let ways = oracle(&peeled);
            for (piece, family) in peeled.pieces() {
                prop_assert_eq!((family, piece.order), ways[piece.view.number() as usize], "{:?}", piece.view);
            }
        }
    }
}
