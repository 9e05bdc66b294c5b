//! The ground that photos of a flight show together, and how often.

use crate::georef::{LocalMetres, floor_to_u32, geodesic_area_m2, union};
use geo::{BoundingRect, Coord, LineString, MultiPolygon, Point, Polygon, Rect};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use serde::Serialize;

/// Overlap is counted in cells of at least this size, in metres.
const LEAST_CELL_M: f64 = 0.5;

/// And of so many cells at most.
const MOST_CELLS: f64 = 4e6;

/// Numbers of photos whose share of ground is said.
pub const TIMES: [u16; 4] = [2, 3, 5, 8];

/// The ground of a flight.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroundSeen {
    /// Together, each place once; WGS 84.
    #[serde(skip)]
    pub outline: MultiPolygon<f64>,
    /// Its area in square metres on the ellipsoid.
    pub area_m2: f64,
    /// The sum of all photos.
    pub sum_m2: f64,
    /// Of the ground, the share that at least so many photos show, for each of [`TIMES`]. Counted in
    /// cells of [`cell_m`](Self::cell_m).
    pub shares: [f64; TIMES.len()],
    /// The size of a cell, in metres.
    pub cell_m: f64,
}

/// Joins the ground of photos, WGS 84.
#[must_use]
pub fn ground_seen(footprints: &[&Polygon<f64>]) -> GroundSeen {
    let outline = union(footprints.iter().copied());
    let area_m2 = geodesic_area_m2(&outline).abs();
    let sum_m2 = footprints
        .iter()
        .map(|f| geodesic_area_m2(&MultiPolygon::from((*f).clone())))
        .sum::<f64>()
        .abs();
    let (shares, cell_m) = overlap(footprints);
    GroundSeen {
        outline,
        area_m2,
        sum_m2,
        shares,
        cell_m,
    }
}

/// Shares of the ground by the number of photos, and the largest cell that they were counted in. Ground
/// that hangs together is counted by itself, so that two flights far apart do not share their cells.
fn overlap(footprints: &[&Polygon<f64>]) -> ([f64; TIMES.len()], f64) {
    let mut times_m2 = [0.0; TIMES.len()];
    let (mut seen_m2, mut largest_m) = (0.0, LEAST_CELL_M);
    for group in groups(footprints) {
        let Some((cells, cell_m)) = counted(&group) else {
            continue;
        };
        largest_m = f64::max(largest_m, cell_m);
        let area_m2 = |least: u16| {
            let count = cells.iter().filter(|count| **count >= least).count();
            as_f64(count) * cell_m * cell_m
        };
        seen_m2 += area_m2(1);
        for (sum, times) in times_m2.iter_mut().zip(TIMES) {
            *sum += area_m2(times);
        }
    }
    if seen_m2 > 0.0 {
        (times_m2.map(|m2| m2 / seen_m2), largest_m)
    } else {
        ([0.0; TIMES.len()], largest_m)
    }
}

/// Footprints whose boxes hang together.
fn groups<'a>(footprints: &[&'a Polygon<f64>]) -> Vec<Vec<&'a Polygon<f64>>> {
    let boxed = footprints.iter().enumerate().filter_map(|(at, footprint)| {
        let rect = footprint.bounding_rect()?;
        let corners = ([rect.min().x, rect.min().y], [rect.max().x, rect.max().y]);
        let rectangle = Rectangle::from_corners(corners.0, corners.1);
        Some(GeomWithData::new(rectangle, at))
    });
    let tree = RTree::bulk_load(boxed.collect());
    let mut is_taken = vec![false; footprints.len()];
    let mut groups = Vec::new();
    for first in 0..footprints.len() {
        if std::mem::replace(&mut is_taken[first], true) {
            continue;
        }
        let (mut group, mut open) = (Vec::new(), vec![first]);
        while let Some(at) = open.pop() {
            group.push(footprints[at]);
            let Some(rect) = footprints[at].bounding_rect() else {
                continue;
            };
            let around = AABB::from_corners(rect.min().into(), rect.max().into());
            for near in tree.locate_in_envelope_intersecting(&around) {
                if !std::mem::replace(&mut is_taken[near.data], true) {
                    open.push(near.data);
                }
            }
        }
        groups.push(group);
    }
    groups
}

/// How many photos show each cell, and the size of a cell in metres.
fn counted(footprints: &[&Polygon<f64>]) -> Option<(Vec<u16>, f64)> {
    let boxes = footprints.iter().filter_map(|f| f.bounding_rect());
    let bounds = crate::georef::around(boxes)?;
    let frame = LocalMetres::around(bounds.center().into());
    let (low, high) = (frame.coord(bounds.min()), frame.coord(bounds.max()));
    let (width, height) = (high.x - low.x, high.y - low.y);
    if !(width > 0.0 && height > 0.0 && width.is_finite() && height.is_finite()) {
        return None;
    }
    let cell_m = (width * height / MOST_CELLS).sqrt().max(LEAST_CELL_M);
    let columns = floor_to_u32(width / cell_m) as usize + 1;
    let rows = floor_to_u32(height / cell_m) as usize + 1;
    let mut counts = vec![0_u16; columns * rows];
    for footprint in footprints {
        let ring: Vec<Coord<f64>> = footprint
            .exterior()
            .coords()
            .map(|c| {
                let metres = frame.coord(*c);
                Coord {
                    x: (metres.x - low.x) / cell_m,
                    y: (metres.y - low.y) / cell_m,
                }
            })
            .collect();
        fill(&LineString::new(ring), (columns, rows), &mut counts);
    }
    Some((counts, cell_m))
}

