//! The crowd: who its people are and what they do. A shard of it is a pure function of (script, seed, shard).

use std::{collections::BTreeSet, sync::Arc};

use model::{
    Activity, Country, DeviceId, Diary, Duration, Entry, Mode, ProductId, Promise, Seed, SessionId, Stream,
    SwitchState, Timestamp,
};
use rand::{Rng, RngExt};
use scenario::{Crowd, Habits, Product, Release, Script};

/// Devices of one shard. Fixed, so that a shard is the same whatever runs it.
pub(crate) const SHARD_DEVICES: u64 = 250;

/// One person of the crowd with their device.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) profile: browser::Profile,
    pub(crate) product: ProductId,
    pub(crate) diary: Diary,
    /// Whether the client is hostile.
    pub(crate) hostile: bool,
}

/// What the whole crowd has in common, computed once.
#[derive(Debug)]
pub(crate) struct Town<'a> {
    script: &'a Script,
    crowd: &'a Crowd,
    seed: Seed,
    popularity: Vec<u64>, // cumulative weights of sites by rank: Zipf with exponent 1
    models: Vec<Arc<str>>,
}

/// The two streams that a person's activity draws from. Incognito activity has its own, so that taking it out shifts
/// nothing else.
struct Life<'a> {
    town: &'a Town<'a>,
    chance: Stream,
    mode: Mode,
}

