//! One worker: a GDAL handle, a model session, and the way of a tile through them.

use super::collect::Message;
use super::rows::{COVERAGE_CELL, TileCells, trace};
use super::schedule::TileRun;
use super::{Progress, Shared, StageSeconds, TileCounts};
use crate::georef::Window;
use crate::model::decode::{CellScores, ChipFrame, decode};
use crate::model::{InputLayout, ModelSession};
use crate::pipeline::chip::{ChipReader, ChipValidity, Cover, Tile};
use crate::pipeline::fuse::RunRows;
use crate::{Error, Result};
use crossbeam_channel::Sender;
use ndarray::ArrayView4;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// What a worker counted.
#[derive(Default)]
pub(super) struct Totals {
    pub(super) counts: TileCounts,
    pub(super) covered_px: u64,
    pub(super) seconds: StageSeconds,
}

/// A tile whose pixels are in the input tensor.
struct Pending {
    tile: Tile,
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
    scores: CellScores,
    totals: Totals,
}

impl<'a> Lane<'a> {
    pub(super) fn open(
        shared: &'a Shared<'a>,
        index: usize,
        sender: Sender<Message>,
    ) -> Result<Self> {
        let job = shared.job;
        let (width, height) = job.tiling.tile_size();
        let item_len = job.model.contract.channels * width as usize * height as usize;
        Ok(Self {
            shared,
            index,
            sender,
            reader: ChipReader::open(job.raster, job.grid, job.input.clone())?,
            session: job.model.file.session()?,
            input: vec![0.0; item_len * job.batch.max(1)],
            item_len,
            scores: CellScores::default(),
            totals: Totals::default(),
        })
    }

