//! Numbers the texts of one group field, and finds their number again without an allocation.

use std::fmt::Write as _;

use hashbrown::HashTable;
use siphasher::sip::SipHasher13;

use super::{groups::NONE, words::Words};

/// Texts in the order in which they came, each once, all in one string. A text's place is its code.
#[derive(Debug, Clone)]
pub(super) struct Dictionary {
    text: String,
    /// Where each text ends in `text`.
    ends: Vec<usize>,
    hashes: Vec<u64>,
    table: HashTable<u32>,
    /// Codes of texts that stand for hashes of 64 bits.
    words: Words,
    hasher: SipHasher13,
}

impl Dictionary {
    /// No texts; `hasher` is keyed, so that nobody who sends texts can bring them to collide.
    pub(super) fn new(hasher: SipHasher13) -> Self {
        Self {
            text: String::new(),
            ends: Vec::new(),
            hashes: Vec::new(),
            table: HashTable::new(),
            words: Words::new(hasher.hash(b"words")),
            hasher,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn text(&self, code: u32) -> &str {
        let code = code as usize;
        let start = if code == 0 { 0 } else { self.ends[code - 1] };
        &self.text[start..self.ends[code]]
    }

    /// Half of the keyed hash of a text: so short, those of many texts stay in the second-level cache. Zero where there is
    /// no such text.
    pub(super) fn hash(&self, code: u32) -> u32 {
        self.hashes.get(code as usize).map_or(0, |hash| (hash >> 32) as u32)
    }

    pub(super) fn find(&self, text: &str) -> Option<u32> {
        self.find_hashed(self.hasher.hash(text.as_bytes()), text)
    }

    fn find_hashed(&self, hash: u64, text: &str) -> Option<u32> {
        self.table.find(hash, |&code| self.hashes[code as usize] == hash && self.text(code) == text).copied()
    }

    /// The code here of each text of `other`, whose hashes have the same key; [`NONE`] where it is not here.
    pub(super) fn find_all(&self, other: &Self) -> Vec<u32> {
        let texts = (0..).zip(&other.hashes);
        texts.map(|(code, &hash)| self.find_hashed(hash, other.text(code)).unwrap_or(NONE)).collect()
    }

    /// Makes room for so many texts in all.
    pub(super) fn reserve(&mut self, texts: usize) {
        let more = texts.saturating_sub(self.len());
        self.ends.reserve(more);
        self.hashes.reserve(more);
        let hashes = &self.hashes;
        self.table.reserve(more, |&code| hashes[code as usize]);
    }

    /// The code of `text`, which is taken in if it is new. Whoever calls bounds how many there are, below 2^32.
    pub(super) fn insert(&mut self, text: &str) -> u32 {
        let hash = self.hasher.hash(text.as_bytes());
        self.find_hashed(hash, text).unwrap_or_else(|| {
            let code = u32::try_from(self.len()).unwrap_or_else(|_| unreachable!("the caller bounds texts"));
            self.text.push_str(text);
            self.ends.push(self.text.len());
            self.hashes.push(hash);
            let hashes = &self.hashes;
            self.table.insert_unique(hash, code, |&code| hashes[code as usize]);
            code
        })
    }

    /// Writes the code of the text that stands for each of `words` into `codes`: it is taken in if it is new and
    /// `is_known`; otherwise there is [`NONE`].
    pub(super) fn insert_words(&mut self, words: &[u64], is_known: impl Fn(&str) -> bool, codes: &mut Vec<u32>) {
        self.words.find_all(words, codes);
        for (code, &word) in codes.iter_mut().zip(words).filter(|(code, _)| **code == NONE) {
            *code = self.words.find(word).or_else(|| self.insert_word(word, &is_known)).unwrap_or(NONE);
        }
    }

    #[cold]
    fn insert_word(&mut self, word: u64, is_known: impl Fn(&str) -> bool) -> Option<u32> {
        let mut text = String::with_capacity(16);
        let _ = write!(text, "{word:016x}");
        is_known(&text).then(|| {
            let code = self.insert(&text);
            self.words.insert(word, code);
            code
        })
    }

    /// Place of each code among the texts in order.
    pub(super) fn ranks(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..u32::try_from(self.len()).unwrap_or(u32::MAX)).collect();
        order.sort_unstable_by_key(|&code| self.text(code));
        let mut ranks = vec![0; order.len()];
        (0..).zip(order).for_each(|(rank, code)| ranks[code as usize] = rank);
        ranks
    }
}

/// Equal texts under equal codes.
impl PartialEq for Dictionary {
    fn eq(&self, other: &Self) -> bool {
        self.ends == other.ends && self.text == other.text
    }
}
