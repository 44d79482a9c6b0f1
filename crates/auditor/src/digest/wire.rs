//! What stands on the wire and could be a digest: values, read as bytes in every way in which digests are written.

mod reading;

use hashbrown::HashTable;
use twox_hash::XxHash3_64;

use super::{Source, gate::Gate};
use crate::peel::Peeled;

/// Shortest value that is remembered, in bytes: a salt may be as short.
const LEAF_BYTES_MIN: usize = 4;
/// Text of values that is read, in bytes, for one examination.
const TEXT_BYTES_MAX: usize = 4 << 20;
/// Longest text that is read as it stands, in bytes: what is longer is peeled first.
const READ_BYTES_MAX: usize = 160;
/// Bytes of long values that are looked into, for one examination.
const INSIDE_BYTES_MAX: usize = 1 << 19;
/// Every so many bytes of a long value begin a place by which it is found.
const STRIDE: usize = 4;
/// Shortest value inside which a whole digest is looked for, in bytes.
const LONG_BYTES_MIN: usize = 24;
/// Shortest digest that is looked for inside a longer value, in bytes.
const INSIDE_BYTES_MIN: usize = 8;
/// Places that may begin with the same four bytes.
const ALIKE_MAX: usize = 1 << 12;
/// Most uploads that are remembered for one value.
const SOURCES_MAX: usize = 64;
/// Digests and parts of digests are found by so many of their first or last bytes.
const KEY_BYTES: usize = 4;

/// Distinct values of one examination.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    leaves: Vec<Leaf>,
    by_text: HashTable<u32>,
    values: Vec<Value>,
    by_bytes: HashTable<u32>,
    heads: HashTable<Place>,
    tails: HashTable<Place>,
    inside: HashTable<Place>,
    gate: Gate,      // of the keys of all three
    whole: Vec<u64>, // how many values there are of each length
    inside_bytes: usize,
    text_bytes: usize,
    full: bool,
}

/// A value as text.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) text: Box<str>,
    /// Uploads that hold it, the first ones of them.
    pub(crate) sources: Vec<Source>,
}

/// A value as bytes.
#[derive(Debug)]
struct Value {
    bytes: Box<[u8]>,
    leaves: Vec<u32>,
}

/// Four bytes at a place in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    key: [u8; KEY_BYTES],
    value: u32,
    offset: u32,
}

/// A value that agrees with a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Agreement {
    pub(crate) value: u32,
    pub(crate) cut: Cut,
}

/// Which bytes of a digest a value shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cut {
    pub(crate) from: usize,
    pub(crate) len: usize,
    /// Length of the whole digest.
    pub(crate) of: usize,
}

impl Wire {
    /// Takes in every value of an upload.
    pub(crate) fn note(&mut self, source: Source, peeled: &Peeled) {
        peeled.leaves().for_each(|leaf| self.note_text(source, &leaf.value()));
        let opaque = |content: &[u8]| content.len() >= LONG_BYTES_MIN && std::str::from_utf8(content).is_err();
        for view in peeled.views().filter(|view| opaque(view.content())) {
            if !super::seen::is_opened(peeled, view)
                && let Some(leaf) = self.note_leaf(source, &data_encoding::HEXLOWER.encode(view.content()))
            {
                self.note_bytes(leaf, view.content());
            }
        }
    }

    /// Takes in one value.
    fn note_text(&mut self, source: Source, text: &str) {
        if let Some(leaf) = self.note_leaf(source, text).filter(|_| text.len() <= READ_BYTES_MAX) {
            reading::each(text, &mut |bytes| self.note_bytes(leaf, bytes));
        }
    }

    /// Takes in the text of one value. Its number, if it is new.
    fn note_leaf(&mut self, source: Source, text: &str) -> Option<u32> {
        if text.len() < LEAF_BYTES_MIN {
            return None;
        }
        let hash = XxHash3_64::oneshot(text.as_bytes());
        if let Some(&known) = self.by_text.find(hash, |&leaf| *self.leaves[leaf as usize].text == *text) {
            let sources = &mut self.leaves[known as usize].sources;
            if sources.last() != Some(&source) && sources.len() < SOURCES_MAX {
                sources.push(source);
            }
            return None;
        }
        self.text_bytes += text.len();
        if self.text_bytes > TEXT_BYTES_MAX {
            self.full = true;
            return None;
        }
        let leaf = number(self.leaves.len());
        self.leaves.push(Leaf { text: text.into(), sources: vec![source] });
        let leaves = &self.leaves;
        self.by_text.insert_unique(hash, leaf, |&leaf| XxHash3_64::oneshot(leaves[leaf as usize].text.as_bytes()));
        Some(leaf)
    }

    fn note_bytes(&mut self, leaf: u32, bytes: &[u8]) {
        if bytes.len() < KEY_BYTES {
            return;
        }
        let hash = XxHash3_64::oneshot(bytes);
        if let Some(&known) = self.by_bytes.find(hash, |&value| *self.values[value as usize].bytes == *bytes) {
            let leaves = &mut self.values[known as usize].leaves;
            if leaves.last() != Some(&leaf) && leaves.len() < SOURCES_MAX {
                leaves.push(leaf);
            }
            return;
        }
        let value = number(self.values.len());
        self.values.push(Value { bytes: bytes.into(), leaves: vec![leaf] });
        let values = &self.values;
        self.by_bytes.insert_unique(hash, value, |&value| XxHash3_64::oneshot(&values[value as usize].bytes));
        if self.whole.len() <= bytes.len() {
            self.whole.resize(bytes.len() + 1, 0);
        }
        self.whole[bytes.len()] += 1;
        let ends = [&bytes[..KEY_BYTES], &bytes[bytes.len() - KEY_BYTES..]];
        let [head, tail] = ends.map(|end| Place { key: key(end), value, offset: 0 });
        [head, tail].iter().for_each(|place| self.gate.add(place.key));
        self.full |= !insert(&mut self.heads, head) | !insert(&mut self.tails, tail);
        if bytes.len() >= LONG_BYTES_MIN {
            self.note_inside(value, bytes);
        }
    }

