//! A collector through its generated clients, in process.

mod stage;

use collector::Collector;
use encoding::{BodyChain, Form, Step};
use futures::{FutureExt, StreamExt, TryStreamExt};
use model::{Duration, ReportBatch, Seed, Timestamp, Upload};
use prost::Message;
use protocol::{
    Assembly,
    metadata::{DRIVER, MAIN_ROOM, NOW, ROOM},
    status::reason,
    v1::{
        self, collection_service_client::CollectionServiceClient, inspection_service_client::InspectionServiceClient,
    },
};
use services::{Clock, CollectionApi, Driver, stamp_peer, stamp_warrant};
use stage::{batch, collection, config, driver, noon, report, token, upload, warrant};
use tonic::{Code, Request, Status, metadata::MetadataValue};

async fn send(api: &CollectionApi, driver: &Driver, upload: Upload, now: Timestamp) -> Result<v1::Receipt, Status> {
    let request = driver.request(v1::UploadRequest::from(upload), now);
    let response = CollectionServiceClient::new(api.service()).upload(request).await?;
    Ok(response.into_inner().receipt.expect("a receipt"))
}

async fn inspect(api: &CollectionApi, mut request: Request<v1::InspectRequest>) -> Result<Vec<(u64, String)>, Status> {
    stamp_warrant(&mut request, &warrant());
    let answers = InspectionServiceClient::new(api.inspection_service()).inspect(request).await?.into_inner();
    let device = |response: v1::InspectResponse| {
        let report = response.holding.and_then(|holding| holding.report).expect("a report");
        (response.place, report.device.expect("a device"))
    };
    answers.map_ok(device).try_collect().await
}

fn devices(api: &CollectionApi, room: &str) -> Vec<String> {
    let named = |collector: &mut Collector| {
        collector.holdings().filter_map(|holding| holding.report.device.clone()).collect::<Vec<_>>()
    };
    api.with_collector(room, named).unwrap_or_default()
}

#[test]
fn upload_is_counted_once_however_often_it_is_sent() {
    let api = collection();
    let sent = || send(&api, &driver(), upload("k1", "d1", noon()), noon()).now_or_never().expect("whole at once");
    let first = sent().expect("taken");
    assert_eq!((first.batch.as_str(), first.admission(), first.reports_counted), ("k1", v1::Admission::Counted, 1));
    let replay = sent().expect("taken");
    assert_eq!((replay.admission(), replay.reports_counted), (v1::Admission::Duplicate, 0));
    assert_eq!(devices(&api, MAIN_ROOM), ["d1"]);
}

#[tokio::test]
async fn refusal_has_a_code_a_reason_and_words() {
    let api = collection();
    let late = upload("k1", "d1", noon().before(Duration::from_days(9)));
    let early = upload("k2", "d1", noon().after(Duration::DAY));
    let unknown = Upload { path: "/elsewhere".to_owned(), ..upload("k3", "d1", noon()) };
    let malformed = Upload { body: b"no base64!".to_vec(), ..upload("k4", "d1", noon()) };
    let oversized = Upload { body: vec![b'A'; 4097], ..upload("k5", "d1", noon()) };
    for (upload, code, expected) in [
        (late, Code::OutOfRange, "late"),
        (early, Code::Unavailable, "early"),
        (unknown, Code::NotFound, "unknown-endpoint"),
        (malformed, Code::InvalidArgument, "malformed"),
        (oversized, Code::OutOfRange, "oversized"),
    ] {
        let error = send(&api, &driver(), upload, noon()).await.expect_err(expected);
        assert_eq!((error.code(), reason(&error)), (code, Some(expected)), "{}", error.message());
        assert!(!error.message().is_empty());
    }
}

#[tokio::test]
async fn nobody_but_the_driver_is_let_in() {
    let api = collection();
    let mut client = CollectionServiceClient::new(api.service());
    let request = v1::UploadRequest::from(upload("k1", "d1", noon()));
    let error = client.upload(request.clone()).await.expect_err("no driver");
    assert_eq!((error.code(), reason(&error)), (Code::Unauthenticated, Some("no-driver")));
    assert!(error.message().contains("clock of a scenario"), "{}", error.message());

    let stranger = Driver::new(&token("somebody-else-altogether"));
    let error = client.upload(stranger.request(request.clone(), noon())).await.expect_err("another driver");
    assert_eq!((error.code(), reason(&error)), (Code::Unauthenticated, Some("wrong-driver")));

    let mut timeless = driver().request(request, noon());
    timeless.metadata_mut().insert(NOW, MetadataValue::from_static("noon"));
    let error = client.upload(timeless).await.expect_err("no time");
    assert_eq!((error.code(), reason(&error)), (Code::InvalidArgument, Some("no-time")));
    assert_eq!(devices(&api, MAIN_ROOM), [""; 0]);
}

