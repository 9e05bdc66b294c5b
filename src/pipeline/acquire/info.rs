//! Plain facts of a raster file.

use super::open::{check_way, open_dataset, plain_reason};
use crate::georef::{Crs, GeoTransform};
use crate::{Error, Result};
use gdal::raster::{ColorInterpretation, GdalDataType, RasterBand};
use gdal::{Dataset, Metadata};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The element type pixels are read as; others are converted to float by GDAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SampleType {
    /// Unsigned byte.
    U8,
    /// Unsigned 16 bit.
    U16,
    /// Everything else.
    F32,
}

impl SampleType {
    /// Bytes of a value.
    #[must_use]
    pub fn bytes(self) -> u32 {
        match self {
            Self::U8 => 1,
            Self::U16 => 2,
            Self::F32 => 4,
        }
    }
}

/// One band.
#[derive(Debug, Clone, Serialize)]
pub struct BandInfo {
    /// The type's name in GDAL.
    pub type_name: String,
    /// How it is read; `None` for complex values.
    pub sample: Option<SampleType>,
    /// Colour interpretation: `Red`, `Alpha`, `Gray`…
    pub color: String,
    /// The band's own name, if it has one.
    pub description: String,
    /// The value that marks empty pixels.
    pub nodata: Option<f64>,
    /// Bits used, where fewer than the type has.
    pub significant_bits: Option<u32>,
}

impl BandInfo {
    /// Bytes of a value in the file's own type.
    #[must_use]
    pub fn bytes(&self) -> u32 {
        match self.type_name.as_str() {
            "Byte" | "Int8" => 1,
            "UInt16" | "Int16" => 2,
            "Float64" | "UInt64" | "Int64" => 8,
            _ => 4,
        }
    }
}

/// What a file offers to tell empty pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MaskKind {
    /// Nothing: all pixels count.
    None,
    /// A mask inside or beside the file.
    Mask,
    /// An alpha band.
    Alpha,
    /// A nodata value.
    Nodata,
}

/// One overview level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct OverviewInfo {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Whether it has a mask of its own where the full level has one.
    pub has_mask: bool,
}

/// Plain facts of a raster file, as far as they can be had without reading pixels,
/// but for a sample of the alpha band.
#[derive(Debug, Clone)]
pub struct RasterInfo {
    /// The file.
    pub path: PathBuf,
    /// GDAL's driver.
    pub driver: String,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// The bands, in file order.
    pub bands: Vec<BandInfo>,
    /// Columns and rows of a block.
    pub block: (u32, u32),
    /// Compression, as GDAL names it.
    pub compression: Option<String>,
    /// `PIXEL` or `BAND`.
    pub interleave: Option<String>,
    /// Overviews, finest first.
    pub overviews: Vec<OverviewInfo>,
    /// The geotransform, if there is one.
    pub transform: Option<GeoTransform>,
    /// The reference system, if it is usable.
    pub crs: Option<Crs>,
    /// Why the reference system is not usable.
    pub crs_problem: Option<String>,
    /// Number of ground control points.
    pub gcp_count: usize,
    /// What tells empty pixels.
    pub masks: Vec<MaskKind>,
    /// The band that really is a mask (counted from 1).
    pub alpha_band: Option<usize>,
    /// A band tagged alpha that holds data, most likely near infrared.
    pub false_alpha: Option<usize>,
    /// Colours of a palette raster: index to red, green, blue.
    pub palette: Option<Vec<[u8; 3]>>,
    /// Capture time, as the file states it, in ISO 8601.
    pub capture_time: Option<String>,
    /// Size of the file in bytes.
    pub file_bytes: Option<u64>,
}

impl RasterInfo {
    /// Opens the file and reads its facts.
    pub fn read(path: &Path) -> Result<Self> {
        check_way(path)?;
        let dataset = open_dataset(path)?;
        Self::of(path, &dataset)
    }

