//! The table of verdicts: claims down, subjects across, in as many bands as the width asks for.

use std::ops::Range;

use model::{ClaimId, Ruling, Subject, Verdict};
use textwrap::core::display_width;

use super::{
    grounds::rows,
    page::{Page, Tone, visible},
};
use crate::{Judged, Played};

const INDENT: usize = 2;

/// Claims down, subjects across.
struct Table {
    labels: Vec<String>,
    columns: Vec<Column>,
}

/// One subject.
struct Column {
    product: String,
    version: String,
    switch: String,
    /// For each claim, the lines of its cell.
    cells: Vec<Vec<(Tone, String)>>,
}

/// How far apart things stand, and which names are folded at their hyphens.
#[derive(Clone, Copy)]
struct Spacing {
    fold_labels: bool,
    fold_headings: bool,
    gap: usize,
    product_gap: usize,
}

/// From airy to tight: the first that needs the fewest bands is taken.
const SPACINGS: [Spacing; 4] = [
    Spacing { fold_labels: false, fold_headings: false, gap: 2, product_gap: 4 },
    Spacing { fold_labels: false, fold_headings: false, gap: 1, product_gap: 2 },
    Spacing { fold_labels: false, fold_headings: true, gap: 1, product_gap: 2 },
    Spacing { fold_labels: true, fold_headings: true, gap: 1, product_gap: 2 },
];

/// Writes the table of `played`.
pub(super) fn write(page: &mut Page, played: &Played) {
    let table = Table::new(played);
    let width = page.width() - INDENT;
    let candidates = SPACINGS.map(|spacing| (spacing, table.bands(spacing, width)));
    let Some((spacing, bands)) = candidates.into_iter().min_by_key(|(_, bands)| bands.len()) else { return };
    for (index, band) in bands.into_iter().enumerate() {
        if index > 0 {
            page.blank();
        }
        table.band(page, spacing, &table.columns[band]);
    }
}

impl Table {
    fn new(played: &Played) -> Self {
        let claims = rows(played);
        let columns = subjects(played).into_iter().map(|subject| Column::new(played, subject, &claims)).collect();
        Self { labels: claims.iter().map(|claim| visible(claim.as_str())).collect(), columns }
    }

    fn label_width(&self, spacing: Spacing) -> usize {
        self.labels.iter().map(|label| width_min(label, spacing.fold_labels)).max().unwrap_or(0)
    }

    /// Which columns stand beside one another: products whole where they fit.
    fn bands(&self, spacing: Spacing, width: usize) -> Vec<Range<usize>> {
        let room = width.saturating_sub(self.label_width(spacing));
        let fits = |columns: Range<usize>| total(&self.columns[columns], spacing) <= room;
        let mut bands: Vec<Range<usize>> = Vec::new();
        let mut next = 0;
        for product in self.columns.chunk_by(same_product) {
            let product = next..next + product.len();
            next = product.end;
            match bands.last_mut() {
                Some(band) if fits(band.start..product.end) => band.end = product.end,
                _ if fits(product.clone()) => bands.push(product),
                _ => split(product, &fits, &mut bands),
            }
        }
        bands
    }

    fn band(&self, page: &mut Page, spacing: Spacing, columns: &[Column]) {
        let widths = widths(columns, spacing);
        self.heading(page, spacing, spans(columns, &widths, spacing, same_product), Tone::Strong, |column| {
            &column.product
        });
        self.heading(page, spacing, spans(columns, &widths, spacing, same_version), Tone::Plain, |column| {
            &column.version
        });
        self.heading(page, spacing, spans(columns, &widths, spacing, |_, _| false), Tone::Faint, |column| {
            &column.switch
        });
        self.rule(page, spacing, columns, &widths);
        let label_width = self.label_width(spacing);
        for (row, label) in self.labels.iter().enumerate() {
            let names = folded(label, label_width).into_iter().map(|name| (Tone::Strong, name)).collect();
            let cells = spans(columns, &widths, spacing, |_, _| false);
            let cells = cells.map(|(column, gap, width)| Block { gap, width, lines: column.cells[row].clone() });
            beside(page, std::iter::once(Block { gap: 0, width: label_width, lines: names }).chain(cells));
        }
    }

    fn heading<'a>(
        &self,
        page: &mut Page,
        spacing: Spacing,
        spans: impl Iterator<Item = (&'a Column, usize, usize)>,
        tone: Tone,
        text: fn(&Column) -> &str,
    ) {
        let label = Block { gap: 0, width: self.label_width(spacing), lines: Vec::new() };
        let names = spans.map(|(column, gap, width)| {
            let lines = folded(text(column), width).into_iter().map(|line| (tone, line)).collect();
            Block { gap, width, lines }
        });
        beside(page, std::iter::once(label).chain(names));
    }

