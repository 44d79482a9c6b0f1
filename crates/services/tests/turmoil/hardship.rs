//! What happens to the network and to its hosts, as a timeline.

use std::time::Duration;

use turmoil::Sim;

/// Something that happens to hosts or to the way between two of them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hardship {
    /// Nothing gets through, either way.
    Part(&'static str, &'static str),
    /// Nothing gets through from the first to the second.
    PartOneWay(&'static str, &'static str),
    /// Everything that is sent from now on gets through again.
    Mend(&'static str, &'static str),
    /// What is sent is kept back.
    Hold(&'static str, &'static str),
    /// What was kept back arrives all at once.
    Release(&'static str, &'static str),
    /// The host loses everything but what is durable.
    Crash(&'static str),
    /// The host starts again.
    Start(&'static str),
    /// Messages on this way take so many milliseconds.
    Slow(&'static str, &'static str, u64),
    /// Messages of a thousand after which the way between two hosts breaks, for a while.
    Lossy(u32),
}

/// Points in time, in milliseconds after the start, with what happens then; ordered by time.
pub(crate) type Timeline = Vec<(u64, Hardship)>;

/// Plays `sim` with `timeline` until every client has ended, and says how long that took.
///
/// # Panics
/// If the clients do not end within the simulated time, or one of them fails.
pub(crate) fn play(sim: &mut Sim<'_>, timeline: &Timeline) -> Duration {
    assert!(timeline.is_sorted_by_key(|(at, _)| *at), "a timeline goes forward");
    let mut due = timeline.iter().peekable();
    loop {
        while let Some((_, hardship)) = due.next_if(|(at, _)| u128::from(*at) <= sim.elapsed().as_millis()) {
            strike(sim, *hardship);
        }
        if sim.step().expect("the clients end in time") {
            return sim.elapsed();
        }
    }
}

fn strike(sim: &mut Sim<'_>, hardship: Hardship) {
    match hardship {
        Hardship::Part(a, b) => sim.partition(a, b),
        Hardship::PartOneWay(from, to) => sim.partition_oneway(from, to),
        Hardship::Mend(a, b) => sim.repair(a, b),
        Hardship::Hold(a, b) => sim.hold(a, b),
        Hardship::Release(a, b) => sim.release(a, b),
        Hardship::Crash(host) => sim.crash(host),
        Hardship::Start(host) => sim.bounce(host),
        Hardship::Slow(a, b, ms) => sim.set_link_latency(a, b, Duration::from_millis(ms)),
        Hardship::Lossy(permille) => sim.set_fail_rate(f64::from(permille) / 1000.0),
    }
}
