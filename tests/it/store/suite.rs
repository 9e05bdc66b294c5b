//! What every store does, wherever it lies. Each test gets a place where nothing is yet.

use super::{AREAS, DATE, FIELDS, LINES, MIXED, NOTES, POINTS, TABLES, WAIT, create, field, told};
use geo::{MultiLineString, MultiPolygon, Point, line_string, polygon};
use std::time::{Duration, Instant};
use tianmu::vector::{
    Change, FieldKind, Filter, GeometryKind, Row, Shape, Store, StoreTarget, StoredShape, Table,
    Value,
};
use tianmu::{Error, Result};

pub(super) fn note(values: [Value<'static>; 3]) -> Row<'static> {
    Row {
        shape: Shape::None,
        values: values.into(),
    }
}

pub(super) fn insert(change: &mut Change<'_>, codes: &[&'static str]) -> Result<u64> {
    let rows = codes
        .iter()
        .map(|code| note([(*code).into(), Value::Null, Value::Null]));
    change.insert(&NOTES, rows)
}

pub(super) fn codes(target: &StoreTarget) -> Vec<String> {
    let store = Store::open(target, &TABLES).unwrap();
    let rows = store.read(&NOTES, &Filter::All).unwrap();
    rows.iter().map(|row| row.text("code")).collect()
}

pub(super) fn with_codes(target: &StoreTarget, codes: &[&'static str]) {
    Store::create(target, &TABLES, &[], DATE, |change| {
        insert(change, codes).map(drop)
    })
    .unwrap();
}

pub(super) fn values_come_back_as_they_were(target: &StoreTarget) {
    let rows: Vec<[Value<'static>; 3]> = vec![
        [Value::Null, Value::Null, Value::Null],
        ["530102001001".into(), i64::MAX.into(), 0.1.into()],
        ["001".into(), i64::MIN.into(), f64::MAX.into()],
        ["".into(), 0.into(), (-1e-300).into()],
        [
            "'; DROP TABLE notes; --".into(),
            9_007_199_254_740_993.into(),
            1.0.into(),
        ],
        [
            "\\' \\\\ \" $$ %s {} ?1 :a @b".into(),
            (-1).into(),
            1e16.into(),
        ],
        [
            "两棵\n\t罂粟🌱 \r\n".into(),
            1.into(),
            104.373_100_000_000_01.into(),
        ],
        ["2026-05-04".into(), 2.into(), 5e-324.into()],
        ["1e5".into(), 3.into(), (-0.5).into()],
    ];
    create(target);
    let sent = rows.clone();
    Store::change(target, &TABLES, WAIT, move |change| {
        change.insert(&NOTES, sent.into_iter().map(note))
    })
    .unwrap();
    let store = Store::open(target, &TABLES).unwrap();
    let found = store.read(&NOTES, &Filter::All).unwrap();
    assert_eq!(found.len(), rows.len());
    for (at, (row, wanted)) in found.iter().zip(&rows).enumerate() {
        assert_eq!(row.values, wanted);
        assert_eq!(row.fid, i64::try_from(at).unwrap() + 1);
        assert_eq!(row.shape, None);
    }
    assert_eq!(found[1].text("code"), "530102001001");
    assert_eq!(found[1].integer("Count"), Some(i64::MAX));
    assert_eq!(found[1].real("size_m"), Some(0.1));
    assert_eq!(
        (found[0].text("code"), found[0].real("size_m")),
        (String::new(), None)
    );

    // No NUL crosses to a database, and no number that is none.
    Store::change(target, &TABLES, WAIT, |change| {
        let odd = [note(["a\0b".into(), 4.into(), f64::NAN.into()])];
        change.insert(&NOTES, odd.into_iter())?;
        let filter = Filter::Equals("Count", 4.into());
        let row = &change.read(&NOTES, &filter)?[0];
        assert_eq!((row.text("code"), row.real("size_m")), ("a b".into(), None));
        Ok(())
    })
    .unwrap();
}

pub(super) fn shapes_come_back_as_they_were(target: &StoreTarget) {
    let point = Point::new(104.373_100_000_000_01, 28.123_456_789_012_3);
    let lines = MultiLineString::new(vec![
        line_string![(x: 100.0, y: 25.0), (x: 101.5, y: 26.0), (x: 101.0, y: 24.0)],
        line_string![(x: 99.0, y: 23.0), (x: 98.0, y: 22.0)],
    ]);
    let hole = polygon! {
        exterior: [(x: 100.0, y: 25.0), (x: 101.0, y: 25.0), (x: 101.0, y: 26.0), (x: 100.0, y: 26.0)],
        interiors: [[(x: 100.2, y: 25.2), (x: 100.4, y: 25.4), (x: 100.4, y: 25.2)]],
    };
    let far = polygon![(x: 103.0, y: 25.0), (x: 103.1, y: 25.0), (x: 103.1, y: 25.1)];
    let area = MultiPolygon::new(vec![hole, far]);
    let row = |shape| Row {
        shape,
        values: vec![Value::Null, Value::Null, Value::Null],
    };
    let all = || {
        [
            row(Shape::None),
            row(Shape::Point(point)),
            row(Shape::Lines(&lines)),
            row(Shape::MultiPolygon(&area)),
        ]
    };
    let wanted = [
        None,
        Some(StoredShape::Point(point)),
        Some(StoredShape::Lines(lines.clone())),
        Some(StoredShape::Area(area.clone())),
    ];
    Store::create(target, &TABLES, &[], DATE, |change| {
        let [none, point, line, areas] = all();
        change.insert(&POINTS, [none.clone(), point].into_iter())?;
        change.insert(&LINES, [none.clone(), line].into_iter())?;
        change.insert(&AREAS, [none, areas].into_iter())?;
        change.insert(&MIXED, all().into_iter()).map(drop)
    })
    .unwrap();
    let store = Store::open(target, &TABLES).unwrap();
    let shapes = |table| -> Vec<Option<StoredShape>> {
        let rows = store.read(table, &Filter::All).unwrap();
        rows.into_iter().map(|row| row.shape).collect()
    };
    assert_eq!(shapes(&MIXED), wanted);
    for (table, at) in [(&POINTS, 1), (&LINES, 2), (&AREAS, 3)] {
        assert_eq!(shapes(table), [None, wanted[at].clone()]);
    }

    // A change of columns leaves what is drawn.
    Store::change(target, &TABLES, WAIT, |change| {
        change.update(&MIXED, &["code"], [(2, vec!["stayed".into()])].into_iter())?;
        let rows = change.read(&MIXED, &Filter::All)?;
        assert_eq!(
            (rows[1].text("code"), &rows[1].shape),
            ("stayed".into(), &wanted[1])
        );
        Ok(())
    })
    .unwrap();
}

pub(super) fn rows_are_found_by_what_they_hold(target: &StoreTarget) {
    let rows = [
        ["a".into(), 1.into(), 0.5.into()],
        ["a'b".into(), 2.into(), 1.5.into()],
        ["B".into(), 3.into(), Value::Null],
        ["甲".into(), Value::Null, 2.5.into()],
        [Value::Null, 5.into(), 3.5.into()],
    ];
    Store::create(target, &TABLES, &[], DATE, |change| {
        change.insert(&NOTES, rows.into_iter().map(note)).map(drop)
    })
    .unwrap();
    let store = Store::open(target, &TABLES).unwrap();
    let not = |filter| Filter::Not(Box::new(filter));
    for (filter, wanted) in [
        (Filter::All, vec![1, 2, 3, 4, 5]),
        (Filter::Equals("code", "a'b".into()), vec![2]),
        (Filter::Equals("code", "甲".into()), vec![4]),
        (Filter::Equals("code", Value::Null), vec![5]),
        (Filter::Equals("code", "' OR 1=1 --".into()), vec![]),
        (Filter::Equals("Count", 3.into()), vec![3]),
        (Filter::Equals("size_m", 1.5.into()), vec![2]),
        (Filter::In("code", vec!["a".into(), "B".into()]), vec![1, 3]),
        (Filter::In("code", vec![]), vec![]),
        (Filter::AtLeast("Count", 3.into()), vec![3, 5]),
        (Filter::AtMost("size_m", 1.5.into()), vec![1, 2]),
        // By code points: capitals stand before small letters.
        (Filter::AtMost("code", "a".into()), vec![1, 3]),
        (not(Filter::Equals("code", "a".into())), vec![2, 3, 4, 5]),
        (not(Filter::AtLeast("Count", 2.into())), vec![1, 4]),
        (
            Filter::And(vec![
                Filter::AtLeast("Count", 2.into()),
                not(Filter::row(5)),
            ]),
            vec![2, 3],
        ),
        (Filter::Or(vec![Filter::row(1), Filter::row(4)]), vec![1, 4]),
        (Filter::And(vec![]), vec![1, 2, 3, 4, 5]),
        (Filter::Or(vec![]), vec![]),
    ] {
        let found = store.read(&NOTES, &filter).unwrap();
        let fids: Vec<i64> = found.iter().map(|row| row.fid).collect();
        assert_eq!(fids, wanted, "{filter:?}");
        let count = store.count(&NOTES, &filter).unwrap();
        assert_eq!(usize::try_from(count).unwrap(), wanted.len(), "{filter:?}");
    }
}

pub(super) fn rows_are_changed_and_taken_out(target: &StoreTarget) {
    with_codes(target, &["a", "b", "c", "d"]);
    Store::change(target, &TABLES, WAIT, |change| {
        let rows = [
            (1, vec!["it's".into(), Value::Null, 7.into()]),
            (3, vec![Value::Null, 2.5.into(), Value::Null]),
            (99, vec!["nobody".into(), Value::Null, Value::Null]),
        ];
        change.update(&NOTES, &["code", "size_m", "Count"], rows.into_iter())?;
        let nulls = [(2, vec![Value::Null, Value::Null])];
        change.update(&NOTES, &["size_m", "code"], nulls.into_iter())?;
        change.update(&NOTES, &["code"], std::iter::empty())?;
        let nothing = [(4, vec![])];
        change.update(&NOTES, &[], nothing.into_iter())?;
        assert_eq!(change.delete(&NOTES, &Filter::row(3))?, 1);
        assert_eq!(change.delete(&NOTES, &Filter::row(3))?, 0);
        // A number is not given twice.
        assert_eq!(change.delete(&NOTES, &Filter::row(4))?, 1);
        assert_eq!(insert(change, &["e"])?, 1);
        assert_eq!(change.count(&NOTES, &Filter::All)?, 3);
        Ok(())
    })
    .unwrap();
    let store = Store::open(target, &TABLES).unwrap();
    let rows = store.read(&NOTES, &Filter::All).unwrap();
    let seen: Vec<(i64, String)> = rows.iter().map(|r| (r.fid, r.text("code"))).collect();
    let wanted = [(1, "it's"), (2, ""), (5, "e")];
    assert_eq!(seen, wanted.map(|(fid, code)| (fid, code.to_owned())));
    assert_eq!(
        (rows[0].integer("Count"), rows[0].real("size_m")),
        (Some(7), None)
    );
    Store::change(target, &TABLES, WAIT, |c| c.delete(&NOTES, &Filter::All)).unwrap();
    assert_eq!(codes(target), [""; 0]);
}

pub(super) fn wrong_rows_are_refused(target: &StoreTarget) {
    create(target);
    let nan = Point::new(f64::NAN, 1.0);
    let row = |shape, values: Vec<Value<'static>>| Row { shape, values };
    let nulls = || vec![Value::Null, Value::Null, Value::Null];
    for (table, wrong, wanted) in [
        (
            &NOTES,
            row(Shape::None, vec![Value::Null]),
            "takes 3 values in a row, and got 1",
        ),
        (
            &NOTES,
            row(Shape::Point(nan), nulls()),
            "draws None, and got Point",
        ),
        (
            &AREAS,
            row(Shape::Point(nan), nulls()),
            "draws MultiPolygon, and got Point",
        ),
        (
            &MIXED,
            row(Shape::Point(nan), nulls()),
            "a coordinate that is no number",
        ),
        (
            &NOTES,
            row(Shape::None, vec![Value::Null, "7".into(), Value::Null]),
            "takes Integer in `Count`, and got Text",
        ),
    ] {
        let failed = Store::change(target, &TABLES, WAIT, |change| {
            change.insert(table, [wrong.clone()].into_iter())
        });
        let said = told(failed);
        assert!(said.contains(wanted) && said.contains(table.name), "{said}");
    }
    let failed = Store::change(target, &TABLES, WAIT, |change| {
        change.update(&NOTES, &["colour"], [(1, vec!["red".into()])].into_iter())
    });
    assert!(told(failed).contains("has no column `colour`"));
    let failed = Store::change(target, &TABLES, WAIT, |change| {
        let rows = [(1, vec!["red".into(), Value::Null])];
        change.update(&NOTES, &["code"], rows.into_iter())
    });
    assert!(told(failed).contains("takes 1 values for these columns, and got 2"));
}

pub(super) fn readings_may_be_inside_each_other(target: &StoreTarget) {
    with_codes(target, &["a", "b", "c"]);
    let inside = |read: &dyn Fn(&Filter) -> Vec<i64>, row: i64| {
        assert_eq!(read(&Filter::All), [1, 2, 3]);
        assert_eq!(read(&Filter::row(row)), [row]);
    };
    let store = Store::open(target, &TABLES).unwrap();
    let fids = |filter: &Filter| -> Vec<i64> {
        let rows = store.read(&NOTES, filter).unwrap();
        rows.iter().map(|row| row.fid).collect()
    };
    let mut seen = Vec::new();
    store
        .for_each(&NOTES, &Filter::All, &mut |row| {
            inside(&fids, row.fid);
            seen.push(row.fid);
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, [1, 2, 3]);
    let mut count = 0;
    let ended = store.for_each(&NOTES, &Filter::All, &mut |_| {
        count += 1;
        Err(Error::Interrupted)
    });
    assert!(matches!(ended, Err(Error::Interrupted)) && count == 1);
}

pub(super) fn many_rows_take_seconds(target: &StoreTarget) {
    const ROWS: i64 = 20_000;
    create(target);
    let start = Instant::now();
    let square = MultiPolygon::new(vec![
        polygon![(x: 100.0, y: 25.0), (x: 100.1, y: 25.0), (x: 100.1, y: 25.1)],
    ]);
    let count = Store::change(target, &TABLES, WAIT, |change| {
        let rows = (0..ROWS).map(|n| Row {
            shape: Shape::MultiPolygon(&square),
            values: vec![format!("5301020010{n:05}").into(), n.into(), 0.5.into()],
        });
        change.insert(&AREAS, rows)
    })
    .unwrap();
    assert_eq!(count, 20_000);
    let put_in = start.elapsed();
    Store::change(target, &TABLES, WAIT, |change| {
        let rows = (0..ROWS).map(|n| (n + 1, vec![format!("neu {n}").into()]));
        change.update(&AREAS, &["code"], rows)
    })
    .unwrap();
    let changed = start.elapsed();
    let store = Store::open(target, &TABLES).unwrap();
    let rows = store.read(&AREAS, &Filter::All).unwrap();
    let read = start.elapsed();
    assert_eq!(rows.len(), 20_000);
    for (n, row) in rows.iter().enumerate() {
        assert_eq!(row.text("code"), format!("neu {n}"));
        assert_eq!(row.integer("Count"), i64::try_from(n).ok());
        assert!(matches!(&row.shape, Some(StoredShape::Area(a)) if *a == square));
    }
    let many = Filter::In("Count", (0..ROWS).step_by(2).map(Value::Integer).collect());
    assert_eq!(store.count(&AREAS, &many).unwrap(), 10_000);
    assert!(
        read < Duration::from_mins(1),
        "put in {put_in:?}, changed {changed:?}, read {read:?}"
    );
}

pub(super) static MORE: Table = Table {
    name: "more",
    title: "more",
    description: "",
    geometry: GeometryKind::None,
    fields: FIELDS,
    indexes: &[],
};
static WIDER: Table = Table {
    name: "notes",
    title: "notes",
    description: "",
    geometry: GeometryKind::None,
    fields: &[
        field("code", FieldKind::Text),
        field("colour", FieldKind::Text),
    ],
    indexes: &[],
};

pub(super) fn a_store_without_a_table_is_none(target: &StoreTarget) {
    create(target);
    let said = told(Store::open(target, &[&NOTES, &MORE]));
    assert!(
        said.contains("is no campaign: it has no table `more`"),
        "{said}"
    );
    let said = told(Store::change(target, &[&WIDER], WAIT, |_| Ok(())));
    assert!(
        said.contains("table `notes` has no column `colour`"),
        "{said}"
    );
}
