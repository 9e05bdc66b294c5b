//! `tianmu chips`: what a round found on the ground, as training chips.

use super::answers::{answer, change, put, set, sites};
use crate::support::{Ran, column, county, model, rows, sample, tianmu};
use geo::{Area, BoundingRect, Coord, MultiPolygon, Polygon};
use image::{GrayImage, RgbImage};
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;
use tianmu::campaign::check::Check;
use tianmu::campaign::tables::{AUDIT, FILES, SCENES, SITES, TASKS};
use tianmu::vector::{Row, Shape, StoredShape, Value};

fn chips(folder: &Path, words: &str) -> Ran {
    let images = sample("");
    let words = format!("chips first.gpkg --images {images} --chip-size 256 {words}");
    tianmu(folder, &words, &[])
}

/// Rows of a `chips.csv` by column.
fn table(folder: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs_err::read_to_string(folder.join("chips.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(text.strip_prefix('\u{feff}').unwrap().as_bytes());
    let names: Vec<String> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    let row = |record: csv::StringRecord| {
        let cells = record.iter().map(str::to_owned).collect::<Vec<_>>();
        names.iter().cloned().zip(cells).collect()
    };
    reader
        .records()
        .map(|record| row(record.unwrap()))
        .collect()
}

/// The rows that show a site.
fn showing<'a>(
    table: &'a [BTreeMap<String, String>],
    site: &str,
) -> Vec<&'a BTreeMap<String, String>> {
    table
        .iter()
        .filter(|row| row["site_ids"].split("; ").any(|id| id == site))
        .collect()
}

fn outline(campaign: &Path, site: &str) -> MultiPolygon<f64> {
    let found = rows(campaign, &SITES);
    let row = found.into_iter().find(|row| row.text("site_id") == site);
    row.unwrap().shape.map(StoredShape::into_area).unwrap()
}

/// A box a little larger than a site, as somebody walked it, as WKT.
fn walked(campaign: &Path, site: &str) -> (String, Polygon<f64>) {
    let rect = outline(campaign, site).bounding_rect().unwrap();
    let (low, high) = (rect.min(), rect.max());
    let corners = [
        (low.x, low.y),
        (high.x, low.y),
        (high.x, high.y),
        (low.x, high.y),
        (low.x, low.y),
    ];
    let text: Vec<String> = corners.iter().map(|(x, y)| format!("{x} {y}")).collect();
    (
        format!("POLYGON (({}))", text.join(", ")),
        rect.to_polygon(),
    )
}

/// Seven sites with seven answers: 0 and 1 confirmed (1 as cannabis, walked around), 2 a false alarm,
/// 3 licensed, 4 not found, 5 a false alarm at a home, 6 not answered.
fn answered() -> (TempDir, Vec<String>) {
    let folder = county().with(&["first.gpkg"]);
    let campaign = folder.path().join("first.gpkg");
    let ids = sites(&campaign);
    assert_eq!(ids.len(), 7);
    for (at, id) in ids.iter().enumerate() {
        let setting = if at == 5 { "courtyard" } else { "open" };
        set(&campaign, &SITES, id, "setting", setting);
    }
    let confirmed = Check {
        species: "opium_poppy".into(),
        ..answer(&ids[0], "confirmed")
    };
    let hemp = Check {
        species: "cannabis".into(),
        plot: walked(&campaign, &ids[1]).0,
        ..answer(&ids[1], "confirmed")
    };
    let confuser = |at: usize, what: &str| Check {
        confuser: what.into(),
        ..answer(&ids[at], "false_alarm")
    };
    put(
        &campaign,
        vec![
            confirmed,
            hemp,
            confuser(2, "corn_poppy"),
            answer(&ids[3], "legal_crop"),
            answer(&ids[4], "not_found"),
            confuser(5, "garden_flower"),
        ],
    );
    (folder, ids)
}

