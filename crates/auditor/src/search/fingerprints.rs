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

/// Bits of the bitmap for each word, of which two are set: one word in some hundred is looked up in vain.
const BITS_PER_WORD: usize = 32;

/// Bits of the smallest and the largest bitmap, as powers of two: 512 bytes, and 256 KiB, half of a second-level cache.
const BITMAP_LOG: (u32, u32) = (12, 21);

/// Buckets are fewer than bits of the bitmap by this power of two.
const BUCKET_LOG: u32 = 4;

/// Sets this bit in every byte: capital letters become small ones, small letters and digits stay.
const CASE: u64 = 0x2020_2020_2020_2020;

/// Tokens that are looked for at one stride.
#[derive(Debug, Clone)]
pub(super) struct Fingerprints {
    stride: usize,
    /// Words of eight bytes that the longest token can have on one side of a border, wherever that cuts it.
    words_aside: usize,
    /// Hashes are shifted by so much to index the buckets.
    shift: u32,
    /// Cells of 64 bits; a word sets two bits in one of them.
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
        let mut longest = 0;
        for (token, text) in tokens {
            longest = longest.max(text.len());
            let starts = (0..text.len()).filter_map(|at| text.as_bytes()[at..].first_chunk());
            let starts = (0..).zip(starts.take(stride));
            words.extend(starts.map(|(at, word)| Word { letters: folded(*word), token, at }));
        }
        let log = (words.len() * BITS_PER_WORD).next_power_of_two().ilog2().clamp(BITMAP_LOG.0, BITMAP_LOG.1);
        let shift = u64::BITS - (log - BUCKET_LOG);
        words.sort_unstable_by_key(|word| (bucket(word.letters, shift), word.token, word.at));
        let mut bitmap = vec![0; 1 << (log - CELL_LOG)];
        let mut buckets = vec![0_u32; (1 << (log - BUCKET_LOG)) + 1];
        for word in &words {
            let (cell, bits) = bits_of(word.letters, bitmap.len());
            bits.iter().for_each(|bit| bitmap[cell] |= 1 << bit);
            buckets[bucket(word.letters, shift) + 1] += 1;
        }
        for bucket in 1..buckets.len() {
            buckets[bucket] += buckets[bucket - 1];
        }
        Self { stride, words_aside: longest.saturating_sub(1) / WORD_BYTES, shift, bitmap, buckets, words }
    }

    /// Whether a token of which less than eight bytes stand before `value` could go on over its first eight bytes; and
    /// whether one that goes on behind it could have eight bytes or more in it. Nothing is known of short tokens.
    ///
    /// The words that begin within the first eight bytes of a token are indexed. So are the first eight bytes of `value` if
    /// less stand before it, and one of the words that end a multiple of eight bytes before its end.
    #[inline]
    pub(super) fn at_edges(&self, value: &[u8], begins: bool, ends: bool) -> (bool, bool) {
        if self.stride != WORD_BYTES {
            return (begins, ends);
        }
        let (Some(first), Some(last)) = (value.first_chunk(), value.last_chunk()) else { return (false, false) };
        let goes_on = begins && self.may_hold(folded(*first));
        (goes_on, ends && are_letters(folded(*last)) && self.may_begin_in(value))
    }

    /// Whether one of the words that end a multiple of eight bytes before the end of `value` may be in a token.
    fn may_begin_in(&self, value: &[u8]) -> bool {
        let (_, words) = value.as_rchunks::<WORD_BYTES>();
        words.iter().rev().take(self.words_aside).any(|word| self.may_hold(folded(*word)))
    }

    /// Calls `seen` with the number of a token and a place at which it could begin in `text`, whose word is there; by
    /// rising places of the words. Each place at which the token does stand is among them, once.
    pub(super) fn scan(&self, text: &[u8], mut seen: impl FnMut(u32, usize)) {
        if self.stride == WORD_BYTES {
            self.scan_aligned(text, &mut seen);
        } else {
            for at in (0..text.len()).step_by(self.stride) {
                let Some(word) = text[at..].first_chunk() else { return };
                self.test(folded(*word), at, &mut seen);
            }
        }
    }

    /// Tests whole blocks of words at once: nearly all of them hold nothing.
    fn scan_aligned(&self, text: &[u8], seen: &mut impl FnMut(u32, usize)) {
        let (words, _) = text.as_chunks::<WORD_BYTES>();
        let (blocks, rest) = words.as_chunks::<BLOCK_WORDS>();
        for (nth, block) in blocks.iter().enumerate() {
            let mut any = 0;
            for word in block {
                any |= self.bit(folded(*word));
            }
            if any != 0 {
                self.test_all(block, nth * BLOCK_WORDS * WORD_BYTES, seen);
            }
        }
        self.test_all(rest, blocks.len() * BLOCK_WORDS * WORD_BYTES, seen);
    }

    /// Tests each of `words`, the first of which stands at `at`.
    fn test_all(&self, words: &[[u8; WORD_BYTES]], at: usize, seen: &mut impl FnMut(u32, usize)) {
        for (word, at) in words.iter().zip((at..).step_by(WORD_BYTES)) {
            self.test(folded(*word), at, seen);
        }
    }

    /// Whether a token may hold `word`.
    fn may_hold(&self, word: u64) -> bool {
        self.bit(word) != 0
    }

    /// One if a token may hold `word`, zero if none does.
    #[inline]
    fn bit(&self, word: u64) -> u64 {
        let (cell, [one, two]) = bits_of(word, self.bitmap.len());
        self.bitmap.get(cell).map_or(0, |&cell| cell >> one & cell >> two & 1)
    }

    fn test(&self, word: u64, at: usize, seen: &mut impl FnMut(u32, usize)) {
        if !self.may_hold(word) {
            return;
        }
        let bucket = bucket(word, self.shift);
        let [from, to] = [bucket, bucket + 1].map(|bucket| self.buckets.get(bucket).map_or(0, |&at| at as usize));
        for known in self.words.get(from..to).unwrap_or_default().iter().filter(|known| known.letters == word) {
            if let Some(start) = at.checked_sub(known.at as usize) {
                seen(known.token, start);
            }
        }
    }
}

