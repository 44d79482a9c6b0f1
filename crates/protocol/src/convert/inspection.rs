//! `inspection.proto`: what servers hold.

use model::{Ordered, Timestamp};

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

impl From<Ordered> for v1::Ordered {
    fn from(what: Ordered) -> Self {
        match what {
            Ordered::Stop => Self::Stop,
            Ordered::Erase => Self::Erase,
            Ordered::Report => Self::Report,
        }
    }
}

impl TryFrom<v1::Ordered> for Ordered {
    type Error = ConvertError;

    fn try_from(what: v1::Ordered) -> Result<Self, ConvertError> {
        match what {
            v1::Ordered::Stop => Ok(Self::Stop),
            v1::Ordered::Erase => Ok(Self::Erase),
            v1::Ordered::Report => Ok(Self::Report),
            v1::Ordered::Unspecified => {
                Err(ConvertError::new("what", "nothing is ordered, expected stop, erase or report".to_owned()))
            }
        }
    }
}
