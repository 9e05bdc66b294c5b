//! Between pixels of a raster and WGS 84, both ways.

use super::Place;
use crate::evaluate::dataset::footprint;
use crate::georef::{GeoTransform, ToWgs84, Wgs84ToMap};
use crate::pipeline::acquire::Raster;
use crate::{Error, Result};
use geo::orient::{Direction, Orient};
use geo::{
    BoundingRect, Coord, Intersects, LineString, MapCoords, MultiPolygon, Point, Polygon, Rect,
};

/// Degrees around a raster in which a place may still lie in it: rounding.
const MARGIN_DEGREES: f64 = 1e-6;

/// The way between a raster's pixels and WGS 84. Making one reads the database of reference
/// systems, so one is made for a raster. Pixel positions are continuous: (0, 0) is the outer
/// corner of the first pixel, x to the right, y down.
pub struct RasterShapes<'a> {
    raster: &'a Raster,
    transform: GeoTransform,
    to_wgs84: ToWgs84,
    to_map: Wgs84ToMap,
    /// Longitudes and latitudes of the raster.
    bounds: Rect<f64>,
    extent: Polygon<f64>,
}

impl<'a> RasterShapes<'a> {
    /// The way of one raster.
    pub fn of(raster: &'a Raster) -> Result<Self> {
        let (width, height) = (raster.info.width, raster.info.height);
        // Truth is drawn on maps; a photo is looked at through `scan`, not measured against.
        let transform = raster.placement.affine().copied();
        let transform = transform.ok_or_else(|| Error::UnusableRaster {
            path: raster.info.path.clone(),
            problem: "is a photo, wanted an image with a georeference".into(),
            hint: "measure the model on an orthomosaic".into(),
        })?;
        let ground = footprint(&transform, &raster.crs, width, height)?;
        let Some(bounds) = ground.bounding_rect() else {
            return Err(Error::Internal("a raster without a border".into()));
        };
        let by = Coord {
            x: 0.01 * bounds.width() + MARGIN_DEGREES,
            y: 0.01 * bounds.height() + MARGIN_DEGREES,
        };
        Ok(Self {
            raster,
            transform,
            to_wgs84: raster.crs.to_wgs84()?,
            to_map: raster.crs.wgs84_to_map()?,
            bounds: Rect::new(bounds.min() - by, bounds.max() + by),
            extent: Rect::new((0.0, 0.0), (f64::from(width), f64::from(height))).to_polygon(),
        })
    }

    /// An outline in pixels as ground on WGS 84, corner by corner, exteriors counter-clockwise.
    pub fn ground(&self, outline: &MultiPolygon<f64>) -> Result<MultiPolygon<f64>> {
        let ring = |ring: &LineString<f64>| -> Result<LineString<f64>> {
            let transform = &self.transform;
            let (mut xs, mut ys): (Vec<f64>, Vec<f64>) = ring
                .coords()
                .map(|c| transform.pixel_to_map(c.x, c.y))
                .unzip();
            self.to_wgs84.apply(&mut xs, &mut ys)?;
            Ok(xs.into_iter().zip(ys).collect())
        };
        let polygon = |polygon: &Polygon<f64>| {
            let holes: Result<_> = polygon.interiors().iter().map(ring).collect();
            let ground = Polygon::new(ring(polygon.exterior())?, holes?);
            Ok(ground.orient(Direction::Default))
        };
        outline.iter().map(polygon).collect()
    }

    /// A place in pixels; an area's corners stay its corners, a point has no outline.
    ///
    /// # Errors
    /// [`Error::Crs`] when the map does not reach the place.
    pub fn pixel_outline(&self, place: &Place) -> Result<MultiPolygon<f64>> {
        match place {
            Place::Area(area) => area.try_map_coords(|c| self.pixel(c)),
            Place::Point(_) => Ok(MultiPolygon::new(Vec::new())),
        }
    }

    /// A point on WGS 84 in pixels.
    ///
    /// # Errors
    /// [`Error::Crs`] when the map does not reach it.
    pub fn pixel_point(&self, point: Point<f64>) -> Result<Point<f64>> {
        self.pixel(point.0).map(Point)
    }

