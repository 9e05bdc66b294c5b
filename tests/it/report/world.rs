//! A campaign made by hand: two towns, three villages, and every kind of place.
//!
//! Villages are squares of 0.02° side by side from 101.6003 E 24.7003 N: 石门村 and 青岩村 of 云岭镇,
//! 柳湾村 of 柳湾镇. A site is a square of about 10 m.

// What people found, and what others know.
mod answers;

use geo::{Coord, MultiPolygon, Point, Rect};
use std::path::Path;
use std::time::Duration;
use tianmu::campaign::check::{COUNTED, Check};
use tianmu::campaign::site::{CANDIDATE, CampaignSite, MERGED, NEW, PERSISTING};
use tianmu::campaign::tables as t;
use tianmu::campaign::{Campaign, CampaignFacts, Lang, Moment};
use tianmu::report::figures::{Figures, TypedEffort, figures};
use tianmu::report::{Level, ReportSettings};
use tianmu::vector::{Change, Row, Shape, StoreTarget, Table, Value};

pub(super) const NOW: Moment<'static> = Moment {
    now: "2026-06-02T08:00:00Z",
    wait: Duration::from_secs(5),
};

pub(super) const SHIMEN: &str = "990101101201";
pub(super) const QINGYAN: &str = "990101101202";
pub(super) const LIUWAN: &str = "990101102201";

/// Names of people, none of whom may leave the office.
pub(super) const PEOPLE: [&str; 5] = ["网格员甲", "核查人乙", "见证人丙", "一队丁", "KAREN"];

/// A place in a village, thousandths of a degree east and north of its corner.
pub(super) fn at(village: u32, east: f64, north: f64) -> Point<f64> {
    Point::new(
        101.6003 + 0.02 * f64::from(village) + east / 1000.0,
        24.7003 + north / 1000.0,
    )
}

pub(super) fn square(middle: Point<f64>, degrees: f64) -> MultiPolygon<f64> {
    let corner = |sign: f64| Coord {
        x: middle.x() + sign * degrees / 2.0,
        y: middle.y() + sign * degrees / 2.0,
    };
    Rect::new(corner(-1.0), corner(1.0)).to_polygon().into()
}

pub(super) fn site(site_id: &str, village: u32, place: (f64, f64)) -> CampaignSite {
    let (code, town, name) = [
        (SHIMEN, "云岭镇", "石门村"),
        (QINGYAN, "云岭镇", "青岩村"),
        (LIUWAN, "柳湾镇", "柳湾村"),
    ][village as usize];
    let point = at(village, place.0, place.1);
    CampaignSite {
        fid: 0,
        site_id: site_id.into(),
        uuid: site_id.into(),
        status: CANDIDATE.into(),
        relation: NEW.into(),
        class: "opium_poppy".into(),
        prob: 0.8,
        point,
        pos_err_m: 2.0,
        area_m2: 100.0,
        gsd_cm: Some(2.5),
        n_detections: 1,
        src_image: "flight.tif".into(),
        src_sha256: "00".into(),
        capture_time: "2026-04-20T10:30:00".into(),
        run_id: "run".into(),
        model: "m".into(),
        times_seen: 1,
        xzqdm: code.into(),
        county: "天目县".into(),
        town: town.into(),
        village: name.into(),
        group: String::new(),
        border_m: None,
        border_unit: String::new(),
        grade: "A".into(),
        priority: Some(80.0),
        listing: "main".into(),
        setting: "open".into(),
        reasons: String::new(),
        outline: square(point, 1e-4),
    }
}

pub(super) fn check(site_id: &str, outcome: &str, checked_at: &str) -> Check {
    Check {
        check_id: format!("{site_id} {checked_at}"),
        site_id: site_id.into(),
        checked_at: checked_at.into(),
        checker: PEOPLE[1].into(),
        witness: PEOPLE[2].into(),
        outcome: outcome.into(),
        state: COUNTED.into(),
        source: "returned.xlsx".into(),
        place: "汇总!4".into(),
        recorded_at: "2026-05-20T00:00:00Z".into(),
        ..Check::default()
    }
}

