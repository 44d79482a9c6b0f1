//! Sealed reports: devices and servers must agree about the terms, or no message is ever opened.

use browser::Policy;
use model::{Mechanism, Query};

use super::super::Sense;
use crate::{
    Script,
    document::{Step, at},
    nearest::{did_you_mean, one_of},
};

pub(super) fn check(script: &Script, policy: &Policy, root: &[Step], sense: &mut Sense<'_, '_>) {
    for (p, pipeline) in policy.pipelines.iter().enumerate() {
        let Some(sealing) = &pipeline.star else { continue };
        let at = |key: &'static str| [root, &at!["pipeline", p, "star", key]].concat();
        let Some((query, devices_min)) = star(script, sealing.query.as_str()) else {
            let names = || script.queries.iter().filter(|query| threshold(query).is_some()).map(|q| q.id.as_str());
            let help = did_you_mean(sealing.query.as_str(), names());
            let span = sense.document.span(&at("query"));
            let message = format!("there is no query `{}` whose mechanism is star", sealing.query);
            sense.wrong_at(span, message, one_of(names()), help);
            continue;
        };
        if sealing.group_by != query.group_by {
            let expected = format!("expected {:?}, as the query groups", query.group_by);
            sense.wrong(&at("group-by"), "sealed by other fields than the query groups by", expected);
        }
        if sealing.window != query.window {
            let message = format!("sealed by windows of {}", sealing.window);
            sense.wrong(&at("window"), message, format!("expected {}, the query's", query.window));
        }
        if sealing.devices_min != devices_min {
            let message = format!("sealed for {} devices", sealing.devices_min);
            sense.wrong(&at("devices-min"), message, format!("expected {devices_min}, the query's"));
        }
    }
}

fn star<'a>(script: &'a Script, name: &str) -> Option<(&'a Query, u32)> {
    let query = script.queries.iter().find(|query| query.id.as_str() == name)?;
    Some((query, threshold(query)?))
}

const fn threshold(query: &Query) -> Option<u32> {
    match query.mechanism {
        Mechanism::Star { devices_min, .. } => Some(devices_min),
        _ => None,
    }
}
