//! The training kit on a tiny budget: every script runs, and the program takes what it makes.

#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use tempfile::tempdir;

/// What `check.sh` ends with where a Python it needs is missing, and only then.
const MISSING: i32 = 3;

struct Checked {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs `check.sh` into `folder`.
fn check(folder: &Path, environment: &[(&str, &str)]) -> Checked {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let done = Command::new("bash")
        .arg(root.join("models/training/check.sh"))
        .arg(folder)
        .env("TIANMU", env!("CARGO_BIN_EXE_tianmu"))
        .envs(environment.iter().copied())
        .current_dir(root)
        .output()
        .unwrap();
    Checked {
        code: done.status.code(),
        out: String::from_utf8_lossy(&done.stdout).into_owned(),
        err: String::from_utf8_lossy(&done.stderr).into_owned(),
    }
}

#[test]
fn the_whole_kit_runs_on_a_tiny_budget() {
    let work = tempdir().unwrap();
    let named = std::env::var("TIANMU_PYTHON").unwrap_or_default();
    let environment = [("ONNX_PYTHON", named.as_str())];
    let given = usize::from(!named.is_empty());
    let done = check(&work.path().join("kit"), &environment[..given]);
    let Checked { code, out, err } = done;
    if code == Some(MISSING) {
        let required = std::env::var_os("TIANMU_REQUIRE_PYTHON").is_some_and(|v| v == "1");
        assert!(!required, "{err}");
        println!("skipped: the training kit: {err}");
        return;
    }
    assert_eq!(code, Some(0), "{out}{err}");
    let last = out.lines().last().unwrap_or_default();
    assert!(
        last.contains("the kit works; it made 6 models"),
        "{out}{err}"
    );
    println!("{out}");
}

#[test]
fn a_python_that_is_missing_is_named() {
    let work = tempdir().unwrap();
    let done = check(work.path(), &[("TORCH_PYTHON", "/no/python")]);
    assert_eq!(done.code, Some(MISSING), "{}", done.err);
    assert!(done.err.contains("/no/python"), "{}", done.err);
    assert!(done.err.contains("setup.sh --training"), "{}", done.err);
}

/// Also one that ends with the code of a missing Python, as a scan may.
#[test]
fn a_step_that_fails_is_named_and_fails_the_check() {
    let work = tempdir().unwrap();
    let python = work.path().join("python");
    fs_err::write(&python, "#!/bin/sh\n[ \"$1\" = -c ] || exit 3\n").unwrap();
    fs_err::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
    let python = python.to_str().unwrap();
    let pythons = [("TORCH_PYTHON", python), ("ONNX_PYTHON", python)];

    let done = check(&work.path().join("kit"), &pythons);
    assert_eq!(done.code, Some(1), "{}", done.err);
    assert!(done.err.contains("this step failed"), "{}", done.err);
    assert!(done.err.contains("render_scenes.py"), "{}", done.err);

    let done = check(work.path(), &pythons);
    assert_eq!(done.code, Some(1), "{}", done.err);
    assert!(done.err.contains("is not empty"), "{}", done.err);
}
