//! Whether two outlines are one plot, and pairing the plots of two looks at the same ground.
//!
//! Two are one plot when their intersection over union is at least 0.1, or when their points lie
//! within the combined position error. Pairs are taken best first, one to one.

use super::LocalMetres;
use geo::{Area, BooleanOps, BoundingRect, Distance, Euclidean, Intersects, MultiPolygon, Point};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::collections::HashSet;

/// The least intersection over union of one plot seen twice.
pub const SAME_IOU: f64 = 0.1;

/// Degrees that no position error reaches beyond at any inhabited latitude: 100 m.
const SEARCH_DEGREES: f64 = 0.002;

/// Metres in a degree of latitude at the least, and in one of longitude on the equator.
const LEAST_DEGREE_M: f64 = 110_000.0;

/// A plot as one look at the ground shows it, WGS 84 longitude and latitude.
#[derive(Debug, Clone, Copy)]
pub struct SeenPlot<'a> {
    /// Its parts.
    pub outline: &'a MultiPolygon<f64>,
    /// A point inside its largest part.
    pub point: Point<f64>,
    /// How far the point may lie from the truth, in metres.
    pub pos_err_m: f64,
}

/// How much ground two outlines share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlap {
    /// Intersection over union.
    pub iou: f64,
    /// The intersection as a share of the smaller one.
    pub of_smaller: f64,
}

impl SeenPlot<'_> {
    /// How much ground it shares with another, measured on the ground around it.
    #[must_use]
    pub fn overlap(&self, other: &Self) -> Overlap {
        let frame = LocalMetres::around(self.point);
        let (one, two) = (frame.outline(self.outline), frame.outline(other.outline));
        let shared = one.intersection(&two).unsigned_area();
        let (one, two) = (one.unsigned_area(), two.unsigned_area());
        let share = |of: f64| if of > 0.0 { shared / of } else { 0.0 };
        Overlap {
            iou: share(one + two - shared),
            of_smaller: share(one.min(two)),
        }
    }

    /// How much two are one plot: 1 + overlap where they overlap enough, less than 1 where only
    /// their points are near, `None` where they are two.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> Option<f64> {
        self.likeness_within(other, self.pos_err_m.hypot(other.pos_err_m))
    }

    /// The same where points count as near up to `reach_m` metres.
    #[must_use]
    pub fn likeness_within(&self, other: &Self, reach_m: f64) -> Option<f64> {
        // What shares no ground and is far needs no measuring.
        let is_apart = self.is_apart(other);
        if is_apart && self.least_metres(other) > reach_m {
            return None;
        }
        let iou = if is_apart {
            0.0
        } else {
            self.overlap(other).iou
        };
        if iou >= SAME_IOU {
            return Some(1.0 + iou);
        }
        let frame = LocalMetres::around(self.point);
        let apart = Euclidean.distance(&frame.point(self.point), &frame.point(other.point));
        (apart <= reach_m).then(|| 1.0 - apart / reach_m.max(f64::MIN_POSITIVE))
    }

    /// Whether not even the bounding boxes share ground.
    fn is_apart(&self, other: &Self) -> bool {
        let boxes = (self.outline.bounding_rect(), other.outline.bounding_rect());
        matches!(boxes, (Some(one), Some(two)) if !one.intersects(&two))
    }

    /// Metres that their points are apart at the least: a degree is nowhere shorter than this.
    fn least_metres(&self, other: &Self) -> f64 {
        let apart = self.point - other.point;
        let lon = apart.x().abs() * self.point.y().to_radians().cos();
        LEAST_DEGREE_M * lon.max(apart.y().abs())
    }
}

/// Plots by place, to find those near another.
pub struct PlotIndex {
    tree: RTree<Boxed>,
}

impl PlotIndex {
    /// The index of plots; those without ground are left out.
    #[must_use]
    pub fn new<'a>(plots: impl Iterator<Item = SeenPlot<'a>>) -> Self {
        let boxed = plots.enumerate().filter_map(|(index, plot)| {
            envelope(&plot, 0.0).map(|e| Boxed::new(Rectangle::from_aabb(e), index))
        });
        Self {
            tree: RTree::bulk_load(boxed.collect()),
        }
    }

    /// Adds a plot under its place in a list; one without ground is left out.
    pub fn insert(&mut self, index: usize, plot: &SeenPlot<'_>) {
        if let Some(e) = envelope(plot, 0.0) {
            self.tree.insert(Boxed::new(Rectangle::from_aabb(e), index));
        }
    }

    /// Takes a plot out that was put in as it is now, under its place in a list.
    pub fn remove(&mut self, index: usize, plot: &SeenPlot<'_>) {
        if let Some(e) = envelope(plot, 0.0) {
            self.tree
                .remove(&Boxed::new(Rectangle::from_aabb(e), index));
        }
    }

    /// Places of the plots that may be one with `plot`: a hundred metres around it.
    pub fn near(&self, plot: &SeenPlot<'_>) -> impl Iterator<Item = usize> + '_ {
        envelope(plot, SEARCH_DEGREES).into_iter().flat_map(|e| {
            self.tree
                .locate_in_envelope_intersecting(&e)
                .map(|b| b.data)
        })
    }
}

