//! HTTP Archives (HAR 1.2) as browsers and mitmproxy write them.
//!
//! What tools leave out, or write in ways of their own, is taken as far as it goes: sizes of -1, bodies in base64 or
//! as parameters, HTTP/2 pseudo headers, web socket messages. What a request is known to have sent and the file does not
//! hold is said to be missing, so that nobody takes a hole for silence.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use model::{Channel, ConnectionId, Duration, Flow, FlowId, Host, Timestamp};

use super::{
    HarFile,
    archive::{Entry, Har, Message, Param, PostData, Request, Timings},
    wtf8,
};

/// Most requests that are taken from one file.
const ENTRIES_MAX: usize = 100_000;

/// A file that is no HTTP Archive, with the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {pointer}: {problem}")]
pub struct HarError {
    /// Name of the file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// JSON pointer (RFC 6901) to the value.
    pub pointer: String,
    /// What was found and what was expected.
    pub problem: String,
}

/// Reads the archive `text`; `file` is what errors call it, `name` what notebooks call it.
///
/// # Errors
/// If it is no archive: where, what was found, and what was expected.
pub fn read(file: &str, name: &str, text: &str) -> Result<HarFile, HarError> {
    let mut reader = serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}'));
    let har: Har = serde_path_to_error::deserialize(&mut reader).map_err(|error| wrong(file, &error))?;
    let whole = har.log.entries.len();
    if whole > ENTRIES_MAX {
        let problem = format!("{whole} entries, expected at most {ENTRIES_MAX}: cut the file in pieces");
        let pointer = "/log/entries".to_owned();
        return Err(HarError { file: file.to_owned(), line: 1, column: 1, pointer, problem });
    }
    let mut har_file = HarFile { name: name.to_owned(), flows: Vec::new(), faults: Vec::new() };
    let mut connections = Connections::default();
    for (index, entry) in har.log.entries.into_iter().enumerate() {
        let pointer = format!("/log/entries/{index}/request");
        let connection = connections.number(entry.connection.as_deref());
        if let Err(problem) = take(entry, connection, &pointer, file, &mut har_file) {
            let (line, column) = place_of(text, index);
            return Err(HarError { file: file.to_owned(), line, column, pointer, problem });
        }
    }
    Ok(har_file)
}

fn wrong(file: &str, error: &serde_path_to_error::Error<serde_json::Error>) -> HarError {
    let pointer: String = error
        .path()
        .iter()
        .map(|step| match step {
            serde_path_to_error::Segment::Seq { index } => format!("/{index}"),
            serde_path_to_error::Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            _ => String::new(),
        })
        .collect();
    let told = error.inner().to_string();
    let problem = told.rsplit_once(" at line ").map_or(told.as_str(), |(problem, _)| problem).to_owned();
    // A text that ends where a line begins ends in a column before the first.
    let (line, column) = (error.inner().line().max(1), error.inner().column().max(1));
    let pointer = if pointer.is_empty() { "/".to_owned() } else { pointer };
    HarError { file: file.to_owned(), line, column, pointer, problem }
}

