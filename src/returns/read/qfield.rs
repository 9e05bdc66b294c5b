//! The `GeoPackage` that went out for `QField` and Mergin Maps (`tasks/write/qfield`), as it comes
//! back: each feature of the layer of checks is a row, answered or not.

use super::attached::{below, folder_of};
use super::questions::{PHOTOS, is_answer, named};
use super::refused;
use crate::digest::{BESIDE, beside, hash_with_beside};
use crate::georef::Crs;
use crate::returns::returned::{Photo, ReturnFile, ReturnFormat, Returned, Written};
use crate::vector::{LayerFeature, StoredShape, Value, geopackage, read_features, read_table};
use crate::{Error, Result};
use geo::{Distance, Haversine, Point};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A point that moved by more was moved by somebody: what is left as it was has the very same
/// coordinates, and other reference systems give them back within a millimetre.
const MOVED_M: f64 = 1.0;

/// Columns that are asked for in a layer that has lost its geometry.
const COLUMNS: [&str; 29] = [
    "uuid",
    "site_id",
    "code",
    "outcome",
    "species",
    "confuser",
    "stage",
    "count_method",
    "plant_count",
    "quadrat_n",
    "quadrat_m2",
    "quadrat_sum",
    "quadrat_counts",
    "area_m2",
    "disposal",
    "prior_handled",
    "photo_ctx",
    "photo_near",
    "photo_after",
    "checker",
    "unit",
    "witness",
    "checked_at",
    "evidence_no",
    "note",
    "check_lon",
    "check_lat",
    "gps_accuracy_m",
    "photo_count",
];

/// Reads every feature of each layer that asks for an outcome, whatever the layer is called.
///
/// Where the checker stood is known, and given as `lon` and `lat`, in three cases: a field of the
/// name `check_lon`, `gps_lon` or `gnss_lon` says it (with that of the latitude), the feature was
/// added in the field and so has no site, or its point is no longer where `site_points` of the same
/// file shows the task. A point that was left where the office drew it says nothing.
///
/// The file is not opened but copied, together with what `SQLite` keeps beside it while a program
/// has it open, so that nothing of it changes. Its hash covers these files where they are there.
///
/// # Errors
/// A refusal where it is no `GeoPackage`, a campaign, or holds no layer to fill in.
pub(super) fn read(path: &Path) -> Result<ReturnFile> {
    if !geopackage::is_database(path)? {
        return Err(refused(
            path,
            "is no GeoPackage",
            "give `checks.gpkg` of the project folder that came back; a cut-off copy must be \
             copied again",
        ));
    }
    let mut notes = Vec::new();
    let (sha256, pending) = hashed(path)?;
    notes.extend(pending.iter().map(|name| {
        format!(
            "the last changes stood in `{name}` beside it; hand on both, or close the project first"
        )
    }));
    let copy = copied(path)?;
    let opened = copy.path().join("copy.gpkg");
    let contents = contents(path, &opened).map_err(|e| told_of(e, &opened, path))?;
    let folder = folder_of(path);
    let mut rows: Vec<Returned> = Vec::new();
    for feature in &contents.checks {
        rows.push(row(feature, &contents, &folder));
    }
    notes.extend(contents.notes(&rows));
    Ok(ReturnFile {
        path: path.to_owned(),
        sha256,
        format: ReturnFormat::Qfield,
        rows,
        notes,
    })
}

/// What a returned file holds.
struct Contents {
    /// Features of layers that ask for an outcome.
    checks: Vec<LayerFeature>,
    /// Tasks as the office drew them, site and point by their key.
    drawn: BTreeMap<String, (String, Point<f64>)>,
    /// Path and kind of each row of the table of photos, by the key of its check.
    photos: BTreeMap<String, Vec<[String; 2]>>,
}

impl Contents {
    fn notes(&self, rows: &[Returned]) -> Vec<String> {
        let mut notes = Vec::new();
        let layers: BTreeSet<&str> = self.checks.iter().map(|f| f.layer.as_str()).collect();
        if layers.len() > 1 {
            let layers: Vec<&str> = layers.into_iter().collect();
            notes.push(format!(
                "several layers ask for an outcome: {}",
                layers.join(", ")
            ));
        }
        if !rows.is_empty() && self.drawn.is_empty() {
            notes.push(
                "it has no layer `site_points`, so whether points were moved is not known".into(),
            );
        }
        let keys: BTreeSet<&str> = rows.iter().map(|row| row.key.as_str()).collect();
        for (check, photos) in &self.photos {
            if check.is_empty() || !keys.contains(check.as_str()) {
                for [path, _] in photos {
                    notes.push(format!(
                        "photo `{path}` is of a check `{check}` that is not there"
                    ));
                }
            }
        }
        notes
    }
}