/// For each new plot the old one that it is, if any: pairs best first, one to one. `likeness` says
/// how much an old (first) and a new one (second) are one plot; larger is more.
#[must_use]
pub fn pair<'a>(
    old: &[SeenPlot<'a>],
    new: &[SeenPlot<'a>],
    likeness: impl Fn(usize, usize) -> Option<f64>,
) -> Vec<Option<usize>> {
    pair_with(&PlotIndex::new(old.iter().copied()), new, likeness)
}

/// [`pair`] where the old plots stand in an index already, under their places in a list.
#[must_use]
pub fn pair_with(
    old: &PlotIndex,
    new: &[SeenPlot<'_>],
    likeness: impl Fn(usize, usize) -> Option<f64>,
) -> Vec<Option<usize>> {
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (number, plot) in new.iter().enumerate() {
        for near in old.near(plot) {
            pairs.extend(likeness(near, number).map(|like| (like, near, number)));
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let mut taken = HashSet::new();
    let mut partner = vec![None; new.len()];
    for (_, old, new) in pairs {
        if partner[new].is_none() && taken.insert(old) {
            partner[new] = Some(old);
        }
    }
    partner
}

/// A bounding box and the place of what it bounds.
type Boxed = GeomWithData<Rectangle<[f64; 2]>, usize>;

fn envelope(plot: &SeenPlot<'_>, margin: f64) -> Option<AABB<[f64; 2]>> {
    let rect = plot.outline.bounding_rect()?;
    Some(AABB::from_corners(
        [rect.min().x - margin, rect.min().y - margin],
        [rect.max().x + margin, rect.max().y + margin],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Coord, Rect};

    fn square(east_m: f64, size_m: f64) -> MultiPolygon<f64> {
        let degrees = |m: f64| 102.0 + m / 96_486.0;
        let half = size_m / 2.0 / 110_852.0;
        Rect::new(
            Coord {
                x: degrees(east_m - size_m / 2.0),
                y: 30.0 - half,
            },
            Coord {
                x: degrees(east_m + size_m / 2.0),
                y: 30.0 + half,
            },
        )
        .to_polygon()
        .into()
    }

    fn seen(outline: &MultiPolygon<f64>) -> SeenPlot<'_> {
        let middle = outline.bounding_rect().unwrap().center();
        SeenPlot {
            outline,
            point: middle.into(),
            pos_err_m: 2.0,
        }
    }

    #[test]
    fn a_shift_of_two_metres_is_one_plot() {
        let (large, shifted) = (square(0.0, 6.0), square(2.0, 6.0));
        let like = seen(&large).likeness(&seen(&shifted)).unwrap();
        assert!((like - 1.5).abs() < 0.01, "{like}");
        // Too small to overlap, but within the error of both.
        let (small, beside) = (square(0.0, 1.0), square(2.0, 1.0));
        let like = seen(&small).likeness(&seen(&beside)).unwrap();
        assert!((like - (1.0 - 2.0 / 8.0_f64.sqrt())).abs() < 0.01, "{like}");
        assert_eq!(seen(&small).likeness(&seen(&square(3.0, 1.0))), None);
    }

    #[test]
    fn overlap_is_of_the_ground() {
        let (large, inside) = (square(0.0, 10.0), square(2.0, 2.0));
        let overlap = seen(&large).overlap(&seen(&inside));
        assert!((overlap.iou - 0.04).abs() < 1e-3 && (overlap.of_smaller - 1.0).abs() < 1e-3);
    }

    #[test]
    fn pairs_are_one_to_one_and_best_first() {
        let old = [square(0.0, 4.0), square(3.0, 4.0)];
        let new = [square(2.8, 4.0), square(0.3, 4.0), square(50.0, 4.0)];
        let (old, new): (Vec<_>, Vec<_>) = (
            old.iter().map(seen).collect(),
            new.iter().map(seen).collect(),
        );
        let partner = pair(&old, &new, |o, n| old[o].likeness(&new[n]));
        assert_eq!(partner, [Some(1), Some(0), None]);
        assert_eq!(pair(&[], &new, |_, _| Some(1.0)), [None; 3]);
    }
}
