//! Prio3 on the servers' side: reports a second and core, of both servers together, for a histogram of 256 buckets.
//! First the chunk lengths, through the verifier alone; then what a whole window costs beside what the bare `prio` crate
//! takes for the same bytes, in turns within one run; then two windows on two threads. Expected: the chunk length that
//! queries use is the fastest or within 5 % of it; the ratio to the bare crate is at least 0.95.
//!
//! Times are the thread's own on a processor, so that other work does not count. Bare crate and windows take turns at
//! going first.

#![allow(clippy::print_stdout, reason = "a benchmark prints its ratios")]

use std::{hint::black_box, time::Duration};

use aggregation::prio3::{ShareLimits, ShareWindow, Verifier, measuring};
use encoding::prio3::{Circuit, Measurement, Nonce, Sharded, Vdaf, chunk_length, context, shard, shared};
use model::{Measure, Mechanism, Party, Query, QueryId, RegionId, Report, Seed, Timestamp, Window};
use prio::{
    codec::{Encode, ParameterizedDecode},
    vdaf::{
        Aggregatable, Aggregator, VerifyTransition,
        prio3::{Prio3Histogram, Prio3InputShare, Prio3PublicShare, Prio3VerifierMessage, Prio3VerifierShare},
    },
};
use rustix::time::{ClockId, clock_gettime};

const BUCKETS: u32 = 256;
const REPORTS: u64 = 200;
const ROUNDS: usize = 31;