fn contents(path: &Path, opened: &Path) -> Result<Contents> {
    if geopackage::has_table(opened, &["audit"])? && geopackage::has_table(opened, &["campaign"])? {
        return Err(refused(
            path,
            "is a campaign, not a file that came back",
            "give what the teams brought; the campaign comes first on the command line",
        ));
    }
    let (mut checks, mut drawn) = (Vec::new(), BTreeMap::new());
    // Features of a layer have the same fields.
    let mut asking: BTreeMap<String, bool> = BTreeMap::new();
    for feature in read_features(opened, &Crs::wgs84()?, None, None)? {
        let is_asking = match asking.get(&feature.layer) {
            Some(known) => *known,
            None => *asking
                .entry(feature.layer.clone())
                .or_insert_with(|| asks(&feature)),
        };
        if is_asking {
            checks.push(feature);
        } else if feature.layer.eq_ignore_ascii_case("site_points")
            && let Some(StoredShape::Point(point)) = feature.shapes.first()
        {
            let key = key_of(&feature.text(&["uuid"]));
            drawn.insert(key, (feature.text(&["site_id"]), *point));
        }
    }
    if checks.is_empty() {
        checks = without_geometry(opened);
    }
    // A layer that was emptied has no feature to know it by.
    if checks.is_empty() && read_table(opened, "checks", &["outcome"]).is_err() {
        return Err(refused(
            path,
            "has no layer with a column `outcome` to fill in",
            "give `qfield/checks.gpkg` of a field pack as it came back, not another layer of it",
        ));
    }
    let mut photos: BTreeMap<String, Vec<[String; 2]>> = BTreeMap::new();
    for cells in read_table(opened, "photos", &["check_id", "path", "kind"]).unwrap_or_default() {
        let Ok([check, path, kind]) = <[String; 3]>::try_from(cells) else {
            continue;
        };
        if !path.trim().is_empty() {
            photos.entry(key_of(&check)).or_default().push([path, kind]);
        }
    }
    Ok(Contents {
        checks,
        drawn,
        photos,
    })
}

/// Whether a feature stands in a layer to fill in. That of a campaign has the key of an answer.
fn asks(feature: &LayerFeature) -> bool {
    let has = |wanted: &str| {
        let names = feature.attributes.iter().map(|(name, _)| named(name));
        names.flatten().any(|name| name == wanted)
    };
    has("outcome")
        && (has("site_id") || has("uuid") || has("code"))
        && feature.value(&["check_id"]).is_none()
}

/// The checks of a file from which somebody took the geometry; empty where there are none.
fn without_geometry(opened: &Path) -> Vec<LayerFeature> {
    let rows = read_table(opened, "checks", &COLUMNS).unwrap_or_default();
    rows.into_iter()
        .enumerate()
        .map(|(index, cells)| LayerFeature {
            layer: "checks".into(),
            number: index + 1,
            shapes: Vec::new(),
            attributes: COLUMNS
                .iter()
                .map(|name| (*name).to_owned())
                .zip(cells.into_iter().map(Value::from))
                .collect(),
        })
        .collect()
}

fn row(feature: &LayerFeature, contents: &Contents, folder: &Path) -> Returned {
    let mut row = Returned {
        place: format!("{} feature {}", feature.layer, feature.number),
        ..Returned::default()
    };
    for (name, value) in &feature.attributes {
        let whole = match value {
            Value::Null => serde_json::Value::Null,
            Value::Text(text) => text.as_ref().into(),
            Value::Integer(number) => (*number).into(),
            Value::Real(number) => (*number).into(),
        };
        row.raw.insert(name.clone(), whole);
    }
    for (name, value) in by_machine_name(feature) {
        let (field, text) = value;
        if name == "uuid" {
            row.key = key_of(&text);
        } else if PHOTOS.contains(&name) {
            row.photos.push(below(folder, name, &text));
        } else if is_answer(name) {
            let text = if name == "checked_at" {
                as_iso(&text)
            } else {
                text
            };
            row.answers.insert(name, Written { text, cell: field });
        }
    }
    let of_table = match row.key.as_str() {
        "" => None,
        key => contents.photos.get(key),
    };
    let named_already = |photo: &Photo| row.photos.iter().any(|p| p.name == photo.name);
    let more: Vec<Photo> = of_table
        .into_iter()
        .flatten()
        .map(|[path, kind]| below(folder, kind_of(kind), path.trim()))
        .filter(|photo| !named_already(photo))
        .collect();
    row.photos.extend(more);
    place(&mut row, feature, contents);
    row
}