/// Rows of a table.
pub(super) type Rows<'a> = Vec<(Shape<'a>, Vec<Value<'static>>)>;

pub(super) fn put(change: &mut Change<'_>, table: &Table, rows: Rows<'_>) {
    let rows = rows
        .into_iter()
        .map(|(shape, values)| Row { shape, values });
    change.insert(table, rows).unwrap();
}

/// A task: kind, stratum with its size and how many were drawn.
fn task(
    site_id: &str,
    village: &str,
    kind: &str,
    drawn: Option<(&str, i64, i64)>,
    point: Point<f64>,
) -> (Shape<'static>, Vec<Value<'static>>) {
    let listing = if kind == "lead" { "main" } else { "control" };
    let (stratum, cells, of) = drawn.unwrap_or_default();
    let size = |n: i64| {
        if drawn.is_some() {
            Value::Integer(n)
        } else {
            Value::Null
        }
    };
    let text = |text: &str| Value::from(text.to_owned());
    (
        Shape::Point(point),
        vec![
            text(site_id),
            text(site_id),
            text("code"),
            text(kind),
            text(listing),
            text(village),
            text(PEOPLE[3]),
            Value::Integer(1),
            Value::Integer(1),
            text("2026-05-04"),
            text("2026-05-11"),
            text(stratum),
            size(cells),
            size(of),
        ],
    )
}

pub(super) fn facts(round: u32) -> CampaignFacts {
    CampaignFacts {
        name: "天目-26".into(),
        year: 2026,
        round,
        county_code: "990101".into(),
        county: "天目县".into(),
        created_at: "2026-03-01T00:00:00Z".into(),
        program: "tianmu".into(),
    }
}

/// Makes the campaign `county.gpkg` in a folder.
pub(super) fn make(folder: &Path) -> StoreTarget {
    let target = StoreTarget::File(folder.join("county.gpkg"));
    Campaign::create(&target, &facts(2)).unwrap();
    let filled = |change: &mut Change<'_>| {
        ground(change);
        sites_and_tasks(change);
        answers::answers(change);
        answers::around(change);
    };
    Campaign::change(&target, NOW, "test", |change, _| {
        filled(change);
        Ok(((), Some(serde_json::json!({}))))
    })
    .unwrap();
    target
}

/// Villages, grid workers, one image over 石门村 and 青岩村.
fn ground(change: &mut Change<'_>) {
    let names = [
        (SHIMEN, "石门村", "云岭镇"),
        (QINGYAN, "青岩村", "云岭镇"),
        (LIUWAN, "柳湾村", "柳湾镇"),
    ];
    let areas: Vec<MultiPolygon<f64>> = (0..3).map(|v| square(at(v, 10.0, 10.0), 0.02)).collect();
    let rows = names.iter().zip(&areas).map(|((code, name, town), area)| {
        let values = [*code, *name, "天目县", *town].map(|text| text.to_owned().into());
        (Shape::MultiPolygon(area), values.to_vec())
    });
    put(change, &t::VILLAGES, rows.collect());
    let worker = [SHIMEN, "", "1", PEOPLE[0], PEOPLE[3], ""];
    let values = worker.map(|text| Value::from(text.to_owned()));
    let values = values
        .into_iter()
        .chain([Value::Null, Value::Null])
        .collect();
    put(change, &t::GRID, vec![(Shape::None, values)]);
    let seen: MultiPolygon<f64> = Rect::new(
        Coord {
            x: 101.60,
            y: 24.70,
        },
        Coord {
            x: 101.64,
            y: 24.72,
        },
    )
    .to_polygon()
    .into();
    let text = |text: &str| Value::from(text.to_owned());
    let values = vec![
        text("run"),
        text("flight.tif"),
        text("2026-04-20T10:30:00"),
        Value::Real(2.5),
        Value::Real(1e6),
    ];
    put(
        change,
        &t::COVERAGE,
        vec![(Shape::MultiPolygon(&seen), values)],
    );
    let scene = |hash: &str, time: &str, failure: &str| {
        let values = vec![
            text("run"),
            text(hash),
            text(hash),
            text(time),
            Value::Real(2.5),
            text("EPSG:4326"),
            text(failure),
        ];
        (Shape::None, values)
    };
    put(
        change,
        &t::SCENES,
        vec![
            scene("a", "2026-04-20T10:30:00", ""),
            scene("b", "2026-04-21T10:30:00", ""),
            scene("c", "", "broken"),
        ],
    );
    let run = vec![
        text("run"),
        text("m"),
        text("0"),
        text("tianmu"),
        Value::Real(1e6),
        text(""),
        text("{}"),
        Value::Integer(9),
        text("2026-04-25T00:00:00Z"),
    ];
    put(change, &t::RUNS, vec![(Shape::None, run)]);
}

