//! Names of the fields in a flow, as a declaration writes them.

use std::collections::BTreeMap;

use crate::peel::Peeled;

/// Most fields of one flow that are looked at; what lies beyond counts as without a name.
const FIELDS_MAX: usize = 1 << 16;

/// Headers that every client over HTTP sends: RFC 9110 and 9111, Fetch, gRPC, W3C upgrade of connections; and the key
/// by which servers know an upload that is sent again.
const ORDINARY_HEADERS: [&str; 33] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "connection",
    "content-encoding",
    "content-language",
    "content-length",
    "content-type",
    "date",
    "expect",
    "grpc-accept-encoding",
    "grpc-encoding",
    "grpc-timeout",
    "host",
    "http2-settings",
    "idempotency-key",
    "keep-alive",
    "origin",
    "pragma",
    "proxy-connection",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "te",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// Words of paths behind which a name stands.
const NAMED: [&str; 5] = ["form", "query", "header", "parameter", "multipart"];
/// Words of paths that cut a value into parts without a name.
const PARTS: [&str; 3] = ["segment", "label", "word"];

/// The fields of one flow.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// Fields with names, each place once.
    pub(super) named: Vec<Field>,
    /// Whether the body has values that no name leads to.
    pub(super) unnamed: bool,
}

/// A field with a name.
#[derive(Debug)]
pub(super) struct Field {
    /// Names on the way to it, the outermost first; each in every way in which a declaration may write it.
    names: Vec<Vec<String>>,
    /// The way to it.
    pub(super) path: Vec<String>,
    /// What stands there.
    pub(super) value: String,
}

impl Field {
    /// The field's own name.
    pub(super) fn name(&self) -> &str {
        self.names.last().and_then(|ways| ways.first()).map_or("", String::as_str)
    }

    /// Whether it, or something that holds it, is called `name`.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.names.iter().flatten().any(|known| known == name)
    }
}

/// The names on the way to a value.
#[derive(Debug)]
enum Way {
    /// An address or an ordinary header: no field.
    Address,
    /// No name leads there.
    Unnamed,
    /// These names, the outermost first.
    Names(Vec<Vec<String>>),
}

/// The fields of a flow: values that stand for themselves, without those that are only made up of others.
pub(super) fn fields(peeled: &Peeled) -> Fields {
    let mut known: BTreeMap<Vec<String>, Field> = BTreeMap::new();
    let mut in_body = (false, false); // with names, without
    for leaf in peeled.leaves() {
        let path = leaf.path();
        let is_body = path.first().is_some_and(|word| word == "body");
        match way(&path) {
            Way::Address => {}
            Way::Unnamed => in_body.1 |= is_body,
            Way::Names(_) if known.len() >= FIELDS_MAX => in_body = (false, true),
            Way::Names(names) => {
                in_body.0 |= is_body;
                let key = names.iter().filter_map(|ways| ways.first().cloned()).collect();
                known.entry(key).or_insert_with(|| Field { names, path, value: leaf.value().into_owned() });
            }
        }
    }
    let containers: Vec<bool> = {
        let next = known.keys().skip(1).map(Some).chain([None]);
        known.keys().zip(next).map(|(key, next)| next.is_some_and(|next| next.starts_with(key))).collect()
    };
    let named = known.into_values().zip(containers).filter(|(_, holds)| !holds).map(|(field, _)| field);
    Fields { named: named.collect(), unnamed: in_body.1 && !in_body.0 }
}

fn way(path: &[String]) -> Way {
    let mut names: Vec<Vec<String>> = Vec::new();
    for (place, word) in path.iter().enumerate() {
        let (kind, rest) = word.split_once(':').unwrap_or((word, ""));
        if place == 0 && (matches!(kind, "host" | "path" | "dns") || kind == "header" && is_ordinary(rest)) {
            return Way::Address;
        }
        if PARTS.contains(&kind) || place > 0 && kind == "query" {
            break; // a part of the value above
        }
        if NAMED.contains(&kind) {
            names.push(vec![rest.to_owned()]);
        } else if let Some(document) = rest.strip_prefix('$') {
            names.extend(Some(keys(document)).filter(|ways| !ways.is_empty()));
        } else if kind == "protobuf" {
            break; // a number names nothing
        }
    }
    if names.is_empty() { Way::Unnamed } else { Way::Names(names) }
}

