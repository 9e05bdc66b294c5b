//! A store of tables that is read and changed in place: a GeoPackage, or a schema of a PostGIS
//! server, behind one boundary over OGR.
//!
//! The two differ in how they are opened, made and locked, and in how a geometry is written in
//! SQL: `geopackage.rs`, `postgis.rs`. All SQL outside of these two files is understood by both.
//! Geometry is WGS 84, longitude first. Rows are numbered from 1 in the order in which they come
//! in, in a column `fid`; what they draw stands in a column `geom`.

mod change;
mod filter;
mod geopackage;
mod postgis;
mod row;
mod target;

pub use change::Change;
pub use filter::Filter;
pub use row::{StoredRow, StoredShape};
pub use target::StoreTarget;

use super::{Field, GeometryKind, LayerStyle, Value, read};
use crate::{Error, Result};
use gdal::Dataset;
use gdal::errors::GdalError;
use gdal::vector::LayerAccess;
use gdal::vector::sql::Dialect;
use std::time::Duration;

/// A table of a store.
#[derive(Debug)]
pub struct Table {
    /// Its machine name.
    pub name: &'static str,
    /// The name people read.
    pub title: &'static str,
    /// What stands in it.
    pub description: &'static str,
    /// What its rows draw.
    pub geometry: GeometryKind,
    /// Its columns.
    pub fields: &'static [Field<'static>],
    /// Columns that are looked up, each with an index of its own.
    pub indexes: &'static [&'static str],
}

impl Table {
    /// The place of a column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|f| f.name == name)
    }
}

/// A store, open for reading. Each reading sees the store as it is at that moment.
pub struct Store {
    dataset: Dataset,
    target: StoreTarget,
}

