//! Endpoints: what a client sends on its own must go to hosts that the vendor declares.
//!
//! # Sees
//!
//! Every host at the device's edge that is not navigation: telemetry, a second SDK, a proxy for icons, a push service,
//! and the resolver that a name is looked up at.
//!
//! # Cannot see
//!
//! Who else reads what a declared host takes in, nor what lies behind an address that several names share; the
//! inspection of servers is for that.
//!
//! # Error rates
//!
//! Whether a host is declared is a fact of the case file, so no chance enters. A visited page's own requests later than
//! a minute after the visit would be taken for the client's; none were met in practice.
//!
//! # Source
//!
//! D. J. Leith, "Web Browser Privacy: What Do Browsers Say When They Phone Home?" (2020), which lists the hosts that
//! each browser calls; GDPR, article 13(1)(e), on naming recipients.

use std::collections::BTreeMap;

use model::{Channel, CheckName, Flow, Host, Phase};

use super::PHASES;
use crate::{conclusion::Conclusion, exhibit::Exhibit, words};

/// Most hosts that are named, each in a finding of its own.
const HOSTS_MAX: usize = 8;

/// Compares the hosts that telemetry goes to with those that the vendor declares.
pub(crate) fn check(exhibit: &Exhibit<'_>) -> Conclusion {
    let mut conclusion = Conclusion::on(exhibit);
    conclusion.exercise(exhibit, |_| true);
    conclusion.require_phases(exhibit, &[Phase::FirstUse], |_| true);
    conclusion.require_phases(exhibit, &PHASES, |_| true);
    let declared = |host: &Host| exhibit.case.endpoints.iter().any(|known| known.host == *host && known.declared);
    if !exhibit.case.endpoints.iter().any(|known| known.declared) {
        conclusion.lacks("no host was declared");
        return conclusion;
    }
    let mut undeclared: BTreeMap<&Host, (&Flow, u64)> = BTreeMap::new();
    // After an update the hosts are another version's.
    for flow in exhibit.flows.iter().map(|seen| seen.flow).filter(|flow| !exhibit.timeline.at(flow.at).updated) {
        if !declared(&flow.host) {
            undeclared.entry(&flow.host).or_insert((flow, 0)).1 += 1;
        }
    }
    conclusion.exercised("hosts of everything that left the device");
    for (host, (flow, flows)) in undeclared.into_iter().take(HOSTS_MAX) {
        let summary = format!("{} {} `{host}`, which nobody declared", words::count(flows, "flow"), went(flow, flows));
        conclusion.convict(CheckName::Endpoints, summary, exhibit.sent_to(flow));
    }
    conclusion
}

/// What flows of the channel do with a host, in words.
const fn went(flow: &Flow, flows: u64) -> &'static str {
    match (flow.channel, flows) {
        (Channel::Http, 1) => "goes to",
        (Channel::Http, _) => "go to",
        (Channel::Dns, 1) => "looks up a name at",
        (Channel::Dns, _) => "look up names at",
        (Channel::Socket, 1) => "keeps a connection open to",
        (Channel::Socket, _) => "keep a connection open to",
    }
}
