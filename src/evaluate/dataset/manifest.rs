//! `dataset.toml`: a data set as its owner describes it. Paths are relative to the file.

use super::names::{read_names, read_numbered, read_text};
use super::{
    CocoFile, Dataset, Scene, Training, TruthFile, UNPLACED_HINT, ending_of, file_name_of, some_of,
    stem_of, unplaced,
};
use crate::{Error, Result};
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The number that masks of one class use besides 1.
const WHITE: u32 = 255;

/// Reads a description.
pub(super) fn read(path: &Path, assumes_crs: bool) -> Result<Dataset> {
    let text = read_text(path)?;
    let manifest: Manifest = toml::from_str(&text).map_err(|e| {
        let before = e.span().and_then(|span| text.get(..span.start));
        let line = before.map(|b| format!(" in line {}", b.matches('\n').count() + 1));
        Error::labels(
            path,
            format!(
                "is not understood{}: {}",
                line.unwrap_or_default(),
                e.message()
            ),
            "a data set has `[[scene]]` tables with `image` and `truth`; `tianmu bench --help` \
             lists all keys",
        )
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut reader = Reader {
        path,
        folder,
        assumes_crs,
        coco: BTreeMap::new(),
        warnings: Vec::new(),
    };
    if manifest.scene.is_empty() {
        return Err(reader.wrong(
            "has no `[[scene]]`".into(),
            "add one with `image` and `truth` for each image",
        ));
    }
    if let Some((name, _)) = manifest.classes.iter().find(|(_, to)| to.trim().is_empty()) {
        return Err(reader.wrong(
            format!("gives `{name}` no name in `[classes]`"),
            "write the name that the models have for it: `poppy = \"opium_poppy\"`",
        ));
    }
    let training = Training {
        flights: manifest.training.flights,
        areas: reader.existing("areas", &manifest.training.areas)?,
        images: reader.existing("images", &manifest.training.images)?,
    };
    let mut seen = BTreeSet::new();
    let mut scenes = Vec::new();
    for table in manifest.scene {
        let scene = reader.scene(table)?;
        let key = fs_err::canonicalize(&scene.image).unwrap_or_else(|_| scene.image.clone());
        if !seen.insert(key) {
            return Err(reader.wrong(
                format!("names `{}` in two scenes", scene.image.display()),
                "list all truth of an image in one scene: `truth = [\"a.geojson\", \"b.geojson\"]`",
            ));
        }
        scenes.push(scene);
    }
    let own_folder = fs_err::canonicalize(if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    });
    Ok(Dataset {
        name: manifest
            .name
            .unwrap_or_else(|| own_folder.map(|f| file_name_of(&f)).unwrap_or_default()),
        path: path.to_owned(),
        scenes,
        rename: manifest.classes,
        training,
        warnings: reader.warnings,
    })
}

/// Whether a text is a day, `YYYY-MM-DD`.
pub(super) fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else {
        return false;
    };
    let number = |part: &str, length: usize, to: u32| {
        let is_number = part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
        is_number && part.parse().is_ok_and(|n: u32| (1..=to).contains(&n))
    };
    number(year, 4, 9999) && number(month, 2, 12) && number(day, 2, 31)
}

struct Reader<'a> {
    path: &'a Path,
    folder: &'a Path,
    /// Whether the user gives the reference system of images that carry none.
    assumes_crs: bool,
    /// COCO files read so far.
    coco: BTreeMap<PathBuf, Arc<CocoFile>>,
    warnings: Vec<String>,
}

