//! Moments: what sources say at one point in time.

use std::borrow::Cow;

use model::{Activity, Mode, Seed, Timestamp, Value};

use super::{
    device::{Device, place},
    identity::{Asked, Identities},
    navigation,
    sessions::Page,
};
use crate::{
    plan::{Counter, Expression, OfActivity, OfDevice, Source, Template},
    policy::{Filter, Identifier},
};

/// What sources say at one point in time.
#[derive(Debug)]
pub(super) struct Moment<'a> {
    pub(super) at: Timestamp,
    pub(super) mode: Mode,
    pub(super) device: &'a Device,
    pub(super) ids: &'a mut Identities,
    pub(super) identifiers: &'a [Identifier],
    /// Seed of the upload, where there is one.
    pub(super) upload: Option<Seed>,
    /// What the report is about, where it is about one.
    pub(super) deed: Option<&'a Deed<'a>>,
    /// Number of the report in its pipeline.
    pub(super) report: u64,
    /// The key typed or the link shown, where the report is about one.
    pub(super) piece: &'a str,
}

/// An activity with what surrounds it.
#[derive(Debug)]
pub(super) struct Deed<'a> {
    pub(super) activity: &'a Activity,
    pub(super) url: Option<Cow<'a, str>>,
    pub(super) session: Option<u64>,
    pub(super) page: Option<&'a Page>,
    pub(super) front_page: Option<&'a Page>,
    pub(super) counts: Counts,
}

/// What a client counts, whether it reports it or not.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) activities: u64,
    pub(super) incognito: u64,
    pub(super) sessions: u64,
}

impl Counts {
    pub(super) fn add(&mut self, activity: &Activity, mode: Mode) {
        self.activities += 1;
        self.incognito += u64::from(place(mode) == 1);
        self.sessions += u64::from(matches!(activity, Activity::OpenSession { .. }));
    }
}

/// The address that an activity is about.
pub(super) fn url_of(activity: &Activity) -> Option<Cow<'_, str>> {
    match activity {
        Activity::Visit { url, .. } | Activity::Download { url } | Activity::Share { url } => Some(url.into()),
        Activity::Search { engine, terms, .. } => Some(navigation::results_page(engine, terms).into()),
        _ => None,
    }
}

impl Moment<'_> {
    /// The value of `expression`, if it has one now.
    pub(super) fn value(&mut self, expression: &Expression) -> Option<Value> {
        let value = self.source(&expression.source)?;
        if expression.transforms.is_empty() {
            return Some(value);
        }
        expression.transform(value, |id| self.id(id))
    }

    /// The text of `template`; nothing if one of its values has none.
    pub(super) fn text(&mut self, template: &Template) -> Option<String> {
        template.render(|expression, text| match self.value(expression) {
            Some(value) => {
                push(text, &value);
                true
            }
            None => false,
        })
    }

    fn source(&mut self, source: &Source) -> Option<Value> {
        match source {
            Source::Activity(source) => self.of_activity(*source),
            Source::Device(OfDevice::Time) => Some(self.at.as_millis().into()),
            Source::Device(source) => self.device.text(*source).map(Value::from),
            Source::Count(counter) => self.count(*counter).map(Value::from),
            Source::Id(id) => self.id(*id).map(Value::Text),
            Source::Const(text) => Some(text.as_str().into()),
        }
    }

    fn id(&mut self, id: usize) -> Option<String> {
        let asked = Asked {
            at: self.at,
            mode: self.mode,
            session: self.deed.and_then(|deed| deed.session),
            account: self.device.account.as_deref(),
            upload: self.upload,
        };
        self.ids.value(id, self.identifiers.get(id)?, asked)
    }

    fn count(&self, counter: Counter) -> Option<i64> {
        let counts = self.deed?.counts;
        let count = match counter {
            Counter::Reports => self.report,
            Counter::Activities => counts.activities,
            Counter::Incognito => counts.incognito,
            Counter::Sessions => counts.sessions,
        };
        i64::try_from(count).ok()
    }

    fn of_activity(&self, source: OfActivity) -> Option<Value> {
        let deed = self.deed?;
        match source {
            OfActivity::Url => deed.url.as_deref().map(Value::from),
            OfActivity::Page => deed.page.map(|page| page.url.as_str().into()),
            OfActivity::PageTitle => deed.page.map(|page| page.title.as_str().into()),
            OfActivity::FrontPage => deed.front_page.map(|page| page.url.as_str().into()),
            OfActivity::Session => deed.session.and_then(|number| i64::try_from(number).ok()).map(Value::from),
            OfActivity::Mode => Some(self.mode.to_string().into()),
            OfActivity::Private => Some((self.mode == Mode::Incognito).into()),
            OfActivity::Key | OfActivity::Link => Some(self.piece.into()),
            source => told_by(deed.activity, source),
        }
    }
}

