//! The main job on one screen: images and a model to candidate sites.

use super::acquire::{self, Raster, ValidityRule};
use super::chip::{AoiMask, InputSpec, ModelGrid, Tiling};
use super::detect::{CellLayout, DetectJob, Detected, Heat, Progress, detect};
use super::heatmap::Heatmap;
use super::locate::{LocateJob, locate, locate_coverage};
use super::reconcile::reconcile;
use super::record::{ImageRecord, RunRecord, peak_memory};
use super::settings::Resolved;
use super::site::{CandidateSite, Coverage, RunFacts};
use crate::georef::geodesic_area_m2;
use crate::model::{Model, ModelFile, ValueRange};
use crate::{Error, Result, vector};
use geo::{Coord, MapCoords, MultiPolygon};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Share of values cut off at either end when a scene is stretched to 8 bits.
const STRETCH_TAIL: f64 = 0.02;

/// Everything a scan is asked to do.
pub struct ScanJob<'a> {
    /// The images.
    pub images: Vec<PathBuf>,
    /// The model.
    pub model: &'a Model,
    /// The settings.
    pub settings: Resolved,
    /// The area of interest, a vector file.
    pub aoi: Option<PathBuf>,
    /// Where the score raster goes; one image only.
    pub heatmap: Option<PathBuf>,
    /// The command line, for the record.
    pub command_line: Vec<String>,
}

/// Told how a scan goes.
pub trait ScanProgress: Progress {
    /// An image is about to be scanned: its place in the list and its tiles.
    fn image_begins(&self, index: usize, path: &Path, tiles: u64);
    /// An image could not be scanned.
    fn image_failed(&self, path: &Path, error: &Error);
}

/// What a scan found.
pub struct Scan {
    /// The sites, ids given.
    pub sites: Vec<CandidateSite>,
    /// Covered ground by image.
    pub coverage: Vec<Coverage>,
    /// Facts that go into the output files.
    pub facts: RunFacts,
    /// The run record.
    pub record: RunRecord,
}

impl Scan {
    /// Whether some images failed.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        self.record.images.iter().any(|i| i.failure.is_some())
    }
}

/// Scans all images. An image that fails is recorded and does not stop the others;
/// a model or setting that fails does.
pub fn scan(job: &ScanJob<'_>, progress: &dyn ScanProgress) -> Result<Scan> {
    let start = Instant::now();
    let mut images = Vec::new();
    let mut by_image: Vec<Vec<CandidateSite>> = Vec::new();
    let mut coverage = Vec::new();
    for (index, path) in job.images.iter().enumerate() {
        let hashing = std::thread::scope(|scope| {
            let hash = scope.spawn(|| sha256_of(path));
            let outcome = scan_image(job, index, path, progress);
            (outcome, hash.join().unwrap_or(None))
        });
        match hashing {
            (Ok(mut found), hash) => {
                for site in &mut found.sites {
                    site.src_sha256 = vec![hash.clone().unwrap_or_default()];
                }
                found.record.sha256 = hash;
                images.push(found.record);
                by_image.push(found.sites);
                coverage.push(found.coverage);
            }
            (
                Err(
                    error @ (Error::Model { .. }
                    | Error::Runtime { .. }
                    | Error::Setting { .. }
                    | Error::WriteOutput { .. }
                    | Error::Vector { .. }),
                ),
                _,
            ) => {
                return Err(error);
            }
            (Err(error), hash) => {
                progress.image_failed(path, &error);
                images.push(ImageRecord {
                    sha256: hash,
                    ..ImageRecord::failed(path, &error)
                });
            }
        }
    }
    let mut sites = if job.settings.merge_inputs {
        reconcile(by_image)
    } else {
        by_image.into_iter().flatten().collect()
    };
    let run_id = run_id(job, &images);
    for (number, site) in sites.iter_mut().enumerate() {
        site.site_id = format!("{}-{:05}", &run_id[..8], number + 1);
    }
    let statement = statement(job, &sites, &images, covered_once(&coverage));
    let record = RunRecord {
        schema_version: 1,
        program: concat!("tianmu ", env!("CARGO_PKG_VERSION")).into(),
        onnx_runtime: ModelFile::runtime_version()?,
        gdal: gdal::version::version_info("RELEASE_NAME"),
        command_line: job.command_line.clone(),
        run_id,
        model: job.model.contract.name.clone(),
        model_path: job.model.file.path.display().to_string(),
        model_sha256: job.model.file.sha256.clone(),
        settings: job.settings.record.clone(),
        sites_by_class: by_class(job, &sites),
        images,
        statement,
        seconds: start.elapsed().as_secs_f64(),
        peak_memory_bytes: peak_memory(),
    };
    Ok(Scan {
        facts: facts(&record),
        sites,
        coverage,
        record,
    })
}

