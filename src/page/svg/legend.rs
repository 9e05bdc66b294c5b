//! The legend below a plot: what its lines, marks and bars stand for.

use super::draw::{Anchor, Drawing, FONT};
use super::look::Look;
use super::words::{fit, width_of};

/// Height of a line of the legend.
const LINE: f64 = 20.0;

/// Width of the sample before a name, gap included.
const SAMPLE: f64 = 42.0;

/// One name of a legend.
#[derive(Debug, Clone)]
pub(crate) struct LegendEntry {
    /// How it looks.
    pub(crate) look: Look,
    /// What it is called.
    pub(crate) name: String,
    /// Whether a line is drawn.
    pub(crate) line: bool,
    /// Whether a mark is drawn.
    pub(crate) mark: bool,
}

/// Draws a legend from `top` on, and gives where it ends. Names stand in columns, each cut to
/// its column's width, so that none runs into another.
pub(super) fn draw(
    drawing: &mut Drawing,
    entries: &[LegendEntry],
    left: f64,
    top: f64,
    width: f64,
) -> f64 {
    let widest = entries
        .iter()
        .map(|entry| width_of(&entry.name, FONT) + SAMPLE + 16.0)
        .fold(1.0, f64::max);
    let columns = [4_u32, 3, 2]
        .into_iter()
        .find(|columns| widest * f64::from(*columns) <= width)
        .unwrap_or(1);
    let room = width / f64::from(columns);
    let (mut column, mut y) = (0, top + LINE / 2.0);
    let mut end = top;
    for entry in entries {
        let x = left + room * f64::from(column);
        let (from, to) = ((x, y), (x + SAMPLE - 10.0, y));
        if entry.line {
            drawing.track(entry.look, &[from, to]);
        }
        if entry.mark {
            drawing.mark(entry.look, "mark", (f64::midpoint(from.0, to.0), y));
        }
        let name = fit(&entry.name, room - SAMPLE, FONT);
        drawing.titled_text("name", (x + SAMPLE, y), Anchor::Start, &name, &entry.name);
        end = y + LINE / 2.0;
        column += 1;
        if column == columns {
            (column, y) = (0, y + LINE);
        }
    }
    end
}
