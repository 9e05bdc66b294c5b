//! The frame of the map: from longitude and latitude to its units, graticule, scale bar, north arrow.

use crate::georef::LocalMetres;
use crate::page::svg::{Anchor, Drawing, FONT, FULL, px, width_of};
use geo::{Coord, Point, Rect};

/// Room for labels of latitude.
const LEFT: f64 = 76.0;

/// Room above the frame.
const TOP: f64 = 6.0;

/// Room for labels of longitude.
const BOTTOM: f64 = 22.0;

/// The upper left corner of the frame.
pub(crate) const ORIGIN: (f64, f64) = (LEFT, TOP);

/// Height of the frame, at least and at most.
const HEIGHTS: (f64, f64) = (300.0, 760.0);

/// A frame shows at least so many metres.
const LEAST_M: f64 = 200.0;

/// Lines of the graticule in each direction, about.
const LINES: f64 = 5.0;

/// Where the ground stands on the map. Positions are WGS 84, longitude then latitude; units of the
/// drawing go right and down.
pub(crate) struct Frame {
    metres: LocalMetres,
    /// Units for a metre.
    scale: f64,
    /// Metres east and north of the frame's upper left corner.
    corner: Coord<f64>,
    /// Width and height of the frame.
    size: (f64, f64),
}

impl Frame {
    /// The frame around an area in degrees.
    pub(crate) fn around(bounds: Rect<f64>) -> Self {
        let metres = LocalMetres::around(bounds.center().into());
        let (low, high) = (metres.coord(bounds.min()), metres.coord(bounds.max()));
        let pad = 1.06;
        let wide = ((high.x - low.x) * pad).max(LEAST_M);
        let tall = ((high.y - low.y) * pad).max(LEAST_M);
        let width = FULL - LEFT - 8.0;
        let height = (width * tall / wide).clamp(HEIGHTS.0, HEIGHTS.1);
        let scale = (width / wide).min(height / tall);
        let middle = Coord {
            x: f64::midpoint(low.x, high.x),
            y: f64::midpoint(low.y, high.y),
        };
        Self {
            metres,
            scale,
            corner: Coord {
                x: middle.x - width / scale / 2.0,
                y: middle.y + height / scale / 2.0,
            },
            size: (width, height),
        }
    }

    /// Where a position stands.
    pub(crate) fn coord(&self, place: Coord<f64>) -> Coord<f64> {
        let metres = self.metres.coord(place);
        Coord {
            x: LEFT + (metres.x - self.corner.x) * self.scale,
            y: TOP + (self.corner.y - metres.y) * self.scale,
        }
    }

    /// Where a point stands; `None` outside of the frame.
    pub(crate) fn point(&self, point: Point<f64>) -> Option<(f64, f64)> {
        let Coord { x, y } = self.coord(point.into());
        let within =
            (LEFT..=LEFT + self.size.0).contains(&x) && (TOP..=TOP + self.size.1).contains(&y);
        within.then_some((x, y))
    }

    /// Metres for so many units.
    pub(crate) fn metres(&self, units: f64) -> f64 {
        units / self.scale
    }

    /// The upper left and the lower right corner of the frame.
    pub(crate) fn corners(&self) -> (Coord<f64>, Coord<f64>) {
        let low = Coord { x: LEFT, y: TOP };
        let high = Coord {
            x: LEFT + self.size.0,
            y: TOP + self.size.1,
        };
        (low, high)
    }

    /// Size of the whole drawing.
    pub(crate) fn drawing_size(&self) -> (f64, f64) {
        (FULL, TOP + self.size.1 + BOTTOM)
    }

    /// The ground below all.
    pub(crate) fn draw_ground(&self, drawing: &mut Drawing) {
        drawing.rectangle("ground", ORIGIN, self.size);
    }

    /// Lines of equal longitude and latitude with their names, and the frame itself.
    pub(crate) fn draw_graticule(&self, drawing: &mut Drawing) {
        let (right, bottom) = (LEFT + self.size.0, TOP + self.size.1);
        let place = |x: f64, y: f64| {
            self.metres.place(Point::new(
                self.corner.x + x / self.scale,
                self.corner.y - y / self.scale,
            ))
        };
        let (north_west, south_east) = (place(0.0, 0.0), place(self.size.0, self.size.1));
        let spans = (
            south_east.x() - north_west.x(),
            north_west.y() - south_east.y(),
        );
        let (step, decimals) = round_step(spans.0.max(spans.1) / LINES);
        let mut free_from = f64::NEG_INFINITY;
        for degrees in multiples(north_west.x(), south_east.x(), step) {
            let x = self.coord(Coord { x: degrees, y: 0.0 }).x;
            drawing.line("graticule", (x, TOP), (x, bottom));
            let name = named(degrees, decimals, ("E", "W"));
            let half = width_of(&name, FONT) / 2.0;
            if x - half > free_from && x + half < FULL {
                drawing.text("tick", (x, bottom + 13.0), Anchor::Middle, &name);
                free_from = x + half + 8.0;
            }
        }
        for degrees in multiples(south_east.y(), north_west.y(), step) {
            let y = self.coord(Coord { x: 0.0, y: degrees }).y;
            drawing.line("graticule", (LEFT, y), (right, y));
            let name = named(degrees, decimals, ("N", "S"));
            drawing.text("tick", (LEFT - 5.0, y), Anchor::End, &name);
        }
        drawing.rectangle("edge", ORIGIN, self.size);
    }

