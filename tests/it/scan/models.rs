//! Models in all their shapes, and what is wrong with some.

use crate::support::{HEMP, Job, ModelKit, Output, POPPY, Scene, pixel_sites, tianmu};
use serde_json::{Value, json};
use std::path::PathBuf;
use tempfile::{TempDir, tempdir};
use tianmu::Error;
use tianmu::pipeline::settings::BatchChoice;

fn painted() -> (TempDir, Scene, PathBuf) {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05)
        .plot([40, 30, 80, 90], POPPY)
        .plot([150, 60, 40, 50], HEMP);
    let image = scene.save(dir.path(), "a.tif");
    (dir, scene, image)
}

#[test]
fn every_shape_of_a_segmentation_model_gives_the_same_sites() {
    let (dir, scene, image) = painted();
    let two = ["poppy 80×90 at 40,30", "hemp 40×50 at 150,60"].as_slice();
    // With two classes, hemp is nearer to ground than to poppy.
    let one = &two[..1];
    let kit = ModelKit::segmenter;
    for (name, kit, wanted) in [
        ("raw scores", kit(), two),
        ("probabilities", kit().output(Output::Softmax), two),
        ("bands last", kit().bands_last(), two),
        ("fixed size", kit().fixed_size(64), two),
        ("fixed batch", kit().fixed_batch(3), two),
        ("both fixed", kit().fixed_size(64).fixed_batch(2), two),
        ("one channel", kit().output(Output::Sigmoid), one),
        ("one raw channel", kit().output(Output::SigmoidLogit), one),
        ("no channel", kit().output(Output::NoChannel), one),
        (
            "no channel, bands last",
            kit().output(Output::NoChannel).bands_last(),
            one,
        ),
    ] {
        let model = kit.save(dir.path(), "m");
        let scan = Job::new([&image], &model).run();
        assert_eq!(pixel_sites(&scan.sites, &scene), wanted, "{name}");
        let site = &scan.sites[0];
        assert!(site.prob > 0.99 && site.prob <= site.prob_max, "{name}");
        let sum: f64 = site.evidence.iter().map(|(_, p)| p).sum();
        assert!((sum - 1.0).abs() < 1e-3, "{name}: {:?}", site.evidence);
    }
}

#[test]
fn every_shape_of_a_classification_model_gives_the_same_sites() {
    let (dir, scene, image) = painted();
    let kit = ModelKit::classifier;
    let mut all = Vec::new();
    for (name, kit) in [
        ("raw scores", kit()),
        ("probabilities", kit().output(Output::Softmax)),
        ("bands last", kit().bands_last()),
        ("fixed", kit().fixed_size(32).fixed_batch(4)),
    ] {
        let model = kit.save(dir.path(), "m");
        let scan = Job::new([&image], &model).run();
        all.push((name, pixel_sites(&scan.sites, &scene)));
    }
    assert!(all[0].1.len() >= 2, "{all:?}");
    for (name, sites) in &all {
        assert_eq!(sites, &all[0].1, "{name}");
    }
    let model = kit().output(Output::Sigmoid).save(dir.path(), "m");
    let scan = Job::new([&image], &model).run();
    assert!(scan.sites.iter().all(|s| s.class == "poppy"));
}

#[test]
fn a_model_without_a_sidecar_is_understood_from_its_shapes() {
    let (dir, scene, image) = painted();
    for kit in [ModelKit::segmenter(), ModelKit::segmenter().bands_last()] {
        let model = kit.without_sidecar().save(dir.path(), "m");
        let scan = Job::new([&image], &model).run();
        assert_eq!(
            pixel_sites(&scan.sites, &scene),
            ["class_1 80×90 at 40,30", "class_2 40×50 at 150,60"]
        );
    }
}

