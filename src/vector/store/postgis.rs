//! What only PostGIS knows: how its tables are made, how a geometry is written, and how one program
//! at a time writes.

use super::filter::{literal, quoted};
use super::{Change, StoreTarget, Table, change, number, reason, run, texts};
use crate::vector::{FieldKind, GeometryKind, LayerStyle};
use crate::{Error, Result};
use gdal::errors::GdalError;
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use std::fmt::Write;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The first half of the key of the lock that programs of ours take: `tian` as a number. The second
/// is made from the schema.
const LOCK_KEY: u32 = 0x7469_616e;

/// How long the makers of a store wait for each other.
const CREATE_WAIT: Duration = Duration::from_secs(10);

/// Between two looks at a lock that another program holds.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Columns as QGIS makes them for its styles.
const STYLES_TABLE: &str = "CREATE TABLE IF NOT EXISTS public.layer_styles (id SERIAL PRIMARY KEY, \
     f_table_catalog varchar, f_table_schema varchar, f_table_name varchar, \
     f_geometry_column varchar, stylename text, styleqml xml, stylesld xml, useasdefault boolean, \
     description text, owner varchar(63) DEFAULT CURRENT_USER, ui xml, \
     update_time timestamp DEFAULT CURRENT_TIMESTAMP, type varchar)";

