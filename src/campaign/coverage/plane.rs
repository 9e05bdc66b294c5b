//! Outlines in the metres of the county, and back.
//!
//! The plane is the 3-degree Gauss-Krüger zone of the county (x east, y north, metres), as land
//! surveys measure areas in it. Long edges get vertices first: a straight line in degrees is none in
//! the plane, over 250 m it strays by about a millimetre.

use crate::georef::{Cgcs2000Zone, Crs, EastingForm, ceil_to_u32};
use crate::{Error, Result};
use geo::{
    Area, BooleanOps, BoundingRect, Coord, CoordsIter, LineString, MultiPolygon, Orient, Polygon,
    Rect, Simplify, orient::Direction,
};
use rayon::prelude::*;

/// The longest edge that is moved to the plane as it is, in metres.
const LONGEST_EDGE_M: f64 = 250.0;

/// Metres in one degree of latitude, to within one in a hundred.
const METRES_PER_DEGREE: f64 = 111_320.0;

/// Outlines that are moved by one worker at once: making the way takes milliseconds.
const OUTLINES_AT_ONCE: usize = 64;

/// An outline with more vertices than this is simplified.
const MANY_VERTICES: usize = 2000;

/// The share of its area that an outline may lose or gain by that.
const CHANGE_OF_AREA: f64 = 1e-4;

/// A part of an image's ground has at most so many vertices, so that a village meets few of them.
const PIECE_VERTICES: usize = 400;

/// Parts of one outline share so many metres, so that no hair of ground is lost between them.
const SHARED_M: f64 = 0.01;

/// Nothing is cut that is smaller than this, in metres.
const SMALLEST_CUT_M: f64 = 2.0;

/// Moves outlines from WGS 84 to the metres of a zone, where all are valid.
///
/// # Errors
/// [`Error::Coordinate`] for ground more than 500 km from the zone's middle.
pub(super) fn to_metres(
    zone: Cgcs2000Zone,
    outlines: &[MultiPolygon<f64>],
) -> Result<Vec<MultiPolygon<f64>>> {
    let plane = zone.crs(EastingForm::Plain)?;
    let moved: Vec<Vec<MultiPolygon<f64>>> = outlines
        .par_chunks(OUTLINES_AT_ONCE)
        .map(|some| {
            let way = Crs::wgs84()?.transform_to(&plane)?;
            let ring = |ring: &LineString<f64>| -> Result<LineString<f64>> {
                let degrees = with_more_vertices(ring);
                let mut x: Vec<f64> = degrees.iter().map(|c| c.x).collect();
                let mut y: Vec<f64> = degrees.iter().map(|c| c.y).collect();
                let reached = x.is_empty() || way.transform_coords(&mut x, &mut y, &mut []).is_ok();
                let metres: Vec<Coord<f64>> =
                    x.iter().zip(&y).map(|(&x, &y)| Coord { x, y }).collect();
                let within = |c: &Coord<f64>| (0.0..1e6).contains(&c.x) && c.y.is_finite();
                if reached && metres.iter().all(within) {
                    return Ok(LineString::new(metres));
                }
                let first = degrees.first().map(|c| format!("{:.6}, {:.6}", c.x, c.y));
                let wanted = format!(
                    "ground within 500 km of {} degrees east, the middle of the county's zone",
                    zone.central_meridian_deg()
                );
                Err(Error::coordinate(
                    "place",
                    first.unwrap_or_default(),
                    wanted,
                ))
            };
            let area = |area: &MultiPolygon<f64>| -> Result<MultiPolygon<f64>> {
                let polygons = area.iter().map(|polygon| {
                    let holes = polygon.interiors().iter().map(ring);
                    Ok(Polygon::new(
                        ring(polygon.exterior())?,
                        holes.collect::<Result<_>>()?,
                    ))
                });
                Ok(valid(&polygons.collect::<Result<Vec<_>>>()?))
            };
            some.iter().map(area).collect()
        })
        .collect::<Result<_>>()?;
    Ok(moved.into_iter().flatten().collect())
}

/// Moves polygons from the metres of a zone to WGS 84.
pub(super) fn to_degrees(
    zone: Cgcs2000Zone,
    polygons: &[Polygon<f64>],
) -> Result<Vec<Polygon<f64>>> {
    let plane = zone.crs(EastingForm::Plain)?;
    let moved: Vec<Vec<Polygon<f64>>> = polygons
        .par_chunks(OUTLINES_AT_ONCE)
        .map(|some| {
            let way = plane.to_wgs84()?;
            let ring = |ring: &LineString<f64>| -> Result<LineString<f64>> {
                let mut x: Vec<f64> = ring.coords().map(|c| c.x).collect();
                let mut y: Vec<f64> = ring.coords().map(|c| c.y).collect();
                way.apply(&mut x, &mut y)?;
                Ok(x.into_iter().zip(y).collect())
            };
            let polygon = |polygon: &Polygon<f64>| -> Result<Polygon<f64>> {
                let holes = polygon.interiors().iter().map(ring);
                Ok(Polygon::new(
                    ring(polygon.exterior())?,
                    holes.collect::<Result<_>>()?,
                ))
            };
            some.iter().map(polygon).collect()
        })
        .collect::<Result<_>>()?;
    Ok(moved.into_iter().flatten().collect())
}

