//! Twin: two worlds that differ only in incognito activity must look alike from outside.
//!
//! What no decoder can open still differs: in its bytes, its length, its time, or by being there at all. Two runs alike
//! (A/A) come first; what differs between those is the client's own noise and cannot convict.

mod compare;
mod notebooks;
mod steady;

use model::{Arm, CheckName, Evidence, Record, Timestamp};

use self::{compare::Difference, steady::Steady};
use crate::{
    conclusion::Conclusion,
    exhibit::{Exhibit, telemetry},
};

/// An arm with its telemetry, as far as it is compared.
#[derive(Debug)]
struct Side<'a> {
    record: &'a Record,
    flows: Vec<&'a model::Flow>,
}

/// How two sides are compared.
#[derive(Debug)]
enum Rule<'a> {
    /// Everything counts.
    Exact(&'a Side<'a>),
    /// Only what two runs alike agree on counts.
    Steady(Steady<'a>),
}

impl Rule<'_> {
    fn difference(&self, twin: &Side<'_>) -> Option<Difference> {
        match self {
            Self::Exact(main) => compare::difference(main, twin),
            Self::Steady(steady) => steady.difference(twin),
        }
    }
}

/// Compares the main arm with each of `arms`, in what left at times that are `within`.
pub(crate) fn check(exhibit: &Exhibit<'_>, arms: &[Arm], within: impl Fn(Timestamp) -> bool) -> Conclusion {
    let mut conclusion = Conclusion::default();
    let side = |record| {
        let flows = telemetry(record, &exhibit.case.endpoints);
        Side { record, flows: flows.into_iter().filter(|flow| within(flow.at)).collect() }
    };
    let main = side(exhibit.main);
    let Some(repeat) = comparable(exhibit, Arm::Repeat, &mut conclusion).map(&side) else { return conclusion };
    let twins: Vec<(Arm, Side<'_>)> =
        arms.iter().filter_map(|&arm| Some((arm, side(comparable(exhibit, arm, &mut conclusion)?)))).collect();
    let Some(rule) = rule(exhibit, &main, &repeat, &mut conclusion) else { return conclusion };
    for (arm, twin) in &twins {
        conclusion.exercised(format!("{} twin", arm.name()));
        if let Some(difference) = rule.difference(twin) {
            let summary = format!("{}: {}", changed(*arm), difference.seen_in);
            conclusion.convict(CheckName::Twin, summary, evidence(exhibit, twin, difference));
            break; // one difference is enough
        }
    }
    conclusion
}

/// The rule that two runs alike allow, if they allow any.
fn rule<'a>(
    exhibit: &Exhibit<'_>,
    main: &'a Side<'a>,
    repeat: &Side<'_>,
    conclusion: &mut Conclusion,
) -> Option<Rule<'a>> {
    if !exhibit.exam.nondeterministic {
        if compare::difference(main, repeat).is_none() {
            return Some(Rule::Exact(main));
        }
        conclusion.lacks("two runs alike differ, so twins prove nothing");
        return None;
    }
    let steady = Steady::of(main, repeat);
    if steady.is_empty() && !main.flows.is_empty() {
        conclusion.lacks("the client's own noise hides whatever twins could show");
    }
    conclusion.require_readable(exhibit);
    conclusion.exercised("twins, as far as two runs alike agree");
    Some(Rule::Steady(steady))
}

/// The record of `arm`, if it was played and its notebook differs from the main one in nothing but what it must.
fn comparable<'a>(exhibit: &Exhibit<'a>, arm: Arm, conclusion: &mut Conclusion) -> Option<&'a Record> {
    let Some(record) = exhibit.arm(arm) else {
        conclusion.lacks(format!("the {} arm was not played", arm.name()));
        return None;
    };
    if let Err(why) = notebooks::correspond(exhibit, record) {
        conclusion.lacks(format!("the {} arm {why}", arm.name()));
        return None;
    }
    Some(record)
}

const fn changed(arm: Arm) -> &'static str {
    match arm {
        Arm::Content => "other pages and words in incognito change what leaves the device",
        _ => "incognito activity changes what leaves the device",
    }
}

fn evidence(exhibit: &Exhibit<'_>, twin: &Side<'_>, difference: Difference) -> Evidence {
    let record = if difference.in_twin { twin.record } else { exhibit.main };
    Evidence {
        flow: Some(difference.flow),
        device: Some(record.device.clone()),
        endpoint: Some(difference.host),
        at: difference.at,
        path: difference.path,
        plaintext: difference.plaintext,
        activity: exhibit.before(difference.at, |index| exhibit.is_examined(index)),
    }
}
