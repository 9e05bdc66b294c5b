//! What only a file can do: be something else, be locked by other programs, be cut off.

use super::{DATE, NOTES, POINTS, TABLES, WAIT, create, told};
use gdal::vector::LayerAccess;
use gdal::vector::sql::Dialect;
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use geo::Point;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tianmu::Error;
use tianmu::vector::{Filter, Row, Shape, Store, StoreTarget, Value};

/// The child of a test that is killed finds its file here.
const CHILD: &str = "TIANMU_TEST_STORE_CHILD";

fn place() -> (TempDir, PathBuf, StoreTarget) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.gpkg");
    let target = StoreTarget::File(path.clone());
    (folder, path, target)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs_err::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// As another program has it open.
fn elsewhere(path: &Path, sql: &[&str]) -> Dataset {
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_VECTOR | GdalOpenFlags::GDAL_OF_UPDATE,
        ..DatasetOptions::default()
    };
    let dataset = Dataset::open_ex(path, options).unwrap();
    for sql in sql {
        run(&dataset, sql);
    }
    dataset
}

/// A pragma works when its row is asked for.
fn run(dataset: &Dataset, sql: &str) {
    if let Some(mut rows) = dataset.execute_sql(sql, None, Dialect::DEFAULT).unwrap() {
        rows.features().for_each(drop);
    }
}

fn rows(count: usize) -> impl Iterator<Item = Row<'static>> {
    (0..count).map(|_| Row {
        shape: Shape::None,
        values: vec!["甲".repeat(1000).into(), Value::Null, Value::Null],
    })
}

#[test]
fn other_files_are_told_apart() {
    let (folder, path, target) = place();
    let open = |target: &StoreTarget| told(Store::open(target, &TABLES));
    assert!(open(&target).contains("does not exist"));
    assert!(open(&StoreTarget::File(folder.path().into())).contains("is a folder"));
    for bytes in [&b"\x89PNG\r\n\x1a\n"[..], b""] {
        fs_err::write(&path, bytes).unwrap();
        assert!(open(&target).contains("is no GeoPackage"));
        let changed = Store::change(&target, &TABLES, WAIT, |_| Ok(()));
        assert!(told(changed).contains("is no GeoPackage"));
    }
    fs_err::write(&path, [&b"SQLite format 3\0"[..], &[7; 4000]].concat()).unwrap();
    let said = open(&target);
    assert!(said.contains("cannot be opened as a GeoPackage"), "{said}");
    fs_err::remove_file(&path).unwrap();
    Store::create(&target, &TABLES[1..], &[], DATE, |_| Ok(())).unwrap();
    let said = open(&target);
    assert!(
        said.contains("is no campaign: it has no table `notes`"),
        "{said}"
    );
}

#[test]
fn the_same_tables_and_rows_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b] = ["a.gpkg", "乙.gpkg"].map(|name| folder.path().join(name));
    for path in [&a, &b] {
        let target = StoreTarget::File(path.clone());
        Store::create(&target, &TABLES, &[], DATE, |change| {
            change.insert(&NOTES, rows(500)).map(drop)
        })
        .unwrap();
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(fs_err::read(&a).unwrap() == fs_err::read(&b).unwrap());
    assert_eq!(names(folder.path()), ["a.gpkg", "乙.gpkg"]);
}

#[test]
fn a_failure_leaves_every_byte() {
    let (folder, path, target) = place();
    create(&target);
    let before = fs_err::read(&path).unwrap();
    let failed = Store::change(&target, &TABLES, WAIT, |change| {
        change.insert(&NOTES, rows(5000))?;
        let point = Row {
            shape: Shape::Point(Point::new(100.0, 25.0)),
            values: vec![Value::Null, Value::Null, Value::Null],
        };
        change.insert(&POINTS, [point].into_iter())?;
        Err::<(), _>(Error::Interrupted)
    });
    assert!(failed.is_err());
    assert!(fs_err::read(&path).unwrap() == before);
    assert_eq!(names(folder.path()), ["a.gpkg"]);
}

