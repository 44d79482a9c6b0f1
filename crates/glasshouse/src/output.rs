//! Standard output, standard error, and files that are never half written.

use std::{
    fs::{self, File},
    io::{self, IsTerminal, Write},
    path::Path,
};

use anstream::{AutoStream, ColorChoice};
use anyhow::Context;
use render::terminal::Look;

/// Columns where there is no terminal that says how many it has.
const WIDTH_DEFAULT: usize = 100;

/// Writes `text` to standard output. A reader who went away wants no more of it, which is no error.
///
/// # Errors
/// If it cannot be written for any other reason.
pub(crate) fn say(text: &str) -> anyhow::Result<()> {
    let mut stdout = AutoStream::auto(io::stdout().lock());
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// Writes `text` to standard error. Where that fails there is nobody left to tell.
pub(crate) fn complain(text: &str) {
    let _ = AutoStream::auto(io::stderr().lock()).write_all(text.as_bytes());
}

/// `text` with `?` for each byte of a character that could steer a terminal, so that places in it stay the same.
pub(crate) fn harmless(text: &str) -> String {
    let steers = |c: char| {
        let turns_or_hides = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
        (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || turns_or_hides
    };
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if steers(character) {
            shown.extend(std::iter::repeat_n('?', character.len_utf8()));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// How the story is to look on standard output.
pub(crate) fn look() -> Look {
    let stdout = io::stdout();
    Look { width: width(&stdout), colour: AutoStream::choice(&stdout) != ColorChoice::Never }
}

/// Columns of the terminal behind `stream`.
#[cfg(unix)]
pub(crate) fn width(stream: &(impl IsTerminal + std::os::fd::AsFd)) -> usize {
    let size = if stream.is_terminal() { terminal_size::terminal_size_of(stream) } else { None };
    columns(size)
}

/// Columns of the terminal behind `stream`.
#[cfg(not(unix))]
pub(crate) fn width(stream: &impl IsTerminal) -> usize {
    columns(if stream.is_terminal() { terminal_size::terminal_size() } else { None })
}

fn columns(size: Option<(terminal_size::Width, terminal_size::Height)>) -> usize {
    // A terminal that says 0 does not know.
    size.map(|(width, _)| usize::from(width.0)).filter(|width| *width > 0).unwrap_or(WIDTH_DEFAULT)
}

/// Writes the file at `path` as a whole: whoever reads it sees the old text or the new one.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn replace(path: &Path, text: &[u8]) -> anyhow::Result<()> {
    let written =
        if is_special(path) { File::create(path).and_then(|mut to| to.write_all(text)) } else { swap(path, text) };
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// Whether `path` stands for standard output.
pub(crate) fn is_stdout(path: &Path) -> bool {
    path == Path::new("-")
}

/// Writes `text` to the file at `path`, or to standard output where that is `-`.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    if is_stdout(path) { say(text) } else { replace(path, text.as_bytes()) }
}

/// Whether files can be made beside `path`, so that a long run does not end in a file that cannot be written.
///
/// # Errors
/// If they cannot.
pub(crate) fn check_writable(path: &Path) -> anyhow::Result<()> {
    let tried = match path {
        path if path.is_dir() => Err(io::Error::from(io::ErrorKind::IsADirectory)),
        path if is_special(path) => Ok(()),
        path => temporary_beside(path).map(drop),
    };
    tried.with_context(|| format!("cannot write {}", path.display()))
}

/// Whether `path` is a device or a pipe, which is written to and never replaced.
fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

fn swap(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = temporary_beside(path)?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn temporary_beside(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".glasshouse-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666)); // what the umask leaves of it
    // What goes wrong is told of the file that was asked for, not of the one that stands in for it.
    builder.tempfile_in(directory).map_err(|error| io::Error::from(error.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_is_replaced_as_a_whole_and_nothing_stays_beside_it() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("results.json");
        for text in ["first, which is longer", "second"] {
            replace(&path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(root.path().read_dir().unwrap().count(), 1);
    }

    #[test]
    fn text_cannot_steer_the_terminal_and_keeps_its_places() {
        let text = "a\u{1b}[2J é\u{202e}b\u{85}\n\tc";
        assert_eq!(harmless(text), "a?[2J é???b??\n\tc");
        assert_eq!(harmless(text).len(), text.len());
    }

    #[cfg(unix)]
    #[test]
    fn device_is_written_to_and_not_replaced() {
        check_writable(Path::new("/dev/null")).unwrap();
        replace(Path::new("/dev/null"), b"text").unwrap();
        assert!(is_special(Path::new("/dev/null")));
    }

    #[test]
    fn file_in_no_directory_is_refused_before_anything_runs() {
        let root = tempfile::tempdir().unwrap();
        assert!(check_writable(&root.path().join("none/results.json")).is_err());
        assert!(check_writable(root.path()).is_err());
    }
}
