//! The picture: throughput against error, one mark for each mechanism and epsilon. Both axes are logarithmic.

use std::fmt::Write as _;

use super::row::MechanismRow;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 560.0;
/// Room for axes: left, right, top, bottom.
const MARGIN: [f64; 4] = [80.0, 40.0, 40.0, 60.0];
/// Radius of a mark.
const RADIUS: f64 = 5.0;
/// About the width of a character, and the height of a label.
const LETTER: [f64; 2] = [6.6, 13.0];

/// An axis from one power of ten to another.
struct Axis {
    first: i32,
    last: i32,
    /// Where its ends are drawn.
    ends: [f64; 2],
}

/// A rectangle: left, top, right, bottom.
type Rectangle = [f64; 4];

/// Draws `rows`. A mechanism without any error stands at the left edge, a tenth of the least error of the others.
pub(super) fn svg(rows: &[MechanismRow]) -> String {
    let least = rows.iter().map(|row| row.error).filter(|error| *error > 0.0).fold(f64::INFINITY, f64::min);
    let floor = if least.is_finite() { least / 10.0 } else { 0.1 };
    let error = |row: &MechanismRow| row.error.max(floor);
    let [left, right, top, bottom] = MARGIN;
    let x = Axis::over(rows.iter().map(error), [left, WIDTH - right]);
    let y = Axis::over(rows.iter().map(|row| row.reports_per_s.median), [HEIGHT - bottom, top]);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n"
    );
    x.draw(
        &mut svg,
        |at| format!("x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{top}\" y2=\"{}\"", HEIGHT - bottom),
        |at| format!("x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\"", HEIGHT - bottom + 18.0),
    );
    y.draw(
        &mut svg,
        |at| format!("y1=\"{at:.1}\" y2=\"{at:.1}\" x1=\"{left}\" x2=\"{}\"", WIDTH - right),
        |at| format!("x=\"{}\" y=\"{:.1}\" text-anchor=\"end\"", left - 8.0, at + 4.0),
    );
    titles(&mut svg);
    let marks: Vec<[f64; 2]> =
        rows.iter().map(|row| [x.place(error(row)), y.place(row.reports_per_s.median)]).collect();
    let labels: Vec<String> = rows.iter().map(label).collect();
    let boxes = places(&marks, &labels);
    for (((row, mark), label), place) in rows.iter().zip(&marks).zip(&labels).zip(&boxes) {
        draw(&mut svg, *mark, &row.mechanism, label, place);
    }
    svg + "</svg>\n"
}

fn label(row: &MechanismRow) -> String {
    let exactly = if row.error > 0.0 { "" } else { " (no error)" };
    format!("{}{exactly}", row.mechanism)
}

/// A mark with its label, and a line between them where they stand apart.
fn draw(svg: &mut String, [cx, cy]: [f64; 2], mechanism: &str, label: &str, place: &Rectangle) {
    let [left, top, right, bottom] = *place;
    let near = [cx.clamp(left, right), cy.clamp(top, bottom)];
    if (near[0] - cx).hypot(near[1] - cy) > 2.0 * RADIUS {
        let _ = writeln!(
            svg,
            "<line x1=\"{cx:.1}\" y1=\"{cy:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"#999\" stroke-width=\"0.7\"/>",
            near[0], near[1]
        );
    }
    let _ = writeln!(
        svg,
        "<circle cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"{RADIUS}\" fill=\"{}\"/>\n<text x=\"{left:.1}\" y=\"{:.1}\">{}</text>",
        colour(mechanism),
        bottom - 3.0,
        escaped(label)
    );
}

/// Mechanisms that trust alike look alike.
fn colour(mechanism: &str) -> &'static str {
    match mechanism.split(' ').next().unwrap_or_default() {
        "exact" | "threshold" => "#555555",
        "central" => "#0b6e99",
        "prio3" | "star" => "#b3541e",
        _ => "#3c8031",
    }
}

/// A place for each label, near its mark, that covers no mark and no other label. Where there is none in reach, the
/// place to the right.
fn places(marks: &[[f64; 2]], labels: &[String]) -> Vec<Rectangle> {
    let mut taken: Vec<Rectangle> = marks.iter().map(|[x, y]| around(*x, *y)).collect();
    let mut found = Vec::new();
    for ([x, y], label) in marks.iter().zip(labels) {
        let width = LETTER[0] * f64::from(u16::try_from(label.chars().count()).unwrap_or(u16::MAX));
        let is_free = |place: &Rectangle| is_inside(place) && !taken.iter().any(|other| overlap(place, other));
        let place = around_mark([*x, *y], width).find(is_free);
        let place = place.unwrap_or_else(|| rectangle(x + RADIUS + 4.0, y - LETTER[1] / 2.0, width));
        taken.push(place);
        found.push(place);
    }
    found
}

