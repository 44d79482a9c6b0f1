//! Decompression bombs, made without holding what they decompress to.

use flate2::{Compress, Compression, FlushCompress};

/// A stream that makes as many bytes of zeros as are asked for, rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bomb {
    Gzip,
    Zlib,
    Deflate,
    Brotli,
    Zstd,
}

impl Bomb {
    pub const ALL: [Self; 5] = [Self::Gzip, Self::Zlib, Self::Deflate, Self::Brotli, Self::Zstd];

    /// A bomb of at least `bytes` bytes.
    pub fn of(self, bytes: u64) -> Vec<u8> {
        match self {
            Self::Gzip => [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], deflated(bytes).as_slice(), &[0; 8]].concat(),
            Self::Zlib => [&[0x78, 0x9c], deflated(bytes).as_slice(), &[0; 4]].concat(),
            Self::Deflate => deflated(bytes),
            Self::Brotli => brotli(bytes),
            Self::Zstd => zstd(bytes),
        }
    }
}

/// The same megabyte again and again: after a full flush nothing refers to what was before.
fn deflated(bytes: u64) -> Vec<u8> {
    let mut megabyte = Vec::with_capacity(1 << 16);
    let mut to = Compress::new(Compression::best(), false);
    to.compress_vec(&vec![0; 1 << 20], &mut megabyte, FlushCompress::Full).expect("room in memory");
    assert_eq!(to.total_in(), 1 << 20);
    let last = [1, 0, 0, 0xff, 0xff];
    [megabyte.repeat(times(bytes, 1 << 20)).as_slice(), &last].concat()
}

/// Metablocks of 16 MiB, each one literal and a copy of it (RFC 7932, section 9.2).
fn brotli(bytes: u64) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.write(&[(0b1011, 4)]); // a window of 22 bits
    for _ in 0..times(bytes, 1 << 24) {
        bits.write(&[(0, 1), (2, 2), ((1 << 24) - 1, 24), (0, 1)]); // not the last, six nibbles, 16 MiB, compressed
        bits.write(&[(0, 3), (0, 6), (0, 2), (0, 2)]); // one block type of each, no postfix, one tree of each
        // One symbol in each code, which then costs no bits: the literal zero, an insertion of one byte with a copy of
        // the longest kind, a distance of one or two.
        for (symbol, width) in [(0, 8), (399, 10), (16, 6)] {
            bits.write(&[(1, 2), (0, 2), (symbol, width)]);
        }
        bits.write(&[((1 << 24) - 1 - 2118, 24), (0, 1)]); // the rest of the copy's length, and of the distance
    }
    bits.write(&[(3, 2)]); // the last, and empty
    bits.bytes
}

/// Blocks of one byte that is repeated 128 Ki times (RFC 8878, section 3.1.1.2).
fn zstd(bytes: u64) -> Vec<u8> {
    let block = |last: u32| (((128 << 10) << 3 | 1 << 1 | last).to_le_bytes(), 0_u8);
    let bytes_of = |(header, byte): ([u8; 4], u8)| [header[0], header[1], header[2], byte];
    let blocks = bytes_of(block(0)).repeat(times(bytes, 128 << 10) - 1);
    [&[0x28, 0xb5, 0x2f, 0xfd, 0, 12 << 3], blocks.as_slice(), &bytes_of(block(1))].concat()
}

fn times(bytes: u64, of: u64) -> usize {
    bytes.div_ceil(of) as usize
}

/// Bits from the lowest of each byte.
#[derive(Default)]
pub struct Bits {
    pub bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    /// Writes each number with so many bits.
    pub fn write(&mut self, numbers: &[(u64, u32)]) {
        for &(number, width) in numbers {
            for bit in 0..width {
                if self.used.is_multiple_of(8) {
                    self.bytes.push(0);
                }
                *self.bytes.last_mut().expect("just pushed") |= ((number >> bit & 1) as u8) << (self.used % 8);
                self.used += 1;
            }
        }
    }
}
