//! Where scenarios come from: files, directories, and the one that is built in.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use scenario::{Diagnostic, Script};

/// The case of 2020, so that a newcomer needs nothing but the program.
const FLAGSHIP: &str = include_str!("../../../sims/mi-browser-2020.toml");
const FLAGSHIP_NAME: &str = "mi-browser-2020.toml (built in)";

/// The zoo: name and text of every file of `sims/zoo`, sorted by name.
const ZOO: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/zoo.rs"));

/// The text of one scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// Name by which people know it.
    pub(crate) name: String,
    /// Where it was read; none for what is built in.
    pub(crate) path: Option<PathBuf>,
    pub(crate) text: String,
}

/// A scenario without mistakes.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) source: Source,
    pub(crate) script: Script,
}

/// Why a scenario cannot be played.
#[derive(Debug)]
pub(crate) enum Mistake {
    /// It cannot be read.
    Unreadable { name: String, reason: String },
    /// It says what it must not.
    Invalid { source: Source, diagnostics: Vec<Diagnostic> },
}

/// Every scenario at `paths`, in their order, or every mistake in any of them. The flagship, if there are no paths.
pub(crate) fn load(paths: &[PathBuf]) -> Result<Vec<Scenario>, Vec<Mistake>> {
    parsed(sources(paths).into_iter())
}

fn parsed(sources: impl Iterator<Item = Result<Source, Mistake>>) -> Result<Vec<Scenario>, Vec<Mistake>> {
    let mut scenarios = Vec::new();
    let mut mistakes = Vec::new();
    for source in sources {
        match source.and_then(parse) {
            Ok(scenario) => scenarios.push(scenario),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() { Ok(scenarios) } else { Err(mistakes) }
}

/// The zoo that is built in.
///
/// # Errors
/// Every mistake in any of its scenarios.
pub(crate) fn zoo() -> Result<Vec<Scenario>, Vec<Mistake>> {
    let source = |(name, text): &(&str, &str)| {
        let name = format!("zoo/{name}.toml (built in)");
        Ok(Source { name, path: None, text: (*text).to_owned() })
    };
    parsed(ZOO.iter().map(source))
}

fn parse(source: Source) -> Result<Scenario, Mistake> {
    match scenario::parse(&source.name, &source.text) {
        Ok(script) => Ok(Scenario { source, script }),
        Err(diagnostics) => Err(Mistake::Invalid { source, diagnostics }),
    }
}

fn sources(paths: &[PathBuf]) -> Vec<Result<Source, Mistake>> {
    if paths.is_empty() {
        return vec![Ok(Source { name: FLAGSHIP_NAME.to_owned(), path: None, text: FLAGSHIP.to_owned() })];
    }
    let mut seen = BTreeSet::new();
    let mut is_new = |path: &PathBuf| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone()));
    let mut sources = Vec::new();
    for path in paths {
        match files(path) {
            Ok(files) => sources.extend(files.into_iter().filter(&mut is_new).map(read)),
            Err(mistake) => sources.push(Err(mistake)),
        }
    }
    sources
}

