//! Stage 3 of 6: detect. Takes tiles, gives labelled, traced cells. Each worker is
//! a plain thread with a GDAL handle and a model session of its own and goes
//! through contiguous rows of tiles; finished rows are traced where they were made
//! and joined by the caller's thread. After this stage nothing knows which kind of
//! model ran.

mod again;
mod collect;
mod lane;
mod objects;
mod rows;
mod schedule;
mod scores;

pub use again::{KeptRows, TileAnswer};
pub use collect::{Heat, RowStore};
pub use rows::{COVERAGE_CELL, CellLayout};

use super::acquire::{Raster, spread_windows};
use super::chip::{AoiMask, ChipReader, InputSpec, ModelGrid, Tile, Tiling};
use super::fuse::{Component, Detection};
use crate::georef::Window;
use crate::model::Model;
use crate::model::decode::LabelRule;
use crate::pipeline::Hopeless;
use crate::{Error, Result};
use collect::{Collector, Message};
use lane::Lane;
use rows::{DoneRow, RowSlots, TracedRow, decode, trace};
use schedule::Schedule;
use scores::TileScores;
use serde::{Deserialize, Serialize};
use std::ops::AddAssign;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

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
    /// Tiles that a coarse look leaves out.
    pub hopeless: Option<&'a Hopeless>,
    /// How scores become labels.
    pub rule: LabelRule,
    /// Threads.
    pub workers: usize,
    /// So many of them share rows of tiles, each with a band of columns.
    pub bands: usize,
    /// Tiles in one run of the model.
    pub batch: usize,
    /// Whether the model sees each tile in all symmetries of a square.
    pub tta: bool,
    /// Whether scores, or the values of a regression, are wanted.
    pub scores: bool,
    /// Rows of tiles to do, all when `None`.
    pub rows: Option<std::ops::Range<u32>>,
}

/// What became of the tiles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Not seen: the file could not be read there.
    pub unreadable: u64,
    /// Not seen: a coarse look showed that no plot can be there.
    pub screened: u64,
}

impl AddAssign for TileCounts {
    fn add_assign(&mut self, other: Self) {
        self.total += other.total;
        self.inferred += other.inferred;
        self.uniform += other.uniform;
        self.outside_aoi += other.outside_aoi;
        self.empty += other.empty;
        self.unreadable += other.unreadable;
        self.screened += other.screened;
    }
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
    /// The coarse look; not summed over workers.
    pub screen: f64,
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
    /// What the first tile that could not be read met.
    pub unreadable: Option<Error>,
    /// Worker threads.
    pub workers: usize,
    /// Tiles in one run of the model.
    pub batch: usize,
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

/// So many tiles are tried before a file is given up.
const PROBES: usize = 12;

/// State that all workers share.
struct Shared<'a> {
    job: &'a DetectJob<'a>,
    layout: CellLayout,
    schedule: Schedule,
    slots: RowSlots,
    stop: AtomicBool,
    keeps_rows: bool,
    /// By label, in 1/65535: the least score that makes a site.
    peaks: Vec<u16>,
    /// The first tile that could not be read, by row and column, and why.
    unreadable: Mutex<Option<((u32, u32), Error)>>,
    /// Whether any tile could be read, now or by the run that this one goes on from.
    has_read: AtomicBool,
    /// Whether nothing of the file can be read; asked when a tile cannot.
    is_lost: OnceLock<bool>,
}

impl Shared<'_> {
    /// Keeps the first error, by place; refuses to go on where the whole file is lost. A file that
    /// goes while it is read keeps what was read of it.
    fn note_unreadable(&self, tile: &Tile, error: Error) -> Result<()> {
        let has_read = self.has_read.load(Ordering::Relaxed);
        if !has_read && *self.is_lost.get_or_init(|| self.finds_nothing_readable()) {
            return Err(error);
        }
        let mut first = self
            .unreadable
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let place = (tile.row, tile.col);
        if first.as_ref().is_none_or(|(known, _)| place < *known) {
            *first = Some((place, error));
        }
        Ok(())
    }

    /// Whether none of some tiles can be read: the first, with which a file begins that was cut
    /// off, and others spread over the raster. The same whoever asks, so that it does not matter
    /// which worker meets the damage first.
    fn finds_nothing_readable(&self) -> bool {
        let job = self.job;
        let Ok(mut reader) = ChipReader::open(job.raster, job.grid, job.input.clone()) else {
            return true;
        };
        let (width, height) = job.tiling.chip_size();
        let channels = job.model.contract.channels;
        let mut input = vec![0.0; channels * width as usize * height as usize];
        let (rows, columns) = (job.tiling.row_count(), job.tiling.column_count());
        let whole = Window {
            col_off: 0,
            row_off: 0,
            width: columns,
            height: rows,
        };
        let first = Window {
            width: 1,
            height: 1,
            ..whole
        };
        let spread = spread_windows(whole, (1, 1)).take(PROBES);
        std::iter::once(first)
            .chain(spread)
            .map(|place| job.tiling.tile(place.row_off, place.col_off))
            .all(|tile| reader.read(&tile, &mut input).is_err())
    }

    fn decode_scores(&self, row: u32, kept: &[u8]) -> Result<TileScores> {
        let job = self.job;
        let bounds = Window {
            col_off: 0,
            width: job.grid.width,
            ..job.tiling.tile(row, 0).core
        };
        TileScores::decode(kept, job.model.contract.target_names().len(), bounds)
    }

    fn trace(&self, tile: &Tile, done: DoneRow) -> TracedRow {
        let classes = self.job.model.contract.classes.len() + 1;
        trace(
            &self.layout,
            tile,
            done,
            classes,
            self.job.rule.layers.len(),
        )
    }
}

