//! Seals a collector's windows as the wall's clock goes on, and brings them to an aggregator until it has them.

use std::time::Duration;

use model::{Partial, QueryId, Window};
use protocol::{
    metadata::MAIN_ROOM,
    parts,
    v1::{self, aggregation_service_client::AggregationServiceClient},
};
use tokio::{sync::watch, task::JoinHandle, time::timeout};
use tonic::{
    Request, Status,
    transport::{Channel, Endpoint},
};

use super::{Patience, Which};
use crate::{Clock, CollectionApi, Credential, clock::wall_now, collect::sealed_by, stamp_peer};

/// Where sealed windows go.
#[derive(Debug, Clone)]
pub struct Forward {
    channel: Channel,
    peer: Option<Credential>,
    period: Duration,
    patience: Patience,
}

impl Forward {
    /// How often windows are sealed, and the pause after the first attempt that failed; each further one doubles it.
    pub const PERIOD: Duration = Duration::from_secs(5);
    /// The longest pause.
    pub const PAUSE_MAX: Duration = Duration::from_secs(300);

    /// To the aggregator at `endpoint`, which need not be there yet.
    #[must_use]
    pub fn new(endpoint: &Endpoint) -> Self {
        let patience = Patience::default();
        let channel = patience.endpoint(endpoint.clone()).connect_lazy();
        Self { channel, peer: None, period: Self::PERIOD, patience }
    }

    /// Shows `peer` to the aggregator.
    #[must_use]
    pub fn with_peer(self, peer: Credential) -> Self {
        Self { peer: Some(peer), ..self }
    }

    /// Looks for windows to seal every `period`.
    #[must_use]
    pub fn every(self, period: Duration) -> Self {
        Self { period, ..self }
    }

    async fn contribute(&self, partial: Partial) -> Result<(), Status> {
        let messages: Vec<_> =
            parts(partial).into_iter().map(|part| v1::ContributeRequest { part: Some(part) }).collect();
        let attempt = || {
            let mut request = Request::new(tokio_stream::iter(messages.clone()));
            if let Some(peer) = &self.peer {
                stamp_peer(&mut request, peer);
            }
            let mut client = AggregationServiceClient::new(self.channel.clone());
            async move { client.contribute(request).await }
        };
        self.patience.call(attempt).await.map(drop)
    }
}

/// Starts to seal windows, if `which` is a collector on the wall's clock. Ends after the stop, with a last
/// attempt of `last_max` at most.
pub(super) fn start(which: &Which, stopping: watch::Receiver<bool>, last_max: Duration) -> Option<JoinHandle<()>> {
    let Which::Collector(api, forward) = which else { return None };
    matches!(api.clock(), Clock::Wall).then(|| tokio::spawn(run(api.clone(), forward.clone(), stopping, last_max)))
}

async fn run(api: CollectionApi, forward: Option<Forward>, mut stopping: watch::Receiver<bool>, last_max: Duration) {
    let period = forward.as_ref().map_or(Forward::PERIOD, |forward| forward.period);
    let mut pause = period;
    loop {
        // An error says that the server is gone, which is a stop too.
        let stopped = timeout(pause, stopping.wait_for(|stop| *stop)).await.is_ok();
        if stopped {
            if !timeout(last_max, pass(&api, forward.as_ref())).await.unwrap_or(false) {
                tracing::error!("stopping although sealed windows were not handed on");
            }
            return;
        }
        // A contribution that is cut off is made again: the aggregator knows it by its window.
        let all_went = tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => continue,
            all_went = pass(&api, forward.as_ref()) => all_went,
        };
        pause = if all_went { period } else { pause.saturating_mul(2).min(Forward::PAUSE_MAX.max(period)) };
    }
}

/// Seals what is due and brings it to the aggregator; whether everything went.
async fn pass(api: &CollectionApi, forward: Option<&Forward>) -> bool {
    let sealed = api.with_collector(MAIN_ROOM, |collector| sealed_by(collector, wall_now()));
    let (Ok(sealed), Some(forward)) = (sealed, forward) else { return true };
    let mut all_went = true;
    for partial in sealed {
        let (query, window): (QueryId, Window) = (partial.query.clone(), partial.window);
        match forward.contribute(partial).await {
            // Only what the aggregator has for good is forgotten here.
            Ok(()) => {
                tracing::info!(%query, %window, "handed on");
                let forgotten = api.with_collector(MAIN_ROOM, |collector| collector.handed_on(&[(query, window)]));
                all_went &= forgotten.is_ok();
            }
            Err(status) => {
                tracing::warn!(%query, %window, code = ?status.code(), reason = status.message(), "not handed on");
                all_went = false;
            }
        }
    }
    all_went
}
