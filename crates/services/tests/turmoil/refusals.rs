//! Calls that come to an end without being taken: refusals, and servers that never answer.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use model::Reply;
use protocol::{
    status::reply,
    v1::{self, collection_service_client::CollectionServiceClient},
};
use services::Patience;

use crate::{
    hardship::{
        Hardship::{Crash, Hold, Start},
        Timeline, play,
    },
    stage::{driver, noon, upload},
    town::{Disk, SEEDS, channel, network, open_region, patience, region, send},
};

/// One client beside one region: what it makes of the answer to its only upload, how often it was sent, and how long all took.
fn lone(seed: u64, patience: Patience, path: &'static str, timeline: &Timeline) -> (Reply, u32, Duration) {
    let mut sim = network(seed, (5, 50)).build();
    let sg = region(Disk::Durable);
    open_region(&mut sim, "sg", &sg);
    let ended = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&ended);
    sim.client("delhi", async move {
        let channel = channel("sg", &patience);
        let mut attempts = 0;
        let attempt = || {
            attempts += 1;
            let upload = model::Upload { path: path.to_owned(), ..upload("k1", "d1", noon()) };
            let request = driver().request(v1::UploadRequest::from(upload), noon());
            let mut client = CollectionServiceClient::new(channel.clone());
            async move { client.upload(request).await }
        };
        let answer = patience.call(attempt).await;
        let answer = reply(answer.as_ref());
        *noted.lock().expect("no test panics here") = Some((answer, attempts));
        Ok(())
    });
    let took = play(&mut sim, timeline);
    let (answer, attempts) = ended.lock().expect("no test panics here").take().expect("the client ended");
    (answer, attempts, took)
}

#[test]
fn refusal_is_not_repeated() {
    for seed in 1..=SEEDS {
        let (answer, attempts, _) = lone(seed, patience(seed), "/elsewhere", &vec![]);
        assert_eq!((answer, attempts), (Reply::Refused, 1), "seed {seed}");
    }
}

#[test]
fn server_that_never_answers_costs_a_bounded_time() {
    let patience = |seed| Patience { attempts_max: 3, ..patience(seed) };
    for seed in 1..=SEEDS {
        let (answer, attempts, took) = lone(seed, patience(seed), "/sa", &vec![(0, Hold("delhi", "sg"))]);
        assert_eq!((answer, attempts), (Reply::Unavailable, 3), "seed {seed}");
        // Three deadlines of 2 s, and two pauses of at most twice 100 and 200 ms.
        assert!(took <= Duration::from_millis(6700), "seed {seed}: took {took:?}");
    }
}

#[test]
fn server_that_is_not_there_is_said_to_be_unavailable() {
    let patience = |seed| Patience { attempts_max: 3, ..patience(seed) };
    for seed in 1..=SEEDS {
        let (answer, attempts, _) = lone(seed, patience(seed), "/sa", &vec![(0, Crash("sg"))]);
        assert_eq!((answer, attempts), (Reply::Unavailable, 3), "seed {seed}");
    }
}

#[test]
fn pauses_grow_and_differ_between_clients() {
    let first_success = |seed| lone(seed, patience(seed), "/sa", &vec![(0, Crash("sg")), (20_000, Start("sg"))]);
    let mut ends = Vec::new();
    for seed in 1..=SEEDS {
        let (answer, attempts, took) = first_success(seed);
        assert_eq!(answer, Reply::Accepted, "seed {seed}");
        // Pauses of 0.1, 0.2, 0.4, 0.8, 1.6, then 2 s, each with up to as much again: in 20 s at least 8 and at most 15 attempts.
        assert!((8..=15).contains(&attempts), "seed {seed}: {attempts} attempts");
        ends.push(took);
    }
    ends.sort_unstable();
    ends.dedup();
    assert!(ends.len() as u64 * 2 > SEEDS, "clients of {SEEDS} seeds came back at {} times", ends.len());
}

#[test]
fn device_that_dies_while_it_uploads_sends_its_queue_again_and_is_counted_once() {
    for seed in 1..=SEEDS {
        let mut sim = network(seed, (5, 50)).build();
        let sg = region(Disk::Durable);
        open_region(&mut sim, "sg", &sg);
        let keys: Vec<String> = (0..12).map(|number| format!("k{number:02}")).collect();
        // What is on the device's disk: what was not yet acknowledged.
        let queue = Arc::new(Mutex::new(keys.clone()));
        let disk = Arc::clone(&queue);
        sim.host("phone", move || {
            let queue = Arc::clone(&disk);
            async move {
                let patience = patience(seed);
                let channel = channel("sg", &patience);
                loop {
                    let next = queue.lock().expect("no test panics here").first().cloned();
                    let Some(key) = next else { return Ok(()) };
                    let outcome = send(&channel, "sg", &key, &patience).await;
                    assert!(outcome.answer.is_ok(), "{outcome:?}");
                    queue.lock().expect("no test panics here").retain(|queued| *queued != key);
                }
            }
        });
        let left = Arc::clone(&queue);
        sim.client("watch", async move {
            while !left.lock().expect("no test panics here").is_empty() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Ok(())
        });
        let crash = |number: u64| [(300 + number * 400, Crash("phone")), (500 + number * 400, Start("phone"))];
        play(&mut sim, &(0..3).flat_map(crash).collect());
        let mut held = sg.held().concat();
        held.sort_unstable();
        assert_eq!(held, keys, "seed {seed}");
    }
}
