//! The aggregator as a gRPC service: takes contributions of regions, publishes each window once.

mod board;
mod error;
mod stored;

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard},
};

use aggregation::{Budget, Conduct, Covers, Remaining};
use model::{Batch, Partial, Query, QueryId, RegionId, Release, Seed, Timestamp, Window};
use protocol::{
    Assembly, metadata,
    status::status,
    v1::{
        self,
        aggregation_service_server::{AggregationService, AggregationServiceServer},
    },
};
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status, Streaming, metadata::MetadataMap};

pub use board::Contribution;
pub use error::AggregationError;
pub use stored::StoredError;

use crate::{Clock, Credential, access::require_token, apart::apart};
use board::Board;
use stored::Storage;

/// Largest message of the service in bytes; a contribution comes in parts well below it.
const MESSAGE_BYTES_MAX: usize = 4 << 20;

/// What an aggregator works with.
#[derive(Debug, Clone)]
pub struct AggregationConfig {
    /// What is asked.
    pub queries: Vec<Query>,
    /// Where it departs from what was agreed about a query.
    pub conduct: BTreeMap<QueryId, Conduct>,
    /// Every region. Queries that name none ask them all.
    pub regions: Vec<RegionId>,
    /// Budget for what `budget_covers` says; absent for no limit.
    pub budget: Option<Budget>,
    /// What the budget is for.
    pub budget_covers: Covers,
    /// Where noise comes from. Outside of scenarios it must be secret and never the same twice.
    pub noise: Seed,
    /// Bounds.
    pub limits: AggregationLimits,
}

/// What an aggregator takes at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AggregationLimits {
    /// Windows of all queries, published or not. Contributions to more are refused. Default 65 536.
    pub windows_max: usize,
    /// Memory in bytes of all contributions that wait to be published. More are refused. Default 1 GiB.
    pub held_bytes_max: usize,
    /// Bytes of one contribution as encoded. Default 256 MiB.
    pub contribution_bytes_max: usize,
    /// Contributions that are read at the same time; others wait. Default 4.
    pub contributions_at_once_max: usize,
}

impl Default for AggregationLimits {
    fn default() -> Self {
        Self {
            windows_max: 1 << 16,
            held_bytes_max: 1 << 30,
            contribution_bytes_max: 256 << 20,
            contributions_at_once_max: 4,
        }
    }
}

/// The aggregator, the same in process and on sockets. Clones share everything.
#[derive(Debug, Clone)]
pub struct AggregationApi {
    clock: Clock,
    peer: Option<Credential>,
    pub(crate) warrant: Option<Credential>,
    contribution_bytes_max: usize,
    turns: Arc<Semaphore>,
    board: Arc<Mutex<Board>>,
    storage: Option<Storage>,
}

impl AggregationApi {
    /// An aggregator to which nothing was contributed. With [`Clock::Scenario`] its driver alone may call.
    #[must_use]
    pub fn new(config: AggregationConfig, clock: Clock) -> Self {
        let limits = config.limits;
        Self::with(Board::new(config), limits, clock)
    }

    /// An aggregator that is started again with what [`AggregationApi::stored`] gave: it knows what was contributed,
    /// publishes again what it published, and what that cost stays spent.
    ///
    /// # Errors
    /// If `stored` is damaged, or is of another budget than `config`.
    pub fn restored(config: AggregationConfig, clock: Clock, stored: &[u8]) -> Result<Self, StoredError> {
        let limits = config.limits;
        Ok(Self::with(Board::restored(config, stored)?, limits, clock))
    }

    fn with(board: Board, limits: AggregationLimits, clock: Clock) -> Self {
        let AggregationLimits { contribution_bytes_max, contributions_at_once_max, .. } = limits;
        let turns = Arc::new(Semaphore::new(contributions_at_once_max.clamp(1, Semaphore::MAX_PERMITS)));
        let board = Arc::new(Mutex::new(board));
        Self { clock, peer: None, warrant: None, contribution_bytes_max, turns, board, storage: None }
    }

    /// Gives `keep` all that must outlive the process, as [`AggregationApi::stored`] does, before it answers a call that
    /// changed it. A call is refused while that fails, and may be repeated. Without it, everything is in memory alone.
    ///
    /// `keep` is given the whole each time, while nobody else is served.
    #[must_use]
    pub fn with_storage(self, keep: impl Fn(&[u8]) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self { storage: Some(Storage::new(keep)), ..self }
    }

    /// All that must outlive the process: what was contributed and published, and what that cost.
    ///
    /// # Errors
    /// If the aggregator is out of order.
    pub fn stored(&self) -> Result<Vec<u8>, AggregationError> {
        stored(&*self.board()?)
    }

    /// Lets in callers alone that show `peer`. Has no effect on a scenario's clock, where the driver alone is let in.
    #[must_use]
    pub fn with_peer(self, peer: Credential) -> Self {
        Self { peer: Some(peer), ..self }
    }

    /// Shows to inspectors with `warrant` what it was configured with and what its releases were computed over.
    #[must_use]
    pub fn with_warrant(self, warrant: Credential) -> Self {
        Self { warrant: Some(warrant), ..self }
    }

