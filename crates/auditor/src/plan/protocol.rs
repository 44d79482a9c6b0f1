//! The steps of an examination, in order.

use std::collections::BTreeMap;

use model::{Activity, Duration, Entry, Phase, Position, SessionId, SwitchState, Timestamp, Version, VersionFact};

use crate::conditions::examined_position;

use super::{
    DRAIN, EXTRA_ENTRIES_MAX, LONG_DAYS_MAX, PlanRequest, SETTINGS_MAX, VALUES_MAX,
    flips::flips,
    moves::{BOTH, close_both, open_both, pasted, search, short_use, typed, visit, visit_in_turn},
    writer::{Tabs, Writer},
};

/// Writes every step of the examination.
pub(super) fn carry_out(to: &mut Writer<'_>, request: &PlanRequest) {
    let position = examined_position(&request.facts, request.subject.switch)
        .and_then(|place| request.facts.switch.as_ref()?.positions.get(place));
    to.pause();
    let wanted = |phase| !request.skip.contains(&phase);
    first_use(to, &request.facts, wanted);
    set_switch(to, position);
    for (phase, step) in STEPS.into_iter().filter(|(phase, _)| wanted(*phase)) {
        to.enter(phase);
        step(to);
    }
    if wanted(Phase::Use) {
        settings(to, &request.facts);
    }
    if let Some(home) = position.filter(|_| wanted(Phase::Switch)) {
        flips(to, &request.facts, home);
    }
    if wanted(Phase::Crash) {
        crashes(to);
    }
    if wanted(Phase::Idle) {
        to.enter(Phase::Idle);
        to.wait(DRAIN); // what was recorded so far can leave before a reset takes it
    }
    let resets = [(Phase::ClearData, Activity::ClearData), (Phase::Reinstall, Activity::Reinstall)];
    for (phase, reset) in resets.into_iter().filter(|(phase, _)| wanted(*phase)) {
        start_over(to, phase, reset, &request.facts, position);
    }
    daily_use(to, if wanted(Phase::Long) { request.long_days.min(LONG_DAYS_MAX) } else { 0 });
    if wanted(Phase::Scenario) {
        scenario(to, &request.extra);
    }
    if let Some(next) = request.facts.next.as_ref().filter(|_| wanted(Phase::Update)) {
        update(to, next, &request.facts, position);
    }
}

