//! Plots with a name at the left of each row: bars, or marks with their intervals.

use super::draw::{Anchor, Drawing, FONT};
use super::legend::{self, LegendEntry};
use super::look::Look;
use super::scale::Scale;
use super::words::{fit, width_of};
use crate::page::markup::Markup;

/// A plot of rows.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
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
    /// How numbers are drawn.
    pub(crate) form: RowForm,
    /// A line to read by.
    pub(crate) guide: Option<f64>,
    /// From the top down.
    pub(crate) groups: Vec<Group>,
    /// What looks stand for.
    pub(crate) legend: Vec<LegendEntry>,
}

/// How numbers are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowForm {
    /// Bars from the axis' beginning.
    Bars,
    /// Marks.
    Marks,
}

/// Rows with one name.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    /// The name.
    pub(crate) name: String,
    /// Its rows.
    pub(crate) bars: Vec<Bar>,
}

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct Bar {
    /// How it looks.
    pub(crate) look: Look,
    /// The number; a row without one has only its text.
    pub(crate) value: Option<f64>,
    /// Its interval.
    pub(crate) interval: Option<(f64, f64)>,
    /// What stands at the right.
    pub(crate) text: String,
}

/// Height of a row.
const ROW: f64 = 17.0;

/// Room between groups.
const GAP: f64 = 9.0;

impl Rows {
    /// Draws it.
    pub(crate) fn draw(&self) -> Markup {
        let mut drawing = Drawing::default();
        let names = self.groups.iter().map(|group| group.name.as_str());
        let texts = self
            .groups
            .iter()
            .flat_map(|g| g.bars.iter().map(|b| b.text.as_str()));
        // Names and texts get what they need, as long as enough is left for the plot.
        let name_room = widest(names).min(self.width * 0.36);
        let text_room = widest(texts).min(self.width * 0.26);
        let (left, right) = (name_room + 10.0, self.width - text_room - 14.0);
        let across = |share: f64| left + share * (right - left);
        let top = 6.0;
        let heights = self.groups.iter().map(Group::height);
        let bottom = top + heights.sum::<f64>().max(ROW);
        for tick in self.x.ticks() {
            let x = across(tick.at);
            drawing.line("grid", (x, top), (x, bottom));
        }
        if let Some(share) = self.guide.and_then(|number| self.x.place(number)) {
            drawing.line("guide", (across(share), top), (across(share), bottom));
        }
        let mut y = top;
        for group in &self.groups {
            self.draw_group(&mut drawing, group, y, (left, right), text_room);
            y += group.height();
        }
        drawing.line("axis", (left, bottom), (right, bottom));
        let mut free_from = f64::NEG_INFINITY;
        for tick in self.x.ticks() {
            let (x, half) = (across(tick.at), width_of(&tick.label, FONT) / 2.0);
            if x - half < free_from {
                continue;
            }
            free_from = x + half + 6.0;
            let place = (x, bottom + 5.0 + FONT / 2.0);
            drawing.text("tick", place, Anchor::Middle, &tick.label);
        }
        let mut y = bottom + 24.0;
        // The name of the axis may be longer than a narrow axis.
        let half = width_of(&self.x_label, FONT) / 2.0;
        let middle = f64::midpoint(left, right)
            .min(self.width - half)
            .max(half.min(self.width / 2.0));
        let label = fit(&self.x_label, self.width, FONT);
        drawing.text("label", (middle, y + FONT / 2.0), Anchor::Middle, &label);
        y += FONT + 12.0;
        if !self.legend.is_empty() {
            y = legend::draw(&mut drawing, &self.legend, 0.0, y, self.width);
        }
        drawing.finish((self.width, y + 4.0), &self.title, &self.description)
    }

    fn draw_group(
        &self,
        drawing: &mut Drawing,
        group: &Group,
        top: f64,
        (left, right): (f64, f64),
        text_room: f64,
    ) {
        let across = |share: f64| left + share * (right - left);
        let middle = top + group.height() / 2.0;
        let name = fit(&group.name, left - 10.0, FONT);
        drawing.titled_text(
            "name",
            (left - 8.0, middle),
            Anchor::End,
            &name,
            &group.name,
        );
        let mut y = top + GAP / 2.0 + ROW / 2.0;
        for bar in &group.bars {
            if let Some(share) = bar.value.and_then(|number| self.x.place(number)) {
                let ends = bar.interval.and_then(|(low, high)| {
                    Some((across(self.x.place(low)?), across(self.x.place(high)?)))
                });
                if self.form == RowForm::Bars {
                    let class = format!("bar {}", bar.look.class());
                    let size = (across(share) - left, ROW - 4.0);
                    drawing.rectangle(&class, (left, y - ROW / 2.0 + 2.0), size);
                }
                if let Some((from, to)) = ends {
                    drawing.interval(bar.look, (from, y), (to, y));
                }
                if self.form == RowForm::Marks {
                    drawing.mark(bar.look, "mark", (across(share), y));
                }
            }
            let text = fit(&bar.text, text_room, FONT);
            drawing.titled_text("tick", (right + 12.0, y), Anchor::Start, &text, &bar.text);
            y += ROW;
        }
    }
}

impl Group {
    fn height(&self) -> f64 {
        let rows = u32::try_from(self.bars.len()).unwrap_or(1).max(1);
        f64::from(rows) * ROW + GAP
    }
}

fn widest<'a>(texts: impl Iterator<Item = &'a str>) -> f64 {
    texts.map(|text| width_of(text, FONT)).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::super::HALF;
    use super::*;

    #[test]
    fn rows_without_numbers_keep_their_text() {
        let bar = |value: Option<f64>| Bar {
            look: Look(0),
            value,
            interval: value.map(|v| (v, f64::NAN)),
            text: "0 of 0".into(),
        };
        let numbers = [None, Some(f64::NAN), Some(0.0), Some(f64::INFINITY)];
        for form in [RowForm::Bars, RowForm::Marks] {
            let rows = Rows {
                title: "a".into(),
                description: String::new(),
                width: HALF,
                x: Scale::linear(numbers.into_iter().flatten()),
                x_label: "km² per hour".into(),
                form,
                guide: Some(1.0),
                groups: vec![
                    Group {
                        name: "<b>".into(),
                        bars: numbers.map(bar).to_vec(),
                    },
                    Group {
                        name: String::new(),
                        bars: vec![],
                    },
                ],
                legend: vec![],
            };
            let svg = rows.draw();
            let text = svg.as_str();
            assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
            assert_eq!(text.matches(">0 of 0</text>").count(), 4);
            assert!(text.contains("&lt;b&gt;"));
        }
    }
}
