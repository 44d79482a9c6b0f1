//! Plays a whole scenario: crowd and laboratory, then releases, then the auditor's rulings, then the score.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use browser::Browser;
use collector::Collector;
use model::{
    Accuracy, Arm, CaseFile, CheckName, Claim, Duration, Inspection, RegionId, Release, Rulebook, Ruling, Timestamp,
    Verdict, Window,
};
use scenario::{Expectation, Script};
use sha2::{Digest, Sha256};

use crate::{
    Moment, PlayError,
    crowd::{Person, Town},
    lab,
    log::{self, Log},
    pool, publish,
    room::{self, Guest, Room, Tallies},
    samples,
    servers::{CROWD, Servers},
    setting::Setting,
    story, sybils,
    trial::{self, Published},
    troubles,
    truth::Truth,
    verification::{self, Verified},
};

/// Rooms that are played at once on the live network, for each thread.
const LIVE_ROOMS_PER_THREAD: NonZeroUsize = NonZeroUsize::new(8).unwrap();

/// How a scenario is played.
#[derive(Debug, Clone)]
pub struct Options {
    /// Takes the place of the script's own seed.
    pub seed: Option<u64>,
    /// How many threads play; the result is the same for any number.
    pub threads: NonZeroUsize,
    /// What lies between clients and servers.
    pub network: Network,
    /// Rulebooks for the auditor beside those that it knows.
    pub rulebooks: Vec<Rulebook>,
}

/// What lies between clients and servers.
#[derive(Debug, Clone)]
pub enum Network {
    /// Services in this process, called as `tower` services.
    Glass,
    /// Services in processes of their own, reached over sockets on loopback.
    Live {
        /// The `glasshouse` program, whose `serve` starts each service.
        program: PathBuf,
        /// The scenario's text, from which each service takes its configuration.
        scenario_text: String,
    },
}

/// How far the work has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rooms and rulings done.
    pub done: u64,
    /// Rooms and rulings in all.
    pub total: u64,
    /// What is being done.
    pub what: &'static str,
}

/// One ruling beside what was expected of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What the auditor concluded.
    pub ruling: Ruling,
    /// What the script says that an honest examiner must conclude, if it says anything.
    pub expected: Option<Verdict>,
    /// The check that must have found something, if the script names one.
    pub check: Option<CheckName>,
    /// Where the expectation is from.
    pub source: Option<String>,
}

/// What was kept, as JSON lines. [`Digests`] are over exactly these bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifacts {
    /// The event log, ordered by time.
    pub log: Vec<u8>,
    /// One capture a line, each with the room in which it was taken.
    pub captures: Vec<u8>,
    /// One release a line.
    pub releases: Vec<u8>,
    /// One ruling a line.
    pub findings: Vec<u8>,
}

/// SHA-256 of each of the [`Artifacts`], in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Digests {
    pub log: String,
    pub captures: String,
    pub releases: String,
    pub findings: String,
}

/// A scenario that was played to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// Name of the scenario.
    pub scenario: String,
    /// What it is about.
    pub title: String,
    /// The seed that it was played from.
    pub seed: u64,
    /// What happened, ordered by time.
    pub timeline: Vec<Moment>,
    /// The promises, in file order.
    pub claims: Vec<Claim>,
    /// Rulings, by subject in file order, then by claim.
    pub verdicts: Vec<Judged>,
    /// How much of what there was, in a fixed order; what there was none of is left out.
    pub tallies: Vec<(&'static str, u64)>,
    /// What the auditor had to go by, one file for each subject.
    pub cases: Vec<CaseFile>,
    /// What was published.
    pub releases: Vec<Release>,
    /// How releases compare with the truth, for each of which something is expected, in file order.
    pub accuracies: Vec<Accuracy>,
    /// What is kept of the world.
    pub artifacts: Artifacts,
    /// Digests of what is kept.
    pub digests: Digests,
}

impl Played {
    /// What the auditor ruled on `case`, if this world came to it.
    fn ruled(&self, case: &CaseFile) -> Option<Vec<Ruling>> {
        let is_known = self.cases.contains(case);
        let rulings = self.verdicts.iter().map(|judged| &judged.ruling);
        is_known.then(|| rulings.filter(|ruling| ruling.subject == case.subject).cloned().collect())
    }
}

/// What one room of either kind leaves behind.
enum Part {
    Shard(Box<Shard>),
    Arm(Box<lab::Played>),
}

/// What one shard of the crowd leaves behind.
struct Shard {
    tallies: Tallies,
    updates: BTreeMap<Timestamp, u64>,
    log: Log,
    collectors: BTreeMap<RegionId, Collector>,
    truth: Option<Truth>,
}

