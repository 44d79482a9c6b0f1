//! What servers note about a request beside its reports.

use std::net::Ipv6Addr;

use model::{Host, LoggedRequest, Noted, RegionId, Seed, Timestamp};

use crate::wire::WireRequest;

/// Most lines of one room; what comes later is not noted.
pub(crate) const LINES_MAX: usize = 10_000;

/// A request as it reaches a server.
pub(crate) struct Seen<'a> {
    pub(crate) at: Timestamp,
    pub(crate) region: &'a RegionId,
    pub(crate) host: &'a Host,
    pub(crate) request: &'a WireRequest,
    /// What the device's network address derives from.
    pub(crate) device: &'a Seed,
}

/// The line that a server writes about a request; none where it notes nothing.
pub(crate) fn line(noted: &[Noted], seen: &Seen<'_>) -> Option<LoggedRequest> {
    let value = |noted: &Noted| match noted {
        Noted::Time => seen.at.to_string(),
        Noted::Address => address(seen.device).to_string(),
        Noted::Path => seen.request.uri().path().to_owned(),
        Noted::Size => seen.request.body().len().to_string(),
    };
    let noted: Vec<(String, String)> = noted.iter().map(|noted| (noted.name().to_owned(), value(noted))).collect();
    let (region, host) = (seen.region.clone(), seen.host.clone());
    (!noted.is_empty()).then_some(LoggedRequest { at: seen.at, region, host, noted })
}

/// The address of a device in the prefix for documentation (RFC 3849), the same for as long as the world lasts.
fn address(device: &Seed) -> Ipv6Addr {
    let mut octets = [0; 16];
    octets[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
    octets[4..].copy_from_slice(&device.derive("address").as_bytes()[..12]);
    Ipv6Addr::from(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_keeps_its_address_and_another_has_another() {
        let [one, two] = [1, 2].map(|seed| address(&Seed::root(seed)));
        assert_eq!(one, address(&Seed::root(1)));
        assert_ne!(one, two);
        assert!(one.to_string().starts_with("2001:db8:"), "{one}");
    }
}
