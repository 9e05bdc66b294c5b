//! The labels of one chip: every site that it shows, cut to the chip, in chip pixels.

use super::picture::Picture;
use super::shapes::{Shape, Shapes, inside};
use crate::georef::Window;
use crate::pipeline::chip::AoiMask;
use geo::{Area, MultiPolygon, Rect, Translate};

/// Parts of a label are at least this large, square pixels.
const LEAST_PART_PX: f64 = 0.5;

/// A site as a chip shows it.
pub(crate) struct Label {
    /// The site's place in the list of the run.
    pub(crate) site: usize,
    /// Its class, counted from 0 among those that can become sites.
    pub(crate) class: usize,
    /// Whether the site was found in other images only.
    pub(crate) is_borrowed: bool,
    /// Its outline in chip pixels: (0, 0) is the outer corner of the first pixel.
    pub(crate) outline: MultiPolygon<f64>,
    /// Its pixels, `[row, col]`: those whose centre lies in the outline.
    pub(crate) pixels: Vec<bool>,
}

impl Label {
    /// The number of its pixels.
    pub(crate) fn pixel_count(&self) -> usize {
        self.pixels.iter().filter(|p| **p).count()
    }
}

/// The labels of a chip in the order of the sites. A site of which the chip shows no pixel
/// of ground has none.
pub(crate) fn labels(shapes: &Shapes, window: Window, picture: &Picture) -> Vec<Label> {
    shapes
        .near(window, 0.0)
        .into_iter()
        .filter_map(|shape| label(shape, window, picture))
        .collect()
}

fn label(shape: &Shape, window: Window, picture: &Picture) -> Option<Label> {
    let moved = shape
        .outline
        .translate(-f64::from(window.col_off), -f64::from(window.row_off));
    let chip = Window {
        col_off: 0,
        row_off: 0,
        ..window
    };
    let cover = AoiMask::new(&moved, window.height).cover(chip);
    let pixels: Vec<bool> = (0..picture.valid.len()).map(|i| cover.has(i)).collect();
    if !pixels.iter().zip(&picture.valid).any(|(p, v)| *p && *v) {
        return None;
    }
    let (width, height) = (f64::from(window.width), f64::from(window.height));
    let whole = Rect::new((0.0, 0.0), (width, height)).to_polygon();
    let mut outline = inside(moved, &whole);
    // Slivers that the chip's edge cuts off are no objects.
    let largest = outline.iter().map(Area::unsigned_area).fold(0.0, f64::max);
    outline
        .0
        .retain(|part| part.unsigned_area() >= LEAST_PART_PX.min(largest));
    (outline.unsigned_area() > 0.0).then_some(Label {
        site: shape.site,
        class: shape.class,
        is_borrowed: shape.is_borrowed,
        outline,
        pixels,
    })
}
