//! Connections as they come in: counted, and made to say soon that they speak HTTP/2. TLS belongs here.

use std::{
    io,
    net::SocketAddr,
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

/// Where connections come from: the system, or a simulated network.
pub trait Listener: Send + 'static {
    /// Both ends' bytes.
    type Socket: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// The next connection, and who is at its other end.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Socket, SocketAddr)>> + Send;

    /// Where connections are taken.
    ///
    /// # Errors
    /// If the socket cannot say.
    fn local_addr(&self) -> io::Result<SocketAddr>;
}

impl Listener for TcpListener {
    type Socket = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (socket, peer) = Self::accept(self).await?;
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "small messages will wait for others");
        }
        Ok((socket, peer))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Self::local_addr(self)
    }
}

/// Connections of `listener`, at most `connections_max` at the same time. Others wait in the system's queue.
pub(crate) fn incoming<L: Listener + Sync>(
    listener: L,
    connections_max: usize,
    greeting_max: Duration,
) -> impl Stream<Item = io::Result<Connection<L::Socket>>> {
    let places = Arc::new(Semaphore::new(connections_max.clamp(1, Semaphore::MAX_PERMITS)));
    let address = listener.local_addr().ok();
    stream::unfold((listener, places), move |(listener, places)| async move {
        // The semaphore is never closed.
        let place = Arc::clone(&places).acquire_owned().await.ok()?;
        let accepted = match listener.accept().await {
            Ok((socket, peer)) => {
                let ends = TcpConnectInfo { local_addr: address, remote_addr: Some(peer) };
                Ok(Connection::new(socket, ends, place, greeting_max))
            }
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
pub(crate) struct Connection<S> {
    socket: S,
    ends: TcpConnectInfo,
    greeting: Option<Greeting>,
    _place: OwnedSemaphorePermit,
}

/// What is still to come of the preface, and until when.
#[derive(Debug)]
struct Greeting {
    bytes_left: usize,
    deadline: Pin<Box<Sleep>>,
}

impl<S> Connection<S> {
    fn new(socket: S, ends: TcpConnectInfo, place: OwnedSemaphorePermit, greeting_max: Duration) -> Self {
        let greeting = Greeting { bytes_left: PREFACE_BYTES, deadline: Box::pin(sleep(greeting_max)) };
        Self { socket, ends, greeting: Some(greeting), _place: place }
    }
}

impl<S> Connected for Connection<S> {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.ends.clone()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
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

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
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
