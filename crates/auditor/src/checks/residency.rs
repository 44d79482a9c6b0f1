//! Residency: what a device sends must stay in the countries that the promise allows.

use std::collections::BTreeMap;

use model::{CheckName, Country, Evidence, RegionId};

use crate::{conclusion::Conclusion, exhibit::Exhibit};

/// Compares where telemetry goes, and where servers hold it, with the countries allowed for the lab device.
pub(crate) fn check(exhibit: &Exhibit<'_>, within: &BTreeMap<Country, Vec<Country>>) -> Conclusion {
    let mut conclusion = Conclusion::on(exhibit);
    conclusion.activities = exhibit.done().count() as u64;
    let home = exhibit.exam.device.country;
    let own = [home];
    let allowed = within.get(&home).map_or(own.as_slice(), Vec::as_slice);
    let regions: BTreeMap<&RegionId, Country> =
        exhibit.case.regions.iter().map(|region| (&region.id, region.country)).collect();
    flows(exhibit, &regions, allowed, &mut conclusion);
    holdings(exhibit, &regions, allowed, &mut conclusion);
    conclusion
}

fn flows(
    exhibit: &Exhibit<'_>,
    regions: &BTreeMap<&RegionId, Country>,
    allowed: &[Country],
    conclusion: &mut Conclusion,
) {
    let home = exhibit.exam.device.country;
    // After an update the endpoints are another version's.
    let own = exhibit.flows.iter().map(|seen| seen.flow).filter(|flow| !exhibit.timeline.at(flow.at).updated);
    let endpoints: BTreeMap<_, _> = exhibit.case.endpoints.iter().map(|e| (&e.host, &e.region)).collect();
    let mut sent = false;
    let mut abroad = None;
    for flow in own {
        sent = true;
        let region = endpoints.get(&flow.host).copied();
        let Some((region, country)) = region.and_then(|region| Some((region, *regions.get(region)?))) else {
            conclusion.lacks(format!("nobody knows where `{}` is served", flow.host));
            continue;
        };
        conclusion.exercised(format!("telemetry from {home} to {country}"));
        if !allowed.contains(&country) {
            abroad.get_or_insert((flow, region, country));
        }
    }
    if !sent {
        conclusion.exercised("nothing left the device");
    }
    if let Some((flow, region, country)) = abroad {
        let evidence = Evidence {
            flow: Some(flow.id),
            device: Some(exhibit.main.device.clone()),
            endpoint: Some(flow.host.clone()),
            at: flow.at,
            path: vec!["host".to_owned()],
            plaintext: flow.host.to_string(),
            activity: exhibit.before(flow.at, |_| true),
        };
        let summary = format!("a device in {home} sent to region `{region}` in {country}");
        conclusion.convict(CheckName::Residency, summary, evidence);
    }
}

fn holdings(
    exhibit: &Exhibit<'_>,
    regions: &BTreeMap<&RegionId, Country>,
    allowed: &[Country],
    conclusion: &mut Conclusion,
) {
    let holdings = exhibit.main.holdings.iter().flatten();
    let own = holdings.filter(|holding| !exhibit.timeline.at(holding.at).updated);
    let mut abroad = own.filter(|holding| regions.get(&holding.region).is_some_and(|at| !allowed.contains(at)));
    if let Some(holding) = abroad.next() {
        let evidence = Evidence {
            flow: None,
            device: Some(exhibit.main.device.clone()),
            endpoint: None,
            at: holding.at,
            path: vec![format!("holdings:{}", holding.region)],
            plaintext: crate::words::excerpt(&holding.report.event, ""),
            activity: exhibit.before(holding.at, |_| true),
        };
        let summary = format!("region `{}` held data of a device in {}", holding.region, exhibit.exam.device.country);
        conclusion.convict(CheckName::Residency, summary, evidence);
    }
}
