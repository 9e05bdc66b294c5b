//! How the pixels of an image lie on the map: by an affine transform, or ray by ray.

use super::{GeoTransform, Gsd, PixelGround};
use std::sync::Arc;

/// The way between the pixels of an image and its map. Pixel positions are (column, row), continuous,
/// with (0, 0) at the outer corner of the first pixel.
#[derive(Debug, Clone)]
pub enum Placement {
    /// The image is a map: six numbers, map units of its reference system.
    Map(GeoTransform),
    /// The image is a photo. Its map is WGS 84 itself, x longitude and y latitude in degrees, which is
    /// how [`Crs::wgs84`](super::Crs::wgs84) orders them.
    Rays(Arc<dyn PixelGround>),
}

impl Placement {
    /// Map coordinates (x, y) of a pixel position; `None` where the ray of a photo meets no ground.
    #[must_use]
    pub fn pixel_to_map(&self, col: f64, row: f64) -> Option<(f64, f64)> {
        match self {
            Self::Map(transform) => Some(transform.pixel_to_map(col, row)),
            Self::Rays(ground) => ground.ground(col, row).filter(is_place),
        }
    }

    /// Pixel position of map coordinates, perhaps outside of the image; `None` where the transform has
    /// no inverse, or no pixel of a photo can show the place.
    #[must_use]
    pub fn map_to_pixel(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        match self {
            Self::Map(transform) => transform.map_to_pixel(x, y),
            Self::Rays(ground) => ground.pixel(x, y).filter(is_place),
        }
    }

    /// The affine transform of an image that is a map; a photo has none.
    #[must_use]
    pub fn affine(&self) -> Option<&GeoTransform> {
        match self {
            Self::Map(transform) => Some(transform),
            Self::Rays(_) => None,
        }
    }

    /// The rays of a photo; a map has none.
    #[must_use]
    pub fn rays(&self) -> Option<&Arc<dyn PixelGround>> {
        match self {
            Self::Map(_) => None,
            Self::Rays(ground) => Some(ground),
        }
    }

    /// The way from a grid whose pixels are `scale_x` by `scale_y` of these pixels, with the same outer
    /// corner.
    #[must_use]
    pub fn scaled(&self, scale_x: f64, scale_y: f64) -> GridPlacement<'_> {
        match self {
            Self::Map(transform) => GridPlacement::Map(transform.scaled(scale_x, scale_y)),
            Self::Rays(ground) => GridPlacement::Rays(ground.as_ref(), scale_x, scale_y),
        }
    }

    /// Metres of ground per pixel at a pixel position of a photo; `None` on a map, where one figure
    /// holds for the whole image, and where the ray meets no ground.
    #[must_use]
    pub fn gsd_at(&self, col: f64, row: f64) -> Option<Gsd> {
        self.rays()?.gsd(col, row).filter(Gsd::is_plausible)
    }
}

impl From<GeoTransform> for Placement {
    fn from(transform: GeoTransform) -> Self {
        Self::Map(transform)
    }
}

/// The way from the pixels of a grid over an image to its map.
#[derive(Debug, Clone, Copy)]
pub enum GridPlacement<'a> {
    /// Of an image that is a map.
    Map(GeoTransform),
    /// Of a photo, with pixels of the photo to one of the grid, along rows and along columns.
    Rays(&'a dyn PixelGround, f64, f64),
}

impl GridPlacement<'_> {
    /// Map coordinates (x, y) of a grid position; `None` where the ray of a photo meets no ground.
    #[must_use]
    pub fn pixel_to_map(&self, col: f64, row: f64) -> Option<(f64, f64)> {
        match self {
            Self::Map(transform) => Some(transform.pixel_to_map(col, row)),
            Self::Rays(ground, x, y) => ground.ground(col * x, row * y).filter(is_place),
        }
    }
}

fn is_place((x, y): &(f64, f64)) -> bool {
    x.is_finite() && y.is_finite()
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Polygon;

    /// Sees ground in its left half only.
    #[derive(Debug)]
    struct HalfBlind;

    impl PixelGround for HalfBlind {
        fn ground(&self, col: f64, row: f64) -> Option<(f64, f64)> {
            (col < 50.0).then_some((102.0 + col * 1e-6, 30.0 - row * 1e-6))
        }

        fn pixel(&self, lon: f64, lat: f64) -> Option<(f64, f64)> {
            Some(((lon - 102.0) / 1e-6, (30.0 - lat) / 1e-6))
        }

        fn position_error_m(&self, _col: f64, _row: f64) -> f64 {
            1.0
        }

        fn gsd(&self, _col: f64, _row: f64) -> Option<Gsd> {
            Some(Gsd { x_m: 0.1, y_m: 0.1 })
        }

        fn usable(&self) -> Polygon<f64> {
            Polygon::new(vec![(0.0, 0.0), (50.0, 0.0), (50.0, 80.0)].into(), vec![])
        }

        fn facts(&self) -> String {
            "half blind".into()
        }
    }

    #[test]
    fn a_map_keeps_its_numbers_and_a_photo_its_rays() {
        let transform = GeoTransform([500_000.0, 0.05, 0.0, 3_000_000.0, 0.0, -0.05]);
        let map = Placement::from(transform);
        assert_eq!(map.affine(), Some(&transform));
        let scaled = map.scaled(3.0, 3.0).pixel_to_map(7.0, 9.0);
        assert_eq!(
            scaled,
            Some(transform.scaled(3.0, 3.0).pixel_to_map(7.0, 9.0))
        );
        assert!(map.rays().is_none() && map.gsd_at(1.0, 1.0).is_none());

        let photo = Placement::Rays(Arc::new(HalfBlind));
        assert!(photo.affine().is_none());
        let (x, y) = photo.pixel_to_map(20.0, 10.0).unwrap();
        assert_eq!(photo.scaled(2.0, 2.0).pixel_to_map(10.0, 5.0), Some((x, y)));
        let (col, row) = photo.map_to_pixel(x, y).unwrap();
        assert!((col - 20.0).abs() < 1e-6 && (row - 10.0).abs() < 1e-6);
        assert_eq!(photo.pixel_to_map(60.0, 10.0), None);
    }
}
