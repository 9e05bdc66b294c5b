//! Tiny data sets for tests: pictures, placed on the map or not, and files beside them.

use crate::pipeline::acquire::{self, AcquireOptions, Raster};
use image::{GrayImage, RgbImage};
use std::path::{Path, PathBuf};

/// Metres of ground a pixel of a placed picture.
pub(in crate::evaluate) const GSD_M: f64 = 0.02;

/// A folder that is gone after the test.
pub(in crate::evaluate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(in crate::evaluate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(in crate::evaluate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file; folders on the way are made.
    pub(in crate::evaluate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, content).unwrap();
        path
    }

    /// A black picture without a place.
    pub(in crate::evaluate) fn picture(&self, name: &str, width: u32, height: u32) -> PathBuf {
        let path = self.file(name, "");
        RgbImage::new(width, height).save(&path).unwrap();
        path
    }

    /// A black picture in UTM zone 47 north, a little turned, `east` metres from the zone's
    /// middle.
    pub(in crate::evaluate) fn placed(&self, name: &str, width: u32, height: u32) -> PathBuf {
        self.placed_at(name, width, height, 0.0)
    }

    pub(in crate::evaluate) fn placed_at(
        &self,
        name: &str,
        width: u32,
        height: u32,
        east: f64,
    ) -> PathBuf {
        let path = self.picture(name, width, height);
        self.file(&format!("{name}.aux.xml"), side_car(east));
        path
    }

    /// A mask of one byte a pixel, without a place.
    pub(in crate::evaluate) fn mask(&self, name: &str, width: u32, labels: &[u8]) -> PathBuf {
        let path = self.file(name, "");
        let height = u32::try_from(labels.len()).unwrap() / width;
        let picture = GrayImage::from_raw(width, height, labels.to_vec()).unwrap();
        picture.save(&path).unwrap();
        path
    }
}

/// Where a picture lies, as GDAL keeps it beside the file.
pub(in crate::evaluate) fn side_car(east: f64) -> String {
    let (cos, sin) = (GSD_M * 0.96, GSD_M * 0.28);
    let x = 500_000.0 + east;
    format!(
        "<PAMDataset><SRS>EPSG:32647</SRS><GeoTransform>{x}, {cos}, {sin}, 2765000, {sin}, -{cos}\
         </GeoTransform></PAMDataset>"
    )
}

/// A picture as the pipeline opens it.
pub(in crate::evaluate) fn opened(path: &Path) -> Raster {
    acquire::open(path, 3, &[], &AcquireOptions::default()).unwrap()
}