impl<'a> Town<'a> {
    /// The crowd of `script`, or `None` if it has none.
    pub(crate) fn new(script: &'a Script, seed: &Seed) -> Option<Self> {
        let crowd = script.crowd.as_ref()?;
        let weights = (1..=u64::from(crowd.habits.sites.max(1))).map(|rank| (1 << 40) / rank);
        let popularity = weights.scan(0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        let models = crowd.models.iter().map(|model| Arc::from(model.as_str())).collect();
        Some(Self { script, crowd, seed: seed.derive("crowd"), popularity: popularity.collect(), models })
    }

    /// How many shards the crowd has.
    pub(crate) fn shards(&self) -> u64 {
        self.crowd.devices.div_ceil(SHARD_DEVICES)
    }

    /// The people of one shard.
    pub(crate) fn shard(&self, shard: u64) -> Vec<Person> {
        let first = shard * SHARD_DEVICES;
        (first..self.crowd.devices.min(first + SHARD_DEVICES)).map(|index| self.person(index)).collect()
    }

    fn person(&self, index: u64) -> Person {
        let seed = self.seed.nth(index);
        let mut chance = seed.derive("person").stream();
        let countries = self.crowd.countries.iter().map(|population| (population, u64::from(population.weight)));
        let population = weighted(&mut chance, countries);
        let product = weighted(&mut chance, self.crowd.products.iter().map(|(id, weight)| (id, u64::from(*weight))));
        let model = match self.models.len() {
            0 => "phone".to_owned(),
            models => self.models[chance.random_range(0..models)].to_string(),
        };
        let (country, locale) = population.map_or_else(no_country, |p| (p.country, p.locale.clone()));
        let product = product.cloned().unwrap_or_else(|| self.script.products[0].id.clone());
        let device = DeviceId::new(format!("crowd-{index:07}"));
        let device = device.unwrap_or_else(|error| unreachable!("digits make a name: {error}"));
        let diary = Diary { device: device.clone(), entries: self.diary(&product, &seed) };
        let hardware = seed.derive("hardware");
        let hostile = index < self.crowd.hostile_devices;
        Person { profile: browser::Profile { device, model, country, locale, seed, hardware }, product, diary, hostile }
    }

    /// What the person does from the world's start to its end, ordered by time.
    fn diary(&self, product: &ProductId, seed: &Seed) -> Vec<Entry> {
        let mut entries = self.milestones(product, seed);
        let mut session = 0;
        for (mode, purpose) in [(Mode::Normal, "normal activity"), (Mode::Incognito, "incognito activity")] {
            let mut life = Life { town: self, chance: seed.derive(purpose).stream(), mode };
            let mut day = self.script.starts;
            while day < self.script.ends {
                for _ in 0..life.sessions_today() {
                    // Odd numbers are normal sessions, even ones incognito: neither shifts the other.
                    session += 2;
                    let id = SessionId(session - u32::from(mode == Mode::Normal));
                    life.session(id, day, &mut entries);
                }
                day = day + Duration::DAY;
            }
            session = 0;
        }
        entries.retain(|entry| entry.at < self.script.ends);
        entries.sort_by_key(|entry| (entry.at, entry.session));
        entries
    }

    /// What a person does with the client itself: consent, update, switch.
    fn milestones(&self, product: &ProductId, seed: &Seed) -> Vec<Entry> {
        let Some(product) = self.script.products.iter().find(|p| p.id == *product) else { return Vec::new() };
        let mut chance = seed.derive("milestones").stream();
        let habits = &self.crowd.habits;
        let given = percent(&mut chance, habits.consent_percent);
        let flips = percent(&mut chance, habits.switch_percent);
        let mut entries = vec![plain(self.script.starts, Activity::Consent { given })];
        let newest = |release: &&Release| release.released <= self.script.starts;
        let (mut flips_from, mut flipped) = (self.script.starts, product.versions.iter().rfind(newest));
        for (at, release) in offered(product, self.script.starts, &mut chance) {
            entries.push(plain(at, Activity::Update { version: release.version.clone() }));
            (flips_from, flipped) = (at, Some(release));
        }
        let after = Duration::from_millis(chance.random_range(0..Duration::DAY.as_millis()));
        if let Some(position) = flipped.and_then(|release| self.suppressing_position(release)).filter(|_| flips) {
            entries.push(plain(flips_from + after, Activity::FlipSwitch { position }));
        }
        entries
    }

    /// The position of the switch that promises suppression, in one version.
    fn suppressing_position(&self, release: &Release) -> Option<String> {
        let switch = self.script.policies.get(&release.policy)?.switch.as_ref()?;
        let suppresses = |promise: Promise| promise.state() == SwitchState::Suppress;
        switch.positions.iter().find(|position| suppresses(position.promise)).map(|position| position.name.clone())
    }
}

/// When this device goes over to which version: always to the newest that is offered to it, and back where a vendor takes
/// a roll-out back.
fn offered<'a>(product: &'a Product, starts: Timestamp, chance: &mut Stream) -> Vec<(Timestamp, &'a Release)> {
    let mut changes: Vec<(Timestamp, usize, bool)> = Vec::new();
    for (place, version) in product.versions.iter().enumerate() {
        let rank = chance.random_range(0..100_u8);
        let delay = Duration::from_millis(chance.random_range(0..Duration::DAY.as_millis() / 2));
        let mut is_offered = false;
        for stage in &version.rollout {
            if is_offered != (rank < stage.percent) {
                is_offered = !is_offered;
                changes.push((stage.at + delay, place, is_offered));
            }
        }
    }
    changes.sort_by_key(|(at, ..)| *at); // stable: at equal times in the order of versions
    let first = product.versions.iter().rposition(|version| version.rollout.is_empty() && version.released <= starts);
    let (mut offers, mut has) = (BTreeSet::new(), first);
    let mut updates = Vec::new();
    for (at, place, is_offered) in changes {
        if is_offered {
            offers.insert(place);
        } else {
            offers.remove(&place);
        }
        let newest = offers.last().copied().or(first);
        if newest != has {
            has = newest;
            updates.extend(newest.map(|newest| (at, &product.versions[newest])));
        }
    }
    updates
}

