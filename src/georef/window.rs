//! A rectangle of pixels.

/// A rectangle of whole pixels. The frame (raster, model grid) is named by
/// whoever holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// First column.
    pub col_off: u32,
    /// First row.
    pub row_off: u32,
    /// Number of columns.
    pub width: u32,
    /// Number of rows.
    pub height: u32,
}

impl Window {
    /// The first column behind the window.
    #[must_use]
    pub fn col_end(&self) -> u32 {
        self.col_off + self.width
    }

    /// The first row behind the window.
    #[must_use]
    pub fn row_end(&self) -> u32 {
        self.row_off + self.height
    }

    /// Column and row of the first pixel, as GDAL takes them.
    #[must_use]
    pub fn offset(&self) -> (isize, isize) {
        let signed = |n: u32| isize::try_from(n).unwrap_or(isize::MAX);
        (signed(self.col_off), signed(self.row_off))
    }

    /// The number of pixels.
    #[must_use]
    pub fn area(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// The part that both windows share, if any.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let col_off = self.col_off.max(other.col_off);
        let row_off = self.row_off.max(other.row_off);
        let col_end = self.col_end().min(other.col_end());
        let row_end = self.row_end().min(other.row_end());
        (col_off < col_end && row_off < row_end).then(|| Self {
            col_off,
            row_off,
            width: col_end - col_off,
            height: row_end - row_off,
        })
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "columns {}..{}, rows {}..{}",
            self.col_off,
            self.col_end(),
            self.row_off,
            self.row_end()
        )
    }
}
