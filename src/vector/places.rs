//! Reading points and polygons alike from any vector file that OGR opens, into one reference
//! system: plots as people mark them.

use super::read::{Projector, attributes_of, check_layer, open, problem, unmoved, valid_polygons};
use super::{Value, wkb};
use crate::Result;
use crate::georef::Crs;
use gdal::vector::{
    Geometry, Layer, LayerAccess, OGRwkbGeometryType as Ogr, geometry_type_flatten,
};
use geo::{MultiPolygon, Point, Polygon};
use std::path::Path;

/// What a feature marks.
#[derive(Debug, Clone, PartialEq)]
pub enum FeatureShape {
    /// Ground; rings are closed, with at least four points each.
    Area(MultiPolygon<f64>),
    /// Points, more than one for a multipoint.
    Points(Vec<Point<f64>>),
}

/// One feature with a place, in the reference system that was asked for.
#[derive(Debug, Clone)]
pub struct PlacedFeature {
    /// The layer it stands in.
    pub layer: String,
    /// Its place in the layer, counted from 1.
    pub number: usize,
    /// What it marks.
    pub shape: FeatureShape,
    /// Names and values of its fields, in the order of the layer.
    pub attributes: Vec<(String, Value<'static>)>,
}

impl PlacedFeature {
    /// The text of a field, however its name is capitalised; numbers as text, empty where there
    /// is no such field or nothing in it.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        let is_it = |(n, _): &&(String, Value<'static>)| n.eq_ignore_ascii_case(name);
        let found = self.attributes.iter().find(is_it);
        found.map_or_else(String::new, |(_, value)| value.to_text().trim().to_owned())
    }
}

/// The points and polygons of a file.
#[derive(Debug, Clone, Default)]
pub struct PlacedFeatures {
    /// Layer by layer.
    pub features: Vec<PlacedFeature>,
    /// Layers that have at least one of them.
    pub layers: Vec<String>,
    /// Features that were passed over: lines, and features without a geometry.
    pub passed_over: usize,
}

/// Reads the points and polygons of one layer, or of all layers, and brings them into `target`, x
/// (or longitude) first. Arcs become chords, self-crossing polygons are repaired where GEOS can;
/// unmarked shapefiles with Chinese text are read as GB 18030. A file without a feature gives
/// none.
///
/// # Errors
/// [`crate::Error::Vector`] when the file is no vector file, has no such layer, has features but
/// no point or polygon, or a layer has no reference system or does not reach `target`.
pub fn read_places(path: &Path, target: &Crs, layer: Option<&str>) -> Result<PlacedFeatures> {
    let dataset = open(path)?;
    let mut found = PlacedFeatures::default();
    let (mut names, mut tables) = (Vec::new(), 0);
    for mut source in dataset.layers() {
        let name = source.name();
        let is_wanted = layer.is_none_or(|wanted| wanted.eq_ignore_ascii_case(&name));
        names.push(name);
        if !is_wanted {
            continue;
        }
        // Styles of QGIS and the like stand beside the layers as plain tables.
        if geometry_type_flatten(source.defn().geometry_type()) == Ogr::wkbNone {
            tables += usize::from(source.features().next().is_some());
            continue;
        }
        read_layer(path, &mut source, target, &mut found)?;
    }
    check_layer(path, layer, &names)?;
    if names.is_empty() {
        return Err(problem(
            path,
            "has no layer",
            "export a layer of points or polygons",
        ));
    }
    let only_tables = tables > 0 && found.features.is_empty();
    if only_tables || (found.features.is_empty() && found.passed_over > 0) {
        return Err(problem(
            path,
            "has features, but no point or polygon among them",
            "lines and tables mark no plot; draw points or polygons",
        ));
    }
    Ok(found)
}

/// A polygon in any plane frame as valid polygons: where it crosses or touches itself, what it
/// encloses an odd number of times. Empty where it encloses nothing.
#[must_use]
pub fn repaired(polygon: &Polygon<f64>) -> Vec<Polygon<f64>> {
    let bytes = wkb::encode_multi_polygon(&MultiPolygon::new(vec![polygon.clone()]));
    Geometry::from_wkb(&bytes).map_or_else(|_| Vec::new(), |g| valid_polygons(&g))
}

