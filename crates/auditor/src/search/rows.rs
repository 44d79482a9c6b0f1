//! Rows: which values of a flow follow one another, in a time that grows with their number alone.

use std::ops::Range;

use super::{Search, values::Value};
use crate::peel::{Peeled, View};

/// The values of one flow, and the rows that they stand in: the parts of each whole, then the values of each family.
pub(super) struct Rows<'p> {
    members: Vec<Member<'p>>,
    /// The numbers of the values of one row after another.
    numbers: Vec<u32>,
    rows: Vec<Range<usize>>,
}

/// A value, and what tells its rows.
#[derive(Debug, Clone, Copy)]
struct Member<'p> {
    view: View<'p>,
    value: Value<'p>,
    /// Numbers of what it is a part of, and of its family.
    whole: u32,
    family: u32,
    /// Its place among the values of its family.
    order: u64,
}

impl<'p> Rows<'p> {
    pub(super) fn of(search: &Search, peeled: &'p Peeled) -> Self {
        let wholes = u32::try_from(peeled.view_count_max()).unwrap_or(u32::MAX - 1);
        let mut members = Vec::with_capacity(peeled.view_count_max());
        let mut families = 0;
        peeled.each_piece(|piece| {
            if !piece.is_number {
                let value = search.value(piece.bytes, piece.traits);
                // The places of the flow are parts of no view.
                let whole = piece.parent.min(wholes);
                families = families.max(piece.family + 1);
                members.push(Member { view: piece.view, value, whole, family: piece.family, order: piece.order });
            }
        });
        let mut rows = Self { numbers: Vec::with_capacity(2 * members.len()), rows: Vec::new(), members };
        rows.add_groups(|member| member.whole, wholes + 1);
        let of_wholes = rows.rows.len();
        rows.add_groups(|member| member.family, families);
        rows.sort_families(of_wholes);
        rows
    }

    /// The values of each row, which are two or more.
    pub(super) fn values(&self) -> impl Iterator<Item = impl Iterator<Item = Value<'p>>> {
        self.rows.iter().map(|row| self.members_of(row).map(|member| member.value))
    }

    /// How many values all rows have together.
    pub(super) fn value_count(&self) -> usize {
        self.rows.iter().map(ExactSizeIterator::len).sum()
    }

    /// The views of one row.
    pub(super) fn views(&self, row: usize) -> Vec<View<'p>> {
        self.members_of(&self.rows[row]).map(|member| member.view).collect()
    }

    fn members_of(&self, row: &Range<usize>) -> impl Iterator<Item = &Member<'p>> {
        self.numbers[row.clone()].iter().map(|&number| &self.members[number as usize])
    }

    /// Adds a row for each of `count` groups that has more than one value.
    fn add_groups(&mut self, group: impl Fn(&Member<'p>) -> u32, count: u32) {
        let mut places = vec![0_u32; count as usize + 1];
        for member in &self.members {
            places[group(member) as usize + 1] += 1;
        }
        // Where the first value of each group goes; behind the last one it is the place behind all.
        let mut place = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        for group in &mut places {
            place += *group;
            *group = place;
        }
        let rows = places.windows(2).map(|places| places[0] as usize..places[1] as usize);
        self.rows.extend(rows.filter(|row| row.len() > 1));
        self.numbers.resize(place as usize, 0);
        for (number, member) in (0..).zip(&self.members) {
            let place = &mut places[group(member) as usize];
            self.numbers[*place as usize] = number;
            *place += 1;
        }
    }

    /// Puts the values of the rows from one on in order, and drops those rows that are all parts of a whole in turn.
    fn sort_families(&mut self, first: usize) {
        let Self { members, numbers, rows } = self;
        let order = |number: &u32| members[*number as usize].order;
        for row in &rows[first..] {
            let row = &mut numbers[row.clone()];
            if !row.is_sorted_by_key(order) {
                row.sort_by_key(order);
            }
        }
        let whole = |row: &Range<usize>| members[numbers[row.start] as usize].whole;
        let (wholes, families) = rows.split_at(first);
        let is_whole = |row: &Range<usize>| {
            let same = wholes.binary_search_by_key(&whole(row), whole); // rows of wholes rise by them
            same.is_ok_and(|same| numbers[wholes[same].clone()] == numbers[row.clone()])
        };
        let others: Vec<_> = families.iter().filter(|row| !is_whole(row)).cloned().collect();
        rows.truncate(first);
        rows.extend(others);
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::Rows;
    use crate::{
        peel::{Peeled, Peeler},
        search::Search,
    };

    /// The rows by sorting.
    fn oracle(peeled: &Peeled) -> Vec<Vec<u32>> {
        let mut pieces = peeled.pieces();
        pieces.retain(|(piece, _)| !piece.is_number);
        let mut wholes = pieces.clone();
        wholes.sort_by_key(|(piece, _)| (piece.parent, piece.view.number()));
        pieces.sort_by_key(|(piece, family)| (*family, piece.order, piece.view.number()));
        let wholes = wholes.chunk_by(|(a, _), (b, _)| a.parent == b.parent);
        let rows = wholes.chain(pieces.chunk_by(|(_, a), (_, b)| a == b)).filter(|row| row.len() > 1);
        let mut rows: Vec<Vec<u32>> =
            rows.map(|row| row.iter().map(|(piece, _)| piece.view.number()).collect()).collect();
        rows.sort();
        rows.dedup();
        rows
    }

    proptest! {
        #[test]
        fn rows_are_those_that_sorting_makes(
            events in vec(vec((select(vec!["url", "id", "p10", "p9", "p2"]), 0..4_usize), 1..6), 1..8),
            is_in_array in any::<bool>(),
        ) {
            let value = |kind: usize| [r#""4G""#, "17", r#"["c","b",{"id":"a"}]"#, r#""/a?q=1&r=cGllY2Ugb2YgaXQ""#][kind];
            let member = |&(name, kind): &(&str, usize)| format!("{name:?}:{}", value(kind));
            let event = |members: &Vec<_>| format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","));
            let events: Vec<String> = events.iter().map(event).collect();
            let body = if is_in_array { format!("[{}]", events.join(",")) } else { events.join("\n") };
            let peeled = Peeler::default().peel_body(body.as_bytes());
            let search = Search::new(&["kq3xn7wz2m5r8abc"]).expect("a canary");
            let rows = Rows::of(&search, &peeled);
            let mut found: Vec<Vec<u32>> =
                (0..rows.rows.len()).map(|row| rows.views(row).iter().map(|view| view.number()).collect()).collect();
            found.sort();
            prop_assert_eq!(found, oracle(&peeled));
        }
    }
}
