//! Lists the scenarios of the zoo, so that they are part of the program.

use std::{env, fs, io, path::Path};

const ZOO: &str = "../../sims/zoo";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={ZOO}");
    let root = fs::canonicalize(ZOO)?;
    let mut names = Vec::new();
    for entry in root.read_dir()? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort(); // as a directory that is given is sorted
    let scenarios = names.iter().filter_map(|file| Some((file.strip_suffix(".toml")?, root.join(file))));
    let entries = scenarios.map(|(name, path)| format!("    ({name:?}, include_str!({path:?})),\n"));
    let list = format!("&[\n{}]\n", entries.collect::<String>());
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo names no OUT_DIR"))?;
    fs::write(Path::new(&out).join("zoo.rs"), list)
}
