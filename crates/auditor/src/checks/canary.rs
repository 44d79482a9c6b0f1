//! Canary: a token that was planted in incognito activity must not leave the device.
//!
//! # Sees
//!
//! Every token of examined incognito activity – host, path, title, text, link, words, download, share, account – in any
//! case of its letters, whole or in parts of eight characters and more, in whatever the peel can open of what left the
//! device, and in what servers held. Navigation is never evidence: the site that one visits sees the visit.
//!
//! # Cannot see
//!
//! What is encrypted, shorter parts, translations, and activity that is told by other means than its contents: sizes,
//! times, counters. Digests are the digest check's, the rest the twins'.
//!
//! # Error rates
//!
//! A finding needs fewer than 1e-9 expected matches by chance: tokens × places searched × 2^-bits, at five bits for
//! each character; parts too short for that convict together with parts of other tokens that were cut alike. A token
//! that was planted elsewhere too convicts nobody.
//!
//! # Source
//!
//! Canary tokens as in D. J. Leith, "Web Browser Privacy: What Do Browsers Say When They Phone Home?" (2020), where
//! randomly generated URLs are pasted and typed and looked for in what the browser sends.

use std::collections::BTreeSet;

use model::{Activity, ActivityKind, CheckName, Outcome, Phase};

use super::{PHASES, digest, planted};
use crate::{conclusion::Conclusion, conditions::Conditions, exhibit::Exhibit};

/// What could break a promise about incognito beside phases: each kind of activity has its own way out.
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
    require_settings(exhibit, &mut conclusion);
    if exhibit.case.facts.next.is_some() {
        conclusion.require_phases(exhibit, &[Phase::Update], examined);
    }
    if Conditions::factory(&exhibit.case.facts).state() == exhibit.case.subject.switch {
        conclusion.require_phases(exhibit, &[Phase::FirstUse], examined);
    }
    let convicts = |token| exhibit.canaries.only_in(token, examined);
    let what = "what was done in incognito left the device";
    if let Some(shown) = planted::sent(exhibit, |token, _| convicts(token)) {
        conclusion.convict(CheckName::Canary, shown.charge(what), shown.evidence);
    } else if let Some(shown) = planted::held(exhibit, convicts) {
        let summary = shown.charge("the servers held what was done in incognito");
        conclusion.convict(CheckName::Canary, summary, shown.evidence);
    }
    digest::check(exhibit, &mut conclusion, what, |token, _| convicts(token), convicts);
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

/// Demands that something was done in incognito at each value of each setting that the client shows.
fn require_settings(exhibit: &Exhibit<'_>, conclusion: &mut Conclusion) {
    for setting in &exhibit.case.facts.settings {
        let mut stands = setting.values.first().map_or("", String::as_str);
        let mut exercised: BTreeSet<&str> = BTreeSet::new();
        let (mut asked, mut possible) = (false, false);
        for (index, entry) in exhibit.main.notebook.entries.iter().enumerate() {
            let is_done = entry.outcome == Outcome::Done;
            match &entry.activity {
                Activity::ChangeSetting { name, value } if *name == setting.name => {
                    asked = true;
                    possible |= entry.outcome != Outcome::Unsupported;
                    stands = if is_done { value } else { stands };
                }
                _ if is_done && !entry.canaries.is_empty() && exhibit.is_examined(index) => {
                    exercised.insert(stands);
                }
                _ => {}
            }
        }
        if asked && !possible {
            conclusion.exercised(format!("setting `{}` cannot be changed", setting.name));
            continue;
        }
        for value in &setting.values {
            let what = format!("setting `{}` at `{value}`", setting.name);
            if exercised.contains(value.as_str()) {
                conclusion.exercised(what);
            } else {
                conclusion.lacks(format!("{what} was not exercised"));
            }
        }
    }
}