#[test]
fn what_the_file_says_of_its_tables_stays_right() {
    let (_folder, path, target) = place();
    create(&target);
    Store::change(&target, &TABLES, WAIT, |change| {
        let points = [(100.0, 25.0), (101.0, 26.0), (110.0, 27.0)].map(|(x, y)| Row {
            shape: Shape::Point(Point::new(x, y)),
            values: vec![Value::Null, Value::Null, Value::Null],
        });
        change.insert(&POINTS, points.into_iter())?;
        change.delete(&POINTS, &Filter::row(3))?;
        change.dated("2026-06-01T00:00:00.000Z");
        Ok(())
    })
    .unwrap();
    let file = elsewhere(&path, &[]);
    let said = |sql: &str| {
        let mut found = file
            .execute_sql(sql, None, Dialect::DEFAULT)
            .unwrap()
            .unwrap();
        let row = found.features().next().unwrap();
        row.field_as_string(0).unwrap().unwrap()
    };
    assert_eq!(
        said(
            "SELECT min_x || ' ' || min_y || ' ' || max_x || ' ' || max_y || ' ' || last_change \
              FROM gpkg_contents WHERE table_name = 'points'"
        ),
        "100.0 25.0 101.0 26.0 2026-06-01T00:00:00.000Z"
    );
    let count = "SELECT CAST(feature_count AS TEXT) FROM gpkg_ogr_contents \
                 WHERE table_name = 'points'";
    assert_eq!(said(count), "2");
    assert_eq!(said("PRAGMA integrity_check"), "ok");
    assert_eq!(
        said("SELECT CAST(COUNT(*) AS TEXT) FROM rtree_points_geom"),
        "2"
    );
}

#[test]
fn a_file_that_gis_programs_hold_is_read_and_waited_for() {
    let (folder, path, target) = place();
    create(&target);
    // QGIS keeps files open this way.
    let sql = ["PRAGMA journal_mode = WAL", "SELECT fid FROM notes"];
    let viewer = elsewhere(&path, &sql);
    Store::change(&target, &TABLES, WAIT, |c| c.insert(&NOTES, rows(3))).unwrap();
    assert!(folder.path().join("a.gpkg-wal").exists());
    let store = Store::open(&target, &TABLES).unwrap();
    assert_eq!(store.count(&NOTES, &Filter::All).unwrap(), 3);
    drop(store);
    // Somebody edits.
    let mut editor = elsewhere(&path, &[]);
    let editing = editor.start_transaction().unwrap();
    run(&editing, "DELETE FROM notes WHERE fid = 1");
    let store = Store::open(&target, &TABLES).unwrap();
    assert_eq!(store.count(&NOTES, &Filter::All).unwrap(), 3);
    let start = Instant::now();
    let short = Duration::from_millis(300);
    let busy = told(Store::change(&target, &TABLES, short, |_| Ok(())));
    assert!(
        busy.contains("is being written by another program"),
        "{busy}"
    );
    let waited = start.elapsed();
    assert!(waited >= short && waited < 10 * short, "{waited:?}");
    editing.commit().unwrap();
    assert_eq!(store.count(&NOTES, &Filter::All).unwrap(), 2);
    drop((store, editor));
    run(&viewer, "PRAGMA journal_mode = DELETE");
    drop(viewer);
    assert_eq!(names(folder.path()), ["a.gpkg"]);
}

