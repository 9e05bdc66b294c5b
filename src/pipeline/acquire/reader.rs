//! Reading source pixels: one handle, one level, one window of whole pixels.

use super::info::SampleType;
use super::open::{open_dataset, plain_reason};
use super::samples::Sample;
use super::{Raster, Samples, SourcePixels};
use crate::georef::Window;
use crate::{Error, Result};
use gdal::Dataset;
use gdal::errors::GdalError;
use gdal::raster::{GdalType, RasterBand};
use std::path::PathBuf;

/// GDAL's number for it (`CPLE_OutOfMemory` in `cpl_error.h`).
pub(super) const OUT_OF_MEMORY: i32 = 2;

/// What was read, `None` where the file is damaged: the rest of it may still be of use.
pub fn readable<T>(read: Result<T>) -> Result<Option<T>> {
    match read {
        Err(Error::ReadRaster { .. }) => Ok(None),
        read => read.map(Some),
    }
}

/// A raster opened for reading by one thread.
pub struct RasterReader {
    dataset: Dataset,
    path: PathBuf,
    bands: Vec<usize>,
    sample: SampleType,
    palette: Option<Vec<[u8; 3]>>,
    palette_nodata: Option<u8>,
    validity: super::ValidityRule,
}

impl RasterReader {
    /// Opens a handle of its own on a checked raster.
    pub fn open(raster: &Raster) -> Result<Self> {
        let palette_nodata = raster
            .info
            .palette
            .as_ref()
            .and(raster.info.bands[0].nodata)
            .and_then(|n| (0_u8..=255).find(|v| (f64::from(*v) - n).abs() < 1e-9));
        Ok(Self {
            dataset: open_dataset(&raster.info.path)?,
            path: raster.info.path.clone(),
            bands: raster.bands.clone(),
            sample: raster.sample(),
            palette: raster.info.palette.clone(),
            palette_nodata,
            validity: raster.validity.clone(),
        })
    }

    /// Reads a window of a level: `None` is the full level, `Some(i)` overview `i`.
    /// The window must lie inside the level.
    pub fn read(&self, level: Option<usize>, window: Window) -> Result<SourcePixels> {
        let mut pixels = SourcePixels::default();
        self.read_into(level, window, &mut pixels)?;
        Ok(pixels)
    }

    /// Reads a window as [`Self::read`] does, into the room of an earlier one.
    pub fn read_into(
        &self,
        level: Option<usize>,
        window: Window,
        pixels: &mut SourcePixels,
    ) -> Result<()> {
        self.read_inner(level, window, pixels).map_err(|e| match e {
            GdalError::CplError { number, .. } if number == OUT_OF_MEMORY => Error::OutOfMemory {
                path: self.path.clone(),
                reason: plain_reason(&e),
            },
            e => Error::ReadRaster {
                path: self.path.clone(),
                window: level.map_or_else(
                    || window.to_string(),
                    |l| format!("{window} of overview {l}"),
                ),
                reason: plain_reason(&e),
            },
        })
    }

    fn read_inner(
        &self,
        level: Option<usize>,
        window: Window,
        pixels: &mut SourcePixels,
    ) -> Result<(), GdalError> {
        (pixels.width, pixels.height) = (window.width as usize, window.height as usize);
        let count = pixels.width * pixels.height;
        if let Some(palette) = &self.palette {
            *pixels = self.read_palette(palette, level, window)?;
            return Ok(());
        }
        pixels.samples = match self.sample {
            SampleType::U8 => self.read_bands::<u8>(level, window, pixels)?,
            SampleType::U16 => self.read_bands::<u16>(level, window, pixels)?,
            SampleType::F32 => self.read_bands::<f32>(level, window, pixels)?,
        };
        let has_float = matches!(pixels.samples, Samples::F32(_));
        pixels.valid = if self.validity.is_all_valid() && !has_float {
            None
        } else {
            let mut valid = vec![1; count];
            self.apply_masks(level, window, &mut valid)?;
            self.validity
                .apply_values(&pixels.samples, count, &mut valid);
            valid.contains(&0).then_some(valid)
        };
        Ok(())
    }

    /// `[band, row, col]`, in the room of earlier ones.
    fn read_bands<T: Sample>(
        &self,
        level: Option<usize>,
        window: Window,
        earlier: &mut SourcePixels,
    ) -> Result<Samples, GdalError> {
        let pixels = window.width as usize * window.height as usize;
        let mut values = T::room(std::mem::take(&mut earlier.samples));
        values.resize(pixels * self.bands.len(), T::default());
        for (band, plane) in self
            .bands
            .iter()
            .zip(values.chunks_exact_mut(pixels.max(1)))
        {
            read_plane(&self.level_band(*band, level)?, window, plane)?;
        }
        Ok(T::wrap(values))
    }

    fn read_palette(
        &self,
        palette: &[[u8; 3]],
        level: Option<usize>,
        window: Window,
    ) -> Result<SourcePixels, GdalError> {
        let (width, height) = (window.width as usize, window.height as usize);
        let pixels = width * height;
        let mut indices = vec![0_u8; pixels];
        read_plane(&self.level_band(1, level)?, window, &mut indices)?;
        let mut values = Vec::with_capacity(pixels * self.bands.len());
        for color in &self.bands {
            values.extend(indices.iter().map(|i| palette[usize::from(*i)][color - 1]));
        }
        let mut valid = vec![1; pixels];
        self.apply_masks(level, window, &mut valid)?;
        let samples = Samples::U8(values);
        self.validity.apply_values(&samples, pixels, &mut valid);
        if let Some(nodata) = self.palette_nodata {
            for (v, index) in valid.iter_mut().zip(&indices) {
                *v &= u8::from(*index != nodata);
            }
        }
        let valid = valid.contains(&0).then_some(valid);
        Ok(SourcePixels {
            width,
            height,
            samples,
            valid,
        })
    }

    fn apply_masks(
        &self,
        level: Option<usize>,
        window: Window,
        valid: &mut [u8],
    ) -> Result<(), GdalError> {
        if self.validity.mask {
            let mut mask = vec![0_u8; valid.len()];
            read_plane(
                &self.level_band(1, level)?.open_mask_band()?,
                window,
                &mut mask,
            )?;
            for (v, m) in valid.iter_mut().zip(&mask) {
                *v &= u8::from(*m != 0);
            }
        }
        if let Some((band, opaque)) = self.validity.alpha {
            let mut alpha = vec![0_u16; valid.len()];
            read_plane(&self.level_band(band, level)?, window, &mut alpha)?;
            for (v, a) in valid.iter_mut().zip(&alpha) {
                *v &= u8::from(f32::from(*a) >= opaque);
            }
        }
        Ok(())
    }

    fn level_band(&self, band: usize, level: Option<usize>) -> Result<RasterBand<'_>, GdalError> {
        let full = self.dataset.rasterband(band)?;
        match level {
            None => Ok(full),
            Some(index) => full.overview(index),
        }
    }
}

fn read_plane<T: GdalType + Copy>(
    band: &RasterBand<'_>,
    window: Window,
    plane: &mut [T],
) -> Result<(), GdalError> {
    let size = (window.width as usize, window.height as usize);
    let offset = window.offset();
    band.read_into_slice(offset, size, size, plane, None)
}
