//! Separate collectors of one configuration, by name, so that arms of an examination meet fresh state.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
};

use collector::{Collector, Config, ConfigError};
use protocol::{Failure, StatusKind, metadata::MAIN_ROOM};

/// Longest name of a room in bytes.
const NAME_BYTES_MAX: usize = 256;

/// Why there is no room for a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RoomError {
    /// The name cannot be one.
    #[error("`{found}` is no name of a room: expected 1 to {NAME_BYTES_MAX} visible ASCII characters")]
    Name {
        /// What stood there.
        found: String,
    },
    /// There are rooms on a scenario's clock alone.
    #[error("this service runs on the wall's clock and has no room but `{MAIN_ROOM}`")]
    WallClock,
    /// No more rooms may be opened.
    #[error("there are {rooms_max} rooms already, which is the limit")]
    Full {
        /// Most rooms.
        rooms_max: usize,
    },
    /// The room was never opened or was taken away.
    #[error("there is no such room")]
    Absent,
    /// A call into the room broke off in the middle, so what it holds cannot be relied on.
    #[error("the room is out of order since a call into it failed")]
    OutOfOrder,
}

impl Failure for RoomError {
    fn kind(&self) -> StatusKind {
        match self {
            Self::Name { .. } | Self::WallClock => StatusKind::InvalidArgument,
            Self::Full { .. } => StatusKind::ResourceExhausted,
            Self::Absent => StatusKind::NotFound,
            Self::OutOfOrder => StatusKind::Internal,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Name { .. } => "room-name",
            Self::WallClock => "room-on-wall-clock",
            Self::Full { .. } => "rooms-full",
            Self::Absent => "no-room",
            Self::OutOfOrder => "room-out-of-order",
        }
    }
}

/// `name` if it can name a room.
pub(crate) fn checked(name: &str) -> Result<&str, RoomError> {
    let fits = (1..=NAME_BYTES_MAX).contains(&name.len());
    if fits && name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(name);
    }
    Err(RoomError::Name { found: name.chars().take(64).collect() })
}

/// One room. It is empty once its collector was taken.
///
/// Every change of a collector goes through [`Room::with`]: what must outlive the process is to be written there,
/// before the caller gets its receipt.
#[derive(Debug)]
pub(crate) struct Room(Mutex<Option<Collector>>);

impl Room {
    /// Does `act` with the collector, while nobody else does.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Collector) -> T) -> Result<T, RoomError> {
        let mut collector = self.0.lock().map_err(|_| RoomError::OutOfOrder)?;
        collector.as_mut().map(act).ok_or(RoomError::Absent)
    }
}

/// The rooms of one service.
#[derive(Debug)]
pub(crate) struct Rooms {
    config: Config,
    rooms_max: AtomicUsize,
    open: Mutex<BTreeMap<String, Arc<Room>>>,
}

impl Rooms {
    /// The main room with a collector of `config`, and place for `rooms_max` rooms in all.
    pub(crate) fn new(config: Config, rooms_max: usize) -> Result<Self, ConfigError> {
        let main = Self::room(&config)?;
        let rooms_max = AtomicUsize::new(rooms_max);
        Ok(Self { config, rooms_max, open: Mutex::new(BTreeMap::from([(MAIN_ROOM.to_owned(), main)])) })
    }

    /// What every collector is made of.
    pub(crate) const fn config(&self) -> &Config {
        &self.config
    }

    /// From now on, opens no room beyond `rooms_max`.
    pub(crate) fn limit(&self, rooms_max: usize) {
        self.rooms_max.store(rooms_max, Ordering::Relaxed);
    }

    fn room(config: &Config) -> Result<Arc<Room>, ConfigError> {
        Ok(Arc::new(Room(Mutex::new(Some(Collector::new(config.clone())?)))))
    }

    fn open(&self) -> Result<MutexGuard<'_, BTreeMap<String, Arc<Room>>>, RoomError> {
        self.open.lock().map_err(|_| RoomError::OutOfOrder)
    }

    /// The room named `name`, opened now if it was not.
    pub(crate) fn enter(&self, name: &str) -> Result<Arc<Room>, RoomError> {
        let mut open = self.open()?;
        if let Some(room) = open.get(name) {
            return Ok(Arc::clone(room));
        }
        checked(name)?;
        let rooms_max = self.rooms_max.load(Ordering::Relaxed);
        if open.len() >= rooms_max {
            return Err(RoomError::Full { rooms_max });
        }
        // The same configuration made the main room.
        let room = Self::room(&self.config).map_err(|_| RoomError::OutOfOrder)?;
        open.insert(name.to_owned(), Arc::clone(&room));
        Ok(room)
    }

    /// The room named `name`, if it is open.
    pub(crate) fn find(&self, name: &str) -> Result<Arc<Room>, RoomError> {
        self.open()?.get(name).map(Arc::clone).ok_or(RoomError::Absent)
    }

    /// Closes the room named `name` and yields its collector. A later call into it opens a fresh one.
    pub(crate) fn take(&self, name: &str) -> Option<Collector> {
        let room = self.open().ok()?.remove(name)?;
        room.0.lock().ok()?.take()
    }
}
