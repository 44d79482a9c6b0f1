//! Body chains: the steps by which reports become a body.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One step of a body chain.
///
/// The first step of a chain makes bytes from reports ([`Step::is_source`]); every later one maps bytes to bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Step {
    /// Reports as one JSON array of objects; dots in field names are levels of nesting.
    Json,
    /// Reports as JSON objects, each on a line of its own.
    JsonLines,
    /// Reports as lines of `name=value` pairs in `application/x-www-form-urlencoded`.
    FormFields,
    /// Reports as protobuf with a field number for each field name.
    Protobuf,
    /// Reports as `glasshouse.v1.ReportBatch`.
    Native,
    /// Bytes as one field of an `application/x-www-form-urlencoded` body.
    Form {
        /// Name of the field that holds the bytes.
        field: String,
        /// Fields that are always the same.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        with: BTreeMap<String, String>,
        /// Name of a field that holds a checksum of the bytes: Java's `String.hashCode` of them, as the SDK of
        /// sensorsdata/sa-sdk-android writes it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        crc: Option<String>,
    },
    /// gzip, RFC 1952.
    Gzip,
    /// DEFLATE with the zlib header, RFC 1950.
    Deflate,
    /// Base64 with padding, RFC 4648 section 4.
    Base64,
    /// Base64 for URLs and file names without padding, RFC 4648 section 5.
    Base64Url,
    /// Hexadecimal digits in lower case.
    Hex,
    /// Percent-encoding of every byte but ASCII letters and digits, RFC 3986 section 2.1.
    Percent,
    /// ChaCha20-Poly1305, RFC 8439, behind a fresh nonce of 12 bytes.
    Encrypt {
        /// Name of the key. The key itself is the SHA-256 of the name.
        key: String,
    },
    /// One byte `0x80` and then zeros up to a multiple of so many bytes, ISO/IEC 7816-4.
    Pad {
        /// Sizes of padded bodies are multiples of this many bytes.
        #[schemars(range(min = 1, max = 1_048_576))]
        multiple: u32,
    },
}

/// Largest multiple that [`Step::Pad`] takes, in bytes.
const PAD_MULTIPLE_MAX: u32 = 1 << 20;

impl Step {
    /// Whether the step makes bytes from reports, and so stands first.
    #[must_use]
    pub const fn is_source(&self) -> bool {
        matches!(self, Self::Json | Self::JsonLines | Self::FormFields | Self::Protobuf | Self::Native)
    }

    /// The step's name, as files write it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::JsonLines => "json-lines",
            Self::FormFields => "form-fields",
            Self::Protobuf => "protobuf",
            Self::Native => "native",
            Self::Form { .. } => "form",
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Base64 => "base64",
            Self::Base64Url => "base64-url",
            Self::Hex => "hex",
            Self::Percent => "percent",
            Self::Encrypt { .. } => "encrypt",
            Self::Pad { .. } => "pad",
        }
    }

    fn check(&self) -> Result<(), ChainError> {
        match self {
            Self::Form { field, with, crc } => {
                let taken = |name: &String| with.contains_key(name);
                let repeated = std::iter::once(field).chain(crc).find(|name| taken(name));
                match repeated.or(crc.as_ref().filter(|name| *name == field)) {
                    Some(field) => Err(ChainError::RepeatedField { field: field.clone() }),
                    None => Ok(()),
                }
            }
            Self::Pad { multiple } if !(1..=PAD_MULTIPLE_MAX).contains(multiple) => {
                Err(ChainError::Multiple { found: *multiple, max: PAD_MULTIPLE_MAX })
            }
            _ => Ok(()),
        }
    }
}

/// The steps by which reports become a body, in the order in which they are applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<Step>", into = "Vec<Step>")]
#[schemars(with = "Vec<Step>")]
pub struct BodyChain(Vec<Step>);

/// Steps that make no chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// No step at all.
    #[error("a body chain has no step: expected one of json, json-lines, form-fields, protobuf, native first")]
    Empty,
    /// More steps than anybody needs.
    #[error("a body chain has {found} steps, the limit is {max}")]
    TooLong {
        /// Steps found.
        found: usize,
        /// Most steps.
        max: usize,
    },
    /// The first step needs bytes.
    #[error(
        "a body chain starts with {found}, which takes bytes: expected one of json, json-lines, form-fields, protobuf, native first"
    )]
    NoSource {
        /// Name of the first step.
        found: &'static str,
    },
    /// A later step needs reports.
    #[error("step {at} of a body chain is {found}, which takes reports and can only stand first")]
    LateSource {
        /// Place of the step, from 1.
        at: usize,
        /// Name of the step.
        found: &'static str,
    },
    /// Two fields of a form step have the same name.
    #[error("a form step writes the field `{field}` twice")]
    RepeatedField {
        /// The name.
        field: String,
    },
    /// Padding to nothing, or to too much.
    #[error("a pad step pads to a multiple of {found} bytes: expected 1 to {max}")]
    Multiple {
        /// Bytes found.
        found: u32,
        /// Most bytes.
        max: u32,
    },
}

