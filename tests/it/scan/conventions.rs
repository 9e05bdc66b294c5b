//! What models say of themselves, in every convention, and who is believed.

use crate::support::{
    DetectorKit, HEMP, Job, Layout, ModelKit, Output, POPPY, Scene, pixel_sites, tianmu,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tempfile::{TempDir, tempdir};

fn painted() -> (TempDir, Scene, PathBuf) {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05)
        .plot([40, 32, 24, 24], POPPY)
        .plot([136, 80, 24, 24], HEMP);
    let image = scene.save(dir.path(), "a.tif");
    (dir, scene, image)
}

const BOTH: [&str; 2] = ["poppy 24×24 at 40,32", "hemp 24×24 at 136,80"];

/// What `inspect` says of a model.
fn understood(folder: &Path, model: &Path) -> Value {
    let words = format!("inspect {} --json", model.display());
    let ran = tianmu(folder, &words, &[]).expect(0);
    let all: Value = serde_json::from_str(&ran.out).unwrap();
    all["models"][0].clone()
}

/// A setting: its value, and its source with what told it.
fn setting(model: &Value, name: &str) -> (String, String) {
    let all = model["settings"].as_array().unwrap();
    let found = all.iter().find(|s| s["name"] == name);
    let found = found.unwrap_or_else(|| panic!("no {name} in {all:?}"));
    let text = |key: &str| found[key].as_str().unwrap().to_owned();
    let source = format!("{} {}", text("source"), text("from"));
    (text("value"), source.trim().to_owned())
}

fn assert_settings(model: &Value, wanted: &[(&str, &str, &str)]) {
    for (name, value, source) in wanted {
        let (seen, from) = setting(model, name);
        assert_eq!((seen.as_str(), from.as_str()), (*value, *source), "{name}");
    }
}

#[test]
fn ultralytics_exports_say_everything_but_the_scale() {
    let (dir, scene, image) = painted();
    for (task, layout, end_to_end, decoder) in [
        ("detect", Layout::YoloV8, "False", "yolo-v8"),
        ("segment", Layout::YoloV8Seg, "False", "yolo-v8-seg"),
        ("obb", Layout::YoloV8Obb, "False", "yolo-v8-obb"),
        ("detect", Layout::EndToEnd, "True", "end-to-end"),
        ("segment", Layout::EndToEndSeg, "True", "end-to-end-seg"),
        ("obb", Layout::EndToEndObb, "True", "end-to-end-obb"),
    ] {
        let model = DetectorKit::new(layout)
            .metadata("task", task)
            .metadata("end2end", end_to_end)
            .metadata("stride", "32")
            .metadata("imgsz", "[96, 96]")
            .metadata("names", "{0: 'poppy', 1: 'hemp'}")
            .save(dir.path(), "m");
        assert_settings(
            &understood(dir.path(), &model),
            &[
                ("task", "detection", "metadata `task`, Ultralytics"),
                (
                    "class-names",
                    "poppy, hemp",
                    "metadata `names`, Ultralytics",
                ),
                ("stride", "32 px", "metadata `stride`, Ultralytics"),
                ("threshold", "0.25", "default"),
            ],
        );
        let scan = Job::new([&image], &model)
            .with(|s| s.threshold = Some("0.5".into()))
            .run();
        let found = scan.record.settings.iter().find(|s| s.name == "decoder");
        assert_eq!(found.unwrap().value, json!(decoder));
        let sites = pixel_sites(&scan.sites, &scene);
        let starts = |(site, wanted): (&String, &&str)| site.starts_with(*wanted);
        assert!(
            sites.iter().zip(&BOTH).all(starts) && sites.len() == 2,
            "{decoder}: {sites:?}"
        );
    }
}