    pub(super) fn into_totals(self) -> Totals {
        self.totals
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
                self.totals.counts.outside_aoi += 1;
                self.finish_tile(&tile, TileCells::default())?;
                continue;
            }
            let start = Instant::now();
            let slot = pending.len() * self.item_len;
            let validity = self
                .reader
                .read(&tile, &mut self.input[slot..slot + self.item_len])?;
            self.totals.seconds.read += start.elapsed().as_secs_f64();
            let seen = seen_pixels(cover, validity);
            if !matches!(seen, Seen::Nothing)
                && is_uniform(&self.input[slot..slot + self.item_len], self.shared.job)
            {
                self.totals.counts.uniform += 1;
            }
            match seen {
                Seen::Nothing => {
                    self.totals.counts.empty += 1;
                    self.finish_tile(&tile, TileCells::default())?;
                }
                Seen::All => pending.push(Pending { tile, seen: None }),
                Seen::Some(mask) => pending.push(Pending {
                    tile,
                    seen: Some(mask),
                }),
            }
        }
        if pending.is_empty() {
            Ok(())
        } else {
            self.infer(pending)
        }
    }

    fn infer(&mut self, pending: Vec<Pending>) -> Result<()> {
        let job = self.shared.job;
        let contract = &job.model.contract;
        let (width, height) = job.tiling.tile_size();
        // A fixed batch is filled up with zeros.
        let batch = contract
            .fixed_batch
            .map_or(pending.len(), |fixed| fixed.max(pending.len()));
        let shape = contract.input_shape(batch, height as usize, width as usize);
        let start = Instant::now();
        let mut inferred = 0.0;
        let mut decoded: Vec<(Pending, CellScores)> = Vec::with_capacity(pending.len());
        let keep_all = self.shared.want_heat;
        let scores = &mut self.scores;
        if self.input.len() < batch * self.item_len {
            self.input.resize(batch * self.item_len, 0.0);
        }
        self.input[pending.len() * self.item_len..].fill(0.0);
        let values = &self.input[..batch * self.item_len];
        let input =
            ArrayView4::from_shape(shape, values).map_err(|e| Error::Internal(e.to_string()))?;
        self.session.run(&input, |outputs| {
            inferred = start.elapsed().as_secs_f64();
            for (item, entry) in pending.into_iter().enumerate() {
                let core = Window {
                    col_off: entry.tile.core.col_off - entry.tile.window.col_off,
                    row_off: entry.tile.core.row_off - entry.tile.window.row_off,
                    ..entry.tile.core
                };
                let frame = ChipFrame {
                    width,
                    height,
                    core,
                };
                decode(contract, outputs, item, frame, &job.rule, keep_all, scores)?;
                decoded.push((entry, scores.clone()));
            }
            Ok(())
        })?;
        self.totals.seconds.infer += inferred;
        let start = Instant::now();
        for (entry, scores) in decoded {
            self.totals.counts.inferred += 1;
            self.shared
                .not_numbers
                .fetch_add(scores.not_numbers, Ordering::Relaxed);
            if keep_all {
                self.send_heat(&entry, &scores)?;
            }
            let cells = self.cells_of(&entry, scores);
            self.finish_tile(&entry.tile, cells)?;
        }
        self.totals.seconds.decode += start.elapsed().as_secs_f64();
        Ok(())
    }

    /// Labels and coverage of a tile as runs.
    fn cells_of(&mut self, entry: &Pending, mut scores: CellScores) -> TileCells {
        let tile = &entry.tile;
        let classes = self.shared.job.model.contract.classes.len();
        let per_pixel = self.shared.layout.label_edges.is_none();
        if let (true, Some(seen)) = (per_pixel, &entry.seen) {
            for (label, seen) in scores.labels.iter_mut().zip(seen) {
                *label *= seen;
            }
        }
        let (x, _) = self.shared.layout.label_origin(tile);
        let labels = scores.labels.iter().any(|l| *l != 0).then(|| {
            let mut rows = RunRows::new(classes + 1);
            let cells = scores.width * scores.height;
            // Label `k + 1` is class `k`: plane 0 stands for nothing.
            let nothing = vec![0_u16; scores.width];
            for (row, line) in scores.labels.chunks_exact(scores.width).enumerate() {
                let mut planes: Vec<&[u16]> = vec![&nothing];
                planes.extend((0..classes).map(|k| {
                    let start = k * cells + row * scores.width;
                    &scores.planes[start..start + scores.width]
                }));
                rows.push_row(x, line, &planes);
            }
            rows
        });
        TileCells {
            labels,
            coverage: Some(self.coverage_of(entry)),
        }
    }

    fn coverage_of(&mut self, entry: &Pending) -> RunRows {
        let core = entry.tile.core;
        let cells = self.shared.layout.coverage_cells(&entry.tile);
        let (width, height) = (cells.width as usize, cells.height as usize);
        let mut seen = vec![0_u32; width * height];
        let mut total = vec![0_u32; width * height];
        for row in 0..core.height {
            for col in 0..core.width {
                let cell = (row / COVERAGE_CELL) as usize * width + (col / COVERAGE_CELL) as usize;
                total[cell] += 1;
                let pixel = (row * core.width + col) as usize;
                seen[cell] += entry.seen.as_ref().map_or(1, |s| u32::from(s[pixel]));
            }
        }
        self.totals.covered_px += seen.iter().map(|n| u64::from(*n)).sum::<u64>();
        let labels: Vec<u8> = seen
            .iter()
            .zip(&total)
            .map(|(s, t)| u8::from(2 * s >= *t))
            .collect();
        let mut rows = RunRows::new(2);
        let plane = vec![0_u16; width];
        for line in labels.chunks_exact(width) {
            rows.push_row(cells.col_off, line, &[&plane, &plane]);
        }
        rows
    }

    fn send_heat(&self, entry: &Pending, scores: &CellScores) -> Result<()> {
        let core = entry.tile.core;
        let pixels = core.width as usize * core.height as usize;
        let cells = scores.width * scores.height;
        let contract = &self.shared.job.model.contract;
        let planes = (0..contract.classes.len())
            .filter(|k| !contract.is_background[*k])
            .map(|k| {
                let plane = &scores.planes[k * cells..(k + 1) * cells];
                (0..pixels)
                    .map(|p| {
                        let seen = entry.seen.as_ref().is_none_or(|s| s[p] == 1);
                        let value = if cells == 1 { plane[0] } else { plane[p] };
                        if seen {
                            f32::from(value) / 65_535.0
                        } else {
                            f32::NAN
                        }
                    })
                    .collect()
            })
            .collect();
        self.send(Message::Heat(core, planes))
    }

    fn finish_tile(&self, tile: &Tile, cells: TileCells) -> Result<()> {
        if let Some(tiles) = self.shared.slots.put(tile, cells) {
            let classes = self.shared.job.model.contract.classes.len() + 1;
            let row = trace(&self.shared.layout, tile, &tiles, classes);
            self.send(Message::Row(Box::new(row)))?;
        }
        Ok(())
    }

    fn send(&self, message: Message) -> Result<()> {
        self.sender
            .send(message)
            .map_err(|_| Error::Internal("nobody takes what the workers found".into()))
    }
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
