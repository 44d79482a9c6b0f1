//! `--out`: keeps what a run leaves behind, one folder for each scenario, whole or not at all.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use world::Played;

use crate::kept::{Digests, Expected, Manifest};

/// Names the files that a run wrote: what is not in it is somebody else's.
pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const FORMAT: u32 = 1;
pub(crate) const FORM: &str = "glasshouse-run";

/// Finds out whether each of `scenarios` can be kept below `out`.
///
/// # Errors
/// If a name is no folder's or comes twice, `out` cannot be written to, or holds files of others in the way.
pub(crate) fn check<'a>(out: &Path, scenarios: impl Iterator<Item = &'a str>) -> anyhow::Result<()> {
    fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    temporary(out)?.close().with_context(|| format!("cannot write to {}", out.display()))?;
    let mut names = BTreeSet::new();
    for name in scenarios {
        ensure!(names.insert(name), "two scenarios are named {name}, and --out keeps one folder for each name");
        check_own(&folder(out, name)?)?;
    }
    Ok(())
}

/// Keeps `played` below `out`, in place of what an earlier run kept.
///
/// # Errors
/// If it cannot be written. Then what was there before is there still.
pub(crate) fn keep(out: &Path, played: &Played) -> anyhow::Result<()> {
    let target = folder(out, &played.scenario)?;
    let staged = temporary(out)?;
    write(staged.path(), played).with_context(|| format!("cannot keep {}", played.scenario))?;
    check_own(&target)?;
    let replaced = temporary(out)?;
    let swapped = swap(&target, staged.path(), &replaced.path().join("old"));
    swapped.with_context(|| format!("cannot put {} in its place", target.display()))
}

fn swap(target: &Path, staged: &Path, aside: &Path) -> io::Result<()> {
    let was_there = target.exists();
    if was_there {
        fs::rename(target, aside)?;
    }
    let moved = fs::rename(staged, target);
    if moved.is_err() && was_there {
        fs::rename(aside, target)?;
    }
    moved
}

/// The folder of one scenario.
fn folder(out: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let fits = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) && !name.starts_with('.');
    ensure!(fits && !name.is_empty(), "`{name}` names no folder: expected letters, digits, `-`, `_` and `.`");
    Ok(out.join(name))
}

fn temporary(out: &Path) -> anyhow::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".glasshouse-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777)); // what the umask leaves of it
    builder.tempdir_in(out).with_context(|| format!("cannot write to {}", out.display()))
}

fn write(folder: &Path, played: &Played) -> anyhow::Result<()> {
    let artifacts = &played.artifacts;
    let mut files = BTreeSet::from([MANIFEST.to_owned()]);
    for (name, lines) in [
        ("log.jsonl", &artifacts.log),
        ("captures.jsonl", &artifacts.captures),
        ("releases.jsonl", &artifacts.releases),
        ("findings.jsonl", &artifacts.findings),
    ] {
        fs::write(folder.join(name), lines)?;
        files.insert(name.to_owned());
    }
    fs::create_dir(folder.join("cases"))?;
    let mut cases = Vec::new();
    for case in &played.cases {
        let subject = &case.subject;
        let parts = [subject.product.as_str(), subject.version.as_str(), &subject.switch.to_string()].map(escaped);
        let name = format!("cases/{}.json", parts.join("@"));
        let mut file = BufWriter::new(File::create_new(folder.join(&name))?);
        serde_json::to_writer(&mut file, case)?;
        file.write_all(b"\n")?;
        file.flush()?;
        cases.push(name);
    }
    files.extend(cases.iter().cloned());
    let manifest = manifest(played, files, cases);
    fs::write(folder.join(MANIFEST), serde_json::to_string_pretty(&manifest)? + "\n")?;
    Ok(())
}

fn manifest(played: &Played, files: BTreeSet<String>, cases: Vec<String>) -> Manifest {
    let world::Digests { log, captures, releases, findings } = played.digests.clone();
    let expected = |judged: &world::Judged| {
        Some(Expected {
            claim: judged.ruling.claim.clone(),
            subject: judged.ruling.subject.clone(),
            verdict: judged.expected?,
            check: judged.check,
            source: judged.source.clone().unwrap_or_default(),
        })
    };
    Manifest {
        form: FORM.to_owned(),
        format: FORMAT,
        scenario: played.scenario.clone(),
        seed: played.seed,
        digests: Digests { log, captures, releases, findings },
        files,
        cases,
        expected: played.verdicts.iter().filter_map(expected).collect(),
    }
}

/// Names hold any printable character; files' names hold few.
fn escaped(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") }).collect()
}

/// Refuses a folder that holds anything but what an earlier run wrote there.
fn check_own(folder: &Path) -> anyhow::Result<()> {
    if fs::symlink_metadata(folder).is_err() {
        return Ok(());
    }
    let shown = folder.display();
    let own = own_files(folder);
    let own = own.with_context(|| format!("{shown} is in the way, and no run wrote it: choose another folder"))?;
    let mut found = Vec::new();
    list(folder, "", &mut found).with_context(|| format!("cannot read {shown}"))?;
    match found.into_iter().find(|name| !own.contains(name)) {
        Some(other) => bail!("{shown}/{other} is in the way, and no run wrote it: move it or choose another folder"),
        None => Ok(()),
    }
}

fn own_files(folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    let manifest: Value = serde_json::from_slice(&fs::read(folder.join(MANIFEST))?)?;
    ensure!(manifest["form"] == FORM && manifest["format"] == FORMAT, "its {MANIFEST} is no run's");
    Ok(serde_json::from_value(manifest["files"].clone())?)
}

fn list(folder: &Path, prefix: &str, found: &mut Vec<String>) -> io::Result<()> {
    for entry in folder.read_dir()? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{name}/"), found)?;
        } else {
            found.push(name);
        }
    }
    Ok(())
}
