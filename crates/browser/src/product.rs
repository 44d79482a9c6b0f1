//! A product: its versions, each with the policy that it follows.

use std::{collections::BTreeMap, sync::Arc};

use model::{ProductId, Version};

use crate::{Policy, Problem, plan::Plan, problem::Findings};

/// A product with its versions, their policies read once for any number of browsers.
#[derive(Debug)]
pub struct Product {
    /// Its name.
    pub id: ProductId,
    plans: BTreeMap<Version, Arc<Plan>>,
}

/// A version whose policy has mistakes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("version {version} has a wrong policy: {}", problems.first().map(ToString::to_string).unwrap_or_default())]
pub struct WrongPolicy {
    /// The version.
    pub version: Version,
    /// The mistakes, at least one.
    pub problems: Vec<Problem>,
}

/// A version that a product does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{product} has no version {version}")]
pub struct UnknownVersion {
    /// The product.
    pub product: ProductId,
    /// The version asked for.
    pub version: Version,
}

impl Product {
    /// Reads the policies of a product's versions.
    ///
    /// # Errors
    /// If a policy has mistakes ([`Policy::problems`]).
    pub fn new(id: ProductId, versions: impl IntoIterator<Item = (Version, Arc<Policy>)>) -> Result<Self, WrongPolicy> {
        let read = |(version, policy): (Version, Arc<Policy>)| {
            let mut findings = Findings::default();
            let plan = Arc::new(Plan::read(&policy, &mut findings));
            match findings.problems {
                problems if problems.is_empty() => Ok((version, plan)),
                problems => Err(WrongPolicy { version, problems }),
            }
        };
        Ok(Self { id, plans: versions.into_iter().map(read).collect::<Result<_, _>>()? })
    }

    /// The policy that `version` follows.
    #[must_use]
    pub fn policy(&self, version: &Version) -> Option<&Policy> {
        self.plan(version).map(|plan| &plan.policy)
    }

    pub(crate) fn plan(&self, version: &Version) -> Option<&Arc<Plan>> {
        self.plans.get(version)
    }
}
