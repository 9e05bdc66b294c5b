//! Files that a scan writes, or leaves alone.

use crate::support::{
    Empty, Job, ModelKit, POPPY, Pixels, Scene, files_in, json_file, rectangle_file, tianmu,
};
use gdal::{Dataset, Metadata};
use serde_json::json;
use tempfile::{TempDir, tempdir};
use tianmu::georef::round_to_u32;

fn painted() -> (TempDir, Scene) {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05)
        .taken("2026:05:04 10:20:30")
        .plot([40, 30, 80, 90], POPPY);
    scene.save(dir.path(), "a.tif");
    ModelKit::segmenter().save(dir.path(), "m");
    (dir, scene)
}

#[test]
fn every_format_and_the_record_and_nothing_else() {
    let (dir, _) = painted();
    let words = "scan a.tif -m m -o s.gpkg -o s.geojson -o s.csv --heatmap h.tif";
    tianmu(dir.path(), words, &[]).expect(0);
    assert_eq!(
        files_in(dir.path()),
        [
            "a.tif",
            "h.tif",
            "m",
            "s.csv",
            "s.geojson",
            "s.gpkg",
            "s.gpkg.run.json"
        ]
    );
    let collection = json_file(&dir.path().join("s.geojson"));
    let site = &collection["features"][0]["properties"];
    assert_eq!(site["class"], "poppy");
    assert_eq!(site["capture_time"], "2026-05-04T10:20:30");
    assert_eq!(site["status"], "candidate");
    let csv = fs_err::read_to_string(dir.path().join("s.csv")).unwrap();
    assert_eq!(csv.matches("\r\n").count(), 2);
}

#[test]
fn what_exists_is_left_alone_unless_told_otherwise() {
    let (dir, _) = painted();
    for existing in ["s.gpkg", "s.gpkg.run.json", "h.tif"] {
        let path = dir.path().join(existing);
        fs_err::write(&path, "mine").unwrap();
        let words = "scan a.tif -m m -o s.gpkg --heatmap h.tif";
        let refused = tianmu(dir.path(), words, &[]).expect(1);
        assert_eq!(
            refused.err,
            format!(
                "error: `{existing}` exists already\n\
                 hint: choose another name, or pass `--overwrite` to replace it\n"
            )
        );
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "mine");
        let mut names = ["a.tif", "m", existing];
        names.sort_unstable();
        assert_eq!(files_in(dir.path()), names);
        tianmu(dir.path(), &format!("{words} --overwrite"), &[]).expect(0);
        assert_ne!(fs_err::read(&path).unwrap(), b"mine");
        for made in ["s.gpkg", "s.gpkg.run.json", "h.tif"] {
            fs_err::remove_file(dir.path().join(made)).unwrap();
        }
    }
}

#[test]
fn an_input_is_never_replaced() {
    let (dir, scene) = painted();
    let area = dir.path().join("area.geojson");
    rectangle_file(
        &area,
        &scene,
        "EPSG:4326",
        &[([0, 0, 99, 99], json!({"class": "poppy"}))],
    );
    for (words, input) in [
        ("-o s.csv --heatmap a.tif", "a.tif"),
        ("-o s.csv --heatmap ./a.tif", "a.tif"),
        ("-o area.geojson --aoi area.geojson", "area.geojson"),
        ("-o area.geojson --truth area.geojson", "area.geojson"),
        ("-o s.csv --heatmap m/model.onnx", "m/model.onnx"),
    ] {
        let path = dir.path().join(input);
        let before = fs_err::read(&path).unwrap();
        let words = format!("scan a.tif -m m {words} --overwrite");
        let ran = tianmu(dir.path(), &words, &[]);
        assert!(fs_err::read(&path).unwrap() == before, "{words}");
        ran.expect(2);
    }
}

#[test]
fn a_heatmap_has_a_name_of_its_own_and_says_what_it_is() {
    let (dir, _) = painted();
    let before = files_in(dir.path());
    for words in [
        "scan a.tif -m m -o s.gpkg --heatmap s.gpkg",
        "scan a.tif -m m -o s.gpkg --heatmap h.png",
    ] {
        tianmu(dir.path(), words, &[]).expect(2);
        assert_eq!(files_in(dir.path()), before, "{words}");
    }
}

#[test]
fn a_place_where_no_pictures_can_be_is_told_before_any_work() {
    let (dir, _) = painted();
    let before = files_in(dir.path());
    tianmu(dir.path(), "scan a.tif -m m -o s.csv --thumbs a.tif", &[]).expect(2);
    assert_eq!(files_in(dir.path()), before);
}

