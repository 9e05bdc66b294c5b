//! Files of many kinds, painted with GDAL or by hand and read back as polygons.

use super::*;
use crate::vector::Value;
use gdal::DriverManager;
use gdal::vector::{FieldDefn, LayerOptions, OGRFieldType};
use geo::Area;
use std::path::PathBuf;

const SQUARE: &str = "POLYGON ((0 0,20000 0,20000 20000,0 20000,0 0))";

/// A file with one layer and one field, `名称` in the encoding of the driver.
fn paint(path: &Path, driver: &str, crs: Option<&str>, shapes: &[&str], option: &str) {
    let driver = DriverManager::get_driver_by_name(driver).unwrap();
    let mut file = driver.create_vector_only(path).unwrap();
    let crs = crs.map(|c| Crs::parse(c).unwrap().spatial_ref().unwrap());
    let layer = file
        .create_layer(LayerOptions {
            name: "地块",
            srs: crs.as_ref(),
            options: (!option.is_empty()).then_some(&[option]),
            ..LayerOptions::default()
        })
        .unwrap();
    FieldDefn::new("名称", OGRFieldType::OFTString)
        .unwrap()
        .add_to_layer(&layer)
        .unwrap();
    for shape in shapes {
        let mut feature = Feature::new(layer.defn()).unwrap();
        feature.set_field_string(0, "罂粟沟").unwrap();
        feature
            .set_geometry(Geometry::from_wkt(shape).unwrap())
            .unwrap();
        feature.create(&layer).unwrap();
    }
    file.close().unwrap();
}

fn in_folder(name: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    (dir, path)
}

fn refusal(path: &Path) -> String {
    let error = read_polygons(path, &Crs::wgs84().unwrap()).unwrap_err();
    assert!(!error.hint().is_empty(), "{error}");
    error.to_string()
}

#[test]
fn unmarked_shapefiles_with_gbk_text_are_read() {
    let (dir, path) = in_folder("乡镇 边界.shp");
    let square = &["POLYGON ((500000 2700000,500100 2700000,500100 2700100,500000 2700000))"];
    paint(
        &path,
        "ESRI Shapefile",
        Some("EPSG:4543"),
        square,
        "ENCODING=GBK",
    );
    let _ = fs_err::remove_file(path.with_extension("cpg"));
    let table = path.with_extension("dbf");
    let mut bytes = fs_err::read(&table).unwrap();
    bytes[29] = 0;
    fs_err::write(&table, bytes).unwrap();

    let found = read_polygons(&path, &Crs::wgs84().unwrap()).unwrap();
    assert_eq!(found[0].attribute("名称"), Some(&Value::from("罂粟沟")));
    let first = found[0].geometry.0[0].exterior().0[0];
    assert!(
        (first.x - 102.0).abs() < 1e-3 && (first.y - 24.4).abs() < 0.1,
        "{first:?}"
    );

    // A .prj that got lost is asked for, not guessed.
    fs_err::remove_file(path.with_extension("prj")).unwrap();
    assert!(refusal(&path).contains("has no reference system in layer"));
    drop(dir);
}

#[test]
fn long_edges_follow_the_transform() {
    let (_dir, path) = in_folder("a.geojson");
    // No `crs` member: GeoJSON is WGS 84.
    fs_err::write(
        &path,
        r#"{"type":"Polygon","coordinates":[[[100,25],[101,25],[101,26],[100,26],[100,25]]]}"#,
    )
    .unwrap();
    let utm = Crs::parse("EPSG:32647").unwrap();
    let found = read_polygons(&path, &utm).unwrap();
    let ring = found[0].geometry.0[0].exterior();
    assert_eq!(ring.0.len(), 801, "200 pieces a side");
    // The middle of the northern edge lies north of the chord between its ends.
    let to = |lon, lat| {
        let (mut x, mut y) = ([lon], [lat]);
        let wgs84 = Crs::wgs84().unwrap();
        wgs84
            .transform_to(&utm)
            .unwrap()
            .transform_coords(&mut x, &mut y, &mut [])
            .unwrap();
        (x[0], y[0])
    };
    let middle = to(100.5, 26.0);
    let nearest = ring
        .0
        .iter()
        .map(|c| (c.x - middle.0).hypot(c.y - middle.1));
    assert!(nearest.fold(f64::MAX, f64::min) < 0.01);
}

#[test]
fn the_same_system_leaves_coordinates_alone() {
    let (_dir, path) = in_folder("a.gpkg");
    paint(&path, "GPKG", Some("EPSG:4543"), &[SQUARE], "");
    let found = read_polygons(&path, &Crs::parse("EPSG:4543").unwrap()).unwrap();
    assert_eq!(found[0].geometry.0[0].exterior().0.len(), 5);
}

#[test]
fn arcs_bowties_and_collections_become_polygons() {
    let (_dir, path) = in_folder("a.gpkg");
    let shapes = [
        "CURVEPOLYGON (CIRCULARSTRING (10 0,-10 0,10 0))",
        "POLYGON ((0 0,0 10,10 0,10 10,0 0))",
        "GEOMETRYCOLLECTION (POINT (1 1),POLYGON ((0 0,1 0,1 1,0 1,0 0)))",
        "POLYGON Z ((0 0 9,1 0 9,1 1 9,0 1 9,0 0 9))",
        "POLYGON EMPTY",
        "POINT (3 3)",
    ];
    paint(&path, "GPKG", Some("EPSG:4543"), &shapes, "");
    let found = read_polygons(&path, &Crs::parse("EPSG:4543").unwrap()).unwrap();
    let areas: Vec<f64> = found.iter().map(|f| f.geometry.unsigned_area()).collect();
    assert_eq!(areas.len(), 4, "{areas:?}");
    assert!((areas[0] - 314.16).abs() < 1.0 && (areas[1] - 50.0).abs() < 1e-9);
    assert_eq!(found[1].geometry.0.len(), 2, "both wings of the bowtie");
}

#[test]
fn what_holds_no_polygon_is_refused_with_a_hint() {
    let (_dir, path) = in_folder("a.gpkg");
    paint(&path, "GPKG", Some("EPSG:4326"), &["POINT (1 1)"], "");
    assert!(refusal(&path).contains("has no polygon"));
    let text = path.with_file_name("b.txt");
    fs_err::write(&text, "hello").unwrap();
    assert!(refusal(&text).contains("cannot be opened"));
    assert!(refusal(&path.with_file_name("none.shp")).contains("does not exist"));
    let image = path.with_file_name("c.tif");
    let tiff = DriverManager::get_driver_by_name("GTiff").unwrap();
    tiff.create(&image, 4, 4, 1).unwrap().close().unwrap();
    assert!(refusal(&image).contains("is an image"));
}

#[test]
fn latitude_first_files_keep_their_place() {
    let (_dir, path) = in_folder("a.gml");
    let square = &["POLYGON ((100 25,100.1 25,100.1 25.1,100 25))"];
    paint(&path, "GML", Some("EPSG:4326"), square, "");
    let found = read_polygons(&path, &Crs::wgs84().unwrap()).unwrap();
    let first = found[0].geometry.0[0].exterior().0[0];
    assert!(
        (first.x - 100.0).abs() < 0.2 && (first.y - 25.0).abs() < 0.2,
        "{first:?}"
    );
}
