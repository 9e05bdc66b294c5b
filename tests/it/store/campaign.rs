//! A campaign is the same in a file and on a server, row by row.

use super::WAIT;
use crate::support::PostGis;
use geo::{MultiLineString, MultiPolygon, Point, Rect, coord};
use std::path::Path;
use tianmu::campaign::flights::{FlightRow, keep_flights};
use tianmu::campaign::import::{ImportRequest, Role, import};
use tianmu::campaign::run::{RunSite, RunToAdd};
use tianmu::campaign::tables::{SITES, TABLES};
use tianmu::campaign::{Campaign, CampaignFacts, Moment, add, rematch};
use tianmu::pipeline::site::{Coverage, RunFacts};
use tianmu::vector::{Filter, StoreTarget, StoredShape, Value};

const MOMENT: Moment<'static> = Moment {
    now: "2026-05-04T12:30:00Z",
    wait: WAIT,
};

/// Files of the sample county in their roles.
const FILES: [(Role, &str); 12] = [
    (Role::Villages, "villages.shp"),
    (Role::Grid, "grid.csv"),
    (Role::History, "history.geojson"),
    (Role::Whitelist, "whitelist.gpkg"),
    (Role::Targets, "targets.csv"),
    (Role::Tips, "tips.csv"),
    (Role::Phenology, "phenology.toml"),
    (Role::Buildings, "buildings.gpkg"),
    (Role::Roads, "roads.gpkg"),
    (Role::Water, "water.gpkg"),
    (Role::Forest, "forest.gpkg"),
    (Role::Dem, "dem.tif"),
];

