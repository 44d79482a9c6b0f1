//! A town on simulated TCP: collectors of two regions, and hosts on which many devices live.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use hyper_util::rt::TokioIo;
use model::Seed;
use protocol::{
    metadata::MAIN_ROOM,
    v1::{self, Admission, collection_service_client::CollectionServiceClient},
};
use rand_core::Rng as _;
use services::{CollectionApi, Listener, Patience, ServeOptions, Which, serve_on};
use tonic::{
    Code, Status,
    transport::{Channel, Endpoint, Uri},
};
use turmoil::{
    Builder, Sim,
    net::{TcpListener, TcpStream},
};

use crate::{
    hardship::{Timeline, play},
    stage::{collection, driver, noon, upload},
};

/// Seeds that each timeline is played from.
pub(crate) const SEEDS: u64 = 10;

const PORT: u16 = 50051;
const DEVICES_PER_HOST: u32 = 5;
const UPLOADS_PER_DEVICE: u32 = 4;

/// The hosts of devices, with the region that each uploads to.
pub(crate) const HOSTS: [(&str, &str); 3] = [("delhi", "sg"), ("jakarta", "sg"), ("dublin", "ie")];
/// The regions.
pub(crate) const REGIONS: [&str; 2] = ["sg", "ie"];
/// Uploads of all devices.
pub(crate) const UPLOADS: usize = HOSTS.len() * (DEVICES_PER_HOST * UPLOADS_PER_DEVICE) as usize;

/// A listener of a simulated host.
pub(crate) struct Simulated(TcpListener);

impl Simulated {
    /// Listens on this host's port.
    pub(crate) async fn bind() -> io::Result<Self> {
        Ok(Self(TcpListener::bind((IpAddr::from(Ipv4Addr::UNSPECIFIED), PORT)).await?))
    }
}

impl Listener for Simulated {
    type Socket = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.0.accept().await
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// What the clients of this suite wait for: seconds, where a real client waits for minutes.
pub(crate) fn patience(seed: u64) -> Patience {
    Patience {
        call_max: Duration::from_secs(2),
        attempts_max: 200,
        pause_first: Duration::from_millis(100),
        pause_max: Duration::from_secs(2),
        connect_max: Duration::from_secs(1),
        keepalive: Duration::from_secs(1),
        seed: Some(seed),
    }
}

/// What the servers of this suite wait for.
pub(crate) fn serve_options() -> ServeOptions {
    let (call_max, keepalive) = (Duration::from_secs(5), Duration::from_secs(2));
    ServeOptions { call_max, keepalive, greeting_max: Duration::from_secs(2), ..ServeOptions::default() }
}

/// A channel to `host` that connects when it is first used.
pub(crate) fn channel(host: &str, patience: &Patience) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{host}:{PORT}")).expect("a URI");
    patience.endpoint(endpoint).connect_with_connector_lazy(tower::service_fn(|uri: Uri| async move {
        let host = uri.host().unwrap_or_default().to_owned();
        Ok::<_, io::Error>(TokioIo::new(TcpStream::connect((host, PORT)).await?))
    }))
}

/// What a region keeps through a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disk {
    /// Everything that was acknowledged.
    Durable,
    /// Nothing.
    Lost,
}

/// The collectors of one region, one after the other where a crash loses everything.
#[derive(Debug)]
pub(crate) struct Region {
    disk: Disk,
    lives: Mutex<Vec<CollectionApi>>,
}

impl Region {
    /// The collector that starts now.
    fn start(&self) -> CollectionApi {
        let mut lives = self.lives.lock().expect("no test panics here");
        if self.disk == Disk::Lost || lives.is_empty() {
            lives.push(collection());
        }
        lives.last().expect("one was just started").clone()
    }

    /// How many collectors have begun with nothing.
    pub(crate) fn lives(&self) -> usize {
        self.lives.lock().expect("no test panics here").len()
    }

    /// Uploads that reached a collector of this region again after they were counted.
    fn replays(&self) -> u64 {
        let replays = |api: &CollectionApi| {
            api.with_collector(MAIN_ROOM, |collector| collector.counts().duplicates).unwrap_or_default()
        };
        self.lives.lock().expect("no test panics here").iter().map(replays).sum()
    }

    /// Keys of what each collector holds, each as often as it is held.
    pub(crate) fn held(&self) -> Vec<Vec<String>> {
        let keys = |api: &CollectionApi| {
            let held = |collector: &mut collector::Collector| {
                collector.holdings().filter_map(|holding| holding.report.device.clone()).collect::<Vec<_>>()
            };
            // A collector into which nothing was ever sent has no main room.
            api.with_collector(MAIN_ROOM, held).unwrap_or_default()
        };
        self.lives.lock().expect("no test panics here").iter().map(keys).collect()
    }
}

/// A region that keeps what `disk` keeps.
pub(crate) fn region(disk: Disk) -> Arc<Region> {
    Arc::new(Region { disk, lives: Mutex::new(Vec::new()) })
}

/// What became of one upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) region: &'static str,
    /// What the receipt says, or the code of the last failure.
    pub(crate) answer: Result<Admission, Code>,
    /// How often it was sent.
    pub(crate) attempts: u32,
    /// When the client was done with it.
    pub(crate) done: Duration,
}

/// Outcomes by key.
pub(crate) type Outcomes = Arc<Mutex<BTreeMap<String, Outcome>>>;

/// A town that was played to its end.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) regions: BTreeMap<&'static str, Arc<Region>>,
    pub(crate) outcomes: BTreeMap<String, Outcome>,
    pub(crate) took: Duration,
}

