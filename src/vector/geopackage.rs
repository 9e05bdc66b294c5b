//! Writing a GeoPackage in one pass, byte-identical for the same rows and date.

use super::layer::append_rows;
use super::thread_options::ThreadOptions;
use super::{Field, GeometryKind, Layer, LayerStyle};
use crate::georef::Crs;
use crate::{Error, Result};
use gdal::errors::GdalError;
use gdal::spatial_ref::SpatialRef;
use gdal::vector::sql::Dialect;
use gdal::vector::{FieldDefn, LayerAccess, LayerOptions};
use gdal::{Dataset, DatasetOptions, DriverManager, GdalOpenFlags};
use std::io::Read;
use std::path::Path;

/// The geometry column of every layer written here.
const GEOMETRY_COLUMN: &str = "geom";

/// The table of styles, column for column as QGIS makes it.
const STYLES_TABLE: &str = r#"CREATE TABLE "layer_styles" (
"id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
"f_table_catalog" TEXT(256), "f_table_schema" TEXT(256), "f_table_name" TEXT(256),
"f_geometry_column" TEXT(256), "styleName" TEXT(30), "styleQML" TEXT, "styleSLD" TEXT,
"useAsDefault" BOOLEAN, "description" TEXT, "owner" TEXT(30), "ui" TEXT(30),
"update_time" DATETIME DEFAULT CURRENT_TIMESTAMP)"#;

/// The tables of the GeoPackage schema extension, which holds titles and comments
/// of fields.
const SCHEMA_TABLES: [&str; 3] = [
    "CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, \
     name TEXT, title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT, \
     CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), \
     CONSTRAINT gdc_tn UNIQUE (table_name, name))",
    "CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT NOT NULL, \
     constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, \
     max NUMERIC, max_is_inclusive BOOLEAN, description TEXT, \
     CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))",
    "INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, scope) \
     VALUES ('gpkg_data_columns', NULL, 'gpkg_schema', \
     'http://www.geopackage.org/spec121/#extension_schema', 'read-write'), \
     ('gpkg_data_column_constraints', NULL, 'gpkg_schema', \
     'http://www.geopackage.org/spec121/#extension_schema', 'read-write')",
];

/// Creates a GeoPackage of layers in WGS 84 with spatial indexes and styles, in one
/// transaction. `date` (ISO 8601, UTC, with milliseconds) stands wherever the
/// format asks for a time, so that the same rows give the same bytes. The file
/// must not exist; it is read back before this returns.
pub fn write(path: &Path, layers: Vec<Layer<'_>>, styles: &[LayerStyle], date: &str) -> Result<()> {
    if !is_utc_millis(date) {
        return Err(Error::Internal(format!(
            "`{date}` is no date such as 2026-05-04T00:00:00.000Z"
        )));
    }
    // GDAL would delete what stands there.
    if fs_err::symlink_metadata(path).is_ok() {
        return Err(Error::OutputExists {
            path: path.to_owned(),
        });
    }
    let failed = |e: GdalError| Error::WriteOutput {
        path: path.to_owned(),
        reason: e.to_string(),
    };
    let clock = ThreadOptions::set(&[
        ("OGR_CURRENT_DATE", date),
        // GDAL 3.8 and later may build the index on another thread.
        ("OGR_GPKG_ALLOW_THREADED_RTREE", "NO"),
    ])
    .map_err(failed)?;
    let wgs84 = Crs::wgs84()?.spatial_ref()?;
    let counts = create(path, layers, styles, date, &wgs84).map_err(failed)?;
    drop(clock);
    read_back(path, &counts)
}

