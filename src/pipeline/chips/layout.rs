//! Labels of chips in the layouts that labelling and training programs read.
//!
//! YOLO: <https://docs.ultralytics.com/datasets/segment/>; COCO:
//! <https://cocodataset.org/#format-data>; masks: the class number in every pixel.

use super::labels::{Label, box_of, pixels_of};
use crate::{Error, Result};
use geo::{LineString, MultiPolygon};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// How labels are laid out in a folder of chips.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChipLayout {
    /// `labels/*.txt`: outlines of a segmenter's sites, boxes of other models' sites.
    Yolo,
    /// `annotations.json` with outlines; those with holes as run lengths.
    Coco,
    /// `masks/*.png` with class numbers; 255 where nothing was looked at.
    Mask,
}

/// In masks: nothing is known of the pixel.
const UNKNOWN: u8 = 255;

/// Writes labels chip by chip; what stands in one file for all chips comes at the end.
pub(super) struct LabelWriter {
    layout: ChipLayout,
    folder: PathBuf,
    size: u32,
    outlines: bool,
    images: Vec<Value>,
    annotations: Vec<Value>,
}

impl LabelWriter {
    /// For square chips of `size` pixels; `outlines` where sites have true outlines, else YOLO labels
    /// are boxes.
    pub(super) fn new(
        layout: ChipLayout,
        folder: &Path,
        size: u32,
        outlines: bool,
    ) -> Result<Self> {
        match layout {
            ChipLayout::Yolo => fs_err::create_dir_all(folder.join("labels"))?,
            ChipLayout::Mask => fs_err::create_dir_all(folder.join("masks"))?,
            ChipLayout::Coco => {}
        }
        Ok(Self {
            layout,
            folder: folder.to_owned(),
            size,
            outlines,
            images: Vec::new(),
            annotations: Vec::new(),
        })
    }

    /// Labels of one chip; `known` is 1 where the model looked, `[row, col]`.
    pub(super) fn add(&mut self, file: &str, labels: &[Label], known: &[u8]) -> Result<()> {
        let stem = Path::new(file).with_extension("");
        match self.layout {
            ChipLayout::Yolo => {
                let path = self.folder.join("labels").join(stem.with_extension("txt"));
                Ok(fs_err::write(path, self.yolo(labels))?)
            }
            ChipLayout::Mask => self.mask(&stem.with_extension("png"), labels, known),
            ChipLayout::Coco => {
                self.coco(file, labels);
                Ok(())
            }
        }
    }

    fn yolo(&self, labels: &[Label]) -> String {
        let side = f64::from(self.size);
        let mut text = String::new();
        for label in labels {
            let class = label.class - 1;
            if self.outlines {
                for polygon in &label.outline {
                    let ring = open_ring(&with_cuts(polygon));
                    let _ = write!(text, "{class}");
                    for (x, y) in ring {
                        let _ = write!(text, " {:.6} {:.6}", x / side, y / side);
                    }
                    text.push('\n');
                }
            } else if let Some([left, top, width, height]) = box_of(&label.outline) {
                let _ = writeln!(
                    text,
                    "{class} {:.6} {:.6} {:.6} {:.6}",
                    (left + width / 2.0) / side,
                    (top + height / 2.0) / side,
                    width / side,
                    height / side
                );
            }
        }
        text
    }

    fn mask(&self, name: &Path, labels: &[Label], known: &[u8]) -> Result<()> {
        let mut pixels = vec![0_u8; known.len()];
        for label in labels {
            for (value, inside) in pixels
                .iter_mut()
                .zip(pixels_of(&label.outline, self.size))
            {
                if inside == 1 {
                    *value = label.class;
                }
            }
        }
        for (value, known) in pixels.iter_mut().zip(known) {
            if *known == 0 {
                *value = UNKNOWN;
            }
        }
        let path = self.folder.join("masks").join(name);
        let picture = image::GrayImage::from_raw(self.size, self.size, pixels)
            .ok_or_else(|| Error::Internal("a mask of another size than its chip".into()))?;
        save_png(&path, &picture)
    }

    fn coco(&mut self, file: &str, labels: &[Label]) {
        let image_id = self.images.len() + 1;
        self.images.push(
            json!({"id": image_id, "file_name": file, "width": self.size, "height": self.size}),
        );
        for label in labels {
            let pixels = pixels_of(&label.outline, self.size);
            let area: u64 = pixels.iter().map(|p| u64::from(*p)).sum();
            let has_holes = label.outline.iter().any(|p| !p.interiors().is_empty());
            let segmentation = if has_holes {
                json!({"size": [self.size, self.size], "counts": run_lengths(&pixels, self.size)})
            } else {
                rings(&label.outline)
            };
            self.annotations.push(json!({
                "id": self.annotations.len() + 1,
                "image_id": image_id,
                "category_id": label.class,
                "segmentation": segmentation,
                "bbox": box_of(&label.outline).map(|b| b.map(|v| rounded(v, 3))),
                "area": area,
                "iscrowd": 0,
                "tianmu_site": label.site,
            }));
        }
    }

