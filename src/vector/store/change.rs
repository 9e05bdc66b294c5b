//! Changing a store in one transaction.

use super::filter::{literal, quoted};
use super::{Filter, StoreTarget, StoredRow, Table, geopackage, postgis, reason, row, run};
use crate::vector::{Field, FieldKind, GeometryKind, Row, Shape, Value, wkb};
use crate::{Error, Result};
use gdal::Dataset;
use gdal::vector::Transaction;
use geo::{BoundingRect, Coord, CoordsIter, Rect};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;

/// Rows go to the store in statements of about this many bytes, and of at most so many rows.
const STATEMENT_BYTES: usize = 256 << 10;
const STATEMENT_ROWS: usize = 1000;

/// A store within a transaction: everything read is as this change has made it so far.
pub struct Change<'a> {
    transaction: Transaction<'a>,
    target: &'a StoreTarget,
    /// Tables that were changed.
    touched: BTreeSet<&'static str>,
    /// The time of the change, for formats that keep it.
    date: Option<String>,
    /// A statement failed: the transaction may hold half of what was wanted.
    broken: Cell<bool>,
}

/// Does `work` in one transaction that holds the right to write from its beginning.
pub(super) fn in_transaction<T>(
    dataset: &mut Dataset,
    target: &StoreTarget,
    wait: Duration,
    work: impl FnOnce(&mut Change<'_>) -> Result<T>,
) -> Result<T> {
    let transaction = dataset
        .start_transaction()
        .map_err(|e| target.problem(format!("takes no transaction ({})", reason(&e))))?;
    match target {
        StoreTarget::File(_) => geopackage::lock(&transaction, target)?,
        StoreTarget::PostGis(_) => postgis::lock(&transaction, target, wait)?,
    }
    let mut change = Change {
        transaction,
        target,
        touched: BTreeSet::new(),
        date: None,
        broken: Cell::new(false),
    };
    // Dropped without a commit it is rolled back.
    let done = work(&mut change)?;
    change.commit()?;
    Ok(done)
}

impl Change<'_> {
    /// The rows of a table, in the order in which they came in.
    ///
    /// # Errors
    /// [`Error::Store`] where the table cannot be read.
    pub fn read(&self, table: &Table, filter: &Filter) -> Result<Vec<StoredRow>> {
        self.noted(row::read(&self.transaction, self.target, table, filter))
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// As [`Change::read`].
    pub fn count(&self, table: &Table, filter: &Filter) -> Result<u64> {
        self.noted(row::count(&self.transaction, self.target, table, filter))
    }

    /// Adds rows, their values in the order of the table's columns; says how many.
    ///
    /// # Errors
    /// [`Error::Internal`] for a value or shape that the table does not hold, [`Error::Store`]
    /// where the store does not take the rows.
    pub fn insert<'r>(
        &mut self,
        table: &Table,
        rows: impl Iterator<Item = Row<'r>>,
    ) -> Result<u64> {
        let target = self.target;
        let is_drawn = table.geometry != GeometryKind::None;
        let geometry = is_drawn.then_some(GEOMETRY).into_iter();
        let names: Vec<String> = geometry
            .chain(table.fields.iter().map(|f| f.name))
            .map(quoted)
            .collect();
        let head = format!(
            "INSERT INTO {} ({}) VALUES ",
            quoted(table.name),
            names.join(", ")
        );
        let rows = rows.map(|row| {
            let (seen, wanted) = (row.values.len(), table.fields.len());
            if seen != wanted {
                let problem = format!("takes {wanted} values in a row, and got {seen}");
                return Err(fault(table, &problem));
            }
            let mut parts = Vec::with_capacity(wanted + 1);
            if is_drawn || !matches!(row.shape, Shape::None) {
                parts.push(drawn(target, table, row.shape)?);
            }
            for (field, value) in table.fields.iter().zip(&row.values) {
                parts.push(checked(table, field, value)?);
            }
            Ok(parts.join(", "))
        });
        self.send(table, &head, "", rows)
    }

    /// Sets columns of rows, each row given by its number and its values in the order of `columns`;
    /// what the rows draw stays as it is.
    ///
    /// # Errors
    /// As [`Change::insert`]; [`Error::Internal`] for a column that the table does not have.
    pub fn update<'r>(
        &mut self,
        table: &Table,
        columns: &[&str],
        rows: impl Iterator<Item = (i64, Vec<Value<'r>>)>,
    ) -> Result<()> {
        if columns.is_empty() {
            return Ok(());
        }
        let fields: Vec<&Field<'_>> = columns
            .iter()
            .map(|name| field(table, name))
            .collect::<Result<_>>()?;
        // The columns of `VALUES` are called the same everywhere. A column of nothing but NULL has
        // no kind of its own, hence the casts; their types, too, are understood everywhere.
        let set: Vec<String> = fields
            .iter()
            .enumerate()
            .map(|(at, field)| {
                let kind = match field.kind {
                    FieldKind::Text => "TEXT",
                    FieldKind::Integer => "BIGINT",
                    FieldKind::Real => "DOUBLE PRECISION",
                };
                let name = quoted(field.name);
                format!("{name} = CAST(v.column{} AS {kind})", at + 2)
            })
            .collect();
        let name = quoted(table.name);
        let head = format!("UPDATE {name} SET {} FROM (VALUES ", set.join(", "));
        let tail = format!(") AS v WHERE {name}.\"fid\" = v.column1");
        let rows = rows.map(|(fid, values)| {
            let (seen, wanted) = (values.len(), fields.len());
            if seen != wanted {
                let problem = format!("takes {wanted} values for these columns, and got {seen}");
                return Err(fault(table, &problem));
            }
            let mut parts = vec![fid.to_string()];
            for (field, value) in fields.iter().zip(&values) {
                parts.push(checked(table, field, value)?);
            }
            Ok(parts.join(", "))
        });
        self.send(table, &head, &tail, rows).map(drop)
    }

    /// Takes rows out; says how many. Their numbers are not given again.
    ///
    /// # Errors
    /// [`Error::Store`] where the store does not let them go.
    pub fn delete(&mut self, table: &Table, filter: &Filter) -> Result<u64> {
        let count = self.count(table, filter)?;
        if count > 0 {
            let name = quoted(table.name);
            self.run(
                table,
                &format!("DELETE FROM {name}{}", filter.where_clause()),
            )?;
        }
        Ok(count)
    }

    /// The time of this change (ISO 8601 in UTC, with milliseconds), for formats that keep it.
    pub fn dated(&mut self, date: &str) {
        self.date = Some(date.to_owned());
    }

    /// Makes the indexes of tables.
    pub(super) fn make_indexes(&mut self, tables: &[&'static Table]) -> Result<()> {
        for table in tables {
            for column in table.indexes {
                let sql = format!(
                    "CREATE INDEX {} ON {} ({})",
                    quoted(&format!("idx_{}_{column}", table.name)),
                    quoted(table.name),
                    quoted(field(table, column)?.name)
                );
                self.run(table, &sql)?;
            }
        }
        Ok(())
    }

    /// The transaction, for what only one back end knows.
    pub(super) fn dataset(&self) -> &Dataset {
        &self.transaction
    }

    /// Sends rows in few statements, each from `head`, the rows in brackets, and `tail`.
    fn send(
        &mut self,
        table: &Table,
        head: &str,
        tail: &str,
        rows: impl Iterator<Item = Result<String>>,
    ) -> Result<u64> {
        let (mut count, mut in_statement) = (0, 0);
        let mut sql = String::new();
        for row in rows {
            // What fails between two statements leaves half of the rows behind.
            let row = row.inspect_err(|_| self.broken.set(true))?;
            sql.push_str(if in_statement == 0 { head } else { ", " });
            sql.extend(["(", &row, ")"]);
            in_statement += 1;
            count += 1;
            if in_statement == STATEMENT_ROWS || sql.len() >= STATEMENT_BYTES {
                sql.push_str(tail);
                self.run(table, &sql)?;
                sql.clear();
                in_statement = 0;
            }
        }
        if in_statement > 0 {
            sql.push_str(tail);
            self.run(table, &sql)?;
        }
        Ok(count)
    }

    /// A reading that fails ends the transaction of a server as well.
    fn noted<T>(&self, done: Result<T>) -> Result<T> {
        if let Err(Error::Store { .. }) = done {
            self.broken.set(true);
        }
        done
    }

    fn run(&mut self, table: &Table, sql: &str) -> Result<()> {
        self.touched.insert(table.name);
        run(&self.transaction, sql).map_err(|e| {
            self.broken.set(true);
            let reason = reason(&e);
            if is_locked(&reason) {
                return self.target.busy();
            }
            let problem = format!("table `{}` cannot be changed ({reason})", table.name);
            self.target.problem(problem)
        })
    }

    fn commit(self) -> Result<()> {
        // PostgreSQL would answer a commit after a failure with a silent rollback.
        if self.broken.get() {
            return Err(Error::Internal(format!(
                "a change of `{}` went on after a failure",
                self.target
            )));
        }
        if let StoreTarget::File(_) = self.target {
            geopackage::note_changes(&self.transaction, &self.touched, self.date.as_deref())
                .map_err(|e| {
                    self.target
                        .problem(format!("cannot be changed ({})", reason(&e)))
                })?;
        }
        let target = self.target;
        self.transaction.commit().map_err(|_| target.not_kept())
    }
}

/// Whether a driver says that another program is in the way.
pub(super) fn is_locked(reason: &str) -> bool {
    reason.contains("is locked") || reason.contains("lock timeout")
}

/// The column that holds what rows draw.
const GEOMETRY: &str = "geom";

fn field<'t>(table: &'t Table, name: &str) -> Result<&'t Field<'static>> {
    let found = table.fields.iter().find(|f| f.name == name);
    found.ok_or_else(|| fault(table, &format!("has no column `{name}`")))
}

