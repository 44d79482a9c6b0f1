//! Rulebooks.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| match auditor::rulebooks::parse("fuzz.toml", text) {
    Ok(book) => assert!(!book.rules.is_empty()),
    Err(error) => assert!(!error.to_string().is_empty()),
});
