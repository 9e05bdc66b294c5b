//! Where chips are cut: around all sites, and where there are none.

use super::{agree, chips, column, count, masks, painted, rows, scan, wide};
use crate::support::{
    GROUND, HEMP, ModelKit, POPPY, Pixels, Rect, Scene, files_in, json_file, rectangle_file,
};
use image::GrayImage;
use serde_json::json;
use tempfile::tempdir;

#[test]
fn chips_are_cut_as_the_model_sees_the_ground() {
    for (name, scene) in [
        ("finer", Scene::utm(50, 0.021)),
        ("coarser", Scene::utm(50, 0.083)),
        ("turned", Scene::utm(50, 0.05).rotated(27.0)),
        ("south up", Scene::utm(50, 0.05).south_up()),
        ("degrees", Scene::degrees(102.0, 24.5, 4.5e-7)),
        (
            "twelve bits",
            Scene::utm(50, 0.05).pixels(Pixels::Uint16 {
                gain: 13.0,
                offset: 300.0,
            }),
        ),
    ] {
        let dir = tempdir().unwrap();
        let scene = scene
            .size(500, 400)
            .plot([100, 120, 90, 70], POPPY)
            .plot([200, 60, 60, 100], HEMP)
            // Black and white, so that stretching keeps the colours.
            .plot([0, 0, 100, 100], [0, 0, 1])
            .plot([0, 250, 100, 150], [255, 255, 255]);
        scene.save(dir.path(), "a.tif");
        ModelKit::segmenter().save(dir.path(), "m");
        scan(&dir, "--chips-layout mask").expect(0);
        let all = masks(&dir);
        let with_sites = all
            .iter()
            .filter(|(_, mask)| count(mask, 1) + count(mask, 2) > 0);
        assert!(with_sites.count() >= 1, "{name}");
        for (picture, mask) in &all {
            for (x, y, color) in picture.enumerate_pixels() {
                let value = mask.get_pixel(x, y).0[0];
                let near = |c: [u8; 3]| color.0.iter().zip(c).all(|(a, b)| a.abs_diff(b) < 12);
                for (wanted, known) in [(0, GROUND), (1, POPPY), (2, HEMP)] {
                    assert!(
                        !near(known) || value == wanted,
                        "{name} at {x}, {y}: {value}"
                    );
                }
            }
        }
        for row in rows(&dir) {
            let gsd: f64 = row["gsd_m"].parse().unwrap();
            assert!((gsd / 0.05 - 1.0).abs() < 0.006, "{name}: {gsd}");
            assert_eq!(row["group"], "a.tif");
            assert_eq!(row["map_crs"], scene.crs());
            // Both say where the chip's centre is.
            let source: Vec<f64> = ["src_col", "src_width", "src_row", "src_height"]
                .map(|c| row[c].parse().unwrap())
                .into();
            let (x, y) = scene
                .transform()
                .pixel_to_map(source[0] + source[1] / 2.0, source[2] + source[3] / 2.0);
            let map = ["map_x", "map_y"].map(|c| row[c].parse::<f64>().unwrap());
            assert!(
                (map[0] - x).abs() < 1e-6 && (map[1] - y).abs() < 1e-6,
                "{name}"
            );
        }
    }
}

#[test]
fn large_sites_have_several_chips_and_what_is_shown_none_of_its_own() {
    let dir = painted();
    Scene::utm(50, 0.05)
        .size(600, 300)
        .plot([20, 140, 500, 20], POPPY)
        .plot([40, 170, 10, 10], HEMP)
        .plot([300, 120, 10, 10], POPPY)
        .save(dir.path(), "a.tif");
    scan(&dir, "--chips-layout mask --chips-background 0").expect(0);
    let rows = rows(&dir);
    assert_eq!(
        rows.len(),
        6,
        "500 pixels by 96, and nothing for the small ones"
    );
    let shown = |id: usize| {
        let sites = json_file(&dir.path().join("s.geojson"));
        let id = sites["features"][id]["id"].as_str().unwrap().to_owned();
        rows.iter().filter(|r| r["site_ids"].contains(&id)).count()
    };
    assert!((0..3).all(|id| shown(id) >= 1));
    for (picture, mask) in masks(&dir) {
        agree(&picture, &mask);
        assert!(count(&mask, 1) > 0);
    }
}

