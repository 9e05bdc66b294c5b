//! What tells one series from another: a colour, dashes and a shape.

use super::draw::px;

/// The look of a series, by its number in the report; the same in every plot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Look(pub(crate) usize);

/// Colours of the style sheet, `--series-0` and so on.
const COLORS: usize = 6;

/// Dashes of lines: lengths of strokes and gaps; the first is solid.
const DASHES: [&str; 5] = ["", "8 4", "2 3", "10 3 2 3", "16 5"];

impl Look {
    /// The class that sets its colour.
    pub(super) fn class(self) -> String {
        format!("s{}", self.0 % COLORS)
    }

    /// `stroke-dasharray` of its line; empty for a solid one.
    pub(super) fn dashes(self) -> &'static str {
        DASHES[self.0 % DASHES.len()]
    }

    /// The path of its mark around a place, about 9 units across.
    pub(crate) fn mark(self, x: f64, y: f64) -> String {
        let corners: &[(f64, f64)] = match self.0 % 7 {
            // A circle of two arcs.
            0 => {
                let (left, middle) = (px(x - 4.5), px(y));
                return format!("M{left},{middle}a4.5,4.5 0 1 0 9,0a4.5,4.5 0 1 0 -9,0Z");
            }
            1 => &[(-4.0, -4.0), (4.0, -4.0), (4.0, 4.0), (-4.0, 4.0)],
            2 => &[(0.0, -5.2), (5.0, 4.0), (-5.0, 4.0)],
            3 => &[(0.0, -5.8), (5.8, 0.0), (0.0, 5.8), (-5.8, 0.0)],
            4 => &[(0.0, 5.2), (5.0, -4.0), (-5.0, -4.0)],
            5 => &[
                (-1.7, -5.2),
                (1.7, -5.2),
                (1.7, -1.7),
                (5.2, -1.7),
                (5.2, 1.7),
                (1.7, 1.7),
                (1.7, 5.2),
                (-1.7, 5.2),
                (-1.7, 1.7),
                (-5.2, 1.7),
                (-5.2, -1.7),
                (-1.7, -1.7),
            ],
            _ => &[
                (-2.5, -4.8),
                (2.5, -4.8),
                (5.2, 0.0),
                (2.5, 4.8),
                (-2.5, 4.8),
                (-5.2, 0.0),
            ],
        };
        let points: Vec<String> = corners
            .iter()
            .map(|(right, down)| format!("{},{}", px(x + right), px(y + down)))
            .collect();
        format!("M{}Z", points.join("L"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn many_series_look_different_without_colour() {
        let looks: BTreeSet<(String, &str)> = (0..35)
            .map(|index| (Look(index).mark(0.0, 0.0), Look(index).dashes()))
            .collect();
        assert_eq!(looks.len(), 35);
    }
}
