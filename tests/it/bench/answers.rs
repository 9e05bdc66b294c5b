//! Answers that are kept and labelled again give what a scan with those thresholds gives.

use crate::support::{DetectorKit, Empty, HEMP, Job, Layout, ModelKit, POPPY, Scene};
use std::path::Path;
use tempfile::tempdir;
use tianmu::pipeline::settings::ScanSettings;
use tianmu::pipeline::site::CandidateSite;

/// Plots of both crops, some of them across the edges of tiles, and a hole in the image.
fn scene() -> Scene {
    let mut scene = Scene::utm(50, 0.05).size(300, 260);
    for i in 0..24 {
        let (col, row) = (i * 53 % 270, i * 97 % 230);
        let color = if i % 3 == 0 { HEMP } else { POPPY };
        scene = scene.plot([col, row, 12 + i % 18, 9 + i % 20], color);
    }
    scene.empty([40, 40, 30, 60], Empty::Mask)
}

/// All that sites carry, but for what belongs to the whole run.
fn plain(sites: &[CandidateSite]) -> Vec<CandidateSite> {
    let plain = |site: &CandidateSite| CandidateSite {
        site_id: String::new(),
        src_sha256: Vec::new(),
        ..site.clone()
    };
    sites.iter().map(plain).collect()
}

fn check(image: &Path, model: &Path, change: &dyn Fn(&mut ScanSettings), thresholds: &[&str]) {
    let again = Job::new([image], model).with(change).again(thresholds);
    let mut seen = Vec::new();
    for (threshold, again) in thresholds.iter().zip(&again) {
        let scan = Job::new([image], model)
            .with(change)
            .with(|s| s.threshold = Some((*threshold).to_owned()))
            .run();
        let (mut again, mut scan) = (plain(again), plain(&scan.sites));
        for site in again.iter_mut().chain(&mut scan) {
            // A background's part in a site is not kept.
            site.evidence.clear();
        }
        assert_eq!(again, scan, "threshold {threshold}");
        let area: f64 = again.iter().map(|site| site.area_m2).sum();
        seen.push((again.len(), format!("{area:.2}")));
    }
    seen.dedup();
    assert!(seen.len() > 1, "thresholds change nothing: {seen:?}");
}

#[test]
fn of_pixels() {
    let dir = tempdir().unwrap();
    let image = scene().save(dir.path(), "a.tif");
    let model = ModelKit::segmenter()
        .blur(2)
        .sharpness(9.0)
        .save(dir.path(), "m");
    check(&image, &model, &|_| {}, &["0.2", "0.5", "0.8", "0.97"]);
    let outline = |s: &mut ScanSettings| {
        s.outline_threshold = Some("0.3".into());
        s.threshold = Some("0.9".into());
        s.min_area = Some("0.2".into());
    };
    check(&image, &model, &outline, &["0.35", "0.6", "0.97"]);
    // One class of two, each with a threshold of its own.
    check(
        &image,
        &model,
        &|s| s.merge_distance = Some(0.5),
        &["poppy=0.3,hemp=0.9", "poppy=0.95,hemp=0.4"],
    );
}

#[test]
fn of_tiles() {
    let dir = tempdir().unwrap();
    let image = scene().save(dir.path(), "a.tif");
    let model = ModelKit::classifier()
        .sharpness(9.0)
        .set("tianmu:tile_size", 16)
        .save(dir.path(), "m");
    check(&image, &model, &|_| {}, &["0.1", "0.4", "0.8"]);
}

#[test]
fn of_objects() {
    let dir = tempdir().unwrap();
    let image = scene().save(dir.path(), "a.tif");
    let model = DetectorKit::new(Layout::YoloV8).save(dir.path(), "m");
    let usual = |s: &mut ScanSettings| {
        s.threshold = Some("0.1".into());
        s.overlap = Some(32);
        s.model.class_names = Some(vec!["poppy".into(), "hemp".into()]);
    };
    check(&image, &model, &usual, &["0.1", "0.3", "0.5", "0.9"]);
}
