//! Flips of the switch, in every way in which what waits at one can get lost or forgotten.

use model::{Activity, Phase, Position, VersionFact};

use super::{
    moves::{close_both, open_both, short_use, visit_in_turn},
    writer::Writer,
};

/// Most positions that are flipped to; controls with more are examined in part.
const POSITIONS_MAX: usize = 4;

/// To every other position and back, with activities right before and after: amid use, offline, and with an end of the
/// client before what waits can go out.
pub(super) fn flips(to: &mut Writer<'_>, facts: &VersionFact, home: &Position) {
    to.enter(Phase::Switch);
    let positions = facts.switch.iter().flat_map(|control| &control.positions);
    for other in positions.filter(|position| position.name != home.name).take(POSITIONS_MAX) {
        let turns = [(Activity::Restart, true), (Activity::Restart, false), (Activity::CrashApp, false)];
        for target in [other, home] {
            flip_amid_use(to, &target.name);
        }
        for target in [other, home] {
            flip_offline(to, &target.name);
        }
        for (turn, online) in &turns {
            for target in [other, home] {
                flip_and_turn(to, &target.name, turn, *online);
            }
        }
    }
}

fn flip_amid_use(to: &mut Writer<'_>, position: &str) {
    let open = open_both(to);
    visit_in_turn(to, open);
    to.flip(position);
    to.breath();
    visit_in_turn(to, open);
    to.pause();
    close_both(to, open);
    short_use(to);
}

/// What is done before and after the flip is queued, and goes out, if at all, after it.
fn flip_offline(to: &mut Writer<'_>, position: &str) {
    to.write(None, Activity::SetOnline { online: false });
    to.breath();
    let open = open_both(to);
    visit_in_turn(to, open);
    to.flip(position);
    to.breath();
    visit_in_turn(to, open);
    close_both(to, open);
    to.write(None, Activity::SetOnline { online: true });
    to.pause();
    short_use(to);
}

/// The client ends right after the flip, before what waits can go out, online or offline.
fn flip_and_turn(to: &mut Writer<'_>, position: &str, turn: &Activity, online: bool) {
    if !online {
        to.write(None, Activity::SetOnline { online });
        to.breath();
    }
    let open = open_both(to);
    visit_in_turn(to, open);
    to.flip(position);
    to.breath();
    to.write(None, turn.clone()); // closes what was open
    to.breath();
    if !online {
        to.write(None, Activity::SetOnline { online: true });
    }
    to.pause();
    let open = open_both(to);
    visit_in_turn(to, open);
    close_both(to, open);
}
