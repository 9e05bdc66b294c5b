//! COCO annotation files as they say it: objects by image, in pixels of the image.
//!
//! Format: <https://cocodataset.org/#format-data>, object detection.

use super::names::read_text;
use crate::{Error, Result};
use geo::{Coord, LineString, Polygon};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a COCO file says.
#[derive(Debug, Clone, Default)]
pub struct CocoFile {
    /// By name of the image, as the file writes it.
    pub images: BTreeMap<String, CocoImage>,
}

/// What a COCO file says of one image.
#[derive(Debug, Clone, Default)]
pub struct CocoImage {
    /// Columns and rows of the image, where the file says so.
    pub size: Option<(f64, f64)>,
    /// What is on it.
    pub objects: Vec<CocoObject>,
    /// Crowds of objects, which say of no single one where it is.
    pub crowds: usize,
    /// Objects with a run-length mask, which is not read; their box stands for them.
    pub run_lengths: usize,
}

/// One annotation.
#[derive(Debug, Clone)]
pub struct CocoObject {
    /// Its number in the file.
    pub id: String,
    /// The name of its category.
    pub class: String,
    /// Where it is.
    pub shape: CocoShape,
}

/// Where an object is, in pixels of the image: x to the right, y down.
#[derive(Debug, Clone, PartialEq)]
pub enum CocoShape {
    /// Left, top, width, height.
    Box([f64; 4]),
    /// Its parts.
    Polygons(Vec<Polygon<f64>>),
}