    /// Places inside a long value: a digest is longer than the stride, so it covers one of them wherever it begins.
    fn note_inside(&mut self, value: u32, bytes: &[u8]) {
        let room = INSIDE_BYTES_MAX - self.inside_bytes;
        let bytes = &bytes[..bytes.len().min(room)];
        self.inside_bytes += bytes.len();
        for (offset, window) in bytes.windows(KEY_BYTES).enumerate().skip(STRIDE).step_by(STRIDE) {
            self.gate.add(key(window));
            insert(&mut self.inside, Place { key: key(window), value, offset: number(offset) });
        }
    }

    /// The values that are `digest`, begin or end it, or hold it whole.
    pub(super) fn agreements(&self, digest: &[u8], found: &mut Vec<Agreement>) {
        let of = digest.len();
        if of < KEY_BYTES {
            return;
        }
        let head = key(&digest[..KEY_BYTES]);
        for place in self.places(&self.heads, head) {
            let bytes = &self.values[place.value as usize].bytes;
            if digest.starts_with(bytes) || (of >= INSIDE_BYTES_MIN && bytes.starts_with(digest)) {
                let len = bytes.len().min(of);
                found.push(Agreement { value: place.value, cut: Cut { from: 0, len, of } });
            }
        }
        if of >= INSIDE_BYTES_MIN && !self.inside.is_empty() {
            self.agreements_inside(digest, found);
        }
        let tail = key(&digest[of - KEY_BYTES..]);
        for place in self.places(&self.tails, tail) {
            let bytes = &self.values[place.value as usize].bytes;
            if bytes.len() < of && digest.ends_with(bytes) {
                found.push(Agreement { value: place.value, cut: Cut { from: of - bytes.len(), len: bytes.len(), of } });
            }
        }
    }

    /// The places among `places` that begin with `key`.
    fn places<'a>(&self, places: &'a HashTable<Place>, key: [u8; KEY_BYTES]) -> impl Iterator<Item = &'a Place> {
        let may_hold = self.gate.may_hold(key);
        may_hold.then(|| places.iter_hash(hash(key))).into_iter().flatten().filter(move |place| place.key == key)
    }

    fn agreements_inside(&self, digest: &[u8], found: &mut Vec<Agreement>) {
        let cut = Cut { from: 0, len: digest.len(), of: digest.len() };
        for (skipped, window) in digest.windows(KEY_BYTES).take(STRIDE).enumerate() {
            for place in self.places(&self.inside, key(window)) {
                let bytes = &self.values[place.value as usize].bytes;
                if bytes.get(place.offset as usize - skipped..).is_some_and(|bytes| bytes.starts_with(digest)) {
                    found.push(Agreement { value: place.value, cut });
                }
            }
        }
    }

    /// The number of places at which that much of a digest could have been seen.
    pub(super) fn positions(&self, cut: Cut) -> u64 {
        let whole = self.whole.get(cut.len).copied().unwrap_or(0);
        let longer: u64 = self.whole.iter().skip(cut.len + 1).sum();
        let inside = longer + number_u64(self.inside_bytes);
        if cut.len == cut.of && cut.len >= INSIDE_BYTES_MIN { whole + inside } else { whole }
    }

    /// Whether nothing stands there that could be a digest.
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Whether there was more than can be looked at.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Whether there was more in long values than can be looked into.
    pub(super) fn is_full_inside(&self) -> bool {
        self.inside_bytes >= INSIDE_BYTES_MAX
    }

    /// The texts that a value is read from.
    pub(super) fn leaves_of(&self, value: u32) -> impl Iterator<Item = &Leaf> {
        self.values[value as usize].leaves.iter().map(|&leaf| &self.leaves[leaf as usize])
    }

    /// Every text, in the order in which it was first seen.
    pub(crate) fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// Every value: its number, its bytes, and the upload in which it was first seen.
    pub(super) fn values(&self) -> impl Iterator<Item = (u32, &[u8], Source)> {
        self.values.iter().zip(0..).filter_map(|(value, number)| {
            let first = value.leaves.iter().filter_map(|&leaf| self.leaves[leaf as usize].sources.first()).min()?;
            Some((number, value.bytes.as_ref(), *first))
        })
    }
}

/// Adds a place, unless there are too many that begin alike.
fn insert(places: &mut HashTable<Place>, place: Place) -> bool {
    let alike = places.iter_hash(hash(place.key)).filter(|known| known.key == place.key);
    let mut inside = alike.clone().filter(|known| known.value == place.value);
    if inside.next().is_some() {
        return true; // a run of the same bytes: one place is enough
    }
    if alike.count() >= ALIKE_MAX {
        return false;
    }
    places.insert_unique(hash(place.key), place, |known| hash(known.key));
    true
}

fn key(bytes: &[u8]) -> [u8; KEY_BYTES] {
    bytes.try_into().unwrap_or_default()
}

fn hash(key: [u8; KEY_BYTES]) -> u64 {
    XxHash3_64::oneshot(&key)
}

/// Numbers of values and places stay below the bound on bytes, which is below 2^32.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn number_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
