//! Plots of numbers over numbers: panels above one another with one axis below, and a legend
//! under all.

use super::draw::{Anchor, Drawing, FONT};
use super::legend::{self, LegendEntry};
use super::look::Look;
use super::scale::Scale;
use super::words::{fit, width_of};
use crate::page::markup::Markup;

/// A plot.
#[derive(Debug, Clone)]
pub(crate) struct Chart {
    /// What it shows, for those who cannot see it.
    pub(crate) title: String,
    /// What can be read from it, for the same.
    pub(crate) description: String,
    /// Its width in units: `FULL` or `HALF`.
    pub(crate) width: f64,
    /// The axis below.
    pub(crate) x: Scale,
    /// What it counts.
    pub(crate) x_label: String,
    /// From the top down.
    pub(crate) panels: Vec<Panel>,
    /// What series are called.
    pub(crate) legend: Vec<LegendEntry>,
}

/// One of the panels.
#[derive(Debug, Clone)]
pub(crate) struct Panel {
    /// What the axis at its left counts; stands above it.
    pub(crate) label: String,
    /// The axis at the left.
    pub(crate) y: Scale,
    /// Height between the ends of that axis.
    pub(crate) height: f64,
    /// What is drawn, the last on top.
    pub(crate) series: Vec<Series>,
    /// Single marks with their intervals, on top of all.
    pub(crate) spreads: Vec<Spread>,
    /// Lines to read by.
    pub(crate) guides: Vec<Guide>,
}

/// Numbers of one kind.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    /// How they look.
    pub(crate) look: Look,
    /// How they are drawn.
    pub(crate) form: Form,
    /// Across and up; what is no number is left out.
    pub(crate) points: Vec<(f64, f64)>,
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A line from point to point.
    Line,
    /// Level from each point to the next one, then up or down.
    Steps,
    /// A mark at each point, joined by a line.
    MarkedLine,
    /// Columns from zero, each between two points of the same height; the height above it.
    Columns,
}

/// A mark with its intervals.
#[derive(Debug, Clone)]
pub(crate) struct Spread {
    /// How it looks.
    pub(crate) look: Look,
    /// Across and up.
    pub(crate) at: (f64, f64),
    /// The interval across.
    pub(crate) across: Option<(f64, f64)>,
    /// The interval up.
    pub(crate) up: Option<(f64, f64)>,
}

/// A line to read by.
#[derive(Debug, Clone)]
pub(crate) enum Guide {
    /// From below to above, with a name above.
    Upright(f64, String),
    /// From the lower left to the upper right of the panel.
    Diagonal,
}

/// Height of the line that names a panel.
const LABEL: f64 = 27.0;

/// Where a panel lies: its axes end there.
#[derive(Clone, Copy)]
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x: Scale,
    y: Scale,
}

impl Frame {
    fn across(&self, share: f64) -> f64 {
        self.left + share * (self.right - self.left)
    }

    fn up(&self, share: f64) -> f64 {
        self.bottom - share * (self.bottom - self.top)
    }

    /// Where numbers are drawn.
    fn place(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        Some((self.across(self.x.place(x)?), self.up(self.y.place(y)?)))
    }
}

impl Chart {
    /// Draws it.
    pub(crate) fn draw(&self) -> Markup {
        let mut drawing = Drawing::default();
        let widest = self
            .panels
            .iter()
            .flat_map(|panel| panel.y.ticks())
            .map(|tick| width_of(&tick.label, FONT))
            .fold(20.0, f64::max);
        let (left, right) = (widest + 12.0, self.width - 22.0);
        let mut y = 0.0;
        for (index, panel) in self.panels.iter().enumerate() {
            let label = fit(&panel.label, self.width, FONT);
            let middle = (0.0, y + FONT * 0.6);
            drawing.titled_text("label", middle, Anchor::Start, &label, &panel.label);
            y += LABEL;
            if panel.has_named_guides() {
                y += FONT + 4.0;
            }
            let frame = Frame {
                left,
                right,
                top: y,
                bottom: y + panel.height,
                x: self.x,
                y: panel.y,
            };
            panel.draw(&mut drawing, &frame);
            y += panel.height;
            if index + 1 == self.panels.len() {
                x_labels(&mut drawing, &frame);
            }
            y += 14.0;
        }
        y += 10.0;
        let label = fit(&self.x_label, right - left, FONT);
        let middle = f64::midpoint(left, right);
        drawing.text("label", (middle, y + FONT / 2.0), Anchor::Middle, &label);
        y += FONT + 12.0;
        if !self.legend.is_empty() {
            y = legend::draw(&mut drawing, &self.legend, left, y, right - left);
        }
        drawing.finish((self.width, y + 4.0), &self.title, &self.description)
    }
}

