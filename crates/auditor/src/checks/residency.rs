//! Residency: what a device sends must stay in the countries that the promise or the law allows.
//!
//! # Sees
//!
//! Every flow of telemetry on every channel – uploads with their retries and fail-over, names looked up, sockets – by
//! the host that it goes to, and what each region held about the device when it was inspected. Where a host is served
//! is a public fact in the case file; a name below a known host is taken to be served where that one is.
//!
//! # Cannot see
//!
//! What servers pass on among themselves and delete before the inspection, nor that a host is served from elsewhere
//! than the case file says (anycast). Who reads from where is for the check of access. Fail-over shows only if the plan
//! or the weather brings it about: the ruling names the countries that were reached, no more.
//!
//! # Error rates
//!
//! It convicts by country codes in the ledgers, so chance convicts nobody. It misses what the case file's facts get
//! wrong.
//!
//! # Source
//!
//! GDPR Art. 44–46 and the decision of the Irish Data Protection Commission about TikTok, announced on 2 May 2025
//! (transfers to China, remote access included); 152-FZ Art. 18(5); PDPA s. 26; PIPL Art. 38–40.

use std::collections::{BTreeMap, BTreeSet};

use model::{CheckName, Country, Evidence, Flow, Holding, Host, RegionId};

use crate::{
    conclusion::Conclusion,
    exhibit::{Exhibit, Held},
    words,
};

/// Compares where telemetry goes, and where servers hold it, with the countries allowed for the lab device.
pub(crate) fn check(exhibit: &Exhibit<'_>, within: &BTreeMap<Country, Vec<Country>>) -> Conclusion {
    abroad(exhibit, &allowed(exhibit, within))
}

/// Where data of the lab device may be.
pub(crate) fn allowed(exhibit: &Exhibit<'_>, within: &BTreeMap<Country, Vec<Country>>) -> Vec<Country> {
    let home = exhibit.exam.device.country;
    within.get(&home).cloned().unwrap_or_else(|| vec![home])
}

/// Looks for telemetry that goes, or is held, outside of `allowed`.
pub(crate) fn abroad(exhibit: &Exhibit<'_>, allowed: &[Country]) -> Conclusion {
    let mut conclusion = collected(exhibit, allowed);
    let places = Places::of(exhibit);
    let mut outside = places.holdings().filter(|(_, country)| !allowed.contains(country));
    if let Some((holding, _)) = outside.next() {
        let summary = format!("region `{}` held data of a device in {}", holding.region, exhibit.exam.device.country);
        conclusion.convict(CheckName::Residency, summary, held_at(exhibit, holding));
    }
    conclusion
}

/// Looks for telemetry that goes outside of `allowed`, whatever servers do with it later.
pub(crate) fn collected(exhibit: &Exhibit<'_>, allowed: &[Country]) -> Conclusion {
    let mut conclusion = Conclusion::on(exhibit);
    conclusion.activities = exhibit.done().count() as u64;
    let places = Places::of(exhibit);
    let home = exhibit.exam.device.country;
    let (mut sent, mut outside) = (false, None);
    for flow in places.flows() {
        sent = true;
        let Some((region, country)) = places.serving(&flow.host) else {
            conclusion.lacks(format!("nobody knows where `{}` is served", flow.host));
            continue;
        };
        conclusion.exercised(format!("telemetry from {home} to {country}"));
        if !allowed.contains(&country) {
            outside.get_or_insert((flow, region, country));
        }
    }
    if !sent {
        conclusion.silent(exhibit);
    }
    if let Some((flow, region, country)) = outside {
        let summary = format!("a device in {home} sent to region `{region}` in {country}");
        conclusion.convict(CheckName::Residency, summary, exhibit.sent_to(flow));
    }
    conclusion
}

