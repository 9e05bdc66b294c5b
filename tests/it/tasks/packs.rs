//! What a pack holds.

use super::{files_below, ledger, of, tasks};
use crate::support::{column, county, rows, sample, tianmu};
use std::collections::BTreeSet;
use tianmu::campaign::tables::{SITES, TASKS};

const VILLAGE: &str = "990101201202";

#[test]
fn a_pack_has_every_format_and_says_what_it_is() {
    let folder = county().with(&["second.gpkg"]);
    let place = folder.path();
    let images = sample("");
    let ran = tasks(
        place,
        &format!("second.gpkg -o pack --images {images} --json"),
    )
    .expect(0);
    let done: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let files = files_below(&place.join("pack"));
    let mut names: BTreeSet<&str> = files.keys().map(String::as_str).collect();
    for site in column(&place.join("second.gpkg"), &SITES, "site_id") {
        let name = format!("pictures/{site}.jpg");
        assert!(names.remove(name.as_str()), "no {name}");
    }
    let mut wanted = vec![
        "README.txt",
        "ledger.csv",
        "ledger.xlsx",
        "manifest.csv",
        "maproulette.geojson",
        "odk/form.xlsx",
        "odk/sites.geojson",
        "ovital.txt",
        "qfield/checks.gpkg",
        "sheets/990101201202.html",
        "sites.gpx",
        "sites.kmz",
    ];
    if cfg!(feature = "pdf") {
        wanted.insert(10, "sheets/990101201202.pdf");
    }
    assert!(names.iter().eq(&wanted), "{names:?}");
    assert!(files.values().all(|bytes| !bytes.is_empty()));
    for name in [
        "README.txt",
        "ledger.csv",
        "sites.gpx",
        "ovital.txt",
        "manifest.csv",
    ] {
        assert!(
            String::from_utf8_lossy(&files[name]).contains("线索，非证据"),
            "{name}"
        );
    }
    // The list says, the answer says and the campaign says the same.
    let rows_of_ledger = ledger(&place.join("pack"));
    let tasks_of = rows(&place.join("second.gpkg"), &TASKS);
    assert_eq!(done["tasks"], rows_of_ledger.len());
    assert_eq!(done["new"], tasks_of.len());
    assert_eq!(done["pictures"], 9);
    let listed: BTreeSet<String> = of(&rows_of_ledger, "site_id").into_iter().collect();
    let noted: BTreeSet<String> = tasks_of.iter().map(|t| t.text("site_id")).collect();
    assert_eq!(listed, noted);
    for row in &rows_of_ledger {
        assert_eq!(row["xzqdm"], VILLAGE);
        assert!(row["code"].starts_with("201202-"), "{}", row["code"]);
        assert_eq!(
            (row["assigned_on"].as_str(), row["due"].as_str()),
            ("2026-04-21", "2026-04-28")
        );
        let task = tasks_of
            .iter()
            .find(|t| t.text("site_id") == row["site_id"])
            .unwrap();
        for (name, column) in [
            ("code", "code"),
            ("day", "day"),
            ("stop", "stop"),
            ("due", "due"),
        ] {
            assert_eq!(row[name], task.text(column), "{name} of {}", row["site_id"]);
        }
    }
    // Licensed ground and what lies on a border is marked.
    let listing = of(&rows_of_ledger, "listing");
    assert!(
        listing.iter().any(|l| l == "许可范围内（legal_crop?）"),
        "{listing:?}"
    );
    assert!(
        listing.iter().any(|l| l.starts_with("临界点")),
        "{listing:?}"
    );
}

