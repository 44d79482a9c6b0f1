//! A tap for clients that are not ours: a recording proxy on loopback.
//!
//! One listener for each host that the client knows, and one for every other host, which is an HTTP proxy as well
//! (absolute-form requests, and `CONNECT` with TLS opened). Each speaks HTTP/1.1 and HTTP/2, gRPC or not, plain or TLS
//! under an [`Authority`] of its own; the first byte of a connection tells which. Everything is recorded before it is
//! answered. Every collection that the client can fill has a bound ([`TapLimits`]), and what the tap could not record
//! is said in [`Recording::faults`], so that nobody takes a hole for silence.

mod accept;
mod answer;
mod authority;
mod exchange;
mod record;

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use futures::future::BoxFuture;
use model::{Host, Timestamp};
use tokio::{net::TcpListener, sync::watch};

pub use answer::Page;
pub use authority::Authority;
use record::Recorder;
pub use record::{Recording, TapLimits, TapTime};

/// Why there is no tap.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TapError {
    /// No certificate authority.
    #[error("the tap has no certificate authority: {0}")]
    Authority(String),
    /// No socket on loopback.
    #[error("the tap cannot listen on loopback: {0}")]
    Listen(#[from] std::io::Error),
    /// More hosts than a tap listens for.
    #[error("{found} hosts are too many for a tap: expected at most {HOSTS_MAX}")]
    Hosts {
        /// How many there are.
        found: usize,
    },
}

/// Most hosts that have a listener of their own.
pub const HOSTS_MAX: usize = 64;

/// The name under which [`Tap::addresses`] holds the listener for every other host.
pub const ANY_HOST: &str = "*";

/// Stands for hosts whose names are no names (RFC 6761, section 6.4).
const UNNAMED: &str = "unnamed.invalid";

/// What a tap listens for and answers.
#[derive(Debug, Clone, Default)]
pub struct TapConfig {
    /// Hosts with a listener of their own, lower case.
    pub hosts: Vec<String>,
    /// Pages by host. A visit anywhere on the host finds the page.
    pub pages: BTreeMap<String, Page>,
    /// Hosts whose requests are handed on, and where.
    pub forward: BTreeMap<String, SocketAddr>,
    /// Bounds.
    pub limits: TapLimits,
}

/// A tap that listens.
#[derive(Debug)]
pub struct Tap {
    addresses: BTreeMap<String, SocketAddr>,
    recorder: Arc<Recorder>,
    closed: watch::Sender<bool>,
}

/// What every connection of a tap shares.
#[derive(Debug)]
struct Shared {
    config: TapConfig,
    authority: Arc<Authority>,
    recorder: Arc<Recorder>,
    own: Vec<SocketAddr>,
    unnamed: Host, // for requests that name no host
}

impl Tap {
    /// Listens on loopback, on ports that are free. Flows carry `starts` until [`Tap::set_time`] says otherwise.
    ///
    /// # Errors
    /// If there is no port to be had, or there are more hosts than [`HOSTS_MAX`].
    pub fn open(
        config: TapConfig,
        authority: Arc<Authority>,
        time: TapTime,
        starts: Timestamp,
    ) -> BoxFuture<'static, Result<Self, TapError>> {
        Box::pin(Self::listen(config, authority, time, starts))
    }

    async fn listen(
        config: TapConfig,
        authority: Arc<Authority>,
        time: TapTime,
        starts: Timestamp,
    ) -> Result<Self, TapError> {
        if config.hosts.len() > HOSTS_MAX {
            return Err(TapError::Hosts { found: config.hosts.len() });
        }
        let recorder = Arc::new(Recorder::new(config.limits, time, starts));
        let mut listeners = Vec::new();
        let mut addresses = BTreeMap::new();
        for host in config.hosts.iter().map(String::as_str).chain([ANY_HOST]) {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            addresses.insert(host.to_owned(), listener.local_addr()?);
            listeners.push((host.to_owned(), listener));
        }
        let own = addresses.values().copied().collect();
        let unnamed = Host::new(UNNAMED).map_err(|error| TapError::Authority(error.to_string()))?;
        let shared = Arc::new(Shared { config, authority, recorder: Arc::clone(&recorder), own, unnamed });
        let (closed, closing) = watch::channel(false);
        for (host, listener) in listeners {
            tokio::spawn(accept::listen(listener, host, Arc::clone(&shared), closing.clone()));
        }
        Ok(Self { addresses, recorder, closed })
    }

    /// Where each host is to be reached; [`ANY_HOST`] is every other, and the proxy.
    #[must_use]
    pub const fn addresses(&self) -> &BTreeMap<String, SocketAddr> {
        &self.addresses
    }

    /// The time that flows carry from now on.
    pub fn set_time(&self, now: Timestamp) {
        self.recorder.set_time(now);
    }

    /// Whether the device sent more than the tap takes.
    #[must_use]
    pub fn is_flooded(&self) -> bool {
        self.recorder.is_flooded()
    }

    /// Closes every connection and returns what was recorded.
    #[must_use]
    pub fn finish(self) -> Recording {
        let recording = self.recorder.finish();
        // Nobody listening any more is what is wanted.
        let _ = self.closed.send(true);
        recording
    }
}
