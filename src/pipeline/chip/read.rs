//! Reading a tile: from the best overview, resampled to the model grid, scaled to
//! the model's input, empty pixels known.

use super::resample::{Taps, resample_plane};
use super::{ModelGrid, Tile};
use crate::georef::Window;
use crate::model::{BandScaling, InputLayout};
use crate::pipeline::acquire::{Raster, RowReader, Samples, SourcePixels};
use crate::{Error, Result};
use std::path::PathBuf;

/// Source pixels that may be read at once for a tile: memory stays bounded.
const MOST_SOURCE_PIXELS: u64 = 1 << 26;

/// How pixels become the model's input.
#[derive(Debug, Clone)]
pub struct InputSpec {
    /// The axis order of one item.
    pub layout: InputLayout,
    /// One scaling a band.
    pub scaling: Vec<BandScaling>,
}

/// Which pixels of a tile's core hold an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChipValidity {
    /// None: there is nothing to look at.
    Empty,
    /// All.
    Full,
    /// 1 where a pixel counts, `[row, col]` over the core.
    Partial(Vec<u8>),
}

/// Reads tiles of one raster through a handle of its own.
pub struct ChipReader {
    reader: RowReader,
    path: PathBuf,
    grid: ModelGrid,
    spec: InputSpec,
    level: Option<usize>,
    level_size: (u32, u32),
    /// Level pixels per grid pixel.
    step: (f64, f64),
    /// What was read last; its room is used again.
    pixels: SourcePixels,
    plane: Vec<f32>,
    weight: Vec<f32>,
    scratch: Vec<f32>,
    resampled: Vec<f32>,
    coverage: Vec<f32>,
}

impl ChipReader {
    /// Opens a handle and picks the level to read from.
    pub fn open(raster: &Raster, grid: ModelGrid, spec: InputSpec) -> Result<Self> {
        let (level, level_size) = best_level(raster, &grid);
        let step_of = |scale: f64, full: u32, own: u32| {
            let step = scale * f64::from(own) / f64::from(full);
            if (step - 1.0).abs() < 1e-9 { 1.0 } else { step }
        };
        Ok(Self {
            reader: RowReader::open(raster)?,
            path: raster.info.path.clone(),
            step: (
                step_of(grid.scale_x, raster.info.width, level_size.0),
                step_of(grid.scale_y, raster.info.height, level_size.1),
            ),
            grid,
            spec,
            level,
            level_size,
            pixels: SourcePixels::default(),
            plane: Vec::new(),
            weight: Vec::new(),
            scratch: Vec::new(),
            resampled: Vec::new(),
            coverage: Vec::new(),
        })
    }

    /// Reads a tile into `input`, one item in the model's layout. What lies outside
    /// the raster or is empty there becomes what the value 0 is scaled to.
    pub fn read(&mut self, tile: &Tile, input: &mut [f32]) -> Result<ChipValidity> {
        let Some(inside) = grown(tile.window, tile.margin).intersection(&self.grid.window()) else {
            return Ok(ChipValidity::Empty);
        };
        let whole = |v: f64| v.to_bits() == 1.0_f64.to_bits();
        if whole(self.step.0) && whole(self.step.1) {
            self.read_as_is(tile, inside, input)
        } else {
            self.read_resampled(tile, inside, input)
        }
    }

    fn read_as_is(
        &mut self,
        tile: &Tile,
        inside: Window,
        input: &mut [f32],
    ) -> Result<ChipValidity> {
        self.reader
            .read_into(self.level, inside, &mut self.pixels)?;
        let pixels = &self.pixels;
        let valid = pixels.valid.as_deref();
        if valid.is_some_and(|v| !v.contains(&1)) {
            return Ok(ChipValidity::Empty);
        }
        let spot = Spot::new(tile, inside, self.spec.layout, self.spec.scaling.len());
        self.pad(&spot, input);
        match &pixels.samples {
            Samples::U8(values) => {
                for (band, plane) in values
                    .chunks_exact(pixels.width * pixels.height)
                    .enumerate()
                {
                    let scaling = self.spec.scaling[band];
                    spot.write(band, plane, input, |v| scaling.apply(f32::from(v)));
                }
            }
            Samples::U16(values) => {
                for (band, plane) in values
                    .chunks_exact(pixels.width * pixels.height)
                    .enumerate()
                {
                    let scaling = self.spec.scaling[band];
                    spot.write(band, plane, input, |v| scaling.apply(f32::from(v)));
                }
            }
            Samples::F32(values) => {
                for (band, plane) in values
                    .chunks_exact(pixels.width * pixels.height)
                    .enumerate()
                {
                    let scaling = self.spec.scaling[band];
                    spot.write(band, plane, input, |v| scaling.apply(v));
                }
            }
        }
        if let Some(valid) = valid {
            self.blank(&spot, valid, input);
        }
        Ok(core_validity(tile, inside, valid))
    }

