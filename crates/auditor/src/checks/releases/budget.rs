//! Budget: all releases together must not spend more about one device than was promised.
//!
//! # Sees
//!
//! The epsilon that each release says it spends, and adds it up for one device: over every query and window, whatever
//! day they are of, and over every region in which a lab device's reports were held; without such, for a device of one
//! region. A budget that is reset each day, or kept by each region for itself, adds up all the same. A bare release has
//! no epsilon that bounds it.
//!
//! # Cannot see
//!
//! What was not published to the examiner, nor that a mechanism spends more than it says (the epsilon check does).
//!
//! # Error rates
//!
//! None: what was promised is the sum, which basic composition takes for what is spent.
//!
//! # Source
//!
//! J. Tang et al., "Privacy Loss in Apple's Implementation of Differential Privacy on MacOS 10.12" (2017): up to 16 a
//! day.

use std::collections::BTreeSet;

use model::{Arm, CaseFile, CheckName, Ratio, RegionId, Release};

use super::{about, is_bare, noise_of, noisy};
use crate::{conclusion::Conclusion, words};

/// Adds up what was spent about one device, where the promise bounds it.
pub(super) fn check(case: &CaseFile, epsilon_max: Option<Ratio>) -> Conclusion {
    let mut conclusion = Conclusion::default();
    let Some(most) = epsilon_max else { return conclusion };
    if let Some(bare) = case.releases.iter().find(|release| is_bare(release) && !release.cells.is_empty()) {
        let summary = format!("`{}` is published without noise: no epsilon bounds it, let alone {most}", bare.query);
        conclusion.convict(CheckName::Budget, summary, about(bare, bare.mechanism.to_string()));
        return conclusion;
    }
    let mut worst: Option<(Ratio, &Release, u64)> = None;
    for regions in whereabouts(case) {
        let mut spent = Ratio::ZERO;
        let mut releases = 0;
        for (release, epsilon) in noisy(case) {
            let inside = release.regions.iter().filter(|region| regions.contains(region)).count();
            for _ in 0..inside {
                let Some(sum) = spent.checked_add(epsilon) else {
                    conclusion.lacks("what the releases spend has no exact sum");
                    return conclusion;
                };
                spent = sum;
            }
            releases += u64::from(inside > 0);
            if inside > 0 && worst.is_none_or(|(before, ..)| spent > before) {
                worst = Some((spent, release, releases));
            }
        }
    }
    let Some((spent, last, releases)) = worst else { return conclusion };
    let releases = words::count(releases, "release");
    conclusion.exercised(format!("epsilon {spent} of {most} about one device in {releases}"));
    if spent > most {
        let summary = format!("{releases} spend epsilon {spent} about one device, more than {most}");
        let own =
            noise_of(last).map_or_else(String::new, |epsilon| format!("epsilon {epsilon}, after the others {spent}"));
        conclusion.convict(CheckName::Budget, summary, about(last, own));
    }
    conclusion
}

/// Sets of regions in which one device's reports may lie: each by itself, and those in which a lab device's were held.
fn whereabouts(case: &CaseFile) -> BTreeSet<BTreeSet<&RegionId>> {
    let alone = case.regions.iter().map(|region| BTreeSet::from([&region.id]));
    let mains = case.examinations.iter().flat_map(|exam| &exam.records).filter(|record| record.arm == Arm::Main);
    let seen = mains.map(|record| record.holdings.iter().flatten().map(|holding| &holding.region).collect());
    alone.chain(seen).collect()
}