/// Leads 0001 to 0009, the merged 0010, two leads of low grade drawn by lot of 20, and cells drawn by
/// lot: 10 of 1000 in 石门村, 5 of 500 in 青岩村.
fn sites_and_tasks(change: &mut Change<'_>) {
    let id = |number: u32| format!("{SHIMEN}-2026R2-{number:04}");
    let mut sites: Vec<CampaignSite> = (1..=6)
        .map(|n| site(&id(n), 0, (f64::from(n), 5.0)))
        .collect();
    sites[1].grade = "B".into();
    sites[2].grade = "B".into();
    sites[3].listing = "legal_crop".into();
    sites[4].listing = "near_border".into();
    sites[5].grade = String::new();
    sites[5].capture_time = String::new();
    sites[0].relation = PERSISTING.into();
    let mut other = [
        site(&format!("{QINGYAN}-2026R2-0007"), 1, (5.0, 5.0)),
        site(&format!("{LIUWAN}-2026R2-0008"), 2, (5.0, 5.0)),
    ];
    other[1].capture_time = "2026-05-02T09:00:00; 2026-04-30T09:00:00".into();
    sites.extend(other);
    // Near a target, not given out.
    let mut alone = site(&format!("{QINGYAN}-2026R2-0009"), 1, (15.0, 15.0));
    alone.grade = "C".into();
    alone.prob = 0.3;
    sites.push(alone);
    let mut merged = site(&id(10), 0, (1.0, 15.0));
    merged.status = MERGED.into();
    sites.push(merged);
    for number in [11, 12] {
        let mut low = site(&id(number), 0, (f64::from(number), 15.0));
        low.grade = "C".into();
        sites.push(low);
    }
    let rows: Vec<Row<'_>> = sites.iter().map(CampaignSite::to_row).collect();
    change.insert(&t::SITES, rows.into_iter()).unwrap();
    let mut tasks: Vec<(Shape<'_>, Vec<Value<'static>>)> = sites
        .iter()
        .filter(|s| !s.site_id.ends_with("0009"))
        .map(|s| {
            let is_low = s.site_id.ends_with("0011") || s.site_id.ends_with("0012");
            let kind = if is_low { "control_low" } else { "lead" };
            task(
                &s.site_id,
                &s.xzqdm,
                kind,
                is_low.then_some(("low grade", 20, 2)),
                s.point,
            )
        })
        .collect();
    for (village, code, cells, drawn) in [(0, SHIMEN, 1000, 10), (1, QINGYAN, 500, 5)] {
        for number in 1..=drawn {
            let cell = format!("{code}-2026R2-K{number:03}");
            let point = at(
                village,
                0.5 + f64::from(u32::try_from(number).unwrap()),
                1.0,
            );
            tasks.push(task(
                &cell,
                code,
                "control_random",
                Some((code, cells, drawn)),
                point,
            ));
        }
    }
    put(change, &t::TASKS, tasks);
}

pub(super) fn settings(level: Level) -> ReportSettings {
    ReportSettings {
        level,
        lang: Lang::Zh,
        date: "2026-06-02".into(),
        target_radius_m: 30.0,
        previous: None,
        effort: TypedEffort {
            sorties: Some(7),
            ..TypedEffort::default()
        },
    }
}

/// The figures of the campaign.
pub(super) fn reckoned() -> Figures {
    let folder = tempfile::tempdir().unwrap();
    let campaign = Campaign::open(&make(folder.path())).unwrap();
    figures(&campaign, &settings(Level::Field), None).unwrap()
}
