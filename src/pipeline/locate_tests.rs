//! Outlines in a photo whose rays do odd things.

use super::*;
use crate::georef::PixelGround;

/// Sees ground in its left 100 columns only, and the lower half of it in a mirror.
#[derive(Debug)]
struct Odd;

impl PixelGround for Odd {
    fn ground(&self, col: f64, row: f64) -> Option<(f64, f64)> {
        let east = if row < 60.0 { col } else { 100.0 - col };
        (col <= 100.0).then_some((102.0 + east * 1e-6, 30.0 - row * 1e-6))
    }

    fn pixel(&self, _lon: f64, _lat: f64) -> Option<(f64, f64)> {
        None
    }

    fn position_error_m(&self, _col: f64, _row: f64) -> f64 {
        1.0
    }

    fn gsd(&self, _col: f64, _row: f64) -> Option<Gsd> {
        None
    }

    fn usable(&self) -> Polygon<f64> {
        Rect::new((0.0, 0.0), (100.0, 100.0)).to_polygon()
    }

    fn facts(&self) -> String {
        "odd".into()
    }
}

fn ground(left: f64, top: f64, right: f64, bottom: f64) -> MultiPolygon<f64> {
    let outline = Rect::new((left, top), (right, bottom)).to_polygon();
    rays_to_ground(&outline.into(), &GridPlacement::Rays(&Odd, 1.0, 1.0))
}

/// In millionths of a degree squared.
fn area(ground: &MultiPolygon<f64>) -> f64 {
    let frame = ground.map_coords(|c| (c - Coord { x: 102.0, y: 30.0 }) * 1e6);
    frame.unsigned_area()
}

#[test]
fn corners_without_ground_drop_out_and_the_rest_stays() {
    let whole = ground(20.0, 10.0, 90.0, 50.0);
    assert!((area(&whole) - 2800.0).abs() < 1.0, "{whole:?}");
    // Edges are cut into pieces of 64 pixels at most, here of 60: the last corner seen is at 80.
    let cut = ground(20.0, 10.0, 140.0, 50.0);
    assert!(
        cut.is_valid() && (area(&cut) - 2400.0).abs() < 1.0,
        "{cut:?}"
    );
    assert_eq!(ground(110.0, 10.0, 140.0, 50.0), MultiPolygon::new(vec![]));
}

#[test]
fn a_ring_that_crosses_itself_becomes_the_ground_it_goes_round() {
    // The corners of the lower half change sides.
    let bow = ground(10.0, 30.0, 60.0, 90.0);
    assert!(bow.is_valid(), "{bow:?}");
    assert!(area(&bow) > 1000.0, "{}", area(&bow));
    assert!(bow.0.iter().all(|p| p.unsigned_area() > 0.0));
}
