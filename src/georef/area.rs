//! Areas on the ellipsoid, in square metres and in mu.

use geo::{GeodesicArea, LineString, MultiPolygon, Polygon};

/// Square metres in one mu: 1 mu = 2000/3 m², 1 ha = 15 mu.
pub const MU_M2: f64 = 2000.0 / 3.0;

/// Square metres as mu.
#[must_use]
pub fn m2_to_mu(area_m2: f64) -> f64 {
    area_m2 / MU_M2
}

/// Area in square metres on the WGS 84 ellipsoid of polygons given as longitude
/// and latitude in degrees (Karney's geodesic area; holes are subtracted).
#[must_use]
pub fn geodesic_area_m2(polygons: &MultiPolygon<f64>) -> f64 {
    // Ring by ring: a ring's direction must not decide which side is inside.
    let ring = |r: &LineString<f64>| Polygon::new(r.clone(), vec![]).geodesic_area_signed().abs();
    polygons
        .iter()
        .map(|p| ring(p.exterior()) - p.interiors().iter().map(ring).sum::<f64>())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hectare_is_fifteen_mu() {
        assert!((m2_to_mu(10_000.0) - 15.0).abs() < 1e-12);
    }

    #[test]
    fn hole_is_subtracted_whatever_its_direction() {
        let ring = |r: f64, flip: bool| {
            let mut p = vec![(-r, -r), (r, -r), (r, r), (-r, r), (-r, -r)];
            if flip {
                p.reverse();
            }
            LineString::from(p)
        };
        let solid = geodesic_area_m2(&Polygon::new(ring(0.001, false), vec![]).into());
        for flip in [false, true] {
            let holed = Polygon::new(ring(0.001, false), vec![ring(0.0005, flip)]);
            let area = geodesic_area_m2(&holed.into());
            assert!((area / solid - 0.75).abs() < 1e-6, "{area} of {solid}");
        }
    }
}
