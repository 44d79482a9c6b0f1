//! Services on loopback sockets.

mod stage;

use std::{net::SocketAddr, time::Duration};

use futures::StreamExt;
use model::Timestamp;
use protocol::{
    status::reason,
    v1::{
        self, aggregation_service_client::AggregationServiceClient, audit_service_client::AuditServiceClient,
        collection_service_client::CollectionServiceClient,
    },
};
use services::{
    AggregationApi, AggregationConfig, AggregationLimits, AuditApi, AuditLimits, Clock, CollectionApi, Forward,
    ServeError, ServeOptions, Which, serve, stamp_peer,
};
use stage::{batch, collection, config, driver, noon, query, token, upload};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    Code, Request,
    transport::{Channel, Endpoint},
};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

/// What no test should take, even on a busy machine.
const LONG: Duration = Duration::from_secs(60);

/// A server that runs until it is told to stop.
struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), ServeError>>,
}

impl Running {
    async fn start(which: Which, options: ServeOptions) -> Self {
        Self::start_on(TcpListener::bind("127.0.0.1:0").await.expect("a free port"), which, options)
    }

    fn start_on(listener: TcpListener, which: Which, options: ServeOptions) -> Self {
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move { stopped.await.unwrap_or_default() };
        Self { address, stop, ended: tokio::spawn(serve(listener, which, options, shutdown)) }
    }

    fn endpoint(&self) -> Endpoint {
        endpoint(self.address)
    }

    async fn channel(&self) -> Channel {
        self.endpoint().connect().await.expect("somebody listens")
    }

    async fn stop(self) {
        self.stop.send(()).expect("still runs");
        timeout(LONG, self.ended).await.expect("ends in time").expect("no panic").expect("ends well");
    }
}

fn endpoint(address: SocketAddr) -> Endpoint {
    Endpoint::from_shared(format!("http://{address}")).expect("a URI")
}

fn auditor() -> Which {
    Which::Auditor(AuditApi::new(AuditLimits::default()))
}

#[tokio::test]
async fn upload_over_a_socket_is_counted_once() {
    let api = collection();
    let server = Running::start(Which::Collector(api.clone(), None), ServeOptions::default()).await;
    let mut client = CollectionServiceClient::new(server.channel().await);
    for expected in [v1::Admission::Counted, v1::Admission::Duplicate] {
        let request = driver().request(v1::UploadRequest::from(upload("k1", "d1", noon())), noon());
        let receipt = client.upload(request).await.expect("taken").into_inner().receipt.expect("a receipt");
        assert_eq!(receipt.admission(), expected);
    }
    let stranger = client.upload(v1::UploadRequest::from(upload("k2", "d1", noon()))).await.expect_err("no driver");
    assert_eq!((stranger.code(), reason(&stranger)), (Code::Unauthenticated, Some("no-driver")));
    let huge = model::Upload { body: vec![0; 1 << 20], ..upload("k3", "d1", noon()) };
    let error = client.upload(driver().request(v1::UploadRequest::from(huge), noon())).await.expect_err("too large");
    assert_eq!(error.code(), Code::OutOfRange);
    server.stop().await;
    assert_eq!(api.take("main").expect("is open").counts().batches, 1);
}

