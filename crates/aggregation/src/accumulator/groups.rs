//! Numbers group keys: by arithmetic where there are few that could be, otherwise in the order in which they come.

use hashbrown::HashTable;
use model::GroupKey;

use super::{dictionary::Dictionary, sampling::Sampling};

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
        self.ends.iter().scan(0, |from, &to| Some(&self.text[std::mem::replace(from, to)..to]))
    }
}

/// Group keys, as codes of their parts, and the number of each.
#[derive(Debug, Clone)]
pub(super) struct Groups {
    pub(super) dictionaries: Vec<Dictionary>,
    pub(super) numbering: Numbering,
    /// Codes of the key at hand; kept for its allocation.
    codes: Vec<u32>,
}

/// How a key's codes become a number.
#[derive(Debug, Clone)]
pub(super) enum Numbering {
    /// Every combination of codes has a number.
    Dense(Layout),
    /// Keys are numbered as they are met.
    Met(Met),
}

/// Codes side by side in one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    fields: Vec<Field>,
    /// Bits of all fields together.
    total: u32,
}

/// Where a code stands in a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Field {
    shift: u32,
    bits: u32,
}

/// Keys that were met, by number.
#[derive(Debug, Clone)]
pub(super) struct Met {
    width: usize,
    /// `width` codes for each key.
    codes: Vec<u32>,
    len: usize,
    table: HashTable<u32>,
}

/// Most bits of a dense number: 16 million cells.
const DENSE_BITS_MAX: u32 = 24;

impl Field {
    #[inline]
    const fn code(self, number: u32) -> u32 {
        number >> self.shift & ((1 << self.bits) - 1)
    }
}

impl Layout {
    /// The narrowest layout in which every text has room. The column with the most texts stands highest: groups that
    /// agree in it, as those of a popular text do, are neighbours in memory.
    fn of(dictionaries: &[Dictionary]) -> Self {
        let bits = |dictionary: &Dictionary| dictionary.len().max(1).next_power_of_two().trailing_zeros();
        let mut fields: Vec<Field> = dictionaries.iter().map(|texts| Field { shift: 0, bits: bits(texts) }).collect();
        let mut order: Vec<usize> = (0..fields.len()).collect();
        order.sort_by_key(|&column| fields[column].bits);
        let mut total = 0;
        for column in order {
            fields[column].shift = total;
            total += fields[column].bits;
        }
        Self { fields, total }
    }

    /// How many numbers there are.
    pub(super) const fn space(&self) -> usize {
        1 << self.total
    }

    /// By how much each code is shifted.
    pub(super) fn shifts(&self) -> impl Iterator<Item = u32> {
        self.fields.iter().map(|field| field.shift)
    }

    fn has_room(&self, codes: &[u32]) -> bool {
        self.fields.iter().zip(codes).all(|(field, &code)| code < 1 << field.bits)
    }

    fn number(&self, codes: &[u32]) -> u32 {
        self.shifts().zip(codes).fold(0, |number, (shift, code)| number | code << shift)
    }
}

impl Met {
    fn new(width: usize) -> Self {
        Self { width, codes: Vec::new(), len: 0, table: HashTable::new() }
    }

    fn of(&self, number: u32) -> &[u32] {
        let first = number as usize * self.width;
        &self.codes[first..first + self.width]
    }

    pub(super) fn find(&self, codes: &[u32]) -> Option<u32> {
        self.table.find(hash(codes), |&number| self.of(number) == codes).copied()
    }

    /// The number of a key, which gets the next one if it has none. Whoever calls bounds how many there are.
    pub(super) fn number(&mut self, codes: &[u32]) -> u32 {
        self.find(codes).unwrap_or_else(|| {
            let number = u32::try_from(self.len).unwrap_or_else(|_| unreachable!("the caller bounds groups"));
            self.len += 1;
            self.codes.extend_from_slice(codes);
            let (width, all) = (self.width, &self.codes);
            self.table.insert_unique(hash(codes), number, |&number| {
                let first = number as usize * width;
                hash(&all[first..first + width])
            });
            number
        })
    }
}

