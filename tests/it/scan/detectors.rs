//! Detectors: every layout of boxes, seams, suppression.

use crate::support::{CHIP, DetectorKit, HEMP, Job, Layout, POPPY, Scene, pixel_sites};
use std::path::PathBuf;
use tempfile::{TempDir, tempdir};
use tianmu::pipeline::settings::{ModelSettings, ScanSettings, word};
use tianmu::pipeline::site::CandidateSite;

/// Plots of the size that the detectors look for, some of them across the seams of tiles.
fn painted() -> (TempDir, Scene, PathBuf) {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05)
        .plot([40, 32, 24, 24], POPPY)
        .plot([72, 64, 24, 24], POPPY)
        .plot([136, 80, 24, 24], HEMP);
    let image = scene.save(dir.path(), "a.tif");
    (dir, scene, image)
}

const FOUND: [&str; 3] = [
    "poppy 24×24 at 40,32",
    "poppy 24×24 at 72,64",
    "hemp 24×24 at 136,80",
];

/// Sites in words, without the few pixels by which masks round their corners.
fn bounds(sites: &[CandidateSite], scene: &Scene) -> Vec<String> {
    let cut = |text: String| match text.split_once(", ") {
        None => text,
        Some((bounds, rest)) => {
            let area: f64 = rest.split(' ').next().unwrap().parse().unwrap();
            assert!(area > 565.0, "{text}");
            bounds.to_owned()
        }
    };
    pixel_sites(sites, scene).into_iter().map(cut).collect()
}

fn usual(settings: &mut ScanSettings) {
    settings.threshold = Some("0.5".into());
    settings.overlap = Some(32);
    settings.model.class_names = Some(vec!["poppy".into(), "hemp".into()]);
}

const LAYOUTS: [(Layout, Option<&str>); 10] = [
    (Layout::YoloV8, None),
    (Layout::YoloV8Obb, Some("yolo-v8-obb")),
    (Layout::YoloV8Seg, None),
    (Layout::YoloV5, Some("yolo-v5")),
    (Layout::EndToEnd, None),
    (Layout::EndToEndObb, Some("end-to-end-obb")),
    (Layout::EndToEndSeg, None),
    (Layout::YoloX, None),
    (Layout::RetinaNet, None),
    (Layout::Detr, None),
];

#[test]
fn every_layout_of_boxes_gives_the_same_sites() {
    let (dir, scene, image) = painted();
    for (layout, told) in LAYOUTS {
        let model = DetectorKit::new(layout).save(dir.path(), "m");
        let scan = Job::new([&image], &model)
            .with(usual)
            .with(|s| s.model.decoder = told.map(|t| word(t).unwrap()))
            .run();
        assert_eq!(bounds(&scan.sites, &scene), FOUND, "{layout:?}");
        for site in &scan.sites {
            assert!(
                site.prob > 0.99 && site.prob <= 1.0,
                "{layout:?}: {}",
                site.prob
            );
            assert!(site.n_detections >= 1, "{layout:?}");
            assert!(!site.tile_ids.is_empty(), "{layout:?}");
        }
        let tiles = scan.record.counts.total;
        assert!(
            tiles > 2,
            "{layout:?}: the scene has {tiles} tiles of {CHIP} pixels"
        );
    }
}

#[test]
fn symmetries_and_batches_change_no_site() {
    let (dir, scene, image) = painted();
    for (layout, told) in LAYOUTS {
        let model = DetectorKit::new(layout).save(dir.path(), "m");
        let scan = Job::new([&image], &model)
            .with(usual)
            .with(|s| {
                s.model.decoder = told.map(|t| word(t).unwrap());
                s.tta = Some(true);
                s.workers = Some(3);
            })
            .run();
        assert_eq!(bounds(&scan.sites, &scene), FOUND, "{layout:?}");
    }
}