/// One step of the plan, as it is written.
type Step = fn(&mut Writer<'_>);

/// What is done before the switch is flipped back and forth.
const STEPS: [(Phase, Step); 5] = [
    (Phase::Use, ordinary_use),
    (Phase::Restart, restart),
    (Phase::Idle, idle),
    (Phase::Account, account),
    (Phase::Offline, offline),
];

fn first_use(to: &mut Writer<'_>, facts: &VersionFact, wanted: impl Fn(Phase) -> bool) {
    to.enter(Phase::FirstUse);
    if wanted(Phase::FirstUse) {
        short_use(to);
    }
    if facts.asks_consent {
        if wanted(Phase::FirstUse) {
            to.wait(DRAIN); // nobody must answer at once, and what was recorded unasked can leave meanwhile
        }
        to.enter(Phase::ConsentRefused);
        if wanted(Phase::ConsentRefused) {
            to.write(None, Activity::Consent { given: false });
            to.pause();
            short_use(to);
            give_and_withdraw(to);
        }
        to.write(None, Activity::Consent { given: true });
        to.pause();
    }
}

/// Consent is given and withdrawn amid use, online and offline: what waits then was recorded under the other answer, and
/// offline it waits whatever the client's timer is.
fn give_and_withdraw(to: &mut Writer<'_>) {
    for online in [true, false] {
        let open = open_both(to);
        for given in [true, false] {
            if !online {
                to.write(None, Activity::SetOnline { online: false });
                to.breath();
            }
            visit_in_turn(to, open);
            to.write(None, Activity::Consent { given });
            to.breath();
            if !online {
                to.write(None, Activity::SetOnline { online: true });
                to.breath();
            }
            visit_in_turn(to, open);
            to.pause();
        }
        close_both(to, open);
    }
}

fn set_switch(to: &mut Writer<'_>, position: Option<&Position>) {
    if let Some(position) = position.filter(|position| !to.stands_at(&position.name)) {
        to.flip(&position.name);
        to.pause();
    }
}

fn ordinary_use(to: &mut Writer<'_>) {
    for mode in BOTH {
        pasted(to, mode);
    }
    for mode in BOTH {
        typed(to, mode);
    }
    side_by_side(to);
}

/// Both modes open at once, visits in turn.
fn side_by_side(to: &mut Writer<'_>) {
    let open = open_both(to);
    for _ in 0..2 {
        visit_in_turn(to, open);
        to.pause();
    }
    close_both(to, open);
}

fn restart(to: &mut Writer<'_>) {
    to.write(None, Activity::Restart);
    to.pause();
    short_use(to);
}

/// An hour with both modes open, then more than a day with nothing open: longer than an identifier of one day lives.
fn idle(to: &mut Writer<'_>) {
    let open = open_both(to);
    visit_in_turn(to, open);
    to.wait(Duration::from_secs(3_600));
    close_both(to, open);
    to.wait(Duration::from_secs(26 * 3_600));
    short_use(to);
}

fn account(to: &mut Writer<'_>) {
    to.plant(None, |token| token.log_in());
    to.pause();
    short_use(to);
    to.write(None, Activity::LogOut);
    to.pause();
    short_use(to);
}

fn offline(to: &mut Writer<'_>) {
    let open = open_both(to);
    to.write(None, Activity::SetOnline { online: false });
    to.breath();
    for tabs in open {
        visit(to, tabs, false);
        to.breath();
        search(to, tabs, false);
        to.pause();
    }
    to.close(open[1]);
    to.pause();
    to.write(None, Activity::SetOnline { online: true });
    to.pause();
    visit(to, open[0], false);
    to.pause();
    to.close(open[0]);
    to.pause();
}

/// Each setting that the client shows, at each value that it does not start with, and back.
fn settings(to: &mut Writer<'_>, facts: &VersionFact) {
    to.enter(Phase::Use);
    for setting in facts.settings.iter().take(SETTINGS_MAX) {
        let Some((first, others)) = setting.values.split_first() else { continue };
        for value in others.iter().take(VALUES_MAX) {
            set(to, &setting.name, value);
            short_use(to);
        }
        if !others.is_empty() {
            set(to, &setting.name, first);
        }
    }
}

fn set(to: &mut Writer<'_>, name: &str, value: &str) {
    to.write(None, Activity::ChangeSetting { name: name.to_owned(), value: value.to_owned() });
    to.pause();
}

fn crashes(to: &mut Writer<'_>) {
    to.enter(Phase::Crash);
    let open = open_both(to);
    visit_in_turn(to, open);
    to.write(Some(open[1]), Activity::CrashTab);
    to.pause();
    close_both(to, open);
    let open = open_both(to);
    visit_in_turn(to, open);
    to.write(None, Activity::CrashApp); // closes what was open
    to.pause();
    short_use(to);
}

fn start_over(to: &mut Writer<'_>, phase: Phase, reset: Activity, facts: &VersionFact, position: Option<&Position>) {
    to.enter(phase);
    let open = open_both(to);
    visit_in_turn(to, open);
    close_both(to, open);
    to.write(None, reset);
    to.pause();
    if facts.asks_consent {
        to.write(None, Activity::Consent { given: true });
        to.breath();
    }
    set_switch(to, position);
    short_use(to);
}

fn daily_use(to: &mut Writer<'_>, days: u32) {
    to.enter(Phase::Long);
    let starts = to.now();
    for day in 1..=days {
        to.until(starts + Duration::from_days(u64::from(day)));
        for mode in BOTH {
            let tabs = to.open(mode);
            to.breath();
            visit(to, tabs, false);
            to.pause();
            to.close(tabs);
            to.pause();
        }
    }
}

/// The scenario's own lines, moved to the present; every text in them gets a canary.
fn scenario(to: &mut Writer<'_>, extra: &[Entry]) {
    to.enter(Phase::Scenario);
    let Some(first) = extra.first().map(|entry| entry.at) else { return };
    to.pause();
    let starts: Timestamp = to.now();
    let mut open: BTreeMap<SessionId, Tabs> = BTreeMap::new();
    for entry in extra.iter().take(EXTRA_ENTRIES_MAX) {
        to.until(starts + entry.at.since(first));
        if let (Some(id), Activity::OpenSession { mode }) = (entry.session, &entry.activity) {
            let tabs = to.session(*mode);
            open.insert(id, tabs);
        }
        let tabs = entry.session.and_then(|id| open.get(&id).copied());
        to.plant(tabs, |token| token.mark(&entry.activity));
    }
    to.pause();
}

/// The last step: what follows belongs to another version. Reports wait meanwhile, also, where suppression is examined,
/// such as were recorded before the switch came back to it.
fn update(to: &mut Writer<'_>, next: &Version, facts: &VersionFact, home: Option<&Position>) {
    to.enter(Phase::Update);
    to.write(None, Activity::SetOnline { online: false });
    to.breath();
    let open = open_both(to);
    visit_in_turn(to, open);
    if let Some(home) = home.filter(|home| home.promise.state() == SwitchState::Suppress) {
        let mut positions = facts.switch.iter().flat_map(|control| &control.positions);
        if let Some(other) = positions.find(|other| other.name != home.name) {
            to.flip(&other.name);
            to.breath();
            visit_in_turn(to, open);
            to.flip(&home.name);
        }
    }
    close_both(to, open);
    to.write(None, Activity::Update { version: next.clone() });
    to.breath();
    to.write(None, Activity::SetOnline { online: true });
}
