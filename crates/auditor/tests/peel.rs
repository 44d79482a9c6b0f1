//! What peeling finds, and what it costs at most.

#[allow(dead_code, clippy::cast_possible_truncation, unreachable_pub)]
mod bombs;
#[allow(dead_code, clippy::cast_possible_truncation, unreachable_pub)]
mod encoders;

use std::time::Instant;

use auditor::{
    peel::{Limit, Limits, Peeled, Peeler},
    search::Search,
};
use bombs::Bomb;
use encoders::{Wrap, brotli, gzip, protobuf, wrap, zstd};
use model::{Channel, Flow, FlowId, Host, Timestamp};
use proptest::{collection::vec, prelude::*, sample::select};

const CANARY: &str = "kq3xn7wz2m5r8";

fn body(bytes: &[u8]) -> Peeled {
    Peeler::default().peel_body(bytes)
}

fn flow(channel: Channel, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Flow {
    Flow {
        id: FlowId(0),
        at: Timestamp::default(),
        channel,
        host: Host::new("stats.example").expect("a name"),
        method: String::new(),
        path: path.to_owned(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: body.to_vec(),
        wire_bytes: 0,
        connection: None,
    }
}

/// The way to the view that says exactly `text`, the shortest if there are several.
fn path_to(peeled: &Peeled, text: &str) -> Vec<String> {
    let ways = peeled.views().filter(|view| view.content() == text.as_bytes()).map(|view| view.path());
    ways.min_by_key(Vec::len).unwrap_or_default()
}

fn value_at(peeled: &Peeled, place: &str) -> Vec<String> {
    peeled.leaves().filter(|leaf| leaf.place() == place).map(|leaf| leaf.value().into_owned()).collect()
}

fn sighted(peeled: &Peeled) -> bool {
    !Search::new(&[CANARY]).expect("a canary").sight(peeled).is_empty()
}

#[test]
fn body_of_2020_reads_as_the_path_says() {
    let events = r#"[{"event":"search"},{"properties":{"uuid":"f0","url":"https:\/\/a.example\/x"},"n":7,"on":true}]"#;
    let form =
        [b"crc=12&gzip=1&data_list=".as_slice(), &wrap(events.as_bytes(), &[Wrap::Gzip, Wrap::Base64, Wrap::Percent])];
    let peeled = body(&form.concat());
    let path = ["body", "form:data_list", "base64", "gzip", "json:$[1].properties.url"];
    assert_eq!(path_to(&peeled, "https://a.example/x"), path);
    assert_eq!(value_at(&peeled, "body > form:data_list > base64 > gzip > json:$[*].properties.uuid"), ["f0"]);
    assert_eq!(value_at(&peeled, "body > form:data_list > base64 > gzip > json:$[*].n"), ["7"]);
    assert_eq!(value_at(&peeled, "body > form:data_list > base64 > gzip > json:$[*].on"), ["true"]);
    assert_eq!(value_at(&peeled, "body > form:gzip"), ["1"]);
}

#[test]
fn every_place_of_a_flow_is_a_view() {
    let headers = [("referer", "https://r.example/?q=a%20b"), ("cookie", "sid=abc; uid=77")];
    let peeled = Peeler::default().peel(&flow(Channel::Http, "/sa?project=mini&r=IN&flag", &headers, b"plain"));
    let places: Vec<_> = peeled.leaves().map(|leaf| (leaf.place(), leaf.value().into_owned())).collect();
    for (place, value) in [
        ("host", "stats.example"),
        ("path", "/sa"),
        ("query:project", "mini"),
        ("query:r", "IN"),
        ("header:referer", headers[0].1),
        ("header:referer > query:q", "a b"),
        ("header:cookie > parameter:uid", "77"),
        ("body", "plain"),
    ] {
        assert!(places.contains(&(place.to_owned(), value.to_owned())), "{place} is not among {places:?}");
    }
}

#[test]
fn name_looked_up_is_a_view_of_its_own() {
    let peeled = Peeler::default().peel(&flow(Channel::Dns, "kq3xn7wz2m5r8.sites.example", &[], b""));
    assert_eq!(path_to(&peeled, "kq3xn7wz2m5r8.sites.example"), ["dns"]);
}

#[test]
fn each_encoding_alone_is_undone() {
    for encoding in Wrap::ALL {
        let peeled = body(&encoding.encode(CANARY.as_bytes()));
        assert!(
            !path_to(&peeled, CANARY).is_empty(),
            "{encoding:?} is not undone: {:?}",
            peeled.views().collect::<Vec<_>>()
        );
    }
}

#[test]
fn encodings_have_their_words_in_paths() {
    for (encoding, words) in [
        (Wrap::JsonEscaped, vec!["body", "json:$[0]"]),
        (Wrap::Json, vec!["body", "json:$.a[2][\"b c\"]"]),
        (Wrap::JsonLines, vec!["body", "json-lines:$[1].a"]),
        (Wrap::Multipart, vec!["body", "multipart:file"]),
        (Wrap::Protobuf, vec!["body", "protobuf:3.1"]),
        (Wrap::Grpc, vec!["body", "grpc:0"]),
        (Wrap::Jwt, vec!["body", "jwt:payload"]),
        (Wrap::Url, vec!["body", "query:u"]),
        (Wrap::Percent, vec!["body", "percent"]),
        (Wrap::Base64, vec!["body", "base64"]),
        (Wrap::Base32Lower, vec!["body", "base32"]),
        (Wrap::Hex, vec!["body", "hex"]),
        (Wrap::Gzip, vec!["body", "gzip"]),
        (Wrap::Zlib, vec!["body", "zlib"]),
        (Wrap::Deflate, vec!["body", "deflate"]),
        (Wrap::Brotli, vec!["body", "brotli"]),
        (Wrap::Zstd, vec!["body", "zstd"]),
        (Wrap::Cbor, vec!["body", "cbor:$[\"2\"][0]"]),
        (Wrap::CborPieces, vec!["body", "cbor:$[0]"]),
        (Wrap::MessagePack, vec!["body", "msgpack:$.a[0]"]),
        (Wrap::ProtobufGroup, vec!["body", "protobuf:3.1"]),
        (Wrap::Utf16Be, vec!["body", "utf-16"]),
    ] {
        assert_eq!(path_to(&body(&encoding.encode(CANARY.as_bytes())), CANARY), words, "{encoding:?}");
    }
}

#[test]
fn json_string_that_holds_json_is_read_again() {
    let peeled = body(br#"{"extra":"{\"url\":\"https://a.example/\"}"}"#);
    assert_eq!(path_to(&peeled, "https://a.example/"), ["body", "json:$.extra", "json:$.url"]);
}

#[test]
fn protobuf_numbers_are_values() {
    let message = [&[0x08, 0x96, 0x01, 0x15, 1, 0, 0, 0][..], &protobuf(5, b"name of it")].concat();
    let peeled = body(&protobuf(2, &message));
    assert_eq!(value_at(&peeled, "body > protobuf:2.1"), ["150"]);
    assert_eq!(value_at(&peeled, "body > protobuf:2.2"), ["1"]);
    assert_eq!(value_at(&peeled, "body > protobuf:2.5"), ["name of it"]);
}

#[test]
fn values_in_path_segments_are_peeled() {
    let path = format!("/collect/{}", data_encoding::BASE64URL_NOPAD.encode(CANARY.as_bytes()));
    let peeled = Peeler::default().peel(&flow(Channel::Http, &path, &[], b""));
    assert_eq!(path_to(&peeled, CANARY), ["path", "segment:2", "base64"]);
}

#[test]
fn encoded_words_in_any_text_are_peeled() {
    let word = data_encoding::BASE64.encode(b"kq3xn7wz2m5r8");
    for text in [
        format!("Basic {word}"),
        format!("data:text/plain;base64,{word}"),
        format!("12:01 visited {word}\n12:02 idle\n"),
        format!("<event url=\"{word}\"/>"),
        format!("mode,url\nprivate,{word}\n"),
        format!(r#"{{"cut":{{"off":"{word}","#),
    ] {
        assert!(sighted(&body(text.as_bytes())), "{text}");
        let binary = [&[0xff, 0x00, 0x80], text.as_bytes(), &[0x03]].concat();
        assert!(sighted(&body(&binary)), "{text} among bytes");
    }
}

#[test]
fn query_without_names_is_peeled() {
    let path = format!("/?{}", data_encoding::BASE64.encode(CANARY.as_bytes()));
    let peeled = Peeler::default().peel(&flow(Channel::Http, &path, &[], b""));
    assert_eq!(path_to(&peeled, CANARY), ["query:0", "base64"]);
}

#[test]
fn compressed_stream_that_was_cut_off_yields_what_there_is() {
    let text = format!("{CANARY} {}", "0123456789abcdef".repeat(500));
    let whole = gzip(text.as_bytes());
    assert!(sighted(&body(&whole[..whole.len() - 12])));
    let whole = Wrap::Zlib.encode(text.as_bytes());
    assert!(sighted(&body(&whole[..whole.len() - 12])));
}

#[test]
fn values_wholly_made_up_of_others_are_no_leaves() {
    let peeled = body(br#"data={"a":{"id":"u-17"},"gone":null}"#);
    let leaves: Vec<_> = peeled.leaves().map(|leaf| (leaf.place(), leaf.value().into_owned())).collect();
    assert_eq!(leaves, [("body > form:data > json:$.a.id".to_owned(), "u-17".to_owned())]);
}

#[test]
fn bomb_of_10_gb_costs_no_more_than_the_limit_and_is_reported() {
    for bomb in Bomb::ALL {
        let bytes = bomb.of(10_000_000_000);
        let start = Instant::now();
        let peeled = body(&bytes);
        assert!(start.elapsed().as_secs() < 20, "{bomb:?} took {:?}", start.elapsed()); // all of it takes longer
        let yielded: usize = peeled.views().skip(1).map(|view| view.content().len()).sum();
        assert_eq!(yielded, 8 << 20, "{bomb:?}");
        let exhausted = peeled.exhausted().expect("the limit is met");
        assert_eq!((exhausted.limit, exhausted.path.as_slice()), (Limit::Output, ["body".to_owned()].as_slice()));
        assert_eq!((exhausted.bytes, exhausted.most), (bytes.len() as u64, 8 << 20), "{bomb:?}");
    }
}

#[test]
fn small_bomb_is_read_whole() {
    for bomb in [Bomb::Gzip, Bomb::Zlib, Bomb::Deflate, Bomb::Zstd] {
        let peeled = body(&bomb.of(1));
        assert!(peeled.exhausted().is_none(), "{bomb:?}");
        let made = peeled.views().nth(1).map(|view| view.content().iter().filter(|byte| **byte == 0).count());
        let made = made.unwrap_or_else(|| panic!("{bomb:?} makes nothing"));
        assert!(made > 100_000, "{bomb:?} makes {made} bytes");
    }
}

#[test]
fn streams_of_the_reference_encoders_are_read() {
    let [zstd, brotli] =
        [ZSTD_19, BROTLI_11].map(|text| data_encoding::BASE64.decode(text.as_bytes()).expect("digits"));
    for (stream, word) in [(zstd, "zstd"), (brotli, "brotli")] {
        let peeled = body(&stream);
        assert_eq!(path_to(&peeled, "https://kq3xn7wz2m5r8.example/p39"), ["body", word, "json:$[39].url"]);
    }
}

/// Forty events with a URL each, as `zstd -19` 1.5.4 and brotli 1.1.0 at quality 11 compress them.
const ZSTD_19: &str = "KLUv/WQ9CX0GAKKMIhpwTXModpLEzUr0a3xVdbB75cqdMvHn6/8/jILJ+rq6ej6fno7Ho6P/v+/3/fn58rKycjqdnIxGIyPft23X9fHx6qqqajabmorFoqK+r+u2ZV1LqcyUEBH67VaZHHbMKXeapR0axADSAEqBCEceyUCeMCwLWzQMRuHYHRSNU64RBs2xYzDN0U4SCE6oESD5/f8M8HXWEtAXMAT//98fzaapym1d932v6qu+Vtd1X+t1Vd3X/haSayjhQgmELt6tfavidsWtFeENNmhlFdMRMDU=";
const BROTLI_11: &str = "GzwKQIzDdOMrr0Ip471m0dnqqon/N+3Nzl1733HGCxIhBP/PczKQ/2zqF2c66njYFGacQMqBhyw9NAHJuns/mD8IgW+A1/OKcMz0x+Whz9HvL2/5nNMA/sL5boAD2V/DnPhIOBEtSCxJrkitSW/IbMnebuAh3+CLZ7wjGiajwkRpsjJVm27MtGQP2jm03Hg0TEaFidJkZao23ZhpyR6yc2S58WiYjAoTpcnKVG26MbO91Pt/";

#[test]
fn frames_that_are_cut_damaged_or_between_others_yield_what_there_is() {
    let text = format!("{CANARY} {}", "0123456789abcdef".repeat(500));
    let frame = zstd(text.as_bytes());
    assert!(sighted(&body(&frame[..frame.len() - 5])));
    let skippable = [0x51, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    let several = [&skippable, zstd(b"the first frame").as_slice(), &skippable, &frame].concat();
    assert_eq!(path_to(&body(&several), &format!("the first frame{text}")), ["body", "zstd"]);
}

#[test]
fn noise_that_looks_like_the_beginning_of_a_stream_is_neither_read_nor_reported() {
    let whole = brotli(CANARY.repeat(40).as_bytes());
    for bytes in [[whole.as_slice(), b"behind it"].concat(), whole[..whole.len() - 1].to_vec()] {
        let peeled = body(&bytes);
        assert!(peeled.exhausted().is_none());
        assert!(peeled.views().all(|view| view.path() != ["body", "brotli"]));
    }
}

#[test]
fn numbers_of_binary_documents_are_values() {
    let cbor = body(&Wrap::Cbor.encode(CANARY.as_bytes()));
    assert_eq!(value_at(&cbor, "body > cbor:$.v"), ["-7"]);
    assert_eq!(value_at(&cbor, "body > cbor:$[\"2\"][*]"), [CANARY, "1.5", "true"]);
    let pack = body(&Wrap::MessagePack.encode(CANARY.as_bytes()));
    assert_eq!(value_at(&pack, "body > msgpack:$.v"), ["-300"]);
    assert_eq!(value_at(&pack, "body > msgpack:$.a[*]"), [CANARY, "1.5", "true"]);
}

#[test]
fn lengths_that_a_document_only_claims_cost_nothing() {
    for claim in [[0x9b], [0xbb], [0x5b], [0x7b], [0xdd], [0xdf], [0xc6], [0xdb]] {
        let peeled = body(&[claim.as_slice(), &[0xff; 8], &[0x01; 20]].concat());
        assert!(peeled.views().count() <= 3, "{claim:02x?}: {:?}", peeled.views().collect::<Vec<_>>());
    }
}

#[test]
fn groups_inside_one_another_are_one_document_and_must_match() {
    let nested = |levels: usize, last: u8| {
        let (open, close) = ([1 << 3 | 3].repeat(levels), [1 << 3 | 4].repeat(levels - 1));
        body(&[open, protobuf(2, CANARY.as_bytes()), close, vec![last]].concat())
    };
    assert_eq!(
        path_to(&nested(20, 1 << 3 | 4), CANARY),
        ["body".to_owned(), format!("protobuf:1{}.2", ".1".repeat(19))]
    );
    assert!(path_to(&nested(20, 2 << 3 | 4), CANARY).is_empty());
    assert_eq!(nested(200, 1 << 3 | 4).exhausted().expect("the limit is met").limit, Limit::Depth);
}

#[test]
fn leak_beside_a_bomb_in_a_deeper_place_is_still_found() {
    let bomb = data_encoding::BASE64.encode(&Bomb::Gzip.of(64 << 20));
    let text = format!(r#"{{"bomb":"{bomb}","leak":"{}"}}"#, data_encoding::BASE64.encode(CANARY.as_bytes()));
    let peeled = body(text.as_bytes());
    assert!(sighted(&peeled));
    assert_eq!(peeled.exhausted().expect("the limit is met").path, ["body", "json:$.bomb", "base64"]);
}

#[test]
fn encodings_deeper_than_the_limit_are_reported() {
    let peeled = body(&wrap(CANARY.as_bytes(), &[Wrap::Gzip; 13]));
    assert!(!sighted(&peeled));
    assert_eq!(peeled.exhausted().expect("the limit is met").limit, Limit::Depth);
    assert!(sighted(&body(&wrap(CANARY.as_bytes(), &[Wrap::Gzip; 12]))));
}

#[test]
fn more_input_than_the_limit_is_reported() {
    let limits = Limits { input_bytes_max: 64, ..Limits::default() };
    let peeled = Peeler::new(limits).peel_body(&[b'x'; 65]);
    assert_eq!(peeled.exhausted().expect("the limit is met").limit, Limit::Input);
    assert!(Peeler::new(limits).peel_body(&[b'x'; 64]).exhausted().is_none());
}

#[test]
fn more_values_than_the_limit_are_reported() {
    let peeled = Peeler::new(Limits { steps_max: 100, ..Limits::default() })
        .peel_body(format!("[{}1]", "1,".repeat(200)).as_bytes());
    assert_eq!(peeled.exhausted().expect("the limit is met").limit, Limit::Steps);
    assert!(peeled.views().count() <= 101);
}

#[test]
fn token_across_two_outputs_is_one_of_values_put_together() {
    let [left, right] =
        ["the end is kq3xn7w", "z2m5r8 is the beginning"].map(|half| data_encoding::BASE64.encode(half.as_bytes()));
    let peeled = body(format!(r#"["{left}","{right}"]"#).as_bytes());
    assert_eq!(path_to(&peeled, "the end is kq3xn7w"), ["body", "json:$[0]", "base64"]);
    let sightings = Search::new(&[CANARY]).expect("a canary").sight(&peeled);
    assert_eq!(sightings[0].path, ["body", "joined:json:$[0] > base64+json:$[1] > base64"]);
}

#[test]
fn compressed_members_one_after_another_are_all_read() {
    assert!(sighted(&body(&[gzip(b"the first member"), gzip(CANARY.as_bytes())].concat())));
}

#[test]
fn part_without_a_name_goes_by_its_number() {
    let peeled = body(b"--b\r\ncontent-type: text/plain\r\n\r\nkq3xn7wz2m5r8\r\n--b--\r\n");
    assert_eq!(path_to(&peeled, CANARY), ["body", "multipart:0"]);
}

#[test]
fn plus_is_a_blank_in_forms_and_may_be_one_in_base64() {
    assert_eq!(value_at(&body(b"words=two+words%21"), "body > form:words"), ["two words!"]);
    let text = format!(">>>>>>{CANARY}");
    let digits = data_encoding::BASE64.encode(text.as_bytes());
    assert!(digits.contains('+'));
    assert_eq!(path_to(&body(digits.replace('+', " ").as_bytes()), &text), ["body", "base64"]);
}

#[test]
fn form_is_not_unescaped_a_second_time_as_a_whole() {
    let peeled = body(b"url=https%3A%2F%2Fa.example%2F&n=1");
    assert!(peeled.views().all(|view| view.path() != ["body", "percent"]));
}

#[test]
fn protobuf_messages_inside_one_another_are_one_document() {
    let nested = (0..20).fold(CANARY.as_bytes().to_vec(), |inner, _| protobuf(1, &inner));
    assert_eq!(path_to(&body(&nested), CANARY), ["body".to_owned(), format!("protobuf:1{}", ".1".repeat(19))]);
}

#[test]
fn levels_of_one_document_beyond_those_followed_are_reported() {
    let nested = |levels| body(format!("{}\"{CANARY}\"{}", "[".repeat(levels), "]".repeat(levels)).as_bytes());
    assert!(nested(100).exhausted().is_none());
    assert_eq!(nested(101).exhausted().expect("the limit is met").limit, Limit::Depth);
}

#[test]
fn no_decoder_makes_more_than_the_limit() {
    let limits = Limits { output_bytes_max: 40, ..Limits::default() };
    let text = CANARY.repeat(6);
    for encoding in Wrap::ALL {
        let peeled = Peeler::new(limits).peel_body(&encoding.encode(text.as_bytes()));
        let made = peeled.views().skip(1).find(|view| view.content().len() > 40);
        // Parts that stand in the body as they are were not made.
        assert!(
            made.is_none_or(|view| peeled.views().next().is_some_and(|body| holds(body.content(), view.content())))
        );
    }
    for encoding in
        [Wrap::Percent, Wrap::Form, Wrap::JsonEscaped, Wrap::Hex, Wrap::Base32, Wrap::Base64, Wrap::Utf16Le, Wrap::Gzip]
    {
        let peeled = Peeler::new(limits).peel_body(&encoding.encode(text.as_bytes()));
        assert_eq!(peeled.exhausted().map(|exhausted| exhausted.limit), Some(Limit::Output), "{encoding:?}");
    }
}

fn holds(whole: &[u8], part: &[u8]) -> bool {
    whole.windows(part.len()).any(|bytes| bytes == part)
}

#[test]
fn views_that_no_step_was_left_for_are_reported() {
    let words: Vec<_> = (10..60)
        .map(|n| format!("{:?}", data_encoding::BASE64.encode(format!("word number {n}").as_bytes())))
        .collect();
    let peeled = Peeler::new(Limits { steps_max: 80, ..Limits::default() })
        .peel_body(format!("[{}]", words.join(",")).as_bytes());
    assert_eq!(peeled.exhausted().expect("the limit is met").limit, Limit::Steps);
}

#[test]
fn equal_outputs_are_one_view() {
    let word = data_encoding::BASE64.encode(CANARY.as_bytes());
    let peeled = body(format!(r#"["{word}","{word}","{word}"]"#).as_bytes());
    assert_eq!(peeled.views().filter(|view| view.content() == CANARY.as_bytes()).count(), 1);
}

#[test]
fn values_that_are_said_again_keep_their_own_ways() {
    let url = format!("https://a.example/p?q={}", data_encoding::BASE64URL_NOPAD.encode(CANARY.as_bytes()));
    let peeled = body(format!(r#"["{url}","{url}","{url}"]"#).as_bytes());
    for at in 0..3 {
        let way = ["body".to_owned(), format!("json:$[{at}]"), "query:q".to_owned()];
        assert!(peeled.views().any(|view| view.path() == way), "{way:?} is missing");
    }
    assert_eq!(path_to(&peeled, CANARY), ["body", "json:$[0]", "query:q", "base64"]);
}

/// Bodies that would take a naive decoder more than linear time.
#[test]
fn hostile_structure_costs_linear_time() {
    let hostile = [
        "a=".repeat(100_000).into_bytes(),
        "%25".repeat(100_000).into_bytes(),
        "{\"a\":".repeat(60_000).into_bytes(),
        "[[1],".repeat(60_000).into_bytes(),
        b"--x\n--".repeat(50_000),
        "/aaaaaaaaaaaaaaaaaaaa://?x=".repeat(10_000).into_bytes(),
        (0..4_000).fold(Vec::new(), |inner, _| protobuf(1, &inner)),
        [&[0xfb; 1], [0x9f; 60_000].as_slice()].concat(),
        [0x9f, 0xc1].repeat(60_000),
        [0x92, 0x01].repeat(60_000),
        [0x0b].repeat(60_000),
        [0x28, 0xb5, 0x2f, 0xfd, 0, 0].repeat(10_000),
        [0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0].repeat(10_000),
        [0x0b, 0x06].repeat(30_000),
        "6161".repeat(100_000).into_bytes(),
        "\\u0061".repeat(50_000).into_bytes(),
        [0, 0, 0, 0, 0].repeat(50_000),
    ];
    for (index, bytes) in hostile.iter().enumerate() {
        let start = Instant::now();
        let peeled = body(bytes);
        let leaves = peeled.leaves().map(|leaf| leaf.place().len()).sum::<usize>();
        let took = start.elapsed();
        // Quadratic work would take minutes, linear work takes a fraction of a second.
        assert!(took.as_secs() < 60, "body {index} took {took:?}");
        assert!(leaves <= 500 * bytes.len(), "body {index} has {leaves} characters of places");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn canary_is_found_under_any_nesting(wraps in vec(select(Wrap::ALL.to_vec()), 0..=5)) {
        let peeled = body(&wrap(format!("https://{CANARY}.example/").as_bytes(), &wraps));
        prop_assert!(sighted(&peeled), "{:?}", peeled.views().collect::<Vec<_>>());
        prop_assert!(peeled.exhausted().is_none(), "{:?}", peeled.exhausted());
    }

    #[test]
    fn arbitrary_bytes_are_peeled_without_harm(bytes in vec(any::<u8>(), 0..600), wraps in vec(select(Wrap::ALL.to_vec()), 0..=2)) {
        let peeled = body(&wrap(&bytes, &wraps));
        for leaf in peeled.leaves() {
            prop_assert!(!leaf.path().is_empty() && !leaf.place().is_empty());
            let _ = leaf.value();
        }
    }

    #[test]
    fn damaged_encodings_are_peeled_without_harm(
        wraps in vec(select(Wrap::ALL.to_vec()), 1..=4), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = wrap(CANARY.as_bytes(), &wraps);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(1 + cut.index(bytes.len()));
        prop_assert!(body(&bytes).views().all(|view| !view.path().is_empty()));
    }

    #[test]
    fn text_of_markup_characters_is_peeled_without_harm(text in r#"[-{}\[\]":,=&?/%;.a0\\u \r\n]{0,80}"#) {
        let flow = flow(Channel::Http, &text, &[("x", &text)], text.as_bytes());
        let peeled = Peeler::default().peel(&flow);
        prop_assert!(peeled.leaves().all(|leaf| leaf.value().len() <= 4 * text.len().max(13)));
    }

    #[test]
    fn peeling_again_gives_the_same(bytes in vec(any::<u8>(), 0..300), wraps in vec(select(Wrap::ALL.to_vec()), 0..=3)) {
        let bytes = wrap(&bytes, &wraps);
        let mut peeler = Peeler::default();
        let first = format!("{:?}", peeler.peel_body(&bytes).views().collect::<Vec<_>>());
        prop_assert_eq!(first, format!("{:?}", peeler.peel_body(&bytes).views().collect::<Vec<_>>()));
    }

    /// The plain way: every word between gaps, by its number.
    #[test]
    fn long_words_of_a_text_are_those_between_gaps(text in "~[a-z .,;()\"]{0,40}([a-z.]{10,20}[ ,]{1,3}){0,6}[a-z ]{0,20}") {
        let gap = |c: char| c == ' ' || ",;()\"".contains(c);
        let words = text.split(gap).enumerate().filter(|(_, word)| word.len() >= 14 && word.len() < text.len());
        let expected: Vec<_> = words.map(|(index, word)| (format!("word:{index}"), word.as_bytes().to_vec())).collect();
        let peeled = body(text.as_bytes());
        let found: Vec<_> = peeled
            .views()
            .filter_map(|view| match view.path().as_slice() {
                [_, word] if word.starts_with("word:") => Some((word.clone(), view.content().to_vec())),
                _ => None,
            })
            .collect();
        prop_assert_eq!(found, expected);
    }
}
