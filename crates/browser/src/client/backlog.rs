//! Backlogs: reports that wait to be sent.

use std::{collections::VecDeque, sync::Arc};

use model::{Mode, Report, Seed, Value};

use crate::{
    plan::Late,
    policy::{Collected, Queue, QueueAction},
};

/// A report with what is known about it on the device.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) report: Report,
    pub(super) origin: Origin,
}

/// What the device knows about a report, and does not send.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) mode: Mode,
    /// Whether the event is collected, in normal mode and in incognito.
    pub(super) collected: [Collected; 2],
    pub(super) late: Option<Arc<[Late]>>,
    /// Where it goes, for reports that have an upload of their own.
    pub(super) target: Option<Box<Target>>,
    /// Fields that were randomized, with their values before. They are never sent.
    pub(super) plain: Vec<(String, Value)>,
}

/// Where an upload goes.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) seed: Seed,
    pub(super) host: String,
    /// The other host, and after how many failed attempts.
    pub(super) fail_over: Option<(u32, String)>,
    pub(super) path: String,
    pub(super) headers: Vec<model::Header>,
}

/// Reports that wait to be sent, oldest first.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    reports: VecDeque<Recorded>,
    bytes: u64,
}

impl Backlog {
    pub(super) fn len(&self) -> usize {
        self.reports.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.reports.is_empty()
    }

    /// Adds the newest report; the oldest go if there is no room.
    pub(super) fn push(&mut self, recorded: Recorded, bounds: &Queue) {
        self.bytes += size(&recorded.report);
        self.reports.push_back(recorded);
        self.bound(bounds);
    }

    /// Puts reports back in front, in their order; the oldest go if there is no room.
    pub(super) fn put_back(&mut self, recorded: Vec<Recorded>, bounds: &Queue) {
        for recorded in recorded.into_iter().rev() {
            self.bytes += size(&recorded.report);
            self.reports.push_front(recorded);
        }
        self.bound(bounds);
    }

    pub(super) fn pop(&mut self) -> Option<Recorded> {
        let recorded = self.reports.pop_front()?;
        self.bytes -= size(&recorded.report);
        Some(recorded)
    }

    /// Drops what `action` says.
    pub(super) fn purge(&mut self, action: QueueAction) {
        self.reports.retain(|recorded| !is_purged(recorded.origin.mode, action));
        self.bytes = self.reports.iter().map(|recorded| size(&recorded.report)).sum();
    }

    fn bound(&mut self, bounds: &Queue) {
        let reports_max = usize::try_from(bounds.reports_max).unwrap_or(usize::MAX);
        while self.reports.len() > reports_max || self.bytes > bounds.bytes_max {
            self.pop();
        }
    }
}

/// Whether `action` drops a report on activity in `mode`.
pub(super) fn is_purged(mode: Mode, action: QueueAction) -> bool {
    match action {
        QueueAction::Keep | QueueAction::Flush => false,
        QueueAction::Purge => true,
        QueueAction::PurgeIncognito => mode == Mode::Incognito,
    }
}

/// Names and values of a report in bytes, a number counted as 8 and a flag as 1.
fn size(report: &Report) -> u64 {
    let value = |value: &Value| match value {
        Value::Flag(_) => 1,
        Value::Number(_) => 8,
        Value::Text(text) => text.len(),
    };
    let fields: usize = report.fields.iter().map(|(name, field)| name.len() + value(field)).sum();
    (report.event.len() + report.device.as_ref().map_or(0, String::len) + 8 + fields) as u64
}
