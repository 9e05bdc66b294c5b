//! Tile edges leave no trace, and no pixel is left out.

use crate::support::{HEMP, Job, ModelKit, POPPY, Scene, pixel_sites};
use tempfile::tempdir;

#[test]
fn a_plot_across_four_tile_corners_is_one_site() {
    let dir = tempdir().unwrap();
    // Tiles of 64 that share 16: cores meet at 56 and 104.
    let scene = Scene::utm(50, 0.05).plot([40, 30, 80, 90], POPPY);
    let image = scene.save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let scan = Job::new([&image], &model).run();
    assert_eq!(pixel_sites(&scan.sites, &scene), ["poppy 80×90 at 40,30"]);
    let site = &scan.sites[0];
    // The scale of the projection is 0.9997 here.
    assert!(
        (site.area_m2 / (80.0 * 90.0 * 0.05 * 0.05) - 1.0).abs() < 2e-3,
        "{}",
        site.area_m2
    );
    assert_eq!(site.tile_ids.len(), 9, "{:?}", site.tile_ids);
    assert_eq!(site.n_detections, 1);
}

#[test]
fn tiles_that_meet_at_a_corner_are_one_site() {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05)
        .size(160, 160)
        // Four tiles, and a fifth that touches them at a corner only.
        .plot([0, 0, 64, 64], POPPY)
        .plot([64, 64, 32, 32], POPPY)
        // Of another class: not joined.
        .plot([64, 32, 32, 32], HEMP)
        .plot([128, 128, 32, 32], POPPY);
    let image = scene.save(dir.path(), "a.tif");
    let model = ModelKit::classifier().save(dir.path(), "m");
    let scan = Job::new([&image], &model).run();
    assert_eq!(
        pixel_sites(&scan.sites, &scene),
        [
            "poppy 96×96 at 0,0, 5120 px in 2 parts",
            "hemp 32×32 at 64,32",
            "poppy 32×32 at 128,128",
        ]
    );
    assert_eq!(scan.sites[0].n_detections, 5);
    assert_eq!(
        scan.sites[0].tile_ids,
        ["r0c0", "r0c1", "r1c0", "r1c1", "r2c2"]
    );
}

#[test]
fn a_plot_over_the_corner_of_four_classified_tiles_is_one_site() {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05)
        .size(128, 128)
        .plot([6, 6, 52, 52], POPPY);
    let image = scene.save(dir.path(), "a.tif");
    let model = ModelKit::classifier().save(dir.path(), "m");
    let scan = Job::new([&image], &model).run();
    assert_eq!(pixel_sites(&scan.sites, &scene), ["poppy 64×64 at 0,0"]);
}

#[test]
fn the_size_of_tiles_does_not_show() {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05)
        .size(331, 217)
        .plot([20, 20, 90, 70], POPPY)
        .plot([60, 40, 20, 20], HEMP)
        .plot([150, 0, 30, 217], HEMP)
        .plot([200, 90, 131, 45], POPPY)
        .plot([300, 200, 31, 17], HEMP);
    let image = scene.save(dir.path(), "a.tif");
    // Each pixel needs its neighbours: without overlap, seams would show.
    let model = ModelKit::segmenter().blur(3).save(dir.path(), "m");
    let found = |size, overlap| {
        let scan = Job::new([&image], &model)
            .with(|s| (s.tile_size, s.overlap) = (Some(size), Some(overlap)))
            .run();
        scan.sites
            .into_iter()
            .map(|s| (s.class, s.outline, s.prob, s.area_m2))
            .collect::<Vec<_>>()
    };
    let whole = found(512, 16);
    assert_eq!(whole.len(), 5);
    for (size, overlap) in [(64, 16), (64, 8), (96, 32), (160, 16)] {
        assert!(whole == found(size, overlap), "tiles of {size}");
    }
}

#[test]
fn the_last_row_and_column_are_reached() {
    let dir = tempdir().unwrap();
    let model = ModelKit::segmenter().save(dir.path(), "m");
    for (width, height) in [(200, 150), (64, 64), (65, 113), (17, 3)] {
        let (right, lower) = (width - 1, height - 1);
        let scene = Scene::utm(50, 0.05)
            .size(width, height)
            .plot([0, 0, 1, 1], POPPY)
            .plot([right, 0, 1, 1], POPPY)
            .plot([0, lower, 1, 1], POPPY)
            .plot([right, lower, 1, 1], POPPY);
        let image = scene.save(dir.path(), "a.tif");
        let scan = Job::new([&image], &model).run();
        assert_eq!(
            pixel_sites(&scan.sites, &scene),
            [
                "poppy 1×1 at 0,0".to_owned(),
                format!("poppy 1×1 at {right},0"),
                format!("poppy 1×1 at 0,{lower}"),
                format!("poppy 1×1 at {right},{lower}"),
            ]
        );
    }
}

#[test]
fn the_last_tile_of_a_classifier_is_padded_and_counts() {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05)
        .size(95, 64)
        .plot([64, 32, 31, 32], POPPY);
    let image = scene.save(dir.path(), "a.tif");
    let model = ModelKit::classifier().save(dir.path(), "m");
    let scan = Job::new([&image], &model).run();
    assert_eq!(pixel_sites(&scan.sites, &scene), ["poppy 31×32 at 64,32"]);
    assert_eq!(scan.record.images[0].tiles.inferred, 6);
}

#[test]
fn a_raster_of_one_pixel_is_scanned() {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05).size(1, 1).plot([0, 0, 1, 1], POPPY);
    let image = scene.save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let scan = Job::new([&image], &model).run();
    assert_eq!(pixel_sites(&scan.sites, &scene), ["poppy 1×1 at 0,0"]);
}
