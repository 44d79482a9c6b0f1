//! Where devices randomized the group themselves: what is taken is their responses, and not their groups.

use model::{Partial, RegionId, ReportRef};

use super::{Accumulator, PushError, SealError, ShardError};
use crate::mechanism::{Responses, Supports};

impl Accumulator {
    /// Takes the response that was just read from `report`.
    pub(super) fn push_response(&mut self, report: ReportRef<'_>) -> Result<bool, PushError> {
        let Some(responses) = &mut self.responses else { return Ok(false) };
        let rows_max = responses.kept_max(self.limits.rows_max);
        if report.device.is_some() && responses.kept() >= rows_max {
            return Err(PushError::Rows { rows_max });
        }
        let device = report.device.map(|device| self.sampling.device(device));
        responses.push(device, self.key.parts().next().unwrap_or_default())?;
        self.reports += 1;
        Ok(true)
    }

    /// Takes back the response that was just read from `report`.
    pub(super) fn take_response_back(&mut self, report: ReportRef<'_>) -> bool {
        let Some(responses) = &mut self.responses else { return false };
        let device = report.device.map(|device| self.sampling.device(device));
        let is_taken = responses.take_back(device, self.key.parts().next().unwrap_or_default());
        self.reports -= u64::from(is_taken);
        is_taken
    }

    /// Takes the responses of another shard, if the limits let it. The number of reports of both fits.
    pub(super) fn merge_responses(&mut self, other: &Self) -> Result<(), ShardError> {
        let (own, theirs) = match (&mut self.responses, &other.responses) {
            (None, None) => return Ok(()),
            (Some(own), Some(theirs)) if own.is_like(theirs) => (own, theirs),
            _ => return Err(ShardError::Query),
        };
        let rows_max = own.kept_max(self.limits.rows_max);
        if theirs.kept() > rows_max.saturating_sub(own.kept()) {
            return Err(PushError::Rows { rows_max }.into());
        }
        own.extend(theirs);
        Ok(())
    }

    /// The partial of what responses support: every known value, and the number of responses.
    pub(super) fn seal_responses(&self, responses: &Responses, region: &RegionId) -> Result<Partial, SealError> {
        let Supports { values, supports, responses } = responses.seal();
        let groups: Vec<Vec<String>> = values.into_iter().map(|value| vec![value]).collect();
        let narrow = |(support, group): (u128, &Vec<String>)| {
            u64::try_from(support).map_err(|_| SealError::Sum { group: group.clone() })
        };
        let counts = supports.into_iter().zip(&groups).map(narrow).collect::<Result<Vec<u64>, _>>()?;
        Ok(Partial {
            query: self.plan.query().clone(),
            window: self.window,
            regions: vec![region.clone()],
            sums: vec![0; groups.len()],
            devices: vec![0; groups.len()],
            groups,
            counts,
            responses,
            shares: vec![],
        })
    }
}
