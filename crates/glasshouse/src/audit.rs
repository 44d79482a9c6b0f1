//! `audit`: verdicts about captures that other tools made, and about what `--out` kept.

use std::path::Path;

use anyhow::{Context, anyhow, ensure};
use model::{CaseFile, Ruling};
use world::HarFile;

use crate::{
    Outcome,
    arguments::AuditArguments,
    diagnostics, examine,
    kept::{self, Expected, Kept},
    output, play, results, sources,
};

/// Largest capture that is read, in bytes.
const HAR_BYTES_MAX: u64 = 512 << 20;

pub(crate) fn audit(arguments: &AuditArguments) -> anyhow::Result<Outcome> {
    let results = &arguments.results;
    results::check_writable(results.json.as_deref(), results.junit.as_deref())?;
    match (&arguments.case, &arguments.notebook) {
        (Some(folder), _) => kept_case(folder, arguments),
        (None, Some(notebook)) => captures(notebook, arguments),
        // Without a notebook nobody knows what was done.
        (None, None) => anyhow::bail!("--har needs --notebook FILE: what was done meanwhile"),
    }
}

fn captures(notebook: &Path, arguments: &AuditArguments) -> anyhow::Result<Outcome> {
    let notebook = examine::file(notebook, scenario::parse_notebook);
    let promises = arguments.claims.as_deref().map(examine::promises).transpose();
    let (mut notebook, promises) = match (notebook, promises) {
        (Ok(notebook), Ok(promises)) => (notebook, promises),
        (notebook, promises) => {
            let mistakes: Vec<_> = notebook.err().into_iter().chain(promises.err()).collect();
            diagnostics::show(&mistakes);
            return Ok(Outcome::Wrong);
        }
    };
    if let Some(promises) = promises {
        notebook.claims = promises.claims;
        notebook.expectations = promises.expectations;
        notebook.regions.extend(promises.regions);
        notebook.endpoints.extend(promises.endpoints);
    }
    ensure!(
        !notebook.claims.is_empty(),
        "nothing was promised: write [[claim]] into the notebook, or give --claims FILE"
    );
    let files = arguments.har.iter().map(|path| har(path)).collect::<anyhow::Result<_>>()?;
    let played = world::audit_captures(&notebook, files)?;
    results::tell(played, replay(arguments), &arguments.results)
}

fn har(path: &Path) -> anyhow::Result<HarFile> {
    let shown = path.display().to_string();
    let text = sources::text(path, HAR_BYTES_MAX + 1).map_err(|reason| anyhow!("cannot read {shown}: {reason}"))?;
    ensure!(text.len() as u64 <= HAR_BYTES_MAX, "{shown} has more than {HAR_BYTES_MAX} bytes: cut it in pieces");
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(world::read_har(&shown, &name, &text)?)
}

/// Judges what was kept again, and says whether the findings are the same.
fn kept_case(folder: &Path, arguments: &AuditArguments) -> anyhow::Result<Outcome> {
    let Kept { manifest, cases } = kept::read(folder)?;
    let judge = |case: &CaseFile| auditor::audit(case).with_context(|| format!("the case of {}", case.subject));
    let rulings = cases.iter().map(judge).collect::<anyhow::Result<Vec<_>>>()?.concat();
    let title = format!("What was kept of {}", manifest.scenario);
    let expected = |ruling: &Ruling| {
        let of = |expected: &&Expected| expected.claim == ruling.claim && expected.subject == ruling.subject;
        manifest.expected.iter().find(of).map(Expected::expectation)
    };
    let played = world::reaudited(manifest.scenario.clone(), title, manifest.seed, cases, rulings, &expected);
    if played.digests.findings != manifest.digests.findings {
        output::complain(&format!(
            "note: these findings are not the ones that were kept in {}: another version reached those\n",
            folder.display()
        ));
    }
    results::tell(played, replay(arguments), &arguments.results)
}

/// The command that audits again.
fn replay(arguments: &AuditArguments) -> String {
    let mut words = vec![play::program(std::env::args().next()), "audit".to_owned()];
    let path = |path: &Path| play::quoted(&path.display().to_string());
    words.extend(arguments.har.iter().map(|har| format!("--har {}", path(har))));
    for (name, file) in
        [("--notebook", &arguments.notebook), ("--claims", &arguments.claims), ("--case", &arguments.case)]
    {
        words.extend(file.iter().map(|file| format!("{name} {}", path(file))));
    }
    words.join(" ")
}
