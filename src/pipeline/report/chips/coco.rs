//! COCO labels: all chips and outlines in one `annotations.json`.
//!
//! Format: <https://cocodataset.org/#format-data>, object detection. A site is one
//! annotation with a ring for each part; holes are joined to the ring around them by a cut of
//! no width, for polygons of COCO have none.

use super::label::Label;
use super::ring::single_ring;
use crate::Result;
use geo::{Area, BoundingRect};
use serde_json::{Value, json};
use std::path::Path;

/// The name of the file.
pub(crate) const FILE: &str = "annotations.json";

/// Annotations being gathered.
#[derive(Default)]
pub(crate) struct Annotations {
    images: Vec<Value>,
    annotations: Vec<Value>,
}

impl Annotations {
    /// Adds a chip. `facts` are further keys of its image: where it was cut and when taken.
    pub(crate) fn add(
        &mut self,
        file_name: &str,
        size: u32,
        facts: &[(&str, Value)],
        labels: &[(&Label, &str)],
    ) {
        let image_id = self.images.len() + 1;
        let mut image = json!({
            "id": image_id, "file_name": file_name, "width": size, "height": size,
        });
        for (key, value) in facts {
            image[*key] = value.clone();
        }
        self.images.push(image);
        for (label, site_id) in labels {
            let Some(rect) = label.outline.bounding_rect() else {
                continue;
            };
            let segmentation: Vec<Vec<f64>> = label
                .outline
                .iter()
                .map(|part| {
                    let ring = single_ring(part).into_iter();
                    ring.flat_map(|c| [rounded(c.x), rounded(c.y)]).collect()
                })
                .collect();
            let bounds = [rect.min().x, rect.min().y, rect.width(), rect.height()];
            self.annotations.push(json!({
                "id": self.annotations.len() + 1,
                "image_id": image_id,
                "category_id": label.class + 1,
                "segmentation": segmentation,
                "bbox": bounds.map(rounded),
                "area": rounded(label.outline.unsigned_area()),
                "iscrowd": 0,
                "site_id": site_id,
            }));
        }
    }

    /// Writes the file. `info` describes the whole.
    pub(crate) fn write(&self, folder: &Path, info: &Value, classes: &[&str]) -> Result<()> {
        let categories: Vec<Value> = classes
            .iter()
            .enumerate()
            .map(|(k, name)| json!({"id": k + 1, "name": name, "supercategory": "crop"}))
            .collect();
        let whole = json!({
            "info": info,
            "licenses": [],
            "images": self.images,
            "annotations": self.annotations,
            "categories": categories,
        });
        Ok(fs_err::write(folder.join(FILE), whole.to_string())?)
    }
}

/// A thousandth of a pixel is enough.
fn rounded(value: f64) -> f64 {
    // Adding zero takes the sign from a negative zero.
    (value * 1000.0).round() / 1000.0 + 0.0
}