fn read_layer(
    path: &Path,
    layer: &mut Layer<'_>,
    target: &Crs,
    found: &mut PlacedFeatures,
) -> Result<()> {
    let name = layer.name();
    let fields: Vec<String> = layer.defn().fields().map(|f| f.name()).collect();
    let source = layer.spatial_ref();
    let before = found.features.len();
    let mut projector = None;
    for (index, feature) in layer.features().enumerate() {
        let Some(mut shape) = feature.geometry().and_then(shape_of) else {
            found.passed_over += 1;
            continue;
        };
        let projector = match &projector {
            Some(ready) => ready,
            None => projector.insert(Projector::new(path, &name, source.as_ref(), target)?),
        };
        let moved = match &mut shape {
            FeatureShape::Area(areas) => projector.apply(areas),
            FeatureShape::Points(points) => points.iter_mut().try_for_each(|point| {
                *point = projector.point(*point)?;
                Ok(())
            }),
        };
        moved.map_err(|e| unmoved(path, (&name, index + 1), target, &e))?;
        found.features.push(PlacedFeature {
            layer: name.clone(),
            number: index + 1,
            shape,
            attributes: attributes_of(&feature, &fields),
        });
    }
    if found.features.len() > before {
        found.layers.push(name);
    }
    Ok(())
}

/// What a geometry marks: its polygons where it has any, else its points.
fn shape_of(geometry: &Geometry) -> Option<FeatureShape> {
    let polygons = valid_polygons(geometry);
    if !polygons.is_empty() {
        return Some(FeatureShape::Area(MultiPolygon::new(polygons)));
    }
    let points = points_of(geometry);
    (!points.is_empty()).then_some(FeatureShape::Points(points))
}

