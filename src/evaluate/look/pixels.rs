//! Pixels of sites against pixels of truth, on the grid that the model sees.

use super::Known;
use super::ground::OnGrid;
use crate::Result;
use crate::evaluate::observation::PixelCounts;
use crate::evaluate::truth::{IGNORED, Place, TruthMask};
use crate::georef::{Window, floor_to_u32};
use crate::pipeline::chip::AoiMask;
use crate::pipeline::detect::TileAnswer;
use crate::pipeline::{Answers, ImageSites, ScanJob};

/// By class the pixels of sites and of plots, the background last, over all pixels that were
/// seen; and how many those are. A pixel belongs to an outline that holds its centre. A mask
/// raster answers for its own pixels: the one that holds the centre of the model's.
pub(super) fn counts(
    job: &ScanJob<'_>,
    answers: &Answers,
    ground: &OnGrid<'_>,
    known: &Known<'_>,
    scan: &ImageSites,
    mask: Option<&TruthMask>,
) -> Result<(Vec<PixelCounts>, u64)> {
    let classes = known.question.classes;
    let mut found = Vec::new();
    let mut truth = Vec::new();
    for name in classes {
        let own = scan.sites.iter().filter(|site| site.class == *name);
        let own: Vec<Place> = own.map(|s| Place::Area(s.outline.clone())).collect();
        found.push(ground.mask(own.iter())?);
        let plots = known.plots.iter().chain(&known.unseen);
        let own = plots.filter(|plot| plot.class == *name);
        truth.push(ground.mask(own.map(|plot| &plot.place))?);
    }
    let shapes = Shapes { found, truth };
    let labels = mask.map(|mask| Labels::new(mask, classes, answers));
    let mut sums = vec![PixelCounts::default(); classes.len() + 1];
    let mut count = 0;
    for tile in answers.tiles(job)? {
        let labels = labels.as_ref().map(|l| l.read(tile.core)).transpose()?;
        count += shapes.add(&tile, labels.as_deref(), &mut sums);
    }
    Ok((sums, count))
}

/// Outlines of sites and plots, one mask a class.
struct Shapes {
    found: Vec<AoiMask>,
    truth: Vec<AoiMask>,
}

impl Shapes {
    /// Counts the pixels of a tile; `labels` are those of a mask raster, `[row, col]`, class
    /// index + 1.
    fn add(&self, tile: &TileAnswer, labels: Option<&[u8]>, sums: &mut [PixelCounts]) -> u64 {
        let core = tile.core;
        let found: Vec<_> = self.found.iter().map(|mask| mask.cover(core)).collect();
        let truth: Vec<_> = self.truth.iter().map(|mask| mask.cover(core)).collect();
        let pixels = usize::try_from(core.area()).unwrap_or(usize::MAX);
        let background = sums.len() - 1;
        let mut count = 0;
        for i in 0..pixels {
            let is_seen = tile.seen.as_ref().is_none_or(|seen| seen[i]);
            let label = labels.map(|labels| labels[i]);
            if !is_seen || label == Some(IGNORED) {
                continue;
            }
            count += 1;
            let (mut any_found, mut any_truth) = (false, false);
            for class in 0..background {
                let is_found = found[class].has(i);
                let is_truth = label.map_or_else(
                    || truth[class].has(i),
                    |label| usize::from(label) == class + 1,
                );
                any_found |= is_found;
                any_truth |= is_truth;
                add(&mut sums[class], is_found, is_truth);
            }
            add(&mut sums[background], !any_found, !any_truth);
        }
        count
    }
}

fn add(counts: &mut PixelCounts, is_found: bool, is_truth: bool) {
    match (is_found, is_truth) {
        (true, true) => counts.both += 1,
        (true, false) => counts.found_only += 1,
        (false, true) => counts.truth_only += 1,
        (false, false) => {}
    }
}

/// A mask raster on the grid.
struct Labels<'a> {
    mask: &'a TruthMask,
    /// Number in the mask to class index + 1 among those evaluated.
    numbers: Vec<u8>,
    answers: &'a Answers,
}

impl<'a> Labels<'a> {
    fn new(mask: &'a TruthMask, classes: &[String], answers: &'a Answers) -> Self {
        let number = |name: &String| {
            let index = classes.iter().position(|class| class == name);
            index.map_or(0, |k| u8::try_from(k + 1).unwrap_or(0))
        };
        Self {
            numbers: mask.classes.iter().map(number).collect(),
            mask,
            answers,
        }
    }

    /// Labels of a window of the grid.
    fn read(&self, core: Window) -> Result<Vec<u8>> {
        let grid = self.answers.grid();
        let info = &self.answers.raster().info;
        let at = |pixel: u32, scale: f64, extent: u32| {
            floor_to_u32((f64::from(pixel) + 0.5) * scale).min(extent - 1)
        };
        let col = |pixel: u32| at(pixel, grid.scale_x, info.width);
        let row = |pixel: u32| at(pixel, grid.scale_y, info.height);
        let window = Window {
            col_off: col(core.col_off),
            row_off: row(core.row_off),
            width: col(core.col_end() - 1) - col(core.col_off) + 1,
            height: row(core.row_end() - 1) - row(core.row_off) + 1,
        };
        let pixels = self.mask.read(window)?;
        let mut labels = Vec::with_capacity(usize::try_from(core.area()).unwrap_or(0));
        for y in core.row_off..core.row_end() {
            let line = (row(y) - window.row_off) as usize * window.width as usize;
            for x in core.col_off..core.col_end() {
                let number = pixels[line + (col(x) - window.col_off) as usize];
                labels.push(match number {
                    0 | IGNORED => number,
                    k => self.numbers.get(usize::from(k) - 1).copied().unwrap_or(0),
                });
            }
        }
        Ok(labels)
    }
}
