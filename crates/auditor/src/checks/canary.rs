//! Canary: a token that was planted in incognito activity must not leave the device.

use model::{ActivityKind, CheckName, Phase};

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
const KINDS: [ActivityKind; 6] = [
    ActivityKind::Visit,
    ActivityKind::Search,
    ActivityKind::TypeText,
    ActivityKind::Download,
    ActivityKind::Share,
    ActivityKind::CrashTab,
];

/// Looks for tokens of incognito activity in everything that left the device and in what the servers held.
pub(crate) fn check(exhibit: &Exhibit<'_>) -> Conclusion {
    let mut conclusion = Conclusion::on(exhibit);
    let examined = |index| exhibit.is_examined(index);
    conclusion.exercise(exhibit, examined);
    conclusion.require_phases(exhibit, &PHASES, examined);
    conclusion.require_kinds(exhibit, &KINDS, examined);
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
