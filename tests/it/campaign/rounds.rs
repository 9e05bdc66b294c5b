//! Rounds: what was found before keeps its number, and what became of it is recorded.

use crate::support::{
    HEMP, ModelKit, POPPY, Scene, column, county, info, model, rectangle_file, rows, sample, tianmu,
};
use geo::{Distance, Euclidean, Geometry, Point};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::{TempDir, tempdir};
use tianmu::campaign::tables::{COVERAGE, LINKS, RUNS, SIGHTINGS, SITES, TASKS};
use tianmu::georef::Crs;
use tianmu::vector::{StoredShape, Table, read_features};

const VILLAGE: &str = "990101201202";

/// The plot of the truth that is nearest to each site of a campaign.
fn plots_of(campaign: &Path, round: u32) -> BTreeMap<String, String> {
    let truth = sample(&format!("round{round}-truth.geojson"));
    let truth = read_features(Path::new(&truth), &Crs::wgs84().unwrap(), None, None).unwrap();
    let nearest = |site: Point<f64>| {
        let away = |shape: &StoredShape| {
            let area = Geometry::MultiPolygon(shape.clone().into_area());
            Euclidean.distance(&area, &Geometry::Point(site))
        };
        let best = truth
            .iter()
            .min_by(|a, b| away(&a.shapes[0]).total_cmp(&away(&b.shapes[0])));
        best.unwrap().text(&["id"])
    };
    rows(campaign, &SITES)
        .iter()
        .map(|site| {
            let point = Point::new(site.real("lon").unwrap(), site.real("lat").unwrap());
            let id = site.text("site_id").replace(&format!("{VILLAGE}-2026"), "");
            (id, nearest(point))
        })
        .collect()
}

/// A table without what differs between two campaigns of the same content.
fn table(campaign: &Path, table: &'static Table, without: &[&str]) -> Vec<Vec<String>> {
    let names: Vec<&str> = table
        .fields
        .iter()
        .map(|f| f.name)
        .filter(|n| !without.contains(n))
        .collect();
    let mut all: Vec<Vec<String>> = rows(campaign, table)
        .iter()
        .map(|row| {
            let shape = format!("{:?}", row.shape);
            names.iter().map(|n| row.text(n)).chain([shape]).collect()
        })
        .collect();
    all.sort();
    all
}

fn matched(folder: &Path, campaign: &str) -> Value {
    let ran = tianmu(folder, &format!("campaign match {campaign} --json"), &[]).expect(0);
    serde_json::from_str(&ran.out).unwrap()
}

#[test]
fn plots_keep_their_numbers_from_round_to_round() {
    let folder = county().with(&["first.gpkg", "second.gpkg"]);
    let (first, second) = (
        plots_of(&folder.path().join("first.gpkg"), 1),
        plots_of(&folder.path().join("second.gpkg"), 2),
    );
    assert_eq!(first.len(), 7);
    assert!(first.keys().all(|id| id.starts_with("R1-000")), "{first:?}");
    // The imagery of round 2 lies 1.78 m off. What was there keeps its number, what is new gets
    // one of this round.
    let part_of = |id: &str| id.split('-').next().unwrap().to_owned();
    for (id, plot) in &second {
        match first.get(id) {
            Some(before) => assert_eq!(*before, part_of(plot), "{id}"),
            None => assert!(id.starts_with("R2-000"), "{id}"),
        }
    }
    let of = |plot: &str| {
        let found = second.iter().find(|(_, p)| *p == plot);
        found
            .unwrap_or_else(|| panic!("{plot} was not found: {second:?}"))
            .0
            .clone()
    };
    // C09 was split: one part keeps the number, the other says what it came from.
    let links = rows(&folder.path().join("second.gpkg"), &LINKS);
    let (one, other) = (of("C09-1"), of("C09-2"));
    let (kept, fresh) = if one.starts_with("R1") {
        (one, other)
    } else {
        (other, one)
    };
    assert!(fresh.starts_with("R2"), "{second:?}");
    let full = |id: &str| format!("{VILLAGE}-2026{id}");
    let seen: Vec<[String; 3]> = links
        .iter()
        .map(|l| ["site_id", "relation", "other_id"].map(|n| l.text(n)))
        .collect();
    assert!(
        seen.contains(&[full(&fresh), "split_from".into(), full(&kept)]),
        "{seen:?}"
    );
    // C06 was found in round 1 and grows garlic now.
    let report = matched(folder.path(), "second.gpkg");
    let gone: Vec<&Value> = report["plots"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|p| p["state"] == "gone")
        .collect();
    let garlic = first.iter().find(|(_, plot)| *plot == "C06").unwrap().0;
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0]["site_id"], full(garlic));
    // C07 and C08 are new; C08 is found.
    assert!(of("C08").starts_with("R2"), "{second:?}");
    let persisting = second.keys().filter(|id| id.starts_with("R1")).count();
    assert_eq!(report["persisting"], persisting);
    assert_eq!(report["new"], second.len() - persisting);
    assert_eq!(
        (&report["renumbered"], &report["linked"]),
        (&json!(0), &json!(0))
    );
    // Reading it again changes nothing.
    let before = info(folder.path(), "second.gpkg");
    assert_eq!(matched(folder.path(), "second.gpkg"), report);
    assert_eq!(info(folder.path(), "second.gpkg"), before);
    // As text, it names the one that is gone.
    let said = tianmu(folder.path(), "campaign match second.gpkg", &[])
        .expect(0)
        .out;
    assert!(
        said.contains(&format!("gone       {}", full(garlic))),
        "{said}"
    );
}