/// Makes the tables, all or none, and fills them.
pub(super) fn create(
    target: &StoreTarget,
    tables: &[&'static Table],
    styles: &[LayerStyle],
    date: &str,
    first: impl FnOnce(&mut Change<'_>) -> Result<()>,
) -> Result<()> {
    let mut dataset = open(target, true)?;
    let failed = |e: GdalError| target.problem(format!("cannot be filled ({})", reason(&e)));
    change::in_transaction(&mut dataset, target, CREATE_WAIT, |change| {
        if let Some(schema) = wanted_schema(target) {
            run(
                change.dataset(),
                &format!("CREATE SCHEMA IF NOT EXISTS {}", quoted(&schema)),
            )
            .map_err(failed)?;
        }
        for table in tables {
            if !columns(change.dataset(), table).map_err(failed)?.is_empty() {
                return Err(Error::Store {
                    target: target.to_string(),
                    problem: format!("has a table `{}` already", table.name),
                    hint: "nothing was changed; give a database or a schema of its own, as \
                           `PG:dbname=… active_schema=…`"
                        .into(),
                });
            }
            for sql in statements(table) {
                run(change.dataset(), &sql).map_err(|e| {
                    target.problem(format!(
                        "cannot hold table `{}` ({})",
                        table.name,
                        reason(&e)
                    ))
                })?;
            }
        }
        change.make_indexes(tables)?;
        add_styles(change.dataset(), tables, styles, date).map_err(failed)?;
        first(change)
    })?;
    let _ = dataset.close();
    Ok(())
}

/// What makes a table.
fn statements(table: &Table) -> Vec<String> {
    let name = quoted(table.name);
    let mut columns = vec!["\"fid\" bigserial PRIMARY KEY".to_owned()];
    let geometry = match table.geometry {
        GeometryKind::None => None,
        GeometryKind::Point => Some("Point"),
        GeometryKind::MultiPolygon => Some("MultiPolygon"),
        GeometryKind::Line => Some("MultiLineString"),
        GeometryKind::Any => Some("Geometry"),
    };
    columns.extend(geometry.map(|kind| format!("\"geom\" geometry({kind}, 4326)")));
    for field in table.fields {
        let kind = match field.kind {
            // Sorted by code points, as everywhere else.
            FieldKind::Text => "text COLLATE \"C\"",
            FieldKind::Integer => "bigint",
            FieldKind::Real => "double precision",
        };
        columns.push(format!("{} {kind}", quoted(field.name)));
    }
    let mut made = vec![format!("CREATE TABLE {name} ({})", columns.join(", "))];
    if geometry.is_some() {
        made.push(format!("CREATE INDEX ON {name} USING GIST (\"geom\")"));
    }
    let comment = format!("{}: {}", table.title, table.description);
    made.push(format!(
        "COMMENT ON TABLE {name} IS {}",
        literal(&comment.into())
    ));
    for field in table.fields {
        let comment = format!("{}: {}", field.title, field.comment);
        made.push(format!(
            "COMMENT ON COLUMN {name}.{} IS {}",
            quoted(field.name),
            literal(&comment.into())
        ));
    }
    made
}

/// Puts styles where QGIS looks for them. A user who may not write there gets a store without.
fn add_styles(
    dataset: &Dataset,
    tables: &[&'static Table],
    styles: &[LayerStyle],
    date: &str,
) -> Result<(), GdalError> {
    if styles.is_empty() {
        return Ok(());
    }
    let may = "SELECT CASE WHEN to_regclass('public.layer_styles') IS NULL \
         THEN has_schema_privilege('public', 'CREATE') \
         ELSE has_table_privilege('public.layer_styles', 'INSERT, DELETE') END::int AS n";
    if number(dataset, may)? != Some(1) {
        return Ok(());
    }
    run(dataset, STYLES_TABLE)?;
    for style in styles {
        let layer = literal(&style.layer.as_str().into());
        let is_table = |t: &&Table| t.name == style.layer && t.geometry == GeometryKind::None;
        // QGIS looks for the style of a plain table where no column is named.
        let geometry = if tables.iter().copied().any(|t| is_table(&t)) {
            "NULL"
        } else {
            "'geom'"
        };
        // Of a table that has gone.
        run(
            dataset,
            &format!(
                "DELETE FROM public.layer_styles WHERE f_table_catalog = current_database() \
                 AND f_table_schema = current_schema() AND f_table_name = {layer}"
            ),
        )?;
        run(
            dataset,
            &format!(
                "INSERT INTO public.layer_styles (f_table_catalog, f_table_schema, f_table_name, \
                 f_geometry_column, stylename, styleqml, useasdefault, description, update_time) \
                 VALUES (current_database(), current_schema(), {layer}, {geometry}, {}, \
                 XMLPARSE(DOCUMENT {}), true, {}, {})",
                literal(&style.name.as_str().into()),
                literal(&style.qml.as_str().into()),
                literal(&style.description.as_str().into()),
                literal(&date.into()),
            ),
        )?;
    }
    Ok(())
}

/// Opens for reading, or for writing too.
pub(super) fn open(target: &StoreTarget, update: bool) -> Result<Dataset> {
    let StoreTarget::PostGis(connection) = target else {
        return Err(Error::Internal(format!("`{target}` is no server")));
    };
    let flags = GdalOpenFlags::GDAL_OF_VECTOR;
    let dataset = Dataset::open_ex(
        connection,
        DatasetOptions {
            open_flags: if update {
                flags | GdalOpenFlags::GDAL_OF_UPDATE
            } else {
                flags
            },
            allowed_drivers: Some(&["PostgreSQL"]),
            ..DatasetOptions::default()
        },
    )
    .map_err(|e| unreachable(target, &reason(&e)))?;
    // Else a backslash could begin an escape in a text.
    run(&dataset, "SET standard_conforming_strings = on")
        .map_err(|e| unreachable(target, &reason(&e)))?;
    if !update && let Some(schema) = wanted_schema(target) {
        let name = literal(&schema.as_str().into());
        let found = number(
            &dataset,
            &format!("SELECT count(*) AS n FROM pg_namespace WHERE nspname = {name}"),
        );
        if !matches!(found, Ok(Some(1))) {
            return Err(Error::Store {
                target: target.to_string(),
                problem: format!("has no schema `{schema}`"),
                hint: "check `active_schema`; `tianmu campaign new` makes it".into(),
            });
        }
    }
    Ok(dataset)
}

fn unreachable(target: &StoreTarget, said: &str) -> Error {
    let said = said.trim_start_matches("PQconnectdb failed.").trim();
    let problem = format!("cannot be reached ({said})");
    // Builds of GDAL differ in what they can open.
    let has_driver = gdal::DriverManager::get_driver_by_name("PostgreSQL").is_ok();
    if has_driver {
        target.problem(problem)
    } else {
        Error::Store {
            target: target.to_string(),
            problem: "cannot be reached: this GDAL cannot talk to PostgreSQL".into(),
            hint: "install a GDAL with its PostgreSQL driver, or use a GeoPackage".into(),
        }
    }
}

/// The schema that the connection string names for the tables.
fn wanted_schema(target: &StoreTarget) -> Option<String> {
    let StoreTarget::PostGis(connection) = target else {
        return None;
    };
    let (_, rest) = connection.split_once("active_schema=")?;
    let name = match rest.strip_prefix('\'') {
        Some(rest) => rest.split('\'').next(),
        None => rest.split([' ', '&']).next(),
    };
    name.filter(|n| !n.is_empty()).map(str::to_owned)
}

/// The columns of a table; none where it is not there. The views of `information_schema` would say
/// the same, and take far longer.
pub(super) fn columns(dataset: &Dataset, table: &Table) -> Result<Vec<String>, GdalError> {
    let name = literal(&table.name.into());
    texts(
        dataset,
        &format!(
            "SELECT attname::text FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped \
             AND attrelid = (SELECT oid FROM pg_class WHERE relname = {name} \
             AND relnamespace = to_regnamespace(quote_ident(current_schema())))"
        ),
    )
}

/// Takes the lock that ends with the transaction. Another program may hold it: looks again until
/// `wait` is over, since the words in which a server says so depend on its language.
pub(super) fn lock(dataset: &Dataset, target: &StoreTarget, wait: Duration) -> Result<()> {
    let failed = |e: GdalError| target.problem(format!("gives no lock ({})", reason(&e)));
    let sql = format!(
        "SELECT pg_try_advisory_xact_lock({LOCK_KEY}, hashtext(current_schema()))::int AS n"
    );
    let start = Instant::now();
    while number(dataset, &sql).map_err(failed)? != Some(1) {
        let left = wait.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(target.busy());
        }
        sleep(left.min(LOOK_AGAIN));
    }
    // Programs that know nothing of our lock hold rows; zero would mean to wait for ever.
    let wait = wait.as_millis().clamp(1, 1 << 30);
    run(dataset, &format!("SET LOCAL lock_timeout = {wait}")).map_err(failed)
}

/// A geometry in SQL, from its little-endian WKB: hexadecimal EWKB, which says its system.
pub(super) fn geometry(wkb: &[u8]) -> String {
    let mut text = String::with_capacity(2 * wkb.len() + 32);
    let (head, rest) = wkb.split_at(5);
    let with_srid = [&head[..4], &[head[4] | 0x20], &4326_u32.to_le_bytes(), rest];
    text.push('\'');
    for byte in with_srid.into_iter().flatten() {
        let _ = write!(text, "{byte:02x}");
    }
    text.push_str("'::geometry");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_read_from_the_connection() {
        let schema = |text: &str| wanted_schema(&StoreTarget::parse(text));
        assert_eq!(
            schema("PG:dbname=x active_schema=y2026 host=z"),
            Some("y2026".into())
        );
        assert_eq!(
            schema("PG:dbname=x active_schema='y 1'"),
            Some("y 1".into())
        );
        assert_eq!(schema("PG:dbname=x"), None);
    }
}
