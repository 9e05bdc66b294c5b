//! GCJ-02 to BD-09, the datum of Baidu's maps, and back; and both ways to WGS 84.
//!
//! BD-09 turns and stretches GCJ-02 a little about (0, 0), by waves of 6.9 arc minutes, and adds
//! 0.0065 and 0.006 degrees; it lies 690 to 1520 m from WGS 84 in China. The formula
//! is that of wandergis/coordtransform. Another library that is much used has π where
//! `WAVE_NUMBER` belongs, and is 1 to 63 m wrong.

use super::gcj02::{shifted, undone};
use super::{Bd09Place, Gcj02Place, Wgs84Place};
use std::f64::consts::PI;

/// Radians of the waves for a degree of longitude or latitude: `x_pi` of coordtransform, which is
/// not π.
const WAVE_NUMBER: f64 = PI * 3000.0 / 180.0;

/// Degrees added to the longitude and to the latitude.
const OFFSET_DEG: (f64, f64) = (0.0065, 0.006);

/// GCJ-02 to BD-09, by the formula wherever the place.
#[must_use]
pub fn gcj02_to_bd09(place: Gcj02Place) -> Bd09Place {
    Bd09Place::converted(turned(place.lon_lat()))
}

/// BD-09 to GCJ-02, by iteration until a step is shorter than 1e-11 degrees.
#[must_use]
pub fn bd09_to_gcj02(place: Bd09Place) -> Gcj02Place {
    Gcj02Place::converted(undone(place.lon_lat(), turned))
}

/// WGS 84 to BD-09. Outside the rectangle of [`Wgs84Place::is_in_china_rectangle`] BD-09 equals
/// WGS 84, which is what Baidu's maps use abroad (lbs.baidu.com, "coordinate").
#[must_use]
pub fn wgs84_to_bd09(place: Wgs84Place) -> Bd09Place {
    let here = place.lon_lat();
    Bd09Place::converted(if place.is_in_china_rectangle() {
        turned(shifted(here))
    } else {
        here
    })
}

/// BD-09 to WGS 84; near the rectangle's edge as [`gcj02_to_wgs84`](super::gcj02_to_wgs84).
#[must_use]
pub fn bd09_to_wgs84(place: Bd09Place) -> Wgs84Place {
    let there = place.lon_lat();
    let inside = Wgs84Place::converted(undone(undone(there, turned), shifted));
    if inside.is_in_china_rectangle() {
        inside
    } else {
        Wgs84Place::converted(there)
    }
}

/// (longitude, latitude) in degrees, from GCJ-02 to BD-09.
fn turned((lon, lat): (f64, f64)) -> (f64, f64) {
    let radius = lon.hypot(lat) + 2e-5 * (lat * WAVE_NUMBER).sin();
    let angle = lat.atan2(lon) + 3e-6 * (lon * WAVE_NUMBER).cos();
    (
        radius * angle.cos() + OFFSET_DEG.0,
        radius * angle.sin() + OFFSET_DEG.1,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_of_coordtransform_is_met() {
        // From the README of wandergis/coordtransform.
        let (lon, lat) = gcj02_to_bd09(Gcj02Place::new(116.404, 39.915).unwrap()).lon_lat();
        assert!((lon - 116.410_369_493_710_29).abs() < 1e-12, "{lon}");
        assert!((lat - 39.921_336_993_510_21).abs() < 1e-12, "{lat}");
    }

    #[test]
    fn abroad_nothing_is_shifted() {
        for (lon, lat) in [(2.35, 48.85), (-75.0, -10.0), (72.0, 30.0), (0.0, 0.0)] {
            let place = Wgs84Place::new(lon, lat).unwrap();
            let shifted = wgs84_to_bd09(place);
            assert_eq!(shifted.lon_lat(), (lon, lat));
            assert_eq!(bd09_to_wgs84(shifted), place);
        }
    }
}