    fn of(path: &Path, dataset: &Dataset) -> Result<Self> {
        let failed = |e: gdal::errors::GdalError| Error::OpenRaster {
            path: path.to_owned(),
            reason: plain_reason(&e),
        };
        let (width, height) = dataset.raster_size();
        let count = dataset.raster_count();
        let small = |n: usize| u32::try_from(n).ok().filter(|n| *n > 0 && *n < 1 << 30);
        let (Some(width), Some(height)) = (small(width), small(height)) else {
            return Err(Error::UnusableRaster {
                path: path.to_owned(),
                problem: format!(
                    "has {width} × {height} pixels, wanted at least one and fewer than 2³⁰ a side"
                ),
                hint: "choose the image itself, not a container or a table".into(),
            });
        };
        if count == 0 {
            return Err(Error::UnusableRaster {
                path: path.to_owned(),
                problem: "has no bands".into(),
                hint: "name one of its subdatasets; `gdalinfo` lists them".into(),
            });
        }
        let mut bands = Vec::with_capacity(count);
        for index in 1..=count {
            bands.push(band_info(&dataset.rasterband(index).map_err(failed)?));
        }
        let first = dataset.rasterband(1).map_err(failed)?;
        let mask_flags = first.mask_flags().map_err(failed)?;
        let block = first.block_size();
        let (alpha_band, false_alpha) = find_alpha(dataset, &bands);
        let mut masks = Vec::new();
        if alpha_band.is_some() {
            masks.push(MaskKind::Alpha);
        }
        if mask_flags.is_per_dataset() && !mask_flags.is_alpha() {
            masks.push(MaskKind::Mask);
        }
        if bands.iter().any(|b| b.nodata.is_some()) {
            masks.push(MaskKind::Nodata);
        }
        if masks.is_empty() {
            masks.push(MaskKind::None);
        }
        let (crs, crs_problem) = read_crs(dataset);
        Ok(Self {
            path: path.to_owned(),
            driver: dataset.driver().short_name(),
            width,
            height,
            block: (
                u32::try_from(block.0).unwrap_or(width),
                u32::try_from(block.1).unwrap_or(1),
            ),
            compression: dataset.metadata_item("COMPRESSION", "IMAGE_STRUCTURE"),
            interleave: dataset.metadata_item("INTERLEAVE", "IMAGE_STRUCTURE"),
            overviews: read_overviews(&first, masks.contains(&MaskKind::Mask)),
            transform: read_transform(dataset),
            crs,
            crs_problem,
            gcp_count: gcp_count(dataset),
            palette: read_palette(&first, count),
            bands,
            masks,
            alpha_band,
            false_alpha,
            capture_time: read_capture_time(dataset),
            file_bytes: fs_err::metadata(path).ok().map(|m| m.len()),
        })
    }

    /// The number of bands a user can choose from: a palette counts as three.
    #[must_use]
    pub fn color_count(&self) -> usize {
        if self.palette.is_some() {
            3
        } else {
            self.bands.len()
        }
    }

    /// Bands that hold data, counted from 1: all but the mask.
    #[must_use]
    pub fn data_bands(&self) -> Vec<usize> {
        (1..=self.color_count())
            .filter(|b| Some(*b) != self.alpha_band)
            .collect()
    }

    /// Bands in the order of `names`, by colour interpretation or by their own
    /// names; `None` unless all are found.
    #[must_use]
    pub fn bands_by_name(&self, names: &[String]) -> Option<Vec<usize>> {
        if names.is_empty() {
            return None;
        }
        if self.palette.is_some() {
            let colors = ["red", "green", "blue"];
            return names
                .iter()
                .map(|n| Some(colors.iter().position(|c| c.eq_ignore_ascii_case(n))? + 1))
                .collect();
        }
        names
            .iter()
            .map(|name| {
                let name = name.to_lowercase();
                let is_it = |b: &BandInfo| {
                    b.color.to_lowercase() == name || b.description.to_lowercase() == name
                };
                let infrared = matches!(name.as_str(), "nir" | "nir08" | "near-infrared");
                self.bands
                    .iter()
                    .position(is_it)
                    .map(|i| i + 1)
                    .or_else(|| self.false_alpha.filter(|_| infrared))
                    .filter(|b| Some(*b) != self.alpha_band)
            })
            .collect()
    }

