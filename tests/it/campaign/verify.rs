//! `verify` of a campaign: what was touched is said, whatever it is, and nothing else.

use super::answers::{answer, change, pack, put, sites};
use crate::support::{county, sample, tianmu};
use gdal::vector::sql::Dialect;
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use serde_json::Value;
use std::path::Path;

/// What `verify --json` says of a campaign, and how it ends.
fn verified(folder: &Path, words: &str) -> (i32, Value) {
    let images = sample("");
    let words = format!("verify {words} --files {images} --json");
    let ran = tianmu(folder, &words, &[]);
    let json = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.err));
    (ran.code, json)
}

/// Files in some state, by name.
fn in_state(json: &Value, state: &str) -> Vec<String> {
    let files = json["files"].as_array().unwrap().iter();
    let of_state = files.filter(|file| file["state"] == state);
    let name = |file: &Value| {
        let path = Path::new(file["path"].as_str().unwrap())
            .file_name()
            .unwrap();
        path.to_str().unwrap().to_owned()
    };
    of_state.map(name).collect()
}

/// Alters a campaign behind its audit, as other programs can.
fn alter(campaign: &Path, sql: &str) {
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_VECTOR | GdalOpenFlags::GDAL_OF_UPDATE,
        ..DatasetOptions::default()
    };
    let dataset = Dataset::open_ex(campaign, options).unwrap();
    dataset.execute_sql(sql, None, Dialect::DEFAULT).unwrap();
}

#[test]
fn what_was_touched_is_said_and_nothing_else() {
    let folder = county().with(&["first.gpkg"]);
    let place = folder.path();
    let campaign = place.join("first.gpkg");
    pack(place, "first.gpkg -o pack --formats csv,kmz");
    put(&campaign, vec![answer(&sites(&campaign)[0], "confirmed")]);
    let (code, json) = verified(place, "first.gpkg");
    assert_eq!(code, 0, "{json:#}");
    assert!(in_state(&json, "changed").is_empty() && in_state(&json, "missing").is_empty());
    assert_eq!(json["audit"]["broken"], Value::Null);
    assert_eq!(json["rows"], serde_json::json!([]));
    let unchanged = in_state(&json, "unchanged");
    for name in [
        "villages.shp",
        "dem.tif",
        "round1.tif",
        "returned.csv",
        "manifest.csv",
        "ledger.csv",
        "sites.kmz",
    ] {
        assert!(unchanged.iter().any(|n| n == name), "{name}: {unchanged:?}");
    }
    let said = tianmu(
        place,
        &format!("verify first.gpkg --files {}", sample("")),
        &[],
    )
    .expect(0)
    .out;
    assert!(
        said.contains("the chain holds") && said.contains("--expect HASH"),
        "{said}"
    );
    let tip = json["audit"]["last"]["sha256"].as_str().unwrap();
    assert!(said.contains(tip), "{said}");

    // One file after the other is touched.
    let ledger = fs_err::read(place.join("pack/ledger.csv")).unwrap();
    fs_err::write(place.join("pack/ledger.csv"), "mine").unwrap();
    fs_err::write(place.join("pack/notes.txt"), "mine").unwrap();
    fs_err::remove_file(place.join("pack/sites.kmz")).unwrap();
    fs_err::write(place.join("returned.csv"), "site_id,outcome\r\nx,y\r\n").unwrap();
    let (code, json) = verified(place, "first.gpkg");
    assert_eq!(code, 3);
    assert_eq!(in_state(&json, "changed"), ["returned.csv", "ledger.csv"]);
    assert_eq!(in_state(&json, "missing"), ["sites.kmz"]);
    assert_eq!(in_state(&json, "added"), ["notes.txt"]);
    // A list that was mended to fit is altered itself.
    fs_err::write(place.join("pack/ledger.csv"), ledger).unwrap();
    let manifest = fs_err::read_to_string(place.join("pack/manifest.csv")).unwrap();
    fs_err::write(
        place.join("pack/manifest.csv"),
        manifest.replace(",SHA-256", ",SHA256"),
    )
    .unwrap();
    let (_, json) = verified(place, "first.gpkg");
    assert_eq!(in_state(&json, "changed"), ["returned.csv", "manifest.csv"]);
    // A pack that is gone is one line.
    fs_err::remove_dir_all(place.join("pack")).unwrap();
    let (_, json) = verified(place, "first.gpkg");
    assert_eq!(in_state(&json, "missing"), ["pack"]);
    let said = tianmu(place, "verify first.gpkg -q", &[]).expect(3).out;
    assert!(said.contains("MISSING   pack"), "{said}");
}

