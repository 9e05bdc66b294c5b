//! Tests of the ledger's columns.

use super::*;
use crate::tasks::fixture;
use std::collections::BTreeSet;

#[test]
fn columns_have_unique_names_and_headers() {
    for lang in [Lang::Zh, Lang::En] {
        let headers: BTreeSet<_> = COLUMNS.iter().map(|c| c.header(lang)).collect();
        assert_eq!(headers.len(), COLUMNS.len());
    }
    let names: BTreeSet<_> = COLUMNS.iter().map(|c| c.name).collect();
    assert_eq!(names.len(), COLUMNS.len());
}

#[test]
fn codes_are_text_and_blanks_stay_empty() {
    let pack = fixture::pack(3, Lang::Zh);
    let row = row(&pack.tasks[0], &pack);
    let value = |name: &str| {
        let at = COLUMNS.iter().position(|c| c.name == name).unwrap();
        row[at].clone()
    };
    assert_eq!(value("xzqdm"), Value::from("990101101201"));
    assert_eq!(value("class"), Value::from("罂粟"));
    assert_eq!(value("outcome"), Value::Null);
    assert_eq!(value("gk_zone"), Value::Integer(34));
    assert!(matches!(value("gk_e"), Value::Real(e) if (34_000_000.0..35_000_000.0).contains(&e)));
}