impl Life<'_> {
    fn habits(&self) -> &Habits {
        &self.town.crowd.habits
    }

    /// Sessions in this mode on one day: the whole part of the rate, and one more with the fraction's probability.
    fn sessions_today(&mut self) -> u32 {
        let habits = self.habits();
        let incognito = u32::from(habits.incognito_percent.min(100));
        let percent = if self.mode == Mode::Incognito { incognito } else { 100 - incognito };
        let per_thousand_days = habits.sessions_per_ten_days.saturating_mul(percent);
        per_thousand_days / 1000 + u32::from(self.chance.random_range(0..1000) < per_thousand_days % 1000)
    }

    /// One session somewhere in the day that begins at `day`.
    fn session(&mut self, id: SessionId, day: Timestamp, entries: &mut Vec<Entry>) {
        let mut at = day + Duration::from_millis(self.chance.random_range(0..Duration::DAY.as_millis()));
        let mut write = |at, activity| entries.push(Entry { at, session: Some(id), activity });
        write(at, Activity::OpenSession { mode: self.mode });
        for _ in 0..self.chance.random_range(1..=self.habits().activities_per_session_max.max(1)) {
            at = at + Duration::from_millis(self.chance.random_range(1_000..12_000));
            write(at, self.activity());
        }
        write(at + Duration::from_millis(self.chance.random_range(1_000..30_000)), Activity::CloseSession);
    }

    fn activity(&mut self) -> Activity {
        let habits = self.habits();
        let (search, download, screen) = (habits.search_percent, habits.download_percent, habits.screen_percent);
        let drawn = self.chance.random_range(0..100_u16);
        let edges = [search, download, screen].into_iter().scan(0_u16, |sum, percent| {
            *sum += u16::from(percent);
            Some(*sum)
        });
        match edges.filter(|edge| drawn >= *edge).count() {
            0 => self.search(),
            1 => Activity::Download { url: format!("{}/file-{}.zip", self.site(), self.chance.random_range(0..50)) },
            2 => Activity::ShowScreen { name: SCREENS[self.chance.random_range(0..SCREENS.len())].to_owned() },
            _ => self.visit(),
        }
    }

    fn visit(&mut self) -> Activity {
        let (site, page) = (self.site(), self.chance.random_range(0..1000));
        let title = format!("Page {page} of {}", &site[8..]);
        let typed = self.chance.random_range(0..4) == 0;
        let dwell_ms = self.chance.random_range(500..10_000);
        let url = format!("{site}/page/{page}");
        Activity::Visit { url, title, text: String::new(), links: Vec::new(), embeds: Vec::new(), typed, dwell_ms }
    }

    fn search(&mut self) -> Activity {
        let engine = if self.chance.random_range(0..5) == 0 { "duckduckgo.com" } else { "www.google.com" };
        let mut word = || WORDS[self.chance.random_range(0..WORDS.len())];
        Activity::Search { engine: engine.to_owned(), terms: format!("{} {}", word(), word()), typed: true }
    }

    /// A site by its popularity.
    fn site(&mut self) -> String {
        let total = self.town.popularity.last().copied().unwrap_or(1);
        let drawn = self.chance.random_range(0..total);
        let rank = self.town.popularity.partition_point(|edge| *edge <= drawn);
        format!("https://site-{rank}.example")
    }
}

const SCREENS: [&str; 6] = ["start", "settings", "bookmarks", "downloads", "news-feed", "history"];
const WORDS: [&str; 12] =
    ["weather", "train", "doctor", "recipe", "football", "phone", "rent", "exam", "cheap", "near", "how to", "news"];

fn plain(at: Timestamp, activity: Activity) -> Entry {
    Entry { at, session: None, activity }
}

fn percent(chance: &mut Stream, of_hundred: u8) -> bool {
    chance.next_u32() % 100 < u32::from(of_hundred)
}

/// Draws one of `choices` by weight; `None` if all weights are zero.
fn weighted<T>(chance: &mut Stream, choices: impl Iterator<Item = (T, u64)> + Clone) -> Option<T> {
    let total: u64 = choices.clone().map(|(_, weight)| weight).sum();
    let mut drawn = if total == 0 { return None } else { chance.random_range(0..total) };
    for (choice, weight) in choices {
        if drawn < weight {
            return Some(choice);
        }
        drawn -= weight;
    }
    None
}

/// A checked script has a population with some weight; a script made by hand may not.
fn no_country() -> (Country, String) {
    ("ZZ".parse().unwrap_or_else(|error| unreachable!("two capitals make a country: {error}")), "en".to_owned())
}