#[test]
fn the_same_campaign_and_day_give_the_same_bytes() {
    let folder = county().with(&["second.gpkg"]);
    let place = folder.path();
    fs_err::copy(place.join("second.gpkg"), place.join("other.gpkg")).unwrap();
    let images = sample("");
    let settings = format!("--images {images} --control 20% --per-day 4 --days 1 -q");
    tasks(place, &format!("second.gpkg -o pack {settings}")).expect(0);
    let one_thread = [("RAYON_NUM_THREADS", "1")];
    let words = format!("tasks other.gpkg -o other {settings} --date 2026-04-21");
    tianmu(place, &words, &one_thread).expect(0);
    let (one, other) = (
        files_below(&place.join("pack")),
        files_below(&place.join("other")),
    );
    assert!(one.keys().eq(other.keys()));
    let different: Vec<&String> = one
        .keys()
        .filter(|name| one[*name] != other[*name])
        .collect();
    assert_eq!(different, [""; 0]);
    assert!(one.keys().any(|name| name.starts_with("pictures/")));
    // So does the same campaign once more: what it noted of the first pack alters nothing.
    tasks(place, &format!("second.gpkg -o again {settings}")).expect(0);
    let again = files_below(&place.join("again"));
    let different: Vec<&String> = one
        .keys()
        .filter(|name| again.get(*name) != one.get(*name))
        .collect();
    assert_eq!(different, [""; 0]);
}

#[test]
fn grades_say_who_is_visited() {
    let folder = county().with(&["first.gpkg"]);
    let place = folder.path();
    // By the county's own windows everything is urgent; out of season it is half as much, without
    // what lies around it still less.
    let settings = "[grade]\nhistory-weight = 0\nclearing-weight = 0\ncourtyard-weight = 0\n\
                    border-weight = 0\narea-weight = 0\ngrade-a = 97\ngrade-b = 90\n";
    fs_err::write(place.join("set.toml"), settings).unwrap();
    let graded = |letters: &str| {
        let _ = fs_err::copy(county().file("first.gpkg"), place.join("first.gpkg"));
        let words = format!(
            "first.gpkg -o {letters} --config set.toml --control 0 --formats csv --grades {letters} --json"
        );
        let ran = tasks(place, &words);
        (ran.code, ran.out, ran.err)
    };
    let (_, all, _) = graded("A,B,C");
    let all: serde_json::Value = serde_json::from_str(&all).unwrap();
    let by_grade: Vec<u64> = all["by_grade"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n.as_u64().unwrap())
        .collect();
    assert_eq!(by_grade.iter().sum::<u64>(), 7);
    assert!(by_grade.iter().all(|n| *n > 0), "{by_grade:?}");
    for (at, letter) in ["A", "B", "C"].into_iter().enumerate() {
        let (_, out, _) = graded(letter);
        let done: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(
            (&done["tasks"], &done["left"]),
            (&by_grade[at].into(), &(7 - by_grade[at]).into())
        );
        let rows = ledger(&place.join(letter));
        assert!(rows.iter().all(|row| row["grade"] == letter), "{letter}");
        for row in rows {
            let priority: f64 = row["priority"].parse().unwrap();
            let wanted = match letter {
                "A" => 97.0..=100.0,
                "B" => 90.0..=97.0,
                _ => 0.0..=90.0,
            };
            assert!(wanted.contains(&priority), "{letter}: {priority}");
        }
        // Every site has its grade in the campaign, visited or not.
        let mut letters = column(&place.join("first.gpkg"), &SITES, "grade");
        letters.sort();
        letters.dedup();
        assert_eq!(letters, ["A", "B", "C"]);
    }
    let (code, _, err) = graded("D");
    assert!(code == 2 && err.contains("letters of A, B, C"), "{err}");
}

