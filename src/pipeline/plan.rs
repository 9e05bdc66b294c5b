//! The plan of a run: everything that decides its result, so that a later run can tell
//! whether what was kept is a part of its own.

use super::ScanJob;
use super::acquire::{self, Photos};
use crate::digest::hash_of;
use crate::model::ModelFile;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::UNIX_EPOCH;

/// What decides the result of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of the program.
    program: String,
    /// The file of the program, on this machine: builds of one version may differ.
    build: Option<PlannedFile>,
    /// Version of ONNX Runtime.
    onnx_runtime: String,
    /// Version of GDAL.
    gdal: String,
    /// The device that runs the model.
    device: String,
    /// SHA-256 of the model file.
    model: String,
    /// Hashes of the screen and of how it was understood, where there is one.
    screen: Option<String>,
    /// Hash of how the model was understood.
    contract: String,
    /// Every setting but the number of threads.
    settings: Vec<(String, serde_json::Value)>,
    /// Whether scores are wanted besides sites, or the values of a regression.
    scores: bool,
    /// Hash of the area of interest.
    aoi: Option<String>,
    /// The images, in order.
    images: Vec<PlannedImage>,
    /// The part of the plan that is done, where it is not all.
    pub shard: Option<Shard>,
}

/// An image of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct PlannedImage {
    /// What sites call it.
    name: String,
    /// Its file, and those that it consists of besides, such as the sources of a VRT.
    files: Vec<PlannedFile>,
    /// Hash of what places the pixels of a photo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    photo: Option<String>,
}

/// A file as it is found, without reading it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PlannedFile {
    /// Its name without folders.
    name: String,
    /// Its size in bytes, where it is a plain file.
    bytes: Option<u64>,
    /// When it was last changed, nanoseconds since 1970, as text. Copies of one image on
    /// several machines differ in it.
    modified: Option<String>,
}

impl PlannedFile {
    /// A file, whether it is there or not.
    fn of(path: &Path) -> Self {
        let facts = fs_err::metadata(path)
            .ok()
            .filter(std::fs::Metadata::is_file);
        let modified = facts.as_ref().and_then(|f| f.modified().ok());
        let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self {
            name: path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into(),
            bytes: facts.as_ref().map(std::fs::Metadata::len),
            modified: since.map(|s| s.as_nanos().to_string()),
        }
    }

    /// An image and the files that it consists of besides.
    pub(super) fn of_image(path: &Path, parts: &[PathBuf]) -> Vec<Self> {
        let files = std::iter::once(path).chain(parts.iter().map(PathBuf::as_path));
        files.map(Self::of).collect()
    }

    /// Whether no file is there. What lies in an archive or elsewhere has no size either, then or
    /// now.
    fn is_gone(&self) -> bool {
        self.bytes.is_none()
    }
}

impl PlannedImage {
    fn of(path: &Path, name: &str, photos: &Photos) -> Self {
        Self {
            name: name.to_owned(),
            files: PlannedFile::of_image(path, &acquire::parts_of(path)),
            photo: photos.get(path).map(|ground| hash_of(ground.facts())),
        }
    }
}

impl Plan {
    /// The plan of a job.
    pub fn of(job: &ScanJob<'_>, shard: Option<Shard>) -> Result<Self> {
        let decides = |name: &str| !matches!(name, "workers" | "screen");
        let settings = job.settings.record.iter().filter(|s| decides(s.name));
        Ok(Self {
            program: env!("CARGO_PKG_VERSION").into(),
            build: std::env::current_exe()
                .ok()
                .map(|path| PlannedFile::of(&path)),
            onnx_runtime: ModelFile::runtime_version()?,
            gdal: acquire::gdal_version(),
            device: job.model.file.device.to_string(),
            model: job.model.file.identity(),
            screen: job
                .screen
                .map(|s| s.file.identity() + &hash_of(format!("{:?}", s.contract))),
            contract: hash_of(format!("{:?}", job.model.contract)),
            settings: settings.map(|s| (s.name.into(), s.value.clone())).collect(),
            scores: job.wants_scores(),
            aoi: job.aoi.as_ref().map(|aoi| hash_of(format!("{aoi:?}"))),
            images: job
                .images
                .iter()
                .zip(&job.names)
                .map(|(path, name)| PlannedImage::of(path, name, &job.settings.acquire.photos))
                .collect(),
            shard,
        })
    }

