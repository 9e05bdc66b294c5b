//! Cutting a chip out of an image: resampled to the model's grid as the model saw it, as
//! 8-bit red, green, blue.

use crate::Result;
use crate::georef::{Window, round_to_u16};
use crate::model::{BandScaling, InputLayout, ValueRange};
use crate::pipeline::acquire::{self, Raster, SampleType};
use crate::pipeline::chip::{AoiMask, ChipReader, ChipValidity, InputSpec, ModelGrid, Tile};
use crate::pipeline::fit::STRETCH_TAIL;
use image::{Rgb, RgbImage};

/// The pixels of a chip.
pub(crate) struct Picture {
    /// Red, green, blue; black where there is no image, or nothing was asked for.
    pub(crate) colors: RgbImage,
    /// Whether a pixel shows ground, `[row, col]`.
    pub(crate) valid: Vec<bool>,
}

impl Picture {
    /// The share of pixels that show ground, 0 to 1.
    pub(crate) fn valid_share(&self) -> f64 {
        let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
        count(self.valid.iter().filter(|v| **v).count()) / count(self.valid.len().max(1))
    }

    /// Takes out what `is_hidden` says of each pixel, by its place row by row: black, and not ground.
    pub(crate) fn hide(&mut self, is_hidden: impl Fn(usize) -> bool) {
        for (i, (pixel, valid)) in self.colors.pixels_mut().zip(&mut self.valid).enumerate() {
            if is_hidden(i) {
                *pixel = Rgb([0; 3]);
                *valid = false;
            }
        }
    }

    /// Takes out what lies outside an area of interest, which the model never answered for:
    /// black, and not ground. `window` is the chip's.
    pub(crate) fn keep_inside(&mut self, area: &AoiMask, window: Window) {
        let cover = area.cover(window);
        for (i, valid) in self.valid.iter_mut().enumerate() {
            *valid &= cover.has(i);
        }
        for (pixel, valid) in self.colors.pixels_mut().zip(&self.valid) {
            if !valid {
                *pixel = Rgb([0; 3]);
            }
        }
    }
}

/// Cuts chips out of one image.
pub(crate) struct Cutter {
    reader: ChipReader,
    grid: Window,
    /// Which of the model's bands are red, green, blue.
    planes: [usize; 3],
    to_bytes: BandScaling,
    bands: usize,
    values: Vec<f32>,
}

impl Cutter {
    /// Opens an image. `band_names` say which of its bands are red, green, blue; `stretch` are the values that the scan stretched to 0–255; other
    /// values than bytes are stretched in any case.
    pub(crate) fn open(
        raster: &Raster,
        grid: ModelGrid,
        band_names: &[String],
        stretch: Option<ValueRange>,
    ) -> Result<Self> {
        let eight_bit = raster.info.palette.is_some()
            || raster
                .bands
                .iter()
                .all(|b| raster.info.bands[b - 1].sample == Some(SampleType::U8));
        let stretch = match stretch {
            None if !eight_bit => acquire::value_range(raster, STRETCH_TAIL)?,
            told => told,
        };
        let bands = raster.bands.len();
        let spec = InputSpec {
            layout: InputLayout::Nchw,
            scaling: vec![BandScaling::IDENTITY; bands],
        };
        Ok(Self {
            reader: ChipReader::open(raster, grid, spec)?,
            grid: grid.window(),
            planes: color_planes(band_names, bands),
            to_bytes: stretch.map_or(BandScaling::IDENTITY, |range| {
                BandScaling::IDENTITY.after_stretch(range)
            }),
            bands,
            values: Vec::new(),
        })
    }

    /// Cuts a window of the grid; what lies beyond the grid shows no ground.
    pub(crate) fn cut(&mut self, window: Window) -> Result<Picture> {
        let pixels = window.width as usize * window.height as usize;
        let mut colors = RgbImage::new(window.width, window.height);
        let mut valid = vec![false; pixels];
        let Some(core) = window.intersection(&self.grid) else {
            return Ok(Picture { colors, valid });
        };
        let tile = Tile {
            row: 0,
            col: 0,
            window,
            margin: 0,
            core,
        };
        self.values.clear();
        self.values.resize(pixels * self.bands, 0.0);
        let validity = self.reader.read(&tile, &mut self.values)?;
        let (width, shown) = (window.width as usize, core.width as usize);
        let mut set_valid = |flag: &dyn Fn(usize) -> bool| {
            for i in 0..shown * core.height as usize {
                valid[i / shown * width + i % shown] = flag(i);
            }
        };
        match &validity {
            ChipValidity::Empty => {}
            ChipValidity::Full => set_valid(&|_| true),
            ChipValidity::Partial(mask) => set_valid(&|i| mask[i] == 1),
        }
        for (i, pixel) in colors.pixels_mut().enumerate() {
            if valid[i] {
                let byte = |plane: usize| {
                    let value = self.to_bytes.apply(self.values[plane * pixels + i]);
                    u8::try_from(round_to_u16(value).min(255)).unwrap_or(u8::MAX)
                };
                *pixel = Rgb(self.planes.map(byte));
            }
        }
        Ok(Picture { colors, valid })
    }
}

/// Which of the bands a person sees as red, green, blue: by name, else the first three, else
/// the first in grey.
fn color_planes(names: &[String], bands: usize) -> [usize; 3] {
    let of = |color: &str| names.iter().position(|n| n.eq_ignore_ascii_case(color));
    match (of("red"), of("green"), of("blue")) {
        (Some(red), Some(green), Some(blue)) if red.max(green).max(blue) < bands => {
            [red, green, blue]
        }
        _ if bands >= 3 => [0, 1, 2],
        _ => [0, 0, 0],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_go_by_name_then_by_place() {
        let names = |list: &[&str]| list.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            color_planes(&names(&["Blue", "green", "red"]), 3),
            [2, 1, 0]
        );
        let five = names(&["nir", "red", "green", "blue"]);
        assert_eq!(color_planes(&five, 4), [1, 2, 3]);
        assert_eq!(color_planes(&[], 4), [0, 1, 2]);
        assert_eq!(color_planes(&names(&["grey"]), 1), [0, 0, 0]);
    }
}
