//! What servers publish that do other than they say. Honest ones never come here.
//!
//! Each misconduct is what a real aggregator could do by mistake or on purpose, on the same partials and through the
//! same release as an honest one. What is published says the mechanism that was agreed on: only an examiner can tell.

mod cut;

use std::num::NonZeroU32;

use data_encoding::HEXLOWER;
use model::{Mechanism, Partial, Query, Release, Seed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{Ledger, ReleaseError, release};

/// How an aggregator departs from what was agreed about a query. By default it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Conduct {
    /// How often each window is published, each time with other noise and at no charge.
    #[schemars(range(min = 1, max = 100))]
    pub publications: NonZeroU32,
    /// What a threshold counts.
    pub threshold_over: Counted,
    /// What noise is added.
    pub noise: Noise,
}

impl Default for Conduct {
    fn default() -> Self {
        Self { publications: NonZeroU32::MIN, threshold_over: Counted::default(), noise: Noise::default() }
    }
}

/// What a threshold counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Counted {
    /// Distinct devices, as agreed.
    #[default]
    Devices,
    /// Reports, so that one busy device is enough.
    Reports,
}

/// What noise is added by a mechanism that adds some.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Noise {
    /// What was agreed.
    #[default]
    Agreed,
    /// None: the aggregator was configured without it.
    Dropped,
    /// As much as hides one report in one group, whatever a device may contribute.
    OfOneReport,
    /// Laplace noise drawn as a float, its fraction cut off.
    CutFloat,
}

/// Publishes `partial` as [`release`] does, but with `conduct`; `publication` counts from 0.
///
/// # Errors
/// As [`release`].
pub fn release_as(
    conduct: Conduct,
    publication: u32,
    query: &Query,
    partial: &Partial,
    noise: &Seed,
    ledger: &mut Ledger,
) -> Result<Release, ReleaseError> {
    let fresh = noise.derive("publication").nth(publication.into());
    let noise = if publication == 0 { noise } else { &fresh };
    let published = match (&query.mechanism, conduct) {
        (Mechanism::Threshold { .. }, Conduct { threshold_over: Counted::Reports, .. }) => {
            let counted = Partial { devices: partial.counts.clone(), ..partial.clone() };
            release(query, &counted, noise, ledger)?
        }
        (Mechanism::Central { .. }, Conduct { noise: Noise::CutFloat, .. }) => {
            cut::release_cut(query, partial, noise, ledger)?
        }
        _ => release(&carried_out(query, conduct), partial, noise, ledger)?,
    };
    Ok(Release { mechanism: query.mechanism.clone(), ..published })
}

/// The query as an aggregator of that conduct was configured with it.
#[must_use]
pub fn configured(query: &Query, conduct: Conduct) -> Query {
    match (&query.mechanism, conduct.noise) {
        (Mechanism::Central { .. }, Noise::Dropped) => Query { mechanism: Mechanism::Exact, ..query.clone() },
        _ => query.clone(),
    }
}

/// The query as it is carried out: as configured, but for mistakes in the code.
fn carried_out(query: &Query, conduct: Conduct) -> Query {
    match (&query.mechanism, conduct.noise) {
        (Mechanism::Central { epsilon, delta, noise, keys, .. }, Noise::OfOneReport) => {
            let mechanism = Mechanism::Central {
                epsilon: *epsilon,
                delta: *delta,
                noise: *noise,
                keys: *keys,
                groups_per_device_max: 1,
                reports_per_group_max: 1,
            };
            Query { mechanism, ..query.clone() }
        }
        _ => configured(query, conduct),
    }
}

/// SHA-256 in hex of a query as a party was configured with it: parties that carry out the same task state the same.
#[must_use]
pub fn configuration_digest(query: &Query) -> String {
    let text = serde_json::to_vec(query);
    HEXLOWER.encode(&Sha256::digest(text.unwrap_or_else(|error| unreachable!("a query is plain data: {error}"))))
}

#[cfg(test)]
mod tests;
