//! Nothing is fetched, and nobody is told.

use super::{bytes_of, prepare, same, scan_into, unbroken};
use crate::support::{county, files_in, model, sample};
use std::path::Path;
use std::process::{Command, Output};
use tempfile::tempdir;

#[cfg(target_os = "linux")]
const NO_NETWORK_OF_ITS_OWN: &str = "this machine does not let a test have a network of its own";

/// Runs a command where there is no network at all.
#[cfg(target_os = "linux")]
fn cut_off(folder: &Path, words: &[&str]) -> std::io::Result<Output> {
    let mut command = Command::new("unshare");
    command
        .args(["--map-root-user", "--net"])
        .args(words)
        .current_dir(folder);
    command.output()
}

/// Whether this machine lets a test have a network of its own.
#[cfg(target_os = "linux")]
fn can_cut_off() -> bool {
    let can = cut_off(Path::new("."), &["true"]).is_ok_and(|done| done.status.success());
    let has_to = std::env::var_os("TIANMU_REQUIRE_PYTHON").is_some();
    assert!(can || !has_to, "CI has to");
    can
}

/// From the campaign to the report, the chips and the purge.
#[cfg(target_os = "linux")]
#[test]
fn ground_checks_need_no_network() {
    if !can_cut_off() {
        println!("skipped: {NO_NETWORK_OF_ITS_OWN}");
        return;
    }
    let folder = county().with(&["second.gpkg"]);
    let place = folder.path();
    let returned = ["team-ledger.csv", "odk.csv"].map(|f| sample(&format!("returns/{f}")));
    let returned = returned.join(" ");
    let (images, model) = (sample(""), model());
    let commands = [
        "campaign new new.gpkg --year 2026 --round 3 --county-code 990101".to_owned(),
        format!(
            "campaign import new.gpkg {} --role villages",
            sample("villages.shp")
        ),
        "campaign import new.gpkg second.gpkg --role previous".into(),
        format!(
            "scan {} --model {model} --campaign new.gpkg",
            sample("round2.tif")
        ),
        "campaign match new.gpkg".into(),
        "campaign info new.gpkg".into(),
        "tasks second.gpkg -o pack --control 20% --date 2026-04-21".into(),
        format!("record second.gpkg {returned}"),
        "coverage second.gpkg -o gaps.geojson".into(),
        "report second.gpkg -o report --date 2026-05-06".into(),
        format!("chips second.gpkg -o chips --images {images}"),
        "campaign purge second.gpkg pack --dry-run".into(),
        format!("verify second.gpkg --files {images}"),
    ];
    for command in commands {
        let program = env!("CARGO_BIN_EXE_tianmu");
        let words: Vec<&str> = std::iter::once(program).chain(command.split(' ')).collect();
        let done = cut_off(place, &words).unwrap();
        assert!(
            done.status.success(),
            "{command}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    }
    assert!(place.join("report/report.html").is_file());
}

/// Runs the program where there is no network at all.
#[cfg(target_os = "linux")]
#[test]
fn a_scan_needs_no_network() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let words = "a.tif b.tif -m seg";
    if !can_cut_off() {
        println!("skipped: {NO_NETWORK_OF_ITS_OWN}");
        return;
    }
    let wanted = unbroken(dir.path(), words, "whole");
    let scan = scan_into(dir.path(), words, "alone") + " -q";
    let program = env!("CARGO_BIN_EXE_tianmu");
    let words: Vec<&str> = std::iter::once(program).chain(scan.split(' ')).collect();
    let done = cut_off(dir.path(), &words).unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    same(&bytes_of(dir.path(), "alone"), &wanted, "without a network");
}

/// ONNX Runtime keeps reports to its maker, and a device's id, below the user's folder.
#[test]
fn nothing_is_kept_for_reports() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let home = dir.path().join("home");
    fs_err::create_dir(&home).unwrap();
    let words = scan_into(dir.path(), "a.tif -m seg -q", "out");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tianmu"));
    command.args(words.split(' ')).current_dir(dir.path());
    for name in [
        "HOME",
        "XDG_CACHE_HOME",
        "XDG_DATA_HOME",
        "LOCALAPPDATA",
        "TMPDIR",
    ] {
        command.env(name, &home);
    }
    // The program has to see to it by itself, and against what it finds.
    let (switch, _) = tianmu::model::TELEMETRY_SWITCH;
    assert!(command.env(switch, "0").status().unwrap().success());
    assert_eq!(files_in(&home), [""; 0]);
}
