//! Training chips of what a scan found: pictures with labels that a person corrects, so that a
//! unit can train on its own ground.
//!
//! Labels are the model's own answers: candidates, not truth.

mod folder;
mod labels;
mod layout;
mod plan;

pub use folder::check_chip_folder;
pub use layout::ChipLayout;

use super::acquire::{self, Raster};
use super::area::{ToGrid, aoi_mask, read_area};
use super::chip::{AoiMask, ChipReader, ChipValidity, Cover, InputSpec, ModelGrid, Tile};
use super::image::model_grid;
use super::{Scan, ScanJob};
use crate::georef::Window;
use crate::model::{BandScaling, InputLayout, ModelTask, ValueRange};
use crate::{Error, Result};
use folder::{ChipFolder, ChipRow};
use geo::MultiPolygon;
use labels::{Placed, labels_of};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Background chips that are written at least where the number is not given.
const LEAST_BACKGROUND: usize = 20;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct ChipJob {
    /// The folder to make.
    pub folder: PathBuf,
    /// The layout of the labels.
    pub layout: ChipLayout,
    /// Side of a chip in model pixels.
    pub size_px: u32,
    /// Chips of ground without any site; `None`: as many as there are with sites, at least 20.
    pub background: Option<usize>,
    /// Whether a folder of chips that is there is replaced.
    pub overwrite: bool,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChipRecord {
    /// The folder.
    pub folder: PathBuf,
    /// The layout of the labels.
    pub layout: ChipLayout,
    /// Side of a chip in pixels.
    pub size_px: u32,
    /// Chips that show sites.
    pub with_sites: usize,
    /// Chips of ground without any site.
    pub background: usize,
}

/// Writes chips of a scan's sites into a folder, which appears whole or not at all. Chips lie on the
/// model grid and are read as the model's tiles were; pixels outside the image or the area of
/// interest are black, and unknown in masks. `stop` is asked between chips.
///
/// # Errors
/// [`Error::Setting`] where the model's classes do not fit into a byte, [`Error::WriteOutput`] and
/// [`Error::OutputExists`] as for other outputs, [`Error::Interrupted`].
pub fn write_chips(
    job: &ScanJob<'_>,
    scan: &Scan,
    chips: &ChipJob,
    stop: &dyn Fn() -> bool,
) -> Result<ChipRecord> {
    let contract = &job.model.contract;
    let classes: Vec<String> = contract
        .classes
        .iter()
        .zip(&contract.is_background)
        .filter(|(_, background)| !**background)
        .map(|(name, _)| name.clone())
        .collect();
    if classes.len() > 254 {
        return Err(Error::Setting {
            name: "chips".into(),
            seen: format!("a model of {} classes", classes.len()),
            wanted: "at most 254 classes".into(),
        });
    }
    let outlines = contract.task == ModelTask::Segmentation;
    let aoi = job.aoi.as_deref().map(read_area).transpose()?;
    let mut folder = ChipFolder::create(chips, outlines)?;
    let scanned: Vec<usize> = (0..job.images.len())
        .filter(|i| scan.record.images[*i].failure.is_none())
        .collect();
    let mut sources = Vec::new();
    for &image in &scanned {
        sources.push(Source::open(job, scan, image, &classes, aoi.as_ref(), chips)?);
    }
    let mut with_sites = 0;
    for source in &mut sources {
        let bounds: Vec<_> = source.sites.iter().map(|s| s.bounds).collect();
        for window in plan::around_sites(&bounds, chips.size_px, source.extent()) {
            if stop() {
                return Err(Error::Interrupted);
            }
            with_sites += usize::from(source.write(window, &mut folder, scan, 0.0)?);
        }
    }
    let wanted = chips.background.unwrap_or(with_sites.max(LEAST_BACKGROUND));
    let mut background = 0;
    let count = sources.len();
    for (number, source) in sources.iter_mut().enumerate() {
        // An even share of each image; what one lacks, the next ones give.
        let due = wanted * (number + 1) / count;
        let bounds: Vec<_> = source.sites.iter().map(|s| s.bounds).collect();
        for window in plan::without_sites(&bounds, chips.size_px, source.extent()) {
            if background >= due {
                break;
            }
            if stop() {
                return Err(Error::Interrupted);
            }
            background += usize::from(source.write(window, &mut folder, scan, 0.5)?);
        }
    }
    let gsd_m = job
        .settings
        .gsd_m
        .or_else(|| sources.first().map(|s| s.raster.gsd.mean_m()))
        .unwrap_or_default();
    let ids: Vec<String> = scan.sites.iter().map(|s| s.site_id.clone()).collect();
    folder.finish(&classes, gsd_m, &ids)?;
    Ok(ChipRecord {
        folder: chips.folder.clone(),
        layout: chips.layout,
        size_px: chips.size_px,
        with_sites,
        background,
    })
}

/// One image that chips are cut from.
struct Source {
    image: usize,
    raster: Raster,
    grid: ModelGrid,
    reader: ChipReader,
    aoi: Option<AoiMask>,
    sites: Vec<Placed>,
    name: String,
    size: u32,
    written: usize,
}

impl Source {
    fn open(
        job: &ScanJob<'_>,
        scan: &Scan,
        image: usize,
        classes: &[String],
        aoi: Option<&MultiPolygon<f64>>,
        chips: &ChipJob,
    ) -> Result<Self> {
        let path: &Path = &job.images[image];
        let (raster, stretch) = acquire::open_picture(path, &job.settings.acquire)?;
        let grid = model_grid(&raster, job.settings.gsd_m)?;
        let spec = InputSpec {
            layout: InputLayout::Nchw,
            scaling: vec![to_bytes(stretch); raster.bands.len()],
        };
        let aoi = aoi.map(|a| aoi_mask(a, &raster, &grid)).transpose()?;
        let sites = {
            let to_grid = ToGrid::new(&raster, &grid)?;
            let mut sites = Vec::new();
            for (number, site) in scan.sites.iter().enumerate() {
                let class = classes.iter().position(|c| *c == site.class);
                let class = class.and_then(|c| u8::try_from(c + 1).ok());
                if let (Some(outline), Some(class)) = (site.outline_in(image), class) {
                    sites.extend(Placed::new(number, class, to_grid.outline(outline)?));
                }
            }
            sites
        };
        Ok(Self {
            image,
            reader: ChipReader::open(&raster, grid, spec)?,
            raster,
            grid,
            aoi,
            sites,
            name: file_stem(&job.names[image]),
            size: chips.size_px,
            written: 0,
        })
    }

    /// Columns and rows of the grid.
    fn extent(&self) -> (u32, u32) {
        (self.grid.width, self.grid.height)
    }

    /// Writes one chip, unless less than `least` of it was looked at; says whether it did.
    fn write(
        &mut self,
        window: Window,
        folder: &mut ChipFolder,
        scan: &Scan,
        least: f64,
    ) -> Result<bool> {
        let size = self.size as usize;
        let whole = Window {
            col_off: 0,
            row_off: 0,
            width: self.grid.width,
            height: self.grid.height,
        };
        let Some(core) = window.intersection(&whole) else {
            return Ok(false);
        };
        let tile = Tile {
            row: 0,
            col: 0,
            window,
            margin: 0,
            core,
        };
        let bands = self.raster.bands.len();
        let mut values = vec![0.0_f32; bands * size * size];
        let validity = self.reader.read(&tile, &mut values)?;
        let known = self.known(&validity, core);
        let seen: u32 = known.iter().map(|k| u32::from(*k)).sum();
        if seen == 0 || f64::from(seen) < least * f64::from(self.size).powi(2) {
            return Ok(false);
        }
        let byte = |v: f32| {
            u8::try_from(crate::georef::round_to_u16(v).min(255)).unwrap_or(u8::MAX)
        };
        let picture = image::RgbImage::from_fn(self.size, self.size, |x, y| {
            let at = y as usize * size + x as usize;
            let band = |b: usize| byte(values[b.min(bands - 1) * size * size + at]);
            image::Rgb(if known[at] == 1 {
                [band(0), band(1), band(2)]
            } else {
                [0; 3]
            })
        });
        self.written += 1;
        let labels = labels_of(&self.sites, window);
        let row = self.row(window, &labels, scan);
        folder.add(&picture, &labels, &known, row)?;
        Ok(true)
    }

    /// 1 where the image has a pixel and the area of interest reaches, `[row, col]` over the chip.
    fn known(&self, validity: &ChipValidity, core: Window) -> Vec<u8> {
        let size = self.size as usize;
        let mut known = vec![0_u8; size * size];
        let cover = self.aoi.as_ref().map_or(Cover::All, |a| a.cover(core));
        let (width, height) = (core.width as usize, core.height as usize);
        for row in 0..height {
            for col in 0..width {
                let at = row * width + col;
                let valid = match validity {
                    ChipValidity::Empty => false,
                    ChipValidity::Full => true,
                    ChipValidity::Partial(mask) => mask[at] == 1,
                };
                let inside = match &cover {
                    Cover::None => false,
                    Cover::All => true,
                    Cover::Part(mask) => mask[at] == 1,
                };
                known[row * size + col] = u8::from(valid && inside);
            }
        }
        known
    }

    /// Where the chip comes from.
    fn row(&self, window: Window, labels: &[labels::Label], scan: &Scan) -> ChipRow {
        let (sx, sy) = (self.grid.scale_x, self.grid.scale_y);
        let corner = (
            f64::from(window.col_off) * sx,
            f64::from(window.row_off) * sy,
        );
        let map = |col: f64, row: f64| self.raster.transform.pixel_to_map(col, row);
        let (x0, y0) = map(corner.0, corner.1);
        let (x1, y1) = map(corner.0 + sx, corner.1);
        let (x2, y2) = map(corner.0, corner.1 + sy);
        let record = &scan.record.images[self.image];
        let of_sites = |text: &dyn Fn(&super::site::CandidateSite) -> String| {
            let texts: Vec<String> = labels.iter().map(|l| text(&scan.sites[l.site])).collect();
            texts.join(";")
        };
        ChipRow {
            chip: format!("{}_{:05}.png", self.name, self.written),
            group: self.name.clone(),
            gsd_m: self.raster.gsd.mean_m() * (sx * sy).sqrt(),
            site_ids: of_sites(&|s| s.site_id.clone()),
            classes: of_sites(&|s| s.class.clone()),
            probs: of_sites(&|s| format!("{:.3}", s.prob)),
            src_image: self.raster.info.path.display().to_string(),
            src_sha256: record.sha256.clone().unwrap_or_default(),
            capture_time: record.capture_time.clone().unwrap_or_default(),
            src_col: corner.0,
            src_row: corner.1,
            src_width: f64::from(window.width) * sx,
            src_height: f64::from(window.height) * sy,
            map_crs: self.raster.crs.label().to_owned(),
            geotransform: [x0, x1 - x0, x2 - x0, y0, y1 - y0, y2 - y0]
                .map(|v| v.to_string())
                .join(" "),
            run_id: scan.record.run_id.clone(),
            labels: "machine-made, not checked".into(),
        }
    }
}

/// Values to 0–255.
fn to_bytes(stretch: Option<ValueRange>) -> BandScaling {
    let Some(range) = stretch else {
        return BandScaling::IDENTITY;
    };
    let factor = 255.0 / (range.high - range.low).max(f32::MIN_POSITIVE);
    BandScaling {
        low: range.low,
        high: range.high,
        factor,
        offset: -range.low * factor,
    }
}

/// An image's name as the beginning of file names: no ending, no characters that file systems mind.
fn file_stem(name: &str) -> String {
    let stem = Path::new(name).with_extension("");
    stem.to_string_lossy()
        .chars()
        .map(|c| if c.is_alphanumeric() || "-_".contains(c) { c } else { '-' })
        .collect()
}
