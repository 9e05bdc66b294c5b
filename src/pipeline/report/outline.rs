//! A site's outline for formats that know one polygon with 7 decimals: rounded, and
//! valid after rounding.

use geo::coordinate_position::{CoordPos, coord_pos_relative_to_ring};
use geo::kernels::{Kernel, Orientation, RobustKernel};
use geo::line_intersection::{LineIntersection, line_intersection};
use geo::{
    Area, BoundingRect, ConcaveHull, ConvexHull, Coord, HasDimensions, Intersects, Line,
    LineString, MakeValid, MapCoords, MultiPoint, MultiPolygon, Orient, Point, Polygon, Relate,
    orient::Direction,
};
use std::fmt::Write as _;

/// Steps of the grid in one degree: 7 decimals, about a centimetre.
const STEPS: f64 = 1e7;

/// One polygon that holds all parts of a site.
pub(crate) struct Outline {
    /// Exterior counter-clockwise, holes clockwise, every ring closed and valid,
    /// longitude and latitude of at most 7 decimals.
    pub(crate) polygon: Polygon<f64>,
    /// The parts it holds.
    pub(crate) parts: MultiPolygon<f64>,
}

impl Outline {
    /// The outline of `parts`; a small square at `point` where nothing is left of
    /// them after rounding.
    pub(crate) fn new(parts: &MultiPolygon<f64>, point: Point<f64>) -> Self {
        // On a grid of whole numbers near zero all predicates are exact.
        let origin = on_grid(point.0);
        let local = |c: Coord<f64>| on_grid(c) - origin;
        let mut kept: Vec<Polygon<f64>> = parts
            .iter()
            .flat_map(|p| clean(&p.map_coords(local)))
            .collect();
        if kept.is_empty() {
            kept.push(dot());
        }
        let whole = match kept.as_slice() {
            [one] => one.clone(),
            many => hull(many),
        };
        let degrees = |c: Coord<f64>| Coord {
            x: (c.x + origin.x) / STEPS,
            y: (c.y + origin.y) / STEPS,
        };
        Self {
            polygon: whole.orient(Direction::Default).map_coords(degrees),
            parts: MultiPolygon::new(kept)
                .orient(Direction::Default)
                .map_coords(degrees),
        }
    }

    /// The parts as WKT, which every GIS reads.
    pub(super) fn parts_wkt(&self) -> String {
        let ring = |out: &mut String, ring: &LineString<f64>| {
            for (i, c) in ring.0.iter().enumerate() {
                let _ = write!(out, "{}{} {}", if i == 0 { "(" } else { "," }, c.x, c.y);
            }
            out.push(')');
        };
        let mut out = String::from("MULTIPOLYGON (");
        for (i, part) in self.parts.iter().enumerate() {
            out.push_str(if i == 0 { "(" } else { ",(" });
            ring(&mut out, part.exterior());
            for hole in part.interiors() {
                out.push(',');
                ring(&mut out, hole);
            }
            out.push(')');
        }
        out.push(')');
        out
    }
}

fn on_grid(c: Coord<f64>) -> Coord<f64> {
    // Adding zero turns -0 into 0, which would print as such.
    Coord {
        x: (c.x * STEPS).round() + 0.0,
        y: (c.y * STEPS).round() + 0.0,
    }
}

/// Two steps each way: about the smallest thing that still shows.
fn dot() -> Polygon<f64> {
    geo::Rect::new((-1.0, -1.0), (1.0, 1.0)).to_polygon()
}

/// A polygon on the grid made valid: none where rounding left no area, several
/// where it pinched one in two.
fn clean(polygon: &Polygon<f64>) -> Vec<Polygon<f64>> {
    let Some(exterior) = clean_ring(polygon.exterior()) else {
        return Vec::new();
    };
    let holes = polygon.interiors().iter().filter_map(clean_ring).collect();
    let tidy = Polygon::new(exterior, holes);
    if is_valid(&tidy) {
        return vec![tidy];
    }
    let repaired: Vec<Polygon<f64>> = tidy
        .make_valid()
        .map(|pieces| pieces.0)
        .unwrap_or_default()
        .iter()
        .map(|p| {
            p.map_coords(|c| Coord {
                x: c.x.round(),
                y: c.y.round(),
            })
        })
        .filter_map(|p| {
            let holes = p.interiors().iter().filter_map(clean_ring).collect();
            Some(Polygon::new(clean_ring(p.exterior())?, holes))
        })
        .collect();
    if !repaired.is_empty() && repaired.iter().all(is_valid) {
        return repaired;
    }
    let hull = tidy.convex_hull();
    if hull.unsigned_area() > 0.0 {
        vec![hull]
    } else {
        Vec::new()
    }
}

/// Whether a polygon of cleaned rings is valid: no ring meets itself, rings meet at single
/// points at most, and holes lie within the exterior and outside one another.
fn is_valid(polygon: &Polygon<f64>) -> bool {
    edges_are_apart(polygon) && holes_are_placed(polygon)
}

/// Sorted along x, an edge is compared with few others; `geo` compares all with all.
fn edges_are_apart(polygon: &Polygon<f64>) -> bool {
    let mut edges: Vec<Edge> = Vec::new();
    for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
        let (first, last) = (edges.len(), edges.len() + ring.0.len() - 2);
        edges.extend(ring.lines().enumerate().map(|(i, line)| Edge {
            ring: (first, last),
            place: first + i,
            line,
        }));
    }
    let left = |edge: &Edge| edge.line.start.x.min(edge.line.end.x);
    edges.sort_by(|a, b| left(a).total_cmp(&left(b)));
    edges.iter().enumerate().all(|(at, edge)| {
        let right = edge.line.start.x.max(edge.line.end.x);
        edges[at + 1..]
            .iter()
            .take_while(|other| left(other) <= right)
            .all(|other| may_lie_together(edge, other))
    })
}

