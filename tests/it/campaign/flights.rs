//! Flights in a campaign: each once, however often its photos are read; what they show is planned with,
//! and never taken for looked at.

use crate::support::{column, county, info, rows, tianmu};
use geo::{Coord, LineString, MultiLineString, MultiPolygon, Rect};
use std::path::Path;
use std::time::Duration;
use tianmu::campaign::coverage::{CoverageSettings, ExtraImage, keep_gaps, measure, measure_with};
use tianmu::campaign::flights::{FlightRow, Kept, flown, keep_flights};
use tianmu::campaign::tables::{AUDIT, COVERAGE, FLIGHT_GROUND, FLIGHTS, VILLAGES};
use tianmu::campaign::{Campaign, Lang, Moment};
use tianmu::vector::{StoreTarget, StoredShape};

fn moment(now: &str) -> Moment<'_> {
    Moment {
        now,
        wait: Duration::from_secs(5),
    }
}

/// A rectangle over a place, half of so many degrees to each side.
fn around(place: Coord<f64>, half: f64) -> MultiPolygon<f64> {
    let half = Coord { x: half, y: half };
    Rect::new(place - half, place + half).to_polygon().into()
}

fn flight(id: &str, begun: &str, ground: MultiPolygon<f64>) -> FlightRow {
    let track = ground.0.first().map(|part| part.exterior().0[..2].to_vec());
    FlightRow {
        flight_id: id.into(),
        begun: begun.into(),
        ended: begun.replace(":00:", ":20:"),
        camera: "DJI FC6310".into(),
        photos: 40,
        placed: 39,
        counted: 38,
        track_m: 1234.56,
        area_m2: 10_000.0,
        gsd_cm: Some(2.41),
        source: "照片/一".into(),
        track: MultiLineString::new(track.into_iter().map(LineString::new).collect()),
        ground,
    }
}

fn counts(campaign: &Path) -> [usize; 3] {
    [&FLIGHTS, &FLIGHT_GROUND, &AUDIT].map(|table| rows(campaign, table).len())
}

fn kept(added: usize, updated: usize, unchanged: usize, partial: usize) -> Kept {
    Kept {
        added,
        updated,
        unchanged,
        partial,
    }
}

#[test]
fn flights_are_kept_once() {
    let folder = county().with(&["first.gpkg"]);
    let campaign = folder.path().join("first.gpkg");
    let target = StoreTarget::File(campaign.clone());
    let place = Coord { x: 101.6, y: 24.7 };
    let nothing = MultiPolygon::new(vec![]);
    let first = flight("b", "2026-03-22T09:00:00+08:00", around(place, 1e-3));
    let mut second = flight("a", "2026-03-23T09:00:00", nothing);
    (second.gsd_cm, second.counted, second.area_m2) = (None, 0, 0.0);
    let both = [second.clone(), first.clone()];
    let [_, _, audit] = counts(&campaign);
    let keep = |rows: &[FlightRow], now: &str| keep_flights(&target, rows, moment(now)).unwrap();

    assert_eq!(keep(&both, "2026-03-24T00:00:00Z"), kept(2, 0, 0, 0));
    assert_eq!(counts(&campaign), [2, 1, audit + 1]);
    // In the order of take-off.
    assert_eq!(column(&campaign, &FLIGHTS, "flight_id"), ["b", "a"]);
    assert_eq!(column(&campaign, &AUDIT, "action").pop().unwrap(), "flight");

    // The same photos again, from another folder; part of them; the same flight twice.
    let mut moved = first.clone();
    moved.source = "E:".into();
    let mut part = first.clone();
    (part.photos, part.counted, part.area_m2) = (3, 3, 100.0);
    let now = "2026-03-25T00:00:00Z";
    assert_eq!(
        keep(&[moved.clone(), second.clone()], now),
        kept(0, 0, 2, 0)
    );
    assert_eq!(keep(&[part.clone()], now), kept(0, 0, 0, 1));
    assert_eq!(keep(&[part, moved, second.clone()], now), kept(0, 0, 2, 0));
    assert_eq!(keep(&[], now), Kept::default());
    assert_eq!(counts(&campaign), [2, 1, audit + 1]);

    // With more photos its rows are replaced; it came in when it did.
    let mut fuller = first;
    fuller.photos = 41;
    fuller.ground = around(place, 2e-3);
    assert_eq!(keep(&[fuller.clone(), second], now), kept(0, 1, 1, 0));
    assert_eq!(counts(&campaign), [2, 1, audit + 2]);
    let stored = rows(&campaign, &FLIGHTS);
    let stored = stored
        .iter()
        .find(|row| row.text("flight_id") == "b")
        .unwrap();
    assert_eq!(stored.text("added_at"), "2026-03-24T00:00:00Z");
    assert_eq!(stored.integer("photos"), Some(41));
    assert_eq!(stored.shape, Some(StoredShape::Lines(fuller.track)));
    let ground = rows(&campaign, &FLIGHT_GROUND).pop().unwrap();
    assert_eq!(ground.shape, Some(StoredShape::Area(fuller.ground)));
    assert_eq!(ground.text("capture_time"), "2026-03-22T09:00:00+08:00");
    let info = info(folder.path(), "first.gpkg");
    assert_eq!(info["audit_broken"], serde_json::Value::Null);
    let listed = info["rows"].as_array().unwrap();
    assert!(
        listed.contains(&serde_json::json!(["flights", 2])),
        "{listed:?}"
    );
}