/// Counts one more for each cell whose middle lies in a ring.
fn fill(ring: &LineString<f64>, (columns, rows): (usize, usize), counts: &mut [u16]) {
    let Some(rect) = ring.bounding_rect() else {
        return;
    };
    let rows_of = |rect: Rect<f64>| {
        let first = floor_to_u32(rect.min().y.max(0.0)) as usize;
        let last = floor_to_u32(rect.max().y.max(0.0)) as usize;
        first..(last + 1).min(rows)
    };
    let mut crossings: Vec<f64> = Vec::new();
    for row in rows_of(rect) {
        let y = as_f64(row) + 0.5;
        crossings.clear();
        for edge in ring.lines() {
            let (a, b) = (edge.start, edge.end);
            if (a.y <= y) != (b.y <= y) {
                crossings.push(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x));
            }
        }
        crossings.sort_by(f64::total_cmp);
        for pair in crossings.chunks_exact(2) {
            let first = floor_to_u32((pair[0] + 0.5).max(0.0)) as usize;
            let end = (floor_to_u32((pair[1] + 0.5).max(0.0)) as usize).min(columns);
            for count in &mut counts[row * columns + first.min(end)..row * columns + end] {
                *count = count.saturating_add(1);
            }
        }
    }
}

/// The way of the camera over ground, in metres.
#[must_use]
pub fn track_length_m(track: &[Point<f64>]) -> f64 {
    track
        .windows(2)
        .map(|pair| {
            let place = |p: Point<f64>| (p.x(), p.y());
            crate::georef::geodesic_distance_m(place(pair[0]), place(pair[1]))
        })
        .sum::<f64>()
        // The sum of nothing is -0.
        .abs()
}

#[expect(clippy::cast_precision_loss, reason = "counts of cells are small")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A rectangle in metres around 102 E 30 N.
    fn rectangle(east: f64, north: f64, width: f64, height: f64) -> Polygon<f64> {
        let frame = LocalMetres::around(Point::new(102.0, 30.0));
        let corner = |e: f64, n: f64| frame.place(Point::new(e, n)).into();
        let corners: Vec<Coord<f64>> = vec![
            corner(east, north),
            corner(east + width, north),
            corner(east + width, north + height),
            corner(east, north + height),
        ];
        Polygon::new(LineString::new(corners), vec![])
    }

    #[test]
    fn ground_counts_once_and_overlap_is_a_share_of_it() {
        let photos = [
            rectangle(0.0, 0.0, 100.0, 100.0),
            rectangle(50.0, 0.0, 100.0, 100.0),
            rectangle(50.0, 50.0, 100.0, 50.0),
        ];
        let seen = ground_seen(&photos.each_ref());
        assert!((seen.area_m2 - 15_000.0).abs() < 5.0, "{}", seen.area_m2);
        assert!((seen.sum_m2 - 25_000.0).abs() < 5.0, "{}", seen.sum_m2);
        // Twice: 50 by 100 of the first two, 50 by 50 of the other two; thrice: 50 by 50.
        let [twice, thrice, five, _] = seen.shares;
        assert!((twice - 7_500.0 / 15_000.0).abs() < 0.01, "{twice}");
        assert!((thrice - 2_500.0 / 15_000.0).abs() < 0.01, "{thrice}");
        assert_eq!(five.to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn flights_far_apart_do_not_share_cells() {
        let photos = [
            rectangle(0.0, 0.0, 100.0, 100.0),
            rectangle(0.0, 0.0, 100.0, 50.0),
            rectangle(400_000.0, 0.0, 100.0, 100.0),
        ];
        let seen = ground_seen(&photos.each_ref());
        assert!(seen.cell_m < 1.0, "{}", seen.cell_m);
        assert!((seen.shares[0] - 0.25).abs() < 0.01, "{:?}", seen.shares);
    }

    #[test]
    fn nothing_is_nothing() {
        let seen = ground_seen(&[]);
        assert!(seen.outline.0.is_empty() && seen.area_m2 < 1e-9);
        let flat = rectangle(0.0, 0.0, 0.0, 0.0);
        assert!(ground_seen(&[&flat]).area_m2 < 1e-9);
    }

    #[test]
    fn a_track_is_as_long_as_its_legs() {
        let frame = LocalMetres::around(Point::new(102.0, 30.0));
        let places = [(0.0, 0.0), (30.0, 40.0), (30.0, 140.0)];
        let track = places.map(|(e, n)| frame.place(Point::new(e, n)));
        assert!((track_length_m(&track) - 150.0).abs() < 0.1);
        assert!(track_length_m(&track[..1]) < 1e-9);
    }
}
