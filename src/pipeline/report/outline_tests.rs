//! Outlines stay valid whatever rounding does to them.

use super::*;
use geo::Validation;
use geo::{CoordsIter, Winding};
use proptest::prelude::*;

const HERE: Point<f64> = Point(Coord {
    x: 104.123_456_789,
    y: 33.987_654_321,
});

/// Offsets in units of the grid, put at `HERE`.
fn at(offsets: &[(f64, f64)]) -> Polygon<f64> {
    let ring = offsets
        .iter()
        .map(|(x, y)| Coord {
            x: HERE.x() + x / STEPS,
            y: HERE.y() + y / STEPS,
        })
        .collect();
    Polygon::new(LineString::new(ring), vec![])
}

fn check(parts: Vec<Polygon<f64>>) -> Outline {
    let outline = Outline::new(&MultiPolygon::new(parts), HERE);
    let polygon = &outline.polygon;
    let grid = |c: Coord<f64>| on_grid(c) - on_grid(HERE.0);
    assert!(polygon.map_coords(grid).is_valid(), "{polygon:?}");
    assert!(polygon.exterior().is_ccw() && polygon.exterior().0.len() >= 4);
    assert!(polygon.interiors().iter().all(Winding::is_cw));
    assert!(polygon.exterior().is_closed());
    for c in polygon.coords_iter() {
        for v in [c.x, c.y] {
            let decimals = v.to_string().split_once('.').map_or(0, |(_, d)| d.len());
            assert!(decimals <= 7, "{v}");
        }
    }
    // `geo` does not see spikes.
    for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
        let open = ring.map_coords(grid).0;
        let corners = open
            .iter()
            .zip(&open[1..])
            .zip(open[2..].iter().chain(&open[1..2]));
        for ((a, b), c) in corners {
            assert!(!turns_back(*a, *b, *c), "{ring:?}");
        }
    }
    for part in &outline.parts {
        assert!(part.map_coords(grid).is_valid());
        assert!(
            polygon
                .map_coords(grid)
                .relate(&part.map_coords(grid))
                .is_covers()
        );
    }
    outline
}

#[test]
fn tiny_flat_and_empty_sites_become_small_polygons() {
    check(vec![]);
    check(vec![at(&[(0.0, 0.0), (0.2, 0.0), (0.2, 0.2), (0.0, 0.2)])]);
    check(vec![at(&[
        (0.0, 0.0),
        (900.0, 0.1),
        (900.0, 0.2),
        (0.0, 0.1),
    ])]);
    check(vec![at(&[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])]);
}

#[test]
fn rings_turn_the_right_way_and_keep_their_holes() {
    let ring = |r: f64| at(&[(-r, -r), (-r, r), (r, r), (r, -r)]).exterior().clone();
    let outline = check(vec![Polygon::new(
        ring(900.0),
        vec![ring(300.0), ring(0.1)],
    )]);
    assert_eq!(
        outline.polygon.interiors().len(),
        1,
        "the hole of a millimetre is gone"
    );
    assert_eq!(outline.parts.0.len(), 1);
}

#[test]
fn spikes_and_pinched_waists_are_repaired() {
    let spike = at(&[
        (0.0, 0.0),
        (500.0, 0.0),
        (900.0, 0.0),
        (500.0, 0.2),
        (500.0, 500.0),
        (0.0, 500.0),
    ]);
    assert_eq!(check(vec![spike]).parts.0.len(), 1);
    let bowtie = at(&[(0.0, 0.0), (100.0, 100.0), (100.0, 0.0), (0.0, 100.0)]);
    assert_eq!(check(vec![bowtie]).parts.0.len(), 2);
}

#[test]
fn a_hole_that_rounding_pushes_out_does_not_stay_a_hole() {
    check(vec![at(&[
        (-14.4, -3.2),
        (-19.7, 11.3),
        (-19.2, 0.0),
        (3.0, -27.1),
        (-14.6, -0.8),
    ])]);
}

#[test]
fn several_parts_give_one_polygon_that_holds_them() {
    let square = |x: f64, y: f64| at(&[(x, y), (x + 90.0, y), (x + 90.0, y + 90.0), (x, y + 90.0)]);
    let outline = check(vec![
        square(0.0, 0.0),
        square(300.0, 40.0),
        square(0.0, 300.0),
    ]);
    assert_eq!(outline.parts.0.len(), 3);
    assert!(outline.parts_wkt().starts_with("MULTIPOLYGON (((104.1234"));
    assert!(outline.polygon.unsigned_area() > outline.parts.unsigned_area());
}

proptest! {
    #[test]
    fn any_rings_at_all(rings in prop::collection::vec(
        prop::collection::vec((-30.0..30.0f64, -30.0..30.0f64), 1..9), 1..4)) {
        check(rings.iter().map(|r| at(r)).collect());
    }
}
