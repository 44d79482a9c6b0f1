//! What is read in place is what prost reads, and nothing that prost refuses.

use model::{Report, ReportBatch, Reports};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use prost::{
    Message,
    encoding::{WireType, encode_varint},
};

use super::BatchRef;
use crate::v1;

/// One field of a message, whether it means anything there or not.
#[derive(Debug, Clone)]
enum Field {
    Varint(u64),
    Fixed64,
    Fixed32,
    Bytes(Vec<u8>),
    Message(Fields),
    Group(Fields),
    /// A group's end without its beginning.
    End,
}

type Fields = Vec<(u32, Field)>;

fn write(fields: &Fields, out: &mut Vec<u8>) {
    for (number, field) in fields {
        // Not by `encode_key`, which does not write the number zero.
        let mut key = |wire_type| encode_varint(u64::from(number << 3) | wire_type as u64, out);
        match field {
            Field::Varint(value) => {
                key(WireType::Varint);
                encode_varint(*value, out);
            }
            Field::Fixed64 => {
                key(WireType::SixtyFourBit);
                out.extend([1; 8]);
            }
            Field::Fixed32 => {
                key(WireType::ThirtyTwoBit);
                out.extend([1; 4]);
            }
            Field::Bytes(bytes) => {
                key(WireType::LengthDelimited);
                encode_varint(bytes.len() as u64, out);
                out.extend(bytes);
            }
            Field::Message(fields) => {
                key(WireType::LengthDelimited);
                let bytes = written(fields);
                encode_varint(bytes.len() as u64, out);
                out.extend(bytes);
            }
            Field::Group(fields) => {
                key(WireType::StartGroup);
                out.extend(written(fields));
                encode_varint(u64::from(number << 3) | WireType::EndGroup as u64, out);
            }
            Field::End => key(WireType::EndGroup),
        }
    }
}

fn written(fields: &Fields) -> Vec<u8> {
    let mut out = Vec::new();
    write(fields, &mut out);
    out
}

/// Text from a small alphabet, so that names are repeated.
fn text() -> impl Strategy<Value = Field> {
    select(vec!["", "a", "b", "site", "é", "visit"]).prop_map(|text| Field::Bytes(text.as_bytes().to_vec()))
}

fn varint() -> impl Strategy<Value = Field> {
    prop_oneof![0..300_u64, any::<u64>(), Just(1 << 63)].prop_map(Field::Varint)
}

/// A field that nobody knows.
fn unknown() -> impl Strategy<Value = (u32, Field)> {
    let field = prop_oneof![
        varint(),
        Just(Field::Fixed64),
        Just(Field::Fixed32),
        vec(any::<u8>(), 0..5).prop_map(Field::Bytes),
        vec((1..4_u32, varint()), 0..3).prop_map(Field::Message),
    ];
    (prop_oneof![5..40_u32, Just((1 << 29) - 1)], field)
}

/// Messages of `known` fields, `odd` ones among them.
fn message(
    known: impl Strategy<Value = (u32, Field)> + 'static,
    odd: BoxedStrategy<(u32, Field)>,
    most: usize,
) -> impl Strategy<Value = Fields> {
    vec(prop_oneof![12 => known.boxed(), 1 => unknown().boxed(), 1 => odd], 0..most)
}

/// Requests as a client may write them that has fields of its own, repeats some and leaves others out.
fn requests(odd: BoxedStrategy<(u32, Field)>) -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![(Just(1), varint()), (Just(2), varint()), (Just(3), text())];
    let value = message(value, odd.clone(), 3).prop_map(Field::Message);
    let entry = prop_oneof![(Just(1), text().boxed()), (Just(2), value.boxed())];
    let entry = message(entry, odd.clone(), 5).prop_map(Field::Message);
    let report = prop_oneof![
        (Just(1), text().boxed()),
        (Just(2), varint().boxed()),
        (Just(3), text().boxed()),
        (Just(4), entry.boxed())
    ];
    let report = message(report, odd.clone(), 7).prop_map(Field::Message);
    let batch = prop_oneof![1 => (Just(1), text().boxed()), 3 => (Just(2), report.boxed())];
    let batch = message(batch, odd.clone(), 5).prop_map(Field::Message);
    message((Just(1), batch), odd, 3).prop_map(|fields| written(&fields))
}

/// What no sound client writes: known fields of a wrong type, number zero, texts that are none, and groups.
fn faulty() -> BoxedStrategy<(u32, Field)> {
    let group = vec((5..7_u32, varint()), 0..2).prop_map(Field::Group);
    let field = prop_oneof![
        varint(),
        Just(Field::Fixed64),
        Just(Field::Bytes(vec![0xff])),
        Just(Field::End),
        Just(Field::Group(vec![(7, Field::End)])),
        group,
    ];
    (0..6_u32, field).boxed()
}

/// What prost makes of `message`: a batch, unless a field has no value, or nothing.
fn by_prost(message: &[u8]) -> Option<Option<ReportBatch>> {
    let request = v1::SubmitStreamRequest::decode(message).ok()?;
    Some(request.batch.unwrap_or_default().try_into().ok())
}

