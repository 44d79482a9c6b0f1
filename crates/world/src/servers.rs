//! The servers of a world and the lines to them: in this process, or each in a process of its own.

mod links;

use std::{collections::BTreeMap, num::NonZeroUsize};

use collector::Collector;
use futures::executor::block_on;
use model::{Batch, CaseFile, Configuration, Holding, Partial, QueryId, RegionId, Release, Ruling, Timestamp, Window};
use protocol::{
    metadata,
    v1::{
        self, aggregation_service_client::AggregationServiceClient, audit_service_client::AuditServiceClient,
        collection_service_client::CollectionServiceClient,
    },
};
use scenario::{Keeps, Script};
use services::{AggregationApi, AuditApi, AuditLimits, Clock, CollectionApi, Driver, RandomnessApi};
use tonic::{Request, Status, body::Body};
use tower::{BoxError, Service, ServiceExt, util::BoxCloneSyncService};

pub(crate) use links::asks_for_randomness;

use crate::{
    PlayError, configuration,
    live::{Processes, Secrets},
    oversight,
    play::Network,
    pool,
    setting::Setting,
    verification::{Carrier, Verified},
};

/// A line to one service, whatever lies between.
pub(crate) type Line = BoxCloneSyncService<http::Request<Body>, http::Response<Body>, BoxError>;

/// Bytes of a case file in one message.
const CASE_PART_BYTES: usize = 1 << 20;
/// Largest partial that a region may hand on, in bytes.
const PARTIAL_BYTES_MAX: usize = 256 << 20;
/// Largest answer of the auditor, in bytes.
const RULINGS_BYTES_MAX: usize = 64 << 20;

/// The lines to one region.
#[derive(Debug, Clone)]
struct Region {
    collection: Line,
    verification: Line,
    inspection: Line,
    oversight: Line,
    here: Option<CollectionApi>, // in this process; none on the live network
}

/// The lines to the servers of one region, for the crowd and for the laboratory.
///
/// Inspections are about lab devices: in this process, only their reports are kept as they came.
#[derive(Debug, Clone)]
struct Place {
    crowd: Region,
    lab: Region,
}

/// The servers of a world.
#[derive(Debug)]
pub(crate) struct Servers {
    places: BTreeMap<RegionId, Place>,
    aggregation: Line,
    oversight: Line,                    // of the aggregator
    aggregator: Option<AggregationApi>, // in this process; none on the live network
    audit: Line,
    randomness: Option<Line>, // where a query needs it
    driver: Driver,
    secrets: Secrets,
    _processes: Option<Processes>, // they end with this value
}

/// What the regions made of an order.
#[derive(Debug)]
pub(crate) struct Obeyed {
    /// Whether the vendor turns the device's client off from afar.
    pub(crate) client_stopped: bool,
    pub(crate) reported: Vec<Holding>,
}

/// What the aggregator makes of what a region hands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contributed {
    /// It has it from now on.
    First,
    /// It had it already.
    Known,
    /// The window was published without it.
    TooLate,
}

/// The lines of one room to every region.
#[derive(Debug)]
pub(crate) struct Links {
    regions: BTreeMap<RegionId, Region>,
    randomness: Option<Randomness>,
    stamp: http::HeaderMap,
    room: String,
    driver: Driver,
    warrant: services::Credential,
}

/// The line of one room to the randomness server. On every network each room has keys of its own there: rooms are at
/// points in time of their own, and a window is over for good.
#[derive(Debug)]
struct Randomness {
    line: Line,
    stamp: http::HeaderMap,
}

fn line<S>(service: S) -> Line
where
    S: Service<http::Request<Body>, Response = http::Response<Body>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    BoxCloneSyncService::new(service.map_err(Into::into))
}

impl Region {
    /// A region in this process.
    fn here(config: collector::Config, clock: &Clock, secrets: &Secrets) -> Result<Self, PlayError> {
        let failed = |error: collector::ConfigError| PlayError::Configuration(error.to_string());
        let api = CollectionApi::new(config, clock.clone()).map_err(failed)?.with_warrant(secrets.warrant.clone());
        let (collection, inspection) = (line(api.service()), line(api.inspection_service()));
        let (oversight, verification) = (line(api.oversight_service()), line(api.verification_service()));
        Ok(Self { collection, verification, inspection, oversight, here: Some(api) })
    }

