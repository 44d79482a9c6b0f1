//! Tokens that show only where values are put together: a URL cut over two fields, base64 cut over an array.
//!
//! Values stand in *rows*: the parts of one whole as they follow one another, and values whose ways differ in numbers
//! alone, by those numbers. A token across the border of two values in a row counts; and a row that could be an
//! encoding is put together and peeled. What it cannot see: pieces in another order, or with others between them.

use std::{collections::BTreeSet, ops::Range};

use hashbrown::HashTable;
use twox_hash::XxHash3_64;

use super::{Search, Sighting, borders::Borders, rows::Rows, values::Value};
use crate::peel::{self, Class, Letters, Limits, Peeled, Peeler, Traits, View};

/// Stands between values that are not put together; no token holds it.
const APART: u8 = 0;

/// Most bytes that the rows of one flow may have that are put together and peeled.
const ENCODED_BYTES_MAX: usize = 1 << 18;

/// What peeling one row may cost: it is an encoding or it is nothing.
const LIMITS: Limits = Limits { depth_max: 8, output_bytes_max: 1 << 20, input_bytes_max: 1 << 18, steps_max: 1 << 14 };

/// Least bytes of a row that can hide a token.
const ROW_BYTES_MIN: usize = 14;

/// So many pieces may be of any length.
const FEW: usize = 4;

/// Most pieces that a path names.
const NAMED_MAX: usize = 4;

/// A token in a row.
#[derive(Debug)]
pub(crate) struct Joint {
    pub(crate) token: usize,
    /// The row, and the values in it that show the token together.
    pub(crate) row: usize,
    pub(crate) values: Range<usize>,
    /// The way from what they are together to the token.
    pub(crate) way: Vec<String>,
    pub(crate) plaintext: String,
}

impl Search {
    /// The tokens that `peeled` shows only where its values are put together, but for those in `known`.
    pub(super) fn sight_joined(&self, peeled: &Peeled, known: &BTreeSet<usize>) -> Vec<Sighting> {
        let rows = Rows::of(self, peeled);
        let mut joins = Joins::new(self, ENCODED_BYTES_MAX);
        joins.values.reserve(rows.value_count());
        rows.values().for_each(|row| joins.add(row));
        joins
            .joints(known)
            .into_iter()
            .map(|joint| {
                let ways = rows.views(joint.row)[joint.values].iter().map(View::path).collect();
                Sighting { token: joint.token, path: path(ways, joint.way), plaintext: joint.plaintext }
            })
            .collect()
    }
}

/// Rows of values in which tokens are looked for.
pub(crate) struct Joins<'s, 'v> {
    search: &'s Search,
    /// The values of all rows, and where each row ends.
    values: Vec<Value<'v>>,
    ends: Vec<usize>,
    borders: Borders<'s>,
    /// Rows that could be encodings, put together one after another, and where each of them ends.
    encoded: Vec<(usize, usize)>,
    wholes: Vec<u8>,
    /// Those rows by digest, so that equal ones are peeled once.
    known: HashTable<usize>,
    room: usize,
}

impl<'s, 'v> Joins<'s, 'v> {
    /// At most `room` bytes of rows are put together and peeled.
    pub(crate) const fn new(search: &'s Search, room: usize) -> Self {
        Self {
            search,
            values: Vec::new(),
            ends: Vec::new(),
            borders: Borders::new(search),
            encoded: Vec::new(),
            wholes: Vec::new(),
            known: HashTable::new(),
            room,
        }
    }

    /// Adds a row.
    pub(crate) fn add(&mut self, row: impl Iterator<Item = Value<'v>>) {
        let start = self.values.len();
        self.values.extend(row);
        self.ends.push(self.values.len());
        let row = &self.values[start..];
        self.borders.add(row);
        let bytes = row.iter().map(|value| value.bytes.len()).sum::<usize>();
        if !(ROW_BYTES_MIN..=self.room).contains(&bytes) {
            return;
        }
        let traits = row.iter().fold(Traits::NONE, |traits, value| traits.and(value.traits));
        if !is_encoding(row, traits) {
            return;
        }
        let start = self.wholes.len();
        row.iter().for_each(|value| self.wholes.extend_from_slice(value.bytes));
        if !peel::may_be_encoded(&self.wholes[start..], traits) {
            self.wholes.truncate(start);
            return;
        }
        let (wholes, encoded) = (&self.wholes, &self.encoded);
        let of = |nth: usize| whole(wholes, encoded, nth);
        let hash = XxHash3_64::oneshot(&wholes[start..]);
        if self.known.find(hash, |&nth| *of(nth) == wholes[start..]).is_some() {
            self.wholes.truncate(start);
            return;
        }
        self.known.insert_unique(hash, encoded.len(), |&nth| XxHash3_64::oneshot(of(nth)));
        self.encoded.push((self.ends.len() - 1, self.wholes.len()));
        self.room -= bytes;
    }

    /// The values of a row.
    fn row(&self, number: usize) -> &[Value<'v>] {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.values[start..self.ends[number]]
    }

    /// The tokens that show in the rows, each once, but for those in `known`.
    pub(crate) fn joints(&self, known: &BTreeSet<usize>) -> Vec<Joint> {
        let mut found = known.clone();
        let mut joints = Vec::new();
        if self.borders.tokens().any(|token| !known.contains(&token)) {
            joints = Text::of(self).joints(&mut found);
        }
        if self.encoded.is_empty() {
            return joints;
        }
        let mut peeler = Peeler::new(LIMITS);
        for (nth, &(row, _)) in self.encoded.iter().enumerate() {
            let peeled = peeler.peel_body(whole(&self.wholes, &self.encoded, nth));
            for Sighting { token, path, plaintext } in self.search.sight_whole(&peeled) {
                if found.insert(token) {
                    let way = path.into_iter().skip(1).collect();
                    joints.push(Joint { token, row, values: 0..self.row(row).len(), way, plaintext });
                }
            }
            peeler.recycle(peeled);
        }
        joints
    }
}

