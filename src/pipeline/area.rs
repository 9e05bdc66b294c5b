//! Ground given on WGS 84 over the grid of a raster: the area of interest, outlines of sites.

use super::acquire::Raster;
use super::chip::{AoiMask, ModelGrid};
use crate::georef::{Crs, Wgs84ToMap, union};
use crate::{Result, vector};
use geo::{BooleanOps, Coord, Densify, Euclidean, MapCoords, MultiPolygon, Rect};
use std::path::Path;

/// Edges of an area of interest are no longer than this when they are put on a map.
const AREA_STEP_DEGREES: f64 = 0.002;

/// The area of interest on WGS 84: all polygons of all layers, those that overlap
/// counted once.
pub fn read_area(file: &Path) -> Result<MultiPolygon<f64>> {
    let features = vector::read_polygons(file, &Crs::wgs84()?)?;
    Ok(union(features.iter().flat_map(|f| &f.geometry)))
}

/// The area over the grid of one raster.
pub(super) fn aoi_mask(
    area: &MultiPolygon<f64>,
    raster: &Raster,
    grid: &ModelGrid,
) -> Result<AoiMask> {
    Ok(AoiMask::new(
        &area_on_grid(area, raster, grid)?,
        grid.height,
    ))
}

/// The area in grid pixels of one raster. It is cut to the raster's surroundings first:
/// a map projection does not reach far places, and a border may go round the country.
pub(super) fn area_on_grid(
    area: &MultiPolygon<f64>,
    raster: &Raster,
    grid: &ModelGrid,
) -> Result<MultiPolygon<f64>> {
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

    /// An outline near the raster, in grid pixels; straight edges stay straight.
    pub(super) fn outline(&self, outline: &MultiPolygon<f64>) -> Result<MultiPolygon<f64>> {
        outline.try_map_coords(|c| {
            let (x, y) = self.to_map.point(c.x, c.y)?;
            let (col, row) = self
                .raster
                .transform
                .map_to_pixel(x, y)
                .unwrap_or((f64::NAN, f64::NAN));
            Ok(Coord {
                x: col / self.grid.scale_x,
                y: row / self.grid.scale_y,
            })
        })
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
