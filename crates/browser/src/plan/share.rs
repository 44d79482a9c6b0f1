//! Shares: how the reports of one line are split.

use std::collections::BTreeMap;

use encoding::prio3::{Buckets, Measuring, NONCE_FIELD, SHARE_FIELD, Summand, shared, tamper};
use model::{Duration, Party, Report, Seed, Value};

use super::Rule;
use crate::{
    policy::{Share, Summed},
    problem::{Fault, Findings},
};

/// How the reports of one line are split.
#[derive(Debug)]
pub(crate) struct Splitter {
    query: String,
    party: Party,
    window: Duration,
    measuring: Measuring,
    tampered: bool,
}

impl Splitter {
    /// What `report` says before it is split, as it is measured.
    pub(crate) fn plain<'a>(&'a self, report: &'a Report) -> impl Iterator<Item = (String, Value)> + 'a {
        self.measuring.plain(report)
    }

    pub(super) fn read(share: &Share, findings: &mut Findings) -> Self {
        for name in share.group_by.iter().filter(|name| share.domain.get(*name).is_none_or(Vec::is_empty)) {
            let message = format!("values of `{name}` are missing");
            findings.within("domain", |findings| findings.add(Fault::new(message)));
        }
        findings.expect(share.window > Duration::ZERO, "window", "window is zero, expected a length such as 1d");
        let sum = share.sum.clone().map(|Summed { field, max }| Summand { field, max });
        let measuring = Measuring::new(Buckets::new(&share.group_by, &share.domain), sum);
        if let Err(error) = measuring.circuit().vdaf() {
            findings.within("domain", |findings| findings.add(Fault::new(error.to_string())));
        }
        let (query, party, window, tampered) = (share.query.clone(), share.party, share.window, share.tampered);
        Self { query, party, window, measuring, tampered }
    }

    /// Names of the fields of a report that was split.
    pub(crate) const FIELDS: [&str; 2] = [NONCE_FIELD, SHARE_FIELD];

    /// This line's half of `report`; `None` if it answers nothing. Both lines of a query split alike from one `seed`,
    /// which must not be used for another report: nobody may learn the difference of two.
    pub(crate) fn split(&self, report: Report, seed: &Seed) -> Option<Report> {
        let mut random = seed.derive(&self.query).stream();
        let (nonce, mut shares) = self.measuring.split(&report, &self.query, self.window, &mut random)?;
        if self.tampered {
            tamper(self.measuring.circuit(), &mut shares.leader);
        }
        Some(shared(report, nonce, &shares, self.party))
    }
}

/// Checks that the reports of each rule have the fields that are measured.
pub(super) fn check(share: &Share, rules: &[Rule], findings: &mut Findings) {
    let wanted = share.group_by.iter().chain(share.sum.iter().map(|sum| &sum.field)).filter(|name| *name != "event");
    let wanted: Vec<&String> = wanted.collect();
    for (i, rule) in rules.iter().enumerate() {
        let has: BTreeMap<&String, _> = rule.fields.iter().map(|(name, value)| (name, value)).collect();
        for name in wanted.iter().filter(|name| !has.contains_key(**name)) {
            let message = format!("the field `{name}` is missing: `share` measures it");
            findings.item("event", i, |findings| findings.add(Fault::new(message)));
        }
    }
}
