//! How an image and a model meet: the grid that the model sees, how many tiles that makes, how
//! values are scaled, and the room that reading needs.

use super::acquire::{self, Raster};
use super::chip::{ModelGrid, TileShape, Tiling};
use crate::model::{BandScaling, ElementType, Model, ValueRange};
use crate::{Error, Result};

/// Coarser by this factor than the model was made for is worth a warning.
pub(super) const COARSER: f64 = 1.25;

/// Share of values cut off at either end when a scene is stretched to 8 bits.
pub(super) const STRETCH_TAIL: f64 = 0.02;

/// Says when the model sees the ground coarser than it was made for.
pub(super) fn coarseness(
    made_for_m: Option<f64>,
    raster: &Raster,
    grid: &ModelGrid,
) -> Option<String> {
    let made_for = made_for_m?;
    let seen = seen_gsd_m(raster, grid);
    (seen > COARSER * made_for).then(|| format!(
        "is seen at {:.1} cm, coarser than the {:.1} cm the model was made for: small plots will be missed; fly lower",
        seen * 100.0,
        made_for * 100.0
    ))
}

/// Metres of ground in what the model sees as one pixel: no finer than the image.
pub(super) fn seen_gsd_m(raster: &Raster, grid: &ModelGrid) -> f64 {
    raster.gsd.mean_m() * (grid.scale_x * grid.scale_y).sqrt().max(1.0)
}

/// The model grid of a raster, unless the raster is far too coarse for the model.
pub(super) fn model_grid(raster: &Raster, gsd_m: Option<f64>) -> Result<ModelGrid> {
    let grid = ModelGrid::new(raster.info.width, raster.info.height, raster.gsd, gsd_m);
    match grid.too_coarse() {
        None => Ok(grid),
        Some(times) => Err(Error::UnusableRaster {
            path: raster.info.path.clone(),
            problem: format!(
                "has pixels of {:.1} cm, {times:.0} times what the model sees ({:.1} cm)",
                raster.gsd.mean_m() * 100.0,
                gsd_m.unwrap_or_default() * 100.0,
            ),
            hint: "take finer images, or a model made for coarse ones; `--gsd` overrides what the model says".into(),
        }),
    }
}

/// More tiles than this are a mistake, and tables of them would not fit into memory.
const MOST_TILES: u64 = 50_000_000;

/// Refuses what would take tiles without end.
pub(super) fn check_tile_count(raster: &Raster, grid: &ModelGrid, tile: &TileShape) -> Result<()> {
    let along = |extent: u32, size: u32| {
        let step = size.saturating_sub(tile.overlap).max(tile.stride).max(1);
        u64::from(extent / step) + 1
    };
    let columns = along(grid.width, tile.width);
    let rows = along(grid.height, tile.height);
    let most = u64::from(u32::MAX >> 2);
    if columns * rows <= MOST_TILES && u64::from(grid.width.max(grid.height)) < most {
        return Ok(());
    }
    Err(Error::UnusableRaster {
        path: raster.info.path.clone(),
        problem: format!(
            "has {} × {} pixels, which makes {columns} × {rows} tiles, wanted at most {MOST_TILES}",
            raster.info.width, raster.info.height
        ),
        hint: "cut out the part of interest with `gdal_translate -projwin`, or give larger tiles"
            .into(),
    })
}

/// The model's scaling of each band, after that of the scene.
pub(super) fn stretched(model: &Model, stretch: Option<ValueRange>) -> Vec<BandScaling> {
    let scaling = model.contract.scaling.iter();
    let after = |s: &BandScaling| stretch.map_or(*s, |range| s.after_stretch(range));
    scaling.map(after).collect()
}

/// How a model sees the values of a raster.
pub(super) fn scaling(model: &Model, raster: &Raster) -> Result<Vec<BandScaling>> {
    Ok(stretched(model, stretch_of(model, raster)?))
}