#[test]
fn each_answer_is_what_it_teaches() {
    let (folder, ids) = answered();
    let place = folder.path();
    let campaign = place.join("first.gpkg");
    let ran = chips(place, "-o chips --json").expect(0);
    let done: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        done["classes"],
        serde_json::json!(["cannabis", "opium_poppy"])
    );
    assert_eq!(done["walked"], 1);
    assert_eq!(
        done["left_out"],
        serde_json::json!({"homes where no crop stood": 1, "not answered in this round": 1, "not_found": 1})
    );
    let all = table(&place.join("chips"));
    let one = |at: usize| {
        let found = showing(&all, &ids[at]);
        assert!(!found.is_empty(), "{at}: {all:?}");
        found[0].clone()
    };
    for at in [4, 5, 6] {
        assert!(showing(&all, &ids[at]).is_empty(), "{at}");
    }
    assert!(one(0)["classes"].contains("opium_poppy") && one(0)["outcomes"].contains("confirmed"));
    assert!(one(1)["classes"].contains("cannabis"), "{:?}", one(1));
    assert!(one(2)["confusers"].contains("corn_poppy"));
    assert!(one(3)["outcomes"].contains("legal_crop") && one(3)["classes"].contains("opium_poppy"));
    assert!(
        all.iter()
            .all(|row| row["src_image"] == "round1.tif" && row["src_sha256"].len() == 64)
    );
    assert!(one(0)["checked_at"].starts_with("2026-05-10"));
    // One side or the other, and each beside its pictures.
    let side = &one(0)["split"];
    assert!(
        all.iter()
            .all(|row| row["split"] == *side && row["xzqdm"] == "990101201202")
    );
    assert_eq!(table(&place.join("chips").join(side)), all);
    let negatives = all.iter().filter(|row| row["kind"] == "negative");
    for row in negatives {
        let labels = place
            .join(format!("chips/{side}/labels"))
            .join(&row["chip"]);
        assert_eq!(
            fs_err::read_to_string(labels.with_extension("txt")).unwrap(),
            ""
        );
    }
    let readme = fs_err::read_to_string(place.join("chips/README.md")).unwrap();
    assert!(
        readme.contains("- 1: homes where no crop stood") && readme.contains("0 `cannabis`"),
        "{readme}"
    );
    // The campaign names the folder, and `verify` knows every file of it.
    assert_eq!(column(&campaign, &FILES, "kind"), ["chips"]);
    assert_eq!(column(&campaign, &AUDIT, "action").last().unwrap(), "chips");
    let words = format!("verify first.gpkg --files {}", sample(""));
    tianmu(place, &words, &[]).expect(0);
    // What exists is replaced only when that is asked for; the bytes are the same.
    let manifest = fs_err::read(place.join("chips/manifest.csv")).unwrap();
    chips(place, "-o chips").expect(1);
    chips(place, "-o chips --overwrite").expect(0);
    assert_eq!(
        fs_err::read(place.join("chips/manifest.csv")).unwrap(),
        manifest
    );
    assert_eq!(column(&campaign, &FILES, "kind"), ["chips"]);
    // Homes are shown when that is asked for.
    chips(place, "-o homes --with-homes").expect(0);
    let homes = table(&place.join("homes"));
    assert!(showing(&homes, &ids[5])[0]["confusers"].contains("garden_flower"));
}

#[test]
fn outlines_are_those_that_were_walked_and_what_nobody_knows_is_painted_over() {
    let (folder, ids) = answered();
    let place = folder.path();
    let campaign = place.join("first.gpkg");
    chips(place, "-o chips --layout mask --val-share 0").expect(0);
    let all = table(&place.join("chips"));
    let open = |row: &BTreeMap<String, String>, of: &str| {
        image::open(place.join("chips/train").join(of).join(&row["chip"])).unwrap()
    };
    // The area of the walked outline in square metres, from the pixels of its class.
    let row = showing(&all, &ids[1])[0];
    let mask: GrayImage = open(row, "masks").to_luma8();
    let gsd: f64 = row["gsd_m"].parse().unwrap();
    let seen =
        f64::from(u32::try_from(mask.pixels().filter(|p| p.0 == [1]).count()).unwrap()) * gsd * gsd;
    let (_, plot) = walked(&campaign, &ids[1]);
    let wanted = tianmu::georef::geodesic_area_m2(&MultiPolygon::new(vec![plot]));
    assert!((seen / wanted - 1.0).abs() < 0.05, "{seen} {wanted}");
    // The crop of a place that nobody answered for shows in no chip.
    for row in &all {
        let (picture, mask): (RgbImage, GrayImage) =
            (open(row, "images").to_rgb8(), open(row, "masks").to_luma8());
        for (pixel, value) in picture.pixels().zip(mask.pixels()) {
            assert_eq!(pixel.0 == [0; 3], value.0 == [255], "{}", row["chip"]);
        }
        for at in [4, 5, 6] {
            if let Some(corner) = inside(row, &outline(&campaign, &ids[at])) {
                assert_eq!(
                    mask.get_pixel(corner.0, corner.1).0,
                    [255],
                    "{at} in {}",
                    row["chip"]
                );
            }
        }
    }
}

