//! Orders: what a regulator orders about a device must be done in the time that the order sets.
//!
//! # Sees
//!
//! For an order to stop, whether telemetry leaves the device while it is used after the time is up; for an order to
//! report, whether what was handed over covers what an inspection found right before; for an order to erase, what the
//! check of erasure sees.
//!
//! # Cannot see
//!
//! Collection by other devices or other ways than the tap's, nor reports that the inspection was not shown. An order
//! that was not served, and a device that was not used after it, leave the promise unproven.
//!
//! # Error rates
//!
//! It compares ledgers for equality; chance convicts nobody. A single flow after the time convicts.
//!
//! # Source
//!
//! GDPR Art. 58(1)(e), 58(2)(f) and (g); 152-FZ Art. 20(4) and 21; PDPA s. 48I.

use model::{CheckName, Evidence, Holding, Ordered, Phase, Served};

use super::{erasure, residency::held_at};
use crate::{conclusion::Conclusion, exhibit::Exhibit};

/// Judges every order that was served.
pub(crate) fn check(exhibit: &Exhibit<'_>) -> Conclusion {
    let mut conclusion = Conclusion::on(exhibit);
    if exhibit.main.served.is_empty() {
        conclusion.lacks("no order was served");
    }
    for served in &exhibit.main.served {
        conclusion.activities += 1;
        conclusion = conclusion.also(obeyed(exhibit, served));
    }
    conclusion
}

/// Judges one order.
pub(crate) fn obeyed(exhibit: &Exhibit<'_>, served: &Served) -> Conclusion {
    match served.order.what {
        Ordered::Stop => stopped(exhibit, served),
        Ordered::Erase => erasure::check(exhibit, served),
        Ordered::Report => reported(exhibit, served),
    }
}

/// How findings name an order.
pub(super) fn named(served: &Served) -> String {
    let what = match served.order.what {
        Ordered::Stop => "stop",
        Ordered::Erase => "erase",
        Ordered::Report => "report",
    };
    format!("the order to {what} of {}", served.at)
}

fn stopped(exhibit: &Exhibit<'_>, served: &Served) -> Conclusion {
    let mut conclusion = Conclusion::default();
    let due = served.due();
    let used =
        exhibit.done().any(|(_, entry)| entry.phase == Phase::Order && entry.at > due && !entry.canaries.is_empty());
    if used {
        conclusion.exercised(format!("use after {}", named(served)));
    } else {
        conclusion.lacks(format!("the device was not used once the time of {} was up", named(served)));
    }
    let late = exhibit.flows.iter().map(|seen| seen.flow).find(|flow| flow.at > due);
    if let Some(flow) = late {
        let summary = format!("telemetry left the device after {}, which gave {}", named(served), served.order.within);
        let evidence = Evidence {
            flow: Some(flow.id),
            device: Some(exhibit.main.device.clone()),
            endpoint: Some(flow.host.clone()),
            at: flow.at,
            path: vec!["host".to_owned()],
            plaintext: flow.host.to_string(),
            activity: exhibit.cause(flow),
        };
        conclusion.convict(CheckName::Orders, summary, evidence);
    }
    conclusion
}

fn reported(exhibit: &Exhibit<'_>, served: &Served) -> Conclusion {
    let mut conclusion = Conclusion::default();
    if served.before.is_empty() {
        conclusion.lacks(format!("nothing was held about the device at {}, so it shows nothing", named(served)));
        return conclusion;
    }
    conclusion.exercised(named(served));
    let mut given: Vec<&Holding> = served.reported.iter().collect();
    let left_out = served.before.iter().find(|held| {
        let place = given.iter().position(|holding| holding == held);
        place.map(|place| given.swap_remove(place)).is_none()
    });
    if let Some(holding) = left_out {
        let region = &holding.region;
        let summary = format!("region `{region}` held what was not handed over on {}", named(served));
        conclusion.convict(CheckName::Orders, summary, held_at(exhibit, holding));
    }
    conclusion
}
