//! What stands across the borders of values in a row, as far as it could be a part of a token: letters and digits.

use super::Search;

/// Stands between what no token crosses.
const APART: u8 = 0;

/// Letters and digits across borders, run by run.
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
    pub(super) fn new(search: &'s Search) -> Self {
        Self { search, reach: search.longest.saturating_sub(1), text: Vec::new(), run: 0, crosses: false }
    }

    /// Adds a row.
    pub(super) fn add<'v>(&mut self, row: impl Iterator<Item = &'v [u8]>) {
        let mut before: Option<&[u8]> = None; // unless it is in the run
        for value in row {
            self.crosses = match before.take() {
                Some(before) if self.search.may_cross(before, value) => self.begin_run(before),
                Some(_) => false,
                None => self.text.len() > self.run,
            };
            if !self.crosses {
                before = Some(value);
                continue;
            }
            let head = value.iter().take(self.reach).take_while(is_letter).count();
            self.text.extend_from_slice(&value[..head]);
            if head < value.len() {
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

const fn is_letter(byte: &&u8) -> bool {
    byte.is_ascii_alphanumeric()
}