    /// Whether the file says which colours its bands are.
    #[must_use]
    pub fn bands_are_named(&self) -> bool {
        self.palette.is_some()
            || self
                .bands
                .iter()
                .any(|b| matches!(b.color.as_str(), "Red" | "Green" | "Blue"))
    }

    /// The bands' own names, or their colours.
    #[must_use]
    pub fn band_names(&self) -> Vec<String> {
        self.bands
            .iter()
            .map(|b| {
                if b.description.is_empty() {
                    b.color.clone()
                } else {
                    b.description.clone()
                }
            })
            .collect()
    }

    /// Whether blocks are rows across the whole raster.
    #[must_use]
    pub fn is_striped(&self) -> bool {
        self.block.0 >= self.width && self.block.1 < self.height
    }

    /// Whether pixel values were changed by compression.
    #[must_use]
    pub fn is_lossy(&self) -> bool {
        self.compression.as_deref().is_some_and(|c| {
            ["JPEG", "WEBP", "JPEG2000", "YCbCr JPEG"]
                .iter()
                .any(|l| c.eq_ignore_ascii_case(l))
        }) || ["JPEG", "JP2OpenJPEG", "ECW", "MrSID", "WEBP"].contains(&self.driver.as_str())
    }
}

fn band_info(band: &RasterBand<'_>) -> BandInfo {
    let kind = band.band_type();
    let sample = match kind {
        GdalDataType::UInt8 => Some(SampleType::U8),
        GdalDataType::UInt16 => Some(SampleType::U16),
        GdalDataType::Unknown => None,
        other if other.name().starts_with('C') => None,
        _ => Some(SampleType::F32),
    };
    BandInfo {
        type_name: kind.name(),
        sample,
        color: band.color_interpretation().name(),
        description: band.description().unwrap_or_default(),
        nodata: band.no_data_value(),
        significant_bits: band
            .metadata_item("NBITS", "IMAGE_STRUCTURE")
            .and_then(|t| t.parse().ok()),
    }
}

/// A band tagged alpha is a mask only if it looks like one: nearly all values at
/// either end. Some programs tag near infrared so.
fn find_alpha(dataset: &Dataset, bands: &[BandInfo]) -> (Option<usize>, Option<usize>) {
    let Some(index) = bands
        .iter()
        .position(|b| b.color == ColorInterpretation::AlphaBand.name())
    else {
        return (None, None);
    };
    let Some(full) = alpha_full(&bands[index]) else {
        return (None, Some(index + 1));
    };
    let Ok(band) = dataset.rasterband(index + 1) else {
        return (None, None);
    };
    // Lossy compression, of eight bits only, leaves values near the ends.
    let blur = if bands[index].sample == Some(SampleType::U8) {
        full * 0.04
    } else {
        0.0
    };
    let (width, height) = dataset.raster_size();
    let mut at_ends = 0_usize;
    let mut total = 0_usize;
    for window in super::sample_windows(width, height, (128, 128), 25) {
        let size = (window.width as usize, window.height as usize);
        let offset = window.offset();
        let Ok(buffer) = band.read_as::<f32>(offset, size, size, None) else {
            continue;
        };
        let near_end = |v: &&f32| **v <= blur || **v >= full - blur;
        at_ends += buffer.data().iter().filter(near_end).count();
        total += buffer.data().len();
    }
    // Lossy compression leaves values in between along the edges only.
    if at_ends * 100 >= total * 95 {
        (Some(index + 1), None)
    } else {
        (None, Some(index + 1))
    }
}

/// The alpha value that means opaque.
pub(super) fn alpha_full(band: &BandInfo) -> Option<f32> {
    match band.sample? {
        SampleType::U8 => Some(255.0),
        SampleType::U16 => Some(65_535.0),
        SampleType::F32 => None,
    }
}

