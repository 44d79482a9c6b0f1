//! Plays one arm of an examination on a client: the notebook's lines as calls, with the tap on.

use std::{collections::BTreeMap, sync::Arc};

use model::{Activity, Arm, Capture, DeviceId, LabDevice, Notebook, Record, Timestamp, Version};
use protocol::v1;
use services::tap::{ANY_HOST, Authority, Page, Tap, TapConfig, TapTime};

use super::{
    ExamineOptions,
    controls::Controls,
    described::Described,
    device::{Device, Fault},
    player::Player,
};

/// The port of HTTP over TLS.
const HTTPS: u32 = 443;

/// What every arm of an examination shares.
#[derive(Debug)]
pub(super) struct Bench<'a> {
    pub(super) options: &'a ExamineOptions,
    pub(super) described: &'a Described,
    pub(super) controls: &'a Controls,
    pub(super) authority: &'a Arc<Authority>,
    pub(super) lab: &'a LabDevice,
    pub(super) version: &'a Version,
}

/// One arm to be played.
#[derive(Debug)]
pub(super) struct Task<'a> {
    pub(super) arm: Arm,
    pub(super) run: u32,
    pub(super) device: DeviceId,
    pub(super) seed: u64,
    pub(super) notebook: Notebook,
    pub(super) steps: &'a [Timestamp],
}

/// Plays the arm to its end, or to the fault that ends the examination.
pub(super) async fn play(bench: &Bench<'_>, device: &Device, task: Task<'_>) -> (Record, Option<Fault>) {
    let Task { arm, run, device: name, seed, mut notebook, steps } = task;
    let tap = match bench.tap(&notebook).await {
        Ok(tap) => tap,
        Err(fault) => return (unplayed(arm, run, name, notebook, &fault), Some(fault)),
    };
    let mut player = Player::new(bench, device.clone(), &tap, name.as_str(), seed, notebook.starts);
    let fault = player.play(&mut notebook, steps).await.err();
    // What the tap says of a flood says more.
    let mut faults: Vec<String> =
        fault.iter().filter(|fault| **fault != Fault::Flooded).map(ToString::to_string).collect();
    faults.append(&mut player.lasting);
    let recording = tap.finish();
    faults.extend(recording.faults);
    let capture = Capture { device: name.clone(), flows: recording.flows };
    (Record { arm, run, device: name, notebook, capture, holdings: None, served: Vec::new(), faults }, fault)
}

/// An arm that was not begun, because the client could not go on before.
pub(super) fn unplayed(arm: Arm, run: u32, device: DeviceId, notebook: Notebook, fault: &Fault) -> Record {
    let capture = Capture { device: device.clone(), flows: Vec::new() };
    Record { arm, run, device, notebook, capture, holdings: None, served: Vec::new(), faults: vec![fault.to_string()] }
}

impl Bench<'_> {
    /// A tap for every host that the client declares, with the pages that the notebook visits.
    pub(super) async fn tap(&self, notebook: &Notebook) -> Result<Tap, Fault> {
        let hosts = self.described.endpoints.iter().map(|endpoint| endpoint.host.to_string());
        let config = TapConfig {
            hosts: hosts.take(services::tap::HOSTS_MAX).collect(),
            pages: pages(notebook),
            forward: self.options.forward.clone(),
            limits: self.options.limits.tap,
        };
        let time = if self.described.wall_clock { TapTime::Wall } else { TapTime::Told };
        let tap = Tap::open(config, Arc::clone(self.authority), time, notebook.starts).await;
        tap.map_err(|error| Fault::Tap(error.to_string()))
    }

    /// How the client is prepared, with the tap between it and everything else.
    pub(super) fn preparation(&self, tap: &Tap, device: &str, seed: u64, reset: v1::Reset) -> v1::PrepareRequest {
        let any = tap.addresses().get(ANY_HOST);
        let routes = tap.addresses().iter().flat_map(|(host, address)| {
            let route = |port, tls| v1::Route { host: host.clone(), port, address: address.to_string(), tls };
            [route(HTTPS, true), route(0, false)]
        });
        v1::PrepareRequest {
            device: device.to_owned(),
            seed,
            now_ms: 0,
            locale: self.lab.locale.clone(),
            country: self.lab.country.to_string(),
            version: self.version.to_string(),
            reset: reset.into(),
            routes: routes.collect(),
            proxy: any.map(ToString::to_string).unwrap_or_default(),
            tap_ca_pem: self.authority.pem().to_owned(),
        }
    }
}

/// The pages that a notebook visits, by host.
fn pages(notebook: &Notebook) -> BTreeMap<String, Page> {
    let mut pages = BTreeMap::new();
    for entry in &notebook.entries {
        if let Activity::Visit { url, title, text, links, embeds, .. } = &entry.activity
            && let Some(host) = url.parse::<http::Uri>().ok().and_then(|uri| uri.host().map(str::to_ascii_lowercase))
        {
            let page = Page { title: title.clone(), text: text.clone(), links: links.clone(), embeds: embeds.clone() };
            pages.insert(host, page);
        }
    }
    pages
}
