//! Small drawings as SVG, in millimetres of paper: x to the right, y down. They hold no style sheet
//! and no names that a page could have twice, so they may stand in a page as they are.

use quick_xml::escape::escape;
use std::fmt::Write as _;

/// Where a text stands from its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// It begins there.
    Start,
    /// Its middle is there.
    Middle,
}

/// A drawing being made.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    body: String,
}

/// A length as SVG has it: two decimals, and a number whatever comes.
pub(super) fn mm(value: f64) -> String {
    if !value.is_finite() {
        return "0".into();
    }
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".into()
    } else {
        text.into()
    }
}

/// `M x,y L x,y …` through points, closed or not; nothing for fewer than two.
pub(super) fn track(points: impl IntoIterator<Item = (f64, f64)>, closed: bool) -> String {
    let mut text = String::new();
    let mut count = 0;
    for (x, y) in points {
        let letter = if count == 0 { 'M' } else { 'L' };
        let _ = write!(text, "{letter}{} {}", mm(x), mm(y));
        count += 1;
    }
    if count < 2 {
        return String::new();
    }
    if closed {
        text.push('Z');
    }
    text
}

impl Drawing {
    /// A path with presentation attributes such as `fill="none"`; nothing for an empty one.
    pub(super) fn path(&mut self, attributes: &str, d: &str) {
        if !d.is_empty() {
            let _ = writeln!(self.body, "<path {attributes} d=\"{d}\"/>");
        }
    }

    /// A circle.
    pub(super) fn circle(&mut self, attributes: &str, middle: (f64, f64), radius: f64) {
        let (x, y, r) = (mm(middle.0), mm(middle.1), mm(radius));
        let _ = writeln!(
            self.body,
            "<circle {attributes} cx=\"{x}\" cy=\"{y}\" r=\"{r}\"/>"
        );
    }

    /// A rectangle.
    pub(super) fn rectangle(&mut self, attributes: &str, left_top: (f64, f64), size: (f64, f64)) {
        let _ = writeln!(
            self.body,
            "<rect {attributes} x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            mm(left_top.0),
            mm(left_top.1),
            mm(size.0.max(0.0)),
            mm(size.1.max(0.0))
        );
    }

    /// A JPEG stretched over a rectangle.
    pub(super) fn jpeg(
        &mut self,
        attributes: &str,
        left_top: (f64, f64),
        size: (f64, f64),
        base64: &str,
    ) {
        let _ = writeln!(
            self.body,
            "<image {attributes} x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" \
             preserveAspectRatio=\"none\" href=\"data:image/jpeg;base64,{base64}\"/>",
            mm(left_top.0),
            mm(left_top.1),
            mm(size.0.max(0.0)),
            mm(size.1.max(0.0))
        );
    }

