//! Finds many tokens in one pass that looks at few words of the text.
//!
//! A token of at least `stride + 7` bytes holds, wherever it stands, a word of eight bytes that begins at a multiple of
//! `stride`. So it is enough to look at those words of the text: a bitmap, small enough for the cache, says that a word
//! is in no token; the few others are looked up, and compared with the token in full. (The shape of the two-stage
//! matchers of Hyperscan, NSDI 2019, section 4.1, with words that stand still in place of a shift-or mask.)

/// Bytes of a word.
const WORD_BYTES: usize = 8;

/// Words that are tested together before a branch is taken.
const BLOCK_WORDS: usize = 8;

/// Bits of the bitmap for each word: one word in so many is looked up in vain.
const BITS_PER_WORD: usize = 32;

/// Bits of the smallest and the largest bitmap, as powers of two: 512 bytes, and 256 KiB, half of a second-level cache.
const BITMAP_LOG: (u32, u32) = (12, 21);

/// Sets this bit in every byte: capital letters become small ones, small letters and digits stay.
const CASE: u64 = 0x2020_2020_2020_2020;

/// Tokens that are looked for at one stride.
#[derive(Debug, Clone)]
pub(super) struct Fingerprints {
    stride: usize,
    /// Hashes are shifted by so much to index the bitmap, and the buckets.
    shift: u32,
    bitmap: Vec<u64>,
    /// Where the words of each bucket begin; one more than there are buckets.
    buckets: Vec<u32>,
    words: Vec<Word>,
}

/// A word of a token.
#[derive(Debug, Clone, Copy)]
struct Word {
    letters: u64,
    token: u32,
    /// Where it stands in the token.
    at: u32,
}

impl Fingerprints {
    /// The widest stride at which a token of so many bytes, nine or more, is never missed.
    pub(super) const fn stride_for(bytes: usize) -> usize {
        match bytes {
            15.. => 8,
            11.. => 4,
            _ => 2,
        }
    }

    /// An index of `tokens`, each with its number.
    pub(super) fn of<'a>(stride: usize, tokens: impl Iterator<Item = (u32, &'a str)>) -> Self {
        let mut words: Vec<Word> = Vec::new();
        for (token, text) in tokens {
            let starts = text.as_bytes().windows(WORD_BYTES).take(stride);
            words.extend((0..).zip(starts).map(|(at, word)| Word { letters: letters(word), token, at }));
        }
        let log = (words.len() * BITS_PER_WORD).next_power_of_two().ilog2().clamp(BITMAP_LOG.0, BITMAP_LOG.1);
        let shift = u64::BITS - log;
        words.sort_unstable_by_key(|word| (hash(word.letters) >> shift, word.token, word.at));
        let mut bitmap = vec![0; 1 << (log - 6)];
        let mut buckets = vec![0_u32; (1 << (log - 4)) + 1];
        for word in &words {
            let place = place(word.letters, shift);
            bitmap[place >> 6] |= 1 << (place & 63);
            buckets[(place >> 4) + 1] += 1;
        }
        for bucket in 1..buckets.len() {
            buckets[bucket] += buckets[bucket - 1];
        }
        Self { stride, shift, bitmap, buckets, words }
    }

    /// Calls `seen` with the number of a token and a place at which it could begin in `text`, whose word is there; by
    /// rising places of the words. Each place at which the token does stand is among them, once.
    pub(super) fn scan(&self, text: &[u8], mut seen: impl FnMut(u32, usize)) {
        if self.stride == WORD_BYTES {
            self.scan_aligned(text, &mut seen);
        } else {
            for (index, word) in text.windows(WORD_BYTES).step_by(self.stride).enumerate() {
                self.test(letters(word), index * self.stride, &mut seen);
            }
        }
    }

    /// Tests whole blocks of words at once: nearly all of them hold nothing.
    fn scan_aligned(&self, text: &[u8], seen: &mut impl FnMut(u32, usize)) {
        let (words, _) = text.as_chunks::<WORD_BYTES>();
        let (blocks, rest) = words.as_chunks::<BLOCK_WORDS>();
        for (index, block) in blocks.iter().enumerate() {
            let block = block.map(|word| u64::from_le_bytes(word) | CASE);
            if block.iter().fold(0, |any, &word| any | self.bit(word)) != 0 {
                for (nth, &word) in block.iter().enumerate() {
                    self.test(word, (index * BLOCK_WORDS + nth) * WORD_BYTES, seen);
                }
            }
        }
        for (nth, &word) in rest.iter().enumerate() {
            self.test(u64::from_le_bytes(word) | CASE, (blocks.len() * BLOCK_WORDS + nth) * WORD_BYTES, seen);
        }
    }

    /// One if a token may hold `word`, zero if none does.
    fn bit(&self, word: u64) -> u64 {
        let place = place(word, self.shift);
        self.bitmap.get(place >> 6).map_or(0, |bits| bits >> (place & 63) & 1)
    }

    fn test(&self, word: u64, at: usize, seen: &mut impl FnMut(u32, usize)) {
        if self.bit(word) == 0 {
            return;
        }
        let bucket = place(word, self.shift) >> 4;
        let [from, to] = [bucket, bucket + 1].map(|bucket| self.buckets.get(bucket).map_or(0, |&at| at as usize));
        for known in self.words.get(from..to).unwrap_or_default().iter().filter(|known| known.letters == word) {
            if let Some(start) = at.checked_sub(known.at as usize) {
                seen(known.token, start);
            }
        }
    }
}

/// The word's letters and digits, without regard to case. Two words that differ in more than case may come out alike.
fn letters(word: &[u8]) -> u64 {
    word.iter().rev().fold(0, |letters, &byte| letters << 8 | u64::from(byte)) | CASE
}

fn place(letters: u64, shift: u32) -> usize {
    usize::try_from(hash(letters) >> shift).unwrap_or_default()
}

/// Multiplication by an odd number near 2^64 divided by the golden ratio (Knuth, volume 3, section 6.4): its high bits
/// depend on every byte.
const fn hash(letters: u64) -> u64 {
    letters.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
