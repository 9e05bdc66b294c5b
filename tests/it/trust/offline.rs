//! Nothing is fetched, and nobody is told.

use super::{bytes_of, prepare, same, scan_into, unbroken};
use crate::support::files_in;
use std::process::Command;
use tempfile::tempdir;

/// Runs the program where there is no network at all.
#[cfg(target_os = "linux")]
#[test]
fn a_scan_needs_no_network() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let words = "a.tif b.tif -m seg";
    let cut_off = |words: &[&str]| {
        let mut command = Command::new("unshare");
        command
            .args(["--map-root-user", "--net"])
            .args(words)
            .current_dir(dir.path());
        command.output()
    };
    if !cut_off(&["true"]).is_ok_and(|done| done.status.success()) {
        println!("skipped: this machine does not let a test have a network of its own");
        assert!(
            std::env::var_os("TIANMU_REQUIRE_PYTHON").is_none(),
            "CI has to"
        );
        return;
    }
    let wanted = unbroken(dir.path(), words, "whole");
    let scan = scan_into(dir.path(), words, "alone") + " -q";
    let program = env!("CARGO_BIN_EXE_tianmu");
    let words: Vec<&str> = std::iter::once(program).chain(scan.split(' ')).collect();
    let done = cut_off(&words).unwrap();
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
