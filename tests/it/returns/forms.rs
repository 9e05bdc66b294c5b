//! Forms of `QField`, ODK and `KoBo` and folders of photos, filled in by `tests/python/returns_forms.py`
//! with other people's writers, read back and compared with what the script put in.

use crate::foreign::python;
use crate::support::{county, json_file, tianmu};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use tianmu::returns::{ReturnFile, Returned, read};

#[test]
fn forms_of_other_programs_say_what_was_put_in() {
    let Some(python) = python() else {
        let required = std::env::var_os("TIANMU_REQUIRE_PYTHON").is_some_and(|v| v == "1");
        assert!(!required, "no Python libraries; `make test` brings them");
        println!("skipped: it needs the Python libraries that `make test` brings");
        return;
    };
    let folder = county().with(&["second.gpkg"]);
    let words = "tasks second.gpkg -o pack --date 2026-04-21 --formats qfield,odk --quiet";
    tianmu(folder.path(), words, &[]).expect(0);
    let work = folder.path().join("back");
    fs_err::create_dir(&work).unwrap();
    let done = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/returns_forms.py"))
        .arg("--pack")
        .arg(folder.path().join("pack"))
        .arg("--work")
        .arg(&work)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    assert!(said.contains("ok returns_forms"), "{said}");

    let expected = json_file(&work.join("expected.json"));
    let expected = expected.as_array().unwrap();
    assert_eq!(expected.len(), 9);
    let before = bytes_below(&work);
    for file in expected {
        compare(&work, file);
    }
    // Reading leaves everything as it was, and nothing behind.
    assert_eq!(bytes_below(&work), before);
}

fn compare(work: &Path, expected: &Value) {
    let name = expected["path"].as_str().unwrap();
    let path = work.join(name);
    let file = read(&path).unwrap();
    assert_eq!(file.format.name(), expected["format"], "{name}");
    assert_eq!(read(&path).unwrap(), file, "{name} reads otherwise again");
    assert_eq!(file.sha256.len(), 64, "{name}");
    check_notes(&file.notes, &expected["notes"], name);
    let rows = expected["rows"].as_array().unwrap();
    let places: Vec<&str> = file.rows.iter().map(|r| r.place.as_str()).collect();
    let wanted: Vec<&str> = rows.iter().map(|r| r["place"].as_str().unwrap()).collect();
    assert_eq!(places, wanted, "{name}");
    for (row, wanted) in file.rows.iter().zip(rows) {
        compare_row(&file, row, wanted);
    }
}

fn compare_row(file: &ReturnFile, row: &Returned, expected: &Value) {
    let place = format!("{} {}", file.path.display(), row.place);
    assert_eq!(row.key, expected["key"].as_str().unwrap(), "{place}");
    let mut wanted: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, text) in expected["answers"].as_object().unwrap() {
        wanted.insert(name, text.as_str().unwrap());
    }
    let names: Vec<&str> = row.answers.keys().copied().collect();
    assert_eq!(names, wanted.keys().copied().collect::<Vec<_>>(), "{place}");
    for (name, written) in &row.answers {
        let text = wanted[name];
        let tolerance = match *name {
            "lon" | "lat" => 2e-7,
            "area_m2" => 0.11,
            _ => 0.0,
        };
        let is_near = match (written.text.parse::<f64>(), text.parse::<f64>()) {
            (Ok(seen), Ok(wanted)) => (seen - wanted).abs() <= tolerance,
            _ => false,
        };
        assert!(
            written.text == text || is_near,
            "{place} {name}: {:?}, wanted {text:?}",
            written.text
        );
        assert!(!written.cell.is_empty(), "{place} {name}");
    }
    assert!(!row.raw.is_empty(), "{place}");
    check_notes(&row.notes, &expected["notes"], &place);
    let photos = expected["photos"].as_array().unwrap();
    assert_eq!(row.photos.len(), photos.len(), "{place}: {:?}", row.photos);
    for (photo, wanted) in row.photos.iter().zip(photos) {
        let base = if file.path.is_dir() {
            file.path.as_path()
        } else {
            file.path.parent().unwrap()
        };
        assert_eq!(photo.kind, wanted["kind"].as_str().unwrap(), "{place}");
        assert_eq!(
            photo.taken_at,
            wanted["taken_at"].as_str().unwrap(),
            "{place}"
        );
        let found = wanted["found"].as_str().map(|name| base.join(name));
        assert_eq!(photo.path, found, "{place}");
    }
}

/// Each note says what was expected, in this order, and there is none besides.
#[track_caller]
fn check_notes(notes: &[String], expected: &Value, place: &str) {
    let wanted = expected.as_array().unwrap();
    assert_eq!(
        notes.len(),
        wanted.len(),
        "{place}: {notes:?}, wanted {wanted:?}"
    );
    for (note, part) in notes.iter().zip(wanted) {
        assert!(note.contains(part.as_str().unwrap()), "{place}: {notes:?}");
    }
}

/// Every file below a folder with its bytes.
fn bytes_below(folder: &Path) -> BTreeMap<std::path::PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(inner) = open.pop() {
        for entry in fs_err::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let bytes = fs_err::read(&path).unwrap();
                files.insert(path, bytes);
            }
        }
    }
    files
}