/// Places for a label of `width`: beside the mark, above and below, then ever further away.
fn around_mark([x, y]: [f64; 2], width: f64) -> impl Iterator<Item = Rectangle> {
    let gap = RADIUS + 4.0;
    let beside = [x + gap, x - gap - width, x - width / 2.0];
    (0..24_u8).map(f64::from).flat_map(move |step| {
        let off = step * LETTER[1] / 2.0;
        let levels = [y - LETTER[1] / 2.0 - off, y - LETTER[1] / 2.0 + off];
        beside.into_iter().flat_map(move |left| levels.map(|top| rectangle(left, top, width)))
    })
}

fn rectangle(left: f64, top: f64, width: f64) -> Rectangle {
    [left, top, left + width, top + LETTER[1]]
}

fn around(x: f64, y: f64) -> Rectangle {
    [x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS]
}

fn is_inside([left, top, right, bottom]: &Rectangle) -> bool {
    *left >= MARGIN[0] + 2.0 && *right <= WIDTH && *top >= MARGIN[2] && *bottom <= HEIGHT - MARGIN[3]
}

fn overlap(a: &Rectangle, b: &Rectangle) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

impl Axis {
    fn over(values: impl Iterator<Item = f64>, ends: [f64; 2]) -> Self {
        let logs: Vec<f64> = values.filter(|value| *value > 0.0).map(f64::log10).collect();
        let least = logs.iter().copied().fold(f64::INFINITY, f64::min);
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let whole = |log: f64| if log.is_finite() { power(log) } else { 0 };
        let (first, last) = (whole(least.floor()), whole(most.ceil()));
        Self { first, last: last.max(first + 1), ends }
    }

    fn place(&self, value: f64) -> f64 {
        let share = (value.log10() - f64::from(self.first)) / f64::from(self.last - self.first);
        self.ends[0] + share * (self.ends[1] - self.ends[0])
    }

    /// A line and a number at each power of ten.
    fn draw(&self, svg: &mut String, line: impl Fn(f64) -> String, number: impl Fn(f64) -> String) {
        for exponent in self.first..=self.last {
            let at = self.place(10_f64.powi(exponent));
            let _ = writeln!(svg, "<line {} stroke=\"#ddd\"/>", line(at));
            let _ = writeln!(svg, "<text {}>10<tspan dy=\"-5\" font-size=\"9\">{exponent}</tspan></text>", number(at));
        }
    }
}

fn titles(svg: &mut String) {
    let [left, right, top, bottom] = MARGIN;
    let (across, down) = ((left + WIDTH - right) / 2.0, (top + HEIGHT - bottom) / 2.0);
    let _ = writeln!(
        svg,
        "<text x=\"{across}\" y=\"{}\" text-anchor=\"middle\">error of a count (root mean square)</text>\n\
         <text transform=\"translate(22 {down}) rotate(-90)\" text-anchor=\"middle\">reports a second</text>\n\
         <text x=\"{across}\" y=\"22\" text-anchor=\"middle\" font-size=\"14\">Throughput against error</text>",
        HEIGHT - 16.0
    );
}

#[expect(clippy::cast_possible_truncation, reason = "the power of ten of a figure")]
const fn power(log: f64) -> i32 {
    log as i32
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_cover_neither_marks_nor_one_another() {
        // Five marks in a heap, and one in a corner.
        let marks = [[300.0, 200.0], [302.0, 203.0], [304.0, 199.0], [298.0, 204.0], [301.0, 190.0], [815.0, 45.0]];
        let labels = marks.map(|_| "a label of some length".to_owned());
        let places = places(&marks, &labels);
        for (number, place) in places.iter().enumerate() {
            assert!(is_inside(place), "{place:?}");
            assert!(!marks.iter().any(|[x, y]| overlap(place, &around(*x, *y))), "{place:?}");
            assert!(!places[..number].iter().any(|other| overlap(place, other)), "{place:?}");
        }
    }
}
