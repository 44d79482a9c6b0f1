//! Policies.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(policy) = toml::from_str::<browser::Policy>(text) {
        let _ = policy.problems();
    }
});
