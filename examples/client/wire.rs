//! Requests over plain HTTP/1.1, to wherever the examiner wants them sent.

use protocol::v1::Route;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A request in the making.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Method, such as `POST`.
    pub(crate) method: &'static str,
    /// Host as the client knows it.
    pub(crate) host: String,
    /// Path with query.
    pub(crate) path: String,
    /// Body; none for a page.
    pub(crate) body: Vec<u8>,
}

/// Sends `request` by the route of its host and returns whether it was accepted.
pub(crate) async fn send(request: &Request, routes: &[Route]) -> bool {
    let plain = |route: &&Route| !route.tls;
    let named = routes.iter().filter(plain).find(|route| route.host == request.host);
    let Some(route) = named.or_else(|| routes.iter().filter(plain).find(|route| route.host == "*")) else {
        return false; // nowhere to send it: as without a network
    };
    exchange(request, &route.address).await.unwrap_or(false)
}

async fn exchange(request: &Request, address: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    let Request { method, host, path, body } = request;
    let kind = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\n{kind}content-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(&[head.as_bytes(), body].concat()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer.starts_with(b"HTTP/1.1 2"))
}
