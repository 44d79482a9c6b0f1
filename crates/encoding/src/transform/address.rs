//! Parts of web addresses.
//!
//! Addresses are absolute URIs (RFC 3986) with a host. What follows `#` is no part of one: clients keep it.

use http::Uri;

pub(super) fn host(url: &str) -> Option<String> {
    parse(url)?.host().map(str::to_lowercase)
}

pub(super) fn origin(url: &str) -> Option<String> {
    let uri = parse(url)?;
    let (scheme, host) = (uri.scheme_str()?, uri.host()?.to_lowercase());
    Some(match uri.port() {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

pub(super) fn path(url: &str) -> Option<String> {
    Some(parse(url)?.path().to_owned())
}

pub(super) fn scheme(url: &str) -> Option<String> {
    parse(url)?.scheme_str().map(str::to_owned)
}

fn parse(url: &str) -> Option<Uri> {
    let uri: Uri = url.split('#').next()?.parse().ok()?;
    (uri.scheme().is_some() && uri.host().is_some_and(|host| !host.is_empty())).then_some(uri)
}
