//! A coarse look that leaves out tiles which cannot hold a plot.

use crate::support::{HEMP, ModelKit, POPPY, Scene, json_file, tianmu};
use serde_json::json;
use std::path::Path;
use tempfile::{TempDir, tempdir};

/// To the screen, ground may hold a plot and the colour of hemp is forest. A forest with a
/// clearing on the left, in which a plot stands; open ground with a plot on the right.
fn prepare() -> TempDir {
    let dir = tempdir().unwrap();
    let ground = [60, 120, 50];
    Scene::utm(50, 0.05)
        .size(640, 320)
        .plot([0, 0, 320, 320], HEMP)
        .plot([150, 150, 40, 40], ground)
        .plot([160, 160, 20, 20], POPPY)
        .plot([500, 60, 40, 40], POPPY)
        .overviews(&[2, 4, 8])
        .save(dir.path(), "a.tif");
    ModelKit::segmenter().save(dir.path(), "m");
    ModelKit::segmenter()
        .named(&["rock", "canopy"])
        .set("tianmu:gsd_m", 0.4)
        .set("tianmu:tile_size", 32)
        .set("tianmu:overlap_px", 0)
        .save(dir.path(), "screen");
    dir
}

fn record(folder: &Path, words: &str) -> serde_json::Value {
    let words = format!("scan a.tif -m m -o s.csv --overwrite --classes poppy {words}");
    tianmu(folder, &words, &[]).expect(0);
    json_file(&folder.join("s.csv.run.json"))
}

#[test]
fn tiles_of_forest_are_left_out_and_those_of_clearings_are_not() {
    let dir = prepare();
    let without = record(dir.path(), "");
    assert_eq!(without["counts"]["screened"], 0);
    assert_eq!(without["sites_by_class"], json!([["poppy", 2]]));
    let with = record(dir.path(), "--screen screen");
    assert_eq!(with["sites_by_class"], without["sites_by_class"]);
    let count = |name: &str| with["counts"][name].as_u64().unwrap();
    // Cores of 48 pixels: 7 by 7 of them in the forest, some at its edge or the clearing's.
    assert!(
        (25..=45).contains(&count("screened")),
        "{}",
        count("screened")
    );
    assert_eq!(count("screened") + count("inferred"), count("total"));
    assert!(
        with["statement"]
            .as_str()
            .unwrap()
            .contains("tiles were looked at coarsely only")
    );
    // What was not looked at finely is not covered.
    let covered = |record: &serde_json::Value| record["images"][0]["covered_m2"].as_f64().unwrap();
    assert!(covered(&with) < 0.8 * covered(&without));
    assert_ne!(with["run_id"], without["run_id"]);
    let files = with["files"].as_array().unwrap();
    assert!(files.iter().any(|f| f["role"] == "screen"), "{files:?}");
}

#[test]
fn ground_without_an_image_is_not_taken_for_forest() {
    let dir = prepare();
    let scene = Scene::utm(50, 0.05)
        .size(640, 320)
        .plot([500, 60, 40, 40], POPPY);
    let empty = crate::support::Empty::Mask;
    scene
        .empty([0, 0, 320, 320], empty)
        .save(dir.path(), "a.tif");
    let record = record(dir.path(), "--screen screen");
    assert_eq!(record["counts"]["screened"], 0);
}

#[test]
fn what_is_no_screen_is_refused() {
    let dir = prepare();
    ModelKit::classifier().save(dir.path(), "tile");
    ModelKit::segmenter()
        .named(&["rock", "canopy"])
        .set("tianmu:gsd_m", serde_json::Value::Null)
        .save(dir.path(), "scaleless");
    ModelKit::segmenter().save(dir.path(), "plots");
    for (screen, wanted) in [
        (
            "tile",
            "wanted a segmentation model whose classes besides the background hold no plot",
        ),
        (
            "scaleless",
            "wanted a model that names its ground sample distance",
        ),
        ("plots", "of poppy, which is searched for"),
        ("none", "`none`"),
    ] {
        let words = format!("scan a.tif -m m -o s.csv --screen {screen}");
        let done = tianmu(dir.path(), &words, &[]);
        assert!(done.code == 1 || done.code == 2, "{screen}: {}", done.err);
        assert!(done.err.contains(wanted), "{screen}: {}", done.err);
    }
}
