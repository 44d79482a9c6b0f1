//! Linkage: no value may tell that two uploads came from the same device, where that was promised.
//!
//! A value that recurs on one device and does not occur on another of the same model with the same diary tells devices
//! apart: it is an identifier. What both send alike is configuration, such as a version or a country.

mod boundary;
mod sibling;

use std::cmp::Reverse;

use model::{Arm, Boundary, CanaryRole, CheckName, Duration, Evidence};

use self::{boundary::Turns, sibling::Sibling};
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

/// Looks for identifiers that outlive a day or a reset, and for the account's name, in what is called anonymous.
pub(crate) fn anonymous(exhibit: &Exhibit<'_>) -> Conclusion {
    let resets = [Boundary::ClearData, Boundary::Reinstall];
    let mut conclusion = search(exhibit, &resets, Some(PSEUDONYM_LASTS));
    let is_account =
        |token, _| exhibit.canaries.planted(token).is_some_and(|planted| planted.role == CanaryRole::Account);
    boundary::require(exhibit, Boundary::LogIn, &mut conclusion);
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
    across.iter().for_each(|&boundary| boundary::require(exhibit, boundary, &mut conclusion));
    require_time(exhibit, lifetime_max, &mut conclusion);
    if exhibit.traces.is_full() {
        conclusion.lacks("more values were sent than can be followed");
    }
    let Some(record) = exhibit.arm(Arm::Sibling) else {
        conclusion.lacks("the sibling arm was not played");
        return conclusion;
    };
    let turns = Turns::of(exhibit);
    let forbidden = |trace: &Trace| {
        across.iter().any(|&boundary| turns.crossed(exhibit, trace, boundary))
            || lifetime_max.is_some_and(|most| trace.lasted() > most)
    };
    let mut candidates: Vec<_> = exhibit.traces.recurring().filter(|(_, trace)| forbidden(trace)).collect();
    // What links most comes first: it is the identifier that a reader wants to see.
    candidates.sort_by_cached_key(|(_, trace)| {
        let crossed = turns.all_crossed(exhibit, trace).len();
        (Reverse((crossed, trace.lasted())), trace.path.len(), trace.flows)
    });
    let mut sibling = Sibling::of(exhibit, record);
    let identifier = candidates.iter().take(CANDIDATES_MAX).find(|(value, trace)| sibling.differs(value, trace));
    if let Some((value, trace)) = identifier {
        let summary = summary(trace, &turns.all_crossed(exhibit, trace));
        conclusion.convict(CheckName::Linkage, summary, evidence(exhibit, value, trace));
    } else if candidates.len() > CANDIDATES_MAX {
        conclusion.lacks("more values recur than can be compared");
    }
    conclusion
}

/// Demands that what was done spans more than `lifetime_max`.
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

fn summary(trace: &Trace, crossed: &[Boundary]) -> String {
    let crossed: Vec<&str> = crossed.iter().map(|&boundary| boundary::name(boundary)).collect();
    let place = trace.path.last().map_or("a flow", String::as_str);
    let uploads = words::count(trace.uploads, "upload");
    format!("one value at `{place}` links {uploads} over {}, across {}", rounded(trace.lasted()), crossed.join(", "))
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
