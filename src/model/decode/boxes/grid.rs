//! The grids of stride 8, 16 and 32 that YOLO-like detectors lay over a chip.

use super::BoxFrame;

const STRIDES: [u32; 3] = [8, 16, 32];

/// A cell of one of the grids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GridCell {
    pub(super) col: u32,
    pub(super) row: u32,
    /// Chip pixels from one cell to the next.
    pub(super) stride: u32,
}

/// Number of cells of all three grids.
pub(super) fn cells(frame: BoxFrame) -> u64 {
    STRIDES
        .iter()
        .map(|stride| grid_cells(frame, *stride))
        .sum()
}

/// Number of cells of the grid of one stride.
pub(super) fn grid_cells(frame: BoxFrame, stride: u32) -> u64 {
    u64::from(frame.rows.div_ceil(stride)) * u64::from(frame.cols.div_ceil(stride))
}

/// Cell `index` where the grids follow one another, each row-major.
pub(super) fn cell(frame: BoxFrame, index: usize) -> Option<GridCell> {
    let mut index = u64::try_from(index).ok()?;
    for stride in STRIDES {
        let count = grid_cells(frame, stride);
        if index < count {
            let cols = u64::from(frame.cols.div_ceil(stride));
            return Some(GridCell {
                col: u32::try_from(index % cols).ok()?,
                row: u32::try_from(index / cols).ok()?,
                stride,
            });
        }
        index -= count;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_counted_as_detectors_do() {
        let square = |side| BoxFrame {
            rows: side,
            cols: side,
        };
        assert_eq!(cells(square(640)), 8400);
        assert_eq!(cells(square(0)), 0);
    }

    #[test]
    fn cells_run_along_rows_and_from_fine_to_coarse() {
        let frame = BoxFrame { rows: 32, cols: 64 };
        let at = |index| cell(frame, index).map(|c| (c.col, c.row, c.stride));
        assert_eq!(at(0), Some((0, 0, 8)));
        assert_eq!(at(9), Some((1, 1, 8)));
        assert_eq!(at(32), Some((0, 0, 16)));
        assert_eq!(at(41), Some((1, 0, 32)));
        assert_eq!(at(42), None);
    }
}
