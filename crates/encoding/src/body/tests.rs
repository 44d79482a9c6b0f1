//! Every form is undone by its inverse, and no body costs a server more than its limits.

use std::collections::BTreeMap;

use model::{Seed, Timestamp, Value};
use proptest::prelude::*;

use super::*;
use crate::Step;

const SOURCES: [Step; 5] = [Step::Json, Step::JsonLines, Step::FormFields, Step::Protobuf, Step::Native];
const WIDE: DecodeLimits = DecodeLimits { body_bytes_max: 1 << 26, reports_max: 100, nesting_max: Form::NESTING_MAX };

fn form(steps: &[Step]) -> Form {
    Form { chain: BodyChain::new(steps.to_vec()).unwrap(), layout: Layout::default() }
}

fn encode(form: &Form, reports: &[Report]) -> Result<Vec<u8>, EncodeError> {
    form.encode(reports, &mut Seed::root(1).stream())
}

fn visit() -> Report {
    Report {
        event: "visit".to_owned(),
        time: Timestamp::from_millis(1_588_327_215_000),
        device: Some("d1".to_owned()),
        fields: [
            ("lib".to_owned(), "4.2".into()),
            ("properties.net.wifi".to_owned(), true.into()),
            ("properties.url".to_owned(), "https://example.org/?a=1&b=2".into()),
            ("properties-version".to_owned(), 7.into()),
        ]
        .into(),
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ -~]{0,12}",
        1 => any::<String>(),
        1 => prop::sample::select(&["true", "false", "0", "-7", "01", "\"", "\"\"", "\"true\"", "a\nb", "&=+%", ""][..])
            .prop_map(str::to_owned),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![any::<bool>().prop_map(Value::Flag), any::<i64>().prop_map(Value::Number), text().prop_map(Value::Text)]
}

/// Names of which none holds another, and none a part of the default layout.
fn fields() -> impl Strategy<Value = BTreeMap<String, Value>> {
    let name = prop_oneof!["[a-c]{0,2}(\\.[a-c-]{0,2}){0,3}", text()];
    prop::collection::vec((name, value()), 0..8).prop_map(|all| {
        let mut fields = BTreeMap::new();
        for (name, value) in all {
            let taken = |other: &str| source::overlap(other, &name);
            let free = !["event", "time", "distinct_id"].into_iter().any(taken)
                && !fields.keys().any(|key: &String| taken(key));
            if free && source::levels(&name) <= Form::NESTING_MAX {
                fields.insert(name, value);
            }
        }
        fields
    })
}

fn report() -> impl Strategy<Value = Report> {
    (text(), any::<i64>(), prop::option::of(text()), fields()).prop_map(|(event, ms, device, fields)| Report {
        event,
        time: Timestamp::from_millis(ms),
        device,
        fields,
    })
}

fn source_step() -> impl Strategy<Value = Step> {
    prop::sample::select(&SOURCES[..])
}

fn later_step() -> impl Strategy<Value = Step> {
    let form = ("[a-c]{1,2}", prop::option::of("[d-f]{1,2}"), prop::collection::btree_map("[g-i]{1,2}", text(), 0..3))
        .prop_map(|(field, crc, with)| Step::Form { field, with, crc });
    prop_oneof![
        form,
        Just(Step::Gzip),
        Just(Step::Deflate),
        Just(Step::Base64),
        Just(Step::Base64Url),
        Just(Step::Hex),
        Just(Step::Percent),
        text().prop_map(|key| Step::Encrypt { key }),
        (1..300_u32).prop_map(|multiple| Step::Pad { multiple }),
    ]
}

fn chains() -> impl Strategy<Value = Form> {
    (source_step(), prop::collection::vec(later_step(), 0..5)).prop_map(|(first, mut later)| {
        later.insert(0, first);
        form(&later)
    })
}

