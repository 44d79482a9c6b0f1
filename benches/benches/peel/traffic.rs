//! Traffic as it leaves devices, drawn from one seed: events in JSON and in protobuf, as they are, in base64 and in gzip,
//! a few of them about pages that the examiner planted.

use std::{fmt::Write as _, io::Write as _};

use auditor::PlanRequest;
use data_encoding::BASE64;
use flate2::{Compression, write::GzEncoder};
use model::{Arm, LabDevice, Seed, Stream, Subject, SwitchState, Timestamp, VersionFact};
use rand_core::Rng as _;

/// So many events are about planted pages: one in so many.
const PLANTED_ONE_IN: usize = 50;

/// Most events of one upload.
const EVENTS_MAX: usize = 40;

const KINDS: [&str; 6] =
    ["page_view", "page_load_event_finish", "search_submitted", "tab_closed", "download_started", "video_progress"];
const SYLLABLES: [&str; 16] =
    ["ba", "ren", "to", "mi", "ka", "lor", "su", "vel", "ni", "dra", "pe", "gos", "tha", "qui", "fo", "zan"];
const NETWORKS: [&str; 4] = ["4G", "WIFI", "3G", "5G"];

/// How one upload is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// JSON as it is.
    Json,
    /// Protobuf as it is.
    Protobuf,
    /// JSON in base64, as a field of a form.
    Base64InForm,
    /// Protobuf in base64, in a field of JSON.
    Base64InJson,
    /// The form of 2020: a field with JSON in gzip in base64.
    GzipInForm,
    /// JSON in gzip.
    Gzip,
}

impl Encoding {
    /// The encodings of one round of uploads. What peeling makes of those in gzip is below a third of what it makes of all.
    const ROUND: [Self; 13] = [
        Self::Json,
        Self::Protobuf,
        Self::Gzip,
        Self::Base64InForm,
        Self::Json,
        Self::Protobuf,
        Self::GzipInForm,
        Self::Json,
        Self::Protobuf,
        Self::Base64InJson,
        Self::Json,
        Self::Protobuf,
        Self::Gzip,
    ];

    /// What uploads in it are counted under; gzip in base64 counts as gzip, with all that is made on the way to it.
    pub(crate) const fn form(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Protobuf => "protobuf",
            Self::Base64InForm | Self::Base64InJson => "base64",
            Self::Gzip | Self::GzipInForm => "gzip",
        }
    }
}

/// One upload.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) encoding: Encoding,
    pub(crate) body: Vec<u8>,
}

/// At least `count` tokens as the examiner plans them, of as many examinations as that takes.
pub(crate) fn canaries(count: usize) -> Vec<String> {
    let mut tokens = Vec::new();
    for seed in 0.. {
        let Some(request) = request(seed) else { break };
        let notebook = auditor::plan(&request, Arm::Main);
        tokens.extend(notebook.entries.into_iter().flat_map(|entry| entry.canaries).map(|canary| canary.token));
        tokens.sort_unstable();
        tokens.dedup();
        if tokens.len() >= count {
            break;
        }
    }
    tokens.truncate(count);
    tokens
}

fn request(seed: u64) -> Option<PlanRequest> {
    let starts: Timestamp = "2020-05-01T10:00:00Z".parse().ok()?;
    let version: model::Version = "3.4.0".parse().ok()?;
    Some(PlanRequest {
        subject: Subject {
            product: "mint-browser".parse().ok()?,
            version: version.clone(),
            switch: SwitchState::Absent,
        },
        device: LabDevice {
            id: "lab-1".parse().ok()?,
            model: "Redmi Note 8".to_owned(),
            country: "IN".parse().ok()?,
            locale: "en-IN".to_owned(),
            products: Vec::new(),
        },
        facts: VersionFact {
            version,
            released: starts,
            switch: None,
            asks_consent: false,
            next: None,
            settings: Vec::new(),
        },
        starts,
        seed: Seed::root(seed),
        long_days: 90,
        skip: std::collections::BTreeSet::new(),
        extra: Vec::new(),
    })
}

/// So many rounds of uploads; events about planted pages name some of `tokens`.
pub(crate) fn uploads(rounds: usize, tokens: &[String]) -> Vec<Upload> {
    let mut draw = Draw { stream: Seed::root(2020).derive("traffic").stream(), tokens };
    (0..rounds).flat_map(|_| Encoding::ROUND).map(|encoding| draw.upload(encoding)).collect()
}

/// Draws what devices send.
struct Draw<'t> {
    stream: Stream,
    tokens: &'t [String],
}

/// One event.
struct Event {
    id: u64,
    kind: &'static str,
    time_ms: u64,
    session: u64,
    url: String,
    title: String,
    referrer: String,
    dwell_ms: usize,
    network: &'static str,
}