#[test]
fn a_scan_from_a_file_is_the_scan_itself() {
    let folder = county().with(&[
        "second-bare.gpkg",
        "second.gpkg",
        "first.gpkg",
        "second-scan.gpkg",
    ]);
    let place = folder.path();
    for words in [
        "campaign import second-bare.gpkg first.gpkg --role previous",
        "campaign import second-bare.gpkg second-scan.gpkg --role scan",
    ] {
        tianmu(place, words, &[]).expect(0);
    }
    let (one, other) = (place.join("second.gpkg"), place.join("second-bare.gpkg"));
    assert_eq!(table(&one, &SITES, &[]), table(&other, &SITES, &[]));
    assert_eq!(table(&one, &LINKS, &[]), table(&other, &LINKS, &[]));
    assert_eq!(table(&one, &SIGHTINGS, &[]), table(&other, &SIGHTINGS, &[]));
    assert_eq!(table(&one, &COVERAGE, &[]), table(&other, &COVERAGE, &[]));
    // The same run again does nothing, whichever way it comes.
    for campaign in ["second.gpkg", "second-bare.gpkg"] {
        let before = info(place, campaign);
        let words = format!("campaign import {campaign} second-scan.gpkg --role scan");
        let said = tianmu(place, &words, &[]).expect(0).out;
        assert!(said.contains("is in the campaign already"), "{said}");
        assert_eq!(info(place, campaign), before, "{campaign}");
    }
}

#[test]
fn an_earlier_round_may_come_in_later() {
    let folder = county().with(&[
        "second-bare.gpkg",
        "second.gpkg",
        "first.gpkg",
        "second-scan.gpkg",
    ]);
    let place = folder.path();
    let campaign = place.join("second-bare.gpkg");
    let run = |words: &str| tianmu(place, words, &[]).expect(0);
    run("campaign import second-bare.gpkg second-scan.gpkg --role scan");
    let ids = column(&campaign, &SITES, "site_id");
    assert!(ids.iter().all(|id| id.contains("-2026R2-")), "{ids:?}");
    fs_err::copy(&campaign, place.join("given-out.gpkg")).unwrap();

    // Nobody knows the numbers yet: they become those of round 1.
    run("campaign import second-bare.gpkg first.gpkg --role previous");
    let report = matched(place, "second-bare.gpkg");
    assert_eq!(
        (&report["renumbered"], &report["linked"]),
        (&json!(6), &json!(0))
    );
    let kept = |path: &Path| {
        let mut kept: Vec<String> = column(path, &SITES, "site_id");
        kept.retain(|id| id.contains("-2026R1-"));
        kept.sort();
        kept
    };
    assert_eq!(kept(&campaign), kept(&place.join("second.gpkg")));
    let mut sightings = column(&campaign, &SIGHTINGS, "site_id");
    let mut sites = column(&campaign, &SITES, "site_id");
    sightings.sort();
    sites.sort();
    assert_eq!(sightings, sites);
    assert_eq!(report["gone"], 1);
    let again = matched(place, "second-bare.gpkg");
    assert_eq!(
        (&again["renumbered"], &again["persisting"]),
        (&json!(0), &json!(6))
    );

    // Tasks are out: what people have on paper stays, and the other number is noted.
    run(
        "tasks given-out.gpkg -o pack --date 2026-04-21 --formats csv --grades A,B,C --control 0 -q",
    );
    run("campaign import given-out.gpkg first.gpkg --role previous");
    let report = matched(place, "given-out.gpkg");
    assert_eq!(
        (&report["renumbered"], &report["linked"]),
        (&json!(0), &json!(6))
    );
    let campaign = place.join("given-out.gpkg");
    let mut sites = column(&campaign, &SITES, "site_id");
    sites.sort();
    assert_eq!(sites, ids);
    let links = rows(&campaign, &LINKS);
    let same: Vec<_> = links
        .iter()
        .filter(|l| l.text("relation") == "same_as")
        .collect();
    assert_eq!(same.len(), 6);
    assert!(same.iter().all(|l| l.text("other_id").contains("-2026R1-")));
    let mut tasks = column(&campaign, &TASKS, "site_id");
    tasks.sort();
    assert_eq!(tasks, ids);
    let again = matched(place, "given-out.gpkg");
    assert_eq!(
        (&again["linked"], &again["persisting"]),
        (&json!(0), &json!(6))
    );
    assert_eq!(rows(&campaign, &LINKS).len(), links.len());
}

