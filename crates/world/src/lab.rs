//! The laboratory: plays the auditor's plan for one subject on one lab device, arm by arm, each in a room of its own.

use std::sync::Arc;

use auditor::PlanRequest;
use browser::{Browser, Profile};
use model::{Arm, DeviceId, Diary, Entry, LabDevice, LoggedRequest, Notebook, Outcome, Record, Subject, Timestamp};

use crate::{
    PlayError,
    log::Log,
    orders,
    room::{Guest, Room, Tallies},
    servers::Servers,
    setting::Setting,
};

/// One arm of one examination, to be played.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) subject: Subject,
    pub(crate) device: LabDevice,
    pub(crate) arm: Arm,
    /// Which run of the arm, from 0.
    pub(crate) run: u32,
}

/// What playing a task leaves behind.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) record: Record,
    pub(crate) log: Log,
    pub(crate) tallies: Tallies,
    /// What servers noted about the device's requests.
    pub(crate) requests: Vec<LoggedRequest>,
}

/// Every examination of a script, arm by arm: subjects in file order, then lab devices, then arms with their runs.
///
/// # Errors
/// If there is no version of a subject, which the check of a script rules out.
pub(crate) fn tasks(setting: &Setting<'_>) -> Result<Vec<Task>, PlayError> {
    let mut tasks = Vec::new();
    for subject in setting.script.subjects() {
        let facts = setting.facts(&subject)?;
        let fits = |device: &&LabDevice| device.products.is_empty() || device.products.contains(&subject.product);
        for device in setting.script.lab.iter().filter(fits) {
            let task = |(arm, run)| Task { subject: subject.clone(), device: device.clone(), arm, run };
            let noisy = is_nondeterministic(setting, &subject);
            let runs = |arm| (0..auditor::runs(arm, &facts, noisy)).map(move |run| (arm, run));
            tasks.extend(Arm::ALL.into_iter().flat_map(runs).map(task));
        }
    }
    Ok(tasks)
}

/// Plays one arm.
///
/// # Errors
/// If the network cannot carry a message at all.
pub(crate) fn play(setting: &Setting<'_>, servers: &Servers, task: &Task) -> Result<Played, PlayError> {
    let request = request(setting, task)?;
    let mut planned = auditor::plan(&request, task.arm);
    let times = auditor::plan_orders(&request, &mut planned, &setting.script.orders);
    let orders: Vec<_> = setting.script.orders.iter().cloned().zip(times).collect();
    let name = room_name(&task.subject, &task.device, task.arm, task.run);
    let mut room = Room::new(name.clone(), setting, servers.enter(&name)?);
    let guest = guest(setting, task, &planned)?;
    let device = guest.diary.device.clone();
    room.seat(guest);
    let ordered = orders::carry_out(setting, &mut room, &orders, planned.ends)?;
    let mut left = room.leave();
    let capture = left.captures.pop().ok_or_else(|| PlayError::Tap("a lab device without a tap".to_owned()))?;
    let notebook = performed(planned);
    let record = Record {
        arm: task.arm,
        run: task.run,
        device,
        notebook,
        capture,
        // One look at the servers is enough: further runs are for what leaves the device.
        holdings: (task.run == 0).then_some(ordered.holdings),
        served: ordered.served,
        faults: Vec::new(),
    };
    Ok(Played { record, log: left.log, tallies: left.tallies, requests: left.requests })
}

/// The name of the room in which a run of an arm is played.
pub(crate) fn room_name(subject: &Subject, device: &LabDevice, arm: Arm, run: u32) -> String {
    let Subject { product, version, switch } = subject;
    let again = if run == 0 { String::new() } else { format!("/{run}") };
    format!("lab/{product}/{version}/{switch}/{}/{}{again}", device.id, arm.name())
}

/// Whether the client says of itself that it may behave differently when prepared alike.
pub(crate) fn is_nondeterministic(setting: &Setting<'_>, subject: &Subject) -> bool {
    let release = setting.script.release(&subject.product, &subject.version);
    release.is_some_and(|release| release.nondeterministic)
}

/// When the subject is examined.
pub(crate) fn starts(setting: &Setting<'_>, subject: &Subject) -> Timestamp {
    let product = setting.script.products.iter().find(|product| product.id == subject.product);
    let version = product.and_then(|p| p.versions.iter().find(|version| version.version == subject.version));
    let default = version.map_or(setting.script.starts, |version| version.released.max(setting.script.starts));
    version.and_then(|version| version.examined).unwrap_or(default)
}

fn request(setting: &Setting<'_>, task: &Task) -> Result<PlanRequest, PlayError> {
    Ok(PlanRequest {
        subject: task.subject.clone(),
        device: task.device.clone(),
        facts: setting.facts(&task.subject)?,
        starts: starts(setting, &task.subject),
        seed: setting.seed.derive("examination plan"),
        long_days: setting.script.plan.long_days,
        skip: setting.script.plan.skip.iter().copied().collect(),
        extra: setting.script.plan.diary.clone(),
    })
}

/// The lab device with the subject freshly installed, and the plan as its diary.
fn guest(setting: &Setting<'_>, task: &Task, planned: &Notebook) -> Result<Guest, PlayError> {
    let Subject { product, version, .. } = &task.subject;
    let sibling = task.arm == Arm::Sibling;
    let label = if sibling { format!("{}-sibling", task.device.id) } else { task.device.id.to_string() };
    let device = DeviceId::new(label).map_err(|error| PlayError::Upload(error.to_string()))?;
    let lab = setting.seed.derive("lab").derive(device.as_str());
    // Each run of a client that says so has chance of its own, and so has the weather around it.
    let noisy = is_nondeterministic(setting, &task.subject);
    let seed = if noisy { lab.derive(task.arm.name()).nth(task.run.into()) } else { lab };
    let profile = Profile {
        device: device.clone(),
        model: task.device.model.clone(),
        country: task.device.country,
        locale: task.device.locale.clone(),
        seed: seed.derive(&task.subject.to_string()),
        hardware: lab.derive("hardware"),
    };
    let product = setting.product(product).ok_or_else(|| PlayError::UnknownProduct(product.clone()))?;
    let browser = Browser::new(Arc::clone(product), version, profile, planned.starts)?;
    let entries = planned.entries.iter().map(|line| Entry {
        at: line.at,
        session: line.session,
        activity: line.activity.clone(),
    });
    let diary = Diary { device, entries: entries.collect() };
    let (country, troubles) = (task.device.country, Vec::new());
    Ok(Guest { browser, diary, country, seed, tapped: true, hostile: false, troubles })
}

/// The simulated client can do everything that a notebook may ask of it.
fn performed(mut notebook: Notebook) -> Notebook {
    for line in &mut notebook.entries {
        line.outcome = Outcome::Done;
    }
    notebook
}
