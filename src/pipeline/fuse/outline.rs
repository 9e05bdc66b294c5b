//! Outlines: the rings of a component as a polygon, exact or simplified by less than half a cell.
//!
//! # How an outline is simplified
//! Corner-to-corner simplification does little for a staircase: its corners lie up to one cell
//! apart on either side of the line that it stands for. That line runs through the *middles of
//! the steps*, so they are what we keep:
//! - an edge between a left and a right turn is a **step**; its middle may become a vertex;
//! - both corners of any other edge (the end of a bar, a side of a rectangle) are **fixed**, and
//!   so are single steps (an L stays an L), corners that cannot be cut from middle to middle
//!   within the tolerance, and both corners of every edge that ends where cells touch diagonally;
//! - between two fixed corners Douglas–Peucker chooses among the middles, measuring how far the
//!   *corners* stray from the new line.
//!
//! Rectangles stay as they are, staircases become straight lines that give as much area as they
//! take, and the result depends on the ring alone, not on where the walk started.
//!
//! # Why nothing can go wrong below half a cell
//! Let the tolerance be t < 0.5. A ring falls into *paths* between kept points (corners or step
//! middles), each replaced by a *chord* from which no corner of the path is farther than t.
//! Distance to a segment is convex, so no point of the path is farther, and moving each point of
//! the path to the nearest of the chord is continuous and covers the chord: each point of
//! either lies within t of the other.
//!
//! *Same cells.* Cell centres are 0.5 away from any boundary. The ring thus slides into the chords
//! (and along them) without passing over a centre, and winds around the same centres as before.
//!
//! *Valid.* Let two chords cross at a point; their paths then come within 2t < 1 of each other.
//! On the lattice they do so only along edges that share a corner v.
//! If cells touch diagonally at v, the edges at v are chords unchanged and cannot cross; this also
//! holds between two components of one class, whose outlines hence never overlap.
//! Otherwise both belong to one ring that passes v once, and less than √2 of it lies between. As a
//! path is at least 0.5 long, at most two lie between: only chords 2 or 3 places apart can
//! cross. Those are tested, and a ring that fails keeps its exact outline. Chords one place apart
//! leave their common point in different directions: at a step's middle within 79° of opposite
//! ways, at a corner within 30° of perpendicular ones. Holes stay in the exterior since the
//! rings do not cross and wind around the same centres.

use geo::{Coord, Intersects, Line, LineString, Polygon};

use crate::pipeline::fuse::component::{Component, Ring, Vertex};

/// The outline of a component along its cells.
///
/// `column_edge` and `row_edge` give the coordinate of a lattice column and row: the identity for
/// lattice coordinates, or the edges of tile cores of various sizes. The exterior runs
/// counter-clockwise when seen with `y` downwards (see [`Component::rings`]).
pub fn exact_polygon(
    component: &Component,
    column_edge: impl Fn(u32) -> f64,
    row_edge: impl Fn(u32) -> f64,
) -> Polygon<f64> {
    polygon(component.rings.iter().map(|ring| {
        let vertices = ring.iter().map(|vertex| Coord {
            x: column_edge(vertex.x),
            y: row_edge(vertex.y),
        });
        vertices.collect()
    }))
}

/// The outline of a component in lattice coordinates, with no boundary moved by more than
/// `tolerance` cells.
///
/// Any `tolerance` below half a cell is safe: the polygon is valid, it holds the centres of
/// exactly the component's cells, and simplified parts of one class do not overlap and touch where
/// their cells touch. 0.49 is a good choice. Vertices lie on corners or halfway between two.
///
/// # Panics
/// If `tolerance` is not in `0.0..0.5`.
#[must_use]
pub fn simplified_polygon(component: &Component, tolerance: f64) -> Polygon<f64> {
    assert!((0.0..0.5).contains(&tolerance), "below half a cell");
    let is_touch = |vertex: &Vertex| component.touches.binary_search(vertex).is_ok();
    let rings = component.rings.iter();
    polygon(rings.map(|ring| simplified_ring(ring, is_touch, tolerance)))
}

fn polygon(rings: impl Iterator<Item = Vec<Coord<f64>>>) -> Polygon<f64> {
    let mut rings = rings.map(LineString::new);
    let exterior = rings.next().unwrap_or_else(|| LineString::new(Vec::new()));
    Polygon::new(exterior, rings.collect())
}

/// A point that may be kept, with the corners that lie between it and its neighbours.
#[derive(Clone, Copy)]
struct Candidate {
    at: Coord<f64>,
    /// Index after the last corner strictly before it.
    corners_before: usize,
    /// Index of the first corner strictly after it.
    corners_after: usize,
    is_fixed: bool,
}

fn simplified_ring(
    ring: &Ring,
    is_touch: impl Fn(&Vertex) -> bool,
    tolerance: f64,
) -> Vec<Coord<f64>> {
    let corners: Vec<_> = ring.iter().copied().map(lattice_coordinates).collect();
    let candidates = candidates(ring, &corners, is_touch, tolerance);
    let mut kept = Vec::new();
    let mut section_start = 0;
    for index in 1..candidates.len() {
        if candidates[index].is_fixed {
            let section = &candidates[section_start..=index];
            keep_within(section, &corners, tolerance, &mut kept);
            section_start = index;
        }
    }
    if crosses_itself(&kept) { corners } else { kept }
}

