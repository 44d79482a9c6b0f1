//! Values that tell little alone and together single a device out.

use std::collections::BTreeMap;

use model::{CheckName, Host};

use super::{CANDIDATES_MAX, Hunt, IDENTIFIES_BITS_MIN, Traced, bits::bits_max};
use crate::{conclusion::Conclusion, words};

/// Uploads over which a short value must never change: a place with two values by chance does so once in 128.
const STEADY_UPLOADS_MIN: u64 = 8;

/// Most values that a finding quotes.
const QUOTED_MAX: usize = 6;

impl<'e> Hunt<'_, 'e> {
    /// Convicts what one host gets told about the device, if it singles the device out: short values that never change
    /// where the sibling has others, and `weak` ones.
    pub(super) fn together(&mut self, weak: Vec<Traced<'e>>, conclusion: &mut Conclusion) {
        let exhibit = self.exhibit;
        let steady: Vec<Traced<'e>> = exhibit.traces.steady().filter(|(_, trace)| self.is_forbidden(trace)).collect();
        let steady = steady.into_iter().filter(|(_, trace)| trace.uploads >= STEADY_UPLOADS_MIN);
        let differs = |(value, trace): &Traced<'e>| self.sibling.differs_there(value, trace);
        let short: Vec<Traced<'e>> = steady.take(CANDIDATES_MAX).filter(differs).collect();
        let mut hosts: BTreeMap<&Host, Vec<Traced<'e>>> = BTreeMap::new();
        for (value, trace) in weak.into_iter().chain(short) {
            hosts.entry(&exhibit.flows[trace.flows.0].flow.host).or_default().push((value, trace));
        }
        let bits = |parts: &[Traced<'_>]| parts.iter().map(|(value, _)| bits_max(value)).sum::<u64>();
        let Some(parts) = hosts.into_values().max_by_key(|parts| bits(parts)) else { return };
        if bits(&parts) < IDENTIFIES_BITS_MIN {
            let places: Vec<&str> = parts.iter().take(QUOTED_MAX).map(|(_, trace)| trace.place.as_str()).collect();
            let tells = words::count(bits(&parts), "bit");
            conclusion.misses(format!(
                "whom the short values at {} tell apart: up to {tells}, too coarse to link by",
                places.join(", ")
            ));
            return;
        }
        let Some(&(first, trace)) = parts.first() else { return };
        let values = words::count(parts.len() as u64, "value");
        let (tells, links) = (self.tells(bits(&parts)), self.links(trace));
        let summary = format!("{values}, none an identifier alone, together: {tells}; the first {links}");
        let mut evidence = self.evidence(first, trace);
        let quoted = parts.iter().take(QUOTED_MAX).map(|(value, trace)| format!("{} = {value}", trace.place));
        evidence.plaintext = words::excerpt(&quoted.collect::<Vec<_>>().join("; "), "");
        conclusion.convict(CheckName::Linkage, summary, evidence);
    }
}
