//! Worlds keep every invariant.

use storm::{engine, grammar};

#[test]
fn nothing_is_found_in_worlds_of_every_business() {
    let mut all = Vec::new();
    for seed in [3, 8, 22, 32, 40, 45] {
        let world = grammar::draw(seed, &[]);
        let examined = engine::examine(&world, &engine::play);
        all.extend(
            examined
                .violations
                .into_iter()
                .map(|violation| format!("seed {seed}: {}: {}", violation.invariant, violation.detail)),
        );
    }
    assert!(all.is_empty(), "{all:#?}");
}
