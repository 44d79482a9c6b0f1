//! Takes reports in column by column.

use super::{
    Accumulator, Limits, LoadError, PushError,
    groups::{NONE, Numbering},
};
use crate::columns::{Codes, Columns, KeyColumn};

/// Reports that are taken at once: their columns stay in the first-level cache from step to step.
const BLOCK: usize = 2048;

/// Codes here of a column's codes there.
enum Codebook {
    /// The same.
    Same,
    /// By code there; [`NONE`] where the text is not among known keys.
    Map(Vec<u32>),
}

/// Columns of a block as they are here; kept for their allocations.
struct Block {
    codes: Vec<Vec<u32>>,
    /// Numbers of the groups; [`NONE`] where a text is not among known keys.
    numbers: Vec<u32>,
    values: Vec<i64>,
    devices: Vec<u64>,
}

impl Accumulator {
    /// Takes every report of `columns`, whose keys are the query's group fields, and says how many: all but those whose
    /// key is not among known keys. The same as [`push`](Self::push) for each, where a device is named by the eight
    /// bytes of its number, the lowest first.
    ///
    /// # Errors
    /// If columns do not suit the query, or it is not sure that all have room: rows, the groups that texts could make, or
    /// the longest key that they could make. No report was taken then.
    pub fn push_columns(&mut self, columns: &Columns<'_>) -> Result<u64, LoadError> {
        self.check(columns)?;
        if columns.is_empty() {
            return Ok(0);
        }
        let books: Vec<Codebook> = (0..).zip(columns.keys()).map(|(place, key)| self.codebook(place, key)).collect();
        if columns.devices().is_some() {
            self.rows.make_room(columns.len());
        }
        let mut block = Block {
            codes: vec![Vec::new(); books.len()],
            numbers: Vec::new(),
            values: Vec::new(),
            devices: Vec::new(),
        };
        let before = self.reports;
        for start in (0..columns.len()).step_by(BLOCK) {
            let rows = columns.slice(start..start + BLOCK);
            self.encode(&rows, &books, &mut block);
            if !self.groups.fits() {
                self.renumber_for(columns.len() - start);
            }
            self.number(&mut block, rows.len());
            self.settle(&rows, &mut block);
            self.keep_rows(&rows, &mut block);
        }
        Ok(self.reports - before)
    }

    fn check(&self, columns: &Columns<'_>) -> Result<(), LoadError> {
        let (found, expected) = (columns.keys().len(), self.plan.width());
        if found != expected {
            return Err(LoadError::Width { found, expected });
        }
        if self.plan.sums() && columns.values().is_none() {
            return Err(LoadError::Values);
        }
        let Limits { rows_max, groups_max, key_bytes_max } = self.limits;
        if columns.devices().is_some() && columns.len() > rows_max.saturating_sub(self.rows.len()) {
            return Err(PushError::Rows { rows_max }.into());
        }
        let longest = columns.keys().iter().map(longest).fold(0, usize::saturating_add);
        if longest > key_bytes_max {
            return Err(PushError::Key { found: longest, key_bytes_max }.into());
        }
        if self.groups_possible(columns) > groups_max {
            return Err(PushError::Groups { groups_max }.into());
        }
        self.reports.checked_add(columns.len() as u64).ok_or(PushError::Rows { rows_max })?;
        Ok(())
    }

    /// How many groups there could be with `columns`.
    fn groups_possible(&self, columns: &Columns<'_>) -> usize {
        let by_rows = self.groups.len().saturating_add(columns.len());
        let texts = self.groups.dictionaries.iter().zip(columns.keys()).map(|(dictionary, key)| match key {
            KeyColumn::Coded { texts, .. } => {
                dictionary.len() + texts.iter().filter(|text| dictionary.find(text).is_none()).count()
            }
            KeyColumn::Hashed(hashes) => dictionary.len() + hashes.len(),
        });
        texts.fold(1, usize::saturating_mul).min(by_rows)
    }

    /// Takes in the texts of a column.
    fn codebook(&mut self, place: usize, key: &KeyColumn<'_>) -> Codebook {
        let KeyColumn::Coded { texts, .. } = key else { return Codebook::Same };
        let dictionary = &mut self.groups.dictionaries[place];
        let code = |text: &String| if self.plan.knows_text(place, text) { dictionary.insert(text) } else { NONE };
        let map: Vec<u32> = texts.iter().map(code).collect();
        if (0_u32..).zip(&map).all(|(there, &here)| there == here) { Codebook::Same } else { Codebook::Map(map) }
    }

