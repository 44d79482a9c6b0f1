//! Addresses: of pages of other sites than those named, no address may leave the device, in any mode.
//!
//! # Sees
//!
//! The tokens in the address of a visited page, a downloaded file or a shared link whose host is not under one of the
//! named domains, in those of its links and resources, whole, in parts and digested.
//!
//! # Cannot see
//!
//! Addresses that are encrypted under a key of the vendor, and what sites are told apart by without their address, such
//! as a category.
//!
//! # Error rates
//!
//! As for the canary and the digest: below 1e-9 expected false alarms for each claim and examination.
//!
//! # Source
//!
//! The follow feature of Edge, which sent the address of nearly every page to its service (2023).

use model::{Activity, ActivityKind, CanaryRole, CheckName, NotebookEntry, Phase};

use super::{digest, planted};
use crate::{
    conclusion::Conclusion,
    exhibit::{Exhibit, host_of},
    words,
};

/// Looks for addresses of pages that are not under `hosts`.
pub(crate) fn check(exhibit: &Exhibit<'_>, hosts: &[String]) -> Conclusion {
    let mut conclusion = Conclusion::on(exhibit);
    let entries = &exhibit.main.notebook.entries;
    let elsewhere = |index: usize| address(&entries[index]).is_some_and(|host| !is_under(&host, hosts));
    conclusion.exercise(exhibit, elsewhere);
    conclusion.require_phases(exhibit, &[Phase::Use], elsewhere);
    conclusion.require_kinds(exhibit, &[ActivityKind::Visit], elsewhere);
    conclusion.require_readable(exhibit);
    let named = exhibit.done().filter_map(|(_, entry)| address(entry)).filter(|host| is_under(host, hosts)).count();
    if named > 0 {
        conclusion.exercised(format!("{} under {}", words::count(named as u64, "address"), hosts.join(", ")));
    }
    let convicts = |token| is_address(exhibit, token) && exhibit.canaries.only_in(token, elsewhere);
    let what = "the address of a page that is under none of the named sites left the device";
    if let Some(shown) = planted::sent(exhibit, |token, _| convicts(token)) {
        conclusion.convict(CheckName::Canary, shown.charge(what), shown.evidence);
    } else if let Some(shown) = planted::held(exhibit, convicts) {
        let what = "the servers held the address of a page that is under none of the named sites";
        conclusion.convict(CheckName::Canary, shown.charge(what), shown.evidence);
    }
    digest::check(exhibit, &mut conclusion, what, |token, _| convicts(token), convicts);
    digest::require_all(exhibit, &mut conclusion);
    conclusion
}

/// The host of the address that an activity is about.
fn address(entry: &NotebookEntry) -> Option<String> {
    match &entry.activity {
        Activity::Visit { url, .. } | Activity::Download { url } | Activity::Share { url } => host_of(url),
        _ => None,
    }
}

/// Whether a token stands in an address.
fn is_address(exhibit: &Exhibit<'_>, token: usize) -> bool {
    use CanaryRole::{Download, Host, Link, Path, Share};
    let role = exhibit.canaries.planted(token).map(|planted| planted.role);
    matches!(role, Some(Host | Path | Link | Download | Share))
}

/// Whether `host` is one of `domains` or below one.
fn is_under(host: &str, domains: &[String]) -> bool {
    let below = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    domains.iter().any(|domain| below(&domain.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::is_under;

    #[test]
    fn a_site_is_its_domain_and_what_is_below() {
        let domains = ["Bing.com".to_owned()];
        assert!(is_under("bing.com", &domains) && is_under("www.bing.com", &domains));
        assert!(!is_under("notbing.com", &domains) && !is_under("bing.com.example", &domains));
    }
}
