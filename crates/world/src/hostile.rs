//! What a hostile client sends after each of its uploads: the same again under other keys, and copies that are wrong.

use browser::KEY_HEADER;
use data_encoding::BASE64;
use encoding::{DecodeLimits, Form};
use model::{Report, Seed, Upload, Value};
use rand::RngExt as _;

/// Times that an upload is sent again, each time under another key.
const REPLAYS: u64 = 4;
/// Copies of an upload in which one byte of each long value is changed.
const CHANGED: u64 = 8;
/// Shortest text that is changed, in bytes: what is shorter is no ciphertext.
const LONG_BYTES: usize = 64;

/// Where uploads with a body go, and the form of the body.
pub(crate) type Places = [(String, String, Form)];

/// What follows on `upload`, with chance from `seed`.
pub(crate) fn after(upload: &Upload, places: &Places, seed: &Seed) -> Vec<Upload> {
    let seed = seed.derive("hostile").derive(upload.header(KEY_HEADER).unwrap_or_default());
    let key = |name: &str, number: u64| {
        let [a, b, c, d, e, f, g, h, ..] = *seed.derive(name).nth(number).as_bytes();
        format!("{:016x}", u64::from_le_bytes([a, b, c, d, e, f, g, h]))
    };
    let again = |key: String, body: Vec<u8>| Upload {
        headers: upload
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), if name == KEY_HEADER { key.clone() } else { value.clone() }))
            .collect(),
        body,
        ..upload.clone()
    };
    let mut sent: Vec<Upload> = (0..REPLAYS).map(|n| again(key("replay", n), upload.body.clone())).collect();
    let cut = upload.body.len() / 2;
    sent.push(again(key("cut", 0), upload.body[..cut].to_vec()));
    let path = upload.path.split('?').next().unwrap_or_default();
    let Some((_, _, form)) = places.iter().find(|(host, at, _)| *host == upload.authority && at == path) else {
        return sent;
    };
    let Ok(reports) = form.decode(&upload.body, DecodeLimits::default()) else { return sent };
    for number in 0..CHANGED {
        let seed = seed.derive("changed").nth(number);
        let changed: Vec<Report> = reports.iter().map(|report| change(report, number, &seed)).collect();
        sent.extend(form.encode(&changed, &mut seed.stream()).map(|body| again(key("changed", number), body)));
    }
    sent
}

/// `report` with one byte of each long text changed: of what it is the base64 of, or cut off, or of the text itself.
fn change(report: &Report, number: u64, seed: &Seed) -> Report {
    let mut report = report.clone();
    for value in report.fields.values_mut() {
        let Value::Text(text) = value else { continue };
        if text.len() < LONG_BYTES {
            continue;
        }
        *text = match BASE64.decode(text.as_bytes()) {
            Ok(mut bytes) => {
                let place = seed.stream().random_range(0..bytes.len());
                match number {
                    0 => bytes.truncate(place),
                    _ => bytes[place] ^= 0x10,
                }
                BASE64.encode(&bytes)
            }
            Err(_) => text.chars().rev().collect(),
        };
    }
    report
}