impl Draw<'_> {
    fn upload(&mut self, encoding: Encoding) -> Upload {
        let count = 2 + self.below(EVENTS_MAX - 1);
        let (device, session) = (self.stream.next_u64(), self.stream.next_u64());
        let events: Vec<Event> = (0..count).map(|_| self.event(session)).collect();
        let events = match encoding {
            Encoding::Protobuf | Encoding::Base64InJson => protobuf(device, &events),
            _ => json(device, &events).into_bytes(),
        };
        let field = |bytes: &[u8]| {
            let data = BASE64.encode(bytes).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
            format!("crc={}&data_list={data}", device >> 33).into_bytes()
        };
        let body = match encoding {
            Encoding::Json | Encoding::Protobuf => events,
            Encoding::Base64InForm => field(&events),
            Encoding::Base64InJson => format!(r#"{{"v":3,"batch":"{}"}}"#, BASE64.encode(&events)).into_bytes(),
            Encoding::GzipInForm => [b"gzip=1&", field(&gzip(&events)).as_slice()].concat(),
            Encoding::Gzip => gzip(&events),
        };
        Upload { encoding, body }
    }

    fn event(&mut self, session: u64) -> Event {
        let planted = self.below(PLANTED_ONE_IN) == 0;
        let url = if planted { self.planted_url() } else { self.url() };
        Event {
            id: self.stream.next_u64(),
            kind: KINDS[self.below(KINDS.len())],
            time_ms: 1_588_327_200_000 + self.stream.next_u64() % 86_400_000,
            session,
            url,
            title: self.title(),
            referrer: if self.below(3) == 0 { self.url() } else { String::new() },
            dwell_ms: self.below(90_000),
            network: NETWORKS[self.below(NETWORKS.len())],
        }
    }

    /// A page as the examiner plants it.
    fn planted_url(&mut self) -> String {
        let [host, path] = [(); 2].map(|()| self.below(self.tokens.len().max(1)));
        let token = |nth: usize| self.tokens.get(nth).map_or("", String::as_str);
        format!("https://{}.example/{}", token(host), token(path))
    }

    fn url(&mut self) -> String {
        let (host, path, item) = (self.word(3), self.word(2), self.below(100_000));
        match self.below(4) {
            0 => format!("https://www.{host}.example/{path}/{item}"),
            1 => format!("https://{host}.example/{path}/{}-{}.html", self.word(2), self.word(3)),
            2 => format!("https://m.{host}.example/search?q={}+{}&page={}", self.word(2), self.word(2), item % 9),
            _ => format!("https://{host}.example/{path}/{}?utm_source={}&id={item:08x}", self.word(3), self.word(2)),
        }
    }

    fn title(&mut self) -> String {
        let count = 2 + self.below(6);
        let words: Vec<String> = (0..count).map(|_| self.word(2)).collect();
        words.join(" ")
    }

    fn word(&mut self, syllables: usize) -> String {
        (0..syllables).map(|_| SYLLABLES[self.below(SYLLABLES.len())]).collect()
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.stream.next_u64() >> 32).unwrap_or(0) % most
    }
}

fn json(device: u64, events: &[Event]) -> String {
    let mut text = format!(
        r#"{{"device":{{"id":"{device:016x}","model":"Redmi Note 8","region":"IN","version":"V11.0.3.0"}},"events":["#
    );
    for (index, event) in events.iter().enumerate() {
        let Event { id, kind, time_ms, session, url, title, referrer, dwell_ms, network } = event;
        let comma = if index > 0 { "," } else { "" };
        let _ = write!(
            text,
            r#"{comma}{{"id":"{id:016x}","event":"{kind}","time":{time_ms},"session":"{session:016x}","properties":{{"url":"{url}","title":"{title}","referrer":"{referrer}","dwell_ms":{dwell_ms},"network":"{network}","incognito":{}}}}}"#,
            dwell_ms % 2 == 0
        );
    }
    text + "]}"
}

fn protobuf(device: u64, events: &[Event]) -> Vec<u8> {
    let mut message = field(1, &[field(1, &device.to_le_bytes()), field(2, b"Redmi Note 8"), field(3, b"IN")].concat());
    for event in events {
        let parts = [
            field(1, event.kind.as_bytes()),
            number(2, event.time_ms),
            [&[3 << 3 | 1], event.session.to_le_bytes().as_slice()].concat(),
            field(4, event.url.as_bytes()),
            field(5, event.title.as_bytes()),
            field(6, event.referrer.as_bytes()),
            number(7, u64::try_from(event.dwell_ms).unwrap_or(0)),
            field(8, event.network.as_bytes()),
            field(9, &event.id.to_le_bytes()),
        ];
        message.extend(field(2, &parts.concat()));
    }
    message
}

/// A field with a length.
fn field(number: u8, inner: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2], varint(inner.len() as u64).as_slice(), inner].concat()
}

/// A field that is a number.
fn number(number: u8, value: u64) -> Vec<u8> {
    [&[number << 3], varint(value).as_slice()].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = value.to_le_bytes()[0] & 0x7f;
        value >>= 7;
        bytes.push(if value > 0 { low | 0x80 } else { low });
        if value == 0 {
            return bytes;
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut to = GzEncoder::new(Vec::new(), Compression::default());
    to.write_all(bytes).and_then(|()| to.finish()).unwrap_or_default()
}
