//! Long computations, kept off the threads that serve calls.

/// The computation broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a computation broke off")]
pub(crate) struct BrokenOff;

/// Does `work` where it holds nobody up: on a thread for such work if there is a runtime, right here if there is none.
pub(crate) async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, BrokenOff> {
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => runtime.spawn_blocking(work).await.map_err(|_| BrokenOff),
        Err(_) => Ok(work()),
    }
}
