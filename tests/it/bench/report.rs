//! What a benchmark says of painted scenes whose figures can be worked out by hand.

use crate::support::{HEMP, ModelKit, POPPY, Scene, files_in, json_file, rectangle_file, tianmu};
use serde_json::{Value, json};
use std::path::Path;
use tempfile::{TempDir, tempdir};

/// Columns, rows, width, height of a plot that is known, and its class.
type Known = ([u32; 4], &'static str);

/// A scene of 15 by 12.5 m with what is painted on it and what the truth says.
fn scene(folder: &Path, name: &str, at: f64, painted: &[Known], known: &[Known]) {
    let mut scene = Scene::utm(50, 0.05).size(300, 250).moved(at, 0.0);
    for (rect, class) in painted {
        scene = scene.plot(*rect, if *class == "poppy" { POPPY } else { HEMP });
    }
    scene.save(folder, &format!("{name}.tif"));
    let truth: Vec<_> = known
        .iter()
        .map(|(rect, class)| (*rect, json!({"class": class, "stage": "flower"})))
        .collect();
    rectangle_file(
        &folder.join(format!("{name}.geojson")),
        &scene,
        "EPSG:4326",
        &truth,
    );
}

/// Two flights. A: one of two poppies found, one false site of hemp on a look-alike. B: both of
/// its plots found.
fn county() -> TempDir {
    let dir = tempdir().unwrap();
    let first = ([20, 20, 40, 40], "poppy");
    let missed = ([200, 150, 60, 40], "poppy");
    let false_site = ([120, 20, 30, 30], "hemp");
    scene(dir.path(), "a", 0.0, &[first, false_site], &[first, missed]);
    let both = [([30, 30, 40, 40], "poppy"), ([150, 100, 40, 60], "hemp")];
    scene(dir.path(), "b", 1000.0, &both, &both);
    let lookalike = Scene::utm(50, 0.05).size(300, 250);
    rectangle_file(
        &dir.path().join("look.geojson"),
        &lookalike,
        "EPSG:4326",
        &[([115, 15, 40, 40], json!({"class": "nettles"}))],
    );
    let text = "[[scene]]\nimage = 'a.tif'\ntruth = 'a.geojson'\nlookalikes = 'look.geojson'\n\
                flight = '1'\n[[scene]]\nimage = 'b.tif'\ntruth = 'b.geojson'\nflight = '2'\n";
    fs_err::write(dir.path().join("dataset.toml"), text).unwrap();
    ModelKit::segmenter().save(dir.path(), "m");
    dir
}

fn close(value: &Value, wanted: f64) {
    let value = value.as_f64().unwrap();
    assert!((value - wanted).abs() < 1e-9, "{value}, wanted {wanted}");
}

#[test]
fn sites_are_counted_by_class_scene_and_size() {
    let dir = county();
    let words = "bench dataset.toml -m m -o report --repeats 0 -q";
    tianmu(dir.path(), words, &[]).expect(0);
    let report = json_file(&dir.path().join("report/report.json"));
    let model = &report["models"][0];
    let site = &model["site"];
    let count = |key: &str| site[key].as_u64().unwrap();
    assert_eq!(
        ["plots", "found", "sites", "false_sites"].map(count),
        [4, 3, 4, 1]
    );
    close(&site["recall"]["value"], 0.75);
    close(&site["precision"]["value"], 0.75);
    // Two scenes of 15 by 12.5 m.
    let km2 = model["km2"].as_f64().unwrap();
    assert!((km2 * 1e6 / 375.0 - 1.0).abs() < 2e-3, "{km2}");
    close(&site["false_per_km2"]["value"], 1.0 / km2);
    // Flight 1 finds 1 of 2, flight 2 finds 2 of 2: resamples give 0.5, 0.75 or 1.
    close(&site["recall"]["low"], 0.5);
    close(&site["recall"]["high"], 1.0);
    let row = |list: &str, name: &str| {
        let rows = site[list].as_array().unwrap();
        let row = rows.iter().find(|row| row["name"] == name);
        row.unwrap_or_else(|| panic!("{list} has no {name}: {rows:?}"))
            .clone()
    };
    assert_eq!(row("classes", "poppy")["found"], 2);
    assert_eq!(row("classes", "hemp")["false_sites"], 1);
    assert_eq!(row("by_scene", "a")["found"], 1);
    // 2 by 2 m, 2 by 3 m, 3 by 2 m.
    assert_eq!(row("by_size", "4-20 m2")["plots"], 4);
    assert_eq!(row("by_stage", "flower")["plots"], 4);
    assert_eq!(row("by_gsd", "5-10 cm")["plots"], 4);
    let nettles = row("lookalikes", "nettles");
    assert_eq!(
        (&nettles["patches"], &nettles["false_sites"]),
        (&json!(1), &json!(1))
    );
    // The model is sure of itself: the same at any threshold.
    let thresholds = model["thresholds"].as_array().unwrap();
    assert_eq!(thresholds.len(), 3 * 28);
    assert!(
        thresholds[..28]
            .iter()
            .all(|row| row["found"] == 3 && row["false_sites"] == 1)
    );
    close(&site["recall_at_20"]["value"], 0.0);
    assert_eq!(report["dataset"]["group_unit"], "flight");
    assert_eq!(
        files_in(&dir.path().join("report")),
        ["index.html", "models.csv", "report.json", "thresholds.csv"]
    );
    let missed = &model["worst_misses"][0];
    assert_eq!(
        (&missed["scene"], &missed["class"]),
        (&json!("a"), &json!("poppy"))
    );
    assert_eq!(model["worst_false"][0]["note"], "nettles");
}

#[test]
fn tiles_pixels_and_objects_are_measured_where_the_truth_allows() {
    let dir = county();
    let words = "bench dataset.toml -m m --json --repeats 0";
    let json: Value = serde_json::from_str(&tianmu(dir.path(), words, &[]).expect(0).out).unwrap();
    let model = &json["models"][0];
    // Poppies cover 40 · 40 + 60 · 40 in a, 40 · 40 in b; 3200 pixels of them are found.
    let pixels = &model["pixel"]["classes"];
    assert_eq!(
        (&pixels[0]["truth"], &pixels[0]["found"]),
        (&json!(5600), &json!(3200))
    );
    close(&pixels[0]["iou"]["value"], 3200.0 / 5600.0);
    close(&pixels[1]["iou"]["value"], 2400.0 / 3300.0);
    assert_eq!(pixels[2]["name"], "background");
    assert_eq!(model["pixel"]["pixels"], 2 * 300 * 250);
    // Two of three poppies at a precision of one: 67 of the 101 recalls.
    close(
        &model["object"]["classes"][0]["ap50"]["value"],
        67.0 / 101.0,
    );
    let tiles = &model["tile"]["classes"][0];
    close(&tiles["precision"]["value"], 1.0);
    assert!(tiles["recall"]["value"].as_f64().unwrap() < 1.0);
}

#[test]
fn limits_fail_and_baselines_show_the_change() {
    let dir = county();
    let run = |words: &str| tianmu(dir.path(), &format!("bench {words} --repeats 0"), &[]);
    run("dataset.toml -m m -o first --fail-under site_recall=0.75 -q").expect(0);
    let failed = run("dataset.toml -m m --fail-under m:site_precision=0.8 --fail-under ece=1 -q");
    let failed = failed.expect(1);
    assert!(
        failed
            .err
            .contains("failed: site_precision of `m` is 0.7500, wanted at least 0.8"),
        "{}",
        failed.err
    );
    assert!(!failed.err.contains("ece"), "{}", failed.err);
    // Another threshold of area leaves a plot out.
    let words = "dataset.toml -m m -o second --baseline first/report.json --min-area 5 -q";
    run(words).expect(0);
    let report = json_file(&dir.path().join("second/report.json"));
    let changes = report["baseline"]["changes"].as_array().unwrap();
    let recall = changes.iter().find(|c| c["measure"] == "site_recall");
    let recall = recall.unwrap();
    close(&recall["before"], 0.75);
    close(&recall["now"], 0.25);
    // A report is not replaced unasked, and only a report is.
    run("dataset.toml -m m -o first -q").expect(1);
    run("dataset.toml -m m -o first -q --overwrite").expect(0);
    fs_err::create_dir(dir.path().join("mine")).unwrap();
    fs_err::write(dir.path().join("mine/index.html"), "my page").unwrap();
    run("dataset.toml -m m -o mine -q --overwrite").expect(1);
    let kept = fs_err::read_to_string(dir.path().join("mine/index.html")).unwrap();
    assert_eq!(kept, "my page");
}

#[test]
fn a_threshold_goes_into_the_sidecar_and_a_scan_uses_it() {
    let dir = county();
    // Scores fall off at the edges, so that thresholds matter.
    ModelKit::segmenter()
        .blur(3)
        .sharpness(6.0)
        .save(dir.path(), "soft");
    let words = "bench dataset.toml -m soft --repeats 0 --min-recall 0.5 --write-threshold -q";
    tianmu(dir.path(), words, &[]).expect(0);
    let sidecar = json_file(&dir.path().join("soft/model.json"));
    let thresholds = sidecar["properties"]["tianmu:threshold"]
        .as_object()
        .unwrap();
    let mut classes: Vec<&String> = thresholds.keys().collect();
    classes.sort();
    assert_eq!(classes, ["hemp", "poppy"]);
    tianmu(dir.path(), "scan a.tif -m soft -o s.csv -q", &[]).expect(0);
    let record = json_file(&dir.path().join("s.csv.run.json"));
    let settings = record["settings"].as_array().unwrap();
    let used = settings.iter().find(|s| s["name"] == "threshold").unwrap();
    assert_eq!(used["source"], "sidecar");
    let poppy = format!("poppy={}", thresholds["poppy"]);
    assert!(used["value"].as_str().unwrap().contains(&poppy), "{used}");
}

#[test]
fn a_bad_scene_is_left_out_for_all_models() {
    let dir = county();
    fs_err::write(dir.path().join("b.tif"), "no image").unwrap();
    let words = "bench dataset.toml -m m --json --repeats 0";
    let ran = tianmu(dir.path(), words, &[]).expect(3);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["models"][0]["site"]["plots"], 2);
    let warnings = json["dataset"]["warnings"].to_string();
    assert!(warnings.contains("scene `b` is left out"), "{warnings}");
    assert_eq!(json["dataset"]["groups"], 1);
    assert_eq!(json["models"][0]["site"]["recall"]["low"], Value::Null);
}

