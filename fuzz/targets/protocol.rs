//! Messages on the wire, and their conversions.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::{QueryId, ReportBatch, Reports, Window};
use prost::Message;
use protocol::{Assembly, BatchRef, v1};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = v1::UploadRequest::decode(bytes) {
        let _ = model::Upload::from(request);
    }
    if let Ok(batch) = v1::ReportBatch::decode(bytes) {
        let _ = model::ReportBatch::try_from(batch);
    }
    if let Some(batch) = BatchRef::read(bytes) {
        let read = ReportBatch { id: batch.id.to_owned(), reports: Reports::Borrowed(batch.reports).into_owned() };
        let request = v1::SubmitStreamRequest::decode(bytes).expect("read in place, though prost refuses it");
        assert_eq!(Ok(read), request.batch.unwrap_or_default().try_into());
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