/// Reports a second on a processor of `work` on [`REPORTS`] reports.
#[allow(clippy::cast_precision_loss)]
fn rate(work: impl FnOnce()) -> f64 {
    let before = Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("after the start");
    work();
    let after = Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("after the start");
    REPORTS as f64 / (after - before).as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn time() -> Timestamp {
    "2026-01-01T10:00:00Z".parse().expect("a time")
}

fn window() -> Window {
    Window::holding(time(), model::Duration::DAY)
}

fn sharded(circuit: &Circuit) -> Vec<(Nonce, Sharded)> {
    let split = |number: u64| {
        let mut random = Seed::root(1).nth(number).stream();
        let mut nonce = Nonce([0; 16]);
        nonce.0[..8].copy_from_slice(&number.to_be_bytes());
        let bucket = Measurement::Bucket(u32::try_from(number).expect("few reports") % BUCKETS);
        (nonce, shard(circuit, &context("q", window()), &bucket, nonce, &mut random).expect("a measurement"))
    };
    (0..REPORTS).map(split).collect()
}

/// What the bare crate does with the same bytes.
fn bare(vdaf: &Prio3Histogram, reports: &[(Nonce, Sharded)]) {
    let (key, context) = ([7; 32], context("q", window()));
    let mut sums = [0, 1].map(|_| vdaf.aggregate_init(&()));
    for (nonce, shares) in reports {
        let begin = |party: usize, share: &[u8]| {
            let public = Prio3PublicShare::get_decoded_with_param(vdaf, &shares.public).expect("a share");
            let share = Prio3InputShare::get_decoded_with_param(&(vdaf, party), share).expect("a share");
            vdaf.verify_init(&key, &context, party, &(), &nonce.0, &public, &share).expect("valid")
        };
        let (leader, offered) = begin(0, &shares.leader);
        let offered = offered.get_encoded().expect("a message");
        let (helper, own) = begin(1, &shares.helper);
        let offered = Prio3VerifierShare::get_decoded_with_param(&helper, &offered).expect("a message");
        let message = vdaf.verifier_shares_to_message(&context, &(), [offered, own]).expect("valid");
        let written = message.get_encoded().expect("a message");
        let told = Prio3VerifierMessage::get_decoded_with_param(&leader, &written).expect("a message");
        for (sum, (state, message)) in sums.iter_mut().zip([(leader, told), (helper, message)]) {
            let Ok(VerifyTransition::Finish(output)) = vdaf.verify_next(&context, state, message) else { return };
            sum.accumulate(&output).expect("as long");
        }
    }
    black_box(sums);
}

fn by_chunk_length() {
    println!("chunk length  reports/s  bytes to the leader");
    let lengths = [3, 5, 8, 9, 16, 18, 24, 32, 37, 48, 64, 86, 128, 256];
    let prepared = lengths.map(|chunk_length| {
        let circuit = Circuit::Histogram { length: BUCKETS, chunk_length };
        (circuit, sharded(&circuit))
    });
    let mut rates = vec![Vec::new(); lengths.len()];
    for _ in 0..ROUNDS {
        for ((circuit, reports), rates) in prepared.iter().zip(&mut rates) {
            rates.push(rate(|| verify(circuit, reports)));
        }
    }
    for ((chunk_length, (_, reports)), rates) in lengths.iter().zip(&prepared).zip(rates) {
        println!("{chunk_length:12}  {:9.0}  {:19}", median(rates), reports[0].1.of(Party::Leader).len());
    }
    println!("queries use {}", chunk_length(BUCKETS));
}

fn verify(circuit: &Circuit, reports: &[(Nonce, Sharded)]) {
    let [leader, helper] = [Party::Leader, Party::Helper]
        .map(|party| Verifier::new(circuit, party, [7; 32], context("q", window())).expect("a circuit"));
    for (nonce, shares) in reports {
        let (begun, offered) = leader.begin(*nonce, &shares.of(Party::Leader)).expect("a share");
        let (message, output) = helper.respond(*nonce, &shares.of(Party::Helper), &offered).expect("valid");
        black_box((leader.finish(begun, &message).expect("valid"), output));
    }
}

fn query() -> Query {
    Query {
        id: QueryId::new("q").expect("a name"),
        events: vec!["e".to_owned()],
        group_by: vec!["bucket".to_owned()],
        measure: Measure::Count,
        window: model::Duration::DAY,
        regions: ["sg", "de"].map(|name| RegionId::new(name).expect("a name")).to_vec(),
        mechanism: Mechanism::Prio3 { epsilon: "1".parse().expect("a ratio"), reports_per_device_max: 10 },
        domain: [("bucket".to_owned(), (0..BUCKETS).map(|number| format!("{number:03}")).collect())].into(),
    }
}

/// Two servers that hold all shares.
fn filled(reports: &[(Nonce, Sharded)]) -> [ShareWindow; 2] {
    [("sg", Party::Leader), ("de", Party::Helper)].map(|(name, party)| {
        let region = RegionId::new(name).expect("a name");
        let (secret, verification) = (Seed::root(2).derive(name), Seed::root(3));
        let limits = ShareLimits::default();
        let mut server = ShareWindow::new(&query(), &region, window(), &secret, &verification, limits).expect("shares");
        for (nonce, shares) in reports {
            let report = Report { event: "e".to_owned(), time: time(), device: None, fields: [].into() };
            assert!(server.push(&shared(report, *nonce, shares, party)));
        }
        server
    })
}

fn talk([leader, helper]: &mut [ShareWindow; 2]) {
    let mut answers = Vec::new();
    loop {
        let turn = leader.lead(answers);
        let is_last = turn.is_last();
        answers = helper.help(turn);
        if is_last {
            assert_eq!((leader.counted(), helper.counted()), (REPORTS, REPORTS));
            return;
        }
    }
}

/// What two threads reach that measure the same at once, added. What each needs it makes itself, as a lone thread does.
fn at_once(measure: impl Fn() -> f64 + Sync) -> f64 {
    std::thread::scope(|scope| {
        let hands = [(); 2].map(|()| scope.spawn(&measure));
        hands.map(|hand| hand.join().expect("no panic")).iter().sum()
    })
}

fn beside_the_bare_crate() {
    let circuit = *measuring(&query()).expect("shares").circuit();
    let Ok(Vdaf::Histogram(vdaf)) = circuit.vdaf() else { return };
    let (reports, mut rows) = (sharded(&circuit), Vec::new());
    let full = filled(&reports);
    let their_rate = || rate(|| bare(&vdaf, &reports));
    for round in 0..ROUNDS {
        let mut servers = full.clone();
        let before = (round % 2 == 0).then(their_rate);
        let ours = rate(|| talk(&mut servers));
        let theirs = before.unwrap_or_else(their_rate);
        let into = rate(|| drop(black_box(filled(&reports))));
        let both = at_once(|| {
            let mut servers = full.clone();
            rate(|| talk(&mut servers))
        });
        let bare_both = at_once(their_rate);
        rows.push([theirs, ours, ours / theirs, both / ours, bare_both / theirs, into]);
    }
    let [theirs, ours, ratio, both, bare_both, into] =
        std::array::from_fn(|n| median(rows.iter().map(|row| row[n]).collect()));
    let spread = |n: usize| rows.iter().map(|row| row[n]).fold((f64::MAX, 0.0_f64), |(a, b), x| (a.min(x), b.max(x)));
    let (least, most) = spread(2);
    println!("bare crate {theirs:.0} reports/s, whole windows {ours:.0}: ratio {ratio:.3} ({least:.3} to {most:.3})");
    println!("two threads to one, by the time of each on a processor: {both:.2}; bare crate {bare_both:.2}");
    println!("taken in from reports with text: {into:.0} reports/s");
}

fn main() {
    by_chunk_length();
    beside_the_bare_crate();
}
