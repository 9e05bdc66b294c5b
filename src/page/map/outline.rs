//! Outlines on the map, as fine as its units: a border of a county would fill the page otherwise.

use super::frame::Frame;
use crate::page::svg::px;
use geo::{BoundingRect, Coord, LineString, MultiPolygon, Simplify};
use std::fmt::Write as _;

/// Borders are off by no more than this, in units: about CSS pixels.
const TOLERANCE: f64 = 0.5;

/// The same where villages are so many that each is a few units wide.
const TOLERANCE_OF_MANY: f64 = 1.0;

/// More villages than this are many.
const MANY: usize = 1000;

/// Points closer than this are one.
const GRAIN: f64 = 0.2;

/// How far borders may be off on a map of so many villages, in units.
pub(crate) fn tolerance(villages: usize) -> f64 {
    if villages > MANY {
        TOLERANCE_OF_MANY
    } else {
        TOLERANCE
    }
}

/// The path of an outline; empty where it is too small to be seen.
pub(crate) fn path(outline: &MultiPolygon<f64>, frame: &Frame, tolerance: f64) -> String {
    let mut path = String::new();
    for polygon in outline {
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        for ring in rings {
            draw_ring(&mut path, ring, frame, tolerance);
        }
    }
    path
}

fn draw_ring(path: &mut String, ring: &LineString<f64>, frame: &Frame, tolerance: f64) {
    let mut coords: Vec<Coord<f64>> = Vec::new();
    for place in &ring.0 {
        let coord = frame.coord(*place);
        let is_new = coords.last().is_none_or(|last| {
            (last.x - coord.x).abs() >= GRAIN || (last.y - coord.y).abs() >= GRAIN
        });
        if coord.x.is_finite() && coord.y.is_finite() && is_new {
            coords.push(coord);
        }
    }
    let mut coords = clipped(coords, frame);
    if let Some(first) = coords.first().copied() {
        coords.push(first);
    }
    let line = LineString::new(coords);
    let seen = line
        .bounding_rect()
        .is_some_and(|rect| rect.width() >= 1.0 || rect.height() >= 1.0);
    let line = line.simplify(tolerance);
    if !seen || line.0.len() < 4 {
        return;
    }
    let last = line.0.len() - 1;
    for (index, coord) in line.0[..last].iter().enumerate() {
        let letter = if index == 0 { 'M' } else { 'L' };
        let _ = write!(path, "{letter}{},{}", px(coord.x), px(coord.y));
    }
    path.push('Z');
}

/// The part of a ring within the frame (Sutherland and Hodgman 1974): one side of the frame after the
/// other cuts off what lies beyond it.
fn clipped(mut ring: Vec<Coord<f64>>, frame: &Frame) -> Vec<Coord<f64>> {
    let (low, high) = frame.corners();
    // How far within a side a position is.
    let sides: [&dyn Fn(Coord<f64>) -> f64; 4] = [
        &|c| c.x - low.x,
        &|c| high.x - c.x,
        &|c| c.y - low.y,
        &|c| high.y - c.y,
    ];
    for within in sides {
        let mut kept = Vec::with_capacity(ring.len());
        let mut before = ring.last().copied();
        for here in ring {
            if let Some(before) = before {
                let (a, b) = (within(before), within(here));
                if (a < 0.0) != (b < 0.0) {
                    kept.push(before + (here - before) * (a / (a - b)));
                }
            }
            if within(here) >= 0.0 {
                kept.push(here);
            }
            before = Some(here);
        }
        ring = kept;
    }
    ring
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Polygon, Rect};

    #[test]
    fn outlines_have_no_more_corners_than_can_be_seen() {
        let bounds = Rect::new(Coord { x: 101.0, y: 24.0 }, Coord { x: 102.0, y: 25.0 });
        let frame = Frame::around(bounds);
        let circle: Vec<Coord<f64>> = (0..50_000_u32)
            .map(|index| {
                let (sin, cos) = (f64::from(index) / 50_000.0 * std::f64::consts::TAU).sin_cos();
                Coord {
                    x: 101.5 + cos * 0.3,
                    y: 24.5 + sin * 0.3,
                }
            })
            .collect();
        let outline = Polygon::new(LineString::new(circle), vec![]).into();
        let drawn = path(&outline, &frame, TOLERANCE);
        let corners = drawn.matches('L').count();
        assert!((20..200).contains(&corners), "{corners}");
        let tiny = Rect::new(
            Coord { x: 101.0, y: 24.0 },
            Coord {
                x: 101.000_01,
                y: 24.000_01,
            },
        );
        let whole = Rect::new(Coord { x: 0.0, y: 0.0 }, Coord { x: 180.0, y: 89.0 });
        let drawn = path(&whole.to_polygon().into(), &frame, TOLERANCE);
        assert_eq!(drawn.matches('L').count(), 3, "the frame itself: {drawn}");
        assert_eq!(path(&tiny.to_polygon().into(), &frame, TOLERANCE), "");
    }
}
