//! From WGS 84 to the pixels of a raster, for many threads: GDAL's own way cannot be shared, so
//! it is asked for a lattice of places, and those between are interpolated.

use crate::Result;
use crate::georef::{LocalMetres, ceil_to_u32, floor_to_u32};
use crate::pipeline::acquire::Raster;
use geo::Point;

/// Degrees between the lattice's places, 1.1 km. Between them a transverse Mercator map is off
/// a straight line by a centimetre, which no elevation model shows.
const STEP_DEGREES: f64 = 0.01;

/// Places along an edge at most: rasters of more than 500 km get wider meshes, up to a metre
/// off at 5,000 km. Degrees as pixels are exact in any mesh.
const MOST_PLACES: u32 = 512;

/// Steps along the raster's border from which its extent in degrees is told.
const BORDER_STEPS: u32 = 32;

/// Pixel positions at a lattice of longitudes and latitudes.
pub(super) struct PixelLattice {
    west: f64,
    south: f64,
    /// Degrees between places.
    step: (f64, f64),
    /// Places by longitude and latitude.
    count: (u32, u32),
    /// Columns and rows, continuous, west to east and then south to north; NaN where the map
    /// does not reach.
    pixels: Vec<(f64, f64)>,
}

impl PixelLattice {
    /// The lattice over a raster.
    pub(super) fn over(raster: &Raster) -> Result<Self> {
        let to_map = raster.crs.wgs84_to_map()?;
        let (lons, lats) = raster.border(BORDER_STEPS)?;
        let along = |degrees: &[f64]| {
            let low = degrees.iter().copied().fold(f64::INFINITY, f64::min);
            let high = degrees.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            // Borders bulge between the steps.
            let margin = 0.01 * (high - low) + 1e-6;
            let (low, span) = (low - margin, high - low + 2.0 * margin);
            let count = ceil_to_u32(span / STEP_DEGREES + 1.0).clamp(2, MOST_PLACES);
            (low, span / f64::from(count - 1), count)
        };
        let ((west, step_x, count_x), (south, step_y, count_y)) = (along(&lons), along(&lats));
        let mut pixels = Vec::with_capacity(count_x as usize * count_y as usize);
        for y in 0..count_y {
            for x in 0..count_x {
                let (lon, lat) = (west + f64::from(x) * step_x, south + f64::from(y) * step_y);
                let pixel = to_map
                    .point(lon, lat)
                    .ok()
                    .and_then(|(x, y)| raster.placement.map_to_pixel(x, y));
                pixels.push(pixel.unwrap_or((f64::NAN, f64::NAN)));
            }
        }
        Ok(Self {
            west,
            south,
            step: (step_x, step_y),
            count: (count_x, count_y),
            pixels,
        })
    }

    /// Column and row, continuous; (0, 0) is the outer corner of the first pixel. `None` outside
    /// of the raster's surroundings.
    pub(super) fn pixel(&self, lon: f64, lat: f64) -> Option<(f64, f64)> {
        let place = |v: f64, low: f64, step: f64, count: u32| {
            let at = (v - low) / step;
            let most = f64::from(count - 1);
            if !(0.0..=most).contains(&at) {
                return None;
            }
            let cell = floor_to_u32(at).min(count - 2);
            Some((cell as usize, at - f64::from(cell)))
        };
        let (x, right) = place(lon, self.west, self.step.0, self.count.0)?;
        let (y, up) = place(lat, self.south, self.step.1, self.count.1)?;
        let width = self.count.0 as usize;
        let at = y * width + x;
        let between = |part: fn(&(f64, f64)) -> f64| {
            let value = |i: usize| part(&self.pixels[i]);
            let low = value(at) + right * (value(at + 1) - value(at));
            let high = value(at + width) + right * (value(at + width + 1) - value(at + width));
            low + up * (high - low)
        };
        let (col, row) = (between(|p| p.0), between(|p| p.1));
        (col.is_finite() && row.is_finite()).then_some((col, row))
    }

    /// Columns and rows per metre to the east, and per metre to the north.
    pub(super) fn per_metre(&self, lon: f64, lat: f64) -> Option<[(f64, f64); 2]> {
        let frame = LocalMetres::around(Point::new(lon, lat));
        let here = self.pixel(lon, lat)?;
        // Short against the meshes, and back over the place at the lattice's edge.
        let along = |x: f64, y: f64| {
            [1.0, -1.0].into_iter().find_map(|metres| {
                let there = frame.place(Point::new(metres * x, metres * y));
                let there = self.pixel(there.x(), there.y())?;
                Some(((there.0 - here.0) / metres, (there.1 - here.1) / metres))
            })
        };
        Some([along(1.0, 0.0)?, along(0.0, 1.0)?])
    }
}