    /// Why what was kept under this plan is no part of another, in words; `None` where it is.
    #[must_use]
    pub fn difference(&self, now: &Self) -> Option<String> {
        let versions = [
            ("the program", &self.program, &now.program),
            ("ONNX Runtime", &self.onnx_runtime, &now.onnx_runtime),
            ("GDAL", &self.gdal, &now.gdal),
            ("the device", &self.device, &now.device),
        ];
        if let Some((what, old, new)) = versions.into_iter().find(|(_, old, new)| old != new) {
            return Some(format!("{what} was {old} and is {new}"));
        }
        if self.build != now.build {
            return Some("the program has changed".into());
        }
        if self.model != now.model {
            return Some("the model has changed".into());
        }
        if self.screen != now.screen {
            return Some("the screen has changed".into());
        }
        for (name, new) in &now.settings {
            let old = self.settings.iter().find(|(n, _)| n == name);
            let old = old.map_or(&serde_json::Value::Null, |(_, value)| value);
            if old != new {
                return Some(format!("setting `{name}` was {old} and is {new}"));
            }
        }
        if self.contract != now.contract || self.settings != now.settings {
            return Some("the model is described in another way".into());
        }
        if self.scores != now.scores {
            let what = |scores| {
                if scores {
                    "with scores"
                } else {
                    "without scores"
                }
            };
            let (old, new) = (what(self.scores), what(now.scores));
            return Some(format!("it was {old} and is {new}"));
        }
        if self.aoi != now.aoi {
            return Some("the area of interest has changed".into());
        }
        if self.shard != now.shard {
            return Some("it was another part of the images".into());
        }
        if let Some((old, new)) = self.images.iter().zip(&now.images).find(|(o, n)| o != n) {
            return Some(
                if old.name == new.name && new.files.iter().any(PlannedFile::is_gone) {
                    format!(
                        "image `{}`, or a file that it consists of, is not there",
                        new.name
                    )
                } else if old.name == new.name && old.files == new.files {
                    format!("photo `{}` is placed in another way", new.name)
                } else if old.name == new.name {
                    format!("image `{}` has changed", new.name)
                } else {
                    format!("image `{}` stands in the place of `{}`", new.name, old.name)
                },
            );
        }
        (self.images.len() != now.images.len()).then(|| {
            let (old, new) = (self.images.len(), now.images.len());
            format!("there were {old} images and are {new}")
        })
    }

    /// The same plan without what one part or one machine has of its own.
    #[must_use]
    pub fn whole(&self) -> Self {
        let mut plan = self.clone();
        plan.shard = None;
        plan.build = None;
        for file in plan.images.iter_mut().flat_map(|image| &mut image.files) {
            file.modified = None;
        }
        plan
    }

    /// Names of the images as sites call them.
    pub fn image_names(&self) -> impl Iterator<Item = &str> {
        self.images.iter().map(|image| image.name.as_str())
    }
}

/// One of several equal parts of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shard {
    /// Which, from 1.
    pub number: u32,
    /// Of how many.
    pub of: u32,
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once('/').and_then(|(number, of)| {
            let number = number.trim().parse().ok()?;
            Some((number, of.trim().parse().ok()?))
        });
        parts
            .filter(|(number, of)| (1..=*of).contains(number))
            .map(|(number, of)| Self { number, of })
            .ok_or_else(|| Error::setting("shard", text, "a part of the whole, such as `2/7`"))
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl Shard {
    /// Which rows of tiles of each image are its own, of images with so many. All rows
    /// stand in one line, cut into parts of equal length.
    #[must_use]
    pub fn rows(self, counts: &[u32]) -> Vec<Range<u32>> {
        let total: u64 = counts.iter().map(|n| u64::from(*n)).sum();
        let cut = |number: u32| total * u64::from(number) / u64::from(self.of);
        let (from, to) = (cut(self.number - 1), cut(self.number));
        let mut start = 0;
        let own = |count: &u32| {
            let end = start + u64::from(*count);
            let inside =
                |place: u64| u32::try_from(place.clamp(start, end) - start).unwrap_or(*count);
            let rows = inside(from)..inside(to);
            start = end;
            rows
        };
        counts.iter().map(own).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_are_read_and_refused() {
        let shard: Shard = " 2/7".parse().unwrap();
        assert_eq!(shard, Shard { number: 2, of: 7 });
        assert_eq!(shard.to_string(), "2/7");
        for wrong in ["0/3", "4/3", "3", "a/b", "1/0", ""] {
            let error = Shard::from_str(wrong).unwrap_err().to_string();
            assert!(error.contains("such as `2/7`"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn every_row_has_one_part(counts in prop::collection::vec(0_u32..20, 0..6), of in 1_u32..9) {
            let mut seen: Vec<Vec<u32>> = counts.iter().map(|n| vec![0; *n as usize]).collect();
            for number in 1..=of {
                for (image, rows) in (Shard { number, of }).rows(&counts).into_iter().enumerate() {
                    rows.for_each(|row| seen[image][row as usize] += 1);
                }
            }
            prop_assert!(seen.iter().flatten().all(|n| *n == 1));
        }
    }
}
