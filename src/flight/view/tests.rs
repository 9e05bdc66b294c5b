//! Views of level ground: the vectors of the domain notes, and what must hold for all.

use super::*;
use crate::flight::photo::{Dewarp, LensTags};
use crate::georef::{geodesic_area_m2, geodesic_distance_m};
use geo::{Area, Contains, Coord, MultiPolygon, Point};
use proptest::prelude::*;
use serde::Deserialize;

/// Where the tests fly.
pub(super) const HOME: (f64, f64) = (101.63, 24.75);

/// The lens of the domain notes.
pub(super) fn lens() -> Lens {
    Lens::pinhole((5280, 3956), 3750.936, FocalSource::Calibrated).unwrap()
}

pub(super) fn view(angles: [f64; 3], height_m: f64, lens: Lens, ground: Ground) -> View {
    let [yaw_deg, pitch_deg, roll_deg] = angles;
    let pose = Pose {
        lon: HOME.0,
        lat: HOME.1,
        height_m,
        attitude: Attitude {
            yaw_deg,
            pitch_deg,
            roll_deg,
        },
    };
    let errors = ErrorModel::usual(&lens, None, true);
    View::new(pose, lens, ground, errors).unwrap()
}

/// A view from 100 m above level ground.
fn level(yaw: f64, pitch: f64, roll: f64) -> View {
    view([yaw, pitch, roll], 1600.0, lens(), Ground::Flat(1500.0))
}

/// Metres east and north of the camera.
fn metres(place: (f64, f64)) -> Coord<f64> {
    let home = NadirFrame::around(HOME.0, HOME.1).unwrap();
    home.metres(place.0, place.1).unwrap()
}

#[derive(Deserialize)]
struct Footprints {
    footprints: Vec<Footprint>,
}

#[derive(Deserialize)]
struct Footprint {
    width: u32,
    height: u32,
    f_px: f64,
    above_m: f64,
    yaw: f64,
    pitch: f64,
    roll: f64,
    corners: [(f64, f64); 4],
    area_m2: f64,
}

#[test]
fn the_footprints_of_the_domain_notes() {
    let Footprints { footprints } = serde_json::from_str(include_str!("footprints.json")).unwrap();
    assert_eq!(footprints.len(), 6);
    for f in footprints {
        let size = (f.width, f.height);
        let lens = Lens::pinhole(size, f.f_px, FocalSource::Calibrated).unwrap();
        let ground = Ground::Flat(1500.0);
        let angles = [f.yaw, f.pitch, f.roll];
        let view = view(angles, 1500.0 + f.above_m, lens, ground).cut_at(10.0);
        for (pixel, wanted) in usable::corners(&lens).iter().zip(f.corners) {
            let seen = metres(view.ground(pixel.0, pixel.1).unwrap());
            assert!(
                (seen.x - wanted.0).hypot(seen.y - wanted.1) < 1e-3,
                "{angles:?}: {seen:?}, wanted {wanted:?}"
            );
            let back = view
                .eye
                .frame
                .place(Coord {
                    x: wanted.0,
                    y: wanted.1,
                })
                .and_then(|place| view.pixel(place.0, place.1))
                .unwrap();
            assert!(
                (back.0 - pixel.0).abs() < 0.05 && (back.1 - pixel.1).abs() < 0.05,
                "{back:?}, wanted {pixel:?}"
            );
        }
        let footprint = view.footprint().unwrap();
        assert_eq!(
            footprint.exterior().0.len(),
            101,
            "24 a side, corners, closed"
        );
        let area = geodesic_area_m2(&MultiPolygon::from(footprint));
        assert!(
            (area / f.area_m2 - 1.0).abs() < 2e-4,
            "{area}, wanted {}",
            f.area_m2
        );
    }
}

#[test]
fn the_whole_matrix_counts_where_angles_lose_their_meaning() {
    let plain = level(40.0, -90.0, 0.0);
    for same in [
        level(220.0, -90.0, 180.0),
        level(10.0, -90.0, 30.0),
        level(-320.0, -90.0, 360.0),
    ] {
        for (col, row) in [(0.0, 0.0), (5280.0, 3956.0), (17.0, 3000.0)] {
            let (a, b) = (plain.ground(col, row), same.ground(col, row));
            assert!(geodesic_distance_m(a.unwrap(), b.unwrap()) < 1e-6);
        }
    }
    // A roll of 180 alone turns the picture about its middle.
    let (a, b) = (
        level(0.0, -60.0, 180.0).ground(100.0, 200.0).unwrap(),
        level(0.0, -60.0, 0.0).ground(5180.0, 3756.0).unwrap(),
    );
    assert!(geodesic_distance_m(a, b) < 1e-6);
}

