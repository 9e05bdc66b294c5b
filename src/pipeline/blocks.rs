//! Room for the blocks of a raster while it is scanned, so that each is decoded once although
//! tiles overlap, and who shares it.

use super::acquire::{Raster, Strips};
use super::chip::{ModelGrid, Tiling, overview_for};

/// The room for blocks, whatever the raster, also before it is known how tiles lie: two rows of
/// blocks of 512 pixels across a mosaic of 30,000 pixels in three bands.
pub(super) const LEAST_CACHE: u64 = 96 << 20;

/// Share of the blocks that two workers may both decode where their bands of columns meet.
const DECODED_TWICE: f64 = 0.03;

/// Fewer tiles in a row of a band than this are not worth a band.
const LEAST_TILES: u32 = 16;

/// How blocks of a raster are kept while so many workers scan it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockRoom {
    /// Bytes of GDAL's cache.
    pub(super) cache: u64,
    /// Bytes that each worker keeps of its own.
    pub(super) own: u64,
    /// How many workers share their rows of tiles, each with a band of columns.
    pub(super) bands: usize,
}

impl BlockRoom {
    /// In a file of strips each worker keeps a row of tiles; of any other, GDAL does.
    pub(super) fn new(raster: &Raster, grid: &ModelGrid, tiling: &Tiling, workers: usize) -> Self {
        let rows = source_rows(grid, tiling.chip_size().1).min(f64::from(raster.info.height));
        let strips = Strips::of(raster).filter(|_| overview_for(raster, grid).is_none());
        let own =
            strips.and_then(|s| Some((s, s.kept_bytes(crate::georef::ceil_to_u32(rows) + 2)?)));
        if let Some((strips, own)) = own {
            return Self {
                // Two groups of strips a worker: what it decodes, and what it has just done.
                cache: (2 * workers as u64 * strips.cache_bytes()).max(LEAST_FOR_STRIPS),
                own,
                bands: 1,
            };
        }
        let bands = column_bands(raster, grid, tiling, workers);
        Self {
            cache: in_cache(raster, grid, tiling, workers / bands),
            own: 0,
            bands,
        }
    }

    /// Bytes for so many workers.
    pub(super) fn bytes(&self, workers: usize) -> u64 {
        self.cache
            .saturating_add(self.own.saturating_mul(workers as u64))
    }
}

/// GDAL's cache where workers keep rows of their own.
const LEAST_FOR_STRIPS: u64 = 16 << 20;

/// Rows of the raster under so many of the grid.
fn source_rows(grid: &ModelGrid, rows: u32) -> f64 {
    f64::from(rows) * grid.scale_y.max(1.0)
}

/// How many workers share their rows of tiles: one where blocks are rows of the raster, or where
/// memory does not matter.
fn column_bands(raster: &Raster, grid: &ModelGrid, tiling: &Tiling, workers: usize) -> usize {
    if in_cache(raster, grid, tiling, workers) <= LEAST_CACHE {
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

/// Room for the blocks under one row of tiles for each of `teams`, and for what one of them goes on
/// to: fresh blocks push out what was longest not looked at, which is another's.
fn in_cache(raster: &Raster, grid: &ModelGrid, tiling: &Tiling, teams: usize) -> u64 {
    let block_rows = f64::from(raster.info.block.1.max(1));
    // Rows of tiles begin somewhere within a row of blocks.
    let in_blocks = |rows: u32| ((source_rows(grid, rows) / block_rows).ceil() + 1.0) * block_rows;
    let under_tiles = in_blocks(tiling.chip_size().1);
    let under_two = in_blocks(tiling.chip_size().1 + tiling.row_step());
    let fresh = under_two - under_tiles;
    let bytes = f64::from(raster.decoded_bytes());
    let teams = f64::from(u32::try_from(teams).unwrap_or(u32::MAX));
    let rows = (teams * under_tiles + fresh).min(f64::from(raster.info.height) + block_rows);
    let need = f64::from(raster.info.width) * rows * bytes;
    let need = u64::from(crate::georef::ceil_to_u32(need / 1024.0)) * 1024;
    need.clamp(LEAST_CACHE, 2 << 30)
}
