//! Connections: taken, opened where they are TLS, and served.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use model::ConnectionId;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    net::TcpListener,
    sync::{Semaphore, watch},
};
use tokio_rustls::TlsAcceptor;

use super::{Shared, exchange, record::Gap};

/// Connections of one listener at once; more wait.
const CONNECTIONS_MAX: usize = 256;
/// The first byte of a TLS handshake record (RFC 8446, section 5.1).
const TLS_HANDSHAKE: u8 = 0x16;

/// Takes connections until the tap closes.
pub(super) async fn listen(
    listener: TcpListener,
    host: String,
    shared: Arc<Shared>,
    mut closing: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let stream = tokio::select! {
            taken = listener.accept() => match taken {
                Ok((stream, _)) => stream,
                Err(_) => continue, // the peer was gone before it was taken
            },
            _ = closing.changed() => return,
        };
        let connection = shared.recorder.connect();
        let place = Place { shared: Arc::clone(&shared), host: host.clone(), connection, closing: closing.clone() };
        tokio::spawn(async move {
            // Small answers must not wait for one another; where that cannot be had they merely come later.
            let _ = stream.set_nodelay(true);
            open(Box::new(stream), place).await;
            drop(permit);
        });
    }
}

/// What a connection belongs to.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) shared: Arc<Shared>,
    /// The host that is meant where a request names none.
    pub(super) host: String,
    pub(super) connection: ConnectionId,
    pub(super) closing: watch::Receiver<bool>,
}

/// Bytes both ways, whatever carries them: HTTP is compiled once for all of it.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// Serves a connection, or a tunnel through the proxy: TLS or plain, as its first byte says.
pub(super) async fn open(mut stream: Box<dyn Duplex>, mut place: Place) {
    let mut first = [0];
    let mut closing = place.closing.clone();
    let read = tokio::select! {
        read = stream.read(&mut first) => read,
        _ = closing.changed() => return,
    };
    if !matches!(read, Ok(1)) {
        return; // nothing was said
    }
    let stream = Begun { first: Some(first[0]), rest: stream };
    if first[0] != TLS_HANDSHAKE {
        return serve(Box::new(stream), place).await;
    }
    let Ok(config) = place.shared.authority.server(&place.host) else { return };
    let patience = Duration::from_millis(place.shared.recorder.limits().patience_ms);
    match tokio::time::timeout(patience, TlsAcceptor::from(Arc::new(config)).accept(stream)).await {
        Ok(Ok(opened)) => {
            if let Some(named) = opened.get_ref().1.server_name() {
                place.host = named.to_ascii_lowercase();
            }
            serve(Box::new(opened), place).await;
        }
        Ok(Err(error)) => place.shared.recorder.note(Gap::Handshake, || format!("{}: {error}", place.host)),
        Err(_) => place.shared.recorder.note(Gap::Handshake, || format!("{}: no end of it in time", place.host)),
    }
}

async fn serve(stream: Box<dyn Duplex>, place: Place) {
    let mut closing = place.closing.clone();
    let recorder = Arc::clone(&place.shared.recorder);
    let service = service_fn(move |request| exchange::exchange(place.clone(), request));
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).half_close(true);
    server.http2().timer(TokioTimer::new());
    let connection = server.serve_connection_with_upgrades(TokioIo::new(stream), service);
    let ended = tokio::select! {
        ended = connection => ended,
        _ = closing.changed() => return,
    };
    if let Err(error) = ended
        && let Some(error) = error.downcast_ref::<hyper::Error>()
    {
        if error.is_parse() {
            recorder.note(Gap::Unreadable, || error.to_string());
        } else if error.is_incomplete_message() {
            recorder.note(Gap::BrokenOff, || error.to_string());
        }
    }
}

/// A stream whose first byte was read already.
struct Begun {
    first: Option<u8>,
    rest: Box<dyn Duplex>,
}

impl AsyncRead for Begun {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if buffer.remaining() > 0
            && let Some(first) = self.first.take()
        {
            buffer.put_slice(&[first]);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.rest).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Begun {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.rest).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.rest).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.rest).poll_shutdown(cx)
    }
}
