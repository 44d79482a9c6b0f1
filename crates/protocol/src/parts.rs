//! Cuts a partial accumulator into parts that fit into messages, and puts it together again.

use std::mem;

use model::Partial;

use crate::{ConvertError, Failure, StatusKind, v1};

/// Bytes of group keys after which a part is full: far enough below the 4 MiB that gRPC libraries accept by default
/// to leave room for a long last key and for the numbers.
const PART_KEY_BYTES: usize = 1 << 20;
/// Groups after which a part is full.
const PART_GROUPS: usize = 1 << 15;

/// Cuts `partial` into parts, in order; at least one.
///
/// ```
/// # use model::*;
/// let partial = Partial {
///     query: QueryId::new("visits")?,
///     window: Window::holding(Timestamp::from_millis(0), Duration::DAY),
///     regions: vec![RegionId::new("sg")?],
///     groups: vec![vec!["news.example".to_owned()]],
///     counts: vec![3],
///     sums: vec![0],
///     devices: vec![2],
///     responses: 0,
///     shares: vec![],
/// };
/// let mut assembly = protocol::Assembly::new(1 << 20);
/// for part in protocol::parts(partial.clone()) {
///     assembly.push(part)?;
/// }
/// assert_eq!(assembly.finish()?, partial);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn parts(partial: Partial) -> Vec<v1::PartialAccumulator> {
    cut(partial, PART_GROUPS, PART_KEY_BYTES)
}

/// Cuts `partial` into parts, each full after `groups_max` groups or `key_bytes_max` bytes of keys.
pub(crate) fn cut(partial: Partial, groups_max: usize, key_bytes_max: usize) -> Vec<v1::PartialAccumulator> {
    let mut whole = v1::PartialAccumulator::from(partial);
    let rows = mem::take(&mut whole.groups)
        .into_iter()
        .zip(mem::take(&mut whole.counts))
        .zip(mem::take(&mut whole.sums))
        .zip(mem::take(&mut whole.devices));
    let header = whole;
    let mut parts = vec![header.clone()];
    let mut key_bytes = 0;
    for (((group, count), sum), devices) in rows {
        let full = parts.last().is_some_and(|part| part.groups.len() >= groups_max);
        if full || key_bytes >= key_bytes_max {
            parts.push(header.clone());
            key_bytes = 0;
        }
        key_bytes += group.values.iter().map(String::len).sum::<usize>();
        if let Some(part) = parts.last_mut() {
            part.groups.push(group);
            part.counts.push(count);
            part.sums.push(sum);
            part.devices.push(devices);
        }
    }
    parts
}

/// A partial accumulator that is being put together from its parts.
#[derive(Debug)]
pub struct Assembly {
    bytes_max: usize,
    bytes: usize,
    whole: Option<Partial>,
}

/// Why parts make no whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssemblyError {
    /// A part says something that no accumulator says.
    #[error(transparent)]
    Malformed(#[from] ConvertError),
    /// A part belongs to another query, window or set of regions than the first, or counts other responses.
    #[error("a part has another {field} than the first part")]
    Mixed {
        /// What differs.
        field: &'static str,
    },
    /// A part does not continue the one before.
    #[error("groups of a part are not after those of the part before")]
    OutOfOrder,
    /// The parts are too many to be held.
    #[error("parts hold more than the limit of {bytes_max} bytes")]
    TooLarge {
        /// Most bytes of all parts as encoded.
        bytes_max: usize,
    },
    /// There was no part at all.
    #[error("no part came, expected at least one")]
    Empty,
}

impl Failure for AssemblyError {
    fn kind(&self) -> StatusKind {
        match self {
            Self::TooLarge { .. } => StatusKind::ResourceExhausted,
            Self::Malformed(_) | Self::Mixed { .. } | Self::OutOfOrder | Self::Empty => StatusKind::InvalidArgument,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Malformed(error) => error.reason(),
            Self::Mixed { .. } => "mixed-parts",
            Self::OutOfOrder => "parts-out-of-order",
            Self::TooLarge { .. } => "too-large",
            Self::Empty => "no-parts",
        }
    }
}

impl Assembly {
    /// Nothing yet, of at most `bytes_max` bytes as encoded.
    #[must_use]
    pub const fn new(bytes_max: usize) -> Self {
        Self { bytes_max, bytes: 0, whole: None }
    }

    /// Adds the next part.
    ///
    /// # Errors
    /// If it is malformed, does not continue what came before, or is more than fits.
    pub fn push(&mut self, part: v1::PartialAccumulator) -> Result<(), AssemblyError> {
        self.bytes = self.bytes.saturating_add(prost::Message::encoded_len(&part));
        if self.bytes > self.bytes_max {
            return Err(AssemblyError::TooLarge { bytes_max: self.bytes_max });
        }
        let part = Partial::try_from(part)?;
        let Some(whole) = &mut self.whole else {
            self.whole = Some(part);
            return Ok(());
        };
        for (field, same) in [
            ("query", whole.query == part.query),
            ("window", whole.window == part.window),
            ("regions", whole.regions == part.regions),
            ("responses", whole.responses == part.responses),
            ("shares", whole.shares == part.shares),
        ] {
            if !same {
                return Err(AssemblyError::Mixed { field });
            }
        }
        if matches!((whole.groups.last(), part.groups.first()), (Some(last), Some(first)) if last >= first) {
            return Err(AssemblyError::OutOfOrder);
        }
        whole.groups.extend(part.groups);
        whole.counts.extend(part.counts);
        whole.sums.extend(part.sums);
        whole.devices.extend(part.devices);
        Ok(())
    }

    /// The whole.
    ///
    /// # Errors
    /// If no part came.
    pub fn finish(self) -> Result<Partial, AssemblyError> {
        self.whole.ok_or(AssemblyError::Empty)
    }
}
