//! `aggregation.proto`: windows, partial accumulators and releases.

use model::{
    AggregateShare, Cell, ErrorBar, Keys, Measure, Mechanism, NoiseKind, Party, Ratio, Timestamp, Window, Withheld,
};

use super::{ConvertError, each, name, names, required};
use crate::v1;

impl From<Window> for v1::Window {
    fn from(window: Window) -> Self {
        Self { start_ms: window.start.as_millis(), end_ms: window.end.as_millis() }
    }
}

impl TryFrom<v1::Window> for Window {
    type Error = ConvertError;

    fn try_from(window: v1::Window) -> Result<Self, ConvertError> {
        let v1::Window { start_ms, end_ms } = window;
        let (start, end) = (Timestamp::from_millis(start_ms), Timestamp::from_millis(end_ms));
        if start >= end {
            return Err(ConvertError::new("end_ms", format!("{end_ms} is not after start_ms, {start_ms}")));
        }
        Ok(Self { start, end })
    }
}

impl From<model::Partial> for v1::PartialAccumulator {
    fn from(partial: model::Partial) -> Self {
        Self {
            query: partial.query.into(),
            window: Some(partial.window.into()),
            regions: partial.regions.into_iter().map(Into::into).collect(),
            groups: partial.groups.into_iter().map(|values| v1::Group { values }).collect(),
            counts: partial.counts,
            sums: partial.sums,
            devices: partial.devices,
            responses: partial.responses,
            shares: partial.shares.into_iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<v1::PartialAccumulator> for model::Partial {
    type Error = ConvertError;

    fn try_from(part: v1::PartialAccumulator) -> Result<Self, ConvertError> {
        let rows = part.groups.len();
        for (field, found) in
            [("counts", part.counts.len()), ("sums", part.sums.len()), ("devices", part.devices.len())]
        {
            if found != rows {
                return Err(ConvertError::new(field, format!("has {found} rows, groups has {rows}")));
            }
        }
        Ok(Self {
            query: name(part.query, "query")?,
            window: required(part.window, "window")?,
            regions: increasing(names(part.regions, "regions")?, "regions")?,
            groups: increasing(part.groups.into_iter().map(|group| group.values).collect(), "groups")?,
            counts: part.counts,
            sums: part.sums,
            devices: part.devices,
            responses: part.responses,
            shares: each(part.shares, "shares")?,
        })
    }
}

impl From<AggregateShare> for v1::AggregateShare {
    fn from(share: AggregateShare) -> Self {
        let party = match share.party {
            Party::Leader => v1::Party::Leader,
            Party::Helper => v1::Party::Helper,
        };
        Self { party: party.into(), reports: share.reports, elements: share.elements }
    }
}

impl TryFrom<v1::AggregateShare> for AggregateShare {
    type Error = ConvertError;

    fn try_from(share: v1::AggregateShare) -> Result<Self, ConvertError> {
        let party = match share.party() {
            v1::Party::Leader => Party::Leader,
            v1::Party::Helper => Party::Helper,
            v1::Party::Unspecified => return Err(ConvertError::new("party", "is neither leader nor helper")),
        };
        Ok(Self { party, reports: share.reports, elements: share.elements })
    }
}

fn increasing<T: Ord>(values: Vec<T>, field: &str) -> Result<Vec<T>, ConvertError> {
    match values.windows(2).position(|pair| pair[0] >= pair[1]) {
        Some(place) => Err(ConvertError::new(format!("{field}[{}]", place + 1), "is not after the one before")),
        None => Ok(values),
    }
}

impl From<Ratio> for v1::Rational {
    fn from(ratio: Ratio) -> Self {
        Self { numerator: ratio.numerator(), denominator: ratio.denominator() }
    }
}

impl TryFrom<v1::Rational> for Ratio {
    type Error = ConvertError;

    fn try_from(rational: v1::Rational) -> Result<Self, ConvertError> {
        Self::new(rational.numerator, rational.denominator).ok_or_else(|| ConvertError::new("denominator", "is zero"))
    }
}

impl From<Measure> for v1::Measure {
    fn from(measure: Measure) -> Self {
        use v1::measure::Kind;
        let kind = match measure {
            Measure::Count => Kind::Count(v1::CountMeasure {}),
            Measure::Devices => Kind::Devices(v1::DevicesMeasure {}),
            Measure::Sum { field, min, max } => Kind::Sum(v1::SumMeasure { field, min, max }),
            Measure::Mean { field, min, max, decimals } => {
                Kind::Mean(v1::MeanMeasure { field, min, max, decimals: decimals.into() })
            }
            Measure::Histogram { field, edges } => Kind::Histogram(v1::HistogramMeasure { field, edges }),
            Measure::Quantiles { field, edges, at } => {
                let at = at.into_iter().map(Into::into).collect();
                Kind::Quantiles(v1::QuantilesMeasure { field, edges, at })
            }
        };
        Self { kind: Some(kind) }
    }
}

impl TryFrom<v1::Measure> for Measure {
    type Error = ConvertError;

    fn try_from(measure: v1::Measure) -> Result<Self, ConvertError> {
        use v1::measure::Kind;
        match measure.kind {
            Some(Kind::Count(_)) => Ok(Self::Count),
            Some(Kind::Devices(_)) => Ok(Self::Devices),
            Some(Kind::Sum(v1::SumMeasure { field, min, max })) => Ok(Self::Sum { field, min, max }),
            Some(Kind::Mean(v1::MeanMeasure { field, min, max, decimals })) => {
                let wrong = |_| ConvertError::new("mean.decimals", format!("{decimals} is more than 255"));
                Ok(Self::Mean { field, min, max, decimals: u8::try_from(decimals).map_err(wrong)? })
            }
            Some(Kind::Histogram(v1::HistogramMeasure { field, edges })) => Ok(Self::Histogram { field, edges }),
            Some(Kind::Quantiles(v1::QuantilesMeasure { field, edges, at })) => {
                let at = each(at, "at").map_err(|error| error.within("quantiles"))?;
                Ok(Self::Quantiles { field, edges, at })
            }
            None => Err(ConvertError::new("kind", "none of count, devices, sum, mean, histogram and quantiles is set")),
        }
    }
}

impl TryFrom<Mechanism> for v1::Mechanism {
    type Error = ConvertError;

    fn try_from(mechanism: Mechanism) -> Result<Self, ConvertError> {
        use v1::mechanism::Kind;
        let kind = match mechanism {
            Mechanism::Exact => Kind::Exact(v1::ExactMechanism {}),
            Mechanism::Threshold { devices_min } => Kind::Threshold(v1::ThresholdMechanism { devices_min }),
            Mechanism::Central { epsilon, delta, noise, keys, groups_per_device_max, reports_per_group_max } => {
                Kind::Central(v1::CentralMechanism {
                    epsilon: Some(epsilon.into()),
                    groups_per_device_max,
                    reports_per_group_max,
                    delta: (!delta.is_zero()).then(|| delta.into()),
                    noise: v1::NoiseKind::from(noise).into(),
                    keys: v1::KeySelection::from(keys).into(),
                })
            }
            Mechanism::Local { randomizer, reports_per_device_max } => {
                Kind::Local(v1::LocalMechanism { randomizer: Some(randomizer.into()), reports_per_device_max })
            }
            Mechanism::Prio3 { epsilon, reports_per_device_max } => {
                Kind::Prio3(v1::Prio3Mechanism { epsilon: Some(epsilon.into()), reports_per_device_max })
            }
            Mechanism::Star { devices_min, messages_per_device_max } => {
                Kind::Star(v1::StarMechanism { devices_min, messages_per_device_max })
            }
            other => return Err(ConvertError::new("kind", format!("`{}` has no form on the wire", other.name()))),
        };
        Ok(Self { kind: Some(kind) })
    }
}

impl TryFrom<v1::Mechanism> for Mechanism {
    type Error = ConvertError;

    fn try_from(mechanism: v1::Mechanism) -> Result<Self, ConvertError> {
        use v1::mechanism::Kind;
        match mechanism.kind {
            Some(Kind::Exact(_)) => Ok(Self::Exact),
            Some(Kind::Threshold(v1::ThresholdMechanism { devices_min })) => Ok(Self::Threshold { devices_min }),
            Some(Kind::Central(central)) => read_central(central).map_err(|error| error.within("central")),
            Some(Kind::Local(local)) => Ok(Self::Local {
                randomizer: required(local.randomizer, "randomizer").map_err(|error| error.within("local"))?,
                reports_per_device_max: local.reports_per_device_max,
            }),
            Some(Kind::Prio3(prio3)) => Ok(Self::Prio3 {
                epsilon: required(prio3.epsilon, "epsilon").map_err(|error| error.within("prio3"))?,
                reports_per_device_max: prio3.reports_per_device_max,
            }),
            Some(Kind::Star(v1::StarMechanism { devices_min, messages_per_device_max })) => {
                Ok(Self::Star { devices_min, messages_per_device_max })
            }
            None => Err(ConvertError::new("kind", "none of exact, threshold, central, local, prio3 and star is set")),
        }
    }
}

fn read_central(central: v1::CentralMechanism) -> Result<Mechanism, ConvertError> {
    let unknown = |field, found| move |_| ConvertError::new(field, format!("{found} is none of the kinds"));
    let noise = v1::NoiseKind::try_from(central.noise).map_err(unknown("noise", central.noise))?;
    let keys = v1::KeySelection::try_from(central.keys).map_err(unknown("keys", central.keys))?;
    Ok(Mechanism::Central {
        epsilon: required(central.epsilon, "epsilon")?,
        delta: central.delta.map_or(Ok(Ratio::ZERO), |delta| required(Some(delta), "delta"))?,
        noise: match noise {
            v1::NoiseKind::Unspecified | v1::NoiseKind::Laplace => NoiseKind::Laplace,
            v1::NoiseKind::Gaussian => NoiseKind::Gaussian,
        },
        keys: match keys {
            v1::KeySelection::Unspecified | v1::KeySelection::Known => Keys::Known,
            v1::KeySelection::Selected => Keys::Selected,
        },
        groups_per_device_max: central.groups_per_device_max,
        reports_per_group_max: central.reports_per_group_max,
    })
}

impl From<NoiseKind> for v1::NoiseKind {
    fn from(noise: NoiseKind) -> Self {
        match noise {
            NoiseKind::Laplace => Self::Laplace,
            NoiseKind::Gaussian => Self::Gaussian,
        }
    }
}

impl From<Keys> for v1::KeySelection {
    fn from(keys: Keys) -> Self {
        match keys {
            Keys::Known => Self::Known,
            Keys::Selected => Self::Selected,
        }
    }
}

impl From<Cell> for v1::Cell {
    fn from(cell: Cell) -> Self {
        Self { group: Some(v1::Group { values: cell.group }), value: cell.value, error: cell.error.map(Into::into) }
    }
}

impl From<ErrorBar> for v1::ErrorBar {
    fn from(error: ErrorBar) -> Self {
        let ErrorBar { standard_error, low, high, coverage } = error;
        Self { standard_error: Some(standard_error.into()), low, high, coverage: Some(coverage.into()) }
    }
}

impl TryFrom<v1::ErrorBar> for ErrorBar {
    type Error = ConvertError;

    fn try_from(error: v1::ErrorBar) -> Result<Self, ConvertError> {
        let v1::ErrorBar { standard_error, low, high, coverage } = error;
        if low > high {
            return Err(ConvertError::new("low", format!("{low} is above high, {high}")));
        }
        let coverage = required(coverage, "coverage")?;
        if coverage > Ratio::ONE {
            return Err(ConvertError::new("coverage", format!("{coverage} is no probability")));
        }
        Ok(Self { standard_error: required(standard_error, "standard_error")?, low, high, coverage })
    }
}

impl TryFrom<v1::Cell> for Cell {
    type Error = ConvertError;

    fn try_from(cell: v1::Cell) -> Result<Self, ConvertError> {
        let group = cell.group.ok_or_else(|| ConvertError::new("group", "is not set"))?;
        let error = cell.error.map(|error| required(Some(error), "error")).transpose()?;
        Ok(Self { group: group.values, value: cell.value, error })
    }
}

impl From<(Withheld, u64)> for v1::Withholding {
    fn from((reason, groups): (Withheld, u64)) -> Self {
        let reason = match reason {
            Withheld::BelowThreshold => v1::WithheldReason::BelowThreshold,
            Withheld::UnknownKey => v1::WithheldReason::UnknownKey,
            Withheld::Budget => v1::WithheldReason::Budget,
            Withheld::NotSelected => v1::WithheldReason::NotSelected,
            Withheld::ShareMissing => v1::WithheldReason::ShareMissing,
            Withheld::Malformed => v1::WithheldReason::Malformed,
        };
        Self { reason: reason.into(), groups }
    }
}

impl TryFrom<v1::Withholding> for (Withheld, u64) {
    type Error = ConvertError;

    fn try_from(withholding: v1::Withholding) -> Result<Self, ConvertError> {
        let reason = match v1::WithheldReason::try_from(withholding.reason) {
            Ok(v1::WithheldReason::BelowThreshold) => Withheld::BelowThreshold,
            Ok(v1::WithheldReason::UnknownKey) => Withheld::UnknownKey,
            Ok(v1::WithheldReason::Budget) => Withheld::Budget,
            Ok(v1::WithheldReason::NotSelected) => Withheld::NotSelected,
            Ok(v1::WithheldReason::ShareMissing) => Withheld::ShareMissing,
            Ok(v1::WithheldReason::Malformed) => Withheld::Malformed,
            Ok(v1::WithheldReason::Unspecified) | Err(_) => {
                let problem = format!("{} is none of the reasons", withholding.reason);
                return Err(ConvertError::new("reason", problem));
            }
        };
        Ok((reason, withholding.groups))
    }
}

impl TryFrom<model::Release> for v1::Release {
    type Error = ConvertError;

    fn try_from(release: model::Release) -> Result<Self, ConvertError> {
        Ok(Self {
            query: release.query.into(),
            window: Some(release.window.into()),
            regions: release.regions.into_iter().map(Into::into).collect(),
            events: release.events,
            group_by: release.group_by,
            measure: Some(release.measure.into()),
            mechanism: required(Some(release.mechanism), "mechanism").map(Some)?,
            cells: release.cells.into_iter().map(Into::into).collect(),
            withheld: release.withheld.into_iter().map(Into::into).collect(),
        })
    }
}

impl TryFrom<v1::Release> for model::Release {
    type Error = ConvertError;

    fn try_from(release: v1::Release) -> Result<Self, ConvertError> {
        let cells: Vec<Cell> = each(release.cells, "cells")?;
        let fields = release.group_by.len();
        if let Some(place) = cells.iter().position(|cell| cell.group.len() != fields) {
            let problem = format!("has {} values, group_by has {fields}", cells[place].group.len());
            return Err(ConvertError::new(format!("cells[{place}].group"), problem));
        }
        Ok(Self {
            query: name(release.query, "query")?,
            window: required(release.window, "window")?,
            regions: names(release.regions, "regions")?,
            events: release.events,
            group_by: release.group_by,
            measure: required(release.measure, "measure")?,
            mechanism: required(release.mechanism, "mechanism")?,
            cells,
            withheld: each(release.withheld, "withheld")?,
        })
    }
}