    fn read_resampled(
        &mut self,
        tile: &Tile,
        inside: Window,
        input: &mut [f32],
    ) -> Result<ChipValidity> {
        let across = Taps::new(
            inside.col_off,
            inside.col_end(),
            self.step.0,
            self.level_size.0,
        );
        let down = Taps::new(
            inside.row_off,
            inside.row_end(),
            self.step.1,
            self.level_size.1,
        );
        let source = Window {
            col_off: across.first,
            row_off: down.first,
            width: across.end - across.first,
            height: down.end - down.first,
        };
        if source.area() > MOST_SOURCE_PIXELS {
            return Err(Error::UnusableRaster {
                path: self.path.clone(),
                problem: format!(
                    "is {:.0} times finer than what the model sees and has no overview near that: \
                     {} × {} pixels would be read for one tile",
                    self.step.0, source.width, source.height
                ),
                hint: "add overviews with `gdaladdo -r average IMAGE 2 4 8 16 32`".into(),
            });
        }
        let mut pixels = std::mem::take(&mut self.pixels);
        let read = self.reader.read_into(self.level, source, &mut pixels);
        let done = read.map(|()| self.resample(tile, inside, &pixels, (&across, &down), input));
        self.pixels = pixels;
        done
    }

    /// Resamples what was read, across and down, into `input`.
    fn resample(
        &mut self,
        tile: &Tile,
        inside: Window,
        pixels: &SourcePixels,
        (across, down): (&Taps, &Taps),
        input: &mut [f32],
    ) -> ChipValidity {
        if pixels.valid.as_ref().is_some_and(|v| !v.contains(&1)) {
            return ChipValidity::Empty;
        }
        let out_len = across.len() * down.len();
        let valid = self.resample_validity(pixels, across, down, out_len);
        if valid.as_ref().is_some_and(|v| !v.contains(&1)) {
            return ChipValidity::Empty;
        }
        let spot = Spot::new(tile, inside, self.spec.layout, self.spec.scaling.len());
        self.pad(&spot, input);
        for band in 0..self.spec.scaling.len() {
            load_plane(pixels, band, &mut self.plane);
            self.resampled.resize(out_len, 0.0);
            resample_plane(
                &self.plane,
                pixels.width,
                across,
                down,
                &mut self.scratch,
                &mut self.resampled,
            );
            if valid.is_some() {
                for (value, cover) in self.resampled.iter_mut().zip(&self.coverage) {
                    *value /= cover.max(1e-6);
                }
            }
            let scaling = self.spec.scaling[band];
            spot.write(band, &self.resampled, input, |v| scaling.apply(v));
        }
        if let Some(valid) = &valid {
            self.blank(&spot, valid, input);
        }
        core_validity(tile, inside, valid.as_deref())
    }

    /// The share of valid source pixels under each grid pixel; a grid pixel counts
    /// when at least half of it does. `None`: all count.
    fn resample_validity(
        &mut self,
        pixels: &SourcePixels,
        across: &Taps,
        down: &Taps,
        out_len: usize,
    ) -> Option<Vec<u8>> {
        let valid = pixels.valid.as_ref()?;
        self.weight.clear();
        self.weight.extend(valid.iter().map(|v| f32::from(*v)));
        self.coverage.resize(out_len, 0.0);
        resample_plane(
            &self.weight,
            pixels.width,
            across,
            down,
            &mut self.scratch,
            &mut self.coverage,
        );
        Some(self.coverage.iter().map(|c| u8::from(*c >= 0.5)).collect())
    }

    /// Fills the item with the scaled value of 0 where the raster does not reach.
    fn pad(&self, spot: &Spot, input: &mut [f32]) {
        if spot.covers_all {
            return;
        }
        for (band, scaling) in self.spec.scaling.iter().enumerate() {
            spot.fill(band, scaling.apply(0.0), input);
        }
    }

    /// Puts the scaled value of 0 where pixels are empty.
    fn blank(&self, spot: &Spot, valid: &[u8], input: &mut [f32]) {
        for (band, scaling) in self.spec.scaling.iter().enumerate() {
            let empty = scaling.apply(0.0);
            spot.write_where(band, valid, empty, input);
        }
    }
}

/// One band of source pixels as floats, empty ones as 0.
fn load_plane(pixels: &SourcePixels, band: usize, plane: &mut Vec<f32>) {
    let count = pixels.width * pixels.height;
    let range = band * count..(band + 1) * count;
    plane.clear();
    match &pixels.samples {
        Samples::U8(v) => plane.extend(v[range].iter().map(|v| f32::from(*v))),
        Samples::U16(v) => plane.extend(v[range].iter().map(|v| f32::from(*v))),
        Samples::F32(v) => plane.extend_from_slice(&v[range]),
    }
    if let Some(valid) = &pixels.valid {
        for (value, v) in plane.iter_mut().zip(valid) {
            if *v == 0 {
                *value = 0.0;
            }
        }
    }
}

