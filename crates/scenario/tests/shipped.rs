//! Every scenario that the repository ships is right, and its script survives being written down.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn scenarios(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.expect("the folder can be listed").path();
        if path.is_dir() {
            scenarios(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        }
    }
}

#[test]
fn every_shipped_scenario_round_trips() {
    let mut files = Vec::new();
    scenarios(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sims"), &mut files);
    assert!(!files.is_empty(), "sims/ holds scenarios");
    for file in files {
        let name = file.display().to_string();
        let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{name}: {e}"));
        let script = scenario::parse(&name, &text).unwrap_or_else(|mistakes| {
            let shown: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            panic!("{}", shown.join("\n"))
        });
        assert_eq!(scenario::parse("written.toml", &scenario::write(&script)), Ok(script), "{name}");
        assert!(text.starts_with("#:schema "), "{name} names its schema on the first line");
    }
}