/// The file itself, or every scenario file below the directory, sorted.
fn files(path: &Path) -> Result<Vec<PathBuf>, Mistake> {
    if !path.is_dir() {
        let word = path.extension().is_none() && path.components().count() == 1;
        if word && !path.exists() {
            return Err(unreadable(path, &"there is no such file, and no such command: see `glasshouse --help`"));
        }
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    collect(path, &mut found).map_err(|error| unreadable(path, &error))?;
    if found.is_empty() {
        return Err(unreadable(path, &"there is no `.toml` file in this directory"));
    }
    found.sort();
    Ok(found)
}

/// Links to files are followed, links to directories are not: they could lead in circles.
fn collect(directory: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in directory.read_dir()? {
        let entry = entry?;
        let path = entry.path();
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if entry.file_type()?.is_dir() {
            if !hidden {
                collect(&path, found)?;
            }
        } else if !hidden && path.extension().is_some_and(|extension| extension == "toml") && path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

/// The text of one file.
pub(crate) fn read(path: PathBuf) -> Result<Source, Mistake> {
    // One byte more than a scenario may have, so that the parser sees that it is too long.
    let text = text(&path, scenario::TEXT_BYTES_MAX as u64 + 1).map_err(|reason| unreadable(&path, &reason))?;
    Ok(Source { name: path.display().to_string(), path: Some(path), text })
}

/// The first `bytes_max` bytes of a file, if they are text, or else why not and where.
pub(crate) fn text(path: &Path, bytes_max: u64) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(bytes_max).read_to_end(&mut bytes));
    read.map_err(|error| error.to_string())?;
    let cut = bytes.len() as u64 == bytes_max;
    String::from_utf8(bytes).or_else(|error| {
        let (wrong, bytes) = (error.utf8_error(), error.as_bytes());
        let before = &bytes[..wrong.valid_up_to()];
        if cut && wrong.error_len().is_none() {
            return Ok(String::from_utf8_lossy(before).into_owned()); // the cut went through a character
        }
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = String::from_utf8_lossy(&before[line_start..]).chars().count() + 1;
        let byte = bytes[before.len()];
        Err(format!("line {line}, column {column}: the byte 0x{byte:02x} is no UTF-8: save the file as UTF-8"))
    })
}

fn unreadable(path: &Path, reason: &dyn std::fmt::Display) -> Mistake {
    Mistake::Unreadable { name: path.display().to_string(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn names(paths: &[PathBuf]) -> Vec<String> {
        let name = |source: Result<Source, Mistake>| match source {
            Ok(source) => Path::new(&source.name).file_name().unwrap().to_string_lossy().into_owned(),
            Err(Mistake::Unreadable { reason, .. }) => reason,
            Err(Mistake::Invalid { .. }) => unreachable!("nothing was parsed"),
        };
        sources(paths).into_iter().map(name).collect()
    }

    #[test]
    fn directory_means_every_scenario_in_it_recursively_sorted_and_once() {
        let root = tempfile::tempdir().unwrap();
        for file in ["b.toml", "a.toml", "deep/er/c.toml", ".hidden.toml", ".git/d.toml", "notes.md"] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let all = root.path().to_owned();
        assert_eq!(names(std::slice::from_ref(&all)), ["a.toml", "b.toml", "c.toml"]);
        assert_eq!(names(&[all.join("b.toml"), all.clone(), all]), ["b.toml", "a.toml", "c.toml"]);
    }

    #[test]
    fn empty_directory_and_missing_file_are_mistakes() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(names(&[root.path().to_owned()]), ["there is no `.toml` file in this directory"]);
        let Err(mistakes) = load(&[root.path().join("none.toml"), root.path().join("nothing.toml")]) else {
            panic!("loaded what is not there");
        };
        assert_eq!(mistakes.len(), 2);
    }

    #[test]
    fn command_that_is_mistyped_is_no_file_only() {
        let told = "there is no such file, and no such command: see `glasshouse --help`";
        assert_eq!(names(&[PathBuf::from("runn")]), [told]);
    }

    #[test]
    fn text_in_another_encoding_is_a_mistake_with_its_place() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("latin.toml");
        fs::write(&path, b"a = 1\nname = \"caf\xe9\"\n").unwrap();
        let reason = "line 2, column 12: the byte 0xe9 is no UTF-8: save the file as UTF-8";
        assert_eq!(names(std::slice::from_ref(&path)), [reason]);
        // A file that is cut for its length is not at fault for a character that was cut.
        fs::write(&path, "abé").unwrap();
        assert_eq!(text(&path, 3).as_deref(), Ok("ab"));
        assert_eq!(text(&path, 4).as_deref(), Ok("abé"));
    }

    #[cfg(unix)]
    #[test]
    fn link_in_a_circle_is_not_followed() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("a.toml"), "").unwrap();
        std::os::unix::fs::symlink(root.path(), root.path().join("again")).unwrap();
        assert_eq!(names(&[root.path().to_owned()]), ["a.toml"]);
    }

    #[test]
    fn zoo_is_built_in_sorted_and_has_no_mistake() {
        let scenarios = zoo().unwrap();
        assert!(scenarios.len() > 2, "{}", scenarios.len());
        assert!(scenarios.is_sorted_by_key(|scenario| &scenario.source.name));
        for scenario in scenarios {
            assert_eq!(scenario.source.name, format!("zoo/{}.toml (built in)", scenario.script.name));
        }
    }

    #[test]
    fn flagship_is_built_in_and_has_no_mistake() {
        let scenarios = load(&[]).unwrap();
        assert_eq!(scenarios[0].script.name, "mi-browser-2020");
        assert_eq!(scenarios[0].source.path, None);
    }
}
