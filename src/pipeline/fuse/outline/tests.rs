//! Simplified outlines: valid, of the same cells, near the exact ones.

use geo::{Area, Contains, Point, Relate, Validation};
use proptest::prelude::*;

use super::*;
use crate::pipeline::fuse::testing::{Mask, any_blobs, any_mask, mask};

fn outline(picture: &str) -> Vec<[f64; 2]> {
    let components = mask(picture).trace();
    let polygon = simplified_polygon(&components[0], 0.49);
    polygon
        .exterior()
        .0
        .iter()
        .skip(1)
        .map(|c| [c.x, c.y])
        .collect()
}

#[test]
fn cells_bars_and_rectangles_stay_exact() {
    for picture in [
        "#",
        "#######",
        "# # #",
        "### ###",
        "####### ####### #######",
    ] {
        let component = &mask(picture).trace()[0];
        let exact = exact_polygon(component, f64::from, f64::from);
        assert_eq!(simplified_polygon(component, 0.49), exact);
    }
}

#[test]
fn a_staircase_becomes_a_slanted_bar_through_the_middles_of_its_steps() {
    let picture = "##...
                   .##..
                   ..##.
                   ...##";
    let lower_side = [[0.0, 1.0], [0.5, 1.0], [3.0, 3.5], [3.0, 4.0]];
    let upper_side = [[5.0, 4.0], [5.0, 3.0], [4.5, 3.0], [2.0, 0.5], [2.0, 0.0]];
    let expected = [&lower_side[..], &upper_side, &[[0.0, 0.0]]].concat();
    assert_eq!(outline(picture), expected);
}

#[test]
fn real_corners_of_two_cells_and_more_stay() {
    let picture = "##..
                   ##..
                   ####
                   ####";
    assert_eq!(outline(picture).len(), 6);
}

#[test]
fn single_steps_stay_and_so_does_the_area_of_small_parts() {
    let small = "#...###.##.
                 ##..#....##";
    for component in mask(small).trace() {
        let exact = exact_polygon(&component, f64::from, f64::from);
        assert_eq!(simplified_polygon(&component, 0.49), exact);
    }
}

#[test]
fn a_ring_that_crosses_itself_is_noticed() {
    let ring = |points: &[(f64, f64)]| points.iter().map(|&point| point.into()).collect::<Vec<_>>();
    let bow_tie = ring(&[(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)]);
    let square = ring(&[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]);
    assert!(crosses_itself(&bow_tie));
    assert!(crosses_itself(&square[..2]));
    assert!(!crosses_itself(&square));
}

#[test]
fn irregular_tiles_map_to_their_edges() {
    let component = &mask("## #.").trace()[0];
    let columns = [0.0, 256.0, 300.0];
    let edge = |index: u32| columns[index as usize];
    let polygon = exact_polygon(component, edge, |row| f64::from(row) * 10.0);
    assert!((polygon.unsigned_area() - (300.0 * 10.0 + 256.0 * 10.0)).abs() < 1e-9);
}

fn check(mask: &Mask, tolerance: f64) -> Result<(), TestCaseError> {
    let components = mask.trace();
    let polygons: Vec<_> = components
        .iter()
        .map(|component| simplified_polygon(component, tolerance))
        .collect();
    for (cells, polygon) in mask.flood_fill().iter().zip(&polygons) {
        prop_assert_eq!(polygon.check_validation(), Ok(()));
        for row in 0..mask.height() {
            for col in 0..mask.width {
                let centre = Point::new(
                    f64::from(u32::try_from(col).unwrap()) + 0.5,
                    f64::from(u32::try_from(row).unwrap()) + 0.5,
                );
                let is_inside = polygon.contains(&centre);
                prop_assert_eq!(is_inside, cells.contains(&(row, col)));
            }
        }
    }
    for (index, component) in components.iter().enumerate() {
        let exact = exact_polygon(component, f64::from, f64::from);
        prop_assert_eq!(exact.interiors().len(), polygons[index].interiors().len());
        for (other, polygon) in components.iter().zip(&polygons).take(index) {
            if other.class == component.class {
                let relation = polygons[index].relate(polygon);
                prop_assert!(relation.matches("F********").unwrap(), "parts overlap");
                let touch = other.touches.iter().any(|t| component.touches.contains(t));
                prop_assert_eq!(touch, relation.is_touches());
            }
        }
        for (ring, chords) in component
            .rings
            .iter()
            .zip(std::iter::once(polygons[index].exterior()).chain(polygons[index].interiors()))
        {
            for &vertex in ring {
                let corner = lattice_coordinates(vertex);
                let near = |chord| squared_distance(corner, chord) <= tolerance * tolerance;
                prop_assert!(chords.lines().any(near));
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_cells_survive_simplification(mask in any_mask(), tolerance in 0.0..0.5) {
        check(&mask, tolerance)?;
    }

    #[test]
    fn smooth_shapes_survive_simplification(mask in any_blobs()) {
        check(&mask, 0.49)?;
    }

    #[test]
    fn the_widest_tolerance_is_safe(mask in prop_oneof![any_mask(), any_blobs()]) {
        check(&mask, 0.4999)?;
    }
}