#[test]
fn a_failure_leaves_nothing_behind() {
    let (dir, scene) = painted();
    let before = files_in(dir.path());
    for (words, code) in [
        ("scan a.tif -m m -o s.gpkg --heatmap h.tif --aoi no.gpkg", 1),
        ("scan a.tif -m none -o s.gpkg --heatmap h.tif", 1),
        ("scan a.tif -m m -o s.gpkg --heatmap h.tif --overlap 99", 2),
        ("scan a.tif -m m -o no/s.gpkg --heatmap h.tif", 1),
        ("scan a.tif -m m -o s.gpkg --heatmap no/h.tif", 1),
    ] {
        tianmu(dir.path(), words, &[]).expect(code);
        assert_eq!(files_in(dir.path()), before, "{words}");
    }
    // Damage that shows only while pixels are read.
    let whole = scene.striped().save(dir.path(), "b.tif");
    let bytes = fs_err::read(&whole).unwrap();
    fs_err::write(&whole, &bytes[..4000]).unwrap();
    let words = "scan b.tif -m m -o s.csv --heatmap h.tif";
    tianmu(dir.path(), words, &[]).expect(3);
    assert_eq!(
        files_in(dir.path()),
        ["a.tif", "b.tif", "m", "s.csv.run.json"]
    );
}

#[test]
fn a_heatmap_is_a_cloud_optimised_raster_of_scores() {
    let (dir, scene) = painted();
    let scene = scene.empty([100, 0, 100, 150], Empty::Mask);
    let image = scene.save(dir.path(), "b.tif");
    let aoi = dir.path().join("aoi.geojson");
    rectangle_file(
        &aoi,
        &scene,
        "EPSG:4326",
        &[([20, 10, 170, 100], json!({}))],
    );
    let path = dir.path().join("heat.tif");
    let model = dir.path().join("m");
    Job::new([&image], &model).aoi(&aoi).heatmap(&path).run();
    let heat = Dataset::open(&path).unwrap();
    assert_eq!(
        heat.metadata_item("LAYOUT", "IMAGE_STRUCTURE").as_deref(),
        Some("COG")
    );
    assert_eq!(heat.raster_size(), (200, 150));
    let bits = |transform: [f64; 6]| transform.map(f64::to_bits);
    assert_eq!(
        bits(heat.geo_transform().unwrap()),
        bits(scene.transform().0)
    );
    assert_eq!(heat.raster_count(), 2);
    let band = heat.rasterband(1).unwrap();
    assert_eq!(band.description().unwrap(), "poppy");
    assert!(band.no_data_value().unwrap().is_nan());
    let scores = band.read_band_as::<f32>().unwrap();
    for (index, score) in scores.data().iter().enumerate() {
        let (col, row) = (index % 200, index / 200);
        // Inside the area, and not empty.
        let seen = (20..100).contains(&col) && (10..110).contains(&row);
        assert_eq!(!score.is_nan(), seen, "column {col}, row {row}: {score}");
        let plot = (40..120).contains(&col) && (30..120).contains(&row);
        let wanted = if plot { 1.0 } else { 0.0 };
        assert!(!seen || (score - wanted).abs() < 1e-3, "{score}");
    }
}

#[test]
fn a_heatmap_of_a_classifier_fills_the_tiles() {
    let (dir, scene) = painted();
    let image = scene.save(dir.path(), "b.tif");
    let model = ModelKit::classifier().save(dir.path(), "tile");
    let path = dir.path().join("heat.tif");
    Job::new([&image], &model).heatmap(&path).run();
    let heat = Dataset::open(&path).unwrap();
    let band = heat.rasterband(1).unwrap();
    let scores = band.read_band_as::<f32>().unwrap();
    let at = |col: usize, row: usize| scores.data()[row * 200 + col];
    // Tile r1c2 lies in the plot, r0c0 outside; the last one reaches the corner.
    assert!(at(64, 32) > 0.99 && at(95, 63) > 0.99);
    assert!(at(0, 0) < 0.01 && at(199, 149) < 0.01);
}

#[test]
fn json_on_the_screen_is_the_record_in_the_file() {
    let (dir, _) = painted();
    let ran = tianmu(dir.path(), "scan a.tif -m m -o s.csv --json", &[]).expect(0);
    let shown: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let record = json_file(&dir.path().join("s.csv.run.json"));
    assert_eq!(shown["run"], record);
    assert_eq!(ran.err, "");
    assert_eq!(record["schema_version"], 1);
    assert_eq!(
        record["command_line"].as_array().unwrap()[1..],
        ["scan", "a.tif", "-m", "m", "-o", "s.csv", "--json"]
    );
    assert_eq!(record["images"][0]["tiles"]["total"], 12);
    assert_eq!(record["images"][0]["capture_time"], "2026-05-04T10:20:30");
    for key in ["model_sha256", "onnx_runtime", "gdal", "run_id"] {
        assert!(!record[key].as_str().unwrap().is_empty(), "{key}");
    }
    assert!(record["seconds"].as_f64().unwrap() > 0.0);
}

