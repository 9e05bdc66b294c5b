//! Answers of a model, kept in memory and labelled again under another rule: what a scan with
//! other thresholds would give, without running the model another time.

use super::RowStore;
use super::rows::{DoneRow, decode, encode};
use super::scores::TileScores;
use crate::georef::{Window, round_to_u16};
use crate::model::decode::{LabelRule, code};
use crate::model::{Contract, ModelTask};
use crate::pipeline::chip::{Tile, Tiling};
use crate::pipeline::fuse::RunRows;
use crate::{Error, Result};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Rows of tiles and their scores as a scan would keep them in its journal, in memory.
#[derive(Debug, Clone, Default)]
pub struct KeptRows {
    rows: BTreeMap<u32, Vec<u8>>,
    scores: BTreeMap<u32, Vec<Vec<u8>>>,
}

impl RowStore for KeptRows {
    fn rows(&self) -> Vec<u32> {
        self.rows.keys().copied().collect()
    }

    fn grows(&self) -> bool {
        true
    }

    fn unfit(&self, row: u32) -> Error {
        Error::Internal(format!(
            "the kept row {row} of tiles is of another image or model"
        ))
    }

    fn load(&mut self, row: u32) -> Result<Vec<u8>> {
        let kept = self.rows.get(&row).cloned();
        kept.ok_or_else(|| self.unfit(row))
    }

    fn keep(&mut self, row: u32, encoded: &[u8]) -> Result<()> {
        self.rows.insert(row, encoded.to_vec());
        Ok(())
    }

    fn score_count(&self, row: u32) -> usize {
        self.scores.get(&row).map_or(0, Vec::len)
    }

    fn load_scores(&mut self, row: u32, index: usize) -> Result<Vec<u8>> {
        let kept = self.scores.get(&row).and_then(|all| all.get(index));
        kept.cloned().ok_or_else(|| self.unfit(row))
    }

    fn keep_scores(&mut self, row: u32, encoded: &[u8]) -> Result<()> {
        self.scores.entry(row).or_default().push(encoded.to_vec());
        Ok(())
    }
}

/// What a model answered for one tile that it saw.
#[derive(Debug, Clone)]
pub struct TileAnswer {
    /// What the tile answers for, in grid pixels.
    pub core: Window,
    /// Whether a core pixel was seen, `[row, col]`; `None`: all were, or it is not known pixel by
    /// pixel.
    pub seen: Option<Vec<bool>>,
    /// By class of the contract: the highest score in the core, 0 to 1; of a detector, the
    /// highest of an object whose centre lies there. 0 for a background.
    pub highest: Vec<f64>,
    /// By class of the contract: whether the thresholds of the run make a site of something in
    /// it.
    pub is_called: Vec<bool>,
}

impl KeptRows {
    /// The same answers, labelled by `rule`: a row that stands here is one that a scan with this
    /// rule would have made. Where the highest score has to win over a background, that is taken
    /// for what the others leave to one. Scores themselves do not go along.
    pub(crate) fn labelled(
        &self,
        rule: &LabelRule,
        contract: &Contract,
        tiling: &Tiling,
    ) -> Result<Self> {
        let rows: Vec<(u32, Vec<u8>)> = self
            .rows
            .par_iter()
            .map(|(row, encoded)| {
                let mut done = decode(encoded)?;
                match contract.task {
                    ModelTask::Detection => keep_objects(&mut done, rule),
                    _ => self.label_row(&mut done, rule, contract, tiling)?,
                }
                Ok((*row, encode(&done)?))
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            rows: rows.into_iter().collect(),
            scores: BTreeMap::new(),
        })
    }

    fn label_row(
        &self,
        done: &mut DoneRow,
        rule: &LabelRule,
        contract: &Contract,
        tiling: &Tiling,
    ) -> Result<()> {
        for cells in &mut done.tiles {
            cells.labels.clear();
        }
        for (tile, scores) in self.tiles_of(done.row, contract, tiling)? {
            if let Some(cells) = done.tiles.get_mut(tile.col as usize) {
                cells.labels = labels_of(&tile, &scores, rule, contract);
            }
        }
        Ok(())
    }

