//! Stage 1 of 6: acquire. Takes paths as the user wrote them, gives checked
//! rasters: facts, georeferencing, bands, validity and values are settled here and
//! not checked again.

mod bands;
mod gdal_runtime;
mod info;
mod inputs;
mod labels;
mod open;
mod photos;
mod picture;
mod reader;
mod rows;
mod samples;
#[cfg(test)]
pub(crate) mod testing;
mod validity;
mod values;

pub use crate::remote::is_remote;
pub use bands::BandChoice;
pub use gdal_runtime::{gdal_version, prepare_gdal, set_block_cache};
pub use info::{BandInfo, MaskKind, OverviewInfo, RasterInfo, SampleType};
pub use inputs::{expand_inputs, short_names};
pub use labels::{LabelRaster, NO_LABEL};
pub use open::{files_read, parts_of};
pub use photos::Photos;
pub(in crate::pipeline) use photos::usable_ground;
pub use picture::{Damage, Picture, read_picture};
pub use reader::{RasterReader, readable};
pub use rows::{RowReader, Strips};
pub use samples::{Samples, SourcePixels};
pub use validity::ValidityRule;
pub use values::{sample_windows, spread_windows, value_range};

use crate::georef::{Crs, Gsd, Placement};
use crate::{Error, Result};
use bands::choose_bands;
use std::path::Path;
use std::sync::Arc;

/// How an image is to be understood, where the file itself does not tell.
#[derive(Debug, Clone, Default)]
pub struct AcquireOptions {
    /// The reference system of images that carry none.
    pub assume_crs: Option<String>,
    /// Source bands in model order.
    pub bands: Option<Vec<BandChoice>>,
    /// A value that marks pixels as empty, besides what the file says.
    pub nodata: Option<f64>,
    /// Images without a georeference that are photos, and how their pixels meet the ground.
    pub photos: Photos,
}

/// A raster that can be scanned: placed on the ground, its bands chosen, its empty
/// pixels known.
#[derive(Debug, Clone)]
pub struct Raster {
    /// Plain facts of the file.
    pub info: RasterInfo,
    /// Between raster pixels and map units.
    pub placement: Placement,
    /// The map's reference system; WGS 84 of a photo.
    pub crs: Crs,
    /// Whether the reference system was assumed by the user.
    pub crs_assumed: bool,
    /// Metres per pixel at the centre; of a photo that does not look at ground there, in the middle of
    /// its usable part.
    pub gsd: Gsd,
    /// Source bands in model order, counted from 1. A palette raster has its three
    /// colours instead.
    pub bands: Vec<usize>,
    /// Which pixels are empty.
    pub validity: ValidityRule,
}

impl Raster {
    /// Longitudes and latitudes (WGS 84, degrees) along the raster's four edges, `steps` to an edge; of a
    /// photo along the edges of its usable part.
    pub(crate) fn border(&self, steps: u32) -> Result<(Vec<f64>, Vec<f64>)> {
        if let Some(ground) = self.placement.rays() {
            let outline = photos::usable_ground(ground.as_ref(), steps);
            return Ok(outline.into_iter().unzip());
        }
        let to_wgs84 = self.crs.to_wgs84()?;
        let (width, height) = (f64::from(self.info.width), f64::from(self.info.height));
        let (mut lons, mut lats): (Vec<f64>, Vec<f64>) = (0..=steps)
            .flat_map(|i| {
                let t = f64::from(i) / f64::from(steps);
                [
                    (t * width, 0.0),
                    (t * width, height),
                    (0.0, t * height),
                    (width, t * height),
                ]
            })
            .filter_map(|(col, row)| self.placement.pixel_to_map(col, row))
            .unzip();
        to_wgs84.apply(&mut lons, &mut lats)?;
        Ok((lons, lats))
    }

    /// Whether it is a photo, whose pixels meet the ground ray by ray.
    #[must_use]
    pub fn is_photo(&self) -> bool {
        self.placement.rays().is_some()
    }

    /// The type that pixels of its bands are read as.
    #[must_use]
    pub fn sample(&self) -> SampleType {
        if self.info.palette.is_some() {
            return SampleType::U8;
        }
        let mut kinds = self.bands.iter().map(|b| self.info.bands[b - 1].sample);
        let first = kinds.next().flatten();
        let first = first.filter(|kind| kinds.all(|k| k == Some(*kind)));
        first.unwrap_or(SampleType::F32)
    }

