//! Values that could be pieces of one that was cut, and what tells which of them belong in one row.

use super::{
    Peeled, View,
    glance::{Class, Classes, Glance},
    mix,
    tree::{Kind, Node, NodeId, Step, Tree},
};

/// Longest value that is taken for a piece, in bytes: whoever cuts does it because there is little room.
pub(crate) const PIECE_BYTES_MAX: usize = 1 << 16;

/// Most pieces of one flow; what comes later is not put together.
pub(crate) const PIECES_MAX: usize = 1 << 14;

/// A value that could be a piece.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece<'a> {
    /// Its view.
    pub(crate) view: View<'a>,
    /// What stands there.
    pub(crate) bytes: &'a [u8],
    /// What it is a part of.
    pub(crate) parent: NodeId,
    /// Digest of the way to it, but for the numbers in it: `url_1` and `url_2` are of one family, as all elements of an
    /// array are.
    pub(crate) family: u64,
    /// The last four numbers of the way to it, in base 2^16.
    pub(crate) order: u64,
    /// Whether it is a number or the like: no piece of anything, but it may say where others belong.
    pub(crate) is_number: bool,
}

impl Peeled {
    /// Every value that could be a piece, from the flow's own places down.
    pub(crate) fn pieces(&self) -> Vec<Piece<'_>> {
        let mut ways: Vec<(u64, u64)> = Vec::with_capacity(self.tree.nodes.len());
        let mut pieces = Vec::with_capacity(self.tree.nodes.len().min(PIECES_MAX));
        for (id, node) in self.nodes() {
            let above = ways.get(node.parent as usize).copied().unwrap_or((BASIS, 0));
            let way = extend(above, &node.step, &self.tree);
            ways.push(way);
            if is_piece(node) && pieces.len() < PIECES_MAX {
                let bytes = self.tree.content(node);
                let (family, order) = way;
                let view = View { tree: &self.tree, id };
                let is_number = node.kind != Kind::Bytes;
                pieces.push(Piece { view, bytes, parent: node.parent, family, order, is_number });
            }
        }
        pieces
    }
}

/// Whether a node is a value, and not wholly made up of others.
fn is_piece(node: &Node) -> bool {
    !node.holds && !matches!(node.kind, Kind::Inner | Kind::Null) && (1..=PIECE_BYTES_MAX).contains(&node.content.len())
}

/// Whether all bytes are digits of base64, base32 or hexadecimal digits.
pub(crate) fn is_encoded(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| Class::BASE64.holds(byte))
}

/// Whether it is text in UTF-8.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    let classes = Classes::new();
    let glance = Glance::at(bytes, &classes);
    glance.is_plain() || glance.is_text()
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
