//! What people see, word for word: help, reports, errors. Each run is a transcript:
//! the command, what it printed, how it ended.
//!
//! After a change that is meant, `INSTA_UPDATE=always cargo test --test it cli` writes
//! the new text; read the difference before it is committed.

use crate::support::{Bands, Empty, HEMP, ModelKit, POPPY, Pixels, Scene, rectangle_file, tianmu};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use tempfile::{TempDir, tempdir};

/// What differs from run to run, from machine to machine, or is said by others.
const FILTERS: [(&str, &str); 9] = [
    (r"\b[0-9a-f]{8}-(\d{5})\b", "[run]-$1"),
    (r"\d+\.\d s on cpu; written", "[time] s on cpu; written"),
    (
        r"about \d+ s with \d+ workers",
        "about [time] s with [n] workers",
    ),
    (r"about \d+ [MK]iB of memory", "about [size] of memory"),
    (r"pixels, \d+ [MK]iB", "pixels, [size]"),
    (r"tianmu \d+\.\d+\.\d+", "tianmu [version]"),
    (
        r"(as a raster|cannot be loaded|rows \d+\.\.\d+): .+",
        "$1: [their words]",
    ),
    (
        r"(does not understand|is not understood|cannot be opened) \(.+\)",
        "$1 ([their words])",
    ),
    (r"\(os error \d+\)", "(os error [n])"),
];

fn check(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (pattern, shown) in FILTERS {
        settings.add_filter(pattern, shown);
    }
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Runs commands one after the other in a folder.
fn transcript(folder: &Path, commands: &[&str]) -> String {
    let mut text = String::new();
    for words in commands {
        let ran = tianmu(folder, words, &[]);
        let _ = writeln!(text, "{}", format!("$ tianmu {words}").trim_end());
        for (stream, said) in [("", &ran.out), ("! ", &ran.err)] {
            for line in said.lines() {
                let _ = writeln!(text, "{}", format!("{stream}{line}").trim_end());
            }
        }
        let _ = writeln!(text, "exit {}\n", ran.code);
    }
    text
}

fn painted() -> (TempDir, Scene) {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05)
        .taken("2026:05:04 10:20:30")
        .plot([40, 30, 80, 90], POPPY)
        .plot([150, 60, 40, 50], HEMP);
    scene.save(dir.path(), "a.tif");
    ModelKit::segmenter()
        .set("tianmu:smallest_plot_m2", 4.5)
        .save(dir.path(), "m");
    (dir, scene)
}

#[test]
fn help() {
    let dir = tempdir().unwrap();
    for (name, command) in [
        ("help", "--help"),
        ("help_scan", "scan --help"),
        ("help_inspect", "inspect --help"),
        ("help_bench", "bench --help"),
    ] {
        check(name, &transcript(dir.path(), &[command]));
    }
}

#[test]
fn usage() {
    let dir = tempdir().unwrap();
    let commands = [
        "--version",
        "",
        "look",
        "scan",
        "scan a.tif -m m -o s.gpkg --workers many",
    ];
    check("usage", &transcript(dir.path(), &commands));
}

#[test]
fn reports_of_scans() {
    let (dir, scene) = painted();
    let note = |class: &str, id: &str| json!({"class": class, "id": id, "stage": "flowering"});
    rectangle_file(
        &dir.path().join("truth.geojson"),
        &scene,
        "EPSG:4326",
        &[
            ([38, 32, 80, 90], note("poppy", "north")),
            ([10, 120, 20, 20], note("poppy", "south")),
        ],
    );
    Scene::utm(50, 0.05).save(dir.path(), "bare.tif");
    fs_err::write(dir.path().join("text.tif"), "no image").unwrap();
    ModelKit::segmenter()
        .without_sidecar()
        .save(dir.path(), "unnamed");
    let commands = [
        "scan a.tif -m m -o s.gpkg -o s.csv",
        "scan a.tif -m m -o truth.csv --truth truth.geojson",
        "scan bare.tif -m m -o zero.geojson",
        "scan text.tif a.tif -m m -o some.csv",
        "scan text.tif -m m -o none.csv",
        "scan a.tif -m unnamed -o notes.csv",
        "scan a.tif -m m -o labelled.csv --chips chips --chip-size 128",
        "scan bare.tif -m m -o bare.csv --chips none --chips-background 0",
    ];
    check("scan_reports", &transcript(dir.path(), &commands));
}

#[test]
fn reports_of_inspections() {
    let (dir, _) = painted();
    ModelKit::classifier()
        .metadata("made by", "hand")
        .save(dir.path(), "tile");
    Scene::utm(50, 0.2)
        .pixels(Pixels::Uint16 {
            gain: 13.0,
            offset: 300.0,
        })
        .bands(Bands::FalseAlpha)
        .without_crs()
        .save(dir.path(), "odd.tif");
    Scene::degrees(102.0, 24.5, 5e-7)
        .empty([0, 0, 200, 30], Empty::Nodata(0.0))
        .overviews(&[2, 4])
        .save(dir.path(), "degrees.tif");
    let commands = [
        "inspect a.tif m",
        "inspect degrees.tif tile",
        "inspect odd.tif",
        "inspect odd.tif m --assume-crs EPSG:32650",
        "inspect odd.tif m",
    ];
    check("inspect_reports", &transcript(dir.path(), &commands));
}