fn is_ordinary(header: &str) -> bool {
    ORDINARY_HEADERS.binary_search(&header).is_ok()
}

/// The ways to name a place in a document: from each element of an array that leads there, the outermost first, then
/// from the document itself.
fn keys(document: &str) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    let mut starts = Vec::new();
    for step in steps(document) {
        match step {
            Some(key) => keys.push(key),
            None => starts.push(keys.len()),
        }
    }
    let mut ways: Vec<String> = Vec::new();
    for start in starts.into_iter().chain([0]).filter(|start| *start < keys.len()) {
        let way = keys[start..].join(".");
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    ways
}

/// The steps of a JSONPath behind `$`: keys, and `None` for an element of an array.
fn steps(document: &str) -> Vec<Option<String>> {
    let mut steps = Vec::new();
    let mut rest = document;
    while let Some(first) = rest.chars().next() {
        let behind = &rest[first.len_utf8()..];
        if first == '[' && behind.starts_with('"') {
            let end = quoted_end(behind);
            steps.push(Some(unquoted(&behind[..end])));
            rest = behind[end..].strip_prefix(']').unwrap_or("");
        } else if first == '[' {
            steps.push(None);
            rest = behind.split_once(']').map_or("", |(_, rest)| rest);
        } else {
            let end = behind.find(['.', '[']).unwrap_or(behind.len());
            steps.push(Some(behind[..end].to_owned()));
            rest = &behind[end..];
        }
    }
    steps
}

/// Where the quoted text at the beginning of `text` ends, in bytes.
fn quoted_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    text.len()
}

fn unquoted(text: &str) -> String {
    serde_json::from_str(text).unwrap_or_else(|_| text.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::{ORDINARY_HEADERS, Way, fields, keys, way};
    use crate::peel::Peeler;

    fn names(path: &[&str]) -> Option<Vec<Vec<String>>> {
        match way(&path.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()) {
            Way::Names(names) => Some(names),
            Way::Address | Way::Unnamed => None,
        }
    }

    #[test]
    fn ordinary_headers_are_sorted_for_the_search() {
        assert!(ORDINARY_HEADERS.is_sorted());
    }

    #[test]
    fn a_place_in_a_document_is_named_from_its_record() {
        assert_eq!(keys("[4].properties.url"), ["properties.url"]);
        assert_eq!(keys(".events[4].tabs[0].url"), ["tabs.url", "url", "events.tabs.url"]);
        assert_eq!(keys(r#"[4]["a \"b"].c"#), [r#"a "b.c"#]);
        assert_eq!(keys(".tabs[2]"), ["tabs"]);
        assert!(keys("[2]").is_empty());
    }

    #[test]
    fn a_field_that_only_holds_others_is_no_field_of_its_own() {
        let json = data_encoding::BASE64.encode(br#"[{"url":"https://a.example/?q=some+words","id":"0123456789"}]"#);
        let fields = fields(&Peeler::default().peel_body(format!("data_list={json}&crc=77").as_bytes()));
        let names: Vec<&str> = fields.named.iter().map(super::Field::name).collect();
        assert_eq!((names, fields.unnamed), (vec!["crc", "id", "url"], false));
        assert!(fields.named[1].is_called("data_list"), "what is declared as a whole covers its parts");
    }

    #[test]
    fn names_are_collected_along_the_way_and_parts_of_values_have_none() {
        let way = ["body", "form:data_list", "base64", "gzip", "json:$[4].properties.url", "query:q"];
        assert_eq!(names(&way), Some(vec![vec!["data_list".to_owned()], vec!["properties.url".to_owned()]]));
        assert_eq!(names(&["query:r"]), Some(vec![vec!["r".to_owned()]]));
        assert_eq!(names(&["header:cookie", "parameter:sid"]).map(|names| names.len()), Some(2));
        assert_eq!(names(&["header:user-agent"]), None);
        assert_eq!(names(&["path", "segment:2"]), None);
        assert_eq!(names(&["body", "gzip", "protobuf:3.1"]), None);
    }
}
