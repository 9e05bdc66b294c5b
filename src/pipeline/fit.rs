//! How an image and a model meet: the grid that the model sees, how many tiles that makes, how
//! values are scaled, and the room that reading needs.

use super::acquire::{self, Raster};
use super::chip::{ModelGrid, TileShape};
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