    /// Text of a size in millimetres on a white rim, so that it can be read on anything; its
    /// middle line is at the place.
    pub(super) fn text(&mut self, at: (f64, f64), size: f64, anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
        };
        let rim = "fill=\"#fff\" stroke=\"#fff\" stroke-width=\"0.7\" stroke-linejoin=\"round\"";
        for style in [rim, "fill=\"#000\""] {
            // Not `dominant-baseline`, which some viewers do not know.
            let _ = writeln!(
                self.body,
                "<text x=\"{}\" y=\"{}\" font-size=\"{}\" {style}{anchor}>{}</text>",
                mm(at.0),
                mm(at.1 + size * 0.36),
                mm(size),
                escape(text)
            );
        }
    }

    /// Puts another drawing on this one, cut off outside of its size.
    pub(super) fn inset(&mut self, inner: &Self, size: (f64, f64)) {
        let (width, height) = (mm(size.0), mm(size.1));
        let _ = writeln!(
            self.body,
            "<svg x=\"0\" y=\"0\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\">\n{}</svg>",
            inner.body
        );
    }

    /// An arrow to the north in a white disc of 4.2 mm radius, turned clockwise by an angle in
    /// degrees from up.
    pub(super) fn north_arrow(&mut self, middle: (f64, f64), angle_deg: f64, letter: &str) {
        self.circle(
            "fill=\"#fff\" fill-opacity=\"0.85\" stroke=\"#000\" stroke-width=\"0.15\"",
            middle,
            4.2,
        );
        let (sine, cosine) = angle_deg.to_radians().sin_cos();
        let turn = |(x, y): (f64, f64)| {
            (
                middle.0 + x * cosine - y * sine,
                middle.1 + x * sine + y * cosine,
            )
        };
        let half = |side: f64| track([(0.0, -1.9), (1.4 * side, 2.9), (0.0, 1.7)].map(turn), true);
        let rim = "stroke=\"#000\" stroke-width=\"0.2\" stroke-linejoin=\"round\"";
        self.path(&format!("fill=\"#000\" {rim}"), &half(-1.0));
        self.path(&format!("fill=\"#fff\" {rim}"), &half(1.0));
        self.text(turn((0.0, -2.9)), 1.9, Anchor::Middle, letter);
    }

    /// A scale bar of two halves, its lower left corner at a place.
    pub(super) fn scale_bar(&mut self, at: (f64, f64), scale: ScaleBar) {
        let length = scale.length_mm;
        let plate = "fill=\"#fff\" fill-opacity=\"0.85\"";
        self.rectangle(plate, (at.0, at.1 - 4.6), (length + 6.4, 4.6));
        let (left, top) = (at.0 + 1.4, at.1 - 1.9);
        let rim = "stroke=\"#000\" stroke-width=\"0.15\"";
        self.rectangle(
            &format!("fill=\"#000\" {rim}"),
            (left, top),
            (length / 2.0, 1.0),
        );
        self.rectangle(
            &format!("fill=\"#fff\" {rim}"),
            (left + length / 2.0, top),
            (length / 2.0, 1.0),
        );
        self.text((left, top - 1.3), 1.9, Anchor::Middle, "0");
        let label = format!("{} m", scale.length_m);
        self.text((left + length, top - 1.3), 1.9, Anchor::Middle, &label);
    }

    /// The whole drawing.
    pub(super) fn finish(self, size: (f64, f64)) -> String {
        let (width, height) = (mm(size.0), mm(size.1));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" \
             viewBox=\"0 0 {width} {height}\">\n{}</svg>",
            self.body
        )
    }
}

/// How long a scale bar is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ScaleBar {
    /// On the ground.
    pub(super) length_m: f64,
    /// On paper.
    pub(super) length_mm: f64,
}

impl ScaleBar {
    /// The longest bar of a round length that takes no more than `most_mm` of paper; `None` where
    /// the scale is no number.
    pub(super) fn within(m_per_mm: f64, most_mm: f64) -> Option<Self> {
        if !(m_per_mm.is_finite() && m_per_mm > 0.0) {
            return None;
        }
        let most_m = m_per_mm * most_mm;
        let decade = 10_f64.powf(most_m.log10().floor());
        let length_m = [5.0, 2.0, 1.0]
            .into_iter()
            .map(|factor| factor * decade)
            .find(|length| *length <= most_m)?;
        Some(Self {
            length_m,
            length_mm: length_m / m_per_mm,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_short_and_always_numbers() {
        let texts = [0.004, -0.004, 12.0, 12.345, f64::NAN, f64::INFINITY].map(mm);
        assert_eq!(texts, ["0", "0", "12", "12.35", "0", "0"]);
        assert_eq!(track([(0.0, 1.0), (2.5, 3.0)], true), "M0 1L2.5 3Z");
        assert_eq!(track([(0.0, 1.0)], true), "");
    }

    #[test]
    fn scale_bars_are_round_and_fit() {
        let bar = ScaleBar::within(6.25, 20.0).unwrap();
        assert_eq!((bar.length_m, bar.length_mm), (100.0, 16.0));
        let bar = ScaleBar::within(0.7, 20.0).unwrap();
        assert!((bar.length_m - 10.0).abs() < 1e-12);
        assert_eq!(ScaleBar::within(f64::NAN, 20.0), None);
    }

    #[test]
    fn names_are_escaped() {
        let mut drawing = Drawing::default();
        drawing.text((0.0, 0.0), 2.0, Anchor::Middle, "<b>&\"");
        let svg = drawing.finish((10.0, 20.0));
        assert_eq!(svg.matches("&lt;b&gt;&amp;&quot;").count(), 2);
    }
}