#[test]
fn each_site_has_its_picture() {
    let (dir, scene) = painted();
    // Sixteen bits are stretched for the eyes too.
    let twelve_bits = Pixels::Uint16 {
        gain: 13.0,
        offset: 300.0,
    };
    let scene = scene.pixels(twelve_bits).size(600, 500);
    scene.save(dir.path(), "b.tif");
    let words = "scan b.tif -m m -o s.geojson --thumbs pictures -q";
    tianmu(dir.path(), words, &[]).expect(0);
    let folder = dir.path().join("pictures");
    let collection = json_file(&dir.path().join("s.geojson"));
    let id = collection["features"][0]["id"].as_str().unwrap();
    assert_eq!(files_in(&folder), [format!("{id}.jpg")]);
    let picture = image::open(folder.join(format!("{id}.jpg"))).unwrap();
    assert_eq!(picture.width().max(picture.height()), 512);
    // Five metres around a plot of 80 by 90 pixels, cut at the image's edge.
    let picture = picture.to_rgb8();
    let share = |column: f64, row: f64| {
        let at = |share: f64, size: u32| round_to_u32(share * f64::from(size - 1));
        picture[(at(column, picture.width()), at(row, picture.height()))].0
    };
    let [red, green, _] = share(80.0 / 220.0, 75.0 / 220.0);
    assert!(red > 200 && green < 90, "the plot is red: {red} {green}");
    let [red, green, _] = share(0.95, 0.95);
    assert!(green > red + 30, "the ground is green: {red} {green}");
}

#[test]
fn quiet_says_nothing() {
    let (dir, _) = painted();
    let ran = tianmu(dir.path(), "scan a.tif -m m -o s.csv --quiet", &[]).expect(0);
    assert_eq!((ran.out, ran.err), (String::new(), String::new()));
}

#[test]
fn a_zero_comes_with_what_it_rests_on() {
    let dir = tempdir().unwrap();
    Scene::utm(50, 0.5)
        .taken("2026:05:04 10:20:30")
        .save(dir.path(), "a.tif");
    Scene::utm(50, 0.5)
        .moved(500.0, 0.0)
        .save(dir.path(), "b.tif");
    for (smallest, wanted) in [
        (
            json!(4.5),
            "the smallest plot this model was shown to find has 4.5 m²; smaller ones may be there",
        ),
        (
            json!(null),
            "the model does not say which plots it was shown to find, so any may be missed",
        ),
    ] {
        ModelKit::segmenter()
            .set("tianmu:gsd_m", json!(null))
            .set("tianmu:smallest_plot_m2", smallest)
            .save(dir.path(), "m");
        let words = "scan a.tif b.tif -m m -o s.csv --overwrite";
        let ran = tianmu(dir.path(), words, &[]).expect(0);
        let line = format!(
            "none found on 15009 m² (22.5 mu) covered, searched for poppy and hemp, 50.0 cm per pixel, \
             dated 2026-05-04, unknown date; {wanted}\n"
        );
        assert!(ran.out.contains(&line), "{}", ran.out);
    }
}

#[test]
fn results_of_an_earlier_run_stay_when_nothing_can_be_scanned() {
    let (dir, _) = painted();
    tianmu(dir.path(), "scan a.tif -m m -o s.csv", &[]).expect(0);
    let before = fs_err::read(dir.path().join("s.csv")).unwrap();
    let record = fs_err::read(dir.path().join("s.csv.run.json")).unwrap();
    fs_err::write(dir.path().join("a.tif"), "no picture").unwrap();
    let ran = tianmu(dir.path(), "scan a.tif -m m -o s.csv --overwrite", &[]).expect(3);
    assert!(ran.out.contains("nothing was written"), "{}", ran.out);
    assert!(before == fs_err::read(dir.path().join("s.csv")).unwrap());
    assert!(record == fs_err::read(dir.path().join("s.csv.run.json")).unwrap());
}

#[test]
#[cfg(unix)]
fn a_request_to_end_leaves_nothing_behind() {
    use std::process::{Command, Stdio};
    let dir = tempdir().unwrap();
    Scene::utm(50, 0.05)
        .size(6000, 6000)
        .save(dir.path(), "a.tif");
    // A context wide enough to keep the program busy for a while.
    ModelKit::segmenter().blur(6).save(dir.path(), "m");
    let before = files_in(dir.path());
    let mut child = Command::new(env!("CARGO_BIN_EXE_tianmu"))
        .args("scan a.tif -m m -o s.gpkg --heatmap h.tif --workers 1 --no-resume".split(' '))
        .current_dir(dir.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The heatmap's folder shows that tiles are being done.
    while files_in(dir.path()) == before {
        assert!(child.try_wait().unwrap().is_none(), "done too soon");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("interrupted"));
    assert_eq!(files_in(dir.path()), before);
}
