//! What `--out` kept, read back: case files, and what was expected of them.

use std::{
    collections::BTreeSet,
    fs::File,
    io::Read,
    path::{Component, Path},
};

use anyhow::{Context, ensure};
use model::{CaseFile, CheckName, ClaimId, Subject, Verdict};
use scenario::Expectation;
use serde::{Deserialize, Serialize};

use crate::keep::{FORM, FORMAT, MANIFEST};

/// Largest file that is read back, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// What is written beside what was kept.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) form: String,
    pub(crate) format: u32,
    pub(crate) scenario: String,
    pub(crate) seed: u64,
    pub(crate) digests: Digests,
    /// Every file that was written.
    pub(crate) files: BTreeSet<String>,
    /// Case files in the order of their subjects; absent in folders of before.
    #[serde(default)]
    pub(crate) cases: Vec<String>,
    /// What was expected.
    #[serde(default)]
    pub(crate) expected: Vec<Expected>,
}

/// Digests of what was kept.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Digests {
    pub(crate) log: String,
    pub(crate) captures: String,
    pub(crate) releases: String,
    pub(crate) findings: String,
}

/// A verdict that had to come out.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Expected {
    pub(crate) claim: ClaimId,
    pub(crate) subject: Subject,
    pub(crate) verdict: Verdict,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) check: Option<CheckName>,
    pub(crate) source: String,
}

impl Expected {
    /// What was expected of this claim and subject alone.
    pub(crate) fn expectation(&self) -> Expectation {
        Expectation {
            claims: vec![self.claim.clone()],
            products: vec![self.subject.product.clone()],
            versions: vec![self.subject.version.clone()],
            switch: vec![self.subject.switch],
            verdict: self.verdict,
            check: self.check,
            source: self.source.clone(),
        }
    }
}

/// What one folder holds.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) manifest: Manifest,
    pub(crate) cases: Vec<CaseFile>,
}

/// Reads the folder of one scenario or examination.
///
/// # Errors
/// If it holds something else, or a file in it cannot be read: the error names the file, and the place in it.
pub(crate) fn read(folder: &Path) -> anyhow::Result<Kept> {
    let path = folder.join(MANIFEST);
    let no_run = || format!("{}: expected a folder that `--out` wrote, with a {MANIFEST} inside", folder.display());
    let text = bytes(&path).with_context(no_run)?;
    let manifest: Manifest = serde_json::from_slice(&text).with_context(|| path.display().to_string())?;
    ensure!(manifest.form == FORM && manifest.format == FORMAT, "{} is no run's", path.display());
    let ordered = !manifest.cases.is_empty();
    let is_case = |name: &&String| name.starts_with("cases/");
    let names: Vec<&String> =
        if ordered { manifest.cases.iter().collect() } else { manifest.files.iter().filter(is_case).collect() };
    let cases = names.into_iter().map(|name| case(folder, name)).collect::<anyhow::Result<_>>()?;
    Ok(Kept { manifest, cases })
}

fn case(folder: &Path, name: &str) -> anyhow::Result<CaseFile> {
    let inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    ensure!(inside, "{}: `{name}` leads out of the folder", folder.join(MANIFEST).display());
    let path = folder.join(name);
    let text = bytes(&path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| path.display().to_string())
}

fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut text = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut text)?;
    ensure!(text.len() as u64 <= FILE_BYTES_MAX, "more than {FILE_BYTES_MAX} bytes");
    Ok(text)
}
