//! Compiles `proto/` without any installed compiler: protox parses, tonic-prost-build generates.

use std::{env, error::Error, fs, path::Path};

use prost::Message;

const FILES: [&str; 6] = [
    "glasshouse/v1/collection.proto",
    "glasshouse/v1/aggregation.proto",
    "glasshouse/v1/inspection.proto",
    "glasshouse/v1/oversight.proto",
    "glasshouse/v1/audit.proto",
    "glasshouse/v1/device.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    println!("cargo::rerun-if-changed={}", root.display());

    let mut descriptors = protox::Compiler::new([&root])?
        .include_source_info(true)
        .include_imports(true)
        .open_files(FILES.map(|file| root.join(file)))?
        .file_descriptor_set();

    // Maps are ordered, so that equal messages are equal bytes.
    tonic_prost_build::configure().btree_map(".").compile_fds(descriptors.clone())?;

    // Reflection needs no comments.
    descriptors.file.iter_mut().for_each(|file| file.source_code_info = None);
    fs::write(Path::new(&env::var("OUT_DIR")?).join("glasshouse.bin"), descriptors.encode_to_vec())?;
    Ok(())
}
