//! Training chips of what a scan found.

use crate::support::{
    DetectorKit, Empty, HEMP, Layout, ModelKit, POPPY, Scene, files_in, json_file, rectangle_file,
    tianmu,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::{TempDir, tempdir};

/// Two plots, and a third a chip's width away from them.
fn painted() -> (TempDir, Scene) {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05)
        .size(400, 300)
        .plot([20, 30, 24, 20], POPPY)
        .plot([60, 40, 10, 10], HEMP)
        .plot([300, 200, 30, 30], POPPY);
    scene.save(dir.path(), "a.tif");
    ModelKit::segmenter().save(dir.path(), "m");
    (dir, scene)
}

const WORDS: &str = "scan a.tif -m m -o s.geojson --overwrite --chip-size 96 --chips c";

/// Every file under a folder with its bytes.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            let bytes = fs_err::read(&path).unwrap();
            found.insert(path, bytes);
        }
    }
    found
}

fn rows(folder: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs_err::read_to_string(folder.join("chips.csv")).unwrap();
    let text = text.trim_start_matches('\u{feff}');
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .map(Result::unwrap)
        .collect()
}

fn mask(path: &Path) -> image::GrayImage {
    image::open(path).unwrap().into_luma8()
}

fn count(mask: &image::GrayImage, value: u8) -> usize {
    mask.pixels().filter(|p| p.0[0] == value).count()
}

#[test]
fn masks_show_every_site_with_its_class_number() {
    let (dir, _) = painted();
    tianmu(
        dir.path(),
        &format!("{WORDS} --chips-background 3"),
        &[],
    )
    .expect(0);
    let folder = dir.path().join("c");
    assert_eq!(
        files_in(&folder),
        ["README.txt", "chips.csv", "classes.txt", "images", "masks"]
    );
    let rows = rows(&folder);
    assert_eq!(rows.len(), 5, "two with sites and three without");
    // Neighbours share a chip, and both are in it.
    assert_eq!(rows[0]["classes"], "poppy;hemp");
    let first = mask(&folder.join("masks").join(&rows[0]["chip"]));
    assert_eq!(
        (count(&first, 1), count(&first, 2), count(&first, 255)),
        (24 * 20, 100, 0)
    );
    let second = mask(&folder.join("masks").join(&rows[1]["chip"]));
    assert_eq!((count(&second, 1), count(&second, 2)), (900, 0));
    for row in &rows[2..] {
        assert_eq!(row["site_ids"], "");
        let empty = mask(&folder.join("masks").join(&row["chip"]));
        assert_eq!(count(&empty, 1) + count(&empty, 2), 0);
    }
    // The picture is the image itself: pixel by pixel, as no resampling is due.
    let picture = image::open(folder.join("images").join(&rows[1]["chip"])).unwrap();
    let (col, row): (f64, f64) = (
        rows[1]["src_col"].parse().unwrap(),
        rows[1]["src_row"].parse().unwrap(),
    );
    let source = gdal::Dataset::open(dir.path().join("a.tif")).unwrap();
    let band = source.rasterband(1).unwrap();
    let read = band
        .read_as::<u8>(
            (
                tianmu::georef::round_to_u32(col) as isize,
                tianmu::georef::round_to_u32(row) as isize,
            ),
            (96, 96),
            (96, 96),
            None,
        )
        .unwrap();
    let reds: Vec<u8> = picture.into_rgb8().pixels().map(|p| p.0[0]).collect();
    assert_eq!(reds, read.data());
    let classes = fs_err::read_to_string(folder.join("classes.txt")).unwrap();
    assert_eq!(classes, "0 background\n1 poppy\n2 hemp\n");
    let record = json_file(&dir.path().join("s.geojson.run.json"));
    assert_eq!(record["chips"]["with_sites"], 2);
    assert_eq!(record["chips"]["background"], 3);
}

