//! Switch: while it promises suppression, nothing that the promise covers may be collected or leave, however the
//! position was reached.
//!
//! # Sees
//!
//! For each position, by what its label tells a reader, and each mode: tokens of covered activity, at any time and
//! however late; the time of a covered activity, to the millisecond, where an event carries no token; what was recorded
//! before a flip to suppression and leaves after it; where all collection is to end, any flow that still says who sends
//! it; and by twins, what depends on covered activity though no token shows in it: on incognito activity, and, where all
//! collection is to end, on what is done in any mode (the quiet twin). Flips are exercised in
//! every way that queues get lost or forgotten: amid use, offline, with a restart, a crash or an update while reports
//! wait (`table`).
//!
//! # Cannot see
//!
//! Uploads without token, time or identifier about incognito activity at another position than the examined one, where
//! that promises suppression in incognito mode alone: the examination of that position varies it.
//!
//! # Error rates
//!
//! Fewer than 1e-9 expected matches by chance for tokens and digests (see the canary and the digest check; each finding
//! says how many); the rate of the twins for them; that the time of another event falls on the same millisecond as a
//! planted activity takes a client that records something else just then; an identifier counts only if another device
//! of the same model with the same diary sends another value there.
//!
//! # Source
//!
//! The positions' labels; for what may remain after an opt-out, Regulation (EU) 2016/679 (GDPR), article 7(3).

mod table;

use model::{Arm, CheckName, Phase, Promise, SwitchState};

use super::{digest, identifying, planted, twin};
use crate::{conclusion::Conclusion, conditions::may_be_silenced, exhibit::Exhibit};

/// Judges every stretch and every flip of the examination.
pub(crate) fn check(exhibit: &Exhibit<'_>) -> Conclusion {
    if exhibit.case.subject.switch == SwitchState::Absent {
        let mut conclusion = Conclusion::default();
        conclusion.lacks("the version has no switch");
        return conclusion;
    }
    let mut conclusion = Conclusion::on(exhibit);
    let covered = |index| is_covered(exhibit, index);
    conclusion.exercise(exhibit, covered);
    conclusion.require_phases(exhibit, &[Phase::Switch], covered);
    if exhibit.case.subject.switch == SwitchState::Suppress {
        conclusion.require_phases(exhibit, &[Phase::Use, Phase::Offline], covered);
    }
    conclusion.require_readable(exhibit); // twins cover incognito activity at one position alone
    table::require(exhibit, &mut conclusion);
    stretches(exhibit, &mut conclusion);
    transitions(exhibit, &mut conclusion);
    event_times(exhibit, &mut conclusion);
    still_known(exhibit, &mut conclusion);
    conclusion.also(twins(exhibit))
}

/// Whether the switch forbids collecting line `index`.
fn is_covered(exhibit: &Exhibit<'_>, index: usize) -> bool {
    let promise = exhibit.timeline.during(index).promise;
    let mode = exhibit.main.notebook.entries[index].mode;
    mode.zip(promise).is_some_and(|(mode, promise)| promise.suppresses(mode))
}

fn stretches(exhibit: &Exhibit<'_>, conclusion: &mut Conclusion) {
    let convicts = |token| exhibit.canaries.only_in(token, |index| is_covered(exhibit, index));
    if let Some(shown) = planted::sent(exhibit, |token, _| convicts(token)) {
        let suppressed = exhibit.timeline.at(shown.evidence.at).state() == SwitchState::Suppress;
        let what = if suppressed {
            "activity was collected while the switch promised that it is not"
        } else {
            "activity was recorded while the switch promised that it is not, and sent later"
        };
        conclusion.convict(CheckName::Switch, shown.charge(what), shown.evidence);
    } else if let Some(shown) = planted::held(exhibit, convicts) {
        let what = "the servers held activity that the switch covers";
        conclusion.convict(CheckName::Switch, shown.charge(what), shown.evidence);
    }
    let what = "activity was recorded while the switch promised that it is not";
    digest::check(exhibit, conclusion, what, |token, _| convicts(token), convicts);
}

/// What waited at a flip to suppression must not leave any more while that stands.
fn transitions(exhibit: &Exhibit<'_>, conclusion: &mut Conclusion) {
    let modes = |index: usize| exhibit.main.notebook.entries[index].mode;
    let late = |token, at| {
        let promise = exhibit.timeline.at(at).promise;
        let now_covered = |index| modes(index).zip(promise).is_some_and(|(mode, promise)| promise.suppresses(mode));
        exhibit.canaries.only_in(token, |index| !is_covered(exhibit, index) && now_covered(index))
    };
    let what = "what was recorded before the switch was flipped to suppression left the device after it";
    if let Some(shown) = planted::sent(exhibit, late) {
        conclusion.convict(CheckName::Switch, shown.charge(what), shown.evidence);
    }
    digest::check(exhibit, conclusion, what, late, |_| false);
}

/// An event without any token still says when it happened.
fn event_times(exhibit: &Exhibit<'_>, conclusion: &mut Conclusion) {
    if let Some(evidence) = planted::timed(exhibit, |line, _| is_covered(exhibit, line)) {
        let summary = "an event has the time of an activity that the switch covers";
        conclusion.convict(CheckName::Switch, summary, evidence);
    }
}

/// Where nothing at all is to be collected any more, nothing may say who is not to be collected from.
fn still_known(exhibit: &Exhibit<'_>, conclusion: &mut Conclusion) {
    let silent = |flow: &model::Flow| exhibit.timeline.at(flow.at).promise == Some(Promise::Suppress);
    if let Some(evidence) = identifying::first(exhibit, conclusion, silent) {
        let summary = "what leaves while the switch promises that nothing is collected identifies the device";
        conclusion.convict(CheckName::Switch, summary, evidence);
    }
}

/// At suppression the twins' incognito activity is what the switch covers: nothing may depend on it. At collection it
/// may, but not in what leaves while the switch stands at suppression; there the contents decide, since fewer reports
/// before may rightly mean fewer uploads. Where a position promises that nothing is collected, nothing may depend on
/// what is done meanwhile in any mode.
fn twins(exhibit: &Exhibit<'_>) -> Conclusion {
    let conclusion = if exhibit.case.subject.switch == SwitchState::Suppress {
        twin::check(exhibit, &twin::ARMS, |_| true)
    } else {
        let at_suppress = |at| exhibit.timeline.at(at).state() == SwitchState::Suppress;
        twin::check(exhibit, &[Arm::Content], at_suppress)
    };
    if conclusion.findings.is_empty() && may_be_silenced(&exhibit.case.facts) {
        return conclusion.also(twin::check(exhibit, &[Arm::Quiet], |_| true));
    }
    conclusion
}
