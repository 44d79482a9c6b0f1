//! Values that were cut in pieces over several flows to one host.
//!
//! Rows are put together from values whose ways differ in numbers alone: of all flows in order of time, of flows that
//! share a value which others lack (a common id), and of flows of one kind by a number that each of them holds (a
//! sequence number). What it cannot see: pieces more than [`WINDOW_FLOWS`] flows apart, sent to several hosts, or in flows of
//! more than [`PIECES_MAX`] values or [`BYTES_MAX`] bytes of them.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use model::{Flow, Host};

use crate::{
    peel::{Peeled, Peeler, Traits},
    search::{Joins, Search, Sighting, joined_path},
};

/// Flows to one host among which pieces are looked for; half of them are still there when the next ones come.
const WINDOW_FLOWS: usize = 256;
/// Most hosts whose flows are put together; later ones are looked at flow by flow.
const HOSTS_MAX: usize = 64;
/// Most values of one flow that are put together with others', and most bytes of them.
const PIECES_MAX: usize = 256;
const BYTES_MAX: usize = 8 << 10;
/// Most values that tie flows together, and most that number them.
const TIES_MAX: usize = 4;
const NUMBERS_MAX: usize = 2;
/// Most bytes of rows that are put together and peeled in one window.
const ENCODED_BYTES_MAX: usize = 4 << 20;
/// Most values that the rows of one window hold together.
const ROWS_VALUES_MAX: usize = 1 << 17;

/// Collects flows, and looks for tokens across them.
#[derive(Debug)]
pub(super) struct Parcels<'a> {
    search: &'a Search,
    hosts: BTreeMap<&'a Host, Vec<Parcel<'a>>>,
    found: Vec<Found<'a>>,
    known: BTreeSet<usize>,
}

/// What one flow holds.
#[derive(Debug)]
struct Parcel<'a> {
    number: usize,
    flow: &'a Flow,
    pieces: Vec<Kept>,
}

/// A value that could be a piece.
#[derive(Debug, PartialEq, Eq)]
struct Kept {
    family: u64,
    order: u64,
    bytes: Vec<u8>,
    traits: Traits,
    is_number: bool,
    /// The number that it is, if it is one.
    number: Option<u64>,
    /// Which of the flow's pieces it is.
    at: usize,
}

/// A token that several flows show together: the flow that completes it, and each piece with its flow.
#[derive(Debug)]
struct Found<'a> {
    number: usize,
    token: usize,
    pieces: Vec<(&'a Flow, usize)>,
    way: Vec<String>,
    plaintext: String,
}

impl<'a> Parcels<'a> {
    pub(super) fn new(search: &'a Search) -> Self {
        Self { search, hosts: BTreeMap::new(), found: Vec::new(), known: BTreeSet::new() }
    }

    /// Takes in the flow at place `number`, which shows `sightings` by itself. The same again is taken for a retry.
    pub(super) fn note(&mut self, number: usize, flow: &'a Flow, peeled: &Peeled, sightings: &[Sighting]) {
        self.known.extend(sightings.iter().map(|sighting| sighting.token));
        if !self.hosts.contains_key(&flow.host) && self.hosts.len() >= HOSTS_MAX {
            return;
        }
        let pieces = kept(peeled);
        let window = self.hosts.entry(&flow.host).or_default();
        if window.iter().any(|parcel| parcel.pieces == pieces) {
            return;
        }
        window.push(Parcel { number, flow, pieces });
        if window.len() >= WINDOW_FLOWS {
            look(self.search, window, &mut self.known, &mut self.found);
            window.drain(..WINDOW_FLOWS / 2);
        }
    }

    /// The tokens that only several flows show together, each with the place of the flow that completes it.
    pub(super) fn sightings(mut self, peeler: &mut Peeler) -> Vec<(usize, Sighting)> {
        for window in self.hosts.values() {
            look(self.search, window, &mut self.known, &mut self.found);
        }
        let mut way = |(flow, at): (&Flow, usize)| -> Vec<String> {
            let peeled = peeler.peel(flow);
            let path = peeled.pieces().get(at).map(|(piece, _)| piece.view.path()).unwrap_or_default();
            [flow.id.to_string()].into_iter().chain(path).collect()
        };
        let sighting = |found: Found<'_>| {
            let ways = found.pieces.into_iter().map(&mut way).collect();
            let path = joined_path(ways, found.way);
            (found.number, Sighting { token: found.token, path, plaintext: found.plaintext })
        };
        self.found.into_iter().map(sighting).collect()
    }
}

/// The values of a flow, as far as they are put together with others'.
fn kept(peeled: &Peeled) -> Vec<Kept> {
    let mut room = BYTES_MAX;
    let pieces = peeled.pieces().into_iter().enumerate().filter(|(_, (piece, _))| {
        let fits = piece.bytes.len() <= room;
        room -= if fits { piece.bytes.len() } else { 0 };
        fits
    });
    let kept = pieces.take(PIECES_MAX).map(|(at, (piece, family))| Kept {
        family,
        order: piece.order,
        bytes: piece.bytes.to_vec(),
        traits: piece.traits,
        is_number: piece.is_number,
        number: piece.view.value().parse().ok(),
        at,
    });
    kept.collect()
}

