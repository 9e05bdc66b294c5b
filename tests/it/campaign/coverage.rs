//! Coverage of a campaign, through the program: what counts, gaps in the table and in files, nothing
//! written twice.

use crate::support::{column, county, info, rows, tianmu};
use std::path::Path;
use tianmu::campaign::Campaign;
use tianmu::campaign::coverage::{CoverageSettings, RESOLUTION, measure};
use tianmu::campaign::tables::{AUDIT, GAPS};
use tianmu::tasks::TaskSettings;
use tianmu::vector::StoreTarget;

fn json(folder: &Path, words: &str) -> serde_json::Value {
    let ran = tianmu(folder, words, &[]).expect(0);
    serde_json::from_str(&ran.out).unwrap()
}

#[test]
fn gaps_are_kept_once_and_written_for_flight_planners() {
    let folder = county().with(&["first.gpkg"]);
    let place = folder.path();
    let campaign = place.join("first.gpkg");
    let audit = rows(&campaign, &AUDIT).len();

    // A try leaves the campaign alone.
    tianmu(place, "coverage first.gpkg --dry-run", &[]).expect(0);
    assert_eq!(
        (rows(&campaign, &GAPS).len(), rows(&campaign, &AUDIT).len()),
        (0, audit)
    );

    let words = "coverage first.gpkg -o gaps.geojson --csv villages.csv --json";
    let said = json(place, words);
    let gaps = said["report"]["gaps"].as_array().unwrap();
    assert_eq!(rows(&campaign, &GAPS).len(), gaps.len());
    assert_eq!(
        column(&campaign, &AUDIT, "action").pop().unwrap(),
        "coverage"
    );
    assert_eq!(
        info(place, "first.gpkg")["audit_broken"],
        serde_json::Value::Null
    );
    let villages = said["report"]["villages"].as_array().unwrap();
    assert_eq!(said["report"]["by_crop"][0]["dates"][0], "2026-03-22");
    let covered = said["totals"]["covered_m2"].as_f64().unwrap();
    assert!((covered / 5398.14 - 1.0).abs() < 0.01, "{covered}");
    // What is in no gap was seen, or is said to be left out.
    let sum = |name: &str| said["totals"][name].as_f64().unwrap();
    let rest = said["report"]["left_out_m2"].as_f64().unwrap();
    let all = sum("covered_m2") + sum("gaps_m2") + rest;
    assert!((all / sum("area_m2") - 1.0).abs() < 1e-6, "{all}");

    let written = fs_err::read_to_string(place.join("gaps.geojson")).unwrap();
    let written: serde_json::Value = serde_json::from_str(&written).unwrap();
    let features = written["features"].as_array().unwrap();
    assert_eq!(features.len(), gaps.len());
    for (feature, gap) in features.iter().zip(gaps) {
        assert_eq!(feature["geometry"]["type"], "Polygon");
        assert_eq!(
            (&feature["id"], &feature["properties"]["reason"]),
            (&gap["id"], &gap["reason"])
        );
        assert!(
            feature["properties"]["title"]
                .as_str()
                .unwrap()
                .contains("未拍摄")
        );
    }
    let table = fs_err::read_to_string(place.join("villages.csv")).unwrap();
    assert!(table.starts_with("\u{feff}xzqdm,county,town,village,"));
    assert_eq!(table.matches("\r\n").count(), villages.len() + 1);

    // The same gaps change nothing; files are not replaced unasked.
    let audit = rows(&campaign, &AUDIT).len();
    let refused = tianmu(place, words, &[]).expect(1);
    assert!(refused.err.contains("gaps.geojson"), "{}", refused.err);
    assert_eq!(json(place, &format!("{words} --overwrite")), said);
    assert_eq!(rows(&campaign, &AUDIT).len(), audit);

    // A stricter limit makes other gaps, which take the place of the old ones.
    let strict = json(place, "coverage first.gpkg --max-gsd 1 --json");
    assert_eq!(strict["totals"]["covered_m2"], 0.0);
    let reasons = column(&campaign, &GAPS, "reason");
    assert!(reasons.iter().any(|r| r == "too_coarse"));
    assert_eq!(
        rows(&campaign, &GAPS).len(),
        strict["report"]["gaps"].as_array().unwrap().len()
    );
    assert_eq!(rows(&campaign, &AUDIT).len(), audit + 1);
    let statement = strict["statement_zh"].as_str().unwrap();
    assert!(
        !statement.contains("未发现") && statement.contains("未作答的村"),
        "{statement}"
    );
}

#[test]
fn the_table_names_every_village_and_what_the_limit_shows() {
    let folder = county().with(&["first.gpkg"]);
    let place = folder.path();
    let zh = tianmu(place, "coverage first.gpkg --dry-run", &[])
        .expect(0)
        .out;
    let en = tianmu(place, "coverage first.gpkg --dry-run --lang en", &[])
        .expect(0)
        .out;
    for code in json(place, "coverage first.gpkg --dry-run --json")["report"]["villages"]
        .as_array()
        .unwrap()
    {
        let code = code["xzqdm"].as_str().unwrap();
        assert!(zh.contains(code) && en.contains(code), "{code}");
    }
    assert!(zh.contains("可辨 20 平方米及以上的地块"), "{zh}");
    assert!(en.contains("shows plots of 20 m² and more"), "{en}");
    assert!(en.contains("depends on a height that is not known"), "{en}");
}

#[test]
fn what_cannot_be_measured_is_refused_with_a_hint() {
    let folder = county().with(&["first.gpkg"]);
    let place = folder.path();
    let said = |words: &str, code: i32| tianmu(place, words, &[]).expect(code).err;
    let crop = said("coverage first.gpkg --crop tobacco", 2);
    assert!(
        crop.contains(
            "setting `crop` is `tobacco`, wanted a crop of the phenology: opium_poppy (罂粟)"
        ),
        "{crop}"
    );
    assert!(said("coverage first.gpkg --days-apart 0", 2).contains("`days-apart` is `0`"));
    assert!(said("coverage first.gpkg -o gaps.shp", 2).contains("ends in `.geojson`"));
    assert!(said("coverage first.gpkg --csv first.gpkg", 2).contains("ends in `.csv`"));
    tianmu(
        place,
        "campaign new none.gpkg --year 2026 --county-code 990101 -q",
        &[],
    )
    .expect(0);
    let none = said("coverage none.gpkg", 1);
    assert!(
        none.contains("has no villages") && none.contains("--role villages"),
        "{none}"
    );
}

#[test]
fn coverage_and_grade_share_one_table_of_resolution() {
    let of_grade: Vec<(f64, f64)> = TaskSettings::default()
        .grade
        .resolution
        .iter()
        .map(|limit| (limit.from_m2, limit.most_cm))
        .collect();
    assert_eq!(of_grade, RESOLUTION);
}

#[test]
fn threads_do_not_matter() {
    let target = StoreTarget::File(county().file("second.gpkg"));
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let campaign = Campaign::open(&target).unwrap();
            measure(&campaign, &CoverageSettings::default()).unwrap()
        })
    };
    assert_eq!(with(1), with(4));
}
