//! Canary: a token that was planted in incognito activity must not leave the device.

use model::{Activity, ActivityKind, CheckName, Phase};

use super::{held, sighted};
use crate::{conclusion::Conclusion, conditions::Conditions, exhibit::Exhibit};

/// What could break a promise about incognito: each phase and each kind of activity has its own way out.
const PHASES: [Phase; 8] = [
    Phase::Use,
    Phase::Restart,
    Phase::Idle,
    Phase::Account,
    Phase::Offline,
    Phase::Crash,
    Phase::ClearData,
    Phase::Reinstall,
];
const KINDS: [ActivityKind; 10] = [
    ActivityKind::OpenSession,
    ActivityKind::CloseSession,
    ActivityKind::Visit,
    ActivityKind::Search,
    ActivityKind::TypeText,
    ActivityKind::Download,
    ActivityKind::Share,
    ActivityKind::ShowScreen,
    ActivityKind::ChangeSetting,
    ActivityKind::CrashTab,
];

/// Looks for tokens of incognito activity in everything that left the device and in what the servers held.
pub(crate) fn check(exhibit: &Exhibit<'_>) -> Conclusion {
    let mut conclusion = Conclusion::on(exhibit);
    let examined = |index| exhibit.is_examined(index);
    conclusion.exercise(exhibit, examined);
    conclusion.require_phases(exhibit, &PHASES, examined);
    conclusion.require_kinds(exhibit, &KINDS, examined);
    conclusion.require_kinds(exhibit, &[ActivityKind::LogOut], |_| true);
    require_ways_in(exhibit, &mut conclusion);
    if exhibit.case.facts.next.is_some() {
        conclusion.require_phases(exhibit, &[Phase::Update], examined);
    }
    if Conditions::factory(&exhibit.case.facts).state() == exhibit.case.subject.switch {
        conclusion.require_phases(exhibit, &[Phase::FirstUse], examined);
    }
    let convicts = |token| exhibit.canaries.only_in(token, examined);
    if let Some(evidence) = sighted(exhibit, |token, _| convicts(token)) {
        conclusion.convict(CheckName::Canary, "what was done in incognito left the device", evidence);
    } else if let Some(evidence) = held(exhibit, convicts) {
        conclusion.convict(CheckName::Canary, "the servers held what was done in incognito", evidence);
    }
    conclusion
}

/// Demands pages and searches that were pasted and such that were typed: keys have ways out of their own.
fn require_ways_in(exhibit: &Exhibit<'_>, conclusion: &mut Conclusion) {
    let done = || exhibit.done().filter(|(index, _)| exhibit.is_examined(*index)).map(|(_, entry)| &entry.activity);
    for (by_keys, name) in [(true, "typed"), (false, "pasted")] {
        let visited = done().any(|a| matches!(a, Activity::Visit { typed, .. } if *typed == by_keys));
        let searched = done().any(|a| matches!(a, Activity::Search { typed, .. } if *typed == by_keys));
        for (done, what) in [(visited, "address"), (searched, "search")] {
            if !done {
                conclusion.lacks(format!("no {what} was {name}"));
            }
        }
    }
}
