//! The parts of a URL that are reported in its place.

/// A part of a URL, or the URL in another form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::digest) enum Part {
    Whole,
    Slash,
    Bare,
    NoFragment,
    NoQuery,
    Origin,
    OriginSlash,
    Host,
    Www,
    Domain,
    Path,
    PathQuery,
    PathBare,
}

impl Part {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Whole => "URL",
            Self::Slash => "URL with or without a slash at its end",
            Self::Bare => "URL without its scheme",
            Self::NoFragment => "URL without its fragment",
            Self::NoQuery => "URL without its query",
            Self::Origin => "origin",
            Self::OriginSlash => "origin with a slash",
            Self::Host => "host",
            Self::Www => "host with or without `www`",
            Self::Domain => "domain",
            Self::Path => "path",
            Self::PathQuery => "path with its query",
            Self::PathBare => "path without its first slash",
        }
    }
}

/// Every part of `url`, the whole first; several may be alike.
///
/// The domain is taken to be the last two labels of the host: there is no list of public suffixes here.
pub(super) fn parts(url: &str) -> Vec<(Part, String)> {
    let mut parts = vec![(Part::Whole, url.to_owned())];
    let Some((scheme, bare)) = url.split_once("://") else { return parts };
    let mut add = |part, text: String| parts.push((part, text));
    add(Part::Slash, url.strip_suffix('/').map_or_else(|| format!("{url}/"), str::to_owned));
    add(Part::Bare, bare.to_owned());
    let page = until(url, '#');
    let address = until(page, '?');
    add(Part::NoFragment, page.to_owned());
    add(Part::NoQuery, address.to_owned());
    let (authority, path) = bare.find(['/', '?', '#']).map_or((bare, ""), |at| bare.split_at(at));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    add(Part::Host, host.to_owned());
    add(Part::Origin, format!("{scheme}://{authority}"));
    add(Part::OriginSlash, format!("{scheme}://{authority}/"));
    add(Part::Www, host.strip_prefix("www.").map_or_else(|| format!("www.{host}"), str::to_owned));
    if let Some((at, _)) = host.rmatch_indices('.').nth(1) {
        add(Part::Domain, host[at + 1..].to_owned());
    }
    let path = until(path, '#');
    add(Part::Path, until(path, '?').to_owned());
    add(Part::PathQuery, path.to_owned());
    add(Part::PathBare, path.trim_start_matches('/').to_owned());
    parts
}

fn until(text: &str, end: char) -> &str {
    text.split(end).next().unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::{Part, parts};

    #[test]
    fn a_url_has_the_parts_that_clients_report() {
        let parts = parts("https://user@www.Shop.example.org:8443/a/b?c=d#e");
        let part = |wanted| parts.iter().find(|(part, _)| *part == wanted).map(|(_, text)| text.as_str());
        for (wanted, expected) in [
            (Part::Whole, "https://user@www.Shop.example.org:8443/a/b?c=d#e"),
            (Part::Slash, "https://user@www.Shop.example.org:8443/a/b?c=d#e/"),
            (Part::Bare, "user@www.Shop.example.org:8443/a/b?c=d#e"),
            (Part::NoFragment, "https://user@www.Shop.example.org:8443/a/b?c=d"),
            (Part::NoQuery, "https://user@www.Shop.example.org:8443/a/b"),
            (Part::Origin, "https://user@www.Shop.example.org:8443"),
            (Part::OriginSlash, "https://user@www.Shop.example.org:8443/"),
            (Part::Host, "www.Shop.example.org"),
            (Part::Www, "Shop.example.org"),
            (Part::Domain, "example.org"),
            (Part::Path, "/a/b"),
            (Part::PathQuery, "/a/b?c=d"),
            (Part::PathBare, "a/b?c=d"),
        ] {
            assert_eq!(part(wanted), Some(expected), "{wanted:?}");
        }
    }

    #[test]
    fn what_is_no_address_stands_for_itself() {
        assert_eq!(parts("about:blank"), [(Part::Whole, "about:blank".to_owned())]);
        assert_eq!(parts("https://").len(), 12);
    }
}
