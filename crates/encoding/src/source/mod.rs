//! First steps of chains: reports as bytes, and back.

mod fields;
mod json;
mod native;
mod protobuf;
mod row;
mod wire;

use model::Report;

use crate::{DecodeError, DecodeLimits, EncodeError, Layout, Step};

pub(crate) use row::{levels, overlap};

/// Reports as `step` writes them.
pub(crate) fn write(step: &Step, reports: &[Report], layout: &Layout) -> Result<Vec<u8>, EncodeError> {
    match step {
        Step::Native => return Ok(native::write(reports)),
        Step::Protobuf => return protobuf::write(reports),
        _ => layout.check()?, // the others write names
    }
    match step {
        Step::FormFields => fields::write(reports, layout),
        Step::JsonLines => json::write_lines(reports, layout),
        _ => json::write(reports, layout),
    }
}

/// The reports that `step` wrote.
pub(crate) fn read(
    step: &Step,
    bytes: &[u8],
    layout: &Layout,
    limits: DecodeLimits,
) -> Result<Vec<Report>, DecodeError> {
    let mut allowance = Allowance::new(limits);
    match step {
        Step::Native => native::read(bytes, &mut allowance),
        Step::Protobuf => protobuf::read(bytes, &mut allowance),
        Step::FormFields => fields::read(bytes, layout, &mut allowance),
        Step::JsonLines => json::read_lines(bytes, layout, &mut allowance),
        _ => json::read(bytes, layout, &mut allowance),
    }
}

/// What reading one body may still cost.
///
/// Names are charged because nesting and dictionaries let a short body repeat a long name in every report.
#[derive(Debug)]
pub(crate) struct Allowance {
    limits: DecodeLimits,
    reports: usize,
    name_bytes: usize,
}

/// Names written out in full may take so many times the bytes that a body may.
const NAME_BYTES_FACTOR: usize = 4;

impl Allowance {
    fn new(limits: DecodeLimits) -> Self {
        let name_bytes = limits.body_bytes_max.saturating_mul(NAME_BYTES_FACTOR);
        Self { limits, reports: limits.reports_max, name_bytes }
    }

    /// Charges one report.
    fn report(&mut self) -> Result<(), DecodeError> {
        let refused = DecodeError::TooManyReports { reports_max: self.limits.reports_max };
        self.reports = self.reports.checked_sub(1).ok_or(refused)?;
        Ok(())
    }

    /// Charges a field's name of `bytes` bytes, and refuses a name below too many levels.
    fn name(&mut self, bytes: usize, levels: usize) -> Result<(), DecodeError> {
        if levels > self.limits.nesting_max {
            return Err(DecodeError::TooDeep { nesting_max: self.limits.nesting_max });
        }
        let refused = DecodeError::TooLong { bytes_max: self.limits.body_bytes_max };
        self.name_bytes = self.name_bytes.checked_sub(bytes).ok_or(refused)?;
        Ok(())
    }
}
