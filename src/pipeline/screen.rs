//! A coarse look before the fine one: tiles that cannot hold a plot, since all of their ground
//! is closed canopy, water or bare rock, need not be looked at finely.
//!
//! A screen is a segmentation model of coarse imagery whose classes besides the background are
//! ground that holds no plot; the background is all other ground. It runs over overviews. A
//! tile is left out when less than half a square metre of it may hold a plot: all but the
//! pixels that are hopeless with at least even odds. Where the coarse look sees no image, the
//! fine one decides.

use super::acquire::Raster;
use super::chip::{InputSpec, ModelGrid, Tile, TileShape, Tiling};
use super::detect::{DetectJob, Heat, Progress, detect};
use super::settings::{ScanSettings, resolve};
use crate::georef::{Window, floor_to_u32};
use crate::model::{Model, ModelTask};
use crate::{Error, Result};
use std::ops::RangeInclusive;

/// Less ground than this holds no plot that anyone could see, square metres.
const LEAST_M2: f64 = 0.5;

/// From this summed probability on a pixel is hopeless.
const HOPELESS: f32 = 0.5;

/// Tiles of the fine look, and whether they are left out.
#[derive(Debug)]
pub struct Hopeless {
    columns: usize,
    /// `[row, col]`
    tiles: Vec<bool>,
}

impl Hopeless {
    /// Whether a tile cannot hold a plot.
    #[must_use]
    pub fn has(&self, tile: &Tile) -> bool {
        self.tiles[tile.row as usize * self.columns + tile.col as usize]
    }
}

/// Refuses a model that is no screen.
pub fn check_screen(model: &Model, searched: &[&str]) -> Result<()> {
    let contract = &model.contract;
    let path = model.file.path.display();
    let wrong = |what: &str, wanted: &str| {
        Err(Error::setting(
            "screen",
            format!("{path}, of {what}"),
            wanted,
        ))
    };
    if contract.task != ModelTask::Segmentation || contract.heads.len() != 1 {
        let wanted = "a segmentation model whose classes besides the background hold no plot";
        return wrong(&contract.task.to_string(), wanted);
    }
    if contract.background_names().len() != 1 || contract.target_names().is_empty() {
        let wanted = "a model with one background, the ground that may hold a plot";
        return wrong(&contract.classes.join(", "), wanted);
    }
    let targets = contract.target_names();
    if let Some(plot) = targets.iter().find(|name| searched.contains(name)) {
        let wanted = "a model whose classes besides the background hold no plot";
        return wrong(&format!("{plot}, which is searched for"), wanted);
    }
    if contract.gsd_m.is_none() {
        return wrong("no scale", "a model that names its ground sample distance");
    }
    Ok(())
}

/// Looks over a raster coarsely; `grid` and `tiling` are those of the fine look.
pub(super) fn look(
    model: &Model,
    workers: usize,
    raster: &Raster,
    grid: &ModelGrid,
    tiling: &Tiling,
    progress: &dyn Progress,
) -> Result<Hopeless> {
    let settings = {
        let usual = ScanSettings::default();
        let own = ScanSettings {
            workers: Some(workers),
            ..ScanSettings::default()
        };
        resolve(&own, &usual, &model.contract)?
    };
    let coarse = super::fit::model_grid(raster, settings.gsd_m)?;
    let shape: TileShape = settings.tile;
    super::fit::check_tile_count(raster, &coarse, &shape)?;
    let coarse_tiling = Tiling::new(&coarse, &shape);
    let job = DetectJob {
        raster,
        model,
        grid: coarse,
        tiling: &coarse_tiling,
        input: InputSpec {
            layout: model.contract.layout,
            scaling: super::fit::scaling(model, raster)?,
        },
        aoi: None,
        hopeless: None,
        rule: settings.rule,
        workers,
        bands: 1,
        batch: settings.batch.unmeasured(),
        scores: true,
        tta: false,
        rows: None,
    };
    let mut ground = Ground::new(&coarse, grid, tiling);
    detect(&job, Some(&mut ground), None, &Silent(progress))?;
    // The fine look needs the memory.
    model.file.drop_idle();
    let pixel_m2 = raster.gsd.x_m * raster.gsd.y_m * coarse.scale_x * coarse.scale_y;
    let is_hopeless =
        |(hopeless, all): (&u32, u32)| f64::from(all - *hopeless) * pixel_m2 < LEAST_M2;
    Ok(Hopeless {
        columns: ground.columns,
        tiles: ground
            .hopeless
            .iter()
            .zip(ground.all())
            .map(is_hopeless)
            .collect(),
    })
}

