//! Values that could be pieces of one that was cut, and what tells which of them belong in one row.

use super::{
    Peeled, View,
    families::{Families, Way},
    glance::Traits,
    tree::{Kind, Node, NodeId},
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
    /// What is known of those bytes.
    pub(crate) traits: Traits,
    /// What it is a part of.
    pub(crate) parent: NodeId,
    /// Which of the flow's families it is of, by the way to it, but for the numbers in it: `url_1` and `url_2` are of one
    /// family, as all elements of an array are.
    pub(crate) family: u32,
    /// The last four numbers of the way to it, in base 2^16.
    pub(crate) order: u64,
    /// Whether it is a number or the like: no piece of anything, but it may say where others belong.
    pub(crate) is_number: bool,
}

impl Peeled {
    /// Every value that could be a piece, from the flow's own places down, each with the digest of its family.
    pub(crate) fn pieces(&self) -> Vec<(Piece<'_>, u64)> {
        let mut pieces = Vec::with_capacity(self.tree.nodes.len().min(PIECES_MAX));
        let families = self.each_piece(|piece| pieces.push(piece));
        pieces.into_iter().map(|piece| (piece, families.digest(piece.family))).collect()
    }

    /// Hands out one piece after another; gives the families that they are of.
    pub(crate) fn each_piece<'a>(&'a self, mut each: impl FnMut(Piece<'a>)) -> Families<'a> {
        let mut families = Families::of(&self.tree);
        let mut ways: Vec<Way> = Vec::with_capacity(self.tree.nodes.len());
        let mut count = 0;
        for (id, node) in self.nodes() {
            let way = families.extend(ways.get(node.parent as usize), &node.step);
            ways.push(way);
            if !is_piece(node) {
                continue;
            }
            let bytes = self.tree.content(node);
            let traits = node.traits.unwrap_or_else(|| Traits::of(bytes));
            let is_number = node.kind != Kind::Bytes;
            let Way { family, order } = way;
            each(Piece {
                view: View { tree: &self.tree, id },
                bytes,
                traits,
                parent: node.parent,
                family,
                order,
                is_number,
            });
            count += 1;
            if count == PIECES_MAX {
                break;
            }
        }
        families
    }
}

/// Whether a node is a value, and not wholly made up of others.
fn is_piece(node: &Node) -> bool {
    !node.holds && !matches!(node.kind, Kind::Inner | Kind::Null) && (1..=PIECE_BYTES_MAX).contains(&node.content.len())
}
