//! Changing a store in one transaction.

use super::filter::{literal, quoted};
use super::{Filter, Store, StoreTarget, StoredRow, Table, geopackage, postgis, row, run};
use crate::Result;
use crate::vector::layer::append_rows;
use crate::vector::{Row, Value};
use gdal::Dataset;
use gdal::errors::GdalError;
use gdal::vector::Transaction;
use std::time::Duration;

/// A store within a transaction: everything read is as this change has made it so far.
pub struct Change<'a> {
    transaction: Transaction<'a>,
    target: &'a StoreTarget,
}

/// Does `work` in one transaction that holds the right to write from its beginning.
pub(super) fn in_transaction<T>(
    dataset: &mut Dataset,
    target: &StoreTarget,
    tables: &[&'static Table],
    wait: Duration,
    work: impl FnOnce(&mut Change<'_>) -> Result<T>,
) -> Result<T> {
    let transaction = dataset
        .start_transaction()
        .map_err(|e| target.problem(format!("takes no transaction ({e})")))?;
    match target {
        StoreTarget::File(_) => geopackage::lock(&transaction, target, tables)?,
        StoreTarget::PostGis(_) => postgis::lock(&transaction, target, wait)?,
    }
    let mut change = Change {
        transaction,
        target,
    };
    // Dropped without a commit it is rolled back.
    let done = work(&mut change)?;
    change.commit()?;
    Ok(done)
}

impl Change<'_> {
    /// The rows of a table, in the order in which they came in.
    pub fn read(&self, table: &Table, filter: &Filter) -> Result<Vec<StoredRow>> {
        row::read(&self.transaction, self.target, table, filter)
    }

    /// How many rows there are.
    pub fn count(&self, table: &Table, filter: &Filter) -> Result<u64> {
        super::count(&self.transaction, self.target, table, filter)
    }

    /// Adds rows, their values in the order of the table's columns; says how many.
    pub fn insert<'r>(
        &mut self,
        table: &Table,
        rows: impl Iterator<Item = Row<'r>>,
    ) -> Result<u64> {
        let failed = |e: GdalError| self.failed(table, &e);
        let mut layer = self.transaction.layer_by_name(table.name).map_err(failed)?;
        let count = append_rows(&mut layer, rows).map_err(failed)?;
        if matches!(self.target, StoreTarget::PostGis(_)) {
            postgis::end_copy(&mut self.transaction)
                .map_err(|e| self.target.problem(format!("takes no more rows ({e})")))?;
        }
        Ok(count)
    }

    /// Sets columns of rows by their number; geometry stays as it is.
    pub fn update<'r>(
        &mut self,
        table: &Table,
        columns: &[&str],
        rows: impl Iterator<Item = (i64, Vec<Value<'r>>)>,
    ) -> Result<()> {
        for (fid, values) in rows {
            let set: Vec<String> = columns
                .iter()
                .zip(&values)
                .map(|(column, value)| format!("{} = {}", quoted(column), literal(value)))
                .collect();
            let sql = format!(
                "UPDATE {} SET {} WHERE \"fid\" = {fid}",
                quoted(table.name),
                set.join(", ")
            );
            run(&self.transaction, &sql).map_err(|e| self.failed(table, &e))?;
        }
        Ok(())
    }

    /// Takes rows out.
    pub fn delete(&mut self, table: &Table, filter: &Filter) -> Result<()> {
        let sql = format!(
            "DELETE FROM {}{}",
            quoted(table.name),
            filter.where_clause()
        );
        run(&self.transaction, &sql).map_err(|e| self.failed(table, &e))
    }

    /// Makes the indexes of tables.
    pub(super) fn make_indexes(&mut self, tables: &[&'static Table]) -> Result<()> {
        for table in tables {
            for column in table.indexes {
                let sql = format!(
                    "CREATE INDEX {} ON {} ({})",
                    quoted(&format!("idx_{}_{column}", table.name)),
                    quoted(table.name),
                    quoted(column)
                );
                run(&self.transaction, &sql).map_err(|e| self.failed(table, &e))?;
            }
        }
        Ok(())
    }

    pub(super) fn dataset(&mut self) -> &mut Dataset {
        &mut self.transaction
    }

    fn commit(self) -> Result<()> {
        let failed = |e: GdalError| {
            self.target
                .problem(format!("did not keep the change ({e})"))
        };
        self.transaction.commit().map_err(failed)
    }

    fn failed(&self, table: &Table, error: &GdalError) -> crate::Error {
        self.target.problem(format!(
            "table `{}` cannot be changed ({error})",
            table.name
        ))
    }
}

impl Store {
    /// The rows of a table through the same words as within a change.
    pub fn rows(&self, table: &Table) -> Result<Vec<StoredRow>> {
        self.read(table, &Filter::All)
    }
}
