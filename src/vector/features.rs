//! Reading every feature of a vector file that OGR opens, points, lines and areas alike, into one
//! reference system: layers that an office brings.

use super::read::{
    Projector, attributes_of, check_layer, open_as_encoded, problem, unmoved, valid_polygons,
};
use super::store::StoredShape;
use super::{Value, wkb};
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
        let value = self.value(names);
        value.map_or_else(String::new, |value| value.to_text().trim().to_owned())
    }
}

/// Reads all features of one layer, or of all layers with a geometry, and brings them into
/// `target`, x (or longitude) first. Arcs become chords, self-crossing polygons are repaired where
/// GEOS can; of a mixed collection areas count before lines, and lines before points.
///
/// `encoding` (`UTF-8`, `GBK`, `GB18030`…) is that of the texts of a shapefile where it is not what
/// the file says; unmarked ones with Chinese text are read as GB 18030.
///
/// # Errors
/// [`crate::Error::Vector`] when the file is no vector file, has no such layer, takes no encoding,
/// is a CSV of another encoding than UTF-8, or a layer has no reference system or does not reach
/// `target`; [`crate::Error::Setting`] for an encoding that is not known.
pub fn read_features(
    path: &Path,
    target: &Crs,
    layer: Option<&str>,
    encoding: Option<&str>,
) -> Result<Vec<LayerFeature>> {
    refuse_unreadable_text(path)?;
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
    check_layer(path, layer, &names)?;
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

/// Other text than UTF-8 would come out as question marks.
fn refuse_unreadable_text(path: &Path) -> Result<()> {
    let is_table = path
        .extension()
        .is_some_and(|e| ["csv", "tsv"].iter().any(|t| e.eq_ignore_ascii_case(t)));
    if is_table && path.is_file() && std::str::from_utf8(&fs_err::read(path)?).is_err() {
        return Err(problem(
            path,
            "is not UTF-8",
            "save it as `CSV UTF-8`, which spreadsheet programs offer beside `CSV`",
        ));
    }
    Ok(())
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
        // Fails where there is none; the other way to a geometry gives one all the same.
        let geometry = feature.geometry_by_index(0).ok();
        let mut shapes = geometry.map_or_else(Vec::new, shapes_of);
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
                moved.map_err(|e| unmoved(path, (&name, index + 1), target, &e))?;
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
    let parts = geometry
        .iso_wkb()
        .ok()
        .and_then(|bytes| wkb::decode(&bytes));
    let parts = parts.unwrap_or_default();
    if !parts.lines.is_empty() {
        return vec![StoredShape::Lines(MultiLineString::new(parts.lines))];
    }
    let points = parts.points.into_iter();
    points.map(StoredShape::Point).collect()
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
    #[test]
    fn arcs_become_chords_and_collections_give_what_counts_most() {
        let lines = |wkt: &str| match shape_from_wkt(wkt) {
            Some(StoredShape::Lines(lines)) => lines.0,
            other => panic!("{other:?}"),
        };
        assert!(lines("CIRCULARSTRING (1 0,0 1,-1 0)")[0].0.len() > 40);
        let mixed = "GEOMETRYCOLLECTION Z (POINT Z (1 2 3),LINESTRING Z (0 0 1,1 1 1))";
        assert_eq!(lines(mixed)[0].0.len(), 2);
        for nothing in ["LINESTRING EMPTY", "POINT EMPTY", "POINT (1", ""] {
            assert_eq!(shape_from_wkt(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn tables_that_are_not_utf8_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("roads.csv");
        fs_err::write(&path, b"WKT,name\n\"POINT (1 2)\",\xd6\xd0\n").unwrap();
        let error = read_features(&path, &Crs::wgs84().unwrap(), None, None).unwrap_err();
        assert!(error.to_string().contains("is not UTF-8"), "{error}");
        assert!(error.hint().contains("CSV UTF-8"), "{}", error.hint());
        fs_err::write(&path, "WKT,name\n\"POINT (1 2)\",中\n").unwrap();
        let error = read_features(&path, &Crs::wgs84().unwrap(), None, Some("GBK")).unwrap_err();
        assert!(error.to_string().contains("takes no encoding"), "{error}");
    }

    #[test]
    fn an_encoding_that_is_given_counts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("roads.shp");
        let driver = gdal::DriverManager::get_driver_by_name("ESRI Shapefile").unwrap();
        let mut file = driver.create_vector_only(&path).unwrap();
        let wgs84 = Crs::wgs84().unwrap();
        let reference = wgs84.spatial_ref().unwrap();
        let layer = file
            .create_layer(gdal::vector::LayerOptions {
                name: "roads",
                srs: Some(&reference),
                ty: Ogr::wkbLineString,
                options: Some(&["ENCODING=GB18030"]),
            })
            .unwrap();
        gdal::vector::FieldDefn::new("name", gdal::vector::OGRFieldType::OFTString)
            .unwrap()
            .add_to_layer(&layer)
            .unwrap();
        let mut feature = gdal::vector::Feature::new(layer.defn()).unwrap();
        feature.set_field_string(0, "001 罂粟沟").unwrap();
        let line = Geometry::from_wkt("LINESTRING (100 25,100 26)").unwrap();
        feature.set_geometry(line).unwrap();
        feature.create(&layer).unwrap();
        drop(feature);
        file.close().unwrap();
        let name = |encoding| {
            read_features(&path, &wgs84, None, encoding).map(|found| found[0].text(&["NAME"]))
        };
        assert_eq!(name(None).unwrap(), "001 罂粟沟");
        // Marked wrongly, as some exporters do.
        fs_err::write(dir.path().join("roads.cpg"), "ISO-8859-1").unwrap();
        assert_ne!(name(None).unwrap(), "001 罂粟沟");
        assert_eq!(name(Some("gbk")).unwrap(), "001 罂粟沟");
        let error = name(Some("klingon")).unwrap_err().to_string();
        assert!(
            error.contains("klingon") && error.contains("GBK"),
            "{error}"
        );
    }
}
