//! Measuring around a site: its frame in metres, edges of lines and outlines by place, and boxes.

use crate::georef::{LocalMetres, Wgs84Place};
use geo::{
    BoundingRect, Coord, Distance, Euclidean, Geometry, Line, LinesIter, MultiLineString,
    MultiPolygon, Point, Rect,
};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree, RTreeObject};

/// What is found is looked for so much further out than asked for, in metres, so that rounding
/// loses nothing; and what is nearer to each other than this counts as equally far.
const ROUNDING_M: f64 = 1e-6;

/// The ground around a site: metres east (x) and north (y) of its point.
pub(super) struct Frame {
    /// The site's point, WGS 84 longitude and latitude.
    pub(super) origin: Point<f64>,
    metres: LocalMetres,
    per_degree: Coord<f64>,
    /// Edges of the outline, in metres: distances are measured from them. A site without outline
    /// has one edge without length, its point.
    edges: Vec<Line<f64>>,
    /// The box around these edges, in metres.
    bounds: Rect<f64>,
    /// A corner of each part of an outline that has several, in degrees.
    corners: Vec<Point<f64>>,
}

impl Frame {
    /// A site with its outline, in degrees. Edges that are no numbers are left out.
    pub(super) fn new(origin: Point<f64>, outline: &MultiPolygon<f64>) -> Self {
        let mut frame = Self::around(origin);
        let edges: Vec<Line<f64>> = outline
            .lines_iter()
            .map(|line| Line::new(frame.metres.coord(line.start), frame.metres.coord(line.end)))
            .filter(|line| {
                [line.start, line.end]
                    .iter()
                    .all(|end| end.x.is_finite() && end.y.is_finite())
            })
            .collect();
        let boxes = edges.iter().map(BoundingRect::bounding_rect);
        if let Some(bounds) = boxes.reduce(united) {
            (frame.edges, frame.bounds) = (edges, bounds);
        }
        if outline.0.len() > 1 {
            let firsts = outline
                .iter()
                .filter_map(|part| part.exterior().points().next());
            frame.corners = firsts.collect();
        }
        frame
    }

    /// A point alone.
    pub(super) fn around(origin: Point<f64>) -> Self {
        let metres = LocalMetres::around(origin);
        // The frame is linear, so one degree each way says it all.
        let degree = metres.point(origin + Point::new(1.0, 1.0));
        let here = Coord { x: 0.0, y: 0.0 };
        Self {
            origin,
            metres,
            per_degree: degree.into(),
            edges: vec![Line::new(here, here)],
            bounds: Rect::new(here, here),
            corners: Vec::new(),
        }
    }

    /// A place given in degrees, in metres.
    pub(super) fn in_metres(&self, degrees: [f64; 2]) -> Coord<f64> {
        self.metres.point(Point::from(degrees)).into()
    }

    /// Metres to degrees.
    pub(super) fn in_degrees(&self, metres: Coord<f64>) -> Option<Wgs84Place> {
        let [lon, lat] = self.degrees([metres.x, metres.y]);
        Wgs84Place::new(lon, lat).ok()
    }

    fn degrees(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [
            self.origin.x() + x / self.per_degree.x,
            self.origin.y() + y / self.per_degree.y,
        ]
    }

    /// Latitude of what lies `north` metres north.
    pub(super) fn latitude(&self, north: f64) -> f64 {
        self.degrees([0.0, north])[1]
    }

    /// Metres east of a longitude.
    pub(super) fn east(&self, longitude: f64) -> f64 {
        (longitude - self.origin.x()) * self.per_degree.x
    }

    /// The square that reaches so many metres to each side of the point, in degrees.
    pub(super) fn square(&self, reach_m: f64) -> AABB<[f64; 2]> {
        AABB::from_corners(
            self.degrees([-reach_m, -reach_m]),
            self.degrees([reach_m, reach_m]),
        )
    }

    /// Places that stand for the site where areas are asked whether they hold it: its point, and a
    /// corner of each part. An area that holds a part and no corner of it crosses its edge.
    pub(super) fn places(&self) -> impl Iterator<Item = Point<f64>> {
        std::iter::once(self.origin).chain(self.corners.iter().copied())
    }

    /// The box that reaches so many metres beyond the outline, in degrees.
    fn reaching(&self, reach_m: f64) -> AABB<[f64; 2]> {
        let (low, high) = (self.bounds.min(), self.bounds.max());
        let reach_m = reach_m + ROUNDING_M;
        AABB::from_corners(
            self.degrees([low.x - reach_m, low.y - reach_m]),
            self.degrees([high.x + reach_m, high.y + reach_m]),
        )
    }

