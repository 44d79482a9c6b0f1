//! Tests of splits: however a region's reports are split over shards, and in whatever order those are joined.

use model::{Release, Seed};
use proptest::prelude::*;

use super::stage::{Shard, Stage, shuffled, stages};

/// What is released where each region has so many shards, and `seed` chooses which report goes where, and every order.
fn split(stage: &Stage, shards: usize, seed: &Seed) -> Release {
    stage.released([0, 1].map(|place| {
        let seed = seed.nth(place as u64);
        let mut split = vec![stage.empty(place); shards];
        let order = shuffled((0..stage.reports[place].len()).collect(), &seed.derive("reports"));
        // All but the first shard get equal parts, as far as there are some.
        for (nth, report) in order.into_iter().enumerate() {
            split[nth % shards].push(&stage.reports[place][report]);
        }
        let mut split = shuffled(split, &seed.derive("shards")).into_iter();
        let first = split.next().unwrap();
        split.fold(first, |whole, shard| whole.with(&shard))
    }))
}

#[test]
fn any_number_of_shards_in_any_order_gives_the_same_release() {
    for stage in stages() {
        let all = [0, 1].map(|place| stage.holding(place, &(0..stage.reports[place].len()).collect::<Vec<_>>()));
        let whole = stage.released(all);
        assert!(!whole.cells.is_empty(), "{} tells nothing", stage.query.mechanism);
        for shards in [1, 2, 7] {
            for seed in 0..3 {
                let release = split(&stage, shards, &Seed::root(seed));
                assert_eq!(release, whole, "{} over {shards} shards, seed {seed}", stage.query.mechanism);
            }
        }
    }
}

/// Joined shards of both regions, as a law joins them.
fn joined(shards: &[Vec<Shard>; 2], join: impl Fn(&[Shard]) -> Shard) -> [Shard; 2] {
    [0, 1].map(|place| join(&shards[place]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn shards_are_a_commutative_monoid(
        stage in prop::sample::select((0..stages().len()).collect::<Vec<_>>()),
        parts in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..16), 3),
    ) {
        let stage = &stages()[stage];
        let shards = [0, 1].map(|place| {
            let reports = &stage.reports[place];
            let places = |part: &Vec<prop::sample::Index>| part.iter().map(|at| at.index(reports.len())).collect::<Vec<_>>();
            parts.iter().map(|part| stage.holding(place, &places(part))).collect::<Vec<_>>()
        });
        let law = |join: &dyn Fn(&[Shard]) -> Shard| stage.released(joined(&shards, join));
        let left = law(&|shards| shards[0].clone().with(&shards[1]).with(&shards[2]));
        prop_assert_eq!(&law(&|shards| shards[0].clone().with(&shards[1].clone().with(&shards[2]))), &left);
        prop_assert_eq!(&law(&|shards| shards[2].clone().with(&shards[1]).with(&shards[0])), &left);
        prop_assert_eq!(&law(&|shards| shards[1].clone().with(&shards[2].clone().with(&shards[0]))), &left);
        // The empty shard changes nothing, on either side.
        let all = joined(&shards, |shards| shards[0].clone().with(&shards[1]).with(&shards[2]));
        let [before, after] = [true, false].map(|before| {
            stage.released([0, 1].map(|place| {
                let (all, empty) = (all[place].clone(), stage.empty(place));
                if before { empty.with(&all) } else { all.with(&empty) }
            }))
        });
        prop_assert_eq!(&before, &left);
        prop_assert_eq!(&after, &left);
    }
}