fn in_place(message: &[u8]) -> Option<ReportBatch> {
    let batch = BatchRef::read(message)?;
    Some(ReportBatch { id: batch.id.to_owned(), reports: Reports::Borrowed(batch.reports).into_owned() })
}

/// Whatever is read in place is what prost reads.
fn agrees(message: &[u8]) -> Result<(), TestCaseError> {
    if let Some(batch) = in_place(message) {
        prop_assert_eq!(Some(Some(batch)), by_prost(message));
    }
    Ok(())
}

proptest! {
    #[test]
    fn sound_message_is_read_in_place_as_prost_reads_it(message in requests(unknown().boxed())) {
        // Fields without a value are left to prost, even where one of equal name follows that has one.
        let prost = by_prost(&message).expect("sound");
        let place = in_place(&message);
        prop_assert!(place.is_some() || !every_field_has_a_value(&message));
        if place.is_some() {
            prop_assert_eq!(place, prost);
        }
    }

    #[test]
    fn faulty_message_is_never_read_otherwise_than_by_prost(message in requests(faulty())) {
        agrees(&message)?;
    }

    #[test]
    fn spoilt_message_is_never_read_otherwise_than_by_prost(
        message in requests(unknown().boxed()),
        spoil in vec((any::<Index>(), any::<u8>()), 1..4),
        cut in any::<Index>(),
    ) {
        let mut spoilt = message.clone();
        for (place, byte) in spoil {
            if !spoilt.is_empty() {
                let place = place.index(spoilt.len());
                spoilt[place] = byte;
            }
        }
        agrees(&spoilt)?;
        agrees(&message[..cut.index(message.len() + 1)])?;
    }
}

/// Whether no entry of `fields` in `message` lacks a value: what the generated types cannot say of names that come twice.
fn every_field_has_a_value(message: &[u8]) -> bool {
    #[derive(Clone, PartialEq, Message)]
    struct Request {
        #[prost(message, repeated, tag = "1")]
        batches: Vec<Batch>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Batch {
        #[prost(message, repeated, tag = "2")]
        reports: Vec<WithEntries>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct WithEntries {
        #[prost(message, repeated, tag = "4")]
        entries: Vec<Entry>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Entry {
        #[prost(message, optional, tag = "2")]
        value: Option<v1::Value>,
    }
    let request = Request::decode(message).expect("sound");
    let mut entries = request.batches.iter().flat_map(|batch| &batch.reports).flat_map(|report| &report.entries);
    entries.all(|entry| entry.value.as_ref().is_some_and(|value| value.kind.is_some()))
}

fn request(batch: Fields) -> Vec<u8> {
    written(&vec![(1, Field::Message(batch))])
}

fn bytes(text: &str) -> Field {
    Field::Bytes(text.as_bytes().to_vec())
}

#[test]
fn last_of_equal_names_holds() {
    let entry = |text: &str| {
        let value = Field::Message(vec![(3, bytes(text))]);
        (4, Field::Message(vec![(1, bytes("site")), (2, value)]))
    };
    let report = Field::Message(vec![entry("a"), entry("b")]);
    let message = request(vec![(2, report)]);
    let batch = BatchRef::read(&message).expect("sound");
    assert_eq!(batch.reports.get(0).fields.get("site"), Some(model::ValueRef::Text("b")));
    assert_eq!(in_place(&message).map(Some), by_prost(&message));
}

#[test]
fn batch_that_comes_in_two_parts_is_one() {
    let report = |event: &str| (2, Field::Message(vec![(1, bytes(event))]));
    let parts = vec![
        (1, Field::Message(vec![(1, bytes("first")), report("a")])),
        (1, Field::Message(vec![report("b"), (1, bytes("second"))])),
    ];
    let batch = in_place(&written(&parts)).expect("sound");
    let events: Vec<&str> = batch.reports.iter().map(|report: &Report| report.event.as_str()).collect();
    assert_eq!((batch.id.as_str(), events), ("second", vec!["a", "b"]));
}

#[test]
fn what_is_left_out_has_its_default() {
    let message = request(vec![(2, Field::Message(vec![])), (2, Field::Message(vec![(3, bytes(""))]))]);
    let batch = in_place(&message).expect("sound");
    let read: Vec<_> =
        batch.reports.iter().map(|r| (r.event.as_str(), r.time.as_millis(), r.device.as_deref())).collect();
    assert_eq!(read, [("", 0, None), ("", 0, Some(""))]);
}

#[test]
fn number_in_more_bytes_than_it_needs_is_the_same_number() {
    // The key of `time_ms` in two bytes, and its value in three.
    let report = vec![0x90, 0x00, 0x85, 0x80, 0x00];
    let batch = in_place(&request(vec![(2, Field::Bytes(report))])).expect("sound");
    assert_eq!(batch.reports[0].time.as_millis(), 5);
}
