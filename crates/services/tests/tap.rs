//! The tap records what a client sends, in whatever form of HTTP it sends it, and says what it could not record.

use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client::conn, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use model::{Channel, Timestamp};
use services::tap::{ANY_HOST, Authority, Page, Recording, Tap, TapConfig, TapLimits, TapTime};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

const VENDOR: &str = "telemetry.vendor.example";

struct Stage {
    tap: Tap,
    authority: Arc<Authority>,
}

impl Stage {
    async fn new(config: TapConfig) -> Self {
        let authority = Arc::new(Authority::new().unwrap());
        let config = TapConfig { hosts: vec![VENDOR.to_owned()], ..config };
        let tap = Tap::open(config, Arc::clone(&authority), TapTime::Told, at(1)).await.unwrap();
        Self { tap, authority }
    }

    async fn plain(&self, host: &str) -> TcpStream {
        TcpStream::connect(self.tap.addresses()[host]).await.unwrap()
    }

    /// TLS to `name` as a client speaks it that trusts the tap's authority.
    async fn tls<S>(&self, stream: S, name: &str, alpn: &str) -> tokio_rustls::client::TlsStream<S>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.authority.pem().as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
        let name = ServerName::try_from(name.to_owned()).unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }

    fn finish(self) -> Recording {
        self.tap.finish()
    }
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms)
}

async fn http1<S>(stream: S, request: Request<Full<Bytes>>) -> Response<Incoming>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection.with_upgrades());
    sender.send_request(request).await.unwrap()
}

async fn http2<S>(stream: S, request: Request<Full<Bytes>>) -> Response<Incoming>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender.send_request(request).await.unwrap()
}

fn upload(uri: &str, host: &str, body: &'static str) -> Request<Full<Bytes>> {
    let request = Request::post(uri).header(header::HOST, host).header("x-sdk", "2.1");
    request.body(Full::new(Bytes::from_static(body.as_bytes()))).unwrap()
}

#[tokio::test]
async fn every_form_of_http_is_the_same_upload() {
    let stage = Stage::new(TapConfig::default()).await;
    let answer = http1(stage.plain(VENDOR).await, upload("/v1/events?x=1", VENDOR, "{\"a\":1}")).await;
    assert_eq!(answer.status(), 200);
    stage.tap.set_time(at(2));
    let prior =
        http2(stage.plain(VENDOR).await, upload(&format!("http://{VENDOR}/v1/events?x=1"), VENDOR, "{\"a\":1}"));
    assert_eq!(prior.await.status(), 200);
    stage.tap.set_time(at(3));
    let tls = stage.tls(stage.plain(ANY_HOST).await, VENDOR, "http/1.1").await;
    assert_eq!(http1(tls, upload("/v1/events?x=1", VENDOR, "{\"a\":1}")).await.status(), 200);
    stage.tap.set_time(at(4));
    let tls = stage.tls(stage.plain(VENDOR).await, VENDOR, "h2").await;
    assert_eq!(http2(tls, upload(&format!("https://{VENDOR}/v1/events?x=1"), VENDOR, "{\"a\":1}")).await.status(), 200);
    let Recording { flows, faults } = stage.finish();
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(flows.iter().map(|flow| flow.at.as_millis()).collect::<Vec<_>>(), [1, 2, 3, 4]);
    for (id, flow) in (0..).zip(&flows) {
        assert_eq!((flow.id.0, flow.host.as_str(), flow.method.as_str()), (id, VENDOR, "POST"));
        assert_eq!(
            (flow.path.as_str(), flow.channel, &*flow.body),
            ("/v1/events?x=1", Channel::Http, &b"{\"a\":1}"[..])
        );
        assert!(flow.headers.contains(&("x-sdk".to_owned(), "2.1".to_owned())), "{:?}", flow.headers);
        assert!(flow.headers.iter().all(|(name, _)| name != "host"), "{:?}", flow.headers);
    }
}

#[tokio::test]
async fn a_proxy_takes_whole_addresses_and_opens_tunnels() {
    let stage = Stage::new(TapConfig::default()).await;
    let request = upload("http://pages.example/a", "pages.example", "plain");
    assert_eq!(http1(stage.plain(ANY_HOST).await, request).await.status(), 200);
    let connect = Request::connect("secret.example:443").body(Full::new(Bytes::new())).unwrap();
    let answer = http1(stage.plain(ANY_HOST).await, connect).await;
    assert_eq!(answer.status(), 200);
    let tunnel = TokioIo::new(hyper::upgrade::on(answer).await.unwrap());
    let tls = stage.tls(tunnel, "secret.example", "http/1.1").await;
    assert_eq!(http1(tls, upload("/b", "secret.example", "sealed")).await.status(), 200);
    let Recording { flows, faults } = stage.finish();
    assert_eq!(faults, Vec::<String>::new());
    let seen: Vec<_> = flows.iter().map(|flow| (flow.host.as_str(), flow.path.as_str(), &*flow.body)).collect();
    assert_eq!(seen, [("pages.example", "/a", &b"plain"[..]), ("secret.example", "/b", &b"sealed"[..])]);
}

#[tokio::test]
async fn a_client_that_names_the_tap_as_host_is_understood_by_the_address_it_was_given() {
    let stage = Stage::new(TapConfig::default()).await;
    let own = stage.tap.addresses()[VENDOR].to_string();
    http1(stage.plain(VENDOR).await, upload("/", &own, "")).await;
    assert_eq!(stage.finish().flows[0].host.as_str(), VENDOR);
}

