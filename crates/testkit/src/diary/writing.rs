//! Activities in words, and the plainest of each kind.

use model::{Activity, Mode};

/// Where the diaries' searches go.
pub(super) const ENGINE: &str = "duckduckgo.com";

/// The plainest visit.
pub(crate) fn visit(url: &str) -> Activity {
    Activity::Visit {
        url: url.to_owned(),
        title: String::new(),
        text: String::new(),
        links: Vec::new(),
        embeds: Vec::new(),
        typed: false,
        dwell_ms: 0,
    }
}

/// An activity in a few words.
pub(crate) fn told(activity: &Activity) -> String {
    match activity {
        Activity::OpenSession { mode: Mode::Normal } => "open normal session".to_owned(),
        Activity::OpenSession { mode: Mode::Incognito } => "open incognito session".to_owned(),
        Activity::Visit { url, title, text, links, embeds, typed, dwell_ms } => {
            let mut words = format!("visit {url}{}", if *typed { ", typed" } else { "" });
            let parts = [("title", !title.is_empty()), ("text", !text.is_empty())];
            let parts = parts.into_iter().chain([("links", !links.is_empty()), ("embeds", !embeds.is_empty())]);
            let parts: Vec<&str> = parts.filter(|(_, there)| *there).map(|(name, _)| name).collect();
            if !parts.is_empty() {
                words.push_str(&format!(" with {}", parts.join(", ")));
            }
            if *dwell_ms > 0 {
                words.push_str(&format!(" for {dwell_ms} ms"));
            }
            words
        }
        Activity::Search { terms, typed, .. } => {
            format!("search for `{terms}`{}", if *typed { ", typed" } else { "" })
        }
        Activity::TypeText { text } => format!("type `{text}` and drop it"),
        Activity::Download { url } => format!("download {url}"),
        Activity::Share { url } => format!("share {url}"),
        Activity::ShowScreen { name } => format!("show the screen {name}"),
        Activity::ChangeSetting { name, value } => format!("set {name} to {value}"),
        Activity::SetOnline { online: true } => "online".to_owned(),
        Activity::SetOnline { online: false } => "offline".to_owned(),
        Activity::FlipSwitch { position } => format!("flip the switch to {position}"),
        Activity::Consent { given: true } => "give consent".to_owned(),
        Activity::Consent { given: false } => "refuse consent".to_owned(),
        Activity::LogIn { account } => format!("log in as {account}"),
        Activity::Update { version } => format!("update to {version}"),
        other => other.kind().words().to_owned(),
    }
}

/// The same activity as short as it can be; nothing where it is that already.
pub(super) fn shortest(activity: &Activity) -> Option<Activity> {
    const PAGE: &str = "https://a.example/";
    let short = match activity {
        Activity::Visit { .. } => visit(PAGE),
        Activity::Search { .. } => Activity::Search { engine: ENGINE.to_owned(), terms: "a".to_owned(), typed: false },
        Activity::TypeText { .. } => Activity::TypeText { text: "a".to_owned() },
        Activity::Download { .. } => Activity::Download { url: PAGE.to_owned() },
        Activity::Share { .. } => Activity::Share { url: PAGE.to_owned() },
        _ => return None,
    };
    (short != *activity).then_some(short)
}

/// The visit in place of something less plain that is done in a session.
pub(super) fn plainer(activity: &Activity) -> Option<Activity> {
    let page = match activity {
        Activity::Download { url } | Activity::Share { url } => url.as_str(),
        Activity::Search { .. } | Activity::TypeText { .. } | Activity::CrashTab => "https://a.example/",
        _ => return None,
    };
    Some(visit(page))
}
