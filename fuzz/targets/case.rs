//! Case files.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::CaseFile;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(case) = serde_json::from_slice::<CaseFile>(bytes) {
        let _ = auditor::audit(&case);
    }
});
