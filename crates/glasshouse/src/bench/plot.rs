//! The picture: throughput against error, one mark for each mechanism. Both axes are logarithmic.

use std::fmt::Write as _;

use super::row::MechanismRow;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 480.0;
/// Room for axes: left, right, top, bottom.
const MARGIN: [f64; 4] = [80.0, 150.0, 40.0, 60.0];

/// An axis from one power of ten to another.
struct Axis {
    first: i32,
    last: i32,
    /// Where its ends are drawn.
    ends: [f64; 2],
}

/// Draws `rows`. A mechanism without any error stands at the left edge, a tenth of the least error of the others.
pub(super) fn svg(rows: &[MechanismRow]) -> String {
    let least = rows.iter().map(|row| row.error).filter(|error| *error > 0.0).fold(f64::INFINITY, f64::min);
    let floor = if least.is_finite() { least / 10.0 } else { 0.1 };
    let error = |row: &MechanismRow| row.error.max(floor);
    let [left, right, top, bottom] = MARGIN;
    let x = Axis::over(rows.iter().map(error), [left, WIDTH - right]);
    let y = Axis::over(rows.iter().map(|row| row.reports_per_s), [HEIGHT - bottom, top]);
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
    let mut labels: Vec<[f64; 2]> = Vec::new();
    for row in rows {
        let (cx, cy) = (x.place(error(row)), y.place(row.reports_per_s));
        let label = free_place([cx + 9.0, cy + 4.0], &labels);
        labels.push(label);
        let exactly = if row.error > 0.0 { "" } else { " (no error)" };
        let _ = writeln!(
            svg,
            "<circle cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"5\" fill=\"#0b6e99\"/>\n<text x=\"{:.1}\" y=\"{:.1}\">{}{exactly}</text>",
            label[0],
            label[1],
            escaped(&row.mechanism)
        );
    }
    svg + "</svg>\n"
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

/// The place for a label, moved down until it covers no other.
fn free_place(mut place: [f64; 2], taken: &[[f64; 2]]) -> [f64; 2] {
    let covers = |place: [f64; 2]| {
        taken.iter().any(|other| (other[0] - place[0]).abs() < 130.0 && (other[1] - place[1]).abs() < 13.0)
    };
    while covers(place) && place[1] < HEIGHT {
        place[1] += 14.0;
    }
    place
}

#[expect(clippy::cast_possible_truncation, reason = "the power of ten of a figure")]
const fn power(log: f64) -> i32 {
    log as i32
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