/// All points that may be kept, in walking order; the first is repeated at the end.
fn candidates(
    ring: &Ring,
    corners: &[Coord<f64>],
    is_touch: impl Fn(&Vertex) -> bool,
    tolerance: f64,
) -> Vec<Candidate> {
    let count = corners.len();
    let next = |index: usize| (index + 1) % count;
    let previous = |index: usize| (index + count - 1) % count;
    let turns_left: Vec<bool> = (0..count)
        .map(|index| {
            let (from, at, to) = (
                corners[previous(index)],
                corners[index],
                corners[next(index)],
            );
            cross(at - from, to - at) < 0.0
        })
        .collect();
    let touches: Vec<bool> = ring.iter().map(is_touch).collect();
    let is_step: Vec<bool> = (0..count)
        .map(|from| {
            let to = next(from);
            turns_left[from] != turns_left[to] && !touches[from] && !touches[to]
        })
        .collect();
    let is_fixed = |index: usize| {
        let (arriving, leaving) = (previous(index), index);
        let is_alone = !is_step[previous(arriving)] && !is_step[next(leaving)];
        if !is_step[arriving] || !is_step[leaving] || is_alone {
            return true;
        }
        // The corner is the right angle of a triangle with half the edges as legs; what is
        // compared, squared, is its height above the long side.
        let [one, other] = [arriving, leaving]
            .map(|edge| squared_length(corners[next(edge)] - corners[edge]) / 4.0);
        one * other > tolerance * tolerance * (one + other)
    };
    let mut candidates = Vec::new();
    for (index, &at) in corners.iter().enumerate() {
        if is_fixed(index) {
            candidates.push(Candidate {
                at,
                corners_before: index,
                corners_after: index + 1,
                is_fixed: true,
            });
        }
        if is_step[index] {
            candidates.push(Candidate {
                at: (at + corners[next(index)]) / 2.0,
                corners_before: index + 1,
                corners_after: index + 1,
                is_fixed: false,
            });
        }
    }
    // A ring starts at its first vertex in row-major order. The edge along that top row turns
    // the same way at both ends, so the vertex is fixed.
    let start = candidates[0];
    debug_assert!(
        start.is_fixed && start.at == corners[0],
        "starts at a corner"
    );
    candidates.push(Candidate {
        corners_before: count,
        ..start
    });
    candidates
}

/// Douglas–Peucker between the ends of `section`: appends all points to keep but the last.
fn keep_within(
    section: &[Candidate],
    corners: &[Coord<f64>],
    tolerance: f64,
    kept: &mut Vec<Coord<f64>>,
) {
    let limit = tolerance * tolerance;
    let mut spans = vec![(0, section.len() - 1)];
    while let Some((first, last)) = spans.pop() {
        let chord = Line::new(section[first].at, section[last].at);
        let strays = |point: Coord<f64>| squared_distance(point, chord);
        let between = section[first].corners_after..section[last].corners_before;
        if last == first + 1 || corners[between].iter().all(|&c| strays(c) <= limit) {
            kept.push(chord.start);
            continue;
        }
        let mut farthest = (first + 1, f64::NEG_INFINITY);
        for (index, candidate) in section.iter().enumerate().take(last).skip(first + 1) {
            let distance = strays(candidate.at);
            if distance > farthest.1 {
                farthest = (index, distance);
            }
        }
        spans.push((farthest.0, last));
        spans.push((first, farthest.0));
    }
}

/// Whether chords 2 or 3 places apart meet, which is all that can go wrong in one ring.
fn crosses_itself(ring: &[Coord<f64>]) -> bool {
    let count = ring.len();
    let chord = |index: usize| Line::new(ring[index % count], ring[(index + 1) % count]);
    let meets = |index: usize, apart: usize| {
        apart + 1 < count && chord(index).intersects(&chord(index + apart))
    };
    count < 3 || (0..count).any(|index| meets(index, 2) || meets(index, 3))
}

fn lattice_coordinates(vertex: Vertex) -> Coord<f64> {
    Coord {
        x: f64::from(vertex.x),
        y: f64::from(vertex.y),
    }
}

fn cross(one: Coord<f64>, other: Coord<f64>) -> f64 {
    one.x * other.y - one.y * other.x
}

fn squared_length(vector: Coord<f64>) -> f64 {
    vector.x * vector.x + vector.y * vector.y
}

/// Square of the distance of a point to a segment. Only exactly rounded operations, so that all
/// machines agree.
fn squared_distance(point: Coord<f64>, segment: Line<f64>) -> f64 {
    let along = segment.end - segment.start;
    let to_point = point - segment.start;
    let length = squared_length(along);
    let projection = along.x * to_point.x + along.y * to_point.y;
    if projection <= 0.0 || length == 0.0 {
        squared_length(to_point)
    } else if projection >= length {
        squared_length(point - segment.end)
    } else {
        let height = cross(along, to_point);
        height * height / length
    }
}

#[cfg(test)]
mod tests;
