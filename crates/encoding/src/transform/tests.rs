//! What each transform leaves of a value, and how transforms are written.

use proptest::prelude::*;

use super::*;

fn apply(transform: &str, value: impl Into<Value>) -> Option<Value> {
    transform.parse::<Transform>().unwrap().apply(&value.into(), "pepper")
}

#[test]
fn parts_of_an_address_are_those_of_the_uri() {
    let url = "HTTPS://user@WWW.Example.org:8443/a/b;c?q=1#part";
    assert_eq!(apply("host", url), Some("www.example.org".into()));
    assert_eq!(apply("origin", url), Some("https://www.example.org:8443".into()));
    assert_eq!(apply("path", url), Some("/a/b;c".into()));
    assert_eq!(apply("scheme", url), Some("https".into()));
    assert_eq!(apply("origin", "http://example.org"), Some("http://example.org".into()));
    assert_eq!(apply("path", "http://example.org"), Some("/".into()));
    assert_eq!(apply("host", "http://[2001:db8::1]:80/"), Some("[2001:db8::1]".into()));
}

#[test]
fn what_is_no_address_is_left_out_and_not_sent_whole() {
    for text in ["", "secret words", "/path", "example.org", "https://", "about:blank", "mailto:a@example.org"] {
        for part in ["host", "origin", "path", "scheme"] {
            assert_eq!(apply(part, text), None, "{part} of {text}");
        }
    }
    assert_eq!(apply("host", 7), None);
}

/// Published vectors: RFC 1321 A.5, FIPS 180-4 as in NIST's examples for `abc`.
#[test]
fn digests_agree_with_the_published_vectors() {
    assert_eq!(apply("md5", "abc"), Some("900150983cd24fb0d6963f7d28e17f72".into()));
    assert_eq!(apply("sha1", "abc"), Some("a9993e364706816aba3e25717850c26c9cd0d89d".into()));
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(apply("sha256", "abc"), Some(sha256.into()));
}

#[test]
fn a_salt_stands_before_the_text_and_counts_only_where_it_is_named() {
    let salted: Transform = "sha1(install)".parse().unwrap();
    assert_eq!(salted.salt(), Some("install"));
    assert_eq!(salted.apply(&"bc".into(), "a"), apply("sha1", "abc"));
    assert_eq!("sha1".parse::<Transform>().unwrap().salt(), None);
}

#[test]
fn numbers_fall_to_the_lower_end_of_their_bucket() {
    assert_eq!(apply("bucket(10)", 19), Some(10.into()));
    assert_eq!(apply("bucket(10)", -1), Some((-10).into()));
    assert_eq!(apply("bucket(10)", i64::MIN), None, "the lower end does not fit");
    assert_eq!(apply("bucket(10)", "19"), None);
}

#[test]
fn times_keep_their_day_or_hour() {
    let ms = 1_588_327_215_000_i64;
    assert_eq!(apply("day", ms), Some("2020-05-01".into()));
    assert_eq!(apply("hour", ms), Some("2020-05-01T10".into()));
    assert_eq!(apply("day", "2020-05-01T23:30:00-02:00"), Some("2020-05-02".into()));
    assert_eq!(apply("day", "soon"), None);
}

#[test]
fn texts_are_cut_lowered_and_measured_by_characters() {
    assert_eq!(apply("prefix(3)", "häß|lich"), Some("häß".into()));
    assert_eq!(apply("length", "häß"), Some(3.into()));
    assert_eq!(apply("lower", "HÄ"), Some("hä".into()));
}

#[test]
fn an_unknown_name_is_told_with_the_valid_ones_and_the_nearest() {
    let error = "hots".parse::<Transform>().unwrap_err();
    assert_eq!(error.nearest(), Some("host"));
    let told = error.to_string();
    assert!(Transform::NAMES.iter().all(|name| told.contains(name)), "{told}");
    assert_eq!("full-url".parse::<Transform>().unwrap_err().nearest(), None);
}

#[test]
fn a_wrong_argument_is_told_with_the_right_one() {
    for (text, expected) in [
        ("host(8)", "`host`"),
        ("prefix", "`prefix(8)`"),
        ("prefix(0)", "`prefix(8)`"),
        ("bucket(+1)", "`bucket(10)`"),
        ("bucket(4294967296)", "`bucket(10)`"),
        ("md5()", "`md5(SALT)`"),
    ] {
        let told = text.parse::<Transform>().unwrap_err().to_string();
        assert!(told.contains(expected), "{text}: {told}");
    }
}

#[test]
fn every_listed_name_is_one() {
    for name in Transform::NAMES {
        let reads = [name.to_owned(), format!("{name}(8)")].iter().any(|text| text.parse::<Transform>().is_ok());
        assert!(reads, "{name}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_and_what_is_read_is_written_the_same(text in "[a-z0-9]{0,7}(\\([^)]{0,6}\\)?)?|\\PC*") {
        if let Ok(transform) = text.parse::<Transform>() {
            prop_assert_eq!(transform.to_string(), text);
        }
    }

    #[test]
    fn no_part_of_an_address_says_more_than_the_address(url in "https?://[a-z.]{1,9}(:[1-9][0-9])?(/[a-zA-Z?#=]{0,9})?") {
        for part in ["host", "path", "scheme", "origin"] {
            if let Some(Value::Text(kept)) = apply(part, url.as_str()) {
                prop_assert!(kept == "/" || url.contains(&kept), "{} of {} is {}", part, url, kept);
            }
        }
    }
}
