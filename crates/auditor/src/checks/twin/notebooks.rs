//! Makes sure that two arms differ in nothing but what they must: else their captures cannot be compared.

use model::{Activity, Arm, Mode, Notebook, NotebookEntry, Promise, Record};

use crate::{conditions::Timeline, exhibit::Exhibit};

/// Whether the notebook of `record` is the main one but for what its arm changes.
pub(super) fn correspond(exhibit: &Exhibit<'_>, record: &Record) -> Result<(), &'static str> {
    let (main, other) = (&exhibit.main.notebook, &record.notebook);
    if (main.starts, main.ends) != (other.starts, other.ends) {
        return Err("was recorded over another time");
    }
    match record.arm {
        Arm::Content => content(exhibit, &other.entries),
        Arm::Amount => amount(exhibit, other),
        Arm::Presence => without(exhibit, &other.entries, |index| exhibit.is_examined(index)),
        Arm::Quiet => without(exhibit, &other.entries, |index| is_silenced(exhibit, index)),
        _ if main.entries == other.entries => Ok(()),
        _ => Err("has another notebook"),
    }
}

fn content(exhibit: &Exhibit<'_>, other: &[NotebookEntry]) -> Result<(), &'static str> {
    let main = &exhibit.main.notebook.entries;
    let mut varied = false;
    if main.len() != other.len() {
        return Err("differs in more than what was done in incognito");
    }
    for (index, (a, b)) in main.iter().zip(other).enumerate() {
        let frame = |entry: &NotebookEntry| (entry.at, entry.session, entry.mode, entry.activity.kind());
        if frame(a) != frame(b) || a.outcome != b.outcome || (a.activity != b.activity && !exhibit.is_examined(index)) {
            return Err("differs in more than what was done in incognito");
        }
        varied |= a.activity != b.activity;
    }
    if varied { Ok(()) } else { Err("does nothing else in incognito") }
}

/// Whatever is not examined must be the same, line by line, and of what is there must be more or less.
fn amount(exhibit: &Exhibit<'_>, other: &Notebook) -> Result<(), &'static str> {
    let timeline = Timeline::of(other, &exhibit.case.facts);
    let examined = |(index, entry): &(usize, &NotebookEntry)| {
        entry.mode == Some(Mode::Incognito) && timeline.during(*index).state() == exhibit.case.subject.switch
    };
    let main = exhibit.main.notebook.entries.iter().enumerate();
    let rest = main.filter(|(index, _)| !exhibit.is_examined(*index)).map(|(_, entry)| entry);
    let others = other.entries.iter().enumerate().filter(|line| !examined(line)).map(|(_, entry)| entry);
    if !rest.eq(others) {
        return Err("differs in more than what was done in incognito");
    }
    if exhibit.main.notebook.entries.len() == other.entries.len() {
        return Err("does as much in incognito");
    }
    Ok(())
}

/// Whether line `index` is activity while the switch promises that nothing is collected.
pub(super) fn is_silenced(exhibit: &Exhibit<'_>, index: usize) -> bool {
    let entry = &exhibit.main.notebook.entries[index];
    entry.mode.is_some() && exhibit.timeline.during(index).promise == Some(Promise::Suppress)
}

/// All lines but those that are `left_out`; the opening and the close of a session may stay.
fn without(
    exhibit: &Exhibit<'_>,
    other: &[NotebookEntry],
    left_out: impl Fn(usize) -> bool,
) -> Result<(), &'static str> {
    let mut left = other.iter().peekable();
    let mut varied = false;
    for (index, entry) in exhibit.main.notebook.entries.iter().enumerate() {
        let stays = left.next_if(|other| *other == entry).is_some();
        let frame = matches!(entry.activity, Activity::OpenSession { .. } | Activity::CloseSession);
        match (stays, left_out(index)) {
            (true, true) if !frame => return Err("still holds what it is to leave out"),
            (false, false) => return Err("differs in more than what it is to leave out"),
            (false, true) => varied = true,
            _ => {}
        }
    }
    if left.next().is_some() {
        return Err("differs in more than what it is to leave out");
    }
    if varied { Ok(()) } else { Err("lacks nothing, for nothing of that kind was done") }
}
