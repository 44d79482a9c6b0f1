//! What the grammar makes is valid, and as large as it should be.

use std::collections::BTreeSet;

use scenario::{Fault, FaultKind, Party};
use storm::grammar::{self, Leak};

#[test]
fn every_world_is_a_valid_scenario() {
    for seed in 0..60 {
        let world = grammar::draw(seed, &[]);
        let text = scenario::write(&world.script);
        match scenario::parse("world.toml", &text) {
            Ok(read) => assert_eq!(read, world.script, "seed {seed}"),
            Err(mistakes) => panic!("seed {seed}: {}\n{text}", mistakes[0]),
        }
    }
}

/// Between whom there is a partition.
fn between(fault: &Fault) -> Option<&'static str> {
    match &fault.kind {
        FaultKind::Partition { from: Party::Region(_), to: Party::Aggregator, .. } => Some("region to aggregator"),
        FaultKind::Partition { from: Party::Region(_), .. } => Some("region to region"),
        FaultKind::Partition { .. } => Some("device to region"),
        _ => None,
    }
}

#[test]
fn every_leak_and_every_mechanism_occurs() {
    let worlds: Vec<_> = (0..600).map(|seed| grammar::draw(seed, &[])).collect();
    let leaks: BTreeSet<Leak> = worlds.iter().flat_map(|world| &world.planted).map(|planted| planted.leak).collect();
    assert_eq!(leaks.len(), Leak::ALL.len());
    let asked = |world: &grammar::World| world.script.queries.iter().map(|q| q.mechanism.name()).collect::<Vec<_>>();
    let mechanisms: BTreeSet<&str> = worlds.iter().flat_map(asked).collect();
    assert_eq!(mechanisms, BTreeSet::from(["central", "exact", "local", "prio3", "star", "threshold"]));
    let faults: BTreeSet<&str> =
        worlds.iter().flat_map(|world| &world.script.faults).map(|fault| fault.kind.name()).collect();
    assert_eq!(faults.len(), 9, "{faults:?}");
    let ways: BTreeSet<&str> = worlds.iter().flat_map(|world| &world.script.faults).filter_map(between).collect();
    assert_eq!(ways, BTreeSet::from(["device to region", "region to aggregator", "region to region"]));
    let sends_shares = |mechanism: &&str| matches!(*mechanism, "prio3" | "star");
    let shared = worlds.iter().filter(|world| asked(world).iter().any(sends_shares)).count();
    assert!((4..=24).contains(&shared), "{shared} of 600 worlds send shares, about one in fifty was meant");
}
