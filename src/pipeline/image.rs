//! One image through the stages: acquire, chip, detect, fuse, locate.

use super::acquire::{self, Raster};
use super::area::searched_mask;
use super::blocks::{BlockRoom, LEAST_CACHE};
use super::chip::{AoiMask, Cover, InputSpec, ModelGrid, Tile, Tiling, overview_for};
use super::detect::{CellLayout, DetectJob, Detected, Heat, RowStore, StageSeconds, detect};
use super::fit::{
    STRETCH_TAIL, check_tile_count, coarseness, model_grid, seen_gsd_m, stretch_of, stretched,
};
use super::fuse::{Detection, single_objects};
use super::heatmap::Heatmap;
use super::locate::{LocateJob, locate, locate_coverage};
use super::record::{ImageRecord, StretchRecord};
use super::report::MadeRaster;
use super::room::crew;
use super::screen;
use super::settings::BatchChoice;
use super::site::{CandidateSite, Coverage};
use super::tune::batch;
use super::views::View;
use super::{ScanJob, ScanProgress};
use crate::georef::geodesic_area_m2;
use crate::model::{Contract, ValueRange};
use crate::{Error, Result};
use std::ops::Range;
use std::path::Path;
use std::time::Instant;

/// What one image gives.
pub(super) struct Found {
    pub(super) sites: Vec<CandidateSite>,
    pub(super) coverage: Coverage,
    pub(super) record: ImageRecord,
    /// How a photo sees the ground.
    pub(super) view: Option<View>,
    /// What the first tile that could not be read met.
    pub(super) unreadable: Option<Error>,
    /// The raster of scores or values.
    pub(super) raster: Option<MadeRaster>,
}

/// An image that can be looked at.
pub(super) struct Prepared {
    raster: Raster,
    grid: ModelGrid,
    tiling: Tiling,
    stretch: Option<ValueRange>,
    aoi: Option<AoiMask>,
}

impl Prepared {
    /// Opens an image and lays its tiles out.
    pub(super) fn new(job: &ScanJob<'_>, path: &Path) -> Result<Self> {
        // GDAL would take a twentieth of the machine's memory.
        acquire::set_block_cache(LEAST_CACHE);
        let (raster, grid, tiling) = lay_out(job, path)?;
        let stretch = stretch_of(job.model, &raster)?;
        let aoi = searched_mask(job.aoi.as_ref(), &raster, &grid)?;
        tracing::info!(
            "{}: {} tiles, {:.3} × {:.3} image pixels per model pixel, bands {:?}, {:?}",
            path.display(),
            tiling.tile_count(),
            grid.scale_x,
            grid.scale_y,
            raster.bands,
            raster.validity,
        );
        Ok(Self {
            raster,
            grid,
            tiling,
            stretch,
            aoi,
        })
    }

    /// The image.
    pub(super) fn raster(&self) -> &Raster {
        &self.raster
    }

    /// The grid that the model sees.
    pub(super) fn grid(&self) -> &ModelGrid {
        &self.grid
    }

    /// The tiles over it.
    pub(super) fn tiling(&self) -> &Tiling {
        &self.tiling
    }

    /// The range of values that is stretched to 0–255 for the model, where one is.
    pub(super) fn stretch(&self) -> Option<ValueRange> {
        self.stretch
    }

    /// What of the grid is to be looked at: the area of interest, and the usable part of a photo.
    pub(super) fn aoi(&self) -> Option<&AoiMask> {
        self.aoi.as_ref()
    }

    /// Whether a tile lies outside the area of interest.
    pub(super) fn leaves_out(&self, tile: &Tile) -> bool {
        let cover = self.aoi.as_ref().map(|aoi| aoi.cover(tile.core));
        cover == Some(Cover::None)
    }

    /// Tiles in these rows of tiles.
    pub(super) fn tile_count(&self, rows: &Range<u32>) -> u64 {
        rows.len() as u64 * u64::from(self.tiling.column_count())
    }

    /// All rows of tiles.
    pub(super) fn rows(&self) -> Range<u32> {
        0..self.tiling.row_count()
    }

