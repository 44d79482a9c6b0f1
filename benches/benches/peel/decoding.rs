//! What no peel can do without: the decoders alone, told how each upload is encoded.

use std::io::Read as _;

use data_encoding::BASE64;
use flate2::read::GzDecoder;
use serde::de::IgnoredAny;

use crate::traffic::{Encoding, Upload};

/// Undoes the encodings of an upload and reads its JSON token by token; gives the length of what was read.
pub(crate) fn tokens(upload: &Upload) -> usize {
    let body = upload.body.as_slice();
    let events = match upload.encoding {
        Encoding::Json => return json(body),
        Encoding::Protobuf => return body.len(),
        Encoding::Base64InForm => base64(&unescaped(body)),
        Encoding::GzipInForm => gunzipped(&base64(&unescaped(body))),
        Encoding::Gzip => gunzipped(body),
        Encoding::Base64InJson => {
            json(body);
            return base64(quoted(body)).len();
        }
    };
    json(&events)
}

fn json(text: &[u8]) -> usize {
    serde_json::from_slice::<IgnoredAny>(text).map_or(0, |_| text.len())
}

/// The value of the last field of a form.
fn unescaped(form: &[u8]) -> Vec<u8> {
    let value = form.rsplit(|&byte| byte == b'=').next().unwrap_or_default();
    percent_encoding::percent_decode(value).collect()
}

/// The last string in an object.
fn quoted(object: &[u8]) -> &[u8] {
    object.rsplit(|&byte| byte == b'"').nth(1).unwrap_or_default()
}

fn base64(digits: &[u8]) -> Vec<u8> {
    BASE64.decode(digits).unwrap_or_default()
}

fn gunzipped(bytes: &[u8]) -> Vec<u8> {
    let mut events = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut events).map_or_else(|_| Vec::new(), |_| events)
}
