//! Differencing: releases must not give away by subtraction a group that none of them may hold.
//!
//! # Sees
//!
//! Bare counts that are parts of one another, in one respect at a time: fewer regions, a shorter window, fewer events,
//! or one more field to group by. It subtracts from a whole each of its parts, and as many parts together as do not
//! overlap; what is left over must be nobody or as many as was promised. Devices are subtracted between regions alone,
//! for only there do they add up.
//!
//! # Cannot see
//!
//! Differences in two respects at once, systems of more than these equations, nor what an outsider knows besides; it
//! compares a bounded number of pairs and says so where there are more.
//!
//! # Error rates
//!
//! None, the remainder is a true count.
//!
//! # Source
//!
//! C. Dwork and A. Roth, "The Algorithmic Foundations of Differential Privacy" (2014), section 1.1; complementary cell
//! suppression in official statistics; drafts of the Distributed Aggregation Protocol, on overlapping queries.

use std::{cmp::Reverse, collections::BTreeSet};

use model::{CaseFile, CheckName, Evidence, Measure, Release};

use super::{counts_people, published};
use crate::{conclusion::Conclusion, words};

/// Most pairs of releases that are compared.
const PAIRS_MAX: usize = 1 << 20;

/// In what respect one release is a part of another; in all others they are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Respect {
    Regions,
    Window,
    Events,
    Grouping,
}

/// Subtracts releases from one another, and looks for a remainder below `smallest_group`.
pub(super) fn check(case: &CaseFile, smallest_group: u64) -> Conclusion {
    let mut conclusion = Conclusion::default();
    let mut bare: Vec<&Release> = case.releases.iter().filter(|release| counts_people(release)).collect();
    if bare.len().saturating_mul(bare.len()) > PAIRS_MAX {
        conclusion.lacks("there are more releases than can be subtracted from one another");
        bare.truncate(1 << 10);
    }
    let mut least: Option<(i64, String, Evidence)> = None;
    for whole in &bare {
        for respect in [Respect::Regions, Respect::Window, Respect::Events, Respect::Grouping] {
            let parts: Vec<&Release> = bare.iter().filter(|part| respect.is_part(part, whole)).copied().collect();
            for part in &parts {
                conclusion.exercised(format!("`{}` less `{}`", whole.query, part.query));
            }
            if let Some(found) = smallest_remainder(whole, &parts, respect, smallest_group)
                && least.as_ref().is_none_or(|(before, ..)| found.0 < *before)
            {
                least = Some(found);
            }
        }
    }
    if let Some((left, less, evidence)) = least {
        let what = if evidence.plaintext.ends_with("devices") { "device" } else { "report" };
        let left = words::count(left.unsigned_abs(), what);
        let summary = format!("{less} leaves a group of {left}, fewer than {smallest_group}");
        conclusion.convict(CheckName::Differencing, summary, evidence);
    }
    conclusion
}

impl Respect {
    fn is_part(self, part: &Release, whole: &Release) -> bool {
        if part.measure != whole.measure || (part.measure == Measure::Devices && self != Self::Regions) {
            return false;
        }
        let same = |respect| {
            respect == self
                || match respect {
                    Self::Regions => part.regions == whole.regions,
                    Self::Window => part.window == whole.window,
                    Self::Events => set(&part.events) == set(&whole.events),
                    Self::Grouping => part.group_by == whole.group_by,
                }
        };
        let alike = [Self::Regions, Self::Window, Self::Events, Self::Grouping].into_iter().all(same);
        alike
            && match self {
                Self::Regions => is_subset(&part.regions, &whole.regions),
                Self::Window => {
                    part.window != whole.window
                        && whole.window.start <= part.window.start
                        && part.window.end <= whole.window.end
                }
                // No events named are all events.
                Self::Events => {
                    !part.events.is_empty() && (whole.events.is_empty() || is_subset(&part.events, &whole.events))
                }
                Self::Grouping => is_subset(&whole.group_by, &part.group_by),
            }
    }