    /// Runs the model over rows of tiles. Those that `store` holds are not done again.
    pub(super) fn look(
        &self,
        job: &ScanJob<'_>,
        rows: Range<u32>,
        store: Option<&mut dyn RowStore>,
        progress: &dyn ScanProgress,
    ) -> Result<(Detected, Option<MadeRaster>)> {
        let (model, settings) = (job.model, &job.settings);
        let kept = store.as_ref().map_or_else(Vec::new, |store| store.rows());
        let missing = rows.len().saturating_sub(kept.len()) as u64;
        let missing = missing * u64::from(self.tiling.column_count());
        let laid_out = (&self.raster, &self.grid, &self.tiling);
        let mut batch = batch(model, settings, missing)?;
        let crew_of = |tiles| crew(model, settings, tiles, laid_out);
        let mut crew = crew_of(batch.tiles);
        let is_measured = settings.batch == BatchChoice::Auto && batch.tiles > 1;
        if is_measured && crew.workers < settings.workers {
            // Workers are worth more than what a batch saves.
            batch.tiles = 1;
            crew = crew_of(1);
        }
        if let Some(text) = &batch.note {
            progress.warning(&self.raster.info.path, text);
        }
        if let Some(text) = &crew.warning {
            progress.warning(&self.raster.info.path, text);
        }
        let screening = Instant::now();
        // Rows that are kept know which of their tiles were left out.
        let screen = job
            .screen
            .filter(|_| !rows.clone().all(|row| kept.binary_search(&row).is_ok()));
        let look = |screen| {
            let (raster, grid, tiling) = (&self.raster, &self.grid, &self.tiling);
            screen::look(screen, crew.workers, raster, grid, tiling, progress)
        };
        let hopeless = screen.map(look).transpose()?;
        let screen_s = screening.elapsed().as_secs_f64();
        let blocks = BlockRoom::new(&self.raster, &self.grid, &self.tiling, crew.workers);
        acquire::set_block_cache(blocks.cache);
        let detect_job = DetectJob {
            raster: &self.raster,
            model,
            grid: self.grid,
            tiling: &self.tiling,
            input: InputSpec {
                layout: model.contract.layout,
                scaling: stretched(model, self.stretch),
            },
            aoi: self.aoi.as_ref(),
            hopeless: hopeless.as_ref(),
            rule: settings.rule.clone(),
            workers: crew.workers,
            bands: blocks.bands,
            batch: batch.tiles,
            tta: settings.tta,
            scores: job.wants_scores(),
            rows: Some(rows),
        };
        let (mut detected, raster) = run(job, &detect_job, store, progress)?;
        detected.seconds.screen = screen_s;
        detected.workers = crew.workers;
        detected.batch = batch.tiles;
        Ok((detected, raster))
    }
}

/// Opens an image and lays grid and tiles over it.
fn lay_out(job: &ScanJob<'_>, path: &Path) -> Result<(Raster, ModelGrid, Tiling)> {
    let (contract, settings) = (&job.model.contract, &job.settings);
    let raster = acquire::open(path, contract.channels, &contract.bands, &settings.acquire)?;
    let grid = model_grid(&raster, settings.gsd_m)?;
    check_tile_count(&raster, &grid, &settings.tile)?;
    let tiling = Tiling::new(&grid, &settings.tile);
    Ok((raster, grid, tiling))
}

/// How many rows of tiles an image has.
pub(super) fn tile_rows(job: &ScanJob<'_>, path: &Path) -> Result<u32> {
    Ok(lay_out(job, path)?.2.row_count())
}

/// Takes one image through the stages.
pub(super) fn scan_image(
    job: &ScanJob<'_>,
    index: usize,
    path: &Path,
    store: Option<&mut dyn RowStore>,
    progress: &dyn ScanProgress,
) -> Result<Found> {
    let image = Prepared::new(job, path)?;
    progress.image_begins(index, path, image.tile_count(&image.rows()));
    find(job, index, &image, store, progress)
}

/// Takes an image that is open through the stages.
pub(super) fn find(
    job: &ScanJob<'_>,
    index: usize,
    image: &Prepared,
    store: Option<&mut dyn RowStore>,
    progress: &dyn ScanProgress,
) -> Result<Found> {
    let (mut detected, made) = image.look(job, image.rows(), store, progress)?;
    if index + 1 == job.images.len() {
        // Sites need the memory now.
        job.model.file.drop_idle();
    }
    let Prepared {
        raster,
        grid,
        tiling,
        stretch,
        ..
    } = image;
    let (grid, path) = (*grid, raster.info.path.as_path());
    let (contract, settings) = (&job.model.contract, &job.settings);
    let layout = CellLayout::new(contract.task, &grid, tiling);
    let locate_job = LocateJob {
        raster,
        grid,
        tiling,
        layout: &layout,
        classes: &contract.classes,
        calibrations: &contract.calibrations,
        image_index: index,
        image: job.names[index].clone(),
        position_error_m: settings.position_error_m,
        merge_distance_m: settings.merge_distance_m,
        min_area_m2: &settings.min_area_m2,
        min_area_px: settings.min_area_px,
    };
    let placing = Instant::now();
    let components = std::mem::take(&mut detected.components);
    let objects = once(contract, std::mem::take(&mut detected.objects));
    let sites = locate(&locate_job, components, &objects).map_err(|e| off_the_map(path, &e))?;
    let outline =
        locate_coverage(&locate_job, &detected.coverage).map_err(|e| off_the_map(path, &e))?;
    let covered_m2 = if raster.is_photo() {
        // Pixels of a photo are not of one size.
        geodesic_area_m2(&outline)
    } else {
        covered_m2(raster, &grid, &detected)
    };
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
        seen_gsd_m: Some(seen_gsd_m(raster, &grid)),
        overview: overview_for(raster, &grid),
        photo: raster.placement.rays().map(|ground| ground.facts()),
        bands: raster.bands.clone(),
        validity: Some(raster.validity.clone()),
        stretch: stretch.map(|range| StretchRecord {
            percentiles: (100.0 * STRETCH_TAIL, 100.0 * (1.0 - STRETCH_TAIL)),
            range,
        }),
        capture_time: raster.info.capture_time.clone(),
        tiles: detected.counts,
        covered_m2,
        sites: sites.len(),
        not_numbers: detected.not_numbers,
        workers: detected.workers,
        batch: detected.batch,
        warnings: warnings(job, raster, &grid, &detected),
        timings_s: StageSeconds {
            locate: placing.elapsed().as_secs_f64(),
            ..detected.seconds
        },
        ..ImageRecord::new(path)
    };
    Ok(Found {
        sites,
        coverage,
        record,
        view: View::of(raster),
        unreadable: detected.unreadable,
        raster: made,
    })
}

