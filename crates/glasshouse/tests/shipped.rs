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

/// A crowd and a noisy query on top of the quickstart: noise and contribution bounds come from the seed too.
const CROWD: &str = r#"
[crowd]
devices = 60
products = { browser = 1 }
country = [{ country = "DE", locale = "de-DE", weight = 1 }]

[[query]]
id = "page-loads"
group-by = ["event"]
domain = { event = ["page_load"] }
mechanism = { central = { epsilon = "1/2", groups-per-device-max = 1, reports-per-group-max = 2 } }
"#;

#[test]
fn sockets_and_processes_change_no_byte() {
    let quickstart = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sims/quickstart.toml"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("crowd.toml");
    fs::write(&file, quickstart.expect("sims/quickstart.toml") + CROWD).expect("written");
    let crowd = file.to_str().expect("a path in UTF-8");
    let shipped = ["sims/enhanced-incognito-by-the-press.toml", "sims/mechanisms/star-hostile.toml"].map(|file| [file]);
    for more in [&shipped[0][..], &shipped[1], &[crowd], &[crowd, "--seed", "5"]] {
        let played = |network| glasshouse(&[&["run", "--quiet", "--json", "-", "--network", network], more].concat());
        let (glass, live) = (played("glass"), played("live"));
        assert_eq!(String::from_utf8_lossy(&glass), String::from_utf8_lossy(&live), "{more:?}");
    }
}
