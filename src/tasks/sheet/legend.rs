//! The legend of the map: what is on it, and only that.

use super::drawing::{Anchor, Drawing, track};
use crate::campaign::Lang;

/// Marks of trees.
pub(super) const TREE: &str =
    "fill=\"none\" stroke=\"#4f7a42\" stroke-width=\"0.18\" stroke-linejoin=\"round\"";

/// The circle of position error.
pub(super) const ERROR: &str =
    "fill=\"none\" stroke=\"#000\" stroke-width=\"0.25\" stroke-dasharray=\"0.7 0.5\"";

/// Another site.
pub(super) const NEIGHBOUR: &str = "fill=\"#ffd400\" stroke=\"#000\" stroke-width=\"0.25\"";

/// Entries in a row, and the height of a row in millimetres.
const COLUMNS: usize = 5;
const ROW_MM: f64 = 3.2;

/// Something on the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    /// The site's outline.
    Outline,
    /// Its circle of position error.
    PositionError,
    /// Other sites.
    Neighbour,
    /// Roads.
    Road,
    /// Buildings.
    Building,
    /// Water areas.
    Water,
    /// Streams.
    Stream,
    /// Forest.
    Forest,
    /// Borders of villages.
    Border,
    /// Contours.
    Contour,
}

impl Entry {
    fn name(self, lang: Lang) -> &'static str {
        let (zh, en) = match self {
            Self::Outline => ("本点轮廓", "site"),
            Self::PositionError => ("定位误差", "pos. error"),
            Self::Neighbour => ("其他点", "other site"),
            Self::Road => ("道路", "road"),
            Self::Building => ("房屋", "building"),
            Self::Water => ("水域", "water"),
            Self::Stream => ("溪沟", "stream"),
            Self::Forest => ("林地", "forest"),
            Self::Border => ("村界", "border"),
            Self::Contour => ("等高线", "contour, m"),
        };
        lang.pick(zh, en)
    }

    /// Its look in a box of 4.4 × 2 mm.
    fn sample(self, drawing: &mut Drawing, left: f64, middle: f64) {
        let line = track([(left, middle), (left + 4.4, middle)], false);
        let (corner, size) = ((left + 0.4, middle - 1.0), (3.6, 2.0));
        let stroke = |colour: &str, width: f64| {
            format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"")
        };
        match self {
            Self::Outline => drawing.rectangle(&stroke("#d00000", 0.4), corner, size),
            Self::PositionError => drawing.circle(ERROR, (left + 2.2, middle), 1.1),
            Self::Neighbour => drawing.path(NEIGHBOUR, &diamond((left + 2.2, middle))),
            Self::Road => {
                drawing.path(&stroke("#000", 1.1), &line);
                drawing.path(&stroke("#fff", 0.7), &line);
            }
            Self::Building => drawing.rectangle("fill=\"#444\"", corner, size),
            Self::Water => drawing.rectangle(
                "fill=\"#a9cdea\" stroke=\"#1f5f95\" stroke-width=\"0.3\"",
                corner,
                size,
            ),
            Self::Stream => drawing.path(&stroke("#1f5f95", 0.35), &line),
            Self::Forest => {
                drawing.rectangle("fill=\"#e3efdb\"", corner, size);
                drawing.path(TREE, &tree((left + 2.2, middle)));
            }
            Self::Border => drawing.path(
                &format!(
                    "{} stroke-dasharray=\"2 0.6 0.5 0.6\"",
                    stroke("#7a1f7a", 0.5)
                ),
                &line,
            ),
            Self::Contour => drawing.path(&stroke("#9a6a3a", 0.15), &line),
        }
    }
}

/// A tree's mark around a place.
pub(super) fn tree((x, y): (f64, f64)) -> String {
    track([(x - 0.5, y + 0.5), (x, y - 0.6), (x + 0.5, y + 0.5)], true)
}

/// The mark of another site.
pub(super) fn diamond((x, y): (f64, f64)) -> String {
    track(
        [(x, y - 1.1), (x + 1.1, y), (x, y + 1.1), (x - 1.1, y)],
        true,
    )
}

/// Draws the legend below a map of a width; gives its height in millimetres.
pub(super) fn draw(drawing: &mut Drawing, entries: &[Entry], width: f64, lang: Lang) -> f64 {
    let order = [
        Entry::Outline,
        Entry::PositionError,
        Entry::Neighbour,
        Entry::Road,
        Entry::Building,
        Entry::Water,
        Entry::Stream,
        Entry::Forest,
        Entry::Border,
        Entry::Contour,
    ];
    let shown = order.into_iter().filter(|entry| entries.contains(entry));
    let (mut left, mut top, mut column) = (0.0, width + 0.9, 0);
    for entry in shown {
        if column == COLUMNS {
            (left, top, column) = (0.0, top + ROW_MM, 0);
        }
        let middle = top + ROW_MM / 2.0;
        entry.sample(drawing, left, middle);
        drawing.text((left + 4.9, middle), 2.1, Anchor::Start, entry.name(lang));
        left += width / 5.0;
        column += 1;
    }
    // Always room for two rows, so that all sheets are laid out alike.
    0.9 + 2.0 * ROW_MM
}
