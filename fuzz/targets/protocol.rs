//! Messages on the wire, and their conversions.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::{QueryId, Window};
use prost::Message;
use protocol::{Assembly, v1};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = v1::UploadRequest::decode(bytes) {
        let _ = model::Upload::from(request);
    }
    if let Ok(batch) = v1::ReportBatch::decode(bytes) {
        let _ = model::ReportBatch::try_from(batch);
    }
    if let Ok(partial) = v1::PartialAccumulator::decode(bytes) {
        let _ = model::Partial::try_from(partial.clone());
        let mut assembly = Assembly::new(1 << 16);
        // The same part again: a peer may send its parts in any order, and twice.
        let _ = assembly.push(partial.clone()).and_then(|()| assembly.push(partial));
        let _ = assembly.finish();
    }
    if let Ok(sealed) = v1::SealedWindow::decode(bytes) {
        let _ = <(QueryId, Window)>::try_from(sealed);
    }
    if let Ok(release) = v1::Release::decode(bytes) {
        let _ = model::Release::try_from(release);
    }
    if let Ok(ruling) = v1::Ruling::decode(bytes) {
        let _ = model::Ruling::try_from(ruling);
    }
    if let Ok(holding) = v1::Holding::decode(bytes) {
        let _ = model::Holding::try_from(holding);
    }
});