#[test]
fn scores_that_are_no_numbers_are_counted() {
    let (dir, _, image) = painted();
    let model = ModelKit::segmenter()
        .sharpness(f64::NAN)
        .save(dir.path(), "m");
    let scan = Job::new([&image], &model).run();
    assert!(scan.sites.is_empty());
    assert_eq!(scan.record.images[0].not_numbers, 200 * 150);
    // A zero that rests on nothing must say so.
    assert!(
        scan.record.statement.contains("no number"),
        "{}",
        scan.record.statement
    );
}

#[test]
fn what_is_wrong_with_a_model_is_said_before_any_work() {
    let (dir, _, image) = painted();
    let classes = |names: &[&str]| {
        let list: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
        json!([{"classification:classes": list}])
    };
    let kit = ModelKit::segmenter;
    for (kit, problem, hint) in [
        (
            kit().set(
                "mlm:input",
                json!([{"bands": ["red", "green", "blue", "nir"]}]),
            ),
            "takes 3 bands but 4 are named (red, green, blue, nir)",
            "`mlm:input` in model.json, STAC MLM; correct it there, or override it with `--bands`",
        ),
        (
            kit().set("mlm:output", classes(&["background", "poppy"])),
            "gives 3 classes but 2 are named (background, poppy)",
            "override it with `--class-names`",
        ),
        (
            kit().set("mlm:tasks", json!(["scene-classification"])),
            "gives [1, 3, 64, 64] for an input of 64 × 64 pixels, wanted [batch, classes] for classification",
            "`mlm:tasks` in model.json, STAC MLM; correct it there, or override it with `--task`",
        ),
        (
            kit().set("tianmu:threshold", 1.5),
            "has a threshold of `1.5` for ``, wanted 0 to 1",
            "`tianmu:threshold` in model.json, STAC MLM",
        ),
        (
            kit().set("tianmu:background", json!(["nothing here"])),
            "has background `nothing here`, wanted one of background, poppy, hemp",
            "`tianmu:background` in model.json, STAC MLM",
        ),
        (
            kit().set("tianmu:gsd_m", "fine"),
            "has `tianmu:gsd_m` `fine`, wanted a number",
            "models/poppy-seg/model.json is an example",
        ),
    ] {
        let model = kit.save(dir.path(), "m");
        let error = Job::new([&image], &model).attempt().err().unwrap();
        assert!(matches!(error, Error::Model { .. }), "{error}");
        assert!(error.to_string().contains(problem), "{error}");
        let said = error.hint();
        assert!(said.contains(hint), "{said}");
    }
}

#[test]
fn a_size_that_the_model_does_not_take_is_a_setting_to_correct() {
    let (dir, _, image) = painted();
    let model = ModelKit::segmenter().fixed_size(64).save(dir.path(), "m");
    let error = Job::new([&image], &model)
        .with(|s| s.tile_size = Some(128))
        .attempt()
        .err()
        .unwrap();
    assert_eq!(
        error.to_string(),
        "setting `tile-size` is `128`, wanted 64, the only size this model takes"
    );
    let model = ModelKit::segmenter().fixed_batch(3).save(dir.path(), "b");
    let error = Job::new([&image], &model)
        .with(|s| s.batch = Some(BatchChoice::Tiles(1)))
        .attempt()
        .err()
        .unwrap();
    assert_eq!(
        error.to_string(),
        "setting `batch` is `1`, wanted 3, the only batch this model takes"
    );
}

#[test]
fn a_missing_runtime_names_the_command_that_brings_it() {
    let (dir, ..) = painted();
    ModelKit::segmenter().save(dir.path(), "m");
    let nowhere = [("ORT_DYLIB_PATH", "/nowhere/libonnxruntime.so")];
    let ran = tianmu(dir.path(), "scan a.tif -m m -o s.csv", &nowhere).expect(1);
    assert_eq!(
        ran.err,
        "error: ONNX Runtime was not found; looked in `/nowhere/libonnxruntime.so`\n\
         hint: run `make setup` in the project, put the library beside the program, or set \
         ORT_DYLIB_PATH to it\n"
    );
}