    /// The upright box around a place in pixels: left, top, right, bottom. A point has none.
    ///
    /// # Errors
    /// [`Error::Crs`] when the map does not reach the place.
    pub fn pixel_box(&self, place: &Place) -> Result<Option<[f64; 4]>> {
        let bounds = self.pixel_outline(place)?.bounding_rect();
        // What going to degrees and back adds must not decide between two overlaps.
        let exact = |v: f64| (v * 1e6).round() / 1e6;
        Ok(bounds.map(|b| [b.min().x, b.min().y, b.max().x, b.max().y].map(exact)))
    }

    /// Whether a place lies in the raster, wholly or in part.
    #[must_use]
    pub fn shows(&self, place: &Place) -> bool {
        match place {
            Place::Area(area) => {
                let is_near = area
                    .bounding_rect()
                    .is_some_and(|b| b.intersects(&self.bounds));
                // Where the map ends, so does the raster.
                is_near
                    && self
                        .pixel_outline(place)
                        .is_ok_and(|o| o.intersects(&self.extent))
            }
            Place::Point(point) => {
                self.bounds.intersects(point)
                    && self
                        .pixel_point(*point)
                        .is_ok_and(|p| self.extent.intersects(&p))
            }
        }
    }

    fn pixel(&self, c: Coord<f64>) -> Result<Coord<f64>> {
        let (x, y) = self.to_map.point(c.x, c.y)?;
        self.transform
            .map_to_pixel(x, y)
            .filter(|(col, row)| col.is_finite() && row.is_finite())
            .map(|(x, y)| Coord { x, y })
            .ok_or_else(|| Error::Crs {
                crs: self.raster.crs.label().to_owned(),
                problem: format!("does not reach {:.6}, {:.6}", c.x, c.y),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::dataset::testing::{Folder, opened};
    use geo::Area;
    use proptest::prelude::*;

    fn square(x: f64, y: f64, side: f64) -> MultiPolygon<f64> {
        Rect::new((x, y), (x + side, y + side)).to_polygon().into()
    }

    #[test]
    fn pixels_go_to_the_ground_and_back() {
        let folder = Folder::new();
        let raster = opened(&folder.placed("a.png", 4000, 3000));
        let shapes = RasterShapes::of(&raster).unwrap();
        let place = (0.0..4000.0f64, 0.0..3000.0f64, 0.1..500.0f64);
        proptest!(|((x, y, side) in place)| {
            let outline = square(x, y, side);
            let ground = Place::Area(shapes.ground(&outline).unwrap());
            let [left, top, right, bottom] = shapes.pixel_box(&ground).unwrap().unwrap();
            for (back, there) in [(left, x), (top, y), (right, x + side), (bottom, y + side)] {
                prop_assert!((back - there).abs() < 1e-6, "{back} {there}");
            }
            let back = shapes.pixel_outline(&ground).unwrap();
            prop_assert_eq!(back.0[0].exterior().0.len(), 5);
            prop_assert!((back.unsigned_area() - side * side).abs() < 1e-2);
            prop_assert!(shapes.shows(&ground));
        });
    }

    #[test]
    fn what_lies_elsewhere_is_not_shown() {
        let folder = Folder::new();
        let raster = opened(&folder.placed("a.png", 400, 300));
        let shapes = RasterShapes::of(&raster).unwrap();
        let ground = |x, y| Place::Area(shapes.ground(&square(x, y, 10.0)).unwrap());
        assert!(shapes.shows(&ground(395.0, 100.0)) && shapes.shows(&ground(-9.0, -9.0)));
        assert!(!shapes.shows(&ground(401.0, 100.0)) && !shapes.shows(&ground(-11.0, 0.0)));
        let far = |lon, lat| Place::Point(Point::new(lon, lat));
        assert!(!shapes.shows(&far(-78.0, -24.0)) && !shapes.shows(&far(0.0, 95.0)));
        let Place::Area(here) = ground(10.0, 10.0) else {
            panic!("an area")
        };
        let corner = here.0[0].exterior().0[0];
        let point = Place::Point(corner.into());
        assert!(shapes.shows(&point));
        assert_eq!(shapes.pixel_box(&point).unwrap(), None);
        assert!(shapes.pixel_outline(&point).unwrap().0.is_empty());
    }
}
