//! A folder of photos: each is a row, named by what its path says of the site, and by where it was
//! taken.

use super::exif::{self, PhotoFacts};
use super::marks::{code_in, site_id_in};
use super::refused;
use crate::Result;
use crate::campaign::manifest::{MANIFEST, read_manifest};
use crate::digest::{hash_of, hash_of_file};
use crate::returns::returned::{Photo, ReturnFile, ReturnFormat, Returned, Written};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Endings of names of photos.
const ENDINGS: [&str; 4] = ["jpg", "jpeg", "png", "heic"];

/// Words for each kind of photo, the first that is found counts; English ones as whole words.
const KINDS: [(&str, &[&str], &[&str]); 3] = [
    (
        "photo_after",
        &["铲除后", "处置后", "清除后", "铲后"],
        &["after"],
    ),
    ("photo_ctx", &["全景", "远景"], &["ctx", "context", "wide"]),
    ("photo_near", &["特写", "近"], &["near", "close", "closeup"]),
];

/// Endings of files that may hold answers.
const RETURNS: [&str; 7] = ["xlsx", "xlsm", "xls", "et", "csv", "gpkg", "zip"];

fn is_return(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default();
    RETURNS.iter().any(|e| ending.eq_ignore_ascii_case(e))
}

/// Reads all photos of a folder and of its subfolders, in the order of their names; nothing hidden.
/// A photo is of the site whose id or short code stands in its name, else in that of the folder
/// nearest to it; where it was taken comes along for those whose path names none.
///
/// Of a photo only its tags are looked at; one that is damaged is a row with a note.
///
/// # Errors
/// A refusal where there is no photo.
pub(super) fn read(folder: &Path) -> Result<ReturnFile> {
    let mut notes = Vec::new();
    let files = photos_below(folder, &mut notes)?;
    let no_photo = |what: String| {
        refused(
            folder,
            what,
            "give the folder that the photos were copied into",
        )
    };
    if files.is_empty() {
        return Err(no_photo(format!(
            "holds no photo (.{})",
            ENDINGS.join(", .")
        )));
    }
    let own_name = folder_name(folder);
    let handed_out = handed_out(folder, &files);
    // In the order of the files, however many threads there are.
    let mut read: Vec<(Returned, Option<String>)> = files
        .par_iter()
        .map(|name| {
            let path = folder.join(name);
            let row = row(&own_name, name, path.clone());
            (row, hash_of_file(&path, &|| false))
        })
        .collect();
    let count = read.len();
    read.retain(|(_, hash)| !hash.as_ref().is_some_and(|hash| handed_out.contains(hash)));
    let ours = count - read.len();
    if ours > 0 {
        notes.push(format!(
            "{ours} pictures were handed out with the tasks, as `{MANIFEST}` says: they are no photos of a check"
        ));
    }
    if read.is_empty() {
        return Err(no_photo(
            "holds no photo but pictures that were handed out with tasks".into(),
        ));
    }
    let mut hashes = String::new();
    for (row, hash) in &read {
        if hash.is_none() {
            notes.push(format!("`{}` cannot be read", row.place));
        }
        let hash = hash.as_deref().unwrap_or("unreadable");
        let _ = writeln!(hashes, "{}\0{hash}", row.place);
    }
    Ok(ReturnFile {
        path: folder.to_owned(),
        sha256: hash_of(hashes),
        format: ReturnFormat::Photos,
        rows: read.into_iter().map(|(row, _)| row).collect(),
        notes,
    })
}

/// Hashes of what field packs gave out: the lists of files beside the photos, and above them.
fn handed_out(folder: &Path, photos: &[PathBuf]) -> BTreeSet<String> {
    let whole = fs_err::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let above = whole.parent().map(Path::to_owned);
    let beside = photos
        .iter()
        .flat_map(|photo| photo.ancestors().skip(1))
        .map(|inner| whole.join(inner));
    let folders: BTreeSet<PathBuf> = beside.chain(above).collect();
    folders
        .into_iter()
        .map(|folder| folder.join(MANIFEST))
        .filter(|list| list.is_file())
        // A list of somebody else's says nothing here.
        .filter_map(|list| read_manifest(&list).ok())
        .flatten()
        .map(|listed| listed.sha256)
        .collect()
}

/// Photos by their path within the folder, sorted. A folder is looked into once, so that links in a
/// circle end.
fn photos_below(folder: &Path, notes: &mut Vec<String>) -> Result<Vec<PathBuf>> {
    let mut seen = BTreeSet::from([fs_err::canonicalize(folder)?]);
    let mut open = vec![PathBuf::new()];
    let mut found = Vec::new();
    while let Some(inner) = open.pop() {
        let entries = match fs_err::read_dir(folder.join(&inner)) {
            Ok(entries) => entries,
            Err(error) if inner.as_os_str().is_empty() => return Err(error.into()),
            Err(_) => {
                notes.push(format!("`{}` cannot be looked into", slashed(&inner)));
                continue;
            }
        };
        let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        names.sort();
        for name in names {
            // Beside photos macOS and phones keep thumbnails and notes in hidden files.
            if name.as_encoded_bytes().starts_with(b".") || name == "__MACOSX" {
                continue;
            }
            let place = inner.join(&name);
            let path = folder.join(&place);
            if path.is_dir() {
                if seen.insert(fs_err::canonicalize(&path)?) {
                    open.push(place);
                }
            } else if is_photo(&path) {
                found.push(place);
            } else if is_return(&path) {
                notes.push(format!(
                    "`{}` is no photo and was not read: give it by its own name",
                    slashed(&place)
                ));
            }
        }
    }
    found.sort_by_key(|place| slashed(place));
    Ok(found)
}

