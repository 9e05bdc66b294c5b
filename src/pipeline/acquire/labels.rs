//! Rasters of labels: one band of whole numbers, placed on the ground or not.

use super::RasterInfo;
use super::open::{open_dataset, plain_reason};
use crate::georef::{Window, round_to_u32};
use crate::{Error, Result};
use gdal::Dataset;
use gdal::errors::GdalError;
use gdal::raster::GdalType;
use std::path::Path;

/// What a pixel without a label reads as: not a number, or a nodata value that is none of the
/// whole numbers from 0.
pub const NO_LABEL: u32 = u32::MAX;

/// Pixels that are read together, about: a few megabytes.
const PIXELS_TOGETHER: u32 = 1 << 22;
/// A row of blocks of more pixels is read in pieces.
const MOST_PIXELS_TOGETHER: u32 = 1 << 25;

/// A raster of labels, opened for reading by one thread.
pub struct LabelRaster {
    /// Plain facts of the file.
    pub info: RasterInfo,
    dataset: Dataset,
}

impl LabelRaster {
    /// Opens a raster of one band of real numbers; an alpha band beside it is passed over. It
    /// need not be placed on the ground.
    pub fn open(path: &Path) -> Result<Self> {
        let info = RasterInfo::read(path)?;
        let is_alpha = |color: &str| color.eq_ignore_ascii_case("alpha");
        let unusable = |problem: String| Error::UnusableRaster {
            path: path.to_owned(),
            problem,
            hint: "save the mask as one band with the number of a class in each pixel".into(),
        };
        if info.bands.iter().skip(1).any(|b| !is_alpha(&b.color)) {
            return Err(unusable(format!(
                "has {} bands, wanted one with the number of a class in each pixel",
                info.bands.len()
            )));
        }
        if info.bands[0].sample.is_none() {
            return Err(unusable(format!(
                "has values of type {}, wanted whole numbers",
                info.bands[0].type_name
            )));
        }
        let dataset = open_dataset(path)?;
        Ok(Self { info, dataset })
    }

    /// The number that the file says means nothing, where it is a whole number from 0.
    #[must_use]
    pub fn nodata(&self) -> Option<u32> {
        self.info.bands[0].nodata.and_then(whole)
    }

    /// Rows that are best read together: whole blocks, where they are not too large.
    #[must_use]
    pub fn rows_together(&self) -> u32 {
        let (width, height) = (self.info.width, self.info.height);
        let block = self.info.block.1.clamp(1, height);
        let fit = (PIXELS_TOGETHER / width).max(1);
        let is_huge = u64::from(block) * u64::from(width) > u64::from(MOST_PIXELS_TOGETHER);
        let rows = match fit / block {
            0 if is_huge => fit,
            0 => block,
            blocks => blocks * block,
        };
        rows.min(height)
    }

    /// Reads the labels of a window inside the raster, `[row, col]`, into `labels`.
    ///
    /// # Errors
    /// [`Error::ReadRaster`] when the file is damaged, [`Error::UnusableRaster`] when a value is
    /// no whole number from 0 and not the file's nodata.
    pub fn read_into(&self, window: Window, labels: &mut Vec<u32>) -> Result<()> {
        let failed = |e: &GdalError| Error::ReadRaster {
            path: self.info.path.clone(),
            window: window.to_string(),
            reason: plain_reason(e),
        };
        labels.clear();
        match self.info.bands[0].type_name.as_str() {
            "Byte" => {
                let plane = self.plane::<u8>(window).map_err(|e| failed(&e))?;
                labels.extend(plane.into_iter().map(u32::from));
            }
            "UInt16" => {
                let plane = self.plane::<u16>(window).map_err(|e| failed(&e))?;
                labels.extend(plane.into_iter().map(u32::from));
            }
            _ => {
                for value in self.plane::<f64>(window).map_err(|e| failed(&e))? {
                    labels.push(self.label(value)?);
                }
            }
        }
        Ok(())
    }

