//! What a campaign holds of what came back.

use super::{Ledger, given_out, record, recorded};
use crate::support::{column, rows, tianmu};
use tianmu::campaign::Campaign;
use tianmu::campaign::tables::{AUDIT, CHECKS, REJECTED, RETURNS};
use tianmu::vector::StoreTarget;

const FALSE_ALARM: [(&str, &str); 2] = [("outcome", "误报"), ("checked_at", "2026-05-04")];

#[test]
fn an_answer_is_taken_once_whatever_file_it_is_in() {
    let folder = given_out();
    let place = folder.path();
    let campaign = place.join("second.gpkg");
    let ledger = Ledger::of(place)
        .fill(0, &FALSE_ALARM)
        .fill(1, &[("outcome", "?")]);
    ledger.save(&place.join("back.csv"));
    let changes = rows(&campaign, &AUDIT).len();
    recorded(place, "back.csv");
    let check = rows(&campaign, &CHECKS).remove(0);
    assert_eq!(check.text("site_id"), ledger.get(0, "site_id"));
    assert_eq!(
        [
            check.text("outcome"),
            check.text("state"),
            check.text("source"),
            check.text("place")
        ],
        ["false_alarm", "counted", "back.csv", "row 2"]
    );
    assert_eq!(rows(&campaign, &AUDIT).len(), changes + 1);
    // The same file, a copy, and one in another encoding and order.
    let before = fs_err::read(&campaign).unwrap();
    fs_err::copy(place.join("back.csv"), place.join("copy.csv")).unwrap();
    let text = fs_err::read_to_string(place.join("back.csv")).unwrap();
    let (gbk, _, _) = encoding_rs::GB18030.encode(&text);
    fs_err::write(place.join("gbk.csv"), gbk).unwrap();
    let said = recorded(place, "back.csv copy.csv gbk.csv");
    for file in said["files"].as_array().unwrap() {
        assert_eq!(
            (&file["known"], &file["rejected"]),
            (&1.into(), &1.into()),
            "{file}"
        );
    }
    assert_eq!(said["changed"], false);
    assert!(fs_err::read(&campaign).unwrap() == before);
    assert_eq!(
        (
            rows(&campaign, &RETURNS).len(),
            rows(&campaign, &REJECTED).len()
        ),
        (1, 1)
    );
    let open = Campaign::open(&StoreTarget::File(campaign)).unwrap();
    assert_eq!(open.info().unwrap().audit_broken, None);
}

#[test]
fn a_good_answer_settles_what_could_not_be_taken_and_opens_it_when_taken_back() {
    let folder = given_out();
    let place = folder.path();
    let campaign = place.join("second.gpkg");
    let bad = Ledger::of(place).fill(0, &[("outcome", "?")]);
    bad.save(&place.join("bad.csv"));
    recorded(place, "bad.csv");
    assert_eq!(column(&campaign, &REJECTED, "settled_by"), [""]);
    bad.fill(0, &FALSE_ALARM).save(&place.join("good.csv"));
    assert_eq!(recorded(place, "good.csv")["settled"], 1);
    let id = column(&campaign, &CHECKS, "check_id").remove(0);
    assert_eq!(column(&campaign, &REJECTED, "settled_by"), [id.as_str()]);
    let ran = record(place, &format!("--withdraw {id} --reason mistaken")).expect(0);
    assert!(
        ran.out
            .contains("1 rejected rows that it had settled are open again"),
        "{}",
        ran.out
    );
    assert_eq!(column(&campaign, &REJECTED, "settled_by"), [""]);
    assert_eq!(column(&campaign, &CHECKS, "state"), ["withdrawn"]);
    // What was taken back does not come in again by itself.
    assert_eq!(recorded(place, "good.csv")["changed"], false);
}

#[test]
fn an_answer_with_a_key_is_corrected_by_the_same_person_and_contradicted_by_another() {
    let folder = given_out();
    let place = folder.path();
    let campaign = place.join("second.gpkg");
    let mut ledger = Ledger::of(place);
    ledger.header.push("答复标识 key".into());
    for row in &mut ledger.rows {
        row.push(String::new());
    }
    let first = [
        ("key", "uuid:a"),
        ("outcome", "误报"),
        ("checked_at", "2026-05-04"),
        ("checker", "甲"),
    ];
    let ledger = ledger.fill(0, &first);
    ledger.save(&place.join("1.csv"));
    let ledger = ledger.fill(
        0,
        &[
            ("outcome", "确认"),
            ("plant_count", "9"),
            ("species", "大麻"),
        ],
    );
    ledger.save(&place.join("2.csv"));
    ledger
        .fill(
            0,
            &[
                ("outcome", "现场无此地块"),
                ("plant_count", ""),
                ("checker", "乙"),
            ],
        )
        .save(&place.join("3.csv"));
    for name in ["1.csv", "2.csv", "1.csv", "3.csv", "2.csv"] {
        recorded(place, name);
    }
    assert_eq!(
        column(&campaign, &CHECKS, "check_id"),
        ["uuid:a", "uuid:a#2", "uuid:a#3"]
    );
    assert_eq!(
        column(&campaign, &CHECKS, "state"),
        ["withdrawn", "counted", "counted"]
    );
    let flags = column(&campaign, &CHECKS, "flag");
    assert_eq!(
        flags[1],
        "corrects uuid:a; conflict with uuid:a#3 (outcome)"
    );
    assert!(
        flags[2].ends_with("conflict with uuid:a#2 (outcome)"),
        "{flags:?}"
    );
}