/// Runs the model over all tiles. Score rasters go to `heat` where one is given. Rows that
/// `store` holds are taken from there, others are put there.
pub fn detect(
    job: &DetectJob<'_>,
    heat: Option<&mut dyn Heat>,
    mut store: Option<&mut dyn RowStore>,
    progress: &dyn Progress,
) -> Result<Detected> {
    let rows = job.rows.clone().unwrap_or(0..job.tiling.row_count());
    let mut kept = store.as_ref().map_or_else(Vec::new, |s| s.rows());
    kept.retain(|row| rows.contains(row));
    let missing = rows.clone().filter(|row| kept.binary_search(row).is_err());
    let missing: Vec<u32> = missing.collect();
    // Nobody needs a session to do nothing.
    let lanes = job.workers.max(1).min(missing.len());
    let shared = Shared {
        job,
        layout: CellLayout::new(job.model.contract.task, &job.grid, job.tiling),
        schedule: Schedule::new(
            missing,
            job.tiling.column_count(),
            lanes,
            job.bands,
            job.batch,
        ),
        slots: RowSlots::new(rows, job.tiling.column_count()),
        stop: AtomicBool::new(false),
        keeps_rows: store.as_ref().is_some_and(|store| store.grows()),
        peaks: job.rule.quantised_peaks(),
        unreadable: Mutex::new(None),
        has_read: AtomicBool::new(false),
        is_lost: OnceLock::new(),
    };
    // Two messages a worker: enough to hide a slow write, little enough to hold.
    let (sender, receiver) = crossbeam_channel::bounded(2 * job.workers.max(1));
    let mut collector = Collector::new(&job.raster.info.path, heat);
    if let Some(store) = &mut store {
        replay(&shared, &kept, *store, &mut collector, progress)?;
    }
    let outcome = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..lanes)
            .map(|index| {
                let (shared, sender) = (&shared, sender.clone());
                scope.spawn(move || {
                    let _guard = StopOnPanic(&shared.stop);
                    let result = Lane::open(shared, index, sender).and_then(|mut lane| {
                        lane.work(progress)?;
                        Ok(lane.seconds())
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
                collected = take(message, store.as_deref_mut(), &mut collector);
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
    for seconds in outcome {
        let seconds = seconds?;
        detected.seconds.read += seconds.read;
        detected.seconds.infer += seconds.infer;
        detected.seconds.decode += seconds.decode;
    }
    let counts = &mut detected.counts;
    counts.total =
        counts.inferred + counts.outside_aoi + counts.empty + counts.unreadable + counts.screened;
    let first = shared.unreadable.into_inner();
    let first = first.unwrap_or_else(PoisonError::into_inner);
    match first {
        // Nothing of it can be read: the image fails.
        Some((_, error)) if detected.counts.inferred == 0 => Err(error),
        first => {
            detected.unreadable = first.map(|(_, error)| error);
            Ok(detected)
        }
    }
}

/// Takes what a worker sends: first into the store, then to the others. Scores of a tile come
/// before the row that it makes whole, so a row that is kept has all its scores.
fn take(
    message: Message,
    store: Option<&mut (dyn RowStore + '_)>,
    collector: &mut Collector<'_>,
) -> Result<()> {
    match message {
        Message::Row(row, encoded) => {
            if let (Some(store), Some(encoded)) = (store, encoded) {
                store.keep(row.row, &encoded)?;
            }
            collector.take_row(*row)
        }
        Message::Scores(row, scores, encoded) => {
            if let (Some(store), Some(encoded)) = (store, encoded) {
                store.keep_scores(row, &encoded)?;
            }
            collector.take_scores(&scores)
        }
    }
}

/// Takes rows that an earlier run did.
fn replay(
    shared: &Shared<'_>,
    kept: &[u32],
    store: &mut dyn RowStore,
    collector: &mut Collector<'_>,
    progress: &dyn Progress,
) -> Result<()> {
    let columns = shared.job.tiling.column_count();
    for row in kept {
        if progress.interrupted() {
            return Err(Error::Interrupted);
        }
        let done = decode(&store.load(*row)?).map_err(|_| store.unfit(*row))?;
        let is_of_it = (done.row, done.tiles.len()) == (*row, columns as usize)
            && done.fits(
                &shared.layout,
                |col| shared.job.tiling.tile(*row, col),
                shared.job.model.contract.classes.len() + 1,
                shared.job.rule.layers.len(),
            );
        if !is_of_it {
            return Err(store.unfit(*row));
        }
        if done.inferred() > 0 {
            shared.has_read.store(true, Ordering::Relaxed);
        }
        if shared.job.scores {
            for index in 0..store.score_count(*row) {
                let kept = store.load_scores(*row, index)?;
                let scores = shared.decode_scores(*row, &kept);
                collector.take_scores(&scores.map_err(|_| store.unfit(*row))?)?;
            }
        }
        let tile = shared.job.tiling.tile(*row, 0);
        collector.take_row(shared.trace(&tile, done))?;
        progress.tiles_done(u64::from(columns));
    }
    Ok(())
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

pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no reason given");
    format!("a part of the program stopped: {text}")
}
