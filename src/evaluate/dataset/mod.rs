//! Labelled data sets: which images there are, and where stands what is known of each.
//!
//! A data set is described by a `dataset.toml` (`manifest.rs`), or is a plain folder of images with
//! labels beside them (`folder.rs`). Nothing of the truth itself is read here, but for what tells
//! which file belongs to which image; [`super::truth`] reads it.

mod chips;
mod coco;
mod folder;
mod footprint;
mod leakage;
mod local;
mod manifest;
mod names;

pub use coco::{CocoFile, CocoImage, CocoObject, CocoShape};
pub use footprint::footprint;
pub use leakage::{ImageHashes, leaks};
pub(super) use names::{read_text, short};

use crate::pipeline::acquire::RasterInfo;
use crate::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file that describes a data set.
pub const MANIFEST: &str = "dataset.toml";

/// Images with what is known to be on them.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// Its name: as its description says, or that of its folder.
    pub name: String,
    /// Its description, or its folder.
    pub path: PathBuf,
    /// Its images, each once.
    pub scenes: Vec<Scene>,
    /// From names of classes in the truth to those of the models.
    pub rename: BTreeMap<String, String>,
    /// What the models learned from, as far as it was said.
    pub training: Training,
    /// What the user should know: images left out, labels chosen among several.
    pub warnings: Vec<String>,
}

/// What the models learned from.
#[derive(Debug, Clone, Default)]
pub struct Training {
    /// Names of flights.
    pub flights: Vec<String>,
    /// Vector files with polygons of ground.
    pub areas: Vec<PathBuf>,
    /// Images.
    pub images: Vec<PathBuf>,
}

/// One image and what is known of it.
#[derive(Debug, Clone)]
pub struct Scene {
    /// Its name, unique in the data set.
    pub name: String,
    /// The image.
    pub image: PathBuf,
    /// What is there; empty where somebody looked and there is nothing. A mask stands alone.
    pub truth: Vec<TruthFile>,
    /// A vector file of features that are no plots and may be taken for some.
    pub lookalikes: Option<PathBuf>,
    /// The flight it belongs to.
    pub flight: Option<String>,
    /// The day it was taken, `YYYY-MM-DD`.
    pub date: Option<String>,
    /// The stage of growth of all plots whose truth says none.
    pub stage: Option<String>,
    /// Metres of ground a pixel, where the description says so.
    pub gsd_m: Option<f64>,
    /// A vector file of the ground that is evaluated; all where there is none.
    pub aoi: Option<PathBuf>,
    /// Whether the image has no place on the map, only [`Self::gsd_m`].
    pub local: bool,
    /// The image at a made-up place, where it has none: see [`Dataset::place_pictures`].
    pub placed: Option<PathBuf>,
}

impl Scene {
    /// Whether its truth is drawn in the image's own pixels, so that nothing lies between the
    /// two but the size of a cell.
    #[must_use]
    pub fn is_in_pixels(&self) -> bool {
        let in_pixels = |file: &TruthFile| !matches!(file, TruthFile::Vector { .. });
        self.local || (!self.truth.is_empty() && self.truth.iter().all(in_pixels))
    }

    /// The raster that is scanned: the image, or what puts it at a made-up place.
    #[must_use]
    pub fn raster(&self) -> &Path {
        self.placed.as_ref().unwrap_or(&self.image)
    }
}

/// A file that says what is on an image.
#[derive(Debug, Clone)]
pub enum TruthFile {
    /// Points and polygons of a vector file.
    Vector {
        /// The file.
        path: PathBuf,
        /// The layer; all where there is none.
        layer: Option<String>,
        /// The class of features that name none.
        class: Option<String>,
    },
    /// A raster with the number of a class in each pixel of the image.
    Mask {
        /// The file.
        path: PathBuf,
        /// Numbers and their classes; `background` is no class.
        classes: BTreeMap<u32, String>,
        /// Numbers of pixels that are left out.
        ignore: Vec<u32>,
    },
    /// Lines of boxes or polygons in shares of the image's size.
    Yolo {
        /// The file.
        path: PathBuf,
        /// `[number]`; empty where the number is the class's name.
        names: Vec<String>,
    },
    /// The annotations of one image in a COCO file.
    Coco {
        /// The file.
        path: PathBuf,
        /// The image as the file names it.
        file_name: String,
        /// What stands in the file; all images of it share this.
        file: Arc<CocoFile>,
    },
}