impl BodyChain {
    /// Most steps in a chain.
    pub const STEPS_MAX: usize = 16;

    /// Takes `steps` in the order in which they are applied.
    ///
    /// # Errors
    /// If the first does not make bytes from reports or a later one does, or if a step cannot be undone.
    pub fn new(steps: Vec<Step>) -> Result<Self, ChainError> {
        let first = steps.first().ok_or(ChainError::Empty)?;
        if steps.len() > Self::STEPS_MAX {
            return Err(ChainError::TooLong { found: steps.len(), max: Self::STEPS_MAX });
        }
        if !first.is_source() {
            return Err(ChainError::NoSource { found: first.name() });
        }
        if let Some((i, late)) = steps.iter().enumerate().skip(1).find(|(_, step)| step.is_source()) {
            return Err(ChainError::LateSource { at: i + 1, found: late.name() });
        }
        steps.iter().try_for_each(Step::check)?;
        Ok(Self(steps))
    }

    /// The steps, in the order in which they are applied; the first makes bytes from reports.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

/// JSON alone.
impl Default for BodyChain {
    fn default() -> Self {
        Self(vec![Step::Json])
    }
}

impl TryFrom<Vec<Step>> for BodyChain {
    type Error = ChainError;

    fn try_from(steps: Vec<Step>) -> Result<Self, ChainError> {
        Self::new(steps)
    }
}

impl From<BodyChain> for Vec<Step> {
    fn from(chain: BodyChain) -> Self {
        chain.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        body: BodyChain,
    }

    fn read(body: &str) -> Result<BodyChain, String> {
        toml::from_str(&format!("body = {body}")).map(|file: File| file.body).map_err(|error| error.to_string())
    }

    fn form(field: &str, with: &str, crc: Option<&str>) -> Step {
        let with = [(with.to_owned(), "1".to_owned())].into();
        Step::Form { field: field.to_owned(), with, crc: crc.map(str::to_owned) }
    }

    #[test]
    fn the_chain_of_the_2020_sdk_is_read_from_a_file() {
        let chain = read(
            r#"["json", "gzip", "base64", { form = { field = "data_list", with = { gzip = "1" }, crc = "crc" } }]"#,
        );
        let form = form("data_list", "gzip", Some("crc"));
        assert_eq!(chain.unwrap().steps(), [Step::Json, Step::Gzip, Step::Base64, form]);
    }

    #[test]
    fn a_chain_that_cannot_be_built_or_undone_is_refused() {
        let refused = |steps: Vec<Step>| BodyChain::new(steps).unwrap_err();
        assert_eq!(refused(vec![]), ChainError::Empty);
        assert_eq!(refused(vec![Step::Gzip]), ChainError::NoSource { found: "gzip" });
        assert_eq!(refused(vec![Step::Json, Step::Native]), ChainError::LateSource { at: 2, found: "native" });
        let long = [vec![Step::Json], vec![Step::Hex; BodyChain::STEPS_MAX]].concat();
        assert_eq!(refused(long), ChainError::TooLong { found: 17, max: 16 });
        for form in [form("d", "d", None), form("d", "c", Some("c")), form("d", "e", Some("d"))] {
            assert!(matches!(refused(vec![Step::Json, form]), ChainError::RepeatedField { .. }));
        }
        let pad = Step::Pad { multiple: 0 };
        assert!(matches!(refused(vec![Step::Json, pad]), ChainError::Multiple { found: 0, .. }));
    }

    #[test]
    fn a_wrong_chain_in_a_file_is_told_with_what_was_expected() {
        let told = read(r#"["gzip", "json"]"#).unwrap_err();
        assert!(told.contains("starts with gzip") && told.contains("json-lines"), "{told}");
        let told = read(r#"["json", "gzib"]"#).unwrap_err();
        assert!(told.contains("unknown variant `gzib`") && told.contains("base64"), "{told}");
        assert!(read(r#"["json", { pad = { multiples = 8 } }]"#).is_err());
    }
}
