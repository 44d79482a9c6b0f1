//! The client's side of a network that fails: connections that notice when nobody is there any more, and calls that are
//! repeated, after pauses that grow and are drawn by lot.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder, Retryable};
use model::Reply;
use protocol::status::reply;
use tokio::time::timeout;
use tonic::{Response, Status, transport::Endpoint};

/// How long a client waits for what, and how often it tries.
///
/// What is called must stand being called twice: an answer may be lost after the call was done. Uploads, batches and
/// contributions do, by their names.
///
/// ```
/// use services::Patience;
/// use tonic::{Response, Status};
///
/// let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
/// let patience = Patience { pause_first: std::time::Duration::from_millis(1), ..Patience::default() };
/// let mut answers = vec![Ok(Response::new("taken")), Err(Status::unavailable("not yet"))];
/// let answer = patience.call(|| std::future::ready(answers.pop().unwrap_or_else(|| Err(Status::internal("called again")))));
/// assert_eq!(runtime.block_on(answer).map_err(|status| status.to_string())?, "taken");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How long one attempt may take. Default 60 s.
    pub call_max: Duration,
    /// How often a call is made at most. Default 4.
    pub attempts_max: usize,
    /// Least pause after the first attempt; each further one doubles it. Up to as much again is drawn by lot and added, so that
    /// clients that failed together do not come back together. Default 500 ms.
    pub pause_first: Duration,
    /// The most that a pause is doubled to. Default 60 s.
    pub pause_max: Duration,
    /// How long connecting may take. Default 10 s.
    pub connect_max: Duration,
    /// How long a silent connection stands before the other end is asked whether it is still there, and how long that may
    /// take. Default 20 s.
    pub keepalive: Duration,
    /// Where the lots come from; without one, from the process's own chance.
    pub seed: Option<u64>,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            call_max: Duration::from_secs(60),
            attempts_max: 4,
            pause_first: Duration::from_millis(500),
            pause_max: Duration::from_secs(60),
            connect_max: Duration::from_secs(10),
            keepalive: Duration::from_secs(20),
            seed: None,
        }
    }
}

impl Patience {
    /// `endpoint` with the deadline for connecting and the keep-alive.
    #[must_use]
    pub fn endpoint(&self, endpoint: Endpoint) -> Endpoint {
        let waiting = endpoint.connect_timeout(self.connect_max).keep_alive_while_idle(true);
        waiting.http2_keep_alive_interval(self.keepalive).keep_alive_timeout(self.keepalive)
    }

    /// Calls until there is an answer, a refusal that repeating cannot change, or no attempt left.
    ///
    /// # Errors
    /// The last attempt's status; `DEADLINE_EXCEEDED` if it was not answered in time.
    pub async fn call<T, F>(&self, mut attempt: impl FnMut() -> F) -> Result<T, Status>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let once = || {
            let answer = timeout(self.call_max, attempt());
            async move { answer.await.map_err(|_| Status::deadline_exceeded("no answer in time"))? }
        };
        let repeatable = |status: &Status| reply::<()>(Err(status)) == Reply::Unavailable;
        Ok(once.retry(self.pauses()).sleep(tokio::time::sleep).when(repeatable).await?.into_inner())
    }

    fn pauses(&self) -> impl BackoffBuilder {
        let growing = ExponentialBuilder::new().with_min_delay(self.pause_first).with_max_delay(self.pause_max);
        let bounded = growing.with_max_times(self.attempts_max.saturating_sub(1)).with_jitter();
        match self.seed {
            Some(seed) => bounded.with_jitter_seed(seed),
            None => bounded,
        }
    }
}
