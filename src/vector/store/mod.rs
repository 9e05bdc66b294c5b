//! A store of tables that is read and changed in place: a GeoPackage, or schemas of a PostGIS
//! server, behind one boundary over OGR.
//!
//! The two differ in how they are opened, made and locked: `geopackage.rs`, `postgis.rs`. All SQL
//! outside of these two files is understood by both. Geometry is WGS 84, longitude first.

mod change;
mod filter;
mod geopackage;
mod postgis;
mod row;
mod target;

pub use change::Change;
pub use filter::Filter;
pub(super) use row::line_of;
pub use row::{StoredRow, StoredShape};
pub use target::StoreTarget;

use super::{Field, GeometryKind, LayerStyle};
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
    /// The place of a column. Columns are named in code: one that is not there is a fault.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|f| f.name == name)
    }
}

/// A store, open for reading.
pub struct Store {
    dataset: Dataset,
    target: StoreTarget,
}

impl Store {
    /// Makes a store of empty tables and fills it with what `first` puts in: whole, or not at all.
    /// `date` (ISO 8601 in UTC, with milliseconds) stands where the format asks for a time.
    ///
    /// # Errors
    /// [`Error::OutputExists`] for a file that exists, [`Error::Store`] for tables that do.
    pub fn create(
        target: &StoreTarget,
        tables: &[&'static Table],
        styles: &[LayerStyle],
        date: &str,
        first: impl FnOnce(&mut Change<'_>) -> Result<()>,
    ) -> Result<()> {
        match target {
            StoreTarget::File(path) => geopackage::create(path, tables, styles, date, first),
            StoreTarget::PostGis(_) => postgis::create(target, tables, first),
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

    /// Changes a store in one transaction, which no other program can come between: it waits for
    /// one that is writing, for `wait` at most. Where `work` fails nothing is changed.
    ///
    /// # Errors
    /// [`Error::Store`] where another program goes on writing; what `work` gives.
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
        let changed = change::in_transaction(&mut dataset, target, tables, wait, work)?;
        dataset
            .close()
            .map_err(|e| target.problem(format!("cannot be closed ({e})")))?;
        Ok(changed)
    }

    /// Where it lies.
    #[must_use]
    pub fn target(&self) -> &StoreTarget {
        &self.target
    }

    /// The rows of a table, in the order in which they came in.
    pub fn read(&self, table: &Table, filter: &Filter) -> Result<Vec<StoredRow>> {
        row::read(&self.dataset, &self.target, table, filter)
    }

    /// Hands over the rows of a table one by one.
    pub fn for_each(
        &self,
        table: &Table,
        filter: &Filter,
        each: &mut dyn FnMut(StoredRow) -> Result<()>,
    ) -> Result<()> {
        row::for_each(&self.dataset, &self.target, table, filter, each)
    }

    /// How many rows there are.
    pub fn count(&self, table: &Table, filter: &Filter) -> Result<u64> {
        count(&self.dataset, &self.target, table, filter)
    }
}

fn count(dataset: &Dataset, target: &StoreTarget, table: &Table, filter: &Filter) -> Result<u64> {
    let sql = format!(
        "SELECT COUNT(*) AS n FROM {}{}",
        filter::quoted(table.name),
        filter.where_clause()
    );
    let failed = |e: GdalError| target.problem(format!("cannot be counted ({e})"));
    let rows = dataset
        .execute_sql(sql, None, Dialect::DEFAULT)
        .map_err(failed)?;
    let first = rows.and_then(|mut rows| {
        let number = rows.features().next().map(|f| f.field_as_integer64(0));
        number
    });
    let number = first.transpose().map_err(failed)?.flatten();
    Ok(number.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
}

/// Runs a statement that gives nothing.
fn run(dataset: &Dataset, sql: &str) -> Result<(), GdalError> {
    dataset.execute_sql(sql, None, Dialect::DEFAULT).map(drop)
}

/// Refuses a store without one of the tables or columns.
fn check_tables(dataset: &Dataset, target: &StoreTarget, tables: &[&'static Table]) -> Result<()> {
    for table in tables {
        let missing = |what: String| Error::Store {
            target: target.to_string(),
            problem: format!("has no {what}"),
            hint: "give what `tianmu campaign new` made; other files come in by `campaign import`"
                .into(),
        };
        let layer = dataset
            .layer_by_name(table.name)
            .map_err(|_| missing(format!("table `{}`", table.name)))?;
        for field in table.fields {
            layer.defn().field_index(field.name).map_err(|_| {
                missing(format!("column `{}` in table `{}`", field.name, table.name))
            })?;
        }
    }
    Ok(())
}
