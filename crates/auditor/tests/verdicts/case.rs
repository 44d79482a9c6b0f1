//! Case files about a fake client, and what the auditor says about them.

use auditor::{PlanRequest, audit, plan, runs};
use model::{
    Arm, Boundary, CaseFile, Cell, CheckName, Claim, ClaimKind, Configuration, Control, Duration, Endpoint,
    Examination, Inspection, Keys, LabDevice, Measure, Mechanism, Navigation, NoiseKind, Notebook, Outcome, Phase,
    Position, Promise, Ratio, Record, Region, Release, Ruling, Runs, Samples, Seed, Subject, SwitchState, Timestamp,
    Verdict, VersionFact, Window,
};

use crate::client::Client;

/// Parses a name that the test knows to be one.
pub fn name<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is no name"))
}

/// What is examined, and how.
#[derive(Debug, Clone)]
pub struct Setting {
    pub state: SwitchState,
    pub promises: Option<[Promise; 2]>, // of `on`, the default, and of `off`
    pub asks_consent: bool,
}

impl Setting {
    /// A version without a switch that asks for consent.
    pub const PLAIN: Self = Self { state: SwitchState::Absent, promises: None, asks_consent: true };
    /// A switch for both modes.
    pub const fn at(state: SwitchState) -> Self {
        Self { state, promises: Some([Promise::Collect, Promise::Suppress]), asks_consent: true }
    }
    /// A switch for incognito mode.
    pub const fn incognito_at(state: SwitchState) -> Self {
        Self { state, promises: Some([Promise::CollectInIncognito, Promise::SuppressInIncognito]), asks_consent: true }
    }
}

/// The request for the plan of a setting.
pub fn request(setting: &Setting) -> PlanRequest {
    let starts: Timestamp = name("2020-05-01T10:00:00Z");
    let position = |name: &str, promise| Position { name: name.to_owned(), promise };
    let switch = setting.promises.map(|[on, off]| Control {
        label: "Share usage statistics".to_owned(),
        positions: vec![position("on", on), position("off", off)],
        default: "on".to_owned(),
    });
    let device = LabDevice {
        id: name("lab-1"),
        model: "Redmi Note 8".to_owned(),
        country: name("IN"),
        locale: "en-IN".to_owned(),
        products: Vec::new(),
    };
    let facts = VersionFact {
        version: name("1.0"),
        released: starts,
        switch,
        asks_consent: setting.asks_consent,
        settings: Vec::new(),
        next: Some(name("2.0")),
    };
    PlanRequest {
        subject: Subject { product: name("mint"), version: name("1.0"), switch: setting.state },
        device,
        facts,
        starts,
        seed: Seed::root(7),
        long_days: 3,
        skip: Default::default(),
        extra: Vec::new(),
    }
}

/// The case file that the lab writes about `client`.
pub fn case(client: Client, setting: &Setting) -> CaseFile {
    case_of(client, setting, |_| {})
}

/// The same from an examination that left a phase out.
pub fn case_without(client: Client, setting: &Setting, phase: Phase) -> CaseFile {
    case_of(client, setting, |notebook| notebook.entries.retain(|entry| entry.phase != phase))
}

/// The same from an examination that did otherwise than planned.
pub fn case_of(client: Client, setting: &Setting, change: impl Fn(&mut Notebook)) -> CaseFile {
    let request = request(setting);
    let arms = Arm::ALL.into_iter().filter(|arm| runs(*arm, &request.facts, false) > 0);
    let records = arms.zip(0..).map(|(arm, room)| {
        let mut notebook = plan(&request, arm);
        change(&mut notebook);
        notebook.entries.iter_mut().for_each(|entry| entry.outcome = Outcome::Done);
        let device = if arm == Arm::Sibling { "lab-1-sibling" } else { "lab-1" };
        let capture = client.play(&notebook, device, room);
        Record {
            arm,
            run: 0,
            device: name(device),
            notebook,
            capture,
            holdings: Some(Vec::new()),
            served: Vec::new(),
            faults: Vec::new(),
        }
    });
    let exam = Examination {
        subject: request.subject.clone(),
        device: request.device.clone(),
        nondeterministic: false,
        navigation: Navigation::Captured,
        records: records.collect(),
    };
    CaseFile {
        format: 1,
        scenario: "fake".to_owned(),
        subject: request.subject,
        facts: request.facts,
        claims: claims(),
        regions: vec![region("in", "IN"), region("sg", "SG")],
        endpoints: vec![endpoint("in.stats.example", "in"), endpoint("sg.stats.example", "sg")],
        examinations: vec![exam],
        releases: vec![release(noise(), 20)],
        declaration: None,
        inspection: Some(inspection()),
        samples: vec![samples()],
        rulebooks: Vec::new(),
    }
}