/// A ring in degrees with vertices at most [`LONGEST_EDGE_M`] apart.
fn with_more_vertices(ring: &LineString<f64>) -> Vec<Coord<f64>> {
    let mut more = Vec::with_capacity(ring.0.len());
    for edge in ring.lines() {
        let across = edge.dx() * edge.start.y.to_radians().cos();
        let length_m = across.hypot(edge.dy()) * METRES_PER_DEGREE;
        let parts = ceil_to_u32(length_m / LONGEST_EDGE_M).max(1);
        more.extend((0..parts).map(|part| {
            let share = f64::from(part) / f64::from(parts);
            edge.start + edge.delta() * share
        }));
    }
    more.extend(ring.0.last());
    more
}

/// Polygons as valid ones: of each what it encloses an odd number of times, of all together every
/// place once.
pub(super) fn valid(polygons: &[Polygon<f64>]) -> MultiPolygon<f64> {
    let nothing = MultiPolygon::new(vec![]);
    let each: Vec<MultiPolygon<f64>> = polygons.iter().map(|p| p.union(&nothing)).collect();
    if let [one] = each.as_slice() {
        return one.clone();
    }
    union(each.iter().flatten())
}

/// The union of valid polygons, whichever way their rings turn.
pub(super) fn union<'a>(polygons: impl IntoIterator<Item = &'a Polygon<f64>>) -> MultiPolygon<f64> {
    let polygons: Vec<&Polygon<f64>> = polygons.into_iter().collect();
    match polygons.as_slice() {
        [] => MultiPolygon::new(vec![]),
        [one] => one.orient(Direction::Default).into(),
        more => crate::georef::union(more.iter().copied()),
    }
}

/// The ground of an image in parts of few vertices that together are the whole; `gsd_cm` bounds how
/// far an outline of many vertices may be simplified: one tenth of 512 pixels.
pub(super) fn pieces(ground: MultiPolygon<f64>, gsd_cm: Option<f64>) -> Vec<Polygon<f64>> {
    let ground = match gsd_cm {
        Some(gsd_cm) if ground.coords_count() > MANY_VERTICES => {
            simplified(ground, gsd_cm / 100.0 * 512.0 / 10.0)
        }
        _ => ground,
    };
    let mut pieces = Vec::new();
    for polygon in ground {
        cut(polygon, &mut pieces);
    }
    pieces
}

/// An outline with fewer vertices, none further from it than `most_m`, of nearly the same area; itself
/// where that cannot be had.
fn simplified(ground: MultiPolygon<f64>, most_m: f64) -> MultiPolygon<f64> {
    let area = ground.unsigned_area();
    for part in [1.0, 4.0, 16.0, 64.0, 256.0, 1024.0] {
        // What is simplified may cross itself.
        let fewer = valid(&ground.simplify(most_m / part).0);
        if (fewer.unsigned_area() - area).abs() <= CHANGE_OF_AREA * area {
            return fewer;
        }
    }
    ground
}

