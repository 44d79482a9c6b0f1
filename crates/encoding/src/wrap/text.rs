//! Bytes as text: base64, hexadecimal, percent-encoding.

use data_encoding::{BASE64, BASE64URL_NOPAD, Encoding, HEXLOWER};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, percent_encode};

use crate::DecodeError;

pub(super) fn base64(bytes: &[u8]) -> Vec<u8> {
    BASE64.encode(bytes).into_bytes()
}

pub(super) fn base64_undo(text: &[u8]) -> Result<Vec<u8>, DecodeError> {
    undo(&BASE64, "base64", text)
}

pub(super) fn base64_url(bytes: &[u8]) -> Vec<u8> {
    BASE64URL_NOPAD.encode(bytes).into_bytes()
}

pub(super) fn base64_url_undo(text: &[u8]) -> Result<Vec<u8>, DecodeError> {
    undo(&BASE64URL_NOPAD, "base64-url", text)
}

pub(super) fn hex(bytes: &[u8]) -> Vec<u8> {
    HEXLOWER.encode(bytes).into_bytes()
}

pub(super) fn hex_undo(text: &[u8]) -> Result<Vec<u8>, DecodeError> {
    undo(&HEXLOWER, "hex", text)
}

pub(super) fn percent(bytes: &[u8]) -> Vec<u8> {
    percent_encode(bytes, NON_ALPHANUMERIC).to_string().into_bytes()
}

pub(super) fn percent_undo(text: &[u8]) -> Vec<u8> {
    percent_decode(text).collect()
}

fn undo(encoding: &Encoding, step: &'static str, text: &[u8]) -> Result<Vec<u8>, DecodeError> {
    encoding.decode(text).map_err(|error| DecodeError::malformed(step, error))
}