#[test]
fn a_camera_below_the_ground_sees_none() {
    for height in [1500.0, 1400.0] {
        let view = view([0.0, -90.0, 0.0], height, lens(), Ground::Flat(1500.0));
        assert_eq!(view.ground(2640.0, 1978.0), None);
        assert_eq!(view.pixel(HOME.0, HOME.1), None);
        assert_eq!(view.gsd(2640.0, 1978.0), None);
        assert_eq!(view.above_ground_m(), None);
        assert!(view.usable().exterior().0.is_empty());
        assert_eq!((view.footprint(), view.center()), (None, None));
        assert!(view.position_error_m(2640.0, 1978.0).is_infinite());
    }
    let pose = |height_m, yaw_deg| Pose {
        lon: HOME.0,
        lat: HOME.1,
        height_m,
        attitude: Attitude {
            yaw_deg,
            pitch_deg: -90.0,
            roll_deg: 0.0,
        },
    };
    for pose in [pose(f64::NAN, 0.0), pose(100.0, f64::INFINITY)] {
        let errors = ErrorModel::usual(&lens(), None, false);
        assert!(View::new(pose, lens(), Ground::Flat(0.0), errors).is_none());
    }
    let unknown = view([0.0, -90.0, 0.0], 1600.0, lens(), Ground::Flat(f64::NAN));
    assert_eq!(unknown.ground(2640.0, 1978.0), None);
    assert_eq!(unknown.pixel(HOME.0, HOME.1), None);
}

#[test]
fn rays_near_the_horizon_meet_no_ground() {
    let view = level(0.0, 0.0, 0.0);
    let row = |depression: f64| 1978.0 + 3750.936 * depression.to_radians().tan();
    assert!((view.depression_deg(2640.0, row(12.0)).unwrap() - 12.0).abs() < 1e-9);
    assert_eq!(view.ground(2640.0, row(9.9)), None);
    assert_eq!(view.ground(2640.0, row(-20.0)), None);
    let there = view.ground(2640.0, row(10.1)).unwrap();
    assert!(view.pixel(there.0, there.1).is_some());
    let beyond = view.eye.frame.place(Coord { x: 0.0, y: 580.0 }).unwrap();
    assert_eq!(view.pixel(beyond.0, beyond.1), None);
    let behind = view.eye.frame.place(Coord { x: 0.0, y: -50.0 }).unwrap();
    assert_eq!(view.pixel(behind.0, behind.1), None);
}

#[test]
fn what_may_be_scanned_is_what_looks_down_steeply() {
    assert_eq!(
        level(33.0, -90.0, 2.0).usable().exterior().0.len(),
        5,
        "the frame"
    );
    for (pitch, roll) in [(-45.0, 0.0), (-30.0, 0.0), (-20.0, 5.0), (-35.0, -20.0)] {
        let view = level(70.0, pitch, roll);
        let usable = view.usable();
        let mut steep = 0;
        let apart = 20.0;
        for col in 0..264 {
            for row in 0..198 {
                let (col, row) = (f64::from(col) * apart + 10.0, f64::from(row) * apart + 10.0);
                let depression = view.depression_deg(col, row).unwrap();
                steep += i32::from(depression >= 30.0);
                let inside = usable.contains(&Point::new(col, row));
                assert!(
                    inside == (depression >= 30.0) || (depression - 30.0).abs() < 0.3,
                    "pitch {pitch}: {col} {row} at {depression}"
                );
            }
        }
        let share = usable.unsigned_area() / (f64::from(steep) * apart * apart);
        assert!((share - 1.0).abs() < 0.01, "pitch {pitch}: {share}");
        for c in &usable.exterior().0 {
            assert!(view.depression_deg(c.x, c.y).unwrap() > 30.0 - 1e-6);
        }
        let footprint = view.footprint().unwrap();
        assert!(footprint.signed_area() > 0.0);
        let center = view.center().unwrap();
        assert!(footprint.contains(&Point::new(center.0, center.1)));
        let farthest = footprint
            .exterior()
            .0
            .iter()
            .map(|c| metres((c.x, c.y)))
            .map(|m| m.x.hypot(m.y))
            .fold(0.0, f64::max);
        let wanted = 100.0 / 30.0_f64.to_radians().tan();
        assert!((farthest - wanted).abs() < 0.01, "{farthest} of {wanted}");
    }
    for up in [level(0.0, 0.0, 0.0), level(0.0, 40.0, 0.0)] {
        assert!(up.usable().exterior().0.is_empty());
        assert_eq!((up.footprint(), up.center()), (None, None));
    }
}

