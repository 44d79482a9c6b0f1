//! Twin: two worlds that differ only in incognito activity must look alike from outside.
//!
//! Arms differ in the content of incognito activity (other pages and words), then in its amount (more here, less
//! there), then in whether there is any. Two runs alike (A/A) come first: what differs between those is the client's
//! own noise and cannot convict.
//!
//! # Sees
//!
//! At three levels: what differs in the plaintext; in destinations, sizes and times, for somebody who cannot open what
//! is sent; in lengths and times alone, for somebody who sees a tunnel. So it finds what no decoder can: encryption
//! under any key, padding, timing, counters, indices, gaps in sequence numbers.
//!
//! # Cannot see
//!
//! What depends on incognito activity only in activities that the plan lacks, or after the tap is off; for a client
//! that is not deterministic, see `chance`.
//!
//! # Error rates
//!
//! For a client that is deterministic when prepared alike, any difference convicts and none can come by chance; for
//! others the family-wise false-alarm rate is 10⁻⁹ for each examination.
//!
//! # Source
//!
//! Noninterference, J. A. Goguen and J. Meseguer, "Security Policies and Security Models" (1982); as a comparison of
//! two runs, M. R. Clarkson and F. B. Schneider, "Hyperproperties" (2010).

mod chance;
mod compare;
mod features;
mod notebooks;
mod ranks;
mod runs;

use model::{Arm, CheckName, Evidence, Record, Timestamp};

use self::compare::Difference;
use crate::{
    conclusion::Conclusion,
    exhibit::{Exhibit, telemetry},
    tapped,
};

/// The arms that the main one is compared with, in the order in which differences are looked for.
pub(crate) const ARMS: [Arm; 3] = [Arm::Content, Arm::Amount, Arm::Presence];

/// An arm with its telemetry, as far as it is compared.
#[derive(Debug)]
struct Side<'a> {
    record: &'a Record,
    flows: Vec<&'a model::Flow>,
}

/// Compares the main arm with each of `arms`, in what left at times that are `within`.
pub(crate) fn check(exhibit: &Exhibit<'_>, arms: &[Arm], within: impl Fn(Timestamp) -> bool) -> Conclusion {
    if exhibit.exam.nondeterministic {
        return chance::check(exhibit, arms, within);
    }
    let mut conclusion = Conclusion::default();
    let side = |record| {
        let flows = telemetry(record, &exhibit.case.endpoints);
        Side { record, flows: flows.into_iter().filter(|flow| within(flow.at)).collect() }
    };
    let main = side(exhibit.main);
    let Some(repeat) = comparable(exhibit, Arm::Repeat, &mut conclusion).map(&side) else { return conclusion };
    let twins: Vec<(Arm, Side<'_>)> =
        arms.iter().filter_map(|&arm| Some((arm, side(comparable(exhibit, arm, &mut conclusion)?)))).collect();
    if compare::difference(&main, &repeat).is_some() {
        conclusion.lacks("two runs alike differ, so twins prove nothing");
        return conclusion;
    }
    for (arm, twin) in &twins {
        conclusion.exercised(format!("{} twin", arm.name()));
        if let Some(difference) = compare::difference(&main, twin) {
            let summary = format!("{}: {}", changed(*arm), difference.seen_in);
            conclusion.convict(CheckName::Twin, summary, evidence(exhibit, *arm, twin, difference));
            break; // one difference is enough
        }
    }
    conclusion
}

/// The first run of `arm`, if it was played and its notebook differs from the main one in nothing but what it must.
fn comparable<'a>(exhibit: &Exhibit<'a>, arm: Arm, conclusion: &mut Conclusion) -> Option<&'a Record> {
    comparable_all(exhibit, arm, conclusion)?.first().copied()
}

/// The same for all runs of `arm`: at least one.
fn comparable_all<'a>(exhibit: &Exhibit<'a>, arm: Arm, conclusion: &mut Conclusion) -> Option<Vec<&'a Record>> {
    let records: Vec<&Record> = exhibit.exam.records.iter().filter(|record| record.arm == arm).collect();
    if records.is_empty() {
        conclusion.lacks(format!("the {} arm was not played", arm.name()));
        return None;
    }
    for record in &records {
        if let Some(why) = tapped::gap(record, &exhibit.case.facts, exhibit.exam.navigation) {
            conclusion.lacks(format!("of the {} arm, {why}", arm.name()));
            return None;
        }
        if let Err(why) = notebooks::correspond(exhibit, record) {
            conclusion.lacks(format!("the {} arm {why}", arm.name()));
            return None;
        }
    }
    Some(records)
}

const fn changed(arm: Arm) -> &'static str {
    match arm {
        Arm::Content => "other pages and words in incognito change what leaves the device (content twin)",
        Arm::Amount => "more or less incognito activity changes what leaves the device (amount twin)",
        Arm::Quiet => "what is done while nothing is to be collected changes what leaves the device (quiet twin)",
        _ => "incognito activity changes what leaves the device (presence twin)",
    }
}

/// What an arm varies, as far as a difference tells: which of it made the difference is not known.
fn varied(arm: Arm, until: Timestamp) -> String {
    let what = if arm == Arm::Quiet { "activity while nothing is to be collected" } else { "activity in incognito" };
    format!("some {what} up to {until}, not known which")
}

fn evidence(exhibit: &Exhibit<'_>, arm: Arm, twin: &Side<'_>, difference: Difference) -> Evidence {
    let record = if difference.in_twin { twin.record } else { exhibit.main };
    Evidence {
        flow: Some(difference.flow),
        device: Some(record.device.clone()),
        endpoint: Some(difference.host),
        at: difference.at,
        path: difference.path,
        plaintext: difference.plaintext,
        activity: varied(arm, difference.at),
    }
}
