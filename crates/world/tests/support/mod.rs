//! A small world for tests: one product, one region, one lab device, and parts of it to exchange.

use std::num::NonZeroUsize;

use model::{Ruling, Verdict};
use scenario::Script;
use world::{Network, Options, Played};

/// A vendor whose policy is `policy`, given as TOML below `[policy.p]`.
#[allow(dead_code, reason = "each test file is a crate of its own")]
pub(crate) fn vendor(policy: &str, claims: &str) -> Script {
    let text = format!(
        r#"
format = 1
name = "test"
seed = 7
starts = "2020-05-01T00:00:00Z"
ends = "2020-05-02T00:00:00Z"
region = [{{ id = "sg", country = "SG" }}]
endpoint = [{{ host = "t.vendor.example", region = "sg", registered-in = "CN" }}]
lab = [{{ id = "lab-1", model = "Redmi Note 8", country = "DE", locale = "de-DE" }}]
{claims}
[[product]]
id = "browser"
name = "Browser"
version = [{{ version = "1", released = "2020-04-01T00:00:00Z", policy = "p" }}]
{policy}
"#
    );
    parse(&text)
}

/// The script in `text`, or a panic that shows what is wrong with it.
pub(crate) fn parse(text: &str) -> Script {
    match scenario::parse("test.toml", text) {
        Ok(script) => script,
        Err(mistakes) => panic!("{}", mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
}

/// Plays `script` in process on so many threads.
pub(crate) fn play(script: &Script, threads: usize) -> Played {
    let threads = NonZeroUsize::new(threads).expect("at least one thread");
    let options = Options { seed: None, threads, network: Network::Glass, rulebooks: Vec::new() };
    world::play(script, &options, &|_| ()).expect("the script plays to its end")
}

/// The ruling about the claim named `claim`, where there is one subject.
#[allow(dead_code, reason = "each test file is a crate of its own")]
pub(crate) fn ruling<'a>(played: &'a Played, claim: &str) -> &'a Ruling {
    let judged = played.verdicts.iter().find(|judged| judged.ruling.claim.as_str() == claim);
    &judged.expect("a ruling about the claim").ruling
}

/// The verdict about the claim named `claim`, where there is one subject.
#[allow(dead_code, reason = "each test file is a crate of its own")]
pub(crate) fn verdict(played: &Played, claim: &str) -> Verdict {
    ruling(played, claim).verdict
}
