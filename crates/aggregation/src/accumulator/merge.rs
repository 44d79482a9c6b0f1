//! Joins shards of one region.

use super::{Accumulator, PushError, ShardError, groups::NONE};

impl Accumulator {
    /// Takes all reports of another shard of the same region. A merge with a copy of itself counts everything twice.
    ///
    /// # Errors
    /// If query, window or seed differ, or both together pass a limit of this one. Nothing was taken then.
    pub fn merge(&mut self, other: &Self) -> Result<(), ShardError> {
        if self.plan != other.plan {
            return Err(ShardError::Query);
        }
        if self.window != other.window {
            return Err(ShardError::Window { found: other.window, expected: self.window });
        }
        if self.sampling != other.sampling {
            return Err(ShardError::Sampling);
        }
        let reports = self.reports.checked_add(other.reports).ok_or(ShardError::Reports)?;
        if other.rows.len() > self.limits.rows_max.saturating_sub(self.rows.len()) {
            return Err(PushError::Rows { rows_max: self.limits.rows_max }.into());
        }
        self.merge_responses(other)?; // there are no groups and no rows beside them that could be refused
        if self.groups.agrees(&other.groups) {
            self.settled.unite(&other.settled);
            self.rows.unite(&other.rows);
        } else {
            self.merge_renumbered(other)?;
        }
        self.sieved |= other.sieved;
        self.reports = reports;
        Ok(())
    }

    /// Takes the reports of a shard whose groups have other numbers.
    fn merge_renumbered(&mut self, other: &Self) -> Result<(), PushError> {
        let groups_max = self.limits.groups_max;
        let theirs = other.used();
        let mut codes = self.groups.find_texts(&other.groups);
        let fresh =
            || theirs.iter().filter(|&&group| self.groups.find_of(&other.groups, group, &codes).is_none()).count();
        let used = self.used().len();
        if used + theirs.len() > groups_max && used + fresh() > groups_max {
            return Err(PushError::Groups { groups_max });
        }
        self.groups.take_texts(&other.groups, &theirs, &mut codes);
        if self.groups.is_dense() && !self.groups.fits() {
            self.renumber(usize::try_from(other.reports).unwrap_or(usize::MAX));
        }
        let numbers = self.groups.renumber_with(&other.groups, theirs.into_iter(), &codes);
        self.settled.cover(self.groups.len());
        self.settled.extend(&other.settled, |group| numbers[group as usize]);
        self.rows.extend(&other.rows, |group| numbers[group as usize]);
        Ok(())
    }

    /// Groups with reports, by number.
    fn used(&self) -> Vec<u32> {
        let mut used = vec![NONE; self.groups.len()];
        self.settled.groups().chain(self.rows.groups()).for_each(|group| used[group as usize] = group);
        used.retain(|&group| group != NONE);
        used
    }
}
