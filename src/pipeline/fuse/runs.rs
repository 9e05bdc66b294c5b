//! Runs: rows of labelled cells, packed as stretches of equal class with their evidence.

use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The longest run, in cells: its evidence, at most 65535 a cell, then fits an `u32`.
const MAX_RUN_CELLS: usize = 1 << 16;

/// Cells `x0..x1` of one row, all of one class. Two runs of one class may touch (`x1 == x0` of
/// the next), as they do where two tiles meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// First column.
    pub x0: u32,
    /// Column after the last.
    pub x1: u32,
    /// Class, never 0.
    pub class: u8,
    /// Largest probability of `class` in a cell, in 1/65535.
    pub score_max: u16,
    /// Cells whose probability of `class` reaches its peak, see [`RunRows::with_peaks`].
    pub sure: u32,
}

/// The runs of one row, or of one row of one tile, by ascending column.
#[derive(Clone, Copy, Debug)]
pub struct RowRuns<'a> {
    /// The runs.
    pub runs: &'a [Run],
    /// `[run, class]`, background included: sum over the run's cells of the class's probability,
    /// in 1/65535.
    pub evidence: &'a [u32],
}

/// Rows of runs with their evidence, such as those of one tile core.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRows {
    classes: usize,
    /// `[class]`, in 1/65535.
    peaks: Vec<u16>,
    /// Index of each row's first run, then the number of runs.
    row_starts: Vec<u32>,
    runs: Vec<Run>,
    /// `[run, class]`
    evidence: Vec<u32>,
}

impl RunRows {
    /// No rows yet; `classes` counts the background too.
    #[must_use]
    pub fn new(classes: usize) -> Self {
        Self::with_peaks(vec![0; classes])
    }

    /// No rows yet, of as many classes as there are `peaks`, background included: the least
    /// probability of each class, in 1/65535, of which a cell is sure. Labels may stand on
    /// lower ones; see [`LabelRule::peaks`](crate::model::decode::LabelRule::peaks).
    #[must_use]
    pub fn with_peaks(peaks: Vec<u16>) -> Self {
        Self {
            classes: peaks.len(),
            peaks,
            row_starts: vec![0],
            runs: Vec::new(),
            evidence: Vec::new(),
        }
    }

    /// Appends one row: `labels` are the classes of the cells from column `x` on (0 is nothing),
    /// `probabilities` holds, per class with the background first, the same cells' probability
    /// in 1/65535.
    ///
    /// # Panics
    /// If there is not one plane per class, a plane's length differs from that of `labels`, or a
    /// label has no plane.
    pub fn push_row(&mut self, x: u32, labels: &[u8], probabilities: &[&[u16]]) {
        assert_eq!(probabilities.len(), self.classes, "one plane per class");
        for plane in probabilities {
            assert_eq!(plane.len(), labels.len(), "planes as wide as the labels");
        }
        let column = |index: usize| {
            let offset = u32::try_from(index).expect("rows are narrower than 2^32 cells");
            x.checked_add(offset).expect("columns are below 2^32")
        };
        let mut start = 0;
        loop {
            start += length_of_equal(&labels[start..], 0);
            let Some(&class) = labels.get(start) else {
                break;
            };
            let reach = labels.len().min(start + MAX_RUN_CELLS);
            let end = start + length_of_equal(&labels[start..reach], class);
            let own_scores = &probabilities[usize::from(class)][start..end];
            let peak = self.peaks[usize::from(class)];
            let sure = match peak {
                0 => end - start,
                peak => own_scores.iter().filter(|score| **score >= peak).count(),
            };
            self.runs.push(Run {
                x0: column(start),
                x1: column(end),
                class,
                score_max: own_scores.iter().copied().fold(0, u16::max),
                sure: u32::try_from(sure).expect("runs are shorter than 2^32 cells"),
            });
            self.evidence.extend(probabilities.iter().map(|plane| {
                let cells = plane[start..end].iter();
                cells.map(|&cell| u32::from(cell)).sum::<u32>()
            }));
            start = end;
        }
        let runs = u32::try_from(self.runs.len()).expect("fewer than 2^32 runs in a tile");
        self.row_starts.push(runs);
    }

    /// Whether rows that come from elsewhere are as [`Self::push_row`] makes them: so many rows of
    /// so many classes, runs ascending within these columns.
    #[must_use]
    pub fn fits(&self, columns: &Range<u32>, rows: usize, classes: usize) -> bool {
        let starts = &self.row_starts;
        let counts = self.classes == classes
            && self.peaks.len() == classes
            && starts.len() == rows + 1
            && starts[0] == 0
            && starts.is_sorted()
            && starts[rows] as usize == self.runs.len()
            && self.runs.len().checked_mul(classes) == Some(self.evidence.len());
        let is_sound = |run: &Run| {
            run.x0 < run.x1
                && columns.start <= run.x0
                && run.x1 <= columns.end
                && (1..classes).contains(&usize::from(run.class))
        };
        let ascends = |row: &[Run]| row.windows(2).all(|pair| pair[0].x1 <= pair[1].x0);
        counts && self.runs.iter().all(is_sound) && (0..rows).all(|row| ascends(self.row(row).runs))
    }

