//! Reading ahead in files of strips: what several tiles in a row will ask for, at once.
//!
//! A tile is narrow and a strip is long, so every line of a tile lies on memory pages of its own,
//! and every strip is looked up anew for each tile. Both cost more than the copying.

use super::{Raster, RasterReader, Samples, SourcePixels};
use crate::Result;
use crate::georef::Window;

/// So many bytes are read ahead: what stays in a core's cache while one tile is run.
const AHEAD_BYTES: u32 = 4 << 20;

/// Reads windows of the full level of a file in strips from left to right, several at a time; of
/// any other file, one at a time.
pub struct AheadReader {
    reader: RasterReader,
    /// Columns of the raster and bytes of a pixel, where reading ahead helps.
    strips: Option<(u32, u32)>,
    wide: SourcePixels,
    /// Where `wide` lies.
    place: Option<Window>,
}

impl AheadReader {
    /// Opens a handle of its own on a checked raster.
    pub fn open(raster: &Raster) -> Result<Self> {
        let info = &raster.info;
        let reader = RasterReader::open(raster)?;
        Ok(Self {
            strips: info
                .is_striped()
                .then_some((info.width, reader.pixel_bytes())),
            reader,
            wide: SourcePixels::default(),
            place: None,
        })
    }

    /// Reads a window as [`RasterReader::read`] does, into the room of an earlier one.
    pub fn read_into(
        &mut self,
        level: Option<usize>,
        window: Window,
        pixels: &mut SourcePixels,
    ) -> Result<()> {
        let (Some((width, bytes)), None) = (self.strips, level) else {
            return self.reader.read_into(level, window, pixels);
        };
        if !self.place.is_some_and(|place| within(window, place)) {
            self.place = None;
            let tile = window
                .width
                .saturating_mul(window.height)
                .saturating_mul(bytes);
            let times = AHEAD_BYTES / tile.max(1);
            if times < 2 {
                return self.reader.read_into(level, window, pixels);
            }
            let ahead = Window {
                width: (window.width.saturating_mul(times)).min(width - window.col_off),
                ..window
            };
            // Where a block is damaged, each tile tells by itself whether it lies there.
            if self.reader.read_into(level, ahead, &mut self.wide).is_err() {
                return self.reader.read_into(level, window, pixels);
            }
            self.place = Some(ahead);
        }
        if let Some(place) = self.place {
            cut(&self.wide, place, window, pixels);
        }
        Ok(())
    }
}

fn within(window: Window, place: Window) -> bool {
    window.intersection(&place) == Some(window)
}

/// The part of `wide`, which lies at `place`, that is in `window`.
fn cut(wide: &SourcePixels, place: Window, window: Window, pixels: &mut SourcePixels) {
    (pixels.width, pixels.height) = (window.width as usize, window.height as usize);
    let part = Part {
        count: wide.width * wide.height,
        stride: wide.width,
        left: (window.col_off - place.col_off) as usize,
        top: (window.row_off - place.row_off) as usize,
        width: pixels.width,
        height: pixels.height,
    };
    let room = std::mem::take(&mut pixels.samples);
    pixels.samples = match (&wide.samples, room) {
        (Samples::U8(from), Samples::U8(room)) => Samples::U8(part.of(from, room)),
        (Samples::U8(from), _) => Samples::U8(part.of(from, Vec::new())),
        (Samples::U16(from), Samples::U16(room)) => Samples::U16(part.of(from, room)),
        (Samples::U16(from), _) => Samples::U16(part.of(from, Vec::new())),
        (Samples::F32(from), Samples::F32(room)) => Samples::F32(part.of(from, room)),
        (Samples::F32(from), _) => Samples::F32(part.of(from, Vec::new())),
    };
    let valid = wide.valid.as_ref().map(|from| part.of(from, Vec::new()));
    pixels.valid = valid.filter(|valid| valid.contains(&0));
}

/// A window within planes of pixels.
struct Part {
    /// Pixels of a plane.
    count: usize,
    stride: usize,
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl Part {
    /// This part of all planes, in the room of `to`.
    fn of<T: Copy>(&self, planes: &[T], mut to: Vec<T>) -> Vec<T> {
        to.clear();
        for plane in planes.chunks_exact(self.count) {
            for line in plane
                .chunks_exact(self.stride)
                .skip(self.top)
                .take(self.height)
            {
                to.extend_from_slice(&line[self.left..self.left + self.width]);
            }
        }
        to
    }
}
