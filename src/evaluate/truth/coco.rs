//! Annotations of a COCO file become plots.

use super::Gathered;
use super::labels::{PixelLabel, add_labels};
use crate::evaluate::dataset::{CocoFile, CocoShape};
use crate::{Error, Result};
use geo::Rect;
use std::path::Path;

/// Takes the annotations of one image.
pub(super) fn gather(
    gathered: &mut Gathered<'_>,
    path: &Path,
    file_name: &str,
    file: &CocoFile,
) -> Result<()> {
    let Some(image) = file.images.get(file_name) else {
        return Err(Error::labels(
            path,
            format!("names no image `{file_name}`"),
            "export the labels again; the file names each image that was labelled",
        ));
    };
    let info = &gathered.context.raster.info;
    let size = (f64::from(info.width), f64::from(info.height));
    if let Some(told) = image.size.filter(|told| *told != size) {
        return Err(Error::labels(
            path,
            format!(
                "says that `{file_name}` has {} × {} pixels, the image has {} × {}",
                told.0, told.1, info.width, info.height
            ),
            "export the labels for the image as it is, without resizing",
        ));
    }
    let mut labels = Vec::new();
    for object in &image.objects {
        let at = format!("annotation {}", object.id);
        let (parts, is_box) = match &object.shape {
            CocoShape::Polygons(parts) => (parts.clone(), false),
            CocoShape::Box([_, _, w, h]) if *w < 0.0 || *h < 0.0 => {
                return Err(Error::labels(
                    path,
                    format!("{at} has a box of {w} × {h} pixels, wanted sizes from 0"),
                    "a box is left, top, width, height in pixels",
                ));
            }
            CocoShape::Box([x, y, w, h]) => {
                (vec![Rect::new((*x, *y), (x + w, y + h)).to_polygon()], true)
            }
        };
        labels.push(PixelLabel {
            at,
            id: object.id.clone(),
            class: object.class.clone(),
            parts,
            is_box,
        });
    }
    if image.crowds > 0 {
        gathered.warn(
            path,
            &format!(
                "crowds of `{file_name}` (`iscrowd`) are left out: {}",
                image.crowds
            ),
        );
    }
    if image.run_lengths > 0 {
        gathered.warn(
            path,
            &format!(
                "run-length masks of `{file_name}` are not read, their boxes are taken: {}",
                image.run_lengths
            ),
        );
    }
    add_labels(gathered, path, labels)
}
