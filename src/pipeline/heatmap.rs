//! The score raster: one float band a class, written tile by tile and turned into a
//! cloud-optimised GeoTIFF at the end.

use super::acquire::Raster;
use super::chip::ModelGrid;
use super::detect::Heat;
use super::report::{MadeRaster, Staging};
use crate::georef::Window;
use crate::{Error, Result};
use gdal::Dataset;
use gdal::Metadata;
use gdal::cpl::CslStringList;
use gdal::raster::{Buffer, RasterCreationOptions};
use std::path::{Path, PathBuf};

/// A score raster being written.
pub struct Heatmap {
    target: PathBuf,
    // Dropped in this order: what is open cannot be removed everywhere.
    dataset: Dataset,
    folder: Staging,
}

impl Heatmap {
    /// Starts a score raster over the model grid, with a band a class; pixels are
    /// NaN until they are written. The target appears when it is finished. A photo is refused: its
    /// scores lie on no map, and several photos show the same ground.
    pub fn create(
        target: &Path,
        raster: &Raster,
        grid: &ModelGrid,
        classes: &[&str],
    ) -> Result<Self> {
        let failed = |reason: String| Error::WriteOutput {
            path: target.to_owned(),
            reason,
        };
        let transform = raster.placement.affine().copied();
        let transform = transform.ok_or_else(|| Error::UnusableRaster {
            path: raster.info.path.clone(),
            problem: "is a photo: a raster of its scores or values would have no place on the map".into(),
            hint: "make an orthomosaic of the photos for a raster of scores or values; sites need none".into(),
        })?;
        let folder = Staging::make_in(folder_of(target))
            .map_err(|e| failed(format!("its folder cannot be written ({e})")))?;
        let working = folder.path().join("scores.tif");
        let options: RasterCreationOptions = [
            "TILED=YES",
            "COMPRESS=DEFLATE",
            "PREDICTOR=3",
            "BIGTIFF=IF_SAFER",
            "SPARSE_OK=TRUE",
            "INTERLEAVE=BAND",
        ]
        .into_iter()
        .collect();
        let create = || -> gdal::errors::Result<Dataset> {
            let driver = gdal::DriverManager::get_driver_by_name("GTiff")?;
            let (width, height) = (grid.width as usize, grid.height as usize);
            let mut dataset = driver.create_with_band_type_with_options::<f32, _>(
                &working,
                width,
                height,
                classes.len(),
                &options,
            )?;
            dataset.set_geo_transform(&transform.scaled(grid.scale_x, grid.scale_y).0)?;
            for (index, class) in classes.iter().enumerate() {
                let mut band = dataset.rasterband(index + 1)?;
                band.set_no_data_value(Some(f64::NAN))?;
                band.set_description(class)?;
            }
            Ok(dataset)
        };
        let mut dataset = create().map_err(|e| failed(e.to_string()))?;
        dataset
            .set_spatial_ref(&raster.crs.spatial_ref()?)
            .map_err(|e| failed(e.to_string()))?;
        Ok(Self {
            target: target.to_owned(),
            folder,
            dataset,
        })
    }

    /// Closes the raster and turns it into a cloud-optimised one, which waits beside the target.
    pub fn finish(self) -> Result<MadeRaster> {
        let Self {
            target,
            folder,
            dataset,
        } = self;
        let failed = |reason: String| Error::WriteOutput {
            path: target.clone(),
            reason,
        };
        dataset.close().map_err(|e| failed(e.to_string()))?;
        let working = folder.path().join("scores.tif");
        let whole = folder.path().join("whole.tif");
        let copy = || -> gdal::errors::Result<()> {
            let source = Dataset::open(&working)?;
            let driver = gdal::DriverManager::get_driver_by_name("COG")?;
            let options: CslStringList = [
                "COMPRESS=DEFLATE",
                "PREDICTOR=YES",
                "BIGTIFF=IF_SAFER",
                "RESAMPLING=AVERAGE",
            ]
            .iter()
            .try_fold(CslStringList::new(), |mut list, option| {
                list.add_string(option).map(|()| list)
            })?;
            source.create_copy(&driver, &whole, &options)?.close()
        };
        copy().map_err(|e| failed(e.to_string()))?;
        // Closing reports nothing on older versions of GDAL: look at the end of the file.
        let check = || -> gdal::errors::Result<()> {
            let whole = Dataset::open(&whole)?;
            let (width, height) = whole.raster_size();
            let last = isize::try_from(height.saturating_sub(1)).unwrap_or(0);
            for band in whole.rasterbands() {
                band?.read_as::<f32>((0, last), (width, 1), (width, 1), None)?;
            }
            Ok(())
        };
        check().map_err(|e| failed(format!("it is not whole ({e})")))?;
        Ok(MadeRaster::new(target, whole, folder))
    }
}

fn folder_of(target: &Path) -> &Path {
    target
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

impl Heat for Heatmap {
    fn put(&mut self, core: Window, planes: &[Vec<f32>]) -> Result<()> {
        let size = (core.width as usize, core.height as usize);
        for (index, plane) in planes.iter().enumerate() {
            let mut buffer = Buffer::new(size, plane.clone());
            self.dataset
                .rasterband(index + 1)
                .and_then(|mut band| band.write(core.offset(), size, &mut buffer))
                .map_err(|e| Error::WriteOutput {
                    path: self.target.clone(),
                    reason: e.to_string(),
                })?;
        }
        Ok(())
    }
}