/// Looks for what was recorded outside of `home` and nowhere inside, whatever else may go abroad.
pub(crate) fn recorded(exhibit: &Exhibit<'_>, home: &[Country]) -> Conclusion {
    let mut conclusion = collected(exhibit, home);
    conclusion.findings.clear(); // a copy may go abroad
    if exhibit.main.holdings.is_none() {
        conclusion.lacks("the servers were not inspected");
        return conclusion;
    }
    let places = Places::of(exhibit);
    let inside = |holding: &Holding| places.country(&holding.region).is_some_and(|country| home.contains(&country));
    let at_home: BTreeSet<usize> = places.held().filter(|held| inside(held.holding)).map(|held| held.token).collect();
    let mut only_abroad = places.held().filter(|held| !inside(held.holding) && !at_home.contains(&held.token));
    let evidence = if let Some(held) = only_abroad.next() {
        Some((exhibit.held(held), &held.holding.region))
    } else if places.holdings().any(|(_, country)| home.contains(&country)) {
        None
    } else {
        places.holdings().next().map(|(holding, _)| (held_at(exhibit, holding), &holding.region))
    };
    if let Some((evidence, region)) = evidence {
        let home = exhibit.exam.device.country;
        let summary =
            format!("region `{region}` recorded data of a device in {home} that no server in {home} recorded");
        conclusion.convict(CheckName::Residency, summary, evidence);
    } else {
        conclusion.exercised("what each region held was compared");
    }
    conclusion
}

/// Where an examination's data can be.
pub(crate) struct Places<'e, 'a> {
    exhibit: &'e Exhibit<'a>,
    countries: BTreeMap<&'a RegionId, Country>,
    endpoints: BTreeMap<&'a str, &'a RegionId>,
}

impl<'e, 'a> Places<'e, 'a> {
    pub(crate) fn of(exhibit: &'e Exhibit<'a>) -> Self {
        let case = exhibit.case;
        Self {
            exhibit,
            countries: case.regions.iter().map(|region| (&region.id, region.country)).collect(),
            endpoints: case.endpoints.iter().map(|end| (end.host.as_str(), &end.region)).collect(),
        }
    }

    pub(crate) fn country(&self, region: &RegionId) -> Option<Country> {
        self.countries.get(region).copied()
    }

    /// The region that serves `host`, or the nearest name above it that is known, and where that is.
    pub(crate) fn serving(&self, host: &Host) -> Option<(&'a RegionId, Country)> {
        let parents = std::iter::successors(Some(host.as_str()), |name| Some(name.split_once('.')?.1));
        let region = parents.into_iter().find_map(|name| self.endpoints.get(name).copied())?;
        Some((region, self.country(region)?))
    }

    /// Telemetry of this version: after an update the endpoints are another's.
    pub(crate) fn flows(&self) -> impl Iterator<Item = &'a Flow> + use<'e, 'a> {
        let exhibit = self.exhibit;
        exhibit.flows.iter().map(|seen| seen.flow).filter(|flow| !exhibit.timeline.at(flow.at).updated)
    }

    /// What this version's reports left on the servers, and where.
    pub(crate) fn holdings(&self) -> impl Iterator<Item = (&'a Holding, Country)> {
        let holdings = self.exhibit.main.holdings.iter().flatten();
        let own = holdings.filter(|holding| !self.exhibit.timeline.at(holding.at).updated);
        own.filter_map(|holding| Some((holding, self.country(&holding.region)?)))
    }

    fn held(&self) -> impl Iterator<Item = &'e Held<'a>> {
        let exhibit = self.exhibit;
        exhibit.held.iter().filter(|held| !exhibit.timeline.at(held.holding.at).updated)
    }
}

/// The evidence that a report on a server is.
pub(crate) fn held_at(exhibit: &Exhibit<'_>, holding: &Holding) -> Evidence {
    Evidence {
        flow: None,
        device: Some(exhibit.main.device.clone()),
        endpoint: None,
        at: holding.at,
        path: vec![format!("holdings:{}", holding.region)],
        plaintext: words::excerpt(&holding.report.event, ""),
        activity: exhibit.last_before(holding.at),
    }
}
