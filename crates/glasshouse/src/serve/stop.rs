//! What asks a service to stop: SIGTERM, SIGINT, or the end of standard input.

use std::{
    future::Future,
    io::{self, Read},
    thread,
};

use anyhow::Context;
use tokio::sync::oneshot;

/// Listens for requests to stop from now on; the future ends with the first.
///
/// # Errors
/// If signals cannot be listened for.
pub(super) fn requested(until_stdin_ends: bool) -> anyhow::Result<impl Future<Output = ()> + Send> {
    let signalled = signalled().context("cannot listen for signals")?;
    let (end, ended) = oneshot::channel::<()>();
    // Without the thread the sender waits in here, and the receiver waits for good.
    let mut waiting = Some(end);
    if until_stdin_ends {
        let end = waiting.take();
        thread::Builder::new().name("stdin".to_owned()).spawn(move || {
            drain(io::stdin().lock());
            drop(end);
        })?;
    }
    Ok(async move {
        tokio::select! {
            () = signalled => {}
            _ = ended => {}
        }
        drop(waiting);
    })
}

/// Reads until there is no more, or nothing can be read.
fn drain(mut input: impl Read) {
    let mut buffer = [0; 256];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return,
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return,
            _ => {}
        }
    }
}

#[cfg(unix)]
fn signalled() -> io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn signalled() -> io::Result<impl Future<Output = ()> + Send> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
