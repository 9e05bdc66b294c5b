//! Parts of sites: one outline of one class with its scores, whatever found it. From here
//! on cells and objects are the same.

use super::{Component, Detection};
use geo::{Area, MultiPolygon, Polygon};

/// One outlined part of a site, in grid pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct OutlinedPart {
    /// Index of its class + 1.
    pub class: u8,
    /// Cells, or 1 for an object: what sums are divided by.
    pub weight: u64,
    /// How much of `weight` makes a site by itself, and not only belongs to its outline.
    pub sure: u64,
    /// `[class]`, nothing first: sum of the class's scores over the weight, in 1/65535.
    pub evidence: Vec<u64>,
    /// The highest score, in 1/65535.
    pub score_max: u16,
    /// Detections behind it.
    pub n_detections: u64,
    /// Its area in grid pixels, before its outline was simplified.
    pub area_px: f64,
    /// Where it lies.
    pub outline: MultiPolygon<f64>,
}

impl OutlinedPart {
    /// The part of a component of pixels, outlined as `polygon`.
    #[must_use]
    pub fn of_pixels(component: &Component, polygon: Polygon<f64>) -> Self {
        #[expect(
            clippy::cast_precision_loss,
            reason = "pixel counts stay far below 2^53"
        )]
        let area_px = component.cells as f64;
        Self::of_component(component, polygon, 1, area_px)
    }

    /// The part of a component of whole tiles, outlined as `polygon`.
    #[must_use]
    pub fn of_tiles(component: &Component, polygon: Polygon<f64>) -> Self {
        let area_px = polygon.unsigned_area();
        Self::of_component(component, polygon, component.cells, area_px)
    }

    fn of_component(
        component: &Component,
        polygon: Polygon<f64>,
        n_detections: u64,
        area_px: f64,
    ) -> Self {
        Self {
            area_px,
            class: component.class,
            weight: component.cells,
            sure: component.sure,
            evidence: component.evidence.clone(),
            score_max: component.score_max,
            n_detections,
            outline: polygon.into(),
        }
    }

    /// The part of an object, of a model with `classes` classes.
    #[must_use]
    pub fn of_object(object: &Detection, classes: usize) -> Self {
        let mut evidence = vec![0; classes + 1];
        for (sum, score) in evidence[1..].iter_mut().zip(&object.class_scores) {
            *sum = u64::from(*score);
        }
        // The score that decided, which may not be the plain score of the class.
        if let Some(own) = evidence.get_mut(usize::from(object.class)) {
            *own = u64::from(object.score);
        }
        Self {
            class: object.class,
            weight: 1,
            sure: 1,
            evidence,
            score_max: object.score,
            n_detections: u64::from(object.n_detections),
            area_px: object.outline.area(),
            outline: object.outline.to_polygon(),
        }
    }
}
