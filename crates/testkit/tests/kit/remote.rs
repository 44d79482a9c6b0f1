//! The same assertions on a client that speaks `DeviceUnderTestService`.

use model::{Boundary, ClaimKind, SwitchState};
use protocol::v1::device_under_test_service_server::DeviceUnderTestServiceServer;
use testkit::{Diary, Remote, assert_kept, assert_suppressed, check};
use tokio_stream::wrappers::TcpListenerStream;

use crate::{device::Leak, service::Client};

/// The example client on a thread of its own, examined at one state of its switch.
fn example(leak: Leak) -> Remote {
    let (say, said) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            say.send(listener.local_addr().unwrap()).unwrap();
            let service = DeviceUnderTestServiceServer::new(Client::new(leak));
            let server = tonic::transport::Server::builder();
            server.serve_with_incoming(service, TcpListenerStream::new(listener)).await.unwrap();
        });
    });
    let address = format!("http://{}", said.recv().unwrap());
    Remote { switch: vec![SwitchState::Collect], ..Remote::at(&address) }
}

#[test]
fn the_honest_example_is_suppressed_and_kept() {
    let client = example(Leak::None);
    assert_suppressed!(client, Diary::new().incognito().visit("https://a.example/").offline().wait("1h").online());
    assert_kept!(client, ClaimKind::IncognitoSuppressed);
}

#[test]
fn the_leaking_example_is_found_by_two_activities() {
    let diary = Diary::new().incognito().visit("https://clinic.example/");
    let failure = check::suppressed(&example(Leak::IncognitoUrl), &diary).expect_err("it leaks").to_string();
    assert!(failure.starts_with("`incognito-suppressed` is broken for example-browser 1.0 (collect)"), "{failure}");
    assert!(failure.contains("base64") && failure.contains("clinic.example"), "{failure}");
}

#[test]
fn an_identifier_of_the_example_that_comes_back_links_across_a_reset() {
    let across = [Boundary::ClearData];
    let failure = check::unlinkable(&example(Leak::InstallId), &across).expect_err("it links").to_string();
    assert!(failure.starts_with("`unlinkable` is broken for example-browser 1.0 (collect)"), "{failure}");
}

#[test]
fn nobody_at_the_address_is_a_failure_that_says_so() {
    let failure = check::suppressed(&Remote::at("http://127.0.0.1:1"), &Diary::new()).expect_err("nobody").to_string();
    assert!(failure.contains("no device can be reached at http://127.0.0.1:1"), "{failure}");
}
