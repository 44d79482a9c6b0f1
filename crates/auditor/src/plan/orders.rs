//! What follows the plan where a regulator's orders are served: when each is, and how the device is used after it.

use model::{Activity, Duration, Mode, Notebook, NotebookEntry, Order, Ordered, Outcome, Phase, SessionId, Timestamp};

use super::{
    DRAIN, PlanRequest,
    tokens::{Planted, Planting, Tokens},
};

/// How long after the last activity the first order is served: what waits for the usual time has drained, and servers
/// still hold what they keep for a while.
const SERVED_AFTER: Duration = Duration::from_secs(12 * 3_600);
/// From when an order's time is up until the next thing happens.
const AFTERWARDS: Duration = Duration::from_secs(3_600);
/// Between two activities: longer than the usual flush intervals.
const PAUSE: Duration = Duration::from_secs(61);
/// First number of a session after an order: no plan has as many.
const SESSION_FIRST: u32 = 1 << 30;

/// Continues `notebook`, which [`super::plan`] wrote, with what is done after each of `orders`, and says when each is
/// served: one after the other, once most has drained and the time of the one before is up. After an order to
/// stop the device is used again, in normal mode and alike in every arm.
#[must_use]
pub fn plan_orders(request: &PlanRequest, notebook: &mut Notebook, orders: &[Order]) -> Vec<Timestamp> {
    let seed = request.seed.derive(&format!("orders about {} on {}", request.subject, request.device.id));
    let mut tokens = Tokens::new(seed);
    let mut served = Vec::with_capacity(orders.len());
    let drained = notebook.ends;
    if !orders.is_empty() {
        notebook.ends = drained.before(DRAIN) + SERVED_AFTER;
    }
    for (order, session) in orders.iter().zip(SESSION_FIRST..) {
        served.push(notebook.ends);
        let due = notebook.ends + order.within;
        notebook.ends = due + AFTERWARDS;
        if order.what == Ordered::Stop {
            let last = use_again(notebook, &mut tokens, SessionId(session));
            notebook.ends = last + DRAIN;
        }
    }
    notebook.ends = notebook.ends.max(drained);
    served
}

/// A visit and a search in a session of their own, from where the notebook ends. Yields the time of the last line.
fn use_again(notebook: &mut Notebook, tokens: &mut Tokens, session: SessionId) -> Timestamp {
    let plain = |activity| (activity, Vec::new());
    let lines: [Planted; 4] = [
        plain(Activity::OpenSession { mode: Mode::Normal }),
        Planting::from(tokens).visit(false),
        Planting::from(tokens).search("duckduckgo.com", false),
        plain(Activity::CloseSession),
    ];
    let mut at = notebook.ends;
    for (activity, canaries) in lines {
        at = at + PAUSE;
        notebook.entries.push(NotebookEntry {
            at,
            phase: Phase::Order,
            session: Some(session),
            mode: Some(Mode::Normal),
            activity,
            canaries,
            outcome: Outcome::Planned,
        });
    }
    at
}