#[test]
fn formats_sheets_and_languages_are_chosen() {
    let folder = county().with(&["second.gpkg"]);
    let place = folder.path();
    let made = |words: &str, name: &str| {
        fs_err::copy(county().file("second.gpkg"), place.join("second.gpkg")).unwrap();
        tasks(place, &format!("second.gpkg -o {name} --control 0 {words}")).expect(0);
        let names: Vec<String> = files_below(&place.join(name)).into_keys().collect();
        names
    };
    assert_eq!(
        made("--formats csv,gpx", "two"),
        ["README.txt", "ledger.csv", "manifest.csv", "sites.gpx"]
    );
    let names = made("--sheets none", "none");
    assert!(names.contains(&"ledger.xlsx".into()) && names.iter().all(|n| !n.contains("sheet")));
    assert_eq!(made("--formats html --sheets 3", "few").len(), 3);
    let html = fs_err::read_to_string(place.join(format!("few/sheets/{VILLAGE}.html"))).unwrap();
    assert_eq!(html.matches("<section").count(), 3);
    made("--formats html,csv --sheets all --lang en", "english");
    let html =
        fs_err::read_to_string(place.join(format!("english/sheets/{VILLAGE}.html"))).unwrap();
    assert_eq!(html.matches("<section").count(), 9);
    assert!(html.contains("leads, not evidence"));
    let text = fs_err::read_to_string(place.join("english/README.txt")).unwrap();
    assert!(text.contains("leads, not evidence"), "{text}");
    let rows = ledger(&place.join("english"));
    assert!(
        rows.iter()
            .all(|row| row["notice"].contains("leads, not evidence"))
    );
    assert!(rows.iter().any(|row| row["class"] == "opium poppy"));
    for (words, said) in [
        ("--formats csv,pptx", "possible values: xlsx, csv, kmz"),
        ("--sheets many", "a number, `all` or `none`"),
        ("--lang fr", "possible values: zh, en"),
        ("--date 21.4.2026", "a day such as 2026-05-04"),
        ("--date 2026-02-30", "a day such as 2026-05-04"),
        ("--control 60%", "a share from 0 to 50%"),
        ("--per-day 0", "per"),
        ("--config none.toml", "none.toml"),
        ("--dem none.tif", "none.tif"),
        ("--font none.otf", "none.otf"),
    ] {
        let before = column(&place.join("second.gpkg"), &TASKS, "site_id");
        let ran = tianmu(place, &format!("tasks second.gpkg -o bad {words}"), &[]);
        assert!(ran.code == 1 || ran.code == 2, "{words}: {}", ran.code);
        assert!(ran.err.contains(said), "{words}: {}", ran.err);
        assert!(!place.join("bad").exists(), "{words}");
        assert_eq!(
            column(&place.join("second.gpkg"), &TASKS, "site_id"),
            before,
            "{words}"
        );
    }
}

#[test]
fn what_could_not_be_computed_is_said() {
    let folder = county().with(&["first-scan.gpkg"]);
    let place = folder.path();
    for words in [
        "campaign new bare.gpkg --year 2026 --county-code 990101 -q",
        "campaign import bare.gpkg first-scan.gpkg --role scan -q",
    ] {
        tianmu(place, words, &[]).expect(0);
    }
    let said = tasks(
        place,
        "bare.gpkg -o en --lang en --formats csv --grades A,B,C",
    )
    .expect(0)
    .out;
    let layers = [
        "history",
        "buildings",
        "forest",
        "water",
        "road",
        "whitelist",
        "elevation",
    ];
    let text = fs_err::read_to_string(place.join("en/README.txt")).unwrap();
    for layer in layers {
        let note = text
            .lines()
            .find(|l| l.starts_with("not computed: no ") && l.contains(layer));
        assert!(note.is_some(), "{layer}: {text}");
        assert!(said.contains(note.unwrap()), "{said}");
        for row in ledger(&place.join("en")) {
            assert!(
                row["reasons"].contains(note.unwrap()),
                "{layer}: {}",
                row["reasons"]
            );
        }
    }
    // What is not known is empty, not zero.
    for row in ledger(&place.join("en")) {
        for name in [
            "dist_building_m",
            "dist_road_m",
            "border_m",
            "hist",
            "licence",
            "xzqdm",
            "village",
        ] {
            assert_eq!(row[name], "", "{name}");
        }
        assert!(row["code"].starts_with("000000-"), "{}", row["code"]);
    }
    let said = tasks(place, "bare.gpkg -o zh --formats csv --grades A,B,C")
        .expect(0)
        .out;
    assert!(
        said.contains("未计算：无房屋图层") && said.contains("张图缺失"),
        "{said}"
    );
    let empty = "campaign new empty.gpkg --year 2026 --county-code 990101 -q";
    tianmu(place, empty, &[]).expect(0);
    let ran = tasks(place, "empty.gpkg -o none").expect(1);
    assert!(
        ran.err.contains("has nothing to visit: 0 sites"),
        "{}",
        ran.err
    );
    assert!(!place.join("none").exists());
}