#[tokio::test]
async fn health_and_reflection_answer() {
    let server = Running::start(Which::Collector(collection(), None), ServeOptions::default()).await;
    let channel = server.channel().await;
    let mut health = HealthClient::new(channel.clone());
    for service in ["", "glasshouse.v1.CollectionService", "glasshouse.v1.InspectionService"] {
        let answer = health.check(HealthCheckRequest { service: service.to_owned() }).await.expect(service);
        assert_eq!(answer.into_inner().status(), ServingStatus::Serving, "{service}");
    }
    let unknown = HealthCheckRequest { service: "glasshouse.v1.AuditService".to_owned() };
    assert_eq!(health.check(unknown).await.expect_err("not served here").code(), Code::NotFound);

    let symbol = MessageRequest::FileContainingSymbol("glasshouse.v1.CollectionService".to_owned());
    let asked = [symbol, MessageRequest::ListServices(String::new())]
        .map(|asked| ServerReflectionRequest { host: String::new(), message_request: Some(asked) });
    let mut reflection = ServerReflectionClient::new(channel);
    let call = reflection.server_reflection_info(futures::stream::iter(asked));
    let mut answers = call.await.expect("reflection").into_inner();
    let answer = answers.message().await.expect("an answer").expect("one");
    assert!(
        matches!(answer.message_response, Some(MessageResponse::FileDescriptorResponse(files)) if !files.file_descriptor_proto.is_empty())
    );
    let answer = answers.message().await.expect("an answer").expect("one");
    let Some(MessageResponse::ListServicesResponse(listed)) = answer.message_response else { panic!("no list") };
    let mut listed: Vec<String> = listed.service.into_iter().map(|service| service.name).collect();
    listed.sort();
    let served = ["CollectionService", "InspectionService", "OversightService", "VerificationService"]
        .map(|name| format!("glasshouse.v1.{name}"));
    let beside = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"].map(str::to_owned);
    assert_eq!(listed, [&served[..], &beside[..]].concat(), "what is served here, and nothing else of the contract");
    server.stop().await;
}

#[tokio::test]
async fn service_that_is_not_served_is_unimplemented() {
    let server = Running::start(auditor(), ServeOptions::default()).await;
    let mut client = CollectionServiceClient::new(server.channel().await);
    let error = client.submit(v1::SubmitRequest::default()).await.expect_err("not served here");
    assert_eq!(error.code(), Code::Unimplemented);
    server.stop().await;
}

#[tokio::test]
async fn open_calls_end_before_the_server_does() {
    let api = collection();
    let server = Running::start(Which::Collector(api.clone(), None), ServeOptions::default()).await;
    let (send, receive) = mpsc::channel(1);
    let channel = server.channel().await;
    let request = driver().request(ReceiverStream::new(receive), noon());
    let message = |id: &str| v1::SubmitStreamRequest { batch: Some(batch(id, "d1", noon()).into()) };
    send.send(message("b1")).await.expect("the call is open");
    let mut answers =
        CollectionServiceClient::new(channel).submit_stream(request).await.expect("a stream").into_inner();
    answers.next().await.expect("an answer").expect("to the first batch");

    let address = server.address;
    server.stop.send(()).expect("still runs");
    // Once nobody listens any more, the stop has been heard.
    timeout(LONG, async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("the socket is closed");
    assert!(!server.ended.is_finished(), "a call is open");
    send.send(message("b2")).await.expect("the call is still open");
    answers.next().await.expect("an answer").expect("to the second batch");
    drop(send);
    assert!(answers.next().await.is_none());
    timeout(LONG, server.ended).await.expect("ends in time").expect("no panic").expect("ends well");
    assert_eq!(api.take("main").expect("is open").counts().batches, 2);
}

#[tokio::test]
async fn calls_that_do_not_end_are_cut() {
    let options = ServeOptions { drain_max: Duration::from_millis(100), ..ServeOptions::default() };
    let server = Running::start(Which::Collector(collection(), None), options).await;
    let (send, receive) = mpsc::channel::<v1::SubmitStreamRequest>(1);
    let request = driver().request(ReceiverStream::new(receive), noon());
    let mut client = CollectionServiceClient::new(server.channel().await);
    let _answers = client.submit_stream(request).await.expect("a stream");
    server.stop().await;
    drop(send);
}

#[tokio::test]
async fn slow_call_is_ended() {
    let options = ServeOptions { call_max: Duration::from_millis(100), ..ServeOptions::default() };
    let server = Running::start(auditor(), options).await;
    let (send, receive) = mpsc::channel::<v1::AuditRequest>(1);
    let mut client = AuditServiceClient::new(server.channel().await);
    let call = timeout(LONG, client.audit(ReceiverStream::new(receive))).await.expect("is ended");
    assert_eq!(call.expect_err("never got its case file").code(), Code::Cancelled);
    drop(send);
    server.stop().await;
}

#[tokio::test]
async fn silent_connection_is_closed() {
    let options = ServeOptions { greeting_max: Duration::from_millis(100), ..ServeOptions::default() };
    let server = Running::start(auditor(), options).await;
    let mut silent = TcpStream::connect(server.address).await.expect("somebody listens");
    let mut bytes = Vec::new();
    // Closed with or without a reset, but closed.
    let _ = timeout(LONG, silent.read_to_end(&mut bytes)).await.expect("is closed");
    server.stop().await;
}

#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    let options = ServeOptions { connections_max: 1, ..ServeOptions::default() };
    let server = Running::start(auditor(), options).await;
    let first = server.channel().await;
    let check = |channel: Channel| async move { HealthClient::new(channel).check(HealthCheckRequest::default()).await };
    check(first.clone()).await.expect("answers");
    let second = server.endpoint().connect_lazy();
    let waiting = tokio::spawn(check(second));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!waiting.is_finished(), "there is no place yet");
    drop(first);
    timeout(LONG, waiting).await.expect("gets the place").expect("no panic").expect("answers");
    server.stop().await;
}

