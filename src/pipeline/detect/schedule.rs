//! Which worker does which tiles: contiguous rows for each, so that a handle meets
//! every block of the raster once; who is done early takes from who is not.
//!
//! Several workers may share their rows and take a band of columns each: together they then
//! need room for one row of blocks instead of one each.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Tiles of one row, handed to one worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TileRun {
    pub(super) row: u32,
    pub(super) cols: Range<u32>,
}

/// So many rows a worker may be ahead of those that share its rows before it helps them: rows
/// that are begun are lost when the run is cut off.
const AHEAD: u32 = 2;

pub(super) struct Schedule {
    /// Rows of tiles to be done, ascending.
    rows: Vec<u32>,
    lanes: Mutex<Vec<LaneShare>>,
    batch: u32,
}

#[derive(Debug, Clone)]
struct LaneShare {
    /// Workers of one team share their rows.
    team: usize,
    /// Its columns.
    band: Range<u32>,
    /// Rows not begun, as places in the list of rows.
    rows: Range<u32>,
    /// The place of the row being worked on, and its tiles not begun.
    place: u32,
    cols: Range<u32>,
}

impl LaneShare {
    /// The place of the first row with tiles not begun.
    fn first_open(&self) -> u32 {
        if self.cols.is_empty() {
            self.rows.start
        } else {
            self.place
        }
    }

    fn is_done(&self) -> bool {
        self.cols.is_empty() && self.rows.is_empty()
    }
}

impl Schedule {
    /// Shares `rows` of `columns` tiles among `lanes`, of which `bands` at a time share their
    /// rows. Runs begin at multiples of `batch`.
    pub(super) fn new(
        rows: Vec<u32>,
        columns: u32,
        lanes: usize,
        bands: usize,
        batch: usize,
    ) -> Self {
        let lanes = lanes.max(1);
        let bands = bands.clamp(1, lanes);
        let batch = u32::try_from(batch.max(1)).unwrap_or(1);
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let part = |whole: u32, i: usize, of: usize| {
            u32::try_from(u64::from(whole) * i as u64 / of as u64).unwrap_or(whole)
        };
        // The last team may be smaller than the others.
        let size = |team: usize| bands.min(lanes - team * bands);
        let edge = |i: usize, of: usize| match i {
            i if i == of => columns,
            i => part(columns, i, of) / batch * batch,
        };
        let shares = (0..lanes)
            .map(|lane| {
                let (team, band) = (lane / bands, lane % bands);
                let begun = team * bands;
                LaneShare {
                    team,
                    band: edge(band, size(team))..edge(band + 1, size(team)),
                    rows: part(count, begun, lanes)..part(count, begun + size(team), lanes),
                    place: 0,
                    cols: 0..0,
                }
            })
            .collect();
        Self {
            rows,
            lanes: Mutex::new(shares),
            batch,
        }
    }

    /// The next tiles for a worker: at most a batch, from one row.
    pub(super) fn next(&self, lane: usize) -> Option<TileRun> {
        let mut shares = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if shares[lane].is_done() {
            steal(&mut shares, lane, self.batch);
        } else if shares[lane].cols.is_empty() {
            help(&mut shares, lane, self.batch);
        }
        let share = &mut shares[lane];
        while share.cols.is_empty() {
            share.place = share.rows.next()?;
            share.cols = share.band.clone();
        }
        let cols = &mut share.cols;
        let taken = cols.start..cols.end.min(cols.start + self.batch);
        cols.start = taken.end;
        Some(TileRun {
            row: self.rows[share.place as usize],
            cols: taken,
        })
    }
}

/// Batches begin at multiples of their size, whoever runs them: what a model gives for one item
/// may depend on the others.
fn batches(cols: &Range<u32>, batch: u32) -> u32 {
    (cols.end - cols.start).div_ceil(batch)
}

/// Takes half of what is left of a row from the slowest of the team, where that is far behind.
fn help(shares: &mut [LaneShare], lane: usize, batch: u32) {
    let (team, open) = (shares[lane].team, shares[lane].first_open());
    let mates = (0..shares.len()).filter(|i| shares[*i].team == team && !shares[*i].is_done());
    let slowest = mates.min_by_key(|i| shares[*i].first_open());
    if let Some(mate) = slowest.filter(|i| shares[*i].first_open() + AHEAD < open) {
        take_half_a_row(shares, mate, lane, batch);
    }
}

fn take_half_a_row(shares: &mut [LaneShare], victim: usize, lane: usize, batch: u32) {
    let (place, cols) = (shares[victim].place, shares[victim].cols.clone());
    let half = batches(&cols, batch) / 2;
    if half == 0 {
        return;
    }
    let middle = cols
        .end
        .min(cols.start + (batches(&cols, batch) - half) * batch);
    shares[victim].cols.end = middle;
    shares[lane].place = place;
    shares[lane].cols = middle..cols.end;
}

/// Takes the second half of the longest share: of its rows, or when no rows are left, of the
/// row it works on.
fn steal(shares: &mut [LaneShare], lane: usize, batch: u32) {
    let longest = |length: &dyn Fn(&LaneShare) -> u32| {
        (0..shares.len()).max_by_key(|i| (length(&shares[*i]), usize::MAX - i))
    };
    let by_rows = longest(&|share| share.rows.end - share.rows.start);
    if let Some(victim) = by_rows.filter(|v| !shares[*v].rows.is_empty()) {
        let rows = &mut shares[victim].rows;
        let middle = rows.start + (rows.end - rows.start) / 2;
        let taken = middle..rows.end;
        rows.end = middle;
        shares[lane].rows = taken;
        shares[lane].band = shares[victim].band.clone();
        // It goes its own way from here.
        shares[lane].team = shares.len() + lane;
        return;
    }
    if let Some(victim) = longest(&|share| batches(&share.cols, batch)) {
        take_half_a_row(shares, victim, lane, batch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_tile_is_handed_out_once(
            rows in 1_u32..20, columns in 1_u32..20, lanes in 1_usize..6, bands in 1_usize..6,
            batch in 1_usize..5,
            order in prop::collection::vec(0_usize..6, 600),
        ) {
            let schedule = Schedule::new((0..rows).collect(), columns, lanes, bands, batch);
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
    #[test]
    fn those_that_share_rows_stay_together() {
        let schedule = Schedule::new((0..100).collect(), 40, 2, 2, 1);
        let mut done = vec![0; 100];
        // The first worker is three times as fast.
        for lane in [0, 0, 0, 1].into_iter().cycle().take(3000) {
            let run = schedule.next(lane).unwrap();
            done[run.row as usize] += 1;
            let whole = done.iter().take_while(|n| **n == 40).count();
            let begun = done.iter().filter(|n| **n > 0).count();
            assert!(
                begun - whole <= AHEAD as usize + 3,
                "{begun} begun, {whole} whole"
            );
        }
    }

    #[test]
    fn bands_cover_the_columns_and_teams_the_rows() {
        let schedule = Schedule::new((0..10).collect(), 10, 5, 2, 3);
        let shares = schedule.lanes.lock().unwrap();
        let seen: Vec<_> = shares
            .iter()
            .map(|s| (s.rows.clone(), s.band.clone()))
            .collect();
        let wanted = [
            (0..4, 0..3),
            (0..4, 3..10),
            (4..8, 0..3),
            (4..8, 3..10),
            (8..10, 0..10),
        ];
        assert_eq!(seen, wanted);
    }
}
