//! `DeviceUnderTestService` in front of the client: what an examiner asks of it.

use std::collections::BTreeMap;

use protocol::v1::{
    AdvanceRequest, AdvanceResponse, Clock, Control, DeclaredEndpoint, DeclaredField, DescribeRequest,
    DescribeResponse, Mode, OperateControlRequest, OperateControlResponse, Outcome, PerformRequest, PerformResponse,
    PrepareRequest, PrepareResponse, Promise, ReadControlsRequest, ReadControlsResponse, Reset,
    device_under_test_service_server::DeviceUnderTestService,
};
use tokio::sync::Mutex;
use tonic::{Request, Response, Status};

use crate::device::{Device, Leak, VENDOR};

const SWITCH: &str = "usage-data";
const ACTIVITIES: [&str; 10] = [
    "open_session",
    "close_session",
    "visit",
    "search",
    "type_text",
    "download",
    "share",
    "set_online",
    "crash_tab",
    "crash_app",
];

/// The client with all of its devices.
#[derive(Debug)]
pub(crate) struct Client {
    leak: Leak,
    devices: Mutex<BTreeMap<String, Device>>,
}

impl Client {
    /// No device yet.
    pub(crate) fn new(leak: Leak) -> Self {
        Self { leak, devices: Mutex::default() }
    }
}

fn unknown(device: &str) -> Status {
    Status::not_found(format!("device `{device}` was never prepared"))
}

#[tonic::async_trait]
impl DeviceUnderTestService for Client {
    async fn describe(&self, _: Request<DescribeRequest>) -> Result<Response<DescribeResponse>, Status> {
        let field = |name: &str, purpose: &str| DeclaredField {
            name: name.to_owned(),
            purpose: purpose.to_owned(),
            modes: vec![Mode::Normal.into()],
        };
        Ok(Response::new(DescribeResponse {
            product: "example-browser".to_owned(),
            versions: vec!["1.0".to_owned()],
            clock: Clock::Virtual.into(),
            nondeterministic: false,
            activities: ACTIVITIES.map(str::to_owned).to_vec(),
            endpoints: vec![DeclaredEndpoint {
                host: VENDOR.to_owned(),
                served_in: "DE".to_owned(),
                purpose: "usage statistics".to_owned(),
            }],
            fields: vec![
                field("install", "counting installations"),
                field("version", "telling versions apart"),
                field("event", "counting what is used"),
                field("at", "counting by day"),
                field("host", "finding sites that break"),
                field("engine", "counting search engines"),
            ],
            settings: Vec::new(),
        }))
    }

    async fn prepare(&self, request: Request<PrepareRequest>) -> Result<Response<PrepareResponse>, Status> {
        let request = request.into_inner();
        let mut devices = self.devices.lock().await;
        match devices.get_mut(&request.device).filter(|_| request.reset() != Reset::Factory) {
            Some(device) => {
                device.advance(request.now_ms).await;
                device.reset(&request);
            }
            None => {
                devices.insert(request.device.clone(), Device::new(self.leak, &request));
            }
        }
        Ok(Response::new(PrepareResponse {}))
    }

    async fn perform(&self, request: Request<PerformRequest>) -> Result<Response<PerformResponse>, Status> {
        let request = request.into_inner();
        let mut devices = self.devices.lock().await;
        let device = devices.get_mut(&request.device).ok_or_else(|| unknown(&request.device))?;
        let activity = request.activity.ok_or_else(|| Status::invalid_argument("no activity"))?;
        device.advance(request.now_ms).await;
        let done = device.perform(&request.session, activity).await;
        let outcome = if done { Outcome::Done } else { Outcome::Unsupported };
        Ok(Response::new(PerformResponse { outcome: outcome.into(), reason: String::new() }))
    }

    async fn advance(&self, request: Request<AdvanceRequest>) -> Result<Response<AdvanceResponse>, Status> {
        let request = request.into_inner();
        let mut devices = self.devices.lock().await;
        let device = devices.get_mut(&request.device).ok_or_else(|| unknown(&request.device))?;
        device.advance(request.to_ms).await;
        Ok(Response::new(AdvanceResponse {}))
    }

    async fn read_controls(
        &self,
        request: Request<ReadControlsRequest>,
    ) -> Result<Response<ReadControlsResponse>, Status> {
        let devices = self.devices.lock().await;
        let name = request.into_inner().device;
        let device = devices.get(&name).ok_or_else(|| unknown(&name))?;
        let switch = Control {
            id: SWITCH.to_owned(),
            label: "Send usage data".to_owned(),
            description: "Which sites break, and which search engines are used. Never from incognito windows."
                .to_owned(),
            positions: vec!["on".to_owned(), "off".to_owned()],
            position: if device.usage_on { "on" } else { "off" }.to_owned(),
            default_position: "on".to_owned(),
            promises: vec![Promise::Collect.into(), Promise::Suppress.into()],
        };
        Ok(Response::new(ReadControlsResponse { controls: vec![switch] }))
    }

    async fn operate_control(
        &self,
        request: Request<OperateControlRequest>,
    ) -> Result<Response<OperateControlResponse>, Status> {
        let request = request.into_inner();
        let mut devices = self.devices.lock().await;
        let device = devices.get_mut(&request.device).ok_or_else(|| unknown(&request.device))?;
        device.advance(request.now_ms).await;
        match (request.id.as_str(), request.position.as_str()) {
            (SWITCH, "on") => device.switch(true),
            (SWITCH, "off") => device.switch(false),
            _ => return Err(Status::invalid_argument("no such control or position")),
        }
        Ok(Response::new(OperateControlResponse { outcome: Outcome::Done.into(), reason: String::new() }))
    }
}
