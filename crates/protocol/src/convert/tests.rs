//! What goes out comes back the same, and what cannot be is refused by the name of its field.

use std::{collections::BTreeMap, fmt::Debug};

use model::{
    Cell, CheckName, Coverage, DeviceId, ErrorBar, Evidence, Finding, FlowId, Holding, Host, Keys, Measure, Mechanism,
    NoiseKind, Partial, Randomizer, Rappor, Ratio, Release, Report, ReportBatch, Ruling, Subject, SwitchState,
    Timestamp, Upload, Value, Verdict, Window, Withheld,
};
use proptest::{collection::vec, option, prelude::*};
use prost::Message;

use super::ConvertError;
use crate::{Assembly, AssemblyError, parts, v1};

/// Names as every id takes them.
fn id<T: TryFrom<String, Error = model::IdError> + Debug>() -> impl Strategy<Value = T> {
    "[a-z0-9.é-]{1,20}".prop_map(|text| T::try_from(text).expect("a valid name"))
}

fn time() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_millis)
}

fn window() -> impl Strategy<Value = Window> {
    (-1_000_000_000_000_i64..1_000_000_000_000, 1_i64..1_000_000_000)
        .prop_map(|(start, length)| (Timestamp::from_millis(start), Timestamp::from_millis(start + length)))
        .prop_map(|(start, end)| Window { start, end })
}

fn report() -> impl Strategy<Value = Report> {
    let value = prop_oneof![
        any::<bool>().prop_map(Value::Flag),
        any::<i64>().prop_map(Value::Number),
        any::<String>().prop_map(Value::Text)
    ];
    let fields = proptest::collection::btree_map(any::<String>(), value, 0..5);
    (any::<String>(), time(), option::of(any::<String>()), fields).prop_map(|(event, time, device, fields)| Report {
        event,
        time,
        device,
        fields,
    })
}

fn upload() -> impl Strategy<Value = Upload> {
    let headers = vec((any::<String>(), any::<String>()), 0..4);
    (any::<String>(), any::<String>(), any::<String>(), headers, any::<Vec<u8>>())
        .prop_map(|(method, authority, path, headers, body)| Upload { method, authority, path, headers, body })
}

fn partial() -> impl Strategy<Value = Partial> {
    let rows = proptest::collection::btree_map(vec(any::<String>(), 2), any::<(u64, i64, u64)>(), 0..20);
    let regions = proptest::collection::btree_set(id(), 1..4);
    (id(), window(), regions, rows).prop_map(|(query, window, regions, rows)| {
        let columns: Vec<(u64, i64, u64)> = rows.values().copied().collect();
        Partial {
            query,
            window,
            regions: regions.into_iter().collect(),
            groups: rows.into_keys().collect(),
            counts: columns.iter().map(|row| row.0).collect(),
            sums: columns.iter().map(|row| row.1).collect(),
            devices: columns.iter().map(|row| row.2).collect(),
            responses: 7,
            shares: vec![],
        }
    })
}

fn ratio() -> impl Strategy<Value = Ratio> {
    (any::<u64>(), 1_u64..).prop_filter_map("no ratio", |(n, d)| Ratio::new(n, d))
}

fn error_bar() -> impl Strategy<Value = ErrorBar> {
    let coverage = (0_u64..1_000, 1_000_u64..2_000).prop_filter_map("no ratio", |(n, d)| Ratio::new(n, d));
    (ratio(), any::<(i64, i64)>(), coverage).prop_map(|(standard_error, (a, b), coverage)| ErrorBar {
        standard_error,
        low: a.min(b),
        high: a.max(b),
        coverage,
    })
}

fn randomizer() -> impl Strategy<Value = Randomizer> {
    let rappor = (any::<[u32; 3]>(), ratio(), ratio(), ratio());
    prop_oneof![
        ratio().prop_map(|epsilon| Randomizer::KAry { epsilon }),
        ratio().prop_map(|epsilon| Randomizer::Oue { epsilon }),
        ratio().prop_map(|epsilon| Randomizer::Olh { epsilon }),
        rappor.prop_map(|([bits, hashes, cohorts], f, p, q)| {
            Randomizer::Rappor(Rappor { bits, hashes, cohorts, f, p, q })
        }),
        ratio().prop_map(|epsilon| Randomizer::Hadamard { epsilon }),
    ]
}

fn mechanism() -> impl Strategy<Value = Mechanism> {
    let noise = prop_oneof![Just(NoiseKind::Laplace), Just(NoiseKind::Gaussian)];
    let keys = prop_oneof![Just(Keys::Known), Just(Keys::Selected)];
    prop_oneof![
        (randomizer(), any::<u32>())
            .prop_map(|(randomizer, reports_per_device_max)| Mechanism::Local { randomizer, reports_per_device_max }),
        Just(Mechanism::Exact),
        any::<u64>().prop_map(|devices_min| Mechanism::Threshold { devices_min }),
        (ratio(), ratio(), noise, keys, any::<u32>(), any::<u32>()).prop_map(
            |(epsilon, delta, noise, keys, groups_per_device_max, reports_per_group_max)| {
                Mechanism::Central { epsilon, delta, noise, keys, groups_per_device_max, reports_per_group_max }
            }
        ),
        any::<(u32, u32)>().prop_map(|(devices_min, messages_per_device_max)| {
            Mechanism::Star { devices_min, messages_per_device_max }
        }),
    ]
}