fn claims() -> Vec<Claim> {
    let claim = |id: &str, promise| Claim {
        id: name(id),
        statement: id.to_owned(),
        source: None,
        promise,
        products: Vec::new(),
    };
    let across = vec![Boundary::Sessions, Boundary::Modes, Boundary::LogIn, Boundary::ClearData, Boundary::Reinstall];
    vec![
        claim("incognito", ClaimKind::IncognitoSuppressed),
        claim("switch", ClaimKind::SwitchHonored),
        claim("aggregated", ClaimKind::AggregatedAnonymous { smallest_group: 5, epsilon_max: None }),
        claim("unlinkable", ClaimKind::Unlinkable { across, lifetime_max: Some(Duration::DAY) }),
        claim("local", ClaimKind::RegionLocal { within: Default::default() }),
        claim("consent", ClaimKind::Consent),
        claim("lawful", ClaimKind::Lawful { jurisdictions: vec!["IN".to_owned()] }),
    ]
}

fn region(id: &str, country: &str) -> Region {
    Region { id: name(id), country: name(country) }
}

fn endpoint(host: &str, region: &str) -> Endpoint {
    Endpoint { host: name(host), region: name(region), registered_in: name("IN"), declared: true, source: None }
}

/// A release with one cell of `value`.
pub fn release(mechanism: Mechanism, value: i64) -> Release {
    Release {
        query: name("visits"),
        window: Window::holding(name("2020-05-01T10:00:00Z"), Duration::DAY),
        regions: vec![name("in")],
        events: Vec::new(),
        group_by: vec!["country".to_owned(), "model".to_owned()],
        measure: Measure::Devices,
        mechanism,
        cells: vec![Cell { group: vec!["IN".to_owned(), "POCO X2".to_owned()], value, error: None }],
        withheld: Vec::new(),
    }
}

/// Noise as a release may have it.
pub fn noise() -> Mechanism {
    let epsilon = Ratio::new(1, 1).expect("a ratio");
    Mechanism::Central {
        epsilon,
        delta: Ratio::ZERO,
        noise: NoiseKind::Laplace,
        keys: Keys::Known,
        groups_per_device_max: 1,
        reports_per_group_max: 1,
    }
}

/// The record of `arm` on the first device.
pub fn arm(case: &mut CaseFile, arm: Arm) -> &mut Record {
    let records = &mut case.examinations[0].records;
    records.iter_mut().find(|record| record.arm == arm).expect("the arm was played")
}

/// Adds a small upload at `at`.
pub fn add(record: &mut Record, at: Timestamp, body: String) {
    let flows = &mut record.capture.flows;
    let like: &model::Flow = flows.iter().find(|flow| flow.method == "POST").expect("an upload");
    let flow = model::Flow { at, wire_bytes: 300, body: body.into_bytes(), headers: Vec::new(), ..like.clone() };
    let place = flows.partition_point(|other| other.at <= at);
    flows.insert(place, flow);
    flows.iter_mut().zip(0..).for_each(|(flow, id)| flow.id = model::FlowId(id));
}

/// What every party of the release says that it was configured with.
fn inspection() -> Inspection {
    let stated =
        |party: &str| Configuration { party: party.to_owned(), query: name("visits"), digest: "5a".repeat(32) };
    let configurations = vec![stated("region in"), stated("aggregator")];
    Inspection { configurations, ..Inspection::default() }
}

/// Answers of noise that spends 0.98 where 1 is claimed.
fn samples() -> Samples {
    let runs = || Runs { with: vec![(19, 540), (20, 1460)], without: vec![(19, 1450), (20, 550)] };
    Samples { query: name("visits"), epsilon: Ratio::new(1, 1).expect("a ratio"), choosing: runs(), testing: runs() }
}

/// The ruling about the claim named `claim`.
pub fn ruling(case: &CaseFile, claim: &str) -> Ruling {
    let rulings = audit(case).expect("a case file without contradictions");
    rulings.into_iter().find(|ruling| ruling.claim.as_str() == claim).expect("a ruling")
}

/// Asserts the verdict about a claim, and hands the ruling out.
#[track_caller]
pub fn expect(case: &CaseFile, claim: &str, verdict: Verdict) -> Ruling {
    let ruling = ruling(case, claim);
    assert_eq!(ruling.verdict, verdict, "{claim}: {:?} {:#?}", ruling.reason, ruling.findings);
    let convicting = ruling.findings.iter().filter(|finding| finding.check != CheckName::Peel).count();
    assert_eq!(convicting == 0, verdict != Verdict::Broken);
    assert_eq!(ruling.reason.is_some(), verdict == Verdict::Unproven);
    ruling
}
