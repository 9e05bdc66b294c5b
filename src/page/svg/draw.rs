//! Lines, rectangles, marks and text of one SVG.

use super::HALF;
use super::look::Look;
use crate::page::markup::{Markup, escape};
use std::fmt::Write as _;

/// Size of the font of ticks, legends and labels, in units of the drawing.
pub(crate) const FONT: f64 = 12.0;

/// Where a text stands from its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// It begins there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

/// A drawing being made; x goes right, y down.
#[derive(Debug, Default)]
pub(crate) struct Drawing {
    body: String,
}

/// A position as SVG has it: one decimal, and a number whatever comes.
pub(crate) fn px(value: f64) -> String {
    if !value.is_finite() {
        return "0".into();
    }
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" {
        "0".into()
    } else {
        text.into()
    }
}

/// Two strokes across one another, as a path.
pub(crate) fn cross((x, y): (f64, f64), half: f64) -> String {
    let (left, right, top, bottom) = (px(x - half), px(x + half), px(y - half), px(y + half));
    format!("M{left},{top}L{right},{bottom}M{left},{bottom}L{right},{top}")
}

impl Drawing {
    /// A straight line.
    pub(crate) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let _ = writeln!(
            self.body,
            "<line class=\"{class}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>",
            px(from.0),
            px(from.1),
            px(to.0),
            px(to.1)
        );
    }

    /// A rectangle; a negative size is none.
    pub(crate) fn rectangle(&mut self, class: &str, left_top: (f64, f64), size: (f64, f64)) {
        let _ = writeln!(
            self.body,
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            px(left_top.0),
            px(left_top.1),
            px(size.0.max(0.0)),
            px(size.1.max(0.0))
        );
    }

    /// The line of a series through points.
    pub(crate) fn track(&mut self, look: Look, points: &[(f64, f64)]) {
        if points.len() < 2 {
            return;
        }
        let points: Vec<String> = points
            .iter()
            .map(|(x, y)| format!("{},{}", px(*x), px(*y)))
            .collect();
        let dashes = match look.dashes() {
            "" => String::new(),
            dashes => format!(" stroke-dasharray=\"{dashes}\""),
        };
        let _ = writeln!(
            self.body,
            "<polyline class=\"track {}\"{dashes} points=\"{}\"/>",
            look.class(),
            points.join(" ")
        );
    }

    /// The mark of a series; `kind` is a further class.
    pub(crate) fn mark(&mut self, look: Look, kind: &str, at: (f64, f64)) {
        let _ = writeln!(
            self.body,
            "<path class=\"{kind} {}\" d=\"{}\"/>",
            look.class(),
            look.mark(at.0, at.1)
        );
    }

    /// A shape by its path, with what a pointer over it says; empty for nothing.
    pub(crate) fn path(&mut self, class: &str, path: &str, says: &str) {
        if path.is_empty() {
            return;
        }
        let title = if says.is_empty() {
            String::new()
        } else {
            format!("<title>{}</title>", escape(says))
        };
        let _ = writeln!(
            self.body,
            "<path class=\"{class}\" d=\"{path}\">{title}</path>"
        );
    }

    /// A line with a cap at each end, across or down: an interval.
    pub(crate) fn interval(&mut self, look: Look, from: (f64, f64), to: (f64, f64)) {
        let cap = 3.5;
        let class = format!("spread {}", look.class());
        self.line(&class, from, to);
        let across = (from.1 - to.1).abs() < 1e-9;
        for end in [from, to] {
            let (dx, dy) = if across { (0.0, cap) } else { (cap, 0.0) };
            self.line(&class, (end.0 - dx, end.1 - dy), (end.0 + dx, end.1 + dy));
        }
    }

    /// Text; its middle line is at the place.
    pub(crate) fn text(&mut self, class: &str, at: (f64, f64), anchor: Anchor, text: &str) {
        self.titled_text(class, at, anchor, text, "");
    }

    /// Text that was cut, and what it says in full.
    pub(crate) fn titled_text(
        &mut self,
        class: &str,
        at: (f64, f64),
        anchor: Anchor,
        text: &str,
        full: &str,
    ) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let title = if full.is_empty() || full == text {
            String::new()
        } else {
            format!("<title>{}</title>", escape(full))
        };
        // Not `dominant-baseline`, which some viewers do not know.
        let _ = writeln!(
            self.body,
            "<text class=\"{class}\" x=\"{}\" y=\"{}\"{anchor}>{title}{}</text>",
            px(at.0),
            px(at.1 + FONT * 0.35),
            escape(text)
        );
    }

    /// The whole drawing; title and description are for those who cannot see it.
    pub(crate) fn finish(self, size: (f64, f64), title: &str, description: &str) -> Markup {
        // A wide one would have tiny text on a narrow screen; it may be moved there instead.
        let class = if size.0 > HALF { "plot wide" } else { "plot" };
        Markup::made(format!(
            "<svg class=\"{class}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{title}\">\n\
             <title>{title}</title>\n<desc>{}</desc>\n{}</svg>\n",
            px(size.0),
            px(size.1),
            escape(description),
            self.body,
            title = escape(title),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_short_and_always_numbers() {
        let texts = [0.04, -0.04, 12.0, 12.34, f64::NAN, f64::INFINITY].map(px);
        assert_eq!(texts, ["0", "0", "12", "12.3", "0", "0"]);
    }

    #[test]
    fn names_are_escaped_wherever_they_stand() {
        let mut drawing = Drawing::default();
        let name = "<script>\"'&";
        drawing.titled_text("tick", (1.0, 2.0), Anchor::End, name, "<b>");
        let svg = drawing.finish((10.0, 20.0), name, name);
        assert!(!svg.as_str().contains("<script>") && !svg.as_str().contains("<b>"));
        assert_eq!(
            svg.as_str()
                .matches("&lt;script&gt;&quot;&#39;&amp;")
                .count(),
            4
        );
    }
}
