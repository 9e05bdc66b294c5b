//! Views of ground with heights of its own.

use super::tests::{HOME, lens, view};
use super::*;
use crate::elevation::Elevation;
use crate::georef::geodesic_distance_m;
use crate::pipeline::acquire::testing::Made;
use geo::Coord;
use proptest::prelude::*;
use std::sync::Arc;

/// Heights as a function of metres east and north of where the tests fly.
struct Surface<F>(F);

impl<F: Fn(f64, f64) -> Option<f64> + Send + Sync> Heights for Surface<F> {
    fn height_m(&self, lon: f64, lat: f64) -> Option<f64> {
        let metres = NadirFrame::around(HOME.0, HOME.1)?.metres(lon, lat)?;
        (self.0)(metres.x, metres.y)
    }

    fn pixel_m(&self) -> f64 {
        1.0
    }

    fn facts(&self) -> String {
        "made up".into()
    }
}

fn relief(heights: impl Fn(f64, f64) -> Option<f64> + Send + Sync + 'static) -> Ground {
    Ground::relief(Arc::new(Surface(heights)))
}

/// Hills of 500 m above the datum: slopes of 25 degrees at most, on which nothing hides from a ray that
/// falls by 30.
fn hills(x: f64, y: f64) -> f64 {
    500.0 + 8.0 * (x / 40.0).sin() + 5.0 * (y / 31.0 + x / 60.0).cos() + 0.3 * (x / 4.0).sin()
}

fn metres(place: (f64, f64)) -> Coord<f64> {
    let home = NadirFrame::around(HOME.0, HOME.1).unwrap();
    home.metres(place.0, place.1).unwrap()
}

proptest! {
    /// A place in the hills becomes a pixel and the same place again.
    #[test]
    fn places_and_pixels_on_rough_ground(
        yaw in -180.0..180.0_f64, pitch in -90.0..-40.0_f64,
        above in 40.0..300.0_f64, east in -200.0..200.0_f64, north in -200.0..200.0_f64,
    ) {
        let view = view([yaw, pitch, 0.0], 500.0 + above, lens(), relief(|x, y| Some(hills(x, y))));
        let place = view.eye.frame.place(Coord { x: east, y: north }).unwrap();
        let drop = 500.0 + above - hills(east, north);
        prop_assume!(drop > 0.6 * east.hypot(north));
        if let Some((col, row)) = view.pixel(place.0, place.1) {
            let again = view.ground(col, row).unwrap();
            let off = geodesic_distance_m(place, again);
            prop_assert!(off < 0.05, "{} m off", off);
        }
    }

    /// Wherever a ray ends, it ends on the ground.
    #[test]
    fn rays_end_on_the_ground(
        yaw in -180.0..180.0_f64, pitch in -90.0..-20.0_f64, above in 30.0..300.0_f64,
        col in 0.0..5280.0_f64, row in 0.0..3956.0_f64,
    ) {
        let view = view([yaw, pitch, 0.0], 520.0 + above, lens(), relief(|x, y| Some(hills(x, y))));
        match view.hit(col, row) {
            Some(hit) => {
                let ground = hills(hit.metres.x, hit.metres.y);
                prop_assert!((520.0 + above - hit.drop_m - ground).abs() < 2e-3);
            }
            None => prop_assert!(view.depression_deg(col, row).unwrap() < 10.0),
        }
    }
}

#[test]
fn a_slope_is_met_where_geometry_says() {
    // Ground that rises by 0.3 to the north, seen under every depression from 100 m above the camera's
    // foot: the ray's fall and the ground's rise make up the height.
    for pitch in [-85.0, -70.0, -61.0, -59.0, -40.0, -15.0_f64] {
        let view = view(
            [0.0, pitch, 0.0],
            600.0,
            lens(),
            relief(|_, y| Some(500.0 + 0.3 * y)),
        );
        let seen = metres(view.ground(2640.0, 1978.0).unwrap());
        let wanted = 100.0 / (0.3 + (-pitch).to_radians().tan());
        assert!(
            seen.x.abs() < 1e-3 && (seen.y - wanted).abs() < 5e-3,
            "{pitch}: {seen:?}, wanted {wanted}"
        );
    }
}

