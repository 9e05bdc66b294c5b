//! Stage 3 of 6: detect. Takes tiles, gives labelled, traced cells. Each worker is
//! a plain thread with a GDAL handle and a model session of its own and goes
//! through contiguous rows of tiles; finished rows are traced where they were made
//! and joined by the caller's thread. After this stage nothing knows which kind of
//! model ran.

mod collect;
mod lane;
mod objects;
mod rows;
mod schedule;

pub use collect::Heat;
pub use rows::{COVERAGE_CELL, CellLayout};

use super::acquire::Raster;
use super::chip::{AoiMask, InputSpec, ModelGrid, Tiling};
use super::fuse::{Component, Detection};
use crate::model::Model;
use crate::model::decode::LabelRule;
use crate::{Error, Result};
use collect::Collector;
use lane::Lane;
use rows::RowSlots;
use schedule::Schedule;
use serde::Serialize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What a detection pass over one raster needs.
pub struct DetectJob<'a> {
    /// The raster.
    pub raster: &'a Raster,
    /// The model.
    pub model: &'a Model,
    /// The model grid.
    pub grid: ModelGrid,
    /// The tiles.
    pub tiling: &'a Tiling,
    /// How pixels become input.
    pub input: InputSpec,
    /// The area of interest, in grid pixels.
    pub aoi: Option<&'a AoiMask>,
    /// How scores become labels.
    pub rule: LabelRule,
    /// Threads.
    pub workers: usize,
    /// Tiles in one run of the model.
    pub batch: usize,
    /// Whether the model sees each tile in all symmetries of a square.
    pub tta: bool,
    /// Rows of tiles to do, all when `None`.
    pub rows: Option<std::ops::Range<u32>>,
}

/// What became of the tiles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct TileCounts {
    /// All tiles.
    pub total: u64,
    /// Seen by the model.
    pub inferred: u64,
    /// Of these, tiles with one value in all pixels.
    pub uniform: u64,
    /// Not seen: outside the area of interest.
    pub outside_aoi: u64,
    /// Not seen: no valid pixel.
    pub empty: u64,
}

/// Seconds spent in each stage, summed over the workers.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct StageSeconds {
    /// Reading, resampling and scaling.
    pub read: f64,
    /// Running the model.
    pub infer: f64,
    /// Decoding scores and tracing cells.
    pub decode: f64,
    /// Outlining, grouping and placing sites; not summed over workers.
    pub locate: f64,
}

/// What a detection pass found.
#[derive(Debug, Default)]
pub struct Detected {
    /// Components of labelled cells, in row-major order of their first cells.
    pub components: Vec<Component>,
    /// Objects in grid pixels, of a detector, in any order: what two tiles see stands twice.
    pub objects: Vec<Detection>,
    /// Components of covered ground, in coverage cells.
    pub coverage: Vec<Component>,
    /// What became of the tiles.
    pub counts: TileCounts,
    /// Grid pixels that were seen: valid, inside the area, in an inferred tile.
    pub covered_px: u64,
    /// Cells whose scores were not numbers.
    pub not_numbers: u64,
    /// Time by stage.
    pub seconds: StageSeconds,
}

/// Told of tiles as they are done.
pub trait Progress: Sync {
    /// `count` more tiles are done.
    fn tiles_done(&self, count: u64);

    /// Whether the user called a halt.
    fn interrupted(&self) -> bool {
        false
    }
}

/// Nobody is told.
impl Progress for () {
    fn tiles_done(&self, _count: u64) {}
}

/// State that all workers share.
struct Shared<'a> {
    job: &'a DetectJob<'a>,
    layout: CellLayout,
    schedule: Schedule,
    slots: RowSlots,
    stop: AtomicBool,
    want_heat: bool,
    not_numbers: AtomicU64,
}

/// Runs the model over all tiles. Score rasters go to `heat` where one is given.
pub fn detect(
    job: &DetectJob<'_>,
    heat: Option<&mut dyn Heat>,
    progress: &dyn Progress,
) -> Result<Detected> {
    let rows = job.rows.clone().unwrap_or(0..job.tiling.row_count());
    let shared = Shared {
        job,
        layout: CellLayout::new(job.model.contract.task, &job.grid, job.tiling),
        schedule: Schedule::new(
            rows.clone(),
            job.tiling.column_count(),
            job.workers,
            job.batch,
        ),
        slots: RowSlots::new(rows, job.tiling.column_count()),
        stop: AtomicBool::new(false),
        want_heat: heat.is_some(),
        not_numbers: AtomicU64::new(0),
    };
    // Two messages a worker: enough to hide a slow write, little enough to hold.
    let (sender, receiver) = crossbeam_channel::bounded(2 * job.workers.max(1));
    let mut collector = Collector::new(&job.raster.info.path, heat);
    let outcome = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..job.workers.max(1))
            .map(|index| {
                let (shared, sender) = (&shared, sender.clone());
                scope.spawn(move || {
                    let _guard = StopOnPanic(&shared.stop);
                    let result = Lane::open(shared, index, sender).and_then(|mut lane| {
                        lane.work(progress)?;
                        Ok(lane.into_totals())
                    });
                    if result.is_err() {
                        shared.stop.store(true, Ordering::Relaxed);
                    }
                    result
                })
            })
            .collect();
        drop(sender);
        let mut collected = Ok(());
        for message in receiver {
            if collected.is_ok() {
                collected = collector.take(message);
                if collected.is_err() {
                    shared.stop.store(true, Ordering::Relaxed);
                }
            }
        }
        let mut totals = Vec::new();
        for lane in lanes {
            totals.push(
                lane.join()
                    .unwrap_or_else(|panic| Err(Error::Internal(panic_text(panic.as_ref())))),
            );
        }
        collected.map(|()| totals)
    })?;
    let mut detected = collector.finish();
    for totals in outcome {
        let totals = totals?;
        detected.counts.inferred += totals.counts.inferred;
        detected.counts.uniform += totals.counts.uniform;
        detected.counts.outside_aoi += totals.counts.outside_aoi;
        detected.counts.empty += totals.counts.empty;
        detected.covered_px += totals.covered_px;
        detected.seconds.read += totals.seconds.read;
        detected.seconds.infer += totals.seconds.infer;
        detected.seconds.decode += totals.seconds.decode;
    }
    let counts = &mut detected.counts;
    counts.total = counts.inferred + counts.outside_aoi + counts.empty;
    detected.not_numbers = shared.not_numbers.load(Ordering::Relaxed);
    Ok(detected)
}

/// Makes the others stop when a worker panics.
struct StopOnPanic<'a>(&'a AtomicBool);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

pub(super) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no reason given");
    format!("a part of the program stopped: {text}")
}
