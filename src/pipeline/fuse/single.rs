//! From what tiles show to each object once.

use super::{CutEdges, Detection, drop_seen_whole, join_cut, suppress};
use crate::model::decode::Overlap;
use std::collections::BTreeMap;

/// Each object once. What one edge cut is compared with its like only at first, else a piece
/// could win over the whole, or over the other piece; then pieces of what another tile shows
/// whole go, other pieces are joined, and what still overlaps is suppressed. Objects on ground
/// that does not count go last, so that no piece of them remains.
#[must_use]
pub fn single_objects(objects: Vec<Detection>, threshold: f64, by: Overlap) -> Vec<Detection> {
    let mut alike: BTreeMap<CutEdges, Vec<Detection>> = BTreeMap::new();
    for object in objects {
        alike.entry(object.cut).or_default().push(object);
    }
    let once = alike
        .into_values()
        .flat_map(|like| suppress(like, threshold, by))
        .collect();
    let joined = join_cut(drop_seen_whole(once));
    let mut single = suppress(joined, threshold, by);
    single.retain(|object| object.is_seen);
    single
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::fuse::testing::boxed;

    const CUT_RIGHT: CutEdges = CutEdges {
        left: false,
        top: false,
        right: true,
        bottom: false,
    };
    const CUT_LEFT: CutEdges = CutEdges {
        left: true,
        top: false,
        right: false,
        bottom: false,
    };

    fn widths(objects: Vec<Detection>, by: Overlap) -> Vec<f64> {
        let single = single_objects(objects, 0.5, by);
        single.iter().map(|o| o.outline.bounds().width()).collect()
    }

    #[test]
    fn a_piece_never_wins_over_the_whole_whatever_its_score() {
        let whole = boxed(500, 0.0, 0.0, 80.0, 40.0);
        let piece = Detection {
            cut: CUT_RIGHT,
            ..boxed(900, 0.0, 0.0, 28.0, 40.0)
        };
        for by in [Overlap::Ios, Overlap::Iou] {
            assert_eq!(widths(vec![piece.clone(), whole.clone()], by), [80.0]);
        }
    }

    #[test]
    fn pieces_that_share_much_are_joined_and_not_suppressed() {
        // An object of 60 px over tiles that share 32 px.
        let left = Detection {
            cut: CUT_RIGHT,
            ..boxed(500, 0.0, 0.0, 46.0, 40.0)
        };
        let right = Detection {
            cut: CUT_LEFT,
            ..boxed(900, 14.0, 0.0, 60.0, 40.0)
        };
        for by in [Overlap::Ios, Overlap::Iou] {
            assert_eq!(widths(vec![left.clone(), right.clone()], by), [60.0]);
        }
    }

    #[test]
    fn no_piece_remains_of_what_does_not_count() {
        let whole = Detection {
            is_seen: false,
            ..boxed(900, 0.0, 0.0, 80.0, 40.0)
        };
        let piece = Detection {
            cut: CUT_RIGHT,
            ..boxed(500, 0.0, 0.0, 28.0, 40.0)
        };
        assert_eq!(widths(vec![piece, whole], Overlap::Ios), [0.0; 0]);
    }
}
