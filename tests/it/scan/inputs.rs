//! Several images in one run, and images that fail.

use crate::support::{HEMP, Job, ModelKit, POPPY, Scene, pixel_sites};
use serde_json::Value;
use tempfile::tempdir;
use tianmu::georef::Crs;

#[test]
fn images_in_different_reference_systems_give_one_list() {
    let dir = tempdir().unwrap();
    let east = Scene::utm(50, 0.05).plot([40, 30, 80, 90], POPPY);
    let west = Scene::utm(49, 0.05).plot([10, 20, 30, 40], HEMP);
    let images = (
        east.save(dir.path(), "east.tif"),
        west.save(dir.path(), "west.tif"),
    );
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let scan = Job::new([&images.0, &images.1], &model).run();
    assert_eq!(scan.sites.len(), 2);
    assert_eq!(
        pixel_sites(&scan.sites[..1], &east),
        ["poppy 80×90 at 40,30"]
    );
    assert_eq!(
        pixel_sites(&scan.sites[1..], &west),
        ["hemp 30×40 at 10,20"]
    );
    for (number, (site, image)) in scan.sites.iter().zip(["east.tif", "west.tif"]).enumerate() {
        assert!(site.site_id.ends_with(&format!("-0000{}", number + 1)));
        assert_eq!(site.src_image, [image]);
        let hash = scan.record.images[number].sha256.clone().unwrap();
        assert_eq!(site.src_sha256, [hash]);
    }
    assert_eq!(scan.sites[0].map_crs, "EPSG:32650");
    assert_eq!(scan.sites[1].map_crs, "EPSG:32649");
}

#[test]
fn the_same_ground_in_two_images_is_one_site_that_lists_both() {
    let dir = tempdir().unwrap();
    let any_scale = ModelKit::segmenter().set("tianmu:gsd_m", Value::Null);
    let model = any_scale.save(dir.path(), "m");
    let metres = Scene::utm(50, 0.05)
        .plot([40, 30, 80, 60], POPPY)
        .plot([180, 120, 20, 30], HEMP);
    let (x, y) = metres.transform().pixel_to_map(0.0, 0.0);
    let to_wgs84 = Crs::parse(metres.crs()).unwrap().to_wgs84().unwrap();
    let (lon, lat) = to_wgs84.point(x, y).unwrap();
    let degrees = Scene::degrees(lon, lat, 5e-7).plot([40, 30, 80, 60], POPPY);
    let images = (
        metres.save(dir.path(), "metres.tif"),
        degrees.save(dir.path(), "degrees.tif"),
    );
    let both = Job::new([&images.0, &images.1], &model).run();
    let classes: Vec<&str> = both.sites.iter().map(|s| s.class.as_str()).collect();
    assert_eq!(classes, ["poppy", "hemp"]);
    let poppy = &both.sites[0];
    assert_eq!(poppy.src_image, ["metres.tif", "degrees.tif"]);
    assert_eq!((poppy.src_sha256.len(), poppy.n_detections), (2, 2));
    assert_eq!(both.record.sites_by_class[0], ("poppy".to_owned(), 1));

    let apart = Job::new([&images.0, &images.1], &model)
        .with(|s| s.merge_inputs = Some(false))
        .run();
    assert_eq!(apart.sites.len(), 3);
    assert!(apart.sites.iter().all(|s| s.src_image.len() == 1));
}

#[test]
fn ground_covered_twice_is_counted_once() {
    let dir = tempdir().unwrap();
    let any_scale = ModelKit::segmenter().set("tianmu:gsd_m", Value::Null);
    let model = any_scale.save(dir.path(), "m");
    let left = Scene::utm(50, 0.5);
    let right = left.clone().moved(100.0, 0.0);
    let images = (
        left.save(dir.path(), "a.tif"),
        right.save(dir.path(), "b.tif"),
    );
    let scan = Job::new([&images.0, &images.1], &model).run();
    // 300 × 150 pixels of half a metre are 11250 m².
    assert!(
        scan.record.statement.contains("11257 m² (16.9 mu)"),
        "{}",
        scan.record.statement
    );
}

#[test]
fn an_image_that_fails_does_not_stop_the_others() {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05).plot([40, 30, 80, 90], POPPY);
    let good = scene.save(dir.path(), "good.tif");
    let text = dir.path().join("text.tif");
    fs_err::write(&text, "not an image").unwrap();
    let cut = dir.path().join("cut.tif");
    let bytes = fs_err::read(scene.clone().striped().save(dir.path(), "whole.tif")).unwrap();
    // No tile is whole.
    fs_err::write(&cut, &bytes[..4000]).unwrap();
    let lost = scene.clone().without_crs().save(dir.path(), "lost.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let scan = Job::new([&text, &cut, &lost, &good], &model)
        .attempt()
        .unwrap();
    assert!(scan.has_failures());
    assert_eq!(pixel_sites(&scan.sites, &scene), ["poppy 80×90 at 40,30"]);
    let failures: Vec<String> = scan
        .record
        .images
        .iter()
        .map(|i| i.failure.clone().unwrap_or_default())
        .collect();
    assert!(
        failures[0].contains("text.tif` as a raster"),
        "{failures:?}"
    );
    assert!(failures[1].contains("cut.tif`"), "{failures:?}");
    assert!(
        failures[2].ends_with("lost.tif` has no coordinate reference system"),
        "{failures:?}"
    );
    assert_eq!(failures[3], "");
    for image in &scan.record.images[..3] {
        assert!(image.hint.is_some(), "{image:?}");
    }
    assert_eq!(scan.record.failures.len(), 3);
    // What was not looked at is not covered.
    assert_eq!(scan.coverage.len(), 1);
}

#[test]
fn a_missing_reference_system_can_be_assumed() {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05)
        .plot([40, 30, 80, 90], POPPY)
        .without_crs();
    let image = scene.save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let refused = Job::new([&image], &model).attempt().unwrap();
    let hint = refused.record.images[0].hint.clone().unwrap();
    assert!(hint.contains("`--assume-crs EPSG:…`"), "{hint}");
    let scan = Job::new([&image], &model)
        .with(|s| s.assume_crs = Some("EPSG:32650".into()))
        .run();
    assert_eq!(pixel_sites(&scan.sites, &scene), ["poppy 80×90 at 40,30"]);
    assert!(scan.record.images[0].crs_assumed);
}

#[test]
fn an_assumed_reference_system_does_not_replace_a_known_one() {
    let dir = tempdir().unwrap();
    let image = Scene::utm(50, 0.05).save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let scan = Job::new([&image], &model)
        .with(|s| s.assume_crs = Some("EPSG:32649".into()))
        .run();
    let record = &scan.record.images[0];
    assert_eq!(record.crs.as_deref(), Some("EPSG:32650"));
    assert!(!record.crs_assumed);
}