    /// Metres from the outline to a line in metres, where they are not more than `most_m`; 0 where
    /// it meets the outline or lies inside.
    fn distance_m(&self, line: &Line<f64>, most_m: f64) -> Option<f64> {
        if self.gap_m(line) - ROUNDING_M > most_m {
            return None;
        }
        if self.holds(line.start) {
            return Some(0.0);
        }
        let least = self
            .edges
            .iter()
            .map(|edge| Euclidean.distance(edge, line))
            .min_by(f64::total_cmp)?;
        // Walls that two plots share are measured from either end.
        let rounded = (least / ROUNDING_M).round() * ROUNDING_M;
        (rounded <= most_m).then_some(rounded)
    }

    /// Metres between the boxes around the outline and around a line: it is nowhere nearer.
    fn gap_m(&self, line: &Line<f64>) -> f64 {
        let (low, high) = (self.bounds.min(), self.bounds.max());
        let (start, end) = (line.start, line.end);
        let east = (start.x.min(end.x) - high.x).max(low.x - start.x.max(end.x));
        let north = (start.y.min(end.y) - high.y).max(low.y - start.y.max(end.y));
        east.max(0.0).hypot(north.max(0.0))
    }

    /// Whether a place in metres lies inside of the outline.
    fn holds(&self, place: Coord<f64>) -> bool {
        let (low, high) = (self.bounds.min(), self.bounds.max());
        let is_near = (low.x..=high.x).contains(&place.x) && (low.y..=high.y).contains(&place.y);
        is_near && {
            let east = self.edges.iter().filter(|edge| {
                let (start, end) = (edge.start, edge.end);
                (start.y > place.y) != (end.y > place.y)
                    && start.x + (place.y - start.y) / (end.y - start.y) * (end.x - start.x)
                        > place.x
            });
            east.count() % 2 == 1
        }
    }
}

fn united(one: Rect<f64>, other: Rect<f64>) -> Rect<f64> {
    let (a, b, c, d) = (one.min(), one.max(), other.min(), other.max());
    Rect::new(
        Coord {
            x: a.x.min(c.x),
            y: a.y.min(c.y),
        },
        Coord {
            x: b.x.max(d.x),
            y: b.y.max(d.y),
        },
    )
}

/// A piece of a line or an outline between two corners, in degrees; or a point, twice.
pub(super) struct Edge {
    owner: usize,
    ends: [[f64; 2]; 2],
}

impl Edge {
    /// The edges of roads and the like; the owner of each is the place of its feature.
    pub(super) fn of_lines(features: &[MultiLineString<f64>]) -> Vec<Self> {
        let mut edges = Vec::new();
        for (owner, feature) in features.iter().enumerate() {
            Self::add(&mut edges, owner, feature.lines_iter());
        }
        edges
    }

    /// The edges of areas, those around holes included.
    pub(super) fn of_areas<'a>(
        features: impl Iterator<Item = (usize, &'a MultiPolygon<f64>)>,
    ) -> Vec<Self> {
        let mut edges = Vec::new();
        for (owner, feature) in features {
            Self::add(&mut edges, owner, feature.lines_iter());
        }
        edges
    }

    /// The edges of any shape, and its areas.
    pub(super) fn add_shape(
        edges: &mut Vec<Self>,
        areas: &mut Vec<(usize, MultiPolygon<f64>)>,
        owner: usize,
        shape: &Geometry<f64>,
    ) {
        match shape {
            Geometry::Point(point) => {
                let line = Line::new(*point, *point);
                Self::add(edges, owner, std::iter::once(line));
            }
            Geometry::MultiPoint(points) => {
                let lines = points.iter().map(|p| Line::new(*p, *p));
                Self::add(edges, owner, lines);
            }
            Geometry::GeometryCollection(parts) => {
                for part in parts {
                    Self::add_shape(edges, areas, owner, part);
                }
            }
            Geometry::Line(line) => Self::add(edges, owner, std::iter::once(*line)),
            Geometry::LineString(line) => Self::add(edges, owner, line.lines()),
            Geometry::MultiLineString(lines) => {
                Self::add(edges, owner, lines.iter().flat_map(geo::LineString::lines));
            }
            other => {
                let area: MultiPolygon<f64> = match other {
                    Geometry::Polygon(polygon) => polygon.clone().into(),
                    Geometry::MultiPolygon(polygons) => polygons.clone(),
                    Geometry::Rect(rect) => rect.to_polygon().into(),
                    Geometry::Triangle(triangle) => triangle.to_polygon().into(),
                    _ => return,
                };
                Self::add(edges, owner, area.lines_iter());
                areas.push((owner, area));
            }
        }
    }

    fn add(edges: &mut Vec<Self>, owner: usize, lines: impl Iterator<Item = Line<f64>>) {
        let finite = |end: &[f64; 2]| end.iter().all(|degree| degree.is_finite());
        edges.extend(
            lines
                .map(|line| [line.start.into(), line.end.into()])
                .filter(|ends| ends.iter().all(finite))
                .map(|ends| Self { owner, ends }),
        );
    }

    fn in_metres(&self, frame: &Frame) -> Line<f64> {
        let [start, end] = self.ends.map(|end| frame.in_metres(end));
        Line::new(start, end)
    }
}

