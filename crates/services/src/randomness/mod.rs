//! The randomness server of STAR as a gRPC service: it evaluates an oblivious function for devices, and forgets how as
//! soon as a window is over.
//!
//! Whoever holds messages can test guesses about them for as long as the server answers; so devices send their messages
//! after the window, and the server punctures its secret at the window's end. It sees points that devices blinded, and
//! never a measurement. It must be run by somebody else than the aggregator.

mod error;
mod keyring;
mod seeded;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
};

use model::{Mechanism, Query, QueryId, Seed, Window};
use protocol::{
    Failure, metadata,
    status::status,
    v1::{
        self,
        randomness_service_server::{RandomnessService, RandomnessServiceServer},
    },
};
use tonic::{Request, Response, Status};

pub use error::RandomnessError;

use crate::{Clock, RoomError, collect::room_name, rooms};
use keyring::Keyring;

/// What the randomness server works with.
#[derive(Debug, Clone)]
pub struct RandomnessConfig {
    /// Questions; those whose mechanism is STAR get randomness.
    pub queries: Vec<Query>,
    /// Where its keys are from.
    pub secret: Secret,
    /// Bounds.
    pub limits: RandomnessLimits,
}

/// Where keys are from.
#[derive(Debug, Clone)]
pub enum Secret {
    /// From the operating system, each key when it is first needed. Once punctured, nothing brings a window back.
    Fresh,
    /// From a seed, so that a world repeats, in each of its rooms. Puncturing hides nothing from whoever has the seed.
    Seeded(Seed),
}

/// Bounds on what callers can make the randomness server do or keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RandomnessLimits {
    /// Most points in one call. Calls with more are refused.
    pub points_per_call_max: usize,
    /// Most points evaluated for one query in one window and room. More are refused until the next window.
    pub evaluations_per_window_max: u64,
    /// Most rooms. Calls into more are refused.
    pub rooms_max: usize,
}

impl Default for RandomnessLimits {
    /// 64 points in a call, 2^24 in a window, 65 536 rooms.
    fn default() -> Self {
        Self { points_per_call_max: 64, evaluations_per_window_max: 1 << 24, rooms_max: 1 << 16 }
    }
}

/// The keys of each query.
type Keyrings = BTreeMap<QueryId, Keyring>;

/// The randomness server, the same in process and on sockets. Clones share everything.
#[derive(Clone)]
pub struct RandomnessApi {
    config: Arc<RandomnessConfig>,
    clock: Clock,
    rooms: Arc<Mutex<BTreeMap<String, Arc<Mutex<Keyrings>>>>>,
}

impl fmt::Debug for RandomnessApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RandomnessApi").field("clock", &self.clock).finish_non_exhaustive()
    }
}

impl RandomnessApi {
    /// A randomness server that was not asked yet.
    #[must_use]
    pub fn new(config: RandomnessConfig, clock: Clock) -> Self {
        Self { config: Arc::new(config), clock, rooms: Arc::default() }
    }

    /// The service for a server or for calls in process.
    #[must_use]
    pub fn service(&self) -> RandomnessServiceServer<Self> {
        RandomnessServiceServer::new(self.clone())
    }

    /// Whose time holds.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The keys of the room named `name`; rooms are at points in time of their own.
    fn enter(&self, name: &str) -> Result<Arc<Mutex<Keyrings>>, RoomError> {
        rooms::checked(name)?;
        if matches!(self.clock, Clock::Wall) && name != metadata::MAIN_ROOM {
            return Err(RoomError::WallClock);
        }
        let mut open = self.rooms.lock().map_err(|_| RoomError::OutOfOrder)?;
        if let Some(room) = open.get(name) {
            return Ok(Arc::clone(room));
        }
        let rooms_max = self.config.limits.rooms_max;
        if open.len() >= rooms_max {
            return Err(RoomError::Full { rooms_max });
        }
        let sealed = self.config.queries.iter().filter(|query| matches!(query.mechanism, Mechanism::Star { .. }));
        let keyring = |query: &Query| Keyring::new(query.id.clone(), query.window, self.config.secret.clone());
        let keyrings: Keyrings = sealed.map(|query| (query.id.clone(), keyring(query))).collect();
        let room = Arc::new(Mutex::new(keyrings));
        open.insert(name.to_owned(), Arc::clone(&room));
        Ok(room)
    }

    fn answer(&self, request: Request<v1::EvaluateRequest>) -> Result<v1::EvaluateResponse, RandomnessError> {
        let now = self.clock.now(request.metadata())?;
        let room = self.enter(room_name(request.metadata())?)?;
        let (query, window, points) = <(QueryId, Window, Vec<Vec<u8>>)>::try_from(request.into_inner())?;
        let mut keyrings = room.lock().map_err(|_| RoomError::OutOfOrder)?;
        let Some(keyring) = keyrings.get_mut(&query) else { return Err(RandomnessError::Query { found: query }) };
        let (key, evaluations) = keyring.evaluate(window, &points, now, &self.config.limits)?;
        let evaluation = |evaluation: encoding::star::oprf::Evaluation| v1::Evaluation {
            point: evaluation.point.to_vec(),
            proof: evaluation.proof.to_vec(),
        };
        let key = v1::EpochKey { base: key.base.to_vec(), epoch: key.epoch.to_vec() };
        Ok(v1::EvaluateResponse { key: Some(key), evaluations: evaluations.into_iter().map(evaluation).collect() })
    }
}

#[tonic::async_trait]
impl RandomnessService for RandomnessApi {
    async fn evaluate(&self, request: Request<v1::EvaluateRequest>) -> Result<Response<v1::EvaluateResponse>, Status> {
        let answer = self.answer(request).map_err(|error| {
            tracing::debug!(reason = error.reason(), %error, "refused");
            status(&error)
        })?;
        Ok(Response::new(answer))
    }
}
