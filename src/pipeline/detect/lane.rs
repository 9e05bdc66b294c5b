//! One worker: a GDAL handle, a model session, and the way of a tile through them.

use super::collect::Message;
use super::objects;
use super::rows::{COVERAGE_CELL, TileCells, encode};
use super::schedule::TileRun;
use super::scores::{TileScores, score};
use super::{Progress, Shared, StageSeconds};
use crate::georef::Window;
use crate::model::augment::{Average, Symmetry, averaged_contract};
use crate::model::decode::{Answer, CellScores, ChipFrame, decode};
use crate::model::{Contract, InputLayout, ModelSession, ModelTask};
use crate::pipeline::chip::{ChipReader, ChipValidity, Cover, Tile};
use crate::pipeline::fuse::RunRows;
use crate::{Error, Result};
use crossbeam_channel::Sender;
use ndarray::ArrayView4;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// A tile whose pixels are in the input tensor.
struct Pending {
    tile: Tile,
    /// Whether every band has one value throughout.
    is_uniform: bool,
    /// 1 where a core pixel counts; `None`: all do.
    seen: Option<Vec<u8>>,
}

pub(super) struct Lane<'a> {
    shared: &'a Shared<'a>,
    index: usize,
    sender: Sender<Message>,
    reader: ChipReader,
    session: ModelSession,
    input: Vec<f32>,
    item_len: usize,
    /// What the model is shown in another symmetry, and the contract for the average.
    augmented: Option<(Vec<f32>, Contract)>,
    seconds: StageSeconds,
}

impl<'a> Lane<'a> {
    pub(super) fn open(
        shared: &'a Shared<'a>,
        index: usize,
        sender: Sender<Message>,
    ) -> Result<Self> {
        let job = shared.job;
        let (width, height) = job.tiling.chip_size();
        let item_len = job.model.contract.channels * width as usize * height as usize;
        Ok(Self {
            shared,
            index,
            sender,
            reader: ChipReader::open(job.raster, job.grid, job.input.clone())?,
            session: job.model.file.session()?,
            input: vec![0.0; item_len * job.batch.max(1)],
            item_len,
            augmented: job
                .tta
                .then(|| (Vec::new(), averaged_contract(&job.model.contract))),
            seconds: StageSeconds::default(),
        })
    }

    pub(super) fn seconds(&self) -> StageSeconds {
        self.seconds
    }

    /// Takes tiles until none are left or somebody calls a halt.
    pub(super) fn work(&mut self, progress: &dyn Progress) -> Result<()> {
        while !self.shared.stop.load(Ordering::Relaxed) {
            if progress.interrupted() {
                return Err(Error::Interrupted);
            }
            let Some(run) = self.shared.schedule.next(self.index) else {
                break;
            };
            let count = u64::from(run.cols.end - run.cols.start);
            #[cfg(debug_assertions)]
            panic_if_asked(self.shared.job, run.row);
            self.process(&run)?;
            progress.tiles_done(count);
        }
        Ok(())
    }