fn cut(polygon: Polygon<f64>, pieces: &mut Vec<Polygon<f64>>) {
    let count = polygon.coords_count();
    let Some(bounds) = polygon.bounding_rect() else {
        return;
    };
    if count <= PIECE_VERTICES || bounds.width().max(bounds.height()) < SMALLEST_CUT_M {
        pieces.push(polygon);
        return;
    }
    let (min, max, middle) = (bounds.min(), bounds.max(), bounds.center());
    let halves = if bounds.width() >= bounds.height() {
        [
            Rect::new(
                min,
                Coord {
                    x: middle.x + SHARED_M,
                    y: max.y,
                },
            ),
            Rect::new(
                Coord {
                    x: middle.x - SHARED_M,
                    y: min.y,
                },
                max,
            ),
        ]
    } else {
        [
            Rect::new(
                min,
                Coord {
                    x: max.x,
                    y: middle.y + SHARED_M,
                },
            ),
            Rect::new(
                Coord {
                    x: min.x,
                    y: middle.y - SHARED_M,
                },
                max,
            ),
        ]
    };
    for half in halves {
        for part in polygon.intersection(&half.to_polygon()) {
            cut(part, pieces);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Point, coord};

    fn square(x: f64, y: f64, side: f64) -> Polygon<f64> {
        Rect::new(coord! {x: x, y: y}, coord! {x: x + side, y: y + side}).to_polygon()
    }

    #[test]
    fn a_square_of_the_zone_keeps_its_area_there_and_back() {
        let zone = Cgcs2000Zone::new(34).unwrap();
        let square = square(530_000.0, 2_730_000.0, 4000.0);
        let degrees = to_degrees(zone, std::slice::from_ref(&square)).unwrap();
        let point = degrees[0].exterior().0[0];
        assert!((point.x - 102.3).abs() < 0.1 && (point.y - 24.7).abs() < 0.1);
        let back = to_metres(zone, &[MultiPolygon::new(degrees)]).unwrap();
        // Only that straight lines of one frame are none in the other stays.
        assert!((back[0].unsigned_area() / 16e6 - 1.0).abs() < 1e-4);
        assert!(back[0].coords_count() > 60);
    }

    #[test]
    fn ground_on_the_other_side_of_the_earth_is_refused() {
        let zone = Cgcs2000Zone::new(34).unwrap();
        let far = MultiPolygon::new(vec![square(-70.0, 4.0, 0.1)]);
        let error = to_metres(zone, &[far]).unwrap_err().to_string();
        assert!(
            error.contains("within 500 km of 102 degrees east"),
            "{error}"
        );
        let none = MultiPolygon::new(vec![]);
        assert_eq!(
            to_metres(zone, std::slice::from_ref(&none)).unwrap(),
            [none]
        );
    }

    #[test]
    fn what_crosses_itself_or_another_counts_once() {
        let bow = Polygon::new(
            vec![
                (0.0, 0.0),
                (10.0, 10.0),
                (10.0, 0.0),
                (0.0, 10.0),
                (0.0, 0.0),
            ]
            .into(),
            vec![],
        );
        assert!((valid(std::slice::from_ref(&bow)).unsigned_area() - 50.0).abs() < 1e-6);
        let mut clockwise = square(5.0, 0.0, 10.0);
        clockwise.exterior_mut(|ring| ring.0.reverse());
        assert!((valid(&[clockwise, bow]).unsigned_area() - 125.0).abs() < 1e-6);
        assert_eq!(valid(&[]), MultiPolygon::new(vec![]));
    }

    #[test]
    fn a_hole_that_touches_the_exterior_stays_one() {
        let ring = |points: &[(f64, f64)]| -> LineString<f64> { points.to_vec().into() };
        let corners = [
            (103.332_301_450_466_63, 25.014_807_707_360_116),
            (103.319_752_374_161_61, 25.010_330_113_999_47),
            (103.324_693_128_595_29, 24.998_957_425_577_114),
            (103.337_242_204_900_3, 25.003_435_018_937_76),
        ];
        let hole = [
            (103.334_277_752_240_1, 25.010_258_631_991_174),
            (103.329_258_121_718_1, 25.008_467_594_646_916),
            (103.330_246_272_604_82, 25.006_193_056_962_445),
            (103.335_265_903_126_84, 25.007_984_094_306_703),
        ];
        let image = MultiPolygon::new(vec![Polygon::new(ring(&corners), vec![ring(&hole)])]);
        let moved = to_metres(Cgcs2000Zone::new(34).unwrap(), &[image]).unwrap();
        let area = moved[0].unsigned_area();
        assert!((area - 1_696_518.0).abs() < 1.0, "{area}");
        let apart = square(640_000.0, 2_765_000.0, 1000.0);
        let both = union(moved[0].iter().chain([&apart])).unsigned_area();
        assert!((both - 1e6 - area).abs() < 1.0, "{both}");
    }

    /// A round outline whose edge goes in and out, with a hole.
    fn jagged(vertices: u32, depth: f64) -> MultiPolygon<f64> {
        let at = |i: u32, radius: f64| {
            let turn = f64::from(i) / f64::from(vertices) * std::f64::consts::TAU;
            Point::new(radius * turn.cos(), radius * turn.sin())
        };
        let ring = |near: f64, far: f64| -> LineString<f64> {
            (0..=vertices)
                .map(|i| at(i % vertices, if i % 2 == 0 { near } else { far }))
                .collect()
        };
        valid(&[Polygon::new(
            ring(500.0, 500.0 + depth),
            vec![ring(100.0, 100.0 + depth)],
        )])
    }

    #[test]
    fn pieces_are_the_whole_again() {
        let ground = jagged(1000, 1.0);
        let area = ground.unsigned_area();
        let parts = pieces(ground, Some(2.0));
        assert!(parts.len() > 4);
        assert!(parts.iter().all(|p| p.coords_count() <= PIECE_VERTICES));
        let whole = union(&parts);
        assert!((whole.unsigned_area() / area - 1.0).abs() < 1e-6);
        // The parts share a little, so that nothing is left between them.
        assert_eq!((whole.0.len(), whole.0[0].interiors().len()), (1, 1));
    }

    #[test]
    fn many_vertices_are_simplified_as_far_as_the_area_allows() {
        let ground = jagged(6000, 0.01);
        let (area, count) = (ground.unsigned_area(), ground.coords_count());
        let simple = simplified(ground.clone(), 10.0);
        assert!((simple.unsigned_area() / area - 1.0).abs() <= CHANGE_OF_AREA);
        assert!(simple.coords_count() < count, "{}", simple.coords_count());
        // Where nothing may move, nothing goes.
        let same = simplified(ground, 0.0);
        assert!(same.coords_count() + 10 > count, "{}", same.coords_count());
    }
}
