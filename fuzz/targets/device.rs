//! What a client under examination says about itself: its description, and its controls.

#![no_main]

use libfuzzer_sys::fuzz_target;
use prost::Message;
use protocol::v1;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(said) = v1::DescribeResponse::decode(bytes) {
        let _ = world::check_description(said);
    }
    if let Ok(said) = v1::ReadControlsResponse::decode(bytes) {
        let _ = world::check_controls(said);
    }
});
