//! What stands across the borders of values in a row, as far as it could be a part of a token: letters and digits.

use super::Search;

/// Stands between what no token crosses.
const APART: u8 = 0;

/// Letters and digits across borders, run by run.
pub(super) struct Borders<'s> {
    search: &'s Search,
    text: Vec<u8>,
    /// Where the run begins that is not ended yet.
    run: usize,
    /// Whether that run crosses a border.
    crosses: bool,
}

impl<'s> Borders<'s> {
    pub(super) const fn new(search: &'s Search) -> Self {
        Self { search, text: Vec::new(), run: 0, crosses: false }
    }

    /// Adds a row.
    pub(super) fn add<'v>(&mut self, row: impl Iterator<Item = &'v [u8]>) {
        let reach = self.search.longest.saturating_sub(1);
        for value in row {
            let is_letter = |byte: &&u8| byte.is_ascii_alphanumeric();
            let head = value.iter().take(reach).take_while(is_letter).count();
            self.crosses = self.text.len() > self.run;
            self.text.extend_from_slice(&value[..head]);
            if head < value.len() {
                self.end_run();
                let tail = value.iter().rev().take(reach.min(value.len() - head)).take_while(is_letter).count();
                self.text.extend_from_slice(&value[value.len() - tail..]);
            }
        }
        self.end_run();
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
