//! Packs as they come back: answered in part, with layers and columns that people changed.

use super::*;
use crate::digest::hash_of;
use crate::vector::{Field, FieldKind, GeometryKind, Layer, Row, Shape};

const DATE: &str = "2026-05-04T00:00:00.000Z";
const DRAWN: [f64; 2] = [101.6367, 24.7548];

/// A feature of the layer of checks: key, site, outcome, time, photo, and its point.
type Answer = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    [f64; 2],
);

const FIELDS: [&str; 7] = [
    "uuid",
    "site_id",
    "outcome",
    "checked_at",
    "photo_ctx",
    "树高",
    "plant_count",
];

fn layer<'a>(
    name: &'a str,
    fields: &[&'static str],
    geometry: GeometryKind,
    rows: Vec<Row<'a>>,
) -> Layer<'a> {
    let field = |name: &&'static str| Field {
        name,
        kind: match *name {
            "plant_count" => FieldKind::Integer,
            _ => FieldKind::Text,
        },
        title: name,
        comment: "",
    };
    Layer {
        name,
        title: name,
        description: "",
        geometry,
        fields: fields.iter().map(field).collect(),
        rows: Box::new(rows.into_iter()),
    }
}

fn point([lon, lat]: [f64; 2]) -> Shape<'static> {
    Shape::Point((lon, lat).into())
}

/// A pack with these answers in a layer of this name.
fn pack(path: &Path, name: &str, answers: &[Answer]) {
    let rows = answers
        .iter()
        .map(|(uuid, site_id, outcome, time, photo, place)| Row {
            shape: point(*place),
            values: vec![
                (*uuid).into(),
                (*site_id).into(),
                (*outcome).into(),
                (*time).into(),
                (*photo).into(),
                "2 m".into(),
                Value::Integer(12),
            ],
        });
    let drawn = Row {
        shape: point(DRAWN),
        values: vec!["aaaa".into(), "990101101201-2026R1-0001".into()],
    };
    let photos = [
        ["AAAA", "DCIM/9.jpg", "near"],
        ["cccc", "DCIM/lost.jpg", ""],
    ];
    let photos = photos.map(|p| Row {
        shape: Shape::None,
        values: p.map(Value::from).to_vec(),
    });
    let layers = vec![
        layer(
            "site_points",
            &FIELDS[..2],
            GeometryKind::Point,
            vec![drawn],
        ),
        layer(name, &FIELDS, GeometryKind::Point, rows.collect()),
        layer(
            "photos",
            &["check_id", "path", "kind"],
            GeometryKind::None,
            photos.into(),
        ),
    ];
    geopackage::write(path, layers, &[], DATE).unwrap();
}

fn text<'a>(row: &'a Returned, name: &str) -> &'a str {
    row.answers.get(name).map_or("", |w| &w.text)
}

#[test]
fn each_feature_is_a_row_and_moved_points_say_where_people_stood() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("checks.gpkg");
    let moved = [DRAWN[0] + 0.001, DRAWN[1]];
    let site = "990101101201-2026R1-0001";
    pack(
        &path,
        "核查 2",
        &[
            (
                "{AAAA}",
                site,
                "confirmed",
                "2026-05-04 10:30:00",
                r"DCIM\1.jpg",
                DRAWN,
            ),
            ("aaaa", site, "误报", "2026-05-04T10:30:00+08:00", "", moved),
            ("aaaa", "", "", "", "", DRAWN),
            ("bbbb", "", "confirmed", "2026年5月4日", "DCIM/2.jpg", moved),
            ("dddd", "990101101201-2026R1-0009", "", "", "", moved),
        ],
    );
    fs_err::create_dir(dir.path().join("DCIM")).unwrap();
    let photo = dir.path().join("DCIM/1.jpg");
    fs_err::write(&photo, b"\xff\xd8\xff\xd9").unwrap();
    let file = read(&path).unwrap();
    assert_eq!(file.format, ReturnFormat::Qfield);
    assert_eq!(file.sha256, hash_of(fs_err::read(&path).unwrap()));
    let [as_drawn, other, by_key, added, unknown] = file.rows.as_slice() else {
        panic!()
    };
    assert_eq!(
        (as_drawn.place.as_str(), as_drawn.key.as_str()),
        ("核查 2 feature 1", "aaaa")
    );
    assert_eq!(text(as_drawn, "site_id"), site);
    assert_eq!(text(as_drawn, "outcome"), "confirmed");
    assert_eq!(text(as_drawn, "checked_at"), "2026-05-04T10:30:00");
    assert_eq!(text(as_drawn, "plant_count"), "12");
    assert_eq!(text(as_drawn, "lon"), "");
    assert_eq!(as_drawn.raw["树高"], "2 m");
    assert_eq!(as_drawn.raw["geometry"], "POINT (101.6367 24.7548)");
    let photos: Vec<_> = as_drawn
        .photos
        .iter()
        .map(|p| (p.kind.as_str(), p.path.clone()))
        .collect();
    assert_eq!(photos, [("photo_ctx", Some(photo)), ("photo_near", None)]);
    assert_eq!(text(other, "checked_at"), "2026-05-04T10:30:00+08:00");
    assert_eq!(text(other, "lon"), moved[0].to_string());
    assert!(
        other.notes[0].contains("moved by 101 m"),
        "{:?}",
        other.notes
    );
    assert_eq!(text(by_key, "site_id"), site);
    assert_eq!(text(by_key, "lon"), "");
    assert_eq!(text(added, "lat"), moved[1].to_string());
    assert_eq!(text(added, "site_id"), "");
    assert_eq!(text(added, "checked_at"), "2026年5月4日");
    assert_eq!(added.photos[0].path, None);
    // Nothing says where the office drew it.
    assert_eq!(text(unknown, "lon"), "");
    assert_eq!(file.notes.len(), 1, "{:?}", file.notes);
    assert!(file.notes[0].contains("DCIM/lost.jpg"));
}

