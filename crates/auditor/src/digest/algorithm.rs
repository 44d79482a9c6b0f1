//! The hash functions that clients are known to use, as bytes in the order in which they are usually written.

use std::fmt;

use digest::{Digest, block_api::BlockSizeUser};

/// Longest digest, in bytes.
const BYTES_MAX: usize = 64;

/// A hash function. Digests that are numbers are written with the highest byte first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Algorithm {
    /// FIPS 180-4.
    Sha256,
    /// RFC 1321.
    Md5,
    /// FIPS 180-4.
    Sha1,
    /// FIPS 180-4.
    Sha512,
    /// BLAKE3, 2020.
    Blake3,
    /// RFC 7693, 64 bytes.
    Blake2b512,
    /// RFC 7693, 32 bytes: no prefix of the longer one.
    Blake2b256,
    /// RFC 7693.
    Blake2s256,
    /// FIPS 202.
    Sha3_256,
    /// FIPS 202.
    Sha3_512,
    /// What became SHA-3, with the padding of 2011.
    Keccak256,
    /// FIPS 180-4.
    Sha224,
    /// FIPS 180-4.
    Sha384,
    /// FIPS 180-4: no prefix of SHA-512.
    Sha512_256,
    /// RFC 9562, version 3 without a namespace, as `java.util.UUID.nameUUIDFromBytes` makes it.
    Uuid3,
    /// Appleby, seed 0, as the reference implementation lays it out in memory.
    Murmur128,
    /// The same as two numbers, each with its highest byte first.
    Murmur128Words,
    /// Collet, seed 0.
    Xxh3_128,
    /// Collet, seed 0.
    Xxh3_64,
    /// Collet, seed 0.
    Xxh64,
    /// Fowler, Noll and Vo, 64 bits.
    Fnv1a64,
    /// Appleby, seed 0, 32 bits.
    Murmur32,
    /// Collet, seed 0.
    Xxh32,
    /// ISO 3309, as in gzip.
    Crc32,
    /// Fowler, Noll and Vo, 32 bits.
    Fnv1a32,
    /// `java.lang.String.hashCode`, of texts in ASCII.
    Java,
}

/// A digest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    bytes: [u8; BYTES_MAX],
    len: usize,
}

impl Output {
    fn of(digest: &[u8]) -> Self {
        let mut bytes = [0; BYTES_MAX];
        let len = digest.len().min(BYTES_MAX);
        bytes[..len].copy_from_slice(&digest[..len]);
        Self { bytes, len }
    }

    /// Its bytes, in order.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Algorithm {
    /// Every function, the most used ones first.
    pub(crate) const ALL: [Self; 26] = [
        Self::Sha256,
        Self::Md5,
        Self::Sha1,
        Self::Sha512,
        Self::Blake3,
        Self::Blake2b512,
        Self::Blake2b256,
        Self::Blake2s256,
        Self::Sha3_256,
        Self::Sha3_512,
        Self::Keccak256,
        Self::Sha224,
        Self::Sha384,
        Self::Sha512_256,
        Self::Uuid3,
        Self::Murmur128,
        Self::Murmur128Words,
        Self::Xxh3_128,
        Self::Xxh3_64,
        Self::Xxh64,
        Self::Fnv1a64,
        Self::Murmur32,
        Self::Xxh32,
        Self::Crc32,
        Self::Fnv1a32,
        Self::Java,
    ];

