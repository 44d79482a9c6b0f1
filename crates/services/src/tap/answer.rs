//! What the tap answers: pages to visits, thanks to uploads, and what somebody else says where it hands on.

use std::{collections::BTreeMap, convert::Infallible, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version, header, request::Parts};
use http_body_util::{BodyExt, Full, Limited, combinators::UnsyncBoxBody};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

/// An answer's body.
pub(super) type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// A gRPC message without content: no flag, no length.
const EMPTY_MESSAGE: &[u8] = &[0; 5];

/// A page that a visit finds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// Where it links to.
    pub links: Vec<String>,
    /// Scripts that it loads.
    pub embeds: Vec<String>,
}

impl Page {
    fn html(&self) -> String {
        let links: String =
            self.links.iter().map(|link| format!("<p><a href=\"{0}\">{0}</a></p>\n", escaped(link))).collect();
        let embeds: String =
            self.embeds.iter().map(|embed| format!("<script src=\"{}\"></script>\n", escaped(embed))).collect();
        let (title, text) = (escaped(&self.title), escaped(&self.text));
        format!("<!doctype html>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<p>{text}</p>\n{links}{embeds}")
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The answer to a request that was recorded.
pub(super) fn to(host: &str, parts: &Parts, pages: &BTreeMap<String, Page>) -> Answer {
    if is_grpc(&parts.headers) {
        return grpc(0, EMPTY_MESSAGE);
    }
    let page = pages.get(host).filter(|_| matches!(parts.method, Method::GET | Method::HEAD));
    match page {
        Some(page) => typed("text/html; charset=utf-8", page.html()),
        None => whole(StatusCode::OK, Bytes::new()),
    }
}

/// The answer to a request that the tap does not take.
pub(super) fn refusal(headers: &HeaderMap, status: StatusCode) -> Answer {
    // 8 is RESOURCE_EXHAUSTED, 14 is UNAVAILABLE.
    let code = if status == StatusCode::PAYLOAD_TOO_LARGE { 8 } else { 14 };
    if is_grpc(headers) { grpc(code, &[]) } else { whole(status, Bytes::new()) }
}

pub(super) fn whole(status: StatusCode, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body).boxed_unsync());
    *answer.status_mut() = status;
    answer
}

fn typed(kind: &'static str, body: String) -> Answer {
    let mut answer = whole(StatusCode::OK, Bytes::from(body));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

fn grpc(code: u16, message: &'static [u8]) -> Answer {
    let trailers = HeaderMap::from_iter([(header::HeaderName::from_static("grpc-status"), HeaderValue::from(code))]);
    let body = Full::new(Bytes::from_static(message)).with_trailers(async move { Some(Ok(trailers)) });
    let mut answer = Response::new(body.boxed_unsync());
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    answer
}

/// Hands a request on to `address`, and its answer back; an answer of its own if there is none in time.
pub(super) async fn forwarded(
    address: SocketAddr,
    parts: &Parts,
    host: &str,
    body: Bytes,
    bytes_max: usize,
    patience: Duration,
) -> Answer {
    match tokio::time::timeout(patience, relay(address, parts, host, body, bytes_max)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) | Err(_) => refusal(&parts.headers, StatusCode::BAD_GATEWAY),
    }
}

type AnyError = Box<dyn std::error::Error + Send + Sync>;

async fn relay(
    address: SocketAddr,
    parts: &Parts,
    host: &str,
    body: Bytes,
    bytes_max: usize,
) -> Result<Answer, AnyError> {
    let io = TokioIo::new(TcpStream::connect(address).await?);
    let path = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let http2 = parts.version == Version::HTTP_2;
    let uri = if http2 { format!("http://{host}{path}") } else { path.to_owned() };
    let mut request = Request::builder().method(parts.method.clone()).uri(uri).body(Full::new(body))?;
    *request.headers_mut() = parts.headers.clone();
    request.headers_mut().remove(header::CONNECTION);
    request.headers_mut().remove(header::TRANSFER_ENCODING);
    if http2 {
        request.headers_mut().remove(header::HOST);
        let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await?;
        let driver = tokio::spawn(connection);
        let answer = collect(sender.send_request(request).await?, bytes_max).await;
        driver.abort();
        answer
    } else {
        request.headers_mut().insert(header::HOST, HeaderValue::from_str(host)?);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await?;
        let driver = tokio::spawn(connection);
        let answer = collect(sender.send_request(request).await?, bytes_max).await;
        driver.abort();
        answer
    }
}

async fn collect(answer: Response<hyper::body::Incoming>, bytes_max: usize) -> Result<Answer, AnyError> {
    let (mut head, body) = answer.into_parts();
    let collected = Limited::new(body, bytes_max).collect().await?;
    let trailers = collected.trailers().cloned();
    head.headers.remove(header::CONNECTION);
    head.headers.remove(header::TRANSFER_ENCODING);
    let body = Full::new(collected.to_bytes()).with_trailers(async move { trailers.map(Ok) });
    let mut answer = Response::new(body.boxed_unsync());
    *answer.status_mut() = head.status;
    *answer.headers_mut() = head.headers;
    Ok(answer)
}
