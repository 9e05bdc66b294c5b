//! Rows on their way out of a store.

use super::{Filter, StoreTarget, Table};
use crate::vector::{Value, read, wkb};
use crate::{Error, Result};
use gdal::Dataset;
use gdal::vector::{
    Feature, Geometry, LayerAccess, OGRwkbGeometryType as Ogr, geometry_type_flatten,
};
use geo::{LineString, MultiLineString, MultiPolygon, Point};

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
    columns: &'static [crate::vector::Field<'static>],
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
        match self.value(name) {
            Value::Text(text) => text.clone().into_owned(),
            Value::Integer(number) => number.to_string(),
            Value::Real(number) => number.to_string(),
            Value::Null => String::new(),
        }
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

pub(super) fn for_each(
    dataset: &Dataset,
    target: &StoreTarget,
    table: &Table,
    filter: &Filter,
    each: &mut dyn FnMut(StoredRow) -> Result<()>,
) -> Result<()> {
    let failed = |e: &dyn std::fmt::Display| {
        target.problem(format!("table `{}` cannot be read ({e})", table.name))
    };
    let mut layer = dataset.layer_by_name(table.name).map_err(|e| failed(&e))?;
    let places: Vec<usize> = table
        .fields
        .iter()
        .map(|f| layer.defn().field_index(f.name))
        .collect::<Result<_, _>>()
        .map_err(|e| failed(&e))?;
    match filter.condition() {
        Some(condition) => layer
            .set_attribute_filter(&condition)
            .map_err(|e| failed(&e))?,
        None => layer.clear_attribute_filter(),
    }
    for feature in layer.features() {
        each(stored(&feature, table, &places)?)?;
    }
    layer.clear_attribute_filter();
    Ok(())
}

fn stored(feature: &Feature<'_>, table: &Table, places: &[usize]) -> Result<StoredRow> {
    let fid = feature
        .fid()
        .and_then(|fid| i64::try_from(fid).ok())
        .ok_or_else(|| Error::Internal(format!("a row of `{}` has no number", table.name)))?;
    let value = |at: &usize| {
        let value = feature.field(*at).ok().flatten();
        value.map_or(Value::Null, read::value_of)
    };
    Ok(StoredRow {
        fid,
        shape: feature.geometry().and_then(shape_of),
        values: places.iter().map(value).collect(),
        columns: table.fields,
    })
}

fn shape_of(geometry: &Geometry) -> Option<StoredShape> {
    match geometry_type_flatten(geometry.geometry_type()) {
        Ogr::wkbPoint if !geometry.is_empty() => {
            let (x, y, _) = geometry.get_point(0);
            Some(StoredShape::Point(Point::new(x, y)))
        }
        Ogr::wkbLineString => Some(StoredShape::Lines(MultiLineString::new(vec![line_of(
            geometry,
        )]))),
        Ogr::wkbMultiLineString => {
            let lines = (0..geometry.geometry_count()).map(|i| line_of(&geometry.get_geometry(i)));
            Some(StoredShape::Lines(MultiLineString::new(lines.collect())))
        }
        _ => {
            let areas = wkb::decode_polygons(&geometry.iso_wkb().ok()?)?;
            Some(StoredShape::Area(MultiPolygon::new(areas)))
        }
    }
}

pub(in crate::vector) fn line_of(geometry: &Geometry) -> LineString<f64> {
    let mut points = Vec::new();
    geometry.get_points(&mut points);
    points.into_iter().map(|(x, y, _)| (x, y)).collect()
}
