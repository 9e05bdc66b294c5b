//! Layers of lines and of areas, indexed so that a map asks for what its square holds.

use super::{Square, clip};
use geo::{BoundingRect, Coord, LineString, MultiLineString, MultiPolygon, Polygon};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::collections::HashSet;

/// Edges of a line that are indexed together: a border of a town goes round it all, a map shows
/// a few metres of it.
const EDGES_TOGETHER: usize = 32;

/// Ends of two borders' edges this near, in degrees, are one: 0.1 mm.
const SAME_DEGREES: f64 = 1e-9;

type Index = RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>;

/// Lines on WGS 84, in pieces of a few edges.
pub(super) struct LineLayer {
    pieces: Vec<Vec<Coord<f64>>>,
    index: Index,
}

impl LineLayer {
    pub(super) fn of_lines(lines: &[MultiLineString<f64>]) -> Self {
        let lines = lines.iter().flatten();
        Self::new(lines.flat_map(|line| pieces_of(&line.0)).collect())
    }

    /// The rings of areas; edges that two of them share come once.
    pub(super) fn of_borders(areas: &[MultiPolygon<f64>]) -> Self {
        let mut seen = HashSet::new();
        let mut lines: Vec<Vec<Coord<f64>>> = Vec::new();
        let rings = areas
            .iter()
            .flatten()
            .flat_map(|area| std::iter::once(area.exterior()).chain(area.interiors()));
        for ring in rings {
            let mut goes_on = false;
            for edge in ring.lines() {
                let is_new = seen.insert(edge_key(edge.start, edge.end));
                match lines.last_mut().filter(|_| is_new && goes_on) {
                    Some(line) => line.push(edge.end),
                    None if is_new => lines.push(vec![edge.start, edge.end]),
                    None => {}
                }
                goes_on = is_new;
            }
        }
        Self::new(lines.iter().flat_map(|line| pieces_of(line)).collect())
    }

    fn new(pieces: Vec<Vec<Coord<f64>>>) -> Self {
        let index = index_of(pieces.iter().map(|piece| {
            let of = |c: &Coord<f64>| [c.x, c.y];
            AABB::from_points(&piece.iter().map(of).collect::<Vec<_>>())
        }));
        Self { pieces, index }
    }

    /// The lines within a square, in metres around its middle.
    pub(super) fn within(&self, square: &Square) -> Vec<LineString<f64>> {
        let mut joined: Vec<Vec<Coord<f64>>> = Vec::new();
        let mut last = None;
        for at in found(&self.index, square) {
            let piece = &self.pieces[at];
            // Pieces of one line are numbered on, and meet where it was cut.
            match joined.last_mut() {
                Some(line) if last == Some(at) && line.last() == piece.first() => {
                    line.extend_from_slice(&piece[1..]);
                }
                _ => joined.push(piece.clone()),
            }
            last = Some(at + 1);
        }
        let mut lines = Vec::new();
        for mut line in joined {
            for c in &mut line {
                *c = square.frame.coord(*c);
            }
            clip::line(&line, square.half_m, &mut lines);
        }
        lines
    }
}

/// Areas on WGS 84.
pub(super) struct AreaLayer {
    areas: Vec<Polygon<f64>>,
    index: Index,
}

impl AreaLayer {
    pub(super) fn new(areas: Vec<MultiPolygon<f64>>) -> Self {
        let areas: Vec<Polygon<f64>> = areas
            .into_iter()
            .flatten()
            .filter(|area| area.exterior().0.len() > 3)
            .collect();
        let index = index_of(areas.iter().map(|area| match area.bounding_rect() {
            Some(bounds) => AABB::from_corners(bounds.min().into(), bounds.max().into()),
            None => AABB::from_point([f64::MAX; 2]),
        }));
        Self { areas, index }
    }

    /// The areas within a square, in metres around its middle.
    pub(super) fn within(&self, square: &Square) -> Vec<Polygon<f64>> {
        let mut areas = Vec::new();
        for at in found(&self.index, square) {
            clip::area(
                &self.areas[at],
                |c| square.frame.coord(c),
                square.half_m,
                &mut areas,
            );
        }
        areas
    }
}

/// A line of finite positions in pieces that each begin where the one before ends.
fn pieces_of(line: &[Coord<f64>]) -> Vec<Vec<Coord<f64>>> {
    let is_line = line.len() > 1 && line.iter().all(|c| c.x.is_finite() && c.y.is_finite());
    if !is_line {
        return Vec::new();
    }
    (0..line.len() - 1)
        .step_by(EDGES_TOGETHER)
        .map(|first| line[first..=(first + EDGES_TOGETHER).min(line.len() - 1)].to_vec())
        .collect()
}

/// The same for an edge in either direction.
fn edge_key(a: Coord<f64>, b: Coord<f64>) -> [i64; 4] {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "degrees by 10⁹ are far below 2⁶³"
    )]
    let key = |c: Coord<f64>| [c.x, c.y].map(|v| (v / SAME_DEGREES).round() as i64);
    let (a, b) = (key(a), key(b));
    let (low, high) = if a <= b { (a, b) } else { (b, a) };
    [low[0], low[1], high[0], high[1]]
}

fn index_of(bounds: impl Iterator<Item = AABB<[f64; 2]>>) -> Index {
    let entry = |(at, bounds)| GeomWithData::new(Rectangle::from_aabb(bounds), at);
    RTree::bulk_load(bounds.enumerate().map(entry).collect())
}

/// What touches a square, in the order of the layer.
fn found(index: &Index, square: &Square) -> Vec<usize> {
    let mut found: Vec<usize> = index
        .locate_in_envelope_intersecting(&square.degrees)
        .map(|entry| entry.data)
        .collect();
    found.sort_unstable();
    found
}
