//! Rasters of scores, and of values, of runs that are killed or done in parts.

use super::{begin, holds, kill_when, prepare};
use crate::support::{ModelKit, Output, Scene, files_in, rectangle_file, tianmu};
use std::path::Path;
use std::time::Instant;
use tempfile::tempdir;

/// A command line, and the files it leaves.
struct Case {
    words: &'static str,
    files: &'static [&'static str],
}

const HEATMAP: Case = Case {
    words: "a.tif -m seg --tile-size 96 -o OUT/s.csv --heatmap OUT/h.tif",
    files: &["h.tif", "s.csv", "s.csv.run.json"],
};

const TILES: Case = Case {
    words: "a.tif -m tile --aoi area.geojson -o OUT/s.csv --heatmap OUT/h.tif",
    files: &["h.tif", "s.csv", "s.csv.run.json"],
};

const VALUES: Case = Case {
    words: "a.tif -m values --tile-size 96 -o OUT/v.tif",
    files: &["v.tif", "v.tif.run.json"],
};

fn command(case: &Case, folder: &Path, name: &str) -> String {
    fs_err::create_dir_all(folder.join(name)).unwrap();
    format!("scan {} -q", case.words.replace("OUT", name))
}

/// What does not tell of the clock.
fn data(case: &Case, folder: &Path, name: &str) -> Vec<Vec<u8>> {
    let files = case.files.iter().filter(|f| !f.contains(".run."));
    files
        .map(|file| fs_err::read(folder.join(name).join(file)).unwrap())
        .collect()
}

fn prepare_models(folder: &Path) {
    prepare(folder);
    ModelKit::segmenter()
        .output(Output::SigmoidLogit)
        .without_sidecar()
        .metadata("model_type", "\"Regressor\"")
        .save(folder, "values");
    // Half of the image: tiles within, without, and cut.
    let scene = Scene::utm(50, 0.05).size(520, 460).moved(0.0, 20.0);
    let area = [([0, 0, 300, 250], serde_json::json!({}))];
    rectangle_file(&folder.join("area.geojson"), &scene, "EPSG:4326", &area);
}

#[test]
fn killed_runs_give_the_same_rasters() {
    let dir = tempdir().unwrap();
    prepare_models(dir.path());
    let (mut killed, mut went_on) = (0, 0);
    for case in [HEATMAP, TILES, VALUES] {
        let start = Instant::now();
        let words = command(&case, dir.path(), "whole") + " --no-resume --overwrite";
        tianmu(dir.path(), &words, &[]).expect(0);
        let whole = start.elapsed();
        let wanted = data(&case, dir.path(), "whole");
        for moment in 1..=8_u32 {
            let name = format!("k{moment}");
            let words = command(&case, dir.path(), &name);
            let own = dir.path().join(&name);
            for part in [moment, moment + 5] {
                let wait = whole.mul_f64((f64::from(part) * 0.618_034).fract());
                let mut child = begin(dir.path(), &words);
                std::thread::sleep(wait);
                killed += u32::from(child.try_wait().unwrap().is_none());
                let _ = child.kill();
                child.wait().unwrap();
            }
            let done = tianmu(dir.path(), &words.replace(" -q", ""), &[]);
            let told = format!("{} at moment {moment}: {}", case.words, done.err);
            assert!(
                done.code == 0 || done.err.contains("exists already"),
                "{told}"
            );
            went_on += u32::from(done.err.contains("goes on where it stopped"));
            assert!(data(&case, dir.path(), &name) == wanted, "{told}");
            assert_eq!(files_in(&own), case.files, "{told}");
            fs_err::remove_dir_all(own).unwrap();
        }
    }
    assert!(
        killed >= 24 && went_on >= 6,
        "{killed} kills, {went_on} went on"
    );
}

#[test]
fn asking_for_scores_later_begins_anew() {
    let dir = tempdir().unwrap();
    prepare_models(dir.path());
    let without = command(&HEATMAP, dir.path(), "o").replace(" --heatmap o/h.tif", "");
    let journal = dir.path().join("o/s.csv.resume");
    for _ in 0..20 {
        kill_when(begin(dir.path(), &without), || holds(&journal, 12_000));
        if journal.exists() {
            break;
        }
        fs_err::remove_dir_all(dir.path().join("o")).unwrap();
        fs_err::create_dir(dir.path().join("o")).unwrap();
    }
    let with = command(&HEATMAP, dir.path(), "o").replace(" -q", "");
    let done = tianmu(dir.path(), &with, &[]).expect(0);
    let wanted = "it was without scores and is with scores";
    assert!(done.err.contains(wanted), "{}", done.err);
}

#[test]
fn parts_of_a_regression_are_joined() {
    let dir = tempdir().unwrap();
    prepare_models(dir.path());
    let words = command(&VALUES, dir.path(), "whole");
    tianmu(dir.path(), &words, &[]).expect(0);
    let wanted = data(&VALUES, dir.path(), "whole");
    for part in 1..=3 {
        let words =
            format!("scan a.tif -m values --tile-size 96 --shard {part}/3 -o p{part}.shard -q");
        tianmu(dir.path(), &words, &[]).expect(0);
    }
    let merge = "merge p2.shard p1.shard p3.shard -o";
    let refused = tianmu(dir.path(), &format!("{merge} s.gpkg"), &[]).expect(2);
    let text = "wanted one name that ends in `.tif`";
    assert!(refused.err.contains(text), "{}", refused.err);
    fs_err::create_dir(dir.path().join("joined")).unwrap();
    tianmu(dir.path(), &format!("{merge} joined/v.tif"), &[]).expect(0);
    assert!(data(&VALUES, dir.path(), "joined") == wanted);
    // Sites are no raster.
    for part in 1..=2 {
        let words = format!("scan a.tif -m seg --shard {part}/2 -o q{part}.shard -q");
        tianmu(dir.path(), &words, &[]).expect(0);
    }
    let refused = tianmu(dir.path(), "merge q1.shard q2.shard -o s.tif", &[]).expect(2);
    assert!(
        refused.err.contains("wanted a name that ends in"),
        "{}",
        refused.err
    );
}