/// QGIS that was killed leaves its file in this mode, what it saved last beside it.
#[test]
fn what_a_gis_program_left_beside_a_file_counts() {
    let (folder, path, target) = place();
    create(&target);
    let left = tempfile::tempdir().unwrap();
    {
        let viewer = elsewhere(&path, &["PRAGMA journal_mode = WAL"]);
        run(&viewer, "INSERT INTO notes (code) VALUES ('saved last')");
        for name in names(folder.path()) {
            fs_err::copy(folder.path().join(&name), left.path().join(&name)).unwrap();
        }
    }
    assert_eq!(names(folder.path()), ["a.gpkg"]);
    // Closed in order, but for the mode.
    let codes = |target: &StoreTarget| -> Vec<String> {
        let store = Store::open(target, &TABLES).unwrap();
        let rows = store.read(&NOTES, &Filter::All).unwrap();
        rows.iter().map(|row| row.text("code")).collect()
    };
    assert_eq!(codes(&target), ["saved last"]);
    assert_eq!(names(folder.path()), ["a.gpkg"]);
    // Not closed at all.
    assert_eq!(names(left.path()), ["a.gpkg", "a.gpkg-shm", "a.gpkg-wal"]);
    fs_err::remove_file(left.path().join("a.gpkg-shm")).unwrap();
    let left_target = StoreTarget::File(left.path().join("a.gpkg"));
    assert_eq!(codes(&left_target), ["saved last"]);
    for (folder, target) in [(&folder, &target), (&left, &left_target)] {
        Store::change(target, &TABLES, WAIT, |change| {
            assert_eq!(change.count(&NOTES, &Filter::All)?, 1);
            change.insert(&NOTES, rows(3))
        })
        .unwrap();
        assert_eq!(names(folder.path()), ["a.gpkg"]);
        assert_eq!(codes(target).len(), 4);
        assert_eq!(names(folder.path()), ["a.gpkg"]);
    }
}

#[test]
fn what_cannot_be_written_is_told() {
    let (folder, path, target) = place();
    fs_err::write(folder.path().join("a.gpkg-journal"), "").unwrap();
    let said = told(Store::create(&target, &TABLES, &[], DATE, |_| Ok(())));
    assert!(said.contains("a.gpkg-journal` lies beside it"), "{said}");
    fs_err::remove_file(folder.path().join("a.gpkg-journal")).unwrap();
    let nowhere = StoreTarget::File(folder.path().join("no/a.gpkg"));
    let said = told(Store::create(&nowhere, &TABLES, &[], DATE, |_| Ok(())));
    assert!(said.contains("its folder cannot be written"), "{said}");

    create(&target);
    let mut rights = fs_err::metadata(&path).unwrap().permissions();
    rights.set_readonly(true);
    fs_err::set_permissions(&path, rights).unwrap();
    if fs_err::OpenOptions::new().write(true).open(&path).is_err() {
        let said = told(Store::change(&target, &TABLES, WAIT, |_| Ok(())));
        assert!(said.contains("cannot be written"), "{said}");
    } else {
        eprintln!("skipped: this user may write everything");
    }
    let store = Store::open(&target, &TABLES).unwrap();
    assert_eq!(store.count(&NOTES, &Filter::All).unwrap(), 0);
}

/// In a process of its own: begins a change and never ends it.
#[test]
#[ignore = "the child of another test"]
fn child_that_is_killed() {
    let Some(path) = std::env::var_os(CHILD).map(PathBuf::from) else {
        return;
    };
    let target = StoreTarget::File(path.clone());
    let _ = Store::change(&target, &TABLES, WAIT, |change| {
        change.delete(&NOTES, &Filter::All)?;
        // Far more than is kept in memory: the file itself is half changed.
        change.insert(&NOTES, rows(10_000))?;
        fs_err::write(path.with_extension("begun"), "")?;
        std::thread::sleep(Duration::from_mins(10));
        Ok(())
    });
}

#[test]
fn a_writer_that_is_killed_leaves_what_was() {
    let (folder, path, target) = place();
    Store::create(&target, &TABLES, &[], DATE, |change| {
        change.insert(&NOTES, rows(100)).map(drop)
    })
    .unwrap();
    let before = fs_err::read(&path).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "store::file::child_that_is_killed"])
        .env(CHILD, &path)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let begun = path.with_extension("begun");
    let start = Instant::now();
    while !begun.exists() {
        assert!(start.elapsed() < Duration::from_mins(2));
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    fs_err::remove_file(begun).unwrap();
    assert_eq!(names(folder.path()), ["a.gpkg", "a.gpkg-journal"]);
    assert!(fs_err::metadata(&path).unwrap().len() > 10_000_000);
    let store = Store::open(&target, &TABLES).unwrap();
    assert_eq!(store.count(&NOTES, &Filter::All).unwrap(), 100);
    drop(store);
    assert!(fs_err::read(&path).unwrap() == before);
    assert_eq!(names(folder.path()), ["a.gpkg"]);
}