#[test]
fn pixels_span_what_the_formulas_say() {
    let near = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-6;
    let nadir = level(25.0, -90.0, 0.0);
    for (col, row) in [(2640.0, 1978.0), (10.0, 3900.0)] {
        let gsd = nadir.gsd(col, row).unwrap();
        assert!(near(gsd.x_m, 100.0 / 3750.936) && near(gsd.y_m, 100.0 / 3750.936));
    }
    let depression = 50.0_f64.to_radians();
    let gsd = level(25.0, -50.0, 0.0).gsd(2640.0, 1978.0).unwrap();
    let slant = 100.0 / depression.sin();
    assert!(near(gsd.x_m, slant / 3750.936), "{gsd:?}");
    assert!(
        near(gsd.y_m, slant / (3750.936 * depression.sin())),
        "{gsd:?}"
    );
}

#[test]
fn errors_grow_away_from_the_camera() {
    let view = level(0.0, -60.0, 0.0);
    let at = |row: f64| view.position_error_m(2640.0, row);
    assert!(at(3956.0) < at(1978.0) && at(1978.0) < at(0.0) && at(0.0).is_finite());
    let hit = view.hit(100.0, 200.0).unwrap();
    let away = hit.metres.x.hypot(hit.metres.y);
    let wanted = view.errors.over_ground_m(100.0, away);
    assert!((view.position_error_m(100.0, 200.0) - wanted).abs() < 1e-9);
}

#[test]
fn a_footprint_across_the_antimeridian_is_in_one_piece() {
    let pose = Pose {
        lon: 179.9999,
        lat: -17.0,
        height_m: 100.0,
        attitude: Attitude {
            yaw_deg: 0.0,
            pitch_deg: -90.0,
            roll_deg: 0.0,
        },
    };
    let errors = ErrorModel::usual(&lens(), None, false);
    let view = View::new(pose, lens(), Ground::Flat(0.0), errors).unwrap();
    let area = geodesic_area_m2(&MultiPolygon::from(view.footprint().unwrap()));
    assert!((area / 14_845.8 - 1.0).abs() < 1e-3, "{area}");
}

fn bent_lens() -> Lens {
    let dewarp = Dewarp {
        fx: 3678.87,
        fy: 3671.84,
        cx: 10.1,
        cy: 27.29,
        k1: -0.268_652,
        k2: 0.114_663,
        p1: 0.000_015_268_8,
        p2: -0.000_046_070_7,
        k3: -0.035_026_1,
    };
    let tags = LensTags {
        dewarp: Some(dewarp),
        ..LensTags::default()
    };
    Lens::of(&tags, (5472, 3648), None).unwrap()
}

proptest! {
    /// A place becomes a pixel and the same place again, and a pixel a place and the same pixel.
    #[test]
    fn places_and_pixels_on_level_ground(
        yaw in -180.0..180.0_f64, pitch in -90.0..-30.0_f64, roll in -180.0..180.0_f64,
        above in 15.0..500.0_f64, col in 0.0..5280.0_f64, row in 0.0..3648.0_f64, bent: bool,
    ) {
        let lens = if bent { bent_lens() } else { lens() };
        let view = view([yaw, pitch, roll], 1500.0 + above, lens, Ground::Flat(1500.0));
        if let Some(place) = view.ground(col, row) {
            let pixel = view.pixel(place.0, place.1);
            // Ten degrees is the limit of both ways, which rounding may put on either side.
            prop_assume!(view.depression_deg(col, row).unwrap() > 10.01);
            let pixel = pixel.unwrap();
            prop_assert!((pixel.0 - col).abs() < 1e-2 && (pixel.1 - row).abs() < 1e-2);
            let again = view.ground(pixel.0, pixel.1).unwrap();
            prop_assert!(geodesic_distance_m(place, again) < 1e-3);
        } else {
            prop_assert!(view.depression_deg(col, row).unwrap() < 10.01);
        }
    }
}