    /// Joins the shards of the crowd where they are in this process.
    fn join(&self, id: &RegionId, shards: &[Collector]) -> Result<(), PlayError> {
        let Some(api) = &self.here else { return Ok(()) };
        let failed = |reason: String| PlayError::Shards { region: id.clone(), reason };
        let joined = api.with_collector(metadata::MAIN_ROOM, |main| main.merge(shards));
        joined.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))
    }
}

impl Servers {
    /// Sets up every service that `setting` needs.
    ///
    /// # Errors
    /// If a collector cannot be set up as the script says, or a process cannot be started.
    pub(crate) fn open(setting: &Setting<'_>, network: &Network) -> Result<Self, PlayError> {
        let secrets = Secrets::fresh()?;
        let driver = Driver::new(&secrets.driver);
        match network {
            Network::Glass => Self::here(setting, driver, secrets),
            Network::Live { program, scenario_text } => {
                playable_live(setting.script)?;
                let mut processes = Processes::new(scenario_text, setting.number)?;
                let mut places = BTreeMap::new();
                for region in &setting.script.regions {
                    let role = ["collector", "--region", region.id.as_str()];
                    let channel = line(processes.start(program, &role, &secrets)?);
                    let (collection, verification) = (channel.clone(), channel.clone());
                    let (inspection, oversight) = (channel.clone(), channel);
                    let region_line = Region { collection, verification, inspection, oversight, here: None };
                    places.insert(region.id.clone(), Place { crowd: region_line.clone(), lab: region_line });
                }
                let aggregation = line(processes.start(program, &["aggregator"], &secrets)?);
                let audit = line(processes.start(program, &["auditor"], &secrets)?);
                let oversight = aggregation.clone();
                let randomness = match configuration::randomness_config(setting.script, setting.number) {
                    Some(_) => Some(line(processes.start(program, &["randomness"], &secrets)?)),
                    None => None,
                };
                let processes = Some(processes);
                let aggregator = None;
                Ok(Self {
                    places,
                    aggregation,
                    oversight,
                    aggregator,
                    audit,
                    randomness,
                    driver,
                    secrets,
                    _processes: processes,
                })
            }
        }
    }

    fn here(setting: &Setting<'_>, driver: Driver, secrets: Secrets) -> Result<Self, PlayError> {
        let clock = Clock::Scenario { credential: secrets.driver.clone() };
        let place = |id: &RegionId| {
            let lab = configuration::collector_config(setting.script, setting.number, id)?;
            let crowd = collector::Config { keep_raw: false, ..lab.clone() };
            Ok::<_, PlayError>(Place {
                crowd: Region::here(crowd, &clock, &secrets)?,
                lab: Region::here(lab, &clock, &secrets)?,
            })
        };
        let mut places = BTreeMap::new();
        for region in &setting.script.regions {
            places.insert(region.id.clone(), place(&region.id)?);
        }
        let config = configuration::aggregator_config(setting.script, setting.number);
        let api = AggregationApi::new(config, clock.clone()).with_warrant(secrets.warrant.clone());
        let (aggregation, oversight) = (line(api.service()), line(api.oversight_service()));
        let randomness = configuration::randomness_config(setting.script, setting.number);
        let randomness = randomness.map(|config| line(RandomnessApi::new(config, clock).service()));
        let audit = line(AuditApi::new(AuditLimits::default()).service());
        let (aggregator, processes) = (Some(api), None);
        Ok(Self {
            places,
            aggregation,
            oversight,
            aggregator,
            audit,
            randomness,
            driver,
            secrets,
            _processes: processes,
        })
    }

    /// The lines of the room named `room`, to collectors of its own.
    ///
    /// On the live network the crowd is one room: its regions have one collector each.
    ///
    /// # Errors
    /// If `room` cannot be the name of a room.
    pub(crate) fn enter(&self, room: &str) -> Result<Links, PlayError> {
        let crowd = room.starts_with(CROWD);
        let side = |place: &Place| if crowd { place.crowd.clone() } else { place.lab.clone() };
        let regions: BTreeMap<RegionId, Region> =
            self.places.iter().map(|(id, place)| (id.clone(), side(place))).collect();
        let live = regions.values().all(|region| region.here.is_none());
        let stamp = |driver: &Driver| driver.request((), Timestamp::default()).metadata().clone().into_headers();
        let named = |room: &str| self.driver.in_room(room).map_err(|error| PlayError::Configuration(error.to_string()));
        let of_its_own = stamp(&named(room)?);
        let randomness = self.randomness.clone().map(|line| Randomness { line, stamp: of_its_own });
        let room = if live && crowd { metadata::MAIN_ROOM } else { room };
        let driver = named(room)?;
        let stamp = stamp(&driver);
        let (room, warrant) = (room.to_owned(), self.secrets.warrant.clone());
        Ok(Links { regions, randomness, stamp, room, driver, warrant })
    }

