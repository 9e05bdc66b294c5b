//! Outlines and their overlap.

use geo::{Area, Coord, LineString, MultiPolygon, Polygon, Rect};
use proptest::prelude::*;

use super::Overlap::{Ios, Iou};
use super::*;
use crate::pipeline::fuse::testing::{any_quad, any_wild_outline};

fn upright(left: f64, top: f64, right: f64, bottom: f64) -> Outline {
    Outline::Box(Rect::new([left, top], [right, bottom]))
}

fn quad(corners: [[f64; 2]; 4]) -> Outline {
    Outline::Quad(corners.map(Coord::from))
}

fn triangle(corners: [[f64; 2]; 3]) -> Outline {
    let ring = LineString::from(corners.to_vec());
    Outline::Polygon(MultiPolygon::from(Polygon::new(ring, Vec::new())))
}

#[track_caller]
fn check(one: &Outline, other: &Outline, iou: f64, ios: f64) {
    for (by, expected) in [(Iou, iou), (Ios, ios)] {
        for overlap in [one.overlap(other, by), other.overlap(one, by)] {
            assert!((overlap - expected).abs() < 1e-12, "{by:?} {overlap}");
        }
    }
}

#[test]
fn boxes_overlap_by_what_they_share() {
    let one = upright(0.0, 0.0, 4.0, 4.0);
    check(&one, &one, 1.0, 1.0);
    check(&one, &upright(2.0, 0.0, 6.0, 4.0), 1.0 / 3.0, 0.5);
    check(&one, &upright(1.0, 1.0, 2.0, 2.0), 1.0 / 16.0, 1.0);
    check(&one, &upright(4.0, 0.0, 8.0, 4.0), 0.0, 0.0);
    check(&one, &upright(9.0, 9.0, 10.0, 10.0), 0.0, 0.0);
}

#[test]
fn quads_overlap_boxes_and_each_other() {
    let diamond = quad([[2.0, 0.0], [4.0, 2.0], [2.0, 4.0], [0.0, 2.0]]);
    check(&diamond, &upright(0.0, 0.0, 4.0, 4.0), 0.5, 1.0);
    check(&diamond, &upright(0.0, 0.0, 2.0, 2.0), 0.2, 0.5);
    // Their bounds overlap, they do not.
    check(&diamond, &upright(0.0, 0.0, 0.9, 0.9), 0.0, 0.0);
    let shifted = quad([[3.0, 1.0], [1.0, 3.0], [3.0, 5.0], [5.0, 3.0]]);
    check(&diamond, &shifted, 1.0 / 3.0, 0.5);
}

#[test]
fn polygons_overlap_by_their_bounds() {
    let one = triangle([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]]);
    let other = triangle([[4.0, 4.0], [4.0, 0.0], [0.0, 4.0]]);
    check(&one, &other, 1.0, 1.0);
    check(&one, &upright(2.0, 0.0, 6.0, 4.0), 1.0 / 3.0, 0.5);
    let diamond = quad([[2.0, 0.0], [4.0, 2.0], [2.0, 4.0], [0.0, 2.0]]);
    check(&one, &diamond, 0.5, 1.0);
}

#[test]
fn what_has_no_area_overlaps_nothing() {
    let nothing = [
        upright(1.0, 1.0, 1.0, 3.0),
        quad([[1.0, 1.0]; 4]),
        quad([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]),
        Outline::Polygon(MultiPolygon::empty()),
        upright(0.0, f64::NAN, 1.0, 3.0),
        upright(f64::NEG_INFINITY, 0.0, f64::INFINITY, 3.0),
        quad([[0.0, 0.0], [f64::NAN, 0.0], [3.0, 3.0], [0.0, 3.0]]),
    ];
    for one in &nothing {
        check(one, &upright(0.0, 0.0, 4.0, 4.0), 0.0, 0.0);
        check(
            one,
            &quad([[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]]),
            0.0,
            0.0,
        );
        check(one, one, 0.0, 0.0);
    }
    assert_eq!(
        nothing.map(|one| one.is_finite()),
        [true, true, true, false, false, false, false]
    );
}

#[test]
fn polygons_of_boxes_and_quads_turn_the_same_way() {
    let corners = [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]];
    let mut reversed = corners;
    reversed.reverse();
    for outline in [quad(corners), quad(reversed), upright(0.0, 0.0, 4.0, 4.0)] {
        assert!((outline.to_polygon().signed_area() - 16.0).abs() < 1e-12);
        assert!((outline.area() - 16.0).abs() < 1e-12);
        assert_eq!(outline.bounds(), Rect::new([0.0, 0.0], [4.0, 4.0]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn overlap_is_a_share_whatever_the_numbers(
        one in any_wild_outline(),
        other in any_wild_outline(),
    ) {
        for by in [Iou, Ios] {
            for other in [&one, &other] {
                let overlap = one.overlap(other, by);
                prop_assert!((0.0..=1.0).contains(&overlap), "{}", overlap);
            }
        }
        let _ = (one.bounds(), one.area(), one.to_polygon(), one.is_finite());
        prop_assert_eq!(one.compare(&one), Ordering::Equal);
        prop_assert_eq!(one.compare(&other), other.compare(&one).reverse());
    }

    #[test]
    fn overlap_does_not_depend_on_the_order(one in any_quad(), other in any_quad()) {
        let [one, other] = [one, other].map(Outline::Quad);
        for by in [Iou, Ios] {
            prop_assert!((one.overlap(&other, by) - other.overlap(&one, by)).abs() < 1e-9);
        }
        prop_assert!((one.overlap(&one, Iou) - 1.0).abs() < 1e-9);
    }
}
