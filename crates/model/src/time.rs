//! Points and spans of time, in whole milliseconds.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike, SecondsFormat};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A point in time: milliseconds since the Unix epoch, written as RFC 3339 in UTC.
///
/// ```
/// let t: model::Timestamp = "2020-05-01T10:00:15Z".parse()?;
/// assert_eq!(t.as_millis(), 1_588_327_215_000);
/// assert_eq!(t.to_string(), "2020-05-01T10:00:15Z");
/// # Ok::<(), model::TimestampError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

/// Text that is no point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no time: expected RFC 3339 with an offset, such as 2020-05-01T10:00:00Z")]
pub struct TimestampError {
    /// What stood there.
    pub found: String,
}

impl Timestamp {
    /// The last point in time that can be written down.
    pub const MAX: Self = Self(253_402_207_199_999);
    const MIN: Self = Self(-377_705_023_201_000);

    /// From milliseconds since the Unix epoch; what lies outside the years −9999 to 9999 is clamped to them.
    #[must_use]
    pub fn from_millis(ms: i64) -> Self {
        Self(ms.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The time that passed since `earlier`; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The time `span` later, at most [`Timestamp::MAX`].
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self::from_millis(self.0.saturating_add_unsigned(span.0))
    }

    /// The time `span` earlier.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        Self::from_millis(self.0.saturating_sub_unsigned(span.0))
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        self.after(span)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // RFC 3339 has four digits for the year; what lies outside is written as milliseconds.
        let time = DateTime::from_timestamp_millis(self.0).filter(|time| (0..=9999).contains(&time.year()));
        let Some(time) = time else { return f.pad(&self.0.to_string()) };
        let text = time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        match text.strip_suffix('Z').filter(|seconds| seconds.contains('.')) {
            Some(seconds) => f.pad(&format!("{}Z", seconds.trim_end_matches('0'))),
            None => f.pad(&text),
        }
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let wrong = |_| TimestampError { found: text.chars().take(64).collect() };
        DateTime::parse_from_rfc3339(text).map(|time| Self::from_millis(time.timestamp_millis())).map_err(wrong)
    }
}

/// A span of time in milliseconds, written as `250ms`, `15s`, `5m`, `36h`, `90d` or a sum such as `1d 12h`.
///
/// ```
/// let ninety_days: model::Duration = "90d".parse()?;
/// assert_eq!(ninety_days.as_millis(), 7_776_000_000);
/// assert_eq!(ninety_days.to_string(), "90d");
/// # Ok::<(), model::DurationError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Duration(u64);

/// Text that is no span of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no span of time: expected a number and a unit (ms, s, m, h, d), such as 15s or 90d")]
pub struct DurationError {
    /// What stood there.
    pub found: String,
}

const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// One day of 24 hours.
    pub const DAY: Self = Self(86_400_000);

    /// From milliseconds.
    #[must_use]
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms)
    }

    /// From seconds.
    #[must_use]
    pub const fn from_secs(s: u64) -> Self {
        Self(s.saturating_mul(1_000))
    }

    /// From days of 24 hours.
    #[must_use]
    pub const fn from_days(days: u64) -> Self {
        Self(days.saturating_mul(86_400_000))
    }

    /// Milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        let mut parts = Vec::new();
        for (unit, ms) in UNITS {
            if rest >= ms {
                parts.push(format!("{}{unit}", rest / ms));
                rest %= ms;
            }
        }
        f.pad(&if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") })
    }
}

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let wrong = || DurationError { found: text.chars().take(64).collect() };
        let mut total: u64 = 0;
        let mut parts = text.split_ascii_whitespace().peekable();
        parts.peek().ok_or_else(wrong)?;
        for part in parts {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let (number, unit) = part.split_at(digits);
            let number: u64 = number.parse().map_err(|_| wrong())?;
            let (_, ms) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
            total = number.checked_mul(*ms).and_then(|add| total.checked_add(add)).ok_or_else(wrong)?;
        }
        Ok(Self(total))
    }
}

macro_rules! text_form {
    ($name:ident, $error:ident, $description:literal, $example:literal) => {
        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.to_string()
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "description": $description, "examples": [$example] })
            }
        }
    };
}

text_form!(Timestamp, TimestampError, "A point in time, RFC 3339 with an offset.", "2020-05-01T10:00:00Z");
text_form!(Duration, DurationError, "A span of time: numbers with units ms, s, m, h, d.", "15s");