    /// Scores of the tiles of a row.
    fn tiles_of(
        &self,
        row: u32,
        contract: &Contract,
        tiling: &Tiling,
    ) -> Result<Vec<(Tile, TileScores)>> {
        let planes = contract.target_names().len();
        let columns: Vec<Tile> = (0..tiling.column_count())
            .map(|col| tiling.tile(row, col))
            .collect();
        let (Some(first), Some(last)) = (columns.first(), columns.last()) else {
            return Ok(Vec::new());
        };
        let bounds = Window {
            width: last.core.col_end() - first.core.col_off,
            ..first.core
        };
        let kept = self.scores.get(&row).into_iter().flatten();
        kept.map(|kept| {
            let scores = TileScores::decode(kept, planes, bounds)?;
            let at = columns.partition_point(|t| t.core.col_off < scores.core.col_off);
            let tile = columns.get(at).filter(|tile| tile.core == scores.core);
            let tile = *tile.ok_or_else(|| self.unfit(row))?;
            Ok((tile, scores))
        })
        .collect()
    }

    /// What the model answered, tile by tile in row-major order; `visit` is given each with its
    /// row's number. Of a detector, objects are those of single tiles, before suppression.
    pub(crate) fn tiles(
        &self,
        rule: &LabelRule,
        contract: &Contract,
        tiling: &Tiling,
    ) -> Result<Vec<TileAnswer>> {
        let rows: Vec<Vec<TileAnswer>> = self
            .rows
            .par_iter()
            .map(|(row, encoded)| {
                let done = decode(encoded)?;
                match contract.task {
                    ModelTask::Detection => Ok(object_answers(&done, rule, contract, tiling)),
                    _ => self.score_answers(*row, &done, rule, contract, tiling),
                }
            })
            .collect::<Result<_>>()?;
        Ok(rows.into_iter().flatten().collect())
    }

    fn score_answers(
        &self,
        row: u32,
        done: &DoneRow,
        rule: &LabelRule,
        contract: &Contract,
        tiling: &Tiling,
    ) -> Result<Vec<TileAnswer>> {
        let classes = contract.classes.len();
        let targets = targets(contract);
        let peaks = rule.quantised_peaks();
        let mut answers = Vec::new();
        let mut tiles = self.tiles_of(row, contract, tiling)?;
        tiles.sort_by_key(|(tile, _)| tile.col);
        for (tile, scores) in tiles {
            let mut highest = vec![0.0; classes];
            for (class, plane) in targets.iter().zip(&scores.planes) {
                highest[*class] = plane.iter().fold(0.0, |h: f64, v| h.max(f64::from(*v)));
            }
            let has_hole = scores.planes.iter().flatten().any(|v| v.is_nan());
            let seen = |plane: &Vec<f32>| plane.iter().map(|v| !v.is_nan()).collect();
            let mut is_called = vec![false; classes];
            let labels = done.tiles.get(tile.col as usize).map(|cells| &cells.labels);
            for rows in labels.into_iter().flatten().flatten() {
                for run in (0..rows.row_count()).flat_map(|r| rows.row(r).runs) {
                    let class = usize::from(run.class);
                    if run.sure > 0 && run.score_max >= peaks[class] {
                        is_called[class - 1] = true;
                    }
                }
            }
            answers.push(TileAnswer {
                core: tile.core,
                seen: scores.planes.first().filter(|_| has_hole).map(seen),
                highest,
                is_called,
            });
        }
        Ok(answers)
    }
}

/// Classes that can become sites, in the order of the planes of scores.
fn targets(contract: &Contract) -> Vec<usize> {
    let classes = 0..contract.classes.len();
    classes.filter(|k| !contract.is_background[*k]).collect()
}

/// Leaves the objects that pass.
fn keep_objects(done: &mut DoneRow, rule: &LabelRule) {
    let least = rule.least_scores();
    for cells in &mut done.tiles {
        cells.objects.retain(|object| {
            let class = usize::from(object.class) - 1;
            least
                .get(class)
                .is_some_and(|least| passes(object.score, *least))
        });
    }
}

/// Whether a quantised score reaches a threshold as the unquantised one did.
fn passes(score: u16, least: f32) -> bool {
    least <= 1.0 && score >= code(least)
}