fn release() -> impl Strategy<Value = Release> {
    let measure = prop_oneof![
        Just(Measure::Count),
        Just(Measure::Devices),
        any::<(String, i64, i64)>().prop_map(|(field, min, max)| Measure::Sum { field, min, max }),
        any::<(String, i64, i64, u8)>().prop_map(|(field, min, max, decimals)| Measure::Mean {
            field,
            min,
            max,
            decimals
        }),
        any::<(String, Vec<i64>)>().prop_map(|(field, edges)| Measure::Histogram { field, edges }),
        (any::<(String, Vec<i64>)>(), vec(ratio(), 0..3)).prop_map(|((field, edges), at)| Measure::Quantiles {
            field,
            edges,
            at
        }),
    ];
    let reason = prop_oneof![
        Just(Withheld::BelowThreshold),
        Just(Withheld::UnknownKey),
        Just(Withheld::Budget),
        Just(Withheld::NotSelected),
        Just(Withheld::Malformed)
    ];
    let cell = (vec(any::<String>(), 2), any::<i64>(), option::of(error_bar()));
    let cells = vec(cell.prop_map(|(group, value, error)| Cell { group, value, error }), 0..5);
    let shape = (id(), window(), vec(id(), 0..3), vec(any::<String>(), 0..3), vec(any::<String>(), 2));
    (shape, measure, mechanism(), cells, vec((reason, any::<u64>()), 0..3)).prop_map(
        |((query, window, regions, events, group_by), measure, mechanism, cells, withheld)| Release {
            query,
            window,
            regions,
            events,
            group_by,
            measure,
            mechanism,
            cells,
            withheld,
        },
    )
}

fn finding() -> impl Strategy<Value = Finding> {
    let check = prop::sample::select(&CheckName::ALL[..]);
    let seen = (option::of(any::<u64>()), option::of(id::<DeviceId>()), option::of(id::<Host>()), time());
    let shown = (vec(any::<String>(), 0..4), any::<String>(), any::<String>());
    (check, any::<String>(), seen, shown).prop_map(|(check, summary, (flow, device, endpoint, at), shown)| {
        let (path, plaintext, activity) = shown;
        let evidence = Evidence { flow: flow.map(FlowId), device, endpoint, at, path, plaintext, activity };
        Finding { check, summary, evidence }
    })
}

fn ruling() -> impl Strategy<Value = Ruling> {
    let switch = prop::sample::select(&[SwitchState::Absent, SwitchState::Collect, SwitchState::Suppress][..]);
    let subject = (id(), id(), switch).prop_map(|(product, version, switch)| Subject { product, version, switch });
    let verdict = prop::sample::select(&[Verdict::Kept, Verdict::Broken, Verdict::Unproven][..]);
    let texts = || vec(any::<String>(), 0..3);
    let coverage = (any::<(u64, u64, u64)>(), texts(), texts()).prop_map(|(counts, exercised, missed)| Coverage {
        activities: counts.0,
        canaries: counts.1,
        flows: counts.2,
        exercised,
        missed,
    });
    (id(), subject, verdict, option::of(any::<String>()), vec(finding(), 0..3), coverage).prop_map(
        |(claim, subject, verdict, reason, findings, coverage)| Ruling {
            claim,
            subject,
            verdict,
            reason,
            findings,
            coverage,
        },
    )
}

/// `value` after a journey through its message's bytes.
fn travelled<T, M>(value: &T) -> T
where
    T: Clone + TryFrom<M, Error: Debug>,
    M: TryFrom<T, Error: Debug> + Message + Default,
{
    let sent = M::try_from(value.clone()).expect("has a form on the wire").encode_to_vec();
    T::try_from(M::decode(sent.as_slice()).expect("decodes")).expect("converts back")
}

proptest! {
    #[test]
    fn upload_comes_back_the_same(value in upload()) {
        prop_assert_eq!(travelled::<_, v1::UploadRequest>(&value), value);
    }

    #[test]
    fn batch_comes_back_the_same(id in any::<String>(), reports in vec(report(), 0..4)) {
        let value = ReportBatch { id, reports };
        prop_assert_eq!(travelled::<_, v1::ReportBatch>(&value), value);
    }

    #[test]
    fn holding_comes_back_the_same(region in id(), at in time(), report in report(), batch in any::<String>()) {
        let value = Holding { region, at, batch, report };
        prop_assert_eq!(travelled::<_, v1::Holding>(&value), value);
    }

    #[test]
    fn release_comes_back_the_same(value in release()) {
        prop_assert_eq!(travelled::<_, v1::Release>(&value), value);
    }

    #[test]
    fn ruling_comes_back_the_same(value in ruling()) {
        prop_assert_eq!(travelled::<_, v1::Ruling>(&value), value);
    }

    #[test]
    fn partial_comes_back_the_same_from_its_parts(value in partial(), groups_max in 1_usize..8) {
        let mut assembly = Assembly::new(usize::MAX);
        for part in crate::parts::cut(value.clone(), groups_max, 40) {
            prop_assert!(part.groups.len() <= groups_max);
            assembly.push(v1::PartialAccumulator::decode(part.encode_to_vec().as_slice())?)?;
        }
        prop_assert_eq!(assembly.finish()?, value);
    }
}

