//! Canary search: which planted tokens a flow shows, and where.

mod borders;
mod fingerprints;
mod joined;
mod rows;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use model::Flow;

use self::fingerprints::Fingerprints;
pub(crate) use self::joined::{Joins, path as joined_path};
use crate::peel::{Peeled, Peeler, View};

/// Shortest token that no other text holds by chance, in characters.
pub const TOKEN_CHARS_MIN: usize = 10;

/// Most tokens that can be looked for at once.
pub const TOKENS_MAX: usize = 1 << 18;

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
    /// Lengths of the shortest and the longest token, in bytes.
    shortest: usize,
    longest: usize,
    /// By how long the tokens are.
    indices: Vec<Fingerprints>,
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
    #[error("{count} canaries are too many to look for at once: expected at most {TOKENS_MAX}")]
    TooMany {
        /// How many there are.
        count: usize,
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
        if tokens.len() > TOKENS_MAX {
            return Err(SearchError::TooMany { count: tokens.len() });
        }
        let of_stride = |stride| {
            let fitting = (0..).zip(&tokens).filter(move |(_, token)| Fingerprints::stride_for(token.len()) == stride);
            Fingerprints::of(stride, fitting.map(|(number, token)| (number, token.as_str())))
        };
        let strides: BTreeSet<usize> = tokens.iter().map(|token| Fingerprints::stride_for(token.len())).collect();
        let indices = strides.into_iter().map(of_stride).collect();
        let longest = tokens.iter().map(String::len).max().unwrap_or_default();
        let shortest = tokens.iter().map(String::len).min().unwrap_or_default();
        Ok(Self { tokens, shortest, longest, indices })
    }

    /// Every place at which a token stands in `text`, whatever the case of its letters, with the token's index; tokens
    /// of one length by rising places.
    ///
    /// ```
    /// let search = auditor::search::Search::new(&["kq3xn7wz2m", "m5r8kq3xn7wz2m4a"])?;
    /// assert_eq!(search.places(b"M5R8KQ3XN7WZ2M4A"), [(0, 4), (1, 0)]);
    /// # Ok::<(), auditor::search::SearchError>(())
    /// ```
    #[must_use]
    pub fn places(&self, text: &[u8]) -> Vec<(usize, usize)> {
        let mut places = Vec::new();
        for index in &self.indices {
            index.scan(text, |token, start| {
                let token = token as usize;
                let Some(letters) = self.tokens.get(token) else { return };
                let found = text.get(start..).and_then(|rest| rest.get(..letters.len()));
                if found.is_some_and(|found| found.eq_ignore_ascii_case(letters.as_bytes())) {
                    places.push((token, start));
                }
            });
        }
        places
    }

    /// Peels `flow` within the default limits and looks at every view.
    #[must_use]
    pub fn flow(&self, flow: &Flow) -> Vec<Sighting> {
        self.sight(&Peeler::default().peel(flow))
    }

    /// The tokens that `peeled` shows, each once, by its shortest path; ordered by token. Tokens that show only where
    /// values are put together, as a URL that was cut over two fields, have a path that says which.
    ///
    /// ```
    /// let search = auditor::search::Search::new(&["kq3xn7wz2m"])?;
    /// let peeled = auditor::peel::Peeler::default().peel_body(br#"{"a":"kq3xn","b":"7wz2m"}"#);
    /// assert_eq!(search.sight(&peeled)[0].path, ["body", "joined:json:$.a+json:$.b"]);
    /// # Ok::<(), auditor::search::SearchError>(())
    /// ```
    #[must_use]
    pub fn sight(&self, peeled: &Peeled) -> Vec<Sighting> {
        if self.tokens.is_empty() {
            return Vec::new();
        }
        let mut sightings = self.sight_whole(peeled);
        let known = sightings.iter().map(|sighting| sighting.token).collect();
        sightings.extend(self.sight_joined(peeled, &known));
        sightings.sort_by_key(|sighting| sighting.token);
        sightings
    }

    /// The tokens that stand whole in a view.
    fn sight_whole(&self, peeled: &Peeled) -> Vec<Sighting> {
        let mut found = self.places(peeled.bytes());
        if found.is_empty() {
            return Vec::new();
        }
        found.sort_unstable_by_key(|(_, start)| *start);
        let places: Vec<u32> = found.iter().map(|(_, start)| u32::try_from(*start).unwrap_or(u32::MAX)).collect();
        let views = peeled.views_at(&places);
        let mut best: BTreeMap<usize, (View<'_>, u32)> = BTreeMap::new();
        for ((token, at), view) in found.iter().map(|(token, _)| *token).zip(places).zip(views) {
            let Some(view) = view else { continue };
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
