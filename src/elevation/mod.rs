//! Heights and slopes of the ground, from an elevation model in a raster of any reference system.
//!
//! Heights are metres in the height system of the model, which the file seldom states. A surface
//! model (DSM) holds crowns and roofs, and so do global models of 30 m; slopes are those of what
//! the model holds, at its own pixels.

mod blocks;
mod contours;
mod lattice;

use crate::georef::{LocalMetres, floor_to_u32};
use crate::pipeline::acquire::{self, AcquireOptions, RasterInfo, RasterReader};
use crate::{Error, Result};
use blocks::Blocks;
use contours::HeightGrid;
use geo::{LineString, Point, Simplify};
use lattice::PixelLattice;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Samples along an edge of the grid that contours are drawn from.
const GRID_SAMPLES: usize = 65;

/// Contours keep to their true course within so many metres.
const SIMPLIFIED_M: f64 = 0.5;

/// An elevation model, read in blocks as they are needed. Threads share it: one reads at a time.
pub struct Elevation {
    path: PathBuf,
    lattice: PixelLattice,
    width: u32,
    height: u32,
    pixel_m: f64,
    blocks: Mutex<Blocks>,
}

impl Elevation {
    /// Opens an elevation model: the first band of a raster with a reference system, values in
    /// metres. What the file marks as empty, and what is no height on the Earth's land (below
    /// -500 m, above 9,000 m: unmarked fillings such as -9999), gives none.
    pub fn open(path: &Path) -> Result<Self> {
        let info = RasterInfo::read(path)?;
        let unusable = |problem: String, hint: &str| Error::UnusableRaster {
            path: path.to_owned(),
            problem,
            hint: hint.into(),
        };
        if info.palette.is_some() {
            return Err(unusable(
                "is a picture with a palette, wanted heights in metres".into(),
                "give the elevation model itself, not a map that was coloured from it",
            ));
        }
        if info.bands.len() >= 3 {
            return Err(unusable(
                format!(
                    "has {} bands, as a picture has, wanted one band of heights in metres",
                    info.bands.len()
                ),
                "give the elevation model (DEM, DSM) itself, not the orthomosaic",
            ));
        }
        if info.crs.is_none() {
            return Err(unusable(
                info.crs_problem
                    .unwrap_or_else(|| "has no coordinate reference system".into()),
                "write it into the file, for example with `gdal_edit.py -a_srs EPSG:…`, \
                 or put a .prj beside it",
            ));
        }
        let raster = acquire::open(path, 1, &[], &AcquireOptions::default())?;
        Ok(Self {
            path: path.to_owned(),
            lattice: PixelLattice::over(&raster)?,
            width: raster.info.width,
            height: raster.info.height,
            pixel_m: raster.gsd.x_m.min(raster.gsd.y_m),
            blocks: Mutex::new(Blocks::new(
                RasterReader::open(&raster)?,
                (raster.info.width, raster.info.height),
            )),
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Metres of ground to a pixel, along its shorter side.
    #[must_use]
    pub fn pixel_m(&self) -> f64 {
        self.pixel_m
    }

    /// What could not be read so far, in words: heights are missing there, though the model
    /// has them. `None` where all went well.
    #[must_use]
    pub fn damage(&self) -> Option<String> {
        self.blocks().damage.clone()
    }

    /// The height in metres of a place on WGS 84, between the middles of the four pixels around
    /// it (bilinear); in the outermost half pixel that of the edge. `None` outside of the model,
    /// and where one of the four that count is empty.
    #[must_use]
    pub fn height(&self, lon: f64, lat: f64) -> Option<f64> {
        let (col, row) = self.lattice.pixel(lon, lat)?;
        self.height_at(&mut self.blocks(), col, row)
    }

    /// The slope of the ground in degrees at the pixel of a place on WGS 84, from the eight
    /// pixels around it: Horn's third-order finite difference (B. K. P. Horn, "Hill shading and
    /// the reflectance map", Proceedings of the IEEE 69(1), 1981, pages 14-47), in metres of
    /// ground also where pixels are degrees, stretched or turned. `None` at the model's edge and
    /// beside empty pixels.
    #[must_use]
    pub fn slope_deg(&self, lon: f64, lat: f64) -> Option<f64> {
        let (col, row) = self.lattice.pixel(lon, lat)?;
        let inside = |v: f64, extent: u32| {
            let cell = floor_to_u32(v);
            (v >= 0.0 && cell >= 1 && cell + 1 < extent).then_some(cell)
        };
        let (col, row) = (inside(col, self.width)?, inside(row, self.height)?);
        let mut z = [[0.0; 3]; 3];
        let mut blocks = self.blocks();
        for (down, line) in (0..).zip(&mut z) {
            for (right, value) in (0..).zip(line) {
                *value = blocks.value(col - 1 + right, row - 1 + down)?;
            }
        }
        drop(blocks);
        let column = |c: usize| z[0][c] + 2.0 * z[1][c] + z[2][c];
        let line = |r: usize| z[r][0] + 2.0 * z[r][1] + z[r][2];
        let per_col = (column(2) - column(0)) / 8.0;
        let per_row = (line(2) - line(0)) / 8.0;
        let [east, north] = self.lattice.per_metre(lon, lat)?;
        let rise = |step: (f64, f64)| per_col * step.0 + per_row * step.1;
        Some(rise(east).hypot(rise(north)).atan().to_degrees())
    }

    /// Contour lines at whole multiples of `step_m` in a square of `half_m` to each side of a
    /// place on WGS 84, with their heights: metres east (x) and north (y) of the place.
    #[must_use]
    pub fn contours(
        &self,
        around: Point<f64>,
        half_m: f64,
        step_m: f64,
    ) -> Vec<(f64, LineString<f64>)> {
        lines(&self.grid(around, half_m), step_m)
    }

    /// Contour lines as [`contours`](Self::contours) gives them, 5, 10, 20 or 50 m apart, so
    /// that there are about eight between the lowest and the highest ground.
    #[must_use]
    pub fn contours_by_relief(
        &self,
        around: Point<f64>,
        half_m: f64,
    ) -> Vec<(f64, LineString<f64>)> {
        let grid = self.grid(around, half_m);
        grid.relief_m()
            .map(|relief| lines(&grid, contour_step_m(relief)))
            .unwrap_or_default()
    }

    /// Heights on a square grid around a place. A map is so nearly straight over a kilometre
    /// (centimetres) that three places say where all others lie.
    fn grid(&self, around: Point<f64>, half_m: f64) -> HeightGrid {
        let mut grid = HeightGrid::empty(GRID_SAMPLES, half_m);
        let frame = LocalMetres::around(around);
        let pixel = |x: f64, y: f64| {
            let place = frame.place(Point::new(x, y));
            self.lattice.pixel(place.x(), place.y())
        };
        let reach = half_m / 2.0;
        let steps = [(reach, 0.0), (-reach, 0.0), (0.0, reach), (0.0, -reach)];
        let [Some(east), Some(west), Some(north), Some(south)] = steps.map(|(x, y)| pixel(x, y))
        else {
            return grid;
        };
        let middle = (east.0.midpoint(west.0), east.1.midpoint(west.1));
        let per = |a: (f64, f64), b: (f64, f64)| {
            ((a.0 - b.0) / (2.0 * reach), (a.1 - b.1) / (2.0 * reach))
        };
        let (per_east, per_north) = (per(east, west), per(north, south));
        let mut blocks = self.blocks();
        grid.fill(|x, y| {
            let col = middle.0 + per_east.0 * x + per_north.0 * y;
            let row = middle.1 + per_east.1 * x + per_north.1 * y;
            self.height_at(&mut blocks, col, row)
        });
        grid
    }

    fn height_at(&self, blocks: &mut Blocks, col: f64, row: f64) -> Option<f64> {
        let near = |v: f64, extent: u32| {
            let extent = f64::from(extent);
            if !(0.0..=extent).contains(&v) {
                return None;
            }
            let at = (v - 0.5).clamp(0.0, extent - 1.0);
            Some((floor_to_u32(at), at.fract()))
        };
        let ((col, right), (row, down)) = (near(col, self.width)?, near(row, self.height)?);
        let mut height = 0.0;
        for (step_right, step_down, weight) in [
            (0, 0, (1.0 - right) * (1.0 - down)),
            (1, 0, right * (1.0 - down)),
            (0, 1, (1.0 - right) * down),
            (1, 1, right * down),
        ] {
            if weight > 0.0 {
                height += weight * blocks.value(col + step_right, row + step_down)?;
            }
        }
        Some(height)
    }

    fn blocks(&self) -> MutexGuard<'_, Blocks> {
        // What is kept is whole at any time, so a thread that died does no harm.
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Metres between contour lines for a relief in metres: at most about eight lines to 400 m.
#[must_use]
pub fn contour_step_m(relief_m: f64) -> f64 {
    [5.0, 10.0, 20.0]
        .into_iter()
        .find(|step| relief_m <= 8.0 * step)
        .unwrap_or(50.0)
}

fn lines(grid: &HeightGrid, step_m: f64) -> Vec<(f64, LineString<f64>)> {
    grid.contours(step_m)
        .into_iter()
        .map(|(height, line)| (height, line.simplify(SIMPLIFIED_M)))
        .collect()
}

#[cfg(test)]
mod tests;
