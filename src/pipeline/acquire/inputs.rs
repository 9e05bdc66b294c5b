//! Paths, folders and patterns to image files.

use crate::{Error, Result};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// File name endings that are taken from a folder. A file named by itself may have
/// any ending.
const IMAGE_ENDINGS: [&str; 10] = [
    "tif", "tiff", "vrt", "jp2", "img", "jpg", "jpeg", "png", "ecw", "sid",
];

/// Expands what the user wrote: a file, a folder (its images, not those of its
/// subfolders), a glob pattern, or a name that GDAL understands by itself. Each
/// file comes once, in the order given, names within a folder or pattern sorted.
pub fn expand_inputs(patterns: &[String]) -> Result<Vec<PathBuf>> {
    let mut seen = BTreeSet::new();
    let mut files = Vec::new();
    for pattern in patterns {
        for file in expand(pattern)? {
            let key = fs_err::canonicalize(&file).unwrap_or_else(|_| file.clone());
            if seen.insert(key) {
                files.push(file);
            }
        }
    }
    Ok(files)
}

/// The file names of images; with as many folders before them as it takes to tell them
/// apart.
#[must_use]
pub fn short_names(paths: &[PathBuf]) -> Vec<String> {
    let parts: Vec<Vec<String>> = paths
        .iter()
        .map(|p| p.iter().map(|c| c.to_string_lossy().into_owned()).collect())
        .collect();
    let tail =
        |parts: &[String], length: usize| parts[parts.len().saturating_sub(length)..].join("/");
    parts
        .iter()
        .enumerate()
        .map(|(i, own)| {
            (1..own.len())
                .map(|length| (length, tail(own, length)))
                .find(|(length, name)| {
                    parts
                        .iter()
                        .enumerate()
                        .all(|(k, other)| k == i || tail(other, *length) != *name)
                })
                .map_or_else(|| own.join("/"), |(_, name)| name)
        })
        .collect()
}

fn expand(pattern: &str) -> Result<Vec<PathBuf>> {
    let none = || Error::NoInput {
        pattern: pattern.to_owned(),
    };
    let path = Path::new(pattern);
    if path.is_dir() {
        let mut files: Vec<PathBuf> = fs_err::read_dir(path)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|p| p.is_file() && is_image(p))
            .collect();
        check_names(&files)?;
        files.sort();
        return if files.is_empty() {
            Err(none())
        } else {
            Ok(files)
        };
    }
    if path.exists() {
        return Ok(vec![path.to_owned()]);
    }
    if pattern.contains(['*', '?', '[']) {
        let mut files: Vec<PathBuf> = glob::glob(pattern)
            .map_err(|e| Error::Setting {
                name: "IMAGE".into(),
                seen: pattern.to_owned(),
                wanted: format!("a file, folder or pattern ({e})"),
            })?
            .filter_map(std::result::Result::ok)
            .filter(|p| p.is_file() && !is_hidden(p))
            .collect();
        // The pattern passes over names that are no text; they are looked for beside.
        let beside = path
            .parent()
            .and_then(|folder| fs_err::read_dir(folder).ok());
        let beside = beside.into_iter().flatten();
        let beside = beside.filter_map(|entry| Some(entry.ok()?.path()));
        check_names(&beside.filter(|p| is_image(p)).collect::<Vec<_>>())?;
        files.sort();
        return if files.is_empty() {
            Err(none())
        } else {
            Ok(files)
        };
    }
    // `/vsizip/…`, `GPKG:…:table` and the like are GDAL's to find.
    if pattern.starts_with("/vsi") || pattern.get(2..).is_some_and(|rest| rest.contains(':')) {
        return Ok(vec![path.to_owned()]);
    }
    Err(none())
}

/// Refuses names that are no text (UTF-8), such as those of an archive made elsewhere: neither
/// GDAL nor any result could hold them.
fn check_names(files: &[PathBuf]) -> Result<()> {
    files
        .iter()
        .find(|path| path.to_str().is_none())
        .map_or(Ok(()), |path| {
            Err(Error::setting(
                "IMAGE",
                path.display(),
                "a name in UTF-8; rename the file, it comes from a system with another encoding",
            ))
        })
}

/// Temporaries of a run that was cut off are hidden; they are no images.
fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|n| n.to_string_lossy().starts_with('.'))
}

fn is_image(path: &Path) -> bool {
    !is_hidden(path)
        && path
            .extension()
            .and_then(|e| e.to_str())
            .is_some_and(|e| IMAGE_ENDINGS.contains(&e.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_long_as_it_takes() {
        let paths = ["f/a/scene.tif", "f/b/scene.tif", "other.tif"].map(PathBuf::from);
        assert_eq!(
            short_names(&paths),
            ["a/scene.tif", "b/scene.tif", "other.tif"]
        );
    }

    #[test]
    fn folder_pattern_and_file_give_each_image_once() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.tif", "a.TIF", "notes.txt"] {
            fs_err::write(dir.path().join(name), "").unwrap();
        }
        let folder = dir.path().to_string_lossy().into_owned();
        let found = expand_inputs(&[
            folder.clone(),
            format!("{folder}/*.tif"),
            format!("{folder}/notes.txt"),
        ])
        .unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|p| p.file_name().unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, ["a.TIF", "b.tif", "notes.txt"]);
        assert!(expand_inputs(&[format!("{folder}/*.vrt")]).is_err());
        assert!(expand_inputs(&["no/such.tif".into()]).is_err());
    }
}
