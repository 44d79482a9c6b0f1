//! Scenario files.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(script) = scenario::parse("fuzz.toml", text) {
        assert_eq!(scenario::parse("again.toml", &scenario::write(&script)).ok(), Some(script));
    }
});
