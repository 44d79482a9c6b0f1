//! Lawful: what the rulebooks of the named jurisdictions demand on the date of an examination.
//!
//! # Sees
//!
//! What the checks behind each demand see: consent, declaration, residency, retention, erasure and orders. A rule binds
//! for lab devices that are used in its jurisdiction's countries, while it was in force. What a check finds becomes
//! evidence of a breach of the article, no more: a court judges, not this.
//!
//! # Cannot see
//!
//! What no ledger shows: grounds other than consent, safeguards of a transfer, whether a purpose needs what was
//! declared for it, whom a law exempts. There the claim is unproven and the reason names the article. A jurisdiction
//! without a rulebook, or without a device examined in it, is unproven too.
//!
//! # Error rates
//!
//! Those of the checks behind it; the rulebooks can be out of date, which is why each rule is dated.
//!
//! # Source
//!
//! The files in `crates/auditor/rulebooks/`, each with its law.

use model::{CaseFile, ClaimKind, Demand, FreeTransfer, Ordered, Rule, Rulebook, Timestamp};

use super::{minimality, orders, residency};
use crate::{conclusion::Conclusion, exhibit::Exhibit, rulebooks, rulings::Laboratory};

/// Judges a promise on one device; the other checks do that.
pub(crate) type Judge = fn(&Exhibit<'_>, &ClaimKind) -> Conclusion;

/// Judges what the law of each of `jurisdictions` demands.
pub(crate) fn check(
    case: &CaseFile,
    laboratory: &Laboratory<'_>,
    jurisdictions: &[String],
    judge: Judge,
) -> Conclusion {
    let mut conclusion = Conclusion::default();
    if jurisdictions.is_empty() {
        conclusion.lacks("the claim names no jurisdiction");
    }
    for jurisdiction in jurisdictions {
        match rulebooks::find(case, jurisdiction) {
            Some(book) => conclusion = conclusion.and(under(book, laboratory, judge)),
            None => conclusion.lacks(format!("there is no rulebook for {jurisdiction}")),
        }
    }
    conclusion
}

/// Judges every device that is used where `book` holds.
fn under(book: &Rulebook, laboratory: &Laboratory<'_>, judge: Judge) -> Conclusion {
    let mut conclusion = Conclusion::default();
    let here = |exhibit: &&Exhibit<'_>| book.countries.contains(&exhibit.exam.device.country);
    let mut examined = false;
    for exhibit in laboratory.iter().filter_map(|(_, exhibit)| exhibit.as_ref()).filter(here) {
        examined = true;
        conclusion = conclusion.and(on_device(exhibit, book, judge));
    }
    if !examined {
        conclusion.lacks(format!("no device in {} was examined under the {}", book.jurisdiction, book.law));
    }
    conclusion
}

fn on_device(exhibit: &Exhibit<'_>, book: &Rulebook, judge: Judge) -> Conclusion {
    let mut conclusion = Conclusion::default();
    let notebook = &exhibit.main.notebook;
    let (starts, ends) = (notebook.starts, notebook.ends);
    let mut binding = false;
    for rule in book.rules.iter().filter(|rule| rule.binds(starts) || rule.binds(ends)) {
        binding = true;
        let mut one = demanded(exhibit, book, rule, judge);
        apply(rule, &format!("{} {}", book.law, rule.article), (starts, ends), &mut one);
        conclusion = conclusion.also(one);
    }
    if !binding {
        conclusion.lacks(format!("the {} had no rule in force on {starts}", book.law));
    }
    conclusion
}

/// Puts the article before everything that the check behind `rule` says.
fn apply(rule: &Rule, article: &str, (starts, ends): (Timestamp, Timestamp), one: &mut Conclusion) {
    if !(rule.binds(starts) && rule.binds(ends)) {
        one.lacks("it was in force during a part of the examination only");
    }
    one.findings.retain(|finding| rule.binds(finding.evidence.at));
    for finding in &mut one.findings {
        finding.summary = format!("evidence of a breach of {article}: {}", finding.summary);
    }
    if one.findings.is_empty() && one.missing.is_empty() {
        one.exercised = [article.to_owned()].into();
    } else {
        one.exercised.clear();
    }
    one.missing = one.missing.iter().map(|missing| format!("{article}: {missing}")).collect();
}

/// What the check behind a rule concludes.
fn demanded(exhibit: &Exhibit<'_>, book: &Rulebook, rule: &Rule, judge: Judge) -> Conclusion {
    match &rule.demand {
        Demand::Consent { other_grounds } => consent(exhibit, *other_grounds, judge),
        Demand::Declared => judge(exhibit, &ClaimKind::Declared).also(minimality::logged(exhibit.case)),
        Demand::RecordedAtHome => residency::recorded(exhibit, &book.countries),
        Demand::CollectedAtHome => residency::collected(exhibit, &book.countries),
        Demand::Transfer { freely } => transfer(exhibit, book, freely),
        Demand::Retention { longest } => retention(exhibit, *longest, judge),
        Demand::Erasure { within } => in_time(exhibit, Ordered::Erase, *within),
        Demand::Access { within } => in_time(exhibit, Ordered::Report, *within),
        Demand::Orders => judge(exhibit, &ClaimKind::OrdersObeyed),
        _ => {
            let mut conclusion = Conclusion::default();
            conclusion.lacks("no check knows this demand");
            conclusion
        }
    }
}

/// Where the law knows other grounds, collecting without consent speaks only against whoever names consent as its own.
fn consent(exhibit: &Exhibit<'_>, other_grounds: bool, judge: Judge) -> Conclusion {
    let mut conclusion = judge(exhibit, &ClaimKind::Consent);
    let named = promises(exhibit).any(|promise| matches!(promise, ClaimKind::Consent));
    if other_grounds && !named && !conclusion.findings.is_empty() {
        conclusion.findings.clear();
        conclusion.lacks("data is collected without consent, and whether another ground allows it cannot be seen");
    }
    conclusion
}

/// Data may go freely to some countries; whether the safeguards exist that the others take cannot be seen.
fn transfer(exhibit: &Exhibit<'_>, book: &Rulebook, freely: &[FreeTransfer]) -> Conclusion {
    let notebook = &exhibit.main.notebook;
    let holds = |free: &&FreeTransfer| free.holds(notebook.starts) && free.holds(notebook.ends);
    let mut allowed = book.countries.clone();
    allowed.extend(freely.iter().filter(holds).map(|free| free.country));
    let mut conclusion = residency::abroad(exhibit, &allowed);
    conclusion = conclusion.also(super::access::check(exhibit, &allowed));
    if !conclusion.findings.is_empty() {
        conclusion.findings.clear();
        conclusion
            .lacks("data leaves the jurisdiction, and whether the safeguards exist that this takes cannot be seen");
    }
    conclusion
}

/// Where the law names no time, the vendor's own promise says for how long it needs what it keeps.
fn retention(exhibit: &Exhibit<'_>, longest: Option<model::Duration>, judge: Judge) -> Conclusion {
    let promised = promises(exhibit).filter_map(|promise| match promise {
        ClaimKind::Retained { longest } => Some(*longest),
        _ => None,
    });
    match longest.or_else(|| promised.min()) {
        Some(longest) => judge(exhibit, &ClaimKind::Retained { longest }),
        None => {
            let mut conclusion = Conclusion::default();
            conclusion.lacks("nobody says for how long data is needed");
            conclusion
        }
    }
}

/// Judges the orders of one kind by the law's time: what is missing before it is up, and what came in time only by the
/// order's, shows neither a breach nor that there is none.
fn in_time(exhibit: &Exhibit<'_>, what: Ordered, within: Option<model::Duration>) -> Conclusion {
    let mut conclusion = Conclusion::default();
    let mut served = exhibit.main.served.iter().filter(|served| served.order.what == what).peekable();
    if served.peek().is_none() {
        conclusion.lacks(if what == Ordered::Erase { "nothing was to be erased" } else { "nothing was to be shown" });
    }
    for served in served {
        let mut one = orders::obeyed(exhibit, served);
        let given = served.order.within;
        let limit = within.unwrap_or(given);
        if given < limit && !one.findings.is_empty() {
            one.findings.clear();
            one.lacks(format!("what was ordered was not done within {given}, but the law gives {limit}"));
        } else if given > limit && one.findings.is_empty() {
            one.lacks(format!("the servers were inspected after {given}, and the law gives {limit}"));
        }
        conclusion = conclusion.also(one);
    }
    conclusion
}

/// What the vendor promises about the product.
fn promises<'a>(exhibit: &Exhibit<'a>) -> impl Iterator<Item = &'a ClaimKind> {
    let product = &exhibit.case.subject.product;
    let about = move |claim: &&model::Claim| claim.products.is_empty() || claim.products.contains(product);
    exhibit.case.claims.iter().filter(about).map(|claim| &claim.promise)
}