#[tokio::test]
async fn rooms_are_separate() {
    let api = collection();
    let twin = driver().in_room("twin").expect("a name");
    let other = driver().in_room("other").expect("a name");
    send(&api, &twin, upload("k1", "in-twin", noon()), noon()).await.expect("taken");
    let receipt = send(&api, &other, upload("k1", "in-other", noon()), noon()).await.expect("taken");
    assert_eq!(receipt.admission(), v1::Admission::Counted, "the same key in another room is another upload");
    assert_eq!(
        (devices(&api, "twin"), devices(&api, "other")),
        (vec!["in-twin".to_owned()], vec!["in-other".to_owned()])
    );
    assert_eq!(devices(&api, MAIN_ROOM), [""; 0]);

    assert_eq!(api.take("twin").expect("was open").counts().batches, 1);
    assert!(api.take("twin").is_none());
    let again = send(&api, &twin, upload("k1", "d", noon()), noon()).await.expect("taken");
    assert_eq!(again.admission(), v1::Admission::Counted, "a room that was taken begins anew");
}

#[tokio::test]
async fn rooms_are_bounded_and_named() {
    let api = collection().with_rooms_max(2);
    assert!(driver().in_room("").is_err() && driver().in_room("two words").is_err());
    let mut unnamed = driver().request(v1::UploadRequest::from(upload("k", "d", noon())), noon());
    unnamed.metadata_mut().insert(ROOM, MetadataValue::from_static(""));
    let error = CollectionServiceClient::new(api.service()).upload(unnamed).await.expect_err("no name");
    assert_eq!(reason(&error), Some("room-name"));

    send(&api, &driver().in_room("a").expect("a name"), upload("k", "d", noon()), noon())
        .await
        .expect("the second room");
    let third = driver().in_room("b").expect("a name");
    let error = send(&api, &third, upload("k", "d", noon()), noon()).await.expect_err("the third room");
    assert_eq!((error.code(), reason(&error)), (Code::ResourceExhausted, Some("rooms-full")));
}

#[tokio::test]
async fn wall_clock_has_one_room_and_takes_calls_of_anybody() {
    let api = CollectionApi::new(config(), Clock::Wall).expect("a usable configuration");
    let mut client = CollectionServiceClient::new(api.service());
    let error = client.upload(v1::UploadRequest::from(upload("k", "d", noon()))).await.expect_err("long ago by now");
    assert_eq!(reason(&error), Some("late"));
    let mut elsewhere = Request::new(v1::UploadRequest::from(upload("k", "d", noon())));
    elsewhere.metadata_mut().insert(ROOM, MetadataValue::from_static("twin"));
    let error = client.upload(elsewhere).await.expect_err("no rooms");
    assert_eq!(reason(&error), Some("room-on-wall-clock"));
}

#[tokio::test]
async fn inspection_needs_the_warrant() {
    let api = collection();
    send(&api, &driver(), upload("k1", "d1", noon()), noon()).await.expect("taken");
    let mut client = InspectionServiceClient::new(api.inspection_service());
    let error = client.inspect(v1::InspectRequest::default()).await.expect_err("no warrant");
    assert_eq!((error.code(), reason(&error)), (Code::Unauthenticated, Some("no-token")));

    let mut forged = Request::new(v1::InspectRequest::default());
    stamp_warrant(&mut forged, &token("warrant-of-the-couch"));
    let error = client.inspect(forged).await.expect_err("another warrant");
    assert_eq!((error.code(), reason(&error)), (Code::PermissionDenied, Some("wrong-token")));

    // The driver's token is no warrant.
    let error = client.inspect(driver().request(v1::InspectRequest::default(), noon())).await.expect_err("a driver");
    assert_eq!(error.code(), Code::Unauthenticated);

    let held = inspect(&api, Request::new(v1::InspectRequest::default())).await.expect("a warrant");
    assert_eq!(held, [(0, "d1".to_owned())]);
}

