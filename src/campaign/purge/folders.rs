//! Pictures of places in folders of ours: packs and reports by their manifests, chips by their
//! table. Only what these lists name is ever taken; links are not followed.

use super::places::Places;
use super::{FolderState, PurgeRequest, PurgedFile};
use crate::campaign::manifest::{
    MANIFEST, MANIFEST_COLUMNS, files_below, read_manifest, unprotected,
};
use crate::digest::hash_of_file;
use crate::pipeline::report::{CHIPS_BEGIN, CHIPS_TABLE};
use crate::{Error, Result};
use geo::Point;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Endings of files that are one picture.
const PICTURES: [&str; 4] = ["jpg", "jpeg", "png", "webp"];
/// Endings of files that hold pictures of many places.
const DOCUMENTS: [&str; 5] = ["xlsx", "kmz", "pdf", "html", "zip"];

/// Metres to each side of a chip whose size cannot be read.
const UNKNOWN_HALF_M: f64 = 50.0;

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    /// To be deleted.
    pub(super) deleted: Vec<PurgedFile>,
    /// Holds such pictures, and stays.
    pub(super) holding: Vec<PurgedFile>,
}

/// Whether the list of a folder's files is one that this campaign noted: the pack of another campaign
/// has the same form, and other answers.
fn is_known(folder: &Path, known: &BTreeSet<String>) -> bool {
    hash_of_file(&folder.join(MANIFEST), &|| false).is_some_and(|hash| known.contains(&hash))
}

/// Searches a folder; `known` are the hashes of lists that the campaign noted.
pub(super) fn search(
    folder: &Path,
    places: &Places,
    known: &BTreeSet<String>,
    request: &PurgeRequest<'_>,
    found: &mut Found,
) -> Result<FolderState> {
    let Ok(kind) = fs_err::symlink_metadata(folder) else {
        return Ok(FolderState::Missing);
    };
    if kind.is_file() {
        // A sealed pack cannot be looked into.
        if places.count() > 0 {
            let file = purged(folder, "a pack that is sealed", request)?;
            found.holding.push(file);
        }
        return Ok(FolderState::OneFile);
    }
    if !kind.is_dir() {
        return Ok(FolderState::NotOurs);
    }
    let begins = |name: &str, with: &str| {
        let path = folder.join(name);
        let is_plain = fs_err::symlink_metadata(&path).is_ok_and(|m| m.is_file());
        is_plain && fs_err::read(&path).is_ok_and(|bytes| bytes.starts_with(with.as_bytes()))
    };
    let files = files_below(folder)?;
    let (one, two) = (MANIFEST_COLUMNS[0], MANIFEST_COLUMNS[1]);
    let has_chips = begins(CHIPS_TABLE, CHIPS_BEGIN);
    if has_chips {
        search_chips(folder, &files, places, request, found)?;
    } else if begins(MANIFEST, &format!("\u{feff}{one},{two},")) && is_known(folder, known) {
        search_listed(folder, &files, places, request, found)?;
    } else {
        // Pictures that lie in a folder without a mark are named, and left alone.
        for (name, path) in &files {
            if let Some(id) = shown(name, places) {
                found
                    .holding
                    .push(purged(path, &format!("{id}; {NOT_MARKED}"), request)?);
            }
        }
        return Ok(FolderState::NotOurs);
    }
    Ok(FolderState::Searched)
}

const NOT_MARKED: &str = "its folder is none that this campaign noted";

/// What somebody worked in is never deleted.
const TOUCHED: &str = "it is no longer what it was when it was made";

fn ending(name: &str) -> String {
    let ending = Path::new(name).extension().unwrap_or_default();
    ending.to_string_lossy().to_ascii_lowercase()
}

fn stem(name: &str) -> &str {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

/// The place whose pictures go and that a picture shows, by its name: the number alone, or with a
/// word behind a dash.
fn shown<'a>(name: &str, places: &'a Places) -> Option<&'a str> {
    if !PICTURES.contains(&ending(name).as_str()) {
        return None;
    }
    let stem = stem(name);
    let whole = places.gone(stem);
    whole.or_else(|| {
        let mut cuts = stem.rmatch_indices(['-', '_']).map(|(at, _)| &stem[..at]);
        cuts.find_map(|head| {
            if places.knows(head) {
                Some(places.gone(head))
            } else {
                None
            }
        })?
    })
}

fn search_listed(
    folder: &Path,
    files: &BTreeMap<String, PathBuf>,
    places: &Places,
    request: &PurgeRequest<'_>,
    found: &mut Found,
) -> Result<()> {
    let listed = read_manifest(&folder.join(MANIFEST))?;
    let pictured: Vec<&str> = listed
        .iter()
        .filter_map(|l| shown(&l.name, places))
        .collect();
    for line in &listed {
        let Some(path) = files.get(&line.name) else {
            continue;
        };
        if let Some(id) = shown(&line.name, places) {
            let file = purged(path, id, request)?;
            if file.sha256 == line.sha256 {
                found.deleted.push(file);
            } else {
                let shows = format!("{id}; {TOUCHED}");
                found.holding.push(PurgedFile { shows, ..file });
            }
        } else if let Some(why) = held(&line.name, path, &pictured, places) {
            let file = purged(path, &why, request)?;
            if file.sha256 != line.sha256 {
                let shows = format!("{why}; {TOUCHED}");
                found.holding.push(PurgedFile { shows, ..file });
            } else if request.documents {
                found.deleted.push(file);
            } else {
                found.holding.push(file);
            }
        }
    }
    Ok(())
}