/// All rows of a table.
type Rows = Vec<(i64, Option<StoredShape>, Vec<Value<'static>>)>;

#[test]
fn a_campaign_is_the_same_in_a_file_and_on_a_server() {
    let Some(server) = PostGis::shared() else {
        return;
    };
    let place = server.place();
    let schema = place.rsplit('=').next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = StoreTarget::File(folder.path().join("a.gpkg"));
    let on_server = StoreTarget::parse(&place);
    let in_file = led(&file);
    let there = led(&on_server);
    for ((table, rows), other) in TABLES.iter().zip(&in_file).zip(&there) {
        assert_eq!(rows, other, "{}", table.name);
    }
    let filled = in_file.iter().filter(|rows| !rows.is_empty()).count();
    assert!(filled >= 15, "{filled}");
    let styles = server.sql(&format!(
        "SELECT string_agg(f_table_name, ' ' ORDER BY id) FROM layer_styles \
         WHERE f_table_schema = '{schema}' AND styleqml IS DOCUMENT"
    ));
    assert_eq!(styles, "sites tasks coverage flight_ground villages");
}

/// Leads a campaign through imports and two runs; gives what stands in it.
fn led(target: &StoreTarget) -> Vec<Rows> {
    let facts = CampaignFacts {
        name: "天目-26".into(),
        year: 2026,
        round: 1,
        county_code: "990101".into(),
        county: "天目县".into(),
        created_at: "2026-05-01T00:00:00Z".into(),
        program: "tianmu".into(),
    };
    Campaign::create(target, &facts).unwrap();
    let county = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/ridge-county");
    for (role, name) in FILES {
        let request = ImportRequest {
            role,
            path: county.join(name),
            layer: None,
            encoding: None,
            code_field: None,
            name_field: None,
            replace: false,
        };
        let imported = import(target, &request, MOMENT).unwrap();
        assert!(imported.rows > 0 || role == Role::Dem, "{name}");
        assert!(import(target, &request, MOMENT).unwrap().was_there);
        let again = ImportRequest {
            replace: true,
            ..request
        };
        let replaced = import(target, &again, MOMENT).unwrap();
        assert_eq!(replaced.rows, imported.rows, "{name}");
    }
    let village = Campaign::open(target).unwrap().store;
    let village = village
        .read(&tianmu::campaign::tables::VILLAGES, &Filter::All)
        .unwrap();
    let Some(StoredShape::Area(area)) = &village[0].shape else {
        panic!("a village is an area")
    };
    let inside = geo::InteriorPoint::interior_point(area).unwrap();
    let first = add(target, &run("1", inside), MOMENT).unwrap();
    assert_eq!((first.found, first.new, first.outside), (2, 2, 0));
    let second = add(target, &run("2", inside), MOMENT).unwrap();
    assert_eq!((second.found, second.again), (2, 2));
    assert!(add(target, &run("2", inside), MOMENT).unwrap().was_there);
    rematch(target, MOMENT).unwrap();
    // Flights: one with ground, whose outline changes, and one without.
    let [small, large] = [1e-3, 2e-3].map(|half| flight("1", inside, half));
    let still = FlightRow {
        flight_id: "2".into(),
        gsd_cm: None,
        track: MultiLineString::new(vec![]),
        ground: MultiPolygon::new(vec![]),
        ..large.clone()
    };
    for (rows, changed) in [
        (&[small, still.clone()], (2, 0)),
        (&[large.clone(), still.clone()], (0, 1)),
        (&[large, still], (0, 0)),
    ] {
        let kept = keep_flights(target, rows, MOMENT).unwrap();
        assert_eq!((kept.added, kept.updated), changed);
    }
    let campaign = Campaign::open(target).unwrap();
    let info = campaign.info().unwrap();
    assert_eq!(info.audit_broken, None);
    assert_eq!(campaign.store.count(&SITES, &Filter::All).unwrap(), 2);
    TABLES
        .iter()
        .map(|table| {
            let rows = campaign.store.read(table, &Filter::All).unwrap();
            let whole = rows.into_iter().map(|row| (row.fid, row.shape, row.values));
            whole.collect()
        })
        .collect()
}

/// A flight over a place.
fn flight(id: &str, over: Point<f64>, half: f64) -> FlightRow {
    let half = coord! { x: half, y: half };
    let rect = Rect::new(over.0 - half, over.0 + half);
    FlightRow {
        flight_id: id.into(),
        begun: "2026-04-20T09:00:00+08:00".into(),
        ended: "2026-04-20T09:20:00+08:00".into(),
        camera: "DJI FC6310".into(),
        photos: 40,
        placed: 39,
        counted: 38,
        track_m: 1234.56,
        area_m2: 1e4,
        gsd_cm: Some(2.41),
        source: "照片".into(),
        track: MultiLineString::new(vec![vec![rect.min(), rect.max()].into()]),
        ground: rect.to_polygon().into(),
    }
}

/// A run that finds two plots near a place.
fn run(id: &str, near: Point<f64>) -> RunToAdd {
    let square = |x: f64, half: f64| -> MultiPolygon<f64> {
        let middle = coord! { x: near.x() + x, y: near.y() };
        let half = coord! { x: half, y: half };
        Rect::new(middle - half, middle + half).to_polygon().into()
    };
    let site = |number: u32| {
        let x = f64::from(number) * 2e-3;
        RunSite {
            own_id: format!("{id}-{number}"),
            class: "opium_poppy".into(),
            prob: 0.9,
            outline: square(x, 5e-5),
            point: Point::new(near.x() + x, near.y()),
            pos_err_m: 2.0,
            area_m2: 100.0,
            gsd_cm: (number == 0).then_some(2.5),
            n_detections: 1,
            src_image: "甲.tif".into(),
            src_sha256: "00".into(),
            capture_time: "2026-04-20T02:00:00Z".into(),
        }
    };
    RunToAdd {
        facts: RunFacts {
            plan_date: "2026-05-04T00:00:00.000Z".into(),
            facts: vec![("run_id".into(), id.into()), ("model".into(), "m".into())],
        },
        sites: vec![site(0), site(1)],
        coverage: vec![Coverage {
            image: "甲.tif".into(),
            capture_time: "2026-04-20T02:00:00Z".into(),
            gsd_cm: 2.5,
            area_m2: 1e6,
            outline: square(0.0, 5e-3),
        }],
        scenes: vec![],
    }
}
