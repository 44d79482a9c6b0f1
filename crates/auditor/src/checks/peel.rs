//! Peel: what costs more to decode than anything honest does is noted, for it may hide something.
//!
//! It breaks no promise by itself: it is listed beside whatever else is found, and leaves unproven what is not broken.
//!
//! # Sees
//!
//! A flow whose decoding reached a bound of [`crate::peel::Limits`]: encodings inside one another, bytes made by decoders
//! (so a decompression bomb of 10 GB costs 8 MiB), bytes of the flow itself, steps of work. The finding says which, and
//! the way that led there.
//!
//! # Cannot see
//!
//! What lies beyond the bound; whether it was meant to stop an examiner.
//!
//! # Error rates
//!
//! It counts work and compares it with a bound, so chance has no part in it. A client that honestly sends more than 8 MiB
//! behind one encoding is noted too, and its promises stay unproven: no verdict is broken for it.
//!
//! # Source
//!
//! D. Fifield, "A better zip bomb" (2019), on what decompression can be made to cost; RFC 9110, section 17, on attacks by
//! the size of messages.

use model::CheckName;

use crate::{conclusion::Conclusion, exhibit::Exhibit};

/// Most flows that were not looked at whole that become findings, and that a reason names.
const NOTED_MAX: usize = 8;
const FLOWS_NAMED_MAX: usize = 3;

/// Lists flows that cost more to decode than anything honest does: whatever they hide was not seen.
pub(crate) fn note(exhibit: &Exhibit<'_>, conclusion: &mut Conclusion) {
    let evidence = exhibit.exhausted.iter().filter_map(|(number, exhausted)| exhibit.exhausted(*number, exhausted));
    for evidence in evidence.take(NOTED_MAX) {
        conclusion.note(CheckName::Peel, "a flow costs more to decode than anything honest does", evidence);
    }
    let numbers = exhibit.exhausted.iter().filter_map(|(number, _)| exhibit.flows.get(*number));
    let mut named: Vec<String> = numbers.take(FLOWS_NAMED_MAX).map(|seen| seen.flow.id.to_string()).collect();
    if let Some(more) = exhibit.exhausted.len().checked_sub(FLOWS_NAMED_MAX).filter(|more| *more > 0) {
        named.push(format!("{more} more"));
    }
    if !named.is_empty() {
        conclusion.lacks(format!("{} could not be looked at whole", named.join(", ")));
    }
}