fn points_of(geometry: &Geometry) -> Vec<Point<f64>> {
    match geometry_type_flatten(geometry.geometry_type()) {
        Ogr::wkbPoint if !geometry.is_empty() => {
            let (x, y, _) = geometry.get_point(0);
            let is_place = x.is_finite() && y.is_finite();
            is_place.then(|| Point::new(x, y)).into_iter().collect()
        }
        Ogr::wkbMultiPoint | Ogr::wkbGeometryCollection => (0..geometry.geometry_count())
            .flat_map(|index| points_of(&geometry.get_geometry(index)))
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdal::DriverManager;
    use gdal::vector::{Feature, LayerOptions};
    use geo::{Area, polygon};

    fn read(text: &str, layer: Option<&str>) -> Result<PlacedFeatures> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plots.geojson");
        fs_err::write(&path, text).unwrap();
        read_places(&path, &Crs::wgs84().unwrap(), layer)
    }

    fn collection(features: &[(&str, &str)]) -> String {
        let features: Vec<String> = features
            .iter()
            .map(|(properties, geometry)| {
                format!(r#"{{"type":"Feature","properties":{properties},"geometry":{geometry}}}"#)
            })
            .collect();
        format!(
            r#"{{"type":"FeatureCollection","features":[{}]}}"#,
            features.join(",")
        )
    }

    const POINT: &str = r#"{"type":"Point","coordinates":[100.5,25.5,7]}"#;
    const POINTS: &str = r#"{"type":"MultiPoint","coordinates":[[100,25],[101,26]]}"#;
    const LINE: &str = r#"{"type":"LineString","coordinates":[[100,25],[101,26]]}"#;
    const SQUARE: &str =
        r#"{"type":"Polygon","coordinates":[[[100,25],[101,25],[101,26],[100,26],[100,25]]]}"#;

    #[test]
    fn points_and_polygons_stand_side_by_side() {
        let text = collection(&[
            (r#"{"Class":" poppy ","id":7}"#, POINT),
            (r#"{"Class":"hemp","id":8}"#, SQUARE),
            ("{}", LINE),
            ("{}", POINTS),
            ("{}", "null"),
        ]);
        let found = read(&text, None).unwrap();
        assert_eq!(found.passed_over, 2);
        assert_eq!(found.layers.len(), 1);
        let [point, square, points] = &found.features[..] else {
            panic!("{found:?}")
        };
        assert_eq!(
            point.shape,
            FeatureShape::Points(vec![Point::new(100.5, 25.5)])
        );
        assert_eq!(
            (point.text("class"), point.text("ID")),
            ("poppy".into(), "7".into())
        );
        assert!(
            matches!(&square.shape, FeatureShape::Area(a) if (a.unsigned_area() - 1.0).abs() < 1e-9)
        );
        assert!(matches!(&points.shape, FeatureShape::Points(p) if p.len() == 2));
        assert_eq!((points.number, points.text("class")), (4, String::new()));
    }

    #[test]
    fn a_collection_of_nothing_is_nothing() {
        let found = read(&collection(&[]), None).unwrap();
        assert!(found.features.is_empty() && found.passed_over == 0);
        let error = read(&collection(&[("{}", LINE)]), None).unwrap_err();
        assert!(error.to_string().contains("no point or polygon"), "{error}");
        let error = read(&collection(&[("{}", "null")]), None).unwrap_err();
        assert!(error.to_string().contains("no point or polygon"), "{error}");
        assert!(read(r#"{"type":"FeatureCollection","feat"#, None).is_err());
    }

    #[test]
    fn a_layer_goes_by_its_name() {
        let text = collection(&[("{}", POINT)]);
        assert_eq!(read(&text, Some("PLOTS")).unwrap().features.len(), 1);
        let error = read(&text, Some("fields")).unwrap_err().to_string();
        assert!(
            error.contains("has no layer `fields`, its layers are plots"),
            "{error}"
        );
    }

    #[test]
    fn layers_of_any_map_come_together_and_tables_do_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plots.gpkg");
        let driver = DriverManager::get_driver_by_name("GPKG").unwrap();
        let mut file = driver.create_vector_only(&path).unwrap();
        let utm = Crs::parse("EPSG:32647").unwrap().spatial_ref().unwrap();
        for (name, kind, shape) in [
            ("points", Ogr::wkbPoint, Some("POINT (500000 2765000)")),
            (
                "fields",
                Ogr::wkbMultiPolygon,
                Some("MULTIPOLYGON (((0 0,9 0,9 9,0 0)))"),
            ),
            ("styles", Ogr::wkbNone, None),
        ] {
            let options = LayerOptions {
                name,
                srs: shape.map(|_| &utm),
                ty: kind,
                ..LayerOptions::default()
            };
            let layer = file.create_layer(options).unwrap();
            let mut feature = Feature::new(layer.defn()).unwrap();
            if let Some(shape) = shape {
                feature
                    .set_geometry(Geometry::from_wkt(shape).unwrap())
                    .unwrap();
            }
            feature.create(&layer).unwrap();
        }
        file.close().unwrap();
        let all = read_places(&path, &Crs::wgs84().unwrap(), None).unwrap();
        assert_eq!(all.layers, ["points", "fields"]);
        assert_eq!((all.features.len(), all.passed_over), (2, 0));
        let one = read_places(&path, &Crs::wgs84().unwrap(), Some("points")).unwrap();
        let FeatureShape::Points(points) = &one.features[0].shape else {
            panic!("{one:?}")
        };
        assert!((points[0].x() - 99.0).abs() < 1e-9 && (points[0].y() - 25.0).abs() < 0.1);
        let error = read_places(&path, &Crs::wgs84().unwrap(), Some("styles")).unwrap_err();
        assert!(error.to_string().contains("no point or polygon"), "{error}");
    }

    #[test]
    fn rings_that_cross_themselves_are_repaired() {
        let bow =
            polygon![(x: 0.0, y: 0.0), (x: 0.0, y: 10.0), (x: 10.0, y: 0.0), (x: 10.0, y: 10.0)];
        let wings = repaired(&bow);
        assert_eq!(wings.len(), 2);
        assert!((MultiPolygon::new(wings).unsigned_area() - 50.0).abs() < 1e-9);
        // A hole that a cut of no width joins to the ring around it.
        let cut = polygon![
            (x: 0.0, y: 0.0), (x: 9.0, y: 0.0), (x: 9.0, y: 9.0), (x: 0.0, y: 9.0), (x: 0.0, y: 0.0),
            (x: 3.0, y: 3.0), (x: 3.0, y: 6.0), (x: 6.0, y: 6.0), (x: 6.0, y: 3.0), (x: 3.0, y: 3.0)
        ];
        let holed = MultiPolygon::new(repaired(&cut));
        assert!((holed.unsigned_area() - 72.0).abs() < 1e-9, "{holed:?}");
        assert_eq!(holed.0[0].interiors().len(), 1);
        let line = polygon![(x: 0.0, y: 0.0), (x: 5.0, y: 0.0), (x: 9.0, y: 0.0)];
        assert!(MultiPolygon::new(repaired(&line)).unsigned_area() < 1e-12);
    }
}
