//! Intervals of released sums hold the truth as often as they state, over 10,000 seeds of both servers' noise.

use model::Seed;

use super::{
    super::Task,
    stage::{exact, halves, merged, queries, report, servers, verify},
};
use crate::{Ledger, release};

#[test]
fn intervals_cover_as_often_as_they_state_with_the_noise_of_both_servers() {
    for query in &queries() {
        let mut servers = servers(query);
        for number in 0..6 {
            let [first, second] = halves(query, &report(&format!("d{number}"), "a", 9), number);
            assert!(servers[0].push(&first) && servers[1].push(&second));
        }
        verify(&mut servers);
        let noise = Task::of(query).expect("a task").noise().expect("a scale");
        let (truths, mut partial) = (exact(query, &servers), merged(&servers));
        let (mut covered, mut stated) = (vec![0_u32; truths.len()], 1.0_f64);
        for run in 0..10_000 {
            let seed = Seed::root(run).derive("coverage");
            for ((share, server), place) in partial.shares.iter_mut().zip(&servers).zip(0..) {
                share.elements = server.sum().with_noise(noise, &seed.nth(place)).encode();
            }
            let cells = release(query, &partial, &Seed::root(0), &mut Ledger::new(None)).expect("a release").cells;
            for ((cell, truth), covered) in cells.iter().zip(truths.values()).zip(&mut covered) {
                let error = cell.error.expect("an interval");
                *covered += u32::from(error.covers(i64::try_from(*truth).expect("a small sum")));
                stated = stated.min(error.coverage.approximate());
            }
        }
        for covered in covered {
            let observed = f64::from(covered) / 10_000.0;
            assert!((observed - stated).abs() < 0.01, "{}: {observed}, stated {stated}", query.id);
        }
    }
}
