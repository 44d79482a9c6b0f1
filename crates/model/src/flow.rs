//! What leaves a device, as the device sends it and as an examiner sees it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{DeviceId, Host, Timestamp};

/// One header: name in lower case, and value.
pub type Header = (String, String);

/// What one upload carries, in whatever form the vendor chose. The body is opaque.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Upload {
    /// HTTP method, such as `POST`.
    pub method: String,
    /// Host that the upload goes to.
    pub authority: String,
    /// Path with query.
    pub path: String,
    /// Headers in the order sent; names in lower case.
    pub headers: Vec<Header>,
    /// Body after every step of its encoding chain.
    pub body: Vec<u8>,
}

impl Upload {
    /// The value of the first header named `name` (lower case).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// What a device learns about an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// The server has it: nothing is to be sent again.
    Accepted,
    /// The server will never take it: sending it again is of no use.
    Refused,
    /// No answer, or a server that cannot answer now: send it again later.
    Unavailable,
}

/// How a flow left the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// A request over HTTP of any version.
    Http,
    /// A name looked up at a resolver; `path` holds the name.
    Dns,
    /// A connection that is opened and kept, such as a push socket.
    Socket,
}

/// A flow's number within its capture, from 0 in order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FlowId(pub u64);

impl fmt::Display for FlowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "flow {}", self.0)
    }
}

/// A transport connection's number within a capture: flows that share it left through the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionId(pub u64);

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connection {}", self.0)
    }
}

/// One exchange seen at the tap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Flow {
    /// Number within the capture.
    pub id: FlowId,
    /// When the request left the device.
    pub at: Timestamp,
    /// How it left.
    pub channel: Channel,
    /// Host that it went to.
    pub host: Host,
    /// HTTP method; empty on other channels.
    pub method: String,
    /// Path with query, or the name looked up.
    pub path: String,
    /// Headers in the order sent; names in lower case.
    pub headers: Vec<Header>,
    /// Body; base64 in files.
    #[serde(with = "base64_text")]
    pub body: Vec<u8>,
    /// Size of the serialized request in bytes, as somebody sees it who cannot open it.
    pub wire_bytes: u64,
    /// The transport connection that it left through, where the tap knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<ConnectionId>,
}

/// What the tap of one device saw, ordered by time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Capture {
    /// The device at whose edge the tap was.
    pub device: DeviceId,
    /// Flows; `flows[i].id` is `i`.
    pub flows: Vec<Flow>,
}

/// Bytes as base64 text (RFC 4648, section 4).
pub(crate) mod base64_text {
    use data_encoding::BASE64;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        BASE64.decode(text.as_bytes()).map_err(D::Error::custom)
    }
}
