//! HTTP Archives, and what a notebook makes of them. The notebook is that of `examples/captures`.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use scenario::CaptureNotebook;

const NOTEBOOK: &str = include_str!("../../examples/captures/notebook.toml");

static KNOWN: LazyLock<Option<CaptureNotebook>> =
    LazyLock::new(|| scenario::parse_notebook("notebook.toml", NOTEBOOK).ok());

fuzz_target!(|text: &str| {
    match world::read_har("fuzz.har", "session.har", text) {
        Ok(file) => {
            if let Some(notebook) = &*KNOWN {
                let _ = world::audit_captures(notebook, vec![file]);
            }
        }
        Err(error) => assert!(error.line > 0 && error.column > 0 && !error.to_string().is_empty()),
    }
});