    /// Bytes of a pixel as GDAL keeps blocks: all bands, used or not, and the mask.
    #[must_use]
    pub fn decoded_bytes(&self) -> u32 {
        let bands: u32 = self.info.bands.iter().map(BandInfo::bytes).sum();
        bands + u32::from(self.validity.mask)
    }

    /// Map coordinates of the raster's centre; `None` where a photo sees no ground there.
    #[must_use]
    pub fn center(&self) -> Option<(f64, f64)> {
        let half = |n: u32| f64::from(n) / 2.0;
        self.placement
            .pixel_to_map(half(self.info.width), half(self.info.height))
    }
}

/// Opens a raster and settles what a model with `channels` bands named
/// `band_names` (may be empty) will see of it. A georeference of the file counts before what
/// [`AcquireOptions::photos`] says of it.
pub fn open(
    path: &Path,
    channels: usize,
    band_names: &[String],
    options: &AcquireOptions,
) -> Result<Raster> {
    let info = RasterInfo::read(path)?;
    let unusable = |problem: String, hint: &str| Error::UnusableRaster {
        path: path.to_owned(),
        problem,
        hint: hint.into(),
    };
    if let Some(complex) = info.bands.iter().find(|b| b.sample.is_none()) {
        return Err(unusable(
            format!(
                "has values of type {}, wanted real numbers",
                complex.type_name
            ),
            "convert it to magnitudes, for example with `gdal_calc.py`",
        ));
    }
    if let Some(problem) = options.photos.refusal(path) {
        return Err(unusable(
            problem.to_owned(),
            "`tianmu flight` says what each photo lacks, and docs/flight.md what helps",
        ));
    }
    let photo = options
        .photos
        .get(path)
        .filter(|_| info.transform.is_none());
    let (placement, crs, crs_assumed, gsd) = if let Some(ground) = photo {
        let gsd = photos::gsd(ground.as_ref(), &info)?;
        (
            Placement::Rays(Arc::clone(ground)),
            Crs::wgs84()?,
            false,
            gsd,
        )
    } else {
        on_map(path, &info, options)?
    };
    let bands = choose_bands(path, &info, channels, band_names, options)?;
    let validity = ValidityRule::of(&info, &bands, options.nodata);
    Ok(Raster {
        info,
        placement,
        crs,
        crs_assumed,
        gsd,
        bands,
        validity,
    })
}

/// The place of an image that is a map, its reference system, whether that was assumed, and metres per
/// pixel.
fn on_map(
    path: &Path,
    info: &RasterInfo,
    options: &AcquireOptions,
) -> Result<(Placement, Crs, bool, Gsd)> {
    let unusable = |problem: String, hint: &str| Error::UnusableRaster {
        path: path.to_owned(),
        problem,
        hint: hint.into(),
    };
    let transform = info.transform.ok_or_else(|| {
        unusable(
            if info.gcp_count > 0 {
                format!(
                    "is placed by {} ground control points, wanted a geotransform",
                    info.gcp_count
                )
            } else {
                "is not georeferenced: it has no geotransform".into()
            },
            "warp it first with `gdalwarp`, or export an orthomosaic with its georeferencing; \
             of raw drone photos `tianmu flight` says what they lack",
        )
    })?;
    if transform.map_to_pixel(0.0, 0.0).is_none() {
        return Err(unusable(
            "has a geotransform that maps all pixels onto a line".into(),
            "export it again with its georeferencing",
        ));
    }
    let (crs, crs_assumed) = match (&info.crs, &options.assume_crs) {
        (Some(crs), _) => (crs.clone(), false),
        (None, Some(text)) => (Crs::parse(text)?, true),
        (None, None) => {
            return Err(unusable(
                info.crs_problem
                    .clone()
                    .unwrap_or_else(|| "has no coordinate reference system".into()),
                "name it with `--assume-crs EPSG:…`; ask the person who made the mosaic which one it is",
            ));
        }
    };
    let gsd = Gsd::measure(&transform, &crs.to_wgs84()?, info.width, info.height)
        .ok()
        .filter(Gsd::is_plausible)
        .ok_or_else(|| {
            unusable(
                format!(
                    "lies outside the area of its reference system {}",
                    crs.label()
                ),
                "its georeferencing and its reference system do not belong together; check both",
            )
        })?;
    Ok((transform.into(), crs, crs_assumed, gsd))
}