/// Everything that the rooms left behind, in their order.
#[derive(Default)]
struct Rooms {
    logs: Vec<Log>,
    crowd: Tallies,
    lab: Tallies,
    updates: BTreeMap<Timestamp, u64>,
    collectors: Vec<BTreeMap<RegionId, Collector>>,
    arms: Vec<lab::Played>,
    truth: Option<Truth>,
    verified: Vec<Verified>,
    published: publish::Outcome,
}

/// Plays `script`. `progress` is told of each room and ruling that is done, from any thread.
///
/// # Errors
/// If the script names what it does not define (checked scripts do not), or a service cannot be started or reached.
pub fn play(script: &Script, options: &Options, progress: &(dyn Fn(Progress) + Sync)) -> Result<Played, PlayError> {
    play_beside(None, script, options, progress)
}

/// Plays `script` once more, all of it but for the auditor's work on case files that come out as they did in `first`:
/// rulings are a pure function of the case file, and are taken from there.
///
/// # Errors
/// As [`play`].
pub fn replay(first: &Played, script: &Script, options: &Options) -> Result<Played, PlayError> {
    play_beside(Some(first), script, options, &|_| {})
}

fn play_beside(
    first: Option<&Played>,
    script: &Script,
    options: &Options,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Played, PlayError> {
    let setting = Setting::new(script, options.seed.unwrap_or(script.seed), &options.rulebooks)?;
    let mut servers = Servers::open(&setting, &options.network)?;
    let town = Town::new(script, &setting.seed);
    let tasks = lab::tasks(&setting)?;
    let shards = usize::try_from(town.as_ref().map_or(0, Town::shards)).unwrap_or(usize::MAX);
    let subjects = script.subjects();
    // The examiner's devices among the crowd are one more shard of it.
    let sybils = usize::from(script.plan.sybils.is_some());
    let rooms = shards + sybils + tasks.len();
    let (done, total) = (AtomicU64::new(0), (rooms + subjects.len()) as u64);
    let step = |what| progress(Progress { done: done.fetch_add(1, Ordering::Relaxed) + 1, total, what });

    let parts = pool::run(rooms, hands(options), |index| {
        let part = match index.checked_sub(shards + sybils) {
            None => play_shard(&setting, &servers, town.as_ref(), index as u64)?,
            Some(task) => Part::Arm(Box::new(lab::play(&setting, &servers, &tasks[task])?)),
        };
        step("playing");
        Ok::<_, PlayError>(part)
    })?;
    let mut rooms = gather(parts)?;
    let collectors = std::mem::take(&mut rooms.collectors);
    let (partials, verified) = servers.hand_on(script, collectors, last_moment(script), options.threads)?;
    rooms.logs.push(verification::log(&verified));
    rooms.logs.push(log::of_faults(&script.faults));
    rooms.published = publish::publish(&setting, &mut servers, partials, &verified)?;
    rooms.verified = verified;
    rooms.logs.push(std::mem::take(&mut rooms.published.log));
    let releases = std::mem::take(&mut rooms.published.releases);
    let accuracies =
        rooms.truth.take().map(|truth| truth.judge(&script.release_expectations, &releases)).transpose()?;
    let published = examine_releases(&setting, &servers, releases, options.threads)?;
    let cases = trial::cases(&setting, &tasks, std::mem::take(&mut rooms.arms), &published)?;
    let rulings = pool::run(cases.len(), options.threads, |index| {
        let case = &cases[index];
        let rulings = first.and_then(|first| first.ruled(case)).map_or_else(|| servers.audit(case), Ok)?;
        step("auditing");
        Ok::<_, PlayError>(rulings)
    })?;
    let played = conclude(&setting, rooms, published.releases, cases, rulings.concat());
    Ok(Played { accuracies: accuracies.unwrap_or_default(), ..played })
}

/// What an examiner finds out about what was published.
fn examine_releases(
    setting: &Setting<'_>,
    servers: &Servers,
    releases: Vec<Release>,
    threads: NonZeroUsize,
) -> Result<Published, PlayError> {
    let script = setting.script;
    let (configurations, batches) = servers.oversee(last_moment(script))?;
    let injections = script.plan.sybils.iter().map(|planned| sybils::injection(setting, planned)).collect();
    let queries = samples::examined(setting);
    let samples = pool::run(queries.len(), threads, |index| samples::of(setting, queries[index]))?;
    let inspection = Inspection { batches, configurations, injections, ..Inspection::default() };
    Ok(Published { releases, inspection, samples })
}

/// How many rooms are played at once. On sockets a room mostly waits for answers, so more than there are threads.
fn hands(options: &Options) -> NonZeroUsize {
    match options.network {
        Network::Glass => options.threads,
        Network::Live { .. } => options.threads.saturating_mul(LIVE_ROOMS_PER_THREAD),
    }
}

/// When nothing more can be counted: every window that holds a report of the crowd is closed.
fn last_moment(script: &Script) -> Timestamp {
    let longest = script.queries.iter().map(|query| query.window).max().unwrap_or(Duration::ZERO);
    Window::holding(script.ends, longest).end + script.collection.grace
}

fn play_shard(
    setting: &Setting<'_>,
    servers: &Servers,
    town: Option<&Town<'_>>,
    shard: u64,
) -> Result<Part, PlayError> {
    let people = town.map(|town| town.shard(shard)).unwrap_or_default();
    let name = format!("{CROWD}{shard:05}");
    let beyond = town.map_or(0, Town::shards) <= shard;
    let mut room = Room::new(name.clone(), setting, servers.enter(&name)?).with_truth(Truth::of(setting));
    for person in people {
        room.seat(crowd_guest(setting, person)?);
    }
    if let Some(planned) = setting.script.plan.sybils.as_ref().filter(|_| beyond) {
        sybils::guests(setting, planned)?.into_iter().for_each(|guest| room.seat(guest));
    }
    let left = room.play(setting.script.ends + setting.script.collection.grace)?;
    let room::Left { log, tallies, links, truth, updates, .. } = left;
    Ok(Part::Shard(Box::new(Shard { tallies, updates, log, collectors: links.into_collectors(), truth })))
}

fn crowd_guest(setting: &Setting<'_>, person: Person) -> Result<Guest, PlayError> {
    let Person { profile, product, mut diary, hostile } = person;
    let product = setting.product(&product).ok_or(PlayError::UnknownProduct(product))?;
    let version = setting.first_version(&product.id)?;
    let (country, seed) = (profile.country, profile.seed);
    let browser = Browser::new(Arc::clone(product), version, profile, setting.script.starts)?;
    let troubles = troubles::of(setting.script, &seed, country, &mut diary);
    Ok(Guest { browser, diary, country, seed, tapped: false, hostile, troubles })
}

fn gather(parts: Vec<Part>) -> Result<Rooms, PlayError> {
    let mut rooms = Rooms::default();
    for part in parts {
        match part {
            Part::Shard(shard) => {
                rooms.crowd.add(&shard.tallies);
                rooms.logs.push(shard.log);
                rooms.collectors.push(shard.collectors);
                for (day, count) in shard.updates {
                    *rooms.updates.entry(day).or_default() += count;
                }
                match (&mut rooms.truth, shard.truth) {
                    (Some(whole), Some(part)) => whole.merge(part)?,
                    (whole, part) => *whole = whole.take().or(part),
                }
            }
            Part::Arm(mut arm) => {
                rooms.lab.add(&arm.tallies);
                rooms.logs.push(std::mem::take(&mut arm.log));
                rooms.arms.push(*arm);
            }
        }
    }
    Ok(rooms)
}

fn conclude(
    setting: &Setting<'_>,
    rooms: Rooms,
    releases: Vec<Release>,
    cases: Vec<CaseFile>,
    rulings: Vec<Ruling>,
) -> Played {
    let script = setting.script;
    let artifacts = std::thread::scope(|scope| {
        let log = scope.spawn(|| Log::join(&rooms.logs));
        let captures = trial::capture_lines(&cases);
        let (releases, findings) = (trial::json_lines(&releases), trial::json_lines(&rulings));
        let log = log.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Artifacts { log, captures, releases, findings }
    });
    let (crowd, updates, times) = (&rooms.crowd, &rooms.updates, &rooms.published.times);
    let timeline = story::timeline(&story::Told { setting, crowd, updates, cases: &cases, releases: &releases, times });
    Played {
        scenario: script.name.clone(),
        title: script.title.clone(),
        seed: setting.number,
        timeline,
        claims: script.claims.clone(),
        tallies: tallies(script, &rooms, &cases),
        digests: digests(&artifacts),
        verdicts: rulings.into_iter().map(|ruling| judge(script, ruling)).collect(),
        cases,
        releases,
        accuracies: Vec::new(),
        artifacts,
    }
}

/// What was concluded from case files that no scenario made.
pub(crate) fn examined(
    scenario: String,
    title: String,
    seed: u64,
    cases: Vec<CaseFile>,
    rulings: Vec<Ruling>,
    expectations: &[Expectation],
) -> Played {
    let claims = claims(&cases);
    let expected = |ruling: &Ruling| {
        let about = claims.iter().find(|claim| claim.id == ruling.claim)?;
        scenario::expected(expectations, about, &ruling.subject).cloned()
    };
    reaudited(scenario, title, seed, cases, rulings, &expected)
}

/// What was concluded from case files alone, with what was expected of each ruling: nothing is known of a log.
#[must_use]
pub fn reaudited(
    scenario: String,
    title: String,
    seed: u64,
    cases: Vec<CaseFile>,
    rulings: Vec<Ruling>,
    expected: &dyn Fn(&Ruling) -> Option<Expectation>,
) -> Played {
    let releases = cases.first().map(|case| case.releases.clone()).unwrap_or_default();
    let artifacts = Artifacts {
        log: Vec::new(),
        captures: trial::capture_lines(&cases),
        releases: trial::json_lines(&releases),
        findings: trial::json_lines(&rulings),
    };
    let judge = |ruling: Ruling| judged(expected(&ruling), ruling);
    Played {
        scenario,
        title,
        seed,
        timeline: story::examinations(&cases),
        claims: claims(&cases),
        tallies: examiner_tallies(&cases),
        digests: digests(&artifacts),
        verdicts: rulings.into_iter().map(judge).collect(),
        cases,
        releases,
        accuracies: Vec::new(),
        artifacts,
    }
}

/// The claims of all cases, each once.
fn claims(cases: &[CaseFile]) -> Vec<Claim> {
    let mut claims: Vec<Claim> = Vec::new();
    for claim in cases.iter().flat_map(|case| &case.claims) {
        if claims.iter().all(|known| known.id != claim.id) {
            claims.push(claim.clone());
        }
    }
    claims
}

fn examiner_tallies(cases: &[CaseFile]) -> Vec<(&'static str, u64)> {
    let records = || cases.iter().flat_map(|case| &case.examinations).flat_map(|examination| &examination.records);
    let mains = records().filter(|record| record.arm == Arm::Main && record.run == 0).count();
    let done = |record: &model::Record| {
        record.notebook.entries.iter().filter(|entry| entry.outcome == model::Outcome::Done).count()
    };
    let all = [
        ("examinations", mains),
        ("activities of the examiner", records().map(done).sum()),
        ("flows at the taps", records().map(|record| record.capture.flows.len()).sum()),
    ];
    all.into_iter().filter(|(_, number)| *number > 0).map(|(name, number)| (name, number as u64)).collect()
}

fn judge(script: &Script, ruling: Ruling) -> Judged {
    let expected = script.expected(&ruling.claim, &ruling.subject).cloned();
    judged(expected, ruling)
}

fn judged(expectation: Option<Expectation>, ruling: Ruling) -> Judged {
    Judged {
        expected: expectation.as_ref().map(|expectation| expectation.verdict),
        check: expectation.as_ref().and_then(|expectation| expectation.check),
        source: expectation.map(|expectation| expectation.source),
        ruling,
    }
}

fn tallies(script: &Script, rooms: &Rooms, cases: &[CaseFile]) -> Vec<(&'static str, u64)> {
    let records = cases.iter().flat_map(|case| &case.examinations).flat_map(|examination| &examination.records);
    let (mains, flows) = records.fold((0, 0), |(mains, flows), record| {
        (mains + u64::from(record.arm == Arm::Main && record.run == 0), flows + record.capture.flows.len() as u64)
    });
    let (crowd, lab) = (&rooms.crowd, &rooms.lab);
    let all = [
        ("devices in the crowd", script.crowd.as_ref().map_or(0, |crowd| crowd.devices)),
        ("activities of the crowd", crowd.activities),
        ("batches of the crowd admitted", crowd.admitted),
        ("uploads answered as duplicates", crowd.duplicates),
        ("uploads refused", crowd.refused),
        ("uploads unanswered", crowd.unanswered),
        ("messages corrupted", crowd.corrupted),
        ("devices that died", crowd.died),
        ("counted and lost in crashes", crowd.lost),
        ("reports counted from shares", verification::counted(&rooms.verified)),
        ("shares refused", verification::refused(&rooms.verified)),
        ("turns of verifications unanswered", verification::unanswered(&rooms.verified)),
        ("attempts to hand on unanswered", rooms.published.unanswered),
        ("reports left out of releases", rooms.published.left_out),
        ("examinations", mains),
        ("activities of the examiner", lab.activities),
        ("flows at the taps", flows),
    ];
    all.into_iter().filter(|(_, number)| *number > 0).collect()
}

fn digests(artifacts: &Artifacts) -> Digests {
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(&Sha256::digest(bytes));
    Digests {
        log: hex(&artifacts.log),
        captures: hex(&artifacts.captures),
        releases: hex(&artifacts.releases),
        findings: hex(&artifacts.findings),
    }
}