fn create(
    path: &Path,
    layers: Vec<Layer<'_>>,
    styles: &[LayerStyle],
    date: &str,
    wgs84: &SpatialRef,
) -> Result<Vec<(String, u64)>, GdalError> {
    let driver = DriverManager::get_driver_by_name("GPKG")?;
    let mut dataset = driver.create_vector_only(path)?;
    let mut file = dataset.start_transaction()?;
    let mut counts = Vec::new();
    let mut columns: Vec<String> = Vec::new();
    let mut tables: Vec<String> = Vec::new();
    for layer in layers {
        let is_table = layer.geometry == GeometryKind::None;
        if is_table {
            tables.push(layer.name.to_owned());
        }
        let geometry_name = format!("GEOMETRY_NAME={GEOMETRY_COLUMN}");
        let identifier = format!("IDENTIFIER={}", layer.title);
        let description = format!("DESCRIPTION={}", layer.description);
        let mut options = vec![identifier.as_str(), description.as_str(), "FID=fid"];
        if !is_table {
            options.extend([geometry_name.as_str(), "SPATIAL_INDEX=YES"]);
        }
        let mut target = file.create_layer(LayerOptions {
            name: layer.name,
            srs: (!is_table).then_some(wgs84),
            ty: layer.geometry.ogr_type(),
            options: Some(&options),
        })?;
        for field in &layer.fields {
            FieldDefn::new(field.name, field.kind.ogr_type())?.add_to_layer(&target)?;
            columns.push(column_row(layer.name, field));
        }
        let count = append_rows(&mut target, layer.rows)?;
        counts.push((layer.name.to_owned(), count));
    }
    let run = |sql: &str| file.execute_sql(sql, None, Dialect::DEFAULT).map(drop);
    if !columns.is_empty() {
        SCHEMA_TABLES.iter().try_for_each(|sql| run(sql))?;
        run(&format!(
            "INSERT INTO gpkg_data_columns VALUES {}",
            columns.join(",")
        ))?;
    }
    if !styles.is_empty() {
        run(STYLES_TABLE)?;
        run(&format!(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) \
             VALUES ('layer_styles', 'attributes', 'layer_styles', '', {})",
            literal(date)
        ))?;
        for style in styles {
            let is_table = tables.contains(&style.layer);
            run(&style_row(style, is_table, date))?;
        }
    }
    file.commit()?;
    dataset.flush_cache()?;
    dataset.close()?;
    Ok(counts)
}

fn column_row(table: &str, field: &Field<'_>) -> String {
    format!(
        "({}, {}, {}, {}, {}, NULL, NULL)",
        literal(table),
        literal(field.name),
        literal(field.title),
        literal(field.title),
        literal(field.comment)
    )
}

/// QGIS looks for the style of a plain table under an empty geometry column.
fn style_row(style: &LayerStyle, is_table: bool, date: &str) -> String {
    let geometry = if is_table { "" } else { GEOMETRY_COLUMN };
    format!(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, \
         f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, ui, \
         update_time) VALUES ('', '', {}, '{geometry}', {}, {}, '', 1, {}, '', NULL, {})",
        literal(&style.layer),
        literal(&style.name),
        literal(&style.qml),
        literal(&style.description),
        literal(date)
    )
}

/// GDAL before 3.7 does not report a failure at close (a full disk), so the file is
/// opened again: it must be as long as its header says and hold every row.
fn read_back(path: &Path, counts: &[(String, u64)]) -> Result<()> {
    let damaged = |reason: String| Error::WriteOutput {
        path: path.to_owned(),
        reason,
    };
    let mut header = [0_u8; 32];
    fs_err::File::open(path)?.read_exact(&mut header)?;
    let page = u64::from(u16::from_be_bytes([header[16], header[17]]));
    let page = if page == 1 { 65_536 } else { page };
    let pages = u64::from(u32::from_be_bytes([
        header[28], header[29], header[30], header[31],
    ]));
    let (seen, wanted) = (fs_err::metadata(path)?.len(), page * pages);
    if seen != wanted {
        return Err(damaged(format!(
            "the file has {seen} bytes instead of {wanted}"
        )));
    }
    let dataset = open_read_only(path).map_err(|e| damaged(e.to_string()))?;
    for (name, wanted) in counts {
        let layer = dataset
            .layer_by_name(name)
            .map_err(|e| damaged(e.to_string()))?;
        let seen = layer.feature_count();
        if seen != *wanted {
            return Err(damaged(format!(
                "layer `{name}` has {seen} rows instead of {wanted}"
            )));
        }
    }
    Ok(())
}

/// Whether the file is an `SQLite` database, by its first bytes.
pub fn is_database(path: &Path) -> Result<bool> {
    let mut start = Vec::new();
    fs_err::File::open(path)?.take(16).read_to_end(&mut start)?;
    Ok(start == b"SQLite format 3\0")
}