#[test]
fn errors_of_images() {
    let dir = tempdir().unwrap();
    ModelKit::segmenter().save(dir.path(), "m");
    let scene = Scene::utm(50, 0.05);
    scene.save(dir.path(), "a.tif");
    scene.clone().without_crs().save(dir.path(), "lost.tif");
    scene
        .clone()
        .bands(Bands::Grey)
        .save(dir.path(), "grey.tif");
    scene
        .clone()
        .moved(9e9, 0.0)
        .save(dir.path(), "nowhere.tif");
    fs_err::write(dir.path().join("text.tif"), "no image").unwrap();
    let whole = fs_err::read(scene.striped().save(dir.path(), "cut.tif")).unwrap();
    fs_err::write(dir.path().join("cut.tif"), &whole[..whole.len() / 2]).unwrap();
    let commands = [
        "scan none.tif -m m -o s.csv",
        "scan *.jp2 -m m -o s.csv",
        "scan text.tif -m m -o 1.csv -q",
        "scan cut.tif -m m -o 2.csv -q --workers 1",
        "scan lost.tif -m m -o 3.csv -q",
        "scan lost.tif -m m -o 4.csv -q --assume-crs EPSG:1",
        "scan grey.tif -m m -o 5.csv -q",
        "scan nowhere.tif -m m -o 6.csv -q",
        "scan a.tif -m m -o 7.csv -q --bands 1,2",
        "scan a.tif -m m -o 8.csv -q --bands 1,2,4",
        "scan a.tif -m m -o 9.csv -q --aoi none.gpkg",
        "scan a.tif -m m -o 9.csv -q --aoi a.tif",
        "scan a.tif -m m -o 9.csv -q --truth none.gpkg",
    ];
    check("errors_of_images", &transcript(dir.path(), &commands));
}

#[test]
fn errors_of_models() {
    let dir = tempdir().unwrap();
    Scene::utm(50, 0.05).save(dir.path(), "a.tif");
    fs_err::write(dir.path().join("text.onnx"), "no model").unwrap();
    fs_err::create_dir(dir.path().join("empty")).unwrap();
    let four = json!([{"bands": ["red", "green", "blue", "nir"]}]);
    let kit = ModelKit::segmenter;
    for (name, kit) in [
        ("four", kit().set("mlm:input", four)),
        ("task", kit().set("mlm:tasks", json!(["object-detection"]))),
        ("background", kit().set("tianmu:background", json!(["sea"]))),
        ("activation", kit().set("tianmu:activation", "relu")),
        (
            "threshold",
            kit().set("tianmu:threshold", Value::from("high")),
        ),
    ] {
        kit.save(dir.path(), name);
    }
    kit().save(dir.path(), "broken");
    fs_err::write(dir.path().join("broken/model.json"), "{").unwrap();
    let commands = [
        "scan a.tif -m none.onnx -o s.csv",
        "scan a.tif -m empty -o s.csv",
        "scan a.tif -m text.onnx -o s.csv",
        "scan a.tif -m four -o s.csv",
        "scan a.tif -m task -o s.csv",
        "scan a.tif -m background -o s.csv",
        "scan a.tif -m activation -o s.csv",
        "scan a.tif -m threshold -o s.csv",
        "scan a.tif -m broken -o s.csv",
        "scan a.tif -m four --model-config none.json -o s.csv",
        "inspect text.onnx",
    ];
    check("errors_of_models", &transcript(dir.path(), &commands));
}

#[test]
fn errors_of_settings_and_outputs() {
    let (dir, _) = painted();
    ModelKit::segmenter()
        .fixed_size(64)
        .fixed_batch(2)
        .save(dir.path(), "fixed");
    fs_err::write(dir.path().join("bad.toml"), "tilesize = 3").unwrap();
    fs_err::write(dir.path().join("there.csv"), "mine").unwrap();
    let commands = [
        "scan a.tif -m m -o s.csv --gsd 0",
        "scan a.tif -m m -o s.csv --overlap 64",
        "scan a.tif -m m -o s.csv --tile-size 8",
        "scan a.tif -m m -o s.csv --threshold high",
        "scan a.tif -m m -o s.csv --threshold maize=0.5",
        "scan a.tif -m m -o s.csv --classes maize",
        "scan a.tif -m m -o s.csv --workers 0",
        "scan a.tif -m m -o s.csv --batch 0",
        "scan a.tif -m m -o s.csv --min-area=-1",
        "scan a.tif -m fixed -o s.csv --tile-size 128",
        "scan a.tif -m fixed -o s.csv --batch 3",
        "scan a.tif -m m -o s.csv --config bad.toml",
        "scan a.tif -m m -o s.csv --config none.toml",
        "scan a.tif a.tif m -m m -o s.csv",
        "scan a.tif -m m -o s.shp",
        "scan a.tif -m m -o s.csv -o ./s.csv",
        "scan a.tif -m m -o there.csv",
        "scan a.tif -m m -o none/s.csv",
        "scan a.tif -m m -o s.csv --heatmap there.csv",
        "scan a.tif -m m -o s.csv --chips m",
        "scan a.tif -m m -o s.csv --chips m --overwrite",
        "scan a.tif -m m -o s.csv --chips there.csv",
        "scan a.tif -m m -o s.csv --chips none/chips",
        "scan a.tif -m m -o s.csv --chips thumbs --thumbs thumbs",
        "scan a.tif -m m -o s.csv --chips chips --chips-layout voc",
        "scan a.tif -m m -o s.csv --chip-size 64",
    ];
    let text = transcript(dir.path(), &commands);
    check("errors_of_settings_and_outputs", &text);
}