impl Store {
    /// Makes a store of empty tables and fills it with what `first` puts in: whole, or not at all.
    /// `date` (ISO 8601 in UTC, with milliseconds) stands where the format asks for a time, so
    /// that the same tables and rows give the same file. A schema that the connection string names
    /// is made where it is missing.
    ///
    /// # Errors
    /// [`Error::OutputExists`] for a file that exists, [`Error::Store`] for tables that do, and
    /// where it cannot be made; what `first` gives.
    pub fn create(
        target: &StoreTarget,
        tables: &[&'static Table],
        styles: &[LayerStyle],
        date: &str,
        first: impl FnOnce(&mut Change<'_>) -> Result<()>,
    ) -> Result<()> {
        match target {
            StoreTarget::File(path) => geopackage::create(path, tables, styles, date, first),
            StoreTarget::PostGis(_) => postgis::create(target, tables, styles, date, first),
        }
    }

    /// Opens a store that holds these tables.
    ///
    /// # Errors
    /// [`Error::Store`] where it is not there, is none, or lacks a table or a column.
    pub fn open(target: &StoreTarget, tables: &[&'static Table]) -> Result<Self> {
        let dataset = match target {
            StoreTarget::File(path) => geopackage::open_for_reading(path)?,
            StoreTarget::PostGis(_) => postgis::open(target, false)?,
        };
        check_tables(&dataset, target, tables)?;
        Ok(Self {
            dataset,
            target: target.clone(),
        })
    }

    /// Changes a store in one transaction. It takes the right to write at its beginning, and waits
    /// for another program that holds it, for `wait` at most. Where `work` fails or panics nothing
    /// is changed.
    ///
    /// `work` reads through the change, not through another [`Store`] on the same file: a program
    /// that closes a file gives up its own locks on it (`sqlite.org/howtocorrupt.html`, 2.2), and
    /// other programs could write in between.
    ///
    /// # Errors
    /// [`Error::Store`] where another program goes on writing, and as [`Store::open`]; what `work`
    /// gives.
    pub fn change<T>(
        target: &StoreTarget,
        tables: &[&'static Table],
        wait: Duration,
        work: impl FnOnce(&mut Change<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut dataset = match target {
            StoreTarget::File(path) => geopackage::open_for_writing(path, wait)?,
            StoreTarget::PostGis(_) => postgis::open(target, true)?,
        };
        check_tables(&dataset, target, tables)?;
        let changed = change::in_transaction(&mut dataset, target, wait, work)?;
        // All is kept by now; a failure to close is none of the change.
        let _ = dataset.close();
        Ok(changed)
    }

    /// Where it lies.
    #[must_use]
    pub fn target(&self) -> &StoreTarget {
        &self.target
    }

    /// The rows of a table, in the order in which they came in.
    ///
    /// # Errors
    /// [`Error::Store`] where the table cannot be read.
    pub fn read(&self, table: &Table, filter: &Filter) -> Result<Vec<StoredRow>> {
        row::read(&self.dataset, &self.target, table, filter)
    }

    /// Hands over the rows of a table one by one, in the order in which they came in. `each` may
    /// read other rows, of this table too.
    ///
    /// # Errors
    /// As [`Store::read`]; what `each` gives, which ends it.
    pub fn for_each(
        &self,
        table: &Table,
        filter: &Filter,
        each: &mut dyn FnMut(StoredRow) -> Result<()>,
    ) -> Result<()> {
        row::for_each(&self.dataset, &self.target, table, filter, each)
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn count(&self, table: &Table, filter: &Filter) -> Result<u64> {
        row::count(&self.dataset, &self.target, table, filter)
    }
}

/// Runs a statement that gives nothing.
fn run(dataset: &Dataset, sql: &str) -> Result<(), GdalError> {
    dataset.execute_sql(sql, None, Dialect::DEFAULT).map(drop)
}

/// The first column of what a query gives, as text.
fn texts(dataset: &Dataset, sql: &str) -> Result<Vec<String>, GdalError> {
    let mut found = Vec::new();
    if let Some(mut rows) = dataset.execute_sql(sql, None, Dialect::DEFAULT)? {
        for row in rows.features() {
            found.extend(row.field_as_string(0)?);
        }
    }
    Ok(found)
}

/// The whole number that a query gives.
fn number(dataset: &Dataset, sql: &str) -> Result<Option<i64>, GdalError> {
    let Some(mut rows) = dataset.execute_sql(sql, None, Dialect::DEFAULT)? else {
        return Ok(None);
    };
    let value = rows.features().next().map(|row| row.field(0)).transpose()?;
    Ok(match value.flatten().map(read::value_of) {
        Some(Value::Integer(number)) => Some(number),
        _ => None,
    })
}

/// What a driver says, without the statement that it repeats: rows hold what people wrote.
fn reason(error: &GdalError) -> String {
    let text = match error {
        GdalError::CplError { msg, .. } | GdalError::NullPointer { msg, .. } if !msg.is_empty() => {
            msg.clone()
        }
        other => other.to_string(),
    };
    let text = match text.rsplit_once(") failed: ") {
        Some((_, said)) => said,
        // GDAL gives the statement, then on a line of its own what SQLite says.
        None if text.contains("sqlite3_") => text.rsplit('\n').next().unwrap_or_default(),
        // PostgreSQL shows the part of the statement below what it says.
        None => text.split("\nLINE ").next().unwrap_or_default(),
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// Refuses a store without one of the tables or columns.
fn check_tables(dataset: &Dataset, target: &StoreTarget, tables: &[&'static Table]) -> Result<()> {
    for table in tables {
        let seen = match target {
            StoreTarget::File(_) => geopackage::columns(dataset, table),
            StoreTarget::PostGis(_) => postgis::columns(dataset, table),
        }
        .map_err(|e| target.problem(format!("cannot be looked into ({})", reason(&e))))?;
        let geometry = (table.geometry != GeometryKind::None).then_some("geom");
        let wanted = table.fields.iter().map(|f| f.name);
        let missing: Option<&str> = wanted
            .chain(["fid"])
            .chain(geometry)
            .find(|name| !seen.iter().any(|s| s == name));
        let problem = match missing {
            None => continue,
            Some(_) if seen.is_empty() => {
                format!("is no campaign: it has no table `{}`", table.name)
            }
            Some(column) => format!(
                "is no campaign of this version: table `{}` has no column `{column}`",
                table.name
            ),
        };
        return Err(Error::Store {
            target: target.to_string(),
            problem,
            hint: "give what `tianmu campaign new` made; other files come in by `tianmu campaign \
                   import`"
                .into(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_do_not_repeat_what_rows_hold() {
        for (said, wanted) in [
            (
                "In ExecuteSQL(): sqlite3_prepare_v2(INSERT INTO t (n) VALUES ('甲')):\n  no such column",
                "no such column",
            ),
            (
                "sqlite3_exec(UPDATE t SET n = '甲\n') failed: database is locked",
                "database is locked",
            ),
            (
                "ERROR:  invalid input\nLINE 1: INSERT INTO t VALUES ('甲')\n     ^\n",
                "ERROR: invalid input",
            ),
        ] {
            let error = GdalError::NullPointer {
                method_name: "",
                msg: said.into(),
            };
            assert_eq!(reason(&error), wanted);
        }
    }
}
