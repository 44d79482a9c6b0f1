//! Sources: where the values of fields and templates are from.

use model::ActivityKind;

use crate::problem::Fault;

/// Where a value is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// Known in some activities.
    Activity(OfActivity),
    /// The same in every report of a moment.
    Device(OfDevice),
    /// A count that goes up.
    Count(Counter),
    /// The identifier with this place in the policy.
    Id(usize),
    /// Always the same text.
    Const(String),
}

/// Sources that belong to an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfActivity {
    Url,
    Title,
    Text,
    Terms,
    Engine,
    Typed,
    Dwell,
    Screen,
    Setting,
    Value,
    Position,
    Online,
    Given,
    Key,
    Link,
    Page,
    PageTitle,
    FrontPage,
    Session,
    Mode,
    Private,
}

/// Sources that belong to the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfDevice {
    Time,
    FirstRun,
    Country,
    Locale,
    Language,
    Model,
    OsVersion,
    Operator,
    Network,
    ScreenSize,
    Product,
    Version,
    Account,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counter {
    Reports,
    Activities,
    Incognito,
    Sessions,
}

const OF_ACTIVITY: [(&str, OfActivity); 21] = [
    ("url", OfActivity::Url),
    ("title", OfActivity::Title),
    ("text", OfActivity::Text),
    ("terms", OfActivity::Terms),
    ("engine", OfActivity::Engine),
    ("typed", OfActivity::Typed),
    ("dwell", OfActivity::Dwell),
    ("screen", OfActivity::Screen),
    ("setting", OfActivity::Setting),
    ("value", OfActivity::Value),
    ("position", OfActivity::Position),
    ("online", OfActivity::Online),
    ("given", OfActivity::Given),
    ("key", OfActivity::Key),
    ("link", OfActivity::Link),
    ("page", OfActivity::Page),
    ("page-title", OfActivity::PageTitle),
    ("front-page", OfActivity::FrontPage),
    ("session", OfActivity::Session),
    ("mode", OfActivity::Mode),
    ("private", OfActivity::Private),
];

const OF_DEVICE: [(&str, OfDevice); 13] = [
    ("time", OfDevice::Time),
    ("first-run", OfDevice::FirstRun),
    ("country", OfDevice::Country),
    ("locale", OfDevice::Locale),
    ("language", OfDevice::Language),
    ("model", OfDevice::Model),
    ("os-version", OfDevice::OsVersion),
    ("operator", OfDevice::Operator),
    ("network", OfDevice::Network),
    ("screen-size", OfDevice::ScreenSize),
    ("product", OfDevice::Product),
    ("version", OfDevice::Version),
    ("account", OfDevice::Account),
];

const COUNTERS: [(&str, Counter); 4] = [
    ("reports", Counter::Reports),
    ("activities", Counter::Activities),
    ("incognito", Counter::Incognito),
    ("sessions", Counter::Sessions),
];

impl Source {
    /// Reads a source; `ids` are the identifiers' names in their order.
    pub(crate) fn parse(text: &str, ids: &[&str]) -> Result<Self, Fault> {
        if let Some(text) = text.strip_prefix("const:") {
            return Ok(Self::Const(text.to_owned()));
        }
        if let Some(name) = text.strip_prefix("id:") {
            return id(name, ids).map(Self::Id);
        }
        if let Some(name) = text.strip_prefix("count:") {
            return named(&COUNTERS, name)
                .map(Self::Count)
                .ok_or_else(|| Fault::unknown("counter", name, COUNTERS.iter().map(|(name, _)| *name)));
        }
        let of_device = || named(&OF_DEVICE, text).map(Self::Device);
        named(&OF_ACTIVITY, text).map(Self::Activity).or_else(of_device).ok_or_else(|| unknown(text, ids))
    }

    /// Whether two reports of one upload can differ in it.
    pub(crate) const fn varies(&self) -> bool {
        matches!(self, Self::Activity(_) | Self::Count(_))
    }

    /// Whether it can have a value in a report on an activity of `kind`, where it belongs to activities.
    pub(crate) const fn is_known_in(&self, kind: ActivityKind) -> bool {
        match self {
            Self::Activity(source) => source.is_known_in(kind),
            Self::Device(_) | Self::Count(_) | Self::Id(_) | Self::Const(_) => true,
        }
    }
}

impl OfActivity {
    const fn is_known_in(self, kind: ActivityKind) -> bool {
        use ActivityKind as A;
        match self {
            Self::Url => matches!(kind, A::Visit | A::Search | A::Download | A::Share),
            Self::Title | Self::Dwell | Self::Link => matches!(kind, A::Visit),
            Self::Text => matches!(kind, A::Visit | A::TypeText),
            Self::Terms | Self::Engine => matches!(kind, A::Search),
            Self::Typed => matches!(kind, A::Visit | A::Search),
            Self::Key => matches!(kind, A::Visit | A::Search | A::TypeText),
            Self::Screen => matches!(kind, A::ShowScreen),
            Self::Setting | Self::Value => matches!(kind, A::ChangeSetting),
            Self::Position => matches!(kind, A::FlipSwitch),
            Self::Online => matches!(kind, A::SetOnline),
            Self::Given => matches!(kind, A::Consent),
            Self::Page | Self::PageTitle | Self::FrontPage | Self::Session | Self::Mode | Self::Private => true,
        }
    }
}

/// The place of the identifier `name`.
pub(crate) fn id(name: &str, ids: &[&str]) -> Result<usize, Fault> {
    let place = ids.iter().position(|id| *id == name);
    place.ok_or_else(|| Fault::unknown("identifier", name, ids.iter().copied()))
}

fn named<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

fn unknown(text: &str, ids: &[&str]) -> Fault {
    let ids: Vec<String> = ids.iter().map(|id| format!("id:{id}")).collect();
    let counts: Vec<String> = COUNTERS.iter().map(|(name, _)| format!("count:{name}")).collect();
    let plain = OF_ACTIVITY.iter().map(|(name, _)| *name).chain(OF_DEVICE.iter().map(|(name, _)| *name));
    Fault::unknown("source", text, plain.chain(ids.iter().chain(&counts).map(String::as_str)))
}