#[test]
fn the_first_of_two_crossings_counts() {
    // A wall of 60 m, two metres thick, 50 m east of a camera that looks east over it in its map but not
    // in truth.
    let wall = |x: f64, _: f64| {
        Some(if (50.0..52.0).contains(&x) {
            560.0
        } else {
            500.0
        })
    };
    let view = view([90.0, -45.0, 0.0], 600.0, lens(), relief(wall));
    let seen = metres(view.ground(2640.0, 1978.0).unwrap());
    assert!((seen.x - 50.0).abs() < 1e-2, "{seen:?}");
    // Below and beside the wall the ground is as it was.
    let row = 1978.0 + 3750.936 * 25.0_f64.to_radians().tan();
    let near = metres(view.ground(2640.0, row).unwrap());
    assert!((near.x - 100.0 / 70.0_f64.to_radians().tan()).abs() < 1e-2);
}

#[test]
fn a_steep_ray_that_jumps_to_and_fro_is_followed() {
    // A cliff of 30 m through the middle of where the ray ends.
    let cliff = |_: f64, y: f64| Some(if y > 45.0 { 530.0 } else { 500.0 });
    let view = view([0.0, -62.0, 0.0], 600.0, lens(), relief(cliff));
    let seen = metres(view.ground(2640.0, 1978.0).unwrap());
    assert!((seen.y - 45.0).abs() < 1e-2, "{seen:?}");
}

#[test]
fn where_heights_are_missing_nothing_is_seen() {
    let island = |x: f64, y: f64| (x.hypot(y) < 80.0).then_some(500.0);
    let nadir = view([0.0, -90.0, 0.0], 600.0, lens(), relief(island));
    assert!(nadir.ground(2640.0, 1978.0).is_some());
    assert_eq!(nadir.ground(0.0, 0.0), None);
    let beyond = nadir.eye.frame.place(Coord { x: 85.0, y: 0.0 }).unwrap();
    assert_eq!(nadir.pixel(beyond.0, beyond.1), None);
    // More than half of the outline is known, the corners are cut off.
    let outline = nadir.footprint().unwrap();
    assert!((30..101).contains(&outline.exterior().0.len()));
    let oblique = view([0.0, -45.0, 0.0], 600.0, lens(), relief(island));
    assert_eq!(oblique.ground(2640.0, 1978.0), None);
    assert_eq!(oblique.footprint(), None);
    assert!(oblique.position_error_m(2640.0, 1978.0).is_infinite());

    let nothing = view([0.0, -90.0, 0.0], 600.0, lens(), relief(|_, _| None));
    assert!(nothing.usable().exterior().0.is_empty());
    assert_eq!(nothing.above_ground_m(), None);
    let no_number = view(
        [0.0, -90.0, 0.0],
        600.0,
        lens(),
        relief(|_, _| Some(f64::NAN)),
    );
    assert_eq!(no_number.ground(2640.0, 1978.0), None);
    let buried = view(
        [0.0, -45.0, 0.0],
        499.0,
        lens(),
        relief(|x, y| Some(hills(x, y))),
    );
    assert_eq!(buried.ground(2640.0, 1978.0), None);
}

#[test]
fn an_elevation_model_is_ground() {
    // A slope to the east in degrees, one pixel of which is 0.0001 degrees: 10 m by 11 m.
    let (size, degree) = ((120, 120), 1e-4);
    let transform = [HOME.0 - 0.006, degree, 0.0, HOME.1 + 0.006, 0.0, -degree];
    let values = (0..120 * 120_u16)
        .map(|i| 500.0 + f32::from(i % 120))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dem.tif");
    let made = Made {
        size,
        bands: vec![values],
        transform,
        crs: Some("EPSG:4326"),
        nodata: None,
    };
    made.write(&path);
    let ground = Ground::relief(Arc::new(Elevation::open(&path).unwrap()));
    let Ground::Relief { pixel_m, .. } = &ground else {
        panic!("it has relief");
    };
    assert!((pixel_m - 10.11).abs() < 0.05, "{pixel_m}");
    assert!(format!("{ground:?}").contains("Relief"));
    let foot = ground.height_m(HOME.0, HOME.1).unwrap();
    assert!((foot - 559.5).abs() < 1e-2, "{foot}");
    for pitch in [-80.0, -50.0_f64] {
        let view = view([90.0, pitch, 0.0], foot + 80.0, lens(), ground.clone());
        let seen = metres(view.ground(2640.0, 1978.0).unwrap());
        let rise = 1.0 / 10.117;
        let wanted = 80.0 / (rise + (-pitch).to_radians().tan());
        assert!((seen.x - wanted).abs() < 0.02, "{seen:?}, wanted {wanted}");
    }
}