/// A value as a literal, if the column holds such values.
fn checked(table: &Table, field: &Field<'_>, value: &Value<'_>) -> Result<String> {
    match (field.kind, value) {
        (_, Value::Null)
        | (FieldKind::Text, Value::Text(_))
        | (FieldKind::Integer, Value::Integer(_))
        | (FieldKind::Real, Value::Real(_) | Value::Integer(_)) => Ok(literal(value)),
        (kind, _) => {
            let problem = format!("takes {kind:?} in `{}`, and got {value:?}", field.name);
            Err(fault(table, &problem))
        }
    }
}

/// A geometry as a literal, if the table holds such geometries.
fn drawn(target: &StoreTarget, table: &Table, shape: Shape<'_>) -> Result<String> {
    let (kind, bytes) = match shape {
        Shape::None => return Ok("NULL".into()),
        Shape::Point(point) => (GeometryKind::Point, wkb::encode_point(point)),
        Shape::Lines(lines) => (GeometryKind::Line, wkb::encode_lines(lines)),
        Shape::MultiPolygon(areas) => {
            (GeometryKind::MultiPolygon, wkb::encode_multi_polygon(areas))
        }
    };
    if table.geometry != kind && table.geometry != GeometryKind::Any {
        let problem = format!("draws {:?}, and got {kind:?}", table.geometry);
        return Err(fault(table, &problem));
    }
    if !is_finite(shape) {
        return Err(fault(table, "got a coordinate that is no number"));
    }
    let bounds: Option<Rect<f64>> = match shape {
        Shape::None | Shape::Point(_) => None,
        Shape::Lines(lines) => lines.bounding_rect(),
        Shape::MultiPolygon(areas) => areas.bounding_rect(),
    };
    Ok(match target {
        StoreTarget::File(_) => geopackage::geometry(&bytes, bounds),
        StoreTarget::PostGis(_) => postgis::geometry(&bytes),
    })
}

fn is_finite(shape: Shape<'_>) -> bool {
    let finite = |c: Coord<f64>| c.x.is_finite() && c.y.is_finite();
    match shape {
        Shape::None => true,
        Shape::Point(point) => finite(point.0),
        Shape::Lines(lines) => lines.coords_iter().all(finite),
        Shape::MultiPolygon(areas) => areas.coords_iter().all(finite),
    }
}

/// A mistake in what the program gives to a table.
fn fault(table: &Table, problem: &str) -> Error {
    Error::Internal(format!("table `{}` {problem}", table.name))
}