/// Whether a document holds pictures of places that go: which of them it shows cannot be told of
/// every format, so that one that holds any picture of the pack counts, a sheet of a village where a
/// place of that village was pictured.
fn held(name: &str, path: &Path, pictured: &[&str], places: &Places) -> Option<String> {
    let ending = ending(name);
    if pictured.is_empty() || !DOCUMENTS.contains(&ending.as_str()) {
        return None;
    }
    let of_sheet = name.strip_prefix("sheets/").map(stem);
    let village = |id: &&&str| {
        let code = places.village(id);
        of_sheet == Some(if code.is_empty() { "outside" } else { code })
    };
    let count = match of_sheet {
        Some(_) => pictured.iter().filter(village).count(),
        None => pictured.len(),
    };
    let holds_pictures = match ending.as_str() {
        "xlsx" | "kmz" | "zip" => zipped_pictures(path),
        "html" => fs_err::read(path).is_ok_and(|text| {
            let text = String::from_utf8_lossy(&text);
            text.contains("data:image/jpeg") || text.contains("data:image/png")
        }),
        _ => true,
    };
    (count > 0 && holds_pictures).then(|| format!("may show {count} of them"))
}

/// Whether an archive holds pictures; one that cannot be opened may.
fn zipped_pictures(path: &Path) -> bool {
    let Ok(file) = fs_err::File::open(path) else {
        return true;
    };
    let Ok(archive) = zip::ZipArchive::new(std::io::BufReader::new(file)) else {
        return true;
    };
    archive
        .file_names()
        .any(|name| name.is_ok_and(|name| PICTURES.contains(&ending(&name).as_str())))
}

/// Chips by their table: those that show a place that goes, and ground without a site by a home.
fn search_chips(
    folder: &Path,
    files: &BTreeMap<String, PathBuf>,
    places: &Places,
    request: &PurgeRequest<'_>,
    found: &mut Found,
) -> Result<()> {
    let table = folder.join(CHIPS_TABLE);
    let unfit = |why: String| {
        Error::labels(
            &table,
            format!("is no table of chips: {why}"),
            "bring it back as it was written, or leave the folder out",
        )
    };
    let bytes = fs_err::read(&table)?;
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    let mut reader = csv::Reader::from_reader(text);
    let header = reader.headers().map_err(|e| unfit(e.to_string()))?.clone();
    let by_stem = chips_by_stem(files);
    for record in reader.records() {
        let record = record.map_err(|e| unfit(e.to_string()))?;
        let cell = |name: &str| {
            let at = header.iter().position(|h| h == name);
            unprotected(at.and_then(|at| record.get(at)).unwrap_or_default())
        };
        let of_chip = by_stem
            .get(stem(cell("chip")))
            .map_or(&[][..], Vec::as_slice);
        let mut sites = cell("site_ids").split("; ").filter(|id| !id.is_empty());
        let is_ours = places.runs.contains(cell("run_id"));
        let shows = match sites.find_map(|id| places.gone(id)) {
            Some(id) => id.to_owned(),
            None if is_ours && cell("kind") == "background" => {
                let picture = of_chip
                    .iter()
                    .find(|path| image::image_dimensions(path).is_ok());
                let half_m = half_m(picture.copied(), cell("gsd_m"));
                let place = cell("lon").parse().ok().zip(cell("lat").parse().ok());
                let is_home =
                    place.is_some_and(|(x, y)| places.homes.are_near(Point::new(x, y), half_m));
                if !is_home {
                    continue;
                }
                "a home without a site".to_owned()
            }
            None => continue,
        };
        for path in of_chip {
            found.deleted.push(purged(path, &shows, request)?);
        }
    }
    Ok(())
}

/// Pictures, masks and labels of chips by the chip's name: never what lies in the folder itself.
fn chips_by_stem(files: &BTreeMap<String, PathBuf>) -> BTreeMap<&str, Vec<&Path>> {
    let mut by_stem: BTreeMap<&str, Vec<&Path>> = BTreeMap::new();
    for (name, path) in files {
        let ending = ending(name);
        if name.contains('/') && (ending == "txt" || PICTURES.contains(&ending.as_str())) {
            by_stem.entry(stem(name)).or_default().push(path);
        }
    }
    by_stem
}

/// Metres from the middle of a chip to its edge.
fn half_m(picture: Option<&Path>, gsd_m: &str) -> f64 {
    let width = picture.and_then(|path| image::image_dimensions(path).ok());
    let gsd_m = gsd_m.parse::<f64>().ok().filter(|gsd| gsd.is_finite());
    width.zip(gsd_m).map_or(UNKNOWN_HALF_M, |((px, _), gsd_m)| {
        f64::from(px) * gsd_m / 2.0
    })
}

fn purged(path: &Path, shows: &str, request: &PurgeRequest<'_>) -> Result<PurgedFile> {
    let sha256 = hash_of_file(path, request.stop).unwrap_or_default();
    if (request.stop)() {
        return Err(Error::Interrupted);
    }
    Ok(PurgedFile {
        path: path.to_owned(),
        sha256,
        shows: shows.to_owned(),
    })
}