/// What the activity itself says.
fn told_by(activity: &Activity, source: OfActivity) -> Option<Value> {
    use OfActivity as S;
    let text = |text: &String| Some(text.as_str().into());
    match (source, activity) {
        (S::Title, Activity::Visit { title, .. }) => text(title),
        (S::Text, Activity::Visit { text: page, .. }) => text(page),
        (S::Text, Activity::TypeText { text: typed }) => text(typed),
        (S::Terms, Activity::Search { terms, .. }) => text(terms),
        (S::Engine, Activity::Search { engine, .. }) => text(engine),
        (S::Typed, Activity::Visit { typed, .. } | Activity::Search { typed, .. }) => Some((*typed).into()),
        (S::Dwell, Activity::Visit { dwell_ms, .. }) => Some(i64::from(*dwell_ms).into()),
        (S::Screen, Activity::ShowScreen { name }) => text(name),
        (S::Setting, Activity::ChangeSetting { name, .. }) => text(name),
        (S::Value, Activity::ChangeSetting { value, .. }) => text(value),
        (S::Position, Activity::FlipSwitch { position }) => text(position),
        (S::Online, Activity::SetOnline { online }) => Some((*online).into()),
        (S::Given, Activity::Consent { given }) => Some((*given).into()),
        _ => None,
    }
}

impl Deed<'_> {
    /// Whether `filter` allows the activity on `device`.
    pub(super) fn passes(&self, filter: &Filter, device: &Device) -> bool {
        let url = || self.url.as_deref().unwrap_or_default();
        let contains = || filter.url_contains.iter().any(|part| url().contains(part.as_str()));
        (filter.url_contains.is_empty() || contains())
            && (filter.host_ends_with.is_empty() || is_below(url(), &filter.host_ends_with))
            && (filter.country.is_empty() || filter.country.contains(&device.profile.country))
            && (filter.name.is_empty() || self.name().is_some_and(|name| filter.name.contains(name)))
            && filter.typed.is_none_or(|typed| Some(typed) == self.typed())
            && filter.logged_in.is_none_or(|logged_in| logged_in == device.account.is_some())
    }

    const fn name(&self) -> Option<&String> {
        match self.activity {
            Activity::ShowScreen { name } | Activity::ChangeSetting { name, .. } => Some(name),
            Activity::FlipSwitch { position } => Some(position),
            _ => None,
        }
    }

    const fn typed(&self) -> Option<bool> {
        match self.activity {
            Activity::Visit { typed, .. } | Activity::Search { typed, .. } => Some(*typed),
            _ => None,
        }
    }
}

/// Whether the host of `url` is one of `domains` or below one.
fn is_below(url: &str, domains: &[String]) -> bool {
    let host = encoding::Transform::Host.apply(&url.into(), "");
    let Some(Value::Text(host)) = host else { return false };
    domains
        .iter()
        .any(|domain| host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

pub(super) fn push(text: &mut String, value: &Value) {
    match value {
        Value::Text(value) => text.push_str(value),
        other => text.push_str(&other.to_string()),
    }
}
