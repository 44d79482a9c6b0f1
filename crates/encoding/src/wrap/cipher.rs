//! Encryption under a key that the vendor's clients and servers share.

use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce, aead::Aead};
use rand_core::Rng;
use sha2::{Digest, Sha256};

use crate::{DecodeError, EncodeError};

const NONCE_BYTES: usize = 12;

/// A fresh nonce, then `bytes` encrypted and authenticated.
pub(super) fn seal(bytes: Vec<u8>, key: &str, chance: &mut impl Rng) -> Result<Vec<u8>, EncodeError> {
    let mut nonce = [0; NONCE_BYTES];
    chance.fill_bytes(&mut nonce);
    let too_long = |_| EncodeError::Size { step: "encrypt", bytes: bytes.len() };
    let sealed = named(key).encrypt(&Nonce::from(nonce), bytes.as_slice()).map_err(too_long)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// What [`seal`] encrypted under the same key.
pub(super) fn open(bytes: &[u8], key: &str) -> Result<Vec<u8>, DecodeError> {
    let wrong = |reason| DecodeError::malformed("encrypt", reason);
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or_else(|| wrong("the nonce is cut short"))?;
    named(key).decrypt(&Nonce::from(*nonce), sealed).map_err(|_| wrong("it was not encrypted under this key"))
}

fn named(key: &str) -> ChaCha20Poly1305 {
    let key: [u8; 32] = Sha256::digest(key).into();
    ChaCha20Poly1305::new(&key.into())
}
