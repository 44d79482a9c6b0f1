//! What is asked of the reports: controls that show the truth, and questions under every mechanism.

use model::{Query, RegionId};
use serde_json::json;

use super::{
    Dice,
    policies::OPENED_BY,
    vendor::{COUNTED, MODELS, SITES, written},
};

/// Prefix of the query that counts every report of one region as it is.
pub(crate) const REPORTS_OF: &str = "reports-of-";
/// Prefix of the query that counts the devices of each model in one region as they are.
pub(crate) const DEVICES_OF: &str = "devices-of-";

/// For each region, how many reports and which devices it counted, exactly. Other worlds' events are left out.
pub(crate) fn controls(regions: &[RegionId], events: &[&str]) -> Vec<Query> {
    let of = |region: &RegionId| {
        let reports = json!({
            "id": format!("{REPORTS_OF}{region}"), "events": events, "group-by": [], "regions": [region],
            "mechanism": "exact",
        });
        let devices = json!({
            "id": format!("{DEVICES_OF}{region}"), "events": events, "group-by": ["model"], "measure": "devices",
            "regions": [region], "mechanism": "exact",
        });
        [written(reports), written(devices)]
    };
    regions.iter().flat_map(of).collect()
}

/// Questions about reports of known events that keep to the promises about groups and budget. No two are the same: the
/// same question answered again with other noise, or next to a threshold of another size, gives more away.
pub(crate) fn harmless(dice: &mut Dice) -> Vec<Query> {
    let least = dice.within(3, 5);
    let threshold = json!({ "threshold": { "devices-min": least } });
    let central = json!({ "central": {
        "epsilon": "1/2", "groups-per-device-max": 1, "reports-per-group-max": dice.within(1, 4),
    } });
    let [counts, devices] = if dice.percent(50) { [threshold, central] } else { [central, threshold] };
    let asked = [("count", counts), ("devices", devices)];
    let skipped = dice.within(0, 2); // two: both are asked
    let asked = (0..).zip(asked).filter(|(number, _)| *number != skipped);
    asked.map(|(number, (measure, mechanism))| question(number, measure, mechanism)).collect()
}

fn question(number: u64, measure: &str, mechanism: serde_json::Value) -> Query {
    let domain = if mechanism["central"].is_null() { json!({}) } else { json!({ "model": MODELS }) };
    written(json!({
        "id": format!("question-{number}"), "events": COUNTED, "group-by": ["model"], "measure": measure,
        "mechanism": mechanism, "domain": domain,
    }))
}

/// What the answers of randomized devices say.
pub(crate) fn randomized() -> Query {
    written(json!({
        "id": "visits-by-site", "events": ["visit"], "group-by": ["site"], "domain": { "site": SITES },
        "mechanism": { "local": { "randomizer": { "k-ary": { "epsilon": 2 } }, "reports-per-device-max": 1 } },
    }))
}

/// What two servers say about shares.
pub(crate) fn shared() -> Query {
    written(json!({
        "id": "typed", "events": ["typed"], "group-by": [], "regions": ["eu", "sg"],
        "measure": { "sum": { "field": "typed", "min": 0, "max": 1 } },
        "mechanism": { "prio3": { "epsilon": 1, "reports-per-device-max": 20 } },
    }))
}

/// Which sites enough devices visited.
pub(crate) fn sealed() -> Query {
    written(json!({
        "id": "sites", "events": ["sealed"], "group-by": ["host"], "measure": "devices",
        "mechanism": { "star": { "devices-min": OPENED_BY, "messages-per-device-max": OPENED_BY - 1 } },
    }))
}
