//! A land with two regions in which one query counts every visit, for tests of faults.

use serde_json::Value;
use world::Played;

use crate::support::{parse, play};

/// A scenario in the making.
#[derive(Debug, Clone)]
#[allow(dead_code, reason = "each test file is a crate of its own")]
pub(crate) struct Land {
    pub(crate) text: String,
}

#[allow(dead_code, reason = "each test file is a crate of its own")]
impl Land {
    /// The land with `more` in its file.
    pub(crate) fn new(more: &str) -> Self {
        Self { text: format!("{LAND}{more}\n") }
    }

    /// The same, but with `from` replaced by `to` in its file.
    pub(crate) fn with(self, from: &str, to: &str) -> Self {
        assert!(self.text.contains(from), "`{from}` stands in the file");
        Self { text: self.text.replace(from, to) }
    }

    /// The same, but whoever gets no answer from the first region turns to the second.
    pub(crate) fn failing_over(self) -> Self {
        let route = "{ host = \"t.vendor.example\" }";
        self.with(route, "{ host = \"t.vendor.example\", fail-over = { host = \"de.vendor.example\", after = 2 } }")
    }

    pub(crate) fn play(&self, threads: usize) -> Played {
        play(&parse(&self.text), threads)
    }
}

/// Visits that people of the crowd made.
#[allow(dead_code, reason = "each test file is a crate of its own")]
pub(crate) fn visits(played: &Played) -> i64 {
    let visits = events(played, "activity").iter().filter(|line| line["activity"] == "visit").count();
    i64::try_from(visits).expect("fits")
}

/// Visits that were published, of all days and regions.
#[allow(dead_code, reason = "each test file is a crate of its own")]
pub(crate) fn counted(played: &Played) -> i64 {
    played.releases.iter().flat_map(|release| &release.cells).map(|cell| cell.value).sum()
}

/// Lines of the log of one kind.
#[allow(dead_code, reason = "each test file is a crate of its own")]
pub(crate) fn events(played: &Played, kind: &str) -> Vec<Value> {
    let log = String::from_utf8(played.artifacts.log.clone()).expect("text");
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    lines.filter(|line| line["event"] == kind).collect()
}

const LAND: &str = r#"
format = 1
name = "faults"
seed = 11
starts = "2020-05-01T00:00:00Z"
ends = "2020-05-03T00:00:00Z"
region = [{ id = "sg", country = "SG" }, { id = "de", country = "DE" }]
endpoint = [
    { host = "t.vendor.example", region = "sg", registered-in = "CN" },
    { host = "de.vendor.example", region = "de", registered-in = "CN" },
]
[crowd]
devices = 300
products = { browser = 1 }
country = [
    { country = "IN", locale = "en-IN", weight = 1 },
    { country = "ID", locale = "id-ID", weight = 1 },
]
[crowd.habits]
incognito-percent = 0
search-percent = 0
download-percent = 0
screen-percent = 0
[[query]]
id = "visits"
events = ["visit"]
group-by = []
mechanism = "exact"
[[product]]
id = "browser"
name = "Browser"
version = [{ version = "1", released = "2020-04-01T00:00:00Z", policy = "p" }]
[[policy.p.pipeline]]
name = "usage"
route = [{ host = "t.vendor.example" }]
send = { every = "15s", retry = { attempts-max = 60, longest = "30m" } }
queue = { store = "disk" }
[[policy.p.pipeline.event]]
on = "visit"
name = "visit"
fields = { url = "url" }
"#;
