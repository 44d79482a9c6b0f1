//! Consent: nothing about any activity may be collected while consent is not given.
//!
//! # Sees
//!
//! Tokens of activities without consent, at any time and however late; any token in what leaves while there is no
//! consent, such as what was recorded before it was withdrawn; the time of such an activity, to the millisecond, where an
//! event carries no token; digests of all that; and what leaves meanwhile and says who sends it, whatever else it says.
//! Consent is given and withdrawn right after use, online and offline, so that reports wait; and the first answer is left
//! open for days after the first use, so that what waits without one leaves.
//!
//! # Cannot see
//!
//! Uploads without consent that hold neither a token nor a time nor an identifier. No twin varies what is done without
//! consent, so digests that were not tried leave the claim unproven.
//!
//! # Error rates
//!
//! Fewer than 1e-9 expected matches by chance for tokens and digests (see the canary and the digest check; each finding
//! says how many); that the time of another event falls on the same millisecond as an activity takes a client that
//! records something else just then; an identifier counts only if another device of the same model with the same diary
//! sends another value there.
//!
//! # Source
//!
//! Regulation (EU) 2016/679 (GDPR), articles 6(1)(a) and 7(3): withdrawing is as easy as giving.

use model::{Activity, CheckName, Duration, NotebookEntry, Outcome, Phase};

use super::{digest, identifying, planted};
use crate::{
    conclusion::{Conclusion, DRAIN_MIN},
    exhibit::Exhibit,
    words,
};

/// How close before an answer an activity must be for its report to wait in a queue.
const NEAR: Duration = Duration::from_secs(30);

/// Looks for tokens of activities without consent at any time, and for any tokens while there is none.
///
/// Consent is what the notebook says: where it was never asked, it was never given.
pub(crate) fn check(exhibit: &Exhibit<'_>) -> Conclusion {
    let mut conclusion = Conclusion::on(exhibit);
    let without = |index| !exhibit.timeline.during(index).consent;
    conclusion.exercise(exhibit, without);
    conclusion.require_phases(exhibit, &[Phase::FirstUse], without);
    if exhibit.case.facts.asks_consent {
        conclusion.require_phases(exhibit, &[Phase::ConsentRefused], without);
        require_answers(exhibit, &mut conclusion);
        require_silence(exhibit, &mut conclusion);
    } else {
        conclusion.exercised("consent is never asked");
    }
    conclusion.require_readable(exhibit);
    let summary = if exhibit.case.facts.asks_consent {
        "activity was collected while consent was not given"
    } else {
        "activity is collected, and consent is never asked"
    };
    let early = |token| exhibit.canaries.only_in(token, without);
    let unasked = |token, at| early(token) || !exhibit.timeline.at(at).consent;
    if let Some(shown) = planted::sent(exhibit, unasked) {
        conclusion.convict(CheckName::Consent, shown.charge(summary), shown.evidence);
    } else if let Some(shown) = planted::held(exhibit, early) {
        conclusion.convict(CheckName::Consent, shown.charge(summary), shown.evidence);
    }
    digest::check(exhibit, &mut conclusion, summary, unasked, early);
    digest::require_all(exhibit, &mut conclusion);
    if let Some(evidence) = planted::timed(exhibit, |line, at| without(line) || !exhibit.timeline.at(at).consent) {
        let summary = "an event has the time of an activity, and consent was not given";
        conclusion.convict(CheckName::Consent, summary, evidence);
    }
    let meanwhile = |flow: &model::Flow| !exhibit.timeline.at(flow.at).consent;
    if let Some(evidence) = identifying::first(exhibit, &mut conclusion, meanwhile) {
        let summary = "what leaves while consent is not given identifies the device";
        conclusion.convict(CheckName::Consent, summary, evidence);
    }
    conclusion
}

/// Demands that consent was given and withdrawn while reports may wait, and offline, where they must.
fn require_answers(exhibit: &Exhibit<'_>, conclusion: &mut Conclusion) {
    let entries = &exhibit.main.notebook.entries;
    let turns_to = |index: usize, given: bool, online: bool| {
        let answered = matches!(entries[index].activity, Activity::Consent { given: answer } if answer == given);
        let before = index.checked_sub(1).is_some_and(|last| exhibit.timeline.during(last).consent);
        let near = entries[..index].iter().rev().take_while(|entry| entries[index].at.since(entry.at) <= NEAR);
        let mut used = near.filter(|entry| entry.outcome == Outcome::Done && !entry.canaries.is_empty());
        answered && before != given && is_online(&entries[..index]) == online && used.next().is_some()
    };
    let offline = |entry: &NotebookEntry| {
        entry.activity == Activity::SetOnline { online: false } && entry.outcome == Outcome::Unsupported
    };
    let stays_online = entries.iter().any(offline);
    let answers = [(true, "given"), (false, "withdrawn")];
    for ((given, words), online) in answers.into_iter().flat_map(|answer| [(answer, true), (answer, false)]) {
        let at_once = if online { "right" } else { "offline, right" };
        let unsupported =
            |index: &usize| turns_to(*index, given, online) && entries[*index].outcome == Outcome::Unsupported;
        if exhibit.done().any(|(index, _)| turns_to(index, given, online)) {
            conclusion.exercised(format!("consent is {words} {at_once} after use"));
        } else if (0..entries.len()).any(|index| unsupported(&index)) {
            conclusion.exercised(format!("consent cannot be {words}"));
        } else if !online && stays_online {
            conclusion.exercised(format!("consent cannot be {words} offline: the client cannot be taken offline"));
        } else {
            conclusion.lacks(format!("consent was not {words} {at_once} after use"));
        }
    }
}

/// Demands that the first answer was left open for a while: it may purge what would have left without it.
fn require_silence(exhibit: &Exhibit<'_>, conclusion: &mut Conclusion) {
    let is_answer = |entry: &NotebookEntry| matches!(entry.activity, Activity::Consent { .. });
    let Some((first, answer)) = exhibit.done().find(|(_, entry)| is_answer(entry)) else { return };
    let used = exhibit.done().take_while(|(index, _)| *index < first).filter(|(_, entry)| !entry.canaries.is_empty());
    let open = used.last().map_or(Duration::ZERO, |(_, entry)| answer.at.since(entry.at));
    if open < DRAIN_MIN {
        conclusion.lacks(format!("consent was answered less than {DRAIN_MIN} after the first use"));
    } else {
        conclusion.exercised(format!("consent is left open for {} after the first use", words::rounded(open)));
    }
}

/// Whether the device is online after `entries`, as far as they say.
fn is_online(entries: &[NotebookEntry]) -> bool {
    let set = |entry: &NotebookEntry| match entry.activity {
        Activity::SetOnline { online } if entry.outcome == Outcome::Done => Some(online),
        _ => None,
    };
    entries.iter().rev().find_map(set).unwrap_or(true)
}
