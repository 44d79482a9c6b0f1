//! Batches in the native form: read in place or by prost, the answers and what is held are the same.

mod stage;

use bytes::{Buf, BufMut, Bytes};
use futures::{FutureExt, StreamExt, stream};
use http::uri::PathAndQuery;
use model::{Duration, Holding, ReportBatch};
use prost::Message;
use protocol::{
    metadata::{DRIVER, MAIN_ROOM},
    status::reason,
    v1,
};
use services::CollectionApi;
use stage::{batch, collection, config, driver, noon, report, scenario_clock};
use tonic::{
    Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
};

/// Sends and gives bytes as they are.
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

/// An answer in a form that can be compared: the message, or code, words and reason of the status.
type Said = Result<Bytes, (tonic::Code, String, Option<String>)>;

fn said(answer: Result<Bytes, Status>) -> Said {
    let told = |status: Status| (status.code(), status.message().to_owned(), reason(&status).map(str::to_owned));
    answer.map_err(told)
}

/// Sends `requests` one by one with Submit.
fn submitted(api: &CollectionApi, requests: &[Vec<u8>]) -> Vec<Said> {
    let mut grpc = Grpc::new(api.service());
    let path = PathAndQuery::from_static("/glasshouse.v1.CollectionService/Submit");
    let mut send = |request: &Vec<u8>| {
        let call = driver().request(request.clone(), noon());
        let answer = grpc.unary(call, path.clone(), Raw).now_or_never().expect("whole at once");
        said(answer.map(tonic::Response::into_inner))
    };
    requests.iter().map(&mut send).collect()
}

/// Sends `requests` in one stream, which ends with the first error.
fn streamed(api: &CollectionApi, call: Request<Vec<Vec<u8>>>) -> Vec<Said> {
    let mut grpc = Grpc::new(api.service());
    let path = PathAndQuery::from_static("/glasshouse.v1.CollectionService/SubmitStream");
    let answers = async {
        match grpc.streaming(call.map(stream::iter), path, Raw).await {
            Ok(answers) => answers.into_inner().map(said).collect().await,
            Err(status) => vec![said(Err(status))],
        }
    };
    answers.now_or_never().expect("whole at once")
}

fn held(api: &CollectionApi) -> Vec<Holding> {
    api.with_collector(MAIN_ROOM, |collector| collector.holdings().cloned().collect()).expect("open")
}

fn request(batch: ReportBatch) -> Vec<u8> {
    v1::SubmitRequest { batch: Some(batch.into()) }.encode_to_vec()
}

/// A request of the batch `id` with one report, to which `bytes` are added.
fn with(id: &str, bytes: &[u8]) -> Vec<u8> {
    let mut report = v1::Report::from(report("d1", "visit", noon())).encode_to_vec();
    report.extend(bytes);
    let mut batch = v1::ReportBatch { id: id.to_owned(), reports: Vec::new() }.encode_to_vec();
    prost::encoding::bytes::encode(2, &report, &mut batch);
    let mut request = Vec::new();
    prost::encoding::bytes::encode(1, &batch, &mut request);
    request
}

/// Requests that are taken or refused for what they say.
fn sound() -> Vec<Vec<u8>> {
    let far = report("d4", "visit", noon().after(Duration::DAY));
    let late = report("d5", "visit", noon().before(Duration::from_days(9)));
    let mixed = vec![late.clone(), report("d6", "visit", noon()), far.clone(), report("d7", "search", noon())];
    let mut twice = vec![0x0a, 1, b'e', 0x10];
    prost::encoding::encode_varint(noon().as_millis().unsigned_abs() - 1, &mut twice);
    vec![
        request(batch("b1", "d1", noon())),
        request(batch("b1", "d1", noon())),
        request(ReportBatch { id: "mixed".to_owned(), reports: mixed }),
        request(ReportBatch { id: "late".to_owned(), reports: vec![late] }),
        request(ReportBatch { id: "early".to_owned(), reports: vec![far] }),
        request(ReportBatch { id: "nothing".to_owned(), reports: Vec::new() }),
        request(batch("", "d1", noon())),
        Vec::new(),
        // Fields that nobody knows, of each wire type.
        with("unknown", &[0x28, 0x96, 0x01, 0x31, 1, 2, 3, 4, 5, 6, 7, 8, 0x3a, 2, b'h', b'i', 0x45, 1, 2, 3, 4]),
        // A group, which prost passes over.
        with("group", &[0x2b, 0x30, 0x01, 0x2c]),
        // A field without a value; and one whose second entry has one.
        with("valueless", &[0x22, 3, 0x0a, 1, b'f']),
        with("mended", &[0x22, 3, 0x0a, 1, b'f', 0x22, 7, 0x0a, 1, b'f', 0x12, 2, 0x10, 7]),
        // A second event and a second time.
        with("twice", &twice),
    ]
}

