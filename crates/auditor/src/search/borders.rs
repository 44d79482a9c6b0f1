//! What stands across the borders of values in a row, as far as it could be a part of a token: letters and digits.

use super::{
    Search,
    values::{Edges, Value},
};

/// Stands between what no token crosses.
const APART: u8 = 0;

/// Letters and digits across borders, run by run.
#[derive(Debug)]
pub(super) struct Borders<'s> {
    search: &'s Search,
    /// Most bytes of a token on one side of a border.
    reach: usize,
    text: Vec<u8>,
    /// Where the run begins that is not ended yet.
    run: usize,
    /// Whether that run crosses a border.
    crosses: bool,
}

impl<'s> Borders<'s> {
    pub(super) const fn new(search: &'s Search) -> Self {
        Self { search, reach: search.longest.saturating_sub(1), text: Vec::new(), run: 0, crosses: false }
    }

    /// Adds a row.
    pub(super) fn add(&mut self, row: &[Value<'_>]) {
        let mut before: Option<&Value<'_>> = None; // unless it is in the run
        for (at, value) in row.iter().enumerate() {
            self.crosses = match before.take() {
                Some(before) if may_cross(before, value, row.get(at + 1)) => self.begin_run(before.bytes),
                Some(_) => false,
                None => self.text.len() > self.run,
            };
            if !self.crosses {
                before = Some(value);
                continue;
            }
            let head = value.bytes.iter().take(self.reach).take_while(is_letter).count();
            self.text.extend_from_slice(&value.bytes[..head]);
            if head < value.bytes.len() {
                self.end_run();
                before = Some(value);
            }
        }
        self.end_run();
    }

    /// Begins a run with the letters and digits at the end of `value`; false if there are none.
    fn begin_run(&mut self, value: &[u8]) -> bool {
        let tail = value.iter().rev().take(self.reach).take_while(is_letter).count();
        self.text.extend_from_slice(&value[value.len() - tail..]);
        tail > 0
    }

    /// Keeps the run if a token could stand in it across a border.
    fn end_run(&mut self) {
        if self.crosses && self.text.len() - self.run >= self.search.shortest {
            self.text.push(APART);
        } else {
            self.text.truncate(self.run);
        }
        self.run = self.text.len();
        self.crosses = false;
    }

    /// The tokens that stand in the runs.
    pub(super) fn tokens(&self) -> impl Iterator<Item = usize> {
        self.search.places(&self.text).into_iter().map(|(token, _)| token)
    }
}

/// Whether a token that begins in one value could stand across the border to the next one.
fn may_cross(before: &Value<'_>, value: &Value<'_>, behind: Option<&Value<'_>>) -> bool {
    before.edges.may_cross_to(value.edges, behind.map_or(Edges::NONE, |behind| behind.edges))
}

const fn is_letter(byte: &&u8) -> bool {
    byte.is_ascii_alphanumeric()
}
