//! Where photos lie that a row names: beside the table, or below the folder of a `GeoPackage`.

use super::exif;
use crate::returns::returned::Photo;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Folders that `QField` and Mergin Maps put photos into.
const PHOTO_FOLDERS: [&str; 3] = ["DCIM", "files", "photos"];

/// Files beside a table, by name: in `media`, in its own folder, and in their subfolders one level
/// down, as ODK Central and `KoBo` pack them.
pub(super) struct Beside {
    by_name: BTreeMap<String, Vec<PathBuf>>,
}

impl Beside {
    /// Those beside a table. Folders that cannot be listed hold nothing.
    pub(super) fn of(table: &Path) -> Self {
        let own = folder_of(table);
        let mut folders = vec![own.join("media"), own.clone()];
        let below: Vec<PathBuf> = folders.iter().flat_map(|f| listed(f)).collect();
        folders.extend(below.into_iter().filter(|p| p.is_dir()));
        let mut by_name: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        for folder in folders {
            for file in listed(&folder) {
                let name = file.file_name().unwrap_or_default().to_string_lossy();
                let all = by_name.entry(name.to_lowercase()).or_default();
                if !all.contains(&file) {
                    all.push(file);
                }
            }
        }
        Self { by_name }
    }

    /// The photo of a kind that a row names; of several of one name the one in a folder named after
    /// the row's key.
    pub(super) fn photo(&self, kind: &str, written: &str, key: &str) -> Photo {
        let name = parts(written).pop().unwrap_or_default().to_lowercase();
        let key = key.strip_prefix("uuid:").unwrap_or(key);
        let files = || self.by_name.get(&name).into_iter().flatten();
        let is_of_row = |file: &&PathBuf| {
            let folder = file.parent().and_then(Path::file_name);
            !key.is_empty() && folder.is_some_and(|f| f == key)
        };
        let own = files()
            .filter(is_of_row)
            .chain(files())
            .find(|f| f.is_file());
        photo(kind, written, own.cloned())
    }
}

/// The photo that a `GeoPackage` in `folder` names by a path relative to it, or by one on the phone
/// that took it. What leads out of the folder is not followed.
pub(super) fn below(folder: &Path, kind: &str, written: &str) -> Photo {
    let parts = parts(written);
    let from = |at: usize| parts[at..].iter().collect::<PathBuf>();
    let is_own = |part: &String| PHOTO_FOLDERS.iter().any(|f| f.eq_ignore_ascii_case(part));
    let name = parts.last().cloned().unwrap_or_default();
    let in_photo_folder = parts.iter().rposition(is_own).map(from);
    let mut places: Vec<PathBuf> = vec![from(0)];
    places.extend(in_photo_folder);
    places.extend(PHOTO_FOLDERS.iter().map(|f| Path::new(f).join(&name)));
    places.push(name.into());
    let is_below = |place: &&PathBuf| {
        let mut names = place.components();
        names.clone().next().is_some()
            && names.all(|c| matches!(c, std::path::Component::Normal(_)))
    };
    let found = places.iter().filter(is_below).map(|p| folder.join(p));
    photo(kind, written, found.into_iter().find(|p| p.is_file()))
}

/// A photo with what it says of itself.
fn photo(kind: &str, written: &str, path: Option<PathBuf>) -> Photo {
    let taken_at = path.as_deref().map(|p| exif::read(p).taken_at);
    Photo {
        kind: kind.into(),
        name: written.into(),
        path,
        taken_at: taken_at.unwrap_or_default(),
    }
}

/// The folder that a file lies in.
pub(super) fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The parts of a path, whatever separates them.
fn parts(written: &str) -> Vec<String> {
    let written = written.trim().trim_start_matches("file://");
    written
        .split(['/', '\\'])
        .filter(|part| !part.is_empty() && *part != ".")
        .map(str::to_owned)
        .collect()
}

/// What is in a folder, in the order of names; nothing hidden.
fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|p| {
            let name = p.file_name().unwrap_or_default();
            !name.as_encoded_bytes().starts_with(b".")
        })
        .collect();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, b"x").unwrap();
        path
    }

    #[test]
    fn photos_of_a_table_are_found_where_programs_pack_them() {
        let dir = tempfile::tempdir().unwrap();
        let table = put(dir.path(), "form.csv");
        let media = put(dir.path(), "media/1.jpg");
        let own = put(dir.path(), "2.jpg");
        let below = put(dir.path(), "attachments/3.JPG");
        put(dir.path(), "media/a-1/4.jpg");
        let second = put(dir.path(), "media/b-2/4.jpg");
        put(dir.path(), "1.jpg");
        put(dir.path(), "a/b/5.jpg");
        let files = Beside::of(&table);
        let path = |name: &str| files.photo("photo_ctx", name, "uuid:b-2").path;
        assert_eq!(path("1.jpg"), Some(media));
        assert_eq!(path("2.jpg"), Some(own));
        assert_eq!(path("3.jpg"), Some(below));
        assert_eq!(path("https://kobo/x/4.jpg"), Some(second));
        assert_eq!(path("5.jpg"), None);
        assert_eq!(path(""), None);
        assert_eq!(files.photo("photo_ctx", "5.jpg", "").name, "5.jpg");
    }

    #[test]
    fn photos_of_a_geopackage_are_found_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("qfield");
        let one = put(&folder, "DCIM/1.jpg");
        let other = put(&folder, "3.jpg");
        put(dir.path(), "secret.jpg");
        let path = |name: &str| below(&folder, "photo_ctx", name).path;
        for name in [
            "DCIM/1.jpg",
            r"DCIM\1.jpg",
            "./DCIM/1.jpg",
            "1.jpg",
            "/storage/emulated/0/Android/data/ch.opengis.qfield/files/x/DCIM/1.jpg",
            r"C:\packs\qfield\DCIM\1.jpg",
        ] {
            assert_eq!(path(name).as_deref(), Some(one.as_path()), "{name}");
        }
        assert_eq!(path("DCIM/3.jpg"), Some(other));
        for name in [
            "DCIM/2.jpg",
            "../secret.jpg",
            r"..\secret.jpg",
            "",
            "/",
            "..",
        ] {
            assert_eq!(path(name), None, "{name}");
        }
    }
}