/// Requests that are none.
fn unsound() -> Vec<Vec<u8>> {
    let mut cut = request(batch("cut", "d1", noon()));
    cut.pop();
    let nested = [[0x2b].repeat(120), [0x2c].repeat(120)].concat();
    vec![
        cut,
        with("wire-type", &[0x08, 0x01]),
        with("not-a-wire-type", &[0x2f]),
        with("number-zero", &[0x00, 0x01]),
        with("not-a-text", &[0x0a, 1, 0xff]),
        with("longer-than-its-message", &[0x1a, 100, b'd']),
        with("end-of-no-group", &[0x2c]),
        with("groups-too-deep", &nested),
        with("endless-number", &[0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        request(batch("large", &"d".repeat(80 << 10), noon())),
    ]
}

#[test]
fn submit_answers_as_with_prost_codec() {
    let (place, prost) = (collection(), collection().with_prost_codec());
    let requests = [sound(), unsound()].concat();
    let answers = submitted(&place, &requests);
    assert_eq!(answers, submitted(&prost, &requests));
    assert_eq!(held(&place), held(&prost));
    assert!(answers[sound().len()..].iter().all(Result::is_err), "{answers:?}");
    assert_eq!(held(&place).len(), 7, "{:?}", held(&place));
}

#[test]
fn stream_answers_as_with_prost_codec() {
    for last in unsound() {
        let (place, prost) = (collection(), collection().with_prost_codec());
        let requests = [sound(), vec![last], sound()].concat();
        let call = || driver().request(requests.clone(), noon());
        let answers = streamed(&place, call());
        assert_eq!(answers, streamed(&prost, call()));
        assert_eq!(held(&place), held(&prost));
        assert_eq!(answers.len(), sound().len() + 1, "what is no message ends the stream");
    }
}

#[test]
fn nobody_but_the_driver_is_let_in_with_either_codec() {
    for api in [collection(), collection().with_prost_codec()] {
        let mut call = driver().request(sound(), noon());
        call.metadata_mut().remove(DRIVER);
        let [Err((tonic::Code::Unauthenticated, ..))] = streamed(&api, call).as_slice() else {
            panic!("let in");
        };
    }
}

#[test]
fn reports_in_place_cost_no_allocation_each() {
    let requests: Vec<_> = [1000_usize, 10, 1000]
        .into_iter()
        .enumerate()
        .map(|(batch, reports)| {
            let report = |index| report(&format!("d{}", index % 50), ["visit", "search"][index % 2], noon());
            request(ReportBatch { id: format!("b{batch}"), reports: (0..reports).map(report).collect() })
        })
        .collect();
    let spent = |api: CollectionApi| {
        let count = |range: std::ops::Range<usize>| {
            let spent = allocation_counter::measure(|| {
                assert!(submitted(&api, &requests[range]).iter().all(Result::is_ok));
            });
            spent.count_total
        };
        // What groups the reports belong to is known after the first batch.
        count(0..1);
        [count(1..2), count(2..3)]
    };
    let api = || CollectionApi::new(collector::Config { keep_raw: false, ..config() }, scenario_clock()).unwrap();
    let [few, many] = spent(api());
    assert!(many < few + 50, "{few} allocations for 10 reports, {many} for 1000");
    let [few, many] = spent(api().with_prost_codec());
    assert!(many > few + 990, "{few} allocations for 10 reports, {many} for 1000: prost makes some for each");
}
