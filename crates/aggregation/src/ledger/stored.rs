//! A ledger as it is stored: the budget, what it covers and the list of charges. Reading it back adds them up anew.

use model::Ratio;
use serde::{Deserialize, Serialize};

use super::{Budget, Charge, Covers, Ledger, LedgerError};

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "Ledger")]
pub(super) struct Stored {
    budget: Option<StoredBudget>,
    #[serde(default)]
    covers: Covers,
    charges: Vec<Charge>,
}

/// A budget of pure epsilon is written as a number, as all were before there were others.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum StoredBudget {
    Pure(Ratio),
    Other(Budget),
}

impl From<Ledger> for Stored {
    fn from(ledger: Ledger) -> Self {
        let budget = ledger.budget().map(|budget| match budget {
            Budget::Approximate { epsilon, delta } if delta.is_zero() => StoredBudget::Pure(epsilon),
            other => StoredBudget::Other(other),
        });
        Self { budget, covers: ledger.covers, charges: ledger.charges().collect() }
    }
}

impl TryFrom<Stored> for Ledger {
    type Error = LedgerError;

    fn try_from(stored: Stored) -> Result<Self, LedgerError> {
        let budget = stored.budget.map(|budget| match budget {
            StoredBudget::Pure(epsilon) => epsilon.into(),
            StoredBudget::Other(other) => other,
        });
        let mut ledger = Self::covering(budget, stored.covers);
        stored.charges.into_iter().try_for_each(|charge| ledger.charge(charge))?;
        Ok(ledger)
    }
}