#[test]
fn a_plot_without_a_lead_gets_the_next_number_of_its_village() {
    let folder = given_out();
    let place = folder.path();
    let campaign = place.join("second.gpkg");
    let ledger = Ledger::of(place);
    let (lon, lat) = (
        ledger.get(0, "lon").to_owned(),
        ledger.get(0, "lat").to_owned(),
    );
    let find = |lat: &str| {
        let answers = [
            ("site_id", "新发现"),
            ("code", ""),
            ("check_lon", lon.as_str()),
            ("check_lat", lat),
        ];
        Ledger::of(place).fill(0, &FALSE_ALARM).fill(0, &answers)
    };
    find(&lat).save(&place.join("1.csv"));
    find("24.7522").save(&place.join("2.csv"));
    recorded(place, "1.csv");
    recorded(place, "1.csv 2.csv");
    let ids = column(&campaign, &CHECKS, "site_id");
    assert_eq!(
        ids,
        ["990101201202-2026R2-F001", "990101201202-2026R2-F002"]
    );
    // Somebody goes there once more.
    let again = [
        ("site_id", "990101201202-2026R2-F002"),
        ("code", ""),
        ("outcome", "待复查"),
    ];
    Ledger::of(place).fill(0, &again).save(&place.join("3.csv"));
    assert_eq!(recorded(place, "3.csv")["files"][0]["taken"], 1);
    // Beside another find it may be the same plot.
    let flags = column(&campaign, &CHECKS, "flag");
    find("24.75222").save(&place.join("beside.csv"));
    recorded(place, "beside.csv");
    let flag = column(&campaign, &CHECKS, "flag").remove(3);
    assert!(
        flag.contains("2 m from `990101201202-2026R2-F002`: perhaps the same plot"),
        "{flag}, {flags:?}"
    );
    // Far from every village it is of the county.
    find("24.9").save(&place.join("4.csv"));
    recorded(place, "4.csv");
    assert_eq!(
        column(&campaign, &CHECKS, "site_id")[4],
        "990101000000-2026R2-F001"
    );
}

#[test]
fn a_number_altered_behind_the_audit_shows() {
    let folder = given_out();
    let place = folder.path();
    let campaign = place.join("second.gpkg");
    let confirmed = [
        ("outcome", "确认"),
        ("species", "罂粟"),
        ("plant_count", "9"),
        ("checked_at", "2026-05-04"),
    ];
    Ledger::of(place)
        .fill(0, &confirmed)
        .fill(1, &FALSE_ALARM)
        .save(&place.join("back.csv"));
    recorded(place, "back.csv");
    let faults = || {
        let ran = tianmu(place, "verify second.gpkg --json", &[]);
        let said: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        said["rows"].as_array().unwrap().clone()
    };
    assert_eq!(faults(), [""; 0]);
    let id = column(&campaign, &CHECKS, "check_id").remove(1);
    record(place, &format!("--withdraw {id} --reason mistaken")).expect(0);
    assert_eq!(faults(), [""; 0]);
    let altered = |sql: &str| {
        let options = gdal::DatasetOptions {
            open_flags: gdal::GdalOpenFlags::GDAL_OF_VECTOR | gdal::GdalOpenFlags::GDAL_OF_UPDATE,
            ..gdal::DatasetOptions::default()
        };
        let dataset = gdal::Dataset::open_ex(&campaign, options).unwrap();
        dataset
            .execute_sql(sql, None, gdal::vector::sql::Dialect::DEFAULT)
            .unwrap();
    };
    altered("UPDATE checks SET plant_count = 900 WHERE plant_count = 9");
    let said = faults();
    assert!(
        said.len() == 1
            && said[0]
                .as_str()
                .unwrap()
                .contains("checks: a value was altered"),
        "{said:?}"
    );
    altered("UPDATE checks SET plant_count = 9 WHERE plant_count = 900");
    assert_eq!(faults(), [""; 0]);
    altered("UPDATE checks SET state = 'counted'");
    assert_eq!(faults().len(), 1);
}
