//! Which areas hold a place, and how much of a disc they cover, quickly for outlines of any length.
//!
//! Each polygon keeps its edges by rows of latitude. A line along a parallel then meets a few edges
//! only, and lies inside between its first and second crossing, its third and fourth, and so on.

use super::space::{Boxes, Frame};
use crate::georef::{ceil_to_u32, floor_to_u32, round_to_u32};
use geo::{BoundingRect, LinesIter, MultiPolygon, Point, Polygon};
use rstar::AABB;

/// Columns and rows of the fixed grid that samples a disc: 256 of its 324 places lie in the disc,
/// so a share is known to about 0.03.
const GRID: u32 = 18;

/// About so many edges of a polygon share a row.
const EDGES_PER_ROW: f64 = 8.0;

/// Rows are so high that the edges stand in this many more rows than there are edges, or fewer.
const ROWS_MORE_PER_EDGE: f64 = 2.0;

/// Polygons by place.
pub(super) struct Areas {
    boxes: Boxes,
    polygons: Vec<Rows>,
}

impl Areas {
    /// The index of areas, each with the number of its feature.
    pub(super) fn new<'a>(areas: impl Iterator<Item = (usize, &'a MultiPolygon<f64>)>) -> Self {
        let parts: Vec<(usize, &Polygon<f64>)> = areas
            .flat_map(|(owner, area)| area.iter().map(move |part| (owner, part)))
            .collect();
        Self {
            boxes: Boxes::new(parts.iter().map(|(_, part)| *part)),
            polygons: parts
                .iter()
                .map(|&(owner, p)| Rows::new(owner, p))
                .collect(),
        }
    }

    /// Features that hold a place, ascending by part.
    pub(super) fn holding(&self, place: Point<f64>) -> impl Iterator<Item = usize> {
        let here = AABB::from_point([place.x(), place.y()]);
        let near = self.boxes.meeting(&here).into_iter();
        near.map(|index| &self.polygons[index])
            .filter(move |polygon| {
                let east = polygon.crossings(place.y()).filter(|lon| *lon > place.x());
                east.count() % 2 == 1
            })
            .map(|polygon| polygon.owner)
    }

    /// Features that hold a place of a site, in no order, some more than once.
    pub(super) fn under(&self, frame: &Frame) -> impl Iterator<Item = usize> {
        frame.places().flat_map(|place| self.holding(place))
    }

    /// The share of the disc around a site that lies in the areas, 0 to 1, from the places of a
    /// fixed grid.
    pub(super) fn share_of_disc(&self, frame: &Frame, radius_m: f64) -> f64 {
        let near = self.boxes.meeting(&frame.square(radius_m));
        if near.is_empty() {
            return 0.0;
        }
        let step = 2.0 * radius_m / f64::from(GRID);
        let middle = |number: u32| (f64::from(number) + 0.5) * step - radius_m;
        let (mut places, mut covered) = (0, 0);
        for row in 0..GRID {
            let north = middle(row);
            let lat = frame.latitude(north);
            let in_disc = (0..GRID)
                .filter(|column| middle(*column).hypot(north) <= radius_m)
                .fold(0_u32, |columns, column| columns | 1 << column);
            let mut in_areas = 0_u32;
            for polygon in near.iter().map(|&index| &self.polygons[index]) {
                let mut inside = 0_u32;
                for lon in polygon.crossings(lat) {
                    // Each crossing turns all columns west of it.
                    let west = ceil_to_u32((frame.east(lon) + radius_m) / step - 0.5);
                    inside ^= (1 << west.min(GRID)) - 1;
                }
                in_areas |= inside;
            }
            places += in_disc.count_ones();
            covered += (in_disc & in_areas).count_ones();
        }
        f64::from(covered) / f64::from(places)
    }
}

/// A polygon's edges by rows of latitude: a county's forest may be one polygon of a million edges,
/// of which a row then holds a few hundred.
struct Rows {
    owner: usize,
    south: f64,
    per_degree: f64,
    /// Where each row begins in `members`, and the end of the last.
    starts: Vec<usize>,
    /// Places in `edges` by row; an edge stands in every row that it meets.
    members: Vec<u32>,
    edges: Vec<[[f64; 2]; 2]>,
}

impl Rows {
    fn new(owner: usize, polygon: &Polygon<f64>) -> Self {
        let edges: Vec<[[f64; 2]; 2]> = polygon
            .lines_iter()
            .map(|line| [line.start.into(), line.end.into()])
            .collect();
        let rect = polygon.bounding_rect();
        let (south, height) = rect.map_or((0.0, 0.0), |r| (r.min().y, r.height()));
        let number = u32::try_from(edges.len()).map_or(f64::from(u32::MAX), f64::from);
        let climbs: f64 = edges.iter().map(|[a, b]| (a[1] - b[1]).abs()).sum();
        let is_high = height > 0.0 && climbs.is_finite();
        let count = if is_high {
            let most = ROWS_MORE_PER_EDGE * number * height / climbs;
            round_to_u32((number / EDGES_PER_ROW).min(most)).max(1)
        } else {
            1
        };
        let mut rows = Self {
            owner,
            south,
            per_degree: if is_high {
                f64::from(count) / height
            } else {
                0.0
            },
            starts: vec![0; usize::try_from(count).map_or(2, |count| count + 1)],
            members: Vec::new(),
            edges,
        };
        let mut by_row: Vec<(usize, u32)> = Vec::new();
        for (number, edge) in (0_u32..).zip(&rows.edges) {
            let [start, end] = edge.map(|[_, lat]| rows.row_of(lat));
            by_row.extend((start.min(end)..=start.max(end)).map(|row| (row, number)));
        }
        by_row.sort_unstable();
        for (row, _) in &by_row {
            rows.starts[row + 1] += 1;
        }
        for row in 1..rows.starts.len() {
            rows.starts[row] += rows.starts[row - 1];
        }
        rows.members = by_row.into_iter().map(|(_, number)| number).collect();
        rows
    }