/// A pixel of a chip within a site, where the chip shows its middle.
fn inside(row: &BTreeMap<String, String>, site: &MultiPolygon<f64>) -> Option<(u32, u32)> {
    use geo::InteriorPoint;
    let number = |name: &str| row[name].parse::<f64>().unwrap();
    let crs = tianmu::georef::Crs::parse(&row["map_crs"]).ok()?;
    let point = site.interior_point()?;
    let (x, y) = crs.wgs84_to_map().ok()?.point(point.x(), point.y()).ok()?;
    let at = (
        (x - number("map_x")) / number("gsd_m") + 128.0,
        (number("map_y") - y) / number("gsd_m") + 128.0,
    );
    let whole = |v: f64| {
        (1.0..255.0)
            .contains(&v)
            .then(|| tianmu::georef::floor_to_u32(v))
    };
    Some((whole(at.0)?, whole(at.1)?))
}

#[test]
fn villages_are_on_one_side_and_our_own_bench_reads_it() {
    let (folder, ids) = answered();
    let place = folder.path();
    let campaign = place.join("first.gpkg");
    // Two villages of which one falls on either side.
    for id in &ids[..2] {
        set(&campaign, &SITES, id, "xzqdm", "990101201203");
    }
    // By the first 32 bits of their hashes one is at 0.024 of all numbers, the other at 0.348.
    let sides = BTreeMap::from([("990101201202", "train"), ("990101201203", "val")]);
    for layout in ["yolo", "coco", "mask"] {
        chips(
            place,
            &format!("-o {layout} --layout {layout} --val-share 20% -q"),
        )
        .expect(0);
        let all = table(&place.join(layout));
        assert!(
            all.iter()
                .all(|row| sides[row["xzqdm"].as_str()] == row["split"])
        );
        let of_side = |side: &str| all.iter().filter(|row| row["split"] == side).count();
        assert!(of_side("train") > 0 && of_side("val") > 0);
        // A place of one side shows in no chip of the other.
        for row in &all {
            for id in row["site_ids"].split("; ").filter(|id| !id.is_empty()) {
                let of = if ids[..2].iter().any(|i| i == id) {
                    "990101201203"
                } else {
                    "990101201202"
                };
                assert_eq!(sides[of], row["split"], "{id}");
            }
        }
        let model = model();
        let words = format!("bench {layout}/val -m {model} -o bench-{layout} -q");
        let ran = tianmu(place, &words, &[]);
        assert_eq!(ran.code, 0, "{words}: {}{}", ran.out, ran.err);
    }
}