    fn rule(&self, page: &mut Page, spacing: Spacing, columns: &[Column], widths: &[usize]) {
        let spans = spans(columns, widths, spacing, same_product);
        let pieces = spans.map(|(_, gap, width)| (Tone::Faint, " ".repeat(gap) + &"─".repeat(width)));
        let label = (Tone::Faint, "─".repeat(self.label_width(spacing)));
        page.line(INDENT, &std::iter::once(label).chain(pieces).collect::<Vec<_>>());
    }
}

/// Lines of one place in the table.
struct Block {
    gap: usize,
    width: usize,
    lines: Vec<(Tone, String)>,
}

/// Writes `blocks` side by side.
fn beside(page: &mut Page, blocks: impl Iterator<Item = Block>) {
    let blocks: Vec<Block> = blocks.collect();
    let height = blocks.iter().map(|block| block.lines.len()).max().unwrap_or(0);
    for line in 0..height {
        let pieces = blocks.iter().flat_map(|block| {
            let (tone, text) = block.lines.get(line).map_or((Tone::Plain, ""), |(tone, text)| (*tone, text));
            [(Tone::Plain, " ".repeat(block.gap)), (tone, pad(text, block.width))]
        });
        page.line(INDENT, &pieces.collect::<Vec<_>>());
    }
}

impl Column {
    fn new(played: &Played, subject: &Subject, claims: &[&ClaimId]) -> Self {
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
        Some(expected) if expected != verdict => vec![
            (Tone::Alarm, format!("{verdict} !")),
            (Tone::Faint, "expected".to_owned()),
            (Tone::Faint, expected.to_string()),
        ],
        _ => vec![(Tone::Verdict(verdict), verdict.to_string())],
    }
}

/// Subjects in the order of their first appearance, those of one product together.
fn subjects(played: &Played) -> Vec<&Subject> {
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

/// Cuts one product that is too wide for a line into bands; each holds at least one column.
fn split(product: Range<usize>, fits: &impl Fn(Range<usize>) -> bool, bands: &mut Vec<Range<usize>>) {
    let mut start = product.start;
    for end in product.start + 1..=product.end {
        if end > start + 1 && !fits(start..end) {
            bands.push(start..end - 1);
            start = end - 1;
        }
    }
    bands.push(start..product.end);
}

fn same_product(a: &Column, b: &Column) -> bool {
    a.product == b.product
}

fn same_version(a: &Column, b: &Column) -> bool {
    same_product(a, b) && a.version == b.version
}

/// Widths of columns, so that each heading fits over the columns that it spans.
fn widths(columns: &[Column], spacing: Spacing) -> Vec<usize> {
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

/// Columns that `same` puts together, as (first column, gap before it, width of all).
fn spans<'a>(
    columns: &'a [Column],
    widths: &'a [usize],
    spacing: Spacing,
    same: fn(&Column, &Column) -> bool,
) -> impl Iterator<Item = (&'a Column, usize, usize)> {
    let mut start = 0;
    columns.chunk_by(same).map(move |span| {
        let end = start + span.len();
        let first_of_product = start == 0 || !same_product(&columns[start - 1], &columns[start]);
        let gap = if first_of_product { spacing.product_gap } else { spacing.gap };
        let width = widths[start..end].iter().sum::<usize>() + spacing.gap * (span.len() - 1);
        start = end;
        (&span[0], gap, width)
    })
}

/// Width of the columns with the gaps before them.
fn total(columns: &[Column], spacing: Spacing) -> usize {
    spans(columns, &widths(columns, spacing), spacing, same_product).map(|(_, gap, width)| gap + width).sum()
}

/// Columns that `name` takes at least, in one line or folded.
fn width_min(name: &str, fold: bool) -> usize {
    let parts = name.split_inclusive(|c| fold && c == '-').map(display_width);
    parts.max().unwrap_or(0)
}

/// `name` in lines of at most `width` columns, where its hyphens allow it.
fn folded(name: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in name.split_inclusive('-') {
        match lines.last_mut() {
            Some(line) if display_width(line) + display_width(part) <= width => line.push_str(part),
            _ => lines.push(part.to_owned()),
        }
    }
    lines
}

fn pad(text: &str, width: usize) -> String {
    text.to_owned() + &" ".repeat(width.saturating_sub(display_width(text)))
}
