//! Who may call: tokens of drivers, inspectors and peers, compared without telling how much of one was right.

use std::{fmt, hint::black_box, sync::Arc};

use protocol::{Failure, StatusKind, metadata};
use tonic::metadata::{Ascii, MetadataMap, MetadataValue};

/// A secret token that shows who a caller is. Its `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Credential(Arc<str>);

/// Text that is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a token of {found} bytes cannot be used: expected {BYTES_MIN} to {BYTES_MAX} visible ASCII characters")]
pub struct CredentialError {
    /// Length of what was given, in bytes. The text itself might be a secret with a typing error.
    pub found: usize,
}

const BYTES_MIN: usize = 16;
const BYTES_MAX: usize = 512;

impl Credential {
    /// Takes `token` as it is.
    ///
    /// # Errors
    /// If it is shorter than 16 or longer than 512 bytes, or holds anything but visible ASCII characters.
    pub fn new(token: impl Into<String>) -> Result<Self, CredentialError> {
        let token = token.into();
        let fits = (BYTES_MIN..=BYTES_MAX).contains(&token.len());
        if fits && token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Self(token.into()));
        }
        Err(CredentialError { found: token.len() })
    }

    /// Whether `given` is this token, in a time that depends on the lengths alone.
    #[must_use]
    pub fn matches(&self, given: &[u8]) -> bool {
        let own = self.0.as_bytes();
        // `black_box` keeps the compiler from leaving the loop at the first difference.
        let differences = |seen: u8, (a, b): (&u8, &u8)| black_box(seen | (a ^ b));
        own.len() == given.len() && own.iter().zip(given).fold(0, differences) == 0
    }

    /// The token as a metadata value that logs do not show, behind `scheme` where there is one.
    pub(crate) fn to_metadata(&self, scheme: Option<&str>) -> Option<MetadataValue<Ascii>> {
        let text = scheme.map_or_else(|| self.0.to_string(), |scheme| format!("{scheme} {}", self.0));
        let mut value = MetadataValue::try_from(text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(…)")
    }
}

/// Why a caller was not let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    /// Only the driver may call, and the caller did not say that it is.
    #[error(
        "this service runs on the clock of a scenario and takes calls of its driver alone: no `{}` came",
        metadata::DRIVER
    )]
    NoDriver,
    /// The caller said that it is the driver, and is not.
    #[error("this service runs on the clock of a scenario: `{}` is not its driver's", metadata::DRIVER)]
    WrongDriver,
    /// The driver did not say what time it is.
    #[error("`{}` is `{found}`: expected milliseconds since the Unix epoch in decimal digits", metadata::NOW)]
    NoTime {
        /// What stood there.
        found: String,
    },
    /// A token is needed, and none came.
    #[error("`authorization: {scheme} <token>` is needed")]
    NoToken {
        /// The scheme.
        scheme: &'static str,
    },
    /// The token that came is not the right one, or there is no right one.
    #[error("the token after `authorization: {scheme}` is not known here")]
    WrongToken {
        /// The scheme.
        scheme: &'static str,
    },
}

impl Failure for AccessError {
    fn kind(&self) -> StatusKind {
        match self {
            Self::NoDriver | Self::WrongDriver | Self::NoToken { .. } => StatusKind::Unauthenticated,
            Self::WrongToken { .. } => StatusKind::PermissionDenied,
            Self::NoTime { .. } => StatusKind::InvalidArgument,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::NoDriver => "no-driver",
            Self::WrongDriver => "wrong-driver",
            Self::NoTime { .. } => "no-time",
            Self::NoToken { .. } => "no-token",
            Self::WrongToken { .. } => "wrong-token",
        }
    }
}

/// Lets in whoever shows `expected` behind `scheme`. Where nothing is expected, nobody is let in.
pub(crate) fn require_token(
    call: &MetadataMap,
    scheme: &'static str,
    expected: Option<&Credential>,
) -> Result<(), AccessError> {
    let given = call.get(metadata::AUTHORIZATION).and_then(|value| {
        let (given, token) = value.as_encoded_bytes().split_at_checked(scheme.len())?;
        given.eq_ignore_ascii_case(scheme.as_bytes()).then(|| token.strip_prefix(b" ")).flatten()
    });
    let given = given.ok_or(AccessError::NoToken { scheme })?;
    match expected {
        Some(credential) if credential.matches(given) => Ok(()),
        _ => Err(AccessError::WrongToken { scheme }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> Credential {
        Credential::new(text).expect("a usable token")
    }

    fn call(authorization: &'static str) -> MetadataMap {
        let mut call = MetadataMap::new();
        call.insert(metadata::AUTHORIZATION, MetadataValue::from_static(authorization));
        call
    }

    #[test]
    fn token_matches_itself_alone() {
        let own = token("0123456789abcdef");
        assert!(own.matches(b"0123456789abcdef"));
        for other in ["0123456789abcdeF", "1123456789abcdef", "0123456789abcde", "0123456789abcdef0", ""] {
            assert!(!own.matches(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn token_is_not_shown() {
        let own = token("0123456789abcdef");
        assert_eq!(format!("{own:?}"), "Credential(…)");
        let value = own.to_metadata(Some("Warrant")).expect("visible ASCII");
        assert!(!format!("{value:?}").contains("0123"));
    }

    #[test]
    fn short_or_unprintable_token_is_refused() {
        for text in ["", "too-short", "0123456789 abcdef", "0123456789abcde\n"] {
            assert_eq!(Credential::new(text).err(), Some(CredentialError { found: text.len() }));
        }
    }

    #[test]
    fn nobody_is_let_in_where_no_token_is_known() {
        let error = require_token(&call("Warrant 0123456789abcdef"), "Warrant", None);
        assert_eq!(error, Err(AccessError::WrongToken { scheme: "Warrant" }));
    }

    #[test]
    fn token_of_another_scheme_is_none() {
        let own = token("0123456789abcdef");
        for wrong in ["Peer 0123456789abcdef", "Warrant", "Warrant0123456789abcdef", "é"] {
            let mut given = MetadataMap::new();
            if let Ok(value) = MetadataValue::try_from(wrong) {
                given.insert(metadata::AUTHORIZATION, value);
            }
            assert_eq!(require_token(&given, "Warrant", Some(&own)), Err(AccessError::NoToken { scheme: "Warrant" }));
        }
        assert_eq!(require_token(&call("warrant 0123456789abcdef"), "Warrant", Some(&own)), Ok(()));
    }
}