#[test]
fn a_pack_that_moved_is_found_and_a_sealed_one_is_one_file() {
    let folder = county().with(&["first.gpkg"]);
    let place = folder.path();
    pack(place, "first.gpkg -o pack --formats csv");
    fs_err::write(place.join("words"), "three old words").unwrap();
    pack(
        place,
        "first.gpkg -o pack.age --formats csv --encrypt --passphrase-file words",
    );
    fs_err::create_dir(place.join("disk")).unwrap();
    fs_err::rename(place.join("pack"), place.join("disk/pack")).unwrap();
    let (code, json) = verified(place, "first.gpkg");
    assert_eq!(
        (code, in_state(&json, "missing")),
        (3, vec!["pack".to_owned()])
    );
    let (code, json) = verified(place, "first.gpkg --files disk");
    assert_eq!(code, 0, "{json:#}");
    assert!(in_state(&json, "unchanged").contains(&"pack.age".to_owned()));
    let moved = json["files"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["path"].as_str().unwrap().ends_with("ledger.csv"));
    assert!(moved.unwrap()["found"].as_str().unwrap().contains("disk"));
    let sealed = place.join("pack.age");
    let mut bytes = fs_err::read(&sealed).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs_err::write(&sealed, bytes).unwrap();
    let (_, json) = verified(place, "first.gpkg --files disk");
    assert_eq!(in_state(&json, "changed"), ["pack.age"]);
}

#[test]
fn whoever_wrote_down_the_last_row_misses_it() {
    let folder = county().with(&["first.gpkg"]);
    let place = folder.path();
    let campaign = place.join("first.gpkg");
    let (_, json) = verified(place, "first.gpkg");
    let (seq, tip) = (
        &json["audit"]["last"]["seq"],
        json["audit"]["last"]["sha256"].as_str().unwrap(),
    );
    let (code, json) = verified(place, &format!("first.gpkg --expect {tip}"));
    assert_eq!((code, &json["audit"]["expected"]), (0, seq));
    // More rows may follow.
    change(&campaign, |_| Ok(()));
    let (code, json) = verified(place, &format!("first.gpkg --expect {tip}"));
    assert_eq!((code, &json["audit"]["expected"]), (0, seq));
    // From inside nobody can tell that the last rows are gone.
    alter(&campaign, &format!("DELETE FROM audit WHERE seq >= {seq}"));
    let (_, json) = verified(place, "first.gpkg");
    assert_eq!(
        (&json["audit"]["broken"], &json["audit"]["lost"]),
        (&Value::Null, &false.into())
    );
    let said = tianmu(place, &format!("verify first.gpkg --expect {tip}"), &[])
        .expect(3)
        .out;
    assert!(said.contains("NO ROW has that hash"), "{said}");
    for (words, said) in [
        ("first.gpkg --expect abc", "the 64 hexadecimal digits"),
        ("run.json --expect abc", "a campaign, which has an audit"),
        ("none.gpkg", "none.gpkg"),
    ] {
        let ran = tianmu(place, &format!("verify {words}"), &[]);
        assert!(ran.code == 1 || ran.code == 2, "{words}");
        assert!(ran.err.contains(said), "{words}: {}", ran.err);
    }
}

#[test]
fn rows_that_were_altered_behind_the_audit_show_where_they_do_not_fit() {
    let folder = county().with(&["first.gpkg"]);
    let place = folder.path();
    let campaign = place.join("first.gpkg");
    pack(place, "first.gpkg -o pack --formats csv");
    let ids = sites(&campaign);
    put(
        &campaign,
        vec![answer(&ids[0], "confirmed"), answer(&ids[1], "not_found")],
    );
    let whole = fs_err::read(&campaign).unwrap();
    for (sql, said) in [
        (
            format!(
                "UPDATE checks SET site_id = 'nowhere' WHERE site_id = '{}'",
                ids[0]
            ),
            "names the site `nowhere`",
        ),
        (
            "UPDATE checks SET source_sha256 = 'ab'".into(),
            "which is no file of the table `returns`",
        ),
        (
            "UPDATE checks SET check_id = 'same'".into(),
            "has the check_id `same` twice",
        ),
        (
            "UPDATE checks SET outcome = 'fine' WHERE outcome = 'confirmed'".into(),
            "has the outcome `fine`",
        ),
        (
            "UPDATE checks SET state = 'gone'".into(),
            "has the state `gone`",
        ),
        (
            format!("DELETE FROM sites WHERE site_id = '{}'", ids[2]),
            "which is not there",
        ),
        (
            "DELETE FROM returns".into(),
            "which is no file of the table `returns`",
        ),
        (
            "UPDATE documents SET sha256 = 'ab' WHERE role = 'grid'".into(),
            "of whose import the audit knows nothing",
        ),
        ("DELETE FROM audit WHERE seq = 3".into(), "row 3 is missing"),
    ] {
        fs_err::write(&campaign, &whole).unwrap();
        alter(&campaign, &sql);
        let words = format!("verify first.gpkg --files {}", sample(""));
        let ran = tianmu(place, &words, &[]).expect(3);
        assert!(ran.out.contains(said), "{sql}: {}", ran.out);
    }
}
