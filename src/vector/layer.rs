//! A layer on its way to a file: its description, its fields, and its rows one by one.

use super::wkb;
use gdal::errors::GdalError;
use gdal::vector::{Feature, Geometry, LayerAccess, OGRFieldType, OGRwkbGeometryType};
use geo::{MultiLineString, MultiPolygon, Point};
use std::borrow::Cow;

/// What a layer's rows draw on the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeometryKind {
    /// Nothing: a plain table.
    None,
    /// One point a row.
    Point,
    /// One or more areas a row.
    MultiPolygon,
    /// One or more lines a row.
    Line,
    /// Points, lines or areas.
    Any,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// UTF-8 text of any length.
    Text,
    /// A whole number of 64 bits.
    Integer,
    /// A floating point number of 64 bits.
    Real,
}

/// One column of a layer.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// The machine name.
    pub name: &'a str,
    /// What it holds.
    pub kind: FieldKind,
    /// The name people read, unique within the layer.
    pub title: &'a str,
    /// Meaning and unit.
    pub comment: &'a str,
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Nothing known.
    Null,
    /// Text.
    Text(Cow<'a, str>),
    /// A whole number.
    Integer(i64),
    /// A floating point number.
    Real(f64),
}

impl Value<'_> {
    /// As text: numbers in their shortest form, nothing for `Null`.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Text(text) => text.clone().into_owned(),
            Self::Integer(number) => number.to_string(),
            Self::Real(number) => number.to_string(),
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<f64> for Value<'_> {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

/// The geometry of a row, WGS 84 longitude and latitude.
#[derive(Debug, Clone, Copy)]
pub enum Shape<'a> {
    /// No geometry.
    None,
    /// A point.
    Point(Point<f64>),
    /// Areas.
    MultiPolygon(&'a MultiPolygon<f64>),
    /// Lines.
    Lines(&'a MultiLineString<f64>),
}

/// One row: a geometry and a value for each field, in the order of the fields.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    /// What is drawn.
    pub shape: Shape<'a>,
    /// One value for each field.
    pub values: Vec<Value<'a>>,
}

/// A layer to write. Rows are pulled one at a time and never collected, so a
/// million of them need no copy.
pub struct Layer<'a> {
    /// The table name.
    pub name: &'a str,
    /// The name people read, unique within the file.
    pub title: &'a str,
    /// What the layer is, and what it is not.
    pub description: &'a str,
    /// What its rows draw.
    pub geometry: GeometryKind,
    /// Its columns.
    pub fields: Vec<Field<'a>>,
    /// Its rows.
    pub rows: Box<dyn Iterator<Item = Row<'a>> + 'a>,
}

impl GeometryKind {
    pub(super) fn ogr_type(self) -> OGRwkbGeometryType::Type {
        match self {
            Self::None => OGRwkbGeometryType::wkbNone,
            Self::Point => OGRwkbGeometryType::wkbPoint,
            Self::MultiPolygon => OGRwkbGeometryType::wkbMultiPolygon,
            Self::Line => OGRwkbGeometryType::wkbMultiLineString,
            Self::Any => OGRwkbGeometryType::wkbUnknown,
        }
    }
}

impl FieldKind {
    pub(super) fn ogr_type(self) -> OGRFieldType::Type {
        match self {
            Self::Text => OGRFieldType::OFTString,
            Self::Integer => OGRFieldType::OFTInteger64,
            Self::Real => OGRFieldType::OFTReal,
        }
    }
}

/// Adds rows to an open OGR layer whose fields stand in the order of the values;
/// returns how many there were. Works for any driver.
pub(super) fn append_rows<'a, L: LayerAccess>(
    target: &mut L,
    rows: impl Iterator<Item = Row<'a>>,
) -> Result<u64, GdalError> {
    let mut count = 0;
    for row in rows {
        let mut feature = Feature::new(target.defn())?;
        for (index, value) in row.values.iter().enumerate() {
            match value {
                Value::Text(text) => feature.set_field_string(index, &without_nul(text))?,
                Value::Integer(number) => feature.set_field_integer64(index, *number)?,
                Value::Real(number) if number.is_finite() => {
                    feature.set_field_double(index, *number)?;
                }
                Value::Null | Value::Real(_) => feature.set_field_null(index)?,
            }
        }
        let bytes = match row.shape {
            Shape::None => None,
            Shape::Point(point) => Some(wkb::encode_point(point)),
            Shape::MultiPolygon(areas) => Some(wkb::encode_multi_polygon(areas)),
            Shape::Lines(lines) => Some(wkb::encode_lines(lines)),
        };
        if let Some(bytes) = bytes {
            feature.set_geometry(Geometry::from_wkb(&bytes)?)?;
        }
        feature.create(target)?;
        count += 1;
    }
    Ok(count)
}

/// C strings end at the first NUL, so none may be inside.
fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', " "))
    } else {
        Cow::Borrowed(text)
    }
}
