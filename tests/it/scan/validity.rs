//! Pixels that do not count, and areas that are not asked for.

use crate::support::{
    Empty, HEMP, Job, ModelKit, POPPY, Pixels, Scene, pixel_sites, rectangle_file,
};
use serde_json::json;
use tempfile::tempdir;
use tianmu::pipeline::detect::TileCounts;

/// A plot of which the left half lies under empty pixels.
fn half_empty(told_by: Empty) -> Scene {
    Scene::utm(50, 0.05)
        .plot([40, 30, 80, 90], POPPY)
        .empty([0, 0, 80, 150], told_by)
}

#[test]
fn empty_pixels_are_no_site_whatever_tells_so() {
    let dir = tempdir().unwrap();
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let float = Pixels::Float {
        gain: 1.0,
        offset: 0.0,
    };
    for (name, scene) in [
        ("nodata", half_empty(Empty::Nodata(0.0))),
        ("mask", half_empty(Empty::Mask)),
        ("alpha", half_empty(Empty::Alpha)),
        ("NaN", half_empty(Empty::NotANumber).pixels(float)),
        (
            "float nodata",
            half_empty(Empty::Nodata(-9999.0)).pixels(float),
        ),
    ] {
        let image = scene.save(dir.path(), "a.tif");
        let scan = Job::new([&image], &model).run();
        assert_eq!(
            pixel_sites(&scan.sites, &scene),
            ["poppy 40×90 at 80,30"],
            "{name}"
        );
        let record = &scan.record.images[0];
        // The first column of tiles sees nothing.
        let wanted = TileCounts {
            unreadable: 0,
            screened: 0,
            total: 12,
            inferred: 9,
            uniform: record.tiles.uniform,
            outside_aoi: 0,
            empty: 3,
        };
        assert_eq!(record.tiles, wanted, "{name}");
        let covered = 120.0 * 150.0 * 0.05 * 0.05;
        assert!(
            (record.covered_m2 / covered - 1.0).abs() < 2e-3,
            "{name}: {}",
            record.covered_m2
        );
    }
}

#[test]
fn what_was_taken_as_empty_stands_in_the_record() {
    let dir = tempdir().unwrap();
    let model = ModelKit::segmenter().save(dir.path(), "m");
    for (told_by, mask, alpha, nodata) in [
        (Empty::Mask, true, None, vec![]),
        (Empty::Alpha, false, Some((4, 127.5)), vec![]),
        (Empty::Nodata(7.0), false, None, vec![Some(7.0); 3]),
    ] {
        let image = half_empty(told_by).save(dir.path(), "a.tif");
        let scan = Job::new([&image], &model).run();
        let rule = scan.record.images[0].validity.clone().unwrap();
        assert_eq!((rule.mask, rule.alpha, rule.nodata), (mask, alpha, nodata));
    }
}

#[test]
fn a_value_can_be_called_empty() {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05)
        .plot([40, 30, 80, 90], POPPY)
        .plot([0, 0, 60, 150], HEMP);
    let image = scene.save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let scan = Job::new([&image], &model)
        .with(|s| s.nodata = Some(70.0))
        .run();
    // A pixel is empty only where all bands have the value: none is.
    assert_eq!(scan.sites.len(), 2);
    let black = Scene::utm(50, 0.05)
        .plot([40, 30, 80, 90], POPPY)
        .plot([0, 0, 60, 150], [0, 0, 0]);
    let image = black.save(dir.path(), "b.tif");
    let scan = Job::new([&image], &model)
        .with(|s| s.nodata = Some(0.0))
        .run();
    assert_eq!(pixel_sites(&scan.sites, &black), ["poppy 60×90 at 60,30"]);
    assert_eq!(scan.record.images[0].tiles.empty, 3);
}