    /// Writes what stands in one file: class names, and all annotations of COCO. `site_ids` are
    /// those of the run.
    pub(super) fn finish(
        &mut self,
        classes: &[String],
        gsd_m: f64,
        site_ids: &[String],
        note: &str,
    ) -> Result<()> {
        match self.layout {
            ChipLayout::Yolo => {
                let mut text = String::from("path: .\ntrain: images\nval: images\nnames:\n");
                for (number, name) in classes.iter().enumerate() {
                    let _ = writeln!(text, "  {number}: {}", quoted(name));
                }
                let _ = writeln!(text, "gsd_m: {gsd_m}");
                Ok(fs_err::write(self.folder.join("data.yaml"), text)?)
            }
            ChipLayout::Mask => {
                let mut text = String::from("0 background\n");
                for (number, name) in classes.iter().enumerate() {
                    let _ = writeln!(text, "{} {name}", number + 1);
                }
                Ok(fs_err::write(self.folder.join("classes.txt"), text)?)
            }
            ChipLayout::Coco => {
                for annotation in &mut self.annotations {
                    let id = annotation["tianmu_site"]
                        .as_u64()
                        .and_then(|n| usize::try_from(n).ok())
                        .and_then(|n| site_ids.get(n))
                        .cloned()
                        .unwrap_or_default();
                    annotation["tianmu_site"] = id.into();
                }
                let categories: Vec<Value> = classes
                    .iter()
                    .enumerate()
                    .map(|(number, name)| json!({"id": number + 1, "name": name}))
                    .collect();
                let all = json!({
                    "info": {"description": note, "version": "1", "gsd_m": gsd_m},
                    "licenses": [],
                    "images": std::mem::take(&mut self.images),
                    "annotations": std::mem::take(&mut self.annotations),
                    "categories": categories,
                });
                let text = serde_json::to_string(&all).map_err(|e| Error::Internal(e.to_string()))?;
                Ok(fs_err::write(self.folder.join("annotations.json"), text)?)
            }
        }
    }
}

/// Writes a picture as PNG: nothing is lost that the image itself had.
pub(super) fn save_png<P, C>(path: &Path, picture: &image::ImageBuffer<P, C>) -> Result<()>
where
    P: image::Pixel<Subpixel = u8> + image::PixelWithColorType,
    C: std::ops::Deref<Target = [u8]>,
{
    picture
        .save_with_format(path, image::ImageFormat::Png)
        .map_err(|e| Error::WriteOutput {
            path: path.to_owned(),
            reason: e.to_string(),
        })
}

/// A ring without its closing point.
fn open_ring(ring: &LineString<f64>) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> = ring.coords().map(|c| (c.x, c.y)).collect();
    if points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    points
}

/// A polygon as one ring: each hole is joined to the outside by a cut of no width, from its first
/// point to the nearest point of the ring so far. YOLO knows no holes.
fn with_cuts(polygon: &geo::Polygon<f64>) -> LineString<f64> {
    let mut ring = polygon.exterior().0.clone();
    for hole in polygon.interiors() {
        let Some(start) = hole.0.first() else {
            continue;
        };
        let far = |c: &geo::Coord<f64>| (c.x - start.x).powi(2) + (c.y - start.y).powi(2);
        let nearest = (0..ring.len()).min_by(|a, b| far(&ring[*a]).total_cmp(&far(&ring[*b])));
        let Some(at) = nearest else { continue };
        let back = ring[at];
        let cut: Vec<_> = hole.0.iter().copied().chain([back]).collect();
        ring.splice(at + 1..at + 1, cut);
    }
    LineString(ring)
}

/// Rings of an outline without holes as COCO lists them: x, y, x, y ….
fn rings(outline: &MultiPolygon<f64>) -> Value {
    outline
        .iter()
        .map(|polygon| {
            open_ring(polygon.exterior())
                .into_iter()
                .flat_map(|(x, y)| [rounded(x, 3), rounded(y, 3)])
                .collect::<Vec<f64>>()
        })
        .collect::<Vec<_>>()
        .into()
}

/// COCO's run lengths: pixels down the columns, beginning with those outside.
fn run_lengths(pixels: &[u8], size: u32) -> Vec<u32> {
    let size = size as usize;
    let mut counts = Vec::new();
    let (mut now, mut length) = (0, 0);
    for col in 0..size {
        for row in 0..size {
            let value = pixels[row * size + col];
            if value != now {
                counts.push(length);
                (now, length) = (value, 0);
            }
            length += 1;
        }
    }
    counts.push(length);
    counts
}

fn rounded(value: f64, digits: i32) -> f64 {
    let factor = 10_f64.powi(digits);
    (value * factor).round() / factor
}

/// A name as a YAML string.
fn quoted(name: &str) -> String {
    format!("'{}'", name.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::polygon;

    #[test]
    fn run_lengths_go_down_the_columns() {
        assert_eq!(run_lengths(&[0, 1, 1, 1], 2), [1, 3]);
        assert_eq!(run_lengths(&[1, 0, 0, 0], 2), [0, 1, 3]);
    }

    #[test]
    fn a_cut_keeps_the_area() {
        use geo::Area;
        let holed = polygon!(
            exterior: [(x: 0.0, y: 0.0), (x: 10.0, y: 0.0), (x: 10.0, y: 10.0), (x: 0.0, y: 10.0)],
            interiors: [[(x: 3.0, y: 3.0), (x: 3.0, y: 6.0), (x: 6.0, y: 6.0), (x: 6.0, y: 3.0)]],
        );
        let one_ring = geo::Polygon::new(with_cuts(&holed), vec![]);
        assert!((one_ring.unsigned_area() - 91.0).abs() < 1e-9);
    }
}
