//! Pieces of objects over one, two and four seams.

use geo::{Coord, MultiPolygon, Rect};
use proptest::prelude::*;

use super::*;
use crate::pipeline::fuse::testing::{any_detections, boxed};

/// A box that is cut on the edges whose first letters are named.
fn piece(score: u16, [left, top, right, bottom]: [f64; 4], cut: &str) -> Detection {
    Detection {
        cut: CutEdges {
            left: cut.contains('l'),
            top: cut.contains('t'),
            right: cut.contains('r'),
            bottom: cut.contains('b'),
        },
        ..boxed(score, left, top, right, bottom)
    }
}

/// The pieces as quadrilaterals.
fn quads(pieces: &[Detection]) -> Vec<Detection> {
    let quad = |piece: &Detection| {
        let (min, max) = (piece.outline.bounds().min(), piece.outline.bounds().max());
        let corners = [
            [min.x, min.y],
            [min.x, max.y],
            [max.x, max.y],
            [max.x, min.y],
        ];
        Detection {
            outline: Outline::Quad(corners.map(Coord::from)),
            ..piece.clone()
        }
    };
    pieces.iter().map(quad).collect()
}

/// Two pieces on both sides of a vertical seam, tiles overlapping from 512 to 640.
fn pair() -> [Detection; 2] {
    [
        piece(10, [400.0, 100.0, 640.0, 200.0], "r"),
        piece(20, [512.0, 104.0, 900.0, 204.0], "l"),
    ]
}

#[test]
fn two_pieces_are_one_box_with_the_best_score() {
    let joined = join_cut(pair().to_vec());
    assert_eq!(
        joined,
        [Detection {
            n_detections: 2,
            ..boxed(20, 400.0, 100.0, 900.0, 204.0)
        }]
    );
}

#[test]
fn quads_become_their_union() {
    let joined = join_cut(quads(&pair()));
    let expected = 240.0 * 100.0 + 388.0 * 100.0 - 128.0 * 96.0;
    assert!(matches!(joined[0].outline, Outline::Polygon(_)));
    assert!((joined[0].outline.area() - expected).abs() < 1e-3);
    let mixed = vec![pair()[0].clone(), quads(&pair())[1].clone()];
    assert!((join_cut(mixed)[0].outline.area() - expected).abs() < 1e-3);
}

#[test]
fn an_object_on_the_corner_of_four_tiles_is_one() {
    let pieces = vec![
        piece(1, [400.0, 300.0, 640.0, 640.0], "rb"),
        piece(2, [512.0, 300.0, 800.0, 640.0], "lb"),
        piece(3, [400.0, 512.0, 640.0, 900.0], "rt"),
        piece(4, [512.0, 512.0, 800.0, 900.0], "lt"),
    ];
    let whole = Detection {
        n_detections: 4,
        ..boxed(4, 400.0, 300.0, 800.0, 900.0)
    };
    assert_eq!(join_cut(pieces), [whole]);
}

#[test]
fn a_long_object_is_joined_through_its_pieces() {
    let pieces = vec![
        piece(3, [1024.0, 0.0, 1300.0, 50.0], "l"),
        piece(1, [100.0, 0.0, 640.0, 50.0], "r"),
        piece(2, [512.0, 0.0, 1152.0, 50.0], "lr"),
    ];
    assert_eq!(join_cut(pieces)[0].n_detections, 3);
}

#[test]
fn tiles_without_overlap_join_what_touches() {
    let pieces = |gap: f64| {
        vec![
            piece(1, [0.0, 600.0, 50.0, 640.0], "b"),
            piece(2, [0.0, 640.0 + gap, 50.0, 700.0], "t"),
        ]
    };
    assert_eq!(join_cut(pieces(0.0)).len(), 1);
    assert_eq!(join_cut(pieces(1.0)).len(), 2);
}

#[test]
fn pieces_of_different_objects_stay_apart() {
    let [left, right] = pair();
    let class = Detection {
        class: 2,
        ..right.clone()
    };
    let others = [
        class,
        // Not cut, or on another edge.
        piece(20, [512.0, 104.0, 900.0, 204.0], ""),
        piece(20, [512.0, 104.0, 900.0, 204.0], "tb"),
        piece(20, [512.0, 104.0, 900.0, 204.0], "r"),
        // In other rows, or much higher.
        piece(20, [512.0, 151.0, 900.0, 251.0], "l"),
        piece(20, [512.0, 0.0, 900.0, 201.0], "l"),
        piece(20, [512.0, 200.0, 900.0, 300.0], "l"),
        // Further left than what it would continue.
        piece(20, [100.0, 100.0, 600.0, 200.0], "l"),
        // Beyond reach.
        piece(20, [641.0, 100.0, 900.0, 200.0], "l"),
    ];
    for other in others {
        let joined = join_cut(vec![left.clone(), other.clone()]);
        assert_eq!(joined.len(), 2, "{other:?}");
        assert!(joined.contains(&left) && joined.contains(&other));
    }
}

#[test]
fn outlines_without_coordinates_are_dropped_and_pieces_without_area_become_a_box() {
    let with = |outline| Detection {
        outline,
        ..pair()[0].clone()
    };
    let dropped = vec![
        with(Outline::Polygon(MultiPolygon::empty())),
        with(Outline::Box(Rect::new([0.0, 0.0], [f64::INFINITY, 1.0]))),
    ];
    assert_eq!(join_cut(dropped), []);
    let lines = [
        piece(1, [640.0, 0.0, 640.0, 9.0], "r"),
        piece(2, [640.0, 0.0, 640.0, 9.0], "l"),
    ];
    let line = Detection {
        n_detections: 2,
        ..boxed(2, 640.0, 0.0, 640.0, 9.0)
    };
    assert_eq!(join_cut(quads(&lines)), [line]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn objects_do_not_depend_on_the_order_and_are_final(
        (detections, shuffled) in any_detections()
            .prop_flat_map(|one| (Just(one.clone()), Just(one).prop_shuffle())),
    ) {
        let count = |detections: &[Detection]| -> u32 {
            detections.iter().map(|d| d.n_detections).sum()
        };
        let counted = count(&detections);
        let joined = join_cut(detections);
        prop_assert_eq!(count(&joined), counted);
        prop_assert_eq!(format!("{joined:?}"), format!("{:?}", join_cut(shuffled)));
        prop_assert_eq!(format!("{joined:?}"), format!("{:?}", join_cut(joined.clone())));
    }
}
