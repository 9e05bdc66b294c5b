//! Components against flood fill, and strips against one tracer.

use geo::Validation;
use proptest::prelude::*;

use crate::pipeline::fuse::testing::{Mask, any_blobs, any_mask, doubled_area, mask};
use crate::pipeline::fuse::{Component, Strip, StripTracer, exact_polygon};

fn check(mask: &Mask) -> Vec<Component> {
    let components = mask.trace();
    let expected: Vec<_> = mask
        .flood_fill()
        .iter()
        .map(|cells| mask.expected(cells))
        .collect();
    let without_rings = |component: &Component| Component {
        rings: Vec::new(),
        ..component.clone()
    };
    let bare: Vec<_> = components.iter().map(without_rings).collect();
    assert_eq!(bare, expected);
    for component in &components {
        let (exterior, holes) = component.rings.split_first().unwrap();
        assert_eq!(
            (exterior[0].y, exterior[0].x),
            (component.first.row, component.first.col)
        );
        assert!(doubled_area(exterior) < 0);
        assert!(holes.iter().all(|hole| doubled_area(hole) > 0));
        let area: i64 = component.rings.iter().map(|ring| doubled_area(ring)).sum();
        assert_eq!(-area, 2 * i64::try_from(component.cells).unwrap());
        for ring in &component.rings {
            assert_eq!(ring.iter().min(), ring.first());
            for triple in [ring.as_slice(), &ring[..2]].concat().windows(3) {
                let is_vertical = triple[0].x == triple[1].x;
                assert_ne!(is_vertical, triple[0].y == triple[1].y);
                assert_eq!(is_vertical, triple[1].y == triple[2].y, "corners only");
            }
        }
        let polygon = exact_polygon(component, f64::from, f64::from);
        assert_eq!(polygon.check_validation(), Ok(()));
    }
    components
}

/// Class, cells and number of vertices of each ring of each component.
fn summary(picture: &str) -> Vec<(u8, u64, Vec<usize>)> {
    let rings = |component: &Component| component.rings.iter().map(Vec::len).collect();
    let components = check(&mask(picture));
    components
        .iter()
        .map(|c| (c.class, c.cells, rings(c)))
        .collect()
}

#[test]
fn single_cells_rows_columns_and_full_grids_are_rectangles() {
    assert_eq!(summary("#"), [(1, 1, vec![4])]);
    assert_eq!(summary("####"), [(1, 4, vec![4])]);
    assert_eq!(summary("# # #"), [(1, 3, vec![4])]);
    assert_eq!(summary("22 22"), [(2, 4, vec![4])]);
    assert_eq!(summary("... ..."), []);
}

#[test]
fn a_ring_whose_ends_touch_diagonally_has_a_hole_that_touches_the_exterior() {
    let picture = "####
                   #..#
                   #.#.
                   ##..";
    let split_ends = "####
                      #..#
                      #...
                      ##..";
    assert_eq!(summary(picture).len(), 2);
    assert_eq!(summary(split_ends).len(), 1);
    let closed = "####
                  #..#
                  #.##
                  ##..";
    assert_eq!(summary(closed), [(1, 11, vec![6, 6])]);
    let pinched = "###.
                   #.#.
                   ##.#
                   .###";
    let components = check(&mask(pinched));
    assert_eq!(components.len(), 1);
    let rings: Vec<_> = components[0].rings.iter().map(Vec::len).collect();
    assert_eq!(rings.len(), 3);
    assert_eq!(components[0].touches.len(), 2);
}

#[test]
fn checkerboards_are_single_cells_that_touch() {
    let components = check(&mask("#.# .#. #.#"));
    assert_eq!(components.len(), 5);
    assert_eq!(components[2].touches.len(), 4);
}

#[test]
fn spirals_are_one_component_without_holes() {
    let spiral = "#######
                  ......#
                  #####.#
                  #...#.#
                  #.###.#
                  #.....#
                  #######";
    let components = check(&mask(spiral));
    assert_eq!(components.len(), 1);
    assert_eq!(components[0].rings.len(), 1);
}

#[test]
fn islands_in_holes_are_components_of_their_own() {
    let picture = "#######
                   #.....#
                   #.###.#
                   #.#2#.#
                   #.###.#
                   #.....#
                   #######";
    let rings = vec![4, 4];
    assert_eq!(
        summary(picture),
        [(1, 24, rings.clone()), (1, 8, rings), (2, 1, vec![4])]
    );
}

#[test]
fn empty_rows_end_components_and_count() {
    let cell = mask("#");
    let mut tracer = StripTracer::new(1, 5, crate::pipeline::fuse::testing::CLASSES);
    tracer.push_empty_rows(2);
    tracer.push_empty_rows(0);
    let strip = Strip::join(
        tracer.finish(),
        Strip::join(strip_at(&cell, 7), empty(8, 3)),
    );
    assert_eq!(strip.rows(), 5..11);
    let components = strip.seal();
    assert_eq!(components.len(), 1);
    assert_eq!(components[0].first.row, 7);
}

fn strip_at(mask: &Mask, row: u32) -> Strip {
    let mut rows = crate::pipeline::fuse::RunRows::new(crate::pipeline::fuse::testing::CLASSES);
    rows.push_row(0, &mask.labels, &[&[1], &[2], &[3], &[4]]);
    let mut tracer = StripTracer::new(1, row, crate::pipeline::fuse::testing::CLASSES);
    tracer.push_row([rows.row(0)]);
    tracer.finish()
}

fn empty(row: u32, count: u32) -> Strip {
    let mut tracer = StripTracer::new(1, row, crate::pipeline::fuse::testing::CLASSES);
    tracer.push_empty_rows(count);
    tracer.finish()
}

#[test]
fn components_away_from_the_strips_edges_are_closed_at_once() {
    let picture = mask("##.# ...# .#.. .... ####");
    let mut strip = picture.strip(0..5, 4);
    let closed = strip.take_closed();
    assert_eq!(closed.len(), 1);
    assert_eq!((closed[0].first.row, closed[0].first.col), (2, 1));
    assert_eq!(strip.seal().len(), 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn components_are_those_of_a_flood_fill_with_valid_rings(mask in any_mask()) {
        check(&mask);
    }

    #[test]
    fn any_strips_joined_in_any_order_give_the_same_components(
        mask in prop_oneof![any_mask(), any_blobs()],
        cuts in proptest::collection::vec((0usize..41, any::<proptest::sample::Index>()), 2..7),
        tile_edge in 0usize..15,
        drain in any::<bool>(),
    ) {
        let whole = mask.trace();
        let mut rows: Vec<_> = cuts.iter().map(|cut| cut.0 % (mask.height() + 1)).collect();
        rows.extend([0, mask.height()]);
        rows.sort_unstable();
        let mut strips: Vec<_> =
            rows.windows(2).map(|edge| mask.strip(edge[0]..edge[1], tile_edge)).collect();
        let mut drained = Vec::new();
        let mut order = cuts.iter().map(|cut| cut.1).cycle();
        while strips.len() > 1 {
            let upper = order.next().unwrap().index(strips.len() - 1);
            let lower = strips.remove(upper + 1);
            let strip = std::mem::replace(&mut strips[upper], empty(0, 0));
            strips[upper] = Strip::join(strip, lower);
            if drain {
                drained.extend(strips[upper].take_closed());
            }
        }
        let mut joined = strips.remove(0).seal();
        joined.extend(drained);
        crate::pipeline::fuse::sort_components(&mut joined);
        prop_assert_eq!(joined, whole);
    }
}