struct Found {
    sites: Vec<CandidateSite>,
    coverage: Coverage,
    record: ImageRecord,
}

fn scan_image(
    job: &ScanJob<'_>,
    index: usize,
    path: &Path,
    progress: &dyn ScanProgress,
) -> Result<Found> {
    let (model, settings) = (job.model, &job.settings);
    let contract = &model.contract;
    let raster = acquire::open(path, contract.channels, &contract.bands, &settings.acquire)?;
    let grid = ModelGrid::new(
        raster.info.width,
        raster.info.height,
        raster.gsd,
        settings.gsd_m,
    );
    let tiling = Tiling::new(&grid, &settings.tile);
    let stretch = stretch_of(model, &raster)?;
    let aoi = job
        .aoi
        .as_deref()
        .map(|file| aoi_mask(file, &raster, &grid))
        .transpose()?;
    progress.image_begins(index, path, tiling.tile_count());
    acquire::set_block_cache(block_cache(&raster, &grid, &tiling, settings.workers));
    let detect_job = DetectJob {
        raster: &raster,
        model,
        grid,
        tiling: &tiling,
        input: InputSpec {
            layout: contract.layout,
            scaling: contract
                .scaling
                .iter()
                .map(|s| stretch.map_or(*s, |range| s.after_stretch(range)))
                .collect(),
        },
        aoi: aoi.as_ref(),
        rule: settings.rule.clone(),
        workers: settings.workers,
        batch: settings.batch,
        rows: None,
    };
    let mut heatmap = job
        .heatmap
        .as_deref()
        .map(|target| Heatmap::create(target, &raster, &grid, &contract.target_names()))
        .transpose()?;
    let detected = detect(
        &detect_job,
        heatmap.as_mut().map(|h| h as &mut dyn Heat),
        progress,
    )?;
    if let Some(heatmap) = heatmap {
        heatmap.finish()?;
    }
    let layout = CellLayout::new(contract.task, &grid, &tiling);
    let locate_job = LocateJob {
        raster: &raster,
        grid,
        tiling: &tiling,
        layout: &layout,
        classes: &contract.classes,
        image: path.file_name().map_or_else(
            || path.display().to_string(),
            |n| n.to_string_lossy().into_owned(),
        ),
        position_error_m: settings.position_error_m,
        merge_distance_m: settings.merge_distance_m,
        min_area_m2: settings.min_area_m2,
    };
    let sites = locate(&locate_job, &detected.components)?;
    let outline = locate_coverage(&locate_job, &detected.coverage)?;
    let covered_m2 = covered_m2(&raster, &grid, &detected);
    let coverage = Coverage {
        image: locate_job.image.clone(),
        capture_time: raster.info.capture_time.clone().unwrap_or_default(),
        gsd_cm: raster.gsd.mean_m() * 100.0,
        area_m2: covered_m2,
        outline,
    };
    let record = ImageRecord {
        crs: Some(raster.crs.label().to_owned()),
        crs_assumed: raster.crs_assumed,
        gsd: Some(raster.gsd),
        scale: Some((grid.scale_x, grid.scale_y)),
        bands: raster.bands.clone(),
        validity: Some(ValidityRule::clone(&raster.validity)),
        stretch,
        capture_time: raster.info.capture_time.clone(),
        tiles: detected.counts,
        covered_m2,
        sites: sites.len(),
        not_numbers: detected.not_numbers,
        timings_s: detected.seconds,
        ..ImageRecord::new(path)
    };
    Ok(Found {
        sites,
        coverage,
        record,
    })
}

