//! Strips: connected components traced row by row, and joined across seams without a trace.

use std::ops::Range;

use crate::pipeline::fuse::component::{Component, sort_components};
use crate::pipeline::fuse::open::{LiveRun, OpenComponent, OpenComponents, Top, UNASSIGNED};
use crate::pipeline::fuse::runs::RowRuns;

/// Traces the components of one strip, fed row by row from the top.
///
/// Memory is bounded by the components that are open, plus the closed ones until
/// [`StripTracer::take_closed`] takes them.
#[derive(Debug)]
pub struct StripTracer {
    width: u32,
    classes: usize,
    rows: Range<u32>,
    open: OpenComponents,
    /// Runs of the first row, as they were when it was pushed.
    first: Vec<LiveRun>,
    /// Runs of the last row pushed.
    last: Vec<LiveRun>,
    closed: Vec<Component>,
    row: RowBuffer,
}

/// Rows `y0..y1` of a grid as components: those closed for good, which touch neither the first
/// row nor the last, and those still open, which await a [`Strip::join`] or a [`Strip::seal`].
#[derive(Debug)]
pub struct Strip {
    classes: usize,
    rows: Range<u32>,
    open: Vec<OpenComponent>,
    first: Vec<LiveRun>,
    last: Vec<LiveRun>,
    closed: Vec<Component>,
}

/// The row being read: longest runs with their sums; used again from row to row.
#[derive(Debug, Default)]
struct RowBuffer {
    runs: Vec<LiveRun>,
    /// `[run]`
    tops: Vec<Top>,
    /// `[run, class]`
    evidence: Vec<u64>,
}

impl StripTracer {
    /// A tracer for a grid of `width` columns, the next row being `first_row`; `classes` counts
    /// the background too.
    #[must_use]
    pub fn new(width: u32, first_row: u32, classes: usize) -> Self {
        Self {
            width,
            classes,
            rows: first_row..first_row,
            open: OpenComponents::default(),
            first: Vec::new(),
            last: Vec::new(),
            closed: Vec::new(),
            row: RowBuffer::default(),
        }
    }

    /// Takes the next row: its runs by ascending column, in one piece or, tile by tile, in many.
    ///
    /// # Panics
    /// If runs overlap, stand out of order, are empty or of class 0, leave the grid, or do not
    /// have one evidence sum per class.
    pub fn push_row<'a>(&mut self, pieces: impl IntoIterator<Item = RowRuns<'a>>) {
        let mut current = std::mem::take(&mut self.row);
        current.read(pieces, self.classes);
        if let Some(run) = current.runs.last() {
            assert!(run.x1 <= self.width, "runs stay inside the grid");
        }
        let y = self.rows.end;
        if self.rows.is_empty() {
            for run in &mut current.runs {
                run.id = self.open.open(run, y, self.classes);
                let open = self.open.get_mut(run.id).expect("just opened");
                open.in_first_row = true;
            }
            self.first.clone_from(&current.runs);
        } else {
            let (above, below) = (&self.last, &mut current.runs);
            self.open.meet_rows(above, below, y, self.classes);
        }
        for (index, run) in current.runs.iter_mut().enumerate() {
            run.id = self.open.find(run.id);
            let open = self.open.get_mut(run.id).expect("a live run is not closed");
            let evidence = &current.evidence[index * self.classes..][..self.classes];
            open.add(run, y, current.tops[index], evidence);
        }
        for run in &self.last {
            let root = self.open.find(run.id);
            let is_over = |open: &mut OpenComponent| open.last_row < y && !open.in_first_row;
            if self.open.get_mut(root).is_some_and(is_over) {
                self.closed.extend(self.open.close(root));
            }
        }
        self.open.recycle_merged();
        std::mem::swap(&mut self.last, &mut current.runs);
        self.row = current;
        self.rows.end = y + 1;
    }

    /// Takes `count` rows without any run, at the cost of one.
    pub fn push_empty_rows(&mut self, count: u32) {
        if count > 0 {
            self.push_row([]);
            self.rows.end += count - 1;
        }
    }

    /// Takes out the components closed so far, in no particular order.
    #[must_use]
    pub fn take_closed(&mut self) -> Vec<Component> {
        std::mem::take(&mut self.closed)
    }

    /// The strip of all rows pushed.
    #[must_use]
    pub fn finish(self) -> Strip {
        Strip::settle(
            self.classes,
            self.rows,
            self.open,
            [self.first, self.last],
            self.closed,
        )
    }
}

