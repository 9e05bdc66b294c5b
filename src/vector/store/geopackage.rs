//! What only a GeoPackage knows: how its file is made, opened and locked, how a geometry is
//! written, and what it keeps about its tables. Pragmas are here and nowhere else.

use super::filter::{literal, quoted};
use super::{Change, StoreTarget, Table, change, number, reason, run, texts};
use crate::vector::{Layer, LayerStyle, geopackage};
use crate::{Error, Result};
use gdal::errors::GdalError;
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use geo::Rect;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a reader waits while another program puts its change in place.
const READ_WAIT: Duration = Duration::from_secs(10);

/// What `SQLite` puts beside a database that is in use.
const BESIDE: [&str; 3] = ["-journal", "-wal", "-shm"];

/// Makes the file beside its place, fills it, and puts it there.
pub(super) fn create(
    path: &Path,
    tables: &[&'static Table],
    styles: &[LayerStyle],
    date: &str,
    first: impl FnOnce(&mut Change<'_>) -> Result<()>,
) -> Result<()> {
    refuse_what_exists(path)?;
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let refused = |reason: &dyn std::fmt::Display| Error::WriteOutput {
        path: path.to_owned(),
        reason: reason.to_string(),
    };
    let staging = tempfile::Builder::new()
        .prefix(".tianmu-")
        .tempdir_in(folder)
        .map_err(|e| refused(&format!("its folder cannot be written ({e})")))?;
    let made = staging
        .path()
        .join(path.file_name().unwrap_or("new.gpkg".as_ref()));
    let layers = tables.iter().copied().map(empty_layer).collect();
    geopackage::write(&made, layers, styles, date)?;
    // What goes wrong is told of the file that was asked for.
    let target = StoreTarget::File(path.to_owned());
    let mut dataset = open(&made, true, READ_WAIT).map_err(|e| refused(&reason(&e)))?;
    change::in_transaction(&mut dataset, &target, READ_WAIT, |change| {
        change.dated(date);
        change.make_indexes(tables)?;
        first(change)
    })?;
    dataset.close().map_err(|e| refused(&reason(&e)))?;
    put_in_place(&made, path)?;
    staging.close().map_err(|e| refused(&e))?;
    if cfg!(unix)
        && let Ok(folder) = fs_err::File::open(folder)
    {
        // Makes the name last through a power cut; some network file systems refuse.
        let _ = folder.sync_all();
    }
    Ok(())
}

fn refuse_what_exists(path: &Path) -> Result<()> {
    if fs_err::symlink_metadata(path).is_ok() {
        return Err(Error::OutputExists {
            path: path.to_owned(),
        });
    }
    // SQLite would mix what stands in these into the new file.
    for suffix in BESIDE {
        let beside = beside(path, suffix);
        if fs_err::symlink_metadata(&beside).is_ok() {
            return Err(Error::Store {
                target: path.display().to_string(),
                problem: format!("cannot be made while `{}` lies beside it", beside.display()),
                hint: "it belongs to a file of this name that has gone; move it away, or choose \
                       another name"
                    .into(),
            });
        }
    }
    Ok(())
}

/// The file that `SQLite` calls like the database.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Never over a file that came meanwhile.
fn put_in_place(made: &Path, path: &Path) -> Result<()> {
    fs_err::OpenOptions::new()
        .write(true)
        .open(made)?
        .sync_all()?;
    let made = tempfile::TempPath::try_from_path(made.to_owned())?;
    match made.persist_noclobber(path) {
        Ok(()) => Ok(()),
        Err(e) if e.error.kind() == std::io::ErrorKind::AlreadyExists => refuse_what_exists(path),
        // Memory sticks (FAT) know neither hard links nor renaming without replacing.
        Err(e) => Ok(fs_err::rename(&e.path, path)?),
    }
}

fn empty_layer(table: &'static Table) -> Layer<'static> {
    Layer {
        name: table.name,
        title: table.title,
        description: table.description,
        geometry: table.geometry,
        fields: table.fields.to_vec(),
        rows: Box::new(std::iter::empty()),
    }
}

/// Opens for reading. What a program that was killed left in the middle of a change is undone
/// first, which only a writer can.
pub(super) fn open_for_reading(path: &Path) -> Result<Dataset> {
    check(path)?;
    if beside(path, "-journal").exists()
        && let Ok(writable) = open(path, true, READ_WAIT)
    {
        let _ = writable.close();
    }
    open(path, false, READ_WAIT).map_err(|e| unopened(path, false, &e))
}

/// Opens for writing; `SQLite` itself waits for another program that is writing.
pub(super) fn open_for_writing(path: &Path, wait: Duration) -> Result<Dataset> {
    check(path)?;
    open(path, true, wait).map_err(|e| unopened(path, true, &e))
}

/// Why a file was not opened. It is looked into only now: to close a file gives up the locks that
/// this program has on it, if it has it open elsewhere.
fn unopened(path: &Path, update: bool, error: &GdalError) -> Error {
    let target = StoreTarget::File(path.to_owned());
    let said = reason(error);
    if change::is_locked(&said) {
        return target.busy();
    }
    match geopackage::is_database(path) {
        Ok(true) => {}
        Ok(false) => {
            return Error::Store {
                target: target.to_string(),
                problem: "is no GeoPackage".into(),
                hint: "give the file that `tianmu campaign new` made".into(),
            };
        }
        Err(e) => return target.problem(format!("cannot be read ({e})")),
    }
    if update && let Err(e) = fs_err::OpenOptions::new().write(true).open(path) {
        return target.problem(format!("cannot be written ({e})"));
    }
    target.problem("cannot be opened as a GeoPackage: it is damaged, or of another kind")
}

/// Takes the right to write now: a transaction that has read first, and writes later, is refused
/// at once where another program writes, instead of waiting for it. The statement changes nothing.
pub(super) fn lock(dataset: &Dataset, target: &StoreTarget) -> Result<()> {
    let sql = "UPDATE gpkg_contents SET last_change = last_change WHERE 1 = 0";
    run(dataset, sql).map_err(|e| {
        let said = reason(&e);
        if change::is_locked(&said) {
            target.busy()
        } else {
            target.problem(format!("cannot be written ({said})"))
        }
    })
}

/// Brings what the file says about its tables up to date: the extent that a map shows first,
/// how many rows there are, and the time of the change where it is known.
pub(super) fn note_changes(
    dataset: &Dataset,
    touched: &BTreeSet<&'static str>,
    date: Option<&str>,
) -> Result<(), GdalError> {
    let has = |name: &str| {
        let name = literal(&name.into());
        let sql = format!("SELECT COUNT(*) AS n FROM sqlite_master WHERE name = {name}");
        Ok::<_, GdalError>(number(dataset, &sql)? == Some(1))
    };
    // GDAL counts rows there by triggers, but begins with nothing known.
    let counts = has("gpkg_ogr_contents")?;
    for name in touched {
        let table = literal(&(*name).into());
        let index = format!("rtree_{name}_geom");
        let mut set = Vec::new();
        if has(&index)? {
            let sides = [
                ("min_x", "MIN(minx)"),
                ("min_y", "MIN(miny)"),
                ("max_x", "MAX(maxx)"),
                ("max_y", "MAX(maxy)"),
            ];
            let index = quoted(&index);
            set.extend(
                sides.map(|(column, value)| format!("{column} = (SELECT {value} FROM {index})")),
            );
        }
        set.extend(date.map(|date| format!("last_change = {}", literal(&date.into()))));
        if !set.is_empty() {
            let set = set.join(", ");
            let sql = format!("UPDATE gpkg_contents SET {set} WHERE table_name = {table}");
            run(dataset, &sql)?;
        }
        if counts {
            let sql = format!(
                "UPDATE gpkg_ogr_contents SET feature_count = (SELECT COUNT(*) FROM {}) \
                 WHERE table_name = {table}",
                quoted(name)
            );
            run(dataset, &sql)?;
        }
    }
    Ok(())
}

/// The columns of a table; none where it is not there.
pub(super) fn columns(dataset: &Dataset, table: &Table) -> Result<Vec<String>, GdalError> {
    let name = literal(&table.name.into());
    texts(
        dataset,
        &format!("SELECT CAST(name AS TEXT) AS name FROM pragma_table_info({name})"),
    )
}

/// A geometry in SQL: the header of the GeoPackage standard (2.1.3), with the bounds of lines and
/// areas, before its little-endian WKB.
pub(super) fn geometry(wkb: &[u8], bounds: Option<Rect<f64>>) -> String {
    const LITTLE_ENDIAN: u8 = 1;
    const WITH_BOUNDS: u8 = 1 << 1;
    const EMPTY: u8 = 1 << 4;
    let is_point = wkb.get(1) == Some(&1);
    let flags = match bounds {
        Some(_) => LITTLE_ENDIAN | WITH_BOUNDS,
        None if is_point => LITTLE_ENDIAN,
        None => LITTLE_ENDIAN | EMPTY,
    };
    let mut blob = vec![b'G', b'P', 0, flags];
    blob.extend(4326_i32.to_le_bytes());
    if let Some(bounds) = bounds {
        let (low, high) = (bounds.min(), bounds.max());
        for side in [low.x, high.x, low.y, high.y] {
            blob.extend(side.to_le_bytes());
        }
    }
    blob.extend(wkb);
    let mut text = String::with_capacity(2 * blob.len() + 3);
    text.push_str("X'");
    for byte in blob {
        let _ = write!(text, "{byte:02x}");
    }
    text.push('\'');
    text
}

fn check(path: &Path) -> Result<()> {
    let problem = |problem: &str, hint: &str| Error::Store {
        target: path.display().to_string(),
        problem: problem.into(),
        hint: hint.into(),
    };
    if !path.exists() {
        return Err(problem(
            "does not exist",
            "check the path; `tianmu campaign new` makes a campaign",
        ));
    }
    if path.is_dir() {
        return Err(problem(
            "is a folder, not a GeoPackage",
            "give the file that `tianmu campaign new` made",
        ));
    }
    Ok(())
}

fn open(path: &Path, update: bool, wait: Duration) -> Result<Dataset, GdalError> {
    let flags = GdalOpenFlags::GDAL_OF_VECTOR;
    let dataset = Dataset::open_ex(
        path,
        DatasetOptions {
            open_flags: if update {
                flags | GdalOpenFlags::GDAL_OF_UPDATE
            } else {
                flags
            },
            allowed_drivers: Some(&["GPKG"]),
            ..DatasetOptions::default()
        },
    )?;
    // It works when the row that it gives is asked for. Until here GDAL waits five seconds.
    number(&dataset, &format!("PRAGMA busy_timeout = {}", millis(wait)))?;
    Ok(dataset)
}

/// `SQLite` counts in 32 bits.
fn millis(wait: Duration) -> u128 {
    wait.as_millis().min(1 << 30)
}