/// Whether holes of which no edge crosses another ring lie where holes may: rounding can
/// push a small one over the exterior's edge, or into the next hole.
fn holes_are_placed(polygon: &Polygon<f64>) -> bool {
    let holes = polygon.interiors();
    let boxes: Vec<_> = holes.iter().map(BoundingRect::bounding_rect).collect();
    // Rings that do not cross agree in all points but those that touch.
    let place = |hole: &LineString<f64>, ring: &LineString<f64>| {
        let places = hole.coords().map(|c| coord_pos_relative_to_ring(*c, ring));
        places.into_iter().find(|p| *p != CoordPos::OnBoundary)
    };
    holes.iter().enumerate().all(|(i, hole)| {
        let meets = |j: &usize| match (&boxes[i], &boxes[*j]) {
            (Some(a), Some(b)) => a.intersects(b),
            _ => false,
        };
        let mut others = (0..holes.len()).filter(|j| *j != i).filter(meets);
        place(hole, polygon.exterior()) == Some(CoordPos::Inside)
            && others.all(|j| place(hole, &holes[j]) == Some(CoordPos::Outside))
    })
}

/// An edge of a ring.
struct Edge {
    /// Places of the ring's first and last edge.
    ring: (usize, usize),
    /// Its own place among all edges.
    place: usize,
    line: Line<f64>,
}

/// Whether two edges may be parts of a valid polygon.
fn may_lie_together(a: &Edge, b: &Edge) -> bool {
    let span = |l: &Line<f64>| (l.start.y.min(l.end.y), l.start.y.max(l.end.y));
    let ((low_a, high_a), (low_b, high_b)) = (span(&a.line), span(&b.line));
    if high_a < low_b || high_b < low_a || !a.line.intersects(&b.line) {
        return true;
    }
    if a.ring == b.ring {
        // Neighbours share a point; the last edge of a ring is the first one's neighbour.
        let pair = (a.place.min(b.place), a.place.max(b.place));
        return pair.1 - pair.0 == 1 || pair == a.ring;
    }
    matches!(
        line_intersection(a.line, b.line),
        Some(LineIntersection::SinglePoint {
            is_proper: false,
            ..
        })
    )
}

/// The ring without repeated points and without spikes; `None` where it encloses
/// nothing, all its points lying on one line.
fn clean_ring(ring: &LineString<f64>) -> Option<LineString<f64>> {
    let mut points: Vec<Coord<f64>> = Vec::with_capacity(ring.0.len());
    // The last point repeats the first.
    for &c in ring.0.split_last()?.1 {
        points.push(c);
        drop_spikes(&mut points);
    }
    // What the ends make together: turn the ring until nothing changes.
    for _ in 0..points.len() {
        let before = points.len();
        points.rotate_left(1.min(before));
        drop_spikes(&mut points);
        if points.len() == before && !ends_spike(&points) {
            break;
        }
    }
    if points.len() < 3 || points.iter().any(|c| !c.x.is_finite() || !c.y.is_finite()) {
        return None;
    }
    let aside = |c: &Coord<f64>| !on_one_line(points[0], points[1], *c);
    if !points.iter().any(aside) {
        return None;
    }
    points.push(points[0]);
    Some(LineString::new(points))
}

/// Removes repeated points and points where the line turns back on itself, from
/// the end of an open line.
fn drop_spikes(points: &mut Vec<Coord<f64>>) {
    loop {
        let n = points.len();
        if n >= 2 && points[n - 1] == points[n - 2] {
            points.pop();
        } else if n >= 3 && turns_back(points[n - 3], points[n - 2], points[n - 1]) {
            points.remove(n - 2);
        } else {
            return;
        }
    }
}

fn ends_spike(points: &[Coord<f64>]) -> bool {
    let n = points.len();
    n >= 3
        && (points[0] == points[n - 1]
            || turns_back(points[n - 2], points[n - 1], points[0])
            || turns_back(points[n - 1], points[0], points[1]))
}

fn turns_back(before: Coord<f64>, at: Coord<f64>, after: Coord<f64>) -> bool {
    let (arriving, leaving) = (at - before, after - at);
    on_one_line(before, at, after) && arriving.x * leaving.x + arriving.y * leaving.y < 0.0
}

fn on_one_line(a: Coord<f64>, b: Coord<f64>, c: Coord<f64>) -> bool {
    RobustKernel::orient2d(a, b, c) == Orientation::Collinear
}

/// The concave hull of several parts where it holds them all, else the convex hull.
fn hull(parts: &[Polygon<f64>]) -> Polygon<f64> {
    let corners: MultiPoint<f64> = parts.iter().flat_map(|p| p.exterior().points()).collect();
    let concave = clean_ring(corners.concave_hull().exterior())
        .map(|ring| Polygon::new(ring, vec![]))
        .filter(|h| is_valid(h) && parts.iter().all(|p| h.relate(p).is_covers()));
    let whole = concave.unwrap_or_else(|| corners.convex_hull());
    if whole.is_empty() { dot() } else { whole }
}

#[cfg(test)]
#[path = "outline_tests.rs"]
mod tests;
