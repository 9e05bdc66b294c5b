//! WGS 84 to GCJ-02, the shifted datum of Chinese maps, and back.
//!
//! The shift is 20 to 710 m between 73.6 and 135° E, 18 and 53.5° N, and 430 m at half of the
//! places there. Its formula is not published officially; the one here is
//! that of wandergis/coordtransform and many others: metres of shift as a polynomial and waves of
//! the distance in degrees from 105° E, 35° N, made degrees on the Krassowsky 1940 ellipsoid.

use super::{Gcj02Place, Wgs84Place};
use std::f64::consts::PI;

/// Semi-major axis of the ellipsoid, `a` of coordtransform.
const SEMI_MAJOR_AXIS_M: f64 = 6_378_245.0;

/// Its first eccentricity squared, `ee` of coordtransform (0.00669342162296594323).
const ECCENTRICITY_SQUARED: f64 = 0.006_693_421_622_965_943;

/// Where an inverse stops: a micrometre.
const CLOSE_ENOUGH_DEG: f64 = 1e-11;

/// An inverse gains about two digits a step, so six or seven are usual.
const MOST_STEPS: u32 = 30;

/// WGS 84 to GCJ-02. Outside the rectangle of [`Wgs84Place::is_in_china_rectangle`] GCJ-02 equals
/// WGS 84.
#[must_use]
pub fn wgs84_to_gcj02(place: Wgs84Place) -> Gcj02Place {
    let here = place.lon_lat();
    Gcj02Place::converted(if place.is_in_china_rectangle() {
        shifted(here)
    } else {
        here
    })
}

/// GCJ-02 to WGS 84, by iteration until a step is shorter than 1e-11 degrees; the common inverse
/// in one step is off by a metre.
///
/// Within a kilometre of the rectangle's edge, where the shift sets in at once, a figure may
/// belong to a place on either side; the one inside is given. A figure that no place has is
/// given back as it is.
#[must_use]
pub fn gcj02_to_wgs84(place: Gcj02Place) -> Wgs84Place {
    let there = place.lon_lat();
    let inside = Wgs84Place::converted(undone(there, shifted));
    if inside.is_in_china_rectangle() {
        inside
    } else {
        Wgs84Place::converted(there)
    }
}

/// The place that `shift` moves to `there`, where `shift` changes by far less than the place
/// does: (longitude, latitude) in degrees.
pub(super) fn undone(there: (f64, f64), shift: impl Fn((f64, f64)) -> (f64, f64)) -> (f64, f64) {
    let mut here = there;
    for _ in 0..MOST_STEPS {
        let reached = shift(here);
        let step = (there.0 - reached.0, there.1 - reached.1);
        here = (here.0 + step.0, here.1 + step.1);
        if step.0.abs().max(step.1.abs()) < CLOSE_ENOUGH_DEG {
            break;
        }
    }
    here
}

/// (longitude, latitude) in GCJ-02 by the formula, wherever the place.
pub(super) fn shifted((lon, lat): (f64, f64)) -> (f64, f64) {
    let (x, y) = (lon - 105.0, lat - 35.0);
    // Metres times the sine of an angle that turns half a circle in `period` degrees.
    let wave = |metres: f64, along: f64, period: f64| metres * (along * PI / period).sin();
    let common = wave(20.0, x, 1.0 / 6.0) + wave(20.0, x, 0.5);
    let north_waves =
        wave(20.0, y, 1.0) + wave(40.0, y, 3.0) + wave(160.0, y, 12.0) + wave(320.0, y, 30.0);
    let east_waves =
        wave(20.0, x, 1.0) + wave(40.0, x, 3.0) + wave(150.0, x, 12.0) + wave(300.0, x, 30.0);
    let north_m = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + (common + north_waves) * 2.0 / 3.0;
    let east_m = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + (common + east_waves) * 2.0 / 3.0;

    let (sine, cosine) = lat.to_radians().sin_cos();
    let flattening = 1.0 - ECCENTRICITY_SQUARED * sine * sine;
    let across_m = SEMI_MAJOR_AXIS_M / flattening.sqrt();
    let meridian_m = across_m * (1.0 - ECCENTRICITY_SQUARED) / flattening;
    (
        lon + (east_m / (across_m * cosine)).to_degrees(),
        lat + (north_m / meridian_m).to_degrees(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_of_coordtransform_is_met() {
        // From the README of wandergis/coordtransform.
        let (lon, lat) = wgs84_to_gcj02(Wgs84Place::new(116.404, 39.915).unwrap()).lon_lat();
        assert!((lon - 116.410_244_499_169_38).abs() < 1e-12, "{lon}");
        assert!((lat - 39.916_404_281_501_64).abs() < 1e-12, "{lat}");
    }

    #[test]
    fn abroad_nothing_is_shifted() {
        for (lon, lat) in [(2.35, 48.85), (-75.0, -10.0), (72.0, 30.0), (100.0, 56.0)] {
            let place = Wgs84Place::new(lon, lat).unwrap();
            let shifted = wgs84_to_gcj02(place);
            assert_eq!(shifted.lon_lat(), (lon, lat));
            assert_eq!(gcj02_to_wgs84(shifted), place);
        }
    }

    #[test]
    fn the_way_back_holds_at_the_edge_of_the_rectangle() {
        for (lon, lat) in [
            (72.004, 30.0),
            (137.8347, 30.0),
            (100.0, 0.8293),
            (100.0, 55.8271),
        ] {
            let place = Wgs84Place::new(lon, lat).unwrap();
            let back = gcj02_to_wgs84(wgs84_to_gcj02(place));
            // What rounding puts over the edge counts as abroad, and is a shift away.
            let off = (back.lon() - lon).abs().max((back.lat() - lat).abs());
            assert!(off < 1e-9 || off < 0.02, "{back}");
        }
    }
}