#[test]
fn background_is_ground_without_sites_inside_the_area() {
    let dir = painted();
    let scene = wide();
    scene.save(dir.path(), "a.tif");
    let area: Rect = [100, 100, 800, 800];
    let path = dir.path().join("aoi.geojson");
    rectangle_file(&path, &scene, "EPSG:4326", &[(area, json!({}))]);
    scan(
        &dir,
        "--chips-layout mask --chips-background 6 --aoi aoi.geojson",
    )
    .expect(0);
    let kinds = column(&dir, "kind");
    assert_eq!(kinds.iter().filter(|k| *k == "background").count(), 6);
    for (row, (_, mask)) in rows(&dir).iter().zip(masks(&dir)) {
        let background = row["kind"] == "background";
        assert_eq!(count(&mask, 1) > 0, !background);
        let valid: f64 = row["valid_share"].parse().unwrap();
        assert!(valid > 0.9);
        let at = |c: &str| row[c].parse::<f64>().unwrap();
        assert!(!background || at("src_col") >= 100.0 && at("src_row") >= 100.0);
        assert_eq!(row["site_ids"].is_empty(), background);
    }
    for (option, wanted) in [
        ("", 1 + 10),
        ("--chips-background 0", 1),
        ("--chips-background 2", 3),
    ] {
        scan(&dir, option).expect(0);
        let names = files_in(&chips(&dir).join("labels"));
        assert_eq!(names.len(), wanted, "{option}");
        for name in names {
            let text = fs_err::read_to_string(chips(&dir).join("labels").join(&name)).unwrap();
            assert_eq!(text.is_empty(), name.contains("-b"), "{name}");
        }
    }
}

#[test]
fn a_scan_that_finds_nothing_gives_background_or_no_folder() {
    let dir = painted();
    Scene::utm(50, 0.05)
        .size(900, 900)
        .save(dir.path(), "a.tif");
    scan(&dir, "").expect(0);
    assert_eq!(column(&dir, "kind"), vec!["background"; 10]);
    fs_err::remove_dir_all(chips(&dir)).unwrap();
    let ran = scan(&dir, "--chips-background 0").expect(0);
    assert!(!chips(&dir).exists());
    assert!(ran.out.contains("training chips: none"), "{}", ran.out);
}

#[test]
fn every_image_shows_its_own_sites_and_those_that_only_others_found() {
    let dir = painted();
    // The same ground twice; the second image is finer and misses one of the plots.
    Scene::utm(50, 0.05)
        .size(400, 300)
        .plot([60, 60, 40, 40], POPPY)
        .plot([110, 70, 20, 20], HEMP)
        .save(dir.path(), "a.tif");
    Scene::utm(50, 0.025)
        .size(800, 600)
        .plot([122, 120, 80, 80], POPPY)
        .save(dir.path(), "b.tif");
    scan(
        &dir,
        "scan a.tif b.tif -m m -o s.geojson --chips-layout mask --chips-background 0",
    )
    .expect(0);
    let found = rows(&dir);
    let said: Vec<[&str; 3]> = found
        .iter()
        .map(|r| ["group", "classes", "borrowed_site_ids"].map(|c| r[c].as_str()))
        .collect();
    let sites = json_file(&dir.path().join("s.geojson"));
    let hemp = sites["features"][1]["id"].as_str().unwrap();
    assert_eq!(sites["features"].as_array().unwrap().len(), 2);
    // The poppies are cut out of the finer image, the hemp where it was found; each chip
    // shows both.
    assert_eq!(
        said,
        [["a.tif", "poppy; hemp", ""], ["b.tif", "poppy; hemp", hemp],]
    );
    let all = masks(&dir);
    let own = |mask: &GrayImage| (count(mask, 1), count(mask, 2));
    assert_eq!(own(&all[0].1), (1600, 400));
    // The outline in this image: one pixel further right.
    assert_eq!(own(&all[1].1), (1600, 400));
    agree(&all[0].0, &all[0].1);
}

#[test]
fn ground_outside_the_area_is_black_and_unknown() {
    let dir = painted();
    let scene = Scene::utm(50, 0.05)
        .size(300, 300)
        .plot([100, 100, 20, 20], POPPY)
        .plot([150, 100, 20, 20], POPPY);
    scene.save(dir.path(), "a.tif");
    let path = dir.path().join("aoi.geojson");
    rectangle_file(&path, &scene, "EPSG:4326", &[([80, 80, 60, 60], json!({}))]);
    scan(
        &dir,
        "--chips-layout mask --chips-background 0 --aoi aoi.geojson",
    )
    .expect(0);
    let (picture, mask) = masks(&dir).remove(0);
    assert_eq!(count(&mask, 1), 400);
    assert_eq!(count(&mask, 0) + count(&mask, 1), 60 * 60);
    let black = picture.pixels().filter(|p| p.0 == [0, 0, 0]).count();
    assert_eq!(black, count(&mask, 255));
}