#[tokio::test]
async fn inspection_pages_and_filters() {
    let api = collection();
    for (key, device) in [("k1", "d1"), ("k2", "d2"), ("k3", "d1")] {
        send(&api, &driver(), upload(key, device, noon()), noon()).await.expect("taken");
    }
    let ask = |device: Option<&str>, place_min, count_max| {
        let request = v1::InspectRequest { device: device.map(str::to_owned), place_min, count_max };
        inspect(&api, Request::new(request)).map(|held| held.expect("a warrant"))
    };
    let held = |place: u64, device: &str| (place, device.to_owned());
    assert_eq!(ask(None, 0, 2).await, [held(0, "d1"), held(1, "d2")]);
    assert_eq!(ask(None, 2, 2).await, [held(2, "d1")]);
    assert_eq!(ask(None, 3, 2).await, []);
    assert_eq!(ask(Some("d1"), 0, 0).await, [held(0, "d1"), held(2, "d1")]);

    let mut elsewhere = Request::new(v1::InspectRequest::default());
    elsewhere.metadata_mut().insert(ROOM, MetadataValue::from_static("never-opened"));
    assert_eq!(inspect(&api, elsewhere).await.expect_err("no such room").code(), Code::NotFound);
}

#[tokio::test]
async fn places_of_holdings_outlast_those_that_are_dropped() {
    let mut small = config();
    small.limits.holdings_max = 2;
    let api = CollectionApi::new(small, stage::scenario_clock()).expect("usable").with_warrant(warrant());
    for key in ["k1", "k2", "k3"] {
        send(&api, &driver(), upload(key, key, noon()), noon()).await.expect("taken");
    }
    let held = inspect(&api, Request::new(v1::InspectRequest::default())).await.expect("a warrant");
    assert_eq!(held, [(1, "k2".to_owned()), (2, "k3".to_owned())]);
}

#[tokio::test]
async fn message_beyond_the_limit_is_refused_before_it_is_read() {
    let api = collection();
    let huge = Upload { body: vec![0; 4096 + (64 << 10) + 1], ..upload("k1", "d1", noon()) };
    let error = send(&api, &driver(), huge, noon()).await.expect_err("too large");
    assert_eq!((error.code(), reason(&error)), (Code::OutOfRange, None), "{}", error.message());
}

#[tokio::test]
async fn native_batch_is_counted_once() {
    let api = collection();
    let mut client = CollectionServiceClient::new(api.service());
    let message = v1::SubmitRequest { batch: Some(batch("b1", "d1", noon()).into()) };
    for expected in [v1::Admission::Counted, v1::Admission::Duplicate] {
        let response = client.submit(driver().request(message.clone(), noon())).await.expect("taken");
        assert_eq!(response.into_inner().receipt.expect("a receipt").admission(), expected);
    }
    let nothing = client.submit(driver().request(v1::SubmitRequest { batch: None }, noon())).await;
    assert_eq!(reason(&nothing.expect_err("no batch")), Some("batch-id"));
}

#[test]
fn native_bytes_of_a_device_are_the_message() {
    let native = Form { chain: BodyChain::new(vec![Step::Native]).expect("a usable chain"), ..Form::default() };
    let mut reports = vec![report("d1", "visit", noon()), report("", "search", noon())];
    reports[1].device = None;
    reports[1].fields = [("n".to_owned(), (-1_i64).into()), ("private".to_owned(), true.into())].into();
    let bytes = native.encode(&reports, &mut Seed::root(3).stream()).expect("reports that can be written");
    let message = v1::ReportBatch::decode(bytes.as_slice()).expect("the same message");
    assert_eq!(ReportBatch::try_from(message.clone()).expect("a batch").reports, reports);
    assert_eq!(message.encode_to_vec(), bytes);
}

#[tokio::test]
async fn refusal_within_a_stream_ends_nothing() {
    let api = collection();
    let late = batch("b2", "d1", noon().before(Duration::from_days(9)));
    let batches = [batch("b1", "d1", noon()), late, batch("b3", "d1", noon())];
    let messages = batches.map(|batch| v1::SubmitStreamRequest { batch: Some(batch.into()) });
    let request = driver().request(futures::stream::iter(messages), noon());
    let answers = CollectionServiceClient::new(api.service()).submit_stream(request).await.expect("a stream");
    let answers: Vec<_> = answers.into_inner().map(|answer| answer.expect("an answer").answer).collect().await;
    use v1::submit_stream_response::Answer::{Receipt, Rejection};
    let [Some(Receipt(first)), Some(Rejection(second)), Some(Receipt(third))] = answers.as_slice() else {
        panic!("{answers:?}");
    };
    assert_eq!((first.batch.as_str(), third.batch.as_str()), ("b1", "b3"));
    assert_eq!((second.batch.as_str(), second.reason.as_str(), second.code), ("b2", "late", Code::OutOfRange.into()));
}

async fn handed_on(
    api: &CollectionApi,
    acknowledged: Vec<v1::SealedWindow>,
    now: Timestamp,
) -> Result<Vec<model::Partial>, Status> {
    let request = driver().request(v1::HandOnRequest { acknowledged }, now);
    let mut answers = CollectionServiceClient::new(api.service()).hand_on(request).await?.into_inner();
    let (mut partials, mut assembly) = (Vec::new(), Assembly::new(1 << 20));
    while let Some(answer) = answers.message().await? {
        assembly.push(answer.part.expect("a part")).expect("continues the part before");
        if answer.last {
            partials.push(std::mem::replace(&mut assembly, Assembly::new(1 << 20)).finish().expect("a whole"));
        }
    }
    Ok(partials)
}

