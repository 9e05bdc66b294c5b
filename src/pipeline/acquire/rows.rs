//! Reading a raster row by row of tiles. In a file of strips every tile of a row lies on the same
//! strips, across the whole raster: they are decoded once, into memory of our own, and tiles are
//! cut from there. GDAL's cache would need room for two rows of tiles, and would look every strip
//! up anew for each tile.

use super::info::SampleType;
use super::samples::Sample;
use super::{Raster, RasterReader, SourcePixels};
use crate::Result;
use crate::georef::Window;

/// Columns are kept together up to so many bytes: what a core's cache holds while their tiles are
/// cut.
const CHUNK_BYTES: u64 = 4 << 20;

/// Strips of so many bytes are decoded at once.
const GROUP_BYTES: u64 = 2 << 20;

/// A row of tiles that takes more is read tile by tile.
const MOST_BYTES: u64 = 1 << 30;

/// Reads windows of a raster; of the full level of a file in strips a whole row of tiles at once.
pub struct RowReader {
    reader: RasterReader,
    strips: Option<Strips>,
    kept: Box<dyn KeptRows>,
    /// First row and height of windows that meet damage: their strips are not tried together again.
    damaged: Option<(u32, u32)>,
}

/// How a file lies in strips.
#[derive(Debug, Clone, Copy)]
pub struct Strips {
    /// Columns of the raster.
    width: u32,
    /// Rows of a strip.
    height: u32,
    /// Bytes of a pixel as it is kept, and as GDAL keeps it.
    kept: u32,
    decoded: u32,
}

impl Strips {
    /// How a raster lies in strips, if it does.
    #[must_use]
    pub fn of(raster: &Raster) -> Option<Self> {
        let info = &raster.info;
        let bands = u32::try_from(raster.bands.len()).unwrap_or(u32::MAX >> 3);
        info.is_striped().then(|| Self {
            width: info.width,
            height: info.block.1.max(1),
            // A byte says whether the pixel counts.
            kept: raster.sample().bytes() * bands + 1,
            decoded: raster.decoded_bytes(),
        })
    }

    /// Bytes that a [`RowReader`] keeps of windows of so many rows; `None` where it reads tile by
    /// tile.
    #[must_use]
    pub fn kept_bytes(&self, rows: u32) -> Option<u64> {
        let bytes = u64::from(self.width) * u64::from(rows) * u64::from(self.kept);
        (bytes <= MOST_BYTES).then_some(bytes)
    }

    /// Bytes of blocks that GDAL has to keep while strips are decoded.
    #[must_use]
    pub fn cache_bytes(&self) -> u64 {
        u64::from(self.width) * u64::from(self.group()) * u64::from(self.decoded)
    }

    /// Rows that are decoded at once: whole strips.
    fn group(&self) -> u32 {
        let strip = u64::from(self.width) * u64::from(self.height) * u64::from(self.decoded);
        let strips = (GROUP_BYTES / strip.max(1)).max(1);
        let strips = u32::try_from(strips).unwrap_or(u32::MAX);
        self.height.saturating_mul(strips)
    }
}

impl RowReader {
    /// Opens a handle of its own on a checked raster.
    pub fn open(raster: &Raster) -> Result<Self> {
        Ok(Self {
            reader: RasterReader::open(raster)?,
            strips: Strips::of(raster),
            damaged: None,
            kept: match raster.sample() {
                SampleType::U8 => Box::<Rows<u8>>::default(),
                SampleType::U16 => Box::<Rows<u16>>::default(),
                SampleType::F32 => Box::<Rows<f32>>::default(),
            },
        })
    }

    /// Reads a window as [`RasterReader::read`] does, into the room of an earlier one.
    pub fn read_into(
        &mut self,
        level: Option<usize>,
        window: Window,
        pixels: &mut SourcePixels,
    ) -> Result<()> {
        let fits = |strips: &Strips| strips.kept_bytes(window.height).is_some();
        let rows = (window.row_off, window.height);
        if let Some(strips) = self.strips.filter(|s| level.is_none() && fits(s))
            && self.damaged != Some(rows)
        {
            if self.kept.fill(&self.reader, strips, window).is_ok() {
                self.kept.cut(window, pixels);
                return Ok(());
            }
            // Each tile tells by itself whether it lies there.
            self.damaged = Some(rows);
        }
        self.reader.read_into(level, window, pixels)
    }
}

/// Rows of a raster, kept.
trait KeptRows: Send {
    /// Makes it hold the rows of a window, over all columns.
    fn fill(&mut self, reader: &RasterReader, strips: Strips, window: Window) -> Result<()>;

    /// Cuts a window out of the rows that it holds.
    fn cut(&self, window: Window, pixels: &mut SourcePixels);
}

/// Rows of pixels of one type.
#[derive(Default)]
struct Rows<T> {
    chunks: Vec<Chunk<T>>,
    /// The first row, and the one behind the last.
    held: Option<(u32, u32)>,
    scratch: SourcePixels,
}