#[test]
fn costs_are_those_of_the_program() {
    let dir = county();
    let words = "bench dataset.toml -m m --json --repeats 2 --workers 1";
    let ran = tianmu(dir.path(), words, &[]).expect(0);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    let cost = &json["models"][0]["cost"];
    assert_eq!((&cost["repeats"], &cost["threads"]), (&json!(2), &json!(1)));
    assert_eq!(cost["pixels"], 300 * 250);
    let number = |key: &str| cost[key].as_f64().unwrap();
    close(&cost["mpx_per_s"], 0.075 / number("seconds"));
    for key in [
        "decode_alone_s",
        "infer_alone_s",
        "share_of_limit",
        "tiles_per_s",
    ] {
        assert!(number(key) > 0.0, "{key}");
    }
    let range = [0, 1].map(|i| cost["seconds_range"][i].as_f64().unwrap());
    assert!(range[0] <= number("seconds") && number("seconds") <= range[1]);
}

#[test]
fn predictions_of_any_program_are_compared() {
    let dir = county();
    tianmu(dir.path(), "scan a.tif -m m -o found.geojson -q", &[]).expect(0);
    let words = "bench --predictions found.geojson --truth a.geojson --json";
    let ran = tianmu(dir.path(), words, &[]).expect(0);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    let site = &json["models"][0]["site"];
    assert_eq!(
        (&site["plots"], &site["found"], &site["false_sites"]),
        (&json!(2), &json!(1), &json!(1))
    );
    assert_eq!(site["false_per_km2"]["value"], Value::Null);
    let scene = Scene::utm(50, 0.05).size(300, 250);
    rectangle_file(
        &dir.path().join("aoi.geojson"),
        &scene,
        "EPSG:4326",
        &[([0, 0, 100, 250], json!({}))],
    );
    let ran = tianmu(dir.path(), &format!("{words} --aoi aoi.geojson"), &[]).expect(0);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    let model = &json["models"][0];
    assert_eq!(
        (&model["site"]["plots"], &model["site"]["false_sites"]),
        (&json!(1), &json!(0))
    );
    // 5 by 12.5 m.
    assert!((model["km2"].as_f64().unwrap() * 1e6 / 62.5 - 1.0).abs() < 2e-3);
}

#[test]
fn classes_that_no_model_knows_are_named() {
    let dir = county();
    let text = fs_err::read_to_string(dir.path().join("a.geojson")).unwrap();
    fs_err::write(dir.path().join("a.geojson"), text.replace("poppy", "罂粟")).unwrap();
    let words = "bench dataset.toml -m m --json --repeats 0";
    let ran = tianmu(dir.path(), words, &[]).expect(0);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    let warnings = json["dataset"]["warnings"].to_string();
    assert!(
        warnings.contains("no model searches for `罂粟` (2 plots"),
        "{warnings}"
    );
    // A site on such a plot is false, and says what it lies on.
    assert_eq!(json["models"][0]["site"]["false_sites"], 2);
    let toml = fs_err::read_to_string(dir.path().join("dataset.toml")).unwrap();
    let renamed = format!("[classes]\n'罂粟' = 'poppy'\n{toml}");
    fs_err::write(dir.path().join("dataset.toml"), renamed).unwrap();
    let ran = tianmu(dir.path(), words, &[]).expect(0);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["models"][0]["site"]["found"], 3);
}
