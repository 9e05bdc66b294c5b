//! An object that a detector shows: what is known of it, and how much two of them overlap.

use std::cmp::Ordering;

use geo::{Area, Coord, CoordsIter, LineString, MultiPolygon, Polygon, Rect};

use serde::{Deserialize, Serialize};

use crate::model::decode::Overlap;
use crate::pipeline::fuse::quad;

/// An object that a tile's answer shows, in pixels of the whole raster's model grid:
/// continuous, (0, 0) is the outer corner of the first pixel, y runs downwards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// Index of its class + 1, as in [`Component`](super::Component).
    pub class: u8,
    /// Its score, in 1/65535.
    pub score: u16,
    /// Score of each class by its index, in 1/65535. May be empty.
    pub class_scores: Vec<u16>,
    /// Where it lies.
    pub outline: Outline,
    /// Which edges of its tile cut it.
    pub cut: CutEdges,
    /// Detections that stand behind it: 1, and more where some were suppressed or joined.
    pub n_detections: u32,
    /// Whether the ground at its center counts. What lies elsewhere takes part in
    /// suppression, so that no piece of it stands for the whole, and goes at the end.
    pub is_seen: bool,
}

/// The edges of a tile that an object reaches beyond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "a tile has four edges")]
pub struct CutEdges {
    /// The left edge.
    pub left: bool,
    /// The upper edge.
    pub top: bool,
    /// The right edge.
    pub right: bool,
    /// The lower edge.
    pub bottom: bool,
}

/// The outline of a detection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outline {
    /// An upright box.
    Box(Rect<f64>),
    /// A convex quadrilateral, such as a turned box; its corners run either way round.
    Quad([Coord<f64>; 4]),
    /// What a mask shows.
    Polygon(MultiPolygon<f64>),
}

impl CutEdges {
    /// Whether any edge cuts.
    #[must_use]
    pub fn any(self) -> bool {
        self.left || self.top || self.right || self.bottom
    }
}

impl Outline {
    /// The smallest upright box around it; of nothing, a point at (0, 0).
    #[must_use]
    pub fn bounds(&self) -> Rect<f64> {
        match self {
            Self::Box(rect) => *rect,
            Self::Quad(corners) => bounds(corners.iter().copied()),
            Self::Polygon(polygons) => bounds(polygons.coords_iter()),
        }
    }

    /// Its area, in pixels.
    #[must_use]
    pub fn area(&self) -> f64 {
        match self {
            Self::Box(rect) => rect.width() * rect.height(),
            Self::Quad(corners) => quad::signed_area(corners).abs(),
            Self::Polygon(polygons) => polygons.unsigned_area(),
        }
    }

    /// The same as polygons. Boxes and quadrilaterals turn from x to y.
    #[must_use]
    pub fn to_polygon(&self) -> MultiPolygon<f64> {
        match self {
            Self::Box(rect) => MultiPolygon::from(rect.to_polygon()),
            Self::Quad(corners) => {
                let mut corners = corners.to_vec();
                if quad::signed_area(&corners) < 0.0 {
                    corners.reverse();
                }
                MultiPolygon::from(Polygon::new(LineString::from(corners), Vec::new()))
            }
            Self::Polygon(polygons) => polygons.clone(),
        }
    }

