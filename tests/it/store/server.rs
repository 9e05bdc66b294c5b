//! What only a server can do: refuse who asks, lie elsewhere, hold several stores.

use super::{DATE, NOTES, POINTS, TABLES, WAIT, told};
use crate::support::{GUARDED, PostGis};
use std::time::Duration;
use tianmu::vector::{Filter, LayerStyle, Row, Shape, Store, StoreTarget, plain_polygons};

fn open(connection: &str) -> String {
    told(Store::open(&StoreTarget::parse(connection), &TABLES))
}

#[test]
fn what_cannot_be_reached_is_told_without_the_password() {
    let Some(server) = PostGis::shared() else {
        return;
    };
    for (connection, wanted) in [
        (
            server.connection("user=guarded password=geheim", ""),
            "password authentication failed",
        ),
        (
            server.connection("user=nobody password=geheim", ""),
            "\"nobody\" does not exist",
        ),
        (
            server.connection("user=postgres password=geheim", "port=5433"),
            "No such file",
        ),
        (
            server.connection("user=postgres password=geheim", "active_schema=nowhere"),
            "has no schema `nowhere`",
        ),
        (
            "PG:host=127.0.0.1 port=1 dbname=x password = 'geheim'".to_owned(),
            "Connection refused",
        ),
        (
            "postgresql://me:geheim@127.0.0.1:1/x".to_owned(),
            "Connection refused",
        ),
    ] {
        let said = open(&connection);
        assert!(said.contains(wanted) && !said.contains("geheim"), "{said}");
    }
    let said = open(&server.connection(GUARDED, ""));
    assert!(said.contains("is no campaign"), "{said}");
}

#[test]
fn a_user_without_rights_is_told() {
    let Some(server) = PostGis::shared() else {
        return;
    };
    let target = StoreTarget::parse(&server.connection(GUARDED, "active_schema=closed"));
    let said = told(Store::create(&target, &TABLES, &[], DATE, |_| Ok(())));
    assert!(
        said.contains("permission denied") && !said.contains("sesame"),
        "{said}"
    );
}

#[test]
fn tables_are_as_gis_programs_want_them() {
    let Some(server) = PostGis::shared() else {
        return;
    };
    let place = server.place();
    let schema = place.rsplit('=').next().unwrap();
    let target = StoreTarget::parse(&place);
    let style = || LayerStyle {
        layer: "areas".into(),
        name: "it's".into(),
        description: String::new(),
        qml: plain_polygons([1, 2, 3]),
    };
    Store::create(&target, &TABLES, &[style()], DATE, |_| Ok(())).unwrap();
    let columns = server.sql(&format!(
        "SELECT f_table_name, f_geometry_column, coord_dimension, srid, type \
         FROM geometry_columns WHERE f_table_schema = '{schema}' ORDER BY 1"
    ));
    assert_eq!(
        columns,
        "areas|geom|2|4326|MULTIPOLYGON\nlines|geom|2|4326|MULTILINESTRING\n\
         order|geom|2|4326|GEOMETRY\npoints|geom|2|4326|POINT"
    );
    let indexes = server.sql(&format!(
        "SELECT count(*) FILTER (WHERE indexdef LIKE '%gist (geom)'), count(*) \
         FROM pg_indexes WHERE schemaname = '{schema}'"
    ));
    // Four of geometry, five of `fid`, two for each of five tables.
    assert_eq!(indexes, "4|19");
    let styles = server.sql(&format!(
        "SELECT f_table_name, f_geometry_column, stylename, useasdefault, styleqml IS DOCUMENT \
         FROM layer_styles WHERE f_table_schema = '{schema}'"
    ));
    assert_eq!(styles, "areas|geom|it's|t|t");
}

#[test]
fn stores_in_two_schemas_do_not_wait_for_each_other() {
    let Some(server) = PostGis::shared() else {
        return;
    };
    let [one, two] = [server.place(), server.place()].map(|place| StoreTarget::parse(&place));
    super::create(&one);
    super::create(&two);
    Store::change(&one, &TABLES, WAIT, |_| {
        Store::change(&two, &TABLES, Duration::ZERO, |change| {
            change.delete(&NOTES, &Filter::All)
        })
    })
    .unwrap();
}

/// A backslash begins an escape where a server is set to the ways of old.
#[test]
fn settings_of_the_server_do_not_change_texts() {
    let Some(server) = PostGis::shared() else {
        return;
    };
    server.sql("CREATE ROLE old LOGIN SUPERUSER");
    server.sql("ALTER ROLE old SET standard_conforming_strings = off");
    server.sql("ALTER ROLE old SET lc_messages = 'C'");
    let target = StoreTarget::parse(&server.connection("user=old", "active_schema=old"));
    let text = "\\'; DROP TABLE notes; --";
    let values = || vec![text.into(), 1.into(), 1.0.into()];
    Store::create(&target, &TABLES, &[], DATE, |change| {
        let shape = Shape::None;
        let row = Row {
            shape,
            values: values(),
        };
        change.insert(&NOTES, [row.clone()].into_iter())?;
        change.insert(&POINTS, [row].into_iter()).map(drop)
    })
    .unwrap();
    let store = Store::open(&target, &TABLES).unwrap();
    let filter = Filter::Equals("code", text.into());
    assert_eq!(store.read(&NOTES, &filter).unwrap()[0].text("code"), text);
}
