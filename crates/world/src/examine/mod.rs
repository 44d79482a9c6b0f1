//! Examines a client that is not ours: the auditor's plan as calls to it, a tap around it, a case file from it.
//!
//! The client implements `DeviceUnderTestService` (`proto/glasshouse/v1/device.proto`) and uploads to the addresses that
//! it is given. Each arm is a fresh device behind a tap of its own. Whatever the client does, an examination ends: each
//! call, each flow and the whole have a bound, and what went wrong stands in the case file as a fault, which leaves
//! unproven whatever the flows do not break.

mod arm;
mod claims;
mod controls;
mod described;
mod device;
mod player;
mod steps;
mod subject;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use auditor::CaseError;
use model::{CaseFile, Claim, Endpoint, Entry, LabDevice, Phase, Region, Seed, SwitchState, Timestamp, Version};
use protocol::v1;
use scenario::Expectation;
use services::tap::{Authority, TapError, TapLimits};

use crate::{Played, Progress, play};
pub use claims::default_claims;
use controls::Controls;
use described::Described;
use device::{Answered, Device};
use subject::Examined;

/// How a client is examined.
#[derive(Debug, Clone)]
pub struct ExamineOptions {
    /// Where the client's service listens, such as `http://127.0.0.1:50051`.
    pub device: String,
    /// Chance for canaries, spacing, and the client's own seed.
    pub seed: u64,
    /// What the client is held to; `None` for what it says about itself.
    pub claims: Option<Vec<Claim>>,
    /// Verdicts that must come out.
    pub expectations: Vec<Expectation>,
    /// Regions beyond those of the countries that the client declares.
    pub regions: Vec<Region>,
    /// Facts about endpoints, in place of what the client says of them.
    pub endpoints: Vec<Endpoint>,
    /// Versions to examine; empty for every one that the client names.
    pub versions: Vec<Version>,
    /// States of the switch to examine; empty for all.
    pub switch: Vec<SwitchState>,
    /// What the examiner tells the client about the device that it runs on.
    pub lab: LabDevice,
    /// When a client with a virtual clock begins; one on the wall's clock begins now.
    pub starts: Timestamp,
    /// Days of daily use.
    pub long_days: u32,
    /// Phases of the auditor's plan that are left out; what they alone exercise stays unproven.
    pub skip: BTreeSet<Phase>,
    /// Activities beyond the auditor's plan.
    pub diary: Vec<Entry>,
    /// Hosts whose requests are handed on, and where.
    pub forward: BTreeMap<String, SocketAddr>,
    /// Bounds.
    pub limits: ExamineLimits,
}

/// Most that a client may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExamineLimits {
    /// Longest time for all of the examination.
    pub time_max: Duration,
    /// Longest time for one call, beyond what the client waits for on the wall's clock.
    pub call_max: Duration,
    /// Bounds of each tap.
    pub tap: TapLimits,
}

impl Default for ExamineLimits {
    fn default() -> Self {
        Self { time_max: Duration::from_secs(600), call_max: Duration::from_secs(20), tap: TapLimits::default() }
    }
}

/// Why there is no examination at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExamineError {
    /// Nobody answers at the address.
    #[error("no device can be reached at {address}: {reason}")]
    Unreachable {
        /// The address.
        address: String,
        /// Why not.
        reason: String,
    },
    /// The client does not say what it is.
    #[error("the device does not describe itself: {0}")]
    Silent(String),
    /// The client says what the contract does not allow.
    #[error("the device breaks the contract in `{field}`: {problem}")]
    Contract {
        /// The field of its answer.
        field: String,
        /// What was found and what was expected.
        problem: String,
    },
    /// A version that the client does not have.
    #[error("the device has no version {found}: it has {known}")]
    Version {
        /// What was asked for.
        found: Version,
        /// What there is.
        known: String,
    },
    /// A claim that cannot be made.
    #[error("claim: {0}")]
    Claim(String),
    /// A name that is too long for what is derived from it.
    #[error(transparent)]
    Name(#[from] model::IdError),
    /// No tap.
    #[error(transparent)]
    Tap(#[from] TapError),
    /// No runtime for sockets.
    #[error("no runtime for sockets: {0}")]
    Runtime(#[from] std::io::Error),
    /// A case file that contradicts itself.
    #[error(transparent)]
    Case(#[from] CaseError),
}

/// Examines the client as `options` say. `progress` is told of each arm that is done.
///
/// # Errors
/// If the client cannot be reached or does not describe itself as the contract asks. Whatever goes wrong later ends in
/// verdicts that are unproven.
pub fn examine(options: &ExamineOptions, progress: &(dyn Fn(Progress) + Sync)) -> Result<Played, ExamineError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let cases = runtime.block_on(cases(options, progress))?;
    // Connections that a client keeps open must not hold the verdict up.
    runtime.shutdown_background();
    conclude(options, cases)
}

/// Whether what a client says about itself can be worked with.
///
/// # Errors
/// The first thing that the contract does not allow.
pub fn check_description(said: v1::DescribeResponse) -> Result<(), ExamineError> {
    Described::read(said).map(drop)
}

/// Whether the controls that a client shows can be worked with, and the states of its switch be promised anything.
///
/// # Errors
/// The first thing that the contract does not allow.
pub fn check_controls(said: v1::ReadControlsResponse) -> Result<(), ExamineError> {
    let controls = Controls::read(said)?;
    controls
        .states()
        .into_iter()
        .try_for_each(|state| default_claims(controls.switch.as_ref().map(|(_, switch)| switch), state).map(drop))
}

async fn cases(options: &ExamineOptions, progress: &(dyn Fn(Progress) + Sync)) -> Result<Vec<CaseFile>, ExamineError> {
    let ExamineLimits { time_max, call_max, .. } = options.limits;
    let mut device = Device::connect(&options.device, time_max, call_max).await?;
    let described = match device.describe().await {
        Ok(Answered::Said(said)) => Described::read(said)?,
        Ok(Answered::Unimplemented) => return Err(ExamineError::Silent("Describe is not implemented".to_owned())),
        Ok(Answered::Failed(reason)) => return Err(ExamineError::Silent(format!("Describe failed with {reason}"))),
        Err(fault) => return Err(ExamineError::Silent(fault.to_string())),
    };
    let versions = versions(options, &described)?;
    let mut examined = Examined {
        options,
        described: &described,
        authority: Arc::new(Authority::new()?),
        device,
        seed: Seed::root(options.seed),
        fault: None,
        done: 0,
        progress,
    };
    let mut cases = Vec::new();
    for version in &versions {
        cases.extend(examined.version(version).await?);
    }
    Ok(cases)
}

fn versions(options: &ExamineOptions, described: &Described) -> Result<Vec<Version>, ExamineError> {
    let known = &described.versions;
    if let Some(found) = options.versions.iter().find(|version| !known.contains(version)) {
        let known = known.iter().map(Version::as_str).collect::<Vec<_>>().join(", ");
        return Err(ExamineError::Version { found: found.clone(), known });
    }
    let asked = |version: &&Version| options.versions.is_empty() || options.versions.contains(version);
    Ok(known.iter().filter(asked).cloned().collect())
}

fn conclude(options: &ExamineOptions, cases: Vec<CaseFile>) -> Result<Played, ExamineError> {
    let rulings = cases.iter().map(auditor::audit).collect::<Result<Vec<_>, _>>()?.concat();
    let name = cases.first().map(|case| case.scenario.clone()).unwrap_or_default();
    let title = format!("Examination of the client at {}", options.device);
    Ok(play::examined(name, title, options.seed, cases, rulings, &options.expectations))
}
