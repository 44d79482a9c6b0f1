//! A failure in words: the auditor's evidence as the terminal shows it, the diary, and how to play it again.

use model::{Flow, Ruling, Verdict};
use render::{
    Judged, Played,
    terminal::{Look, story},
};

use crate::{
    check::Failure,
    trial::{Examined, SEED_VARIABLE},
};

const WIDTH: usize = 110;
/// Most of a plaintext that is shown, in characters.
const PLAINTEXT_MAX: usize = 200;

/// Says of `rulings` that something else was expected.
pub(crate) fn failure(examined: &Examined, rulings: &[&Ruling], expected: Verdict) -> Failure {
    let heads = rulings.iter().map(|ruling| {
        let reason = ruling.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        format!("`{}` is {}{reason} for {}, expected {expected}\n", ruling.claim, ruling.verdict, ruling.subject)
    });
    let heads: String = heads.collect();
    let judged = |ruling: &&Ruling| Judged {
        ruling: (*ruling).clone(),
        expected: Some(expected),
        check: None,
        source: Some("a test of the client".to_owned()),
    };
    let played = Played {
        scenario: examined.cases.first().map(|case| case.scenario.clone()).unwrap_or_default(),
        title: String::new(),
        seed: examined.trial.seed,
        digests: render::Digests::default(),
        timeline: Vec::new(),
        verdicts: rulings.iter().map(judged).collect(),
        claims: Vec::new(),
        accuracies: Vec::new(),
        tallies: Vec::new(),
        replay: replay(examined.trial.seed),
    };
    let diary = match examined.trial.diary.entries() {
        [] => String::new(),
        entries => format!("\nThe diary, {} activities\n{}", entries.len(), examined.trial.diary),
    };
    Failure::new(format!("{heads}{diary}{}", story(&played, Look { width: WIDTH, colour: false })))
}

/// A flow in one line: where to, when, and the plaintext behind its encodings.
pub(crate) fn flow(flow: &Flow) -> String {
    let peeled = auditor::peel::peel(flow);
    let innermost = peeled.views().max_by_key(|view| view.path().len());
    let (path, text) = innermost.map_or_else(Default::default, |view| (view.path(), view.content().to_vec()));
    let text: String = String::from_utf8_lossy(&text).chars().take(PLAINTEXT_MAX).collect();
    format!("to {} at {}, {}: `{text}`", flow.host, flow.at, path.join(" › "))
}

/// The test harness names each thread after its test.
fn replay(seed: u64) -> String {
    let thread = std::thread::current();
    match thread.name().filter(|name| *name != "main") {
        Some(test) => format!("{SEED_VARIABLE}={seed} cargo test -- --exact {test}"),
        None => format!("{SEED_VARIABLE}={seed} cargo test"),
    }
}
