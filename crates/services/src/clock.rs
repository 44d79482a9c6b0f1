//! What time it is for a call: the wall's, or what the driver of a scenario says.

use std::time::{SystemTime, UNIX_EPOCH};

use model::Timestamp;
use protocol::metadata;
use tonic::metadata::MetadataMap;

use crate::{AccessError, Credential};

/// Whose time holds.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's.
    Wall,
    /// The driver's, who sends it with every call. Nobody else may call.
    Scenario {
        /// What the driver shows.
        credential: Credential,
    },
}

impl Clock {
    /// Lets everybody in on the wall's clock, and the driver alone on a scenario's.
    pub(crate) fn admit(&self, call: &MetadataMap) -> Result<(), AccessError> {
        let Self::Scenario { credential } = self else { return Ok(()) };
        let driver = call.get(metadata::DRIVER).ok_or(AccessError::NoDriver)?;
        if credential.matches(driver.as_encoded_bytes()) { Ok(()) } else { Err(AccessError::WrongDriver) }
    }

    /// The time that holds for a call with this metadata.
    pub(crate) fn now(&self, call: &MetadataMap) -> Result<Timestamp, AccessError> {
        self.admit(call)?;
        if matches!(self, Self::Wall) {
            return Ok(wall_now());
        }
        let found = call.get(metadata::NOW).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let ms = found.parse().map_err(|_| AccessError::NoTime { found: found.chars().take(32).collect() })?;
        Ok(Timestamp::from_millis(ms))
    }
}

/// The machine's time.
pub(crate) fn wall_now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
