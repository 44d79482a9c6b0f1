//! A client under examination that does what a test wants of it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use protocol::v1::{
    self,
    device_under_test_service_server::{DeviceUnderTestService, DeviceUnderTestServiceServer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// What is wrong with the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// Nothing: it reports nothing, and says so.
    Nothing,
    /// After so many activities it never answers again.
    Hangs(u64),
    /// After so many activities it answers nothing but errors.
    Fails(u64),
    /// After so many activities it is gone.
    Dies(u64),
    /// It has no activity but sessions.
    LacksVisits,
    /// It has visits and sessions, and nothing else.
    HasVisitsAlone,
    /// It sends without end.
    Floods,
    /// Its uploads are longer than the tap keeps.
    Bulky,
    /// Its clock is the wall's.
    WallClock,
    /// It never says what it is.
    Silent,
    /// It says what the contract does not allow.
    NoVersion,
}

/// A client that is wrong in one way.
#[derive(Debug, Clone)]
pub(crate) struct Fake {
    wrong: Wrong,
    performed: Arc<AtomicU64>,
    routes: Arc<std::sync::Mutex<Vec<v1::Route>>>,
    stop: Arc<tokio::sync::Notify>,
}

impl Fake {
    /// Starts the client on a thread of its own, and says where.
    pub(crate) fn start(wrong: Wrong) -> SocketAddr {
        let (say, said) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                say.send(listener.local_addr().unwrap()).unwrap();
                let stop = Arc::new(tokio::sync::Notify::new());
                let fake = Self { wrong, performed: Arc::default(), routes: Arc::default(), stop: Arc::clone(&stop) };
                let service = DeviceUnderTestServiceServer::new(fake);
                let server =
                    tonic::transport::Server::builder().serve_with_incoming(service, TcpListenerStream::new(listener));
                tokio::select! {
                    _ = server => {}
                    () = stop.notified() => {} // a crash: every connection is gone with the runtime
                }
            });
        });
        said.recv().unwrap()
    }

    async fn upload(&self, body: &[u8]) -> Option<()> {
        let routes = self.routes.lock().unwrap().clone();
        let address = routes.iter().find(|route| !route.tls)?.address.clone();
        let mut stream = TcpStream::connect(address).await.ok()?;
        let head = format!(
            "POST /u HTTP/1.1\r\nhost: v.example\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let _ = stream.write_all(&[head.as_bytes(), body].concat()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        Some(())
    }

    async fn act(&self, activity: Option<v1::perform_request::Activity>) -> Result<v1::Outcome, Status> {
        use v1::perform_request::Activity;
        let count = self.performed.fetch_add(1, Ordering::Relaxed);
        let frame = matches!(activity, Some(Activity::OpenSession(_) | Activity::CloseSession(_)));
        let visit = matches!(activity, Some(Activity::Visit(_)));
        match self.wrong {
            Wrong::Hangs(after) if count >= after => std::future::pending().await,
            Wrong::Fails(after) if count >= after => Err(Status::internal("out of order")),
            Wrong::Dies(after) if count >= after => {
                self.stop.notify_one();
                std::future::pending().await
            }
            Wrong::LacksVisits if !frame => Ok(v1::Outcome::Unsupported),
            Wrong::HasVisitsAlone if !frame && !visit => Ok(v1::Outcome::Unsupported),
            Wrong::Floods => {
                for _ in 0..100 {
                    self.upload(b"flood").await;
                }
                Ok(v1::Outcome::Done)
            }
            Wrong::Bulky => {
                self.upload(&[b'x'; 5_000]).await;
                Ok(v1::Outcome::Done)
            }
            _ => Ok(v1::Outcome::Done),
        }
    }
}

#[tonic::async_trait]
impl DeviceUnderTestService for Fake {
    async fn describe(&self, _: Request<v1::DescribeRequest>) -> Result<Response<v1::DescribeResponse>, Status> {
        if self.wrong == Wrong::Silent {
            std::future::pending::<()>().await;
        }
        let clock = if self.wrong == Wrong::WallClock { v1::Clock::Wall } else { v1::Clock::Virtual };
        let versions = if self.wrong == Wrong::NoVersion { vec![] } else { vec!["1".to_owned()] };
        Ok(Response::new(v1::DescribeResponse {
            product: "fake".to_owned(),
            versions,
            clock: clock.into(),
            ..v1::DescribeResponse::default()
        }))
    }

    async fn prepare(&self, request: Request<v1::PrepareRequest>) -> Result<Response<v1::PrepareResponse>, Status> {
        *self.routes.lock().unwrap() = request.into_inner().routes;
        Ok(Response::new(v1::PrepareResponse {}))
    }

    async fn perform(&self, request: Request<v1::PerformRequest>) -> Result<Response<v1::PerformResponse>, Status> {
        let outcome = self.act(request.into_inner().activity).await?;
        Ok(Response::new(v1::PerformResponse { outcome: outcome.into(), reason: String::new() }))
    }

    async fn advance(&self, request: Request<v1::AdvanceRequest>) -> Result<Response<v1::AdvanceResponse>, Status> {
        if self.wrong == Wrong::WallClock {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
            let left = i128::from(request.into_inner().to_ms) - i128::try_from(now).unwrap();
            tokio::time::sleep(Duration::from_millis(u64::try_from(left).unwrap_or(0))).await;
        }
        Ok(Response::new(v1::AdvanceResponse {}))
    }

    async fn read_controls(
        &self,
        _: Request<v1::ReadControlsRequest>,
    ) -> Result<Response<v1::ReadControlsResponse>, Status> {
        Err(Status::unimplemented("no controls"))
    }

    async fn operate_control(
        &self,
        _: Request<v1::OperateControlRequest>,
    ) -> Result<Response<v1::OperateControlResponse>, Status> {
        Err(Status::unimplemented("no controls"))
    }
}