/// Whether a GeoPackage holds a table with one of these names, registered or not.
pub fn has_table(path: &Path, names: &[&str]) -> Result<bool> {
    let unreadable = |e: GdalError| Error::Vector {
        path: path.to_owned(),
        problem: format!("cannot be opened ({e})"),
        hint: "look at it in QGIS, or move it away".into(),
    };
    let names: Vec<String> = names.iter().map(|n| literal(n)).collect();
    let sql = format!(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND lower(name) IN ({})",
        names.join(", ")
    );
    let dataset = open_read_only(path).map_err(unreadable)?;
    let found = dataset
        .execute_sql(sql, None, Dialect::DEFAULT)
        .map_err(unreadable)?;
    Ok(found.is_some_and(|rows| rows.feature_count() > 0))
}

/// Opens without locking, so that nothing is left beside the file.
fn open_read_only(path: &Path) -> Result<Dataset, GdalError> {
    Dataset::open_ex(
        path,
        DatasetOptions {
            open_flags: GdalOpenFlags::GDAL_OF_VECTOR,
            allowed_drivers: Some(&["GPKG"]),
            open_options: Some(&["NOLOCK=YES"]),
            sibling_files: None,
        },
    )
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\0', " ").replace('\'', "''"))
}

fn is_utc_millis(date: &str) -> bool {
    let pattern = b"0000-00-00T00:00:00.000Z";
    date.len() == pattern.len()
        && date.bytes().zip(pattern).all(|(seen, wanted)| {
            if *wanted == b'0' {
                seen.is_ascii_digit()
            } else {
                seen == *wanted
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::{FieldKind, Row, Shape, plain_polygons};
    use geo::{MultiPolygon, polygon};

    const DATE: &str = "2026-05-04T00:00:00.000Z";

    fn write_areas(path: &Path, areas: &[MultiPolygon<f64>]) -> Result<()> {
        let fields = || {
            vec![Field {
                name: "name",
                kind: FieldKind::Text,
                title: "名称",
                comment: "what people call it",
            }]
        };
        let style = LayerStyle {
            layer: "areas".into(),
            name: "it's".into(),
            description: String::new(),
            qml: plain_polygons([1, 2, 3]),
        };
        let rows = |with_shape: bool| {
            areas.iter().map(move |a| Row {
                shape: if with_shape {
                    Shape::MultiPolygon(a)
                } else {
                    Shape::None
                },
                values: vec!["甲 o'clock\0".into()],
            })
        };
        let layer = |name, title, geometry, with_shape| Layer {
            name,
            title,
            description: "for 'tests'",
            geometry,
            fields: fields(),
            rows: Box::new(rows(with_shape)),
        };
        write(
            path,
            vec![
                layer("areas", "Areas", GeometryKind::MultiPolygon, true),
                layer("notes", "Notes", GeometryKind::None, false),
            ],
            &[style],
            DATE,
        )
    }

    #[test]
    fn same_rows_give_the_same_bytes_under_any_name() {
        let square = polygon![(x: 100.0, y: 25.0), (x: 100.1, y: 25.0), (x: 100.1, y: 25.1)];
        let areas = vec![MultiPolygon::new(vec![square]); 300];
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a.gpkg"), dir.path().join("乙 2.gpkg"));
        write_areas(&a, &areas).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(5));
        write_areas(&b, &areas).unwrap();
        assert!(fs_err::read(&a).unwrap() == fs_err::read(&b).unwrap());
        assert_eq!(fs_err::read_dir(dir.path()).unwrap().count(), 2);

        let file = open_read_only(&a).unwrap();
        let names: Vec<String> = file.layers().map(|l| l.name()).collect();
        assert_eq!(names, ["areas", "notes", "layer_styles"]);
        let mut found = file
            .execute_sql("SELECT * FROM areas", None, Dialect::DEFAULT)
            .unwrap()
            .unwrap();
        let first = found.features().next().unwrap();
        assert_eq!(first.field_as_string(0).unwrap().unwrap(), "甲 o'clock ");
        assert!(
            first
                .geometry()
                .unwrap()
                .wkt()
                .unwrap()
                .starts_with("MULTIPOLYGON (((100 25,")
        );
    }

    #[test]
    fn existing_files_and_bad_dates_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.gpkg");
        write_areas(&path, &[]).unwrap();
        assert!(matches!(
            write_areas(&path, &[]),
            Err(Error::OutputExists { .. })
        ));
        assert!(write(&dir.path().join("y.gpkg"), vec![], &[], "today").is_err());
        assert!(is_database(&path).unwrap());
        assert!(has_table(&path, &["Notes", "notes"]).unwrap());
        assert!(!has_table(&path, &["audit"]).unwrap());
    }
}