impl Reader<'_> {
    fn wrong(&self, problem: String, hint: &str) -> Error {
        Error::labels(self.path, problem, hint)
    }

    /// Files beside the description, which must be there.
    fn existing(&self, key: &str, files: &[PathBuf]) -> Result<Vec<PathBuf>> {
        let place = |file: &PathBuf| {
            let place = self.folder.join(file);
            // What lies in an archive is GDAL's to find.
            if place.exists() || file.starts_with("/vsizip") {
                Ok(place)
            } else {
                Err(self.wrong(
                    format!(
                        "names `{}` as `{key}`, which does not exist",
                        file.display()
                    ),
                    "paths are relative to this file; check how the name is written",
                ))
            }
        };
        files.iter().map(place).collect()
    }

    fn one(&self, key: &str, file: Option<&PathBuf>) -> Result<Option<PathBuf>> {
        Ok(self
            .existing(key, file.map_or(&[], std::slice::from_ref))?
            .pop())
    }

    fn scene(&mut self, table: SceneTable) -> Result<Scene> {
        let name = file_name_of(&table.image);
        let image = self.existing("image", std::slice::from_ref(&table.image))?;
        let Some(image) = image.into_iter().next() else {
            return Err(Error::Internal("a path without a place".into()));
        };
        let Some(Files(files)) = &table.truth else {
            return Err(self.wrong(
                format!("says of `{name}` no `truth`"),
                "name a file of labels; `truth = []` says that somebody looked and nothing is there",
            ));
        };
        let files = self.existing("truth", files)?;
        self.check_values(&name, &table)?;
        let mut truth = Vec::new();
        for file in files {
            truth.push(self.truth_file(&file, &image, &table)?);
        }
        let is_mask = |t: &TruthFile| matches!(t, TruthFile::Mask { .. });
        if truth.len() > 1 && truth.iter().any(is_mask) {
            return Err(self.wrong(
                format!("gives `{name}` a mask and other truth"),
                "a mask says of every pixel what it is; put all of it into one mask, or name none",
            ));
        }
        // An image that cannot be opened must not cost the others: measuring will say what it is.
        let problem = unplaced(&image, self.assumes_crs).unwrap_or(None);
        let is_map = |t: &TruthFile| matches!(t, TruthFile::Vector { .. });
        let needs_map =
            truth.iter().any(is_map) || table.lookalikes.is_some() || table.aoi.is_some();
        if let Some(problem) = &problem {
            let what = format!("names the image `{name}`, which {problem}");
            if table.gsd_m.is_none() {
                return Err(self.wrong(what, UNPLACED_HINT));
            }
            if needs_map {
                return Err(self.wrong(
                    format!("{what}, with points or polygons on a map"),
                    "georeference the image; without a place it takes a mask, YOLO or COCO labels only",
                ));
            }
        }
        Ok(Scene {
            name: stem_of(&image),
            truth,
            lookalikes: self.one("lookalikes", table.lookalikes.as_ref())?,
            aoi: self.one("aoi", table.aoi.as_ref())?,
            flight: table.flight,
            date: table.date,
            stage: table.stage,
            gsd_m: table.gsd_m,
            local: problem.is_some(),
            placed: None,
            image,
        })
    }

    fn check_values(&self, name: &str, table: &SceneTable) -> Result<()> {
        if let Some(gsd_m) = table.gsd_m.filter(|g| !(1e-4..=1000.0).contains(g)) {
            return Err(self.wrong(
                format!(
                    "says of `{name}` `gsd-m = {gsd_m}`, wanted metres a pixel, 0.0001 to 1000"
                ),
                "two centimetres a pixel are `gsd-m = 0.02`",
            ));
        }
        if let Some(date) = table.date.as_ref().filter(|d| !is_date(d)) {
            return Err(self.wrong(
                format!("says of `{name}` `date = {date}`, wanted a day"),
                "write year, month and day: `date = \"2026-05-03\"`",
            ));
        }
        Ok(())
    }

    fn truth_file(&mut self, file: &Path, image: &Path, table: &SceneTable) -> Result<TruthFile> {
        let path = file.to_owned();
        match kind_of(file)? {
            Kind::Vector => Ok(TruthFile::Vector {
                path,
                layer: table.truth_layer.clone(),
                class: table.class.clone(),
            }),
            Kind::Mask => Ok(TruthFile::Mask {
                classes: self.mask_classes(file, table)?,
                path,
                ignore: table.mask_ignore.clone(),
            }),
            Kind::Yolo => {
                let names = if let Some(names) = self.one("names", table.names.as_ref())? {
                    read_names(&names)?
                } else {
                    self.warnings.push(format!(
                        "`{}`: the scene has no `names`, so numbers of classes are taken as their \
                         names",
                        file.display()
                    ));
                    Vec::new()
                };
                Ok(TruthFile::Yolo { path, names })
            }
            Kind::Coco => {
                let coco = if let Some(read) = self.coco.get(file) {
                    read.clone()
                } else {
                    let read = Arc::new(CocoFile::read(file)?);
                    self.coco.insert(path.clone(), read.clone());
                    read
                };
                let Some(file_name) = coco.name_of(image).map(str::to_owned) else {
                    return Err(Error::labels(
                        file,
                        format!(
                            "names no image `{}`, or several; it has {}",
                            file_name_of(image),
                            some_of(coco.images.keys().map(String::as_str))
                        ),
                        "images are found by their file name; rename the image or its entry",
                    ));
                };
                Ok(TruthFile::Coco {
                    path,
                    file_name,
                    file: coco,
                })
            }
        }
    }

    /// Which number is which class: as `mask-classes` says, or the file of `names`; where there
    /// is only a `class`, what is 1 or white is of it.
    fn mask_classes(&self, file: &Path, table: &SceneTable) -> Result<BTreeMap<u32, String>> {
        if !table.mask_classes.is_empty() {
            let parse = |(number, name): (&String, &String)| match number.trim().parse() {
                Ok(number) => Ok((number, name.clone())),
                Err(_) => Err(self.wrong(
                    format!("has `{number}` in `mask-classes`, wanted a whole number from 0"),
                    "say which number is which class: `mask-classes = { 1 = \"opium_poppy\" }`",
                )),
            };
            return table.mask_classes.iter().map(parse).collect();
        }
        if let Some(names) = self.one("names", table.names.as_ref())? {
            return read_numbered(&names);
        }
        match &table.class {
            Some(class) => Ok([1, WHITE]
                .into_iter()
                .filter(|number| !table.mask_ignore.contains(number))
                .map(|number| (number, class.clone()))
                .collect()),
            None => Err(self.wrong(
                format!(
                    "does not say what the numbers in the mask `{}` are",
                    file.display()
                ),
                "add `mask-classes = { 1 = \"opium_poppy\" }` to the scene, or `names` of a text \
                 file with a number and a name a line",
            )),
        }
    }
}

