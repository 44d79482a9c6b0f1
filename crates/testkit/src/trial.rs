//! The examination of a client under test: what is done with it, and the case files that come of it.

use std::collections::BTreeSet;

use auditor::{CaseError, PlanRequest};
use browser::Profile;
use model::{
    Arm, CaseFile, Claim, ClaimId, ClaimKind, DeviceId, Entry, Examination, Flow, IdError, LabDevice, Navigation,
    Notebook, Outcome, Phase, Record, Ruling, Seed, Subject, SwitchState, Timestamp, Version, VersionFact,
};
use world::{ExamineError, default_claims};

use crate::{
    answers::Answers,
    client::{Client, Description},
    desk::Desk,
    diary::Diary,
    weather::Sky,
};

/// Names the seed of every trial that says nothing else.
pub(crate) const SEED_VARIABLE: &str = "TESTKIT_SEED";

/// Every phase of the auditor's plan but the diary.
const PHASES: [Phase; 13] = [
    Phase::FirstUse,
    Phase::ConsentRefused,
    Phase::Use,
    Phase::Restart,
    Phase::Idle,
    Phase::Switch,
    Phase::Account,
    Phase::Offline,
    Phase::Crash,
    Phase::ClearData,
    Phase::Reinstall,
    Phase::Long,
    Phase::Update,
];

/// How a client is examined.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Chance for canaries, spacing, and the client's own seed. By default `TESTKIT_SEED` of the environment, or 1.
    pub seed: u64,
    /// What is done beside the auditor's plan.
    pub diary: Diary,
    /// Phases of the auditor's plan that are left out; what they alone exercise stays unproven.
    pub skip: BTreeSet<Phase>,
    /// Days of daily use.
    pub long_days: u32,
    /// What the client is held to; `None` for what its controls promise.
    pub claims: Option<Vec<Claim>>,
    /// The device that it runs on.
    pub lab: LabDevice,
    /// When the device is brought to its factory state.
    pub starts: Timestamp,
    /// What happens to uploads beyond the tap. A client in process hears of it by what is answered.
    pub sky: Sky,
}

impl Trial {
    /// The auditor's whole plan, in which every verdict can be earned.
    #[must_use]
    pub fn whole() -> Self {
        let seed = std::env::var(SEED_VARIABLE).ok().and_then(|text| text.parse().ok()).unwrap_or(1);
        let fixed = "names and times that are written here are well formed";
        let lab = LabDevice {
            id: "lab-1".parse().unwrap_or_else(|_| unreachable!("{fixed}")),
            model: "Redmi Note 8".to_owned(),
            country: "IN".parse().unwrap_or_else(|_| unreachable!("{fixed}")),
            locale: "en-IN".to_owned(),
            products: Vec::new(),
        };
        let starts = "2020-05-01T10:00:00Z".parse().unwrap_or_else(|_| unreachable!("{fixed}"));
        let (diary, skip) = (Diary::new(), BTreeSet::new());
        let sky = Sky::default();
        Self { seed, diary, skip, long_days: 3, claims: None, lab, starts, sky }
    }

    /// `diary` alone, with tokens planted in what it says. After it the network is there, and one page is visited in normal
    /// mode: that shows the tap to be on, and brings out what waits for company.
    #[must_use]
    pub fn of_diary(diary: &Diary) -> Self {
        Self { diary: diary.clone(), skip: PHASES.into_iter().collect(), long_days: 0, ..Self::whole() }
    }

    /// The same trial below `sky`.
    #[must_use]
    pub fn under(self, sky: Sky) -> Self {
        Self { sky, ..self }
    }

    /// The same trial of one claim.
    ///
    /// # Panics
    /// Never: the kind's name is the claim's.
    #[must_use]
    pub fn of_claim(self, promise: ClaimKind) -> Self {
        let id = ClaimId::new(promise.name()).unwrap_or_else(|_| unreachable!("a kind's name is a name"));
        let statement = promise.name().replace('-', " ");
        Self { claims: Some(vec![Claim { id, statement, source: None, promise, products: Vec::new() }]), ..self }
    }

    /// Examines `client` and rules.
    ///
    /// # Errors
    /// If there is no case, or it contradicts itself.
    pub fn examine(&self, client: &impl UnderTest) -> Result<Examined, TrialError> {
        let cases = client.cases(self)?;
        let rulings = cases.iter().map(auditor::audit).collect::<Result<Vec<_>, _>>()?.concat();
        Ok(Examined { trial: self.clone(), cases, rulings })
    }