#[test]
fn an_image_without_any_pixel_is_an_honest_nothing() {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05)
        .plot([40, 30, 80, 90], POPPY)
        .empty([0, 0, 200, 150], Empty::Mask);
    let image = scene.save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let scan = Job::new([&image], &model).run();
    assert!(scan.sites.is_empty());
    let record = &scan.record.images[0];
    assert_eq!((record.tiles.empty, record.tiles.inferred), (12, 0));
    assert!(
        scan.record.statement.starts_with("nothing was looked at"),
        "{}",
        scan.record.statement
    );
    assert!(scan.coverage[0].outline.0.is_empty());
}

#[test]
fn an_area_of_interest_in_any_reference_system_cuts_to_the_pixel() {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05).plot([40, 30, 80, 90], POPPY);
    let image = scene.save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    for crs in ["EPSG:4326", "EPSG:32650", "EPSG:32649", "EPSG:4490"] {
        let aoi = dir.path().join("aoi.geojson");
        rectangle_file(&aoi, &scene, crs, &[([60, 50, 40, 30], json!({}))]);
        let scan = Job::new([&image], &model).aoi(&aoi).run();
        assert_eq!(
            pixel_sites(&scan.sites, &scene),
            ["poppy 40×30 at 60,50"],
            "{crs}"
        );
        let wanted = TileCounts {
            unreadable: 0,
            screened: 0,
            total: 12,
            inferred: 2,
            uniform: scan.record.images[0].tiles.uniform,
            outside_aoi: 10,
            empty: 0,
        };
        assert_eq!(scan.record.images[0].tiles, wanted, "{crs}");
        let covered = scan.record.images[0].covered_m2 / (40.0 * 30.0 * 0.05 * 0.05);
        assert!((covered - 1.0).abs() < 2e-3, "{crs}: {covered}");
    }
}

#[test]
fn an_area_of_interest_elsewhere_leaves_nothing_to_look_at() {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05).plot([40, 30, 80, 90], POPPY);
    let image = scene.save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let aoi = dir.path().join("aoi.geojson");
    let elsewhere = scene.clone().moved(5000.0, 5000.0);
    rectangle_file(&aoi, &elsewhere, "EPSG:4326", &[([0, 0, 9, 9], json!({}))]);
    let scan = Job::new([&image], &model).aoi(&aoi).run();
    assert!(scan.sites.is_empty());
    assert_eq!(scan.record.images[0].tiles.outside_aoi, 12);
}

#[test]
fn a_border_round_the_whole_world_holds_the_image() {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05).plot([40, 30, 80, 90], POPPY);
    let image = scene.save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let world = json!({"type": "Feature", "properties": {}, "geometry": {"type": "Polygon",
        "coordinates": [[[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]]}});
    let aoi = dir.path().join("world.geojson");
    fs_err::write(&aoi, world.to_string()).unwrap();
    let scan = Job::new([&image], &model).aoi(&aoi).run();
    assert_eq!(pixel_sites(&scan.sites, &scene), ["poppy 80×90 at 40,30"]);
    assert_eq!(scan.record.counts.outside_aoi, 0);
}

#[test]
fn areas_that_overlap_count_once() {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05).plot([40, 30, 80, 90], POPPY);
    let image = scene.save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    for areas in [
        [[0, 0, 200, 150], [0, 0, 200, 150]],
        [[0, 0, 140, 150], [60, 0, 140, 150]],
    ] {
        let aoi = dir.path().join("aoi.geojson");
        let areas = areas.map(|a| (a, json!({})));
        rectangle_file(&aoi, &scene, "EPSG:4326", &areas);
        let scan = Job::new([&image], &model).aoi(&aoi).run();
        assert_eq!(pixel_sites(&scan.sites, &scene), ["poppy 80×90 at 40,30"]);
        let covered = scan.record.images[0].covered_m2 / (200.0 * 150.0 * 0.05 * 0.05);
        assert!((covered - 1.0).abs() < 5e-3, "{covered}");
    }
}
