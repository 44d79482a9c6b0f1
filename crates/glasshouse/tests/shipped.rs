//! What is shipped agrees with the program: the schema in `sims`, and the same verdicts over sockets as in process.

use std::{fs, path::Path};

use assert_cmd::Command;

fn glasshouse(arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::cargo_bin("glasshouse").expect("the binary is built");
    let output = command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).args(arguments).output();
    let output = output.expect("the program runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn schema_in_sims_is_the_programs() {
    let shipped = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sims/scenario.schema.json"));
    let same = shipped.expect("sims/scenario.schema.json") == glasshouse(&["schema"]);
    assert!(same, "write it anew: cargo run -- schema > sims/scenario.schema.json");
}

#[test]
fn sockets_and_processes_change_no_byte() {
    for scenario in ["sims/quickstart.toml", "sims/enhanced-incognito-by-the-press.toml"] {
        let played = |network| glasshouse(&["run", scenario, "--quiet", "--json", "-", "--network", network]);
        let (glass, live) = (played("glass"), played("live"));
        assert_eq!(String::from_utf8_lossy(&glass), String::from_utf8_lossy(&live), "{scenario}");
    }
}
