//! What is generated from `proto/` is committed, so that nobody who builds waits for a compiler of it; here it is
//! compiled anew and compared.

use std::{env, error::Error, fs, path::Path};

use prost::Message;

const FILES: [&str; 8] = [
    "glasshouse/v1/collection.proto",
    "glasshouse/v1/aggregation.proto",
    "glasshouse/v1/verification.proto",
    "glasshouse/v1/inspection.proto",
    "glasshouse/v1/oversight.proto",
    "glasshouse/v1/audit.proto",
    "glasshouse/v1/device.proto",
    "glasshouse/v1/randomness.proto",
];

/// Names with contents.
type Files = Vec<(&'static str, Vec<u8>)>;

/// The files that are generated: protox parses, tonic-prost-build generates.
fn generated() -> Result<Files, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    let mut descriptors = protox::Compiler::new([&root])?
        .include_source_info(true)
        .include_imports(true)
        .open_files(FILES.map(|file| root.join(file)))?
        .file_descriptor_set();

    // Maps are ordered, so that equal messages are equal bytes.
    let out = tempfile::tempdir()?;
    tonic_prost_build::configure().btree_map(".").out_dir(out.path()).compile_fds(descriptors.clone())?;

    // Reflection needs no comments.
    descriptors.file.iter_mut().for_each(|file| file.source_code_info = None);
    let types = fs::read(out.path().join("glasshouse.v1.rs"))?;
    Ok(vec![("glasshouse.v1.rs", types), ("glasshouse.bin", descriptors.encode_to_vec())])
}

#[test]
fn what_is_committed_is_what_proto_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/generated");
    let anew = env::var_os("GENERATE").is_some();
    for (name, content) in generated().expect("the contract compiles") {
        let path = folder.join(name);
        if anew {
            fs::write(&path, &content).expect("the folder is there");
        }
        let committed = fs::read(&path).expect("generated files are committed");
        assert!(committed == content, "{name} is out of date: run GENERATE=1 cargo test -p protocol --test generated");
    }
}
