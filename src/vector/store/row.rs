//! Rows on their way out of a store.

use super::filter::quoted;
use super::{Filter, StoreTarget, Table, change, reason};
use crate::vector::{Field, GeometryKind, Value, read, wkb};
use crate::{Error, Result};
use gdal::Dataset;
use gdal::errors::GdalError;
use gdal::vector::sql::Dialect;
use gdal::vector::{Feature, LayerAccess};
use geo::{MultiLineString, MultiPolygon, Point};

/// What a row draws, WGS 84.
#[derive(Debug, Clone, PartialEq)]
pub enum StoredShape {
    /// A point.
    Point(Point<f64>),
    /// Lines.
    Lines(MultiLineString<f64>),
    /// Areas.
    Area(MultiPolygon<f64>),
}

impl StoredShape {
    /// Its areas; empty where it draws something else.
    #[must_use]
    pub fn into_area(self) -> MultiPolygon<f64> {
        match self {
            Self::Area(area) => area,
            Self::Point(_) | Self::Lines(_) => MultiPolygon::new(vec![]),
        }
    }
}

/// One row.
#[derive(Debug, Clone)]
pub struct StoredRow {
    /// Its number within the table, for changing it.
    pub fid: i64,
    /// What it draws.
    pub shape: Option<StoredShape>,
    /// Its values, in the order of the table's columns.
    pub values: Vec<Value<'static>>,
    columns: &'static [Field<'static>],
}

impl StoredRow {
    /// The value of a column.
    #[must_use]
    pub fn value(&self, name: &str) -> &Value<'static> {
        let at = self.columns.iter().position(|f| f.name == name);
        at.map_or(&Value::Null, |at| &self.values[at])
    }

    /// A column as text; empty where it holds nothing.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        self.value(name).to_text()
    }

    /// A column as a number; `None` where it holds none.
    #[must_use]
    pub fn real(&self, name: &str) -> Option<f64> {
        match self.value(name) {
            Value::Real(number) => Some(*number),
            #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
            Value::Integer(number) => Some(*number as f64),
            _ => None,
        }
    }

    /// A column as a whole number; `None` where it holds none.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<i64> {
        match self.value(name) {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

pub(super) fn read(
    dataset: &Dataset,
    target: &StoreTarget,
    table: &Table,
    filter: &Filter,
) -> Result<Vec<StoredRow>> {
    let mut rows = Vec::new();
    for_each(dataset, target, table, filter, &mut |row| {
        rows.push(row);
        Ok(())
    })?;
    Ok(rows)
}

/// A query of its own for each reading, so that readings may be inside each other.
pub(super) fn for_each(
    dataset: &Dataset,
    target: &StoreTarget,
    table: &Table,
    filter: &Filter,
    each: &mut dyn FnMut(StoredRow) -> Result<()>,
) -> Result<()> {
    let failed = |e: GdalError| unread(target, table, &e);
    let geometry = (table.geometry != GeometryKind::None).then_some("geom");
    let columns: Vec<String> = ["fid"]
        .into_iter()
        .chain(geometry)
        .chain(table.fields.iter().map(|f| f.name))
        .map(quoted)
        .collect();
    let name = quoted(table.name);
    let rows = format!("FROM {name}{}", filter.where_clause());
    // A driver that fails on its way ends as if there were no more, so the number of rows comes
    // along, counted in the same moment.
    let sql = format!(
        "SELECT {}, (SELECT COUNT(*) {rows}) AS {} {rows} ORDER BY \"fid\"",
        columns.join(", "),
        quoted(ROWS),
    );
    let Some(mut layer) = dataset
        .execute_sql(sql, None, Dialect::DEFAULT)
        .map_err(failed)?
    else {
        return Ok(());
    };
    // GeoPackage takes `fid` for the number of the feature, PostGIS for a column like others.
    let number = layer.defn().field_index("fid").ok();
    let places: Vec<usize> = table
        .fields
        .iter()
        .map(|f| layer.defn().field_index(f.name))
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    let total = layer.defn().field_index(ROWS).map_err(failed)?;
    let (mut seen, mut wanted) = (0, 0);
    for feature in layer.features() {
        if seen == 0 {
            wanted = match feature.field(total).map_err(failed)?.map(read::value_of) {
                Some(Value::Integer(count)) => count,
                _ => 0,
            };
        }
        seen += 1;
        each(stored(&feature, table, number, &places)?)?;
    }
    if seen != wanted {
        let problem = format!("gave {seen} of {wanted} rows of table `{}`", table.name);
        return Err(target.problem(problem));
    }
    Ok(())
}

/// The column with the number of rows in all.
const ROWS: &str = "rows in all";

pub(super) fn count(
    dataset: &Dataset,
    target: &StoreTarget,
    table: &Table,
    filter: &Filter,
) -> Result<u64> {
    let sql = format!(
        "SELECT COUNT(\"fid\") AS n FROM {}{}",
        quoted(table.name),
        filter.where_clause()
    );
    let count = super::number(dataset, &sql).map_err(|e| unread(target, table, &e))?;
    count
        .and_then(|n| u64::try_from(n).ok())
        .ok_or_else(|| target.problem(format!("does not say how long `{}` is", table.name)))
}

fn unread(target: &StoreTarget, table: &Table, error: &GdalError) -> Error {
    let said = reason(error);
    if change::is_locked(&said) {
        return target.busy();
    }
    target.problem(format!("table `{}` cannot be read ({said})", table.name))
}

fn stored(
    feature: &Feature<'_>,
    table: &Table,
    number: Option<usize>,
    places: &[usize],
) -> Result<StoredRow> {
    let value = |at: usize| {
        let value = feature.field(at).ok().flatten();
        value.map_or(Value::Null, read::value_of)
    };
    let fid = match number.map(value) {
        Some(Value::Integer(fid)) => Some(fid),
        Some(_) => None,
        None => feature.fid().and_then(|fid| i64::try_from(fid).ok()),
    };
    let fid =
        fid.ok_or_else(|| Error::Internal(format!("a row of `{}` has no number", table.name)))?;
    // The first way to a geometry gives one where there is none.
    let geometry = feature.geometry_by_index(0).ok();
    let shape = geometry.and_then(|g| wkb::decode(&g.iso_wkb().ok()?));
    Ok(StoredRow {
        fid,
        shape: shape.and_then(shape_of),
        values: places.iter().map(|at| value(*at)).collect(),
        columns: table.fields,
    })
}

/// Areas where there are any, else lines, else the first point.
fn shape_of(parts: wkb::Parts) -> Option<StoredShape> {
    if !parts.polygons.is_empty() {
        Some(StoredShape::Area(MultiPolygon::new(parts.polygons)))
    } else if !parts.lines.is_empty() {
        Some(StoredShape::Lines(MultiLineString::new(parts.lines)))
    } else {
        parts.points.first().copied().map(StoredShape::Point)
    }
}