/// A folder with an empty campaign `c.gpkg` and a model `m` that knows the colours of plots.
fn painted() -> TempDir {
    let folder = tempdir().unwrap();
    ModelKit::segmenter().save(folder.path(), "m");
    let words = "campaign new c.gpkg --year 2026 --round 2 --county-code 990101 -q";
    tianmu(folder.path(), words, &[]).expect(0);
    folder
}

#[test]
fn shifts_splits_and_merges_are_told_apart() {
    let folder = painted();
    let place = folder.path();
    // 5 cm a pixel: 40 pixels are 2 m.
    let scene = Scene::utm(50, 0.05)
        .size(700, 500)
        .plot([60, 60, 80, 90], POPPY)
        .plot([260, 60, 60, 100], POPPY)
        .plot([340, 60, 70, 100], POPPY)
        .plot([60, 260, 200, 80], HEMP)
        .plot([560, 60, 40, 40], POPPY);
    scene.save(place, "a.tif");
    let id = |number: u32| format!("990101000000-2026R1-{number:04}");
    let before =
        |number: u32, class: &str| json!({"site_id": id(number), "class": class, "pos_err_m": 2.0});
    rectangle_file(
        &place.join("before.geojson"),
        &scene,
        "EPSG:4548",
        &[
            ([100, 60, 80, 90], before(1, "poppy")), // the first, 2 m to the east
            ([260, 60, 150, 100], before(2, "poppy")), // one where two stand now
            ([60, 260, 120, 80], before(3, "hemp")), // two that are one now
            ([185, 260, 75, 80], before(4, "hemp")),
            ([400, 300, 60, 60], before(5, "poppy")), // gone
            ([5000, 300, 60, 60], before(6, "poppy")), // not looked at
        ],
    );
    let said = tianmu(
        place,
        "campaign import c.gpkg before.geojson --role previous",
        &[],
    )
    .expect(0)
    .out;
    assert!(said.contains("previous: 6 rows"), "{said}");
    let said = tianmu(place, "scan a.tif -m m --campaign c.gpkg", &[])
        .expect(0)
        .out;
    let wanted = "5 sites: 1 new, 1 parts of an earlier plot, 0 found again, 3 known from earlier rounds; \
                  1 merged into another, 1 gone; 5 outside of every village";
    assert!(said.contains(wanted), "{said}");

    let campaign = place.join("c.gpkg");
    let mut sites: Vec<String> = rows(&campaign, &SITES)
        .iter()
        .map(|s| {
            format!(
                "{} {} {}",
                s.text("site_id"),
                s.text("class"),
                s.text("relation")
            )
        })
        .collect();
    sites.sort();
    let fresh = |number: u32| format!("990101000000-2026R2-{number:04}");
    let mut wanted = vec![
        format!("{} poppy persisting", id(1)),
        format!("{} poppy persisting", id(2)),
        format!("{} hemp persisting", id(3)),
    ];
    // Which of the new sites is the part, and which the one nobody saw, is in the link.
    wanted.extend([fresh(1), fresh(2)].map(|id| format!("{id} poppy new")));
    assert_eq!(sites, wanted);
    let mut links: Vec<[String; 3]> = rows(&campaign, &LINKS)
        .iter()
        .map(|l| ["site_id", "relation", "other_id"].map(|n| l.text(n)))
        .collect();
    links.sort();
    assert_eq!(links.len(), 2, "{links:?}");
    assert_eq!(links[0], [id(4), "merged_into".into(), id(3)]);
    assert_eq!(links[1][1..], ["split_from".to_owned(), id(2)]);
    // The larger part keeps the number.
    let part = rows(&campaign, &SITES)
        .into_iter()
        .find(|s| s.text("site_id") == links[1][0]);
    assert!((part.unwrap().real("area_m2").unwrap() - 15.0).abs() < 0.5);
    let report = matched(place, "c.gpkg");
    let state = |number: u32| {
        let plots = report["plots"].as_array().unwrap();
        let found = plots.iter().find(|p| p["site_id"] == id(number));
        found.map(|p| p["state"].as_str().unwrap().to_owned())
    };
    assert_eq!(state(1).as_deref(), Some("persisting"));
    assert_eq!(state(4), None);
    assert_eq!(state(5).as_deref(), Some("gone"));
    assert_eq!(state(6).as_deref(), Some("not_seen"));
    // A second look at the same ground tells nothing of it again.
    scene.moved(0.3, 0.3).save(place, "b.tif");
    let said = tianmu(place, "scan b.tif -m m --campaign c.gpkg", &[])
        .expect(0)
        .out;
    let wanted =
        "0 new, 0 parts of an earlier plot, 5 found again, 0 known from earlier rounds; 0 merged";
    assert!(said.contains(wanted), "{said}");
    assert_eq!(rows(&campaign, &LINKS).len(), 2);
}

