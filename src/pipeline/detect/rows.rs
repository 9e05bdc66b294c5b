//! Cells of tiles, put together to rows of tiles and traced.

use super::TileCounts;
use crate::georef::Window;
use crate::model::ModelTask;
use crate::model::decode::{CellKind, cell_kind};
use crate::pipeline::chip::{ModelGrid, Tile, Tiling};
use crate::pipeline::fuse::{Detection, RunRows, Strip, StripTracer};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Grid pixels along the edge of a coverage cell.
pub const COVERAGE_CELL: u32 = 32;

/// How cells lie on the grid: for labels and for coverage.
#[derive(Debug, Clone)]
pub struct CellLayout {
    /// Grid column of each cell boundary of the labels; `None`: cells are pixels.
    pub label_edges: Option<(Vec<u32>, Vec<u32>)>,
    /// Grid columns and rows of the boundaries of coverage cells.
    pub coverage_edges: (Vec<u32>, Vec<u32>),
    /// Columns of label cells.
    pub label_width: u32,
    coverage_starts: (Vec<u32>, Vec<u32>),
}

impl CellLayout {
    /// Lays cells over the tiles of a grid.
    #[must_use]
    pub fn new(task: ModelTask, grid: &ModelGrid, tiling: &Tiling) -> Self {
        let (columns, column_starts) = subdivide(tiling.column_edges());
        let (rows, row_starts) = subdivide(tiling.row_edges());
        let (label_edges, label_width) = match cell_kind(task) {
            CellKind::Pixel => (None, grid.width),
            CellKind::Tile => (
                Some((tiling.column_edges().to_vec(), tiling.row_edges().to_vec())),
                tiling.column_count(),
            ),
        };
        Self {
            label_edges,
            coverage_edges: (columns, rows),
            label_width,
            coverage_starts: (column_starts, row_starts),
        }
    }

    /// The first label cell of a tile: column and row.
    pub(super) fn label_origin(&self, tile: &Tile) -> (u32, u32) {
        match self.label_edges {
            None => (tile.core.col_off, tile.core.row_off),
            Some(_) => (tile.col, tile.row),
        }
    }

    /// Coverage cells of a tile: columns and rows as a window of cells.
    pub(super) fn coverage_cells(&self, tile: &Tile) -> Window {
        let (c, r) = (tile.col as usize, tile.row as usize);
        let (columns, rows) = &self.coverage_starts;
        Window {
            col_off: columns[c],
            row_off: rows[r],
            width: columns[c + 1] - columns[c],
            height: rows[r + 1] - rows[r],
        }
    }

    fn coverage_width(&self) -> u32 {
        *self.coverage_starts.0.last().unwrap_or(&0)
    }
}

/// Cuts each core into coverage cells; gives the boundaries, and for each core the
/// index of its first cell, with the count at the end.
fn subdivide(edges: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let mut boundaries = Vec::new();
    let mut starts = Vec::new();
    for core in edges.windows(2) {
        starts.push(u32::try_from(boundaries.len()).unwrap_or(u32::MAX));
        boundaries.extend((core[0]..core[1]).step_by(COVERAGE_CELL as usize));
    }
    starts.push(u32::try_from(boundaries.len()).unwrap_or(u32::MAX));
    boundaries.extend(edges.last());
    (boundaries, starts)
}

/// What is known of one tile; cells are `None` where all are empty.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct TileCells {
    /// One a layer of labels.
    pub(super) labels: Vec<Option<RunRows>>,
    pub(super) coverage: Option<RunRows>,
    /// Objects, of a detector.
    pub(super) objects: Vec<Detection>,
    pub(super) tally: Tally,
}

/// What was counted in a tile, or in many.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Tally {
    pub(super) counts: TileCounts,
    /// Grid pixels that were seen.
    pub(super) covered_px: u64,
    /// Cells whose scores were not numbers.
    pub(super) not_numbers: u64,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.counts += other.counts;
        self.covered_px += other.covered_px;
        self.not_numbers += other.not_numbers;
    }
}

/// A row of tiles that is done: all that is known of it, ready to be traced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct DoneRow {
    pub(super) row: u32,
    /// From left to right.
    pub(super) tiles: Vec<TileCells>,
}

/// A traced row of tiles.
pub(super) struct TracedRow {
    pub(super) row: u32,
    pub(super) tally: Tally,
    pub(super) objects: Vec<Detection>,
    /// One a layer of labels.
    pub(super) labels: Vec<Strip>,
    pub(super) coverage: Strip,
}

