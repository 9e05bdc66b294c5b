//! Which files a run read and wrote, by their SHA-256, and whether they are still the same.

use crate::digest::hash_of_file;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What a file was to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileRole {
    /// An image that was scanned.
    Image,
    /// A file that an image consists of besides itself, such as a source of a VRT.
    ImagePart,
    /// The model.
    Model,
    /// What describes the model.
    Sidecar,
    /// A model of coarse imagery.
    Screen,
    /// The area of interest.
    Aoi,
    /// Heights of the ground under photos.
    Elevation,
    /// The config file.
    Config,
    /// Known plots, to compare with.
    Truth,
    /// A part of the plan that was joined.
    Shard,
    /// Something that the run wrote.
    Output,
}

impl std::fmt::Display for FileRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Image => "image",
            Self::ImagePart => "part of an image",
            Self::Model => "model",
            Self::Sidecar => "sidecar",
            Self::Screen => "screen",
            Self::Aoi => "area of interest",
            Self::Elevation => "elevation model",
            Self::Config => "config file",
            Self::Truth => "known plots",
            Self::Shard => "shard",
            Self::Output => "output",
        })
    }
}

/// SHA-256 of an image's file, lower-case hex; none where it is no plain file.
#[must_use]
pub fn hash_of_image(path: &Path) -> Option<String> {
    hash_of_file(path, &|| false).filter(|hash| !hash.is_empty())
}

/// A file of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// What it was to the run.
    pub role: FileRole,
    /// Its path, as the run opened it.
    pub path: PathBuf,
    /// Its SHA-256 then, lower-case hex.
    pub sha256: String,
}

impl FileRecord {
    /// The record of a plain file; `None` for anything else, or when `stop` says so.
    #[must_use]
    pub fn of(role: FileRole, path: &Path, stop: &dyn Fn() -> bool) -> Option<Self> {
        let sha256 = hash_of_file(path, stop)?;
        Some(Self {
            role,
            path: path.to_owned(),
            sha256,
        })
    }
}

/// What became of a file since the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileState {
    /// Its bytes are the same.
    Same,
    /// Its bytes are others.
    Changed,
    /// It is not there, or cannot be read.
    Missing,
    /// The run could not hash it: it lay in an archive or on a network.
    Unknown,
}

/// A file of a run as it is now.
#[derive(Debug, Clone, Serialize)]
pub struct FileVerdict {
    /// The file as the run knew it.
    #[serde(flatten)]
    pub file: FileRecord,
    /// Where it was looked at, if that is not where the run had it.
    pub found: Option<PathBuf>,
    /// What became of it.
    pub state: FileState,
}

/// The part of a run record that is needed to verify it.
#[derive(Deserialize)]
struct Verifiable {
    folder: PathBuf,
    files: Vec<FileRecord>,
}

/// Hashes every file that a run record names. What the run wrote is looked for beside the record
/// first, so that results that were moved together are looked at and not what they were copied
/// from; what it read, where the run found it.
/// `tell` is called before each file is read.
pub fn verify(
    record: &Path,
    tell: &dyn Fn(&FileRecord),
    stop: &dyn Fn() -> bool,
) -> Result<Vec<FileVerdict>> {
    let unfit = |problem: String| Error::Record {
        path: record.to_owned(),
        problem,
    };
    let text = fs_err::read(record)?;
    let known: Verifiable = serde_json::from_slice(&text)
        .map_err(|e| unfit(format!("is no run record that names its files ({e})")))?;
    let beside = record.parent().unwrap_or(Path::new(""));
    if known.files.is_empty() {
        return Err(unfit("names no file".into()));
    }
    let mut verdicts = Vec::new();
    for file in known.files {
        if stop() {
            return Err(Error::Interrupted);
        }
        tell(&file);
        let name = file.path.file_name().map(|name| beside.join(name));
        let place = known.folder.join(&file.path);
        let mut places = [Some(place.clone()), name];
        if file.role == FileRole::Output {
            places.reverse();
        }
        let found = places.into_iter().flatten().find(|place| place.is_file());
        let now = found.as_ref().and_then(|place| hash_of_file(place, stop));
        if stop() {
            return Err(Error::Interrupted);
        }
        let state = match now {
            _ if file.sha256.is_empty() => FileState::Unknown,
            None => FileState::Missing,
            Some(now) if now == file.sha256 => FileState::Same,
            Some(_) => FileState::Changed,
        };
        let found = found.filter(|found| *found != place);
        verdicts.push(FileVerdict { file, found, state });
    }
    Ok(verdicts)
}
