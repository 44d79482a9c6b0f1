//! Numbers group keys, and finds their number again without an allocation.

use hashbrown::HashTable;
use model::GroupKey;

/// A group key under construction, reused from report to report.
#[derive(Debug, Clone, Default)]
pub(super) struct Key {
    text: String,
    /// Where each part ends in `text`.
    ends: Vec<usize>,
}

impl Key {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    pub(super) fn push(&mut self, part: &str) {
        self.push_with(|text| text.push_str(part));
    }

    /// Adds the part that `write` appends.
    pub(super) fn push_with(&mut self, write: impl FnOnce(&mut String)) {
        write(&mut self.text);
        self.ends.push(self.text.len());
    }

    /// Length in bytes.
    pub(super) const fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &str> {
        parts(&self.text, 0, &self.ends)
    }
}

/// The parts of `text` that begin at `start` and end at each of `ends`.
fn parts<'a>(text: &'a str, start: usize, ends: &'a [usize]) -> impl Iterator<Item = &'a str> {
    ends.iter().scan(start, move |from, &to| Some(&text[std::mem::replace(from, to)..to]))
}

/// Group keys in the order in which they came, all in one text.
#[derive(Debug, Clone)]
pub(super) struct Groups {
    width: usize,
    text: String,
    /// Where each part ends in `text`, `width` for each group.
    ends: Vec<usize>,
    hashes: Vec<u64>,
    table: HashTable<u32>,
}

impl Groups {
    /// No groups; every key will have `width` parts.
    pub(super) fn new(width: usize) -> Self {
        Self { width, text: String::new(), ends: Vec::new(), hashes: Vec::new(), table: HashTable::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Keyed hash of a group's key.
    pub(super) fn hash(&self, group: u32) -> u64 {
        self.hashes[group as usize]
    }

    /// The parts of a group's key.
    fn parts(&self, group: u32) -> impl Iterator<Item = &str> {
        let first = group as usize * self.width;
        let start = if first == 0 { 0 } else { self.ends[first - 1] };
        parts(&self.text, start, &self.ends[first..first + self.width])
    }

    pub(super) fn key(&self, group: u32) -> GroupKey {
        self.parts(group).map(str::to_owned).collect()
    }

    pub(super) fn find(&self, hash: u64, key: &Key) -> Option<u32> {
        self.table.find(hash, |&group| self.hash(group) == hash && self.parts(group).eq(key.parts())).copied()
    }

    /// Numbers a key that has none yet; `None` once 32 bits are used up.
    pub(super) fn insert(&mut self, hash: u64, key: &Key) -> Option<u32> {
        let group = u32::try_from(self.len()).ok()?;
        for part in key.parts() {
            self.text.push_str(part);
            self.ends.push(self.text.len());
        }
        self.hashes.push(hash);
        let hashes = &self.hashes;
        self.table.insert_unique(hash, group, |&group| hashes[group as usize]);
        Some(group)
    }

    /// The number here of a group of `other`.
    fn find_of(&self, other: &Self, group: u32) -> Option<u32> {
        let hash = other.hash(group);
        self.table.find(hash, |&own| self.hash(own) == hash && self.parts(own).eq(other.parts(group))).copied()
    }

    /// How many groups there are here and in `other` together.
    pub(super) fn len_with(&self, other: &Self) -> usize {
        self.len() + other.numbers().filter(|&group| self.find_of(other, group).is_none()).count()
    }

    /// Takes in the groups of `other` and gives the number here for each of them.
    pub(super) fn extend(&mut self, other: &Self) -> Option<Vec<u32>> {
        let mut key = Key::default();
        let mut number = |group| {
            self.find_of(other, group).or_else(|| {
                key.clear();
                other.parts(group).for_each(|part| key.push(part));
                self.insert(other.hash(group), &key)
            })
        };
        other.numbers().map(&mut number).collect()
    }

    /// Every group's number, sorted by key.
    pub(super) fn sorted(&self) -> Vec<u32> {
        let mut order: Vec<u32> = self.numbers().collect();
        order.sort_unstable_by(|&a, &b| self.parts(a).cmp(self.parts(b)));
        order
    }

    fn numbers(&self) -> impl Iterator<Item = u32> + use<> {
        // Numbers are given by `insert`, so that there are never more than fit.
        0..u32::try_from(self.len()).unwrap_or(u32::MAX)
    }
}
