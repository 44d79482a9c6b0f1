//! A client that speaks `DeviceUnderTestService`: the same trials, over a socket.

use std::collections::BTreeMap;

use model::{CaseFile, SwitchState, Version};
use world::{ExamineLimits, ExamineOptions, examine};

use crate::{
    trial::{Trial, TrialError, UnderTest},
    weather::Sky,
};

/// A client that listens at an address.
///
/// ```no_run
/// use testkit::{Diary, Remote, assert_kept, assert_suppressed, model::ClaimKind};
///
/// let client = Remote::at("http://127.0.0.1:50051");
/// assert_suppressed!(client, Diary::new().incognito().visit("https://a.example/"));
/// assert_kept!(client, ClaimKind::IncognitoSuppressed);
/// ```
#[derive(Debug, Clone)]
pub struct Remote {
    /// Where the client's service listens.
    pub address: String,
    /// Versions to examine; empty for every one that the client names.
    pub versions: Vec<Version>,
    /// States of the switch to examine; empty for all.
    pub switch: Vec<SwitchState>,
    /// Most that the client may take.
    pub limits: ExamineLimits,
}

impl Remote {
    /// The client at `address`, such as `http://127.0.0.1:50051`: every version, every state of its switch.
    #[must_use]
    pub fn at(address: &str) -> Self {
        let (versions, switch, limits) = (Vec::new(), Vec::new(), ExamineLimits::default());
        Self { address: address.to_owned(), versions, switch, limits }
    }
}

impl UnderTest for Remote {
    fn cases(&self, trial: &Trial) -> Result<Vec<CaseFile>, TrialError> {
        if trial.sky != Sky::default() {
            return Err(TrialError::Weather);
        }
        let options = ExamineOptions {
            device: self.address.clone(),
            seed: trial.seed,
            claims: trial.claims.clone(),
            expectations: Vec::new(),
            regions: Vec::new(),
            endpoints: Vec::new(),
            versions: self.versions.clone(),
            switch: self.switch.clone(),
            lab: trial.lab.clone(),
            starts: trial.starts,
            long_days: trial.long_days,
            skip: trial.skip.clone(),
            diary: trial.lines(),
            forward: BTreeMap::new(),
            limits: self.limits,
        };
        Ok(examine(&options, &|_| {})?.cases)
    }
}
