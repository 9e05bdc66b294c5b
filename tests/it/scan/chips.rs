//! Training chips of the sites; here is what their tests share.

mod folder;
mod layouts;
mod places;

use crate::support::{Empty, GROUND, HEMP, ModelKit, POPPY, Ran, Scene, tianmu};
use image::{GrayImage, RgbImage};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tempfile::{TempDir, tempdir};

/// Two plots: one chip of 128 pixels has the first in its middle and nothing of the
/// second, another has the second and a part of the first.
fn scene() -> Scene {
    Scene::utm(50, 0.05)
        .taken("2026:05:04 10:20:30")
        .plot([40, 30, 80, 90], POPPY)
        .plot([150, 60, 40, 50], HEMP)
}

fn painted() -> TempDir {
    let dir = tempdir().unwrap();
    scene().save(dir.path(), "a.tif");
    ModelKit::segmenter().save(dir.path(), "m");
    dir
}

/// Scans `a.tif` with `m` unless told otherwise, chips of 128 pixels into `chips`.
fn scan(dir: &TempDir, words: &str) -> Ran {
    let words = if words.starts_with("scan ") {
        words.to_owned()
    } else {
        format!("scan a.tif -m m -o s.geojson {words}")
    };
    let words = format!("{words} --chips chips --chip-size 128 --overwrite");
    tianmu(dir.path(), &words, &[])
}

fn chips(dir: &TempDir) -> PathBuf {
    dir.path().join("chips")
}

/// Rows of `chips.csv` by column.
fn rows(dir: &TempDir) -> Vec<BTreeMap<String, String>> {
    let text = fs_err::read_to_string(chips(dir).join("chips.csv")).unwrap();
    let text = text.strip_prefix('\u{feff}').unwrap();
    let mut lines = text.split_terminator("\r\n");
    let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
    let row = |line: &str| {
        let fields = line.split(',').map(str::to_owned);
        columns
            .iter()
            .map(|c| (*c).to_owned())
            .zip(fields)
            .collect()
    };
    lines.map(row).collect()
}

fn column(dir: &TempDir, name: &str) -> Vec<String> {
    rows(dir).iter().map(|row| row[name].clone()).collect()
}

/// Pictures and masks in the order of `chips.csv`.
fn masks(dir: &TempDir) -> Vec<(RgbImage, GrayImage)> {
    let folder = chips(dir);
    let open = |name: &str, of: &str| image::open(folder.join(of).join(name)).unwrap();
    let pair = |name: String| {
        let mask = open(&name, "masks");
        assert_eq!(mask.color(), image::ColorType::L8);
        (open(&name, "images").to_rgb8(), mask.to_luma8())
    };
    column(dir, "chip").into_iter().map(pair).collect()
}

fn count(mask: &GrayImage, value: u8) -> usize {
    mask.pixels().filter(|p| p.0 == [value]).count()
}

/// Every pixel bears the class of its colour, or is empty and ignored; colours are mixed
/// where pixels were resampled.
fn agree(picture: &RgbImage, mask: &GrayImage) {
    let distance = |a: [u8; 3], b: [u8; 3]| -> u32 {
        a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(b))).sum()
    };
    let mut clear = 0;
    for (x, y, color) in picture.enumerate_pixels() {
        let value = mask.get_pixel(x, y).0[0];
        let known = [GROUND, POPPY, HEMP];
        if let Some(class) = known.iter().position(|c| distance(color.0, *c) < 30) {
            assert_eq!(usize::from(value), class, "at {x}, {y}");
            clear += 1;
        } else if color.0 == [0; 3] {
            assert_eq!(value, 255, "at {x}, {y}");
            clear += 1;
        }
    }
    assert!(
        clear * 10 > picture.width() * picture.height() * 9,
        "{clear}"
    );
}

/// A scene with room for background, a plot, and nothing to be seen at the right.
fn wide() -> Scene {
    Scene::utm(50, 0.05)
        .size(1200, 900)
        .plot([300, 300, 60, 60], POPPY)
        .empty([700, 0, 500, 900], Empty::Mask)
}
