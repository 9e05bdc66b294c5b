//! Labels in pixels of an image, as labelling tools draw them, become plots on the ground.

use super::{Gathered, Place, TruthKind, TruthPlot};
use crate::vector::repaired;
use crate::{Error, Result};
use geo::{Area, MultiPolygon, Polygon};
use std::path::Path;

/// Corners may lie beyond the image by this share of its size: turned boxes reach over the edge.
/// What lies farther is no position in this image.
const BEYOND: f64 = 0.5;

/// Least area of a plot, square pixels: corners on a line enclose rounding.
const LEAST_AREA_PX: f64 = 1e-6;

/// A label in pixels: (0, 0) is the outer corner of the first pixel, x to the right, y down.
pub(super) struct PixelLabel {
    /// Where it stands in the file, in words: `line 3`.
    pub(super) at: String,
    pub(super) id: String,
    /// As the file calls it.
    pub(super) class: String,
    /// Its parts, as drawn.
    pub(super) parts: Vec<Polygon<f64>>,
    /// Whether it is an upright box.
    pub(super) is_box: bool,
}

/// Takes labels of a file as plots; those that enclose nothing are left out with a warning.
pub(super) fn add_labels(
    gathered: &mut Gathered<'_>,
    path: &Path,
    labels: Vec<PixelLabel>,
) -> Result<()> {
    let (mut empty, mut outside) = (Vec::new(), Vec::new());
    for label in labels {
        check_place(gathered, path, &label)?;
        let outline = if label.is_box {
            MultiPolygon::new(label.parts)
        } else {
            joined(&label.parts)
        };
        if outline.unsigned_area() < LEAST_AREA_PX {
            empty.push(label.at);
            continue;
        }
        let context = &gathered.context;
        let place = Place::Area(context.shapes.ground(&outline)?);
        if !context.shapes.shows(&place) {
            outside.push(label.at);
            continue;
        }
        let plot = TruthPlot {
            id: label.id,
            class: context.class(&label.class),
            stage: context.stage(),
            note: String::new(),
            place,
        };
        let kind = if label.is_box {
            TruthKind::Boxes
        } else {
            TruthKind::Polygons
        };
        gathered.add(kind, plot);
    }
    if let Some(first) = outside.first() {
        let count = outside.len();
        gathered.warn(
            path,
            &format!("labels outside the image are left out: {count}, the first {first}"),
        );
    }
    if let Some(first) = empty.first() {
        let count = empty.len();
        gathered.warn(
            path,
            &format!("labels that enclose nothing are left out: {count}, the first {first}"),
        );
    }
    Ok(())
}

/// The parts of one label as one area; what parts have in common counts once.
fn joined(parts: &[Polygon<f64>]) -> MultiPolygon<f64> {
    let parts: Vec<Polygon<f64>> = parts.iter().flat_map(repaired).collect();
    if parts.len() < 2 {
        return MultiPolygon::new(parts);
    }
    let apart: f64 = parts.iter().map(Area::unsigned_area).sum();
    let union = crate::georef::union(&parts);
    // A union moves corners by rounding, so it is taken only where it is one.
    if (union.unsigned_area() - apart).abs() > 1e-6 * apart {
        union
    } else {
        MultiPolygon::new(parts)
    }
}

fn check_place(gathered: &Gathered<'_>, path: &Path, label: &PixelLabel) -> Result<()> {
    let info = &gathered.context.raster.info;
    let (width, height) = (f64::from(info.width), f64::from(info.height));
    let is_near = |v: f64, size: f64| (-BEYOND * size..=(1.0 + BEYOND) * size).contains(&v);
    let mut corners = label.parts.iter().flat_map(|p| &p.exterior().0);
    match corners.find(|c| !is_near(c.x, width) || !is_near(c.y, height)) {
        None => Ok(()),
        Some(c) => Err(Error::labels(
            path,
            format!(
                "{} has a corner at {}, {} in pixels, far outside the image of {} × {} pixels",
                label.at, c.x, c.y, info.width, info.height
            ),
            "the labels are of another image or of another size of it; export them for this one",
        )),
    }
}