/// Names of the ticks below, as many as do not touch.
fn x_labels(drawing: &mut Drawing, frame: &Frame) {
    let mut free_from = f64::NEG_INFINITY;
    for tick in frame.x.ticks() {
        let (x, half) = (frame.across(tick.at), width_of(&tick.label, FONT) / 2.0);
        if x - half < free_from {
            continue;
        }
        free_from = x + half + 6.0;
        let place = (x, frame.bottom + 5.0 + FONT / 2.0);
        drawing.text("tick", place, Anchor::Middle, &tick.label);
    }
}

impl Panel {
    fn has_named_guides(&self) -> bool {
        self.guides
            .iter()
            .any(|guide| matches!(guide, Guide::Upright(_, name) if !name.is_empty()))
    }

    fn draw(&self, drawing: &mut Drawing, frame: &Frame) {
        grid(drawing, frame);
        self.draw_guides(drawing, frame);
        for series in &self.series {
            series.draw(drawing, frame);
        }
        for spread in &self.spreads {
            spread.draw(drawing, frame);
        }
    }

    fn draw_guides(&self, drawing: &mut Drawing, frame: &Frame) {
        let mut free_from = f64::NEG_INFINITY;
        for guide in &self.guides {
            match guide {
                Guide::Diagonal => {
                    let from = (frame.left, frame.bottom);
                    drawing.line("guide", from, (frame.right, frame.top));
                }
                Guide::Upright(number, name) => {
                    let Some(share) = frame.x.place(*number) else {
                        continue;
                    };
                    let x = frame.across(share);
                    drawing.line("guide", (x, frame.top), (x, frame.bottom));
                    let half = width_of(name, FONT) / 2.0;
                    let middle = x.min(frame.right + 20.0 - half).max(half);
                    if middle - half >= free_from && !name.is_empty() {
                        let place = (middle, frame.top - 4.0 - FONT / 2.0);
                        drawing.text("tick", place, Anchor::Middle, name);
                        free_from = middle + half + 6.0;
                    }
                }
            }
        }
    }
}

/// Lines of the ticks, their names at the left, and the axes themselves.
fn grid(drawing: &mut Drawing, frame: &Frame) {
    let (width, height) = (frame.right - frame.left, frame.bottom - frame.top);
    if let Some(share) = frame.x.after_zero() {
        drawing.rectangle("zero", (frame.left, frame.top), (share * width, height));
    }
    if let Some(share) = frame.y.after_zero() {
        let top = frame.up(share);
        drawing.rectangle("zero", (frame.left, top), (width, share * height));
    }
    for share in frame.x.minor() {
        let x = frame.across(share);
        drawing.line("axis", (x, frame.bottom), (x, frame.bottom + 3.0));
    }
    for tick in frame.x.ticks() {
        let x = frame.across(tick.at);
        drawing.line("grid", (x, frame.top), (x, frame.bottom));
        drawing.line("axis", (x, frame.bottom), (x, frame.bottom + 5.0));
    }
    let mut free_to = f64::INFINITY;
    for tick in frame.y.ticks() {
        let y = frame.up(tick.at);
        drawing.line("grid", (frame.left, y), (frame.right, y));
        if y + FONT / 2.0 <= free_to {
            drawing.text("tick", (frame.left - 7.0, y), Anchor::End, &tick.label);
            free_to = y - FONT / 2.0 - 1.0;
        }
    }
    let corner = (frame.left, frame.bottom);
    drawing.line("axis", corner, (frame.right, frame.bottom));
    drawing.line("axis", corner, (frame.left, frame.top));
}

impl Series {
    fn draw(&self, drawing: &mut Drawing, frame: &Frame) {
        let places: Vec<(f64, f64)> = self
            .points
            .iter()
            .filter_map(|point| frame.place(*point))
            .collect();
        match self.form {
            Form::Line => drawing.track(self.look, &places),
            Form::Steps => {
                let mut steps: Vec<(f64, f64)> = Vec::new();
                for place in &places {
                    if let Some(last) = steps.last() {
                        steps.push((place.0, last.1));
                    }
                    steps.push(*place);
                }
                drawing.track(self.look, &steps);
            }
            Form::MarkedLine => {
                drawing.track(self.look, &places);
                for place in &places {
                    drawing.mark(self.look, "mark", *place);
                }
            }
            Form::Columns => {
                let pairs = places.chunks_exact(2).zip(self.points.chunks_exact(2));
                for (pair, numbers) in pairs {
                    let (left, right, top) = (pair[0].0, pair[1].0, pair[0].1);
                    let class = format!("bar {}", self.look.class());
                    let size = (right - left - 2.0, frame.bottom - top);
                    drawing.rectangle(&class, (left + 1.0, top), size);
                    let label = brief(numbers[0].1);
                    if width_of(&label, FONT) <= right - left + 2.0 {
                        let place = (f64::midpoint(left, right), top - FONT * 0.6);
                        drawing.text("tick", place, Anchor::Middle, &label);
                    }
                }
            }
        }
        // A line needs two points; one alone would not be seen.
        if let ([place], Form::Line | Form::Steps) = (places.as_slice(), self.form) {
            drawing.mark(self.look, "mark", *place);
        }
    }
}