    /// Whether it has coordinates, and only finite ones.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        let is_finite = |corner: Coord<f64>| corner.x.is_finite() && corner.y.is_finite();
        match self {
            Self::Box(rect) => is_finite(rect.min()) && is_finite(rect.max()),
            Self::Quad(corners) => corners.iter().copied().all(is_finite),
            Self::Polygon(polygons) => {
                polygons.coords_iter().next().is_some() && polygons.coords_iter().all(is_finite)
            }
        }
    }

    /// The share that two outlines have in common, 0 to 1; 0 if either has no area.
    ///
    /// Polygons are taken by their bounds, as the models' own suppression takes masks.
    #[must_use]
    pub fn overlap(&self, other: &Self, by: Overlap) -> f64 {
        let areas = [self.compared_area(), other.compared_area()];
        let shared = match (self, other) {
            (Self::Quad(one), Self::Quad(other)) => quad::shared_area(one, other),
            (Self::Quad(one), _) => quad::shared_area(one, &corners(other.bounds())),
            (_, Self::Quad(other)) => quad::shared_area(&corners(self.bounds()), other),
            _ => shared_by_boxes(self.bounds(), other.bounds()),
        };
        if ![areas[0], areas[1], shared].iter().all(|a| a.is_finite()) {
            return 0.0;
        }
        let smaller = areas[0].min(areas[1]);
        let shared = shared.min(smaller);
        let whole = match by {
            Overlap::Iou => areas[0] + areas[1] - shared,
            Overlap::Ios => smaller,
        };
        if whole > 0.0 { shared / whole } else { 0.0 }
    }

    /// Area of what [`Outline::overlap`] compares.
    pub(super) fn compared_area(&self) -> f64 {
        match self {
            Self::Box(_) | Self::Quad(_) => self.area(),
            Self::Polygon(_) => Self::Box(self.bounds()).area(),
        }
    }

    /// A total order by kind and coordinates.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Box(one), Self::Box(other)) => {
                compare_coords(&[one.min(), one.max()], &[other.min(), other.max()])
            }
            (Self::Quad(one), Self::Quad(other)) => compare_coords(one, other),
            (Self::Polygon(one), Self::Polygon(other)) => {
                compare_all(&one.0, &other.0, compare_polygons)
            }
            _ => self.kind().cmp(&other.kind()),
        }
    }

    fn kind(&self) -> u8 {
        match self {
            Self::Box(_) => 0,
            Self::Quad(_) => 1,
            Self::Polygon(_) => 2,
        }
    }
}

/// The smallest upright box around coordinates; of none, a point at (0, 0).
pub(super) fn bounds(mut coords: impl Iterator<Item = Coord<f64>>) -> Rect<f64> {
    let first = coords.next().unwrap_or_default();
    let (mut min, mut max) = (first, first);
    for coord in coords {
        min = geo::coord! { x: min.x.min(coord.x), y: min.y.min(coord.y) };
        max = geo::coord! { x: max.x.max(coord.x), y: max.y.max(coord.y) };
    }
    Rect::new(min, max)
}

fn corners(rect: Rect<f64>) -> [Coord<f64>; 4] {
    let (min, max) = (rect.min(), rect.max());
    [
        [min.x, min.y],
        [max.x, min.y],
        [max.x, max.y],
        [min.x, max.y],
    ]
    .map(Coord::from)
}

fn shared_by_boxes(one: Rect<f64>, other: Rect<f64>) -> f64 {
    let width = one.max().x.min(other.max().x) - one.min().x.max(other.min().x);
    let height = one.max().y.min(other.max().y) - one.min().y.max(other.min().y);
    width.max(0.0) * height.max(0.0)
}

fn compare_polygons(one: &Polygon<f64>, other: &Polygon<f64>) -> Ordering {
    let rings = |one: &LineString<f64>, other: &LineString<f64>| compare_coords(&one.0, &other.0);
    rings(one.exterior(), other.exterior())
        .then_with(|| compare_all(one.interiors(), other.interiors(), rings))
}

fn compare_coords(one: &[Coord<f64>], other: &[Coord<f64>]) -> Ordering {
    compare_all(one, other, |one, other| {
        one.x.total_cmp(&other.x).then(one.y.total_cmp(&other.y))
    })
}

/// The shorter first, then by the first that differs.
fn compare_all<T>(one: &[T], other: &[T], compare: impl Fn(&T, &T) -> Ordering) -> Ordering {
    let pairs = one.iter().zip(other);
    let first_difference = || {
        pairs
            .map(|(one, other)| compare(one, other))
            .find(|o| o.is_ne())
    };
    let by_length = one.len().cmp(&other.len());
    by_length.then_with(|| first_difference().unwrap_or(Ordering::Equal))
}

#[cfg(test)]
mod tests;