    /// A bar of a round length at the lower right, and north, in a word, at the upper right.
    pub(crate) fn draw_scale(&self, drawing: &mut Drawing, north: &str) {
        let (right, bottom) = (LEFT + self.size.0, TOP + self.size.1);
        let (most, _) = round_step(self.metres(self.size.0 * 0.12));
        let name = if most >= 1000.0 {
            format!("{} km", most / 1000.0)
        } else {
            format!("{most} m")
        };
        let length = most * self.scale;
        let (left, y) = (right - 18.0 - length, bottom - 14.0);
        let room = (length + 24.0).max(width_of(&name, FONT) + 16.0);
        drawing.rectangle("plate", (right - 6.0 - room, y - 22.0), (room, 30.0));
        let middle = left + length / 2.0;
        drawing.text("tick", (middle, y - 12.0), Anchor::Middle, &name);
        drawing.rectangle("bar-dark", (left, y - 2.0), (length / 2.0, 5.0));
        drawing.rectangle("bar-light", (middle, y - 2.0), (length / 2.0, 5.0));

        let (x, y) = (right - 20.0, TOP + 10.0);
        drawing.rectangle("plate", (x - 12.0, y - 5.0), (24.0, 44.0));
        let arrow = format!(
            "M{},{}L{},{}L{},{}L{},{}Z",
            px(x),
            px(y),
            px(x + 6.0),
            px(y + 18.0),
            px(x),
            px(y + 14.0),
            px(x - 6.0),
            px(y + 18.0)
        );
        drawing.path("north", &arrow, "");
        drawing.text("tick", (x, y + 28.0), Anchor::Middle, north);
    }
}

/// The smallest of 1, 2 and 5 times a power of ten that is not below a number, and its decimals.
fn round_step(least: f64) -> (f64, usize) {
    let exponent = least.max(1e-6).log10().floor();
    let decade = 10_f64.powf(exponent);
    let (factor, carry) = [(1.0, 0.0), (2.0, 0.0), (5.0, 0.0), (10.0, 1.0)]
        .into_iter()
        .find(|(factor, _)| factor * decade >= least * 0.999_999)
        .unwrap_or((10.0, 1.0));
    let decimals = crate::georef::round_to_u32(-(exponent + carry));
    let decimals = usize::try_from(decimals).unwrap_or(0);
    // A product with a power of ten has more digits than it should.
    let step = format!("{:.decimals$}", factor * decade);
    (step.parse().unwrap_or(factor * decade), decimals)
}

/// Multiples of a step from one number to another, no more than anybody could read.
fn multiples(from: f64, to: f64, step: f64) -> Vec<f64> {
    let first = (from / step).ceil();
    (0..40_u32)
        .map(|index| (first + f64::from(index)) * step)
        .take_while(|number| *number <= to)
        .collect()
}

fn named(degrees: f64, decimals: usize, (positive, negative): (&str, &str)) -> String {
    let side = if degrees < 0.0 { negative } else { positive };
    format!("{:.decimals$}°{side}", degrees.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (least, step, decimals) in [
            (0.0037, 0.005, 3),
            (0.02, 0.02, 2),
            (0.6, 1.0, 0),
            (730.0, 1000.0, 0),
            (2.0, 2.0, 0),
        ] {
            let (found, digits) = round_step(least);
            assert!((found - step).abs() < 1e-12, "{least} gives {found}");
            assert_eq!(digits, decimals, "{least}");
        }
    }

    #[test]
    fn a_frame_has_its_ground_in_it_and_metres_are_true() {
        let bounds = Rect::new(Coord { x: 101.6, y: 24.7 }, Coord { x: 101.7, y: 24.75 });
        let frame = Frame::around(bounds);
        for corner in [bounds.min(), bounds.max()] {
            assert!(frame.point(corner.into()).is_some());
        }
        assert!(frame.point(Point::new(101.8, 24.7)).is_none());
        // 0.1° of longitude at 24.725° N are 10 117 m.
        let (a, b) = (frame.coord(bounds.min()), frame.coord(bounds.max()));
        assert!((frame.metres(b.x - a.x) - 10_117.0).abs() < 15.0);
        assert!(b.y < a.y, "north is above");
        let point = Rect::new(bounds.min(), bounds.min());
        assert!(Frame::around(point).metres(1.0).is_finite());
    }
}