fn is_photo(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default();
    ENDINGS.iter().any(|e| ending.eq_ignore_ascii_case(e))
}

fn row(own_name: &str, place: &Path, path: PathBuf) -> Returned {
    let facts = exif::read(&path);
    let name = slashed(place);
    let mut row = Returned {
        place: name.clone(),
        ..Returned::default()
    };
    // From the name of the file outward.
    let mut words: Vec<&str> = name.split('/').rev().collect();
    words.push(own_name);
    name_site(&mut row, &words);
    add_position(&mut row, &facts);
    row.raw.insert("file".into(), name.clone().into());
    for name in ["lon", "lat", "gps_accuracy_m"] {
        if let Some(written) = row.answers.get(name) {
            row.raw.insert(name.into(), written.text.clone().into());
        }
    }
    row.raw
        .insert("taken_at".into(), facts.taken_at.clone().into());
    row.notes.extend(facts.notes);
    row.photos.push(Photo {
        kind: words
            .iter()
            .find_map(|w| kind_in(w))
            .unwrap_or("photo")
            .into(),
        name,
        path: path.is_file().then_some(path),
        taken_at: facts.taken_at,
    });
    row
}

/// Adds the site that the nearest name speaks of, and says where another one speaks of another.
fn name_site(row: &mut Returned, words: &[&str]) {
    let found = words.iter().enumerate().filter_map(|(at, word)| {
        let site = site_id_in(word).map(|id| ("site_id", id));
        let (name, text) = site.or_else(|| Some(("code", code_in(word)?)))?;
        Some((at, name, text))
    });
    for (at, name, text) in found {
        let cell = if at == 0 {
            "name of the file"
        } else {
            "name of the folder"
        };
        match row.answers.get(name) {
            Some(nearer) if nearer.text != text => row.notes.push(format!(
                "its {} says `{}`, its folder `{text}`: the first was taken",
                nearer.cell, nearer.text
            )),
            Some(_) => {}
            // An id and a code may both be there; which of them is right is judged elsewhere.
            None => {
                let cell = cell.to_owned();
                row.answers.insert(name, Written { text, cell });
            }
        }
    }
}

fn add_position(row: &mut Returned, facts: &PhotoFacts) {
    let [lon, lat] = facts.position.map_or([None, None], |p| p.map(Some));
    let accuracy = facts.position.and(facts.accuracy_m);
    for (name, value) in [("lon", lon), ("lat", lat), ("gps_accuracy_m", accuracy)] {
        if let Some(value) = value {
            let (text, cell) = (value.to_string(), "EXIF".into());
            row.answers.insert(name, Written { text, cell });
        }
    }
}

fn kind_in(name: &str) -> Option<&'static str> {
    let stem = Path::new(name).file_stem().unwrap_or_default();
    // `附近` is a place nearby, not a close look.
    let text = stem.to_string_lossy().to_lowercase().replace("附近", "");
    let has_word = |word: &&str| {
        text.split(|c: char| !c.is_ascii_alphabetic())
            .any(|w| w == *word)
    };
    KINDS
        .iter()
        .find(|(_, zh, en)| zh.iter().any(|w| text.contains(w)) || en.iter().any(has_word))
        .map(|(kind, ..)| *kind)
}

