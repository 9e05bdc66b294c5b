//! Models made to do harm: each is refused with a clear message before any work is done.

use super::prepare;
use crate::support::{
    json_file, save_taking, save_wanting, save_with_inner_weights_in, save_with_weights_in, tianmu,
    weight_bytes,
};
use std::path::Path;
use tempfile::tempdir;

#[track_caller]
fn refused(folder: &Path, wanted: &str) {
    let words = "a.tif -m m.onnx --gsd 0.05";
    for words in [
        format!("scan {words} -o s.csv"),
        "inspect m.onnx".to_owned(),
    ] {
        let done = tianmu(folder, &words, &[]);
        assert!(matches!(done.code, 1 | 3), "{words}: {}", done.code);
        assert!(done.err.contains(wanted), "{words}: {}", done.err);
        assert!(done.err.contains("hint: "), "{words}: {}", done.err);
        // The log of ONNX Runtime is no answer to a user.
        assert!(!done.err.contains("onnxruntime_src"), "{}", done.err);
    }
    assert!(!folder.join("s.csv").exists());
}

#[test]
fn a_model_that_wants_more_memory_than_there_is() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let model = dir.path().join("m.onnx");
    save_wanting(&model, 1 << 38);
    refused(dir.path(), "it wants 1048576 MiB of memory at once");
    save_taking(&model, [1, 3, 1_000_000, 1_000_000]);
    refused(dir.path(), "takes tiles of 1000000 px only");
    save_taking(&model, [1_000_000_000, 3, 64, 64]);
    refused(
        dir.path(),
        "takes an input of shape [1000000000, 3, 64, 64]",
    );
    save_taking(&model, [1, 1_000_000_000, 64, 64]);
    refused(dir.path(), "takes 1000000000 bands, wanted at most 4096");
}

#[test]
fn weights_outside_the_folder_of_a_model() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let model = dir.path().join("m.onnx");
    let away = tempdir().unwrap();
    let file = away.path().join("w.bin");
    fs_err::write(&file, weight_bytes(1.0)).unwrap();
    let up = format!(
        "../{}/w.bin",
        away.path().file_name().unwrap().to_str().unwrap()
    );
    let deep = format!("./seg/../{up}");
    for location in [file.to_str().unwrap(), &up, &deep, "", "..", "/etc/passwd"] {
        let wanted = format!("keeps weights in `{location}`, outside its folder");
        save_with_weights_in(&model, location);
        refused(dir.path(), &wanted);
        save_with_inner_weights_in(&model, location);
        refused(dir.path(), &wanted);
    }
    save_with_weights_in(&model, "none.bin");
    refused(
        dir.path(),
        "keeps weights in `none.bin`, which is not there",
    );
    save_with_weights_in(&model, "a\nb");
    refused(dir.path(), "keeps weights in `a\\nb`, which is not there");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&file, dir.path().join("link.bin")).unwrap();
        save_with_weights_in(&model, "link.bin");
        refused(
            dir.path(),
            "keeps weights in `link.bin`, outside its folder",
        );
    }
}

#[test]
fn weights_beside_a_model_are_part_of_it() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    fs_err::create_dir(dir.path().join("data")).unwrap();
    let weights = dir.path().join("data/w.bin");
    save_with_weights_in(&dir.path().join("m.onnx"), "data/w.bin");
    let scan = |factor| {
        fs_err::write(&weights, weight_bytes(factor)).unwrap();
        let words = "scan a.tif -m m.onnx --gsd 0.05 --tile-size 64 -o s.csv --overwrite -q";
        tianmu(dir.path(), words, &[]).expect(0);
        json_file(&dir.path().join("s.csv.run.json"))
    };
    let (first, second) = (scan(1.0), scan(2.0));
    assert_eq!(first["model_sha256"], second["model_sha256"]);
    assert_ne!(first["run_id"], second["run_id"]);
    let of_model = |file: &&serde_json::Value| file["role"] == "model";
    let files: Vec<_> = second["files"]
        .as_array()
        .unwrap()
        .iter()
        .filter(of_model)
        .collect();
    assert_eq!(files.len(), 2);
    assert_eq!(files[1]["path"], "data/w.bin");
    tianmu(dir.path(), "verify s.csv.run.json", &[]).expect(0);
    fs_err::write(&weights, weight_bytes(1.0)).unwrap();
    let done = tianmu(dir.path(), "verify s.csv.run.json", &[]).expect(3);
    assert!(
        done.out.contains("CHANGED  model             data/w.bin"),
        "{}",
        done.out
    );
    // Nor is it an output.
    let words = "scan a.tif -m m.onnx --gsd 0.05 -o data/w.bin.csv -o data/w.bin --overwrite";
    assert_ne!(tianmu(dir.path(), words, &[]).code, 0);
    assert_eq!(fs_err::read(&weights).unwrap(), weight_bytes(1.0));
}
