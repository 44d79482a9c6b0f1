//! Tokens that show only where values are put together: a URL cut over two fields, base64 cut over an array.
//!
//! Values stand in *rows*: the parts of one whole as they follow one another, and values whose ways differ in numbers
//! alone, by those numbers. A token across the border of two values in a row counts; and a row that could be an
//! encoding is put together and peeled. What it cannot see: pieces in another order, or with others between them.

use std::{collections::BTreeSet, ops::Range};

use super::{Search, Sighting};
use crate::peel::{self, Alphabets, Limits, Peeled, Peeler, Piece};

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

/// A value in a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) alphabets: Alphabets,
}

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
        let pieces = peeled.pieces();
        let mut by_parent: Vec<&Piece<'_>> = pieces.iter().filter(|piece| !piece.is_number).collect();
        let mut by_family = by_parent.clone();
        by_parent.sort_by_key(|piece| piece.parent);
        by_family.sort_by_key(|piece| (piece.family, piece.order));
        let rows: Vec<&[&Piece<'_>]> = by_parent
            .chunk_by(|a, b| a.parent == b.parent)
            .chain(by_family.chunk_by(|a, b| a.family == b.family))
            .filter(|row| row.len() > 1)
            .collect();
        let mut joins = Joins::new(self, ENCODED_BYTES_MAX);
        for row in &rows {
            joins.add(row.iter().map(|piece| Value { bytes: piece.bytes, alphabets: piece.alphabets }));
        }
        let joints = joins.joints(known);
        joints
            .into_iter()
            .map(|joint| {
                let ways = rows[joint.row][joint.values].iter().map(|piece| piece.view.path()).collect();
                Sighting { token: joint.token, path: path(ways, joint.way), plaintext: joint.plaintext }
            })
            .collect()
    }
}

/// Rows of values in which tokens are looked for.
pub(crate) struct Joins<'s> {
    search: &'s Search,
    /// Of each value, what could be a part of a token across its borders.
    text: Vec<u8>,
    /// Where each value begins in the text, its row and its place in the row.
    marks: Vec<(usize, usize, usize)>,
    rows: usize,
    /// Rows that could be encodings, put together.
    encoded: Vec<(usize, usize, Vec<u8>)>,
    room: usize,
}

impl<'s> Joins<'s> {
    /// At most `room` bytes of rows are put together and peeled.
    pub(crate) fn new(search: &'s Search, room: usize) -> Self {
        Self { search, text: Vec::new(), marks: Vec::new(), rows: 0, encoded: Vec::new(), room }
    }

    /// Adds a row.
    pub(crate) fn add<'v>(&mut self, values: impl Iterator<Item = Value<'v>> + Clone) {
        let reach = self.search.longest.saturating_sub(1);
        for (at, Value { bytes, .. }) in values.clone().enumerate() {
            self.marks.push((self.text.len(), self.rows, at));
            if bytes.len() <= 2 * reach {
                self.text.extend_from_slice(bytes);
            } else {
                self.text.extend_from_slice(&bytes[..reach]);
                self.text.push(APART);
                self.text.extend_from_slice(&bytes[bytes.len() - reach..]);
            }
        }
        self.text.push(APART);
        let bytes = values.clone().map(|value| value.bytes.len()).sum::<usize>();
        if (ROW_BYTES_MIN..=self.room).contains(&bytes) && is_encoding(values.clone()) {
            let whole: Vec<u8> = values.clone().flat_map(|value| value.bytes).copied().collect();
            if self.encoded.iter().all(|(_, _, known)| *known != whole) {
                self.room -= bytes;
                self.encoded.push((self.rows, values.count(), whole));
            }
        }
        self.rows += 1;
    }

    /// The tokens that show in the rows, each once, but for those in `known`.
    pub(crate) fn joints(&self, known: &BTreeSet<usize>) -> Vec<Joint> {
        let mut found = known.clone();
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
        if self.encoded.is_empty() {
            return joints;
        }
        let mut peeler = Peeler::new(LIMITS);
        for (row, count, whole) in &self.encoded {
            let peeled = peeler.peel_body(whole);
            for Sighting { token, path, plaintext } in self.search.sight_whole(&peeled) {
                if found.insert(token) {
                    let way = path.into_iter().skip(1).collect();
                    joints.push(Joint { token, row: *row, values: 0..*count, way, plaintext });
                }
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
fn is_encoding<'v>(values: impl Iterator<Item = Value<'v>> + Clone) -> bool {
    let Some(first) = values.clone().next() else { return false };
    let count = values.clone().count();
    let cut = |value: Value<'_>| value.bytes.len() == first.bytes.len();
    if count > FEW && !values.clone().take(count - 1).all(cut)
        || values.clone().all(|value| value.bytes == first.bytes)
        || values.clone().all(|value| value.alphabets.decimal)
    {
        return false;
    }
    if values.clone().all(|value| value.alphabets.encoded) {
        let has = |class: fn(&u8) -> bool| values.clone().any(|value| value.bytes.iter().any(class));
        return has(u8::is_ascii_digit) || has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    }
    matches!(first.bytes.first(), Some(b'{' | b'[')) || values.clone().any(|value| !value.alphabets.text)
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
