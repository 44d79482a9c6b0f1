//! Troubles in a room: devices that end and are started again, clocks that jump, collectors that forget.

use std::collections::BTreeSet;

use model::{Activity, Entry, Timestamp};
use scenario::{Dies, FaultKind};

use super::{Event, Room};
use crate::{PlayError, troubles::Trouble};

/// Whether a device runs, and what befalls it. Faults go by their places in the file.
#[derive(Debug, Default)]
pub(super) struct Life {
    troubles: Vec<(Timestamp, Trouble)>,
    /// Faults by which the device ends when it next sends something.
    doomed_by: BTreeSet<usize>,
    /// Faults by which it ended.
    ended_by: BTreeSet<usize>,
    /// What its owner does once it runs again.
    put_off: Vec<Entry>,
}

impl Life {
    pub(super) const fn of(troubles: Vec<(Timestamp, Trouble)>) -> Self {
        Self { troubles, doomed_by: BTreeSet::new(), ended_by: BTreeSet::new(), put_off: Vec::new() }
    }

    /// Whether the device does not run.
    pub(super) fn is_over(&self) -> bool {
        !self.ended_by.is_empty()
    }

    /// The owner cannot do this now. What is about the client itself they do later; its open sessions they find closed.
    pub(super) fn put_off(&mut self, entry: Entry) {
        if entry.session.is_none() || matches!(entry.activity, Activity::CloseSession) {
            self.put_off.push(entry);
        }
    }
}

impl Room<'_> {
    /// What the scenario has in store for a device happens.
    pub(super) fn befall(&mut self, seat: usize, number: usize, now: Timestamp) -> Result<(), PlayError> {
        let sitting = &mut self.seats[seat];
        let Some((_, trouble)) = sitting.life.troubles.get(number).copied() else { return Ok(()) };
        match trouble {
            Trouble::Dies { fault, dies: Dies::Sending } => _ = sitting.life.doomed_by.insert(fault),
            Trouble::Dies { fault, dies: Dies::AtOnce } => self.die(seat, [fault].into(), now),
            Trouble::Revives { fault } => return self.revive(seat, fault, now),
            Trouble::Clock { ahead_ms } => {
                sitting.browser.shift_clock(ahead_ms);
                self.log.record(&self.name, now, Some(&sitting.device), Event::ClockShifted { ahead_ms });
            }
        }
        Ok(())
    }

    /// The device has just sent something: if it is doomed, that was the last.
    pub(super) fn die_sending(&mut self, seat: usize, now: Timestamp) {
        let doomed_by = std::mem::take(&mut self.seats[seat].life.doomed_by);
        if !doomed_by.is_empty() {
            self.die(seat, doomed_by, now);
        }
    }

    fn die(&mut self, seat: usize, by: BTreeSet<usize>, now: Timestamp) {
        let sitting = &mut self.seats[seat];
        let was_over = sitting.life.is_over();
        sitting.life.ended_by.extend(by);
        if was_over {
            return;
        }
        sitting.browser.die(now);
        self.tallies.count(&Event::Died);
        self.log.record(&self.name, now, Some(&sitting.device), Event::Died);
        // What is on its way arrives, and nobody waits for the answer.
        let own: Vec<u64> = self.flights.iter().filter(|(_, flight)| flight.seat == seat).map(|(id, _)| *id).collect();
        for id in own {
            self.flights.entry(id).and_modify(|flight| flight.call = None);
            self.forget_if_over(id);
        }
    }

    fn revive(&mut self, seat: usize, fault: usize, now: Timestamp) -> Result<(), PlayError> {
        let sitting = &mut self.seats[seat];
        sitting.life.doomed_by.remove(&fault);
        if !sitting.life.ended_by.remove(&fault) || sitting.life.is_over() {
            return Ok(());
        }
        self.log.record(&self.name, now, Some(&sitting.device), Event::Revived);
        sitting.browser.revive(now, &mut self.outputs);
        let put_off = std::mem::take(&mut sitting.life.put_off);
        self.send_outputs(seat, now)?;
        for entry in put_off {
            match self.seats[seat].life.is_over() {
                true => self.seats[seat].life.put_off(entry),
                false => self.perform(seat, &Entry { at: now, ..entry }, now)?,
            }
        }
        Ok(())
    }

    /// The collector that a fault is about ends, and forgets what it had not handed on.
    pub(super) fn forget(&mut self, fault: usize, now: Timestamp) -> Result<(), PlayError> {
        let Some(FaultKind::Crash { region, .. }) = self.setting.script.faults.get(fault).map(|fault| &fault.kind)
        else {
            return Ok(());
        };
        for gone in self.links.forget(region, now)? {
            let (query, window, reports) = (&gone.query, gone.window.to_string(), gone.reports);
            let event = Event::Lost { region, query, window, reports };
            self.tallies.count(&event);
            self.log.record(&self.name, now, None, event);
        }
        if let Some(truth) = &mut self.truth {
            truth.forget(region, now);
        }
        Ok(())
    }
}
