//! What a run says of its files, and whether they are still the same; no way out to a network.

use super::prepare;
use crate::support::{json_file, tianmu};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::path::Path;
use tempfile::tempdir;

/// A mosaic of both images.
fn mosaic(folder: &Path) {
    let sources = ["a.tif", "b.tif"].map(|name| folder.join(name));
    let sources = sources.map(|path| gdal::Dataset::open(path).unwrap());
    let vrt = folder.join("both.vrt");
    gdal::programs::raster::build_vrt(Some(&vrt), &sources, None)
        .unwrap()
        .close()
        .unwrap();
}

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
    let moved = tianmu(dir.path(), "verify moved/s.gpkg.run.json", &[]).expect(3);
    assert!(
        moved.out.contains("same     output            s.gpkg"),
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
    let done = tianmu(dir.path(), "verify none.json", &[]).expect(1);
    assert!(done.err.contains("none.json"), "{}", done.err);
}
