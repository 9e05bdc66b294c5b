//! What a run says of its files, and whether they are still the same; no way out to a network.

use super::{mosaic, prepare};
use crate::support::{json_file, tianmu};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::path::Path;
use tempfile::tempdir;

fn sha256(path: &Path) -> String {
    let hash = Sha256::digest(fs_err::read(path).unwrap());
    let mut text = String::new();
    for byte in hash {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[test]
fn every_file_of_a_run_is_in_its_record() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    mosaic(dir.path());
    fs_err::write(dir.path().join("tianmu.toml"), "min-area = 0.1").unwrap();
    tianmu(dir.path(), "scan both.vrt -m seg -o s.gpkg -o s.csv", &[]).expect(0);
    let record = json_file(&dir.path().join("s.gpkg.run.json"));
    let files = record["files"].as_array().unwrap();
    let mut found: Vec<(String, String)> = Vec::new();
    for file in files {
        let path = Path::new(file["path"].as_str().unwrap());
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        assert_eq!(file["sha256"], sha256(&dir.path().join(path)), "{name}");
        found.push((file["role"].as_str().unwrap().to_owned(), name));
    }
    let wanted = [
        ("image", "both.vrt"),
        ("image-part", "a.tif"),
        ("image-part", "b.tif"),
        ("model", "model.onnx"),
        ("sidecar", "model.json"),
        ("config", "tianmu.toml"),
        ("output", "s.gpkg"),
        ("output", "s.csv"),
    ];
    let wanted = wanted.map(|(role, name)| (role.to_owned(), name.to_owned()));
    assert_eq!(found, wanted);
}

#[test]
fn verify_says_what_has_changed() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    tianmu(
        dir.path(),
        "scan a.tif b.tif -m seg -o s.gpkg -o s.csv -q",
        &[],
    )
    .expect(0);
    let same = tianmu(dir.path(), "verify s.gpkg.run.json", &[]).expect(0);
    assert!(
        same.out.contains("all 6 files are as they were"),
        "{}",
        same.out
    );
    // Opening a database for writing may change a byte; a person may change a number.
    let mut bytes = fs_err::read(dir.path().join("a.tif")).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs_err::write(dir.path().join("a.tif"), bytes).unwrap();
    fs_err::remove_file(dir.path().join("s.csv")).unwrap();
    let done = tianmu(dir.path(), "verify s.gpkg.run.json", &[]).expect(3);
    assert!(
        done.out.contains("CHANGED  image             a.tif"),
        "{}",
        done.out
    );
    assert!(
        done.out.contains("MISSING  output            s.csv"),
        "{}",
        done.out
    );
    assert!(
        done.out.contains("1 changed and 1 missing of 6 files"),
        "{}",
        done.out
    );
    let json = tianmu(dir.path(), "verify s.gpkg.run.json --json", &[]).expect(3);
    let verdicts: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(verdicts[0]["state"], "changed");
    // Results that were moved together are found beside the record.
    fs_err::create_dir(dir.path().join("moved")).unwrap();
    for name in ["s.gpkg", "s.gpkg.run.json"] {
        fs_err::rename(dir.path().join(name), dir.path().join("moved").join(name)).unwrap();
    }
    // What was copied is looked at itself, not what it was copied from.
    fs_err::copy(dir.path().join("moved/s.gpkg"), dir.path().join("s.gpkg")).unwrap();
    let moved = tianmu(dir.path(), "verify moved/s.gpkg.run.json", &[]).expect(3);
    assert!(
        moved
            .out
            .contains("same     output            moved/s.gpkg"),
        "{}",
        moved.out
    );
    fs_err::write(dir.path().join("moved/s.gpkg"), "edited").unwrap();
    let moved = tianmu(dir.path(), "verify moved/s.gpkg.run.json", &[]).expect(3);
    assert!(
        moved
            .out
            .contains("CHANGED  output            moved/s.gpkg"),
        "{}",
        moved.out
    );
}

#[test]
fn what_is_no_run_record_is_refused() {
    let dir = tempdir().unwrap();
    for text in ["", "{}", "[1]", "{\"folder\": 1, \"files\": []}"] {
        fs_err::write(dir.path().join("r.json"), text).unwrap();
        let done = tianmu(dir.path(), "verify r.json", &[]).expect(1);
        assert!(
            done.err.contains("`r.json` is no run record"),
            "{}",
            done.err
        );
        assert!(
            done.err.contains("hint: give the file `….run.json`"),
            "{}",
            done.err
        );
    }
    fs_err::write(dir.path().join("r.json"), r#"{"folder": "/", "files": []}"#).unwrap();
    let done = tianmu(dir.path(), "verify r.json", &[]).expect(1);
    assert!(done.err.contains("`r.json` names no file"), "{}", done.err);
    let done = tianmu(dir.path(), "verify none.json", &[]).expect(1);
    assert!(done.err.contains("none.json"), "{}", done.err);
}

#[test]
fn what_lies_in_an_archive_is_not_said_to_be_the_same() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let inside = format!("/vsisubfile/0,{}", dir.path().join("a.tif").display());
    let words = format!("scan {inside} -m seg -o s.csv");
    tianmu(dir.path(), &words, &[]).expect(0);
    let done = tianmu(dir.path(), "verify s.csv.run.json", &[]).expect(0);
    let told = "1 files were not hashed by the run, so nothing is known of them";
    assert!(done.out.contains(told), "{}", done.out);
}

#[test]
fn a_model_that_is_changed_meanwhile_is_not_loaded_again() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let path = dir.path().join("seg");
    let options = tianmu::model::OpenOptions::default();
    let model = tianmu::model::Model::open(&path, &options).unwrap();
    let first = model.file.session().unwrap();
    let file = path.join("model.onnx");
    let mut bytes = fs_err::read(&file).unwrap();
    bytes.push(0);
    fs_err::write(&file, bytes).unwrap();
    let error = model.file.session().err().unwrap().to_string();
    assert!(error.contains("was changed while it was used"), "{error}");
    drop(first);
    // The session that is there is still the one that was hashed.
    assert!(model.file.session().is_ok());
}