    fn is_of_diary(&self) -> bool {
        PHASES.iter().all(|phase| self.skip.contains(phase))
    }

    /// What is done beside the auditor's plan.
    pub(crate) fn lines(&self) -> Vec<Entry> {
        let last = if self.is_of_diary() { self.diary.clone().with_last_visit() } else { self.diary.clone() };
        last.entries().to_vec()
    }

    /// The arms that are played. What is done beside a diary would be told as if the diary did it, so the twin that does
    /// more belongs to whole plans; diaries vary the amount themselves.
    fn arms(&self) -> impl Iterator<Item = Arm> {
        let of_diary = self.is_of_diary();
        Arm::ALL.into_iter().filter(move |arm| !of_diary || *arm != Arm::Amount)
    }

    /// What the client is held to with its switch at `state`.
    fn claims_about(&self, facts: &VersionFact, state: SwitchState) -> Result<Vec<Claim>, TrialError> {
        match &self.claims {
            Some(claims) => Ok(claims.clone()),
            None => Ok(default_claims(facts.switch.as_ref(), state)?),
        }
    }
}

/// What came of a trial.
#[derive(Debug, Clone)]
pub struct Examined {
    /// What was done.
    pub trial: Trial,
    /// What the auditor had to go by, one file for each version and state of the switch.
    pub cases: Vec<CaseFile>,
    /// What it concluded, case by case.
    pub rulings: Vec<Ruling>,
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrialError {
    /// Ledgers that contradict one another.
    #[error("the case file contradicts itself: {0}")]
    Case(#[from] CaseError),
    /// A client that cannot be reached or does not keep to the contract.
    #[error(transparent)]
    Examine(#[from] ExamineError),
    /// Weather over a client that is spoken to: the tap answers it, whatever the weather.
    #[error("a client that is spoken to is examined below a clear sky, and the trial has other weather")]
    Weather,
    /// A name that is too long for what is derived from it.
    #[error(transparent)]
    Name(#[from] IdError),
}

/// What a trial can be of: a client in process, or one that is spoken to.
pub trait UnderTest {
    /// The ledgers of `trial`, one case for each version and state of the switch.
    ///
    /// # Errors
    /// If there is no examination at all.
    fn cases(&self, trial: &Trial) -> Result<Vec<CaseFile>, TrialError>;
}

impl<C: Client> UnderTest for C {
    fn cases(&self, trial: &Trial) -> Result<Vec<CaseFile>, TrialError> {
        let description = self.description();
        // A diary is about the version that it begins with.
        let versions = if trial.is_of_diary() { 1 } else { description.versions.len() };
        let mut cases = Vec::new();
        for facts in description.versions.iter().take(versions) {
            for state in states(facts) {
                cases.push(case(self, &description, trial, facts, state)?);
            }
        }
        Ok(cases)
    }
}

/// The states of the switch that its positions stand for.
fn states(facts: &VersionFact) -> BTreeSet<SwitchState> {
    let Some(switch) = &facts.switch else { return BTreeSet::from([SwitchState::Absent]) };
    switch.positions.iter().map(|position| position.promise.state()).collect()
}

fn case<C: Client>(
    client: &C,
    description: &Description,
    trial: &Trial,
    facts: &VersionFact,
    state: SwitchState,
) -> Result<CaseFile, TrialError> {
    let subject = Subject { product: description.product.clone(), version: facts.version.clone(), switch: state };
    let request = PlanRequest {
        subject: subject.clone(),
        device: trial.lab.clone(),
        facts: facts.clone(),
        starts: trial.starts,
        seed: Seed::root(trial.seed).derive("examination plan"),
        long_days: trial.long_days,
        skip: trial.skip.clone(),
        extra: trial.lines(),
    };
    let mut records = Vec::new();
    for arm in trial.arms() {
        for run in 0..auditor::runs(arm, facts, description.nondeterministic) {
            records.push(record(client, description, trial, &request, (arm, run))?);
        }
    }
    let examination = Examination {
        subject: subject.clone(),
        device: trial.lab.clone(),
        nondeterministic: description.nondeterministic,
        navigation: Navigation::Captured, // by the client, or by the desk
        records,
    };
    Ok(CaseFile {
        format: 1,
        scenario: description.product.to_string(),
        subject,
        facts: facts.clone(),
        claims: trial.claims_about(facts, state)?,
        regions: description.regions.clone(),
        endpoints: description.endpoints.clone(),
        examinations: vec![examination],
        releases: Vec::new(),
        declaration: description.declaration.clone(),
        inspection: None,
        samples: Vec::new(),
        rulebooks: Vec::new(),
    })
}

/// Plays one run of one arm.
fn record<C: Client>(
    client: &C,
    description: &Description,
    trial: &Trial,
    request: &PlanRequest,
    (arm, run): (Arm, u32),
) -> Result<Record, TrialError> {
    let mut notebook = auditor::plan(request, arm);
    let label = if arm == Arm::Sibling { "-sibling" } else { "" };
    let device = DeviceId::new(format!("{}{label}", trial.lab.id))?;
    let seed = Seed::root(trial.seed).derive("client").derive(device.as_str());
    let chance = if description.nondeterministic { seed.derive(arm.name()).nth(run.into()) } else { seed };
    let lab = Lab { trial, device: device.clone(), chance, hardware: seed.derive("hardware"), starts: notebook.starts };
    let mut desk = lab.install(client, &request.subject.version);
    carry_out(&mut desk, description, &mut notebook);
    let (capture, faults) = desk.leave();
    Ok(Record { arm, run, device, notebook, capture, holdings: None, served: Vec::new(), faults })
}

/// A device that is about to be installed.
pub(crate) struct Lab<'a> {
    trial: &'a Trial,
    device: DeviceId,
    chance: Seed,
    hardware: Seed,
    starts: Timestamp,
}

impl<'a> Lab<'a> {
    /// The device of `trial`.
    pub(crate) fn of(trial: &'a Trial, starts: Timestamp) -> Result<Self, IdError> {
        let chance = Seed::root(trial.seed).derive("client");
        let device = DeviceId::new(trial.lab.id.as_str())?;
        Ok(Self { trial, device, chance, hardware: chance.derive("hardware"), starts })
    }

    /// The client of `version`, installed on it, on a desk.
    pub(crate) fn install<C: Client>(self, client: &C, version: &Version) -> Desk<C::Running> {
        let description = client.description();
        let profile = Profile {
            device: self.device.clone(),
            model: self.trial.lab.model.clone(),
            country: self.trial.lab.country,
            locale: self.trial.lab.locale.clone(),
            seed: self.chance,
            hardware: self.hardware,
        };
        let running = client.install(version, profile, self.starts);
        let servers = Answers::below(self.trial, &description);
        Desk::new(running, self.device, servers, self.starts, description.navigation)
    }
}

/// What leaves the device from `starts` to `ends` while `diary` is done as it is written, beside what visits themselves cause.
///
/// # Errors
/// If the client could not be driven to the end: why.
pub(crate) fn sent<C: Client>(
    client: &C,
    diary: &Diary,
    (starts, ends): (Timestamp, Timestamp),
) -> Result<Vec<Flow>, String> {
    let (trial, description) = (Trial::whole(), client.description());
    let version = &description.versions.first().ok_or("the description names no version")?.version;
    let lab = Lab::of(&trial, starts).map_err(|error| error.to_string())?;
    let mut desk = lab.install(client, version);
    let possible = |entry: &&Entry| !description.lacks.contains(&entry.activity.kind());
    diary.entries().iter().filter(possible).for_each(|entry| desk.perform(entry));
    desk.wait_until(ends);
    match desk.faults().first() {
        Some(fault) => Err(fault.clone()),
        None => Ok(desk.telemetry().cloned().collect()),
    }
}

fn carry_out<R: crate::Running>(desk: &mut Desk<R>, description: &Description, notebook: &mut Notebook) {
    for line in &mut notebook.entries {
        if description.lacks.contains(&line.activity.kind()) {
            line.outcome = Outcome::Unsupported;
            continue;
        }
        desk.perform(&Entry { at: line.at, session: line.session, activity: line.activity.clone() });
        line.outcome = Outcome::Done;
    }
    desk.wait_until(notebook.ends);
}

impl Examined {
    /// What went wrong on the way: then nothing that the ledgers do not show is proven.
    pub fn faults(&self) -> impl Iterator<Item = &str> {
        let examinations = self.cases.iter().flat_map(|case| &case.examinations);
        let records = examinations.flat_map(|examination| &examination.records);
        records.flat_map(|record| &record.faults).map(String::as_str)
    }
}

/// Whether nobody at `subject` was promised that incognito activity is not collected.
pub(crate) fn is_waived(case: &CaseFile, version: &Version) -> bool {
    let positions = case.facts.switch.iter().flat_map(|control| &control.positions);
    let mut here = positions.filter(|position| position.promise.state() == case.subject.switch);
    case.facts.version == *version && here.any(|position| position.promise == model::Promise::CollectInIncognito)
}
