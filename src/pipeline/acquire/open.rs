//! Opening files through GDAL, and its words when that fails.

use super::gdal_runtime::files_of;
use crate::{Error, Result, remote};
use gdal::Dataset;
use gdal::errors::GdalError;
use std::path::{Path, PathBuf};

/// Refuses a file that leads to a network, or round in a circle.
pub(super) fn check_way(path: &Path) -> Result<()> {
    remote::check_image(path).map_err(|astray| Error::UnusableRaster {
        path: path.to_owned(),
        problem: astray.problem,
        hint: astray.hint.into(),
    })
}

/// Opens a file as a raster, without leaving anything beside it. Files that the user named go
/// through [`check_way`] first.
pub(super) fn open_dataset(path: &Path) -> Result<Dataset> {
    super::prepare_gdal();
    let options = gdal::DatasetOptions {
        open_flags: gdal::GdalOpenFlags::GDAL_OF_RASTER
            | gdal::GdalOpenFlags::GDAL_OF_READONLY
            | gdal::GdalOpenFlags::GDAL_OF_VERBOSE_ERROR,
        ..Default::default()
    };
    Dataset::open_ex(path, options).map_err(|e| Error::OpenRaster {
        path: path.to_owned(),
        reason: plain_reason(&e),
    })
}

/// GDAL's own words, without the wrapping.
pub(super) fn plain_reason(error: &GdalError) -> String {
    match error {
        GdalError::CplError { msg, .. } | GdalError::NullPointer { msg, .. }
            if !msg.trim().is_empty() =>
        {
            msg.trim().to_owned()
        }
        other => other.to_string(),
    }
}

/// The files that opening `path` reads, as a raster or as a vector: itself, side-cars,
/// the images of a VRT, the parts of a shapefile.
#[must_use]
pub fn files_read(path: &Path) -> Vec<PathBuf> {
    super::prepare_gdal();
    let mut files = check_way(path)
        .ok()
        .and_then(|()| Dataset::open(path).ok())
        .map(|d| files_of(&d))
        .unwrap_or_default();
    files.push(path.to_owned());
    files
}

/// The files that an image consists of besides itself, such as side-cars and the sources of a
/// VRT, sorted.
#[must_use]
pub fn parts_of(path: &Path) -> Vec<PathBuf> {
    let own = fs_err::canonicalize(path).ok();
    let mut files = files_read(path);
    files.retain(|file| fs_err::canonicalize(file).ok() != own);
    files.sort();
    files.dedup();
    files
}
