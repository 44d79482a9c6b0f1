//! Drives one browser in simulated time.

use std::{collections::BTreeMap, sync::Arc};

use browser::{Answer, Ask, Browser, Output, Policy, Product, Profile};
use encoding::DecodeLimits;
use model::{
    Activity, Channel, DeviceId, Duration, Entry, Mode, ProductId, Reply, Report, Seed, SessionId, Timestamp, Upload,
    UploadId, Version,
};

/// How long an answer takes.
const ANSWER_TAKES: Duration = Duration::from_millis(80);

/// One attempt of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) at: Timestamp,
    pub(crate) id: UploadId,
    pub(crate) channel: Channel,
    pub(crate) upload: Upload,
}

/// One browser, its clock, and what came out of it.
pub(crate) struct Lab {
    pub(crate) browser: Browser,
    pub(crate) now: Timestamp,
    pub(crate) sent: Vec<Sent>,
    pub(crate) navigated: Vec<Upload>,
    pub(crate) asked: Vec<Ask>,
    /// What the server says to an attempt.
    pub(crate) server: fn(&Sent) -> Reply,
    answers: BTreeMap<(Timestamp, usize), (UploadId, Reply)>,
    policies: Vec<Policy>,
}

pub(crate) fn policy(text: &str) -> Policy {
    let policy: Policy = toml::from_str(text).unwrap();
    assert_eq!(policy.problems(), [], "{text}");
    policy
}

/// A product whose versions 1, 2 … follow `policies`.
pub(crate) fn product(policies: &[Policy]) -> Arc<Product> {
    let versions = policies.iter().enumerate().map(|(i, policy)| (version(i + 1), Arc::new(policy.clone())));
    Arc::new(Product::new(ProductId::new("browser").unwrap(), versions).unwrap())
}

pub(crate) fn version(number: usize) -> Version {
    Version::new(number.to_string()).unwrap()
}

pub(crate) fn start() -> Timestamp {
    "2020-05-01T10:00:00Z".parse().unwrap()
}

fn profile() -> Profile {
    Profile {
        device: DeviceId::new("lab-1").unwrap(),
        model: "Redmi Note 8".to_owned(),
        country: "RU".parse().unwrap(),
        locale: "ru-RU".to_owned(),
        seed: Seed::root(1),
        hardware: Seed::root(2),
    }
}

impl Lab {
    /// A browser whose version 1 follows `text`.
    pub(crate) fn new(text: &str) -> Self {
        Self::with(&[policy(text)])
    }

    /// A browser of version 1, which can be updated to the others.
    pub(crate) fn with(policies: &[Policy]) -> Self {
        Self::of(product(policies), policies.to_vec())
    }

    pub(crate) fn of(product: Arc<Product>, policies: Vec<Policy>) -> Self {
        let browser = Browser::new(product, &version(1), profile(), start()).unwrap();
        let (now, server) = (start(), (|_| Reply::Accepted) as fn(&Sent) -> Reply);
        let (sent, navigated, asked, answers) = (Vec::new(), Vec::new(), Vec::new(), BTreeMap::new());
        Self { browser, now, sent, navigated, asked, server, answers, policies }
    }

    /// Does `activity` now, in no session.
    pub(crate) fn act(&mut self, activity: Activity) -> &mut Self {
        self.perform(&Entry { at: self.now, session: None, activity })
    }

    /// Does `activity` now, in the session `number`.
    pub(crate) fn act_in(&mut self, number: u32, activity: Activity) -> &mut Self {
        self.perform(&Entry { at: self.now, session: Some(SessionId(number)), activity })
    }

    pub(crate) fn open(&mut self, number: u32, mode: Mode) -> &mut Self {
        self.act_in(number, Activity::OpenSession { mode })
    }

    pub(crate) fn perform(&mut self, entry: &Entry) -> &mut Self {
        let mut out = Vec::new();
        self.browser.perform(entry, &mut out);
        self.take(out);
        self
    }

