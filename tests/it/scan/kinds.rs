//! Kinds of answers and inputs: outputs of other sizes and axis orders, several heads,
//! several labels, values, element types, symmetries.

use crate::support::{Element, HEMP, Job, ModelKit, Output, POPPY, Scene, pixel_sites, tianmu};
use gdal::Dataset;
use serde_json::json;
use std::path::PathBuf;
use tempfile::{TempDir, tempdir};

fn painted() -> (TempDir, Scene, PathBuf) {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05)
        .plot([40, 32, 80, 92], POPPY)
        .plot([152, 60, 40, 52], HEMP);
    let image = scene.save(dir.path(), "a.tif");
    (dir, scene, image)
}

const BOTH: [&str; 2] = ["poppy 80×92 at 40,32", "hemp 40×52 at 152,60"];

#[test]
fn outputs_of_every_size_and_axis_order_give_the_same_sites() {
    let (dir, scene, image) = painted();
    let kit = ModelKit::segmenter;
    for (name, kit) in [
        ("classes last", kit().output(Output::ChannelsLast)),
        ("both last", kit().output(Output::ChannelsLast).bands_last()),
        ("class numbers", kit().output(Output::Numbers)),
        ("each class for itself", kit().output(Output::MultiLabel)),
        ("cropped", kit().output(Output::Cropped)),
        (
            "cropped and fixed",
            kit().output(Output::Cropped).fixed_size(64),
        ),
        ("no batch axis", kit().batchless()),
        (
            "no batch axis, bands last",
            kit()
                .batchless()
                .bands_last()
                .set("mlm:input", json!([{"bands": ["red", "green", "blue"]}])),
        ),
        ("half floats", kit().element(Element::Half)),
        (
            "bytes",
            kit().element(Element::Byte).set(
                "mlm:input",
                json!([{"bands": ["red", "green", "blue"], "input": {"data_type": "uint8"}}]),
            ),
        ),
    ] {
        let model = kit.save(dir.path(), "m");
        let scan = Job::new([&image], &model).run();
        assert_eq!(pixel_sites(&scan.sites, &scene), BOTH, "{name}");
    }
}

#[test]
fn a_coarse_output_is_enlarged_between_its_pixels() {
    let (dir, scene, image) = painted();
    // Plots lie on multiples of the four pixels that are answered together.
    let model = ModelKit::segmenter()
        .output(Output::Coarse)
        .save(dir.path(), "m");
    let scan = Job::new([&image], &model).run();
    let areas: Vec<f64> = scan.sites.iter().map(|s| s.area_m2 / 0.0025).collect();
    assert_eq!(areas.len(), 2, "{:?}", pixel_sites(&scan.sites, &scene));
    for (area, wanted) in areas.iter().zip([80.0 * 92.0, 40.0 * 52.0]) {
        assert!((area - wanted).abs() < 0.06 * wanted, "{area} for {wanted}");
    }
}

#[test]
fn every_head_finds_its_own() {
    let (dir, scene, image) = painted();
    let model = ModelKit::segmenter()
        .second_head()
        .set(
            "mlm:output",
            json!([
                {"classification:classes": [
                    {"value": 0, "name": "background"}, {"value": 1, "name": "poppy"}, {"value": 2, "name": "hemp"}
                ]},
                {"classification:classes": [{"value": 0, "name": "hemp again"}]},
            ]),
        )
        .output(Output::Softmax)
        .save(dir.path(), "m");
    let scan = Job::new([&image], &model).run();
    assert_eq!(
        pixel_sites(&scan.sites, &scene),
        [BOTH[0], BOTH[1], "hemp again 40×52 at 152,60"]
    );
}

#[test]
fn a_classifier_without_a_batch_axis_scores_tiles() {
    let (dir, scene, image) = painted();
    let sites = |kit: ModelKit| {
        let model = kit.save(dir.path(), "m");
        pixel_sites(&Job::new([&image], &model).run().sites, &scene)
    };
    let kit = ModelKit::classifier;
    assert_eq!(sites(kit().batchless()), sites(kit()));
}

#[test]
fn a_tile_may_show_several_things() {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05).plot([64, 32, 32, 32], POPPY);
    let image = scene.save(dir.path(), "a.tif");
    // Each class for itself, and so little sure of itself that a poppy tile is hemp too.
    let kit = ModelKit::classifier()
        .output(Output::MultiLabel)
        .sharpness(0.5);
    let model = kit.save(dir.path(), "m");
    let scan = Job::new([&image], &model)
        .with(|s| {
            s.threshold = Some("0".into());
            s.classes = Some(vec!["poppy".into(), "hemp".into()]);
        })
        .run();
    let classes: Vec<&str> = scan.sites.iter().map(|s| s.class.as_str()).collect();
    assert_eq!(classes, ["poppy", "hemp"]);
}

