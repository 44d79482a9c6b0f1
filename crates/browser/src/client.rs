//! The simulated client.

use std::sync::Arc;

use model::{Channel, Country, DeviceId, Entry, Reply, Seed, Timestamp, Upload, UploadId, Version};

use crate::{Product, product::UnknownVersion};

/// What is the same for one device for its whole life.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The device, in its room.
    pub device: DeviceId,
    /// Model, such as `Redmi Note 8`.
    pub model: String,
    /// Country in which it is used.
    pub country: Country,
    /// BCP 47 tag of its language.
    pub locale: String,
    /// From which the client's chance derives.
    pub seed: Seed,
    /// From which the identifiers of the hardware derive.
    pub hardware: Seed,
}

/// What a browser wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Telemetry. On [`Channel::Http`] the answer to each attempt is due through [`Browser::reply`]; on the others it
    /// is ignored.
    Upload {
        /// The upload; the same for every attempt.
        id: UploadId,
        /// What is sent.
        upload: Upload,
        /// How.
        channel: Channel,
    },
    /// Navigation: a request that a visit itself causes.
    Navigate(Upload),
}

/// One client on one device: activities, time and replies in, uploads out, as its policy says.
#[derive(Debug)]
pub struct Browser {
    product: Arc<Product>,
    version: Version,
}

impl Browser {
    /// A client of `version`, installed just `now`, in its factory state.
    ///
    /// # Errors
    /// If the product has no such version.
    pub fn new(
        product: Arc<Product>,
        version: &Version,
        profile: Profile,
        now: Timestamp,
    ) -> Result<Self, UnknownVersion> {
        let _ = (profile, now);
        Ok(Self { product, version: version.clone() })
    }

    /// Does what `entry` says, at its time. Timers due by then go first.
    pub fn perform(&mut self, entry: &Entry, out: &mut Vec<Output>) {
        let _ = (entry, out, &self.product);
    }

    /// Takes the answer to an attempt of `upload`.
    pub fn reply(&mut self, upload: UploadId, reply: Reply, now: Timestamp, out: &mut Vec<Output>) {
        let _ = (upload, reply, now, out);
    }

    /// Does what is due at or before `now`.
    pub fn advance(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        let _ = (now, out);
    }

    /// When [`Browser::advance`] has something to do next, if nothing else happens before.
    #[must_use]
    pub fn next_timer(&self) -> Option<Timestamp> {
        None
    }

    /// Where the switch stands, as the screen shows it.
    #[must_use]
    pub fn position(&self) -> Option<&str> {
        None
    }

    /// The version installed.
    #[must_use]
    pub const fn version(&self) -> &Version {
        &self.version
    }

    /// Whether there is a network.
    #[must_use]
    pub const fn is_online(&self) -> bool {
        true
    }
}
