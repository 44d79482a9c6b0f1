//! Connections that are kept open: which one an upload leaves through.

use std::collections::BTreeMap;

use model::{Channel, ConnectionId, Mode};

use crate::policy::{Connection, Pipeline};

/// The connections of one client, numbered as they are opened.
#[derive(Debug, Default)]
pub(super) struct Connections {
    open: BTreeMap<(usize, Option<Mode>), ConnectionId>,
    opened: u64,
}

impl Connections {
    /// The connection for an upload of the pipeline at place `line`; nothing on channels that keep none.
    pub(super) fn of(&mut self, line: usize, pipeline: &Pipeline, mode: Mode) -> Option<ConnectionId> {
        let serves = match pipeline.connection {
            _ if pipeline.channel != Channel::Socket => return None,
            Connection::Upload => return Some(self.next()),
            Connection::Kept => None,
            Connection::Mode => Some(mode),
        };
        if let Some(open) = self.open.get(&(line, serves)) {
            return Some(*open);
        }
        let next = self.next();
        self.open.insert((line, serves), next);
        Some(next)
    }

    /// Closes every connection: the client ended, or the network is gone.
    pub(super) fn close(&mut self) {
        self.open.clear();
    }

    const fn next(&mut self) -> ConnectionId {
        self.opened += 1;
        ConnectionId(self.opened)
    }
}
