//! Which worker does which tiles: contiguous rows for each, so that a handle meets
//! every block of the raster once; who is done early takes from who is not.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Tiles of one row, handed to one worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TileRun {
    pub(super) row: u32,
    pub(super) cols: Range<u32>,
}

pub(super) struct Schedule {
    /// Rows of tiles to be done, ascending.
    rows: Vec<u32>,
    lanes: Mutex<Vec<LaneShare>>,
    columns: u32,
    batch: u32,
}

#[derive(Debug, Clone)]
struct LaneShare {
    /// Rows not begun, as places in the list of rows.
    rows: Range<u32>,
    /// The row being worked on and its tiles not begun.
    current: TileRun,
}

impl Schedule {
    pub(super) fn new(rows: Vec<u32>, columns: u32, lanes: usize, batch: usize) -> Self {
        let lanes = u32::try_from(lanes.max(1)).unwrap_or(u32::MAX);
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let cut = |i: u32| {
            u32::try_from(u64::from(count) * u64::from(i) / u64::from(lanes)).unwrap_or(count)
        };
        let shares = (0..lanes)
            .map(|i| LaneShare {
                rows: cut(i)..cut(i + 1),
                current: TileRun { row: 0, cols: 0..0 },
            })
            .collect();
        Self {
            rows,
            lanes: Mutex::new(shares),
            columns,
            batch: u32::try_from(batch.max(1)).unwrap_or(1),
        }
    }

    /// The next tiles for a worker: at most a batch, from one row.
    pub(super) fn next(&self, lane: usize) -> Option<TileRun> {
        let mut shares = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if shares[lane].current.cols.is_empty() && shares[lane].rows.is_empty() {
            steal(&mut shares, lane, self.batch);
        }
        let share = &mut shares[lane];
        if share.current.cols.is_empty() {
            let row = self.rows[share.rows.next()? as usize];
            share.current = TileRun {
                row,
                cols: 0..self.columns,
            };
        }
        let cols = &mut share.current.cols;
        let taken = cols.start..cols.end.min(cols.start + self.batch);
        cols.start = taken.end;
        Some(TileRun {
            row: share.current.row,
            cols: taken,
        })
    }
}

/// Takes the second half of the longest share: of its rows, or when no rows are
/// left, of the row it works on.
fn steal(shares: &mut [LaneShare], lane: usize, batch: u32) {
    let by_rows = (0..shares.len()).max_by_key(|i| (shares[*i].rows.len(), usize::MAX - i));
    if let Some(victim) = by_rows.filter(|v| !shares[*v].rows.is_empty()) {
        let rows = &mut shares[victim].rows;
        let middle = rows.start + (rows.end - rows.start) / 2;
        let taken = middle..rows.end;
        rows.end = middle;
        shares[lane].rows = taken;
        return;
    }
    // Batches start at multiples of their size, whoever runs them: what a model gives for
    // one item may depend on the others.
    let batches = |cols: &Range<u32>| (cols.end - cols.start).div_ceil(batch);
    let by_tiles =
        (0..shares.len()).max_by_key(|i| (batches(&shares[*i].current.cols), usize::MAX - i));
    if let Some(victim) = by_tiles.filter(|v| batches(&shares[*v].current.cols) > 1) {
        let current = &mut shares[victim].current;
        let middle = current.cols.start + batches(&current.cols) / 2 * batch;
        let taken = TileRun {
            row: current.row,
            cols: middle..current.cols.end,
        };
        current.cols.end = middle;
        shares[lane].current = taken;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_tile_is_handed_out_once(
            rows in 1_u32..20, columns in 1_u32..20, lanes in 1_usize..6, batch in 1_usize..5,
            order in prop::collection::vec(0_usize..6, 600),
        ) {
            let schedule = Schedule::new((0..rows).collect(), columns, lanes, batch);
            let mut seen = vec![0; (rows * columns) as usize];
            let mut idle = vec![false; lanes];
            for lane in order.into_iter().cycle() {
                let lane = lane % lanes;
                match schedule.next(lane) {
                    Some(run) if run.cols.start % u32::try_from(batch).unwrap() != 0 => {
                        return Err(TestCaseError::fail("a batch begins between two"));
                    }
                    Some(run) => run.cols.for_each(|c| seen[(run.row * columns + c) as usize] += 1),
                    None => idle[lane] = true,
                }
                // A lane may go idle while another still holds its last tiles.
                if seen.iter().all(|n| *n == 1) || idle.iter().all(|i| *i) {
                    break;
                }
                if idle[lane] && seen.contains(&0) {
                    for other in 0..lanes {
                        while let Some(run) = schedule.next(other) {
                            run.cols.for_each(|c| seen[(run.row * columns + c) as usize] += 1);
                        }
                    }
                }
            }
            prop_assert!(seen.iter().all(|n| *n == 1), "{:?}", seen);
        }
    }
}
