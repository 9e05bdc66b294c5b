//! Metres north and east of the place below a camera, true to the ellipsoid.

use geo::Coord;

/// Half the long axis of WGS 84's ellipsoid in metres.
const SEMI_MAJOR_M: f64 = 6_378_137.0;

/// The square of its first eccentricity.
const ECCENTRICITY_SQUARED: f64 = 0.006_694_379_990_141_3;

/// Turns of the way from metres to degrees. Each makes what is left smaller by the distance over the
/// Earth's radius, a thousandth at six kilometres.
const TURNS: u32 = 6;

/// Beyond this latitude degrees of longitude are too short to reckon with; nobody flies there.
const MOST_LATITUDE_DEG: f64 = 85.0;

/// The frame around the place below a camera: x metres east, y metres north, as distance and azimuth of
/// the geodesic from there. Gauss's mid-latitude formulas (W. Torge, J. Müller, "Geodesy", 4th edition,
/// section 6.3.3), within a millimetre of the geodesic up to three kilometres, a centimetre or two at ten.
#[derive(Debug, Clone, Copy)]
pub(super) struct NadirFrame {
    lon: f64,
    lat: f64,
}

impl NadirFrame {
    /// The frame around a place in degrees; `None` where there is no such place, and near the poles.
    pub(super) fn around(lon: f64, lat: f64) -> Option<Self> {
        (lon.is_finite() && lon.abs() <= 360.0 && lat.abs() <= MOST_LATITUDE_DEG)
            .then_some(Self { lon, lat })
    }

    /// Longitude and latitude of a point in metres.
    pub(super) fn place(&self, metres: Coord<f64>) -> Option<(f64, f64)> {
        let (mut d_lon, mut d_lat) = (0.0_f64, 0.0_f64);
        for _ in 0..TURNS {
            let middle = (self.lat + d_lat / 2.0).to_radians();
            let (along_north, along_east) = radii(middle);
            let (sin, cos) = (d_lon.to_radians() * middle.sin() / 2.0).sin_cos();
            let north = metres.y * cos - metres.x * sin;
            let east = metres.x * cos + metres.y * sin;
            let next = (
                (east / along_east).to_degrees(),
                (north / along_north).to_degrees(),
            );
            let moved = (next.0 - d_lon).abs().max((next.1 - d_lat).abs());
            (d_lon, d_lat) = next;
            if moved < 1e-13 {
                break;
            }
        }
        let (lon, lat) = (wrapped(self.lon + d_lon), self.lat + d_lat);
        (lon.is_finite() && lat.abs() <= 90.0).then_some((lon, lat))
    }

    /// A place in metres: the way back of [`place`](Self::place).
    pub(super) fn metres(&self, lon: f64, lat: f64) -> Option<Coord<f64>> {
        let d_lon = wrapped(lon - self.lon).to_radians();
        let middle = f64::midpoint(self.lat, lat).to_radians();
        let (along_north, along_east) = radii(middle);
        let north = (lat - self.lat).to_radians() * along_north;
        let east = d_lon * along_east;
        // The azimuth at the camera is that at the middle of the way, less half of what the
        // meridians converge.
        let (sin, cos) = (d_lon * middle.sin() / 2.0).sin_cos();
        let metres = Coord {
            x: east * cos - north * sin,
            y: north * cos + east * sin,
        };
        (metres.x.is_finite() && metres.y.is_finite()).then_some(metres)
    }
}

/// Metres per radian of latitude and of longitude at a latitude in radians.
fn radii(lat: f64) -> (f64, f64) {
    let (sin, cos) = lat.sin_cos();
    let root = (1.0 - ECCENTRICITY_SQUARED * sin * sin).sqrt();
    (
        SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQUARED) / root.powi(3),
        SEMI_MAJOR_M / root * cos,
    )
}

/// An angle of longitude between -180 and 180 degrees. One that is there already stays as it is, to the
/// last bit.
fn wrapped(degrees: f64) -> f64 {
    if degrees.abs() <= 180.0 {
        degrees
    } else {
        (degrees + 180.0).rem_euclid(360.0) - 180.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::georef::geodesic_distance_m;
    use geo::{Destination, Geodesic, Point};
    use proptest::prelude::*;

    proptest! {
        /// Distance and azimuth are those of the geodesic, and the way back returns.
        #[test]
        fn a_point_lies_where_the_geodesic_ends(
            lon in -180.0..180.0_f64, lat in -70.0..70.0_f64,
            azimuth in 0.0..360.0_f64, far in 0.0..10_000.0_f64,
        ) {
            let frame = NadirFrame::around(lon, lat).unwrap();
            let (sin, cos) = azimuth.to_radians().sin_cos();
            let metres = Coord { x: far * sin, y: far * cos };
            let place = frame.place(metres).unwrap();
            let end = Geodesic.destination(Point::new(lon, lat), azimuth, far);
            let off = geodesic_distance_m(place, (end.x(), end.y()));
            prop_assert!(off < 1e-3_f64.max(2e-2 * (far / 1e4).powi(3)), "{} m", off);
            let back = frame.metres(place.0, place.1).unwrap();
            prop_assert!((back.x - metres.x).abs() < 1e-5 && (back.y - metres.y).abs() < 1e-5);
        }
    }

    #[test]
    fn nothing_comes_of_no_place_and_the_antimeridian_is_crossed() {
        assert!(NadirFrame::around(f64::NAN, 30.0).is_none());
        assert!(NadirFrame::around(102.0, 89.0).is_none());
        assert!(NadirFrame::around(102.0, f64::NAN).is_none());
        let frame = NadirFrame::around(179.999, -17.0).unwrap();
        assert!(frame.metres(f64::NAN, -17.0).is_none());
        let (lon, _) = frame.place(Coord { x: 500.0, y: 0.0 }).unwrap();
        assert!(lon < -179.9, "{lon}");
        let back = frame.metres(lon, -17.0).unwrap();
        assert!((back.x - 500.0).abs() < 0.01, "{back:?}");
    }
}
