//! Reading files that came back: each format's rows as they were written. Nothing is judged here.

mod attached;
mod delimited;
mod exif;
mod marks;
mod odk;
mod photos;
mod plot;
mod qfield;
mod questions;

use super::returned::ReturnFile;
use crate::{Error, Result};
use std::path::Path;

/// Reads a file or a folder of photos, by what it is.
///
/// # Errors
/// [`Error::Store`] where it is none of these, or cannot be read.
pub fn read(path: &Path) -> Result<ReturnFile> {
    if path.is_dir() {
        return photos::read(path);
    }
    let ending = path.extension().unwrap_or_default();
    if ending.eq_ignore_ascii_case("gpkg") {
        qfield::read(path)
    } else {
        odk::read(path)
    }
}

/// A file that cannot be taken: what is wrong with it, and what to do.
fn refused(path: &Path, problem: impl Into<String>, hint: impl Into<String>) -> Error {
    Error::Store {
        target: path.display().to_string(),
        problem: problem.into(),
        hint: hint.into(),
    }
}