/// A partial of one region with the groups `keys`.
fn part(keys: &[&str]) -> v1::PartialAccumulator {
    v1::PartialAccumulator {
        query: "visits".to_owned(),
        window: Some(v1::Window { start_ms: 0, end_ms: 1 }),
        regions: vec!["sg".to_owned()],
        groups: keys.iter().map(|key| v1::Group { values: vec![(*key).to_owned()] }).collect(),
        counts: vec![1; keys.len()],
        sums: vec![0; keys.len()],
        devices: vec![1; keys.len()],
        responses: 0,
        shares: vec![],
    }
}

fn field_of<T: Debug>(result: Result<T, ConvertError>) -> String {
    result.expect_err("must be refused").field
}

#[test]
fn value_without_a_kind_is_refused_by_its_path() {
    let fields = BTreeMap::from([("url".to_owned(), v1::Value { kind: None })]);
    let reports = vec![v1::Report::default(), v1::Report { fields, ..v1::Report::default() }];
    let batch = v1::ReportBatch { id: "b".to_owned(), reports };
    assert_eq!(field_of(ReportBatch::try_from(batch)), "reports[1].fields[\"url\"].kind");
}

#[test]
fn partial_with_ragged_columns_is_refused() {
    for (field, spoil) in [
        ("counts", (|part| part.counts.clear()) as fn(&mut v1::PartialAccumulator)),
        ("sums", |part| part.sums.push(1)),
        ("devices", |part| part.devices.clear()),
    ] {
        let mut ragged = part(&["a"]);
        spoil(&mut ragged);
        assert_eq!(field_of(Partial::try_from(ragged)), field);
    }
}

#[test]
fn partial_out_of_order_is_refused() {
    assert_eq!(field_of(Partial::try_from(part(&["b", "a"]))), "groups[1]");
    assert_eq!(field_of(Partial::try_from(part(&["a", "a"]))), "groups[1]");
    let regions = vec!["sg".to_owned(), "ru".to_owned()];
    assert_eq!(field_of(Partial::try_from(v1::PartialAccumulator { regions, ..part(&[]) })), "regions[1]");
}

#[test]
fn empty_window_and_zero_denominator_are_refused() {
    assert_eq!(field_of(Window::try_from(v1::Window { start_ms: 5, end_ms: 5 })), "end_ms");
    assert_eq!(field_of(Ratio::try_from(v1::Rational { numerator: 1, denominator: 0 })), "denominator");
}

#[test]
fn verdict_that_says_nothing_is_refused() {
    let subject = v1::Subject { product: "p".to_owned(), version: "1".to_owned(), switch_state: 1 };
    let ruling = v1::Ruling { claim: "c".to_owned(), subject: Some(subject), ..v1::Ruling::default() };
    assert_eq!(field_of(Ruling::try_from(ruling.clone())), "verdict");
    let without_subject = v1::Ruling { verdict: 1, subject: None, ..ruling };
    assert_eq!(field_of(Ruling::try_from(without_subject)), "subject");
}

#[test]
fn every_check_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<String> = CheckName::ALL.iter().map(CheckName::to_string).collect();
    assert_eq!(names.len(), CheckName::ALL.len());
}

#[test]
fn parts_that_make_no_whole_are_refused() {
    assert_eq!(Assembly::new(100).finish(), Err(AssemblyError::Empty));

    let mut assembly = Assembly::new(1_000);
    assembly.push(part(&["a", "c"])).expect("a first part");
    assert_eq!(assembly.push(part(&["b"])), Err(AssemblyError::OutOfOrder));
    let other = v1::PartialAccumulator { query: "searches".to_owned(), ..part(&["d"]) };
    assert_eq!(assembly.push(other), Err(AssemblyError::Mixed { field: "query" }));

    let mut small = Assembly::new(part(&["a"]).encoded_len());
    small.push(part(&["a"])).expect("just fits");
    let bytes_max = part(&["a"]).encoded_len();
    assert_eq!(small.push(part(&["b"])), Err(AssemblyError::TooLarge { bytes_max }));
}

#[test]
fn large_partial_is_cut_into_messages_below_the_usual_limit() {
    let groups: Vec<Vec<String>> =
        (0..40_000).map(|n| vec![format!("https://{n:08}.example/{}", "x".repeat(150))]).collect();
    let rows = groups.len();
    let empty = Partial::try_from(part(&[])).expect("well formed");
    let partial =
        Partial { groups, counts: vec![u64::MAX; rows], sums: vec![i64::MIN; rows], devices: vec![1; rows], ..empty };
    let cut = parts(partial);
    assert!(cut.len() > 1);
    assert!(cut.iter().all(|part| part.encoded_len() < 4 << 20));
}