#[test]
fn symmetries_of_a_tile_change_no_site() {
    let (dir, scene, image) = painted();
    for (name, kit) in [
        ("segmenter", ModelKit::segmenter().blur(1)),
        ("bands last", ModelKit::segmenter().bands_last()),
        (
            "classes last",
            ModelKit::segmenter().output(Output::ChannelsLast),
        ),
        (
            "no channel",
            ModelKit::segmenter().output(Output::NoChannel),
        ),
        ("classifier", ModelKit::classifier()),
    ] {
        let model = kit.save(dir.path(), "m");
        let scan = |tta| {
            let done = Job::new([&image], &model).with(|s| s.tta = Some(tta)).run();
            (pixel_sites(&done.sites, &scene), done.record.run_id)
        };
        let (plain, plain_id) = scan(false);
        let (averaged, averaged_id) = scan(true);
        assert_eq!(averaged, plain, "{name}");
        assert_ne!(averaged_id, plain_id, "{name}");
    }
}

#[test]
fn a_regression_gives_a_georeferenced_raster() {
    let (dir, scene, _) = painted();
    ModelKit::segmenter()
        .output(Output::SigmoidLogit)
        .without_sidecar()
        .metadata("model_type", "\"Regressor\"")
        .metadata("reg_output_scaling", "0.5")
        .save(dir.path(), "m");
    tianmu(
        dir.path(),
        "scan a.tif -m m --tile-size 64 --overlap 16 -o values.tif",
        &[],
    )
    .expect(0);
    let values = Dataset::open(dir.path().join("values.tif")).unwrap();
    let image = Dataset::open(dir.path().join("a.tif")).unwrap();
    assert_eq!(values.raster_size(), image.raster_size());
    let bits = |set: &Dataset| set.geo_transform().unwrap().map(f64::to_bits);
    assert_eq!(bits(&values), bits(&image));
    assert_eq!(values.raster_count(), 1);
    let band = values.rasterband(1).unwrap();
    let at =
        |x: isize, y: isize| band.read_as::<f32>((x, y), (1, 1), (1, 1), None).unwrap()[(0, 0)];
    // The raw score, halved: positive on poppy, negative on ground.
    assert!(
        at(60, 60) > 1.0 && at(5, 5) < -1.0,
        "{} {}",
        at(60, 60),
        at(5, 5)
    );
    let outside = scene.transform();
    assert!(outside.map_to_pixel(0.0, 0.0).is_some());
    let record = crate::support::json_file(&dir.path().join("values.tif.run.json"));
    let statement = record["statement"].as_str().unwrap();
    assert!(statement.contains("they are no sites"), "{statement}");
}

#[test]
fn a_kind_of_model_takes_its_own_outputs_only() {
    let (dir, ..) = painted();
    ModelKit::segmenter()
        .output(Output::SigmoidLogit)
        .without_sidecar()
        .metadata("model_type", "Regressor")
        .save(dir.path(), "values");
    ModelKit::segmenter().save(dir.path(), "m");
    ModelKit::segmenter()
        .output(Output::Numbers)
        .save(dir.path(), "numbers");
    for (words, problem) in [
        (
            "scan a.tif -m values -o s.gpkg",
            "wanted one name that ends in `.tif`",
        ),
        (
            "scan a.tif -m values -o v.tif --thumbs t",
            "wanted a model that finds sites",
        ),
        ("scan a.tif -m m -o s.tif", "scores go to `--heatmap`"),
        (
            "scan a.tif -m numbers -o s.csv --tta",
            "wanted a model that gives scores",
        ),
        (
            "scan a.tif -m m -o s.csv --device cuda:3",
            "device `cuda:3` is not in the ONNX Runtime library in use",
        ),
        (
            "scan a.tif -m m -o s.csv --device gpu",
            "wanted auto, cpu, cuda[:n]",
        ),
    ] {
        let ran = tianmu(dir.path(), words, &[]).expect(2);
        assert!(ran.err.contains(problem), "{}", ran.err);
        assert!(ran.err.contains("hint: "), "{}", ran.err);
    }
}