/// A count in at most four characters.
fn brief(count: f64) -> String {
    match count {
        small if small < 999.5 => format!("{small:.0}"),
        thousands if thousands < 9_950.0 => format!("{:.1}k", thousands / 1e3),
        thousands if thousands < 999_500.0 => format!("{:.0}k", thousands / 1e3),
        millions => format!("{:.0}M", millions / 1e6),
    }
}

impl Spread {
    fn draw(&self, drawing: &mut Drawing, frame: &Frame) {
        let Some((x, y)) = frame.place(self.at) else {
            return;
        };
        if let Some((Some(from), Some(to))) = self
            .across
            .map(|(low, high)| (frame.x.place(low), frame.x.place(high)))
        {
            let ends = (frame.across(from), frame.across(to));
            drawing.interval(self.look, (ends.0, y), (ends.1, y));
        }
        if let Some((Some(from), Some(to))) = self
            .up
            .map(|(low, high)| (frame.y.place(low), frame.y.place(high)))
        {
            drawing.interval(self.look, (x, frame.up(from)), (x, frame.up(to)));
        }
        drawing.mark(self.look, "mark large", (x, y));
    }
}

#[cfg(test)]
mod tests {
    use super::super::FULL;
    use super::*;

    fn chart(points: &[(f64, f64)], form: Form, x: Scale, y: Scale) -> Markup {
        let look = Look(1);
        let panel = Panel {
            label: "share of plots found".into(),
            y,
            height: 120.0,
            series: vec![Series {
                look,
                form,
                points: points.to_vec(),
            }],
            spreads: vec![Spread {
                look,
                at: points.first().copied().unwrap_or((f64::NAN, 0.0)),
                across: points.first().map(|(x, y)| (*x, *y)),
                up: None,
            }],
            guides: vec![Guide::Upright(5.0, "5".into()), Guide::Diagonal],
        };
        Chart {
            title: "a".into(),
            description: "b".into(),
            width: FULL,
            x,
            x_label: "false sites per km²".into(),
            panels: vec![panel.clone(), panel],
            legend: vec![LegendEntry {
                look,
                name: "罂粟 ".repeat(60),
                line: true,
                mark: true,
            }],
        }
        .draw()
    }

    #[test]
    fn whatever_is_drawn_has_numbers_only() {
        let sets: [&[(f64, f64)]; 6] = [
            &[],
            &[(0.0, 0.0)],
            &[(0.0, 0.0), (0.0, 0.0)],
            &[(f64::NAN, 1.0), (1.0, f64::INFINITY)],
            &[(1e300, -1e300), (-1e300, 1e300)],
            &[(0.1, 0.2), (10.0, 0.5), (100.0, 0.9)],
        ];
        for points in sets {
            let (xs, ys) = (
                points.iter().map(|p| p.0).collect::<Vec<_>>(),
                points.iter().map(|p| p.1).collect::<Vec<_>>(),
            );
            for form in [Form::Line, Form::Steps, Form::MarkedLine, Form::Columns] {
                for x in [Scale::linear(xs.clone()), Scale::log(xs.clone())] {
                    let svg = chart(points, form, x, Scale::linear(ys.clone()));
                    let text = svg.as_str();
                    assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
                }
            }
        }
    }

    #[test]
    fn steps_stay_level_until_the_next_point() {
        let points = [(0.0, 0.0), (0.5, 1.0)];
        let svg = chart(&points, Form::Steps, Scale::SHARE, Scale::SHARE);
        let line = svg.as_str().split("points=\"").nth(1).unwrap();
        let places: Vec<(f64, f64)> = line[..line.find('"').unwrap()]
            .split(' ')
            .map(|place| place.split_once(',').unwrap())
            .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
            .collect();
        assert_eq!(places.len(), 3);
        let level = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(level(places[0].1, places[1].1) && level(places[1].0, places[2].0));
    }

    #[test]
    fn counts_are_brief() {
        let texts = [0.0, 12.0, 999.4, 1234.0, 56_789.0, 2e6].map(brief);
        assert_eq!(texts, ["0", "12", "999", "1.2k", "57k", "2M"]);
    }
}