#[test]
fn images_are_those_that_were_scanned_before_somebody_looked() {
    let (folder, ids) = answered();
    let place = folder.path();
    let campaign = place.join("first.gpkg");
    // Nowhere: said, and nothing is left behind.
    let ran = tianmu(place, "chips first.gpkg -o chips", &[]).expect(1);
    assert!(
        ran.err.contains("1 images missing") && ran.err.contains("`--images`"),
        "{}",
        ran.err
    );
    assert!(!place.join("chips").exists());
    // Another file of that name: refused by name.
    fs_err::create_dir(place.join("other")).unwrap();
    fs_err::copy(sample("round2.tif"), place.join("other/round1.tif")).unwrap();
    let ran = tianmu(place, "chips first.gpkg -o chips --images other", &[]).expect(1);
    assert!(
        ran.err.contains("1 that are not those that were scanned"),
        "{}",
        ran.err
    );
    // A finer image in which no run saw them, and one that is later than the check.
    let scene = |path: String, time: &str| {
        let sha256 = tianmu::pipeline::provenance::hash_of_image(Path::new(&path)).unwrap();
        let values = SCENES.fields.iter().map(|field| match field.name {
            "path" => path.clone().into(),
            "sha256" => sha256.clone().into(),
            "capture_time" => time.to_owned().into(),
            "gsd_cm" => Value::Real(5.0),
            _ => "".into(),
        });
        Row {
            shape: Shape::None,
            values: values.collect(),
        }
    };
    change(&campaign, |change| {
        change
            .insert(
                &SCENES,
                std::iter::once(scene(sample("round2.tif"), "2026-05-09T10:00:00")),
            )
            .map(drop)
    });
    chips(place, "-o chips").expect(0);
    assert!(
        table(&place.join("chips"))
            .iter()
            .all(|row| row["src_image"] == "round1.tif")
    );
    // Without the image that showed them, the other is taken, unless it is later.
    let only = |time: &str| {
        change(&campaign, |change| {
            change.delete(&SCENES, &tianmu::vector::Filter::All)?;
            change
                .insert(&SCENES, std::iter::once(scene(sample("round2.tif"), time)))
                .map(drop)
        });
    };
    only("2026-05-09T10:00:00");
    chips(place, "-o chips --overwrite").expect(0);
    assert!(
        table(&place.join("chips"))
            .iter()
            .all(|row| row["src_image"] == "round2.tif")
    );
    only("2026-05-11T10:00:00");
    let ran = chips(place, "-o chips --overwrite").expect(1);
    assert!(ran.err.contains("gives no chip"), "{}", ran.err);
    assert!(!ids.is_empty());
}

#[test]
fn a_plot_that_the_model_missed_is_learned_and_background_shows_no_home() {
    let (folder, ids) = answered();
    let place = folder.path();
    let campaign = place.join("first.gpkg");
    // A place drawn by lot, ten metres beside a site, where somebody found and walked around a plot.
    let (west, north) = {
        let rect = outline(&campaign, &ids[0]).bounding_rect().unwrap();
        (rect.min().x - 2e-4, rect.max().y)
    };
    let corners: Vec<Coord<f64>> = [(0.0, 0.0), (5e-5, 0.0), (5e-5, -5e-5), (0.0, -5e-5)]
        .map(|(x, y)| Coord {
            x: west + x,
            y: north + y,
        })
        .into();
    let text: Vec<String> = corners
        .iter()
        .chain(&corners[..1])
        .map(|c| format!("{} {}", c.x, c.y))
        .collect();
    let mut values: Vec<Value<'_>> = TASKS.fields.iter().map(|_| "".into()).collect();
    for (at, field) in TASKS.fields.iter().enumerate() {
        match field.name {
            "site_id" => values[at] = "990101201202-2026R1-K001".into(),
            "kind" => values[at] = "control_random".into(),
            "xzqdm" => values[at] = "990101201202".into(),
            "day" | "stop" | "stratum_cells" | "stratum_drawn" => values[at] = Value::Integer(1),
            _ => {}
        }
    }
    change(&campaign, |change| {
        let row = Row {
            shape: Shape::Point(geo::Point::new(west, north)),
            values,
        };
        change.insert(&TASKS, std::iter::once(row)).map(drop)
    });
    put(
        &campaign,
        vec![Check {
            species: "cannabis".into(),
            plot: format!("POLYGON (({}))", text.join(", ")),
            ..answer("990101201202-2026R1-K001", "confirmed")
        }],
    );
    let ran = chips(place, "-o chips --background 8 --json").expect(0);
    let done: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (&done["walked"], &done["background"]),
        (&2.into(), &8.into())
    );
    let all = table(&place.join("chips"));
    assert!(showing(&all, "990101201202-2026R1-K001")[0]["classes"].contains("cannabis"));
    // A purge finds no home on them.
    let background = all.iter().filter(|row| row["kind"] == "background").count();
    assert_eq!(background, 8);
    let ran = tianmu(place, "campaign purge first.gpkg --dry-run --json", &[]).expect(0);
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["deleted"], serde_json::json!([]));
    assert!(outline(&campaign, &ids[0]).unsigned_area() > 0.0);
}