    /// Joins the shards of the crowd in each region, has servers that hold shares of the same reports verify them, and
    /// yields what the regions have to hand on once everything is closed, which is at `now`, and what was verified.
    ///
    /// # Errors
    /// If shards do not fit together, or a region refuses.
    pub(crate) fn hand_on(
        &self,
        script: &Script,
        shards: Vec<BTreeMap<RegionId, Collector>>,
        now: Timestamp,
        threads: NonZeroUsize,
    ) -> Result<(Vec<Partial>, Vec<Verified>), PlayError> {
        let mut of_region: BTreeMap<RegionId, Vec<Collector>> = BTreeMap::new();
        for (id, shard) in shards.into_iter().flatten() {
            of_region.entry(id).or_default().push(shard);
        }
        let places: Vec<(&RegionId, &Place)> = self.places.iter().collect();
        pool::run(places.len(), threads, |index| {
            let (id, place) = places[index];
            place.crowd.join(id, of_region.get(id).map_or(&[], Vec::as_slice))
        })?;
        let lines = |id: &RegionId| self.places.get(id).map(|place| place.crowd.verification.clone());
        let leaders: Vec<&RegionId> = self.places.keys().collect();
        let carrier = Carrier { script, driver: &self.driver, lines: &lines, closed: now };
        let verified = pool::run(leaders.len(), threads, |index| block_on(carrier.carry(leaders[index])))?;
        let partials = pool::run(places.len(), threads, |index| {
            let call = self.driver.request(v1::HandOnRequest::default(), now);
            block_on(handed_on(places[index].1.crowd.collection.clone(), call))
        })?;
        Ok((partials.concat(), verified.concat()))
    }

    /// The aggregator ends and is started again: with what it stored, where that is kept, or with nothing that it had.
    ///
    /// # Errors
    /// If it is a process of its own, or cannot go on with what it stored.
    pub(crate) fn restart_aggregator(&mut self, setting: &Setting<'_>, keeps: Keeps) -> Result<(), PlayError> {
        let Some(before) = self.aggregator.take() else {
            return Err(PlayError::NotLive { fault: "aggregator-restart".to_owned() });
        };
        let failed = |error: &dyn std::fmt::Display| PlayError::Restart { reason: error.to_string() };
        let config = configuration::aggregator_config(setting.script, setting.number);
        let clock = Clock::Scenario { credential: self.secrets.driver.clone() };
        let api = match keeps {
            Keeps::Everything => {
                let stored = before.stored().map_err(|error| failed(&error))?;
                AggregationApi::restored(config, clock, &stored).map_err(|error| failed(&error))?
            }
            Keeps::Nothing => AggregationApi::new(config, clock),
        };
        let api = api.with_warrant(self.secrets.warrant.clone());
        (self.aggregation, self.oversight) = (line(api.service()), line(api.oversight_service()));
        self.aggregator = Some(api);
        Ok(())
    }

    /// Brings one region's partial to the aggregator at `now`.
    ///
    /// # Errors
    /// If the aggregator refuses it, but for its coming too late.
    pub(crate) fn contribute(&self, partial: Partial, now: Timestamp) -> Result<Contributed, PlayError> {
        let parts = protocol::parts(partial).into_iter().map(|part| v1::ContributeRequest { part: Some(part) });
        let call = self.driver.request(futures::stream::iter(parts.collect::<Vec<_>>()), now);
        let mut client = AggregationServiceClient::new(self.aggregation.clone());
        match block_on(client.contribute(call)) {
            Ok(answer) if answer.get_ref().duplicate => Ok(Contributed::Known),
            Ok(_) => Ok(Contributed::First),
            // Of all refusals this one alone is about the state that the window is in.
            Err(status) if status.code() == tonic::Code::FailedPrecondition => Ok(Contributed::TooLate),
            Err(status) => Err(refused("the aggregator")(status)),
        }
    }

