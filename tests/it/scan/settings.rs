//! Which settings hold, and what they do to the sites.

use crate::support::{HEMP, Job, ModelKit, POPPY, Scene, json_file, pixel_sites, tianmu};
use std::path::{Path, PathBuf};
use tempfile::{TempDir, tempdir};
use tianmu::Error;

const POPPY_SITE: &str = "poppy 40×50 at 20,30";
const HEMP_SITE: &str = "hemp 30×20 at 130,60";

fn painted(kit: &ModelKit) -> (TempDir, Scene, PathBuf, PathBuf) {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05)
        .plot([20, 30, 40, 50], POPPY)
        .plot([130, 60, 30, 20], HEMP);
    let image = scene.save(dir.path(), "a.tif");
    let model = kit.save(dir.path(), "m");
    (dir, scene, image, model)
}

#[test]
fn thresholds_hold_for_all_classes_or_for_one() {
    // So unsure that a plot has about 0.73, and ground 0.17 of each crop.
    let (_dir, scene, image, model) = painted(&ModelKit::segmenter().sharpness(3.0));
    let ground = "poppy 200×150 at 0,0, 29400 px in 1 parts";
    for (threshold, wanted) in [
        ("0.7", vec![POPPY_SITE, HEMP_SITE]),
        ("argmax", vec![POPPY_SITE, HEMP_SITE]),
        ("poppy=0.8,hemp=0.6", vec![HEMP_SITE]),
        ("0.8, poppy = 0.7", vec![POPPY_SITE]),
        ("0.9", vec![]),
        ("0.9,hemp=argmax", vec![HEMP_SITE]),
        // A threshold is enough, whatever the background has.
        ("0.1", vec![ground, HEMP_SITE]),
    ] {
        let scan = Job::new([&image], &model)
            .with(|s| s.threshold = Some(threshold.into()))
            .run();
        assert_eq!(pixel_sites(&scan.sites, &scene), wanted, "{threshold}");
    }
}

#[test]
fn a_threshold_of_the_model_holds_until_the_user_says_otherwise() {
    let kit = ModelKit::segmenter()
        .sharpness(3.0)
        .set("tianmu:threshold", serde_json::json!({"poppy": 0.8}));
    let (_dir, scene, image, model) = painted(&kit);
    let scan = Job::new([&image], &model).run();
    assert_eq!(pixel_sites(&scan.sites, &scene), [HEMP_SITE]);
    let scan = Job::new([&image], &model)
        .with(|s| s.threshold = Some("0.7".into()))
        .run();
    assert_eq!(scan.sites.len(), 2);
}

#[test]
fn only_the_classes_asked_for_make_sites() {
    let (_dir, scene, image, model) = painted(&ModelKit::segmenter());
    let only = |class: &str| {
        let classes = vec![class.to_owned()];
        Job::new([&image], &model).with(|s| s.classes = Some(classes))
    };
    assert_eq!(pixel_sites(&only("hemp").run().sites, &scene), [HEMP_SITE]);
    let error = only("maize").attempt().err().unwrap();
    assert!(matches!(error, Error::Setting { .. }));
    assert_eq!(
        error.to_string(),
        "setting `classes` is `maize`, wanted some of background, poppy, hemp"
    );
}

#[test]
fn small_sites_are_dropped_by_their_area_on_the_ground() {
    // 5 m² and 1.5 m².
    let (_dir, scene, image, model) = painted(&ModelKit::segmenter());
    for (min_area, wanted) in [
        (1.4, vec![POPPY_SITE, HEMP_SITE]),
        (1.6, vec![POPPY_SITE]),
        (6.0, vec![]),
    ] {
        let scan = Job::new([&image], &model)
            .with(|s| s.min_area = Some(min_area.to_string()))
            .run();
        assert_eq!(pixel_sites(&scan.sites, &scene), wanted, "{min_area}");
    }
}