/// One of the rows that were put together.
fn whole<'w>(wholes: &'w [u8], encoded: &[(usize, usize)], nth: usize) -> &'w [u8] {
    let start = nth.checked_sub(1).map_or(0, |before| encoded[before].1);
    let end = encoded.get(nth).map_or(wholes.len(), |(_, end)| *end);
    &wholes[start..end]
}

/// Of each value of all rows, what could be a part of a token across its borders.
struct Text<'s> {
    search: &'s Search,
    text: Vec<u8>,
    /// Where each value begins in the text, its row and its place in the row.
    marks: Vec<(usize, usize, usize)>,
}

impl<'s> Text<'s> {
    fn of(joins: &Joins<'s, '_>) -> Self {
        let reach = joins.search.longest.saturating_sub(1);
        let mut whole = Self { search: joins.search, text: Vec::new(), marks: Vec::new() };
        for number in 0..joins.ends.len() {
            for (at, Value { bytes: value, .. }) in joins.row(number).iter().enumerate() {
                whole.marks.push((whole.text.len(), number, at));
                if value.len() <= 2 * reach {
                    whole.text.extend_from_slice(value);
                } else {
                    whole.text.extend_from_slice(&value[..reach]);
                    whole.text.push(APART);
                    whole.text.extend_from_slice(&value[value.len() - reach..]);
                }
            }
            whole.text.push(APART);
        }
        whole
    }

    /// The tokens that stand across borders, each once, but for those in `found`.
    fn joints(&self, found: &mut BTreeSet<usize>) -> Vec<Joint> {
        let mut joints = Vec::new();
        for (token, start) in self.search.places(&self.text) {
            let last = start + self.search.tokens[token].len() - 1;
            let (first, last) = (self.mark(start), self.mark(last));
            if first < last && found.insert(token) {
                let (row, values) = (self.marks[first].1, self.marks[first].2..self.marks[last].2 + 1);
                let plaintext = self.around(start, self.marks[first].0, self.marks.get(last + 1).map(|mark| mark.0));
                joints.push(Joint { token, row, values, way: Vec::new(), plaintext });
            }
        }
        joints
    }

    /// What stands around `at`, within values that begin at `from` and end before `to`, as far as they are at hand.
    fn around(&self, at: usize, from: usize, to: Option<usize>) -> String {
        let apart = |byte: &u8| *byte == APART;
        let start = self.text[from..at].iter().rposition(apart).map_or(from, |gap| from + gap + 1);
        let rest = &self.text[at..to.unwrap_or(self.text.len())];
        let end = at + rest.iter().position(apart).unwrap_or(rest.len());
        peel::quote(&self.text[start..end], at - start)
    }

    /// The value that stands at `at`.
    fn mark(&self, at: usize) -> usize {
        self.marks.partition_point(|mark| mark.0 <= at).saturating_sub(1)
    }
}

/// Whether values together could be an encoding of something that none of them says alone: few values, or values of one
/// length but for the last, as whoever cuts makes them; and digits of base64 and the like, among which numbers or capital
/// and small letters occur, or bytes that are no text, or a document of JSON that was cut.
fn is_encoding(row: &[Value<'_>], traits: Traits) -> bool {
    let [first, others @ .., last] = row else { return false };
    let is_cut = row.len() <= FEW || others.iter().all(|value| value.bytes.len() == first.bytes.len());
    let is_one = || last.bytes == first.bytes && others.iter().all(|value| value.bytes == first.bytes);
    if !is_cut || is_one() {
        return false;
    }
    let is_text = |value: &Value<'_>| value.traits.are_of_text(value.bytes);
    let is_document = || !traits.are_all(Class::BASE64) && begins_document(first.bytes);
    may_be_encoding(traits) && (traits.are_all(Class::BASE64) || !row.iter().all(is_text)) || is_document()
}

/// Whether the traits of values together are those of digits of an encoding, or of anything that may not be text.
const fn may_be_encoding(traits: Traits) -> bool {
    if traits.are_all(Class::BASE64) {
        let has_both_cases = traits.have(Letters::CAPITAL) && traits.have(Letters::SMALL);
        !traits.are_all(Class::DIGIT) && (traits.have(Letters::DIGIT) || has_both_cases)
    } else {
        !traits.are_all(Class::TEXT) || !traits.are_ascii()
    }
}

fn begins_document(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(b'{' | b'['))
}

/// The way to values that were put together: what their ways have in common, then each by what is left of its own.
pub(crate) fn path(ways: Vec<Vec<String>>, way: Vec<String>) -> Vec<String> {
    let Some(first) = ways.first() else { return way };
    let common = (0..first.len()).take_while(|&at| ways.iter().all(|way| way.len() > at + 1 && way[at] == first[at]));
    let common = common.count();
    let mut names: Vec<String> = ways.iter().map(|way| way[common..].join(" > ")).collect();
    if names.len() > NAMED_MAX {
        names.splice(NAMED_MAX - 1..names.len() - 1, ["…".to_owned()]);
    }
    let joined = format!("joined:{}", names.join("+"));
    first[..common].iter().cloned().chain([joined]).chain(way).collect()
}
