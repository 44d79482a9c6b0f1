//! The parts of an HTTP Archive that say what left the device. Whatever else a tool writes is passed over.

use model::Timestamp;
use serde::Deserialize;

use super::wtf8;

#[derive(Deserialize)]
#[serde(expecting = "an HTTP Archive: an object with `log` inside, as browsers and mitmproxy export it")]
pub(super) struct Har {
    pub(super) log: Log,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with the list `entries` inside")]
pub(super) struct Log {
    pub(super) entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an entry: an object with `startedDateTime` and `request`")]
pub(super) struct Entry {
    pub(super) started_date_time: Timestamp,
    pub(super) request: Request,
    #[serde(default)]
    pub(super) timings: Option<Timings>,
    /// The transport connection, by a name that is unique in the file.
    #[serde(default)]
    pub(super) connection: Option<String>,
    #[serde(default, rename = "_webSocketMessages")]
    pub(super) messages: Vec<Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a request: an object with `method` and `url`")]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) url: String,
    #[serde(default)]
    pub(super) headers: Vec<Pair>,
    #[serde(default)]
    pub(super) cookies: Vec<Pair>,
    #[serde(default)]
    pub(super) post_data: Option<PostData>,
    #[serde(default)]
    pub(super) headers_size: Option<f64>,
    #[serde(default)]
    pub(super) body_size: Option<f64>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `name` and `value`")]
pub(super) struct Pair {
    pub(super) name: String,
    #[serde(default)]
    pub(super) value: wtf8::Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostData {
    #[serde(default)]
    pub(super) mime_type: String,
    #[serde(default)]
    pub(super) text: Option<wtf8::Bytes>,
    #[serde(default, alias = "_encoding")]
    pub(super) encoding: Option<String>,
    #[serde(default)]
    pub(super) params: Vec<Param>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Param {
    pub(super) name: String,
    #[serde(default)]
    pub(super) value: wtf8::Bytes,
    #[serde(default)]
    pub(super) file_name: Option<String>,
}

/// Milliseconds; -1 or absent where they do not apply. `connect` holds `ssl`.
#[derive(Deserialize, Default)]
pub(super) struct Timings {
    #[serde(default)]
    pub(super) blocked: Option<f64>,
    #[serde(default)]
    pub(super) dns: Option<f64>,
    #[serde(default)]
    pub(super) connect: Option<f64>,
}

/// A web socket message, as Chromium writes it.
#[derive(Deserialize)]
pub(super) struct Message {
    #[serde(rename = "type")]
    pub(super) direction: String,
    /// Seconds since the Unix epoch.
    pub(super) time: f64,
    pub(super) opcode: f64,
    pub(super) data: wtf8::Bytes,
}
