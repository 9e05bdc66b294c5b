//! The ground that a raster covers, on WGS 84.

use crate::Result;
use crate::georef::{Crs, GeoTransform};
use geo::orient::{Direction, Orient};
use geo::{LineString, MultiPolygon, Polygon};

/// Pieces along each edge: a straight edge on one map is a curve on another.
const PIECES: u32 = 16;

/// The border of a raster of `width` by `height` pixels, longitude and latitude in degrees; pixels
/// without a value are not taken out.
pub fn footprint(
    transform: &GeoTransform,
    crs: &Crs,
    width: u32,
    height: u32,
) -> Result<MultiPolygon<f64>> {
    let (w, h) = (f64::from(width), f64::from(height));
    let along = |from: (f64, f64), to: (f64, f64)| {
        (0..PIECES).map(move |i| {
            let t = f64::from(i) / f64::from(PIECES);
            (from.0 + t * (to.0 - from.0), from.1 + t * (to.1 - from.1))
        })
    };
    let border = along((0.0, 0.0), (w, 0.0))
        .chain(along((w, 0.0), (w, h)))
        .chain(along((w, h), (0.0, h)))
        .chain(along((0.0, h), (0.0, 0.0)));
    let (mut xs, mut ys): (Vec<f64>, Vec<f64>) = border
        .map(|(col, row)| transform.pixel_to_map(col, row))
        .unzip();
    crs.to_wgs84()?.apply(&mut xs, &mut ys)?;
    let ring: LineString<f64> = xs.into_iter().zip(ys).collect();
    let outline = Polygon::new(ring, Vec::new()).orient(Direction::Default);
    Ok(MultiPolygon::new(vec![outline]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::georef::geodesic_area_m2;

    #[test]
    fn a_raster_covers_its_pixels() {
        let utm = Crs::parse("EPSG:32647").unwrap();
        let transform = GeoTransform([500_000.0, 0.05, 0.0, 2_765_000.0, 0.0, -0.05]);
        let ground = footprint(&transform, &utm, 2000, 1000).unwrap();
        // 100 m by 50 m; UTM shows 0.9996 of the ground at its middle meridian.
        let area = geodesic_area_m2(&ground);
        assert!(
            (area * 0.9996_f64.powi(2) / 5000.0 - 1.0).abs() < 1e-5,
            "{area}"
        );
        assert_eq!(ground.0[0].exterior().0.len(), 65);
    }
}
