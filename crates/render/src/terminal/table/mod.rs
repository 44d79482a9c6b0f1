//! The table of verdicts: claims down, subjects across, in as many bands as the width asks for.

mod columns;

use std::ops::Range;

use super::{
    grounds::rows,
    page::{Page, Tone, visible},
};
use crate::Played;
use columns::{
    Column, SPACINGS, Spacing, Span, folded, pad, same_product, same_version, spans, subjects, total, width_min, widths,
};

const INDENT: usize = 2;

/// Claims down, subjects across.
struct Table {
    labels: Vec<String>,
    columns: Vec<Column>,
}

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
        let together = |same| spans(columns, &widths, spacing, same);
        self.heading(page, spacing, Tone::Strong, together(same_product), |column| &column.product);
        self.heading(page, spacing, Tone::Plain, together(same_version), |column| &column.version);
        self.heading(page, spacing, Tone::Faint, together(|_, _| false), |column| &column.switch);
        self.rule(page, spacing, columns, &widths);
        let label_width = self.label_width(spacing);
        for (row, label) in self.labels.iter().enumerate() {
            let names = folded(label, label_width).into_iter().map(|name| (Tone::Strong, name)).collect();
            let cells = together(|_, _| false).map(|span| Block::new(&span, span.first.cells[row].clone()));
            beside(page, std::iter::once(Block { gap: 0, width: label_width, lines: names }).chain(cells));
        }
    }

    fn heading<'a>(
        &self,
        page: &mut Page,
        spacing: Spacing,
        tone: Tone,
        spans: impl Iterator<Item = Span<'a>>,
        text: fn(&Column) -> &str,
    ) {
        let label = Block { gap: 0, width: self.label_width(spacing), lines: Vec::new() };
        let names = spans.map(|span| {
            let lines = folded(text(span.first), span.width).into_iter().map(|line| (tone, line));
            Block::new(&span, lines.collect())
        });
        beside(page, std::iter::once(label).chain(names));
    }

    fn rule(&self, page: &mut Page, spacing: Spacing, columns: &[Column], widths: &[usize]) {
        let spans = spans(columns, widths, spacing, same_product);
        let pieces = spans.map(|span| (Tone::Faint, " ".repeat(span.gap) + &"─".repeat(span.width)));
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

impl Block {
    fn new(span: &Span<'_>, lines: Vec<(Tone, String)>) -> Self {
        Self { gap: span.gap, width: span.width, lines }
    }
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
