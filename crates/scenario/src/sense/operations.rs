//! What servers do again and again, and what they are ordered to do.

use model::Duration;

use super::Sense;
use crate::{Script, document::at};

/// Shortest time between two readings: a log of years must stay readable.
const EVERY_MIN: Duration = Duration::from_secs(60);
/// Longest time that an order may give.
const WITHIN_MAX: Duration = Duration::from_days(1_000);

pub(super) fn check(script: &Script, sense: &mut Sense<'_, '_>) {
    for (i, reading) in script.operations.reads.iter().enumerate() {
        if reading.every < EVERY_MIN {
            let message = format!("data is read every {}", reading.every);
            sense.wrong(&at!["operations", "read", i, "every"], message, format!("expected {EVERY_MIN} or more"));
        }
    }
    for (i, order) in script.orders.iter().enumerate() {
        if order.within > WITHIN_MAX {
            let message = format!("the order gives {}", order.within);
            sense.wrong(&at!["order", i, "within"], message, format!("expected at most {WITHIN_MAX}"));
        }
    }
    // Claims without a laboratory are told of already.
    if !script.orders.is_empty() && script.lab.is_empty() && script.claims.is_empty() {
        let expected = "expected a [[lab]] device, about which they are served";
        sense.wrong(&at!["order", 0], "orders without a laboratory", expected);
    }
}
