//! Reading every feature of a vector file that OGR opens, points, lines and areas alike, into one
//! reference system: layers that an office brings.

use super::places::points_of;
use super::read::{Projector, attributes_of, open_as_encoded, problem, valid_polygons};
use super::store::{StoredShape, line_of};
use super::{PlacedFeature, Value};
use crate::Result;
use crate::georef::Crs;
use gdal::vector::{
    Geometry, Layer, LayerAccess, OGRwkbGeometryType as Ogr, geometry_type_flatten,
};
use geo::{MultiLineString, MultiPolygon};
use std::path::Path;

/// One feature of a layer.
#[derive(Debug, Clone)]
pub struct LayerFeature {
    /// The layer it stands in.
    pub layer: String,
    /// Its place in the layer, counted from 1.
    pub number: usize,
    /// What it draws; a multipoint gives one for each point. Empty where it draws nothing.
    pub shapes: Vec<StoredShape>,
    /// Names and values of its fields, in the order of the layer.
    pub attributes: Vec<(String, Value<'static>)>,
}

impl LayerFeature {
    /// The value of the first field whose name is one of these, however it is capitalised.
    #[must_use]
    pub fn value(&self, names: &[&str]) -> Option<&Value<'static>> {
        names.iter().find_map(|name| {
            let same = |(n, _): &&(String, Value<'static>)| n.eq_ignore_ascii_case(name);
            self.attributes.iter().find(same).map(|(_, v)| v)
        })
    }