    /// Publishes one window of one query at `now` from what was contributed.
    ///
    /// # Errors
    /// If the aggregator refuses, or answers what is no release.
    pub(crate) fn release(&self, query: &QueryId, window: Window, now: Timestamp) -> Result<Release, PlayError> {
        let service = "the aggregator";
        let (name, sealed) = (query.to_string(), Some(window.into()));
        let message = v1::ReleaseRequest { query: name, window: sealed, even_if_incomplete: true };
        let mut client =
            AggregationServiceClient::new(self.aggregation.clone()).max_decoding_message_size(PARTIAL_BYTES_MAX);
        let answer = block_on(client.release(self.driver.request(message, now))).map_err(refused(service))?;
        let release = answer.into_inner().release.unwrap_or_default();
        Release::try_from(release).map_err(|error| PlayError::Answer { service, found: error.to_string() })
    }

    /// Shows the warrant to every region and to the aggregator, and yields what each was configured with, and what was
    /// published without noise and over how many devices.
    ///
    /// # Errors
    /// If one refuses.
    pub(crate) fn oversee(&self, now: Timestamp) -> Result<(Vec<Configuration>, Vec<Batch>), PlayError> {
        let lines = self.places.values().map(|place| &place.crowd.oversight).chain([&self.oversight]);
        let (mut configurations, mut batches) = (Vec::new(), Vec::new());
        for line in lines {
            let (stated, counted) = block_on(oversight::ask(line.clone(), || {
                let mut call = self.driver.request((), now);
                services::stamp_warrant(&mut call, &self.secrets.warrant);
                call.metadata().clone()
            }))?;
            configurations.extend(stated);
            batches.extend(counted);
        }
        Ok((configurations, batches))
    }

    /// Has the auditor rule on `case`.
    ///
    /// # Errors
    /// If the auditor refuses the case, or answers what is no ruling.
    pub(crate) fn audit(&self, case: &CaseFile) -> Result<Vec<Ruling>, PlayError> {
        let service = "the auditor";
        let found = |error: String| PlayError::Answer { service, found: error };
        let file = serde_json::to_vec(case).map_err(|error| found(error.to_string()))?;
        let parts = file.chunks(CASE_PART_BYTES).map(|part| v1::AuditRequest { case_file: part.to_vec() });
        let parts = futures::stream::iter(parts.collect::<Vec<_>>());
        let mut client = AuditServiceClient::new(self.audit.clone()).max_decoding_message_size(RULINGS_BYTES_MAX);
        let answer = block_on(client.audit(Request::new(parts))).map_err(refused(service))?;
        let rulings = answer.into_inner().rulings.into_iter().map(Ruling::try_from);
        rulings.collect::<Result<_, _>>().map_err(|error| found(error.to_string()))
    }
}

/// Checks that nothing happens within servers, which are processes of their own on the live network.
fn playable_live(script: &Script) -> Result<(), PlayError> {
    let within = script.faults.iter().find(|fault| fault.kind.is_within_a_server());
    within.map_or(Ok(()), |fault| Err(PlayError::NotLive { fault: fault.kind.name().to_owned() }))
}

/// What rooms of the crowd are called, before their number.
pub(crate) const CROWD: &str = "crowd/";

pub(crate) fn refused(service: &'static str) -> impl FnOnce(Status) -> PlayError {
    move |status| PlayError::Refused { service, status }
}

/// Every sealed window of one region, put together from its parts.
async fn handed_on(line: Line, call: Request<v1::HandOnRequest>) -> Result<Vec<Partial>, PlayError> {
    let service = "a collector";
    let mut client = CollectionServiceClient::new(line).max_decoding_message_size(PARTIAL_BYTES_MAX);
    let mut answers = client.hand_on(call).await.map_err(refused(service))?.into_inner();
    let failed = |error: protocol::AssemblyError| PlayError::Answer { service, found: error.to_string() };
    let mut partials = Vec::new();
    let mut assembly = protocol::Assembly::new(PARTIAL_BYTES_MAX);
    while let Some(answer) = answers.message().await.map_err(refused(service))? {
        assembly.push(answer.part.unwrap_or_default()).map_err(failed)?;
        if answer.last {
            let whole = std::mem::replace(&mut assembly, protocol::Assembly::new(PARTIAL_BYTES_MAX));
            partials.push(whole.finish().map_err(failed)?);
        }
    }
    Ok(partials)
}
