//! The same plan gives the same result: to the byte for any number of workers, in
//! sites and ids for any batch.

use crate::support::{HEMP, Job, ModelKit, POPPY, Scene, json_file, tianmu};
use std::path::Path;
use tempfile::tempdir;
use tianmu::pipeline::settings::BatchChoice;

/// Plots in every part of a scene of many tiles.
fn busy(shift: u32) -> Scene {
    let mut scene = Scene::utm(50, 0.05).size(300, 260);
    for i in 0..24 {
        let (col, row) = (i * 53 % 280 + shift, i * 97 % 240);
        let color = if i % 3 == 0 { HEMP } else { POPPY };
        scene = scene.plot([col, row, 12 + i % 30, 9 + i % 20], color);
    }
    scene
}

fn outputs_with(folder: &Path, words: &str, name: &str) -> Vec<(&'static str, Vec<u8>)> {
    let own = folder.join(name);
    fs_err::create_dir(&own).unwrap();
    let files = ["s.gpkg", "s.geojson", "s.csv"];
    let outputs = files.map(|file| format!("-o {name}/{file}")).join(" ");
    tianmu(folder, &format!("scan {words} {outputs} -q"), &[]).expect(0);
    let read = |file: &'static str| (file, fs_err::read(own.join(file)).unwrap());
    files.map(read).into()
}

#[test]
fn the_number_of_workers_does_not_change_a_byte() {
    let dir = tempdir().unwrap();
    busy(0).save(dir.path(), "a.tif");
    busy(9).moved(200.0, 20.0).save(dir.path(), "b.tif");
    ModelKit::segmenter().blur(2).save(dir.path(), "seg");
    ModelKit::classifier().save(dir.path(), "tile");
    for model in ["seg", "tile"] {
        let with = |workers: u32| {
            let words = format!("a.tif b.tif -m {model} --merge-distance 0.3 --workers {workers}");
            outputs_with(dir.path(), &words, &format!("{model}{workers}"))
        };
        let one = with(1);
        for workers in [2, 5] {
            for ((file, bytes), (_, wanted)) in with(workers).iter().zip(&one) {
                assert!(bytes == wanted, "{file} of {model} with {workers} workers");
            }
        }
    }
}

#[test]
fn the_number_of_workers_does_not_change_a_score() {
    let dir = tempdir().unwrap();
    let image = busy(0).save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let heat = |workers| {
        let path = dir.path().join(format!("heat{workers}.tif"));
        Job::new([&image], &model)
            .with(|s| s.workers = Some(workers))
            .heatmap(&path)
            .run();
        fs_err::read(path).unwrap()
    };
    assert!(heat(1) == heat(5));
}

#[test]
fn the_batch_changes_no_site() {
    let dir = tempdir().unwrap();
    let image = busy(0).save(dir.path(), "a.tif");
    for kit in [
        ModelKit::segmenter().blur(2).sharpness(9.0),
        ModelKit::classifier()
            .sharpness(9.0)
            .set("tianmu:tile_size", 16),
    ] {
        let model = kit.save(dir.path(), "m");
        let with = |batch| {
            let job =
                Job::new([&image], &model).with(|s| s.batch = Some(BatchChoice::Tiles(batch)));
            job.run().sites
        };
        let one = with(1);
        assert!(one.len() > 3, "{}", one.len());
        for (a, b) in with(4).iter().zip(&one) {
            assert_eq!(a.site_id, b.site_id);
            assert_eq!((&a.class, &a.outline), (&b.class, &b.outline));
            assert!((a.prob - b.prob).abs() < 1e-4, "{} {}", a.prob, b.prob);
            assert!((a.prob_max - b.prob_max).abs() < 1e-4);
        }
        assert_eq!(with(4).len(), one.len());
    }
}

#[test]
fn a_measured_batch_changes_no_byte() {
    let dir = tempdir().unwrap();
    busy(0).save(dir.path(), "a.tif");
    for (kind, kit) in [
        ("seg", ModelKit::segmenter().blur(2).sharpness(9.0)),
        ("tile", ModelKit::classifier().sharpness(9.0)),
    ] {
        kit.save(dir.path(), kind);
        let scan = |name: &str, more: &str, tune: &[(&str, &str)]| {
            let words = format!("scan a.tif -m {kind} -o {kind}-{name}.csv --json {more}");
            let done = tianmu(dir.path(), &words, tune).expect(0);
            let file = dir.path().join(format!("{kind}-{name}.csv"));
            let record = json_file(&file.with_extension("csv.run.json"));
            (fs_err::read(file).unwrap(), record, done)
        };
        let (measured, record, _) = scan("tuned", "--batch auto", &[("TIANMU_TEST_TUNE", "1")]);
        let batch = record["images"][0]["batch"].as_u64().unwrap();
        assert!([1, 2, 4].contains(&batch), "{batch}");
        let setting = record["settings"].as_array().unwrap().iter();
        let mut setting = setting.filter(|s| s["name"] == "batch");
        assert_eq!(setting.next().unwrap()["value"], "auto");
        // A short scan is not worth measuring.
        let (plain, record, _) = scan("plain", "", &[]);
        assert_eq!(record["images"][0]["batch"], 1);
        assert!(measured == plain);
        let (told, record, _) = scan("told", &format!("--batch {batch}"), &[]);
        assert_eq!(record["images"][0]["batch"], batch);
        assert!(told == measured);
    }
}

#[test]
fn ids_name_the_plan() {
    let dir = tempdir().unwrap();
    let image = busy(0).save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let id = |min_area: f64| {
        let job = Job::new([&image], &model).with(|s| s.min_area = Some(min_area.to_string()));
        job.run().sites[0].site_id.clone()
    };
    assert_eq!(id(0.0), id(0.0));
    assert_ne!(id(0.0)[..8], id(0.1)[..8]);
    assert!(id(0.0).ends_with("-00001"));
}
