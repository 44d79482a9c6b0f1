//! What an inspection finds beside raw reports: who read what from where, and what was noted about requests.

use model::{Inspection, LoggedRequest, Read, Timestamp};
use scenario::Script;

/// Most lines of the access logs that an inspection copies; the oldest are copied.
const READS_MAX: usize = 10_000;

/// The logs as they stand at `ends`, without what is added from rooms.
pub(crate) fn of(script: &Script, ends: Timestamp) -> Inspection {
    Inspection { reads: reads(script, ends), ..Inspection::default() }
}

/// Adds what servers noted about the requests of a lab device.
pub(crate) fn add(inspection: &mut Inspection, requests: Vec<LoggedRequest>) {
    inspection.requests.extend(requests);
    inspection.requests.sort_by_key(|request| request.at); // stable: at equal times in the order of devices
}

/// Every reading from the start of the world to `ends`, in order of time.
fn reads(script: &Script, ends: Timestamp) -> Vec<Read> {
    let mut reads: Vec<Read> = Vec::new();
    for reading in &script.operations.reads {
        let times = std::iter::successors(Some(script.starts + reading.every), |at| Some(*at + reading.every));
        let line = |at| {
            let (region, from, reader) = (reading.region.clone(), reading.from, reading.reader.clone());
            Read { at, region, from, reader }
        };
        reads.extend(times.take_while(|at| *at <= ends && *at < Timestamp::MAX).take(READS_MAX).map(line));
    }
    reads.sort_by_key(|read| read.at);
    reads.truncate(READS_MAX);
    reads
}
