//! What caused a flow, as far as the ledgers show it.

use model::{Flow, Timestamp};

use crate::{exhibit::Exhibit, words};

impl Exhibit<'_> {
    /// The activity that a flow tells of, in words; else that it is not known, with what was done last before it.
    pub(crate) fn cause(&self, flow: &Flow) -> String {
        let seen = self.flows.iter().find(|seen| seen.flow.id == flow.id);
        let shown = seen.and_then(|seen| {
            let sighted = seen.sightings.iter().min_by_key(|sighting| sighting.path.len());
            let planted = sighted.and_then(|sighting| self.canaries.entries(sighting.token).first().copied());
            planted.or_else(|| seen.told.first().map(|told| told.entry))
        });
        let line = shown.and_then(|line| self.main.notebook.entries.get(line));
        line.map_or_else(|| self.last_before(flow.at), words::activity)
    }

    /// That the cause of what was seen at `time` is not known, with what was done last before it.
    pub(crate) fn last_before(&self, time: Timestamp) -> String {
        let last = self.done().take_while(|(_, entry)| entry.at <= time).last();
        last.map_or_else(
            || "the first start".to_owned(),
            |(_, entry)| format!("not known; the last before it was {}", words::activity(entry)),
        )
    }
}
