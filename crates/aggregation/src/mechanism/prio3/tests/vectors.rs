//! The specification's test vectors, good and bad, through the device's half and the servers' half.

use encoding::prio3::{Circuit, Measurement, Nonce, shard_with};
use model::Party;
use serde_json::Value;

use super::super::{Refused, Verifier, share::Elements};

macro_rules! vectors {
    ($($name:ident),*) => {
        [$((stringify!($name), include_str!(concat!("vectors/", stringify!($name), ".json")))),*]
    };
}

fn bytes(hex: &Value) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(hex.as_str().expect("text").as_bytes()).expect("hexadecimal digits")
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

fn circuit(name: &str, vector: &Value) -> Circuit {
    let small = |key: &str| u32::try_from(number(&vector[key])).expect("32 bits");
    match name.split('_').next() {
        Some("Prio3Count") => Circuit::Count,
        Some("Prio3Sum") => Circuit::Sum { max: number(&vector["max_measurement"]) },
        Some("Prio3SumVec") => Circuit::SumVec {
            length: small("length"),
            max: number(&vector["max_measurement"]),
            chunk_length: small("chunk_length"),
        },
        _ => Circuit::Histogram { length: small("length"), chunk_length: small("chunk_length") },
    }
}

fn measurement(circuit: &Circuit, value: &Value) -> Measurement {
    match circuit {
        Circuit::Count => Measurement::Flag(number(value) != 0),
        Circuit::Sum { .. } => Measurement::Summand(number(value)),
        Circuit::SumVec { .. } => Measurement::Vector(value.as_array().expect("a vector").iter().map(number).collect()),
        Circuit::Histogram { .. } => Measurement::Bucket(u32::try_from(number(value)).expect("32 bits")),
    }
}

/// Both servers of a vector.
fn servers(circuit: &Circuit, vector: &Value) -> [Verifier; 2] {
    let key: [u8; 32] = bytes(&vector["verify_key"]).try_into().expect("32 bytes");
    [Party::Leader, Party::Helper]
        .map(|party| Verifier::new(circuit, party, key, bytes(&vector["ctx"])).expect("a circuit"))
}

fn nonce(report: &Value) -> Nonce {
    Nonce(bytes(&report["nonce"]).try_into().expect("16 bytes"))
}

/// What `party` receives of a report.
fn received(report: &Value, party: usize) -> Vec<u8> {
    [bytes(&report["public_share"]), bytes(&report["input_shares"][party])].concat()
}

#[test]
fn published_vectors_come_out_byte_for_byte() {
    let good =
        vectors![Prio3Count_0, Prio3Count_2, Prio3Sum_0, Prio3Sum_2, Prio3SumVec_0, Prio3Histogram_0, Prio3Histogram_2];
    for (name, text) in good {
        let vector: Value = serde_json::from_str(text).expect("JSON");
        let circuit = circuit(name, &vector);
        let [leader, helper] = servers(&circuit, &vector);
        let mut sums = [Elements::zero(&circuit), Elements::zero(&circuit)];
        for report in vector["reports"].as_array().expect("reports") {
            let measured = measurement(&circuit, &report["measurement"]);
            let shares =
                shard_with(&circuit, &bytes(&vector["ctx"]), &measured, nonce(report), &bytes(&report["rand"]));
            let shares = shares.expect("a measurement");
            assert_eq!(shares.of(Party::Leader), received(report, 0), "{name}");
            assert_eq!(shares.of(Party::Helper), received(report, 1), "{name}");

            let (begun, share) = leader.begin(nonce(report), &received(report, 0)).expect("a share");
            assert_eq!(share, bytes(&report["verifier_shares"][0][0]), "{name}");
            let (_, other) = helper.begin(nonce(report), &received(report, 1)).expect("a share");
            assert_eq!(other, bytes(&report["verifier_shares"][0][1]), "{name}");
            let (message, output) = helper.respond(nonce(report), &received(report, 1), &share).expect("valid");
            assert_eq!(message, bytes(&report["verifier_messages"][0]), "{name}");
            let outputs = [leader.finish(begun, &message).expect("valid"), output];
            for (place, (output, sum)) in outputs.iter().zip(&mut sums).enumerate() {
                let mut alone = Elements::zero(&circuit);
                assert!(output.add_to(&mut alone) && output.add_to(sum), "{name}");
                assert_eq!(alone.encode(), bytes(&report["out_shares"][place]), "{name}");
            }
        }
        assert_eq!(sums.each_ref().map(Elements::encode).as_slice(), [0, 1].map(|n| bytes(&vector["agg_shares"][n])));
        let [mut sum, other] = sums;
        assert!(sum.merge(&other));
        let expected = match &vector["agg_result"] {
            Value::Array(values) => values.iter().map(number).collect(),
            value => vec![number(value)],
        };
        let found: Vec<_> = sum.values().into_iter().flatten().collect();
        assert_eq!(found, expected.into_iter().map(i128::from).collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn published_bad_vectors_are_refused_by_the_helper() {
    let bad = vectors![
        Prio3Count_bad_gadget_poly,
        Prio3Count_bad_helper_seed,
        Prio3Count_bad_meas_share,
        Prio3Count_bad_wire_seed,
        Prio3Histogram_bad_helper_jr_blind,
        Prio3Histogram_bad_leader_jr_blind,
        Prio3Histogram_bad_public_share
    ];
    for (name, text) in bad {
        let vector: Value = serde_json::from_str(text).expect("JSON");
        let circuit = circuit(name, &vector);
        let ([leader, helper], report) = (servers(&circuit, &vector), &vector["reports"][0]);
        let (_, share) = leader.begin(nonce(report), &received(report, 0)).expect("a share");
        let refused = helper.respond(nonce(report), &received(report, 1), &share).expect_err("not valid");
        assert_eq!(refused, Refused::Invalid, "{name}");
    }
}

#[test]
fn published_bad_verifier_message_is_refused_by_the_leader() {
    let [(name, text)] = vectors![Prio3Histogram_bad_verifier_message];
    let vector: Value = serde_json::from_str(text).expect("JSON");
    let circuit = circuit(name, &vector);
    let ([leader, _], report) = (servers(&circuit, &vector), &vector["reports"][0]);
    let (begun, _) = leader.begin(nonce(report), &received(report, 0)).expect("a share");
    let message = bytes(&report["verifier_messages"][0]);
    assert_eq!(leader.finish(begun, &message).expect_err("another joint randomness"), Refused::Invalid);
}
