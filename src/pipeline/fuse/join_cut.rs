//! Joins the pieces of objects that the edges of tiles cut.
//!
//! Neighbouring tiles overlap, so that an object smaller than the overlap is whole in one of
//! them. A larger one is whole in none: each tile shows a piece that ends at the tile's edge.
//! Suppression cannot help, since pieces share little. Here is a vertical seam, with the edges
//! of two tiles and the pieces that they show:
//!
//! ```text
//!         left edge of the right tile
//!         ┆     ┆ right edge of the left tile
//!    ┌────┆─────┤         the left piece is cut on its right,
//!    │    ├─────┆─────┐   the right piece on its left
//!    └────┆─────┤     │
//!         ├─────┆─────┘
//! ```
//!
//! Two pieces are of one object if they are of one class, the one cut on its right lies left of
//! one cut on its left and reaches it, and both stand in the same rows by [`LEAST_AGREEMENT`].
//! For horizontal seams the same holds with the axes exchanged. Objects over several tiles are
//! joined through their pieces, so that the order of the pieces does not matter.

use geo::Rect;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use crate::georef::union;
use crate::pipeline::fuse::detection::{CutEdges, Detection, Outline, bounds};
use crate::pipeline::fuse::rank::{ranked, sorted_detections};
use crate::pipeline::fuse::sets::DisjointSets;

/// Least share of the longer of two pieces' extents along a seam that both have in common.
const LEAST_AGREEMENT: f64 = 0.5;

/// Joins the pieces of cut objects. An object of boxes becomes the box around them, any other
/// the union of its pieces; it is cut nowhere, has the scores of its best piece and counts all.
/// What is not joined stays as it is. Outlines that are empty or not finite are dropped.
///
/// The result does not depend on the order of the detections, and stands in canonical order, see
/// [`sorted_detections`].
#[must_use]
pub fn join_cut(mut detections: Vec<Detection>) -> Vec<Detection> {
    detections.retain(|detection| detection.outline.is_finite());
    let (cut, mut joined): (Vec<_>, Vec<_>) = detections
        .into_iter()
        .partition(|detection| detection.cut.any());
    joined.extend(objects(ranked(cut)).into_iter().filter_map(object));
    sorted_detections(joined)
}

/// The pieces by object, each in the order of their rank.
fn objects(pieces: Vec<Detection>) -> Vec<Vec<Detection>> {
    let bounds: Vec<_> = pieces.iter().map(|piece| piece.outline.bounds()).collect();
    let places = bounds
        .iter()
        .zip(0u32..)
        .map(|(bounds, index)| GeomWithData::new(Rectangle::from_aabb(envelope(*bounds)), index));
    let places = RTree::bulk_load(places.collect());
    let mut sets = DisjointSets::with_len(pieces.len());
    for (index, piece) in (0u32..).zip(&pieces) {
        let extent = bounds[index as usize];
        for near in places.locate_in_envelope_intersecting(&envelope(extent)) {
            let (other, other_extent) = (&pieces[near.data as usize], bounds[near.data as usize]);
            if piece.class == other.class
                && sets.find(index) != sets.find(near.data)
                && continues(piece.cut, extent, other.cut, other_extent)
            {
                sets.unite(index, near.data);
            }
        }
    }
    let mut objects: Vec<Vec<Detection>> = vec![Vec::new(); pieces.len()];
    for (index, piece) in (0u32..).zip(pieces) {
        objects[sets.find(index) as usize].push(piece);
    }
    objects
}

/// Whether a piece goes on in another to its right or below it. The other way round, the other
/// piece goes on in it.
fn continues(cut: CutEdges, extent: Rect<f64>, next_cut: CutEdges, next: Rect<f64>) -> bool {
    let [rows, next_rows] = [extent, next].map(|rect| [rect.min().y, rect.max().y]);
    let [cols, next_cols] = [extent, next].map(|rect| [rect.min().x, rect.max().x]);
    let to_the_right = cut.right && next_cut.left;
    let below = cut.bottom && next_cut.top;
    (to_the_right && reaches(cols, next_cols) && agree(rows, next_rows))
        || (below && reaches(rows, next_rows) && agree(cols, next_cols))
}

/// Whether an extent across a seam touches one that lies further on.
fn reaches(extent: [f64; 2], next: [f64; 2]) -> bool {
    let is_before = extent[0] + extent[1] <= next[0] + next[1];
    is_before && extent[1] >= next[0]
}

/// Whether two extents along a seam are about the same.
fn agree(one: [f64; 2], other: [f64; 2]) -> bool {
    let common = one[1].min(other[1]) - one[0].max(other[0]);
    let longer = (one[1] - one[0]).max(other[1] - other[0]);
    common > 0.0 && common >= LEAST_AGREEMENT * longer
}

/// One detection of all pieces of an object, in the order of their rank.
fn object(mut pieces: Vec<Detection>) -> Option<Detection> {
    if pieces.len() < 2 {
        return pieces.pop();
    }
    let outline = outline(&pieces);
    let counts = pieces.iter().map(|piece| piece.n_detections);
    let n_detections = counts.fold(0, u32::saturating_add);
    let is_seen = pieces.iter().any(|piece| piece.is_seen);
    Some(Detection {
        outline,
        is_seen,
        cut: CutEdges::default(),
        n_detections,
        ..pieces.swap_remove(0)
    })
}

fn outline(pieces: &[Detection]) -> Outline {
    let is_box = |piece: &Detection| matches!(piece.outline, Outline::Box(_));
    if !pieces.iter().all(is_box) {
        let polygons: Vec<_> = pieces.iter().map(|p| p.outline.to_polygon()).collect();
        let joined = union(polygons.iter().flatten());
        // Pieces without area would leave nothing.
        if !joined.0.is_empty() {
            return Outline::Polygon(joined);
        }
    }
    let extents = pieces.iter().map(|piece| piece.outline.bounds());
    let corners = extents.flat_map(|extent| [extent.min(), extent.max()]);
    Outline::Box(bounds(corners))
}

fn envelope(rect: Rect<f64>) -> AABB<[f64; 2]> {
    AABB::from_corners(rect.min().into(), rect.max().into())
}

#[cfg(test)]
mod tests;
