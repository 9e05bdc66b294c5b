//! Parts of sites: one outline of one class with its scores, whatever found it. From here
//! on cells and objects are the same.

use super::{Component, Detection};
use geo::{MultiPolygon, Polygon};

/// One outlined part of a site, in grid pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct OutlinedPart {
    /// Index of its class + 1.
    pub class: u8,
    /// Cells, or 1 for an object: what sums are divided by.
    pub weight: u64,
    /// `[class]`, nothing first: sum of the class's scores over the weight, in 1/65535.
    pub evidence: Vec<u64>,
    /// The highest score, in 1/65535.
    pub score_max: u16,
    /// Detections behind it.
    pub n_detections: u64,
    /// Where it lies.
    pub outline: MultiPolygon<f64>,
}

impl OutlinedPart {
    /// The part of a component, outlined as `polygon`, with `n_detections` behind it.
    #[must_use]
    pub fn of_component(component: &Component, polygon: Polygon<f64>, n_detections: u64) -> Self {
        Self {
            class: component.class,
            weight: component.cells,
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
            evidence,
            score_max: object.score,
            n_detections: u64::from(object.n_detections),
            outline: object.outline.to_polygon(),
        }
    }
}
