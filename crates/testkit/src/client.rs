//! A client under test in process: activities, time and replies in, uploads out.

use std::collections::BTreeSet;

use browser::{Answer, Browser, Output, Profile};
use model::{
    ActivityKind, Control, Declaration, Endpoint, Entry, Navigation, ProductId, Region, Reply, Timestamp, UploadId,
    Version, VersionFact,
};

/// A client under test: what is known about it, and how it is installed.
pub trait Client {
    /// The client on one device.
    type Running: Running;

    /// What an outsider knows about it.
    fn description(&self) -> Description;

    /// The client of `version` on the device of `profile`, installed just `now`, in its factory state, online. Alike
    /// prepared, it must behave alike: whatever chance it needs derives from the profile's seeds.
    fn install(&self, version: &Version, profile: Profile, now: Timestamp) -> Self::Running;
}

/// A client on one device, without a clock of its own.
pub trait Running {
    /// Does what `entry` says, at its time. Everything that is due before was asked for with [`Running::advance`].
    fn perform(&mut self, entry: &Entry, out: &mut Vec<Output>);

    /// Takes the answer to an attempt of `upload`.
    fn reply(&mut self, upload: UploadId, reply: Reply, now: Timestamp, out: &mut Vec<Output>);

    /// Takes the answer to a blinded measurement; only who puts out [`Output::Evaluate`] needs it.
    fn evaluated(&mut self, _: UploadId, _: &Answer, _: Timestamp, _: &mut Vec<Output>) {}

    /// Does what is due at or before `now`.
    fn advance(&mut self, now: Timestamp, out: &mut Vec<Output>);

    /// When [`Running::advance`] has something to do next, if nothing else happens before.
    fn next_timer(&self) -> Option<Timestamp>;
}

impl Running for Browser {
    fn perform(&mut self, entry: &Entry, out: &mut Vec<Output>) {
        Self::perform(self, entry, out);
    }

    fn reply(&mut self, upload: UploadId, reply: Reply, now: Timestamp, out: &mut Vec<Output>) {
        Self::reply(self, upload, reply, now, out);
    }

    fn evaluated(&mut self, id: UploadId, answer: &Answer, now: Timestamp, out: &mut Vec<Output>) {
        Self::evaluated(self, id, answer, now, out);
    }

    fn advance(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        Self::advance(self, now, out);
    }

    fn next_timer(&self) -> Option<Timestamp> {
        Self::next_timer(self)
    }
}

/// What an outsider knows about a client.
#[derive(Debug, Clone)]
pub struct Description {
    /// Its name.
    pub product: ProductId,
    /// Its versions, in the order in which they came out; at least one.
    pub versions: Vec<VersionFact>,
    /// Activities that it does not have: whoever asks for one is told so.
    pub lacks: BTreeSet<ActivityKind>,
    /// Who loads the pages that are visited: [`Navigation::Captured`] for a client that puts out [`Output::Navigate`],
    /// [`Navigation::Elsewhere`] where the kit does it.
    pub navigation: Navigation,
    /// Whether it may behave differently when prepared alike: then every arm is run many times.
    pub nondeterministic: bool,
    /// Where its vendor's servers stand, where that is known.
    pub regions: Vec<Region>,
    /// Its vendor's hosts, where they are known.
    pub endpoints: Vec<Endpoint>,
    /// What it says that it collects.
    pub declaration: Option<Declaration>,
}

impl Description {
    /// A client of one version without a switch that never asks for consent and has every activity; the kit loads its
    /// pages.
    ///
    /// # Panics
    /// If `product` or `version` is no name: they are written in a test.
    #[must_use]
    pub fn new(product: &str, version: &str) -> Self {
        let product = product.parse().unwrap_or_else(|error| panic!("`{product}` names no product: {error}"));
        let version: Version = version.parse().unwrap_or_else(|error| panic!("`{version}` is no version: {error}"));
        let fact = VersionFact {
            version,
            released: Timestamp::default(),
            switch: None,
            asks_consent: false,
            settings: Vec::new(),
            next: None,
        };
        Self {
            product,
            versions: vec![fact],
            lacks: BTreeSet::new(),
            navigation: Navigation::Elsewhere,
            nondeterministic: false,
            regions: Vec::new(),
            endpoints: Vec::new(),
            declaration: None,
        }
    }

    /// The same client, every version with `switch`.
    #[must_use]
    pub fn with_switch(mut self, switch: &Control) -> Self {
        self.versions.iter_mut().for_each(|fact| fact.switch = Some(switch.clone()));
        self
    }

    /// The same client without the activities in `lacks`.
    #[must_use]
    pub fn without(mut self, lacks: impl IntoIterator<Item = ActivityKind>) -> Self {
        self.lacks.extend(lacks);
        self
    }
}
