//! What a person does with a device.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{DeviceId, SessionId, Timestamp, Version};

/// Whether a browsing session is normal or incognito.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// History is kept.
    Normal,
    /// The user asked that nothing be kept.
    Incognito,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Normal => "normal",
            Self::Incognito => "incognito",
        })
    }
}

/// One thing that a person does, or that befalls the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Activity {
    /// Opens a browsing session in a mode.
    OpenSession {
        /// Mode of everything that happens in the session.
        mode: Mode,
    },
    /// Closes the browsing session.
    CloseSession,
    /// Visits a page.
    Visit {
        /// Full URL of the page.
        url: String,
        /// Title of the page.
        #[serde(default)]
        title: String,
        /// Text on the page.
        #[serde(default)]
        text: String,
        /// Links on the page, which a client might prefetch.
        #[serde(default)]
        links: Vec<String>,
        /// Resources that the page itself loads: navigation, like the visit.
        #[serde(default)]
        embeds: Vec<String>,
        /// Typed key by key rather than pasted.
        #[serde(default)]
        typed: bool,
        /// How long the page stays open.
        #[serde(default)]
        dwell_ms: u32,
    },
    /// Searches with a search engine.
    Search {
        /// Host of the engine, such as `duckduckgo.com`.
        engine: String,
        /// Words searched for.
        terms: String,
        /// Typed key by key rather than pasted.
        #[serde(default)]
        typed: bool,
    },
    /// Types into the address bar, then drops it.
    TypeText {
        /// What was typed.
        text: String,
    },
    /// Downloads a file.
    Download {
        /// Full URL of the file.
        url: String,
    },
    /// Shares a link with another app.
    Share {
        /// Full URL that is shared.
        url: String,
    },
    /// Shows one of the client's own screens.
    ShowScreen {
        /// Name of the screen, such as `settings`.
        name: String,
    },
    /// Changes a setting other than the switch.
    ChangeSetting {
        /// Name of the setting.
        name: String,
        /// New value.
        value: String,
    },
    /// Loses or regains the network.
    SetOnline {
        /// Whether there is a network from now on.
        online: bool,
    },
    /// Puts the switch for collection into a position.
    FlipSwitch {
        /// Position, by the name that the control shows.
        position: String,
    },
    /// Answers the consent dialog.
    Consent {
        /// Whether consent was given.
        given: bool,
    },
    /// Logs in to an account.
    LogIn {
        /// Name of the account.
        account: String,
    },
    /// Logs out.
    LogOut,
    /// The client is updated.
    Update {
        /// Version after the update.
        version: Version,
    },
    /// The client is closed and started again.
    Restart,
    /// The user clears the app's data.
    ClearData,
    /// The client is removed and installed again.
    Reinstall,
    /// The tab of the session crashes.
    CrashTab,
    /// The whole client crashes and is started again.
    CrashApp,
}

/// Kinds of activity, as policies and checks speak of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum ActivityKind {
    OpenSession,
    CloseSession,
    Visit,
    Search,
    TypeText,
    Download,
    Share,
    ShowScreen,
    ChangeSetting,
    SetOnline,
    FlipSwitch,
    Consent,
    LogIn,
    LogOut,
    Update,
    Restart,
    ClearData,
    Reinstall,
    CrashTab,
    CrashApp,
}

impl ActivityKind {
    /// Words for the kind, as a sentence about an activity begins.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::OpenSession => "open session",
            Self::CloseSession => "close session",
            Self::Visit => "visit",
            Self::Search => "search",
            Self::TypeText => "type text",
            Self::Download => "download",
            Self::Share => "share",
            Self::ShowScreen => "show screen",
            Self::ChangeSetting => "change setting",
            Self::SetOnline => "set online",
            Self::FlipSwitch => "flip switch",
            Self::Consent => "answer consent",
            Self::LogIn => "log in",
            Self::LogOut => "log out",
            Self::Update => "update",
            Self::Restart => "restart",
            Self::ClearData => "clear data",
            Self::Reinstall => "reinstall",
            Self::CrashTab => "tab crash",
            Self::CrashApp => "app crash",
        }
    }
}

impl Activity {
    /// The kind of this activity.
    #[must_use]
    pub const fn kind(&self) -> ActivityKind {
        match self {
            Self::OpenSession { .. } => ActivityKind::OpenSession,
            Self::CloseSession => ActivityKind::CloseSession,
            Self::Visit { .. } => ActivityKind::Visit,
            Self::Search { .. } => ActivityKind::Search,
            Self::TypeText { .. } => ActivityKind::TypeText,
            Self::Download { .. } => ActivityKind::Download,
            Self::Share { .. } => ActivityKind::Share,
            Self::ShowScreen { .. } => ActivityKind::ShowScreen,
            Self::ChangeSetting { .. } => ActivityKind::ChangeSetting,
            Self::SetOnline { .. } => ActivityKind::SetOnline,
            Self::FlipSwitch { .. } => ActivityKind::FlipSwitch,
            Self::Consent { .. } => ActivityKind::Consent,
            Self::LogIn { .. } => ActivityKind::LogIn,
            Self::LogOut => ActivityKind::LogOut,
            Self::Update { .. } => ActivityKind::Update,
            Self::Restart => ActivityKind::Restart,
            Self::ClearData => ActivityKind::ClearData,
            Self::Reinstall => ActivityKind::Reinstall,
            Self::CrashTab => ActivityKind::CrashTab,
            Self::CrashApp => ActivityKind::CrashApp,
        }
    }
}

/// One line of a diary: an activity with its time and, where it belongs to one, its browsing session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// When it happens.
    pub at: Timestamp,
    /// The browsing session, for activities inside one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// What happens.
    #[serde(rename = "do")]
    pub activity: Activity,
}

/// What one person does with one device over time, ordered by time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diary {
    /// The device.
    pub device: DeviceId,
    /// Activities; equal times keep their order.
    pub entries: Vec<Entry>,
}
