//! Counts distinct devices, part by part, in sets that stay in cache.

use super::rows::{Row, Rows};

/// Tells the rows of a part apart.
#[derive(Default)]
pub(super) struct Distinct {
    rows: Vec<Row>,
    /// Open addressing with linear probing: one more than the place of a row, or zero.
    table: Vec<u32>,
}

impl Distinct {
    /// Adds the distinct devices of each group in a part to `devices`.
    pub(super) fn count(&mut self, rows: &Rows, part: usize, devices: &mut [u32]) {
        rows.gather(part, &mut self.rows);
        if self.rows.is_empty() {
            return;
        }
        let slots = (self.rows.len() * 2).next_power_of_two();
        self.table.clear();
        self.table.resize(slots, 0);
        let shift = 64 - slots.trailing_zeros();
        for (place, row) in (1_u32..).zip(&self.rows) {
            let mut slot = usize::try_from(hash(*row) >> shift).unwrap_or(0);
            loop {
                let seen = self.table[slot];
                if seen == 0 {
                    self.table[slot] = place;
                    devices[row.group as usize] += 1;
                    break;
                }
                if self.rows[seen as usize - 1] == *row {
                    break;
                }
                slot = (slot + 1) & (slots - 1);
            }
        }
    }
}

/// Device keys are uniform and nobody outside knows them: spreading groups apart is all that is left to do.
#[inline]
fn hash(row: Row) -> u64 {
    (row.device() ^ u64::from(row.group).wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xd6e8_feb8_6659_fd93)
}