proptest! {
    #[test]
    fn every_form_is_undone(form in chains(), reports in prop::collection::vec(report(), 0..5)) {
        let body = encode(&form, &reports).unwrap();
        prop_assert_eq!(form.decode(&body, WIDE).unwrap(), reports);
    }

    #[test]
    fn equal_reports_and_chance_make_equal_bodies(form in chains(), report in report()) {
        let body = encode(&form, std::slice::from_ref(&report));
        prop_assert_eq!(encode(&form, &[report]), body);
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(form in chains(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = form.decode(&bytes, WIDE);
    }

    #[test]
    fn any_bytes_inside_any_wrapping_are_decoded_or_refused(
        form in chains(),
        bytes in prop_oneof![prop::collection::vec(any::<u8>(), 0..60), "[\\[\\]{}\",:a0.=&\n]{0,40}".prop_map(String::into_bytes)],
    ) {
        let mut chance = Seed::root(1).stream();
        let wrapped = form.chain.steps().iter().try_fold(bytes, |bytes, step| wrap::apply(step, bytes, &mut chance));
        let _ = form.decode(&wrapped.unwrap(), WIDE);
    }

    #[test]
    fn a_body_that_was_changed_is_decoded_or_refused(
        form in chains(), report in report(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut body = encode(&form, &[report]).unwrap();
        let at = at.index(body.len());
        body[at] = byte;
        let _ = form.decode(&body, WIDE);
    }

    #[test]
    fn what_is_decoded_is_within_the_limits(form in chains(), reports in prop::collection::vec(report(), 0..5)) {
        let body = encode(&form, &reports).unwrap();
        let narrow = DecodeLimits { reports_max: 2, ..WIDE };
        match form.decode(&body, narrow) {
            Ok(decoded) => prop_assert!(decoded.len() <= 2 && decoded == reports),
            Err(refused) => prop_assert_eq!((refused, reports.len() > 2), (DecodeError::TooManyReports { reports_max: 2 }, true)),
        }
    }
}

fn body_text(steps: &[Step]) -> String {
    String::from_utf8(encode(&form(steps), &[visit()]).unwrap()).unwrap()
}

#[test]
fn dots_in_names_are_levels_of_json() {
    let expected = concat!(
        r#"{"distinct_id":"d1","event":"visit","lib":"4.2","properties-version":7,"#,
        r#""properties":{"net":{"wifi":true},"url":"https://example.org/?a=1&b=2"},"time":1588327215000}"#,
    );
    assert_eq!(body_text(&[Step::Json]), format!("[{expected}]"));
    assert_eq!(body_text(&[Step::JsonLines]), format!("{expected}\n"));
}

#[test]
fn form_fields_are_pairs_on_a_line() {
    let expected = "distinct_id=d1&event=visit&lib=4.2&properties-version=7&properties.net.wifi=true\
                    &properties.url=https%3A%2F%2Fexample.org%2F%3Fa%3D1%26b%3D2&time=1588327215000\n";
    assert_eq!(body_text(&[Step::FormFields]), expected);
}

#[test]
fn a_form_step_writes_checksum_constants_and_data() {
    let with = [("gzip".to_owned(), "1".to_owned())].into();
    let step = Step::Form { field: "data_list".to_owned(), with, crc: Some("crc".to_owned()) };
    let body = encode(&form(&[Step::Json, step.clone()]), &[]).unwrap();
    assert_eq!(String::from_utf8(body).unwrap(), "crc=2914&gzip=1&data_list=%5B%5D");
    let refused = form(&[Step::Json, step]).decode(b"crc=1&gzip=1&data_list=%5B%5D", WIDE).unwrap_err();
    assert!(refused.to_string().contains("checksum"), "{refused}");
}

/// The numbers of `glasshouse.v1.ReportBatch`, written out byte by byte.
#[test]
fn the_native_form_has_the_published_field_numbers() {
    let report = Report {
        event: "e".to_owned(),
        time: Timestamp::from_millis(5),
        device: Some("d".to_owned()),
        fields: [("f".to_owned(), Value::Number(3))].into(),
    };
    let body = encode(&form(&[Step::Native]), &[report]).unwrap();
    let field = [0x22, 7, 0x0a, 1, b'f', 0x12, 2, 0x10, 3];
    let expected = [&[0x12, 17, 0x0a, 1, b'e', 0x10, 5, 0x1a, 1, b'd'][..], &field].concat();
    assert_eq!(body, expected);
}

#[test]
fn padded_bodies_have_few_sizes() {
    let padded = form(&[Step::Json, Step::Pad { multiple: 512 }]);
    let sizes: Vec<usize> = (0..6).map(|n| encode(&padded, &vec![visit(); n]).unwrap().len()).collect();
    assert_eq!(sizes, [512, 512, 512, 512, 1024, 1024]);
}

#[test]
fn an_encrypted_body_is_read_with_its_key_alone() {
    let with = |key: &str| form(&[Step::Json, Step::Encrypt { key: key.to_owned() }]);
    let body = encode(&with("k1"), &[visit()]).unwrap();
    assert!(!body.windows(5).any(|five| five == b"visit"));
    assert_eq!(with("k1").decode(&body, WIDE).unwrap(), [visit()]);
    assert!(matches!(with("k2").decode(&body, WIDE), Err(DecodeError::Malformed { step: "encrypt", .. })));
}

#[test]
fn fields_that_would_hide_one_another_are_not_written() {
    for (names, field, other) in [
        (vec!["a", "a.b"], "a.b", "a"),
        (vec!["a.b.c", "a.b"], "a.b.c", "a.b"),
        (vec!["event"], "event", "event"),
        (vec!["time.zone"], "time.zone", "time"),
        (vec!["distinct_id"], "distinct_id", "distinct_id"),
    ] {
        let fields = names.iter().map(|name| ((*name).to_owned(), 1.into())).collect();
        let report = Report { device: None, fields, ..visit() };
        let clash = EncodeError::Clash { field: field.to_owned(), other: other.to_owned() };
        assert_eq!(encode(&Form::default(), &[report]), Err(clash));
    }
}

#[test]
fn layouts_in_which_no_report_can_be_written_are_told() {
    let twice = Layout { time: "event.at".to_owned(), ..Layout::default() };
    assert!(matches!(twice.check(), Err(LayoutError::Clash { first: "event", second: "time", .. })));
    let deep = Layout { device: ".".repeat(100_000), ..Layout::default() };
    assert!(matches!(deep.check(), Err(LayoutError::Nesting { part: "device", found: 100_001, .. })));
    let form = Form { layout: deep, ..Form::default() };
    assert!(matches!(encode(&form, &[visit()]), Err(EncodeError::Layout(_))));
}

#[test]
fn names_below_too_many_levels_are_neither_written_nor_read() {
    let fields = [("a.".repeat(16) + "b", 1.into())].into();
    let refused = encode(&Form::default(), &[Report { fields, ..visit() }]);
    assert_eq!(refused, Err(EncodeError::Nesting { found: 17, max: 16 }));
    let deep = format!("[{}", r#"{"a":"#.repeat(100_000));
    let refused = Form::default().decode(deep.as_bytes(), DecodeLimits::default());
    assert_eq!(refused, Err(DecodeError::TooDeep { nesting_max: 16 }));
}

#[test]
fn a_body_may_have_as_many_bytes_as_the_limit_at_each_step() {
    let report = Report { fields: [("f".to_owned(), "x".repeat(5000).into())].into(), ..visit() };
    let plain = encode(&Form::default(), std::slice::from_ref(&report)).unwrap().len();
    let zipped = form(&[Step::Json, Step::Gzip]);
    let body = encode(&zipped, std::slice::from_ref(&report)).unwrap();
    let within = |bytes| zipped.decode(&body, DecodeLimits { body_bytes_max: bytes, ..WIDE });
    assert_eq!(within(plain), Ok(vec![report]));
    assert_eq!(within(plain - 1), Err(DecodeError::TooLong { bytes_max: plain - 1 }));
    assert_eq!(within(body.len() - 1), Err(DecodeError::TooLong { bytes_max: body.len() - 1 }));
}

/// Nesting writes a long name once and means it many times.
#[test]
fn a_long_name_around_many_fields_is_refused() {
    let inner: Vec<String> = (0..50_000).map(|i| format!(r#""{i}":1"#)).collect();
    let body = format!(r#"[{{"{}":{{{}}}}}]"#, "a".repeat(400_000), inner.join(","));
    let refused = Form::default().decode(body.as_bytes(), DecodeLimits::default());
    assert_eq!(refused, Err(DecodeError::TooLong { bytes_max: 1 << 20 }));
}

/// So does a dictionary.
#[test]
fn a_long_name_in_many_protobuf_reports_is_refused() {
    let fields = BTreeMap::from([("a".repeat(400_000), Value::Flag(true))]);
    let body = encode(&form(&[Step::Protobuf]), &vec![Report { fields, ..visit() }; 5_000]).unwrap();
    assert!(body.len() < 1 << 20);
    let refused = form(&[Step::Protobuf]).decode(&body, DecodeLimits::default());
    assert_eq!(refused, Err(DecodeError::TooLong { bytes_max: 1 << 20 }));
}

#[test]
fn a_foreign_body_that_is_almost_right_is_refused_with_what_was_expected() {
    for (body, told) in [
        (r#"{"event":"e","time":1}"#, "an array of reports"),
        (r#"[{"event":"e","time":1}] "x""#, "trailing characters"),
        (r#"[{"time":1}]"#, "expected text in `event`, found nothing"),
        (r#"[{"event":"e","time":"1"}]"#, "expected milliseconds since the Unix epoch in `time`, found text"),
        (r#"[{"event":"e","time":1,"f":1.5}]"#, "a whole number"),
        (r#"[{"event":"e","time":1,"f":18446744073709551615}]"#, "exceeds"),
        (r#"[{"event":"e","time":1,"f":[1]}]"#, "an object of these"),
        (r#"[{"event":"e","time":1,"f":{"g":1},"f.g":2}]"#, "`f.g` stands there twice"),
    ] {
        let refused = Form::default().decode(body.as_bytes(), WIDE).unwrap_err().to_string();
        assert!(refused.contains(told), "{body}: {refused}");
    }
    let null = Form::default().decode(br#"[{"event":"e","time":1,"distinct_id":null}]"#, WIDE).unwrap();
    assert_eq!((null[0].device.as_ref(), null[0].fields.len()), (None, 0));
}
