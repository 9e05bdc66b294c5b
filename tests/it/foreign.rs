//! Comparisons with other implementations: each script of `tests/python` runs the
//! program and compares what it gives with an independent computation. Without the
//! Python libraries they are skipped; `TIANMU_REQUIRE_PYTHON=1` makes that a failure.

#![expect(
    clippy::print_stdout,
    reason = "says what was compared, or that it was not"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::tempdir;

/// `TIANMU_PYTHON`, else the environment that `make test` brings.
pub(crate) fn python() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("TIANMU_PYTHON").filter(|v| !v.is_empty()) {
        return Some(named.into());
    }
    let own = if cfg!(windows) {
        ".test-python/Scripts/python.exe"
    } else {
        ".test-python/bin/python"
    };
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join(own);
    own.is_file().then_some(own)
}

fn compare(name: &str) {
    let Some(python) = python() else {
        let required = std::env::var_os("TIANMU_REQUIRE_PYTHON").is_some_and(|v| v == "1");
        assert!(!required, "no Python libraries; `make test` brings them");
        println!("skipped: {name} needs the Python libraries that `make test` brings");
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let work = tempdir().unwrap();
    let done = Command::new(python)
        .arg(root.join("tests/python").join(name).with_extension("py"))
        .args(["--tianmu", env!("CARGO_BIN_EXE_tianmu"), "--work"])
        .arg(work.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(work.path())
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&done.stdout);
    let err = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{out}{err}");
    assert!(out.contains(&format!("ok {name}")), "{out}{err}");
    println!("{out}");
}

#[test]
fn georeference() {
    compare("georeference");
}

#[test]
fn resampling() {
    compare("resampling");
}

#[test]
fn outputs() {
    compare("outputs");
}

#[test]
fn chips() {
    compare("chips");
}

#[test]
fn chips_round() {
    compare("chips_round");
}

#[test]
fn formats() {
    compare("formats");
}

#[test]
fn settings() {
    compare("settings");
}

#[test]
fn segmentation_parity() {
    compare("segmentation_parity");
}

#[test]
fn classification_parity() {
    compare("classification_parity");
}

#[test]
fn geodeep_golden() {
    compare("geodeep_golden");
}

#[test]
fn calibration() {
    compare("calibration");
}

#[test]
fn bench_sites() {
    compare("bench_sites");
}

#[test]
fn bench_levels() {
    compare("bench_levels");
}

#[test]
fn bench_intervals() {
    compare("bench_intervals");
}

#[test]
fn bench_truth() {
    compare("bench_truth");
}

#[test]
fn bench_choices() {
    compare("bench_choices");
}

#[test]
fn coverage_shapely() {
    compare("coverage_shapely");
}

#[test]
fn flight_footprints() {
    compare("flight_footprints");
}

#[test]
fn flight_scan() {
    compare("flight_scan");
}

#[test]
fn pack_tables() {
    compare("pack_tables");
}

#[test]
fn report_statistics() {
    compare("report_statistics");
}

#[test]
fn report_tables() {
    compare("report_tables");
}

#[test]
fn pack_maps() {
    compare("pack_maps");
}

#[test]
fn returns_tables() {
    compare("returns_tables");
}

#[cfg(feature = "pdf")]
#[test]
fn pack_sheets() {
    let tools = ["pdftotext", "zbarimg"];
    if let Some(missing) = tools.iter().find(|tool| !is_there(tool)) {
        println!(
            "skipped: pack_sheets needs `{missing}`, of Debian's poppler-utils and zbar-tools"
        );
        return;
    }
    compare("pack_sheets");
}

/// Whether a command is on the path.
#[cfg(feature = "pdf")]
fn is_there(tool: &str) -> bool {
    let found = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).any(|folder| folder.join(tool).is_file()));
    found.unwrap_or(false)
}
