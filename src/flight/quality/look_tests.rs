//! What is said of pictures whose faults are known.

use super::testing::*;
use super::*;
use crate::pipeline::acquire::testing::write_photo;
use crate::pipeline::acquire::{Damage, Samples};

const W: usize = 480;
const H: usize = 360;

fn faults(quality: &Quality) -> Vec<Fault> {
    quality.verdicts.iter().map(|v| v.fault).collect()
}

fn lit(grey: &Grey, gain: f32, offset: f32) -> Grey {
    painted(grey.width, grey.height, |col, row| {
        grey.values[row * grey.width + col] * gain + offset
    })
}

#[test]
fn pictures_get_the_verdicts_that_they_deserve() {
    use Fault::{Blurred, LensCap, MotionBlurred, NoDetail, Overexposed, Underexposed, Uniform};
    let ground = ground(W, H, 60.0);
    let (field, rows, sky) = (plain_field(W, H), crop_rows(W, H), sky(W, H));
    let cases: [(&str, Grey, &[Fault]); 23] = [
        ("ground", ground.clone(), &[]),
        ("ground under haze", lit(&ground, 0.35, 120.0), &[]),
        ("ground with noise", noisy(&ground, 4.0), &[]),
        ("a plain field with fine texture", field.clone(), &[]),
        ("rows of a crop", rows.clone(), &[]),
        ("a little out of focus", gauss(&ground, 0.9), &[]),
        ("out of focus", gauss(&ground, 2.0), &[Blurred]),
        ("far out of focus", gauss(&ground, 5.0), &[Blurred]),
        (
            "out of focus, with noise",
            noisy(&gauss(&ground, 3.0), 1.0),
            &[Blurred],
        ),
        ("rows out of focus", gauss(&rows, 2.5), &[Blurred]),
        (
            "so far that nothing is left",
            gauss(&field, 6.0),
            &[Uniform],
        ),
        ("moved by 3 pixels", moved(&ground, 3, false), &[]),
        (
            "moved by 9 pixels",
            moved(&ground, 9, false),
            &[MotionBlurred],
        ),
        (
            "moved by 30 pixels",
            moved(&ground, 30, false),
            &[MotionBlurred],
        ),
        ("moved askew", moved(&ground, 9, true), &[MotionBlurred]),
        ("sky", sky.clone(), &[NoDetail]),
        ("black", painted(W, H, |_, _| 0.0), &[LensCap]),
        (
            "a lens cap with noise",
            noisy(&painted(W, H, |_, _| 2.0), 1.5),
            &[LensCap],
        ),
        ("white", painted(W, H, |_, _| 255.0), &[Uniform]),
        ("fog", noisy(&painted(W, H, |_, _| 190.0), 1.0), &[Uniform]),
        ("at dusk", lit(&ground, 0.5, -55.0), &[Underexposed]),
        ("in glare", lit(&ground, 1.5, 90.0), &[Overexposed]),
        (
            "half sky, half ground",
            painted(W, H, |col, row| {
                let of = if row < H / 2 { &sky } else { &ground };
                of.values[row * W + col]
            }),
            &[],
        ),
    ];
    let mut wrong = Vec::new();
    for (name, grey, wanted) in &cases {
        for picture in [
            as_bytes(grey, 3),
            as_16_bits(grey, 12),
            as_16_bits(grey, 16),
        ] {
            let quality = look(&picture);
            if faults(&quality) != *wanted {
                wrong.push(format!("{name}: wanted {wanted:?}, got {quality:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn blur_is_measured_in_pixels() {
    let ground = ground(W, H, 60.0);
    for sigma in [1.5_f32, 2.0, 3.0, 4.0] {
        let seen = look(&as_bytes(&gauss(&ground, sigma), 1)).blur_px.unwrap();
        let ratio = seen / f64::from(sigma);
        assert!((0.85..1.35).contains(&ratio), "{sigma}: {seen}");
    }
    for (is_askew, degrees) in [(false, 0), (true, 45)] {
        let quality = look(&as_bytes(&moved(&ground, 12, is_askew), 1));
        assert_eq!(quality.motion_deg, Some(degrees));
    }
}

#[test]
fn verdicts_do_not_depend_on_the_size_within_a_factor_of_two() {
    // The picture of twice the size shows the same ground, and what blurs it is twice as wide.
    let (width, height) = (2 * JUDGED_PX as usize, 400);
    let large = ground(width, height, 60.0);
    let cases = [
        ("sharp", large.clone()),
        ("out of focus", gauss(&large, 6.0)),
        ("moved", moved(&large, 24, false)),
        ("dark", lit(&large, 0.5, -55.0)),
        ("black", painted(width, height, |_, _| 3.0)),
    ];
    for (name, large) in cases {
        let small = large.resized(width / 2, height / 2);
        let [large, small] = [large, small].map(|grey| look(&as_bytes(&grey, 1)));
        assert_eq!(
            faults(&large),
            faults(&small),
            "{name}: {large:?} {small:?}"
        );
        assert!((large.reduction - 2.0).abs() < 1e-9);
        let blur = |q: &Quality| q.blur_px.unwrap_or_default();
        assert!((blur(&large) - blur(&small)).abs() < 0.1, "{name}");
    }
    // Smaller than it is judged, a picture has the same faults at half the size too.
    let grey = ground(960, 720, 60.0);
    for (name, grey) in [
        ("sharp", grey.clone()),
        ("out of focus", gauss(&grey, 5.0)),
        ("moved", moved(&grey, 24, false)),
    ] {
        let half = look(&as_bytes(&grey.resized(480, 360), 1));
        assert_eq!(faults(&look(&as_bytes(&grey, 1))), faults(&half), "{name}");
    }
}

#[test]
fn a_damaged_photo_says_where_it_ends() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.jpg");
    let Samples::U8(plane) = as_bytes(&ground(W, H, 60.0), 1).samples else {
        unreachable!()
    };
    write_photo(
        "JPEG",
        &path,
        (W, H),
        &[plane.clone(), plane.clone(), plane],
    );
    assert_eq!(look_at(&path).unwrap().verdicts, []);
    let bytes = fs_err::read(&path).unwrap();
    for (share, rows) in [(0.6, 0.4..0.75), (0.3, 0.1..0.45)] {
        let kept =
            crate::georef::round_to_u32(share * f64::from(u32::try_from(bytes.len()).unwrap()));
        fs_err::write(&path, &bytes[..kept as usize]).unwrap();
        let quality = look_at(&path).unwrap();
        assert_eq!(faults(&quality), [Fault::Damaged], "{quality:?}");
        assert!(rows.contains(&quality.verdicts[0].value), "{quality:?}");
        assert_eq!(quality.likeness, None);
        assert!(quality.hides_ground());
    }
    for nothing in [&b""[..], b"\xff\xd8\xff", b"no photo"] {
        fs_err::write(&path, nothing).unwrap();
        let quality = look_at(&path).unwrap();
        assert_eq!(faults(&quality), [Fault::Damaged]);
        assert!(quality.verdicts[0].en().contains("0 % of its rows"));
    }
    assert!(look_at(&dir.path().join("none.jpg")).is_err());
}

#[test]
fn pictures_of_hardly_any_pixels_do_no_harm() {
    for (width, height) in [(0, 0), (1, 1), (1, 200), (8, 8), (9, 9), (17, 17)] {
        let quality = look(&as_bytes(&ground(width, height, 60.0), 1));
        assert!(!quality.verdicts.is_empty(), "{width} {height} {quality:?}");
    }
    let mut picture = as_bytes(&ground(W, H, 60.0), 1);
    picture.damage = Some(Damage {
        rows_before: 0,
        reason: "cut".into(),
    });
    (picture.height, picture.samples) = (0, Samples::U8(Vec::new()));
    assert_eq!(faults(&look(&picture)), [Fault::Damaged]);
}

#[test]
fn a_copy_looks_like_its_photo() {
    let grey = ground(W, H, 60.0);
    let own = look(&as_bytes(&grey, 1)).likeness.unwrap();
    let like = |grey: &Grey| {
        let other = look(&as_bytes(grey, 3)).likeness.unwrap();
        (own ^ other).count_ones()
    };
    assert!(like(&noisy(&grey.resized(W / 4, H / 4), 3.0)) <= 3);
    assert!(like(&lit(&grey, 0.7, 20.0)) <= 3);
    let turned = painted(W, H, |col, row| {
        grey.values[(H - 1 - row) * W + W - 1 - col]
    });
    assert!(like(&turned) > 16);
}
