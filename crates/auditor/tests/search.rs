//! Which sighting stands as evidence.

use auditor::{
    peel::Peeler,
    search::{Search, SearchError, Sighting},
};
use model::{Channel, Flow, FlowId, Host, Timestamp};
use proptest::{collection::vec, prelude::*, sample::Index};

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
        connection: None,
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
fn token_across_two_values_says_which() {
    for (body, step) in [
        (r"a=kq3xn7w&b=z2m5r8", "joined:form:a+form:b"),
        (r#"{"url":"https://kq3xn7","rest":"wz2m5r8.example/"}"#, "joined:json:$.url+json:$.rest"),
        (r#"{"url_1":"kq3xn7","n":7,"at":"x","url_2":"wz2m5r8"}"#, "joined:json:$.url_1+json:$.url_2"),
        (r#"{"p10":"5r8","p9":"wz2m","p2":"kq3xn7"}"#, "joined:json:$.p2+json:$.p9+json:$.p10"),
        (r#"[{"t":1,"part":"kq3xn"},{"t":2,"part":"7wz2m5r8"}]"#, "joined:json:$[0].part+json:$[1].part"),
        (
            r#"["k","q","3","x","n","7","w","z","2","m","5","r","8"]"#,
            "joined:json:$[0]+json:$[1]+json:$[2]+…+json:$[12]",
        ),
    ] {
        assert_eq!(sole(&sightings(body.as_bytes())).0, ["body", step], "{body}");
    }
    let search = Search::new(&TOKENS).expect("canaries");
    let found = search.flow(&flow(Channel::Http, "kq3xn7w", "z2m5r8", &[]));
    assert_eq!(sole(&found).0, ["joined:host+path"]);
}

#[test]
fn pieces_of_an_encoding_are_put_together_before_they_are_peeled() {
    let event = br#"{"event":"visit","url":"https://kq3xn7wz2m5r8.example/?q=1","wifi":true}"#;
    for (digits, way) in [
        (data_encoding::BASE64.encode(event), "base64"),
        (data_encoding::BASE64URL_NOPAD.encode(event), "base64"),
        (data_encoding::HEXLOWER.encode(event), "hex"),
        (data_encoding::BASE32.encode(event), "base32"),
    ] {
        for size in [5, 7, 10, 33] {
            let pieces: Vec<&str> =
                digits.as_bytes().chunks(size).filter_map(|piece| str::from_utf8(piece).ok()).collect();
            let array = format!("{pieces:?}");
            let fields: Vec<String> = (0..).zip(&pieces).map(|(n, piece)| format!("d{n}={piece}")).collect();
            let scattered: Vec<String> = pieces.iter().map(|piece| format!(r#"{{"n":1,"d":"{piece}"}}"#)).collect();
            for body in [array, fields.join("&").replace('+', "%2B"), format!("[{}]", scattered.join(","))] {
                let found = sightings(body.as_bytes());
                let (path, plaintext) = sole(&found);
                assert!(path[1].starts_with("joined:"), "{body}: {path:?}");
                assert_eq!(path[2..], [way, "json:$.url"], "{body}");
                assert_eq!(plaintext, "https://kq3xn7wz2m5r8.example/?q=1");
            }
        }
    }
}

#[test]
fn values_that_do_not_follow_one_another_are_not_put_together() {
    for body in ["a=kq3xn7w&c=1&b=z2m5r8", r#"["z2m5r8","kq3xn7w"]"#, r#"{"a":"kq3xn7w","b":{"c":"z2m5r8"}}"#] {
        assert!(sightings(body.as_bytes()).is_empty(), "{body}");
    }
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

/// What one Aho–Corasick pass finds, which knows nothing of words and strides.
fn oracle(tokens: &[String], text: &[u8]) -> Vec<(usize, usize)> {
    let automaton = aho_corasick::AhoCorasick::builder().ascii_case_insensitive(true).build(tokens).expect("few");
    let found = automaton.find_overlapping_iter(text).map(|found| (found.pattern().as_usize(), found.start()));
    sorted(found.collect())
}

fn sorted(mut places: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    places.sort_unstable();
    places
}

#[test]
fn token_of_any_length_is_found_at_every_alignment() {
    let letters = "kq3xn7wz2m5r8a4bkq3xn7wz2m5r8a4bzz";
    for len in 10..=letters.len() {
        let token = letters[..len].to_owned();
        let search = Search::new(&[&token]).expect("a canary");
        for at in 0..80 {
            let text = [&"-".repeat(at), token.to_uppercase().as_str(), &"-".repeat(at % 3)].concat();
            assert_eq!(search.places(text.as_bytes()), [(0, at)], "{len} letters");
        }
    }
}

#[test]
fn word_that_differs_in_more_than_case_is_no_sighting() {
    let search = Search::new(&["kq3xn7wz2m5r8a4b"]).expect("a canary");
    // A control character becomes the digit 3, and a square bracket a brace, when the bit of the case is set.
    assert!(search.places(b"kq\x13xn7wz2m5r8a4b kq3xn7wz2m5r8a4").is_empty());
}

#[test]
fn more_tokens_than_can_be_looked_for_are_refused() {
    let tokens = vec!["kq3xn7wz2m5r8"; (1 << 18) + 1];
    assert!(matches!(Search::new(&tokens), Err(SearchError::TooMany { count }) if count == tokens.len()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Few letters, so that tokens overlap, hold one another and almost occur.
    #[test]
    fn search_finds_what_aho_corasick_finds(
        tokens in vec("[abA]{10,24}|[a-z0-9]{15,40}", 1..12),
        text in vec(prop_oneof!["[abAB]{0,30}".prop_map(String::into_bytes), vec(any::<u8>(), 0..30)], 0..6),
        planted in vec((any::<Index>(), any::<Index>(), any::<bool>()), 0..6),
    ) {
        let mut text = text.concat();
        for (token, at, upper) in planted {
            let token = token.get(&tokens);
            let token = if upper { token.to_uppercase() } else { token.clone() };
            let at = at.index(text.len() + 1);
            text.splice(at..at, token.into_bytes());
        }
        let search = Search::new(&tokens).expect("canaries");
        prop_assert_eq!(sorted(search.places(&text)), oracle(&tokens, &text));
    }

    /// A token that is cut anywhere, over values of any length, whatever stands before and behind it. (No value begins
    /// with x, y or z, as strings of CBOR do.)
    #[test]
    fn token_that_is_cut_over_values_is_seen(
        token in "[a-w2-7]{15,26}",
        cuts in vec(any::<Index>(), 1..4),
        before in "([a-w]{3,12}: )?[a-w]{0,30}",
        behind in "[a-z]{0,30}( [a-z]{3,12})?",
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| 1 + cut.index(token.len() - 1)).collect();
        cuts.extend([0, token.len()]);
        cuts.sort_unstable();
        cuts.dedup();
        let mut pieces: Vec<String> = cuts.windows(2).map(|cut| token[cut[0]..cut[1]].to_owned()).collect();
        let last = pieces.len() - 1;
        pieces[0].insert_str(0, &before);
        pieces[last].push_str(&behind);
        let search = Search::new(&[&token]).expect("a canary");
        let found = search.sight(&Peeler::default().peel_body(format!(r#"{{"in":{pieces:?}}}"#).as_bytes()));
        prop_assert_eq!(found.len(), 1, "{:?}", pieces);
        prop_assert!(found[0].path[1].starts_with("joined:"), "{:?}", found);
    }
}