/// A scene without 8-bit values is stretched for a model that was made for them.
pub(super) fn stretch_of(model: &Model, raster: &Raster) -> Result<Option<ValueRange>> {
    let eight_bit = raster.info.palette.is_some()
        || raster
            .bands
            .iter()
            .all(|b| raster.info.bands[b - 1].sample == Some(acquire::SampleType::U8));
    let takes_bytes = model
        .file
        .inputs
        .first()
        .is_some_and(|i| i.element == ElementType::Uint8);
    if eight_bit
        || !takes_bytes
            && !model
                .contract
                .scaling
                .iter()
                .all(BandScaling::expects_eight_bit)
    {
        return Ok(None);
    }
    acquire::value_range(raster, STRETCH_TAIL)
}

/// The least room for blocks, also before it is known how tiles lie.
pub(super) const LEAST_CACHE: u64 = 64 << 20;

/// Share of the blocks that two workers may both decode where their bands of columns meet.
const DECODED_TWICE: f64 = 0.03;

/// Fewer tiles in a row of a band than this are not worth a band.
const LEAST_TILES: u32 = 16;

/// How many workers share their rows of tiles, each with a band of columns: one where blocks are
/// rows of the raster, or where memory does not matter.
pub(super) fn column_bands(
    raster: &Raster,
    grid: &ModelGrid,
    tiling: &Tiling,
    workers: usize,
) -> usize {
    if room_for_blocks(raster, grid, tiling, workers) <= LEAST_CACHE {
        return 1;
    }
    let blocks = f64::from(raster.info.width) / f64::from(raster.info.block.0.max(1));
    let most = (tiling.column_count() / LEAST_TILES) as usize;
    let twice = |bands: usize| f64::from(u32::try_from(bands - 1).unwrap_or(u32::MAX)) / blocks;
    (1..=workers.min(most))
        .rev()
        .find(|bands| workers.is_multiple_of(*bands) && twice(*bands) <= DECODED_TWICE)
        .unwrap_or(1)
}

/// Room for blocks: for each team of workers that share their rows.
pub(super) fn block_cache(
    raster: &Raster,
    grid: &ModelGrid,
    tiling: &Tiling,
    workers: usize,
) -> u64 {
    let teams = workers / column_bands(raster, grid, tiling, workers);
    room_for_blocks(raster, grid, tiling, teams)
}

/// Room for the blocks under one row of tiles for each of `teams`, so that each block is decoded
/// once although tiles overlap, and for what one of them goes on to: fresh blocks push out what
/// was longest not looked at, which is another's. At least 64 MiB.
fn room_for_blocks(raster: &Raster, grid: &ModelGrid, tiling: &Tiling, teams: usize) -> u64 {
    let height = |rows: u32| f64::from(rows) * grid.scale_y.max(1.0);
    let block_rows = f64::from(raster.info.block.1.max(1));
    // Rows of tiles begin somewhere within a row of blocks.
    let in_blocks = |rows: f64| ((rows / block_rows).ceil() + 1.0) * block_rows;
    let under_tiles = in_blocks(height(tiling.chip_size().1));
    let under_two = in_blocks(height(tiling.chip_size().1 + tiling.row_step()));
    let fresh = under_two - under_tiles;
    let bytes: u32 = raster
        .info
        .bands
        .iter()
        .map(|b| bytes_of(&b.type_name))
        .sum();
    let bytes = f64::from(bytes + u32::from(raster.validity.mask));
    let teams = f64::from(u32::try_from(teams).unwrap_or(u32::MAX));
    let rows = (teams * under_tiles + fresh).min(f64::from(raster.info.height) + block_rows);
    let need = f64::from(raster.info.width) * rows * bytes;
    let need = u64::from(crate::georef::ceil_to_u32(need / 1024.0)) * 1024;
    need.clamp(LEAST_CACHE, 2 << 30)
}

fn bytes_of(type_name: &str) -> u32 {
    match type_name {
        "Byte" | "Int8" => 1,
        "UInt16" | "Int16" => 2,
        "Float64" | "UInt64" | "Int64" => 8,
        _ => 4,
    }
}
