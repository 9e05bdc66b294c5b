//! An outline that somebody walked: the text of ODK's `geoshape` and `geotrace`, points
//! `latitude longitude altitude accuracy` with semicolons between
//! (<https://docs.getodk.org/form-question-types/>), degrees of WGS 84 and metres.

use crate::georef::geodesic_area_m2;
use geo::{Coord, LineString, MultiPolygon, Polygon, Validation};
use std::fmt::Write as _;

/// An outline.
pub(super) struct Outline {
    /// A WKT `POLYGON`, longitude first, its ring closed.
    pub(super) wkt: String,
    /// Its area on the ellipsoid in square metres; `None` where it crosses itself.
    pub(super) area_m2: Option<f64>,
}

/// Reads an outline.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn outline(text: &str) -> Result<Outline, String> {
    let mut corners: Vec<Coord<f64>> = Vec::new();
    for (index, part) in text.split(';').map(str::trim).enumerate() {
        if part.is_empty() {
            continue;
        }
        let corner = corner(part).ok_or_else(|| {
            format!(
                "point {} is `{part}`, wanted `latitude longitude`",
                index + 1
            )
        })?;
        if corners.last() != Some(&corner) {
            corners.push(corner);
        }
    }
    while corners.len() > 1 && corners.first() == corners.last() {
        corners.pop();
    }
    if corners.len() < 3 {
        return Err(format!("has {} corners, wanted at least 3", corners.len()));
    }
    let polygon = Polygon::new(LineString::new(corners), vec![]);
    let mut wkt = String::from("POLYGON ((");
    for (index, corner) in polygon.exterior().0.iter().enumerate() {
        let between = if index == 0 { "" } else { ", " };
        let _ = write!(wkt, "{between}{} {}", corner.x, corner.y);
    }
    wkt.push_str("))");
    let is_simple = polygon.is_valid();
    Ok(Outline {
        wkt,
        area_m2: is_simple.then(|| geodesic_area_m2(&MultiPolygon::new(vec![polygon]))),
    })
}

fn corner(text: &str) -> Option<Coord<f64>> {
    let [lat, lon] = first_two_numbers(text)?;
    let is_on_earth = (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon);
    is_on_earth.then_some(Coord { x: lon, y: lat })
}

fn first_two_numbers(text: &str) -> Option<[f64; 2]> {
    let mut numbers = text.split_whitespace().map(str::parse::<f64>);
    Some([numbers.next()?.ok()?, numbers.next()?.ok()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_becomes_a_closed_ring_with_longitude_first() {
        let walk = "24.75 101.63 1800.5 4.2; 24.7501 101.63 0 0;24.7501 101.63 0 0;\
                    24.7501 101.6301 0 0;24.75 101.6301 0 0;24.75 101.63 1801 3;";
        let found = outline(walk).unwrap();
        assert_eq!(
            found.wkt,
            "POLYGON ((101.63 24.75, 101.63 24.7501, 101.6301 24.7501, 101.6301 24.75, 101.63 24.75))"
        );
        // 1e-4 degrees are 11.08 m northward and 10.11 m eastward at this latitude.
        assert!(
            (found.area_m2.unwrap() - 112.0).abs() < 0.2,
            "{:?}",
            found.area_m2
        );
    }

    #[test]
    fn what_is_no_outline_says_why() {
        for (walk, said) in [
            ("24 101;24.1 101", "2 corners"),
            ("24 101 0 0;24.1 101 0 0;24 101 0 0", "2 corners"),
            ("", "0 corners"),
            ("24 101;x;24 102;25 102", "point 2 is `x`"),
            ("101 24;102 24;102 25", "point 1"),
            ("NaN 24;102 24;102 25", "point 1"),
        ] {
            let error = outline(walk).err().unwrap();
            assert!(error.contains(said), "{walk}: {error}");
        }
        let bow = outline("24 101;25 102;24 102;25 101").unwrap();
        assert_eq!(bow.area_m2, None);
    }
}