/// The place of a line in metres that is nearest to the site's point.
fn nearest_place(line: &Line<f64>) -> Coord<f64> {
    let (start, way) = (line.start, line.delta());
    let length_squared = way.x * way.x + way.y * way.y;
    if length_squared <= 0.0 {
        return start;
    }
    let share = -(start.x * way.x + start.y * way.y) / length_squared;
    start + way * share.clamp(0.0, 1.0)
}

impl RTreeObject for Edge {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.ends[0], self.ends[1])
    }
}

/// The nearest of many edges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Nearest {
    /// Metres from the site's outline; 0 where it meets the outline or lies inside.
    pub(super) distance_m: f64,
    /// Its place that is nearest to the site's point, in metres east and north of it.
    pub(super) place: Coord<f64>,
    /// The feature whose edge it is.
    pub(super) owner: usize,
}

/// Edges by place.
pub(super) struct Edges {
    tree: RTree<Edge>,
}

/// The first search reaches so far, and each next one four times further: most sites have
/// something nearby, and then few edges are looked at.
const FIRST_REACH_M: f64 = 60.0;

impl Edges {
    pub(super) fn new(edges: Vec<Edge>) -> Self {
        Self {
            tree: RTree::bulk_load(edges),
        }
    }

    /// The edge nearest to the outline, up to so many metres away.
    pub(super) fn nearest(&self, frame: &Frame, reach_m: f64) -> Option<Nearest> {
        self.nearest_by(frame, reach_m, |_| ())
    }

    /// The edge nearest to the outline; of those that are as near, the one whose owner's key is
    /// least, then the first owner.
    pub(super) fn nearest_by<K: Ord>(
        &self,
        frame: &Frame,
        reach_m: f64,
        key: impl Fn(usize) -> K,
    ) -> Option<Nearest> {
        let mut reach = FIRST_REACH_M.min(reach_m);
        loop {
            let mut best: Option<Nearest> = None;
            let near = self
                .tree
                .locate_in_envelope_intersecting(&frame.reaching(reach));
            for edge in near {
                let line = edge.in_metres(frame);
                let most_m = best.map_or(f64::INFINITY, |best| best.distance_m);
                let Some(distance_m) = frame.distance_m(&line, most_m) else {
                    continue;
                };
                let (place, owner) = (nearest_place(&line), edge.owner);
                let comes_before = |best: Nearest| {
                    distance_m
                        .total_cmp(&best.distance_m)
                        .then_with(|| key(owner).cmp(&key(best.owner)))
                        .then(owner.cmp(&best.owner))
                        .then(place.x.total_cmp(&best.place.x))
                        .then(place.y.total_cmp(&best.place.y))
                        .is_lt()
                };
                if best.is_none_or(comes_before) {
                    best = Some(Nearest {
                        distance_m,
                        place,
                        owner,
                    });
                }
            }
            // Something further than the reach was met in a corner of the box, and something
            // nearer may lie just outside of it.
            if let Some(found) = best.filter(|best| best.distance_m <= reach) {
                return Some(found);
            }
            if reach >= reach_m {
                return None;
            }
            reach = (reach * 4.0).min(reach_m);
        }
    }

    /// Owners of edges up to so many metres from the site's outline, in no order, some more than
    /// once.
    pub(super) fn within(&self, frame: &Frame, reach_m: f64) -> impl Iterator<Item = usize> {
        self.tree
            .locate_in_envelope_intersecting(&frame.reaching(reach_m))
            .filter(move |edge| frame.distance_m(&edge.in_metres(frame), reach_m).is_some())
            .map(|edge| edge.owner)
    }
}

/// Areas by their bounding boxes.
pub(super) struct Boxes {
    tree: RTree<Boxed>,
}

/// A bounding box and the place of what it bounds.
type Boxed = GeomWithData<Rectangle<[f64; 2]>, usize>;

impl Boxes {
    /// The boxes of shapes; a shape without ground has none.
    pub(super) fn new<'a, S>(shapes: impl Iterator<Item = &'a S>) -> Self
    where
        S: BoundingRect<f64> + 'a,
    {
        let boxed = shapes.enumerate().filter_map(|(index, shape)| {
            let rect: geo::Rect<f64> = shape.bounding_rect().into()?;
            let corners: [[f64; 2]; 2] = [rect.min().into(), rect.max().into()];
            corners
                .as_flattened()
                .iter()
                .all(|d| d.is_finite())
                .then(|| Boxed::new(Rectangle::from_corners(corners[0], corners[1]), index))
        });
        Self {
            tree: RTree::bulk_load(boxed.collect()),
        }
    }

    /// Places of the shapes whose box meets another, ascending.
    pub(super) fn meeting(&self, other: &AABB<[f64; 2]>) -> Vec<usize> {
        let mut indices: Vec<usize> = self
            .tree
            .locate_in_envelope_intersecting(other)
            .map(|b| b.data)
            .collect();
        indices.sort_unstable();
        indices
    }
}
