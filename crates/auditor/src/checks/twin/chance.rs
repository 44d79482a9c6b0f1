//! Twins of a client that behaves differently when prepared alike: each arm is run again and again, and a permutation
//! test tells what the arms do from what chance does.
//!
//! *Test.* Each run becomes a row of numbers ([`super::features`]): flows, bytes, times and sizes, over all, by host and
//! by part of the plan; and from the plaintext how often each place says something, how many values it has, its greatest
//! number and its span, and whether values that about half of the runs know are said. If incognito activity changes
//! nothing, the runs of two arms are exchangeable, and the exact rank-sum test ([`super::ranks`]) holds for each number
//! whatever its distribution.
//!
//! *False alarms.* At most 10⁻⁹ expected in the family of all tests of one examination, by Bonferroni's
//! inequality: two claims use twins, each compares three arms, one of them a fourth, and of what one comparison may spend, half goes to what a
//! stranger sees and half to what a reader sees, in equal shares. With n runs in each arm no p-value is below
//! 2 / C(2n, n): 1.5·10⁻¹¹ for 20 runs, 6.2·10⁻¹⁴ for 24. So 20 runs leave room for 5 tests in each half and 24 for more
//! than a thousand; tests for which there is no room are not made, and leave the claim unproven.
//!
//! *What it cannot see.* An effect that leaves the arms overlapping: with 24 runs two arms must be all but separated in
//! one of the numbers. A value that is another in each run, such as a digest under a key of the installation, unless it
//! changes a count or a size.

use model::{Arm, CheckName, Evidence, Timestamp};

use super::{
    ARMS, changed, comparable_all,
    features::{Feature, Features, of_arm},
    ranks,
    runs::Run,
    varied,
};
use crate::{
    conclusion::{Conclusion, amount},
    exhibit::{Exhibit, telemetry},
    words,
};

/// In how many examinations of clients on which incognito activity has no effect one false alarm is expected at most.
const ONE_FALSE_ALARM_IN: u128 = 1_000_000_000;
/// Comparisons of an examination: two claims use twins, each compares three arms, and one of them a fourth.
const COMPARISONS: u128 = ARMS.len() as u128 * 2 + 1;
/// Fewest runs of an arm: with fewer, not one test could convict.
const RUNS_MIN: usize = 20;

/// Compares the runs of the main arm with those of each of `arms`, in what left at times that are `within`.
pub(super) fn check(exhibit: &Exhibit<'_>, arms: &[Arm], within: impl Fn(Timestamp) -> bool) -> Conclusion {
    let mut conclusion = Conclusion::default();
    conclusion.require_readable(exhibit);
    let mut runs = |arm| runs_of(exhibit, arm, &within, &mut conclusion);
    let (Some(main), Some(repeat)) = (runs(Arm::Main), runs(Arm::Repeat)) else { return conclusion };
    let twins: Vec<_> = arms.iter().filter_map(|&arm| Some((arm, runs(arm)?))).collect();
    let alike = Comparison::of(exhibit, &main, &repeat);
    if let Some(found) = alike.difference(&main, &repeat) {
        conclusion
            .lacks(format!("two sets of runs alike differ in the {}, so twins prove nothing", found.feature.what));
        return conclusion;
    }
    for (arm, twin) in &twins {
        let comparison = Comparison::of(exhibit, &main, twin);
        comparison.cover(*arm, main.len(), twin.len(), &mut conclusion);
        if let Some(found) = comparison.difference(&main, twin) {
            let summary = format!("{}: {}", changed(*arm), found.feature.seen_in());
            conclusion.convict(CheckName::Twin, summary, evidence(exhibit, *arm, &main, twin, &found));
            break; // one difference is enough
        }
    }
    conclusion
}

/// The runs of an arm, if there are enough and they differ from the main one in nothing but what they must.
fn runs_of<'a>(
    exhibit: &Exhibit<'a>,
    arm: Arm,
    within: &impl Fn(Timestamp) -> bool,
    conclusion: &mut Conclusion,
) -> Option<Vec<Run<'a>>> {
    let records = comparable_all(exhibit, arm, conclusion)?;
    if records.len() < RUNS_MIN {
        let runs = words::count(amount(records.len()), "time");
        conclusion.lacks(format!("the {} arm was run {runs}, fewer than {RUNS_MIN}", arm.name()));
        return None;
    }
    let flows = |record| telemetry(record, &exhibit.case.endpoints).into_iter().filter(|flow| within(flow.at));
    let runs: Vec<Run<'a>> =
        records.into_iter().take(ranks::GROUP_MAX).map(|record| Run::of(record, flows(record).collect())).collect();
    if runs.iter().any(|run| run.is_cut) {
        conclusion.lacks(format!("more is said in a run of the {} arm than can be compared", arm.name()));
    }
    Some(runs)
}

