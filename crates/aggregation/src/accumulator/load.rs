//! Takes reports in column by column.

use super::{
    Accumulator, Limits, LoadError, PushError,
    dictionary::Dictionary,
    groups::{NONE, Numbering},
    sieve::Sieve,
};
use crate::columns::{Codes, Columns, KeyColumn};

/// Reports that are taken at once: their columns stay in the first-level cache from step to step.
const BLOCK: usize = 2048;
/// Reports whose groups are touched before they are counted.
const TOUCHED: usize = 256;

/// Codes here of a column's codes there.
enum Codebook {
    /// The same.
    Same,
    /// By code there.
    Map(Vec<u32>),
    /// By code there; [`NONE`] where the text is not among known keys.
    Partial(Vec<u32>),
    /// Codes of hashes, which are found block by block; [`NONE`] as above.
    Hashed(Vec<u32>),
}

/// Columns of a block as they are here; kept for their allocations.
#[derive(Default)]
struct Block {
    /// Numbers of the groups; [`NONE`] where a text is not among known keys.
    numbers: Vec<u32>,
    devices: Vec<u64>,
    /// How many rows have a number.
    taken: usize,
    /// Places of those that their devices may keep.
    passed: Vec<u32>,
}

impl Accumulator {
    /// Takes every report of `columns`, whose keys are the query's group fields, and says how many: all but those whose
    /// key is not among known keys. The same as [`push`](Self::push) for each, where a device is named by the eight
    /// bytes of its number, the lowest first. Where contributions are bounded, they cannot be
    /// [taken back](Self::take_back) any more: reports that do not count whatever else comes are not kept.
    ///
    /// # Errors
    /// If columns do not suit the query, or it is not sure that all have room: rows, the groups that texts could make, or
    /// the longest key that they could make. No report was taken then.
    pub fn push_columns(&mut self, columns: &Columns<'_>) -> Result<u64, LoadError> {
        self.check(columns)?;
        if columns.is_empty() {
            return Ok(0);
        }
        let mut books: Vec<Codebook> =
            (0..).zip(columns.keys()).map(|(place, key)| self.codebook(place, key)).collect();
        if columns.devices().is_some() {
            self.rows.make_room(columns.len());
        }
        let mut sieve = self.sieve(columns, &books);
        let mut block = Block::default();
        let before = self.reports;
        for start in (0..columns.len()).step_by(BLOCK) {
            let rows = columns.slice(start..start + BLOCK);
            self.look_up_hashes(&rows, &mut books);
            if !self.groups.fits() {
                self.renumber_for(columns.len() - start);
            }
            self.number(&rows, &books, &mut block);
            self.reports += block.taken as u64;
            self.settle(&rows, &block);
            self.keep_rows(&rows, &mut block, sieve.as_mut());
        }
        Ok(self.reports - before)
    }

