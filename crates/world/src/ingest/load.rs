//! What is sent: visits whose devices and sites follow Zipf's law, written as messages beforehand.

use bytes::{Bytes, BytesMut};
use model::{Report, ReportBatch, Seed, Timestamp, Value};
use prost::Message;
use protocol::v1::SubmitStreamRequest;
use rand::RngExt as _;
use rand_distr::{Distribution, Zipf};

/// Characters of a batch's id.
const ID_CHARS: usize = 16;

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Different messages; they are sent again under new ids.
    pub messages: usize,
    /// Reports of each.
    pub reports: usize,
    /// Devices, of which the reports are by Zipf's law with exponent 1.
    pub devices: u32,
    /// Sites, by Zipf's law with exponent 1.05.
    pub sites: u32,
}

impl Default for Load {
    /// 400 messages of 1000 reports; a million devices and a hundred thousand sites.
    fn default() -> Self {
        Self { messages: 400, reports: 1000, devices: 1_000_000, sites: 100_000 }
    }
}

/// Requests of a stream as they are on the wire.
#[derive(Debug)]
pub struct Messages {
    written: Vec<Bytes>,
    reports: usize,
    now: Timestamp,
}

impl Messages {
    /// Writes `load`, drawn from a fixed seed, with reports that happen at `now`.
    #[must_use]
    pub fn write(load: Load, now: Timestamp) -> Self {
        let mut stream = Seed::root(1).derive("ingest").stream();
        let zipf =
            |most: u32, exponent| Zipf::new(f64::from(most), exponent).expect("a positive number of positive size");
        let (devices, sites) = (zipf(load.devices.max(1), 1.0), zipf(load.sites.max(1), 1.05));
        let mut report = |_| {
            let (device, site) = (devices.sample(&mut stream), sites.sample(&mut stream));
            let (kind, value) = (stream.random_range(0..8_u8), stream.random_range(0..1000_i64));
            let fields = [
                ("kind", Value::Text(format!("kind{kind}"))),
                ("site", Value::Text(format!("site{site}.example"))),
                ("value", Value::Number(value)),
            ];
            Report {
                event: "visit".to_owned(),
                time: now,
                device: Some(format!("{device:0>16}")),
                fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            }
        };
        let mut message = |_| {
            let batch = ReportBatch { id: "0".repeat(ID_CHARS), reports: (0..load.reports).map(&mut report).collect() };
            Bytes::from(SubmitStreamRequest { batch: Some(batch.into()) }.encode_to_vec())
        };
        Self { written: (0..load.messages.max(1)).map(&mut message).collect(), reports: load.reports, now }
    }

    /// When the reports happened.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Reports of each message.
    #[must_use]
    pub const fn reports(&self) -> usize {
        self.reports
    }

    /// The different messages, all of the same id.
    pub fn iter(&self) -> impl Iterator<Item = &Bytes> + Clone {
        self.written.iter()
    }

    /// Mean bytes of a report, its part of the message's head included.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a mean is read by people")]
    pub fn bytes_per_report(&self) -> f64 {
        let bytes: usize = self.written.iter().map(Bytes::len).sum();
        bytes as f64 / (self.written.len() * self.reports.max(1)) as f64
    }

    /// The message of that number, under an id of its own.
    #[must_use]
    pub fn named(&self, number: u64) -> Bytes {
        let turn = usize::try_from(number).unwrap_or(usize::MAX) % self.written.len();
        let mut message = BytesMut::from(self.written[turn].as_ref());
        // The id is the first text of the message, behind its key and length.
        let place = message.windows(2).position(|pair| pair == [0x0a, 16]).map_or(0, |place| place + 2);
        message[place..place + ID_CHARS].copy_from_slice(format!("{number:016}").as_bytes());
        message.freeze()
    }
}
