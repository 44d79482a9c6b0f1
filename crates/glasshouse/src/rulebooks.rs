//! Rulebooks that are brought along, beside those that the auditor knows.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{anyhow, ensure};
use auditor::rulebooks;
use model::Rulebook;

use crate::sources;

/// Reads every rulebook at `paths`.
///
/// # Errors
/// If one cannot be read or used, or two are of one jurisdiction.
pub(crate) fn load(paths: &[PathBuf]) -> anyhow::Result<Vec<Rulebook>> {
    let found = paths.len();
    ensure!(found <= rulebooks::RULEBOOKS_MAX, "{found} rulebooks, expected at most {}", rulebooks::RULEBOOKS_MAX);
    let mut books: BTreeMap<String, (&Path, Rulebook)> = BTreeMap::new();
    for path in paths {
        let book = read(path)?;
        let jurisdiction = book.jurisdiction.clone();
        if let Some((other, _)) = books.insert(jurisdiction.clone(), (path, book)) {
            anyhow::bail!("{} and {} are both of `{jurisdiction}`: leave one out", other.display(), path.display());
        }
    }
    Ok(books.into_values().map(|(_, book)| book).collect())
}

fn read(path: &Path) -> anyhow::Result<Rulebook> {
    // One byte more than a rulebook may have, so that the parser sees that it is too long.
    let text = sources::text(path, rulebooks::TEXT_BYTES_MAX as u64 + 1)
        .map_err(|reason| anyhow!("cannot read the rulebook {}: {reason}", path.display()))?;
    Ok(rulebooks::parse(&path.display().to_string(), &text)?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const SAMPLE: &str = r#"
jurisdiction = "IN"
law = "Act"
title = "An act"
source = "a page"
countries = ["IN"]
[[rule]]
id = "one"
article = "s. 1"
in-force-from = "2020-01-01T00:00:00Z"
gist = "A sentence."
demand = "declared"
"#;

    #[test]
    fn two_rulebooks_of_one_jurisdiction_and_mistakes_in_one_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two, wrong] = ["one.toml", "two.toml", "wrong.toml"].map(|name| folder.path().join(name));
        fs::write(&one, SAMPLE).unwrap();
        fs::write(&two, SAMPLE).unwrap();
        fs::write(&wrong, SAMPLE.replace("demand", "demnad")).unwrap();
        assert_eq!(load(std::slice::from_ref(&one)).unwrap()[0].law, "Act");
        let error = load(&[one, two]).unwrap_err().to_string();
        assert!(error.contains("one.toml and") && error.ends_with("leave one out"), "{error}");
        let error = load(&[wrong]).unwrap_err().to_string();
        assert!(error.contains("wrong.toml:12: rule `one`: "), "{error}");
        assert!(load(&[folder.path().join("none.toml")]).is_err());
    }
}