#[test]
fn the_overlap_of_tiles_changes_no_site() {
    let (dir, scene, image) = painted();
    let model = DetectorKit::new(Layout::YoloV8).save(dir.path(), "m");
    for overlap in [24, 32, 40, 64] {
        let scan = Job::new([&image], &model)
            .with(usual)
            .with(|s| s.overlap = Some(overlap))
            .run();
        assert_eq!(pixel_sites(&scan.sites, &scene), FOUND, "{overlap}");
    }
}

#[test]
fn suppression_is_as_asked() {
    let (dir, _, image) = painted();
    let model = DetectorKit::new(Layout::YoloV8).save(dir.path(), "m");
    let count = |share: f64, by: &str| {
        let scan = Job::new([&image], &model)
            .with(usual)
            .with(|s| {
                s.model.suppression = Some(share);
                s.model.suppression_by = Some(word(by).unwrap());
            })
            .run();
        scan.sites.len()
    };
    // Neighbours a cell away share two thirds of a box, half of the union.
    assert_eq!(count(0.66, "ios"), 3);
    assert!(count(0.7, "ios") > 3);
    assert_eq!(count(0.49, "iou"), 3);
    assert!(count(0.51, "iou") > 3);
}

#[test]
fn classes_and_least_scores_hold_for_objects_too() {
    let (dir, scene, image) = painted();
    let model = DetectorKit::new(Layout::YoloV8).save(dir.path(), "m");
    let with = |change: fn(&mut ScanSettings)| {
        let scan = Job::new([&image], &model).with(usual).with(change).run();
        pixel_sites(&scan.sites, &scene)
    };
    assert_eq!(with(|s| s.classes = Some(vec!["hemp".into()])), FOUND[2..]);
    assert_eq!(with(|s| s.min_area = Some("2".into())), [""; 0]);
    let apart = with(|s| s.merge_distance = Some(1.0));
    assert_eq!(
        apart,
        [
            "poppy 56×56 at 40,32, 1152 px in 2 parts",
            "hemp 24×24 at 136,80"
        ]
    );
}

#[test]
fn a_layout_that_does_not_fit_is_refused_with_what_was_seen() {
    let (dir, _, image) = painted();
    let model = DetectorKit::new(Layout::YoloV8).save(dir.path(), "m");
    for (settings, problem, hint) in [
        (
            ModelSettings {
                decoder: Some(word("retina-net").unwrap()),
                class_names: Some(vec!["poppy".into(), "hemp".into()]),
                ..ModelSettings::default()
            },
            "does not fit the layout `retina-net`",
            "correct `--decoder`",
        ),
        (
            ModelSettings {
                class_names: Some(vec!["a".into(), "b".into(), "c".into()]),
                decoder: Some(word("yolo-v8").unwrap()),
                ..ModelSettings::default()
            },
            "gives 2 classes but 3 are named",
            "correct `--class-names`",
        ),
        (
            ModelSettings {
                task: Some(word("segmentation").unwrap()),
                ..ModelSettings::default()
            },
            "gives [1, 6, 144] for an input of 96 × 96 pixels, wanted [batch, classes, rows, columns]",
            "correct `--task`",
        ),
    ] {
        let error = Job::new([&image], &model)
            .with(|s| s.model = settings.clone())
            .attempt()
            .err()
            .unwrap();
        assert!(error.to_string().contains(problem), "{error}");
        assert!(error.hint().contains(hint), "{}", error.hint());
    }
}

#[test]
fn an_object_needs_a_score_and_an_axis_that_fits() {
    let (dir, _, image) = painted();
    let model = DetectorKit::new(Layout::YoloV8).save(dir.path(), "m");
    let refused = |change: fn(&mut ScanSettings)| {
        let job = Job::new([&image], &model).with(usual).with(change);
        job.attempt().err().unwrap().to_string()
    };
    let error = refused(|s| s.threshold = Some("argmax".into()));
    assert!(
        error.contains("an object has its best class anyway"),
        "{error}"
    );
    let error = refused(|s| s.model.decoder = Some(word("yolo-v5").unwrap()));
    assert!(error.contains("laid out as `yolo-v8`"), "{error}");
}