    /// What `part` says about the whole's `group`, where it says something.
    fn value(self, part: &Release, whole: &Release, group: &[String]) -> Option<i64> {
        if self != Self::Grouping {
            let place = part.cells.binary_search_by(|cell| cell.group.as_slice().cmp(group)).ok()?;
            return Some(part.cells[place].value);
        }
        let place = |name: &String| part.group_by.iter().position(|other| other == name);
        let places: Vec<usize> = whole.group_by.iter().map(place).collect::<Option<_>>()?;
        let inside = |key: &[String]| places.iter().zip(group).all(|(&place, value)| key.get(place) == Some(value));
        let cells = part.cells.iter().filter(|cell| inside(&cell.group));
        let values: Vec<i64> = cells.map(|cell| cell.value).collect();
        (!values.is_empty()).then(|| values.into_iter().fold(0, i64::saturating_add))
    }

    /// Whether two parts have something in common.
    fn overlap(self, one: &Release, other: &Release) -> bool {
        match self {
            Self::Regions => one.regions.iter().any(|region| other.regions.contains(region)),
            Self::Window => one.window.start < other.window.end && other.window.start < one.window.end,
            Self::Events => one.events.iter().any(|event| other.events.contains(event)),
            Self::Grouping => true,
        }
    }
}

fn set<T: Ord>(items: &[T]) -> BTreeSet<&T> {
    items.iter().collect()
}

/// Whether `small` is a part of `large` and not all of it.
fn is_subset<T: Ord>(small: &[T], large: &[T]) -> bool {
    let (small, large) = (set(small), set(large));
    small.len() < large.len() && small.is_subset(&large)
}

/// The smallest group that is left of `whole`, if one is too small: its size, what was subtracted, and the evidence.
fn smallest_remainder(
    whole: &Release,
    parts: &[&Release],
    respect: Respect,
    smallest_group: u64,
) -> Option<(i64, String, Evidence)> {
    let mut least: Option<(i64, Vec<&Release>, _)> = None;
    for cell in whole.cells.iter().filter(|_| !parts.is_empty()) {
        let known = parts.iter().filter_map(|part| Some((*part, respect.value(part, whole, &cell.group)?)));
        let known: Vec<(&Release, i64)> = known.collect();
        let single = known.iter().map(|part| vec![*part]);
        for taken in single.chain([apart(&known, respect)]) {
            let sum = taken.iter().fold(0_i64, |sum, (_, value)| sum.saturating_add(*value));
            let left = cell.value.saturating_sub(sum);
            let small = u64::try_from(left).is_ok_and(|left| (1..smallest_group).contains(&left));
            if small && least.as_ref().is_none_or(|(before, ..)| left < *before) {
                least = Some((left, taken.into_iter().map(|(part, _)| part).collect(), cell));
            }
        }
    }
    let (left, taken, cell) = least?;
    let mut evidence = published(whole, cell);
    let less = |part: &&Release| format!("less release:{} of {} in {}", part.query, part.window, regions(part));
    evidence.path.extend(taken.iter().map(less));
    let what = if whole.measure == Measure::Devices { "devices" } else { "reports" };
    evidence.plaintext = format!("{} - {} = {left} {what}", cell.value, cell.value.saturating_sub(left));
    let names: BTreeSet<String> = taken.iter().map(|part| format!("`{}`", part.query)).collect();
    let names: Vec<String> = names.into_iter().collect();
    Some((left, format!("`{}` less {}", whole.query, names.join(" and ")), evidence))
}

/// As many parts as fit without overlapping: those that end first, then those of few regions and events.
fn apart<'a>(known: &[(&'a Release, i64)], respect: Respect) -> Vec<(&'a Release, i64)> {
    let mut order = known.to_vec();
    order.sort_by_key(|(part, _)| {
        (part.window.end, Reverse(part.window.start), part.regions.len(), part.events.len(), &part.query)
    });
    let mut taken: Vec<(&Release, i64)> = Vec::new();
    for (part, value) in order {
        // Windows come by their end: only the last can overlap.
        let near = if respect == Respect::Window { taken.len().saturating_sub(1) } else { 0 };
        if !taken[near..].iter().any(|(other, _)| respect.overlap(part, other)) {
            taken.push((part, value));
        }
    }
    taken
}

fn regions(release: &Release) -> String {
    release.regions.iter().map(model::RegionId::as_str).collect::<Vec<_>>().join(", ")
}
