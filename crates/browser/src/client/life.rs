//! What activities change on the device, before they are recorded.

use std::sync::Arc;

use model::{Activity, Entry, Mode, SessionId, Timestamp, Version};

use super::{Browser, Output, lane::Lane, navigation, sessions::Page};
use crate::{
    plan::Line,
    policy::{Effect, Queue, QueueAction, Store, Survival, Trigger},
};

impl Browser {
    /// The device ends without notice, as when its battery is empty: as a crash of the client, of which nothing is recorded.
    /// Until [`Browser::revive`], nothing may be asked of it.
    pub fn die(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        self.end();
        self.sessions.forget_pages(Mode::Incognito);
    }

    /// The device is started again, and with it the client. What would have come due meanwhile is due now.
    pub fn revive(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        self.now = self.now.max(now);
        self.trigger(&[Trigger::Start]);
        self.advance(now, out);
        self.pump(out);
    }

    /// Does to the device what `entry` says, and says which moments of sending that makes. Nothing happens at all where
    /// the client has no such thing: no such version, no such position, no dialog.
    pub(super) fn change(&mut self, entry: &Entry, mode: Mode, out: &mut Vec<Output>) -> Option<&'static [Trigger]> {
        self.bring_to_front(entry, mode, out);
        Some(match &entry.activity {
            Activity::OpenSession { mode: Mode::Normal } => &[Trigger::Open],
            Activity::OpenSession { mode: Mode::Incognito } => &[Trigger::OpenIncognito],
            Activity::CloseSession if mode == Mode::Normal => &[Trigger::Close],
            Activity::CloseSession => &[Trigger::CloseIncognito],
            Activity::CrashTab if mode == Mode::Normal => &[Trigger::Crash],
            Activity::ChangeSetting { name, value } => {
                self.device.set(name, value);
                &[Trigger::ChangeSetting]
            }
            Activity::SetOnline { online } => self.set_online(*online),
            Activity::FlipSwitch { position } => self.flip(position, out)?,
            Activity::Consent { given } => self.answer_consent(*given, out)?,
            Activity::LogIn { account } => {
                self.device.account = Some(account.clone());
                &[Trigger::LogIn]
            }
            Activity::LogOut => {
                self.device.account = None;
                &[Trigger::LogOut]
            }
            Activity::Update { version } => self.update(version, out)?,
            Activity::Restart => {
                self.act_on_queues(|queue| queue.on_restart, out);
                self.end();
                &[Trigger::Start]
            }
            Activity::CrashApp => {
                self.end();
                &[Trigger::Crash, Trigger::Start]
            }
            Activity::ClearData => self.reset(Survival::ClearData),
            Activity::Reinstall => self.reset(Survival::Reinstall),
            _ => &[],
        })
    }

    /// What an activity leaves behind once it was recorded.
    pub(super) fn leave(&mut self, entry: &Entry, out: &mut Vec<Output>) {
        if let Activity::Restart | Activity::CrashApp | Activity::Update { .. } = &entry.activity {
            self.sessions.forget_pages(Mode::Incognito);
        }
        let Some(session) = entry.session else { return };
        match &entry.activity {
            Activity::CloseSession => {
                let front = self.sessions.front_without(session);
                self.leave_mode(front, out);
                self.sessions.close(session);
            }
            Activity::Visit { url, title, .. } => self.show(session, url.clone(), title.clone()),
            Activity::Search { engine, terms, .. } => {
                self.show(session, navigation::results_page(engine, terms), terms.clone());
            }
            _ => {}
        }
    }

    fn show(&mut self, session: SessionId, url: String, title: String) {
        self.sessions.show(session, Page { url, title });
    }

    fn bring_to_front(&mut self, entry: &Entry, mode: Mode, out: &mut Vec<Output>) {
        let Some(session) = entry.session else { return };
        match &entry.activity {
            Activity::CloseSession => {}
            Activity::OpenSession { .. } => {
                self.leave_mode(mode, out);
                self.sessions.open(session, mode);
            }
            _ => {
                self.leave_mode(mode, out);
                self.sessions.touch(session);
            }
        }
    }

    /// Does what is to be done just before another mode comes to the front.
    fn leave_mode(&mut self, next: Mode, out: &mut Vec<Output>) {
        if next != self.sessions.front() {
            self.act_on_queues(|queue| queue.on_mode_change, out);
        }
    }

    fn set_online(&mut self, online: bool) -> &'static [Trigger] {
        let was_online = std::mem::replace(&mut self.device.online, online);
        if !online {
            self.connections.close();
        }
        if online && !was_online {
            for (lane, line) in self.lanes.iter_mut().zip(&self.plan.lines) {
                lane.reconnect(&line.pipeline.send, self.now);
            }
        }
        &[] // reconnecting lanes look to their own trigger
    }

    fn flip(&mut self, position: &str, out: &mut Vec<Output>) -> Option<&'static [Trigger]> {
        let switch = self.plan.policy.switch.as_ref()?;
        switch.positions.iter().find(|known| known.name == position)?;
        let before = self.plan.effect(self.device.position.as_deref());
        let is_off = before == Effect::Collect && self.plan.effect(Some(position)) == Effect::Suppress;
        if is_off {
            self.act_on_queues(|queue| queue.on_switch_off, out);
        }
        self.device.position = Some(position.to_owned());
        if is_off {
            self.ids.reset(Survival::OptOut, &self.plan.policy.identifiers);
        }
        Some(&[Trigger::FlipSwitch])
    }

    fn answer_consent(&mut self, given: bool, out: &mut Vec<Output>) -> Option<&'static [Trigger]> {
        self.plan.policy.consent.then_some(())?;
        if !given {
            self.act_on_queues(|queue| queue.on_consent_withdrawn, out);
        }
        let was_given = std::mem::replace(&mut self.device.consent, given);
        if was_given && !given {
            self.ids.reset(Survival::OptOut, &self.plan.policy.identifiers);
        }
        Some(&[Trigger::Consent])
    }

    fn update(&mut self, version: &Version, out: &mut Vec<Output>) -> Option<&'static [Trigger]> {
        let plan = Arc::clone(self.product.plan(version).filter(|_| *version != self.device.version)?);
        self.end();
        let before = std::mem::replace(&mut self.plan, plan);
        self.device.version = version.clone();
        let positions = self.plan.policy.switch.iter().flat_map(|switch| &switch.positions);
        let is_known = positions.into_iter().any(|known| Some(&known.name) == self.device.position.as_ref());
        if !is_known {
            self.device.position = self.plan.default_position();
        }
        self.ids.update(&self.plan.policy.identifiers);
        let kept = before.lines.iter().zip(std::mem::take(&mut self.lanes));
        let mut kept: Vec<(&str, Lane)> = kept
            .filter(|(line, _)| line.pipeline.queue.store == Store::Disk)
            .map(|(line, lane)| (line.pipeline.name.as_str(), lane))
            .collect();
        for line in &self.plan.lines {
            let same = kept.iter().position(|(name, _)| *name == line.pipeline.name);
            let mut lane = match same {
                Some(same) => kept.swap_remove(same).1,
                None => Lane::new(line, &self.device, self.now),
            };
            lane.follow(line, &self.device, self.now);
            self.lanes.push(lane);
        }
        self.act_on_queues(|queue| queue.on_update, out);
        Some(&[Trigger::Update, Trigger::Start])
    }

    /// The client ends and starts again.
    fn end(&mut self) {
        self.delayed.clear();
        self.connections.close();
        let plan = Arc::clone(&self.plan);
        let on_disk = |line: &&Line| line.pipeline.queue.store == Store::Disk;
        self.sealed.end(self.now, |name| plan.lines.iter().filter(on_disk).any(|line| line.pipeline.name == name));
        self.ids.start();
        for (lane, line) in self.lanes.iter_mut().zip(&self.plan.lines) {
            lane.end(&line.pipeline, self.now);
        }
    }

    /// The client is brought back to its factory state.
    fn reset(&mut self, event: Survival) -> &'static [Trigger] {
        self.end();
        self.sessions.forget_pages(Mode::Normal);
        self.sessions.forget_pages(Mode::Incognito);
        self.lanes.iter_mut().for_each(Lane::forget);
        self.sealed = super::sealed::Sealed::default();
        self.ids.reset(event, &self.plan.policy.identifiers);
        self.randomness.forget();
        self.counts = super::moment::Counts::default();
        self.device.reset(self.now);
        self.device.position = self.plan.default_position();
        &[Trigger::Start]
    }

    fn act_on_queues(&mut self, action: impl Fn(&Queue) -> QueueAction, out: &mut Vec<Output>) {
        let plan = Arc::clone(&self.plan);
        for (line, spec) in plan.lines.iter().enumerate() {
            match action(&spec.pipeline.queue) {
                QueueAction::Keep => {}
                QueueAction::Flush => {
                    self.lanes[line].flush();
                    self.pump_line(line, out);
                }
                purge => {
                    self.lanes[line].purge(purge, &spec.pipeline);
                    self.sealed.purge(&spec.pipeline.name, purge);
                }
            }
        }
    }
}
