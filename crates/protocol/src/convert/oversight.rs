//! `oversight.proto`: what parties were configured with, and what releases were computed over.

use super::{ConvertError, name, names, required};
use crate::v1;

impl From<model::Configuration> for v1::Configuration {
    fn from(configuration: model::Configuration) -> Self {
        let model::Configuration { party, query, digest } = configuration;
        Self { party, query: query.into(), digest }
    }
}

impl TryFrom<v1::Configuration> for model::Configuration {
    type Error = ConvertError;

    fn try_from(configuration: v1::Configuration) -> Result<Self, ConvertError> {
        let v1::Configuration { party, query, digest } = configuration;
        Ok(Self { party, query: name(query, "query")?, digest })
    }
}

impl From<model::Batch> for v1::Batch {
    fn from(batch: model::Batch) -> Self {
        Self {
            query: batch.query.into(),
            window: Some(batch.window.into()),
            regions: batch.regions.into_iter().map(Into::into).collect(),
            group: Some(v1::Group { values: batch.group }),
            reports: batch.reports,
            devices: batch.devices,
        }
    }
}

impl TryFrom<v1::Batch> for model::Batch {
    type Error = ConvertError;

    fn try_from(batch: v1::Batch) -> Result<Self, ConvertError> {
        let group = batch.group.ok_or_else(|| ConvertError::new("group", "is not set"))?;
        Ok(Self {
            query: name(batch.query, "query")?,
            window: required(batch.window, "window")?,
            regions: names(batch.regions, "regions")?,
            group: group.values,
            reports: batch.reports,
            devices: batch.devices,
        })
    }
}
