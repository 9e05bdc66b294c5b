//! Small `GeoTIFF`s and photos for tests of what reads rasters.

use gdal::DriverManager;
use gdal::raster::{Buffer, GdalType, RasterCreationOptions};
use gdal::spatial_ref::SpatialRef;
use std::path::Path;

/// A raster to be written.
pub(crate) struct Made<'a, T> {
    /// Columns and rows.
    pub(crate) size: (usize, usize),
    /// Values by band, row by row.
    pub(crate) bands: Vec<Vec<T>>,
    /// GDAL's six numbers.
    pub(crate) transform: [f64; 6],
    /// A code; `None` for a raster that does not say.
    pub(crate) crs: Option<&'a str>,
    /// The value of empty pixels.
    pub(crate) nodata: Option<f64>,
}

impl<T: GdalType + Copy> Made<'_, T> {
    /// Writes it as a GeoTIFF.
    pub(crate) fn write(&self, path: &Path) {
        super::prepare_gdal();
        let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
        let (width, height) = self.size;
        let mut dataset = driver
            .create_with_band_type::<T, _>(path, width, height, self.bands.len())
            .unwrap();
        dataset.set_geo_transform(&self.transform).unwrap();
        if let Some(crs) = self.crs {
            dataset
                .set_spatial_ref(&SpatialRef::from_definition(crs).unwrap())
                .unwrap();
        }
        for (index, values) in self.bands.iter().enumerate() {
            let mut band = dataset.rasterband(index + 1).unwrap();
            if self.nodata.is_some() {
                band.set_no_data_value(self.nodata).unwrap();
            }
            let mut buffer = Buffer::new(self.size, values.clone());
            band.write((0, 0), self.size, &mut buffer).unwrap();
        }
        dataset.flush_cache().unwrap();
    }
}

/// Writes a photo without a place: bands of values, row by row, by a driver of GDAL.
pub(crate) fn write_photo<T: GdalType + Copy>(
    driver: &str,
    path: &Path,
    size: (usize, usize),
    bands: &[Vec<T>],
) {
    super::prepare_gdal();
    let memory = DriverManager::get_driver_by_name("MEM").unwrap();
    let made = memory
        .create_with_band_type::<T, _>("", size.0, size.1, bands.len())
        .unwrap();
    for (index, values) in bands.iter().enumerate() {
        let mut buffer = Buffer::new(size, values.clone());
        let mut band = made.rasterband(index + 1).unwrap();
        band.write((0, 0), size, &mut buffer).unwrap();
    }
    let driver = DriverManager::get_driver_by_name(driver).unwrap();
    let options = RasterCreationOptions::default();
    made.create_copy(&driver, path, &options).unwrap();
}