impl<T: Sample> KeptRows for Rows<T> {
    fn fill(&mut self, reader: &RasterReader, strips: Strips, window: Window) -> Result<()> {
        let (first, end) = (window.row_off, window.row_end());
        let mut next = first;
        // Whatever fails below, half of it is no whole.
        match self.held.take() {
            Some(rows) if rows == (first, end) => next = end,
            // What two rows of tiles share is there already.
            Some((from, to)) if to - from == window.height && (from..to).contains(&first) => {
                for chunk in &mut self.chunks {
                    chunk.move_up((first - from) as usize);
                }
                next = to;
            }
            _ => self.lay_out(strips, window),
        }
        for chunk in &mut self.chunks {
            chunk.window.row_off = first;
        }
        while next < end {
            let whole = (next / strips.group() + 1).saturating_mul(strips.group());
            let height = whole.min(end) - next;
            for chunk in &mut self.chunks {
                let part = Window {
                    row_off: next,
                    height,
                    ..chunk.window
                };
                reader.read_into(None, part, &mut self.scratch)?;
                chunk.put((next - first) as usize, &self.scratch);
            }
            next += height;
        }
        self.held = Some((first, end));
        Ok(())
    }

    fn cut(&self, window: Window, pixels: &mut SourcePixels) {
        (pixels.width, pixels.height) = (window.width as usize, window.height as usize);
        let count = pixels.width * pixels.height;
        let mut values = T::room(std::mem::take(&mut pixels.samples));
        let bands = self.chunks.first().map_or(0, Chunk::bands);
        values.resize(bands * count, T::default());
        let mut valid: Option<Vec<u8>> = None;
        for chunk in &self.chunks {
            let Some(part) = window.intersection(&chunk.window) else {
                continue;
            };
            let to = Place::new(window, part);
            let from = Place::new(chunk.window, part);
            for (plane, kept) in values.chunks_exact_mut(count).zip(chunk.planes()) {
                copy_lines(plane, &to, kept, &from, part.height);
            }
            if let Some(kept) = &chunk.valid {
                let valid = valid.get_or_insert_with(|| vec![1; count]);
                copy_lines(valid, &to, kept, &from, part.height);
            }
        }
        pixels.samples = T::wrap(values);
        pixels.valid = valid.filter(|valid| valid.contains(&0));
    }
}

impl<T: Sample> Rows<T> {
    /// Empty chunks for the rows of a window.
    fn lay_out(&mut self, strips: Strips, window: Window) {
        let column = u64::from(window.height) * u64::from(strips.kept);
        let columns = u32::try_from(CHUNK_BYTES / column.max(1)).unwrap_or(u32::MAX);
        let columns = columns.max(window.width).clamp(1, strips.width.max(1));
        let offsets = (0..strips.width).step_by(columns as usize);
        let chunk = |col_off| {
            Chunk::new(Window {
                col_off,
                width: columns.min(strips.width - col_off),
                ..window
            })
        };
        self.chunks = offsets.map(chunk).collect();
    }
}

/// Columns of the kept rows.
struct Chunk<T> {
    window: Window,
    /// `[band, row, col]`.
    samples: Vec<T>,
    /// `[row, col]`, 1 where a pixel counts; `None`: all count.
    valid: Option<Vec<u8>>,
}

impl<T: Sample> Chunk<T> {
    fn new(window: Window) -> Self {
        Self {
            window,
            samples: Vec::new(),
            valid: None,
        }
    }

    fn count(&self) -> usize {
        self.window.width as usize * self.window.height as usize
    }

    fn planes(&self) -> std::slice::ChunksExact<'_, T> {
        self.samples.chunks_exact(self.count())
    }

    fn bands(&self) -> usize {
        self.planes().len()
    }

    /// Puts pixels of all its columns at a row.
    fn put(&mut self, row: usize, pixels: &SourcePixels) {
        let values = T::values(&pixels.samples);
        let (count, part) = (self.count(), pixels.width * pixels.height);
        self.samples
            .resize(values.len() / part.max(1) * count, T::default());
        let at = row * pixels.width;
        let planes = self.samples.chunks_exact_mut(count);
        for (plane, from) in planes.zip(values.chunks_exact(part)) {
            plane[at..at + part].copy_from_slice(from);
        }
        match (&mut self.valid, &pixels.valid) {
            (None, None) => {}
            (Some(valid), None) => valid[at..at + part].fill(1),
            (valid, Some(from)) => {
                let valid = valid.get_or_insert_with(|| vec![1; count]);
                valid[at..at + part].copy_from_slice(from);
            }
        }
    }

    /// Forgets the first rows and moves the others up.
    fn move_up(&mut self, rows: usize) {
        let (count, start) = (self.count(), rows * self.window.width as usize);
        for plane in self.samples.chunks_exact_mut(count) {
            plane.copy_within(start.., 0);
        }
        if let Some(valid) = &mut self.valid {
            valid.copy_within(start.., 0);
        }
    }
}

/// Where a part lies in the plane of a window.
struct Place {
    stride: usize,
    row: usize,
    col: usize,
    width: usize,
}

impl Place {
    fn new(window: Window, part: Window) -> Self {
        Self {
            stride: window.width as usize,
            row: (part.row_off - window.row_off) as usize,
            col: (part.col_off - window.col_off) as usize,
            width: part.width as usize,
        }
    }

    fn line(&self, row: usize) -> std::ops::Range<usize> {
        let start = (self.row + row) * self.stride + self.col;
        start..start + self.width
    }
}

fn copy_lines<T: Copy>(plane: &mut [T], to: &Place, kept: &[T], from: &Place, rows: u32) {
    for row in 0..rows as usize {
        plane[to.line(row)].copy_from_slice(&kept[from.line(row)]);
    }
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
