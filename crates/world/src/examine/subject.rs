//! The examination of one version: its switch found, each state of it a subject, each arm of a subject played.

use std::sync::Arc;

use model::{
    Arm, CaseFile, DeviceId, Endpoint, Examination, Navigation, Notebook, Record, Seed, Subject, Timestamp, Version,
    VersionFact,
};
use protocol::v1;
use services::tap::Authority;

use super::{
    ExamineError, ExamineOptions,
    arm::{self, Bench, Task},
    controls::Controls,
    default_claims,
    described::Described,
    device::{Answered, Device, Fault},
    steps,
};
use crate::Progress;

/// An examination under way.
pub(super) struct Examined<'a> {
    pub(super) options: &'a ExamineOptions,
    pub(super) described: &'a Described,
    pub(super) authority: Arc<Authority>,
    pub(super) device: Device,
    pub(super) seed: Seed,
    /// What ended it; nothing more is asked of the client then.
    pub(super) fault: Option<Fault>,
    pub(super) done: u64,
    pub(super) progress: &'a (dyn Fn(Progress) + Sync),
}

impl Examined<'_> {
    /// The case of every subject of `version`.
    pub(super) async fn version(&mut self, version: &Version) -> Result<Vec<CaseFile>, ExamineError> {
        let controls = match self.controls(version).await? {
            Ok(controls) => controls,
            Err(fault) => {
                self.fault.get_or_insert(fault);
                Controls::default()
            }
        };
        let wanted = &self.options.switch;
        let states = controls.states().into_iter().filter(|state| wanted.is_empty() || wanted.contains(state));
        let mut cases = Vec::new();
        for state in states {
            let subject = Subject { product: self.described.product.clone(), version: version.clone(), switch: state };
            cases.push(self.subject(subject, &controls).await?);
        }
        Ok(cases)
    }

    fn bench<'b>(&'b self, version: &'b Version, controls: &'b Controls) -> Bench<'b> {
        let Self { options, described, authority, .. } = self;
        Bench { options, described, controls, authority, lab: &options.lab, version }
    }

    /// The controls of `version` as a user finds them on a fresh device, or what keeps the client from showing them.
    async fn controls(&mut self, version: &Version) -> Result<Result<Controls, Fault>, ExamineError> {
        if let Some(fault) = &self.fault {
            return Ok(Err(fault.clone()));
        }
        let none = Controls::default();
        let bench = self.bench(version, &none);
        let starts = self.starts();
        let tap = match bench.tap(&Notebook { starts, ends: starts, entries: Vec::new() }).await {
            Ok(tap) => tap,
            Err(fault) => return Ok(Err(fault)),
        };
        let name = self.options.lab.id.to_string();
        let mut request = bench.preparation(&tap, &name, 0, v1::Reset::Factory);
        request.now_ms = starts.as_millis();
        let mut device = self.device.clone();
        let prepared = match device.prepare(request).await {
            Ok(Answered::Said(_)) => device.read_controls(&name).await,
            Ok(Answered::Unimplemented) => {
                Err(Fault::Refused { rpc: "Prepare", reason: "`not implemented`".to_owned() })
            }
            Ok(Answered::Failed(reason)) => Err(Fault::Refused { rpc: "Prepare", reason }),
            Err(fault) => Err(fault),
        };
        Ok(match prepared {
            Ok(Answered::Said(said)) => Ok(Controls::read(said)?),
            Ok(Answered::Unimplemented) => Ok(Controls::default()), // a client without controls
            Ok(Answered::Failed(reason)) => Err(Fault::Refused { rpc: "ReadControls", reason }),
            Err(fault) => Err(fault),
        })
    }

    /// On the wall's clock, now.
    fn starts(&self) -> Timestamp {
        if !self.described.wall_clock {
            return self.options.starts;
        }
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    async fn subject(&mut self, subject: Subject, controls: &Controls) -> Result<CaseFile, ExamineError> {
        let versions = &self.described.versions;
        let at = versions.iter().position(|version| *version == subject.version);
        let facts = VersionFact {
            version: subject.version.clone(),
            released: self.options.starts,
            switch: controls.switch.as_ref().map(|(_, switch)| switch.clone()),
            asks_consent: controls.consent.is_some(),
            settings: self.described.settings.clone(),
            next: at.and_then(|at| versions.get(at + 1)).cloned(),
        };
        let claims = match &self.options.claims {
            Some(claims) => claims.clone(),
            None => default_claims(controls.switch.as_ref().map(|(_, switch)| switch), subject.switch)?,
        };
        let records = self.records(&subject, &facts, controls).await?;
        let examination = Examination {
            subject: subject.clone(),
            device: self.options.lab.clone(),
            nondeterministic: self.described.nondeterministic,
            navigation: Navigation::Captured,
            records,
        };
        let (regions, endpoints) = self.places();
        Ok(CaseFile {
            format: 1,
            scenario: format!("examine-{}", file_name(self.described.product.as_str())),
            subject,
            facts,
            claims,
            regions,
            endpoints,
            examinations: vec![examination],
            releases: Vec::new(),
            declaration: self.described.declaration.clone(),
            inspection: None,
            samples: Vec::new(),
            rulebooks: Vec::new(),
        })
    }

    /// What the client says about where it is served, but for what the examiner knows better.
    fn places(&self) -> (Vec<model::Region>, Vec<Endpoint>) {
        let (mut regions, mut endpoints) = (self.options.regions.clone(), self.options.endpoints.clone());
        for region in &self.described.regions {
            if regions.iter().all(|known| known.id != region.id) {
                regions.push(region.clone());
            }
        }
        for endpoint in &self.described.endpoints {
            match endpoints.iter_mut().find(|known| known.host == endpoint.host) {
                Some(known) => known.declared = true,
                None => endpoints.push(endpoint.clone()),
            }
        }
        (regions, endpoints)
    }

    async fn records(
        &mut self,
        subject: &Subject,
        facts: &VersionFact,
        controls: &Controls,
    ) -> Result<Vec<Record>, ExamineError> {
        let tasks = self.arms(subject, facts);
        let notebooks: Vec<Notebook> = tasks.iter().map(|(_, _, notebook)| notebook.clone()).collect();
        let steps = steps::steps(&notebooks);
        let total = self.done + tasks.len() as u64;
        let mut records = Vec::new();
        for (arm, run, notebook) in tasks {
            let device = device_name(arm, &self.options.lab.id)?;
            if let Some(fault) = &self.fault {
                records.push(arm::unplayed(arm, run, device, notebook, fault));
                break;
            }
            let bench = self.bench(&subject.version, controls);
            let seed = self.seed.derive("client").derive(device.as_str());
            let task = Task { arm, run, device, seed: number(&seed), notebook, steps: &steps };
            let (record, fault) = arm::play(&bench, &self.device, task).await;
            records.push(record);
            self.fault = fault;
            self.done += 1;
            (self.progress)(Progress { done: self.done, total, what: "examining" });
        }
        Ok(records)
    }

    /// The arms with their notebooks. An arm that does what the main one does tells nothing beyond the repeat.
    fn arms(&self, subject: &Subject, facts: &VersionFact) -> Vec<(Arm, u32, Notebook)> {
        let request = auditor::PlanRequest {
            subject: subject.clone(),
            device: self.options.lab.clone(),
            facts: facts.clone(),
            starts: self.starts(),
            seed: self.seed.derive("examination plan"),
            long_days: self.options.long_days,
            skip: self.options.skip.clone(),
            extra: self.options.diary.clone(),
        };
        let main = auditor::plan(&request, Arm::Main);
        let planned = Arm::ALL.into_iter().map(|arm| (arm, auditor::plan(&request, arm)));
        let telling = planned.filter(|(arm, notebook)| *arm != Arm::Amount || *notebook != main);
        let runs = |arm| 0..auditor::runs(arm, facts, self.described.nondeterministic);
        telling.flat_map(|(arm, notebook)| runs(arm).map(move |run| (arm, run, notebook.clone()))).collect()
    }
}

fn device_name(arm: Arm, lab: &model::LabDeviceId) -> Result<DeviceId, model::IdError> {
    DeviceId::new(if arm == Arm::Sibling { format!("{lab}-sibling") } else { lab.to_string() })
}

/// The seed as clients take it.
fn number(seed: &Seed) -> u64 {
    let bytes = seed.as_bytes().first_chunk::<8>().copied().unwrap_or_default();
    u64::from_le_bytes(bytes)
}

/// A product's name as a folder may be called.
fn file_name(product: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    product.chars().map(plain).collect()
}
