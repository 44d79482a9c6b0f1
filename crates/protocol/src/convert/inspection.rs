//! `inspection.proto`: what servers hold.

use model::Timestamp;

use super::{ConvertError, name, required};
use crate::v1;

impl From<model::Holding> for v1::Holding {
    fn from(holding: model::Holding) -> Self {
        Self {
            region: holding.region.into(),
            at_ms: holding.at.as_millis(),
            report: Some(holding.report.into()),
            batch: holding.batch,
        }
    }
}

impl TryFrom<v1::Holding> for model::Holding {
    type Error = ConvertError;

    fn try_from(holding: v1::Holding) -> Result<Self, ConvertError> {
        Ok(Self {
            region: name(holding.region, "region")?,
            at: Timestamp::from_millis(holding.at_ms),
            report: required(holding.report, "report")?,
            batch: holding.batch,
        })
    }
}
