//! What a campaign stands: two programs at once, a program that is killed, a row that was altered.

use crate::support::{county, info, rows, sample, tianmu};
use crate::trust::{begin, holds, kill_when};
use gdal::vector::sql::Dialect;
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;
use tianmu::campaign::tables::{AUDIT, HISTORY, TIPS};

/// A campaign, opened for writing as other programs do.
fn open(campaign: &Path) -> Dataset {
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_VECTOR | GdalOpenFlags::GDAL_OF_UPDATE,
        ..DatasetOptions::default()
    };
    Dataset::open_ex(campaign, options).unwrap()
}

fn run(dataset: &Dataset, sql: &str) {
    dataset.execute_sql(sql, None, Dialect::DEFAULT).unwrap();
}

/// A file with so many plots of earlier years that it takes a while to come in.
fn write_large(path: &Path, count: u32) {
    let mut text = String::from("year,crop,plants,lon,lat\n");
    for i in 0..count {
        let (x, y) = (f64::from(i % 1000), f64::from(i / 1000));
        let _ = writeln!(
            text,
            "2021,opium_poppy,{i},{:.6},{:.6}",
            101.6 + x / 1e4,
            24.7 + y / 1e4
        );
    }
    fs_err::write(path, text).unwrap();
}

#[test]
fn two_programs_take_turns() {
    let folder = county().with(&["first-bare.gpkg"]);
    let place = folder.path();
    write_large(&place.join("large.csv"), 4000);
    fs_err::write(
        place.join("tips.csv"),
        "tip_id,received,lon,lat\nX,2026-04-01,101.6,24.7\n",
    )
    .unwrap();
    let before = info(place, "first-bare.gpkg");
    let mut all: Vec<_> = ["large.csv --role history", "tips.csv --role tips"]
        .iter()
        .map(|what| {
            begin(
                place,
                &format!("campaign import first-bare.gpkg {what} --wait 60"),
            )
        })
        .collect();
    for child in &mut all {
        assert!(child.wait().unwrap().success());
    }
    let campaign = place.join("first-bare.gpkg");
    assert_eq!(
        (
            rows(&campaign, &HISTORY).len(),
            rows(&campaign, &TIPS).len()
        ),
        (4004, 3)
    );
    let after = info(place, "first-bare.gpkg");
    assert_eq!(
        after["audit_rows"].as_u64(),
        before["audit_rows"].as_u64().map(|n| n + 2)
    );
    assert_eq!(after["audit_broken"], serde_json::Value::Null);
}

#[test]
fn a_campaign_that_is_being_written_is_said_to_be() {
    let folder = county().with(&["first-bare.gpkg"]);
    let place = folder.path();
    let campaign = place.join("first-bare.gpkg");
    let other = open(&campaign);
    run(&other, "BEGIN IMMEDIATE");
    let words = format!(
        "campaign import first-bare.gpkg {} --role history --replace",
        sample("history.geojson")
    );
    for (wait, at_least) in [(0, 0.0), (1, 1.0)] {
        let begin = Instant::now();
        let ran = tianmu(place, &format!("{words} --wait {wait}"), &[]).expect(1);
        assert!(
            ran.err.contains("is being written by another program"),
            "{}",
            ran.err
        );
        assert!(
            ran.err
                .contains("end editing in QGIS, or give more time with `--wait`"),
            "{}",
            ran.err
        );
        assert!(begin.elapsed().as_secs_f64() >= at_least);
    }
    // Whoever only reads is not kept waiting.
    info(place, "first-bare.gpkg");
    run(&other, "ROLLBACK");
    drop(other);
    tianmu(place, &words, &[]).expect(0);
    assert_eq!(rows(&campaign, &HISTORY).len(), 4);
}

#[test]
fn a_killed_import_leaves_the_campaign_as_it_was() {
    let folder = county().with(&["first.gpkg"]);
    let place = folder.path();
    let campaign = place.join("first.gpkg");
    write_large(&place.join("large.csv"), 120_000);
    let before = info(place, "first.gpkg");
    let words = "campaign import first.gpkg large.csv --role history";
    // In the middle: rows have reached the file itself, and the journal that undoes them is there.
    let size = fs_err::metadata(&campaign).unwrap().len();
    let journal = place.join("first.gpkg-journal");
    let is_half = || journal.exists() && holds(&campaign, size + 1_000_000);
    assert!(
        kill_when(begin(place, words), is_half),
        "it was over too soon"
    );
    assert!(journal.exists(), "it had undone its rows itself");
    assert_eq!(info(place, "first.gpkg"), before);
    assert_eq!(rows(&campaign, &HISTORY).len(), 4);
    assert!(!journal.exists());
    // At the beginning, before it has read its file.
    let mut asked = 0;
    let soon = || {
        asked += 1;
        asked > 20
    };
    kill_when(begin(place, words), soon);
    assert_eq!(info(place, "first.gpkg"), before);
    // And the same command does it after all.
    write_large(&place.join("large.csv"), 300);
    tianmu(place, words, &[]).expect(0);
    assert_eq!(rows(&campaign, &HISTORY).len(), 304);
    assert_eq!(
        info(place, "first.gpkg")["audit_broken"],
        serde_json::Value::Null
    );
}

#[test]
fn whoever_alters_the_audit_breaks_its_chain() {
    let folder = county().with(&["first.gpkg"]);
    let place = folder.path();
    let campaign = place.join("first.gpkg");
    let whole = fs_err::read(&campaign).unwrap();
    let count = rows(&campaign, &AUDIT).len();
    let last = count - 1;
    for (sql, said) in [
        (
            "UPDATE audit SET detail = replace(detail, 'villages', 'village') WHERE seq = 2"
                .to_owned(),
            "2".to_owned(),
        ),
        (
            "UPDATE audit SET at = '2020-01-01T00:00:00Z' WHERE seq = 1".into(),
            "1".into(),
        ),
        (
            "UPDATE audit SET prev_sha256 = sha256 WHERE seq = 3".into(),
            "3".into(),
        ),
        ("DELETE FROM audit WHERE seq = 4".into(), "4".into()),
        (
            format!("UPDATE audit SET action = 'new' WHERE seq = {last}"),
            last.to_string(),
        ),
    ] {
        fs_err::write(&campaign, &whole).unwrap();
        let dataset = open(&campaign);
        run(&dataset, &sql);
        drop(dataset);
        let ran = tianmu(place, "campaign info first.gpkg", &[]).expect(3);
        let line = ran
            .out
            .lines()
            .find(|l| l.contains("audit: BROKEN"))
            .unwrap_or_default();
        assert!(line.contains(&said), "{sql}: {}", ran.out);
        let ran = tianmu(place, "campaign info first.gpkg --json", &[]).expect(3);
        let info: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert!(info["audit_broken"].is_string(), "{sql}");
    }
}