    /// The same as text; numbers as text, empty where there is no such field or nothing in it.
    #[must_use]
    pub fn text(&self, names: &[&str]) -> String {
        self.value(names)
            .map_or_else(String::new, PlacedFeature::shown)
    }
}

/// Reads all features of one layer, or of all layers with a geometry, and brings them into
/// `target`, x (or longitude) first. Arcs become chords, self-crossing polygons are repaired where
/// GEOS can; text of unmarked shapefiles is in `encoding`, or guessed.
///
/// # Errors
/// [`crate::Error::Vector`] when the file is no vector file, has no such layer, or a layer has no
/// reference system or does not reach `target`.
pub fn read_features(
    path: &Path,
    target: &Crs,
    layer: Option<&str>,
    encoding: Option<&str>,
) -> Result<Vec<LayerFeature>> {
    let dataset = open_as_encoded(path, encoding)?;
    let (mut found, mut names) = (Vec::new(), Vec::new());
    for mut source in dataset.layers() {
        let name = source.name();
        let is_wanted = layer.is_none_or(|wanted| wanted.eq_ignore_ascii_case(&name));
        names.push(name);
        // Styles of QGIS and the like stand beside the layers as plain tables.
        let is_table = geometry_type_flatten(source.defn().geometry_type()) == Ogr::wkbNone;
        if is_wanted && !is_table {
            read_layer(path, &mut source, target, &mut found)?;
        }
    }
    if let Some(wanted) = layer
        && !names.iter().any(|n| n.eq_ignore_ascii_case(wanted))
    {
        return Err(problem(
            path,
            &format!(
                "has no layer `{wanted}`, its layers are {}",
                names.join(", ")
            ),
            "name one of its layers",
        ));
    }
    Ok(found)
}

/// Columns of a plain table of a file as text; empty where a column is not there or holds nothing.
///
/// # Errors
/// [`crate::Error::Vector`] when the file is no vector file, or has no such table.
pub fn read_table(path: &Path, table: &str, columns: &[&str]) -> Result<Vec<Vec<String>>> {
    let dataset = open_as_encoded(path, None)?;
    let mut layer = dataset
        .layer_by_name(table)
        .map_err(|_| problem(path, &format!("has no table `{table}`"), "check the file"))?;
    let places: Vec<Option<usize>> = columns
        .iter()
        .map(|column| layer.defn().field_index(column).ok())
        .collect();
    let rows = layer.features().map(|feature| {
        let text = |at: Option<usize>| feature.field_as_string(at?).ok().flatten();
        places
            .iter()
            .map(|at| text(*at).unwrap_or_default())
            .collect()
    });
    Ok(rows.collect())
}

/// What a WKT text draws, its numbers taken as they are; `None` where it is no geometry, or draws
/// nothing.
#[must_use]
pub fn shape_from_wkt(text: &str) -> Option<StoredShape> {
    shapes_of(&Geometry::from_wkt(text).ok()?)
        .into_iter()
        .next()
}

fn read_layer(
    path: &Path,
    layer: &mut Layer<'_>,
    target: &Crs,
    found: &mut Vec<LayerFeature>,
) -> Result<()> {
    let name = layer.name();
    let fields: Vec<String> = layer.defn().fields().map(|f| f.name()).collect();
    let source = layer.spatial_ref();
    let mut projector = None;
    for (index, feature) in layer.features().enumerate() {
        let mut shapes = feature.geometry().map_or_else(Vec::new, shapes_of);
        if !shapes.is_empty() {
            let projector = match &projector {
                Some(ready) => ready,
                None => projector.insert(Projector::new(path, &name, source.as_ref(), target)?),
            };
            for shape in &mut shapes {
                let moved = match shape {
                    StoredShape::Point(point) => {
                        projector.point(*point).map(|moved| *point = moved)
                    }
                    StoredShape::Lines(lines) => projector.lines(lines),
                    StoredShape::Area(area) => projector.apply(area),
                };
                moved.map_err(|e| {
                    problem(
                        path,
                        &format!(
                            "feature {} of layer `{name}` cannot be brought into {} ({e})",
                            index + 1,
                            target.label()
                        ),
                        "check its reference system; a wrong .prj puts it off the map",
                    )
                })?;
            }
        }
        found.push(LayerFeature {
            layer: name.clone(),
            number: index + 1,
            shapes,
            attributes: attributes_of(&feature, &fields),
        });
    }
    Ok(())
}

/// What a geometry draws: its polygons where it has any, else its lines, else its points.
fn shapes_of(geometry: &Geometry) -> Vec<StoredShape> {
    let polygons = valid_polygons(geometry);
    if !polygons.is_empty() {
        return vec![StoredShape::Area(MultiPolygon::new(polygons))];
    }
    let mut lines = Vec::new();
    collect_lines(geometry, &mut lines);
    if !lines.is_empty() {
        return vec![StoredShape::Lines(MultiLineString::new(lines))];
    }
    points_of(geometry)
        .into_iter()
        .map(StoredShape::Point)
        .collect()
}

fn collect_lines(geometry: &Geometry, lines: &mut Vec<geo::LineString<f64>>) {
    match geometry_type_flatten(geometry.geometry_type()) {
        Ogr::wkbLineString => {
            let line = line_of(geometry);
            if line.0.len() > 1 {
                lines.push(line);
            }
        }
        Ogr::wkbMultiLineString | Ogr::wkbGeometryCollection => {
            for index in 0..geometry.geometry_count() {
                collect_lines(&geometry.get_geometry(index), lines);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_feature_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mixed.geojson");
        fs_err::write(
            &path,
            r#"{"type":"FeatureCollection","features":[
            {"type":"Feature","properties":{"Name":" 溪 ","n":7},"geometry":{"type":"LineString","coordinates":[[100,25],[100.01,25.01]]}},
            {"type":"Feature","properties":{"Name":"a"},"geometry":{"type":"MultiPoint","coordinates":[[100,25],[101,26]]}},
            {"type":"Feature","properties":{"Name":"b"},"geometry":{"type":"Polygon","coordinates":[[[100,25],[101,25],[101,26],[100,25]]]}},
            {"type":"Feature","properties":{"Name":"c"},"geometry":null}]}"#,
        )
        .unwrap();
        let found = read_features(&path, &Crs::wgs84().unwrap(), None, None).unwrap();
        let counts: Vec<usize> = found.iter().map(|f| f.shapes.len()).collect();
        assert_eq!(counts, [1, 2, 1, 0]);
        assert!(matches!(&found[0].shapes[0], StoredShape::Lines(l) if l.0[0].0.len() == 2));
        assert_eq!(found[0].text(&["名称", "NAME"]), "溪");
        assert_eq!(found[0].text(&["N"]), "7");
        let error = read_features(&path, &Crs::wgs84().unwrap(), Some("x"), None).unwrap_err();
        assert!(
            error.to_string().contains("its layers are mixed"),
            "{error}"
        );
    }
}
