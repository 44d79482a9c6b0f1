//! Identifiers: how long they live, what they survive and what they look like.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};

/// An identifier that reports can hold as `id:NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Identifier {
    /// Name, as sources cite it.
    pub name: String,
    /// How long one value is used.
    pub lifetime: Lifetime,
    /// What a value looks like; by default `hex-16`.
    #[serde(default)]
    pub form: IdForm,
    /// Whether both modes share one value; by default they do.
    #[serde(default)]
    pub modes: IdModes,
    /// While somebody is logged in, the name of the account stands in its place.
    #[serde(default)]
    pub replaced_by_account: bool,
    /// What a kept value outlives; by default an update and an opt-out. Ignored by `hardware`, which outlives everything.
    #[serde(default = "update_and_opt_out")]
    pub survives: Vec<Survival>,
}

fn update_and_opt_out() -> Vec<Survival> {
    vec![Survival::Update, Survival::OptOut]
}

/// How long one value of an identifier is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// There is never a value: fields that would hold it are left out.
    None,
    /// Fresh for each upload; all reports of an upload share it.
    Upload,
    /// Fresh for each browsing session; outside of sessions fresh at each start of the client.
    Session,
    /// Fresh on each day (UTC).
    Day,
    /// Until more than so many days have passed since it was made or last used.
    Days(Rotation),
    /// Kept in the app's storage.
    Install,
    /// Derived from the hardware: outlives everything.
    Hardware,
    /// The name of the account, while somebody is logged in.
    Account,
}

/// A rotation after a number of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rotation {
    /// Days of 24 hours.
    #[schemars(range(min = 1))]
    pub days: u32,
    /// What the days are counted from.
    pub counted_from: CountedFrom,
}

/// What the days of a rotation are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CountedFrom {
    /// When the value was made: it rotates as promised.
    Creation,
    /// When the value was last used: daily use keeps it for ever.
    LastUse,
}

/// Whether normal and incognito mode share one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IdModes {
    /// One value for both.
    #[default]
    Shared,
    /// A value of its own for each.
    Separate,
}

/// What a kept value can outlive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Survival {
    /// The user clears the app's data.
    ClearData,
    /// The client is installed anew.
    Reinstall,
    /// The switch is turned off, or consent withdrawn.
    OptOut,
    /// The client is updated.
    Update,
}

const KEYWORDS: [(&str, Lifetime); 7] = [
    ("none", Lifetime::None),
    ("upload", Lifetime::Upload),
    ("session", Lifetime::Session),
    ("day", Lifetime::Day),
    ("install", Lifetime::Install),
    ("hardware", Lifetime::Hardware),
    ("account", Lifetime::Account),
];
const NAMES: &[&str] = &["none", "upload", "session", "day", "install", "hardware", "account"];

impl Serialize for Lifetime {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if let Self::Days(rotation) = self {
            return rotation.serialize(to);
        }
        let name = KEYWORDS.iter().find(|(_, lifetime)| lifetime == self).map_or("none", |(name, _)| name);
        to.serialize_str(name)
    }
}

struct LifetimeVisitor;

impl<'de> Visitor<'de> for LifetimeVisitor {
    type Value = Lifetime;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one of {} or {{ days = 90, counted-from = \"creation\" }}", NAMES.join(", "))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Lifetime, E> {
        let known = KEYWORDS.iter().find(|(name, _)| *name == text);
        known.map(|(_, lifetime)| *lifetime).ok_or_else(|| E::unknown_variant(text, NAMES))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Lifetime, A::Error> {
        Rotation::deserialize(MapAccessDeserializer::new(map)).map(Lifetime::Days)
    }
}

impl<'de> Deserialize<'de> for Lifetime {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(LifetimeVisitor)
    }
}

impl JsonSchema for Lifetime {
    fn schema_name() -> Cow<'static, str> {
        "Lifetime".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let rotation = generator.subschema_for::<Rotation>();
        json_schema!({
            "description": "How long one value of an identifier is used.",
            "anyOf": [{ "type": "string", "enum": NAMES }, rotation]
        })
    }
}

/// What values of an identifier look like, written as an alphabet and a number of characters: `hex-16`,
/// `digits-15`, `letters-8`; or `uuid` (RFC 9562, version 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdForm {
    alphabet: Alphabet,
    length: u8,
}

/// What characters a value is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    Hex,
    Digits,
    Letters,
    Uuid,
}

/// Text that is no form of an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{found}` is no form of an identifier: expected uuid, or one of hex, digits, letters with a length from 1 to 64, such as hex-16"
)]
pub struct IdFormError {
    /// What stood there.
    pub found: String,
}

impl Default for IdForm {
    fn default() -> Self {
        Self { alphabet: Alphabet::Hex, length: 16 }
    }
}

impl IdForm {
    const LENGTH_MAX: u8 = 64;

    pub(crate) const fn alphabet(self) -> Alphabet {
        self.alphabet
    }

    pub(crate) const fn length(self) -> u8 {
        self.length
    }
}

impl FromStr for IdForm {
    type Err = IdFormError;

    fn from_str(text: &str) -> Result<Self, IdFormError> {
        if text == "uuid" {
            return Ok(Self { alphabet: Alphabet::Uuid, length: 36 });
        }
        let wrong = || IdFormError { found: text.chars().take(64).collect() };
        let (alphabet, length) = text.split_once('-').ok_or_else(wrong)?;
        let alphabet = match alphabet {
            "hex" => Alphabet::Hex,
            "digits" => Alphabet::Digits,
            "letters" => Alphabet::Letters,
            _ => return Err(wrong()),
        };
        let length = length.parse().ok().filter(|n| (1..=Self::LENGTH_MAX).contains(n)).ok_or_else(wrong)?;
        Ok(Self { alphabet, length })
    }
}

impl fmt::Display for IdForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.alphabet {
            Alphabet::Hex => write!(f, "hex-{}", self.length),
            Alphabet::Digits => write!(f, "digits-{}", self.length),
            Alphabet::Letters => write!(f, "letters-{}", self.length),
            Alphabet::Uuid => f.write_str("uuid"),
        }
    }
}

impl TryFrom<String> for IdForm {
    type Error = IdFormError;

    fn try_from(text: String) -> Result<Self, IdFormError> {
        text.parse()
    }
}

impl From<IdForm> for String {
    fn from(form: IdForm) -> String {
        form.to_string()
    }
}

impl JsonSchema for IdForm {
    fn schema_name() -> Cow<'static, str> {
        "IdForm".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "What values of an identifier look like: an alphabet and a number of characters, or uuid.",
            "pattern": "^((hex|digits|letters)-[1-9][0-9]?|uuid)$",
            "examples": ["hex-16", "uuid"]
        })
    }
}