#[test]
fn flown_ground_is_planned_with_and_never_counts_as_looked_at() {
    let folder = county().with(&["first.gpkg"]);
    let campaign = folder.path().join("first.gpkg");
    let target = StoreTarget::File(campaign.clone());
    let mut villages = rows(&campaign, &VILLAGES).into_iter();
    let village = villages.find(|row| row.text("xzqdm").len() == 12).unwrap();
    let code = village.text("xzqdm");
    let Some(StoredShape::Area(area)) = village.shape else {
        panic!("a village is an area")
    };
    let settings = CoverageSettings::default();
    let open = || Campaign::open(&target).unwrap();
    let before = measure(&open(), &settings).unwrap();
    let image = ExtraImage {
        outline: area.clone(),
        gsd_cm: Some(2.5),
        capture_time: "2026-03-22T09:00:00".into(),
    };
    let planned = |image: &ExtraImage| {
        let extra = std::slice::from_ref(image);
        measure_with(&open(), &settings, extra).unwrap()
    };
    let share = |report: &tianmu::campaign::coverage::CoverageReport| {
        let own = report.villages.iter().find(|v| v.xzqdm == code).unwrap();
        own.share()
    };
    let seen = planned(&image);
    assert!(
        share(&before) < 0.9 && share(&seen) > 0.999,
        "{}",
        share(&seen)
    );
    assert!(seen.gaps.iter().all(|gap| gap.xzqdm != code));
    assert_eq!((before.supposed, seen.supposed), (0, 1));
    assert_eq!(seen.images, before.images + 1);
    // Too coarse, out of season, later than asked for.
    let change = |change: fn(&mut ExtraImage)| {
        let mut image = image.clone();
        change(&mut image);
        planned(&image)
    };
    for (report, reason) in [
        (change(|i| i.gsd_cm = Some(50.0)), "too_coarse"),
        (change(|i| i.gsd_cm = None), "too_coarse"),
        (
            change(|i| i.capture_time = "2026-12-24".into()),
            "out_of_season",
        ),
        (change(|i| i.capture_time = String::new()), "undated"),
    ] {
        assert!((share(&report) - share(&before)).abs() < 1e-9);
        let own = report.gaps.iter().filter(|gap| gap.xzqdm == code);
        assert!(own.map(|gap| gap.reason).any(|r| r == reason), "{reason}");
    }
    let until = CoverageSettings {
        until: Some("2026-03-21".into()),
        ..CoverageSettings::default()
    };
    let early = measure_with(&open(), &until, &[image]).unwrap();
    assert_eq!(early.supposed, 0);

    // What is supposed is said, and is no gap of the campaign.
    let said = [Lang::Zh, Lang::En].map(|lang| seen.statement(lang, 0));
    assert!(
        said[0].starts_with("假定 1 处已航摄、未扫描的范围均已判读"),
        "{}",
        said[0]
    );
    assert!(said[1].starts_with("supposing that 1 "), "{}", said[1]);
    assert!(!said[0].contains("未发现"), "{}", said[0]);
    let refused = keep_gaps(&target, &seen, moment("2026-03-24T00:00:00Z"));
    assert!(refused.is_err());

    // A flight that is kept changes nothing of what was looked at.
    let covered = rows(&campaign, &COVERAGE).len();
    let row = flight("a", "2026-03-22T09:00:00", area);
    keep_flights(
        &target,
        std::slice::from_ref(&row),
        moment("2026-03-24T00:00:00Z"),
    )
    .unwrap();
    assert_eq!(rows(&campaign, &COVERAGE).len(), covered);
    let after = measure(&open(), &settings).unwrap();
    assert_eq!(
        (&after.villages, &after.gaps),
        (&before.villages, &before.gaps)
    );
    // It is planned with; given once more, it counts once.
    for besides in [&[][..], &[row]] {
        let extra = flown(&open(), besides).unwrap();
        assert_eq!(extra.len(), 1);
        let report = measure_with(&open(), &settings, &extra).unwrap();
        assert!(share(&report) > 0.999);
    }
    let text = tianmu(folder.path(), "campaign info first.gpkg", &[]).expect(0);
    assert!(text.out.contains("flights"), "{}", text.out);
}
