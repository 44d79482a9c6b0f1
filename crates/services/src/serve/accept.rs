//! Connections as they come in: counted, and made to say soon that they speak HTTP/2. TLS belongs here.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::{Stream, stream};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Sleep, sleep},
};
use tonic::transport::server::{Connected, TcpConnectInfo};

/// Bytes of the preface with which every HTTP/2 connection begins (RFC 9113, section 3.4).
const PREFACE_BYTES: usize = 24;
/// How long nothing is accepted after accepting failed, for want of file descriptors, say.
const PAUSE: Duration = Duration::from_millis(50);

/// Connections of `listener`, at most `connections_max` at the same time. Others wait in the system's queue.
pub(crate) fn incoming(
    listener: TcpListener,
    connections_max: usize,
    greeting_max: Duration,
) -> impl Stream<Item = io::Result<Connection>> {
    let places = Arc::new(Semaphore::new(connections_max.clamp(1, Semaphore::MAX_PERMITS)));
    stream::unfold((listener, places), move |(listener, places)| async move {
        // The semaphore is never closed.
        let place = Arc::clone(&places).acquire_owned().await.ok()?;
        let accepted = match listener.accept().await {
            Ok((socket, _)) => Ok(Connection::new(socket, place, greeting_max)),
            Err(error) => {
                tracing::warn!(%error, "no connection could be accepted");
                sleep(PAUSE).await;
                Err(error)
            }
        };
        Some((accepted, (listener, places)))
    })
}

/// One connection, with its place among all.
#[derive(Debug)]
pub(crate) struct Connection {
    socket: TcpStream,
    greeting: Option<Greeting>,
    _place: OwnedSemaphorePermit,
}

/// What is still to come of the preface, and until when.
#[derive(Debug)]
struct Greeting {
    bytes_left: usize,
    deadline: Pin<Box<Sleep>>,
}

impl Connection {
    fn new(socket: TcpStream, place: OwnedSemaphorePermit, greeting_max: Duration) -> Self {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "small messages will wait for others");
        }
        let greeting = Greeting { bytes_left: PREFACE_BYTES, deadline: Box::pin(sleep(greeting_max)) };
        Self { socket, greeting: Some(greeting), _place: place }
    }
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.socket.connect_info()
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.socket).poll_read(cx, buf);
        let Some(greeting) = &mut self.greeting else { return polled };
        if polled.is_ready() {
            greeting.bytes_left = greeting.bytes_left.saturating_sub(buf.filled().len() - before);
            if greeting.bytes_left == 0 {
                self.greeting = None;
            }
            return polled;
        }
        greeting.deadline.as_mut().poll(cx).map(|()| Err(io::Error::from(io::ErrorKind::TimedOut)))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }
}