    /// The function's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha512 => "sha512",
            Self::Blake3 => "blake3",
            Self::Blake2b512 => "blake2b-512",
            Self::Blake2b256 => "blake2b-256",
            Self::Blake2s256 => "blake2s-256",
            Self::Sha3_256 => "sha3-256",
            Self::Sha3_512 => "sha3-512",
            Self::Keccak256 => "keccak-256",
            Self::Sha224 => "sha224",
            Self::Sha384 => "sha384",
            Self::Sha512_256 => "sha512/256",
            Self::Uuid3 => "uuid of md5",
            Self::Murmur128 | Self::Murmur128Words => "murmurhash3-128",
            Self::Xxh3_128 => "xxh3-128",
            Self::Xxh3_64 => "xxh3-64",
            Self::Xxh64 => "xxhash64",
            Self::Fnv1a64 => "fnv1a-64",
            Self::Murmur32 => "murmurhash3-32",
            Self::Xxh32 => "xxhash32",
            Self::Crc32 => "crc32",
            Self::Fnv1a32 => "fnv1a-32",
            Self::Java => "java hash code",
        }
    }

    /// Length of a digest, in bytes.
    pub(crate) const fn len(self) -> usize {
        match self {
            Self::Sha512 | Self::Blake2b512 | Self::Sha3_512 => 64,
            Self::Sha384 => 48,
            Self::Sha256
            | Self::Blake3
            | Self::Blake2b256
            | Self::Blake2s256
            | Self::Sha3_256
            | Self::Keccak256
            | Self::Sha512_256 => 32,
            Self::Sha224 => 28,
            Self::Sha1 => 20,
            Self::Md5 | Self::Uuid3 | Self::Murmur128 | Self::Murmur128Words | Self::Xxh3_128 => 16,
            Self::Xxh3_64 | Self::Xxh64 | Self::Fnv1a64 => 8,
            Self::Murmur32 | Self::Xxh32 | Self::Crc32 | Self::Fnv1a32 | Self::Java => 4,
        }
    }

    /// The digest of `message`.
    pub(crate) fn digest(self, message: &[u8]) -> Output {
        match self {
            Self::Sha256 => plain::<sha2::Sha256>(message),
            Self::Md5 => plain::<md5::Md5>(message),
            Self::Sha1 => plain::<sha1::Sha1>(message),
            Self::Sha512 => plain::<sha2::Sha512>(message),
            Self::Blake3 => Output::of(blake3::hash(message).as_bytes()),
            Self::Blake2b512 => plain::<blake2::Blake2b512>(message),
            Self::Blake2b256 => plain::<blake2::Blake2b256>(message),
            Self::Blake2s256 => plain::<blake2::Blake2s256>(message),
            Self::Sha3_256 => plain::<sha3::Sha3_256>(message),
            Self::Sha3_512 => plain::<sha3::Sha3_512>(message),
            Self::Keccak256 => plain::<sha3::Keccak256>(message),
            Self::Sha224 => plain::<sha2::Sha224>(message),
            Self::Sha384 => plain::<sha2::Sha384>(message),
            Self::Sha512_256 => plain::<sha2::Sha512_256>(message),
            Self::Uuid3 => uuid(plain::<md5::Md5>(message)),
            Self::Murmur128 => little_end_first(murmur128(message)),
            Self::Murmur128Words => two_words(murmur128(message)),
            Self::Xxh3_128 => Output::of(&twox_hash::XxHash3_128::oneshot(message).to_be_bytes()),
            Self::Xxh3_64 => Output::of(&twox_hash::XxHash3_64::oneshot(message).to_be_bytes()),
            Self::Xxh64 => Output::of(&twox_hash::XxHash64::oneshot(0, message).to_be_bytes()),
            Self::Fnv1a64 => Output::of(&fnv1a_64(message).to_be_bytes()),
            Self::Murmur32 => Output::of(&murmur32(message).to_be_bytes()),
            Self::Xxh32 => Output::of(&twox_hash::XxHash32::oneshot(0, message).to_be_bytes()),
            Self::Crc32 => Output::of(&crc32fast::hash(message).to_be_bytes()),
            Self::Fnv1a32 => Output::of(&fnv1a_32(message).to_be_bytes()),
            Self::Java => Output::of(&java(message).to_be_bytes()),
        }
    }

    /// Hands out the digest of `message` by each of `functions`, in their order; what two of them share is computed once.
    pub(crate) fn each(functions: &[Self], message: &[u8], mut take: impl FnMut(Self, Output)) {
        let (mut of_md5, mut of_murmur) = (None, None);
        for &function in functions {
            let output = match function {
                Self::Md5 => *of_md5.get_or_insert_with(|| plain::<md5::Md5>(message)),
                Self::Uuid3 => uuid(*of_md5.get_or_insert_with(|| plain::<md5::Md5>(message))),
                Self::Murmur128 => little_end_first(*of_murmur.get_or_insert_with(|| murmur128(message))),
                Self::Murmur128Words => two_words(*of_murmur.get_or_insert_with(|| murmur128(message))),
                _ => function.digest(message),
            };
            take(function, output);
        }
    }

    /// The function under `key` (HMAC, RFC 2104), if it is made for it.
    pub(crate) fn under(self, key: &[u8]) -> Option<Keyed> {
        Some(match self {
            Self::Sha256 => Keyed::of::<sha2::Sha256>(key),
            Self::Md5 => Keyed::of::<md5::Md5>(key),
            Self::Sha1 => Keyed::of::<sha1::Sha1>(key),
            Self::Sha512 => Keyed::of::<sha2::Sha512>(key),
            Self::Blake2b512 => Keyed::of::<blake2::Blake2b512>(key),
            Self::Blake2b256 => Keyed::of::<blake2::Blake2b256>(key),
            Self::Blake2s256 => Keyed::of::<blake2::Blake2s256>(key),
            Self::Sha3_256 => Keyed::of::<sha3::Sha3_256>(key),
            Self::Sha3_512 => Keyed::of::<sha3::Sha3_512>(key),
            Self::Keccak256 => Keyed::of::<sha3::Keccak256>(key),
            Self::Sha224 => Keyed::of::<sha2::Sha224>(key),
            Self::Sha384 => Keyed::of::<sha2::Sha384>(key),
            Self::Sha512_256 => Keyed::of::<sha2::Sha512_256>(key),
            _ => return None,
        })
    }
}

