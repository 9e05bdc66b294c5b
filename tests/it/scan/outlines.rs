//! Outlines that reach down to a lower score than the one that makes a site.

use crate::support::{HEMP, Job, ModelKit, POPPY, Scene, pixel_sites, tianmu};
use serde_json::json;
use std::path::PathBuf;
use tempfile::{TempDir, tempdir};
use tianmu::pipeline::settings::ScanSettings;

/// A little nearer to poppy than to the ground.
const FAINT: [u8; 3] = [148, 87, 61];
const CORE: &str = "poppy 10×10 at 60,60";
const WHOLE: &str = "poppy 80×40 at 30,50";
const HEMP_SITE: &str = "hemp 30×20 at 130,20";

/// A plot whose middle alone is sure, over the edges of tiles; one that is nowhere sure; hemp.
/// Poppy has 0.73 where it is sure, about 0.5 where it is faint, and 0.17 on the ground.
fn scene(kit: &ModelKit) -> (TempDir, Scene, PathBuf, PathBuf) {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05)
        .plot([30, 50, 80, 40], FAINT)
        .plot([60, 60, 10, 10], POPPY)
        .plot([20, 110, 40, 20], FAINT)
        .plot([130, 20, 30, 20], HEMP);
    let image = scene.save(dir.path(), "a.tif");
    let model = kit.save(dir.path(), "m");
    (dir, scene, image, model)
}

fn settings(threshold: &str, outline: Option<&str>) -> impl Fn(&mut ScanSettings) {
    move |s| {
        s.threshold = Some(threshold.to_owned());
        s.outline_threshold = outline.map(str::to_owned);
    }
}

#[test]
fn an_outline_takes_in_lower_scores_around_a_sure_place() {
    let (_dir, scene, image, model) = scene(&ModelKit::segmenter().sharpness(3.0));
    for (threshold, outline, wanted) in [
        ("0.7", None, vec![HEMP_SITE, CORE]),
        ("0.7", Some("0.35"), vec![HEMP_SITE, WHOLE]),
        ("argmax>=0.7", Some("0.35"), vec![HEMP_SITE, WHOLE]),
        ("0.7", Some("hemp=0.35"), vec![HEMP_SITE, CORE]),
        (
            "poppy=0.7,hemp=argmax",
            Some("0.35"),
            vec![HEMP_SITE, WHOLE],
        ),
        ("0.9", Some("0.35"), vec![]),
    ] {
        let scan = Job::new([&image], &model)
            .with(settings(threshold, outline))
            .run();
        let told = format!("{threshold} and {outline:?}");
        assert_eq!(pixel_sites(&scan.sites, &scene), wanted, "{told}");
    }
}

#[test]
fn what_is_nowhere_sure_joins_nothing_within_the_merge_distance() {
    let (_dir, scene, image, model) = scene(&ModelKit::segmenter().sharpness(3.0));
    let scan = Job::new([&image], &model)
        .with(settings("0.7", Some("0.35")))
        .with(|s| s.merge_distance = Some(3.0))
        .run();
    // The faint plot lies one metre below.
    assert_eq!(pixel_sites(&scan.sites, &scene), [HEMP_SITE, WHOLE]);
}

#[test]
fn the_smallest_area_is_asked_of_what_is_sure() {
    let (_dir, scene, image, model) = scene(&ModelKit::segmenter().sharpness(3.0));
    // 0.25 m² of 8 m² are sure.
    for (min_area, wanted) in [(0.24, vec![HEMP_SITE, WHOLE]), (0.26, vec![HEMP_SITE])] {
        let scan = Job::new([&image], &model)
            .with(settings("0.7", Some("0.35")))
            .with(|s| s.min_area = Some(min_area.to_string()))
            .run();
        assert_eq!(pixel_sites(&scan.sites, &scene), wanted, "{min_area}");
    }
}

#[test]
fn tiles_that_touch_at_a_corner_share_what_is_sure() {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05)
        .size(160, 96)
        .plot([32, 0, 32, 32], POPPY)
        .plot([64, 32, 32, 32], FAINT)
        .plot([128, 64, 32, 32], FAINT);
    let image = scene.save(dir.path(), "a.tif");
    let model = ModelKit::classifier().sharpness(3.0).save(dir.path(), "m");
    let scan = Job::new([&image], &model)
        .with(settings("0.7", Some("0.35")))
        .run();
    assert_eq!(
        pixel_sites(&scan.sites, &scene),
        ["poppy 64×64 at 32,0, 2048 px in 2 parts"]
    );
}

#[test]
fn the_model_may_say_how_far_outlines_reach() {
    let kit = ModelKit::segmenter()
        .sharpness(3.0)
        .set("tianmu:threshold", 0.7)
        .set("tianmu:outline_threshold", json!({"poppy": 0.35}));
    let (_dir, scene, image, model) = scene(&kit);
    let scan = Job::new([&image], &model).run();
    assert_eq!(pixel_sites(&scan.sites, &scene), [HEMP_SITE, WHOLE]);
    // A user who lowers the threshold is not held up by the model's outlines.
    let scan = Job::new([&image], &model).with(settings("0.3", None)).run();
    assert_eq!(scan.sites.len(), 3);
}

#[test]
fn outlines_that_cannot_be_are_refused() {
    let (dir, ..) = scene(&ModelKit::segmenter().sharpness(3.0));
    for (words, wanted) in [
        (
            "--threshold 0.5 --outline-threshold 0.6",
            "setting `outline-threshold` is `0.6`, wanted at most the threshold of `poppy`, 0.5",
        ),
        (
            "--threshold argmax --outline-threshold hemp=0.3",
            "wanted a threshold of `hemp` that is a number, not `argmax`",
        ),
        (
            "--threshold 0.5 --outline-threshold maize=0.3",
            "wanted one of the classes background, poppy, hemp",
        ),
        (
            "--threshold 0.5 --outline-threshold 2",
            "is `2`, wanted 0 to 1 or `class=0.5`",
        ),
    ] {
        let words = format!("scan a.tif -m m -o s.csv {words}");
        let run = tianmu(dir.path(), &words, &[]);
        assert!(run.err.contains(wanted), "{words}: {}", run.err);
    }
    ModelKit::segmenter()
        .set("tianmu:outline_threshold", json!({"maize": 0.3}))
        .save(dir.path(), "wrong");
    let run = tianmu(dir.path(), "scan a.tif -m wrong -o s.csv", &[]);
    let wanted =
        "has an outline threshold of `0.3` for `maize`, wanted 0 to 1 for one of background";
    assert!(run.err.contains(wanted), "{}", run.err);
}