impl DoneRow {
    /// Whether a row that was kept is of this raster: its tiles' cells lie where `tile_at` says
    /// that its tiles do, in as many classes (the background among them) and at most as many
    /// layers.
    pub(super) fn fits(
        &self,
        layout: &CellLayout,
        tile_at: impl Fn(u32) -> Tile,
        classes: usize,
        layers: usize,
    ) -> bool {
        self.tiles.iter().zip(0..).all(|(cells, col)| {
            let tile = tile_at(col);
            let (x, _) = layout.label_origin(&tile);
            let (width, height) = match layout.label_edges {
                None => (tile.core.width, tile.core.height),
                Some(_) => (1, 1),
            };
            let coverage = layout.coverage_cells(&tile);
            let label_fits = |rows: &RunRows| rows.fits(&(x..x + width), height as usize, classes);
            let columns = coverage.col_off..coverage.col_end();
            cells.labels.len() <= layers
                && cells.labels.iter().flatten().all(label_fits)
                && cells
                    .coverage
                    .iter()
                    .all(|rows| rows.fits(&columns, coverage.height as usize, 2))
                && cells
                    .objects
                    .iter()
                    .all(|o| (1..classes).contains(&usize::from(o.class)))
        })
    }

    /// Tiles that the model saw.
    pub(super) fn inferred(&self) -> u64 {
        self.tiles.iter().map(|t| t.tally.counts.inferred).sum()
    }

    /// Whether all of its tiles could be read.
    pub(super) fn is_whole(&self) -> bool {
        self.tiles.iter().all(|t| t.tally.counts.unreadable == 0)
    }
}

/// A row as bytes, to be kept.
pub(super) fn encode(row: &DoneRow) -> Result<Vec<u8>> {
    postcard::to_stdvec(row)
        .map_err(|e| Error::Internal(format!("a row of tiles has no form: {e}")))
}

/// A row that was kept.
pub(super) fn decode(bytes: &[u8]) -> Result<DoneRow> {
    postcard::from_bytes(bytes)
        .map_err(|e| Error::Internal(format!("a row of tiles was kept in another form: {e}")))
}

/// Rows of tiles being put together.
pub(super) struct RowSlots {
    first: u32,
    columns: u32,
    slots: Vec<Mutex<Slot>>,
}

#[derive(Default)]
struct Slot {
    done: u32,
    tiles: Vec<TileCells>,
}

impl RowSlots {
    pub(super) fn new(rows: Range<u32>, columns: u32) -> Self {
        Self {
            first: rows.start,
            columns,
            slots: rows.map(|_| Mutex::default()).collect(),
        }
    }

    /// Puts the cells of a tile into its row; gives the row when this was the last one.
    pub(super) fn put(&self, tile: &Tile, cells: TileCells) -> Option<DoneRow> {
        let mut slot = self.slots[(tile.row - self.first) as usize]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if slot.tiles.is_empty() {
            slot.tiles
                .resize_with(self.columns as usize, TileCells::default);
        }
        slot.tiles[tile.col as usize] = cells;
        slot.done += 1;
        (slot.done == self.columns).then(|| DoneRow {
            row: tile.row,
            tiles: std::mem::take(&mut slot.tiles),
        })
    }
}

/// Traces a finished row of tiles; `tile` is any of it. `classes` counts the planes of the
/// labels, `layers` their layers.
pub(super) fn trace(
    layout: &CellLayout,
    tile: &Tile,
    done: DoneRow,
    classes: usize,
    layers: usize,
) -> TracedRow {
    let DoneRow { row, mut tiles } = done;
    let mut tally = Tally::default();
    let mut objects = Vec::new();
    for cells in &mut tiles {
        tally.add(cells.tally);
        objects.append(&mut cells.objects);
    }
    let label_rows = if layout.label_edges.is_some() {
        1
    } else {
        tile.core.height
    };
    let (_, label_row) = layout.label_origin(tile);
    let coverage = layout.coverage_cells(tile);
    TracedRow {
        row,
        tally,
        objects,
        labels: (0..layers)
            .map(|layer| {
                trace_runs(
                    StripTracer::new(layout.label_width, label_row, classes),
                    label_rows,
                    &tiles
                        .iter()
                        .filter_map(|t| t.labels.get(layer)?.as_ref())
                        .collect::<Vec<_>>(),
                )
            })
            .collect(),
        coverage: trace_runs(
            StripTracer::new(layout.coverage_width(), coverage.row_off, 2),
            coverage.height,
            &tiles
                .iter()
                .filter_map(|t| t.coverage.as_ref())
                .collect::<Vec<_>>(),
        ),
    }
}

fn trace_runs(mut tracer: StripTracer, rows: u32, tiles: &[&RunRows]) -> Strip {
    if tiles.is_empty() {
        tracer.push_empty_rows(rows);
    } else {
        for row in 0..rows {
            tracer.push_row(tiles.iter().map(|t| t.row(row as usize)));
        }
    }
    tracer.finish()
}