/// Whether all bytes of a word could have been letters and digits.
const fn are_letters(folded: u64) -> bool {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGHS: u64 = ONES << 7;
    /// Sets the highest bit of each byte that is not below `byte`, of bytes below 128.
    const fn from(folded: u64, byte: u8) -> u64 {
        folded + ONES * (0x80 - byte as u64)
    }
    let digits = from(folded, b'0') & !from(folded, b'9' + 1);
    let letters = from(folded, b'a') & !from(folded, b'z' + 1);
    folded & HIGHS == 0 && (digits | letters) & HIGHS == HIGHS
}

/// The word's letters and digits, without regard to case. Two words that differ in more than case may come out alike.
const fn folded(word: [u8; WORD_BYTES]) -> u64 {
    u64::from_le_bytes(word) | CASE
}

/// Bits of a cell of the bitmap, as a power of two.
const CELL_LOG: u32 = 6;

/// The cell of a bitmap of so many, a power of two, and the two bits in it that a word sets.
const fn bits_of(letters: u64, cells: usize) -> (usize, [u64; 2]) {
    let hash = hash(letters);
    #[allow(clippy::cast_possible_truncation, reason = "only bits below the number of cells are kept")]
    let cell = (hash >> 36) as usize & (cells - 1);
    (cell, [hash >> 58, hash >> 52 & 0x3f])
}

fn bucket(letters: u64, shift: u32) -> usize {
    usize::try_from(hash(letters) >> shift).unwrap_or_default()
}

/// Multiplication by an odd number near 2^64 divided by the golden ratio (Knuth, volume 3, section 6.4), the halves of
/// the product together: every bit depends on every byte.
#[allow(clippy::cast_possible_truncation, reason = "the halves are taken")]
const fn hash(letters: u64) -> u64 {
    let product = letters as u128 * 0x9e37_79b9_7f4a_7c15;
    product as u64 ^ (product >> 64) as u64
}
