//! Access: who reads data from afar has it afar, wherever its servers stand.
//!
//! # Sees
//!
//! The access logs of the regions in which the device's data is, as an inspection with a warrant found them: each
//! reading, with the country that it came from.
//!
//! # Cannot see
//!
//! A reading that no log notes, nor whether the reader looked at this device's data among the region's. Without an
//! inspection of the logs the promise is unproven as soon as anything left the device.
//!
//! # Error rates
//!
//! It convicts by country codes in a log that the vendor itself keeps, so chance convicts nobody; a log that leaves
//! readings out is believed.
//!
//! # Source
//!
//! Remote access from a third country is a transfer under GDPR Chapter V: decision about TikTok of the Irish Data
//! Protection Commission, announced on 2 May 2025, and EDPB Guidelines 05/2021.

use std::collections::BTreeSet;

use model::{CheckName, Country, Evidence, Read, RegionId};

use super::residency::Places;
use crate::{conclusion::Conclusion, exhibit::Exhibit};

/// Looks for readings, from outside of `allowed`, of regions in which the device's data is.
pub(crate) fn check(exhibit: &Exhibit<'_>, allowed: &[Country]) -> Conclusion {
    let mut conclusion = Conclusion::default();
    let regions = regions_of(exhibit);
    if regions.is_empty() {
        return conclusion;
    }
    let Some(inspection) = &exhibit.case.inspection else {
        conclusion.lacks("no access log was inspected, so nobody knows from where the data is read");
        return conclusion;
    };
    for region in &regions {
        conclusion.exercised(format!("access log of region `{region}`"));
    }
    let mut reads = inspection.reads.iter().filter(|read| regions.contains(&read.region));
    if let Some(read) = reads.find(|read| !allowed.contains(&read.from)) {
        let home = exhibit.exam.device.country;
        let summary = format!("data of a device in {home} was read from {} in region `{}`", read.from, read.region);
        conclusion.convict(CheckName::Access, summary, evidence(exhibit, read));
    }
    conclusion
}

/// Where data of the device went or was held.
fn regions_of<'a>(exhibit: &Exhibit<'a>) -> BTreeSet<&'a RegionId> {
    let places = Places::of(exhibit);
    let sent = places.flows().filter_map(|flow| places.serving(&flow.host)).map(|(region, _)| region);
    sent.chain(places.holdings().map(|(holding, _)| &holding.region)).collect()
}

fn evidence(exhibit: &Exhibit<'_>, read: &Read) -> Evidence {
    Evidence {
        flow: None,
        device: Some(exhibit.main.device.clone()),
        endpoint: None,
        at: read.at,
        path: vec![format!("reads:{}", read.region), "from".to_owned()],
        plaintext: format!("{} by {}", read.from, crate::words::excerpt(&read.reader, "")),
        activity: exhibit.last_before(read.at),
    }
}