/// A hash function under a key. The key was taken in already: that is half of the work.
pub(crate) struct Keyed(Box<Mac>);

/// From a message to its code.
type Mac = dyn Fn(&[u8]) -> Output;

impl Keyed {
    fn of<D: Digest + BlockSizeUser + Clone + 'static>(key: &[u8]) -> Self {
        let mut block = vec![0; D::block_size()];
        if key.len() > block.len() {
            block[..<D as Digest>::output_size()].copy_from_slice(&D::digest(key));
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let padded = |pad: u8| D::new_with_prefix(block.iter().map(|byte| byte ^ pad).collect::<Vec<u8>>());
        let (inner, outer) = (padded(0x36), padded(0x5c));
        Self(Box::new(move |message| {
            let within = inner.clone().chain_update(message).finalize();
            Output::of(&outer.clone().chain_update(within).finalize())
        }))
    }

    /// The HMAC of `message`.
    pub(crate) fn digest(&self, message: &[u8]) -> Output {
        (self.0)(message)
    }
}

impl fmt::Debug for Keyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyed")
    }
}

fn plain<D: Digest>(message: &[u8]) -> Output {
    Output::of(&D::digest(message))
}

/// Writes version 3 and variant 1 over a digest.
fn uuid(mut digest: Output) -> Output {
    digest.bytes[6] = digest.bytes[6] & 0x0f | 0x30;
    digest.bytes[8] = digest.bytes[8] & 0x3f | 0x80;
    digest
}

fn murmur128(mut message: &[u8]) -> u128 {
    murmur3::murmur3_x64_128(&mut message, 0).unwrap_or_default() // reading a slice cannot fail
}

fn little_end_first(digest: u128) -> Output {
    Output::of(&digest.to_le_bytes())
}

fn two_words(digest: u128) -> Output {
    Output::of(&digest.rotate_right(64).to_be_bytes())
}

fn murmur32(mut message: &[u8]) -> u32 {
    murmur3::murmur3_32(&mut message, 0).unwrap_or_default() // reading a slice cannot fail
}

