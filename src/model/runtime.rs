//! Where ONNX Runtime's shared library is found, and that it reports nothing.

use std::path::{Path, PathBuf};

/// The library's file name on this system, without a version.
const LIBRARY: &str = if cfg!(windows) {
    "onnxruntime.dll"
} else if cfg!(target_os = "macos") {
    "libonnxruntime.dylib"
} else {
    "libonnxruntime.so"
};

/// Where a set-up of the project puts the library.
const PROJECT_FOLDER: &str = ".onnxruntime/lib";

/// The variable and its value with which ONNX Runtime collects nothing, from its start on:
/// official builds from 1.32 otherwise keep a device's id and what was run in the user's cache,
/// and send it to their maker. The call of its interface comes too late for the first report and
/// stops only a part (its `Privacy.md`, "Disabling Telemetry").
///
/// A program that uses this library sets it before it starts a thread.
pub const TELEMETRY_SWITCH: (&str, &str) = ("ORT_DISABLE_TELEMETRY", "1");

/// Refuses to load a library that would report.
pub(super) fn check_telemetry() -> Result<(), String> {
    let (name, wanted) = TELEMETRY_SWITCH;
    let seen = std::env::var(name).unwrap_or_default();
    if seen == wanted {
        return Ok(());
    }
    Err(format!(
        "would report what is run to its maker: {name} is `{seen}`, wanted `{wanted}`"
    ))
}

/// Looks for the library: `ORT_DYLIB_PATH`, beside the program (and in its `lib`
/// folder), in the project that the program was built in. `Err` lists the places looked at.
pub(super) fn find_library() -> Result<PathBuf, Vec<PathBuf>> {
    if let Some(named) = std::env::var_os("ORT_DYLIB_PATH").filter(|v| !v.is_empty()) {
        let named = PathBuf::from(named);
        // A bare name is left to the system's own search.
        return if named.is_file() || named.components().count() == 1 {
            Ok(named)
        } else {
            Err(vec![named])
        };
    }
    let mut looked = Vec::new();
    for folder in folders() {
        if let Some(found) = library_in(&folder) {
            return Ok(found);
        }
        looked.push(folder);
    }
    Err(looked)
}

fn folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    let program = std::env::current_exe()
        .ok()
        .map(|p| fs_err::canonicalize(&p).unwrap_or(p));
    if let Some(beside) = program.as_deref().and_then(Path::parent) {
        folders.push(beside.to_owned());
        folders.push(beside.join("lib"));
        // target/release/tianmu and target/debug/deps/it-… both lie in the project.
        folders.extend(
            beside
                .ancestors()
                .skip(1)
                .take(4)
                .map(|a| a.join(PROJECT_FOLDER)),
        );
    }
    folders.dedup();
    folders
}

/// The library in a folder: the plain name, else the highest versioned one.
fn library_in(folder: &Path) -> Option<PathBuf> {
    let plain = folder.join(LIBRARY);
    if plain.is_file() {
        return Some(plain);
    }
    let mut versioned: Vec<PathBuf> = fs_err::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|p| {
            p.file_name()
                .and_then(|n| n.to_str())
                .is_some_and(|n| n.starts_with("libonnxruntime.") && !n.contains("providers"))
                && p.is_file()
        })
        .collect();
    versioned.sort();
    versioned.pop()
}