#[tokio::test]
async fn sealed_windows_come_again_until_they_are_acknowledged() {
    let api = collection();
    send(&api, &driver(), upload("k1", "d1", noon()), noon()).await.expect("taken");
    assert_eq!(handed_on(&api, vec![], noon()).await.expect("the driver"), []);

    let later = noon().after(Duration::from_days(4));
    let sealed = handed_on(&api, vec![], later).await.expect("the driver");
    assert_eq!(sealed.iter().map(|partial| partial.counts.clone()).collect::<Vec<_>>(), [vec![1]]);
    assert_eq!(handed_on(&api, vec![], later).await.expect("the driver"), sealed);

    let known = vec![(sealed[0].query.clone(), sealed[0].window).into()];
    assert_eq!(handed_on(&api, known, later).await.expect("the driver"), []);
    let nonsense = vec![v1::SealedWindow { query: "events".to_owned(), window: None }];
    let error = handed_on(&api, nonsense, later).await.expect_err("no window");
    assert_eq!((error.code(), reason(&error)), (Code::InvalidArgument, Some("malformed-message")));
}

#[tokio::test]
async fn windows_are_handed_on_to_peers_alone() {
    let api = CollectionApi::new(config(), Clock::Wall).expect("a usable configuration");
    let peer = token("the-aggregator-of-ours");
    let mut shown = Request::new(v1::HandOnRequest::default());
    stamp_peer(&mut shown, &peer);
    let hand_on = async |api: &CollectionApi, request| {
        CollectionServiceClient::new(api.service()).hand_on(request).await.map(drop).map_err(|error| error.code())
    };
    assert_eq!(hand_on(&api, Request::new(v1::HandOnRequest::default())).await, Err(Code::Unauthenticated));
    let (metadata, extensions, message) = shown.into_parts();
    let again = || Request::from_parts(metadata.clone(), extensions.clone(), message.clone());
    assert_eq!(hand_on(&api, again()).await, Err(Code::PermissionDenied), "no peer is known");
    assert_eq!(hand_on(&api.with_peer(peer), again()).await, Ok(()));
}

#[test]
fn tokens_stay_out_of_what_is_printed() {
    let request = driver().request((), noon());
    assert!(request.metadata().get(DRIVER).expect("a token").is_sensitive());
    let shown = format!("{:?} {:?} {:?}", request, collection(), driver());
    assert!(!shown.contains("the-driver-of-the-world") && !shown.contains("warrant-of-the-court"), "{shown}");
}

#[tokio::test]
async fn an_order_needs_the_warrant_and_reaches_no_room_but_its_own() {
    let api = collection();
    for (key, device) in [("k1", "d1"), ("k2", "d2")] {
        send(&api, &driver(), upload(key, device, noon()), noon()).await.expect("taken");
    }
    let order = |what: v1::Ordered| v1::ServeOrderRequest { what: what.into(), batches: vec!["k1".to_owned()] };
    let mut client = InspectionServiceClient::new(api.inspection_service());
    let unwarranted = driver().request(order(v1::Ordered::Erase), noon());
    assert_eq!(client.serve_order(unwarranted).await.expect_err("no warrant").code(), Code::Unauthenticated);

    let mut serve = async |room: &str, what| {
        let mut request = driver().in_room(room).expect("a name").request(order(what), noon());
        stamp_warrant(&mut request, &warrant());
        let parts = client.serve_order(request).await?.into_inner();
        parts.try_collect::<Vec<_>>().await
    };
    assert_eq!(serve("elsewhere", v1::Ordered::Erase).await.expect_err("no such room").code(), Code::NotFound);
    let nothing = serve(MAIN_ROOM, v1::Ordered::Unspecified).await.expect_err("nothing is ordered");
    assert_eq!(nothing.code(), Code::InvalidArgument);
    let report = serve(MAIN_ROOM, v1::Ordered::Report).await.expect("a warrant");
    assert_eq!(report.len(), 2, "an answer and one report");
    let erased = serve(MAIN_ROOM, v1::Ordered::Erase).await.expect("a warrant");
    let answer = v1::OrderAnswer { client_stopped: false, erased: 1 };
    assert_eq!(erased[0].part, Some(v1::serve_order_response::Part::Answer(answer)));
    assert_eq!(devices(&api, MAIN_ROOM), ["d2"]);
}