#[test]
fn yolo_and_coco_say_the_same_as_the_masks() {
    let (dir, _) = painted();
    for layout in ["yolo", "coco"] {
        let words = format!("{WORDS} --chips-layout {layout} --chips-background 0");
        tianmu(dir.path(), &words.replace("--chips c", &format!("--chips {layout}")), &[]).expect(0);
    }
    let yaml = fs_err::read_to_string(dir.path().join("yolo/data.yaml")).unwrap();
    assert!(yaml.contains("names:\n  0: 'poppy'\n  1: 'hemp'\n"), "{yaml}");
    let labels = fs_err::read_to_string(dir.path().join("yolo/labels/a_00002.txt")).unwrap();
    let numbers: Vec<f64> = labels.split_whitespace().map(|n| n.parse().unwrap()).collect();
    assert_eq!(numbers[0].to_bits(), 0.0_f64.to_bits());
    let xs: Vec<f64> = numbers[1..].iter().step_by(2).map(|x| x * 96.0).collect();
    let width = xs.iter().fold(0.0_f64, |a, b| a.max(*b)) - xs.iter().fold(96.0_f64, |a, b| a.min(*b));
    assert!((width - 30.0).abs() < 1e-3, "{labels}");

    let coco = json_file(&dir.path().join("coco/annotations.json"));
    assert_eq!(coco["images"].as_array().unwrap().len(), 2);
    let areas: Vec<i64> = coco["annotations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["area"].as_i64().unwrap())
        .collect();
    assert_eq!(areas, [480, 100, 900]);
    assert_eq!(coco["categories"][1]["name"], "hemp");
    assert_eq!(coco["annotations"][1]["category_id"], 2);
}

#[test]
fn a_large_site_takes_several_chips_that_show_all_of_it() {
    let dir = tempdir().unwrap();
    Scene::utm(50, 0.05)
        .size(400, 300)
        .plot([50, 100, 250, 40], POPPY)
        .save(dir.path(), "a.tif");
    ModelKit::segmenter().save(dir.path(), "m");
    tianmu(dir.path(), &format!("{WORDS} --chips-background 0"), &[]).expect(0);
    let folder = dir.path().join("c");
    let mut seen = vec![false; 400 * 300];
    for row in rows(&folder) {
        let mask = mask(&folder.join("masks").join(&row["chip"]));
        let at = |key: &str| tianmu::georef::round_to_u32(row[key].parse().unwrap());
        for (x, y, pixel) in mask.enumerate_pixels() {
            if pixel.0[0] == 1 {
                seen[((at("src_row") + y) * 400 + at("src_col") + x) as usize] = true;
            }
        }
    }
    assert_eq!(seen.iter().filter(|s| **s).count(), 250 * 40);
}

#[test]
fn ground_that_was_not_looked_at_is_black_and_unknown() {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05)
        .size(200, 200)
        .plot([90, 90, 20, 20], POPPY)
        .empty([0, 0, 200, 60], Empty::Nodata(0.0));
    scene.save(dir.path(), "a.tif");
    ModelKit::segmenter().save(dir.path(), "m");
    rectangle_file(
        &dir.path().join("area.geojson"),
        &scene,
        "EPSG:4326",
        &[([0, 0, 120, 200], serde_json::json!({}))],
    );
    let words = format!("{WORDS} --chip-size 128 --chips-background 0 --aoi area.geojson")
        .replace("--chip-size 96 ", "");
    tianmu(dir.path(), &words, &[]).expect(0);
    let folder = dir.path().join("c");
    let mask = mask(&folder.join("masks/a_00001.png"));
    let picture = image::open(folder.join("images/a_00001.png")).unwrap().into_rgb8();
    // The chip begins at pixel 36 of the image, both ways.
    for (x, y, pixel) in mask.enumerate_pixels() {
        let unknown = y + 36 < 60 || x + 36 >= 120;
        assert_eq!(pixel.0[0] == 255, unknown, "{x} {y}");
        assert_eq!(picture.get_pixel(x, y).0 == [0, 0, 0], unknown, "{x} {y}");
    }
}

#[test]
fn chips_are_the_same_for_any_number_of_workers() {
    let (dir, _) = painted();
    let run = |workers: u32| {
        let words = format!("{WORDS} --workers {workers}");
        tianmu(dir.path(), &words, &[]).expect(0);
        contents(&dir.path().join("c"))
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn boxes_of_a_detector_become_yolo_boxes() {
    let dir = tempdir().unwrap();
    Scene::utm(50, 0.05)
        .size(160, 160)
        .plot([60, 50, 20, 30], POPPY)
        .save(dir.path(), "a.tif");
    DetectorKit::new(Layout::YoloV8).save(dir.path(), "m");
    let words = format!("{WORDS} --chips-layout yolo --chips-background 0");
    tianmu(dir.path(), &words, &[]).expect(0);
    let labels = fs_err::read_to_string(dir.path().join("c/labels/a_00001.txt")).unwrap();
    assert_eq!(labels.split_whitespace().count(), 5, "{labels}");
}

#[test]
fn a_folder_with_other_things_is_never_replaced() {
    let (dir, _) = painted();
    let folder = dir.path().join("c");
    fs_err::create_dir(&folder).unwrap();
    fs_err::write(folder.join("notes.txt"), "mine").unwrap();
    let refused = tianmu(dir.path(), WORDS, &[]).expect(1);
    assert!(
        refused.err.contains("holds other things and no `chips.csv`"),
        "{}",
        refused.err
    );
    assert_eq!(files_in(&folder), ["notes.txt"]);

    fs_err::remove_file(folder.join("notes.txt")).unwrap();
    tianmu(dir.path(), WORDS, &[]).expect(0);
    let before = contents(&folder);
    let refused = tianmu(dir.path(), &WORDS.replace(" --overwrite", ""), &[]).expect(1);
    assert!(refused.err.contains("exists already"), "{}", refused.err);
    assert_eq!(contents(&folder), before);
    tianmu(dir.path(), WORDS, &[]).expect(0);
    assert_eq!(contents(&folder), before);
}

#[test]
fn values_of_a_regression_make_no_chips() {
    let (dir, _) = painted();
    ModelKit::segmenter()
        .set("mlm:tasks", vec!["regression"])
        .save(dir.path(), "r");
    let words = "scan a.tif -m r -o v.tif --task regression --chips c";
    let refused = tianmu(dir.path(), words, &[]).expect(1);
    assert!(
        refused.err.contains("`chips` is given, wanted a model that finds sites"),
        "{}",
        refused.err
    );
    assert!(!dir.path().join("c").exists());
}
