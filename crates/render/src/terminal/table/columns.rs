//! The columns of the table: what stands in them, how wide they are, and what their headings span.

use model::{ClaimId, Ruling, Subject, Verdict};
use textwrap::core::display_width;

use crate::{
    Judged, Played,
    terminal::page::{Tone, visible},
};

/// One subject.
pub(super) struct Column {
    pub(super) product: String,
    pub(super) version: String,
    pub(super) switch: String,
    /// For each claim, the lines of its cell.
    pub(super) cells: Vec<Vec<(Tone, String)>>,
}

/// Columns that have something in common.
pub(super) struct Span<'a> {
    pub(super) first: &'a Column,
    pub(super) gap: usize, // before it
    pub(super) width: usize,
}

/// How far apart things stand, and which names are folded at their hyphens.
#[derive(Clone, Copy)]
pub(super) struct Spacing {
    pub(super) fold_labels: bool,
    pub(super) fold_headings: bool,
    pub(super) gap: usize,
    pub(super) product_gap: usize,
}

/// From airy to tight: the first that needs the fewest bands is taken.
pub(super) const SPACINGS: [Spacing; 4] = [
    Spacing { fold_labels: false, fold_headings: false, gap: 2, product_gap: 4 },
    Spacing { fold_labels: false, fold_headings: false, gap: 1, product_gap: 2 },
    Spacing { fold_labels: false, fold_headings: true, gap: 1, product_gap: 2 },
    Spacing { fold_labels: true, fold_headings: true, gap: 1, product_gap: 2 },
];

impl Column {
    pub(super) fn new(played: &Played, subject: &Subject, claims: &[&ClaimId]) -> Self {
        let about = |claim: &ClaimId| {
            let is_it = |ruling: &Ruling| ruling.claim == *claim && ruling.subject == *subject;
            played.verdicts.iter().find(|judged| is_it(&judged.ruling))
        };
        Self {
            product: visible(subject.product.as_str()),
            version: visible(subject.version.as_str()),
            switch: subject.switch.to_string(),
            cells: claims.iter().map(|claim| cell(about(claim))).collect(),
        }
    }

    fn width(&self) -> usize {
        let cells = self.cells.iter().flatten().map(|(_, text)| display_width(text));
        cells.max().unwrap_or(0).max(display_width(&self.switch))
    }
}

/// A verdict; where it is not what was expected, with a mark and the expectation below it.
fn cell(judged: Option<&Judged>) -> Vec<(Tone, String)> {
    let Some(judged) = judged else {
        return vec![(Tone::Faint, "·".to_owned())];
    };
    let verdict: Verdict = judged.ruling.verdict;
    match judged.expected {
        Some(expected) if judged.holds() == Some(false) => {
            let by = judged.check.map(|check| (Tone::Faint, format!("by {check}")));
            let lines = [
                (Tone::Alarm, format!("{verdict} !")),
                (Tone::Faint, "expected".to_owned()),
                (Tone::Faint, expected.to_string()),
            ];
            lines.into_iter().chain(by).collect()
        }
        _ => vec![(Tone::Verdict(verdict), verdict.to_string())],
    }
}

/// Subjects in the order of their first appearance, those of one product together.
pub(super) fn subjects(played: &Played) -> Vec<&Subject> {
    let mut subjects: Vec<&Subject> = Vec::new();
    for judged in &played.verdicts {
        let subject = &judged.ruling.subject;
        if subjects.contains(&subject) {
            continue;
        }
        let last_of_product = subjects.iter().rposition(|other| other.product == subject.product);
        subjects.insert(last_of_product.map_or(subjects.len(), |last| last + 1), subject);
    }
    subjects
}

pub(super) fn same_product(a: &Column, b: &Column) -> bool {
    a.product == b.product
}

pub(super) fn same_version(a: &Column, b: &Column) -> bool {
    same_product(a, b) && a.version == b.version
}

/// Widths of columns, so that each heading fits over the columns that it spans.
pub(super) fn widths(columns: &[Column], spacing: Spacing) -> Vec<usize> {
    let mut widths: Vec<usize> = columns.iter().map(Column::width).collect();
    widen(&mut widths, columns, spacing, same_version, |column| &column.version);
    widen(&mut widths, columns, spacing, same_product, |column| &column.product);
    widths
}

fn widen(
    widths: &mut [usize],
    columns: &[Column],
    spacing: Spacing,
    same: fn(&Column, &Column) -> bool,
    text: fn(&Column) -> &str,
) {
    let mut start = 0;
    for span in columns.chunk_by(same) {
        let end = start + span.len();
        let has = widths[start..end].iter().sum::<usize>() + spacing.gap * (span.len() - 1);
        widths[end - 1] += width_min(text(&span[0]), spacing.fold_headings).saturating_sub(has);
        start = end;
    }
}

/// Columns that `same` puts together.
pub(super) fn spans<'a>(
    columns: &'a [Column],
    widths: &'a [usize],
    spacing: Spacing,
    same: fn(&Column, &Column) -> bool,
) -> impl Iterator<Item = Span<'a>> {
    let mut start = 0;
    columns.chunk_by(same).map(move |span| {
        let end = start + span.len();
        let first_of_product = start == 0 || !same_product(&columns[start - 1], &columns[start]);
        let gap = if first_of_product { spacing.product_gap } else { spacing.gap };
        let width = widths[start..end].iter().sum::<usize>() + spacing.gap * (span.len() - 1);
        start = end;
        Span { first: &span[0], gap, width }
    })
}

/// Width of the columns with the gaps before them.
pub(super) fn total(columns: &[Column], spacing: Spacing) -> usize {
    spans(columns, &widths(columns, spacing), spacing, same_product).map(|span| span.gap + span.width).sum()
}

/// Columns that `name` takes at least, in one line or folded.
pub(super) fn width_min(name: &str, fold: bool) -> usize {
    let parts = name.split_inclusive(|c| fold && c == '-').map(display_width);
    parts.max().unwrap_or(0)
}

/// `name` in lines of at most `width` columns, where its hyphens allow it.
pub(super) fn folded(name: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in name.split_inclusive('-') {
        match lines.last_mut() {
            Some(line) if display_width(line) + display_width(part) <= width => line.push_str(part),
            _ => lines.push(part.to_owned()),
        }
    }
    lines
}

pub(super) fn pad(text: &str, width: usize) -> String {
    text.to_owned() + &" ".repeat(width.saturating_sub(display_width(text)))
}