    /// Writes the codes of a block's keys.
    fn encode(&mut self, rows: &Columns<'_>, books: &[Codebook], block: &mut Block) {
        let dictionaries = self.groups.dictionaries.iter_mut();
        for (place, ((key, dictionary), codes)) in (0..).zip(rows.keys().iter().zip(dictionaries).zip(&mut block.codes))
        {
            codes.clear();
            match key {
                KeyColumn::Coded { codes: found, .. } => {
                    match found {
                        Codes::U8(found) => codes.extend(found.iter().map(|&code| u32::from(code))),
                        Codes::U16(found) => codes.extend(found.iter().map(|&code| u32::from(code))),
                        Codes::U32(found) => codes.extend_from_slice(found),
                    }
                    if let Codebook::Map(map) = &books[place] {
                        codes.iter_mut().for_each(|code| *code = map[*code as usize]);
                    }
                }
                KeyColumn::Hashed(hashes) => {
                    let plan = &self.plan;
                    let code =
                        |&hash: &u64| dictionary.insert_word(hash, |text| plan.knows_text(place, text)).unwrap_or(NONE);
                    codes.extend(hashes.iter().map(code));
                }
            }
        }
    }

    /// Numbers groups anew if that suits better, given `more` reports.
    fn renumber_for(&mut self, more: usize) {
        let reports = self.reports.saturating_add(more as u64);
        let suited = self.groups.suited(reports, self.limits.groups_max);
        if self.groups.is_dense() || matches!(suited, Numbering::Dense(_)) {
            self.renumber(more);
        }
    }

    /// Numbers a block's groups.
    fn number(&mut self, block: &mut Block, rows: usize) {
        let Block { codes, numbers, .. } = block;
        numbers.clear();
        numbers.resize(rows, 0);
        if let Numbering::Dense(layout) = &self.groups.numbering {
            for (shift, codes) in layout.shifts().zip(&*codes) {
                // A code that is `NONE` goes astray here, and is put right below.
                numbers.iter_mut().zip(codes).for_each(|(number, code)| *number |= code.wrapping_shl(shift));
            }
        }
        for codes in &*codes {
            numbers.iter_mut().zip(codes).filter(|(_, code)| **code == NONE).for_each(|(number, _)| *number = NONE);
        }
        if let Numbering::Met(met) = &mut self.groups.numbering {
            let mut key = Vec::with_capacity(codes.len());
            for (row, number) in numbers.iter_mut().enumerate().filter(|(_, number)| **number != NONE) {
                key.clear();
                key.extend(codes.iter().map(|codes| codes[row]));
                *number = met.number(&key);
            }
        }
    }

    /// Counts what needs no device any more.
    fn settle(&mut self, rows: &Columns<'_>, block: &mut Block) {
        let Block { numbers, values, .. } = block;
        values.clear();
        match rows.values().filter(|_| self.plan.sums()) {
            Some(found) => values.extend(found.iter().map(|&value| self.plan.clamped(value))),
            None => values.resize(rows.len(), 0),
        }
        self.reports += numbers.iter().filter(|number| **number != NONE).count() as u64;
        if rows.devices().is_some() && self.plan.is_bounded() {
            return;
        }
        self.settled.cover(self.groups.len());
        for (&number, &value) in numbers.iter().zip(&*values) {
            if number != NONE {
                self.settled.add_one(number, value);
            }
        }
    }

    /// Keeps what is still to be bounded or told apart by device.
    fn keep_rows(&mut self, rows: &Columns<'_>, block: &mut Block) {
        let Some(found) = rows.devices() else { return };
        let Block { numbers, values, devices, .. } = block;
        devices.clear();
        devices.extend(found.iter().map(|&device| self.sampling.device_number(device)));
        for ((&device, &number), &value) in devices.iter().zip(&*numbers).zip(&*values) {
            if number != NONE {
                self.rows.push(device, number, value);
            }
        }
    }
}

/// Bytes of a column's longest text.
fn longest(key: &KeyColumn<'_>) -> usize {
    match key {
        KeyColumn::Coded { texts, .. } => texts.iter().map(String::len).max().unwrap_or(0),
        KeyColumn::Hashed(_) => 16,
    }
}
