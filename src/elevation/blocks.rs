//! Blocks of heights, those used last kept in memory.

use crate::georef::Window;
use crate::pipeline::acquire::{RasterReader, Samples, SourcePixels};

/// Pixels along a block's edge.
const EDGE: u32 = 256;

/// So many blocks are kept: 16 MiB.
const MOST_KEPT: usize = 64;

/// Heights on land: the shore of the Dead Sea lies at -430 m, Qomolangma at 8,849 m.
const HEIGHTS_M: std::ops::RangeInclusive<f32> = -500.0..=9000.0;

/// Heights of a raster by pixel.
pub(super) struct Blocks {
    reader: RasterReader,
    size: (u32, u32),
    /// Those used last in front.
    kept: Vec<Block>,
    pixels: SourcePixels,
    /// What could not be read first, in words.
    pub(super) damage: Option<String>,
}

struct Block {
    /// Of the block, counted in blocks.
    place: (u32, u32),
    width: u32,
    /// NaN where there is none; empty where the block could not be read.
    heights: Vec<f32>,
}

impl Blocks {
    pub(super) fn new(reader: RasterReader, size: (u32, u32)) -> Self {
        Self {
            reader,
            size,
            kept: Vec::new(),
            pixels: SourcePixels::default(),
            damage: None,
        }
    }

    /// The height of a pixel in metres; none outside of the raster.
    pub(super) fn value(&mut self, col: u32, row: u32) -> Option<f64> {
        if col >= self.size.0 || row >= self.size.1 {
            return None;
        }
        let place = (col / EDGE, row / EDGE);
        match self.kept.iter().position(|block| block.place == place) {
            Some(0) => {}
            Some(at) => self.kept[..=at].rotate_right(1),
            None => {
                let block = self.read(place);
                self.kept.truncate(MOST_KEPT - 1);
                self.kept.insert(0, block);
            }
        }
        let block = self.kept.first()?;
        let at = (row % EDGE) * block.width + col % EDGE;
        let height = *block.heights.get(at as usize)?;
        (!height.is_nan()).then(|| f64::from(height))
    }

    fn read(&mut self, place: (u32, u32)) -> Block {
        let (col_off, row_off) = (place.0 * EDGE, place.1 * EDGE);
        let window = Window {
            col_off,
            row_off,
            width: EDGE.min(self.size.0 - col_off),
            height: EDGE.min(self.size.1 - row_off),
        };
        let heights = match self.reader.read_into(None, window, &mut self.pixels) {
            Ok(()) => heights_of(&self.pixels),
            Err(error) => {
                self.damage.get_or_insert_with(|| error.to_string());
                Vec::new()
            }
        };
        Block {
            place,
            width: window.width,
            heights,
        }
    }
}

fn heights_of(pixels: &SourcePixels) -> Vec<f32> {
    let mut heights: Vec<f32> = match &pixels.samples {
        Samples::U8(values) => values.iter().map(|v| f32::from(*v)).collect(),
        Samples::U16(values) => values.iter().map(|v| f32::from(*v)).collect(),
        Samples::F32(values) => values.clone(),
    };
    for height in &mut heights {
        if !HEIGHTS_M.contains(height) {
            *height = f32::NAN;
        }
    }
    if let Some(valid) = &pixels.valid {
        for (height, valid) in heights.iter_mut().zip(valid) {
            if *valid == 0 {
                *height = f32::NAN;
            }
        }
    }
    heights
}