    /// The values of a window as GDAL converts them to `T`.
    fn plane<T: GdalType + Copy + Default>(&self, window: Window) -> Result<Vec<T>, GdalError> {
        let size = (window.width as usize, window.height as usize);
        let mut plane = vec![T::default(); size.0 * size.1];
        self.dataset.rasterband(1)?.read_into_slice(
            window.offset(),
            size,
            size,
            &mut plane,
            None,
        )?;
        Ok(plane)
    }

    fn label(&self, value: f64) -> Result<u32> {
        if let Some(label) = whole(value) {
            return Ok(label);
        }
        let is_nodata = |nodata: f64| nodata.total_cmp(&value).is_eq();
        if value.is_nan() || self.info.bands[0].nodata.is_some_and(is_nodata) {
            return Ok(NO_LABEL);
        }
        Err(Error::UnusableRaster {
            path: self.info.path.clone(),
            problem: format!("has a pixel of {value}, wanted whole numbers from 0"),
            hint: "save the mask with the number of a class in each pixel, not with scores".into(),
        })
    }
}

/// A number as a label, if it is a whole number from 0 that is not [`NO_LABEL`].
fn whole(value: f64) -> Option<u32> {
    let label = round_to_u32(value);
    let is_whole = f64::from(label).total_cmp(&(value + 0.0)).is_eq();
    (is_whole && label != NO_LABEL).then_some(label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdal::DriverManager;
    use gdal::raster::Buffer;

    fn paint<T: GdalType + Copy>(
        path: &Path,
        bands: usize,
        values: &[T],
        nodata: Option<f64>,
    ) -> Result<LabelRaster> {
        let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
        let file = driver
            .create_with_band_type::<T, _>(path, 3, 2, bands)
            .unwrap();
        for band in 1..=bands {
            let mut band = file.rasterband(band).unwrap();
            if nodata.is_some() {
                band.set_no_data_value(nodata).unwrap();
            }
            band.write((0, 0), (3, 2), &mut Buffer::new((3, 2), values.to_vec()))
                .unwrap();
        }
        file.close().unwrap();
        LabelRaster::open(path)
    }

    fn labels(raster: &LabelRaster) -> Result<Vec<u32>> {
        let mut labels = Vec::new();
        let whole = Window {
            col_off: 0,
            row_off: 0,
            width: 3,
            height: 2,
        };
        raster.read_into(whole, &mut labels)?;
        Ok(labels)
    }

    #[test]
    fn whole_numbers_of_any_type_are_labels() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.tif");
        let bytes = paint(&path, 1, &[0_u8, 1, 2, 3, 254, 255], Some(255.0)).unwrap();
        assert_eq!(labels(&bytes).unwrap(), [0, 1, 2, 3, 254, 255]);
        assert_eq!((bytes.nodata(), bytes.rows_together()), (Some(255), 2));
        assert!(bytes.info.transform.is_none() && bytes.info.crs.is_none());
        let wide = paint(&path, 1, &[0_u16, 1, 2, 3, 4, 65_535], None).unwrap();
        assert_eq!(labels(&wide).unwrap()[5], 65_535);
        let floats = [0.0, -0.0, 2.0, f32::NAN, -9999.0, 7.0];
        let floats = paint(&path, 1, &floats, Some(-9999.0)).unwrap();
        assert_eq!(labels(&floats).unwrap(), [0, 0, 2, NO_LABEL, NO_LABEL, 7]);
        assert_eq!(floats.nodata(), None);
    }

    #[test]
    fn scores_and_colours_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.tif");
        let scores = paint(&path, 1, &[0.5_f32; 6], None).unwrap();
        let error = labels(&scores).unwrap_err();
        assert!(error.to_string().contains("has a pixel of 0.5"), "{error}");
        let negative = paint(&path, 1, &[-1_i16; 6], None).unwrap();
        assert!(labels(&negative).is_err());
        let error = paint(&path, 3, &[1_u8; 6], None).err().unwrap();
        assert!(
            error.to_string().contains("has 3 bands, wanted one"),
            "{error}"
        );
        assert!(!error.hint().is_empty());
    }
}
