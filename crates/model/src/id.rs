//! Names of things, each a type of its own so that one cannot stand for another.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A name that is empty, too long or has a character that names may not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no name: expected 1 to 128 printable characters without spaces")]
pub struct IdError {
    /// What stood there.
    pub found: String,
}

fn checked(name: &str) -> Result<(), IdError> {
    let fits = (1..=128).contains(&name.len());
    if fits && name.chars().all(|c| !c.is_whitespace() && !c.is_control()) {
        return Ok(());
    }
    Err(IdError { found: name.chars().take(64).collect() })
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes `name` as it is.
            ///
            /// # Errors
            /// If it is empty, longer than 128 bytes, or holds white space or control characters.
            pub fn new(name: impl Into<String>) -> Result<Self, IdError> {
                let name = name.into();
                checked(&name)?;
                Ok(Self(name))
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(name: String) -> Result<Self, IdError> {
                Self::new(name)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(name: &str) -> Result<Self, IdError> {
                Self::new(name)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "description": "A name: 1 to 128 printable characters without spaces.",
                    "minLength": 1,
                    "maxLength": 128,
                    "pattern": "^\\S+$"
                })
            }
        }
    )*};
}

names! {
    /// A product, such as `mint-browser`.
    ProductId;
    /// A version of a product, such as `3.4.0`.
    Version;
    /// A region in which servers stand, such as `sg`.
    RegionId;
    /// A host name, lower case, without port.
    Host;
    /// A device of the crowd or of the laboratory, in one room.
    DeviceId;
    /// A lab device as the examiner labels it, such as `lab-1`.
    LabDeviceId;
    /// A claim, such as `incognito-suppressed`.
    ClaimId;
    /// A query over windows of reports, such as `visits-by-site`.
    QueryId;
}

/// A browsing session of one device: a window or a set of private tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct SessionId(pub u32);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "session {}", self.0)
    }
}

/// One upload of one device, whatever the number of attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UploadId(pub u64);
