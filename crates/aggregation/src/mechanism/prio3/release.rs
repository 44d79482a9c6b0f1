//! The release of a query over shares: both shares added, which is the aggregate with the noise of both servers.

use data_encoding::HEXLOWER;
use encoding::prio3::Buckets;
use model::{Cell, Partial, Party, Query, Ratio, Withheld};
use sha2::{Digest, Sha256};

use super::{Task, share::Elements};
use crate::{
    Charge, Ledger, LedgerError, ReleaseError, configuration_digest,
    mechanism::{Counted, KnownKeys},
    noise::spread::of_two_laplace,
};

/// Publishes the aggregate that the two shares in `partial` make.
///
/// With one of them missing, everything is withheld: alone it is uniform, and says nothing.
pub(in crate::mechanism) fn release(
    query: &Query,
    partial: &Partial,
    ledger: &mut Ledger,
) -> Result<(Vec<Cell>, Counted), ReleaseError> {
    let Some(task) = Task::of(query) else { return Err(ReleaseError::Mechanism(query.mechanism.clone())) };
    let [leader, helper] = partial.shares.as_slice() else {
        return Ok((Vec::new(), vec![(Withheld::ShareMissing, task.circuit.length().into())]));
    };
    if (leader.party, helper.party) != (Party::Leader, Party::Helper) || leader.reports != helper.reports {
        return Err(ReleaseError::Shares { leader: leader.reports, helper: helper.reports });
    }
    let decoded = |share: &model::AggregateShare| {
        Elements::decode(&task.circuit, &share.elements).ok_or(ReleaseError::Share { party: share.party })
    };
    let (mut sum, other) = (decoded(leader)?, decoded(helper)?);
    if !sum.merge(&other) {
        return Err(ReleaseError::Share { party: Party::Helper });
    }
    let charge = Charge {
        query: query.id.clone(),
        window: partial.window,
        regions: partial.regions.clone(),
        epsilon: task.epsilon,
        delta: Ratio::ZERO,
        rho: Ratio::ZERO,
        digest: digest(query, partial),
    };
    match ledger.charge(charge) {
        Ok(()) => {}
        Err(LedgerError::Overspent { .. }) => {
            return Ok((Vec::new(), vec![(Withheld::Budget, task.circuit.length().into())]));
        }
        Err(refused) => return Err(ReleaseError::Ledger(refused)),
    }
    let spread = of_two_laplace(&task.noise()?, 20); // each server adds its own
    let cell = |(group, value): (model::GroupKey, Option<i128>)| match value.and_then(|value| i64::try_from(value).ok())
    {
        Some(value) => Ok(Cell { group, value, error: Some(spread.around(value)) }),
        None => Err(ReleaseError::Overflow { group }),
    };
    let cells = KnownKeys::of(query).iter().zip(sum.values()).map(cell).collect::<Result<_, _>>()?;
    Ok((cells, Vec::new()))
}

/// SHA-256 in hex of the query and the shares, so that the same charge is known again.
fn digest(query: &Query, partial: &Partial) -> String {
    let mut hash = Sha256::new().chain_update(configuration_digest(query));
    for share in &partial.shares {
        // Both shares of one query are equally long.
        hash.update(&share.elements);
    }
    HEXLOWER.encode(&hash.finalize())
}

/// The buckets of `query`, numbered as [`KnownKeys`] lists them.
pub(super) fn buckets(query: &Query) -> Buckets {
    Buckets::new(&query.group_by, &query.domain)
}
