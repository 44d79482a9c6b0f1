//! What a share gives away: the helper's nothing at all, the leader's nothing that a test of uniformity can see.

use model::Seed;
use prio::field::{Field64, Field128, FieldElement};

use super::*;

/// Two measurements of each circuit, as far apart as they go.
fn circuits() -> [(Circuit, [Measurement; 2]); 4] {
    [
        (Circuit::Count, [Measurement::Flag(false), Measurement::Flag(true)]),
        (Circuit::Sum { max: 1000 }, [Measurement::Summand(0), Measurement::Summand(1000)]),
        (Circuit::sum_vec(3, 7), [Measurement::Vector(vec![0; 3]), Measurement::Vector(vec![7; 3])]),
        (Circuit::histogram(5), [Measurement::Bucket(0), Measurement::Bucket(4)]),
    ]
}

fn sharded(circuit: &Circuit, measurement: &Measurement, number: u64) -> Sharded {
    let mut random = Seed::root(61).nth(number).stream();
    shard(circuit, b"context", measurement, Nonce([7; 16]), &mut random).expect("a valid measurement")
}

#[test]
fn share_of_the_helper_is_the_same_for_every_measurement() {
    for (circuit, [one, other]) in circuits() {
        let (one, other) = (sharded(&circuit, &one, 1), sharded(&circuit, &other, 1));
        assert_eq!(one.helper, other.helper, "{}", circuit.name());
        assert_ne!(one.leader, other.leader, "{}: the measurement must be somewhere", circuit.name());
    }
}

/// The value that a chi-squared variable exceeds with probability 10^-6 (Wilson and Hilferty 1931).
fn critical(degrees: f64) -> f64 {
    let spread = 2.0 / (9.0 * degrees);
    degrees * (1.0 - spread + 4.7534 * spread.sqrt()).powi(3)
}

/// Pearson's statistic of bytes against the uniform distribution.
fn statistic(counts: &[f64; 256]) -> f64 {
    let expected = counts.iter().sum::<f64>() / 256.0;
    counts.iter().map(|count| (count - expected).powi(2) / expected).sum()
}

/// How often each value of the highest and of the lowest byte of a field element occurs in leaders' shares. The moduli
/// are so close to powers of two that both bytes are uniform to one part in 2^32.
fn bytes_of_leaders(circuit: &Circuit, measurement: &Measurement, shares: u64) -> [[f64; 256]; 2] {
    let size = match circuit {
        Circuit::Count | Circuit::Sum { .. } => Field64::ENCODED_SIZE,
        Circuit::SumVec { .. } | Circuit::Histogram { .. } => Field128::ENCODED_SIZE,
    };
    let mut counts = [[0.0; 256]; 2];
    for number in 0..shares {
        let leader = sharded(circuit, measurement, number).leader;
        for element in leader.chunks_exact(size) {
            for (counts, byte) in counts.iter_mut().zip([element[size - 1], element[0]]) {
                counts[usize::from(byte)] += 1.0;
            }
        }
    }
    counts
}

#[test]
fn share_of_the_leader_is_uniform_for_every_measurement() {
    // Over seeds, this raises a false alarm once in a million for each of its 16 statistics.
    for (circuit, measurements) in circuits() {
        for measurement in &measurements {
            for counts in bytes_of_leaders(&circuit, measurement, 2_000) {
                let (found, limit) = (statistic(&counts), critical(255.0));
                assert!(found < limit, "{} of {measurement:?}: {found:.1}, limit {limit:.1}", circuit.name());
            }
        }
    }
}

#[test]
fn statistic_sees_a_measurement_that_is_not_masked() {
    // One element in twelve that is zero whatever the randomness, as if the helper's vector had not been taken away.
    let mut counts = bytes_of_leaders(&Circuit::histogram(5), &Measurement::Bucket(0), 2_000)[0];
    counts[0] += counts.iter().sum::<f64>() / 12.0;
    assert!(statistic(&counts) > critical(255.0));
}

#[test]
fn shares_have_the_lengths_that_circuits_state() {
    for (circuit, [measurement, _]) in circuits() {
        let Sharded { public, leader, helper } = sharded(&circuit, &measurement, 3);
        assert_eq!(public.len(), circuit.public_bytes(), "{}", circuit.name());
        assert_eq!(Ok(leader.len()), circuit.share_bytes(Party::Leader), "{}", circuit.name());
        assert_eq!(Ok(helper.len()), circuit.share_bytes(Party::Helper), "{}", circuit.name());
    }
}

#[test]
fn measurements_out_of_range_and_of_another_kind_are_refused() {
    let mut random = Seed::root(1).stream();
    let mut refused = |circuit: Circuit, measurement| {
        shard(&circuit, b"", &measurement, Nonce([0; 16]), &mut random).expect_err("no measurement of the circuit")
    };
    assert!(matches!(refused(Circuit::Sum { max: 9 }, Measurement::Summand(10)), ShardError::Range(_)));
    assert!(matches!(refused(Circuit::histogram(5), Measurement::Bucket(5)), ShardError::Range(_)));
    assert!(matches!(refused(Circuit::sum_vec(3, 7), Measurement::Vector(vec![1; 2])), ShardError::Range(_)));
    assert!(matches!(refused(Circuit::sum_vec(3, 7), Measurement::Vector(vec![8; 3])), ShardError::Range(_)));
    assert!(matches!(refused(Circuit::Count, Measurement::Bucket(0)), ShardError::Kind { .. }));
}

#[test]
fn circuits_that_cannot_be_are_refused() {
    let zero = Circuit::Histogram { length: 5, chunk_length: 0 };
    for circuit in [Circuit::Sum { max: 0 }, Circuit::histogram(0), Circuit::histogram(BUCKETS_MAX + 1), zero] {
        assert!(circuit.vdaf().is_err(), "{circuit:?}");
    }
    assert!(matches!(Circuit::sum_vec(2000, u64::MAX).vdaf(), Err(CircuitError::TooLong { found: 128_000 })));
}

#[test]
fn chunk_lengths_are_those_measured_fastest_and_leave_no_point_idle() {
    for (elements, fastest) in [(16, 6), (64, 10), (256, 37), (1024, 69), (4096, 133)] {
        assert_eq!(chunk_length(elements), fastest, "{elements}");
        assert!((elements.div_ceil(fastest) + 1).is_power_of_two(), "{elements}");
    }
    for elements in [0, 1, 2, u32::MAX] {
        assert!((1..=elements.max(1)).contains(&chunk_length(elements)), "{elements}");
    }
}
