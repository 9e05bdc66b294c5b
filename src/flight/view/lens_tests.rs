//! Lenses from tags, and the way through their distortion and back.

use super::*;
use crate::flight::photo::{Dewarp, LensTags};
use proptest::prelude::*;

/// The calibration in a photo of a DJI Phantom 4 Multispectral, 1600 by 1300.
const MULTISPECTRAL: Dewarp = Dewarp {
    fx: 1_952.849_975_6,
    fy: 1_942.839_965_8,
    cx: -25.112_976_1,
    cy: -5.807_983_4,
    k1: -0.414_66,
    k2: 0.346_141,
    p1: 0.000_968,
    p2: 0.000_968,
    k3: -0.313_541,
};

/// That of a DJI Phantom 4 RTK, 5472 by 3648, as github.com/dronemapper-io/dji-dewarp shows it.
const RTK: Dewarp = Dewarp {
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

fn calibrated(dewarp: Dewarp, size: (u32, u32)) -> Lens {
    let tags = LensTags {
        dewarp: Some(dewarp),
        ..LensTags::default()
    };
    Lens::of(&tags, size, None).unwrap()
}

fn near(a: (f64, f64), b: (f64, f64), within: f64) -> bool {
    (a.0 - b.0).abs() <= within && (a.1 - b.1).abs() <= within
}

#[test]
fn a_bent_picture_is_that_of_opencv() {
    // `cv2.projectPoints` of OpenCV 5.0.0 with this camera matrix and these terms.
    let lens = calibrated(MULTISPECTRAL, (1600, 1300));
    assert_eq!(lens.source, FocalSource::Dewarp);
    assert!(lens.has_distortion());
    for (direction, pixel) in [
        ((0.0, 0.0), (774.887_023_9, 644.192_016_6)),
        ((-0.39, 0.33), (82.571_053_4, 1_227.901_280_1)),
        ((0.41, -0.32), (1_501.708_898_8, 80.729_946_3)),
        ((0.25, 0.1), (1_249.720_244_8, 833.233_545_1)),
        ((-0.1, -0.34), (589.231_469_2, 15.631_804_1)),
    ] {
        let seen = lens.pixel(direction.0, direction.1).unwrap();
        assert!(near(seen, pixel, 1e-6), "{seen:?}, wanted {pixel:?}");
    }
}

proptest! {
    /// Pixels become directions and pixels again within a millionth.
    #[test]
    fn the_way_through_the_lens_and_back(col in -0.01..1.01_f64, row in -0.01..1.01_f64) {
        for (dewarp, size) in [(MULTISPECTRAL, (1600, 1300)), (RTK, (5472, 3648))] {
            let lens = calibrated(dewarp, size);
            let pixel = (col * f64::from(size.0), row * f64::from(size.1));
            let (x, y) = lens.direction(pixel.0, pixel.1).unwrap();
            let back = lens.pixel(x, y).unwrap();
            prop_assert!(near(back, pixel, 1e-6), "{:?} became {:?}", pixel, back);
        }
    }
}

#[test]
fn nothing_from_outside_is_folded_into_the_picture() {
    let lens = calibrated(MULTISPECTRAL, (1600, 1300));
    for step in 0..400 {
        let far = f64::from(step) * 0.05;
        for (x, y) in [(far, 0.0), (0.0, -far), (-far * 0.8, far * 0.6)] {
            if let Some((col, row)) = lens.pixel(x, y) {
                let (u, v) = lens.direction(col, row).unwrap();
                assert!(near((u, v), (x, y), 1e-9), "{x} {y} is seen as {u} {v}");
            } else {
                assert!(far > 0.7, "{far} is lost");
            }
        }
    }
    assert!(lens.direction(1e5, -1e5).is_none());
    assert!(lens.direction(f64::NAN, 0.0).is_none());
    assert!(lens.pixel(f64::NAN, 0.0).is_none());
    assert!(lens.pixel(3.0, 0.0).is_none());
}

const SENSOR: SensorSize = SensorSize {
    pitch_mm: 13.2 / 5472.0,
    width: 5472,
    height: 3648,
};

fn tags() -> LensTags {
    LensTags {
        focal_mm: Some(8.8),
        focal_35mm: Some(24.0),
        calibrated_px: Some(3666.0),
        center_px: Some((2736.0, 1824.0)),
        dewarp: Some(RTK),
        ..LensTags::default()
    }
}

#[test]
fn the_best_source_is_taken() {
    let size = (5472, 3648);
    let mut tags = tags();
    let lens = |tags: &LensTags| Lens::of(tags, size, Some(SENSOR)).unwrap();
    let first = lens(&tags);
    assert_eq!(first.source, FocalSource::Dewarp);
    assert!(near(first.focal_px, (3678.87, 3671.84), 1e-9));
    assert!(near(first.center_px, (2746.1, 1851.29), 1e-9));

    tags.is_dewarped = true;
    let straight = lens(&tags);
    assert_eq!(straight.source, FocalSource::Calibrated);
    assert!(near(straight.focal_px, (3666.0, 3666.0), 1e-9) && !straight.has_distortion());
    assert!(near(straight.center_px, (2736.0, 1824.0), 1e-9));
    tags.calibrated_px = None;
    assert!(near(lens(&tags).focal_px, (3678.87, 3678.87), 1e-9));

    tags.dewarp = None;
    let measured = lens(&tags);
    assert_eq!(measured.source, FocalSource::Sensor);
    assert!(near(measured.focal_px, (3648.0, 3648.0), 1e-9));

    let film = Lens::of(&tags, size, None).unwrap();
    assert_eq!(film.source, FocalSource::Film35);
    assert!((film.focal_px.0 - 24.0 * 5472.0_f64.hypot(3648.0) / 43.267).abs() < 1e-9);
    tags.focal_35mm = None;
    assert_eq!(Lens::of(&tags, size, None), None);

    let errors = [
        FocalSource::Dewarp,
        FocalSource::Calibrated,
        FocalSource::Sensor,
        FocalSource::Film35,
    ]
    .map(FocalSource::relative_error);
    assert!(errors.is_sorted() && errors[0] > 0.0);
}

#[test]
fn smaller_and_cut_and_zoomed_pictures() {
    let mut tags = tags();
    let half = Lens::of(&tags, (2736, 1824), Some(SENSOR)).unwrap();
    assert!(near(half.focal_px, (1839.435, 1835.92), 1e-9));
    assert!(near(half.center_px, (1373.05, 925.645), 1e-9));
    // The optical centre tells it without the sensor, too.
    assert_eq!(
        Lens::of(&tags, (2736, 1824), None).unwrap().focal_px,
        half.focal_px
    );

    tags.dewarp = None;
    // 16:9 is cut from the middle at full width.
    let cut = Lens::of(&tags, (5472, 3078), Some(SENSOR)).unwrap();
    assert!(near(cut.focal_px, (3666.0, 3666.0), 1e-9));
    assert!(near(cut.center_px, (2736.0, 1539.0), 1e-9));
    // A centre that is off by some pixels is kept.
    tags.center_px = Some((2740.0, 1820.0));
    let off = Lens::of(&tags, (5472, 3648), None).unwrap();
    assert!(near(off.center_px, (2740.0, 1820.0), 1e-9));

    for (zoom, times) in [(2.0, 2.0), (1.0, 1.0), (0.0, 1.0), (f64::NAN, 1.0)] {
        tags.zoom = Some(zoom);
        let zoomed = Lens::of(&tags, (5472, 3648), Some(SENSOR)).unwrap();
        assert!((zoomed.focal_px.0 - 3666.0 * times).abs() < 1e-9, "{zoom}");
    }
}

#[test]
fn what_makes_no_sense_is_passed_over() {
    let mut tags = tags();
    for dewarp in [
        Dewarp { fx: 0.0, ..RTK },
        Dewarp {
            fy: f64::NAN,
            ..RTK
        },
        Dewarp { cx: 3000.0, ..RTK },
        Dewarp { k1: -5.0, ..RTK },
        Dewarp {
            k2: f64::INFINITY,
            ..RTK
        },
    ] {
        tags.dewarp = Some(dewarp);
        let lens = Lens::of(&tags, (5472, 3648), None).unwrap();
        assert_eq!(lens.source, FocalSource::Calibrated, "{dewarp:?}");
    }
    tags.calibrated_px = Some(-1.0);
    let pitchless = SensorSize {
        pitch_mm: 0.0,
        ..SENSOR
    };
    let lens = Lens::of(&tags, (5472, 3648), Some(pitchless)).unwrap();
    assert_eq!(lens.source, FocalSource::Film35);
    tags.focal_35mm = Some(f64::NAN);
    assert!(Lens::of(&tags, (5472, 3648), None).is_none());
    assert!(Lens::of(&super::lens_tests::tags(), (0, 0), Some(SENSOR)).is_none());
}