/// Each object of a detector once.
fn once(contract: &Contract, objects: Vec<Detection>) -> Vec<Detection> {
    let Some(detection) = contract.detection else {
        return objects;
    };
    single_objects(objects, detection.suppression, detection.suppression_by)
}

/// What whoever reads the result should know of this image.
fn warnings(
    job: &ScanJob<'_>,
    raster: &Raster,
    grid: &ModelGrid,
    detected: &Detected,
) -> Vec<String> {
    let mut warnings = Vec::new();
    let counts = detected.counts;
    if counts.inferred == 0 {
        warnings.push(
            if counts.screened > 0 {
                "was left out by the screen altogether: nothing was looked at finely"
            } else if counts.outside_aoi > 0 && raster.is_photo() {
                "shows nothing asked for that the camera looks down on steeply enough: nothing was looked at"
            } else if counts.outside_aoi > 0 {
                "lies outside the area of interest: nothing was looked at"
            } else {
                "has no valid pixel: nothing was looked at"
            }
            .to_owned(),
        );
    } else if counts.uniform == counts.inferred {
        warnings.push("has the same value in every pixel: there is no picture in it".to_owned());
    }
    if let Some(error) = &detected.unreadable {
        warnings.push(format!(
            "could not be read in {} of {} tiles, and nothing is known of the ground there; the first: {error}",
            counts.unreadable, counts.total
        ));
    }
    if detected.not_numbers > 0 {
        warnings.push(format!(
            "the model gave no number for {} cells; they count as nothing found",
            detected.not_numbers
        ));
    }
    if let Some(band) = raster.info.false_alpha {
        warnings.push(format!(
            "has band {band} tagged alpha, which holds data, most likely near infrared; it is not used as a mask"
        ));
    }
    if let Some(text) = coarseness(job.model.contract.gsd_m, raster, grid) {
        warnings.push(text);
    }
    if raster
        .center()
        .is_some_and(|(x, y)| raster.crs.is_outside_area_of_use(x, y))
    {
        warnings.push(format!(
            "lies far outside the area that its reference system {} is made for; is it the right one?",
            raster.crs.label()
        ));
    }
    warnings
}

/// Runs the model over the image, with a score raster where one is asked for.
fn run(
    job: &ScanJob<'_>,
    detect_job: &DetectJob<'_>,
    store: Option<&mut dyn RowStore>,
    progress: &dyn ScanProgress,
) -> Result<(Detected, Option<MadeRaster>)> {
    let mut heatmap = job
        .heatmap
        .as_deref()
        .map(|target| {
            Heatmap::create(
                target,
                detect_job.raster,
                &detect_job.grid,
                &job.model.contract.target_names(),
            )
        })
        .transpose()?;
    let detected = detect(
        detect_job,
        heatmap.as_mut().map(|h| h as &mut dyn Heat),
        store,
        progress,
    )?;
    let raster = heatmap.map(Heatmap::finish).transpose()?;
    Ok((detected, raster))
}

/// Some projections have pixels beside the Earth.
fn off_the_map(path: &Path, error: &Error) -> Error {
    Error::UnusableRaster {
        path: path.to_owned(),
        problem: format!("has pixels that lie nowhere on the map: {error}"),
        hint: "cut it to the area of its reference system with `gdal_translate` or `gdalwarp`"
            .into(),
    }
}

/// Covered pixels times the ground of one pixel at the raster's centre, at most the
/// raster's own ground.
fn covered_m2(raster: &Raster, grid: &ModelGrid, detected: &Detected) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "pixel counts stay far below 2^53"
    )]
    let pixels = detected.covered_px as f64;
    let pixel_m2 = raster.gsd.x_m * raster.gsd.y_m;
    let whole = f64::from(raster.info.width) * f64::from(raster.info.height) * pixel_m2;
    (pixels * pixel_m2 * grid.scale_x * grid.scale_y).min(whole)
}
