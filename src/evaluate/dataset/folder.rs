//! A plain folder of images with labels beside them, or in `labels/`, `masks/`, `truth/`: what a
//! labelling tool or `tianmu scan --chips` leaves.

use super::chips::{self, ChipRow};
use super::names::{read_names, read_numbered};
use super::{
    CocoFile, Dataset, Scene, Training, TruthFile, UNPLACED_HINT, ending_of, file_name_of, some_of,
    stem_of, unplaced,
};
use crate::pipeline::acquire::expand_inputs;
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Folders of labels.
const LABEL_FOLDERS: [&str; 3] = ["labels", "masks", "truth"];
/// Endings of vector files, those taken first first.
const VECTOR_ENDINGS: [&str; 3] = ["gpkg", "geojson", "shp"];
/// Endings of masks.
const MASK_ENDINGS: [&str; 3] = ["tif", "tiff", "png"];
/// Names of COCO files.
const COCO_FILES: [&str; 2] = ["annotations.json", "_annotations.coco.json"];
/// What pixels of a mask are that training and measuring leave out, unless it is named.
const IGNORE: u32 = 255;

/// Finds the images of a folder and their truth.
pub(super) fn read(folder: &Path, assumes_crs: bool) -> Result<Dataset> {
    let mut search = Search::new(folder)?;
    search.assumes_crs = assumes_crs;
    let images = search.images()?;
    if images.is_empty() {
        return Err(Error::labels(
            folder,
            "has no image, nor a folder `images` with some",
            "give a folder of images with their labels, or a `dataset.toml`",
        ));
    }
    let mut scenes = Vec::new();
    for image in &images {
        if let Some(scene) = search.scene(image)? {
            scenes.push(scene);
        }
    }
    search.say_what_is_left_out();
    if scenes.is_empty() {
        let why = if search.warnings.is_empty() {
            String::new()
        } else {
            format!(": {}", search.warnings.join("; "))
        };
        let hint = if search.homeless.is_empty() {
            "put labels beside the images: `a.geojson`, `a.gpkg`, `a_mask.png` or `a.txt` for \
             `a.tif`, or `annotations.json`; an image on which nothing is needs an empty file of \
             labels, or `truth = []` in a `dataset.toml`"
        } else {
            UNPLACED_HINT
        };
        let problem = format!("has no image with truth that can be measured on{why}");
        return Err(Error::labels(folder, problem, hint));
    }
    let own = fs_err::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    Ok(Dataset {
        name: file_name_of(&own),
        path: folder.to_owned(),
        scenes,
        rename: BTreeMap::new(),
        training: Training::default(),
        warnings: search.warnings,
    })
}

struct Search<'a> {
    /// Whether the user gives the reference system of images that carry none.
    assumes_crs: bool,
    folder: &'a Path,
    coco: Option<(PathBuf, Arc<CocoFile>)>,
    chips: BTreeMap<String, ChipRow>,
    warnings: Vec<String>,
    /// Images without truth.
    unlabelled: Vec<String>,
    /// Images without a place on the map.
    homeless: Vec<String>,
    /// What is wrong with some images.
    unusable: Vec<String>,
    /// Images with several files of truth, and which was taken.
    ambiguous: Vec<String>,
    /// Names of classes by the file they stand in; masks and lines of labels read them unlike.
    names: BTreeMap<PathBuf, Vec<String>>,
    numbered: BTreeMap<PathBuf, BTreeMap<u32, String>>,
}

impl<'a> Search<'a> {
    fn new(folder: &'a Path) -> Result<Self> {
        let places = [
            folder.to_owned(),
            folder.join("images"),
            folder.join("labels"),
        ];
        let mut files = places
            .iter()
            .flat_map(|place| COCO_FILES.map(|name| place.join(name)));
        let coco = match files.find(|file| file.is_file()) {
            Some(file) => Some((file.clone(), Arc::new(CocoFile::read(&file)?))),
            None => None,
        };
        Ok(Self {
            assumes_crs: false,
            folder,
            coco,
            chips: chips::read_table(folder)?,
            warnings: Vec::new(),
            unlabelled: Vec::new(),
            homeless: Vec::new(),
            unusable: Vec::new(),
            ambiguous: Vec::new(),
            names: BTreeMap::new(),
            numbered: BTreeMap::new(),
        })
    }

