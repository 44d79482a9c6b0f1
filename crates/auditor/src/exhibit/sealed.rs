//! Tells bytes that nobody but the vendor can read.

use crate::peel::Peeled;

/// Fewer bytes than this are a digest, a key or a number rather than something that was done.
const SEALED_BYTES_MIN: usize = 64;

/// Whether the flow holds a run of bytes that is no text and that no decoder makes anything of.
pub(super) fn is_sealed(peeled: &Peeled) -> bool {
    let dark = |content: &[u8]| content.len() >= SEALED_BYTES_MIN && std::str::from_utf8(content).is_err();
    let dark: Vec<Vec<String>> = peeled.views().filter(|view| dark(view.content())).map(|view| view.path()).collect();
    if dark.is_empty() {
        return false;
    }
    let paths: Vec<Vec<String>> = peeled.views().map(|view| view.path()).collect();
    dark.iter().any(|way| !paths.iter().any(|path| path.len() > way.len() && path.starts_with(way)))
}