#[tokio::test]
async fn a_grpc_upload_is_answered_with_an_empty_message_and_ok() {
    let stage = Stage::new(TapConfig::default()).await;
    let request = Request::post(format!("http://{VENDOR}/vendor.Telemetry/Send"))
        .header(header::CONTENT_TYPE, "application/grpc+proto")
        .header("te", "trailers")
        .body(Full::new(Bytes::from_static(b"\0\0\0\0\x02\x08\x01")))
        .unwrap();
    let answer = http2(stage.plain(VENDOR).await, request).await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/grpc");
    let whole = answer.into_body().collect().await.unwrap();
    assert_eq!(whole.trailers().unwrap()["grpc-status"], "0");
    assert_eq!(&*whole.to_bytes(), &[0; 5]);
    assert_eq!(stage.finish().flows[0].body.len(), 7);
}

#[tokio::test]
async fn a_visit_finds_the_page_and_its_text_cannot_close_it() {
    let page = Page {
        title: "kq3xn7wz2m".to_owned(),
        text: "</p><script>".to_owned(),
        links: vec!["https://a.example/?b=1&c=2".to_owned()],
        embeds: Vec::new(),
    };
    let stage =
        Stage::new(TapConfig { pages: [("pages.example".to_owned(), page)].into(), ..TapConfig::default() }).await;
    let request = Request::get("http://pages.example/x").body(Full::new(Bytes::new())).unwrap();
    let answer = http1(stage.plain(ANY_HOST).await, request).await;
    let html = String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
    assert!(html.contains("<title>kq3xn7wz2m</title>"), "{html}");
    assert!(html.contains("href=\"https://a.example/?b=1&amp;c=2\""), "{html}");
    assert!(!html.contains("<script>"), "{html}");
}

#[tokio::test]
async fn what_is_handed_on_is_recorded_and_answered_by_the_other_side() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let forward = [(VENDOR.to_owned(), listener.local_addr().unwrap())].into();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let service = service_fn(async |request: Request<Incoming>| {
            let host = request.headers()[header::HOST].to_str().unwrap().to_owned();
            let body = request.into_body().collect().await?.to_bytes();
            let said = format!("{host} took {} bytes", body.len());
            Ok::<_, hyper::Error>(Response::builder().status(202).body(Full::new(Bytes::from(said))).unwrap())
        });
        let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    });
    let stage = Stage::new(TapConfig { forward, ..TapConfig::default() }).await;
    let answer = http1(stage.plain(VENDOR).await, upload("/", VENDOR, "12345")).await;
    assert_eq!(answer.status(), 202);
    let said = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(&*said, format!("{VENDOR} took 5 bytes").as_bytes());
    assert_eq!(stage.finish().flows[0].body, b"12345");
}

#[tokio::test]
async fn a_body_that_is_too_long_is_cut_and_said_to_be() {
    let limits = TapLimits { body_bytes_max: 4, ..TapLimits::default() };
    let stage = Stage::new(TapConfig { limits, ..TapConfig::default() }).await;
    assert_eq!(http1(stage.plain(VENDOR).await, upload("/a", VENDOR, "1234")).await.status(), 200);
    assert_eq!(http1(stage.plain(VENDOR).await, upload("/b", VENDOR, "12345")).await.status(), 413);
    let Recording { flows, faults } = stage.finish();
    assert_eq!(flows[1].body, b"1234");
    assert_eq!(faults, [format!("1 body was recorded in part: POST {VENDOR}/b")]);
}

#[tokio::test]
async fn a_flood_is_refused_and_said_to_be() {
    let limits = TapLimits { flows_max: 2, ..TapLimits::default() };
    let stage = Stage::new(TapConfig { limits, ..TapConfig::default() }).await;
    for expected in [200, 200, 503] {
        assert_eq!(http1(stage.plain(VENDOR).await, upload("/", VENDOR, "")).await.status(), expected);
    }
    assert!(stage.tap.is_flooded());
    let Recording { flows, faults } = stage.finish();
    assert_eq!(flows.len(), 2);
    assert!(faults[0].contains("flooded"), "{faults:?}");
}

#[tokio::test]
async fn what_cannot_be_read_is_no_silence() {
    let limits = TapLimits { patience_ms: 200, ..TapLimits::default() };
    let stage = Stage::new(TapConfig { limits, ..TapConfig::default() }).await;
    let say = async |bytes: &[u8]| {
        let mut stream = stage.plain(VENDOR).await;
        stream.write_all(bytes).await.unwrap();
        let mut rest = Vec::new();
        let _ = tokio::time::timeout(std::time::Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
    };
    say(b"\x01\x02 a protocol of its own\r\n\r\n").await;
    say(b"POST / HTTP/1.1\r\nhost: a.example\r\ncontent-length: 10\r\n\r\nhalf").await;
    say(b"\x16\x03\x01\0\x05hello").await;
    let Recording { flows, faults } = stage.finish();
    assert_eq!(flows[0].body, b"half");
    for expected in
        ["1 request broke off", "1 connection could not be read as HTTP", "1 TLS connection did not come about"]
    {
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{expected}: {faults:?}");
    }
}

#[tokio::test]
async fn a_socket_that_is_to_be_kept_open_is_a_flow_of_its_own_kind() {
    let stage = Stage::new(TapConfig::default()).await;
    let request = Request::get("/push?id=7")
        .header(header::HOST, "push.example")
        .header(header::CONNECTION, "upgrade")
        .header(header::UPGRADE, "websocket")
        .body(Full::new(Bytes::new()))
        .unwrap();
    http1(stage.plain(ANY_HOST).await, request).await;
    let flows = stage.finish().flows;
    assert_eq!((flows[0].channel, flows[0].host.as_str()), (Channel::Socket, "push.example"));
}

#[tokio::test]
async fn nobody_but_this_machine_reaches_the_tap() {
    let stage = Stage::new(TapConfig::default()).await;
    assert!(stage.tap.addresses().values().all(|address: &SocketAddr| address.ip().is_loopback()));
}