    fn process(&mut self, run: &TileRun) -> Result<()> {
        let mut pending = Vec::new();
        for col in run.cols.clone() {
            let tile = self.shared.job.tiling.tile(run.row, col);
            let cover = self
                .shared
                .job
                .aoi
                .map_or(Cover::All, |aoi| aoi.cover(tile.core));
            if cover == Cover::None {
                let mut cells = TileCells::default();
                cells.tally.counts.outside_aoi = 1;
                self.finish_tile(&tile, cells)?;
                continue;
            }
            if self.shared.job.hopeless.is_some_and(|h| h.has(&tile)) {
                let mut cells = TileCells::default();
                cells.tally.counts.screened = 1;
                self.finish_tile(&tile, cells)?;
                continue;
            }
            let start = Instant::now();
            let slot = pending.len() * self.item_len;
            let read = self
                .reader
                .read(&tile, &mut self.input[slot..slot + self.item_len]);
            self.seconds.read += start.elapsed().as_secs_f64();
            let validity = match read {
                Ok(validity) => validity,
                // A damaged block must not cost the rest of the image.
                Err(error @ Error::ReadRaster { .. }) => {
                    self.shared.note_unreadable(&tile, error)?;
                    let mut cells = TileCells::default();
                    cells.tally.counts.unreadable = 1;
                    self.finish_tile(&tile, cells)?;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let seen = seen_pixels(cover, validity);
            let seen = match seen {
                Seen::Nothing => {
                    let mut cells = TileCells::default();
                    cells.tally.counts.empty = 1;
                    self.finish_tile(&tile, cells)?;
                    continue;
                }
                Seen::All => None,
                Seen::Some(mask) => Some(mask),
            };
            self.shared.has_read.store(true, Ordering::Relaxed);
            pending.push(Pending {
                tile,
                is_uniform: is_uniform(&self.input[slot..slot + self.item_len], self.shared.job),
                seen,
            });
        }
        if pending.is_empty() {
            Ok(())
        } else {
            self.infer(pending)
        }
    }

    fn infer(&mut self, pending: Vec<Pending>) -> Result<()> {
        let start = Instant::now();
        let answers = if self.augmented.is_some() {
            self.answers_in_all_symmetries(&pending)?
        } else {
            self.answers(&pending)?
        };
        self.seconds.infer += start.elapsed().as_secs_f64();
        let start = Instant::now();
        for (entry, answer) in pending.into_iter().zip(answers) {
            self.take(&entry, answer)?;
        }
        self.seconds.decode += start.elapsed().as_secs_f64();
        Ok(())
    }

    /// Shape of the input for these tiles; a fixed batch is filled up with zeros.
    fn input_shape(&mut self, count: usize) -> [usize; 4] {
        let job = self.shared.job;
        let contract = &job.model.contract;
        let (width, height) = job.tiling.chip_size();
        let batch = contract.fixed_batch.map_or(count, |fixed| fixed.max(count));
        if self.input.len() < batch * self.item_len {
            self.input.resize(batch * self.item_len, 0.0);
        }
        self.input[count * self.item_len..].fill(0.0);
        contract.input_shape(batch, height as usize, width as usize)
    }

    fn frame(&self, tile: &Tile) -> ChipFrame {
        let (width, height) = self.shared.job.tiling.chip_size();
        ChipFrame {
            width,
            height,
            core: tile.core_in_chip(),
        }
    }

    fn answers(&mut self, pending: &[Pending]) -> Result<Vec<Answer>> {
        let job = self.shared.job;
        let keep_all = self.shared.job.scores;
        let shape = self.input_shape(pending.len());
        let frames: Vec<ChipFrame> = pending.iter().map(|e| self.frame(&e.tile)).collect();
        let input = view(shape, &self.input)?;
        self.session.run(&input, |outputs| {
            frames
                .iter()
                .enumerate()
                .map(|(item, frame)| {
                    decode(
                        &job.model.contract,
                        outputs,
                        item,
                        *frame,
                        &job.rule,
                        keep_all,
                    )
                })
                .collect()
        })
    }

    /// Shows the tiles in every symmetry: scores and values are averaged, objects of all
    /// symmetries go to suppression together.
    fn answers_in_all_symmetries(&mut self, pending: &[Pending]) -> Result<Vec<Answer>> {
        let job = self.shared.job;
        let contract = &job.model.contract;
        let keep_all = self.shared.job.scores;
        let shape = self.input_shape(pending.len());
        let frames: Vec<ChipFrame> = pending.iter().map(|e| self.frame(&e.tile)).collect();
        let (width, height) = job.tiling.chip_size();
        let Some((shown, averaged)) = &mut self.augmented else {
            return Err(Error::Internal("no room for symmetries".into()));
        };
        shown.clear();
        shown.resize(self.input.len(), 0.0);
        let mut average = Average::default();
        let mut objects = vec![(Vec::new(), 0); pending.len()];
        for symmetry in Symmetry::all(width == height) {
            for (chip, shown) in self
                .input
                .chunks_exact(self.item_len)
                .zip(shown.chunks_exact_mut(self.item_len))
            {
                symmetry.show(chip, contract, (height as usize, width as usize), shown);
            }
            let input = view(shape, shown)?;
            self.session.run(&input, |outputs| {
                if contract.task != ModelTask::Detection {
                    average.add(contract, symmetry, outputs);
                    return Ok(());
                }
                for ((item, frame), found) in frames.iter().enumerate().zip(&mut objects) {
                    let answer = decode(contract, outputs, item, *frame, &job.rule, keep_all)?;
                    if let Answer::Objects(seen, not_numbers) = answer {
                        let restore = |p| symmetry.restore_object(p, (height, width));
                        found.0.extend(seen.into_iter().map(restore));
                        found.1 += not_numbers;
                    }
                }
                Ok(())
            })?;
        }
        if contract.task == ModelTask::Detection {
            let answer = |(found, not_numbers)| Answer::Objects(found, not_numbers);
            return Ok(objects.into_iter().map(answer).collect());
        }
        let outputs = average.finish(contract);
        let views: Vec<_> = outputs.iter().map(|o| o.view()).collect();
        frames
            .iter()
            .enumerate()
            .map(|(item, frame)| decode(averaged, &views, item, *frame, &job.rule, keep_all))
            .collect()
    }

    /// Passes on what the model answers for one tile.
    fn take(&mut self, entry: &Pending, answer: Answer) -> Result<()> {
        let (coverage, covered_px) = self.coverage_of(entry);
        let mut cells = TileCells {
            coverage: Some(coverage),
            ..TileCells::default()
        };
        cells.tally.covered_px = covered_px;
        cells.tally.counts.inferred = 1;
        cells.tally.counts.uniform = u64::from(entry.is_uniform);
        match answer {
            Answer::Cells(scores) => {
                cells.tally.not_numbers = scores.not_numbers;
                if self.shared.job.scores {
                    self.send_scores(&entry.tile, self.scores_of(entry, &scores))?;
                }
                cells.labels = self.labels_of(entry, scores);
            }
            Answer::Objects(predictions, not_numbers) => {
                cells.tally.not_numbers = not_numbers;
                let grid = &self.shared.job.grid;
                let seen = entry.seen.as_deref();
                cells.objects = objects::place(&entry.tile, grid, &predictions, seen);
            }
            Answer::Values(mut planes) => {
                let holes = planes.iter().flatten().filter(|v| v.is_nan()).count();
                cells.tally.not_numbers = holes as u64;
                if let Some(seen) = &entry.seen {
                    for plane in &mut planes {
                        for (value, seen) in plane.iter_mut().zip(seen) {
                            if *seen == 0 {
                                *value = f32::NAN;
                            }
                        }
                    }
                }
                self.send_scores(&entry.tile, planes)?;
            }
        }
        self.finish_tile(&entry.tile, cells)
    }

    /// Labels of a tile as runs, one a layer.
    fn labels_of(&self, entry: &Pending, mut scores: CellScores) -> Vec<Option<RunRows>> {
        let classes = self.shared.job.model.contract.classes.len();
        let per_pixel = self.shared.layout.label_edges.is_none();
        let (x, _) = self.shared.layout.label_origin(&entry.tile);
        let cells = scores.width * scores.height;
        // Label `k + 1` is class `k`: plane 0 stands for nothing.
        let nothing = vec![0_u16; scores.width];
        let mut layers = Vec::with_capacity(scores.layers.len());
        for labels in &mut scores.layers {
            if let (true, Some(seen)) = (per_pixel, &entry.seen) {
                for (label, seen) in labels.iter_mut().zip(seen) {
                    *label *= seen;
                }
            }
            layers.push(labels.iter().any(|l| *l != 0).then(|| {
                let mut rows = RunRows::with_peaks(self.shared.peaks.clone());
                for (row, line) in labels.chunks_exact(scores.width).enumerate() {
                    let mut planes: Vec<&[u16]> = vec![&nothing];
                    planes.extend((0..classes).map(|k| {
                        let start = k * cells + row * scores.width;
                        &scores.planes[start..start + scores.width]
                    }));
                    rows.push_row(x, line, &planes);
                }
                rows
            }));
        }
        layers
    }

    /// Covered ground of a tile in coverage cells, and in grid pixels.
    fn coverage_of(&self, entry: &Pending) -> (RunRows, u64) {
        let core = entry.tile.core;
        let cells = self.shared.layout.coverage_cells(&entry.tile);
        let (width, height) = (cells.width as usize, cells.height as usize);
        let (labels, covered_px) = match &entry.seen {
            None => (vec![1; width * height], core.area()),
            Some(seen) => covered_cells(core, width, height, seen),
        };
        let plane = vec![0_u16; width];
        let mut rows = RunRows::new(2);
        for line in labels.chunks_exact(width) {
            rows.push_row(cells.col_off, line, &[&plane, &plane]);
        }
        (rows, covered_px)
    }

    /// A plane a class that can become a site; NaN where nothing was seen.
    fn scores_of(&self, entry: &Pending, scores: &CellScores) -> Vec<Vec<f32>> {
        let core = entry.tile.core;
        let pixels = core.width as usize * core.height as usize;
        let cells = scores.width * scores.height;
        let contract = &self.shared.job.model.contract;
        (0..contract.classes.len())
            .filter(|k| !contract.is_background[*k])
            .map(|k| {
                let plane = &scores.planes[k * cells..(k + 1) * cells];
                (0..pixels)
                    .map(|p| {
                        let seen = entry.seen.as_ref().is_none_or(|s| s[p] == 1);
                        let value = if cells == 1 { plane[0] } else { plane[p] };
                        if seen { score(value) } else { f32::NAN }
                    })
                    .collect()
            })
            .collect()
    }

    fn send_scores(&self, tile: &Tile, planes: Vec<Vec<f32>>) -> Result<()> {
        let core = tile.core;
        let scores = TileScores { core, planes };
        let encoded = self.shared.keeps_rows.then(|| scores.encode());
        self.send(Message::Scores(tile.row, scores, encoded))
    }

    fn finish_tile(&self, tile: &Tile, cells: TileCells) -> Result<()> {
        if let Some(done) = self.shared.slots.put(tile, cells) {
            // What could not be read is tried again by the next run.
            let keeps = self.shared.keeps_rows && done.is_whole();
            let encoded = keeps.then(|| encode(&done)).transpose()?;
            let row = self.shared.trace(tile, done);
            self.send(Message::Row(Box::new(row), encoded))?;
        }
        Ok(())
    }

    fn send(&self, message: Message) -> Result<()> {
        self.sender
            .send(message)
            .map_err(|_| Error::Internal("nobody takes what the workers found".into()))
    }
}

/// Which coverage cells of a core are covered, `[row, col]`: those of which at least half was
/// seen; and how many pixels were.
fn covered_cells(core: Window, width: usize, height: usize, seen_px: &[u8]) -> (Vec<u8>, u64) {
    let mut seen = vec![0_u32; width * height];
    let mut total = vec![0_u32; width * height];
    for row in 0..core.height {
        for col in 0..core.width {
            let cell = (row / COVERAGE_CELL) as usize * width + (col / COVERAGE_CELL) as usize;
            total[cell] += 1;
            seen[cell] += u32::from(seen_px[(row * core.width + col) as usize]);
        }
    }
    let labels = seen.iter().zip(&total).map(|(s, t)| u8::from(2 * s >= *t));
    (labels.collect(), seen.iter().map(|n| u64::from(*n)).sum())
}

/// A fault on purpose, to test what becomes of the rest: `TIANMU_TEST_PANIC=a.tif:2` stops
/// whoever comes to the third row of tiles of `a.tif`. Not in a program that is shipped.
#[cfg(debug_assertions)]
fn panic_if_asked(job: &super::DetectJob<'_>, row: u32) {
    let asked = std::env::var("TIANMU_TEST_PANIC").unwrap_or_default();
    let name = job.raster.info.path.file_name().unwrap_or_default();
    assert!(
        asked != format!("{}:{row}", name.to_string_lossy()),
        "asked to by TIANMU_TEST_PANIC"
    );
}

fn view(shape: [usize; 4], values: &[f32]) -> Result<ArrayView4<'_, f32>> {
    let length = shape.iter().product();
    values
        .get(..length)
        .and_then(|values| ArrayView4::from_shape(shape, values).ok())
        .ok_or_else(|| Error::Internal(format!("no input of shape {shape:?}")))
}

/// Whether every band of an item has one value throughout.
fn is_uniform(item: &[f32], job: &super::DetectJob<'_>) -> bool {
    let contract = &job.model.contract;
    match contract.layout {
        InputLayout::Nchw => {
            let pixels = item.len() / contract.channels;
            item.chunks_exact(pixels)
                .all(|plane| one_value(plane.iter()))
        }
        InputLayout::Nhwc => (0..contract.channels)
            .all(|band| one_value(item.iter().skip(band).step_by(contract.channels))),
    }
}

fn one_value<'a>(mut values: impl Iterator<Item = &'a f32>) -> bool {
    let first = values.next().copied().unwrap_or_default();
    values.all(|v| v.to_bits() == first.to_bits())
}

enum Seen {
    Nothing,
    All,
    Some(Vec<u8>),
}

/// Core pixels that are valid and inside the area of interest.
fn seen_pixels(cover: Cover, validity: ChipValidity) -> Seen {
    match (cover, validity) {
        (Cover::None, _) | (_, ChipValidity::Empty) => Seen::Nothing,
        (Cover::All, ChipValidity::Full) => Seen::All,
        (Cover::All, ChipValidity::Partial(mask)) | (Cover::Part(mask), ChipValidity::Full) => {
            Seen::Some(mask)
        }
        (Cover::Part(mut mask), ChipValidity::Partial(valid)) => {
            for (m, v) in mask.iter_mut().zip(valid) {
                *m &= v;
            }
            if mask.contains(&1) {
                Seen::Some(mask)
            } else {
                Seen::Nothing
            }
        }
    }
}