#[test]
fn the_same_scan_is_added_once_and_another_finds_again() {
    let folder = painted();
    let place = folder.path();
    let scene = Scene::utm(50, 0.05)
        .plot([40, 30, 80, 90], POPPY)
        .plot([150, 60, 40, 50], HEMP);
    scene.save(place, "a.tif");
    scene.moved(0.5, 0.5).save(place, "b.tif");
    let scan = |image: &str| {
        let words = format!("scan {image} -m m --campaign c.gpkg --overwrite");
        tianmu(place, &words, &[]).expect(0).out
    };
    let said = scan("a.tif");
    assert!(said.contains("2 sites: 2 new"), "{said}");
    let before = info(place, "c.gpkg");
    let said = scan("a.tif");
    assert!(said.contains("is in the campaign already"), "{said}");
    assert_eq!(info(place, "c.gpkg"), before);
    // Half a metre off is the same plot.
    let said = scan("b.tif");
    assert!(
        said.contains("2 sites: 0 new, 0 parts of an earlier plot, 2 found again"),
        "{said}"
    );
    let campaign = place.join("c.gpkg");
    assert_eq!(column(&campaign, &SITES, "times_seen"), ["2", "2"]);
    assert_eq!(rows(&campaign, &SIGHTINGS).len(), 4);
    assert_eq!(rows(&campaign, &RUNS).len(), 2);
    // What was scanned lies beside the campaign.
    assert_eq!(fs_err::read_dir(place.join("c-scans")).unwrap().count(), 4);
}

#[test]
fn a_campaign_is_never_replaced_by_a_scan() {
    let folder = painted();
    let place = folder.path();
    Scene::utm(50, 0.05)
        .plot([40, 30, 80, 90], POPPY)
        .save(place, "a.tif");
    let bytes = fs_err::read(place.join("c.gpkg")).unwrap();
    for (words, code, said) in [
        ("scan a.tif -m m -o c.gpkg", 1, "`c.gpkg`"),
        (
            "scan a.tif -m m -o c.gpkg --overwrite",
            1,
            "which is never replaced",
        ),
        (
            "scan a.tif -m m --campaign c.gpkg -o c.gpkg --overwrite",
            1,
            "which is never replaced",
        ),
        (
            "scan a.tif -m m --campaign c.gpkg --shard 1/2 -o one.shard",
            2,
            "campaign",
        ),
        (
            "scan a.tif -m m --campaign none.gpkg",
            1,
            "`none.gpkg` does not exist",
        ),
        ("scan a.tif -m m", 2, "--output"),
    ] {
        let ran = tianmu(place, words, &[]).expect(code);
        assert!(ran.err.contains(said), "{words}: {}", ran.err);
        assert!(
            fs_err::read(place.join("c.gpkg")).unwrap() == bytes,
            "{words}"
        );
    }
    assert!(!place.join("one.shard").exists());
    // The real model on a real campaign, too, before it has done any work.
    let folder = county().with(&["first.gpkg"]);
    let words = format!(
        "scan {} -m {} -o first.gpkg --overwrite",
        sample("round1.tif"),
        model()
    );
    let ran = tianmu(folder.path(), &words, &[]).expect(1);
    assert!(ran.err.contains("which is never replaced"), "{}", ran.err);
}