impl TruthFile {
    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Vector { path, .. }
            | Self::Mask { path, .. }
            | Self::Yolo { path, .. }
            | Self::Coco { path, .. } => path,
        }
    }
}

impl Dataset {
    /// Reads which images there are and where their truth stands: of a `dataset.toml`, of a folder
    /// with one, or of a plain folder of images. `assume_crs` is the reference system of images that
    /// carry none, where the user gives it.
    ///
    /// # Errors
    /// [`Error::Labels`] when the description is not understood, names files that are not there,
    /// or a folder has no image with truth.
    pub fn read(path: &Path, assume_crs: Option<&str>) -> Result<Self> {
        let is_assumed = assume_crs.is_some();
        let mut dataset = if path.is_dir() {
            let described = path.join(MANIFEST);
            if described.is_file() {
                manifest::read(&described, is_assumed)?
            } else {
                folder::read(path, is_assumed)?
            }
        } else if !path.exists() {
            return Err(Error::labels(
                path,
                "does not exist",
                "give a `dataset.toml`, or a folder of images with their labels",
            ));
        } else if path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("toml"))
        {
            manifest::read(path, is_assumed)?
        } else {
            return Err(Error::labels(
                path,
                "is no data set",
                "give a `dataset.toml`, or a folder of images with their labels",
            ));
        };
        give_names(&mut dataset.scenes);
        Ok(dataset)
    }
}

/// Gives each scene the stem of its image as its name; where that is taken, with a number.
fn give_names(scenes: &mut [Scene]) {
    let mut taken = BTreeSet::new();
    for scene in scenes {
        let stem = stem_of(&scene.image);
        let numbered = (2..).map(|n| format!("{stem}-{n}"));
        let mut names = std::iter::once(stem.clone()).chain(numbered);
        if let Some(name) = names.find(|name| taken.insert(name.clone())) {
            scene.name = name;
        }
    }
}

/// Why an image has no place on the map; `None` where it has one, or lacks only a reference
/// system that is assumed.
fn unplaced(image: &Path, assumes_crs: bool) -> Result<Option<String>> {
    let info = RasterInfo::read(image)?;
    Ok(match (info.transform, info.crs) {
        (None, _) => Some("has no place on the map".into()),
        (Some(_), None) if assumes_crs => None,
        (Some(_), None) => Some(
            info.crs_problem
                .unwrap_or_else(|| "has no coordinate reference system".into()),
        ),
        (Some(_), Some(_)) => None,
    })
}

/// What to do about an image without a place.
const UNPLACED_HINT: &str = "georeference it, or say in a `dataset.toml` how many metres a pixel \
                             spans: `gsd-m = 0.02`";

fn stem_of(path: &Path) -> String {
    path.file_stem()
        .map(|s| s.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn ending_of(path: &Path) -> String {
    path.extension()
        .map(|e| e.to_string_lossy().to_lowercase())
        .unwrap_or_default()
}

fn file_name_of(path: &Path) -> String {
    path.file_name()
        .map(|s| s.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Up to five names, and how many more.
fn some_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let shown: Vec<String> = names.iter().take(5).map(|n| format!("`{n}`")).collect();
    let more = names.len() - shown.len();
    if more == 0 {
        shown.join(", ")
    } else {
        format!("{} and {more} more", shown.join(", "))
    }
}

#[cfg(test)]
pub(super) mod testing;