#[test]
fn the_smallest_site_may_differ_by_class() {
    // 5 m² of poppy and 1.5 m² of hemp.
    let areas = serde_json::json!({"poppy": 6.0, "hemp": 1.0});
    let kit = ModelKit::segmenter().set("tianmu:min_area_m2", areas);
    let (dir, scene, image, model) = painted(&kit);
    let scan = Job::new([&image], &model).run();
    assert_eq!(pixel_sites(&scan.sites, &scene), [HEMP_SITE]);
    for (min_area, wanted) in [
        ("poppy=4", vec![POPPY_SITE, HEMP_SITE]),
        ("hemp = 2", vec![]),
        ("2", vec![POPPY_SITE]),
        ("hemp=1,2", vec![POPPY_SITE, HEMP_SITE]),
    ] {
        let scan = Job::new([&image], &model)
            .with(|s| s.min_area = Some(min_area.into()))
            .run();
        assert_eq!(pixel_sites(&scan.sites, &scene), wanted, "{min_area}");
    }
    let run = tianmu(
        dir.path(),
        "scan a.tif -m m -o s.csv --min-area hemp=2",
        &[],
    )
    .expect(0);
    let said = "none found of 6 m² (poppy), 2 m² (hemp) and more";
    assert!(run.out.contains(said), "{}", run.out);
    let run = tianmu(
        dir.path(),
        "scan a.tif -m m -o t.csv --min-area maize=2",
        &[],
    );
    assert!(
        run.err.contains("one of the classes background"),
        "{}",
        run.err
    );
}

#[test]
fn parts_within_the_merge_distance_are_one_site() {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05)
        .plot([20, 30, 40, 50], POPPY)
        // Ten pixels, half a metre, to the right; hemp lies between.
        .plot([70, 30, 20, 50], POPPY)
        .plot([62, 30, 5, 50], HEMP);
    let image = scene.save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let within = |metres| {
        let scan = Job::new([&image], &model)
            .with(|s| s.merge_distance = Some(metres))
            .run();
        pixel_sites(&scan.sites, &scene)
    };
    let apart = [
        "poppy 40×50 at 20,30",
        "hemp 5×50 at 62,30",
        "poppy 20×50 at 70,30",
    ];
    assert_eq!(within(0.0), apart);
    assert_eq!(within(0.45), apart);
    assert_eq!(
        within(0.55),
        [
            "poppy 70×50 at 20,30, 3000 px in 2 parts",
            "hemp 5×50 at 62,30"
        ]
    );
}

#[test]
fn the_position_error_holds_the_images_and_the_cells() {
    let (dir, _, image, model) = painted(&ModelKit::segmenter());
    let error = |model: &Path, metres: f64| {
        let job = Job::new([&image], model).with(|s| s.position_error = Some(metres));
        job.run().sites[0].pos_err_m
    };
    assert!((error(&model, 3.0) - 3.0).abs() < 1e-3);
    let tile = ModelKit::classifier().save(dir.path(), "tile");
    // Half the diagonal of a tile of 1.6 m.
    assert!((error(&tile, 0.0) - 1.1314).abs() < 1e-2);
}

#[test]
fn flag_beats_config_file_beats_model_beats_default() {
    let (dir, ..) = painted(&ModelKit::segmenter().set("tianmu:min_area_m2", 0.25));
    fs_err::write(
        dir.path().join("tianmu.toml"),
        "overlap = 24\ntile-size = 96\nthreshold = \"poppy=0.25\"\n",
    )
    .unwrap();
    tianmu(dir.path(), "scan a.tif -m m -o s.csv -q --overlap 8", &[]).expect(0);
    let record = json_file(&dir.path().join("s.csv.run.json"));
    let setting = |name: &str| {
        let all = record["settings"].as_array().unwrap();
        let found = all.iter().find(|s| s["name"] == name).unwrap();
        (found["value"].to_string(), found["source"].to_string())
    };
    for (name, value, source) in [
        ("overlap", "8", "flag"),
        ("tile-size", "96", "config"),
        ("threshold", "\"poppy=0.25\"", "config"),
        ("min-area", "0.25", "sidecar"),
        ("gsd", "0.05", "sidecar"),
        ("activation", "\"softmax\"", "trial"),
        ("merge-distance", "0.0", "default"),
        ("classes", "[\"poppy\",\"hemp\"]", "default"),
        ("assume-crs", "null", "default"),
    ] {
        let wanted = (value.to_owned(), format!("\"{source}\""));
        assert_eq!(setting(name), wanted, "{name}");
    }
    // Every setting of the command line stands there, and no other decides unseen.
    assert!(record["settings"].as_array().unwrap().len() >= 14);
}

#[test]
fn another_config_file_can_be_named() {
    let (dir, ..) = painted(&ModelKit::segmenter());
    fs_err::write(dir.path().join("tianmu.toml"), "min-area = 1.0").unwrap();
    fs_err::write(dir.path().join("other.toml"), "min-area = 2.0").unwrap();
    let words = "scan a.tif -m m -o s.csv -q --config other.toml";
    tianmu(dir.path(), words, &[]).expect(0);
    let record = json_file(&dir.path().join("s.csv.run.json"));
    assert_eq!(record["sites_by_class"][1], serde_json::json!(["hemp", 0]));
}
