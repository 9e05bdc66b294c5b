//! What only a GeoPackage knows: how its file is made, opened and locked. Pragmas are here and
//! nowhere else.

use super::filter::quoted;
use super::{Change, StoreTarget, Table, change, run};
use crate::vector::{Layer, LayerStyle, geopackage};
use crate::{Error, Result};
use gdal::vector::sql::Dialect;
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Makes the file beside its place, fills it, and puts it there.
pub(super) fn create(
    path: &Path,
    tables: &[&'static Table],
    styles: &[LayerStyle],
    date: &str,
    first: impl FnOnce(&mut Change<'_>) -> Result<()>,
) -> Result<()> {
    if fs_err::symlink_metadata(path).is_ok() {
        return Err(Error::OutputExists {
            path: path.to_owned(),
        });
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let staging = tempfile::Builder::new()
        .prefix(".tianmu-")
        .tempdir_in(folder)
        .map_err(|e| Error::WriteOutput {
            path: path.to_owned(),
            reason: e.to_string(),
        })?;
    let made = staging.path().join("new.gpkg");
    let layers = tables.iter().map(|table| empty_layer(table)).collect();
    geopackage::write(&made, layers, styles, date)?;
    let target = StoreTarget::File(made.clone());
    let mut dataset = open(&made, true).map_err(|e| target.problem(e.to_string()))?;
    change::in_transaction(&mut dataset, &target, tables, Duration::ZERO, |change| {
        change.make_indexes(tables)?;
        first(change)
    })?;
    dataset
        .close()
        .map_err(|e| target.problem(format!("cannot be closed ({e})")))?;
    fs_err::OpenOptions::new()
        .write(true)
        .open(&made)?
        .sync_all()?;
    // Never over a file that came meanwhile.
    fs_err::hard_link(&made, path).or_else(|_| {
        if fs_err::symlink_metadata(path).is_ok() {
            return Err(Error::OutputExists {
                path: path.to_owned(),
            });
        }
        Ok(fs_err::rename(&made, path)?)
    })
}

fn empty_layer(table: &&'static Table) -> Layer<'static> {
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
/// first, which takes the right to write.
pub(super) fn open_for_reading(path: &Path) -> Result<Dataset> {
    check(path)?;
    let journal = path.with_file_name({
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push("-journal");
        name
    });
    let target = StoreTarget::File(path.to_owned());
    let failed = |e: gdal::errors::GdalError| target.problem(format!("cannot be opened ({e})"));
    if journal.exists() {
        let writable = open(path, true).map_err(failed)?;
        let _ = writable.layer_count();
        writable.close().map_err(failed)?;
    }
    open(path, false).map_err(failed)
}

/// Opens for writing; SQLite itself waits for another program that is writing.
pub(super) fn open_for_writing(path: &Path, wait: Duration) -> Result<Dataset> {
    check(path)?;
    let target = StoreTarget::File(path.to_owned());
    let failed =
        |e: gdal::errors::GdalError| target.problem(format!("cannot be opened for writing ({e})"));
    let dataset = open(path, true).map_err(failed)?;
    // A pragma gives a row, which nobody needs.
    let sql = format!("PRAGMA busy_timeout = {}", wait.as_millis());
    dataset
        .execute_sql(sql, None, Dialect::DEFAULT)
        .map_err(failed)?;
    Ok(dataset)
}

/// Takes the right to write now: a transaction that has read first, and writes later, is refused
/// at once where another program writes, instead of waiting for it.
pub(super) fn lock(
    dataset: &Dataset,
    target: &StoreTarget,
    tables: &[&'static Table],
) -> Result<()> {
    let Some(table) = tables.first() else {
        return Ok(());
    };
    let sql = format!(
        "UPDATE {} SET \"fid\" = \"fid\" WHERE 1 = 0",
        quoted(table.name)
    );
    run(dataset, &sql).map_err(|e| {
        let text = e.to_string();
        if text.contains("locked") || text.contains("busy") {
            target.busy()
        } else {
            target.problem(format!("cannot be written ({text})"))
        }
    })
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
    if path.is_dir() || !geopackage::is_database(path)? {
        return Err(problem(
            "is no GeoPackage",
            "give the file that `tianmu campaign new` made",
        ));
    }
    Ok(())
}

fn open(path: &Path, update: bool) -> Result<Dataset, gdal::errors::GdalError> {
    let flags = GdalOpenFlags::GDAL_OF_VECTOR;
    let options = DatasetOptions {
        open_flags: if update {
            flags | GdalOpenFlags::GDAL_OF_UPDATE
        } else {
            flags
        },
        allowed_drivers: Some(&["GPKG"]),
        ..DatasetOptions::default()
    };
    let path: PathBuf = path.to_owned();
    Dataset::open_ex(path, options)
}
