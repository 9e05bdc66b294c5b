//! What a user is told of a model that fails.

use crate::Error;
use std::path::Path;

/// The error that a model cannot be loaded, with what ONNX Runtime says of it.
pub(super) fn load_failed(path: &Path, reason: &str) -> Error {
    Error::Model {
        path: path.to_owned(),
        problem: format!("cannot be loaded: {}", first_line(reason)),
        hint: "check that it is an ONNX file and that its copy is complete".into(),
    }
}

/// The error that a model fails on an input of a shape, with what ONNX Runtime says of it.
pub(super) fn run_failed(path: &Path, shape: &[usize], reason: &str) -> Error {
    let wanted = "Failed to allocate memory for requested buffer of size ";
    let bytes = reason.split_once(wanted).and_then(|(_, rest)| {
        let end = rest.find(|c: char| !c.is_ascii_digit());
        rest[..end.unwrap_or(rest.len())].parse::<u64>().ok()
    });
    let (why, hint) = match bytes {
        Some(bytes) => (
            format!(
                "it wants {} MiB of memory at once, more than there is",
                bytes.div_ceil(1 << 20)
            ),
            "take a smaller `--tile-size` or fewer `--workers`, or export the model anew",
        ),
        None => (
            first_line(reason),
            "look at it with `tianmu inspect`; try another `--tile-size`",
        ),
    };
    Error::Model {
        path: path.to_owned(),
        problem: format!("fails on an input of shape {shape:?}: {why}"),
        hint: hint.into(),
    }
}

fn first_line(text: &str) -> String {
    text.lines()
        .next()
        .unwrap_or("no reason given")
        .trim()
        .to_owned()
}
