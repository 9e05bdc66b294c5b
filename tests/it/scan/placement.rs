//! Where the scene lies on the ground, and from which level it is read. Independent
//! coordinates are compared by `foreign`.

use crate::support::{HEMP, Job, ModelKit, POPPY, Scene, pixel_sites};
use serde_json::Value;
use tempfile::tempdir;

#[test]
fn rasters_that_are_not_north_up_give_the_same_pixels() {
    let dir = tempdir().unwrap();
    let any_scale = ModelKit::segmenter().set("tianmu:gsd_m", Value::Null);
    let model = any_scale.save(dir.path(), "m");
    for (name, scene) in [
        ("north up", Scene::utm(50, 0.05)),
        ("south up", Scene::utm(50, 0.05).south_up()),
        ("rotated", Scene::utm(50, 0.05).rotated(30.0)),
        ("degrees", Scene::degrees(102.0, 24.5, 5e-7)),
    ] {
        let scene = scene
            .plot([40, 30, 80, 90], POPPY)
            .plot([150, 60, 40, 50], HEMP);
        let image = scene.save(dir.path(), "a.tif");
        let scan = Job::new([&image], &model).run();
        assert_eq!(
            pixel_sites(&scan.sites, &scene),
            ["poppy 80×90 at 40,30", "hemp 40×50 at 150,60"],
            "{name}"
        );
    }
}

#[test]
fn fractional_scales_keep_every_tile_in_place() {
    let dir = tempdir().unwrap();
    let model = ModelKit::segmenter().save(dir.path(), "m");
    for (gsd, size, rect) in [
        // 2.5 image pixels a model pixel; then 0.7 of one.
        (0.02, (500, 400), [100, 50, 300, 275]),
        (0.05 / 0.7, (210, 140), [70, 35, 63, 49]),
        (0.05 / 3.3, (660, 495), [99, 66, 330, 297]),
    ] {
        let scene = Scene::utm(50, gsd * 0.9997)
            .size(size.0, size.1)
            .plot(rect, POPPY);
        let image = scene.save(dir.path(), "a.tif");
        let scan = Job::new([&image], &model).run();
        let [col, row, width, height] = rect;
        let record = &scan.record.images[0];
        assert_eq!(scan.sites.len(), 1, "{record:?}");
        let found = &pixel_sites(&scan.sites, &scene)[0];
        assert!(
            is_near(found, [width, height, col, row]),
            "{found} at scale {:?}",
            record.scale
        );
        assert!(record.tiles.total > 4);
    }
}

/// Numbers of `poppy 80×90 at 40,30` within 0.05 model pixels of those wanted.
fn is_near(found: &str, wanted: [u32; 4]) -> bool {
    let numbers: Vec<f64> = found
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .filter_map(|n| n.parse().ok())
        .collect();
    numbers.len() == 4
        && numbers
            .iter()
            .zip(wanted)
            .all(|(n, w)| (n - f64::from(w)).abs() < 0.165)
}

#[test]
fn coarse_models_read_overviews() {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.0125)
        .size(480, 320)
        .overviews(&[2, 4])
        .plot([160, 80, 160, 120], POPPY);
    let image = scene.save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let scan = Job::new([&image], &model).run();
    let record = &scan.record.images[0];
    assert_eq!(scan.sites.len(), 1);
    assert!((record.scale.unwrap().0 - 4.0).abs() < 0.01, "{record:?}");
    assert_eq!(record.overview, Some(1));
    let site = &scan.sites[0];
    assert!((site.area_m2 / 3.0 - 1.0).abs() < 0.02, "{}", site.area_m2);
}
