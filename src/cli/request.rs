//! What a run is asked to do: from a command line, or from what a part of a run kept.

use super::photos::PhotoArgs;
use super::settings::Chosen;
use crate::Result;
use crate::model::{Model, files_of};
use crate::pipeline::acquire::{files_read, short_names};
use crate::pipeline::provenance::{FileRecord, FileRole};
use crate::pipeline::settings::Resolved;
use crate::pipeline::{ScanJob, read_area};
use crate::vector::StoreTarget;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// How to ask for the same run again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) images: Vec<PathBuf>,
    pub(super) model: PathBuf,
    pub(super) model_config: Option<PathBuf>,
    pub(super) aoi: Option<PathBuf>,
    pub(super) chosen: Chosen,
    /// How raw photos are placed.
    #[serde(default)]
    pub(super) photos: PhotoArgs,
}

/// What a request names, opened.
pub(super) struct Opened {
    pub(super) model: Model,
    pub(super) screen: Option<Model>,
    settings: Resolved,
}

impl Request {
    /// The same with paths that hold from any folder.
    pub(super) fn absolute(mut self) -> Self {
        let absolute = |path: &Path| {
            let inside = path.starts_with("/vsi") || !path.exists();
            if inside {
                None
            } else {
                std::path::absolute(path).ok()
            }
            .unwrap_or_else(|| path.to_owned())
        };
        self.images
            .iter_mut()
            .for_each(|path| *path = absolute(path));
        self.model = absolute(&self.model);
        self.model_config = self.model_config.as_deref().map(absolute);
        self.aoi = self.aoi.as_deref().map(absolute);
        self.chosen = self.chosen.with_screen(absolute);
        self.photos = self.photos.absolute(absolute);
        self
    }

    /// Opens the models and settles every setting.
    pub(super) fn open(&self) -> Result<Opened> {
        let (model, settings) = self
            .chosen
            .open(&self.model, self.model_config.as_deref())?;
        Ok(Opened {
            screen: self.chosen.open_screen(&model, &settings)?,
            model,
            settings,
        })
    }

    /// The job that it asks for, its raw photos placed; `heatmap` is where scores go.
    pub(super) fn job<'a>(
        &self,
        opened: &'a Opened,
        heatmap: Option<PathBuf>,
        quiet: bool,
    ) -> Result<ScanJob<'a>> {
        let mut settings = opened.settings.clone();
        let (photos, record) = self.photos.photos(&self.images, quiet)?;
        settings.acquire.photos = photos;
        settings.record.extend(record);
        Ok(ScanJob {
            names: short_names(&self.images),
            images: self.images.clone(),
            model: &opened.model,
            screen: opened.screen.as_ref(),
            settings,
            aoi: self.aoi.as_deref().map(read_area).transpose()?,
            heatmap,
            keeps_scores: false,
            command_line: command_line(),
        })
    }

    /// Records of the files besides images that its job reads.
    pub(super) fn files(&self, opened: &Opened) -> Vec<FileRecord> {
        // Of what was loaded, which may not be what lies there now.
        let of_model = |role, model: &Model| {
            let file = &model.file;
            let weights = file.weight_files.iter().map(|w| (&w.path, &w.sha256));
            let all = std::iter::once((&file.path, &file.sha256)).chain(weights);
            let record = |(path, sha256): (&PathBuf, &String)| FileRecord {
                role,
                path: path.clone(),
                sha256: sha256.clone(),
            };
            all.map(record).collect::<Vec<_>>()
        };
        let mut sidecars = files_of(&self.model, self.model_config.as_deref());
        let mut files = of_model(FileRole::Model, &opened.model);
        sidecars.retain(|file| files.iter().all(|known| known.path != *file));
        sidecars.sort();
        let aoi = self.aoi.as_deref().map_or_else(Vec::new, files_read);
        files.extend(records(FileRole::Sidecar, sidecars));
        let screen = opened.screen.iter();
        files.extend(screen.flat_map(|m| of_model(FileRole::Screen, m)));
        files.extend(records(FileRole::Aoi, aoi));
        files.extend(records(FileRole::Elevation, self.photos.files()));
        files
    }
}

/// The command line, for the record, without the passwords of servers.
pub(super) fn command_line() -> Vec<String> {
    std::env::args_os()
        .map(|word| StoreTarget::parse(&word.to_string_lossy()).to_string())
        .collect()
}

/// Records of plain files, those that follow themselves once.
pub(super) fn records(role: FileRole, mut files: Vec<PathBuf>) -> Vec<FileRecord> {
    files.dedup();
    let record = |file: &PathBuf| FileRecord::of(role, file, &|| false);
    files.iter().filter_map(record).collect()
}
