//! People: the habits of a crowd, and diaries for the laboratory.

use model::{Activity, Duration, Entry, Mode, SessionId, Timestamp};
use scenario::{Crowd, Habits, Product};
use serde_json::json;

use super::{
    Dice,
    vendor::{MODELS, written},
};

/// A crowd of up to twenty devices in two countries, with about 500 activities in all.
#[must_use]
pub fn crowd(dice: &mut Dice, products: &[Product], days: u64) -> Crowd {
    let devices = dice.within(1, 20);
    let activities_max = dice.within(1, 6);
    // Sessions of one device in ten days, so that a crowd of twenty comes to about 400 activities.
    let sessions_max = (8_000 / (20 * days * (activities_max + 1))).clamp(1, 40);
    let habits = Habits {
        sessions_per_ten_days: u32::try_from(dice.within(1, sessions_max)).unwrap_or(u32::MAX),
        activities_per_session_max: u32::try_from(activities_max).unwrap_or(u32::MAX),
        incognito_percent: dice.pick(&[0, 20, 50]),
        search_percent: dice.pick(&[0, 20]),
        download_percent: dice.pick(&[0, 10]),
        screen_percent: dice.pick(&[0, 20]),
        switch_percent: dice.pick(&[0, 30]),
        consent_percent: dice.pick(&[40, 100]),
        sites: dice.pick(&[4, 50]),
    };
    let abroad = u32::from(dice.percent(60));
    Crowd {
        devices,
        countries: written(json!([
            { "country": "DE", "locale": "de-DE", "weight": 1 },
            { "country": "IN", "locale": "en-IN", "weight": abroad },
        ])),
        products: products.iter().map(|product| (product.id.clone(), 1)).collect(),
        habits,
        models: MODELS.map(str::to_owned).to_vec(),
        hostile_devices: 0,
    }
}

/// A diary for lab devices: sessions of both modes amid losses of the network and restarts. Ordered by time.
#[must_use]
pub fn diary(dice: &mut Dice, starts: Timestamp, activities_max: u64) -> Vec<Entry> {
    let mut writer = Writer { at: starts, entries: Vec::new(), sessions: 0, open: Vec::new(), online: true };
    for _ in 0..dice.within(0, activities_max) {
        writer.at = writer.at + Duration::from_millis(dice.within(1_000, 1_200_000));
        writer.something(dice);
    }
    writer.entries
}

struct Writer {
    at: Timestamp,
    entries: Vec<Entry>,
    sessions: u32,
    open: Vec<SessionId>,
    online: bool,
}

impl Writer {
    fn write(&mut self, session: Option<SessionId>, activity: Activity) {
        self.entries.push(Entry { at: self.at, session, activity });
    }

    fn something(&mut self, dice: &mut Dice) {
        let Some(&session) = self.open.last() else { return self.open(dice) };
        match dice.within(0, 9) {
            0 => self.open(dice),
            1 => {
                self.open.pop();
                self.write(Some(session), Activity::CloseSession);
            }
            2 => {
                self.online = !self.online;
                self.write(None, Activity::SetOnline { online: self.online });
            }
            3 => {
                self.open.clear(); // a restart closes what is open
                self.write(None, Activity::Restart);
            }
            4 | 5 => {
                let terms = format!("word-{}", dice.within(0, 99));
                self.write(Some(session), Activity::Search { engine: "www.google.com".to_owned(), terms, typed: true });
            }
            _ => self.visit(dice, session),
        }
    }

    fn open(&mut self, dice: &mut Dice) {
        self.sessions += 1;
        self.open.push(SessionId(self.sessions));
        let mode = dice.pick(&[Mode::Normal, Mode::Incognito]);
        self.write(Some(SessionId(self.sessions)), Activity::OpenSession { mode });
    }

    fn visit(&mut self, dice: &mut Dice, session: SessionId) {
        let url = format!("https://site-{}.example/page/{}", dice.within(1, 9), dice.within(0, 99));
        let (title, text, links, embeds) = (String::new(), String::new(), Vec::new(), Vec::new());
        self.write(Some(session), Activity::Visit { url, title, text, links, embeds, typed: false, dwell_ms: 1_500 });
    }
}
