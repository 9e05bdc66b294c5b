//! Stores of tables: one suite on a GeoPackage and on PostGIS, and what only one of them can do.

mod campaign;
mod file;
mod server;
mod suite;
mod turns;

use std::time::Duration;
use tianmu::vector::{Field, FieldKind, GeometryKind, Store, StoreTarget, Table};

/// A date for formats that keep one.
const DATE: &str = "2026-05-04T00:00:00.000Z";

/// Long enough for any machine.
const WAIT: Duration = Duration::from_secs(30);

const fn field(name: &'static str, kind: FieldKind) -> Field<'static> {
    Field {
        name,
        kind,
        title: name,
        comment: "it's for tests: 甲",
    }
}

const FIELDS: &[Field<'static>] = &[
    field("code", FieldKind::Text),
    field("Count", FieldKind::Integer),
    field("size_m", FieldKind::Real),
];

const fn table(name: &'static str, geometry: GeometryKind) -> Table {
    Table {
        name,
        title: name,
        description: "rows of \"tests\", it's 乙",
        geometry,
        fields: FIELDS,
        indexes: &["code", "Count"],
    }
}

static NOTES: Table = table("notes", GeometryKind::None);
static POINTS: Table = table("points", GeometryKind::Point);
static LINES: Table = table("lines", GeometryKind::Line);
static AREAS: Table = table("areas", GeometryKind::MultiPolygon);
static MIXED: Table = table("order", GeometryKind::Any);
static TABLES: [&Table; 5] = [&NOTES, &POINTS, &LINES, &AREAS, &MIXED];

/// A store with nothing in its tables.
fn create(target: &StoreTarget) {
    Store::create(target, &TABLES, &[], DATE, |_| Ok(())).unwrap();
}

/// What people read where something goes wrong: the message, and the next step.
fn told<T>(result: tianmu::Result<T>) -> String {
    let error = result.err().expect("it goes wrong");
    format!("{error}; {}", error.hint())
}

macro_rules! on_both {
    ($($part:ident::$name:ident,)*) => {
        mod in_a_file {
            $(#[test]
            fn $name() {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("县 2026.gpkg");
                super::$part::$name(&tianmu::vector::StoreTarget::File(path.clone()));
                let left: Vec<_> = fs_err::read_dir(folder.path()).unwrap().collect();
                assert!(left.len() <= 1, "{left:?}");
            })*
        }
        mod in_postgis {
            $(#[test]
            fn $name() {
                if let Some(server) = crate::support::PostGis::shared() {
                    super::$part::$name(&tianmu::vector::StoreTarget::parse(&server.place()));
                }
            })*
        }
    };
}

on_both! {
    turns::what_exists_is_never_replaced,
    turns::what_fails_on_its_way_leaves_nothing,
    suite::values_come_back_as_they_were,
    suite::shapes_come_back_as_they_were,
    suite::rows_are_found_by_what_they_hold,
    suite::rows_are_changed_and_taken_out,
    turns::a_failure_or_panic_changes_nothing,
    turns::a_failure_that_is_passed_over_changes_nothing,
    suite::wrong_rows_are_refused,
    turns::writers_take_turns,
    suite::readings_may_be_inside_each_other,
    suite::many_rows_take_seconds,
    suite::a_store_without_a_table_is_none,
}
