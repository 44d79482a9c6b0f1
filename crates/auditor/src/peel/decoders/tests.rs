//! What signs rule out.

use proptest::{collection::vec, prelude::*};

use super::{By, Candidates, DECODERS, LONG_BYTES_MIN, Turn};
use crate::peel::{
    Peeler,
    glance::{Classes, Glance},
};

/// Whether the decoder is among those that are tried.
fn is_tried(bytes: &[u8], word: &str) -> bool {
    let classes = Classes::new();
    let view = Glance::at(bytes, &classes);
    let mut candidates = Candidates::of(&view);
    std::iter::from_fn(|| candidates.next(&view, true)).any(|decoder| decoder.word == word)
}

/// A message of protobuf whose only field, of a number up to 31, has a length.
fn message(number: u8, content: &[u8]) -> Vec<u8> {
    let tag = if number < 16 { vec![number << 3 | 2] } else { vec![number << 3 | 2 | 0x80, number >> 4] };
    [&tag, &[u8::try_from(content.len()).expect("short")][..], content].concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn message_with_any_first_field_is_tried(number in 1..32_u8, content in vec(any::<u8>(), 0..100)) {
        let bytes = message(number, &content);
        prop_assert!(is_tried(&bytes, "protobuf"), "{:02x?}", bytes);
    }

    /// All but those that are tried where no other finds parts, which do not look at signs alone.
    #[test]
    fn long_views_are_tried_as_short_ones_are(bytes in "[a-z0-9=&;%/.: \u{80}]{1,40}", times in 1..40_usize) {
        let bytes = bytes.repeat(times).into_bytes();
        let classes = Classes::new();
        let view = Glance::at(&bytes, &classes);
        let traits = view.traits();
        for decoder in DECODERS.iter().filter(|decoder| decoder.turn != Turn::Last) {
            let length = u8::try_from(bytes.len().min(LONG_BYTES_MIN - 1)).expect("short");
            let sign = &decoder.sign;
            let is_shown = sign.allows(By::First, bytes[0])
                && sign.allows(By::Classes, traits.classes())
                && sign.allows(By::Marks, traits.marks())
                && sign.allows(By::Length, length)
                && !(sign.is_binary && view.is_text());
            prop_assert_eq!(is_tried(&bytes, decoder.word), is_shown && (decoder.recognise)(&view), "{}", decoder.word);
        }
    }

    /// Words and labels are worth a look from fourteen bytes on.
    #[test]
    fn short_words_and_labels_are_no_views(text in "[a-z2-7]{1,13}[ .,][a-z2-7]{0,13}") {
        let peeled = Peeler::default().peel_body(text.as_bytes());
        let steps = peeled.views().filter_map(|view| view.path().pop());
        let words: Vec<String> = steps.filter(|step| step.starts_with("word") || step.starts_with("label")).collect();
        prop_assert!(words.is_empty(), "{:?}", words);
    }
}