/// Looks for tokens in all rows of one window.
fn look<'a>(search: &Search, window: &[Parcel<'a>], known: &mut BTreeSet<usize>, found: &mut Vec<Found<'a>>) {
    if window.len() < 2 {
        return;
    }
    let rows = Rows::of(window);
    let mut joins = Joins::new(search, ENCODED_BYTES_MAX);
    for row in &rows.rows {
        joins.add(row.iter().map(|(_, kept)| search.value(&kept.bytes, kept.traits)));
    }
    for joint in joins.joints(known) {
        let values = &rows.rows[joint.row][joint.values];
        let pieces: Vec<_> = values.iter().map(|(parcel, kept)| (parcel.flow, kept.at)).collect();
        let number = values.iter().map(|(parcel, _)| parcel.number).max().unwrap_or_default();
        known.insert(joint.token);
        found.push(Found { number, token: joint.token, pieces, way: joint.way, plaintext: joint.plaintext });
    }
}

/// Values in the order in which they may belong together, each with its flow.
type Row<'w, 'a> = Vec<(&'w Parcel<'a>, &'w Kept)>;

/// The rows of one window.
struct Rows<'w, 'a> {
    window: &'w [Parcel<'a>],
    /// Values by their family and the place of their flow in the window, where a flow holds one of the family alone.
    soles: BTreeMap<u64, BTreeMap<usize, &'w Kept>>,
    rows: Vec<Row<'w, 'a>>,
    room: usize,
}

impl<'w, 'a> Rows<'w, 'a> {
    fn of(window: &'w [Parcel<'a>]) -> Self {
        let mut soles: BTreeMap<u64, BTreeMap<usize, &'w Kept>> = BTreeMap::new();
        for (place, parcel) in window.iter().enumerate() {
            let mut kept: Vec<&Kept> = parcel.pieces.iter().collect();
            kept.sort_by_key(|kept| kept.family);
            for alone in kept.chunk_by(|a, b| a.family == b.family).filter(|family| family.len() == 1) {
                soles.entry(alone[0].family).or_default().insert(place, alone[0]);
            }
        }
        let mut rows = Self { window, soles, rows: Vec::new(), room: ROWS_VALUES_MAX };
        rows.fill();
        rows
    }

    /// Flows that hold values at the same places are of one shape: what was cut is cut into such.
    fn fill(&mut self) {
        let all: Vec<usize> = (0..self.window.len()).collect();
        let mut shapes: BTreeMap<BTreeSet<u64>, Vec<usize>> = BTreeMap::new();
        for (place, parcel) in self.window.iter().enumerate() {
            shapes.entry(parcel.pieces.iter().map(|kept| kept.family).collect()).or_default().push(place);
        }
        self.in_order(&all);
        for places in shapes.values().filter(|places| places.len() > 1) {
            if *places != all {
                self.in_order(places);
            }
            self.by_ties(places);
        }
    }

    /// Adds the rows of those flows among `places` that share a value which others lack.
    fn by_ties(&mut self, places: &[usize]) {
        let mut ties: Vec<BTreeMap<&[u8], Vec<usize>>> = Vec::new();
        for flows in self.soles.values() {
            let mut groups: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
            for (place, kept) in places.iter().filter_map(|place| Some((place, flows.get(place)?))) {
                groups.entry(&kept.bytes).or_default().push(*place);
            }
            if groups.len() > 1 && groups.values().any(|group| group.len() > 1) {
                ties.push(groups);
            }
        }
        ties.sort_by_key(|groups| Reverse(groups.len())); // a batch is small
        for group in ties.iter().take(TIES_MAX).flat_map(|groups| groups.values()).filter(|group| group.len() > 1) {
            self.in_order(group);
        }
    }

    /// Adds the rows of the flows at `places` as they stand, and by numbers that each holds and that order them
    /// otherwise.
    fn in_order(&mut self, places: &[usize]) {
        let by_number = |flows: &BTreeMap<usize, &Kept>| -> Option<Vec<usize>> {
            let number = |place| Some((flows.get(place)?.number?, *place));
            let mut numbers = places.iter().map(number).collect::<Option<Vec<_>>>()?;
            let otherwise = !numbers.is_sorted();
            numbers.sort_unstable();
            let told_apart = numbers.windows(2).all(|pair| pair[0].0 < pair[1].0);
            (otherwise && told_apart).then(|| numbers.into_iter().map(|(_, place)| place).collect())
        };
        let orders: BTreeSet<Vec<usize>> = self.soles.values().filter_map(by_number).take(NUMBERS_MAX).collect();
        for places in std::iter::once(places).chain(orders.iter().map(Vec::as_slice)) {
            self.add(places);
        }
    }

    /// Adds a row for each family of values that several flows hold, and that do not all say the same.
    fn add(&mut self, places: &[usize]) {
        let mut rows: BTreeMap<u64, Row<'w, 'a>> = BTreeMap::new();
        for parcel in places.iter().filter_map(|&place| self.window.get(place)) {
            let mut pieces: Vec<&Kept> = parcel.pieces.iter().filter(|kept| !kept.is_number).collect();
            pieces.sort_by_key(|kept| (kept.family, kept.order));
            for kept in pieces {
                rows.entry(kept.family).or_default().push((parcel, kept));
            }
        }
        for row in rows.into_values() {
            let (first, first_kept) = row[0];
            let several = row.iter().any(|(parcel, _)| parcel.number != first.number);
            let differ = row.iter().any(|(_, kept)| kept.bytes != first_kept.bytes);
            if several && differ && row.len() <= self.room {
                self.room -= row.len();
                self.rows.push(row);
            }
        }
    }
}
