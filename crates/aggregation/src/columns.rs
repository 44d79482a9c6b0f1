//! Reports column by column: the fast way into an accumulator.

use std::ops::Range;

/// Reports of one query and window, column by column. Row `n` of every column is report `n`.
///
/// Whoever makes them has sorted out already what does not answer the query: other events, other windows.
///
/// ```
/// use aggregation::{Codes, Columns, KeyColumn};
/// let sites = ["a.example", "b.example"].map(str::to_owned);
/// let site = KeyColumn::Coded { codes: Codes::U8(&[0, 1, 1]), texts: &sites };
/// let columns = Columns::new(Some(&[7, 7, 8]), vec![site], None)?;
/// assert_eq!(columns.len(), 3);
/// # Ok::<(), aggregation::ColumnsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Columns<'a> {
    len: usize,
    devices: Option<&'a [u64]>,
    keys: Vec<KeyColumn<'a>>,
    values: Option<&'a [i64]>,
}

/// One field that reports are grouped by.
#[derive(Debug, Clone, Copy)]
pub enum KeyColumn<'a> {
    /// Values by their place in a dictionary.
    Coded {
        /// Place of each report's value.
        codes: Codes<'a>,
        /// The dictionary: each text at most once.
        texts: &'a [String],
    },
    /// Values of which only a hash of 64 bits is known. Their text is the hash as 16 hexadecimal digits.
    Hashed(&'a [u64]),
}

/// Places in a dictionary, as wide as it needs.
#[derive(Debug, Clone, Copy)]
pub enum Codes<'a> {
    /// Up to 256 texts.
    U8(&'a [u8]),
    /// Up to 65 536 texts.
    U16(&'a [u16]),
    /// More.
    U32(&'a [u32]),
}

/// Why columns do not make reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnsError {
    /// A column is longer or shorter than the first.
    #[error("column {column} has {found} rows, the columns before it have {expected}")]
    Length {
        /// Position among all columns: devices, keys, values.
        column: usize,
        /// Its rows.
        found: usize,
        /// Rows of the columns before it.
        expected: usize,
    },
    /// A code points behind its dictionary.
    #[error("key column {column} has the code {found} in its dictionary of {texts} texts")]
    Code {
        /// Position among key columns.
        column: usize,
        /// The greatest code.
        found: u32,
        /// Texts of its dictionary.
        texts: usize,
    },
    /// There is no column at all, so that nothing says how many reports there are.
    #[error("there is no column, expected at least one")]
    None,
}

impl<'a> Columns<'a> {
    /// Puts columns together. `devices` are names of devices as numbers, left out where no device is known or distinct
    /// devices are not asked for; `keys` are the query's group fields in their order; `values` are what is summed.
    ///
    /// # Errors
    /// If columns differ in length, a code has no text, or there is no column.
    pub fn new(
        devices: Option<&'a [u64]>,
        keys: Vec<KeyColumn<'a>>,
        values: Option<&'a [i64]>,
    ) -> Result<Self, ColumnsError> {
        let lengths = devices.map(<[_]>::len).into_iter().chain(keys.iter().map(KeyColumn::len));
        let mut lengths = lengths.chain(values.map(<[_]>::len)).enumerate();
        let Some((_, len)) = lengths.next() else { return Err(ColumnsError::None) };
        if let Some((column, found)) = lengths.find(|(_, found)| *found != len) {
            return Err(ColumnsError::Length { column, found, expected: len });
        }
        for (column, key) in keys.iter().enumerate() {
            if let KeyColumn::Coded { codes, texts } = key
                && let Some(found) = codes.greatest().filter(|found| *found as usize >= texts.len())
            {
                return Err(ColumnsError::Code { column, found, texts: texts.len() });
            }
        }
        Ok(Self { len, devices, keys, values })
    }

    /// Number of reports.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no report.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The reports in `rows`, cut off at the end: how columns are split into shards.
    #[must_use]
    pub fn slice(&self, rows: Range<usize>) -> Self {
        let rows = rows.start.min(self.len)..rows.end.min(self.len).max(rows.start.min(self.len));
        Self {
            len: rows.len(),
            devices: self.devices.map(|devices| &devices[rows.clone()]),
            keys: self.keys.iter().map(|key| key.slice(rows.clone())).collect(),
            values: self.values.map(|values| &values[rows]),
        }
    }

    pub(crate) const fn devices(&self) -> Option<&'a [u64]> {
        self.devices
    }

    pub(crate) fn keys(&self) -> &[KeyColumn<'a>] {
        &self.keys
    }

    pub(crate) const fn values(&self) -> Option<&'a [i64]> {
        self.values
    }
}

impl KeyColumn<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Coded { codes: Codes::U8(codes), .. } => codes.len(),
            Self::Coded { codes: Codes::U16(codes), .. } => codes.len(),
            Self::Coded { codes: Codes::U32(codes), .. } => codes.len(),
            Self::Hashed(hashes) => hashes.len(),
        }
    }

    fn slice(&self, rows: Range<usize>) -> Self {
        match *self {
            Self::Coded { codes, texts } => Self::Coded { codes: codes.slice(rows), texts },
            Self::Hashed(hashes) => Self::Hashed(&hashes[rows]),
        }
    }
}

impl Codes<'_> {
    pub(crate) fn slice(&self, rows: Range<usize>) -> Self {
        match self {
            Self::U8(codes) => Self::U8(&codes[rows]),
            Self::U16(codes) => Self::U16(&codes[rows]),
            Self::U32(codes) => Self::U32(&codes[rows]),
        }
    }

    fn greatest(&self) -> Option<u32> {
        // Folded by value, which the processor does many at a time.
        match self {
            Self::U8(codes) => codes.first().map(|_| codes.iter().copied().fold(0, u8::max).into()),
            Self::U16(codes) => codes.first().map(|_| codes.iter().copied().fold(0, u16::max).into()),
            Self::U32(codes) => codes.first().map(|_| codes.iter().copied().fold(0, u32::max)),
        }
    }
}
