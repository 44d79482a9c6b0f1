//! Any split into shards, in any order, comes to the same; so does any way of talking.

use model::{Query, Report};
use proptest::prelude::*;

use super::super::{Refused, ShareLimits, ShareWindow, Turn};
use super::stage::{exact, halves, merged, queries, report, servers, servers_with, verify};

/// What both servers come to when report `n` goes to shard `shard_of[n]` of each, in the order of `order`.
fn sharded(query: &Query, shard_of: &[usize], order: &[usize]) -> [ShareWindow; 2] {
    let mut shards: Vec<[ShareWindow; 2]> = (0..3).map(|_| servers(query)).collect();
    for &number in order {
        let site = ["a", "b", "c"][number % 3];
        let device = format!("d{}", number / 5); // five reports of each, of which three may count
        let [first, second] = halves(query, &report(&device, site, 7), number as u64);
        shards[shard_of[number]][0].push(&first);
        shards[shard_of[number]][1].push(&second);
    }
    let mut whole = servers(query);
    for shard in &shards {
        assert!(whole[0].merge(&shard[0]) && whole[1].merge(&shard[1]));
    }
    verify(&mut whole);
    whole
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_split_in_any_order_comes_to_the_same(
        shard_of in prop::collection::vec(0_usize..3, 15),
        order in Just((0..15).collect::<Vec<usize>>()).prop_shuffle(),
        which in 0_usize..4,
    ) {
        let query = &queries()[which];
        let plain = sharded(query, &[0; 15], &(0..15).collect::<Vec<_>>());
        let split = sharded(query, &shard_of, &order);
        prop_assert_eq!(merged(&plain), merged(&split));
        prop_assert_eq!(plain[0].refused(), split[0].refused());
        prop_assert_eq!(plain[0].counted(), 9);
    }
}

#[test]
fn turns_that_are_repeated_change_nothing() {
    let query = &queries()[3];
    let [mut once, mut again] = [servers(query), servers(query)];
    for number in 0..20 {
        let [first, second] = halves(query, &report(&format!("d{number}"), "a", 1), number);
        for pair in [&mut once, &mut again] {
            pair[0].push(&first);
            pair[1].push(&second);
        }
    }
    verify(&mut once);
    let [leader, helper] = &mut again;
    let mut answers = Vec::new();
    loop {
        // The first answer gets lost on each way.
        let turn = leader.lead(answers.clone());
        assert_eq!(leader.lead(answers), turn);
        let is_last = turn.is_last();
        answers = helper.help(turn.clone());
        assert_eq!(helper.help(turn), answers);
        if is_last {
            break;
        }
    }
    assert_eq!(merged(&once), merged(&again));
}

#[test]
fn nothing_is_handed_on_while_reports_are_under_way() {
    let query = &queries()[0];
    let [mut leader, mut helper] = servers(query);
    let [first, second] = halves(query, &report("d", "a", 1), 0);
    assert!(leader.push(&first) && helper.push(&second));
    let sealed = |one: &ShareWindow, name| one.seal(&super::stage::region(name)).is_some();
    assert!(!sealed(&leader, "sg") && !sealed(&helper, "de"));
    let answers = helper.help(leader.lead(Vec::new()));
    assert!(!sealed(&leader, "sg") && !sealed(&helper, "de"));
    let last = leader.lead(answers);
    assert!(last.is_last() && sealed(&leader, "sg") && !sealed(&helper, "de"), "the helper awaits the verdict");
    helper.help(last);
    assert!(sealed(&helper, "de"));
}

#[test]
fn bounds_are_kept_by_pushing_and_merging() {
    let query = &queries()[0];
    let limits = ShareLimits { reports_max: 2, bytes_max: 1 << 20 };
    let [mut leader, mut other] = [0, 1].map(|_| servers_with(query, &model::Seed::root(1), limits)[0].clone());
    assert!(leader.has_room_for(2) && !leader.has_room_for(3));
    for (number, into) in [(0, &mut leader), (1, &mut other)] {
        into.push(&halves(query, &report("d", "a", 1), number)[0]);
    }
    assert!(leader.has_room_for(1) && !leader.has_room_for(2));
    assert!(leader.merge(&other) && !leader.merge(&other), "two are the most");
    let bytes = ShareLimits { reports_max: 9, bytes_max: 100 };
    let [leader, _] = servers_with(query, &model::Seed::root(1), bytes);
    assert!(leader.has_room_for(2) && !leader.has_room_for(3), "48 bytes each");
}