#[test]
fn old_yolo_v5_says_stride_and_names_only() {
    let (dir, scene, image) = painted();
    let model = DetectorKit::new(Layout::YoloV5)
        .metadata("stride", "32")
        .metadata("names", "{0: \"poppy, opium\", 1: 'hemp \\'wild\\''}")
        .save(dir.path(), "m");
    let scan = Job::new([&image], &model)
        .with(|s| s.threshold = Some("0.5".into()))
        .run();
    assert_eq!(
        pixel_sites(&scan.sites, &scene),
        ["poppy, opium 24×24 at 40,32", "hemp 'wild' 24×24 at 136,80"]
    );
}

#[test]
fn deepness_and_geodeep_detectors_bring_scale_and_thresholds() {
    let (dir, scene, image) = painted();
    for (layout, det_type, convention, least) in [
        (Layout::YoloV8, "YOLO_Ultralytics", "Deepness", "0.5"),
        (Layout::YoloV8, "YOLO_v9", "Deepness", "0.5"),
        (Layout::YoloV8, "YOLO_v8", "GeoDeep", "0.5"),
        (Layout::YoloV5, "YOLO_v6", "Deepness", "0.5"),
        (
            Layout::YoloV8Seg,
            "YOLO_Ultralytics_segmentation",
            "Deepness",
            "0.5",
        ),
        (Layout::YoloV8Obb, "YOLO_Ultralytics_obb", "Deepness", "0.5"),
        (Layout::RetinaNet, "retinanet", "GeoDeep", "0.5"),
    ] {
        let model = DetectorKit::new(layout)
            .metadata("model_type", "\"Detector\"")
            .metadata("det_type", &format!("\"{det_type}\""))
            .metadata("class_names", r#"{"0": "poppy", "1": "hemp"}"#)
            .metadata("resolution", "5")
            .metadata("tiles_overlap", "34")
            .metadata("det_conf", least)
            .metadata("det_iou_thresh", "0.4")
            .save(dir.path(), "m");
        let from = |key: &str| format!("metadata `{key}`, {convention}");
        assert_settings(
            &understood(dir.path(), &model),
            &[
                ("class-names", "poppy, hemp", &from("class_names")),
                ("gsd", "0.05 m", &from("resolution")),
                ("overlap", "33 px", &from("tiles_overlap")),
                ("threshold", "0.5", &from("det_conf")),
                ("suppression", "0.4", &from("det_iou_thresh")),
            ],
        );
        let scan = Job::new([&image], &model).run();
        let sites = pixel_sites(&scan.sites, &scene);
        let starts = |(site, wanted): (&String, &&str)| site.starts_with(*wanted);
        assert!(
            sites.iter().zip(&BOTH).all(starts) && sites.len() == 2,
            "{det_type}: {sites:?}"
        );
    }
}

#[test]
fn geodeep_has_defaults_of_its_own() {
    let dir = tempdir().unwrap();
    let model = DetectorKit::new(Layout::YoloV8)
        .metadata("model_type", "\"Detector\"")
        .metadata("det_type", "\"YOLO_v8\"")
        .metadata("class_names", r#"{"0": "poppy", "1": "hemp"}"#)
        .save(dir.path(), "m");
    let model = understood(dir.path(), &model);
    for (name, value) in [
        ("threshold", "0.3"),
        ("suppression", "0.8"),
        ("gsd", "0.1 m"),
        ("overlap", "5 px"),
    ] {
        let (seen, source) = setting(&model, name);
        assert_eq!(seen, value, "{name}");
        assert!(source.contains("GeoDeep's default"), "{name}: {source}");
    }
}

#[test]
fn deepness_segmenters_need_the_highest_score_and_their_threshold() {
    let (dir, scene, image) = painted();
    let kit = |threshold: &str| {
        ModelKit::segmenter()
            .without_sidecar()
            .output(Output::Softmax)
            .metadata("model_type", "\"Segmentor\"")
            .metadata(
                "class_names",
                r#"{"0": "_background", "1": "poppy", "2": "hemp"}"#,
            )
            .metadata("resolution", "5")
            .metadata("tile_size", "64")
            .metadata("tiles_overlap", "25")
            .metadata("seg_thresh", threshold)
            .metadata("seg_small_segment", "3")
            .save(dir.path(), "m")
    };
    let model = kit("0.5");
    let facts = understood(dir.path(), &model);
    let from = |key: &str| format!("metadata `{key}`, Deepness");
    assert_settings(
        &facts,
        &[
            ("background", "_background", "default"),
            ("threshold", "argmax>=0.5", &from("seg_thresh")),
            ("min-area", "36 px", &from("seg_small_segment")),
            ("tile-size", "64 px", &from("tile_size")),
            ("overlap", "16 px", &from("tiles_overlap")),
        ],
    );
    let scan = Job::new([&image], &model).run();
    assert_eq!(pixel_sites(&scan.sites, &scene), BOTH);
    let wider = scene.clone().plot([180, 20, 5, 7], POPPY);
    let image = wider.save(dir.path(), "b.tif");
    // 35 pixels are fewer than (2 · 3)².
    let scan = Job::new([&image], &model).run();
    assert_eq!(pixel_sites(&scan.sites, &wider), BOTH);
    let all = Job::new([&image], &model)
        .with(|s| s.min_area = Some("0".into()))
        .run();
    assert_eq!(all.sites.len(), 3);
}

#[test]
fn sidecars_of_other_tools_are_read() {
    let (_dir, scene, image) = painted();
    let kit = ModelKit::segmenter().without_sidecar();
    let write = |folder: &Path, name: &str, json: &Value| {
        fs_err::write(folder.join(name), json.to_string()).unwrap();
    };
    let emd = json!({
        "Framework": "ONNX", "ModelType": "ImageClassification", "ModelFile": "model.onnx",
        "ImageHeight": 64, "ImageWidth": 64, "ExtractBands": [0, 1, 2],
        "Classes": [{"Value": 1, "Name": "poppy"}, {"Value": 2, "Name": "hemp"}],
    });
    let geoai = json!({
        "model_name": "someone/plants", "task": "semantic-segmentation", "input_height": 64,
        "input_width": 64, "input_channels": 3, "opset_version": 17, "output_names": ["logits"],
        "id2label": {"0": "background", "1": "poppy", "2": "hemp"}, "num_labels": 3,
    });
    let habitat = json!({
        "name": "plants", "revision": "20260101", "dependencies": ["model.onnx"],
        "model_filename": "model.onnx", "normalization": null, "activation": "softmax",
    });
    for (file, json, classes) in [
        ("model.emd", &emd, ["poppy", "hemp"]),
        ("model.onnx.json", &geoai, ["poppy", "hemp"]),
        ("model.json", &habitat, ["class_1", "class_2"]),
    ] {
        let own = tempdir().unwrap();
        let folder = kit.save(own.path(), "m");
        write(&folder, file, json);
        // Beside the model, and named instead of it.
        let mut ways = vec![folder.clone()];
        if file != "model.onnx.json" {
            ways.push(folder.join(file));
        }
        for way in ways {
            let scan = Job::new([&image], &way)
                .with(|s| {
                    s.tile_size = Some(64);
                    s.overlap = Some(16);
                })
                .run();
            let wanted: Vec<String> = BOTH
                .iter()
                .zip(["poppy", "hemp"].iter().zip(classes))
                .map(|(site, (word, class))| site.replace(word, class))
                .collect();
            assert_eq!(
                pixel_sites(&scan.sites, &scene),
                wanted,
                "{}",
                way.display()
            );
        }
    }
}

#[test]
fn a_stac_item_names_its_model_and_describes_detectors() {
    let (dir, scene, image) = painted();
    DetectorKit::new(Layout::EndToEnd).save(dir.path(), "boxes");
    let item = json!({
        "type": "Feature",
        "properties": {
            "mlm:name": "plants", "mlm:tasks": ["object-detection"],
            "mlm:input": [{"bands": ["red", "green", "blue"],
                "input": {"shape": [1, 3, 96, 96], "dim_order": ["batch", "bands", "height", "width"], "data_type": "float32"},
                "value_scaling": [{"type": "min-max", "minimum": 0, "maximum": 255}]}],
            "mlm:output": [{"tasks": ["object-detection"], "classification:classes": [
                {"value": 0, "name": "poppy"}, {"value": 1, "name": "hemp"}]}],
            "tianmu:threshold": 0.5, "tianmu:suppression": 0.6, "tianmu:suppression_by": "ios",
        },
        "assets": {"weights": {"href": "./boxes.onnx", "roles": ["mlm:model"]}},
    });
    let path = dir.path().join("plants.json");
    fs_err::write(&path, item.to_string()).unwrap();
    let scan = Job::new([&image], &path).run();
    assert_eq!(pixel_sites(&scan.sites, &scene), BOTH);
    assert_eq!(scan.record.model, "plants");
}

#[test]
fn the_command_line_comes_before_the_sidecar_and_that_before_metadata() {
    let (dir, _, image) = painted();
    let kit = ModelKit::segmenter()
        .metadata("model_type", "\"Segmentor\"")
        .metadata(
            "class_names",
            r#"{"0": "_background", "1": "metadata_1", "2": "metadata_2"}"#,
        )
        .metadata("resolution", "20");
    let classes = |scan: &tianmu::pipeline::Scan| -> Vec<String> {
        scan.sites.iter().map(|s| s.class.clone()).collect()
    };
    let bare = kit.clone().without_sidecar().save(dir.path(), "bare");
    let small = |s: &mut tianmu::pipeline::settings::ScanSettings| {
        s.gsd = Some(0.05);
        s.tile_size = Some(64);
        s.overlap = Some(16);
    };
    let scan = Job::new([&image], &bare).with(small).run();
    assert_eq!(classes(&scan), ["metadata_1", "metadata_2"]);
    let both = kit.save(dir.path(), "both");
    let scan = Job::new([&image], &both).run();
    assert_eq!(classes(&scan), ["poppy", "hemp"]);
    let gsd = scan
        .record
        .settings
        .iter()
        .find(|s| s.name == "gsd")
        .unwrap();
    assert_eq!(
        (&gsd.value, gsd.from.as_str()),
        (&json!(0.05), "`tianmu:gsd_m` in model.json, STAC MLM")
    );
    let scan = Job::new([&image], &both)
        .with(|s| {
            s.model.class_names = Some(["none", "flag_1", "flag_2"].map(str::to_owned).into());
        })
        .run();
    assert_eq!(classes(&scan), ["flag_1", "flag_2"]);
    // A sidecar may lie elsewhere.
    let elsewhere = dir.path().join("other.json");
    fs_err::copy(both.join("model.json"), &elsewhere).unwrap();
    let scan = Job::new([&image], &bare).sidecar(&elsewhere).run();
    assert_eq!(classes(&scan), ["poppy", "hemp"]);
}

#[test]
fn wrong_metadata_is_named_and_can_be_overridden() {
    let (dir, ..) = painted();
    for (key, value, problem) in [
        ("det_type", "\"YOLO_v99\"", "YOLO_v99"),
        ("resolution", "\"fine\"", "resolution"),
        (
            "class_names",
            "{\"0\": \"poppy\", \"2\": \"hemp\"}",
            "class_names",
        ),
    ] {
        DetectorKit::new(Layout::YoloV8)
            .metadata("model_type", "\"Detector\"")
            .metadata(key, value)
            .save(dir.path(), "m");
        let ran = tianmu(dir.path(), "scan a.tif -m m.onnx -o s.csv", &[]).expect(1);
        assert!(ran.err.contains(problem), "{}", ran.err);
        assert!(ran.err.contains("hint: "), "{}", ran.err);
    }
}
