//! Linkage: no value may tell that two uploads came from the same device, where that was promised.
//!
//! A value that recurs on one device and does not occur on another of the same model with the same diary tells devices
//! apart: it is an identifier. What both send alike is configuration, such as a version or a country.

mod sibling;

use model::{ActivityKind, Arm, Boundary, CanaryRole, CheckName, Duration, Evidence, Mode};

use self::sibling::Sibling;
use super::sighted;
use crate::{
    conclusion::Conclusion,
    exhibit::{Exhibit, Trace},
    words,
};

/// Most values that are compared with the sibling device.
const CANDIDATES_MAX: usize = 4_096;

/// How long a pseudonym may recur without naming an individual: one day, as pseudonyms that rotate daily do.
const PSEUDONYM_LASTS: Duration = Duration::DAY;

/// Every boundary, in the order in which findings name them.
const BOUNDARIES: [Boundary; 6] =
    [Boundary::Uploads, Boundary::Sessions, Boundary::Modes, Boundary::LogIn, Boundary::ClearData, Boundary::Reinstall];

/// Looks for identifiers that outlive a day or a reset, and for the account's name, in what is called anonymous.
pub(crate) fn anonymous(exhibit: &Exhibit<'_>) -> Conclusion {
    let resets = [Boundary::ClearData, Boundary::Reinstall];
    let mut conclusion = search(exhibit, &resets, Some(PSEUDONYM_LASTS));
    let is_account =
        |token, _| exhibit.canaries.planted(token).is_some_and(|planted| planted.role == CanaryRole::Account);
    require(exhibit, Boundary::LogIn, &mut conclusion);
    if let Some(evidence) = sighted(exhibit, is_account) {
        conclusion.convict(CheckName::Linkage, "the account's name stands in what is called aggregated", evidence);
    }
    if exhibit.case.releases.is_empty() && !exhibit.flows.is_empty() {
        conclusion.lacks("no release was seen");
    }
    conclusion
}

/// Looks for identifiers that link uploads across the given boundaries, or for longer than `lifetime_max`.
pub(crate) fn unlinkable(exhibit: &Exhibit<'_>, across: &[Boundary], lifetime_max: Option<Duration>) -> Conclusion {
    search(exhibit, across, lifetime_max)
}

fn search(exhibit: &Exhibit<'_>, across: &[Boundary], lifetime_max: Option<Duration>) -> Conclusion {
    let mut conclusion = Conclusion::on(exhibit);
    conclusion.exercise(exhibit, |_| true);
    conclusion.require_readable(exhibit);
    across.iter().for_each(|&boundary| require(exhibit, boundary, &mut conclusion));
    require_time(exhibit, lifetime_max, &mut conclusion);
    if exhibit.traces.is_full() {
        conclusion.lacks("more values were sent than can be followed");
    }
    let Some(record) = exhibit.arm(Arm::Sibling) else {
        conclusion.lacks("the sibling arm was not played");
        return conclusion;
    };
    let forbidden = |trace: &Trace| {
        across.iter().any(|&boundary| crosses(exhibit, trace, boundary))
            || lifetime_max.is_some_and(|most| lifetime(trace) > most)
    };
    let mut candidates: Vec<_> = exhibit.traces.recurring().filter(|(_, trace)| forbidden(trace)).collect();
    let strength = |trace: &Trace| BOUNDARIES.iter().filter(|&&boundary| crosses(exhibit, trace, boundary)).count();
    candidates.sort_by_cached_key(|(_, trace)| {
        (std::cmp::Reverse((strength(trace), lifetime(trace))), trace.path.len(), trace.flows)
    });
    let mut sibling = Sibling::of(exhibit, record);
    let identifier = candidates.iter().take(CANDIDATES_MAX).find(|(value, trace)| sibling.differs(value, trace));
    if let Some((value, trace)) = identifier {
        conclusion.convict(CheckName::Linkage, summary(exhibit, trace), evidence(exhibit, value, trace));
    } else if candidates.len() > CANDIDATES_MAX {
        conclusion.lacks("more values recur than can be compared");
    }
    conclusion
}

/// For how long a value was in use.
fn lifetime(trace: &Trace) -> Duration {
    trace.span.1.since(trace.span.0)
}

