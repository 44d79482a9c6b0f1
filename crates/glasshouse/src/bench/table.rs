//! Figures for people.

use std::fmt::Write as _;

use super::{
    ingest::IngestRow,
    row::{MechanismRow, QueryRow, RateRow, Rows},
};

/// Every table that was measured.
pub(super) fn text(rows: &Rows) -> String {
    let tables = [queries(&rows.queries), ingest(&rows.ingest), mechanisms(&rows.aggregation)];
    tables.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn queries(rows: &[QueryRow]) -> Option<String> {
    let first = rows.first()?;
    let title = format!("How fast queries are answered: {} reports, median [least, most]", thousands(first.reports));
    let threads = format!("{} threads M/s", first.threads);
    let header = ["query", "hash maps M/s", "1 thread M/s", "to hash maps", &threads, "to 1 thread", "memory to input"];
    Some(format!("{title}\n\n{}", aligned(&header, rows.iter().map(query).collect())))
}

fn query(row: &QueryRow) -> Vec<String> {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let memory = row.peak_bytes as f64 / row.input_bytes.max(1) as f64;
    vec![
        row.query.clone(),
        millions(row.oracle),
        millions(row.one_thread),
        ratio(row.to_oracle),
        millions(row.all_threads),
        ratio(row.to_one_thread),
        format!("{memory:.2}"),
    ]
}

fn ingest(rows: &[IngestRow]) -> Option<String> {
    let first = rows.first()?;
    let title = format!(
        "What a collector takes in for each second of a core: {} reports in batches of {}, median [least, most]",
        thousands(first.reports),
        thousands(first.reports_per_batch)
    );
    let header = ["in place M/s", "prost M/s", "ratio", "without transport M/s", "read alone M/s", "B per report"];
    let limit = |rate: Option<f64>| rate.map_or_else(|| "–".to_owned(), |rate| significant(rate / 1e6));
    let line = |row: &IngestRow| {
        vec![
            millions(row.in_place),
            millions(row.prost),
            ratio(row.ratio),
            limit(row.admitted_alone),
            limit(row.read_alone),
            format!("{:.0}", row.bytes_per_report),
        ]
    };
    Some(format!("{title}\n\n{}", aligned(&header, rows.iter().map(line).collect())))
}

fn mechanisms(rows: &[MechanismRow]) -> Option<String> {
    if rows.is_empty() {
        return None;
    }
    let title = "What each mechanism costs: reports counted by site, one thread, median [least, most]. The ε of central and \
                 prio3 is a device's\nin a window, that of the randomizers on devices is one report's; gaussian noise and selected keys \
                 spend\na delta of a millionth besides";
    let header = [
        "mechanism",
        "reports",
        "k/s",
        "to hash maps",
        "of bandwidth",
        "upload B",
        "peak MB",
        "error",
        "relative",
        "suppressed",
    ];
    Some(format!("{title}\n\n{}", aligned(&header, rows.iter().map(mechanism).collect())))
}

fn mechanism(row: &MechanismRow) -> Vec<String> {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let peak = row.peak_bytes as f64 / 1e6;
    vec![
        row.mechanism.clone(),
        thousands(row.reports),
        spread(row.reports_per_s, 1e3),
        ratio(row.ratio_to_oracle),
        format!("{} %", significant(100.0 * row.bandwidth_share)),
        format!("{:.0}", row.upload_bytes),
        format!("{peak:.0}"),
        format!("{:.2}", row.error),
        format!("{:.3}", row.error_relative),
        format!("{:.1} %", 100.0 * row.suppressed),
    ]
}

fn millions(rate: RateRow) -> String {
    spread(rate, 1e6)
}

fn ratio(ratio: RateRow) -> String {
    spread(ratio, 1.0)
}

fn spread(RateRow { median, least, most }: RateRow, unit: f64) -> String {
    format!("{} [{}, {}]", significant(median / unit), significant(least / unit), significant(most / unit))
}

/// Three significant digits, and no more than that without a need.
fn significant(figure: f64) -> String {
    let decimals = [(100.0, 0), (10.0, 1), (1.0, 2), (0.1, 3), (0.01, 4)];
    let decimals = decimals.iter().find(|(least, _)| figure >= *least).map_or(5, |(_, decimals)| *decimals);
    format!("{figure:.decimals$}")
}

/// Rows under their header: the first column flush left, figures flush right.
fn aligned(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let header: Vec<String> = header.iter().map(|&name| name.to_owned()).collect();
    let lines: Vec<Vec<String>> = std::iter::once(header).chain(rows).collect();
    let widths: Vec<usize> = (0..lines[0].len())
        .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for line in &lines {
        for (column, (cell, &width)) in line.iter().zip(&widths).enumerate() {
            let _ = if column == 0 { write!(text, "  {cell:<width$}") } else { write!(text, "  {cell:>width$}") };
        }
        text.push('\n');
    }
    text
}

/// A number with a space between thousands.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([7, 1_000, 20_000_000].map(thousands), ["7", "1 000", "20 000 000"]);
    }

    #[test]
    fn figures_have_three_digits_whatever_their_size() {
        let written = [12_345.6, 123.4, 23.45, 1.236, 0.1236, 0.000_12].map(significant);
        assert_eq!(written, ["12346", "123", "23.4", "1.24", "0.124", "0.00012"]);
    }

    #[test]
    fn figures_stand_flush_right_under_their_names() {
        let rows = vec![vec!["a".to_owned(), "1".to_owned()], vec!["long".to_owned(), "1000".to_owned()]];
        assert_eq!(aligned(&["n", "M/s"], rows), "  n      M/s\n  a        1\n  long  1000\n");
    }
}
