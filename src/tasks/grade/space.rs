//! Measuring around a site: its frame in metres, edges of lines and outlines by place, and boxes.

use crate::georef::{LocalMetres, Wgs84Place};
use geo::{
    BoundingRect, Coord, Distance, Euclidean, Geometry, Intersects, Line, LinesIter,
    MultiLineString, MultiPolygon, Point,
};
use rstar::{AABB, RTree, RTreeObject};

/// The ground around a site: metres east (x) and north (y) of its point.
pub(super) struct Frame {
    /// The site's point, WGS 84 longitude and latitude.
    pub(super) origin: Point<f64>,
    metres: LocalMetres,
    per_degree: Coord<f64>,
}

impl Frame {
    pub(super) fn around(origin: Point<f64>) -> Self {
        let metres = LocalMetres::around(origin);
        // The frame is linear, so one degree each way says it all.
        let degree = metres.point(origin + Point::new(1.0, 1.0));
        Self {
            origin,
            metres,
            per_degree: degree.into(),
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

    /// The square that reaches so many metres to each side, in degrees.
    pub(super) fn square(&self, reach_m: f64) -> AABB<[f64; 2]> {
        AABB::from_corners(
            self.degrees([-reach_m, -reach_m]),
            self.degrees([reach_m, reach_m]),
        )
    }

    /// The box in degrees that holds an outline and so many metres around the site's point.
    pub(super) fn box_of(&self, outline: &MultiPolygon<f64>, reach_m: f64) -> AABB<[f64; 2]> {
        let around = self.square(reach_m);
        outline.bounding_rect().map_or(around, |rect| {
            let (low, high) = (around.lower(), around.upper());
            AABB::from_corners(
                [low[0].min(rect.min().x), low[1].min(rect.min().y)],
                [high[0].max(rect.max().x), high[1].max(rect.max().y)],
            )
        })
    }

    /// Whether an area meets an outline, or comes within so many metres of the site's point.
    pub(super) fn touches(
        &self,
        area: &MultiPolygon<f64>,
        outline: &MultiPolygon<f64>,
        reach_m: f64,
    ) -> bool {
        area.intersects(outline) || {
            let here = Point::new(0.0, 0.0);
            Euclidean.distance(&here, &self.metres.outline(area)) <= reach_m
        }
    }
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
    pub(super) fn of_areas(features: &[MultiPolygon<f64>]) -> Vec<Self> {
        let mut edges = Vec::new();
        for (owner, feature) in features.iter().enumerate() {
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

    /// The place of the edge that is nearest to the site, in metres.
    fn nearest_place(&self, frame: &Frame) -> Coord<f64> {
        let [start, end] = self.ends.map(|end| frame.in_metres(end));
        let way = end - start;
        let length_squared = way.x * way.x + way.y * way.y;
        if length_squared <= 0.0 {
            return start;
        }
        let share = -(start.x * way.x + start.y * way.y) / length_squared;
        start + way * share.clamp(0.0, 1.0)
    }
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
    /// Metres from the site.
    pub(super) distance_m: f64,
    /// Where, in metres east and north of the site.
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

    /// The edge nearest to the site, up to so many metres away.
    pub(super) fn nearest(&self, frame: &Frame, reach_m: f64) -> Option<Nearest> {
        self.nearest_by(frame, reach_m, |_| ())
    }

    /// The edge nearest to the site; of those that are as near, the one whose owner's key is
    /// least, then the first owner.
    pub(super) fn nearest_by<K: Ord>(
        &self,
        frame: &Frame,
        reach_m: f64,
        key: impl Fn(usize) -> K,
    ) -> Option<Nearest> {
        let here = Point::new(0.0, 0.0);
        let mut reach = FIRST_REACH_M.min(reach_m);
        loop {
            let found = self
                .tree
                .locate_in_envelope_intersecting(&frame.square(reach))
                .map(|edge| {
                    let place = edge.nearest_place(frame);
                    Nearest {
                        distance_m: Euclidean.distance(&here, &Point::from(place)),
                        place,
                        owner: edge.owner,
                    }
                })
                .min_by(|a, b| {
                    a.distance_m
                        .total_cmp(&b.distance_m)
                        .then_with(|| key(a.owner).cmp(&key(b.owner)))
                        .then(a.owner.cmp(&b.owner))
                        .then(a.place.x.total_cmp(&b.place.x))
                        .then(a.place.y.total_cmp(&b.place.y))
                });
            // Something further than the reach was met in a corner of the square, and something
            // nearer may lie just outside of it.
            if let Some(found) = found.filter(|f| f.distance_m <= reach) {
                return Some(found);
            }
            if reach >= reach_m {
                return None;
            }
            reach = (reach * 4.0).min(reach_m);
        }
    }
}

/// Areas by their bounding boxes.
pub(super) struct Boxes {
    tree: RTree<Boxed>,
}

struct Boxed {
    index: usize,
    envelope: AABB<[f64; 2]>,
}

impl RTreeObject for Boxed {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        self.envelope
    }
}

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
                .then(|| Boxed {
                    index,
                    envelope: AABB::from_corners(corners[0], corners[1]),
                })
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
            .map(|b| b.index)
            .collect();
        indices.sort_unstable();
        indices
    }
}
