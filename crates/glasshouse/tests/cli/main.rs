//! The command line, as a shell sees it: exit status, standard output and standard error.

mod audit;
mod bench;
mod check;
mod examine;
mod keep;
mod run;
mod schema;
#[cfg(unix)]
mod serve;
mod storm;
mod zoo;

// The example client, in this process: `cargo test` of one target builds no examples.
#[path = "../../../../examples/client/device.rs"]
mod device;
#[path = "../../../../examples/client/service.rs"]
mod service;
#[path = "../../../../examples/client/wire.rs"]
mod wire;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use assert_cmd::Command;
use tempfile::TempDir;

/// The program, in an environment that says nothing about colours or logs.
fn glasshouse() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("glasshouse"));
    for variable in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "RUST_LOG", "GLASSHOUSE_DRIVER", "GLASSHOUSE_WARRANT"] {
        command.env_remove(variable);
    }
    command
}

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sims").join(name)
}

/// `quickstart.toml` in a folder of its own, after each `(from, to)`.
fn quickstart(changes: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let mut text = fs::read_to_string(shipped("quickstart.toml")).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "quickstart.toml has no {from}");
        text = text.replace(from, to);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.toml");
    fs::write(&path, text).unwrap();
    (folder, path)
}

const LEAK: (&str, &str) = (r#"incognito = "never""#, r#"incognito = "always""#);
const NO_EXPECTATION: (&str, &str) =
    ("[[expect]] ", "[[news]]\nat = \"2026-01-01T00:00:00Z\"\ntext = \"no expectation\"\n# ");
const NO_CLAIMS: (&str, &str) = ("\nclaims = [", "\n# claims = [");
const NO_VERDICT: (&str, &str) = ("\nverdict = ", "\n# verdict = ");

/// A scenario that expects nothing.
const EXPECT_NOTHING: [(&str, &str); 3] = [NO_EXPECTATION, NO_CLAIMS, NO_VERDICT];

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

#[track_caller]
fn assert_status(output: &Output, status: i32) {
    assert_eq!(output.status.code(), Some(status), "{}\n{}", stdout(output), stderr(output));
}
