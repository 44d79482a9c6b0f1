//! Forms: all that a server must know to undo what a pipeline does to its reports.

#[cfg(test)]
mod tests;

use model::Report;
use rand_core::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{BodyChain, DecodeError, EncodeError, source, wrap};

/// Names under which the parts of a report that are not fields are written.
///
/// Dots are levels of nesting, as in the names of fields. Protobuf and the native form have numbers for these
/// parts and pay no heed to the names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Layout {
    /// Name of the event.
    pub event: String,
    /// When it happened, in milliseconds since the Unix epoch.
    pub time: String,
    /// The identifier that the vendor takes for the device.
    pub device: String,
}

impl Default for Layout {
    fn default() -> Self {
        Self { event: "event".to_owned(), time: "time".to_owned(), device: "distinct_id".to_owned() }
    }
}

/// A layout in which no report can be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// Two parts of a report would be written in the same place.
    #[error("a layout writes both {first} and {second} as `{name}`: expected three names, none of which holds another")]
    Clash {
        /// The earlier part.
        first: &'static str,
        /// The later part.
        second: &'static str,
        /// The name of the later part.
        name: String,
    },
    /// A name has too many levels.
    #[error("the name of the {part} in a layout has {found} levels of nesting, the limit is {max}")]
    Nesting {
        /// The part.
        part: &'static str,
        /// Levels found.
        found: usize,
        /// Most levels.
        max: usize,
    },
}

impl Layout {
    /// Checks that reports can be written in this layout.
    ///
    /// # Errors
    /// If a part's name is that of another part or of an object that holds it, or if a name has more than
    /// [`Form::NESTING_MAX`] levels.
    pub fn check(&self) -> Result<(), LayoutError> {
        let parts = [("event", &self.event), ("time", &self.time), ("device", &self.device)];
        for (i, (part, held)) in parts.iter().enumerate() {
            let found = source::levels(held);
            if found > Form::NESTING_MAX {
                return Err(LayoutError::Nesting { part, found, max: Form::NESTING_MAX });
            }
            if let Some((second, name)) = parts[i + 1..].iter().find(|(_, name)| source::overlap(held, name)) {
                return Err(LayoutError::Clash { first: part, second, name: (*name).clone() });
            }
        }
        Ok(())
    }
}

/// Everything a server must know to undo what a pipeline does to its reports.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Form {
    /// The steps.
    pub chain: BodyChain,
    /// Names of the parts of a report.
    #[serde(default)]
    pub layout: Layout,
}

/// What a server is willing to spend on one body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Most bytes of the body as it came and after each step.
    pub body_bytes_max: usize,
    /// Most reports.
    pub reports_max: usize,
    /// Most levels of nesting in the name of a field.
    pub nesting_max: usize,
}

impl Default for DecodeLimits {
    /// 1 MiB after each step, 10 000 reports, 16 levels.
    fn default() -> Self {
        Self { body_bytes_max: 1 << 20, reports_max: 10_000, nesting_max: Form::NESTING_MAX }
    }
}

impl DecodeLimits {
    fn check_bytes(self, bytes: usize) -> Result<(), DecodeError> {
        let fits = bytes <= self.body_bytes_max;
        fits.then_some(()).ok_or(DecodeError::TooLong { bytes_max: self.body_bytes_max })
    }
}

impl Form {
    /// Most levels of nesting that [`Form::encode`] writes.
    pub const NESTING_MAX: usize = 16;

    /// The body of an upload of `reports`. Only [`crate::Step::Encrypt`] draws from `chance`: 12 bytes each.
    ///
    /// # Errors
    /// If a field's name is that of a part of the layout, or of an object that holds another field; or if it
    /// has more than [`Form::NESTING_MAX`] levels.
    pub fn encode(&self, reports: &[Report], chance: &mut impl Rng) -> Result<Vec<u8>, EncodeError> {
        let mut bytes = Vec::new();
        for step in self.chain.steps() {
            bytes = if step.is_source() {
                source::write(step, reports, &self.layout)?
            } else {
                wrap::apply(step, bytes, chance)?
            };
        }
        Ok(bytes)
    }

    /// The reports in `body`, in the order in which they were encoded.
    ///
    /// # Errors
    /// If `body` is not of this form, or exceeds one of the `limits` at any step. The work done before a body
    /// is refused is bounded by the limits.
    pub fn decode(&self, body: &[u8], limits: DecodeLimits) -> Result<Vec<Report>, DecodeError> {
        limits.check_bytes(body.len())?;
        let mut bytes = std::borrow::Cow::Borrowed(body);
        for step in self.chain.steps().iter().rev() {
            if step.is_source() {
                return source::read(step, &bytes, &self.layout, limits);
            }
            bytes = wrap::undo(step, &bytes, limits)?.into();
            limits.check_bytes(bytes.len())?;
        }
        Ok(Vec::new())
    }
}
