//! The folder of chips: pictures, labels, where each comes from. Made beside its place and moved there
//! when all of it is written.

use super::ChipJob;
use super::labels::Label;
use super::layout::{LabelWriter, save_png};
use crate::{Error, Result};
use serde::Serialize;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The table of where chips come from; also the sign that a folder is one of chips.
const TABLE: &str = "chips.csv";

/// Said in every folder.
const NOTE: &str = "Labels are a model's own candidates, not truth: correct them before training. \
线索，非证据：训练前须人工校正标注。";

/// One row of `chips.csv`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ChipRow {
    /// File name within `images/`.
    pub chip: String,
    /// What it was cut from: training and validation never share a group.
    pub group: String,
    /// Metres per pixel.
    pub gsd_m: f64,
    /// Sites that it shows, with `;` between them.
    pub site_ids: String,
    /// Their classes.
    pub classes: String,
    /// Their scores.
    pub probs: String,
    /// The image.
    pub src_image: String,
    /// Its hash.
    pub src_sha256: String,
    /// When it was taken.
    pub capture_time: String,
    /// First column, image pixels.
    pub src_col: f64,
    /// First row, image pixels.
    pub src_row: f64,
    /// Columns, image pixels.
    pub src_width: f64,
    /// Rows, image pixels.
    pub src_height: f64,
    /// Reference system of the geotransform.
    pub map_crs: String,
    /// GDAL's six numbers for the chip, blanks between them.
    pub geotransform: String,
    /// The run.
    pub run_id: String,
    /// What the labels are worth.
    pub labels: String,
}

/// A folder of chips under work.
pub(super) struct ChipFolder {
    staged: TempDir,
    inner: PathBuf,
    job: ChipJob,
    rows: Vec<ChipRow>,
    writer: LabelWriter,
}

/// Refuses a place where no folder of chips can be made: a file, a folder with something else in it,
/// without `overwrite` one with chips, one that holds a file that the run reads.
pub fn check_chip_folder(folder: &Path, overwrite: bool, inputs: &[PathBuf]) -> Result<()> {
    let refuse = |reason: String| {
        Err(Error::WriteOutput {
            path: folder.to_owned(),
            reason,
        })
    };
    let Ok(found) = fs_err::symlink_metadata(folder) else {
        return Ok(());
    };
    if !found.is_dir() {
        return refuse("it is a file, wanted a folder".into());
    }
    if fs_err::read_dir(folder)?.next().is_none() {
        return Ok(());
    }
    if !folder.join(TABLE).is_file() {
        return refuse(format!(
            "it holds other things and no `{TABLE}`; give a new or an empty folder"
        ));
    }
    if !overwrite {
        return Err(Error::OutputExists {
            path: folder.to_owned(),
        });
    }
    let place = fs_err::canonicalize(folder)?;
    let inside = inputs
        .iter()
        .find(|i| fs_err::canonicalize(i).is_ok_and(|i| i.starts_with(&place)));
    match inside {
        Some(input) => Err(Error::OutputIsInput {
            path: folder.to_owned(),
            input: input.clone(),
        }),
        None => Ok(()),
    }
}

impl ChipFolder {
    /// Begins a folder beside its place.
    pub(super) fn create(job: &ChipJob, outlines: bool) -> Result<Self> {
        check_chip_folder(&job.folder, job.overwrite, &[])?;
        let parent = job
            .folder
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let staged = tempfile::Builder::new()
            .prefix(".tianmu-")
            .tempdir_in(parent)
            .map_err(|e| Error::WriteOutput {
                path: job.folder.clone(),
                reason: format!("its folder cannot be written ({e})"),
            })?;
        let inner = staged.path().join("chips");
        fs_err::create_dir_all(inner.join("images"))?;
        let writer = LabelWriter::new(job.layout, &inner, job.size_px, outlines)?;
        Ok(Self {
            staged,
            inner,
            job: job.clone(),
            rows: Vec::new(),
            writer,
        })
    }

    /// Adds a chip: its picture, its labels, where the model looked (`[row, col]`), where it comes from.
    pub(super) fn add(
        &mut self,
        picture: &image::RgbImage,
        labels: &[Label],
        known: &[u8],
        row: ChipRow,
    ) -> Result<()> {
        self.named(|folder| {
            save_png(&folder.inner.join("images").join(&row.chip), picture)?;
            folder.writer.add(&row.chip, labels, known)?;
            folder.rows.push(row);
            Ok(())
        })
    }

    /// Writes what stands in one file for all chips and moves the folder into its place.
    pub(super) fn finish(
        mut self,
        classes: &[String],
        gsd_m: f64,
        site_ids: &[String],
    ) -> Result<()> {
        self.named(|folder| {
            folder.writer.finish(classes, gsd_m, site_ids, NOTE)?;
            fs_err::write(folder.inner.join("README.txt"), format!("{NOTE}\n"))?;
            folder.table()
        })?;
        check_chip_folder(&self.job.folder, self.job.overwrite, &[])?;
        let target = &self.job.folder;
        if target.exists() {
            // What was there goes with the folder of the work.
            fs_err::rename(target, self.staged.path().join("before"))?;
        }
        fs_err::rename(&self.inner, target)?;
        Ok(self.staged.close()?)
    }

    fn table(&self) -> Result<()> {
        let failed = |e: csv::Error| Error::WriteOutput {
            path: self.job.folder.join(TABLE),
            reason: e.to_string(),
        };
        // With a byte order mark, so that spreadsheets see the text as UTF-8.
        let mut file = fs_err::File::create(self.inner.join(TABLE))?;
        std::io::Write::write_all(&mut file, "\u{feff}".as_bytes())?;
        let mut table = csv::Writer::from_writer(file);
        for row in &self.rows {
            table.serialize(row).map_err(failed)?;
        }
        Ok(table.flush()?)
    }

    /// Users know the folder they asked for, not the one of the work.
    fn named(&mut self, work: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let inner = self.inner.display().to_string();
        let target = self.job.folder.display().to_string();
        work(self).map_err(|error| {
            let reason = match error {
                Error::WriteOutput { reason, .. } => reason,
                Error::Io(e) => e.to_string(),
                other => return other,
            };
            Error::WriteOutput {
                path: self.job.folder.clone(),
                reason: reason.replace(&inner, &target),
            }
        })
    }
}
