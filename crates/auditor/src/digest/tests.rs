use data_encoding::{BASE32_NOPAD, BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use model::{
    Activity, Canary, CanaryRole, Duration, Mode, Notebook, NotebookEntry, Outcome, Phase, Seed, SessionId, Timestamp,
};

use super::{
    Caught, Digests, Source, Wire,
    algorithm::{Algorithm, Output},
    salted::{RULES, Rule},
};
use crate::{chance::EXPECTED_MAX, exhibit::Canaries, peel::Peeler};

/// Lines are a minute apart; the upload numbered like a line leaves half a minute later.
fn at(line: u64) -> Timestamp {
    Timestamp::from_millis(1_588_327_200_000) + Duration::from_secs(60 * line)
}

fn token(number: u64) -> String {
    let seed = Seed::root(42).nth(number);
    BASE32_NOPAD.encode(&seed.as_bytes()[..10]).to_ascii_lowercase()
}

fn url(line: u64) -> String {
    format!("https://{}.example/{}", token(2 * line), token(2 * line + 1))
}

/// Visits in normal mode and in incognito in turn.
fn notebook(lines: u64) -> Notebook {
    let entries = (0..lines).map(|line| NotebookEntry {
        at: at(line),
        phase: Phase::Use,
        session: Some(SessionId(0)),
        mode: Some(if line % 2 == 0 { Mode::Normal } else { Mode::Incognito }),
        activity: Activity::Visit {
            url: url(line),
            title: String::new(),
            text: String::new(),
            links: Vec::new(),
            embeds: Vec::new(),
            typed: false,
            dwell_ms: 0,
        },
        canaries: [(2 * line, CanaryRole::Host), (2 * line + 1, CanaryRole::Path)]
            .map(|(number, role)| Canary { token: token(number), role })
            .to_vec(),
        outcome: Outcome::Done,
    });
    Notebook { starts: at(0), ends: at(lines), entries: entries.collect() }
}

/// What a tap sees of uploads with these bodies, and asks for what convicts by incognito lines alone.
fn caught<T>(lines: u64, bodies: &[String], ask: impl Fn(&Digests, Option<Caught<'_>>) -> T) -> T {
    let notebook = notebook(lines);
    let canaries = Canaries::of(&notebook);
    let mut wire = Wire::default();
    let mut peeler = Peeler::default();
    for (flow, body) in (0..).zip(bodies) {
        wire.note(Source::Flow(flow), &peeler.peel_body(body.as_bytes()));
    }
    let digests = Digests::of(wire, &notebook.entries, &canaries, |source| match source {
        Source::Flow(flow) | Source::Holding(flow) => at(flow.into()) + Duration::from_secs(30),
    });
    let incognito = |line: usize| notebook.entries[line].mode == Some(Mode::Incognito);
    let caught = digests.caught(|token, _| canaries.only_in(token, incognito), |_| false);
    ask(&digests, caught)
}

/// The derivation in words, or nothing.
fn derivation(lines: u64, bodies: &[String]) -> Option<String> {
    caught(lines, bodies, |_, caught| {
        caught.map(|caught| {
            assert!(caught.chance.expected() < EXPECTED_MAX);
            assert_eq!(caught.line % 2, 1, "a line in incognito");
            let salted = caught.salted.map(|(rule, salt)| format!(", {}", rule.words(&salt.text)));
            caught.derivation + &salted.unwrap_or_default()
        })
    })
}

fn json(value: &str) -> String {
    format!(r#"{{"event":"page","version":"1.0.234","value":"{value}"}}"#)
}

/// One upload for each line; those of incognito lines carry a digest in some form.
fn uploads(lines: u64, form: impl Fn(&str) -> String) -> Vec<String> {
    (0..lines).map(|line| if line % 2 == 1 { form(&url(line)) } else { json("nothing") }).collect()
}

#[test]
fn every_function_is_found_whole_cut_and_in_every_writing() {
    for algorithm in Algorithm::ALL {
        let digest = |text: &str| algorithm.digest(text.as_bytes()).bytes().to_vec();
        let whole = format!("{} of the page's URL", algorithm.name());
        let writings: [fn(&[u8]) -> String; 5] = [
            |digest| HEXLOWER.encode(digest),
            |digest| HEXUPPER.encode(digest),
            |digest| BASE64.encode(digest),
            |digest| BASE64URL_NOPAD.encode(digest),
            |digest| format!("v1:{}/", HEXLOWER.encode(digest)),
        ];
        for write in writings {
            let bodies = uploads(8, |url| json(&write(&digest(url))));
            assert_eq!(derivation(8, &bodies), Some(whole.clone()), "{algorithm:?}: {}", bodies[1]);
        }
        if algorithm.len() > 8 && algorithm != Algorithm::Uuid3 {
            // Parts of that one may be parts of MD5.
            let first = uploads(8, |url| json(&HEXLOWER.encode(&digest(url)[..8])));
            let last = uploads(8, |url| json(&HEXLOWER.encode(&digest(url)[algorithm.len() - 8..])));
            assert_eq!(derivation(8, &first), Some(format!("the first 8 bytes of {whole}")));
            assert_eq!(derivation(8, &last), Some(format!("the last 8 bytes of {whole}")));
        }
    }
}

/// What a client would write down.
fn salted(rule: Rule, algorithm: Algorithm, salt: &str, text: &str) -> Output {
    match rule {
        Rule::Before(joint) => algorithm.digest(format!("{salt}{joint}{text}").as_bytes()),
        Rule::After(joint) => algorithm.digest(format!("{text}{joint}{salt}").as_bytes()),
        Rule::Hmac => algorithm.under(salt.as_bytes()).expect("made for it").digest(text.as_bytes()),
    }
}

#[test]
fn every_function_is_found_with_a_salt_and_with_a_key() {
    let salt = "d0f7c2a1-install";
    for algorithm in Algorithm::ALL.into_iter().filter(|algorithm| algorithm.len() >= 8) {
        for rule in RULES {
            if rule == Rule::Hmac && algorithm.under(b"").is_none() {
                continue;
            }
            let bodies = uploads(8, |url| {
                let digest = salted(rule, algorithm, salt, url);
                format!(r#"{{"id":"{salt}","value":"{}"}}"#, HEXLOWER.encode(digest.bytes()))
            });
            let expected = format!("{} of the page's URL, {}", algorithm.name(), rule.words(salt));
            assert_eq!(derivation(8, &bodies), Some(expected), "{algorithm:?}");
        }
    }
}

#[test]
fn a_salt_that_is_fresh_in_each_upload_is_found_beside_its_digest() {
    let bodies = uploads(8, |url| {
        let salt = HEXLOWER.encode(&Algorithm::Md5.digest(url.as_bytes()).bytes()[3..9]);
        let digest = Algorithm::Sha256.digest(format!("{salt}{url}").as_bytes());
        format!(r#"{{"salt":"{salt}","value":"{}"}}"#, HEXLOWER.encode(digest.bytes()))
    });
    let found = derivation(8, &bodies).expect("found");
    assert!(found.starts_with("sha256 of the page's URL, salted in front with "), "{found}");
}

#[test]
fn texts_other_than_the_url_are_found_too() {
    let page = "the page's";
    for (of, make) in [
        ("host", (|url| url[8..].split('/').next().unwrap_or("").to_owned()) as fn(&str) -> String),
        ("URL without its scheme", |url| url[8..].to_owned()),
        ("URL with or without a slash at its end", |url| format!("{url}/")),
        ("host with or without `www`", |url| format!("www.{}", url[8..].split('/').next().unwrap_or(""))),
        ("path", |url| url[8..][url[8..].find('/').unwrap_or(0)..].to_owned()),
        ("URL in upper case", str::to_uppercase),
    ] {
        let bodies = uploads(8, |url| json(&HEXLOWER.encode(Algorithm::Md5.digest(make(url).as_bytes()).bytes())));
        assert_eq!(derivation(8, &bodies), Some(format!("md5 of {page} {of}")));
    }
    let wide = |url: &str| url.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let bodies = uploads(8, |url| json(&HEXLOWER.encode(Algorithm::Sha1.digest(&wide(url)).bytes())));
    assert_eq!(derivation(8, &bodies).as_deref(), Some("sha1 of the page's URL in UTF-16"));
}

#[test]
fn numbers_are_found_signed_and_unsigned() {
    let crc = |url: &str| crc32fast::hash(url.as_bytes());
    let long = |url: &str| twox_hash::XxHash64::oneshot(0, url.as_bytes());
    for write in [
        |short: u32, _: u64| format!(r#"{{"value":{short}}}"#),
        |short: u32, _: u64| format!(r#"{{"value":{}}}"#, short.cast_signed()),
    ] {
        let bodies = uploads(12, |url| write(crc(url), long(url)));
        assert_eq!(derivation(12, &bodies).as_deref(), Some("crc32 of the page's URL"));
    }
    for write in [|long: u64| format!(r#"{{"value":{long}}}"#), |long: u64| format!("v={}", long.cast_signed())] {
        let bodies = uploads(12, |url| write(long(url)));
        assert_eq!(derivation(12, &bodies).as_deref(), Some("xxhash64 of the page's URL"));
    }
}

#[test]
fn one_short_digest_convicts_nobody_and_several_under_one_derivation_do() {
    let mut bodies = uploads(8, |url| json(&HEXLOWER.encode(Algorithm::Crc32.digest(url.as_bytes()).bytes())));
    let all = bodies.clone();
    for body in bodies.iter_mut().skip(2) {
        *body = json("nothing");
    }
    assert_eq!(derivation(8, &bodies), None, "32 bits of one text");
    assert_eq!(derivation(8, &all).as_deref(), Some("crc32 of the page's URL"));
}

#[test]
fn digests_in_a_row_without_any_structure_are_found() {
    let sha = |line| Algorithm::Sha256.digest(url(line).as_bytes()).bytes().to_vec();
    let body = [vec![0xfe; 13], sha(1), sha(3), vec![0xff; 200]].concat();
    let notebook = notebook(4);
    let canaries = Canaries::of(&notebook);
    let mut wire = Wire::default();
    wire.note(Source::Flow(0), &Peeler::default().peel_body(&body));
    let digests = Digests::of(wire, &notebook.entries, &canaries, |_| at(4));
    let caught = digests.caught(|token, _| token / 2 == 3, |_| false).expect("found");
    assert_eq!((caught.derivation.as_str(), caught.line), ("sha256 of the page's URL", 3));
}

#[test]
fn a_digest_of_what_was_done_in_normal_mode_too_convicts_nobody() {
    let bodies: Vec<String> = (0..8)
        .map(|line| json(&HEXLOWER.encode(Algorithm::Sha256.digest(url(line & !1).as_bytes()).bytes())))
        .collect();
    assert_eq!(derivation(8, &bodies), None);
    // Of a text that no line planted, nothing is known.
    let bodies = uploads(8, |url| json(&HEXLOWER.encode(Algorithm::Sha256.digest(&url.as_bytes()[..12]).bytes())));
    assert_eq!(derivation(8, &bodies), None);
}

#[test]
fn ten_thousand_uploads_with_fresh_random_values_convict_nobody() {
    const WORLDS: u64 = 25;
    const UPLOADS: u64 = 400;
    for world in 0..WORLDS {
        let random = |upload: u64| *Seed::root(world).nth(upload).as_bytes();
        let body = |upload: u64| {
            let bytes = random(upload);
            let short = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            let constant = BASE64.encode(b"country=IN&version=1.0.234&model=POCO X2");
            let now = at(upload).as_millis();
            let (id, check) = (HEXLOWER.encode(&bytes[4..12]), HEXLOWER.encode(&bytes[8..24]));
            let rest = BASE64.encode(&bytes);
            let crc = crc32fast::hash(&bytes);
            format!(
                r#"{{"id":"{id}","check":"{check}","key":"{rest}","n":{short},"at":{now},"crc":{crc},"c":"{constant}"}}"#
            )
        };
        let bodies: Vec<String> = (0..UPLOADS).map(body).collect();
        let found = derivation(12, &bodies);
        assert_eq!(found, None, "world {world}");
    }
}

#[test]
fn the_search_for_salts_is_bounded_and_says_so() {
    let random = |upload: u64| HEXLOWER.encode(&Seed::root(1).nth(upload).as_bytes()[..16]);
    let body = |n| format!(r#"{{"a":"{}","b":"salt{}"}}"#, random(n), n % 300);
    let bodies: Vec<String> = (0..600).map(body).collect();
    let (exercised, left) = caught(40, &bodies, |digests, _| {
        let left: Vec<String> = digests.untried().into_iter().chain(digests.unreached().map(str::to_owned)).collect();
        (digests.exercised(), left)
    });
    assert!(left.iter().any(|line| line.contains("salt")), "{left:?}");
    assert!(exercised.iter().all(|line| !line.contains("not ")), "what was not done is not exercised: {exercised:?}");
    assert!(exercised[0].starts_with("digests: sha256, md5, sha1, "), "{exercised:?}");
    assert!(exercised[0].ends_with(" texts"), "{exercised:?}");
}
