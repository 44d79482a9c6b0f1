//! Finds the codes of hashes of 64 bits, many at a time.

use super::{groups::NONE, sampling::folded_product};

/// Codes by hash: open addressing with linear probing, at most half full. What came early, as what comes often did, stands
/// where it is looked for first.
#[derive(Debug, Clone)]
pub(super) struct Words {
    /// One more than a code, or zero.
    slots: Vec<u32>,
    /// The hash that each code stands for; zero where it stands for none.
    words: Vec<u64>,
    len: usize,
    /// Spreads hashes over the slots as nobody can foresee.
    secret: u64,
}

/// Slots to begin with.
const SLOTS_MIN: usize = 64;

impl Words {
    pub(super) fn new(secret: u64) -> Self {
        Self { slots: Vec::new(), words: Vec::new(), len: 0, secret }
    }

    /// Writes the code of each of `words` into `codes`; [`NONE`] where it has none.
    ///
    /// One step looks into the slots and another at what they name, so that many looks into memory are under way at once.
    pub(super) fn find_all(&self, words: &[u64], codes: &mut Vec<u32>) {
        codes.clear();
        if self.slots.is_empty() {
            return codes.resize(words.len(), NONE);
        }
        codes.extend(words.iter().map(|word| self.slots[self.place(*word)].wrapping_sub(1)));
        for (code, word) in codes.iter_mut().zip(words) {
            if self.words.get(*code as usize) != Some(word) {
                *code = self.find(*word).unwrap_or(NONE);
            }
        }
    }

    /// The code of a word.
    pub(super) fn find(&self, word: u64) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mut place = self.place(word);
        loop {
            let code = self.slots[place].checked_sub(1)?;
            if self.words[code as usize] == word {
                return Some(code);
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }

    /// Gives a word that has none a code.
    pub(super) fn insert(&mut self, word: u64, code: u32) {
        if (self.len + 1) * 2 > self.slots.len() {
            let mut codes: Vec<u32> = self.slots.iter().copied().filter(|slot| *slot > 0).collect();
            codes.sort_unstable();
            self.slots = vec![0; (self.slots.len() * 2).max(SLOTS_MIN)];
            codes.into_iter().for_each(|slot| self.put(self.words[slot as usize - 1], slot));
        }
        self.words.resize(self.words.len().max(code as usize + 1), 0);
        self.words[code as usize] = word;
        self.len += 1;
        self.put(word, code + 1);
    }

    fn put(&mut self, word: u64, slot: u32) {
        let mut place = self.place(word);
        while self.slots[place] > 0 {
            place = (place + 1) & (self.slots.len() - 1);
        }
        self.slots[place] = slot;
    }

    /// Where a word is looked for first.
    #[inline]
    fn place(&self, word: u64) -> usize {
        let spread = folded_product(word ^ self.secret, 0x9e37_79b9_7f4a_7c15);
        usize::try_from(spread >> (u64::BITS - self.slots.len().trailing_zeros())).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn words_are_found_as_in_a_map(
            words in prop::collection::vec(prop_oneof![0..40_u64, any::<u64>()], 0..300),
            sought in prop::collection::vec(prop_oneof![0..60_u64, any::<u64>()], 0..60),
            secret in any::<u64>(),
        ) {
            let (mut found, mut expected) = (Words::new(secret), BTreeMap::new());
            for (word, code) in words.iter().zip((0_u32..).step_by(3)) {
                if found.find(*word).is_none() {
                    found.insert(*word, code);
                    expected.insert(*word, code);
                }
                prop_assert_eq!(found.find(*word), expected.get(word).copied());
            }
            let sought: Vec<u64> = sought.into_iter().chain(words).collect();
            let mut codes = vec![7];
            found.find_all(&sought, &mut codes);
            let expected: Vec<u32> = sought.iter().map(|word| expected.get(word).copied().unwrap_or(NONE)).collect();
            prop_assert_eq!(codes, expected);
        }
    }
}