    /// Lets time pass, with everything that is due in it.
    pub(crate) fn wait(&mut self, span: &str) -> &mut Self {
        let until = self.now + span.parse().unwrap();
        self.wait_until(until)
    }

    pub(crate) fn wait_until(&mut self, until: Timestamp) -> &mut Self {
        loop {
            let answer = self.answers.first_key_value().map(|((at, _), _)| *at);
            let Some(next) = answer.into_iter().chain(self.browser.next_timer()).min().filter(|at| *at <= until) else {
                break;
            };
            assert!(next >= self.now, "time goes back");
            self.now = next;
            let mut out = Vec::new();
            match self.answers.first_entry().filter(|entry| entry.key().0 <= next) {
                Some(entry) => {
                    let (upload, reply) = entry.remove();
                    self.browser.reply(upload, reply, next, &mut out);
                }
                None => self.browser.advance(next, &mut out),
            }
            self.take(out);
        }
        self.now = until;
        self
    }

    /// The randomness server answers what was asked last.
    pub(crate) fn evaluated(&mut self, answer: &Answer) -> &mut Self {
        let id = self.asked.last().expect("something was asked").id;
        let mut out = Vec::new();
        self.browser.evaluated(id, answer, self.now, &mut out);
        self.take(out);
        self
    }

    fn take(&mut self, out: Vec<Output>) {
        for output in out {
            match output {
                Output::Navigate(request) => self.navigated.push(request),
                Output::Evaluate(ask) => self.asked.push(ask),
                Output::Upload { id, upload, channel, .. } => {
                    let sent = Sent { at: self.now, id, channel, upload };
                    let reply = (self.server)(&sent);
                    self.answers.insert((self.now + ANSWER_TAKES, self.sent.len()), (id, reply));
                    self.sent.push(sent);
                }
            }
        }
    }

    /// Seconds from the start to each attempt.
    pub(crate) fn seconds(&self) -> Vec<u64> {
        self.sent.iter().map(|sent| sent.at.since(start()).as_millis() / 1000).collect()
    }

    /// The reports in an attempt.
    pub(crate) fn reports_in(&self, sent: &Sent) -> Vec<Report> {
        let path = sent.upload.path.split('?').next().unwrap_or_default();
        let forms = self.policies.iter().flat_map(browser::forms);
        let mut fitting = forms.filter(|(host, at, _)| *host == sent.upload.authority && at == path);
        let (_, _, form) = fitting.next().expect("a server knows every host and path with a body");
        form.decode(&sent.upload.body, DecodeLimits::default()).unwrap()
    }

    /// The reports of every attempt.
    pub(crate) fn reports(&self) -> Vec<Report> {
        self.sent.iter().flat_map(|sent| self.reports_in(sent)).collect()
    }

    /// The events of every attempt.
    pub(crate) fn events(&self) -> Vec<String> {
        self.reports().into_iter().map(|report| report.event).collect()
    }

    /// The values of a field, by report; `-` for none.
    pub(crate) fn values(&self, field: &str) -> Vec<String> {
        let value = |report: &Report| report.fields.get(field).map_or_else(|| "-".to_owned(), ToString::to_string);
        self.reports().iter().map(value).collect()
    }
}

pub(crate) fn visit(url: &str) -> Activity {
    Activity::Visit {
        url: url.to_owned(),
        title: format!("Title of {url}"),
        text: String::new(),
        links: Vec::new(),
        embeds: Vec::new(),
        typed: false,
        dwell_ms: 4_321,
    }
}

pub(crate) fn search(terms: &str) -> Activity {
    Activity::Search { engine: "duckduckgo.com".to_owned(), terms: terms.to_owned(), typed: false }
}

pub(crate) fn online(online: bool) -> Activity {
    Activity::SetOnline { online }
}

pub(crate) fn consent(given: bool) -> Activity {
    Activity::Consent { given }
}

pub(crate) fn flip(position: &str) -> Activity {
    Activity::FlipSwitch { position: position.to_owned() }
}