/// Labels of a tile as runs, one a layer, as [`super::lane`] makes them.
fn labels_of(
    tile: &Tile,
    scores: &TileScores,
    rule: &LabelRule,
    contract: &Contract,
) -> Vec<Option<RunRows>> {
    let per_tile = contract.task == ModelTask::Classification;
    let (width, height, origin) = if per_tile {
        (1, 1, tile.col)
    } else {
        (
            scores.core.width as usize,
            scores.core.height as usize,
            scores.core.col_off,
        )
    };
    let cells = width * height;
    let targets = targets(contract);
    let planes: Vec<Vec<f32>> = scores
        .planes
        .iter()
        .map(|plane| {
            if per_tile {
                // Every seen pixel of it has the tile's score.
                let seen = plane.iter().copied().find(|v| !v.is_nan());
                vec![seen.unwrap_or(f32::NAN)]
            } else {
                plane.clone()
            }
        })
        .collect();
    let mut layers = vec![vec![0_u8; cells]; rule.layers.len()];
    let mut all = vec![0.0_f32; contract.classes.len()];
    for cell in 0..cells {
        if planes.first().is_none_or(|plane| plane[cell].is_nan()) {
            continue;
        }
        for (class, plane) in targets.iter().zip(&planes) {
            all[*class] = plane[cell];
        }
        for head in &contract.heads {
            fill_background(&mut all, head.classes.clone(), contract);
            for (labels, layer) in layers.iter_mut().zip(&rule.layers) {
                if head.classes.start <= layer.start && layer.end <= head.classes.end {
                    let of_head = &all[head.classes.clone()];
                    labels[cell] = rule.label(head.classes.start, of_head, layer.clone());
                }
            }
        }
    }
    let nothing = vec![0_u16; width];
    let mut quantised = vec![vec![0_u16; cells]; contract.classes.len()];
    for (class, plane) in targets.iter().zip(&planes) {
        for (q, value) in quantised[*class].iter_mut().zip(plane) {
            *q = round_to_u16(value * 65_535.0);
        }
    }
    let runs_of = |labels: &Vec<u8>| {
        labels.iter().any(|l| *l != 0).then(|| {
            let mut rows = RunRows::with_peaks(rule.quantised_peaks());
            for (row, line) in labels.chunks_exact(width).enumerate() {
                let mut lines: Vec<&[u16]> = vec![&nothing];
                let of_row = row * width..(row + 1) * width;
                lines.extend(quantised.iter().map(|plane| &plane[of_row.clone()]));
                rows.push_row(origin, line, &lines);
            }
            rows
        })
    };
    layers.iter().map(runs_of).collect()
}

/// What the targets of a head leave of one goes to its background.
fn fill_background(all: &mut [f32], head: std::ops::Range<usize>, contract: &Contract) {
    let (mut rest, mut backgrounds) = (1.0_f32, 0.0_f32);
    for class in head.clone() {
        if contract.is_background[class] {
            backgrounds += 1.0;
        } else {
            rest -= all[class];
        }
    }
    for class in head {
        if contract.is_background[class] {
            all[class] = (rest / backgrounds).max(0.0);
        }
    }
}

/// Answers of a detector.
fn object_answers(
    done: &DoneRow,
    rule: &LabelRule,
    contract: &Contract,
    tiling: &Tiling,
) -> Vec<TileAnswer> {
    let least = rule.least_scores();
    let seen = |(_, cells): &(u32, &super::rows::TileCells)| cells.tally.counts.inferred > 0;
    let answer = |(col, cells): (u32, &super::rows::TileCells)| {
        let core = tiling.tile(done.row, col).core;
        let mut highest = vec![0.0; contract.classes.len()];
        let mut is_called = vec![false; contract.classes.len()];
        for object in cells.objects.iter().filter(|o| o.is_seen) {
            let class = usize::from(object.class) - 1;
            let center = object.outline.bounds().center();
            let inside =
                |value: f64, from: u32, to: u32| f64::from(from) <= value && value < f64::from(to);
            if !inside(center.x, core.col_off, core.col_end())
                || !inside(center.y, core.row_off, core.row_end())
            {
                continue;
            }
            let score = f64::from(object.score) / 65_535.0;
            if let Some(highest) = highest.get_mut(class) {
                *highest = score.max(*highest);
                is_called[class] |= passes(object.score, least[class]);
            }
        }
        TileAnswer {
            core,
            seen: None,
            highest,
            is_called,
        }
    };
    (0..).zip(&done.tiles).filter(seen).map(answer).collect()
}
