//! The costly part of a turn, computed ahead of it and away from its window, which meanwhile is free for others.
//!
//! It is a pure function of what both servers were sent: a turn takes what it finds prepared for the very bytes that it is
//! about, and computes the rest by itself. So whatever happens in between, the turn comes to the same.

use std::{collections::BTreeMap, fmt, sync::Arc};

use encoding::prio3::Nonce;
use model::{QueryId, Window};

use super::{Begun, Output, Refused, TURN_BYTES_MAX, Verifier};

/// What a leader begins with: what it received of a report.
type Received = Arc<[u8]>;
/// What a helper responds to: what it received of a report, and the leader's verifier share.
type Asked = (Received, Vec<u8>);

type Beginning = Result<(Begun, Vec<u8>), Refused>;
type Response = Result<(Vec<u8>, Output), Refused>;

/// What a server will compute in its next turn about one window.
pub struct Ahead {
    about: (QueryId, Window),
    verifier: Arc<Verifier>,
    work: Work,
}

pub(super) enum Work {
    /// The leader's next reports, and the bytes of verifier shares that its turn has without them.
    Begin { reports: Vec<(Nonce, Received)>, bytes: usize },
    /// The helper's answers.
    Respond { offers: Vec<(Nonce, Asked)> },
}

/// What was computed of a turn; nothing by default.
#[derive(Default)]
pub struct Prepared {
    about: Option<(QueryId, Window)>,
    begun: BTreeMap<Nonce, (Received, Beginning)>,
    responses: BTreeMap<Nonce, (Asked, Response)>,
}

impl Ahead {
    pub(super) const fn new(about: (QueryId, Window), verifier: Arc<Verifier>, work: Work) -> Self {
        Self { about, verifier, work }
    }

    /// Does it.
    #[must_use]
    pub fn prepare(self) -> Prepared {
        let Self { about, verifier, work } = self;
        let mut prepared = Prepared { about: Some(about), ..Prepared::default() };
        match work {
            Work::Begin { reports, mut bytes } => {
                for (nonce, received) in reports {
                    if bytes >= TURN_BYTES_MAX {
                        break;
                    }
                    let begun = verifier.begin(nonce, &received);
                    bytes += begun.as_ref().map_or(0, |(_, share)| share.len());
                    prepared.begun.insert(nonce, (received, begun));
                }
            }
            Work::Respond { offers } => {
                for (nonce, asked) in offers {
                    let response = verifier.respond(nonce, &asked.0, &asked.1);
                    prepared.responses.insert(nonce, (asked, response));
                }
            }
        }
        prepared
    }
}

impl Prepared {
    /// What of it is about that window: all or nothing.
    pub(super) fn about(self, query: &QueryId, window: Window) -> Self {
        let same = self.about.as_ref().is_some_and(|(of, at)| of == query && *at == window);
        if same { self } else { Self::default() }
    }

    /// The beginning with what was `received`, if it is here.
    pub(super) fn begun(&mut self, nonce: Nonce, received: &[u8]) -> Option<Beginning> {
        let (of, begun) = self.begun.remove(&nonce)?;
        (*of == *received).then_some(begun)
    }

    /// The response to `share` with what was `received`, if it is here.
    pub(super) fn response(&mut self, nonce: Nonce, received: &[u8], share: &[u8]) -> Option<Response> {
        let (of, response) = self.responses.remove(&nonce)?;
        (*of.0 == *received && of.1 == share).then_some(response)
    }
}

/// Shows no share.
impl fmt::Debug for Ahead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reports = match &self.work {
            Work::Begin { reports, .. } => reports.len(),
            Work::Respond { offers } => offers.len(),
        };
        f.debug_struct("Ahead").field("about", &self.about).field("reports", &reports).finish_non_exhaustive()
    }
}

/// Shows sizes alone.
impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reports = self.begun.len() + self.responses.len();
        f.debug_struct("Prepared").field("about", &self.about).field("reports", &reports).finish_non_exhaustive()
    }
}
