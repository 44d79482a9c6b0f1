//! Epochs: windows as the protocol names them.

use model::{QueryId, Window};

use super::DEVICES_MIN;

/// Epochs that one key of the randomness server serves: `ppoprf` punctures metadata of one byte.
const EPOCHS_PER_KEY: i64 = 256;

/// Where the randomness server's key for a window is: in which key, and under which metadata tag of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch {
    /// Number of the key; each serves 256 windows one after the other.
    pub key: i64,
    /// The metadata tag.
    pub tag: u8,
}

impl Epoch {
    /// The epoch that is `window`. Windows are as [`Window::holding`] makes them.
    #[must_use]
    pub fn of(window: Window) -> Self {
        let length = window.end.as_millis().saturating_sub(window.start.as_millis()).max(1);
        let number = window.start.as_millis().div_euclid(length);
        let tag = u8::try_from(number.rem_euclid(EPOCHS_PER_KEY)).unwrap_or_default();
        Self { key: number.div_euclid(EPOCHS_PER_KEY), tag }
    }
}

/// What all devices and the server must agree about before a message is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    epoch: Vec<u8>,
    devices_min: u32,
}

impl Terms {
    /// The terms of `query` in `window`, with a threshold of `devices_min` devices; `None` where that is not within
    /// [`DEVICES_MIN`].
    #[must_use]
    pub fn new(query: &QueryId, window: Window, devices_min: u32) -> Option<Self> {
        let epoch = format!("{query}/{}/{}", window.start.as_millis(), window.end.as_millis()).into_bytes();
        DEVICES_MIN.contains(&devices_min).then_some(Self { epoch, devices_min })
    }

    /// The threshold k.
    #[must_use]
    pub const fn devices_min(&self) -> u32 {
        self.devices_min
    }

    /// The epoch as bytes: no two windows, and no two queries, have the same.
    #[must_use]
    pub fn epoch_bytes(&self) -> &[u8] {
        &self.epoch
    }
}