impl CocoFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Labels`] when it is no such file, or an annotation names an image or a category
    /// that the file does not, or a shape that is none.
    pub fn read(path: &Path) -> Result<Self> {
        let wrong = |problem: String| {
            let hint = "export the labels again as COCO (object detection) with `images`, \
                        `annotations` and `categories`";
            Error::labels(path, problem, hint)
        };
        let text = read_text(path)?;
        let json: FileJson = serde_json::from_str(&text)
            .map_err(|e| wrong(format!("is not understood as COCO: {e}")))?;
        let categories: BTreeMap<String, String> = json
            .categories
            .into_iter()
            .map(|c| (key_of(&c.id), c.name))
            .collect();
        let mut names = BTreeMap::new();
        let mut images = BTreeMap::new();
        for image in json.images {
            if names
                .insert(key_of(&image.id), image.file_name.clone())
                .is_some()
            {
                return Err(wrong(format!("has two images with the id {}", image.id)));
            }
            let entry = CocoImage {
                size: image.width.zip(image.height),
                ..CocoImage::default()
            };
            if images.insert(image.file_name.clone(), entry).is_some() {
                return Err(wrong(format!(
                    "names the image `{}` twice",
                    image.file_name
                )));
            }
        }
        for (annotation, number) in json.annotations.into_iter().zip(1..) {
            let id = annotation
                .id
                .as_ref()
                .map_or_else(|| format!("{number}"), key_of);
            let of = |problem: String| wrong(format!("annotation {id} {problem}"));
            let image = names
                .get(&key_of(&annotation.image_id))
                .and_then(|name| images.get_mut(name))
                .ok_or_else(|| {
                    of(format!(
                        "is of image {}, which is not listed",
                        annotation.image_id
                    ))
                })?;
            if is_true(&annotation.iscrowd) {
                image.crowds += 1;
                continue;
            }
            let class = categories
                .get(&key_of(&annotation.category_id))
                .ok_or_else(|| {
                    of(format!(
                        "is of category {}, which is not listed",
                        annotation.category_id
                    ))
                })?
                .clone();
            let rings = match &annotation.segmentation {
                Segmentation::Rings(rings) => polygons(rings).map_err(of)?,
                Segmentation::Nothing => Vec::new(),
                Segmentation::RunLengths => {
                    image.run_lengths += 1;
                    Vec::new()
                }
            };
            let shape = if rings.is_empty() {
                CocoShape::Box(annotation.bbox.ok_or_else(|| {
                    of("has neither `bbox` nor polygons in `segmentation`".into())
                })?)
            } else {
                CocoShape::Polygons(rings)
            };
            image.objects.push(CocoObject { id, class, shape });
        }
        Ok(Self { images })
    }

    /// The name that the file gives to an image: that with the same file name; where folders tell
    /// several of those apart, that whose folders are the image's.
    #[must_use]
    pub fn name_of(&self, image: &Path) -> Option<&str> {
        let same = |name: &&String| as_path(name).file_name() == image.file_name();
        let found: Vec<&String> = self.images.keys().filter(same).collect();
        match found[..] {
            [] => None,
            [one] => Some(one),
            _ => {
                let mut fit = found.into_iter().filter(|n| image.ends_with(as_path(n)));
                fit.next()
                    .filter(|_| fit.next().is_none())
                    .map(String::as_str)
            }
        }
    }
}

/// A name in the file, which may have been written on Windows.
fn as_path(name: &str) -> PathBuf {
    PathBuf::from(name.replace('\\', "/"))
}

fn polygons(rings: &[Vec<f64>]) -> Result<Vec<Polygon<f64>>, String> {
    let polygon = |ring: &Vec<f64>| {
        if ring.len() < 6 || !ring.len().is_multiple_of(2) {
            return Err(format!(
                "has a polygon of {} numbers, wanted x and y of three corners or more",
                ring.len()
            ));
        }
        let corners = ring.chunks_exact(2).map(|c| Coord { x: c[0], y: c[1] });
        Ok(Polygon::new(LineString::new(corners.collect()), Vec::new()))
    };
    rings.iter().map(polygon).collect()
}

/// Ids are numbers, or words in some tools.
fn key_of(id: &Value) -> String {
    match id {
        Value::String(text) => text.clone(),
        Value::Number(number) => number
            .as_f64()
            .filter(|n| n.fract().abs() < f64::EPSILON && number.as_i64().is_none())
            .map_or_else(|| number.to_string(), |whole| format!("{whole:.0}")),
        other => other.to_string(),
    }
}

fn is_true(flag: &Value) -> bool {
    match flag {
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64().is_some_and(|n| n != 0.0),
        _ => false,
    }
}

#[derive(Deserialize)]
struct FileJson {
    images: Vec<ImageJson>,
    annotations: Vec<AnnotationJson>,
    categories: Vec<CategoryJson>,
}

#[derive(Deserialize)]
struct ImageJson {
    id: Value,
    file_name: String,
    width: Option<f64>,
    height: Option<f64>,
}

#[derive(Deserialize)]
struct CategoryJson {
    id: Value,
    name: String,
}

#[derive(Deserialize)]
struct AnnotationJson {
    id: Option<Value>,
    image_id: Value,
    category_id: Value,
    bbox: Option<[f64; 4]>,
    #[serde(default)]
    segmentation: Segmentation,
    #[serde(default)]
    iscrowd: Value,
}

/// What `segmentation` may hold.
#[derive(Default)]
enum Segmentation {
    #[default]
    Nothing,
    /// Corners of each ring, x and y in turn.
    Rings(Vec<Vec<f64>>),
    RunLengths,
}

impl<'de> Deserialize<'de> for Segmentation {
    fn deserialize<D: serde::Deserializer<'de>>(value: D) -> std::result::Result<Self, D::Error> {
        let wrong = || serde::de::Error::custom("`segmentation` holds no lists of numbers");
        let numbers =
            |list: &[Value]| -> Option<Vec<f64>> { list.iter().map(Value::as_f64).collect() };
        match Value::deserialize(value)? {
            Value::Null => Ok(Self::Nothing),
            Value::Object(_) => Ok(Self::RunLengths),
            Value::Array(list) if list.first().is_some_and(Value::is_number) => {
                // A single ring, without the list around it.
                Ok(Self::Rings(vec![numbers(&list).ok_or_else(wrong)?]))
            }
            Value::Array(list) => {
                let ring = |ring: &Value| numbers(ring.as_array()?);
                let rings: Option<Vec<Vec<f64>>> = list.iter().map(ring).collect();
                let mut rings = rings.ok_or_else(wrong)?;
                rings.retain(|ring| !ring.is_empty());
                Ok(Self::Rings(rings))
            }
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(images: &str, annotations: &str) -> Result<CocoFile> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("annotations.json");
        let text = format!(
            r#"{{"info":{{}},"images":[{images}],"annotations":[{annotations}],
            "categories":[{{"id":1,"name":"poppy"}},{{"id":2.0,"name":"hemp"}}]}}"#
        );
        fs_err::write(&path, text).unwrap();
        CocoFile::read(&path)
    }

    const IMAGES: &str = r#"{"id":7,"file_name":"x/a.png","width":64,"height":32},
        {"id":"b","file_name":"y\\a.png"},{"id":9,"file_name":"b.png"}"#;

    #[test]
    fn boxes_polygons_crowds_and_run_lengths() {
        let file = read(
            IMAGES,
            r#"{"id":1,"image_id":7,"category_id":1,"bbox":[1,2,3,4],"segmentation":[]},
            {"id":2,"image_id":7,"category_id":2,"bbox":[0,0,1,1],"segmentation":[[0,0,4,0,4,4],[]]},
            {"id":3,"image_id":7,"category_id":1,"bbox":[5,5,2,2],"iscrowd":0,
             "segmentation":{"size":[32,64],"counts":"abc"}},
            {"id":4,"image_id":7,"category_id":1,"iscrowd":1},
            {"image_id":"b","category_id":1,"segmentation":[0,0,4,0,4,4]}"#,
        )
        .unwrap();
        let image = &file.images["x/a.png"];
        assert_eq!(image.size, Some((64.0, 32.0)));
        assert_eq!((image.crowds, image.run_lengths), (1, 1));
        let classes: Vec<&str> = image.objects.iter().map(|o| o.class.as_str()).collect();
        assert_eq!(classes, ["poppy", "hemp", "poppy"]);
        assert_eq!(image.objects[0].shape, CocoShape::Box([1.0, 2.0, 3.0, 4.0]));
        assert!(matches!(&image.objects[1].shape, CocoShape::Polygons(p) if p.len() == 1));
        assert_eq!(image.objects[2].shape, CocoShape::Box([5.0, 5.0, 2.0, 2.0]));
        assert_eq!(file.images["y\\a.png"].objects[0].id, "5");
        assert!(file.images["b.png"].objects.is_empty());
    }

    #[test]
    fn a_file_that_was_cut_off_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("annotations.json");
        let text = r#"{"images":[{"id":7,"file_name":"罂.png"}],"categories":[{"id":1,"name":"p"}],
            "annotations":[{"image_id":7,"category_id":1,"bbox":[1,2,3,4],"iscrowd":false}]}"#;
        for end in 0..=text.len() {
            fs_err::write(&path, &text.as_bytes()[..end]).unwrap();
            assert_eq!(CocoFile::read(&path).is_ok(), end == text.len(), "{end}");
        }
    }

    #[test]
    fn images_are_found_by_name_then_by_folder() {
        let file = read(IMAGES, "").unwrap();
        assert_eq!(file.name_of(Path::new("set/images/b.png")), Some("b.png"));
        assert_eq!(file.name_of(Path::new("set/y/a.png")), Some("y\\a.png"));
        assert_eq!(file.name_of(Path::new("set/z/a.png")), None);
        assert_eq!(file.name_of(Path::new("set/c.png")), None);
    }

    #[test]
    fn what_does_not_hold_together_is_refused() {
        for (images, annotations, wanted) in [
            (
                IMAGES,
                r#"{"id":1,"image_id":8,"category_id":1,"bbox":[1,2,3,4]}"#,
                "image 8",
            ),
            (
                IMAGES,
                r#"{"id":1,"image_id":7,"category_id":3,"bbox":[1,2,3,4]}"#,
                "category 3",
            ),
            (
                IMAGES,
                r#"{"id":1,"image_id":7,"category_id":1}"#,
                "annotation 1 has neither",
            ),
            (
                IMAGES,
                r#"{"id":1,"image_id":7,"category_id":1,"segmentation":[[1,2,3,4,5]]}"#,
                "5 numbers",
            ),
            (
                IMAGES,
                r#"{"id":1,"image_id":7,"category_id":1,"segmentation":[["a"]]}"#,
                "no lists",
            ),
            (
                IMAGES,
                r#"{"id":1,"image_id":7,"category_id":1,"bbox":[1,2,1e999,4]}"#,
                "number out of range",
            ),
            (
                IMAGES,
                r#"{"id":1,"image_id":7,"category_id":1,"bbox":[1,2,3]}"#,
                "invalid length",
            ),
            (
                r#"{"id":1,"file_name":"a"},{"id":1,"file_name":"b"}"#,
                "",
                "two images with the id 1",
            ),
            (
                r#"{"id":1,"file_name":"a"},{"id":2,"file_name":"a"}"#,
                "",
                "names the image `a` twice",
            ),
            (r#"{"id":1,"file_name":"a""#, "", "not understood as COCO"),
        ] {
            let error = read(images, annotations).unwrap_err();
            assert!(error.to_string().contains(wanted), "{annotations}: {error}");
            assert!(!error.hint().is_empty());
        }
    }
}
