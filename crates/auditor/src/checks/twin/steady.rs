//! Twins of a client that behaves differently when prepared alike: only what two runs alike agree on is compared.

use std::collections::BTreeMap;

use super::{Side, compare::Difference};
use crate::peel::Peeler;

/// Most values that are compared in one capture.
const VALUES_MAX: usize = 1 << 18;

/// For each place in a body, the values that stood there, with the flow in which each stood first.
type Values = BTreeMap<String, BTreeMap<String, (usize, Vec<String>)>>;

/// The places whose values two runs alike agree on, however they were ordered, timed and batched.
#[derive(Debug)]
pub(super) struct Steady<'a> {
    places: Values,
    flows: Vec<&'a model::Flow>,
}

impl<'a> Steady<'a> {
    pub(super) fn of(main: &Side<'a>, repeat: &Side<'_>) -> Self {
        let again = values(repeat);
        let agreed = |(place, values): &(String, BTreeMap<String, _>)| {
            again.get(place).is_some_and(|other| other.keys().eq(values.keys()))
        };
        Self { places: values(main).into_iter().filter(agreed).collect(), flows: main.flows.clone() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The first value at a steady place that only one of the two has.
    pub(super) fn difference(&self, twin: &Side<'_>) -> Option<Difference> {
        let other = values(twin);
        let none = BTreeMap::new();
        for (place, values) in &self.places {
            let others = other.get(place).unwrap_or(&none);
            let only = |(value, _): &(&String, _)| !others.contains_key(*value);
            if let Some((value, (flow, path))) = values.iter().find(only) {
                return Some(Difference::at(
                    self.flows.get(*flow)?,
                    false,
                    path.clone(),
                    format!("`{value}`; never in the twin"),
                ));
            }
            let added = |(value, _): &(&String, _)| !values.contains_key(*value);
            if let Some((value, (flow, path))) = others.iter().find(added) {
                return Some(Difference::at(
                    twin.flows.get(*flow)?,
                    true,
                    path.clone(),
                    format!("`{value}`; only in the twin"),
                ));
            }
        }
        None
    }
}

fn values(side: &Side<'_>) -> Values {
    let mut peeler = Peeler::default();
    let mut values = Values::new();
    let mut room = VALUES_MAX;
    for (number, flow) in side.flows.iter().enumerate() {
        let peeled = peeler.peel(flow);
        for leaf in peeled.leaves() {
            if room == 0 {
                return values;
            }
            let place = values.entry(format!("{} > {}", flow.host, leaf.place())).or_default();
            place.entry(leaf.value().into_owned()).or_insert_with(|| {
                room -= 1;
                (number, leaf.path())
            });
        }
    }
    values
}