fn read_overviews(band: &RasterBand<'_>, has_mask: bool) -> Vec<OverviewInfo> {
    let count = usize::try_from(band.overview_count().unwrap_or(0)).unwrap_or(0);
    (0..count)
        .map_while(|i| {
            let level = band.overview(i).ok()?;
            let mask_ok = !has_mask
                || level
                    .mask_flags()
                    .is_ok_and(|f| f.is_per_dataset() && !f.is_all_valid());
            Some(OverviewInfo {
                width: u32::try_from(level.x_size()).ok()?,
                height: u32::try_from(level.y_size()).ok()?,
                has_mask: mask_ok,
            })
        })
        .collect()
}

fn read_transform(dataset: &Dataset) -> Option<GeoTransform> {
    dataset
        .geo_transform()
        .ok()
        .filter(|t| t.iter().all(|v| v.is_finite()))
        .map(GeoTransform)
}

fn read_crs(dataset: &Dataset) -> (Option<Crs>, Option<String>) {
    match dataset.spatial_ref() {
        Err(_) => (None, None),
        Ok(srs) => match Crs::from_spatial_ref(srs) {
            Ok(crs) => (Some(crs), None),
            Err(Error::Crs { crs, problem }) => (
                None,
                Some(format!("has reference system `{crs}`, which {problem}")),
            ),
            Err(_) => (None, None),
        },
    }
}

fn gcp_count(dataset: &Dataset) -> usize {
    dataset.gcps().len()
}

fn read_palette(band: &RasterBand<'_>, bands: usize) -> Option<Vec<[u8; 3]>> {
    if bands != 1 || band.band_type() != GdalDataType::UInt8 {
        return None;
    }
    let table = band.color_table()?;
    let byte = |v: i16| u8::try_from(v.clamp(0, 255)).unwrap_or(0);
    let mut colors = vec![[0; 3]; 256];
    for (index, color) in colors.iter_mut().enumerate().take(table.entry_count()) {
        if let Some(entry) = table.entry_as_rgb(index) {
            *color = [byte(entry.r), byte(entry.g), byte(entry.b)];
        }
    }
    Some(colors)
}

/// Capture time from the places where cameras, mosaicking programs and satellite
/// products put it. Without a zone in the file there is none in the answer.
fn read_capture_time(dataset: &Dataset) -> Option<String> {
    let places = [
        ("ACQUISITIONDATETIME", "IMAGERY"),
        ("EXIF_DateTimeOriginal", ""),
        ("EXIF_DateTimeOriginal", "EXIF"),
        ("TIFFTAG_DATETIME", ""),
    ];
    places
        .iter()
        .find_map(|(key, domain)| iso_time(&dataset.metadata_item(key, domain)?))
}

/// `2026:05:04 10:20:30` and `2026-05-04 10:20:30` as `2026-05-04T10:20:30`; a
/// zone at the end is kept.
fn iso_time(text: &str) -> Option<String> {
    let text = text.trim();
    let date: Vec<u32> = text
        .get(..10)?
        .split([':', '-', '/'])
        .map_while(|p| p.parse().ok())
        .collect();
    let [year, month, day] = date.as_slice() else {
        return None;
    };
    if !(1970..=2200).contains(year) || !(1..=12).contains(month) || !(1..=31).contains(day) {
        return None;
    }
    let time = text
        .get(10..)
        .unwrap_or("")
        .trim_start_matches(['T', ' '])
        .trim();
    Some(if time.len() >= 5 {
        format!("{year:04}-{month:02}-{day:02}T{time}")
    } else {
        format!("{year:04}-{month:02}-{day:02}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_cameras_and_products_become_iso() {
        assert_eq!(
            iso_time("2026:05:04 10:20:30").as_deref(),
            Some("2026-05-04T10:20:30")
        );
        assert_eq!(
            iso_time("2017-09-12T18:37:13Z").as_deref(),
            Some("2017-09-12T18:37:13Z")
        );
        assert_eq!(iso_time("2026-05-04").as_deref(), Some("2026-05-04"));
        assert_eq!(iso_time("0000:00:00 00:00:00"), None);
        assert_eq!(iso_time("五月"), None);
    }
}