/// The line and column of the entry numbered `index`: that of its time, of which every entry has one.
fn place_of(text: &str, index: usize) -> (usize, usize) {
    let at = text.match_indices("\"startedDateTime\"").nth(index).map_or(0, |(at, _)| at);
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// The names of connections, numbered as they appear.
#[derive(Default)]
struct Connections(BTreeMap<String, ConnectionId>);

impl Connections {
    /// The number of the connection with that name; a tool that knows none writes an empty name or leaves it out.
    fn number(&mut self, name: Option<&str>) -> Option<ConnectionId> {
        let name = name.filter(|name| !name.is_empty())?;
        let next = ConnectionId(self.0.len() as u64 + 1);
        Some(*self.0.entry(name.to_owned()).or_insert(next))
    }
}

/// Adds what one entry says.
fn take(
    entry: Entry,
    connection: Option<ConnectionId>,
    pointer: &str,
    file: &str,
    to: &mut HarFile,
) -> Result<(), String> {
    let at = entry.started_date_time + before_sending(entry.timings.as_ref());
    let (scheme, host, path) = address(&entry.request.url)?;
    let host = Host::new(host).map_err(|error| error.to_string())?;
    let headers = headers(&entry.request);
    let (body, fault) = body(&entry.request)?;
    to.faults.extend(fault.map(|fault| format!("{file}{pointer}: {fault}")));
    let upgrades = headers.iter().any(|(name, _)| name == "upgrade") || matches!(scheme, "ws" | "wss");
    let channel = if upgrades { Channel::Socket } else { Channel::Http };
    let wire_bytes = size(&entry.request, &path, &headers, &body);
    let method = entry.request.method;
    let flow = Flow { id: FlowId(0), at, channel, host, method, path, headers, body, wire_bytes, connection };
    let opened = flow.clone();
    to.flows.push(flow);
    for message in entry.messages.iter().filter(|message| message.direction == "send") {
        let body = message_body(message)?;
        let (at, wire_bytes) = (from_seconds(message.time), body.len() as u64);
        let (method, headers) = (String::new(), Vec::new());
        to.flows.push(Flow { at, body, wire_bytes, method, headers, ..opened.clone() });
    }
    Ok(())
}

/// The time that a request waited and looked for its server before anything was sent.
fn before_sending(timings: Option<&Timings>) -> Duration {
    let parts = timings.map_or([None; 3], |timings| [timings.blocked, timings.dns, timings.connect]);
    Duration::from_millis(parts.into_iter().flatten().map(whole_ms).fold(0, u64::saturating_add))
}

/// Milliseconds as a whole number; a day at most, nothing if negative.
fn whole_ms(ms: f64) -> u64 {
    let bounded = if ms.is_finite() { ms.clamp(0.0, 86_400_000.0) } else { 0.0 };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between zero and a day
    let whole = bounded.round() as u64;
    whole
}

fn from_seconds(seconds: f64) -> Timestamp {
    const YEAR_10000_S: f64 = 253_402_300_800.0;
    let bounded = if seconds.is_finite() { seconds.clamp(0.0, YEAR_10000_S) } else { 0.0 };
    #[allow(clippy::cast_possible_truncation)] // far below 2^63
    Timestamp::from_millis((bounded * 1_000.0).round() as i64)
}

/// Scheme, host in lower case, and path with query.
fn address(url: &str) -> Result<(&str, String, String), String> {
    let expected = || {
        format!(
            "url `{}`: expected one with a scheme and a host, such as https://a.example/",
            url.chars().take(80).collect::<String>()
        )
    };
    let (scheme, rest) = url.split_once("://").ok_or_else(expected)?;
    let rest = rest.split('#').next().unwrap_or(rest);
    let ends = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(ends);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let bare = match host.rsplit_once(':') {
        Some((bare, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => bare,
        _ => host,
    };
    if bare.is_empty() {
        return Err(expected());
    }
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    Ok((scheme, bare.to_ascii_lowercase(), path))
}

/// The headers, without what HTTP/2 says of the request's own line; cookies that stand in no header are added.
fn headers(request: &Request) -> Vec<(String, String)> {
    let text = |bytes: &wtf8::Bytes| String::from_utf8_lossy(&bytes.0).into_owned();
    let own = request.headers.iter().filter(|header| !header.name.starts_with(':'));
    let mut headers: Vec<(String, String)> =
        own.map(|header| (header.name.to_ascii_lowercase(), text(&header.value))).collect();
    headers.retain(|(name, _)| name != "host");
    if !request.cookies.is_empty() && headers.iter().all(|(name, _)| name != "cookie") {
        let cookies = request.cookies.iter().map(|cookie| format!("{}={}", cookie.name, text(&cookie.value)));
        headers.push(("cookie".to_owned(), cookies.collect::<Vec<_>>().join("; ")));
    }
    headers
}

/// The body, and what is missing from it.
fn body(request: &Request) -> Result<(Vec<u8>, Option<String>), String> {
    let sent = request.body_size.map_or(0, whole_bytes);
    let Some(post) = &request.post_data else {
        let missing = (sent > 0).then(|| format!("a body of {sent} bytes is not in the file"));
        return Ok((Vec::new(), missing));
    };
    let text = post.text.as_ref().map(|text| text.0.as_slice()).filter(|text| !text.is_empty());
    let bytes = match (text, post.encoding.as_deref()) {
        (Some(text), Some("base64")) => {
            let packed: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            BASE64.decode(&packed).map_err(|error| format!("postData.text: no base64, as `encoding` says: {error}"))?
        }
        (Some(text), _) => text.to_vec(),
        (None, _) => params(post),
    };
    let replaced = bytes.windows(3).any(|bytes| bytes == "\u{fffd}".as_bytes());
    let fault = match bytes.len() {
        0 if sent > 0 => Some(format!("a body of {sent} bytes is not in the file")),
        _ if replaced => Some("the file holds the body with bytes replaced (U+FFFD)".to_owned()),
        _ => None,
    };
    Ok((bytes, fault))
}

fn whole_bytes(size: f64) -> u64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between zero and 2^53
    let whole = if size.is_finite() { size.clamp(0.0, 9_007_199_254_740_992.0) as u64 } else { 0 };
    whole
}

/// The form that parameters were sent as; uploaded files by name and content.
fn params(post: &PostData) -> Vec<u8> {
    if post.params.is_empty() {
        return Vec::new();
    }
    if post.mime_type.starts_with("multipart/") || post.params.iter().any(|param| param.file_name.is_some()) {
        let part = |param: &Param| {
            let file = param.file_name.as_ref().map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
            let head = format!("--har\r\ncontent-disposition: form-data; name=\"{}\"{file}\r\n\r\n", param.name);
            [head.as_bytes(), &param.value.0, b"\r\n"].concat()
        };
        let mut body: Vec<u8> = post.params.iter().flat_map(part).collect();
        body.extend_from_slice(b"--har--\r\n");
        return body;
    }
    let mut form = form_urlencoded::Serializer::new(String::new());
    for param in &post.params {
        // Most tools leave the parameters as they were sent; encoding them again is undone by any reader.
        form.append_pair(&param.name, &String::from_utf8_lossy(&param.value.0));
    }
    form.finish().into_bytes()
}

fn message_body(message: &Message) -> Result<Vec<u8>, String> {
    const BINARY: f64 = 2.0; // RFC 6455, section 5.2
    if (message.opcode - BINARY).abs() > 0.5 {
        return Ok(message.data.0.clone());
    }
    BASE64.decode(&message.data.0).map_err(|error| format!("a binary web socket message is no base64: {error}"))
}

/// The size as the file says it, or that of the request in the form of HTTP/1.1.
fn size(request: &Request, path: &str, headers: &[(String, String)], body: &[u8]) -> u64 {
    if let (Some(head), Some(body)) = (request.headers_size, request.body_size)
        && head >= 0.0
        && body >= 0.0
    {
        return whole_bytes(head).saturating_add(whole_bytes(body));
    }
    let head: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    (request.method.len() + path.len() + 14 + head + body.len()) as u64
}