/// The fields of a feature with something in them, by machine name; the name itself counts before
/// the labels for it.
fn by_machine_name(feature: &LayerFeature) -> BTreeMap<&'static str, (String, String)> {
    let mut found = BTreeMap::new();
    let exact = |field: &str, name: &str| field.eq_ignore_ascii_case(name);
    for is_exact in [true, false] {
        for (field, value) in &feature.attributes {
            let text = value.to_text().trim().to_owned();
            if let Some(name) = named(field)
                && exact(field, name) == is_exact
                && !text.is_empty()
            {
                found.entry(name).or_insert((field.clone(), text));
            }
        }
    }
    found
}

/// Adds where the checker stood, where it is known, and the site that a known key belongs to.
fn place(row: &mut Returned, feature: &LayerFeature, contents: &Contents) {
    let point = match feature.shapes.first() {
        Some(StoredShape::Point(point)) => Some(*point),
        _ => None,
    };
    if let Some(point) = point {
        let text = format!("POINT ({} {})", point.x(), point.y());
        row.raw.insert("geometry".into(), text.into());
    }
    let drawn = contents.drawn.get(&row.key);
    if !row.answers.contains_key("site_id")
        && let Some((site_id, _)) = drawn
    {
        row.notes.push("its site is known by its key alone".into());
        let (text, cell) = (site_id.clone(), "uuid".into());
        row.answers.insert("site_id", Written { text, cell });
    }
    let is_said = row.answers.contains_key("lon") && row.answers.contains_key("lat");
    let (Some(point), false) = (point, is_said) else {
        return;
    };
    let is_added = !row.answers.contains_key("site_id") && !row.answers.contains_key("code");
    let moved = drawn.map(|(_, drawn)| Haversine.distance(*drawn, point));
    match moved {
        Some(moved_m) if moved_m > MOVED_M => row.notes.push(format!(
            "its point was moved by {moved_m:.0} m from where the task was drawn"
        )),
        None if is_added => row.notes.push("it was added in the field".into()),
        _ => return,
    }
    for (name, value) in [("lon", point.x()), ("lat", point.y())] {
        let (text, cell) = (value.to_string(), "geometry".into());
        row.answers.insert(name, Written { text, cell });
    }
}

/// A key of any program: `{9F…}` is `9f…`.
fn key_of(text: &str) -> String {
    text.trim().trim_matches(['{', '}']).to_lowercase()
}

fn kind_of(kind: &str) -> &'static str {
    match kind.trim() {
        "ctx" => PHOTOS[0],
        "near" => PHOTOS[1],
        "after" => PHOTOS[2],
        _ => "photo",
    }
}

/// `2026-05-04 10:30:00` with a `T`; anything else as it is.
fn as_iso(text: &str) -> String {
    match chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f") {
        // Debug is the ISO 8601 form.
        Ok(time) => format!("{time:?}"),
        Err(_) => text.to_owned(),
    }
}

/// SHA-256 of the file; where changes stand beside it, of its hash and theirs, with their names.
fn hashed(path: &Path) -> Result<(String, Vec<String>)> {
    let (hash, files) = hash_with_beside(path, &|| false).ok_or_else(|| {
        refused(
            path,
            "cannot be read",
            "check that it is a file, and its rights",
        )
    })?;
    let name = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    Ok((hash, files.iter().map(name).collect()))
}

/// A copy of the file and of what stands beside it, in a folder of its own.
fn copied(path: &Path) -> Result<TempDir> {
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("copy.gpkg");
    write_copy(path, &copy)?;
    for suffix in BESIDE {
        let file = beside(path, suffix);
        if file.is_file() {
            write_copy(&file, &beside(&copy, suffix))?;
        }
    }
    Ok(folder)
}

/// Copies the bytes alone: a copy of a file that may only be read could not be opened with changes
/// beside it.
fn write_copy(from: &Path, to: &Path) -> Result<()> {
    let mut source = fs_err::File::open(from)?;
    let mut target = fs_err::File::create(to)?;
    std::io::copy(&mut source, &mut target)?;
    Ok(())
}

/// What went wrong with the copy, told of the file itself.
fn told_of(error: Error, copy: &Path, path: &Path) -> Error {
    match error {
        Error::Vector { problem, hint, .. } => {
            let [copy, own] = [copy, path].map(|p| p.display().to_string());
            refused(path, problem.replace(&copy, &own), hint)
        }
        other => other,
    }
}

#[cfg(test)]
#[path = "qfield_tests.rs"]
mod tests;