    /// The images of the folder, of `images` in it and of the folders in that; without masks that
    /// lie beside their image, and of those of one name the one that holds most.
    fn images(&mut self) -> Result<Vec<PathBuf>> {
        let below = self.folder.join("images");
        let mut folders = vec![self.folder.to_owned(), below.clone()];
        if below.is_dir() {
            let mut inner: Vec<PathBuf> = fs_err::read_dir(&below)?
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| path.is_dir())
                .collect();
            inner.sort();
            folders.extend(inner);
        }
        let mut images = Vec::new();
        for folder in folders.iter().filter(|f| f.is_dir()) {
            match expand_inputs(&[as_text(folder)?]) {
                Ok(found) => images.extend(self.each_once(found)),
                Err(Error::NoInput { .. }) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(images)
    }

    fn each_once(&mut self, found: Vec<PathBuf>) -> Vec<PathBuf> {
        let mut by_stem: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        for image in found {
            by_stem.entry(stem_of(&image)).or_default().push(image);
        }
        let stems: Vec<String> = by_stem.keys().cloned().collect();
        let is_mask = |stem: &str| {
            let of = stem.strip_suffix("_mask");
            of.is_some_and(|of| stems.iter().any(|s| s == of))
        };
        by_stem.retain(|stem, _| !is_mask(stem));
        let mut images = Vec::new();
        for mut same in by_stem.into_values() {
            // Previews beside a mosaic are JPEGs and PNGs without a place.
            same.sort_by_cached_key(|image| {
                let is_placed =
                    unplaced(image, self.assumes_crs).is_ok_and(|problem| problem.is_none());
                let order = ["tif", "tiff", "vrt", "jp2", "img", "ecw", "sid"];
                let ending = ending_of(image);
                let rank = order.iter().position(|e| *e == ending);
                (!is_placed, rank.unwrap_or(order.len()))
            });
            let mut same = same.into_iter();
            let taken = same.next();
            if let (Some(taken), Some(other)) = (&taken, same.next()) {
                self.warnings.push(format!(
                    "`{}` is taken and `{}` left out, which has the same name",
                    taken.display(),
                    file_name_of(&other)
                ));
            }
            images.extend(taken);
        }
        images
    }

    /// The image as a scene; `None` where it is left out.
    fn scene(&mut self, image: &Path) -> Result<Option<Scene>> {
        let name = file_name_of(image);
        let Some(truth) = self.truth(image)? else {
            return Ok(None);
        };
        let problem = match unplaced(image, self.assumes_crs) {
            Ok(problem) => problem,
            Err(e) => {
                self.unusable.push(format!("{e}"));
                return Ok(None);
            }
        };
        let chip = self.chips.get(&name);
        let is_map = matches!(truth, TruthFile::Vector { .. });
        if problem.is_some() && (chip.is_none() || is_map) {
            self.homeless.push(name);
            return Ok(None);
        }
        Ok(Some(Scene {
            name: stem_of(image),
            image: image.to_owned(),
            truth: vec![truth],
            lookalikes: None,
            flight: chip.map(|c| c.group.clone()).filter(|g| !g.is_empty()),
            date: chip.and_then(ChipRow::date),
            stage: None,
            gsd_m: chip.map(|c| c.gsd_m),
            aoi: None,
            local: problem.is_some(),
            placed: None,
        }))
    }

    /// The file of truth of an image: one that says outlines on the map before a mask before
    /// lines of labels before a file of all images.
    fn truth(&mut self, image: &Path) -> Result<Option<TruthFile>> {
        let stem = stem_of(image);
        let places = self.places(image);
        let first = |names: &[String]| {
            let mut files = places
                .iter()
                .flat_map(|place| names.iter().map(|name| place.join(name)));
            files.find(|file| file.is_file())
        };
        let vector = first(&VECTOR_ENDINGS.map(|e| format!("{stem}.{e}")));
        let beside = first(&MASK_ENDINGS.map(|e| format!("{stem}_mask.{e}")));
        let mask = beside.or_else(|| {
            let masks = places
                .iter()
                .filter(|p| p.iter().any(|part| part == "masks"));
            let mut files = masks.flat_map(|p| MASK_ENDINGS.map(|e| p.join(format!("{stem}.{e}"))));
            files.find(|file| file.is_file() && file != image)
        });
        let lines = first(&[format!("{stem}.txt")]);
        // Beside an image a text may be anything; among labels it is one.
        let lines = lines
            .filter(|file| file.parent() != image.parent() || self.names_file(&places).is_some());
        let in_coco = self.coco.as_ref().and_then(|(path, file)| {
            let file_name = file.name_of(image)?.to_owned();
            Some((path.clone(), file_name, file.clone()))
        });
        let found: Vec<&Path> = [vector.as_deref(), mask.as_deref(), lines.as_deref()]
            .into_iter()
            .flatten()
            .chain(in_coco.as_ref().map(|(path, ..)| path.as_path()))
            .collect();
        if let [taken, other, ..] = found[..] {
            self.ambiguous.push(format!(
                "`{}`: `{}` before `{}`",
                file_name_of(image),
                taken.display(),
                file_name_of(other)
            ));
        }
        if let Some(path) = vector {
            return Ok(Some(TruthFile::Vector {
                path,
                layer: None,
                class: None,
            }));
        }
        if let Some(path) = mask {
            return self.mask(path, &places);
        }
        if let Some(path) = lines {
            return self.lines(path, &places).map(Some);
        }
        if let Some((path, file_name, file)) = in_coco {
            return Ok(Some(TruthFile::Coco {
                path,
                file_name,
                file,
            }));
        }
        self.unlabelled.push(file_name_of(image));
        Ok(None)
    }

    fn mask(&mut self, path: PathBuf, places: &[PathBuf]) -> Result<Option<TruthFile>> {
        let Some(file) = self.beside(places, &["classes.txt"]) else {
            self.unusable.push(format!(
                "`{}` is a mask, but there is no `classes.txt` with a number and a name a line",
                path.display()
            ));
            return Ok(None);
        };
        let classes = if let Some(known) = self.numbered.get(&file) {
            known.clone()
        } else {
            let read = read_numbered(&file)?;
            self.numbered.insert(file, read.clone());
            read
        };
        let ignore = if classes.contains_key(&IGNORE) {
            Vec::new()
        } else {
            vec![IGNORE]
        };
        Ok(Some(TruthFile::Mask {
            path,
            classes,
            ignore,
        }))
    }

    fn lines(&mut self, path: PathBuf, places: &[PathBuf]) -> Result<TruthFile> {
        let Some(file) = self.names_file(places) else {
            return Err(Error::labels(
                &path,
                "holds numbers of classes, but there is no `data.yaml` or `classes.txt` that \
                 names them",
                "put it into the folder, or name it in a `dataset.toml`: `names = \"data.yaml\"`",
            ));
        };
        let names = if let Some(known) = self.names.get(&file) {
            known.clone()
        } else {
            let read = read_names(&file)?;
            self.names.insert(file, read.clone());
            read
        };
        Ok(TruthFile::Yolo { path, names })
    }

    /// The file that names the classes of lines of labels.
    fn names_file(&self, places: &[PathBuf]) -> Option<PathBuf> {
        let wanted = ["data.yaml", "data.yml", "classes.txt"];
        // Sets that are cut into `train`, `valid` and `test` name their classes above.
        let above = self.folder.join("..");
        self.beside(places, &wanted)
            .or_else(|| self.beside(&[above], &wanted[..2]))
    }

    /// The first of some files in the folders of labels or in the folder itself.
    fn beside(&self, places: &[PathBuf], names: &[&str]) -> Option<PathBuf> {
        let places = places.iter().map(PathBuf::as_path).chain([self.folder]);
        let mut files = places.flat_map(|place| names.iter().map(move |name| place.join(name)));
        files.find(|file| file.is_file())
    }

    /// Where labels of an image may lie: beside it, and in the folders of labels, for
    /// `images/val/a.png` in `labels/val` too.
    fn places(&self, image: &Path) -> Vec<PathBuf> {
        let own = image.parent().unwrap_or(self.folder);
        let mut places = vec![own.to_owned()];
        let inner = own.strip_prefix(self.folder.join("images")).ok();
        for name in LABEL_FOLDERS {
            if let Some(inner) = inner.filter(|inner| !inner.as_os_str().is_empty()) {
                places.push(self.folder.join(name).join(inner));
            }
            places.push(self.folder.join(name));
        }
        places
    }

    fn say_what_is_left_out(&mut self) {
        let names = |list: &[String]| some_of(list.iter().map(String::as_str));
        if !self.unlabelled.is_empty() {
            self.warnings.push(format!(
                "{} without truth left out (an empty file of labels says that nothing is there): {}",
                images(self.unlabelled.len()),
                names(&self.unlabelled)
            ));
        }
        if !self.homeless.is_empty() {
            self.warnings.push(format!(
                "{} without a place on the map left out: {}; {UNPLACED_HINT}",
                images(self.homeless.len()),
                names(&self.homeless)
            ));
        }
        if !self.ambiguous.is_empty() {
            self.warnings.push(format!(
                "{} with several files of truth, of which one is taken: {}; a `dataset.toml` says \
                 which",
                images(self.ambiguous.len()),
                self.ambiguous[0]
            ));
        }
        let shown = self.unusable.len().min(5);
        self.warnings.extend(self.unusable.drain(..shown));
        if !self.unusable.is_empty() {
            self.warnings.push(format!(
                "{} more left out for reasons of that kind",
                images(self.unusable.len())
            ));
        }
    }
}

fn images(count: usize) -> String {
    if count == 1 {
        "1 image".into()
    } else {
        format!("{count} images")
    }
}

/// A folder as the inputs of a scan are written.
fn as_text(folder: &Path) -> Result<String> {
    folder.to_str().map(str::to_owned).ok_or_else(|| {
        Error::labels(
            folder,
            "has a name that is no text in UTF-8",
            "rename the folder; it comes from a system with another encoding",
        )
    })
}

#[cfg(test)]
#[path = "folder_tests.rs"]
mod tests;
