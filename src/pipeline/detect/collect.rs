//! Joins traced rows of tiles as they come, in whatever order.

use super::Detected;
use super::rows::{Tally, TracedRow};
use super::scores::TileScores;
use crate::georef::Window;
use crate::pipeline::fuse::{Component, Detection, Strip, sort_components};
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// More parts than this are noise: nobody can look at them, and memory has an end.
const MOST_PARTS: usize = 1_000_000;

/// A place for score rasters.
pub trait Heat {
    /// Takes the scores of a tile's core, in grid pixels: one plane a class that can
    /// become a site, `[class, row, col]`; NaN where nothing was seen.
    fn put(&mut self, core: Window, planes: &[Vec<f32>]) -> Result<()>;
}

/// A place where done rows of tiles are kept, so that a later run need not do them again.
pub trait RowStore {
    /// Rows that are there, ascending.
    fn rows(&self) -> Vec<u32>;

    /// Whether rows can be added.
    fn grows(&self) -> bool;

    /// The error that what is kept of a row does not fit the raster.
    fn unfit(&self, row: u32) -> Error;

    /// A row that is there.
    fn load(&mut self, row: u32) -> Result<Vec<u8>>;

    /// Keeps a row that was done now.
    fn keep(&mut self, row: u32, encoded: &[u8]) -> Result<()>;

    /// How many tiles of a row have kept scores.
    fn score_count(&self, row: u32) -> usize;

    /// The scores of one of these tiles.
    fn load_scores(&mut self, row: u32, index: usize) -> Result<Vec<u8>>;

    /// Keeps the scores of a tile, before its row.
    fn keep_scores(&mut self, row: u32, encoded: &[u8]) -> Result<()>;
}

/// What workers send.
pub(super) enum Message {
    /// A row of tiles is done; its form to be kept, where rows are.
    Row(Box<TracedRow>, Option<Vec<u8>>),
    /// Scores of a tile in this row of tiles; their form to be kept, where rows are.
    Scores(u32, TileScores, Option<Vec<u8>>),
}

/// Joins rows and keeps what is closed.
pub(super) struct Collector<'a> {
    path: PathBuf,
    heat: Option<&'a mut dyn Heat>,
    /// One a layer of labels.
    labels: Vec<Joiner>,
    objects: Vec<Detection>,
    coverage: Joiner,
    tally: Tally,
}

impl<'a> Collector<'a> {
    pub(super) fn new(path: &Path, heat: Option<&'a mut dyn Heat>) -> Self {
        Self {
            path: path.to_owned(),
            heat,
            labels: Vec::new(),
            objects: Vec::new(),
            coverage: Joiner::default(),
            tally: Tally::default(),
        }
    }

    /// Takes a traced row, whenever it was done.
    pub(super) fn take_row(&mut self, row: TracedRow) -> Result<()> {
        self.labels.resize_with(row.labels.len(), Joiner::default);
        for (joiner, strip) in self.labels.iter_mut().zip(row.labels) {
            joiner.add(strip);
        }
        self.coverage.add(row.coverage);
        self.objects.extend(row.objects);
        self.tally.add(row.tally);
        let parts: usize = self.labels.iter().map(|j| j.closed.len()).sum();
        self.check(parts.max(self.objects.len()))
    }

    /// Takes scores of a tile.
    pub(super) fn take_scores(&mut self, scores: &TileScores) -> Result<()> {
        match &mut self.heat {
            Some(heat) => heat.put(scores.core, &scores.planes),
            None => Ok(()),
        }
    }

    fn check(&self, parts: usize) -> Result<()> {
        if parts <= MOST_PARTS {
            return Ok(());
        }
        Err(Error::TooManyParts {
            path: self.path.clone(),
            most: MOST_PARTS,
        })
    }

    pub(super) fn finish(self) -> Detected {
        let mut components: Vec<Component> =
            self.labels.into_iter().flat_map(Joiner::finish).collect();
        sort_components(&mut components);
        Detected {
            components,
            objects: self.objects,
            coverage: self.coverage.finish(),
            counts: self.tally.counts,
            covered_px: self.tally.covered_px,
            not_numbers: self.tally.not_numbers,
            ..Detected::default()
        }
    }
}

/// Strips by first row, neighbours joined at once.
#[derive(Default)]
struct Joiner {
    strips: BTreeMap<u32, Strip>,
    closed: Vec<Component>,
}

impl Joiner {
    fn add(&mut self, mut strip: Strip) {
        let above = self
            .strips
            .range(..strip.rows().start)
            .next_back()
            .map(|(start, s)| (*start, s.rows().end));
        if let Some((start, _)) = above.filter(|(_, end)| *end == strip.rows().start)
            && let Some(upper) = self.strips.remove(&start)
        {
            strip = Strip::join(upper, strip);
        }
        if let Some(lower) = self.strips.remove(&strip.rows().end) {
            strip = Strip::join(strip, lower);
        }
        self.closed.extend(strip.take_closed());
        self.strips.insert(strip.rows().start, strip);
    }

    fn finish(self) -> Vec<Component> {
        let mut all = self.closed;
        for strip in self.strips.into_values() {
            all.extend(strip.seal());
        }
        sort_components(&mut all);
        all
    }
}