    fn row_of(&self, latitude: f64) -> usize {
        let most = self.starts.len() - 2;
        let row = floor_to_u32((latitude - self.south) * self.per_degree);
        usize::try_from(row).map_or(most, |row| row.min(most))
    }

    /// Longitudes at which a parallel crosses the outline and its holes, in no order.
    fn crossings(&self, lat: f64) -> impl Iterator<Item = f64> {
        let row = self.row_of(lat);
        self.members[self.starts[row]..self.starts[row + 1]]
            .iter()
            .filter_map(|&number| self.edges.get(usize::try_from(number).ok()?))
            .filter(move |[start, end]| (start[1] > lat) != (end[1] > lat))
            .map(move |[start, end]| {
                start[0] + (lat - start[1]) / (end[1] - start[1]) * (end[0] - start[0])
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Contains, Coord, LineString};

    /// A ring with a hole, wavy so that rows matter, around 102 E 30 N; about 300 m wide.
    fn wavy() -> Polygon<f64> {
        let ring = |radius: f64, waves: f64| -> LineString<f64> {
            (0..400)
                .map(|i| {
                    let turn = f64::from(i) / 400.0 * std::f64::consts::TAU;
                    let r = radius * (1.0 + 0.2 * (waves * turn).sin());
                    Coord {
                        x: 102.0 + r * turn.cos(),
                        y: 30.0 + r * turn.sin(),
                    }
                })
                .collect()
        };
        Polygon::new(ring(0.0015, 9.0), vec![ring(0.0006, 5.0)])
    }

    #[test]
    fn rows_say_the_same_as_the_whole_polygon() {
        let polygon = wavy();
        let area = MultiPolygon::from(polygon.clone());
        let areas = Areas::new(std::iter::once((7, &area)));
        let mut inside = 0;
        for i in 0..60_i32 {
            for j in 0..60_i32 {
                let place = Point::new(
                    102.0 + f64::from(i - 30) * 6.13e-5,
                    30.0 + f64::from(j - 30) * 6.17e-5,
                );
                let holds = polygon.contains(&place);
                let found: Vec<usize> = areas.holding(place).collect();
                assert_eq!(found, if holds { vec![7] } else { vec![] }, "{place:?}");
                inside += i32::from(holds);
            }
        }
        assert!((500..3000).contains(&inside), "{inside}");
    }

    #[test]
    fn shares_of_a_disc_are_those_of_the_areas() {
        let frame = Frame::around(Point::new(102.0, 30.0));
        let share = |area: &MultiPolygon<f64>| {
            Areas::new(std::iter::once((0, area))).share_of_disc(&frame, 200.0)
        };
        let rect = |west: f64, east: f64| {
            MultiPolygon::from(
                geo::Rect::new(Coord { x: west, y: 29.9 }, Coord { x: east, y: 30.1 }).to_polygon(),
            )
        };
        assert!((share(&rect(101.9, 102.1)) - 1.0).abs() < 1e-12);
        assert!((share(&rect(102.0, 102.1)) - 0.5).abs() < 1e-12);
        assert!(share(&rect(102.1, 102.2)).abs() < 1e-12);
        // Two that lie on each other count once.
        let (one, two) = (rect(101.9, 102.1), rect(101.9, 102.0));
        let both = Areas::new([(0, &one), (1, &two)].into_iter());
        assert!((both.share_of_disc(&frame, 200.0) - 1.0).abs() < 1e-12);
        // A half within 90 m east: a segment of the disc beyond is left out. No column of the grid
        // has its middle there, which would be all in or all out.
        let near_half = share(&rect(102.0, 102.0 + 90.0 / 96_486.0));
        let half_angle = (90.0_f64 / 200.0).acos();
        let beyond = (half_angle - half_angle.sin() * 0.45) / std::f64::consts::PI;
        assert!((near_half - (0.5 - beyond)).abs() < 0.03, "{near_half}");
    }

    #[test]
    fn the_grid_has_the_places_that_it_says() {
        let middle = |n: u32| f64::from(n) + 0.5 - f64::from(GRID) / 2.0;
        let places = (0..GRID * GRID)
            .filter(|i| middle(i % GRID).hypot(middle(i / GRID)) <= f64::from(GRID) / 2.0);
        assert_eq!(places.count(), 256);
    }
}
