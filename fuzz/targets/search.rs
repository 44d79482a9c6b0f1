//! The search: it finds what a plain comparison at every place finds, and whatever it sees can be quoted.

#![no_main]

use auditor::{peel::Peeler, search::Search};
use libfuzzer_sys::fuzz_target;

const TOKENS: [&str; 4] = ["kq3xn7wz2m5r8a4b", "aaaaaaaaaaaaaaaa", "aaaaaaaaab", "b0b0b0b0b0b"];

fuzz_target!(|bytes: &[u8]| {
    let Ok(search) = Search::new(&TOKENS) else { return };
    let mut expected = Vec::new();
    for (token, letters) in TOKENS.iter().enumerate() {
        let places = bytes.windows(letters.len()).enumerate();
        expected.extend(
            places.filter(|(_, text)| text.eq_ignore_ascii_case(letters.as_bytes())).map(|(at, _)| (token, at)),
        );
    }
    let mut found = search.places(bytes);
    found.sort_unstable();
    assert_eq!(found, expected);
    for sighting in search.sight(&Peeler::default().peel_body(bytes)) {
        assert!(!sighting.path.is_empty());
    }
});
