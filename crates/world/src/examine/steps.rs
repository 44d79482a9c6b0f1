//! The steps in which time passes: the same for every arm, so that what an arm leaves out shifts nothing else.

use std::collections::BTreeSet;

use model::{Notebook, Timestamp};

/// First step of a longer wait; each is twice the one before. A flow's time is the end of the step in which it left.
const STEP_FIRST_MS: i64 = 1_000;

/// When every arm stops for a moment, in order: right before each line of any arm, at it, and in between.
///
/// What leaves the device during a step carries the time of its end. Right before a line is a step of its own, so that
/// what left before a line never seems to have left after it.
pub(super) fn steps(notebooks: &[Notebook]) -> Vec<Timestamp> {
    let mut fixed = BTreeSet::new();
    for notebook in notebooks {
        fixed.insert(notebook.starts.as_millis());
        fixed.insert(notebook.ends.as_millis());
        let lines = notebook.entries.iter().map(|entry| entry.at.as_millis());
        fixed.extend(lines.flat_map(|at| [at.saturating_sub(1), at]));
    }
    let starts = notebooks.iter().map(|notebook| notebook.starts.as_millis()).min().unwrap_or(0);
    let mut steps = Vec::new();
    let mut last = starts;
    for at in fixed.into_iter().filter(|at| *at >= starts) {
        let mut step = STEP_FIRST_MS;
        while last.saturating_add(step) < at {
            last = last.saturating_add(step);
            steps.push(last);
            step = step.saturating_mul(2);
        }
        steps.push(at);
        last = at;
    }
    steps.into_iter().map(Timestamp::from_millis).collect()
}

#[cfg(test)]
mod tests {
    use model::{Activity, NotebookEntry, Outcome, Phase};

    use super::*;

    fn notebook(lines: &[i64], ends: i64) -> Notebook {
        let entry = |at: &i64| NotebookEntry {
            at: Timestamp::from_millis(*at),
            phase: Phase::Use,
            session: None,
            mode: None,
            activity: Activity::Restart,
            canaries: Vec::new(),
            outcome: Outcome::Planned,
        };
        let entries = lines.iter().map(entry).collect();
        Notebook { starts: Timestamp::from_millis(0), ends: Timestamp::from_millis(ends), entries }
    }

    #[test]
    fn every_arm_stops_at_the_lines_of_every_other() {
        let steps = steps(&[notebook(&[500, 9_000], 9_100), notebook(&[9_000], 9_100)]);
        let ms: Vec<i64> = steps.into_iter().map(Timestamp::as_millis).collect();
        assert_eq!(ms, [0, 499, 500, 1_500, 3_500, 7_500, 8_999, 9_000, 9_100]);
    }

    #[test]
    fn a_long_wait_takes_few_steps() {
        assert!(steps(&[notebook(&[], 92 * 86_400_000)]).len() < 30);
    }
}
