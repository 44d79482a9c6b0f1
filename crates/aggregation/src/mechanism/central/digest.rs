//! The digest that ties a charge to what was released for it.

use data_encoding::HEXLOWER;
use model::{Keys, Measure, Mechanism, NoiseKind, Partial, Query};
use sha2::{Digest as _, Sha256};

/// SHA-256 in hex over everything that the answer depends on, noise apart.
pub(super) fn of(query: &Query, partial: &Partial) -> String {
    let mut digest = Writer(Sha256::new());
    digest.query(query);
    digest.partial(partial);
    HEXLOWER.encode(&digest.0.finalize())
}

/// Feeds values in a form that two different inputs never share: each list and text behind its length.
struct Writer(Sha256);

impl Writer {
    fn query(&mut self, query: &Query) {
        self.texts(&query.events);
        self.texts(&query.group_by);
        match &query.measure {
            Measure::Count => self.number(0),
            Measure::Devices => self.number(1),
            Measure::Sum { field, min, max } => {
                self.number(2);
                self.text(field);
                self.signed(*min);
                self.signed(*max);
            }
            Measure::Mean { field, min, max, decimals } => {
                self.number(3);
                self.text(field);
                self.signed(*min);
                self.signed(*max);
                self.number((*decimals).into());
            }
            Measure::Histogram { field, edges } => {
                self.number(4);
                self.buckets(field, edges);
            }
            Measure::Quantiles { field, edges, at } => {
                self.number(5);
                self.buckets(field, edges);
                self.texts(&at.iter().map(ToString::to_string).collect::<Vec<_>>());
            }
        }
        // What is spent is compared by the ledger itself.
        if let Mechanism::Central { noise, keys, groups_per_device_max, reports_per_group_max, .. } = query.mechanism {
            self.number(groups_per_device_max.into());
            self.number(reports_per_group_max.into());
            // Not said where it is as it always was, so that charges that were stored before stay valid.
            if (noise, keys) != (NoiseKind::Laplace, Keys::Known) {
                self.number(1 + u64::from(noise == NoiseKind::Gaussian) + 2 * u64::from(keys == Keys::Selected));
            }
        }
        self.number(query.domain.len() as u64);
        for (name, values) in &query.domain {
            self.text(name);
            self.texts(values);
        }
    }

    fn buckets(&mut self, field: &str, edges: &[i64]) {
        self.text(field);
        self.number(edges.len() as u64);
        edges.iter().for_each(|edge| self.signed(*edge));
    }

    fn partial(&mut self, partial: &Partial) {
        self.number(partial.groups.len() as u64);
        for (index, group) in partial.groups.iter().enumerate() {
            self.texts(group);
            self.number(partial.counts[index]);
            self.signed(partial.sums[index]);
            self.number(partial.devices[index]);
        }
    }

    fn texts(&mut self, texts: &[String]) {
        self.number(texts.len() as u64);
        texts.iter().for_each(|text| self.text(text));
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    fn number(&mut self, number: u64) {
        self.0.update(number.to_le_bytes());
    }

    fn signed(&mut self, number: i64) {
        self.0.update(number.to_le_bytes());
    }
}
