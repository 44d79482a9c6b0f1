//! Which sighting stands as evidence.

use auditor::{
    peel::Peeler,
    search::{Search, SearchError, Sighting},
};
use model::{Channel, Flow, FlowId, Host, Timestamp};

const TOKENS: [&str; 3] = ["kq3xn7wz2m5r8", "aaaabbbbccccdddd", "ccccddddeeeeffff"];

fn sightings(body: &[u8]) -> Vec<Sighting> {
    Search::new(&TOKENS).expect("canaries").sight(&Peeler::default().peel_body(body))
}

fn flow(channel: Channel, host: &str, path: &str, headers: &[(&str, &str)]) -> Flow {
    Flow {
        id: FlowId(0),
        at: Timestamp::default(),
        channel,
        host: Host::new(host).expect("a name"),
        method: String::new(),
        path: path.to_owned(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: Vec::new(),
        wire_bytes: 0,
    }
}

fn sole(sightings: &[Sighting]) -> (Vec<&str>, &str) {
    let [sighting] = sightings else { panic!("one sighting was expected: {sightings:?}") };
    (sighting.path.iter().map(String::as_str).collect(), &sighting.plaintext)
}

#[test]
fn plaintext_is_the_whole_leaf() {
    let found = sightings(br#"{"events":[{"url":"https:\/\/kq3xn7wz2m5r8.example\/p?q=kq3xn7wz2m5r8"}]}"#);
    assert_eq!(sole(&found), (vec!["body", "json:$.events[0].url"], "https://kq3xn7wz2m5r8.example/p?q=kq3xn7wz2m5r8"));
}

#[test]
fn case_of_letters_does_not_matter() {
    assert_eq!(sole(&sightings(b"x=KQ3xn7WZ2m5r8")), (vec!["body", "form:x"], "KQ3xn7WZ2m5r8"));
}

#[test]
fn token_across_two_values_is_no_sighting() {
    assert!(sightings(b"a=kq3xn7w&b=z2m5r8").is_empty());
    let search = Search::new(&TOKENS).expect("canaries");
    assert!(search.flow(&flow(Channel::Http, "kq3xn7w", "z2m5r8", &[("kq3xn7w", "z2m5r8")])).is_empty());
}

#[test]
fn tokens_that_overlap_are_both_seen() {
    let found = sightings(b"aaaabbbbccccddddeeeeffff");
    assert_eq!(found.iter().map(|sighting| sighting.token).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn shortest_path_stands_for_each_token() {
    let found = sightings(br#"{"copy":"a3EzeG43d3oybTVyOA","deep":{"own":"kq3xn7wz2m5r8"}}"#);
    assert_eq!(sole(&found), (vec!["body", "json:$.deep.own"], "kq3xn7wz2m5r8"));
}

#[test]
fn token_in_a_key_is_quoted_with_its_object() {
    let found = sightings(br#"{"seen":{"kq3xn7wz2m5r8.example":2}}"#);
    assert_eq!(sole(&found), (vec!["body", "json:$.seen"], r#"{"kq3xn7wz2m5r8.example":2}"#));
}

#[test]
fn long_plaintext_is_cut_around_the_token() {
    let filler = "ä".repeat(5_000);
    let found = sightings(format!(r#"["{filler}kq3xn7wz2m5r8{filler}"]"#).as_bytes());
    let (_, plaintext) = sole(&found);
    assert!(plaintext.len() < 450 && plaintext.contains("ääkq3xn7wz2m5r8ää"), "{plaintext}");
    assert!(plaintext.starts_with('…') && plaintext.ends_with('…') && !plaintext.contains('\u{fffd}'), "{plaintext}");
}

#[test]
fn host_name_header_and_look_up_count() {
    let search = Search::new(&TOKENS).expect("canaries");
    let name = "kq3xn7wz2m5r8.example";
    let url = format!("https://{name}/");
    for (flow, path, plaintext) in [
        (flow(Channel::Http, name, "/", &[]), "host", name),
        (flow(Channel::Dns, "resolver.example", name, &[]), "dns", name),
        (flow(Channel::Http, "x.example", "/", &[("referer", &url)]), "header:referer", &url),
        (flow(Channel::Http, "x.example", "/i?u=KQ3XN7WZ2M5R8", &[]), "query:u", "KQ3XN7WZ2M5R8"),
        (flow(Channel::Socket, "x.example", "/push/kq3xn7wz2m5r8", &[]), "path", "/push/kq3xn7wz2m5r8"),
    ] {
        assert_eq!(sole(&search.flow(&flow)), (vec![path], plaintext));
    }
}

#[test]
fn token_in_the_name_of_a_header_counts() {
    let search = Search::new(&TOKENS).expect("canaries");
    let found = search.flow(&flow(Channel::Http, "x.example", "/", &[("x-kq3xn7wz2m5r8", "1")]));
    assert_eq!(sole(&found).0, ["header:x-kq3xn7wz2m5r8"]);
}

#[test]
fn words_that_occur_by_chance_are_refused() {
    for word in ["", "short", "with blank 99", "ümlaut1234567"] {
        assert!(matches!(Search::new(&[word]), Err(SearchError::NoToken { .. })), "{word}");
    }
}