    /// Number of rows pushed.
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.row_starts.len() - 1
    }

    /// The runs of row `index`, counted from the first row pushed.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn row(&self, index: usize) -> RowRuns<'_> {
        let (from, to) = (
            self.row_starts[index] as usize,
            self.row_starts[index + 1] as usize,
        );
        RowRuns {
            runs: &self.runs[from..to],
            evidence: &self.evidence[from * self.classes..to * self.classes],
        }
    }
}

/// How many cells at the front of `labels` equal `value`.
fn length_of_equal(labels: &[u8], value: u8) -> usize {
    const STRIDE: usize = 32;
    // Whole strides are compared without a branch per cell, which the compiler vectorises.
    let equal_strides = labels
        .chunks_exact(STRIDE)
        .take_while(|stride| stride.iter().fold(0, |all, &label| all | (label ^ value)) == 0)
        .count();
    let from = equal_strides * STRIDE;
    let rest = labels[from..].iter().position(|&label| label != value);
    rest.map_or(labels.len(), |rest| from + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_becomes_runs_with_sums_of_every_plane() {
        let mut rows = RunRows::with_peaks(vec![0, 50_000, 0]);
        let background = [60_000, 10, 20, 30, 0, 0];
        let first = [5_000, 65_535, 40_000, 7, 0, 1];
        let second = [500, 1, 2, 50_000, 9, 2];
        rows.push_row(7, &[0, 1, 1, 2, 0, 1], &[&background, &first, &second]);
        rows.push_row(7, &[0; 6], &[&background, &first, &second]);
        assert_eq!(rows.row_count(), 2);
        let row = rows.row(0);
        let run = |x0, x1, class, score_max, sure| Run {
            x0,
            x1,
            class,
            score_max,
            sure,
        };
        assert_eq!(
            row.runs,
            [
                run(8, 10, 1, 65_535, 1),
                run(10, 11, 2, 50_000, 1),
                run(12, 13, 1, 1, 0)
            ]
        );
        assert_eq!(row.evidence, [30, 105_535, 3, 30, 7, 50_000, 0, 1, 2]);
        assert!(rows.row(1).runs.is_empty());
    }

    #[test]
    fn a_run_too_long_for_its_sum_is_cut_into_touching_runs() {
        let cells = MAX_RUN_CELLS + 3;
        let full = vec![u16::MAX; cells];
        let mut rows = RunRows::new(2);
        rows.push_row(0, &vec![1; cells], &[&full, &full]);
        let row = rows.row(0);
        assert_eq!(row.runs.len(), 2);
        assert_eq!(row.runs[0].x1, row.runs[1].x0);
        assert_eq!(row.evidence[0], 65_536 * 65_535);
        assert_eq!(row.evidence[2], 3 * 65_535);
    }

    #[test]
    fn rows_from_elsewhere_are_looked_at() {
        let mut rows = RunRows::new(3);
        let plane = &[9; 6][..];
        rows.push_row(7, &[0, 1, 1, 2, 0, 1], &[plane; 3]);
        rows.push_row(7, &[0; 6], &[plane; 3]);
        assert!(rows.fits(&(7..13), 2, 3));
        assert!(!rows.fits(&(7..13), 1, 3) && !rows.fits(&(7..13), 3, 3));
        assert!(!rows.fits(&(7..12), 2, 3) && !rows.fits(&(9..13), 2, 3));
        assert!(!rows.fits(&(7..13), 2, 2) && !rows.fits(&(7..13), 2, 4));
        let broken = |change: &dyn Fn(&mut RunRows)| {
            let mut other = rows.clone();
            change(&mut other);
            !other.fits(&(7..13), 2, 3)
        };
        assert!(broken(&|r| r.runs[0].class = 0));
        assert!(broken(&|r| r.runs[0].class = 3));
        assert!(broken(&|r| r.runs[1].x0 = 9));
        assert!(broken(&|r| r.runs[2].x1 = r.runs[2].x0));
        assert!(broken(&|r| r.row_starts[1] = 7));
        assert!(broken(&|r| r.row_starts[0] = 1));
        assert!(broken(&|r| r.row_starts.clear()));
        assert!(broken(&|r| r.evidence.push(1)));
        assert!(broken(&|r| r.peaks.clear()));
    }

    #[test]
    fn equal_cells_are_counted_across_strides() {
        for length in [0, 1, 31, 32, 33, 64, 100] {
            let mut labels = vec![4; length];
            assert_eq!(length_of_equal(&labels, 4), length);
            labels.extend([5, 4, 4]);
            assert_eq!(length_of_equal(&labels, 4), length);
        }
    }
}
