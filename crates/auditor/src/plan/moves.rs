//! What is done again and again in an examination: short uses, sessions side by side, single activities.

use model::{Activity, Mode};

use super::writer::{Tabs, Writer};

/// Both modes, in the order in which they are used.
pub(super) const BOTH: [Mode; 2] = [Mode::Normal, Mode::Incognito];

/// A visit and a search in each mode, one after the other.
pub(super) fn short_use(to: &mut Writer<'_>) {
    for mode in BOTH {
        let tabs = to.open(mode);
        to.breath();
        visit(to, tabs, false);
        to.pause();
        search(to, tabs, false);
        to.pause();
        to.close(tabs);
        to.pause();
    }
}

pub(super) fn pasted(to: &mut Writer<'_>, mode: Mode) {
    let tabs = to.open(mode);
    to.breath();
    visit(to, tabs, false);
    to.pause();
    search(to, tabs, false);
    to.pause();
    to.plant(Some(tabs), |token| token.download());
    to.pause();
    to.plant(Some(tabs), |token| token.share());
    to.pause();
    to.close(tabs);
    to.pause();
}

pub(super) fn typed(to: &mut Writer<'_>, mode: Mode) {
    let tabs = to.open(mode);
    to.breath();
    visit(to, tabs, true);
    to.pause();
    search(to, tabs, true);
    to.pause();
    to.plant(Some(tabs), |token| token.type_text());
    to.pause();
    to.write(Some(tabs), Activity::ShowScreen { name: "settings".to_owned() });
    to.pause();
    to.write(Some(tabs), Activity::ChangeSetting { name: "text-size".to_owned(), value: "large".to_owned() });
    to.pause();
    to.close(tabs);
    to.pause();
}

pub(super) fn open_both(to: &mut Writer<'_>) -> [Tabs; 2] {
    BOTH.map(|mode| {
        let tabs = to.open(mode);
        to.breath();
        tabs
    })
}

pub(super) fn close_both(to: &mut Writer<'_>, open: [Tabs; 2]) {
    for tabs in open {
        to.close(tabs);
    }
    to.pause();
}

pub(super) fn visit_in_turn(to: &mut Writer<'_>, open: [Tabs; 2]) {
    for tabs in open {
        visit(to, tabs, false);
        to.breath();
    }
}

pub(super) fn visit(to: &mut Writer<'_>, tabs: Tabs, typed: bool) {
    to.plant(Some(tabs), |token| token.visit(typed));
}

/// Another engine for each way of entering the words.
pub(super) fn search(to: &mut Writer<'_>, tabs: Tabs, typed: bool) {
    let engine = if typed { "www.google.com" } else { "duckduckgo.com" };
    to.plant(Some(tabs), |token| token.search(engine, typed));
}