/// A collector on the wall's clock whose windows are short and close at once.
fn impatient() -> CollectionApi {
    let mut config = config();
    config.queries[0].window = model::Duration::from_secs(1);
    config.limits.grace = model::Duration::from_secs(1);
    CollectionApi::new(config, Clock::Wall).expect("a usable configuration")
}

fn aggregator() -> AggregationApi {
    let config = AggregationConfig {
        queries: vec![model::Query { window: model::Duration::from_secs(1), ..query() }],
        regions: vec![config().region],
        budget: None,
        budget_covers: Default::default(),
        conduct: Default::default(),
        noise: model::Seed::root(1),
        limits: AggregationLimits::default(),
    };
    AggregationApi::new(config, Clock::Wall).with_peer(token("a-collector-of-ours"))
}

fn wall_now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    Timestamp::from_millis(since.as_millis().try_into().expect("before the year 292 million"))
}

#[tokio::test]
async fn sealed_windows_reach_an_aggregator_that_comes_late() {
    // A port that was free just now: nobody answers there yet.
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = free.local_addr().expect("an address");
    drop(free);
    let forward = Forward::new(&endpoint(address)).with_peer(token("a-collector-of-ours"));
    let api = impatient();
    let which = Which::Collector(api.clone(), Some(forward.every(Duration::from_millis(50))));
    let collector = Running::start(which, ServeOptions::default()).await;

    let mut client = CollectionServiceClient::new(collector.channel().await);
    let now = loop {
        let now = wall_now();
        let message = v1::SubmitRequest { batch: Some(batch("b1", "d1", now).into()) };
        match client.submit(message).await {
            Ok(_) => break now,
            // A busy machine may be slower than the window is long.
            Err(late) => assert_eq!(reason(&late), Some("late")),
        }
    };
    let sealed = || api.with_collector("main", |collector| collector.sealed().count()).expect("is open");
    timeout(LONG, async {
        while sealed() == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("is sealed");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(sealed(), 1, "kept while nobody has it");

    let listener = TcpListener::bind(address).await.expect("the port is free again");
    let aggregator = Running::start_on(listener, Which::Aggregator(aggregator()), ServeOptions::default());
    timeout(LONG, async {
        while sealed() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("is handed on");

    let window = model::Window::holding(now, model::Duration::from_secs(1));
    let (name, window) = ("events".to_owned(), Some(window.into()));
    let mut request = Request::new(v1::ReleaseRequest { query: name, window, even_if_incomplete: false });
    stamp_peer(&mut request, &token("a-collector-of-ours"));
    let mut client = AggregationServiceClient::new(aggregator.channel().await);
    let release = client.release(request).await.expect("complete").into_inner().release.expect("a release");
    assert_eq!(release.cells.iter().map(|cell| cell.value).collect::<Vec<_>>(), [1]);
    drop(client);
    collector.stop().await;
    aggregator.stop().await;
}
