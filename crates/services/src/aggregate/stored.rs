//! What an aggregator must still have when it is started again, as text: a heading with a digest of the rest, then the
//! ledger and every window in JSON. Neither the seed of the noise nor a credential is in it.

use std::{collections::BTreeMap, fmt, io, sync::Arc};

use aggregation::{Budget, Covers, Ledger};
use data_encoding::HEXLOWER;
use model::{QueryId, Window};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::board::Slot;

/// What the heading says before the digest: of what this is, and in which form.
const HEADING: &str = "glasshouse aggregator 1 sha256 ";

/// Why what is stored cannot be gone on with. Nothing is to be published then: what was spent is not known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoredError {
    /// Something else, or a part without its beginning.
    #[error("stored state begins with `{found}`, expected `{HEADING}` and a digest")]
    Heading {
        /// How it begins.
        found: String,
    },
    /// Something was changed or cut off since it was written.
    #[error("stored state is damaged: its digest is {found}, expected {expected} as its heading says")]
    Damaged {
        /// The digest of what is there.
        found: String,
        /// What the heading says.
        expected: String,
    },
    /// It is not what an aggregator writes, or its charges are more than its budget allows.
    #[error("stored state cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// What was spent of one budget says nothing about another.
    #[error("stored state has the budget {found}, expected {expected} as configured")]
    OtherBudget {
        /// The stored budget and what it covers.
        found: String,
        /// The configured ones.
        expected: String,
    },
    /// There are two answers to what was published of one window.
    #[error("stored state has two entries for `{query}` of {window}, expected one")]
    Twice {
        /// The query.
        query: QueryId,
        /// The window.
        window: Window,
    },
}

/// What is stored of every window.
pub(super) type Slots = BTreeMap<(QueryId, Window), Slot>;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Written<'a> {
    ledger: &'a Ledger,
    windows: Vec<(&'a QueryId, Window, &'a Slot)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Read {
    ledger: Ledger,
    windows: Vec<(QueryId, Window, Slot)>,
}

/// `ledger` and `slots` as they are stored.
pub(super) fn write(ledger: &Ledger, slots: &Slots) -> Result<Vec<u8>, serde_json::Error> {
    let windows = slots.iter().map(|((query, window), slot)| (query, *window, slot)).collect();
    let body = serde_json::to_vec(&Written { ledger, windows })?;
    let mut stored = format!("{HEADING}{}\n", digest(&body)).into_bytes();
    stored.extend(body);
    Ok(stored)
}

/// The ledger and the windows in `stored`.
pub(super) fn read(stored: &[u8], budget: Option<Budget>, covers: Covers) -> Result<(Ledger, Slots), StoredError> {
    let Read { ledger, windows } = serde_json::from_slice(whole(stored)?)?;
    let (found, expected) = ((ledger.budget(), ledger.covers()), (budget, covers));
    if found != expected {
        return Err(StoredError::OtherBudget { found: told(found)?, expected: told(expected)? });
    }
    let mut slots = Slots::new();
    for (query, window, slot) in windows {
        if slots.insert((query.clone(), window), slot).is_some() {
            return Err(StoredError::Twice { query, window });
        }
    }
    Ok((ledger, slots))
}

/// What follows on the heading of `stored`, if it is what was written.
fn whole(stored: &[u8]) -> Result<&[u8], StoredError> {
    let line = stored.iter().position(|byte| *byte == b'\n').unwrap_or(stored.len());
    let (heading, body) = (&stored[..line], stored.get(line + 1..).unwrap_or_default());
    let Some(expected) = heading.strip_prefix(HEADING.as_bytes()) else {
        let start = String::from_utf8_lossy(&heading[..heading.len().min(HEADING.len())]);
        return Err(StoredError::Heading { found: start.escape_default().to_string() });
    };
    let found = digest(body);
    if found.as_bytes() != expected {
        let expected = String::from_utf8_lossy(&expected[..expected.len().min(found.len())]);
        return Err(StoredError::Damaged { found, expected: expected.escape_default().to_string() });
    }
    Ok(body)
}

fn digest(body: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(body))
}

fn told((budget, covers): (Option<Budget>, Covers)) -> Result<String, serde_json::Error> {
    Ok(format!("{} for each {}", serde_json::to_string(&budget)?, serde_json::to_string(&covers)?))
}

/// Where an aggregator keeps what must outlive it.
#[derive(Clone)]
pub(super) struct Storage(Arc<Keep>);

type Keep = dyn Fn(&[u8]) -> io::Result<()> + Send + Sync;

impl Storage {
    pub(super) fn new(keep: impl Fn(&[u8]) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(keep))
    }

    pub(super) fn keep(&self, stored: &[u8]) -> io::Result<()> {
        (self.0)(stored)
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Storage").finish_non_exhaustive()
    }
}
