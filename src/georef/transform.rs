//! The affine transform between pixels and map units.

/// Six affine numbers, GDAL's order: `x = c0 + c1·col + c2·row`,
/// `y = c3 + c4·col + c5·row`. Pixel coordinates are continuous with (0, 0) at
/// the outer corner of the first pixel; its centre is (0.5, 0.5).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GeoTransform(pub [f64; 6]);

impl GeoTransform {
    /// Map coordinates (x, y) of a pixel position (col, row).
    #[must_use]
    pub fn pixel_to_map(&self, col: f64, row: f64) -> (f64, f64) {
        let c = &self.0;
        (
            c[0] + c[1] * col + c[2] * row,
            c[3] + c[4] * col + c[5] * row,
        )
    }

    /// Pixel position (col, row) of map coordinates (x, y); `None` where the
    /// transform has no inverse.
    #[must_use]
    pub fn map_to_pixel(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let c = &self.0;
        let det = self.determinant();
        if det == 0.0 || !det.is_finite() {
            return None;
        }
        let dx = x - c[0];
        let dy = y - c[3];
        Some(((c[5] * dx - c[2] * dy) / det, (c[1] * dy - c[4] * dx) / det))
    }

    /// Signed area of one pixel in square map units: negative for the usual
    /// north-up raster, zero when the transform is degenerate.
    #[must_use]
    pub fn determinant(&self) -> f64 {
        let c = &self.0;
        c[1] * c[5] - c[2] * c[4]
    }

    /// The transform of a grid whose pixels are `scale_x` by `scale_y` of these
    /// pixels, with the same outer corner.
    #[must_use]
    pub fn scaled(&self, scale_x: f64, scale_y: f64) -> Self {
        let c = &self.0;
        Self([
            c[0],
            c[1] * scale_x,
            c[2] * scale_y,
            c[3],
            c[4] * scale_x,
            c[5] * scale_y,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pixel_to_map_and_back(
            angle in 0.0..6.2f64, size in 0.001..10.0f64, flip in any::<bool>(),
            col in -10.0..50_000.0f64, row in -10.0..50_000.0f64,
        ) {
            let sign = if flip { 1.0 } else { -1.0 };
            let t = GeoTransform([
                500_000.0, size * angle.cos(), -sign * size * angle.sin(),
                3_000_000.0, size * angle.sin(), sign * size * angle.cos(),
            ]);
            let (x, y) = t.pixel_to_map(col, row);
            let (c, r) = t.map_to_pixel(x, y).unwrap();
            prop_assert!((c - col).abs() < 1e-3 && (r - row).abs() < 1e-3);
        }
    }

    #[test]
    fn degenerate_transform_has_no_inverse() {
        assert_eq!(GeoTransform([0.0; 6]).map_to_pixel(1.0, 1.0), None);
    }
}