/// How a town is laid out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) disk: Disk,
    /// Shortest and longest time that a message takes, in milliseconds.
    pub(crate) latency_ms: (u64, u64),
    pub(crate) patience: fn(u64) -> Patience,
}

impl Default for Layout {
    fn default() -> Self {
        Self { disk: Disk::Durable, latency_ms: (5, 50), patience }
    }
}

/// A network that is the same for the same seed.
pub(crate) fn network(seed: u64, (least, most): (u64, u64)) -> Builder {
    let mut builder = Builder::new();
    builder.rng_seed(seed).simulation_duration(Duration::from_secs(300)).tick_duration(Duration::from_millis(5));
    builder.min_message_latency(Duration::from_millis(least)).max_message_latency(Duration::from_millis(most));
    builder.repair_rate(0.02).enable_random_order().tcp_capacity(4096);
    builder
}

/// Starts the collector of `region` whenever its host starts.
pub(crate) fn open_region(sim: &mut Sim<'_>, name: &'static str, region: &Arc<Region>) {
    let region = Arc::clone(region);
    sim.host(name, move || {
        let api = region.start();
        async move {
            let listener = Simulated::bind().await?;
            serve_on(listener, Which::Collector(api, None), serve_options(), std::future::pending()).await?;
            Ok(())
        }
    });
}

/// Plays the town from `seed` under `timeline`.
pub(crate) fn town(seed: u64, layout: Layout, timeline: &Timeline) -> Played {
    let mut sim = network(seed, layout.latency_ms).build();
    let regions: BTreeMap<_, _> = REGIONS.into_iter().map(|name| (name, region(layout.disk))).collect();
    for (name, region) in &regions {
        open_region(&mut sim, name, region);
    }
    let outcomes = Outcomes::default();
    for (host, region) in HOSTS {
        let outcomes = Arc::clone(&outcomes);
        sim.client(host, async move {
            let devices = (0..DEVICES_PER_HOST).map(|device| {
                let patience = (layout.patience)(seed ^ (u64::from(device) << 32));
                live(format!("{host}-{device}"), region, seed, patience, Arc::clone(&outcomes))
            });
            futures::future::join_all(devices).await;
            Ok(())
        });
    }
    let took = play(&mut sim, timeline);
    drop(sim);
    let outcomes = std::mem::take(&mut *outcomes.lock().expect("no test panics here"));
    Played { regions, outcomes, took }
}

/// What one device does: its uploads, at times of its own, over one channel of its own.
async fn live(device: String, region: &'static str, seed: u64, patience: Patience, outcomes: Outcomes) {
    let mut chance = Seed::root(seed).derive(&device).stream();
    let channel = channel(region, &patience);
    for number in 0..UPLOADS_PER_DEVICE {
        tokio::time::sleep(Duration::from_millis(chance.next_u64() % 2500)).await;
        let key = format!("{device}-{number}");
        let outcome = send(&channel, region, &key, &patience).await;
        outcomes.lock().expect("no test panics here").insert(key, outcome);
    }
}

/// Uploads `key`, until there is an answer.
pub(crate) async fn send(channel: &Channel, region: &'static str, key: &str, patience: &Patience) -> Outcome {
    let mut attempts = 0;
    let attempt = || {
        attempts += 1;
        let request = driver().request(v1::UploadRequest::from(upload(key, key, noon())), noon());
        let mut client = CollectionServiceClient::new(channel.clone());
        async move { client.upload(request).await }
    };
    let answer = patience.call(attempt).await;
    let admission = |answer: v1::UploadResponse| answer.receipt.expect("a receipt").admission();
    let answer = answer.map(admission).map_err(|status: Status| status.code());
    Outcome { region, answer, attempts, done: turmoil::sim_elapsed().unwrap_or_default() }
}

impl Played {
    /// Every upload has its receipt and is held once, in its region.
    pub(crate) fn expect_counted_once(&self, seed: u64) {
        assert_eq!(self.outcomes.len(), UPLOADS, "seed {seed}: every upload came to an end");
        for (key, outcome) in &self.outcomes {
            assert!(outcome.answer.is_ok(), "seed {seed}: {key} ended with {outcome:?}");
        }
        for (name, region) in &self.regions {
            let sent = self.outcomes.iter().filter(|(_, outcome)| outcome.region == *name);
            let sent: Vec<String> = sent.map(|(key, _)| key.clone()).collect();
            let mut held = region.held().concat();
            held.sort_unstable();
            assert_eq!(held, sent, "seed {seed}: {name} holds each upload once");
        }
    }

    /// Uploads that were told that they had been counted before.
    pub(crate) fn duplicates(&self) -> usize {
        self.outcomes.values().filter(|outcome| outcome.answer == Ok(Admission::Duplicate)).count()
    }

    /// Times that an upload was sent, beyond the first.
    pub(crate) fn repeats(&self) -> u32 {
        self.outcomes.values().map(|outcome| outcome.attempts - 1).sum()
    }

    /// Uploads that reached a collector again after they were counted.
    pub(crate) fn replays(&self) -> u64 {
        self.regions.values().map(|region| region.replays()).sum()
    }
}

/// Plays `timeline` from each seed, expects every upload to be counted once, and adds up what `count` finds.
pub(crate) fn each_seed<T: std::iter::Sum>(layout: Layout, timeline: &Timeline, count: fn(&Played) -> T) -> T {
    let of_seed = |seed| {
        let played = town(seed, layout, timeline);
        played.expect_counted_once(seed);
        count(&played)
    };
    (1..=SEEDS).map(of_seed).sum()
}
