//! One image looked at once and asked many times: what a model answered for it, and the sites
//! that other thresholds make of the same answers.

use super::acquire::Raster;
use super::chip::{AoiMask, ModelGrid, Tiling};
use super::detect::{KeptRows, Progress, TileAnswer};
use super::image::{Found, Prepared, find};
use super::record::ImageRecord;
use super::site::{CandidateSite, Coverage};
use super::{ScanJob, ScanProgress};
use crate::model::decode::LabelRule;
use crate::{Error, Result};
use std::path::Path;

/// The answers of a model for one image.
pub struct Answers {
    image: Prepared,
    kept: KeptRows,
    rule: LabelRule,
}

/// What a scan finds on one image.
pub struct ImageSites {
    /// The sites, numbered from 1 in row-major order; hashes are left empty.
    pub sites: Vec<CandidateSite>,
    /// Covered ground.
    pub coverage: Coverage,
    /// Counts, times and warnings.
    pub record: ImageRecord,
    /// What the first tile that could not be read met.
    pub unreadable: Option<Error>,
}

impl Answers {
    /// Runs the model over the image that is `index` in the job's list, as a scan does, and keeps
    /// what it answers. Gives the sites that the job's own thresholds make.
    pub fn of(
        job: &ScanJob<'_>,
        index: usize,
        progress: &dyn ScanProgress,
    ) -> Result<(Self, ImageSites)> {
        let path = &job.images[index];
        let image = Prepared::new(job, path)?;
        progress.image_begins(index, path, image.tile_count(&image.rows()));
        let job = ScanJob {
            keeps_scores: true,
            ..job.clone()
        };
        let mut kept = KeptRows::default();
        let found = find(&job, index, &image, Some(&mut kept), progress)?;
        let rule = job.settings.rule.clone();
        Ok((Self { image, kept, rule }, of_image(found)))
    }

    /// The sites that a scan with `rule` would give. The job is the one they were made with.
    pub fn sites(&self, job: &ScanJob<'_>, index: usize, rule: &LabelRule) -> Result<ImageSites> {
        let contract = &job.model.contract;
        let mut kept = self.kept.labelled(rule, contract, self.image.tiling())?;
        let mut settings = job.settings.clone();
        settings.rule = rule.clone();
        let job = ScanJob {
            settings,
            keeps_scores: false,
            ..job.clone()
        };
        let found = find(&job, index, &self.image, Some(&mut kept), &Silent)?;
        Ok(of_image(found))
    }

    /// What the model answered, tile by tile in row-major order, and what the thresholds of the
    /// run make of it.
    pub fn tiles(&self, job: &ScanJob<'_>) -> Result<Vec<TileAnswer>> {
        let contract = &job.model.contract;
        self.kept.tiles(&self.rule, contract, self.image.tiling())
    }

    /// The image.
    #[must_use]
    pub fn raster(&self) -> &Raster {
        self.image.raster()
    }

    /// The grid that the model sees.
    #[must_use]
    pub fn grid(&self) -> &ModelGrid {
        self.image.grid()
    }

    /// The area of interest on that grid.
    #[must_use]
    pub fn aoi(&self) -> Option<&AoiMask> {
        self.image.aoi()
    }

    /// The tiles over it.
    #[must_use]
    pub fn tiling(&self) -> &Tiling {
        self.image.tiling()
    }
}

fn of_image(found: Found) -> ImageSites {
    let mut sites = found.sites;
    for (number, site) in sites.iter_mut().enumerate() {
        site.site_id = format!("{:05}", number + 1);
    }
    ImageSites {
        sites,
        coverage: found.coverage,
        record: found.record,
        unreadable: found.unreadable,
    }
}

/// Nobody is told of what takes no time.
struct Silent;

impl Progress for Silent {
    fn tiles_done(&self, _count: u64) {}
}

impl ScanProgress for Silent {
    fn image_begins(&self, _index: usize, _path: &Path, _tiles: u64) {}
    fn warning(&self, _path: &Path, _text: &str) {}
    fn image_failed(&self, _path: &Path, _error: &Error) {}
}