/// Codes are given in the order of arrival, so that nobody can choose them to collide at will.
fn hash(codes: &[u32]) -> u64 {
    let fold = |hash: u64, &code: &u32| (hash.rotate_left(29) ^ u64::from(code)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let hash = codes.iter().fold(0x243f_6a88_85a3_08d3, fold);
    hash ^ hash >> 32
}

impl Groups {
    /// No groups; every key will have `width` parts.
    pub(super) fn new(width: usize, sampling: &Sampling) -> Self {
        Self {
            dictionaries: (0..width).map(|column| sampling.dictionary(column)).collect(),
            numbering: Numbering::Met(Met::new(width)),
            codes: Vec::new(),
        }
    }

    /// How many numbers are in use, or set aside.
    pub(super) fn len(&self) -> usize {
        match &self.numbering {
            Numbering::Dense(layout) => layout.space(),
            Numbering::Met(met) => met.len,
        }
    }

    /// Whether every combination of codes has a number.
    pub(super) const fn is_dense(&self) -> bool {
        matches!(self.numbering, Numbering::Dense(_))
    }

    /// Whether equal numbers there stand for equal keys here, with nothing new.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        match (&self.numbering, &other.numbering) {
            (Numbering::Dense(own), Numbering::Dense(others)) => {
                own == others && self.dictionaries == other.dictionaries
            }
            _ => false,
        }
    }

    fn code(&self, number: u32, column: usize) -> u32 {
        match &self.numbering {
            Numbering::Dense(layout) => layout.fields[column].code(number),
            Numbering::Met(met) => met.of(number)[column],
        }
    }

    pub(super) fn codes(&self, number: u32) -> impl Iterator<Item = u32> {
        (0..self.dictionaries.len()).map(move |column| self.code(number, column))
    }

    /// The parts of a group's key.
    pub(super) fn parts(&self, number: u32) -> impl Iterator<Item = &str> {
        self.dictionaries.iter().zip(self.codes(number)).map(|(dictionary, code)| dictionary.text(code))
    }

    /// A group's keyed hash: those of its texts, of which each column has a key of its own, added without carry (simple
    /// tabulation, Zobrist 1970). Whose texts collide nobody can know who does not know the keys.
    ///
    /// A number that is set aside, for a text that is not there, counts that text as nothing: tables span those too.
    pub(super) fn hash(&self, number: u32) -> u32 {
        let texts = self.dictionaries.iter().zip(self.codes(number));
        texts.fold(0, |hash, (dictionary, code)| hash ^ dictionary.hash(code))
    }

    pub(super) fn key(&self, number: u32) -> GroupKey {
        self.parts(number).map(str::to_owned).collect()
    }

    pub(super) fn find(&mut self, key: &Key) -> Option<u32> {
        self.codes.clear();
        for (dictionary, part) in self.dictionaries.iter().zip(key.parts()) {
            self.codes.push(dictionary.find(part)?);
        }
        match &self.numbering {
            Numbering::Dense(layout) => Some(layout.number(&self.codes)),
            Numbering::Met(met) => met.find(&self.codes),
        }
    }

    /// Takes in the texts of `key`; says whether there is room for its number as groups are numbered now.
    pub(super) fn admit(&mut self, key: &Key) -> bool {
        self.codes.clear();
        for (dictionary, part) in self.dictionaries.iter_mut().zip(key.parts()) {
            self.codes.push(dictionary.insert(part));
        }
        match &self.numbering {
            Numbering::Dense(layout) => layout.has_room(&self.codes),
            Numbering::Met(_) => true,
        }
    }

    /// The number of a key whose texts are known.
    pub(super) fn number(&mut self, codes: &[u32]) -> u32 {
        match &mut self.numbering {
            Numbering::Dense(layout) => layout.number(codes),
            Numbering::Met(met) => met.number(codes),
        }
    }

    /// The number of the key that was admitted last.
    pub(super) fn number_of_admitted(&mut self) -> u32 {
        let codes = std::mem::take(&mut self.codes);
        let number = self.number(&codes);
        self.codes = codes;
        number
    }

    /// By column, the code here of each code of `other`; [`NONE`] where that text is not here. Both have the same keys.
    pub(super) fn find_texts(&self, other: &Self) -> Vec<Vec<u32>> {
        let columns = self.dictionaries.iter().zip(&other.dictionaries);
        columns.map(|(dictionary, others)| dictionary.find_all(others)).collect()
    }

    /// The number here of a group of `other`, if it has one; `codes` as [`Groups::find_texts`] gives them.
    pub(super) fn find_of(&self, other: &Self, group: u32, codes: &[Vec<u32>]) -> Option<u32> {
        let codes = other.codes(group).zip(codes).map(|(code, codes)| codes[code as usize]);
        let codes = codes.map(|code| (code != NONE).then_some(code)).collect::<Option<Vec<u32>>>()?;
        match &self.numbering {
            Numbering::Dense(layout) => Some(layout.number(&codes)).filter(|_| layout.has_room(&codes)),
            Numbering::Met(met) => met.find(&codes),
        }
    }

    /// Takes in the texts of some groups of `other` and writes their codes into `codes`, where [`Groups::find_texts`]
    /// found none.
    pub(super) fn take_texts(&mut self, other: &Self, groups: &[u32], codes: &mut [Vec<u32>]) {
        for &group in groups {
            for (column, code) in other.codes(group).enumerate() {
                let place = &mut codes[column][code as usize];
                if *place == NONE {
                    *place = self.dictionaries[column].insert(other.dictionaries[column].text(code));
                }
            }
        }
    }

    /// Sorts `items` by the key of their group.
    pub(super) fn sort_by_key<T>(&self, items: &mut [T], group: impl Fn(&T) -> u32) {
        let ranks: Vec<Vec<u32>> = self.dictionaries.iter().map(Dictionary::ranks).collect();
        let key = |item: &T| ranks.iter().zip(self.codes(group(item))).map(|(ranks, code)| ranks[code as usize]);
        items.sort_unstable_by(|a, b| key(a).cmp(key(b)));
    }

    /// Whether numbers are dense and leave room for every text.
    pub(super) fn fits(&self) -> bool {
        let Numbering::Dense(layout) = &self.numbering else { return false };
        self.dictionaries.iter().zip(&layout.fields).all(|(dictionary, field)| dictionary.len() <= 1 << field.bits)
    }

    /// The numbering that suits the texts known and a number of reports: dense where that takes at most a few cells for
    /// each report and half of `groups_max`, so that there is always room for others.
    pub(super) fn suited(&self, reports: u64, groups_max: usize) -> Numbering {
        let layout = Layout::of(&self.dictionaries);
        let dense = layout.total <= DENSE_BITS_MAX
            && layout.space() <= groups_max / 2
            && layout.space() as u64 <= reports.saturating_mul(8);
        if dense { Numbering::Dense(layout) } else { Numbering::Met(Met::new(self.dictionaries.len())) }
    }

    /// Takes over a numbering under which all groups keep their numbers, as they do where the column that stands highest
    /// has grown; `false` if it is none.
    pub(super) fn widen(&mut self, numbering: &Numbering) -> bool {
        let (Numbering::Dense(own), Numbering::Dense(wider)) = (&mut self.numbering, numbering) else { return false };
        let keeps = own.shifts().eq(wider.shifts()) && own.total <= wider.total;
        if keeps {
            own.clone_from(wider);
        }
        keeps
    }

    /// The number here of each of `numbers` under an `older` numbering of the same texts; by older number.
    pub(super) fn renumber(&mut self, older: &Self, numbers: impl Iterator<Item = u32>) -> Vec<u32> {
        self.renumber_with(older, numbers, &[])
    }

    /// The same where `other` has texts of its own: `codes[column]` has the code here of each code there.
    pub(super) fn renumber_with(
        &mut self,
        other: &Self,
        numbers: impl Iterator<Item = u32>,
        codes: &[Vec<u32>],
    ) -> Vec<u32> {
        let mut map = vec![NONE; other.len()];
        let mut key = Vec::with_capacity(self.dictionaries.len());
        numbers.for_each(|number| map[number as usize] = 0);
        for (number, place) in (0_u32..).zip(&mut map).filter(|(_, place)| **place != NONE) {
            let here = |(column, code)| codes.get(column).map_or(code, |codes: &Vec<u32>| codes[code as usize]);
            key.clear();
            key.extend(other.codes(number).enumerate().map(here));
            *place = self.number(&key);
        }
        map
    }
}

