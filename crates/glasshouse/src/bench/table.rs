//! Figures for people.

use std::fmt::Write as _;

use super::row::{MechanismRow, QueryRow, RateRow, Rows};

/// Both tables, as far as they were measured.
pub(super) fn text(rows: &Rows) -> String {
    let mut text = String::new();
    if let Some(first) = rows.aggregation.first() {
        let _ = writeln!(text, "What each mechanism costs: {} reports, one thread\n", thousands(first.reports));
        let header =
            ["mechanism", "M/s", "to oracle", "of bandwidth", "upload B", "peak MB", "error", "relative", "suppressed"];
        text.push_str(&aligned(&header, rows.aggregation.iter().map(mechanism).collect()));
    }
    if let Some(first) = rows.queries.first() {
        let gap = if text.is_empty() { "" } else { "\n" };
        let _ = writeln!(
            text,
            "{gap}How fast queries are answered: {} reports, median [slowest, fastest]\n",
            thousands(first.reports)
        );
        let threads = format!("{} threads M/s", first.threads);
        let header =
            ["query", "hash maps M/s", "1 thread M/s", "to oracle", &threads, "to 1 thread", "memory to input"];
        text.push_str(&aligned(&header, rows.queries.iter().map(query).collect()));
    }
    text
}

fn mechanism(row: &MechanismRow) -> Vec<String> {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let peak = row.peak_bytes as f64 / 1e6;
    vec![
        row.mechanism.clone(),
        format!("{:.2}", row.reports_per_s / 1e6),
        format!("{:.2}", row.ratio_to_oracle),
        format!("{:.1} %", 100.0 * row.bandwidth_share),
        format!("{:.0}", row.upload_bytes),
        format!("{peak:.0}"),
        format!("{:.2}", row.error),
        format!("{:.3}", row.error_relative),
        format!("{:.1} %", 100.0 * row.suppressed),
    ]
}

fn query(row: &QueryRow) -> Vec<String> {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let memory = row.peak_bytes as f64 / row.input_bytes.max(1) as f64;
    let rate = |rate: RateRow| format!("{:.1} [{:.1}, {:.1}]", rate.median / 1e6, rate.least / 1e6, rate.most / 1e6);
    vec![
        row.query.clone(),
        rate(row.oracle),
        rate(row.one_thread),
        format!("{:.2}", row.one_thread.median / row.oracle.median),
        rate(row.all_threads),
        format!("{:.2}", row.all_threads.median / row.one_thread.median),
        format!("{memory:.2}"),
    ]
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
    fn figures_stand_flush_right_under_their_names() {
        let rows = vec![vec!["a".to_owned(), "1".to_owned()], vec!["long".to_owned(), "1000".to_owned()]];
        assert_eq!(aligned(&["n", "M/s"], rows), "  n      M/s\n  a        1\n  long  1000\n");
    }
}
