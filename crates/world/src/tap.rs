//! The examiner's tap at a device's edge: records what leaves, as it leaves.

use model::{Capture, Channel, ConnectionId, DeviceId, Flow, FlowId, Host, Timestamp, Upload};
use prost::Message;
use protocol::v1::UploadRequest;

use crate::{PlayError, wire::WireRequest};

/// Length of the prefix of a gRPC message: a flag and 32 bits of length.
const GRPC_PREFIX_BYTES: usize = 5;

/// How something leaves, and through which connection where one is kept open.
type OutBy = (Channel, Option<ConnectionId>);

/// A tap with TLS opened.
#[derive(Debug)]
pub(crate) struct Tap {
    capture: Capture,
}

impl Tap {
    pub(crate) fn new(device: DeviceId) -> Self {
        Self { capture: Capture { device, flows: Vec::new() } }
    }

    /// What was recorded so far.
    pub(crate) fn flows(&self) -> &[Flow] {
        &self.capture.flows
    }

    /// What was recorded.
    pub(crate) fn into_capture(self) -> Capture {
        self.capture
    }

    /// Records a serialized request on its way to a collector. The flow holds the upload inside.
    ///
    /// # Errors
    /// If the bytes are no `UploadRequest` behind a gRPC prefix.
    pub(crate) fn see_request(&mut self, at: Timestamp, host: &Host, request: &WireRequest) -> Result<(), PlayError> {
        let wire = request.body();
        let message = wire.get(GRPC_PREFIX_BYTES..).unwrap_or_default();
        let opened = UploadRequest::decode(message).map_err(|error| PlayError::Tap(error.to_string()))?;
        let upload = Upload::from(opened);
        self.record(at, (Channel::Http, None), host, &upload, wire.len());
        Ok(())
    }

    /// Records a serialized call to a service of the vendor that takes no uploads. The flow holds the call's message.
    pub(crate) fn see_call(&mut self, at: Timestamp, host: &Host, request: &WireRequest) {
        let body = request.body().get(GRPC_PREFIX_BYTES..).unwrap_or_default().to_vec();
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        let upload = Upload { method, path, body, ..Upload::default() };
        self.record(at, (Channel::Http, None), host, &upload, request.body().len());
    }

    /// Records what goes elsewhere: pages, names looked up, connections.
    pub(crate) fn see_upload(&mut self, at: Timestamp, way: OutBy, host: &Host, upload: &Upload) {
        let headers: usize = upload.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        let bytes = upload.method.len() + upload.path.len() + headers + upload.body.len();
        self.record(at, way, host, upload, bytes);
    }

    fn record(&mut self, at: Timestamp, (channel, connection): OutBy, host: &Host, upload: &Upload, wire_bytes: usize) {
        let Upload { method, path, headers, body, .. } = upload.clone();
        let id = FlowId(self.capture.flows.len() as u64);
        let (host, wire_bytes) = (host.clone(), wire_bytes as u64);
        self.capture.flows.push(Flow { id, at, channel, host, method, path, headers, body, wire_bytes, connection });
    }
}