#[test]
fn fields_of_people_say_where_they_stood() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("checks.gpkg");
    let names = [
        "uuid",
        "site_id",
        "核查结果",
        "gnss_lon",
        "gnss_lat",
        "horizontal_accuracy",
    ];
    let values = ["a", "s", "确认", "101.5", "24.5", "3.2"].map(Value::from);
    let rows = vec![Row {
        shape: point(DRAWN),
        values: values.to_vec(),
    }];
    let layers = vec![layer("checks", &names, GeometryKind::Point, rows)];
    geopackage::write(&path, layers, &[], DATE).unwrap();
    let file = read(&path).unwrap();
    let row = &file.rows[0];
    assert_eq!((text(row, "lon"), text(row, "lat")), ("101.5", "24.5"));
    assert_eq!(text(row, "gps_accuracy_m"), "3.2");
    assert_eq!(text(row, "outcome"), "确认");
    assert!(file.notes[0].contains("site_points"), "{:?}", file.notes);
}

#[test]
fn a_layer_without_points_and_an_emptied_one_are_read() {
    let dir = tempfile::tempdir().unwrap();
    for (name, count) in [("one.gpkg", 1), ("none.gpkg", 0)] {
        let path = dir.path().join(name);
        let values: Vec<Value<'_>> = ["a", "s", "confirmed", "", "", "", ""]
            .map(Value::from)
            .into();
        let rows = vec![
            Row {
                shape: Shape::None,
                values
            };
            count
        ];
        let layers = vec![
            layer("other", &["a"], GeometryKind::Point, vec![]),
            layer("checks", &FIELDS, GeometryKind::None, rows),
        ];
        geopackage::write(&path, layers, &[], DATE).unwrap();
        let file = read(&path).unwrap();
        assert_eq!(file.rows.len(), count);
        assert!(file.rows.iter().all(|r| text(r, "outcome") == "confirmed"));
    }
}

#[test]
fn nothing_beside_the_file_changes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("checks.gpkg");
    pack(&path, "checks", &[("aaaa", "", "confirmed", "", "", DRAWN)]);
    let mut readonly = fs_err::metadata(&path).unwrap().permissions();
    readonly.set_readonly(true);
    fs_err::set_permissions(&path, readonly).unwrap();
    let plain = read(&path).unwrap();
    fs_err::write(dir.path().join("checks.gpkg-wal"), b"").unwrap();
    assert_eq!(read(&path).unwrap(), plain);
    // A log that belongs to another file is passed over by SQLite, and counts all the same.
    fs_err::write(dir.path().join("checks.gpkg-wal"), b"no log").unwrap();
    let with_log = read(&path).unwrap();
    assert_eq!(with_log.rows, plain.rows);
    assert_ne!(with_log.sha256, plain.sha256);
    assert!(with_log.notes[0].contains("checks.gpkg-wal"));
    let names = || {
        let all = fs_err::read_dir(dir.path()).unwrap();
        let mut all: Vec<_> = all.map(|e| e.unwrap().file_name()).collect();
        all.sort();
        all
    };
    assert_eq!(names(), ["checks.gpkg", "checks.gpkg-wal"]);
}

#[test]
fn other_files_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |name: &str| read(&dir.path().join(name)).unwrap_err();
    fs_err::write(dir.path().join("text.gpkg"), "no database").unwrap();
    let error = refused("text.gpkg");
    assert!(
        error.to_string().contains("text.gpkg` is no GeoPackage"),
        "{error}"
    );
    // The beginning of a database and nothing behind it.
    fs_err::write(dir.path().join("cut.gpkg"), b"SQLite format 3\0").unwrap();
    let error = refused("cut.gpkg");
    assert!(
        error.to_string().contains("cut.gpkg") && !error.to_string().contains("copy.gpkg"),
        "{error}"
    );
    assert!(refused("none.gpkg").to_string().contains("none.gpkg"));
    let write =
        |name: &str, layers| geopackage::write(&dir.path().join(name), layers, &[], DATE).unwrap();
    let points = |name| layer(name, &["uuid", "site_id"], GeometryKind::Point, vec![]);
    write("sites.gpkg", vec![points("sites")]);
    let error = refused("sites.gpkg");
    assert!(
        error
            .to_string()
            .contains("has no layer with a column `outcome`"),
        "{error}"
    );
    assert!(error.hint().contains("qfield/checks.gpkg"));
    let table = |name| layer(name, &["text"], GeometryKind::None, vec![]);
    write(
        "campaign.gpkg",
        vec![points("checks"), table("campaign"), table("audit")],
    );
    assert!(
        refused("campaign.gpkg")
            .to_string()
            .contains("is a campaign")
    );
}
