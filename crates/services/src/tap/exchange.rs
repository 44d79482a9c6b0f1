//! One exchange: recorded first, answered then.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header, request::Parts};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use model::{Channel, Host};
use tokio::time::Instant;

use super::{
    ANY_HOST, Shared,
    accept::{self, Place},
    answer::{self, Answer},
    record::Gap,
};

/// Takes one request in.
pub(super) async fn exchange(place: Place, request: Request<Incoming>) -> Result<Answer, Infallible> {
    if request.method() == Method::CONNECT {
        return Ok(tunnel(place, request));
    }
    let shared = &place.shared;
    let host = host(&place, &request);
    let (parts, body) = request.into_parts();
    let Some(arrival) = shared.recorder.arrive() else {
        return Ok(answer::refusal(&parts.headers, StatusCode::SERVICE_UNAVAILABLE));
    };
    let (body, trailers, gap) = read(shared, body).await;
    if let Some(gap) = gap {
        shared.recorder.note(gap, || format!("{} {host}{}", parts.method, parts.uri.path()));
    }
    let forward = shared.config.forward.get(host.as_str()).copied();
    let copy = if forward.is_some() { Bytes::from(body.clone()) } else { Bytes::new() };
    shared.recorder.keep(arrival, &host, &parts, (channel(&parts), place.connection), body, &trailers);
    let limits = shared.recorder.limits();
    Ok(match (gap, forward) {
        (Some(_), _) => answer::refusal(&parts.headers, StatusCode::PAYLOAD_TOO_LARGE),
        (None, Some(address)) => {
            let patience = Duration::from_millis(limits.patience_ms);
            answer::forwarded(address, &parts, host.as_str(), copy, limits.body_bytes_max, patience).await
        }
        (None, None) => answer::to(host.as_str(), &parts, &shared.config.pages),
    })
}

/// Opens a tunnel whose far end is this tap again.
fn tunnel(place: Place, request: Request<Incoming>) -> Answer {
    let Some(host) = request.uri().host().map(str::to_ascii_lowercase) else {
        return answer::whole(StatusCode::BAD_REQUEST, Bytes::new());
    };
    tokio::spawn(async move {
        if let Ok(upgraded) = hyper::upgrade::on(request).await {
            // The tunnel's own requests name no proxy: what stands in them is as the client sends it anywhere.
            let inner = Place { host, ..place };
            Box::pin(accept::open(Box::new(TokioIo::new(upgraded)), inner)).await;
        }
    });
    answer::whole(StatusCode::OK, Bytes::new())
}

/// The body and its trailers as far as they are kept, and why they are not whole, if they are not.
async fn read(shared: &Shared, mut body: Incoming) -> (Vec<u8>, HeaderMap, Option<Gap>) {
    let limits = shared.recorder.limits();
    let ends = Instant::now() + Duration::from_millis(limits.patience_ms);
    let (mut bytes, mut trailers) = (Vec::new(), HeaderMap::new());
    loop {
        match tokio::time::timeout_at(ends, body.frame()).await {
            Ok(None) => return (bytes, trailers, None),
            Ok(Some(Ok(frame))) => match frame.into_data() {
                Ok(more) => {
                    let room = limits.body_bytes_max - bytes.len();
                    bytes.extend_from_slice(more.get(..room).unwrap_or(&more));
                    if more.len() > room {
                        return (bytes, trailers, Some(Gap::Cut));
                    }
                }
                Err(frame) => trailers.extend(frame.into_trailers().into_iter().flatten()),
            },
            Ok(Some(Err(_))) | Err(_) => return (bytes, trailers, Some(Gap::BrokenOff)),
        }
    }
}

/// The host that a request is for: what it names, unless that is the tap itself; else what the connection is for.
fn host(place: &Place, request: &Request<Incoming>) -> Host {
    let named = request.uri().authority().map(http::uri::Authority::as_str);
    let named = named.or_else(|| request.headers().get(header::HOST)?.to_str().ok());
    let is_own = |name: &&str| place.shared.own.iter().any(|own| own.to_string() == **name);
    let named = named.filter(|name| !is_own(name)).and_then(|name| name.parse::<http::uri::Authority>().ok());
    let named = named.map(|authority| authority.host().to_ascii_lowercase());
    let meant = Some(place.host.clone()).filter(|host| host != ANY_HOST);
    let found = named.or(meant).and_then(|name| Host::new(name).ok());
    found.unwrap_or_else(|| place.shared.unnamed.clone())
}

/// A request that asks for a connection of another kind, such as a web socket, opens one to be kept.
fn channel(parts: &Parts) -> Channel {
    if parts.headers.contains_key(header::UPGRADE) { Channel::Socket } else { Channel::Http }
}