fn fnv1a_64(message: &[u8]) -> u64 {
    let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    message.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

fn fnv1a_32(message: &[u8]) -> u32 {
    let step = |hash: u32, &byte: &u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    message.iter().fold(0x811c_9dc5, step)
}

fn java(message: &[u8]) -> u32 {
    message.iter().fold(0, |hash: u32, &byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)))
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use digest::{Digest, KeyInit, Mac, block_api::BlockSizeUser};
    use hmac::SimpleHmac;

    use super::{Algorithm, Output};

    /// Digests of `abc` from the standards and the reference implementations.
    const OF_ABC: [(Algorithm, &str); 26] = [
        (Algorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (Algorithm::Md5, "900150983cd24fb0d6963f7d28e17f72"),
        (Algorithm::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            Algorithm::Sha512,
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ),
        (Algorithm::Blake3, "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"),
        (
            Algorithm::Blake2b512,
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1\
             7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
        ),
        (Algorithm::Blake2b256, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"),
        (Algorithm::Blake2s256, "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"),
        (Algorithm::Sha3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
        (
            Algorithm::Sha3_512,
            "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e\
             10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
        ),
        (Algorithm::Keccak256, "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        (Algorithm::Sha224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
        (
            Algorithm::Sha384,
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
        ),
        (Algorithm::Sha512_256, "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"),
        (Algorithm::Uuid3, "900150983cd23fb096963f7d28e17f72"),
        (Algorithm::Murmur128, "6778ad3f3f3f96b4522dca264174a23b"),
        (Algorithm::Murmur128Words, "b4963f3f3fad78673ba2744126ca2d52"),
        (Algorithm::Xxh3_128, "06b05ab6733a618578af5f94892f3950"),
        (Algorithm::Xxh3_64, "78af5f94892f3950"),
        (Algorithm::Xxh64, "44bc2cf5ad770999"),
        (Algorithm::Fnv1a64, "e71fa2190541574b"),
        (Algorithm::Murmur32, "b3dd93fa"),
        (Algorithm::Xxh32, "32d153ff"),
        (Algorithm::Crc32, "352441c2"),
        (Algorithm::Fnv1a32, "1a47e90b"),
        (Algorithm::Java, "00017862"),
    ];

    #[test]
    fn every_function_agrees_with_its_reference() {
        assert_eq!(OF_ABC.map(|(algorithm, _)| algorithm), Algorithm::ALL);
        for (algorithm, expected) in OF_ABC {
            assert_eq!(HEXLOWER.encode(algorithm.digest(b"abc").bytes()), expected, "{algorithm:?}");
            assert_eq!(algorithm.len(), expected.len() / 2, "{algorithm:?}");
        }
    }

    #[test]
    fn keyed_digests_agree_with_rfc_2202_and_rfc_4231() {
        let hex = |algorithm: Algorithm| {
            let keyed = algorithm.under(b"Jefe").expect("made for it");
            HEXLOWER.encode(keyed.digest(b"what do ya want for nothing?").bytes())
        };
        assert_eq!(hex(Algorithm::Md5), "750c783e6ab0b503eaa86e310a5db738");
        assert_eq!(hex(Algorithm::Sha1), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        assert_eq!(hex(Algorithm::Sha256), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert!(Algorithm::Crc32.under(b"k").is_none());
    }

    /// HMAC as a crate of its own computes it, from the start for each message.
    fn simple(algorithm: Algorithm, key: &[u8], message: &[u8]) -> Option<Output> {
        fn of<D: Digest + BlockSizeUser>(key: &[u8], message: &[u8]) -> Option<Output> {
            let mac = <SimpleHmac<D> as KeyInit>::new_from_slice(key).ok()?;
            Some(Output::of(&mac.chain_update(message).finalize().into_bytes()))
        }
        match algorithm {
            Algorithm::Sha256 => of::<sha2::Sha256>(key, message),
            Algorithm::Md5 => of::<md5::Md5>(key, message),
            Algorithm::Sha1 => of::<sha1::Sha1>(key, message),
            Algorithm::Sha512 => of::<sha2::Sha512>(key, message),
            Algorithm::Blake2b512 => of::<blake2::Blake2b512>(key, message),
            Algorithm::Blake2b256 => of::<blake2::Blake2b256>(key, message),
            Algorithm::Blake2s256 => of::<blake2::Blake2s256>(key, message),
            Algorithm::Sha3_256 => of::<sha3::Sha3_256>(key, message),
            Algorithm::Sha3_512 => of::<sha3::Sha3_512>(key, message),
            Algorithm::Keccak256 => of::<sha3::Keccak256>(key, message),
            Algorithm::Sha224 => of::<sha2::Sha224>(key, message),
            Algorithm::Sha384 => of::<sha2::Sha384>(key, message),
            Algorithm::Sha512_256 => of::<sha2::Sha512_256>(key, message),
            _ => None,
        }
    }

    #[test]
    fn key_that_was_taken_in_gives_the_hmac_of_every_message() {
        let bytes: Vec<u8> = (0..=255).collect();
        for algorithm in Algorithm::ALL {
            for key in [0, 1, 16, 63, 64, 65, 127, 128, 129, 143, 144, 145, 200].map(|len| &bytes[..len]) {
                let keyed = algorithm.under(key);
                for message in [0, 1, 55, 56, 64, 111, 112, 128, 256].map(|len| &bytes[..len]) {
                    let expected = simple(algorithm, key, message).map(|output| output.bytes().to_vec());
                    let found = keyed.as_ref().map(|keyed| keyed.digest(message).bytes().to_vec());
                    assert_eq!(found, expected, "{algorithm:?}, key of {}, message of {}", key.len(), message.len());
                }
            }
        }
    }

    #[test]
    fn functions_side_by_side_digest_as_each_does_alone() {
        for message in [&b""[..], b"abc", &[7; 300]] {
            let mut together = Vec::new();
            Algorithm::each(&Algorithm::ALL, message, |algorithm, output| together.push((algorithm, output)));
            assert_eq!(together.len(), Algorithm::ALL.len());
            for (algorithm, output) in together {
                assert_eq!(output.bytes(), algorithm.digest(message).bytes(), "{algorithm:?}");
            }
        }
    }
}