/// Hashes of groups, found by two looks into tables where numbers are dense; as long as groups keep their numbers.
pub(super) struct Hashes(Option<Tables>);

struct Tables {
    /// Bits of the columns below the highest.
    bits: u32,
    /// What those come to, by their bits.
    low: Vec<u32>,
    /// Hashes of the texts of the highest column.
    high: Vec<u32>,
}

/// Hashes together with the groups that they are of.
#[derive(Clone, Copy)]
pub(super) enum HashesOf<'a> {
    Tables { bits: u32, low: &'a [u32], high: &'a [u32] },
    Groups(&'a Groups),
}

/// Most bits of the columns below the highest for a table of them.
const LOW_BITS_MAX: u32 = 16;

impl Hashes {
    pub(super) fn of(groups: &Groups) -> Self {
        Self(if let Numbering::Dense(layout) = &groups.numbering { Tables::of(groups, layout) } else { None })
    }

    /// Whether there are tables.
    pub(super) const fn is_fast(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn over<'a>(&'a self, groups: &'a Groups) -> HashesOf<'a> {
        match &self.0 {
            Some(Tables { bits, low, high }) => HashesOf::Tables { bits: *bits, low, high },
            None => HashesOf::Groups(groups),
        }
    }
}

impl HashesOf<'_> {
    /// [`Groups::hash`].
    #[inline]
    pub(super) fn get(self, number: u32) -> u32 {
        match self {
            Self::Tables { bits, low, high } => {
                low[(number & ((1 << bits) - 1)) as usize] ^ high[(number >> bits) as usize]
            }
            Self::Groups(groups) => groups.hash(number),
        }
    }
}

impl Tables {
    fn of(groups: &Groups, layout: &Layout) -> Option<Self> {
        let (highest, field) = layout.fields.iter().enumerate().max_by_key(|(_, field)| (field.shift, field.bits))?;
        let bits = field.shift;
        let texts = &groups.dictionaries[highest];
        let high: Vec<u32> = (0..u32::try_from(texts.len()).ok()?).map(|code| texts.hash(code)).collect();
        let first = *high.first()?;
        // The hash of a number contains that of the highest column's first text, which is taken out again.
        let low = || (0..1 << bits).map(|number| groups.hash(number) ^ first).collect();
        (bits <= LOW_BITS_MAX).then(|| Self { bits, low: low(), high })
    }
}

/// No number.
pub(super) const NONE: u32 = u32::MAX;

#[cfg(test)]
mod tests;
