//! Made-up ground for the tests of the grade, in metres around 102° E, 30° N.

use super::{GradeSettings, Graded, Layers, Lead, grade};
use crate::campaign::Lang;
use crate::campaign::phenology::Phenology;
use crate::tasks::pack::Grade;
use geo::{Coord, Geometry, LineString, MultiLineString, MultiPolygon, Polygon, Rect};
use std::path::Path;

/// Poppies that flower from March to April around 30° N.
pub(super) fn phenology() -> Phenology {
    let table = "[[window]]\nregion = 'here'\ncrop = 'opium_poppy'\nstage = 'flower'\n\
                 lat_min = 29\nlat_max = 31\nstart = '03-01'\nend = '04-30'\nsource = 'made up'\n";
    Phenology::parse(table, Path::new("phenology.toml")).unwrap()
}

/// A place so many metres east and north, where a degree is 96,486.3 m and 110,852.4 m long: the
/// lengths on the ellipsoid of WGS 84 at 30° N.
pub(super) fn at(east_m: f64, north_m: f64) -> Coord<f64> {
    Coord {
        x: 102.0 + east_m / 96_486.3,
        y: 30.0 + north_m / 110_852.4,
    }
}

/// A rectangle: west, south, east, north.
pub(super) fn rect(west: f64, south: f64, east: f64, north: f64) -> MultiPolygon<f64> {
    let rect = Rect::new(at(west, south), at(east, north));
    rect.to_polygon().into()
}

pub(super) fn line(places: &[(f64, f64)]) -> MultiLineString<f64> {
    let line: LineString<f64> = places.iter().map(|(x, y)| at(*x, *y)).collect();
    MultiLineString::new(vec![line])
}

pub(super) fn point(east_m: f64, north_m: f64) -> Geometry<f64> {
    Geometry::Point(at(east_m, north_m).into())
}

/// Forest that reaches 300 m to each side, without a square of 40 m around the site.
pub(super) fn ring_of_forest() -> MultiPolygon<f64> {
    let ring = |reach: f64| {
        let square = rect(-reach, -reach, reach, reach);
        square.0.into_iter().next().unwrap().into_inner().0
    };
    Polygon::new(ring(300.0), vec![ring(20.0)]).into()
}

/// A square of 2 m around the site's point.
pub(super) fn outline() -> MultiPolygon<f64> {
    rect(-1.0, -1.0, 1.0, 1.0)
}

/// A lead that no term raises or lowers: priority 50, grade B.
pub(super) fn lead(outline: &MultiPolygon<f64>) -> Lead<'_> {
    Lead {
        point: at(0.0, 0.0).into(),
        outline,
        class: "opium_poppy",
        prob: 0.5,
        area_m2: 4.0,
        pos_err_m: 2.0,
        gsd_cm: Some(1.0),
        capture_time: "2026-04-20T10:30:00",
        border_m: None,
        border_unit: "",
        height_m: None,
        slope_deg: None,
    }
}

/// The grade of [`lead`] after a change.
pub(super) fn graded(change: impl FnOnce(&mut Lead<'_>), layers: &Layers) -> Graded {
    let outline = outline();
    let mut lead = lead(&outline);
    change(&mut lead);
    grade(&lead, layers, &GradeSettings::default(), Lang::Zh)
}

#[track_caller]
pub(super) fn says(graded: &Graded, sentence: &str) {
    let found = graded.reasons.iter().any(|r| r == sentence);
    assert!(found, "{sentence} is not in {:#?}", graded.reasons);
}

#[track_caller]
pub(super) fn graded_as(graded: &Graded, letter: Grade, priority: f64) {
    let seen = (graded.grade, (graded.priority * 10.0).round());
    let wanted = (letter, (priority * 10.0).round());
    assert_eq!(seen, wanted, "{:#?}", graded.reasons);
}

#[track_caller]
pub(super) fn near(seen: Option<f64>, wanted: f64) {
    assert!((seen.unwrap() - wanted).abs() < 0.01, "{seen:?} {wanted}");
}
