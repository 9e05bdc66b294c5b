//! What an image is, and whether a model fits it: found out before hours are spent.

use super::acquire::{
    self, MaskKind, OverviewInfo, Raster, RasterInfo, RasterReader, Samples, ValidityRule,
};
use super::chip::{ChipReader, ChipValidity, InputSpec, ModelGrid, Tiling};
use super::fit::{check_tile_count, coarseness, model_grid};
use super::settings::Resolved;
use crate::Result;
use crate::georef::{Crs, GeoTransform, Gsd};
use crate::memory;
use crate::model::Model;
use ndarray::ArrayView4;
use serde::Serialize;
use std::path::Path;
use std::time::Instant;

/// Striped rasters with more pixels than this are slow to read in tiles.
const HUGE_PIXELS: u64 = 100_000_000;

/// Windows looked at for values and the share of valid pixels.
const SAMPLE_WINDOWS: u32 = 400;

/// Tiles timed for the estimate, after one that warms up.
const TIMED_TILES: u32 = 3;

/// One band as seen.
#[derive(Debug, Clone, Serialize)]
pub struct BandFacts {
    /// The element type.
    pub kind: String,
    /// The colour interpretation.
    pub color: String,
    /// The band's own name.
    pub description: String,
    /// The nodata value.
    pub nodata: Option<f64>,
    /// Lowest and highest valid value of the sample.
    pub sampled_range: Option<(f64, f64)>,
}

/// What is known of an image.
#[derive(Debug, Clone, Serialize)]
pub struct ImageFacts {
    /// The path.
    pub path: String,
    /// GDAL's driver.
    pub driver: String,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Bytes on disk.
    pub file_bytes: Option<u64>,
    /// The bands.
    pub bands: Vec<BandFacts>,
    /// Columns and rows of a block.
    pub block: (u32, u32),
    /// The compression.
    pub compression: Option<String>,
    /// Overviews.
    pub overviews: Vec<OverviewInfo>,
    /// Code or name of the reference system.
    pub crs: Option<String>,
    /// Metres per pixel.
    pub gsd: Option<Gsd>,
    /// What tells empty pixels.
    pub masks: Vec<MaskKind>,
    /// Share of pixels that count, of the sample.
    pub valid_share: Option<f64>,
    /// When it was taken.
    pub capture_time: Option<String>,
    /// What to watch out for.
    pub warnings: Vec<String>,
}

/// Whether a model fits an image, and what a scan would cost.
#[derive(Debug, Clone, Serialize)]
pub struct Fit {
    /// The image.
    pub image: String,
    /// The model.
    pub model: String,
    /// Bands of the image in model order.
    pub bands: Vec<usize>,
    /// Metres per pixel of the image, and what the model wants.
    pub image_gsd_m: f64,
    /// Metres per pixel that the model wants, if it says.
    pub model_gsd_m: Option<f64>,
    /// Raster pixels per model pixel.
    pub scale: (f64, f64),
    /// Tiles in all.
    pub tiles: u64,
    /// Seconds for a tile on one thread, measured; `None` when no tile could be.
    pub seconds_per_tile: Option<f64>,
    /// Seconds for the image with all workers.
    pub estimated_seconds: Option<f64>,
    /// Bytes of memory with all workers, where the system tells.
    pub estimated_memory_bytes: Option<u64>,
    /// Threads assumed.
    pub workers: usize,
    /// What to watch out for.
    pub advice: Vec<String>,
}

/// Reads the facts of an image, with a sample of its pixels.
pub fn inspect_image(path: &Path, assume_crs: Option<&str>) -> Result<ImageFacts> {
    let info = RasterInfo::read(path)?;
    let mut warnings = Vec::new();
    let crs = match (&info.crs, assume_crs) {
        (Some(crs), _) => Some(crs.clone()),
        (None, Some(text)) => Some(Crs::parse(text)?),
        (None, None) => None,
    };
    let gsd = match (&crs, &info.transform) {
        (Some(crs), Some(transform)) => {
            Gsd::measure(transform, &crs.to_wgs84()?, info.width, info.height)
                .ok()
                .filter(Gsd::is_plausible)
        }
        _ => None,
    };
    let sample = sample(&info);
    warn(&info, crs.as_ref(), gsd, sample.as_ref(), &mut warnings);
    let (ranges, valid_share) = sample.map_or((Vec::new(), None), |s| (s.ranges, s.valid_share));
    Ok(ImageFacts {
        path: path.display().to_string(),
        driver: info.driver.clone(),
        width: info.width,
        height: info.height,
        file_bytes: info.file_bytes,
        bands: info
            .bands
            .iter()
            .enumerate()
            .map(|(i, b)| BandFacts {
                kind: b.type_name.clone(),
                color: b.color.clone(),
                description: b.description.clone(),
                nodata: b.nodata,
                sampled_range: ranges.get(i).copied().flatten(),
            })
            .collect(),
        block: info.block,
        compression: info.compression.clone(),
        overviews: info.overviews.clone(),
        crs: crs.map(|c| c.label().to_owned()),
        gsd,
        masks: info.masks.clone(),
        valid_share,
        capture_time: info.capture_time.clone(),
        warnings,
    })
}