/// Whether a value occurs on both sides of a boundary.
fn crosses(exhibit: &Exhibit<'_>, trace: &Trace, boundary: Boundary) -> bool {
    let lines = || trace.entries.iter().map(|&index| &exhibit.main.notebook.entries[index]);
    let spans = |kind| {
        let mut done = exhibit.done().filter(|(_, entry)| entry.activity.kind() == kind);
        done.any(|(_, entry)| trace.span.0 < entry.at && entry.at < trace.span.1)
    };
    match boundary {
        Boundary::Uploads => trace.uploads >= 2,
        Boundary::Sessions => {
            let mut sessions = lines().filter_map(|entry| entry.session);
            let first = sessions.next();
            sessions.any(|session| Some(session) != first)
        }
        Boundary::Modes => {
            [Mode::Normal, Mode::Incognito].iter().all(|mode| lines().any(|line| line.mode == Some(*mode)))
        }
        Boundary::ClearData => spans(ActivityKind::ClearData),
        Boundary::Reinstall => spans(ActivityKind::Reinstall),
        Boundary::LogIn => spans(ActivityKind::LogIn),
    }
}

/// Demands that the examination crossed the boundary, with something done on both sides.
fn require(exhibit: &Exhibit<'_>, boundary: Boundary, conclusion: &mut Conclusion) {
    let planted = || exhibit.done().map(|(_, entry)| entry).filter(|entry| !entry.canaries.is_empty());
    let around = |kind| {
        let mut turns = exhibit.done().filter(|(_, entry)| entry.activity.kind() == kind);
        turns.any(|(_, turn)| planted().any(|entry| entry.at < turn.at) && planted().any(|entry| entry.at > turn.at))
    };
    let crossed = match boundary {
        Boundary::Uploads => planted().nth(1).is_some(),
        Boundary::Sessions => {
            let first = planted().find_map(|entry| entry.session);
            planted().any(|entry| entry.session.is_some() && entry.session != first)
        }
        Boundary::Modes => {
            [Mode::Normal, Mode::Incognito].iter().all(|mode| planted().any(|line| line.mode == Some(*mode)))
        }
        Boundary::ClearData => around(ActivityKind::ClearData),
        Boundary::Reinstall => around(ActivityKind::Reinstall),
        Boundary::LogIn => around(ActivityKind::LogIn),
    };
    if crossed {
        conclusion.exercised(format!("linkage across {}", name(boundary)));
    } else {
        conclusion.lacks(format!("nothing was done on both sides of {}", name(boundary)));
    }
}

fn require_time(exhibit: &Exhibit<'_>, lifetime_max: Option<Duration>, conclusion: &mut Conclusion) {
    let Some(most) = lifetime_max else { return };
    let mut times = exhibit.done().filter(|(_, entry)| !entry.canaries.is_empty()).map(|(_, entry)| entry.at);
    let first = times.next();
    let lasted = first.zip(times.last()).map_or(Duration::ZERO, |(first, last)| last.since(first));
    if lasted > most {
        conclusion.exercised(format!("linkage over {lasted}"));
    } else {
        conclusion.lacks(format!("what was done spans {lasted}, not more than {most}"));
    }
}

const fn name(boundary: Boundary) -> &'static str {
    match boundary {
        Boundary::Uploads => "uploads",
        Boundary::Sessions => "sessions",
        Boundary::Modes => "modes",
        Boundary::LogIn => "logging in",
        Boundary::ClearData => "clearing the data",
        Boundary::Reinstall => "a new installation",
    }
}

fn summary(exhibit: &Exhibit<'_>, trace: &Trace) -> String {
    let crossed: Vec<&str> =
        BOUNDARIES.into_iter().filter(|&boundary| crosses(exhibit, trace, boundary)).map(name).collect();
    let place = trace.path.last().map_or("a flow", String::as_str);
    let uploads = words::count(trace.uploads, "upload");
    format!("one value at `{place}` links {uploads} over {}, across {}", rounded(lifetime(trace)), crossed.join(", "))
}

/// A span in whole hours where it is long: milliseconds would only distract.
fn rounded(span: Duration) -> Duration {
    const HOUR_MS: u64 = 3_600_000;
    let ms = span.as_millis();
    if ms < 10 * HOUR_MS { Duration::from_millis(ms - ms % 1_000) } else { Duration::from_millis(ms - ms % HOUR_MS) }
}

fn evidence(exhibit: &Exhibit<'_>, value: &str, trace: &Trace) -> Evidence {
    let flow = exhibit.flows[trace.flows.0].flow;
    Evidence {
        flow: Some(flow.id),
        device: Some(exhibit.main.device.clone()),
        endpoint: Some(flow.host.clone()),
        at: flow.at,
        path: trace.path.clone(),
        plaintext: words::excerpt(value, ""),
        activity: exhibit.before(flow.at, |_| true),
    }
}
