//! The vendor's servers: bodies of any form. The first byte chooses the form.

#![no_main]

use encoding::DecodeLimits;
use fuzz::forms;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, body)) = bytes.split_first() else { return };
    let forms = forms();
    let _ = forms[usize::from(choice) % forms.len()].decode(body, DecodeLimits::default());
});
