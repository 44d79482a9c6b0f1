//! Canary search: which planted tokens a flow shows, and where.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, BuildError};
use model::Flow;

use crate::peel::{Peeled, Peeler, View};

/// Shortest token that no other text holds by chance, in characters.
pub const TOKEN_CHARS_MIN: usize = 10;

/// Looks for many tokens at once, whatever the case of their letters. Built once for an examination.
///
/// ```
/// let search = auditor::search::Search::new(&["kq3xn7wz2m"])?;
/// let peeled = auditor::peel::Peeler::default().peel_body(b"url=https%3A%2F%2FKQ3XN7WZ2M.example%2F");
/// let sightings = search.sight(&peeled);
/// assert_eq!(sightings[0].path, ["body", "form:url"]);
/// assert_eq!(sightings[0].plaintext, "https://KQ3XN7WZ2M.example/");
/// # Ok::<(), auditor::search::SearchError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Search {
    tokens: Vec<String>,
    patterns: AhoCorasick,
}

/// Tokens that cannot be looked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// A token that could turn up by chance or be changed on its way.
    #[error("`{found}` is no canary: expected at least {TOKEN_CHARS_MIN} letters and digits")]
    NoToken {
        /// The token, cut to 64 characters.
        found: String,
    },
    /// More tokens than can be looked for at once.
    #[error("{count} canaries are too many to look for at once: {source}")]
    TooMany {
        /// How many there are.
        count: usize,
        /// Why they are too many.
        source: BuildError,
    },
}

/// A token seen in a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Which token: its index in what [`Search::new`] was given.
    pub token: usize,
    /// The shortest way to it, one step each.
    pub path: Vec<String>,
    /// The value that holds it, cut to some hundred characters around it.
    pub plaintext: String,
}

impl Search {
    /// A search for `tokens`.
    ///
    /// # Errors
    /// If a token is shorter than [`TOKEN_CHARS_MIN`] or has anything but ASCII letters and digits, or if there are too
    /// many.
    pub fn new(tokens: &[impl AsRef<str>]) -> Result<Self, SearchError> {
        let tokens: Vec<String> = tokens.iter().map(|token| token.as_ref().to_owned()).collect();
        if let Some(token) = tokens.iter().find(|token| !is_token(token)) {
            return Err(SearchError::NoToken { found: token.chars().take(64).collect() });
        }
        let built = AhoCorasick::builder().ascii_case_insensitive(true).build(&tokens);
        let patterns = built.map_err(|source| SearchError::TooMany { count: tokens.len(), source })?;
        Ok(Self { tokens, patterns })
    }

    /// Peels `flow` within the default limits and looks at every view.
    #[must_use]
    pub fn flow(&self, flow: &Flow) -> Vec<Sighting> {
        self.sight(&Peeler::default().peel(flow))
    }

    /// The tokens that `peeled` shows, each once, by its shortest path; ordered by token.
    #[must_use]
    pub fn sight(&self, peeled: &Peeled) -> Vec<Sighting> {
        let mut matches = self.patterns.find_overlapping_iter(peeled.bytes()).peekable();
        if matches.peek().is_none() {
            return Vec::new();
        }
        let places = peeled.places();
        let mut best: BTreeMap<usize, (View<'_>, u32)> = BTreeMap::new();
        for found in matches {
            let token = found.pattern().as_usize();
            let at = u32::try_from(found.start()).unwrap_or(u32::MAX);
            let Some(view) = places.view(at) else { continue };
            let rank = |view: &View<'_>| (view.depth(), view.number());
            if best.get(&token).is_none_or(|(known, _)| rank(&view) < rank(known)) {
                best.insert(token, (view, at));
            }
        }
        best.into_iter().map(|(token, (view, at))| self.sighting(token, view, at)).collect()
    }

    fn sighting(&self, token: usize, view: View<'_>, at: u32) -> Sighting {
        Sighting { token, path: view.path(), plaintext: view.quote(at, &self.tokens[token]) }
    }
}

fn is_token(text: &str) -> bool {
    text.len() >= TOKEN_CHARS_MIN && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
