//! Ground sample distance: how many metres of ground one pixel spans.

use super::{GeoTransform, ToWgs84};
use crate::Result;
use geo::{Distance, Geodesic, Point};

/// Metres of ground per pixel, along a row (`x_m`) and along a column (`y_m`),
/// measured on the ellipsoid: right for degrees, feet and map projections that
/// stretch.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Gsd {
    /// Metres from one column to the next.
    pub x_m: f64,
    /// Metres from one row to the next.
    pub y_m: f64,
}

impl Gsd {
    /// Measures the ground sample distance at the centre of a raster of `width`
    /// by `height` pixels.
    pub fn measure(
        transform: &GeoTransform,
        to_wgs84: &ToWgs84,
        width: u32,
        height: u32,
    ) -> Result<Self> {
        let (col, row) = (f64::from(width) / 2.0, f64::from(height) / 2.0);
        // Longer than one pixel, so that rounding of coordinates does not show; inside the
        // raster, since the map may end with it.
        let step_x = f64::from(width).clamp(1.0, 100.0);
        let step_y = f64::from(height).clamp(1.0, 100.0);
        let place = |c: f64, r: f64| {
            let (x, y) = transform.pixel_to_map(c, r);
            to_wgs84.point(x, y)
        };
        let (half_x, half_y) = (step_x / 2.0, step_y / 2.0);
        Ok(Self {
            x_m: geodesic_distance_m(place(col - half_x, row)?, place(col + half_x, row)?) / step_x,
            y_m: geodesic_distance_m(place(col, row - half_y)?, place(col, row + half_y)?) / step_y,
        })
    }

    /// Whether such pixels can be those of an image: a tenth of a millimetre to the size of a continent.
    #[must_use]
    pub fn is_plausible(&self) -> bool {
        [self.x_m, self.y_m]
            .iter()
            .all(|m| (1e-4..=1e7).contains(m))
    }

    /// The geometric mean of both directions, in metres.
    #[must_use]
    pub fn mean_m(&self) -> f64 {
        (self.x_m * self.y_m).sqrt()
    }
}

/// Metres between two places given as (longitude, latitude) in degrees.
#[must_use]
pub fn geodesic_distance_m(a: (f64, f64), b: (f64, f64)) -> f64 {
    Geodesic.distance(Point::new(a.0, a.1), Point::new(b.0, b.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::georef::Crs;

    #[test]
    fn degrees_differ_by_direction_and_feet_are_metres() {
        let degree = 2e-7;
        let t = GeoTransform([102.0, degree, 0.0, 30.0, 0.0, -degree]);
        let gsd = Gsd::measure(&t, &Crs::wgs84().unwrap().to_wgs84().unwrap(), 1000, 1000).unwrap();
        // One degree of longitude at 30° is 96.486 km, of latitude 110.852 km.
        assert!(
            (gsd.x_m / (96_486.0 * degree) - 1.0).abs() < 1e-3,
            "{gsd:?}"
        );
        assert!(
            (gsd.y_m / (110_852.0 * degree) - 1.0).abs() < 1e-3,
            "{gsd:?}"
        );

        // New York Long Island, US survey feet.
        let feet = Crs::parse("EPSG:2263").unwrap();
        let t = GeoTransform([987_000.0, 1.0, 0.0, 212_000.0, 0.0, -1.0]);
        let gsd = Gsd::measure(&t, &feet.to_wgs84().unwrap(), 1000, 1000).unwrap();
        assert!(
            (gsd.x_m - 0.3048).abs() < 1e-4 && (gsd.y_m - 0.3048).abs() < 1e-4,
            "{gsd:?}"
        );
    }
}
