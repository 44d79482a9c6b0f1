//! Canaries: tokens that occur nowhere else, and the activities they are planted in.

use data_encoding::BASE32_NOPAD;
use model::{Activity, Canary, CanaryRole, Seed};

/// Characters in a token; five bits each.
pub(super) const TOKEN_CHARS: usize = 16;

/// An endless row of tokens.
#[derive(Debug)]
pub(super) struct Tokens {
    seed: Seed,
    drawn: u64,
}

impl Tokens {
    pub(super) fn new(seed: Seed) -> Self {
        Self { seed, drawn: 0 }
    }

    fn draw(&mut self) -> String {
        let seed = self.seed.nth(self.drawn);
        self.drawn += 1;
        BASE32_NOPAD.encode(&seed.as_bytes()[..TOKEN_CHARS * 5 / 8]).to_ascii_lowercase()
    }
}

/// An activity in the making, with what is planted in it.
#[derive(Debug)]
pub(super) struct Planting<'a> {
    tokens: &'a mut Tokens,
    canaries: Vec<Canary>,
}

/// An activity with its canaries.
pub(super) type Planted = (Activity, Vec<Canary>);

impl<'a> Planting<'a> {
    pub(super) fn from(tokens: &'a mut Tokens) -> Self {
        Self { tokens, canaries: Vec::new() }
    }

    fn plant(&mut self, role: CanaryRole) -> String {
        let token = self.tokens.draw();
        self.canaries.push(Canary { token: token.clone(), role });
        token
    }

    fn url(&mut self, host: CanaryRole, path: CanaryRole, suffix: &str) -> String {
        let host = self.plant(host);
        let path = self.plant(path);
        format!("https://{host}.example/{path}{suffix}")
    }

    pub(super) fn visit(mut self, typed: bool) -> Planted {
        use CanaryRole::{Host, Link, Path, Text, Title};
        let activity = Activity::Visit {
            url: self.url(Host, Path, ""),
            title: self.plant(Title),
            text: self.plant(Text),
            links: vec![self.url(Link, Link, "")],
            embeds: vec![self.url(Host, Path, ".js")],
            typed,
            dwell_ms: 3_000,
        };
        (activity, self.canaries)
    }

    pub(super) fn search(mut self, engine: &str, typed: bool) -> Planted {
        let terms = self.plant(CanaryRole::Terms);
        (Activity::Search { engine: engine.to_owned(), terms, typed }, self.canaries)
    }

    pub(super) fn type_text(mut self) -> Planted {
        let text = self.plant(CanaryRole::Terms);
        (Activity::TypeText { text }, self.canaries)
    }

    pub(super) fn download(mut self) -> Planted {
        let url = self.url(CanaryRole::Host, CanaryRole::Download, ".apk");
        (Activity::Download { url }, self.canaries)
    }

    pub(super) fn share(mut self) -> Planted {
        let url = self.url(CanaryRole::Host, CanaryRole::Share, "");
        (Activity::Share { url }, self.canaries)
    }

    pub(super) fn log_in(mut self) -> Planted {
        let account = self.plant(CanaryRole::Account);
        (Activity::LogIn { account }, self.canaries)
    }

    /// Plants tokens in an activity that a scenario wrote, each behind what stands there.
    pub(super) fn mark(mut self, activity: &Activity) -> Planted {
        let mut activity = activity.clone();
        match &mut activity {
            Activity::Visit { url, title, text, links, embeds, .. } => {
                self.mark_url(url, CanaryRole::Path);
                self.mark_words(title, CanaryRole::Title);
                self.mark_words(text, CanaryRole::Text);
                links.iter_mut().for_each(|link| self.mark_url(link, CanaryRole::Link));
                embeds.iter_mut().for_each(|embed| self.mark_url(embed, CanaryRole::Path));
            }
            Activity::Search { terms, .. } => self.mark_words(terms, CanaryRole::Terms),
            Activity::TypeText { text } => self.mark_words(text, CanaryRole::Terms),
            Activity::Download { url } => self.mark_url(url, CanaryRole::Download),
            Activity::Share { url } => self.mark_url(url, CanaryRole::Share),
            Activity::LogIn { account } => {
                let token = self.plant(CanaryRole::Account);
                account.push_str(&token);
            }
            _ => {}
        }
        (activity, self.canaries)
    }

    fn mark_words(&mut self, words: &mut String, role: CanaryRole) {
        if words.is_empty() {
            return; // a page without a title stays one
        }
        let token = self.plant(role);
        words.push(' ');
        words.push_str(&token);
    }

    fn mark_url(&mut self, url: &mut String, role: CanaryRole) {
        let token = self.plant(role);
        let (page, fragment) = url.split_once('#').map_or((url.as_str(), None), |(page, rest)| (page, Some(rest)));
        let link = if page.contains('?') {
            "&canary="
        } else if page.ends_with('/') {
            ""
        } else {
            "/"
        };
        let fragment = fragment.map(|rest| format!("#{rest}")).unwrap_or_default();
        *url = format!("{page}{link}{token}{fragment}");
    }
}