#[test]
fn turns_are_bounded_however_many_reports_there_are() {
    let query = &queries()[0];
    let mut servers = servers(query);
    for number in 0..600 {
        let [first, second] = halves(query, &report(&format!("d{number}"), "a", 1), number);
        assert!(servers[0].push(&first) && servers[1].push(&second));
    }
    assert_eq!(servers[0].lead(Vec::new()).offers.len(), super::super::TURN_REPORTS_MAX);
    verify(&mut servers);
    assert_eq!(exact(query, &servers).into_values().collect::<Vec<_>>(), [600]);
}

#[test]
fn a_report_is_taken_back_until_its_verification_begins() {
    let query = &queries()[0];
    let [mut leader, mut helper] = servers(query);
    let [stays, goes, alike] = [0, 1, 0].map(|number| halves(query, &report("d", "a", 1), number));
    let another = halves(query, &report("e", "a", 0), 0); // its nonce is that of the first
    for (one, half) in [(&mut leader, 0), (&mut helper, 1)] {
        assert!(one.push(&stays[half]) && one.push(&goes[half]));
        one.take_back(&goes[half]);
        one.take_back(&another[half]);
        one.take_back(&Report { fields: [].into(), ..goes[half].clone() });
        assert_eq!(one.held(), 1, "what was not pushed takes nothing back");
    }
    let offers = leader.lead(Vec::new());
    leader.take_back(&alike[0]);
    assert_eq!(leader.held(), 1, "under way");
    let answers = helper.help(offers);
    helper.help(leader.lead(answers));
    assert_eq!((leader.counted(), helper.counted()), (1, 1));
    assert_eq!((leader.held(), helper.held()), (0, 0));
}

#[test]
fn what_is_taken_back_makes_room() {
    let query = &queries()[0];
    let bytes = ShareLimits { reports_max: 9, bytes_max: 100 };
    let [mut leader, _] = servers_with(query, &model::Seed::root(1), bytes);
    let [first, _] = halves(query, &report("d", "a", 1), 0);
    assert!(leader.push(&first) && !leader.has_room_for(2));
    leader.take_back(&first);
    assert!(leader.has_room_for(2) && !leader.has_room_for(3));
}

#[test]
fn which_of_two_shares_under_one_nonce_is_kept_does_not_depend_on_their_order() {
    let query = &queries()[0];
    let one = halves(query, &report("d", "a", 1), 0);
    let other = halves(query, &report("e", "a", 0), 0);
    let offered = |order: [&[Report; 2]; 2]| {
        let [mut leader, _] = servers(query);
        assert_eq!(order.map(|halves| leader.push(&halves[0])), [true, false]);
        leader.lead(Vec::new())
    };
    assert_eq!(offered([&one, &other]), offered([&other, &one]));
    assert_ne!(one[0].fields, other[0].fields);
}

#[test]
fn refusals_of_shards_add_up() {
    let query = &queries()[0];
    let [mut whole, mut shard] = [0, 1].map(|_| servers(query)[0].clone());
    let bare = Report { fields: [].into(), ..report("d", "a", 1) };
    for refused in [&mut whole, &mut shard] {
        assert!(!refused.push(&bare));
    }
    assert!(whole.merge(&shard));
    assert_eq!(*whole.refused(), [(Refused::Malformed, 2)].into());
}

#[test]
fn servers_that_take_the_others_part_say_nothing() {
    let query = &queries()[0];
    let [mut leader, mut helper] = servers(query);
    let [first, second] = halves(query, &report("d", "a", 1), 0);
    assert!(leader.push(&first) && helper.push(&second));
    assert_eq!(helper.lead(Vec::new()), Turn::default());
    let turn = leader.lead(Vec::new());
    assert_eq!(leader.help(turn), []);
    assert_eq!((leader.held(), helper.held()), (1, 1), "nothing was lost");
}

#[test]
fn debug_shows_sizes_and_no_share() {
    let query = &queries()[0];
    let [mut leader, _] = servers(query);
    let [first, _] = halves(query, &report("d", "a", 1), 0);
    assert!(leader.push(&first));
    let shown = format!("{leader:?}");
    assert!(shown.contains("waiting: 1, pending: 0, counted: 0"), "{shown}");
    assert!(!shown.contains("received") && !shown.contains("secret"), "{shown}");
}
