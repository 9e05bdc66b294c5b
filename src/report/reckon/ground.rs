//! Ground that was looked at, by place.

use super::source::SeenGround;
use crate::campaign::matching::Plot;
use geo::{BoundingRect, Geometry, Intersects, Polygon};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

/// A bounding box and the place of what it bounds.
pub(super) type Boxed = GeomWithData<Rectangle<[f64; 2]>, usize>;

/// Parts of the ground, each with its box.
pub(super) struct Ground<'a> {
    tree: RTree<Boxed>,
    parts: Vec<(&'a Polygon<f64>, &'a SeenGround)>,
}

impl<'a> Ground<'a> {
    /// The index of ground.
    pub(super) fn of(ground: &'a [SeenGround]) -> Self {
        let parts: Vec<(&Polygon<f64>, &SeenGround)> = ground
            .iter()
            .flat_map(|seen| seen.outline.iter().map(move |part| (part, seen)))
            .collect();
        let boxed = parts.iter().enumerate().filter_map(|(at, (part, _))| {
            let rect = part.bounding_rect()?;
            Some(Boxed::new(Rectangle::from_aabb(around(rect, 0.0, 0.0)), at))
        });
        Self {
            tree: RTree::bulk_load(boxed.collect()),
            parts,
        }
    }

    /// What shows a shape, or a part of it.
    pub(super) fn showing(&self, shape: &Geometry<f64>) -> Vec<&'a SeenGround> {
        let Some(rect) = shape.bounding_rect() else {
            return Vec::new();
        };
        let mut found: Vec<usize> = self
            .tree
            .locate_in_envelope_intersecting(&around(rect, 0.0, 0.0))
            .map(|boxed| boxed.data)
            .filter(|&at| self.parts[at].0.intersects(shape))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|at| self.parts[at].1).collect()
    }

    /// Whether a plot's point was looked at in an image that shows plots of its size.
    pub(super) fn shows(&self, plot: &Plot<'_>) -> bool {
        let point = plot.seen.point;
        self.tree
            .locate_in_envelope_intersecting(&AABB::from_point([point.x(), point.y()]))
            .map(|boxed| self.parts[boxed.data])
            .any(|(part, seen)| plot.shows_at(seen.gsd_cm) && part.intersects(&point))
    }
}

/// A box with a margin, in degrees.
pub(super) fn around(rect: geo::Rect<f64>, margin_x: f64, margin_y: f64) -> AABB<[f64; 2]> {
    AABB::from_corners(
        [rect.min().x - margin_x, rect.min().y - margin_y],
        [rect.max().x + margin_x, rect.max().y + margin_y],
    )
}