    fn check(&self, columns: &Columns<'_>) -> Result<(), LoadError> {
        if self.responses.is_some() {
            return Err(LoadError::Randomized);
        }
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

    /// How many groups there could be with `columns`, at most; exactly as many if that decides whether they have room.
    fn groups_possible(&self, columns: &Columns<'_>) -> usize {
        let by_rows = self.groups.len().saturating_add(columns.len());
        let with = |fresh: &dyn Fn(&Dictionary, &[String]) -> usize| {
            let texts = self.groups.dictionaries.iter().zip(columns.keys()).map(|(dictionary, key)| match key {
                KeyColumn::Coded { texts, .. } => dictionary.len() + fresh(dictionary, texts),
                KeyColumn::Hashed(hashes) => dictionary.len() + hashes.len(),
            });
            texts.fold(1, usize::saturating_mul).min(by_rows)
        };
        let at_most = with(&|_, texts| texts.len());
        if at_most <= self.limits.groups_max {
            return at_most;
        }
        with(&|dictionary, texts| texts.iter().filter(|text| dictionary.find(text).is_none()).count())
    }

    /// Takes in the texts of a column.
    fn codebook(&mut self, place: usize, key: &KeyColumn<'_>) -> Codebook {
        let KeyColumn::Coded { texts, .. } = key else { return Codebook::Hashed(Vec::with_capacity(BLOCK)) };
        let dictionary = &mut self.groups.dictionaries[place];
        dictionary.reserve(texts.len());
        let knows = |near, text: &String| self.plan.knows_text(place, text, near);
        let code = |(near, text): (usize, &String)| if knows(near, text) { dictionary.insert(text) } else { NONE };
        let map: Vec<u32> = texts.iter().enumerate().map(code).collect();
        if map.contains(&NONE) {
            Codebook::Partial(map)
        } else if (0_u32..).zip(&map).all(|(there, &here)| there == here) {
            Codebook::Same
        } else {
            Codebook::Map(map)
        }
    }

    /// Finds the codes of a block's hashes, and takes in those that are new.
    fn look_up_hashes(&mut self, rows: &Columns<'_>, books: &mut [Codebook]) {
        let plan = &self.plan;
        for (place, (key, dictionary)) in rows.keys().iter().zip(&mut self.groups.dictionaries).enumerate() {
            if let (KeyColumn::Hashed(hashes), Codebook::Hashed(codes)) = (key, &mut books[place]) {
                dictionary.insert_words(hashes, |text| plan.knows_text(place, text, 0), codes);
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
    fn number(&mut self, rows: &Columns<'_>, books: &[Codebook], block: &mut Block) {
        let numbers = &mut block.numbers;
        numbers.clear();
        numbers.resize(rows.len(), 0);
        let keys = || rows.keys().iter().zip(books);
        if let Numbering::Dense(layout) = &self.groups.numbering {
            for (shift, (key, book)) in layout.shifts().zip(keys()) {
                // Codes that are `NONE` go astray here, and are put right below.
                each_code(key, book, &mut *numbers, |number, code| *number |= code.wrapping_shl(shift));
            }
        }
        block.taken = rows.len();
        for (key, book) in keys().filter(|(_, book)| matches!(book, Codebook::Partial(_) | Codebook::Hashed(_))) {
            each_code(key, book, &mut *numbers, |number, code| *number |= if code == NONE { NONE } else { 0 });
            block.taken = numbers.iter().filter(|number| **number != NONE).count();
        }
        if let Numbering::Met(met) = &mut self.groups.numbering {
            let mut codes = vec![0; rows.keys().len() * rows.len()];
            for (place, (key, book)) in keys().enumerate() {
                let column = codes.iter_mut().skip(place).step_by(rows.keys().len());
                each_code(key, book, column, |place, code| *place = code);
            }
            for (number, key) in numbers.iter_mut().zip(codes.chunks_exact(rows.keys().len().max(1))) {
                if *number != NONE {
                    *number = met.number(key);
                }
            }
        }
    }

    /// Counts what needs no device any more.
    fn settle(&mut self, rows: &Columns<'_>, block: &Block) {
        if rows.devices().is_some() && self.plan.is_bounded() {
            return;
        }
        self.settled.cover(self.groups.len());
        let range = self.plan.range().filter(|_| rows.values().is_some());
        for start in (0..block.numbers.len()).step_by(TOUCHED) {
            let numbers = &block.numbers[start..block.numbers.len().min(start + TOUCHED)];
            self.settled.touch(numbers);
            let numbers = numbers.iter().copied();
            let known = |(number, _): &(u32, i64)| *number != NONE;
            match (rows.values(), range) {
                (Some(values), Some((min, max))) => {
                    let values = values[start..].iter().map(|value| (*value).max(min).min(max));
                    self.settled.add_reports(numbers.zip(values).filter(known));
                }
                _ => self.settled.add_reports(numbers.map(|number| (number, 0)).filter(known)),
            }
        }
    }

    /// A sieve for `columns`, where it pays: groups must not get other numbers meanwhile.
    fn sieve(&mut self, columns: &Columns<'_>, books: &[Codebook]) -> Option<Sieve> {
        let bounds = self.plan.bounds().filter(|_| columns.devices().is_some())?;
        self.sieved = true;
        if books.iter().any(|book| matches!(book, Codebook::Hashed(_))) {
            return None;
        }
        if !self.groups.fits() {
            self.renumber_for(columns.len());
        }
        Sieve::of(bounds, &self.groups, columns.len())
    }

    /// Keeps what is still to be bounded or told apart by device.
    fn keep_rows(&mut self, rows: &Columns<'_>, block: &mut Block, sieve: Option<&mut Sieve>) {
        let Some(found) = rows.devices() else { return };
        let Block { numbers, devices, passed, taken } = block;
        devices.clear();
        devices.extend(found.iter().map(|&device| self.sampling.device_number(device)));
        let range = self.plan.range();
        let value = |place: usize| match (rows.values(), range) {
            (Some(values), Some((min, max))) => values[place].max(min).min(max),
            _ => 0,
        };
        match sieve {
            Some(sieve) if *taken == numbers.len() => {
                sieve.sift(&self.sampling, &self.groups, (devices, numbers), passed);
                for place in passed.iter().map(|place| *place as usize) {
                    self.rows.push(devices[place], numbers[place], value(place));
                }
            }
            _ => {
                let named = devices.iter().zip(numbers.iter()).enumerate();
                for (place, (&device, &number)) in named.filter(|(_, (_, number))| **number != NONE) {
                    self.rows.push(device, number, value(place));
                }
            }
        }
    }
}

/// Calls `each` with every place and the code here that belongs there.
#[inline]
fn each_code<'a>(
    key: &KeyColumn<'_>,
    book: &Codebook,
    places: impl IntoIterator<Item = &'a mut u32>,
    mut each: impl FnMut(&mut u32, u32),
) {
    let places = places.into_iter();
    match (key, book) {
        (_, Codebook::Hashed(codes)) => places.zip(codes).for_each(|(place, &code)| each(place, code)),
        (KeyColumn::Hashed(_), _) => {}
        (KeyColumn::Coded { codes, .. }, Codebook::Same) => match codes {
            Codes::U8(codes) => places.zip(*codes).for_each(|(place, &code)| each(place, code.into())),
            Codes::U16(codes) => places.zip(*codes).for_each(|(place, &code)| each(place, code.into())),
            Codes::U32(codes) => places.zip(*codes).for_each(|(place, &code)| each(place, code)),
        },
        (KeyColumn::Coded { codes, .. }, Codebook::Map(map) | Codebook::Partial(map)) => match codes {
            Codes::U8(codes) => places.zip(*codes).for_each(|(place, &code)| each(place, map[usize::from(code)])),
            Codes::U16(codes) => places.zip(*codes).for_each(|(place, &code)| each(place, map[usize::from(code)])),
            Codes::U32(codes) => places.zip(*codes).for_each(|(place, &code)| each(place, map[code as usize])),
        },
    }
}

/// Bytes of a column's longest text.
fn longest(key: &KeyColumn<'_>) -> usize {
    match key {
        KeyColumn::Coded { texts, .. } => texts.iter().map(String::len).max().unwrap_or(0),
        KeyColumn::Hashed(_) => 16,
    }
}