/// Two arms and the tests that there is room for.
#[derive(Debug)]
struct Comparison {
    features: Features,
    dealings: u128,
    known: usize,
}

/// A number that tells two arms apart.
#[derive(Debug)]
struct Found<'f> {
    feature: &'f Feature,
    medians: (i64, i64),
    /// Among how many examinations chance alone makes a difference as extreme at most once, whatever is tested.
    once_in: u128,
}

impl Comparison {
    fn of(exhibit: &Exhibit<'_>, main: &[Run<'_>], twin: &[Run<'_>]) -> Self {
        let mut features = Features::of(exhibit, main, twin);
        let known = features.outside.len() + features.inside.len();
        let dealings = ranks::dealings(main.len(), twin.len());
        let room = usize::try_from(dealings_allowed(dealings, 1) / 2).unwrap_or(usize::MAX);
        features.outside.truncate(room);
        features.inside.truncate(room);
        Self { features, dealings, known }
    }

    /// Says what was compared, and what there was no room for.
    fn cover(&self, arm: Arm, main: usize, twin: usize, conclusion: &mut Conclusion) {
        let made = self.features.outside.len() + self.features.inside.len();
        let runs = format!("{} and {}", words::count(amount(main), "run"), words::count(amount(twin), "run"));
        conclusion.exercised(format!(
            "{} twin, {} on {runs} at a false-alarm rate of 1e-9",
            arm.name(),
            words::count(amount(made), "permutation test")
        ));
        let left = self.known - made;
        if left > 0 {
            conclusion.lacks(format!("{} more to test in the {} twin than {runs} allow", left, arm.name()));
        }
    }

    /// The least probable of the differences that may convict, what most people can see first.
    fn difference(&self, main: &[Run<'_>], twin: &[Run<'_>]) -> Option<Found<'_>> {
        let halves = [&self.features.outside, &self.features.inside];
        let found =
            halves.into_iter().flat_map(|half| half.iter().filter_map(|f| self.test(f, half.len(), main, twin)));
        found.min_by_key(|found| std::cmp::Reverse(found.once_in))
    }

    fn test<'f>(&self, feature: &'f Feature, tests: usize, main: &[Run<'_>], twin: &[Run<'_>]) -> Option<Found<'f>> {
        let (a, b) = (self.features.numbers(feature, main), self.features.numbers(feature, twin));
        let extreme = ranks::as_extreme(&a, &b, dealings_allowed(self.dealings, tests))?;
        let once_in = self.dealings / (u128::from(extreme) * shares(tests));
        Some(Found { feature, medians: (median(a), median(b)), once_in })
    }
}

/// Into how many shares the false alarms are divided where one half of a comparison makes `tests`.
fn shares(tests: usize) -> u128 {
    COMPARISONS * (2 * tests) as u128
}

/// How many of all dealings may be as extreme as the observed one in each of `tests` for it to convict.
fn dealings_allowed(dealings: u128, tests: usize) -> u64 {
    u64::try_from(dealings / (ONE_FALSE_ALARM_IN * shares(tests))).unwrap_or(u64::MAX)
}

fn median(mut values: Vec<i64>) -> i64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

fn evidence(exhibit: &Exhibit<'_>, arm: Arm, main: &[Run<'_>], twin: &[Run<'_>], found: &Found<'_>) -> Evidence {
    let first = exhibit.done().find(|(index, _)| exhibit.is_examined(*index));
    let since = first.map_or(exhibit.main.notebook.starts, |(_, entry)| entry.at);
    let shown = main.iter().chain(twin).find_map(|run| Some((run.record, found.feature.shown(run, since)?)));
    let at = shown.as_ref().map_or(exhibit.main.notebook.starts, |(_, (flow, _))| flow.at);
    let plaintext = format!(
        "{}: median {} over {} runs, {} over {} of {}; by chance in one of {} examinations at most",
        found.feature.what,
        found.medians.0,
        main.len(),
        found.medians.1,
        twin.len(),
        of_arm(arm),
        found.once_in
    );
    Evidence {
        flow: shown.as_ref().filter(|(record, _)| record.run == 0).map(|(_, (flow, _))| flow.id),
        device: shown.as_ref().map(|(record, _)| record.device.clone()),
        endpoint: shown.as_ref().map(|(_, (flow, _))| flow.host.clone()),
        at,
        path: shown.map(|(_, (_, path))| path).unwrap_or_default(),
        plaintext: words::excerpt(&plaintext, ""),
        activity: varied(arm, at),
    }
}
