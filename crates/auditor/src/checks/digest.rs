//! Digest: no digest of planted activity may leave the device where the activity itself may not.
//!
//! # Sees
//!
//! Digests of the texts that a client would digest: URLs with and without scheme, query, fragment and last slash,
//! origins, hosts, domains, paths, titles, words, account names, as they stand, in other cases and in UTF-16; by the
//! functions of `Algorithm`; whole or cut at either end down to four bytes; in hexadecimal digits, base64, base32, as
//! numbers or as bytes, also inside longer values; plain, or salted and keyed (HMAC) with what the device itself sent.
//!
//! # Cannot see
//!
//! Digests of texts that nobody thought of, of several texts together, under salts or keys that never pass the tap or
//! are used as bytes behind an encoding, functions with a seed other than zero, slow functions such as PBKDF2, buckets
//! of fewer than 32 bits, and derivations beyond the bounds on steps, which coverage names: of values that recur on the
//! wire 256 are tried as salts. What was to be tried and was not leaves a promise unproven, unless twins cover it too:
//! they see that something depends on the activity, whatever it is.
//!
//! # Error rates
//!
//! A finding needs fewer than 1e-9 expected matches by chance over everything that was tried (see `chance`), so false
//! alarms are below that for each claim and examination. Longer digests convict alone, shorter ones together with
//! others of the same derivation.
//!
//! # Source
//!
//! D. J. Leith, "What Data Do The Google Dialer and Messages Apps On Android Send to Google?" (2022), section 5: a
//! truncated SHA-256 of messages and a list of what it was tried on.

use model::{CheckName, Timestamp};

use crate::{conclusion::Conclusion, digest::Caught, exhibit::Exhibit};

/// Convicts by digests under a rule about tokens: of flows, given the token and the flow's time, and of servers.
pub(crate) fn check(
    exhibit: &Exhibit<'_>,
    conclusion: &mut Conclusion,
    what: &str,
    sent: impl Fn(usize, Timestamp) -> bool,
    held: impl Fn(usize) -> bool,
) {
    exhibit.digests().exercised().into_iter().for_each(|what| conclusion.exercised(what));
    exhibit.digests().untried().into_iter().for_each(|what| conclusion.misses(what));
    exhibit.digests().unreached().into_iter().for_each(|what| conclusion.misses(what));
    if let Some(missing) = exhibit.digests().missing() {
        conclusion.lacks(missing);
    }
    let at = |token, flow: usize| sent(token, exhibit.flows[flow].flow.at);
    if let Some(caught) = exhibit.digests().caught(at, held) {
        let evidence = exhibit.shown(caught.source, caught.text, caught.line);
        let summary = format!("{what}, as {}; {}", derivation(exhibit, &caught), caught.chance.words());
        conclusion.convict(CheckName::Digest, summary, evidence);
    }
}

/// Demands that every digest was tried that is to be tried: for checks whose rule no twin covers as well.
pub(crate) fn require_all(exhibit: &Exhibit<'_>, conclusion: &mut Conclusion) {
    exhibit.digests().untried().into_iter().for_each(|what| conclusion.lacks(format!("{what} were not tried")));
}

fn derivation(exhibit: &Exhibit<'_>, caught: &Caught<'_>) -> String {
    let Some((rule, salt)) = caught.salted else { return caught.derivation.clone() };
    let here = salt.sources.contains(&caught.source).then_some(caught.source);
    let path = here.or(salt.sources.first().copied()).map(|source| exhibit.path_of(source, &salt.text));
    let place = path.unwrap_or_default().pop().unwrap_or_else(|| "an earlier upload".to_owned());
    format!("{}, {}", caught.derivation, rule.words(&format!("the value at `{place}`")))
}
