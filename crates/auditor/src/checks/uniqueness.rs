//! Uniqueness: what is published about people without names must not tell them apart.
//!
//! A release whose groups have a pseudonym among their keys says of each person which other groups they belong to: a
//! history. Whoever knows a few points of somebody's history from elsewhere finds the rest, so a history that nobody
//! else has is no anonymous one.
//!
//! # Sees
//!
//! Such histories in everything that is published without noise, over all windows of a query; a column counts as one of
//! pseudonyms where its values are drawn rather than named (many, of one length, different nearly everywhere), or where
//! the field told the two examined devices of one model apart on the servers.
//!
//! # Cannot see
//!
//! Names of people that look like words where no server was inspected, histories spread over queries without a common
//! pseudonym, and what noise hides.
//!
//! # Error rates
//!
//! Counting is exact; a column of words, all of one length of eight and more, would be taken for one of pseudonyms.
//!
//! # Source
//!
//! Y.-A. de Montjoye et al., "Unique in the Crowd" (2013): four points name 95 % of people; L. Olejnik et al., "Why
//! Johnny Can't Browse in Peace" (2012): 69 % of browsing histories are unique, and 97 % with 4 and more sites; L.
//! Sweeney (2000).

mod pseudonyms;

use std::collections::{BTreeMap, BTreeSet};

use model::{CaseFile, CheckName, Evidence, Mechanism, QueryId, Release};

use self::pseudonyms::are_pseudonyms;
use crate::{conclusion::Conclusion, words};

/// Most pseudonyms of one column that are followed.
const PSEUDONYMS_MAX: usize = 1 << 20;
/// Most points of one history that are kept.
const POINTS_MAX: usize = 1 << 10;
/// Most points that a finding quotes.
const QUOTED_MAX: usize = 8;

/// The other keys of a cell, and the window where there are none.
type Point<'a> = Vec<&'a str>;
/// What is published about each pseudonym.
type Histories<'a> = BTreeMap<&'a str, BTreeSet<Point<'a>>>;

/// Looks for releases that tell histories of pseudonyms apart.
pub(crate) fn check(case: &CaseFile) -> Conclusion {
    let mut conclusion = Conclusion::default();
    let mut queries: BTreeMap<(&QueryId, &[String]), Vec<&Release>> = BTreeMap::new();
    let plain = |release: &&Release| matches!(release.mechanism, Mechanism::Exact | Mechanism::Threshold { .. });
    for release in case.releases.iter().filter(plain) {
        queries.entry((&release.query, &release.group_by)).or_default().push(release);
    }
    for ((query, columns), releases) in queries {
        conclusion.exercised(format!("histories in the releases of `{query}`"));
        for (place, column) in columns.iter().enumerate() {
            let histories = histories(&releases, place);
            if are_pseudonyms(case, column, &histories) {
                judge(&releases, place, &histories, &mut conclusion);
            }
        }
    }
    conclusion
}

/// What the releases say of each value of the column at `place`.
fn histories<'a>(releases: &[&'a Release], place: usize) -> Histories<'a> {
    let mut histories = Histories::new();
    for release in releases {
        for cell in release.cells.iter().filter(|cell| cell.value != 0) {
            let Some(value) = cell.group.get(place) else { continue };
            if histories.len() >= PSEUDONYMS_MAX && !histories.contains_key(value.as_str()) {
                continue; // a million are enough to tell
            }
            let points = histories.entry(value).or_default();
            if points.len() < POINTS_MAX {
                let others = cell.group.iter().enumerate().filter(|(other, _)| *other != place);
                points.insert(others.map(|(_, value)| value.as_str()).collect());
            }
        }
    }
    histories
}

/// Convicts if most histories of two points and more are nobody else's.
fn judge(releases: &[&Release], place: usize, histories: &Histories<'_>, conclusion: &mut Conclusion) {
    let mut bearers: BTreeMap<&BTreeSet<Point<'_>>, u64> = BTreeMap::new();
    for points in histories.values().filter(|points| points.len() >= 2) {
        *bearers.entry(points).or_default() += 1;
    }
    let all: u64 = bearers.values().sum();
    let unique = bearers.values().filter(|bearers| **bearers == 1).count() as u64;
    if unique < 2 || unique * 2 <= all {
        return;
    }
    let own = |points: &BTreeSet<Point<'_>>| bearers.get(points) == Some(&1);
    let shortest = histories.iter().filter(|(_, points)| own(points)).min_by_key(|(_, points)| points.len());
    let Some((pseudonym, points)) = shortest else { return };
    let (release, percent) = (releases[0], unique * 100 / all.max(1));
    let summary = format!(
        "`{}` publishes histories of {}: of {all} with two points and more {unique} ({percent} %) are nobody else's, which \
         tells {} apart",
        release.query,
        words::count(histories.len() as u64, "pseudonym"),
        words::count(u64::from(u64::BITS - unique.leading_zeros() - 1), "bit"),
    );
    conclusion.convict(CheckName::Uniqueness, summary, evidence(releases, place, pseudonym, points));
}

fn evidence(releases: &[&Release], place: usize, pseudonym: &str, points: &BTreeSet<Point<'_>>) -> Evidence {
    let holds =
        |release: &&&Release| release.cells.iter().any(|cell| cell.group.get(place).is_some_and(|v| v == pseudonym));
    let release = releases.iter().find(holds).unwrap_or(&releases[0]);
    let column = release.group_by.get(place).map_or("", String::as_str);
    let others: Vec<&str> = release
        .group_by
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != place)
        .map(|(_, name)| name.as_str())
        .collect();
    let point = |point: &Point<'_>| {
        others.iter().zip(point).map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(",")
    };
    let quoted: Vec<String> = points.iter().take(QUOTED_MAX).map(point).collect();
    Evidence {
        flow: None,
        device: None,
        endpoint: None,
        at: release.window.end,
        path: vec![
            format!("release:{}", release.query),
            format!("window:{}", release.window),
            format!("{column}={pseudonym}"),
        ],
        plaintext: words::excerpt(&quoted.join("; "), ""),
        activity: format!("release of `{}` for {}", release.query, release.window),
    }
}
