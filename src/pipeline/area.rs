//! Ground given on WGS 84 over the grid of a raster: the area of interest, outlines of sites.

use super::acquire::{Raster, usable_ground};
use super::chip::{AoiMask, ModelGrid};
use crate::georef::{Crs, Wgs84ToMap, union};
use crate::{Result, vector};
use geo::{
    Area, BooleanOps, BoundingRect, Coord, Densify, Euclidean, LineString, MapCoords, MultiPolygon,
    Polygon, Rect, Scale,
};
use std::path::Path;

/// Edges of an area of interest are no longer than this when they are put on a map.
const AREA_STEP_DEGREES: f64 = 0.002;

/// Pieces of each edge of what a photo sees, and of the length of it that edges of an area of interest
/// may have: straight on the ground is bent in the picture by the lens and by hills.
const PHOTO_STEPS: u32 = 64;

/// How much more than what a photo sees is brought into its picture, before it is cut to the picture.
const PHOTO_MARGIN: f64 = 1.05;

/// The area of interest on WGS 84: all polygons of all layers, those that overlap
/// counted once.
pub fn read_area(file: &Path) -> Result<MultiPolygon<f64>> {
    let features = vector::read_polygons(file, &Crs::wgs84()?)?;
    Ok(union(features.iter().flat_map(|f| &f.geometry)))
}

/// What of one raster is to be looked at, over its grid; `None` where all of it is.
pub(super) fn searched_mask(
    area: Option<&MultiPolygon<f64>>,
    raster: &Raster,
    grid: &ModelGrid,
) -> Result<Option<AoiMask>> {
    let searched = searched_on_grid(area, raster, grid)?;
    Ok(searched.map(|outline| AoiMask::new(&outline, grid.height)))
}

/// What of one raster is to be looked at, in grid pixels: the area of interest, where one is given, and
/// of a photo no more than its usable part. `None` where that is all of it.
pub(super) fn searched_on_grid(
    area: Option<&MultiPolygon<f64>>,
    raster: &Raster,
    grid: &ModelGrid,
) -> Result<Option<MultiPolygon<f64>>> {
    let area = area.map(|area| area_on_grid(area, raster, grid));
    let area = area.transpose()?;
    Ok(match (area, usable_on_grid(raster, grid)) {
        (Some(area), Some(usable)) => Some(area.intersection(&usable)),
        (area, usable) => area.or(usable),
    })
}

/// The usable part of a photo in grid pixels; `None` where that is all of it.
fn usable_on_grid(raster: &Raster, grid: &ModelGrid) -> Option<MultiPolygon<f64>> {
    let usable = raster.placement.rays()?.usable();
    let size = (f64::from(raster.info.width), f64::from(raster.info.height));
    let picture = Rect::new((0.0, 0.0), size).to_polygon();
    let usable = usable.intersection(&picture);
    let is_whole = usable.unsigned_area() >= (1.0 - 1e-9) * picture.unsigned_area();
    (!is_whole).then(|| {
        usable.map_coords(|c| Coord {
            x: c.x / grid.scale_x,
            y: c.y / grid.scale_y,
        })
    })
}

/// The area in grid pixels of one raster. It is cut to the raster's surroundings first:
/// a map projection does not reach far places, and a border may go round the country.
fn area_on_grid(
    area: &MultiPolygon<f64>,
    raster: &Raster,
    grid: &ModelGrid,
) -> Result<MultiPolygon<f64>> {
    if let Some(ground) = raster.placement.rays() {
        let seen = usable_ground(ground.as_ref(), PHOTO_STEPS);
        let seen = Polygon::new(seen.into(), vec![]);
        let longest = seen
            .bounding_rect()
            .map_or(0.0, |r| r.width().max(r.height()));
        // A little more than is seen, so that the edge of what is seen is not cut off.
        let near = area.intersection(&seen.scale(PHOTO_MARGIN));
        let step = (longest / f64::from(PHOTO_STEPS)).max(f64::EPSILON);
        return ToGrid::new(raster, grid)?.outline(&Euclidean.densify(&near, step));
    }
    let surroundings = surroundings(raster)?;
    let near: MultiPolygon<f64> = area.intersection(&MultiPolygon::from(surroundings.to_polygon()));
    // Long straight edges on the globe are curves on the map.
    let near = Euclidean.densify(&near, AREA_STEP_DEGREES);
    ToGrid::new(raster, grid)?.outline(&near)
}

/// The way from WGS 84 to the grid of a raster.
pub(super) struct ToGrid<'a> {
    to_map: Wgs84ToMap,
    raster: &'a Raster,
    grid: &'a ModelGrid,
}

impl<'a> ToGrid<'a> {
    pub(super) fn new(raster: &'a Raster, grid: &'a ModelGrid) -> Result<Self> {
        Ok(Self {
            to_map: raster.crs.wgs84_to_map()?,
            raster,
            grid,
        })
    }

    /// An outline near the raster, in grid pixels; straight edges stay straight. Corners that no pixel
    /// of a photo can show are left out.
    pub(super) fn outline(&self, outline: &MultiPolygon<f64>) -> Result<MultiPolygon<f64>> {
        if self.raster.is_photo() {
            let polygon = |polygon: &Polygon<f64>| {
                let exterior = self.seen(polygon.exterior())?;
                let holes = polygon
                    .interiors()
                    .iter()
                    .filter_map(|ring| self.seen(ring));
                Some(Polygon::new(exterior, holes.collect()))
            };
            return Ok(outline.iter().filter_map(polygon).collect());
        }
        outline.try_map_coords(|c| {
            let (x, y) = self.to_map.point(c.x, c.y)?;
            let (col, row) = self
                .raster
                .placement
                .map_to_pixel(x, y)
                .unwrap_or((f64::NAN, f64::NAN));
            Ok(self.in_grid(col, row))
        })
    }

    /// The corners of a ring that a photo can show; `None` where they make no ring.
    fn seen(&self, ring: &LineString<f64>) -> Option<LineString<f64>> {
        let pixels = ring
            .coords()
            .filter_map(|c| self.raster.placement.map_to_pixel(c.x, c.y));
        let ring: LineString<f64> = pixels.map(|(col, row)| self.in_grid(col, row)).collect();
        (ring.0.len() >= 4).then_some(ring)
    }

    fn in_grid(&self, col: f64, row: f64) -> Coord<f64> {
        Coord {
            x: col / self.grid.scale_x,
            y: row / self.grid.scale_y,
        }
    }
}

/// Longitudes and latitudes of a raster's border, with a margin.
pub(super) fn surroundings(raster: &Raster) -> Result<Rect<f64>> {
    let (xs, ys) = raster.border(16)?;
    let span = |v: &[f64]| {
        let (low, high) = v
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| {
                (l.min(*x), h.max(*x))
            });
        let margin = 0.1 * (high - low) + 1e-4;
        (low - margin, high + margin)
    };
    let ((west, east), (south, north)) = (span(&xs), span(&ys));
    Ok(Rect::new(
        Coord { x: west, y: south },
        Coord { x: east, y: north },
    ))
}