/// The level with the largest pixels that are not larger than the grid's, `None`
/// for the full one, and its size.
fn best_level(raster: &Raster, grid: &ModelGrid) -> (Option<usize>, (u32, u32)) {
    let info = &raster.info;
    let full = (None, (info.width, info.height));
    let coarsest = grid.scale_x.min(grid.scale_y) * 1.001;
    info.overviews
        .iter()
        .enumerate()
        .filter(|(_, o)| o.has_mask && o.width > 0 && o.height > 0)
        .filter(|(_, o)| {
            let factor = (f64::from(info.width) / f64::from(o.width))
                .max(f64::from(info.height) / f64::from(o.height));
            factor <= coarsest
        })
        .min_by_key(|(_, o)| u64::from(o.width) * u64::from(o.height))
        .map_or(full, |(i, o)| (Some(i), (o.width, o.height)))
}

/// The overview that tiles are read from; `None` for the full level.
#[must_use]
pub fn overview_for(raster: &Raster, grid: &ModelGrid) -> Option<usize> {
    best_level(raster, grid).0
}

/// A window with a margin around it, cut at the grid's left and upper edge.
fn grown(window: Window, margin: u32) -> Window {
    let (left, top) = (window.col_off.min(margin), window.row_off.min(margin));
    Window {
        col_off: window.col_off - left,
        row_off: window.row_off - top,
        width: window.width + left + margin,
        height: window.height + top + margin,
    }
}

/// Where a window lies within an item of the input tensor.
struct Spot {
    tile_width: usize,
    tile_pixels: usize,
    left: usize,
    top: usize,
    width: usize,
    covers_all: bool,
    pixel_step: usize,
    band_step: usize,
}

impl Spot {
    fn new(tile: &Tile, inside: Window, layout: InputLayout, bands: usize) -> Self {
        let margin = tile.margin;
        let (width, height) = (
            tile.window.width + 2 * margin,
            tile.window.height + 2 * margin,
        );
        let tile_width = width as usize;
        let tile_pixels = tile_width * height as usize;
        let (pixel_step, band_step) = match layout {
            InputLayout::Nchw => (1, tile_pixels),
            InputLayout::Nhwc => (bands, 1),
        };
        Self {
            tile_width,
            tile_pixels,
            left: (inside.col_off + margin - tile.window.col_off) as usize,
            top: (inside.row_off + margin - tile.window.row_off) as usize,
            width: inside.width as usize,
            covers_all: (inside.width, inside.height) == (width, height),
            pixel_step,
            band_step,
        }
    }

    #[inline]
    fn write<T: Copy>(
        &self,
        band: usize,
        plane: &[T],
        input: &mut [f32],
        scale: impl Fn(T) -> f32,
    ) {
        for (row, line) in plane.chunks_exact(self.width).enumerate() {
            let start = ((self.top + row) * self.tile_width + self.left) * self.pixel_step
                + band * self.band_step;
            if self.pixel_step == 1 {
                for (value, v) in input[start..start + self.width].iter_mut().zip(line) {
                    *value = scale(*v);
                }
            } else {
                for (value, v) in input[start..].iter_mut().step_by(self.pixel_step).zip(line) {
                    *value = scale(*v);
                }
            }
        }
    }

    fn write_where(&self, band: usize, valid: &[u8], empty: f32, input: &mut [f32]) {
        for (row, line) in valid.chunks_exact(self.width).enumerate() {
            let start = ((self.top + row) * self.tile_width + self.left) * self.pixel_step
                + band * self.band_step;
            for (value, v) in input[start..].iter_mut().step_by(self.pixel_step).zip(line) {
                if *v == 0 {
                    *value = empty;
                }
            }
        }
    }

    fn fill(&self, band: usize, value: f32, input: &mut [f32]) {
        let start = band * self.band_step;
        input[start..]
            .iter_mut()
            .step_by(self.pixel_step)
            .take(self.tile_pixels)
            .for_each(|v| *v = value);
    }
}

/// Validity over the core from validity over the part of the tile that lies inside.
fn core_validity(tile: &Tile, inside: Window, valid: Option<&[u8]>) -> ChipValidity {
    let Some(valid) = valid else {
        return ChipValidity::Full;
    };
    let core = tile.core;
    let mut mask = Vec::with_capacity(core.width as usize * core.height as usize);
    for row in core.row_off..core.row_end() {
        let start = (row - inside.row_off) as usize * inside.width as usize
            + (core.col_off - inside.col_off) as usize;
        mask.extend_from_slice(&valid[start..start + core.width as usize]);
    }
    match (mask.contains(&1), mask.contains(&0)) {
        (false, _) => ChipValidity::Empty,
        (true, false) => ChipValidity::Full,
        (true, true) => ChipValidity::Partial(mask),
    }
}
