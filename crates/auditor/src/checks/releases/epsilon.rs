//! Epsilon: a noisy mechanism must not give away more than it claims.
//!
//! # Sees
//!
//! Answers of the vendor's own release code over two crowds that differ by one device at its contribution bounds, run
//! again and again: wrong sensitivity, noise that is missing or drawn wrongly, bounds that are not kept. The event that
//! tells the crowds apart best is chosen on one part of the runs and tried on the rest ([`crate::epsilon`]).
//!
//! # Cannot see
//!
//! Leaks other than in whole numbers, such as in time, or over crowds other than these two, nor an epsilon above what
//! so many runs can show: then, and without enough runs, the claim is unproven.
//!
//! # Error rates
//!
//! It convicts where the lower bound at a confidence of 1 - 1e-6, over all queries of the case together, exceeds the
//! claim, so that one honest case in a million is accused at most; with 2000 runs over each crowd on which the event is
//! tried it finds 1.5 where 1 is claimed in more than 99 of 100 cases.
//!
//! # Source
//!
//! C. J. Clopper and E. S. Pearson (1934); Z. Ding et al., "Detecting Violations of Differential Privacy" (2018); M.
//! Jagielski et al., "Auditing Differentially Private Machine Learning" (2020); for what goes wrong, I. Mironov (2012)
//! on floats and S. Casacuberta et al. (2022) on sensitivity.

use model::{CaseFile, CheckName, Evidence, Ratio, Release, Samples};

use super::{about, noisy_queries};
use crate::{
    conclusion::Conclusion,
    epsilon::{Bound, bound, ceiling, total},
    words,
};

/// Chance that an honest case is accused, over all of its queries.
const FALSE_ALARMS: f64 = 1e-6;
/// Fewest runs over each crowd on which an event is tried.
const RUNS_MIN: u64 = 1_000;

/// Compares what each noisy query gives away at least with what it claims.
pub(super) fn check(case: &CaseFile) -> Conclusion {
    let mut conclusion = Conclusion::default();
    let alpha = FALSE_ALARMS / float(case.samples.len().max(1));
    for (query, (release, claimed)) in noisy_queries(case) {
        let mut sampled = case.samples.iter().filter(|samples| samples.query == *query && samples.epsilon == claimed);
        match sampled.next() {
            Some(samples) => compare(release, claimed, samples, alpha, &mut conclusion),
            None => conclusion.lacks(format!("how much the noise of `{query}` gives away was not sampled")),
        }
    }
    conclusion
}

fn compare(release: &Release, claimed: Ratio, samples: &Samples, alpha: f64, conclusion: &mut Conclusion) {
    let query = &release.query;
    let runs = total(&samples.testing.with).min(total(&samples.testing.without));
    let shown = bound(samples, alpha);
    let claim = claimed.approximate();
    if let Some(bound) = shown.as_ref().filter(|bound| bound.epsilon > claim) {
        let summary = format!(
            "`{query}` claims epsilon {claimed} and spends at least {:.2}: the chance of an error is below 1e-6",
            down(bound.epsilon)
        );
        conclusion.convict(CheckName::Epsilon, summary, evidence(release, bound));
    } else if shown.is_none() || runs < RUNS_MIN {
        conclusion.lacks(format!("the noise of `{query}` was sampled {}, too few", words::count(runs, "time")));
    } else if ceiling(runs, alpha) <= claim {
        let times = words::count(runs, "run");
        conclusion.lacks(format!("{times} of `{query}` cannot show as much as epsilon {claimed}"));
    }
    if let Some(bound) = shown {
        let (runs, shown) = (words::count(runs, "run"), down(bound.epsilon));
        conclusion.exercised(format!("noise of `{query}`: at least {shown:.2} of epsilon {claimed}, by {runs} tried"));
    }
}

/// Rounded down to two decimals: what is said is shown.
fn down(epsilon: f64) -> f64 {
    (epsilon * 100.0).floor() / 100.0
}

fn evidence(release: &Release, bound: &Bound) -> Evidence {
    let (more, less) =
        if bound.tells_presence { ("with the device", "without it") } else { ("without the device", "with it") };
    let plaintext = format!(
        "{}: {} of {} runs {more}, {} of {} {less}",
        bound.event, bound.more.0, bound.more.1, bound.less.0, bound.less.1
    );
    let mut evidence = about(release, plaintext);
    evidence.path = vec![format!("samples:{}", release.query)];
    "two crowds that differ by one device".clone_into(&mut evidence.activity);
    evidence
}

#[expect(clippy::cast_precision_loss, reason = "a case has few queries")]
fn float(count: usize) -> f64 {
    count as f64
}