/// A scene without 8-bit values is stretched for a model that was made for them.
fn stretch_of(model: &Model, raster: &Raster) -> Result<Option<ValueRange>> {
    let eight_bit = raster.info.palette.is_some()
        || raster
            .bands
            .iter()
            .all(|b| raster.info.bands[b - 1].sample == Some(acquire::SampleType::U8));
    if eight_bit
        || !model
            .contract
            .scaling
            .iter()
            .all(crate::model::BandScaling::expects_eight_bit)
    {
        return Ok(None);
    }
    acquire::value_range(raster, STRETCH_TAIL)
}

fn aoi_mask(file: &Path, raster: &Raster, grid: &ModelGrid) -> Result<AoiMask> {
    let features = vector::read_polygons(file, &raster.crs)?;
    let polygons: Vec<_> = features.into_iter().flat_map(|f| f.geometry.0).collect();
    let in_grid = MultiPolygon(polygons).map_coords(|c| {
        let (col, row) = raster
            .transform
            .map_to_pixel(c.x, c.y)
            .unwrap_or((f64::NAN, f64::NAN));
        Coord {
            x: col / grid.scale_x,
            y: row / grid.scale_y,
        }
    });
    Ok(AoiMask::new(&in_grid, grid.height))
}

/// Room for the blocks under one row of tiles for each worker, so that each block is
/// decoded once although tiles overlap; at least 64 MiB.
fn block_cache(raster: &Raster, grid: &ModelGrid, tiling: &Tiling, workers: usize) -> u64 {
    let (_, tile_rows) = tiling.tile_size();
    let rows = f64::from(tile_rows) * grid.scale_y.max(1.0) + 2.0 * f64::from(raster.info.block.1);
    let bytes: u32 = raster
        .info
        .bands
        .iter()
        .map(|b| if b.type_name == "Byte" { 1 } else { 4 })
        .sum();
    let need = f64::from(raster.info.width)
        * rows.min(f64::from(raster.info.height))
        * f64::from(bytes + 1);
    let per_worker = u64::from(crate::georef::ceil_to_u32(need / 1024.0)) * 1024;
    (per_worker * workers as u64).clamp(64 << 20, 2 << 30)
}

/// Covered pixels times the ground of one pixel at the raster's centre.
fn covered_m2(raster: &Raster, grid: &ModelGrid, detected: &Detected) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "pixel counts stay far below 2^53"
    )]
    let pixels = detected.covered_px as f64;
    pixels * raster.gsd.x_m * grid.scale_x * raster.gsd.y_m * grid.scale_y
}

fn sha256_of(path: &Path) -> Option<String> {
    let mut file = fs_err::File::open(path).ok()?;
    let mut hasher = Sha256::new();
    std::io::copy(&mut file, &mut HashWriter(&mut hasher)).ok()?;
    Some(format!("{:x}", crate::model::HexDigest(&hasher.finalize())))
}

struct HashWriter<'a>(&'a mut Sha256);

impl std::io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Hash of the plan: what decides the result, nothing else.
fn run_id(job: &ScanJob<'_>, images: &[ImageRecord]) -> String {
    let settings: Vec<_> = job
        .settings
        .record
        .iter()
        .filter(|s| s.name != "workers")
        .map(|s| (s.name, &s.value))
        .collect();
    let plan = serde_json::json!({
        "program": env!("CARGO_PKG_VERSION"),
        "model": job.model.file.sha256,
        "settings": settings,
        "images": images.iter().map(|i| &i.sha256).collect::<Vec<_>>(),
        "aoi": job.aoi.as_deref().and_then(sha256_of),
    });
    format!(
        "{:x}",
        crate::model::HexDigest(&Sha256::digest(plan.to_string().as_bytes()))
    )[..32]
        .to_owned()
}