/// What a file of truth is, by its ending; JSON by what is in it.
enum Kind {
    Vector,
    Mask,
    Yolo,
    Coco,
}

fn kind_of(file: &Path) -> Result<Kind> {
    match ending_of(file).as_str() {
        "txt" => Ok(Kind::Yolo),
        "tif" | "tiff" | "png" | "vrt" | "img" | "bmp" => Ok(Kind::Mask),
        "jpg" | "jpeg" | "webp" => Err(Error::labels(
            file,
            "is a picture whose values change with compression, wanted a mask that keeps them",
            "save the mask as PNG or TIFF",
        )),
        "json" => {
            let text = read_text(file)?;
            let peek: Peek = serde_json::from_str(&text).map_err(|e| {
                Error::labels(
                    file,
                    format!("is no JSON of labels: {e}"),
                    "give GeoJSON or COCO; the file may have been cut off",
                )
            })?;
            if peek.annotations.is_some() && peek.images.is_some() {
                Ok(Kind::Coco)
            } else {
                Ok(Kind::Vector)
            }
        }
        _ => Ok(Kind::Vector),
    }
}

/// The keys that make a JSON file one of COCO.
#[derive(Deserialize)]
struct Peek {
    annotations: Option<serde::de::IgnoredAny>,
    images: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Manifest {
    name: Option<String>,
    #[serde(default)]
    classes: BTreeMap<String, String>,
    #[serde(default)]
    training: TrainingTable,
    #[serde(default)]
    scene: Vec<SceneTable>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TrainingTable {
    #[serde(default)]
    flights: Vec<String>,
    #[serde(default)]
    areas: Vec<PathBuf>,
    #[serde(default)]
    images: Vec<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct SceneTable {
    image: PathBuf,
    truth: Option<Files>,
    truth_layer: Option<String>,
    class: Option<String>,
    lookalikes: Option<PathBuf>,
    #[serde(default)]
    mask_classes: BTreeMap<String, String>,
    #[serde(default)]
    mask_ignore: Vec<u32>,
    names: Option<PathBuf>,
    flight: Option<String>,
    #[serde(default, deserialize_with = "day")]
    date: Option<String>,
    stage: Option<String>,
    gsd_m: Option<f64>,
    aoi: Option<PathBuf>,
}

/// One file or a list of them.
struct Files(Vec<PathBuf>);

impl<'de> Deserialize<'de> for Files {
    fn deserialize<D: Deserializer<'de>>(value: D) -> std::result::Result<Self, D::Error> {
        let path = |value: toml::Value| match value {
            toml::Value::String(path) => Ok(PathBuf::from(path)),
            other => Err(serde::de::Error::custom(format!(
                "a file is `{other}`, wanted its path in quotes"
            ))),
        };
        match toml::Value::deserialize(value)? {
            toml::Value::Array(files) => {
                let files: std::result::Result<_, D::Error> = files.into_iter().map(path).collect();
                Ok(Self(files?))
            }
            one => Ok(Self(vec![path(one)?])),
        }
    }
}

/// A day may be written with quotes or without.
fn day<'de, D: Deserializer<'de>>(value: D) -> std::result::Result<Option<String>, D::Error> {
    match toml::Value::deserialize(value)? {
        toml::Value::String(day) => Ok(Some(day)),
        toml::Value::Datetime(day) => Ok(Some(day.to_string())),
        other => Err(serde::de::Error::custom(format!(
            "the date is `{other}`, wanted a day such as 2026-05-03"
        ))),
    }
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
