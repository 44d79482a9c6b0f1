//! Texts with a form of their own: times, spans, ratios, names. Their own readers judge them.

use std::str::FromStr;

use browser::policy::IdForm;
use model::{
    ClaimId, Country, DeviceId, Duration, Host, LabDeviceId, ProductId, QueryId, Ratio, RegionId, Timestamp, Version,
};
use toml::de::DeValue;

use crate::document::Node;

/// Says why a text is not of the form.
type Reader = fn(&str) -> Result<(), String>;

/// Forms by the name of their definition in the schema.
const FORMS: [(&str, Reader); 13] = [
    ("ClaimId", reads::<ClaimId>),
    ("Country", reads::<Country>),
    ("DeviceId", reads::<DeviceId>),
    ("Duration", reads::<Duration>),
    ("Host", reads::<Host>),
    ("IdForm", reads::<IdForm>),
    ("LabDeviceId", reads::<LabDeviceId>),
    ("ProductId", reads::<ProductId>),
    ("QueryId", reads::<QueryId>),
    ("Ratio", reads::<Ratio>),
    ("RegionId", reads::<RegionId>),
    ("Timestamp", reads::<Timestamp>),
    ("Version", reads::<Version>),
];

fn reads<T: FromStr<Err: ToString>>(text: &str) -> Result<(), String> {
    text.parse::<T>().map(drop).map_err(|error| error.to_string())
}

/// Whether the text at `node` is of the form that is defined as `name`; `None` where there is no such form, or no text.
pub(super) fn read(name: &str, node: &Node<'_>) -> Option<Result<(), String>> {
    let (_, reader) = FORMS.iter().find(|(form, _)| *form == name)?;
    match node.get_ref() {
        DeValue::String(text) => Some(reader(text)),
        // Times may stand without quotes.
        DeValue::Datetime(time) if name == "Timestamp" => Some(reader(&time.to_string())),
        _ => None,
    }
}

/// Patterns that keys of tables have, with who judges them and how they are called.
const PATTERNS: [(&str, Reader, &str); 2] = [
    ("^[A-Z]{2}$", reads::<Country>, "a country code of two capital letters"),
    (r"^\S+$", reads::<Version>, "a name of 1 to 128 printable characters without spaces"),
];

/// Whether `text` matches `pattern`. A pattern that is not known here is left to the typed reader.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    PATTERNS.iter().find(|(known, ..)| *known == pattern).is_none_or(|(_, reader, _)| reader(text).is_ok())
}

/// What matches `pattern`, in words.
pub(super) fn pattern_words(pattern: &str) -> &str {
    PATTERNS.iter().find(|(known, ..)| *known == pattern).map_or(pattern, |(.., words)| words)
}

/// Whether the definition named `name` has a reader here, or `pattern` is known.
#[cfg(test)]
pub(super) fn knows(name: &str, pattern: &str) -> bool {
    FORMS.iter().any(|(form, _)| *form == name) || PATTERNS.iter().any(|(known, ..)| *known == pattern)
}