/// Only passes on that the user called a halt.
struct Silent<'a>(&'a dyn Progress);

impl Progress for Silent<'_> {
    fn tiles_done(&self, _count: u64) {}

    fn interrupted(&self) -> bool {
        self.0.interrupted()
    }
}

/// Counts hopeless coarse pixels in every fine tile that they reach into.
struct Ground {
    /// Columns and rows of the coarse grid.
    size: (u32, u32),
    /// Fine grid pixels of one coarse pixel, across and down.
    step: (f64, f64),
    column_edges: Vec<u32>,
    row_edges: Vec<u32>,
    columns: usize,
    /// `[row, col]` of tiles.
    hopeless: Vec<u32>,
}

impl Ground {
    fn new(coarse: &ModelGrid, fine: &ModelGrid, tiling: &Tiling) -> Self {
        let columns = tiling.column_count() as usize;
        Self {
            size: (coarse.width, coarse.height),
            step: (coarse.scale_x / fine.scale_x, coarse.scale_y / fine.scale_y),
            column_edges: tiling.column_edges().to_vec(),
            row_edges: tiling.row_edges().to_vec(),
            columns,
            hopeless: vec![0; columns * tiling.row_count() as usize],
        }
    }

    /// Coarse pixels that reach into each tile, in `[row, col]` order.
    fn all(&self) -> impl Iterator<Item = u32> {
        let count = |edges: &[u32], size: u32, step: f64| {
            let mut counts = vec![0; edges.len().saturating_sub(1)];
            for pixel in 0..size {
                for tile in reached(edges, pixel, step) {
                    counts[tile] += 1;
                }
            }
            counts
        };
        let columns = count(&self.column_edges, self.size.0, self.step.0);
        let rows: Vec<u32> = count(&self.row_edges, self.size.1, self.step.1);
        rows.into_iter()
            .flat_map(move |row| columns.clone().into_iter().map(move |col: u32| row * col))
    }
}

/// The tiles between `edges` that a coarse pixel reaches into.
fn reached(edges: &[u32], pixel: u32, step: f64) -> RangeInclusive<usize> {
    let last = edges.len().saturating_sub(2);
    let tile = |at: f64| {
        let at = floor_to_u32(at.max(0.0));
        (edges.partition_point(|edge| *edge <= at).max(1) - 1).min(last)
    };
    let from = f64::from(pixel) * step;
    // What ends at an edge does not reach beyond.
    tile(from)..=tile((from + step - 1e-6).max(from))
}

impl Heat for Ground {
    fn put(&mut self, core: Window, planes: &[Vec<f32>]) -> Result<()> {
        let columns: Vec<_> = (core.col_off..core.col_end())
            .map(|col| reached(&self.column_edges, col, self.step.0))
            .collect();
        for row in 0..core.height {
            let rows = reached(&self.row_edges, core.row_off + row, self.step.1);
            for (col, reach) in columns.iter().enumerate() {
                let pixel = row as usize * core.width as usize + col;
                // Not a number where no image is, and so is the sum.
                let hopeless: f32 = planes.iter().map(|plane| plane[pixel]).sum();
                if hopeless.is_nan() || hopeless < HOPELESS {
                    continue;
                }
                for tile_row in rows.clone() {
                    for tile_col in reach.clone() {
                        self.hopeless[tile_row * self.columns + tile_col] += 1;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coarse_pixel_reaches_into_every_tile_that_it_touches() {
        let edges = [0, 100, 200, 250];
        assert_eq!(reached(&edges, 0, 10.0), 0..=0);
        assert_eq!(reached(&edges, 9, 10.0), 0..=0);
        assert_eq!(reached(&edges, 10, 10.0), 1..=1);
        assert_eq!(reached(&edges, 13, 7.0), 0..=0);
        assert_eq!(reached(&edges, 14, 7.0), 0..=1);
        assert_eq!(reached(&edges, 0, 500.0), 0..=2);
        assert_eq!(reached(&edges, 99, 10.0), 2..=2);
    }
}
