//! Pieces of objects that another tile shows whole.

use super::detection::Detection;
use super::rank::sorted_detections;
use crate::model::decode::Overlap;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

/// A piece that lies under a whole object by this share is a piece of it.
const MOSTLY: f64 = 0.7;

/// Takes away pieces that a tile's edge cut where another tile shows the object whole: a
/// piece is small beside the whole, so that suppression by intersection over union keeps
/// both. What stands behind a piece counts for the whole object that covers it most.
#[must_use]
pub fn drop_seen_whole(detections: Vec<Detection>) -> Vec<Detection> {
    let mut all = sorted_detections(detections);
    let boxes = all.iter().enumerate().filter(|(_, d)| !d.cut.any());
    let whole = RTree::bulk_load(
        boxes
            .map(|(index, d)| GeomWithData::new(Rectangle::from_aabb(extent(d)), index))
            .collect(),
    );
    let mut owners = vec![None; all.len()];
    for (index, piece) in all.iter().enumerate().filter(|(_, d)| d.cut.any()) {
        let mut best: Option<(f64, usize)> = None;
        for near in whole.locate_in_envelope_intersecting(&extent(piece)) {
            let object = &all[near.data];
            if object.class != piece.class || object.outline.area() < piece.outline.area() {
                continue;
            }
            let share = piece.outline.overlap(&object.outline, Overlap::Ios);
            let better = best.is_none_or(|(s, i)| share > s || (share >= s && near.data < i));
            if share >= MOSTLY && better {
                best = Some((share, near.data));
            }
        }
        owners[index] = best.map(|(_, owner)| owner);
    }
    for (piece, owner) in owners.iter().enumerate() {
        if let Some(owner) = owner {
            let behind = all[piece].n_detections;
            all[*owner].n_detections = all[*owner].n_detections.saturating_add(behind);
        }
    }
    let mut is_piece = owners.iter().map(Option::is_some);
    all.retain(|_| !is_piece.next().unwrap_or(false));
    all
}

fn extent(detection: &Detection) -> AABB<[f64; 2]> {
    let bounds = detection.outline.bounds();
    AABB::from_corners(bounds.min().into(), bounds.max().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::fuse::CutEdges;
    use crate::pipeline::fuse::testing::boxed;

    #[test]
    fn a_piece_goes_where_the_whole_is_seen_and_stays_where_it_is_not() {
        let whole = boxed(500, 0.0, 0.0, 100.0, 40.0);
        let cut = CutEdges {
            right: true,
            ..CutEdges::default()
        };
        let piece = Detection {
            cut,
            ..boxed(900, 0.0, 2.0, 30.0, 40.0)
        };
        let alone = Detection {
            cut,
            ..boxed(900, 300.0, 2.0, 330.0, 40.0)
        };
        let other_class = Detection {
            class: 9,
            ..piece.clone()
        };
        let all = vec![piece, whole.clone(), alone.clone(), other_class.clone()];
        let left = drop_seen_whole(all);
        assert_eq!(left.len(), 3);
        let kept = left.iter().find(|d| d.outline == whole.outline).unwrap();
        assert_eq!(kept.n_detections, 2);
        assert!(left.contains(&alone) && left.contains(&other_class));
    }

    #[test]
    fn whole_objects_are_left_alone_however_they_overlap() {
        let all = vec![boxed(1, 0.0, 0.0, 10.0, 10.0), boxed(2, 0.0, 0.0, 9.0, 9.0)];
        assert_eq!(drop_seen_whole(all).len(), 2);
    }
}
