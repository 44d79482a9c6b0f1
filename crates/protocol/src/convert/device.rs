//! `device.proto`: what a client under examination is asked to do, and what it says about itself.

use model::{Country, DeclaredField, Host, Mode};

use super::{ConvertError, name};
use crate::v1;

pub use v1::perform_request::Activity;

impl From<Mode> for v1::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Normal => Self::Normal,
            Mode::Incognito => Self::Incognito,
        }
    }
}

/// The activity as a client is asked to perform it, with its name in the contract; `None` for what is asked of a client
/// in another way: by its controls (the switch, consent) or by preparing it (restart and resets).
#[must_use]
pub fn activity(activity: &model::Activity) -> Option<(&'static str, Activity)> {
    use model::Activity as From;
    Some(match activity.clone() {
        From::OpenSession { mode } => {
            ("open_session", Activity::OpenSession(v1::OpenSession { mode: v1::Mode::from(mode).into() }))
        }
        From::CloseSession => ("close_session", Activity::CloseSession(v1::CloseSession {})),
        From::Visit { url, title, text, links, typed, dwell_ms, .. } => {
            ("visit", Activity::Visit(v1::Visit { url, title, text, links, typed, dwell_ms }))
        }
        From::Search { engine, terms, typed } => ("search", Activity::Search(v1::Search { engine, terms, typed })),
        From::TypeText { text } => ("type_text", Activity::TypeText(v1::TypeText { text })),
        From::Download { url } => ("download", Activity::Download(v1::Download { url })),
        From::Share { url } => ("share", Activity::Share(v1::Share { url })),
        From::ShowScreen { name } => ("show_screen", Activity::ShowScreen(v1::ShowScreen { name })),
        From::ChangeSetting { name, value } => {
            ("change_setting", Activity::ChangeSetting(v1::ChangeSetting { name, value }))
        }
        From::SetOnline { online } => ("set_online", Activity::SetOnline(v1::SetOnline { online })),
        From::LogIn { account } => ("log_in", Activity::LogIn(v1::LogIn { account })),
        From::LogOut => ("log_out", Activity::LogOut(v1::LogOut {})),
        From::Update { version } => ("update", Activity::Update(v1::Update { version: version.into() })),
        From::CrashTab => ("crash_tab", Activity::CrashTab(v1::CrashTab {})),
        From::CrashApp => ("crash_app", Activity::CrashApp(v1::CrashApp {})),
        From::FlipSwitch { .. } | From::Consent { .. } | From::Restart | From::ClearData | From::Reinstall => {
            return None;
        }
    })
}

/// How a client is brought from one state to another by preparing it again; `None` for what is not such a reset.
#[must_use]
pub const fn reset(activity: &model::Activity) -> Option<v1::Reset> {
    match activity {
        model::Activity::Restart => Some(v1::Reset::Restart),
        model::Activity::ClearData => Some(v1::Reset::ClearData),
        model::Activity::Reinstall => Some(v1::Reset::Reinstall),
        _ => None,
    }
}

/// What a position promises about collection; `None` for consent, and where nothing is said.
#[must_use]
pub const fn promise(promise: v1::Promise) -> Option<model::Promise> {
    match promise {
        v1::Promise::CollectInIncognito => Some(model::Promise::CollectInIncognito),
        v1::Promise::SuppressInIncognito => Some(model::Promise::SuppressInIncognito),
        v1::Promise::Collect => Some(model::Promise::Collect),
        v1::Promise::Suppress => Some(model::Promise::Suppress),
        v1::Promise::Unspecified | v1::Promise::Consent | v1::Promise::Refuse => None,
    }
}

/// A host that a client declares: the host and the country where it is served.
///
/// # Errors
/// If either is none.
pub fn endpoint(endpoint: v1::DeclaredEndpoint) -> Result<(Host, Country), ConvertError> {
    let host = name(endpoint.host.to_ascii_lowercase(), "host")?;
    let served_in = endpoint.served_in.parse().map_err(|error| ConvertError::new("served_in", error))?;
    Ok((host, served_in))
}

impl TryFrom<v1::DeclaredField> for DeclaredField {
    type Error = ConvertError;

    fn try_from(field: v1::DeclaredField) -> Result<Self, ConvertError> {
        let mode = |(index, mode): (usize, i32)| match v1::Mode::try_from(mode) {
            Ok(v1::Mode::Normal) => Ok(Mode::Normal),
            Ok(v1::Mode::Incognito) => Ok(Mode::Incognito),
            _ => Err(ConvertError::new(format!("modes[{index}]"), format!("{mode} is neither normal nor incognito"))),
        };
        let modes = field.modes.into_iter().enumerate().map(mode).collect::<Result<_, _>>()?;
        Ok(Self { name: field.name, purpose: field.purpose, modes })
    }
}
