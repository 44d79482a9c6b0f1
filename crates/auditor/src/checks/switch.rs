//! Switch: while it promises suppression, nothing that the promise covers may be collected or leave, however the
//! position was reached.

use model::{Activity, Arm, CheckName, Duration, Mode, Outcome, Phase, SwitchState};

use super::{digest, planted, twin};
use crate::{conclusion::Conclusion, exhibit::Exhibit};

/// How close to a flip an activity must be for its report to wait in a queue.
const NEAR_FLIP: Duration = Duration::from_secs(30);

/// Judges every stretch and every flip of the examination. Three things break the promise: a token of covered activity
/// that is seen at any time, however late; what was recorded before a flip to suppression and leaves after it; and a
/// flow that depends on covered activity though no token shows in it.
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
    require_flips(exhibit, &mut conclusion);
    stretches(exhibit, &mut conclusion);
    transitions(exhibit, &mut conclusion);
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

/// At suppression the twins' incognito activity is what the switch covers: nothing may depend on it. At collection it
/// may, but not in what leaves while the switch stands at suppression; there the contents decide, since fewer reports
/// before may rightly mean fewer uploads.
fn twins(exhibit: &Exhibit<'_>) -> Conclusion {
    if exhibit.case.subject.switch == SwitchState::Suppress {
        return twin::check(exhibit, &[Arm::Content, Arm::Presence], |_| true);
    }
    let at_suppress = |at| exhibit.timeline.at(at).state() == SwitchState::Suppress;
    twin::check(exhibit, &[Arm::Content], at_suppress)
}

/// Demands flips in both directions, online and offline, with activities right before.
fn require_flips(exhibit: &Exhibit<'_>, conclusion: &mut Conclusion) {
    for (target, name) in [(SwitchState::Suppress, "to suppression"), (SwitchState::Collect, "to collection")] {
        for (online, where_) in [(true, "online"), (false, "offline")] {
            let flipped = exhibit.done().any(|(index, _)| is_flip(exhibit, index, target, online));
            if flipped {
                conclusion.exercised(format!("flip {name} while {where_}"));
            } else {
                conclusion.lacks(format!("no flip {name} while {where_} right after activity was exercised"));
            }
        }
    }
}

/// Whether line `index` flips the switch to `target` right after incognito activity at the other state.
fn is_flip(exhibit: &Exhibit<'_>, index: usize, target: SwitchState, online: bool) -> bool {
    let entries = &exhibit.main.notebook.entries;
    let now = exhibit.timeline.during(index);
    if !matches!(entries[index].activity, Activity::FlipSwitch { .. }) || now.state() != target || now.online != online
    {
        return false;
    }
    let near = entries[..index].iter().enumerate().rev();
    let near = near.take_while(|(_, entry)| entries[index].at.since(entry.at) <= NEAR_FLIP);
    let mut done = near.filter(|(_, entry)| entry.outcome == Outcome::Done && !entry.canaries.is_empty());
    done.any(|(before, entry)| entry.mode == Some(Mode::Incognito) && exhibit.timeline.during(before).state() != target)
}