fn by_class(job: &ScanJob<'_>, sites: &[CandidateSite]) -> Vec<(String, usize)> {
    let count = |name: &str| sites.iter().filter(|s| s.class == name).count();
    job.model
        .contract
        .target_names()
        .into_iter()
        .map(|n| (n.to_owned(), count(n)))
        .collect()
}

/// Square metres covered by all images together, ground seen twice counted once.
fn covered_once(coverage: &[Coverage]) -> f64 {
    let exact: f64 = coverage.iter().map(|c| c.area_m2).sum();
    if coverage.len() < 2 {
        return exact + 0.0;
    }
    let outlines: f64 = coverage.iter().map(|c| geodesic_area_m2(&c.outline)).sum();
    let union = geo::unary_union(coverage.iter().flat_map(|c| &c.outline));
    exact - (outlines - geodesic_area_m2(&union)).max(0.0)
}

/// What may be said of the ground: a zero only with what was covered.
fn statement(
    job: &ScanJob<'_>,
    sites: &[CandidateSite],
    images: &[ImageRecord],
    covered: f64,
) -> String {
    let gsds: Vec<f64> = images
        .iter()
        .filter_map(|i| i.gsd)
        .map(|g| g.mean_m() * 100.0)
        .collect();
    let (low, high) = gsds
        .iter()
        .fold((f64::INFINITY, 0.0_f64), |(l, h), g| (l.min(*g), h.max(*g)));
    let mut dates: Vec<&str> = images
        .iter()
        .filter(|i| i.failure.is_none())
        .map(|i| {
            i.capture_time
                .as_deref()
                .map_or("unknown date", |t| t.get(..10).unwrap_or(t))
        })
        .collect();
    dates.sort_unstable();
    dates.dedup();
    let lead = if sites.is_empty() {
        "none found".to_owned()
    } else {
        format!("{} candidate sites", sites.len())
    };
    if gsds.is_empty() {
        return format!("{lead}: no image could be scanned, which says nothing of the ground");
    }
    let smallest = job.model.contract.smallest_plot_m2.map_or_else(
        || "the model does not say which plots it was shown to find, so any may be missed".to_owned(),
        |m2| format!("the smallest plot this model was shown to find has {m2} m²; smaller ones may be there"),
    );
    format!(
        "{lead} on {:.4} km² ({:.1} mu) covered, {low:.1}–{high:.1} cm per pixel, taken {}; {smallest}",
        covered / 1e6,
        crate::georef::m2_to_mu(covered),
        dates.join(", "),
    )
}

/// Facts for the output files: nothing that depends on workers, paths or the clock.
fn facts(record: &RunRecord) -> RunFacts {
    let settings: serde_json::Map<String, serde_json::Value> = record
        .settings
        .iter()
        .filter(|s| s.name != "workers")
        .map(|s| (s.name.to_owned(), s.value.clone()))
        .collect();
    let newest = record
        .images
        .iter()
        .filter_map(|i| i.capture_time.as_deref())
        .max();
    let date = newest.and_then(|t| t.get(..10)).unwrap_or("2000-01-01");
    RunFacts {
        plan_date: format!("{date}T00:00:00.000Z"),
        facts: vec![
            ("run_id".into(), record.run_id.clone()),
            ("program".into(), record.program.clone()),
            ("model".into(), record.model.clone()),
            ("model_sha256".into(), record.model_sha256.clone()),
            (
                "settings".into(),
                serde_json::Value::Object(settings).to_string(),
            ),
            ("statement".into(), record.statement.clone()),
        ],
    }
}