impl RowBuffer {
    /// Reads a row, uniting runs of one class that touch.
    fn read<'a>(&mut self, pieces: impl IntoIterator<Item = RowRuns<'a>>, classes: usize) {
        self.runs.clear();
        self.tops.clear();
        self.evidence.clear();
        for piece in pieces {
            let sums = piece.runs.len() * classes;
            assert_eq!(piece.evidence.len(), sums, "one sum per run and class");
            for (index, run) in piece.runs.iter().enumerate() {
                assert!(run.x0 < run.x1 && run.class != 0, "runs hold something");
                let evidence = &piece.evidence[index * classes..][..classes];
                let previous = self.runs.last_mut();
                let reach = previous.as_ref().map_or(0, |previous| previous.x1);
                assert!(reach <= run.x0, "runs ascend");
                let touching = previous.filter(|last| last.x1 == run.x0 && last.class == run.class);
                if let Some(last) = touching {
                    last.x1 = run.x1;
                    let top = self.tops.last_mut().expect("one per run");
                    top.score_max = run.score_max.max(top.score_max);
                    top.sure += u64::from(run.sure);
                    let from = self.evidence.len() - classes;
                    for (sum, &addend) in self.evidence[from..].iter_mut().zip(evidence) {
                        *sum += u64::from(addend);
                    }
                } else {
                    self.runs.push(LiveRun {
                        x0: run.x0,
                        x1: run.x1,
                        class: run.class,
                        id: UNASSIGNED,
                    });
                    self.tops.push(Top {
                        score_max: run.score_max,
                        sure: u64::from(run.sure),
                    });
                    let sums = evidence.iter().map(|&sum| u64::from(sum));
                    self.evidence.extend(sums);
                }
            }
        }
    }
}

impl Strip {
    fn settle(
        classes: usize,
        rows: Range<u32>,
        open: OpenComponents,
        [mut first, mut last]: [Vec<LiveRun>; 2],
        mut closed: Vec<Component>,
    ) -> Self {
        let open = open.settle([&mut first, &mut last], &mut closed);
        Self {
            classes,
            rows,
            open,
            first,
            last,
            closed,
        }
    }

    /// The rows covered.
    #[must_use]
    pub fn rows(&self) -> Range<u32> {
        self.rows.clone()
    }

    /// Takes out the components closed so far, in no particular order.
    #[must_use]
    pub fn take_closed(&mut self) -> Vec<Component> {
        std::mem::take(&mut self.closed)
    }

    /// Joins two strips, `lower` starting where `upper` ends, exactly as if all rows had been
    /// pushed to one tracer. Any order of joining neighbours gives the same components.
    ///
    /// # Panics
    /// If the strips are not neighbours or count different classes.
    #[must_use]
    pub fn join(mut upper: Self, mut lower: Self) -> Self {
        assert_eq!(upper.rows.end, lower.rows.start, "neighbouring strips");
        assert_eq!(upper.classes, lower.classes, "strips of one model");
        if upper.rows.is_empty() || lower.rows.is_empty() {
            let (mut kept, empty) = if upper.rows.is_empty() {
                (lower, upper)
            } else {
                (upper, lower)
            };
            kept.closed.extend(empty.closed);
            return kept;
        }
        let offset = u32::try_from(upper.open.len()).expect("ids are u32");
        for run in lower.first.iter_mut().chain(&mut lower.last) {
            run.id += offset;
        }
        let mut open = OpenComponents::from_open(upper.open.into_iter().chain(lower.open));
        let seam = lower.rows.start;
        open.meet_rows(&upper.last, &mut lower.first, seam, upper.classes);
        if upper.closed.len() < lower.closed.len() {
            std::mem::swap(&mut upper.closed, &mut lower.closed);
        }
        upper.closed.extend(lower.closed);
        Self::settle(
            upper.classes,
            upper.rows.start..lower.rows.end,
            open,
            [upper.first, lower.last],
            upper.closed,
        )
    }

    /// Ends the grid at the strip's first and last row, and returns all components that were not
    /// taken before, in canonical order (see [`sort_components`]).
    #[must_use]
    pub fn seal(mut self) -> Vec<Component> {
        let mut open = OpenComponents::from_open(self.open.into_iter());
        open.meet_rows(&[], &mut self.first, self.rows.start, self.classes);
        open.meet_rows(&self.last, &mut [], self.rows.end, self.classes);
        open.settle([&mut [], &mut []], &mut self.closed);
        sort_components(&mut self.closed);
        self.closed
    }
}

#[cfg(test)]
mod tests;