/// A path within a folder, with `/` on every system.
fn slashed(place: &Path) -> String {
    let parts: Vec<_> = place.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// The name of the folder itself, also where it was given as `.`.
fn folder_name(folder: &Path) -> String {
    let whole = fs_err::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let name = whole.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::exif::tests::jpeg;
    use super::*;

    fn put(folder: &Path, name: &str, bytes: &[u8]) {
        let path = folder.join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, bytes).unwrap();
    }

    fn answer<'a>(row: &'a Returned, name: &str) -> &'a str {
        row.answers.get(name).map_or("", |w| &w.text)
    }

    #[test]
    fn photos_are_named_by_their_paths_and_placed_by_their_tags() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("照片 101201-09");
        let photo = jpeg(101.6367, 24.7548, "2026:05:04 10:30:00", "+08:00");
        put(&folder, "101201-07_ctx_20260504103000.JPG", &photo);
        put(&folder, "990101101201-2026R1-0003/铲除后近景.jpeg", &photo);
        put(
            &folder,
            "101201-08/990101101201-2026R1-0002 near.jpg",
            b"\xff\xd8\xff\xd9",
        );
        put(&folder, "IMG_1.heic", b"broken");
        put(&folder, "101201-07/afternoon 附近.png", b"");
        put(&folder, "notes.txt", b"x");
        put(&folder, "._IMG_1.jpg", b"x");
        put(&folder, ".thumbnails/1.jpg", b"x");
        let file = read(&folder).unwrap();
        let places: Vec<&str> = file.rows.iter().map(|r| r.place.as_str()).collect();
        assert_eq!(
            places,
            [
                "101201-07/afternoon 附近.png",
                "101201-07_ctx_20260504103000.JPG",
                "101201-08/990101101201-2026R1-0002 near.jpg",
                "990101101201-2026R1-0003/铲除后近景.jpeg",
                "IMG_1.heic"
            ]
        );
        let kinds: Vec<&str> = file
            .rows
            .iter()
            .map(|r| r.photos[0].kind.as_str())
            .collect();
        assert_eq!(
            kinds,
            ["photo", "photo_ctx", "photo_near", "photo_after", "photo"]
        );
        let [empty, named, both, of_folder, broken] = file.rows.as_slice() else {
            panic!()
        };
        assert_eq!(answer(named, "code"), "101201-07");
        assert_eq!(named.answers["code"].cell, "name of the file");
        assert_eq!(answer(named, "lon"), "101.6367");
        assert_eq!(answer(named, "lat"), "24.7548");
        assert_eq!(named.photos[0].taken_at, "2026-05-04T10:30:00+08:00");
        assert_eq!(answer(both, "site_id"), "990101101201-2026R1-0002");
        assert_eq!(answer(both, "code"), "101201-08");
        assert_eq!(answer(both, "lon"), "");
        assert_eq!(answer(of_folder, "site_id"), "990101101201-2026R1-0003");
        assert_eq!(of_folder.answers["site_id"].cell, "name of the folder");
        // The folder that was given may be that of one site.
        assert_eq!(answer(broken, "code"), "101201-09");
        assert!(broken.notes[0].contains("no JPEG"), "{:?}", broken.notes);
        assert!(
            empty.notes.iter().any(|n| n == "is empty"),
            "{:?}",
            empty.notes
        );
        assert!(empty.notes.iter().any(|n| n.contains("101201-09")));
    }

    #[test]
    fn the_hash_is_of_names_and_bytes() {
        let hash = |files: &[(&str, &[u8])]| {
            let dir = tempfile::tempdir().unwrap();
            for (name, bytes) in files {
                put(dir.path(), name, bytes);
            }
            read(dir.path()).unwrap().sha256
        };
        let one = hash(&[("a.jpg", b"1"), ("b/c.jpg", b"2")]);
        assert_eq!(
            one,
            hash(&[("b/c.jpg", b"2"), ("a.jpg", b"1"), ("x.txt", b"")])
        );
        assert_ne!(one, hash(&[("a.jpg", b"1"), ("b/c.jpg", b"3")]));
        assert_ne!(one, hash(&[("a.jpg", b"1"), ("b/d.jpg", b"2")]));
    }

    #[test]
    fn pictures_of_a_pack_are_no_photos() {
        let dir = tempfile::tempdir().unwrap();
        put(
            dir.path(),
            "pack/pictures/990101101201-2026R1-0003.jpg",
            b"ours",
        );
        let about = |_: &str, _: &str| crate::campaign::manifest::About::default();
        crate::campaign::manifest::write_manifest(&dir.path().join("pack"), &about).unwrap();
        let refusal = |folder: &str| read(&dir.path().join(folder)).unwrap_err().to_string();
        for folder in ["pack", "pack/pictures", ""] {
            assert!(refusal(folder).contains("handed out"), "{folder}");
        }
        put(dir.path(), "pack/pictures/101201-07 near.jpg", b"theirs");
        let file = read(&dir.path().join("pack")).unwrap();
        let places: Vec<&str> = file.rows.iter().map(|r| r.place.as_str()).collect();
        assert_eq!(places, ["pictures/101201-07 near.jpg"]);
        assert!(
            file.notes
                .iter()
                .any(|n| n.starts_with("1 pictures were handed out")),
            "{:?}",
            file.notes
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_in_a_circle_end() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), "a/1.jpg", b"1");
        std::os::unix::fs::symlink("..", dir.path().join("a/up")).unwrap();
        std::os::unix::fs::symlink(dir.path(), dir.path().join("a/self")).unwrap();
        std::os::unix::fs::symlink("nowhere.jpg", dir.path().join("gone.jpg")).unwrap();
        let file = read(dir.path()).unwrap();
        assert_eq!(file.rows.len(), 2);
        assert_eq!(file.rows[1].photos[0].path, None);
        assert_eq!(file.notes, ["`gone.jpg` cannot be read"]);
    }

    #[test]
    fn a_folder_without_photos_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), "a.txt", b"");
        let error = read(dir.path()).unwrap_err();
        assert!(
            error.to_string().contains("holds no photo (.jpg"),
            "{error}"
        );
        assert!(read(&dir.path().join("none")).is_err());
    }
}