struct Sample {
    ranges: Vec<Option<(f64, f64)>>,
    valid_share: Option<f64>,
}

/// Values of all bands and the share of valid pixels, from windows spread over the
/// raster. `None` where pixels can't be read or are complex.
fn sample(info: &RasterInfo) -> Option<Sample> {
    if info.bands.iter().any(|b| b.sample.is_none()) {
        return None;
    }
    let bands: Vec<usize> = (1..=info.color_count()).collect();
    // Reading needs no place on the map; any will do.
    let raster = Raster {
        validity: ValidityRule::of(info, &info.data_bands(), None),
        info: info.clone(),
        placement: GeoTransform([0.0, 1.0, 0.0, 0.0, 0.0, -1.0]).into(),
        crs: Crs::wgs84().ok()?,
        crs_assumed: false,
        gsd: Gsd { x_m: 1.0, y_m: 1.0 },
        bands: bands.clone(),
    };
    let reader = RasterReader::open(&raster).ok()?;
    let mut ranges = vec![None; bands.len()];
    let (mut valid, mut total) = (0_u64, 0_u64);
    for window in acquire::sample_windows(
        info.width as usize,
        info.height as usize,
        (32, 32),
        SAMPLE_WINDOWS,
    ) {
        let pixels = reader.read(None, window).ok()?;
        let count = pixels.width * pixels.height;
        total += count as u64;
        valid += pixels
            .valid
            .as_ref()
            .map_or(count as u64, |v| v.iter().map(|v| u64::from(*v)).sum());
        for (band, range) in ranges.iter_mut().enumerate() {
            for i in 0..count {
                if pixels.valid.as_ref().is_some_and(|v| v[i] == 0) {
                    continue;
                }
                let at = band * count + i;
                let value = match &pixels.samples {
                    Samples::U8(v) => f64::from(v[at]),
                    Samples::U16(v) => f64::from(v[at]),
                    Samples::F32(v) => f64::from(v[at]),
                };
                if value.is_finite() {
                    let (low, high) = range.unwrap_or((value, value));
                    *range = Some((f64::min(low, value), f64::max(high, value)));
                }
            }
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a share for display")]
    let valid_share = (total > 0).then(|| valid as f64 / total as f64);
    Some(Sample {
        ranges,
        valid_share,
    })
}

fn warn(
    info: &RasterInfo,
    crs: Option<&Crs>,
    gsd: Option<Gsd>,
    sample: Option<&Sample>,
    warnings: &mut Vec<String>,
) {
    if let Some(problem) = &info.crs_problem {
        warnings.push(format!("{problem}; name another with `--assume-crs`"));
    } else if crs.is_none() {
        warnings.push("no coordinate reference system; name it with `--assume-crs EPSG:…`".into());
    }
    if info.transform.is_none() {
        warnings.push(if info.gcp_count > 0 {
            format!(
                "placed by {} ground control points only; warp it with `gdalwarp`",
                info.gcp_count
            )
        } else {
            "no geotransform: its place on the map is unknown".into()
        });
    }
    if let Some(gsd) = gsd {
        let size = format!("{:.2} cm by {:.2} cm", gsd.x_m * 100.0, gsd.y_m * 100.0);
        if crs.is_some_and(Crs::is_geographic) {
            warnings.push(format!(
                "pixels are degrees: {size} on the ground at the centre"
            ));
        } else if (gsd.x_m / gsd.y_m - 1.0).abs() > 0.02 {
            warnings.push(format!("pixels are not square on the ground: {size}"));
        }
    }
    let pixels = u64::from(info.width) * u64::from(info.height);
    if info.is_striped() && pixels > HUGE_PIXELS {
        warnings.push("striped and huge: it reads faster as `gdal_translate -of COG`".into());
    }
    if pixels > HUGE_PIXELS && info.overviews.is_empty() {
        warnings.push("no overviews: `gdaladdo` makes coarse models faster".into());
    }
    if let Some(band) = info.false_alpha {
        warnings.push(format!("band {band} is tagged alpha but holds data, most likely near infrared; it is not used as a mask"));
    }
    let wide = info
        .bands
        .iter()
        .any(|b| b.sample == Some(acquire::SampleType::U16));
    let highest = sample
        .into_iter()
        .flat_map(|s| {
            info.data_bands()
                .into_iter()
                .filter_map(|b| *s.ranges.get(b - 1)?)
        })
        .map(|r| r.1)
        .fold(0.0, f64::max);
    if wide && highest > 0.0 && highest < 16_384.0 {
        warnings.push(format!(
            "16-bit values reach only {highest:.0}: scaled by the scene, not by the type"
        ));
    }
    if sample.is_none() {
        warnings.push("pixels can't be sampled: complex values, or a damaged file".into());
    }
}

/// Whether a model fits an image, with a measured estimate of time and memory.
pub fn inspect_fit(path: &Path, model: &Model, settings: &Resolved) -> Result<Fit> {
    let contract = &model.contract;
    let raster = acquire::open(path, contract.channels, &contract.bands, &settings.acquire)?;
    let grid = model_grid(&raster, settings.gsd_m)?;
    check_tile_count(&raster, &grid, &settings.tile)?;
    let tiling = Tiling::new(&grid, &settings.tile);
    let mut advice = Vec::new();
    advice.extend(coarseness(contract.gsd_m, &raster, &grid));
    if settings.gsd_m.is_none() {
        advice
            .push("the model does not say its ground sample distance; give it with `--gsd`".into());
    }
    advice.extend(contract.notes.iter().cloned());
    let before = memory::resident();
    let seconds_per_tile = time_tiles(&raster, grid, &tiling, model)?;
    let after = memory::peak();
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let estimated_seconds =
        seconds_per_tile.map(|s| s * tiling.tile_count() as f64 / settings.workers as f64);
    let estimated_memory_bytes = before
        .zip(after)
        .map(|(before, after)| before + after.saturating_sub(before) * settings.workers as u64);
    Ok(Fit {
        image: path.display().to_string(),
        model: contract.name.clone(),
        bands: raster.bands.clone(),
        image_gsd_m: raster.gsd.mean_m(),
        model_gsd_m: settings.gsd_m,
        scale: (grid.scale_x, grid.scale_y),
        tiles: tiling.tile_count(),
        seconds_per_tile,
        estimated_seconds,
        estimated_memory_bytes,
        workers: settings.workers,
        advice,
    })
}

/// Seconds for a tile, reading and inference, over a few tiles that are not empty.
fn time_tiles(
    raster: &Raster,
    grid: ModelGrid,
    tiling: &Tiling,
    model: &Model,
) -> Result<Option<f64>> {
    let contract = &model.contract;
    let spec = InputSpec {
        layout: contract.layout,
        scaling: contract.scaling.clone(),
    };
    let mut reader = ChipReader::open(raster, grid, spec)?;
    let mut session = model.file.session()?;
    let (width, height) = tiling.chip_size();
    let batch = contract.fixed_batch.unwrap_or(1);
    let shape = contract.input_shape(batch, height as usize, width as usize);
    let mut input = vec![0.0; shape.iter().product()];
    let item = input.len() / batch;
    let mut timed = Vec::new();
    let row = tiling.row_count() / 2;
    let first = tiling.column_count().saturating_sub(TIMED_TILES + 1) / 2;
    for col in first..tiling.column_count().min(first + 4 * TIMED_TILES) {
        let start = Instant::now();
        if reader.read(&tiling.tile(row, col), &mut input[..item])? == ChipValidity::Empty {
            continue;
        }
        let view = ArrayView4::from_shape(shape, &input)
            .map_err(|e| crate::Error::Internal(e.to_string()))?;
        session.run(&view, |_| Ok(()))?;
        timed.push(start.elapsed().as_secs_f64());
        if timed.len() > TIMED_TILES as usize {
            break;
        }
    }
    // The first tile warms caches up and does not count, unless it is the only one.
    let counted = if timed.len() > 1 {
        &timed[1..]
    } else {
        &timed[..]
    };
    #[expect(clippy::cast_precision_loss, reason = "a handful of tiles")]
    Ok((!counted.is_empty()).then(|| counted.iter().sum::<f64>() / counted.len() as f64))
}