    /// Who may call.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The service for a server or for calls in process.
    #[must_use]
    pub fn service(&self) -> AggregationServiceServer<Self> {
        AggregationServiceServer::new(self.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }

    /// Takes what one region knows about one query and window. The same again changes nothing.
    ///
    /// # Errors
    /// If it is malformed, belongs to no query or window, is not the same as before, or is more than can be held.
    pub fn contribute(&self, partial: Partial) -> Result<Contribution, AggregationError> {
        self.change(|board| board.contribute(partial))
    }

    /// Publishes one window of one query; asking again returns the same.
    ///
    /// # Errors
    /// If regions are missing and `even_if_incomplete` is not set, if none has contributed, or if the mechanism cannot
    /// publish what there is.
    pub fn release(
        &self,
        query: &QueryId,
        window: Window,
        even_if_incomplete: bool,
    ) -> Result<Release, AggregationError> {
        self.change(|board| board.release(query, window, even_if_incomplete))
    }

    /// Budget that is left to each device of `region` on the day (UTC) of `time`; `None` where there is no limit.
    ///
    /// # Errors
    /// If there is no such region.
    pub fn remaining(&self, region: &RegionId, time: Timestamp) -> Result<Option<Remaining>, AggregationError> {
        self.board()?.remaining(region, time)
    }

    /// Every query as this aggregator was configured with it, sorted by name.
    ///
    /// # Errors
    /// If the aggregator is out of order.
    pub fn configured(&self) -> Result<Vec<Query>, AggregationError> {
        Ok(self.board()?.configured())
    }

    /// The published groups with the fewest devices of each release that no noise protects, sorted by query and window.
    ///
    /// # Errors
    /// If the aggregator is out of order.
    pub fn batches(&self) -> Result<Vec<Batch>, AggregationError> {
        Ok(self.board()?.batches())
    }

    /// Does `act`, and yields what came of it once that is kept.
    fn change<T>(&self, act: impl FnOnce(&mut Board) -> Result<T, AggregationError>) -> Result<T, AggregationError> {
        let mut board = self.board()?;
        let outcome = act(&mut board);
        if let Some(storage) = self.storage.as_ref().filter(|_| board.has_changed()) {
            storage.keep(&stored(&board)?).map_err(|error| AggregationError::NotKept { reason: error.to_string() })?;
            board.note_kept();
        }
        outcome
    }

    fn board(&self) -> Result<MutexGuard<'_, Board>, AggregationError> {
        self.board.lock().map_err(|_| AggregationError::OutOfOrder)
    }

    fn let_in(&self, call: &MetadataMap) -> Result<(), AggregationError> {
        self.clock.admit(call)?;
        if matches!(self.clock, Clock::Wall) && self.peer.is_some() {
            require_token(call, metadata::PEER_SCHEME, self.peer.as_ref())?;
        }
        Ok(())
    }

    async fn assemble(&self, mut parts: Streaming<v1::ContributeRequest>) -> Result<Partial, Status> {
        let mut assembly = Assembly::new(self.contribution_bytes_max);
        while let Some(request) = parts.message().await? {
            let part = request.part.unwrap_or_default();
            assembly.push(part).map_err(|error| status(&error))?;
        }
        assembly.finish().map_err(|error| status(&error))
    }
}

fn stored(board: &Board) -> Result<Vec<u8>, AggregationError> {
    board.stored().map_err(|error| AggregationError::NotKept { reason: error.to_string() })
}

fn refused(error: AggregationError) -> Status {
    tracing::debug!(%error, "refused");
    status(&error)
}

#[tonic::async_trait]
impl AggregationService for AggregationApi {
    async fn contribute(
        &self,
        request: Request<Streaming<v1::ContributeRequest>>,
    ) -> Result<Response<v1::ContributeResponse>, Status> {
        self.let_in(request.metadata()).map_err(refused)?;
        let _turn = self.turns.acquire().await.map_err(|_| refused(AggregationError::OutOfOrder))?;
        let partial = self.assemble(request.into_inner()).await?;
        tracing::debug!(query = %partial.query, window = %partial.window, groups = partial.groups.len(), "contribution");
        let Contribution { duplicate, missing } = Self::contribute(self, partial).map_err(refused)?;
        let missing = missing.into_iter().map(Into::into).collect();
        Ok(Response::new(v1::ContributeResponse { duplicate, missing }))
    }

    async fn release(&self, request: Request<v1::ReleaseRequest>) -> Result<Response<v1::ReleaseResponse>, Status> {
        self.let_in(request.metadata()).map_err(refused)?;
        let v1::ReleaseRequest { query, window, even_if_incomplete } = request.into_inner();
        let sealed = v1::SealedWindow { query, window };
        let (query, window) = sealed.try_into().map_err(|error: protocol::ConvertError| status(&error))?;
        let api = self.clone();
        let released = apart(move || Self::release(&api, &query, window, even_if_incomplete)).await;
        let release = released.unwrap_or(Err(AggregationError::OutOfOrder)).map_err(refused)?;
        tracing::info!(query = %release.query, window = %release.window, cells = release.cells.len(), "released");
        let release = v1::Release::try_from(release).map_err(|error| status(&error))?;
        Ok(Response::new(v1::ReleaseResponse { release: Some(release) }))
    }

    async fn remaining(
        &self,
        request: Request<v1::RemainingRequest>,
    ) -> Result<Response<v1::RemainingResponse>, Status> {
        self.let_in(request.metadata()).map_err(refused)?;
        let v1::RemainingRequest { region, time_ms } = request.into_inner();
        let wrong = |error| status(&protocol::ConvertError { field: "region".to_owned(), problem: format!("{error}") });
        let region = RegionId::new(region).map_err(|error: model::IdError| wrong(error))?;
        let left = Self::remaining(self, &region, Timestamp::from_millis(time_ms)).map_err(refused)?;
        let left = left.unwrap_or_default();
        Ok(Response::new(v1::RemainingResponse {
            epsilon: left.epsilon.map(Into::into),
            delta: (!left.delta.is_zero()).then(|| left.delta.into()),
            rho: left.rho.map(Into::into),
        }))
    }
}
