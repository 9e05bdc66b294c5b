//! The folder as a whole: the same bytes each time, nothing replaced unasked, nothing half
//! written.

use super::{chips, column, painted, scan, wide};
use crate::support::{HEMP, ModelKit, Output, files_in, json_file, tianmu};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[test]
fn the_number_of_workers_does_not_change_a_byte() {
    let dir = painted();
    wide()
        .plot([320, 500, 200, 40], HEMP)
        .save(dir.path(), "a.tif");
    for layout in ["yolo", "coco", "mask"] {
        let with = |workers: u32| {
            scan(
                &dir,
                &format!("--chips-layout {layout} --workers {workers}"),
            )
            .expect(0);
            let mut files = BTreeMap::new();
            read_below(&chips(&dir), &mut files);
            files
        };
        let one = with(1);
        assert!(one.len() > 10, "{layout}");
        for workers in [2, 5] {
            assert!(with(workers) == one, "{layout} with {workers} workers");
        }
    }
}

#[test]
fn the_record_and_the_folder_say_what_the_labels_are() {
    let dir = painted();
    scan(&dir, "--classes poppy").expect(0);
    let record = json_file(&dir.path().join("s.geojson.run.json"));
    assert_eq!(
        record["chips"],
        json!({"folder": "chips", "layout": "yolo", "size_px": 128, "with_sites": 1, "background": 0, "unreadable": 0})
    );
    let readme = fs_err::read_to_string(chips(&dir).join("README.md")).unwrap();
    for words in [
        "machine-made candidates",
        "线索，非证据",
        "did not search for `hemp`",
        "0 `poppy`, 1 `hemp`",
    ] {
        assert!(readme.contains(words), "{readme}");
    }
    assert_eq!(column(&dir, "note"), ["线索，非证据"]);
}

#[test]
fn what_exists_is_replaced_only_when_a_run_wrote_it() {
    let dir = painted();
    scan(&dir, "").expect(0);
    let before = files_in(dir.path());
    let again = "scan a.tif -m m -o t.csv --chips chips";
    let ran = tianmu(dir.path(), again, &[]).expect(1);
    assert!(
        ran.err.starts_with("error: `chips` exists already\nhint: "),
        "{}",
        ran.err
    );
    assert_eq!(files_in(dir.path()), before);
    // Another layout leaves nothing of the earlier one.
    scan(&dir, "--chips-layout coco").expect(0);
    assert!(!chips(&dir).join("labels").exists());
    fs_err::write(chips(&dir).join("letter.doc"), "mine").unwrap();
    let ran = scan(&dir, "").expect(1);
    assert!(ran.err.contains("it holds `letter.doc`"), "{}", ran.err);
    assert!(chips(&dir).join("annotations.json").exists());
    for (words, code) in [
        ("--chips a.tif", 1),
        ("--chips no/chips", 1),
        ("--chips new --thumbs new/t", 2),
        ("--chips .", 1),
        ("--chips new --chips-layout voc", 2),
        ("--chips new --chip-size 8", 2),
        ("--chip-size 64", 2),
    ] {
        fs_err::create_dir_all(dir.path().join("new")).unwrap();
        let before = files_in(dir.path());
        let words = format!("scan a.tif -m m -o t.csv --overwrite {words}");
        let ran = tianmu(dir.path(), &words, &[]).expect(code);
        assert!(ran.err.contains("error: "), "{}", ran.err);
        assert_eq!(files_in(dir.path()), before, "{words}");
    }
}

#[test]
fn a_failure_leaves_no_half_of_a_folder() {
    let dir = painted();
    ModelKit::segmenter()
        .output(Output::SigmoidLogit)
        .without_sidecar()
        .metadata("model_type", "\"Regressor\"")
        .save(dir.path(), "values");
    let before = files_in(dir.path());
    let words = "scan a.tif -m values --tile-size 64 --overlap 16 -o values.tif";
    let ran = scan(&dir, words).expect(2);
    assert!(
        ran.err
            .contains("setting `chips` is `given`, wanted a model that finds sites"),
        "{}",
        ran.err
    );
    assert_eq!(files_in(dir.path()), before);
    fs_err::write(dir.path().join("a.tif"), "no picture").unwrap();
    scan(&dir, "").expect(3);
    assert!(!chips(&dir).exists());
}

fn read_below(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for name in files_in(folder) {
        let path = folder.join(name);
        if path.is_dir() {
            read_below(&path, files);
        } else {
            files.insert(path.clone(), fs_err::read(&path).unwrap());
        }
    }
}
