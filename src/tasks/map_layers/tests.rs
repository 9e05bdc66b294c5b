//! A made-up county: what a map holds is counted.

use super::*;
use crate::campaign::Lang;
use crate::pipeline::acquire::testing::Made;
use crate::tasks::fixture;
use geo::{Area, Coord, LineString, Rect};
use std::time::Instant;

/// Metres of longitude and latitude around the first task of the fixture, at 24.7548 north.
fn place(task: &FieldTask, east: f64, north: f64) -> (f64, f64) {
    let at = task.forms.wgs84;
    let frame = LocalMetres::around(Point::new(at.lon(), at.lat()));
    frame.place(Point::new(east, north)).x_y()
}

fn block(task: &FieldTask, west: f64, south: f64, east: f64, north: f64) -> MultiPolygon<f64> {
    Rect::new(place(task, west, south), place(task, east, north))
        .to_polygon()
        .into()
}

fn path(task: &FieldTask, corners: &[(f64, f64)]) -> MultiLineString<f64> {
    let corners = corners.iter().map(|(x, y)| place(task, *x, *y));
    MultiLineString::new(vec![corners.collect::<Vec<_>>().into()])
}

#[test]
fn a_map_holds_what_its_square_holds() {
    let pack = fixture::pack(8, Lang::En);
    let task = &pack.tasks[0];
    let data = MapData {
        roads: vec![
            path(task, &[(-900.0, 10.0), (900.0, 10.0)]),
            path(task, &[(600.0, 0.0), (600.0, 100.0)]),
        ],
        buildings: vec![
            block(task, 20.0, 20.0, 32.0, 30.0),
            block(task, 495.0, 0.0, 505.0, 10.0),
            block(task, 700.0, 0.0, 710.0, 10.0),
        ],
        water: vec![],
        streams: vec![path(task, &[(0.0, 0.0), (100.0, -900.0)])],
        forest: vec![block(task, -5000.0, 250.0, 5000.0, 5000.0)],
        villages: vec![
            block(task, -3000.0, -3000.0, 100.0, 3000.0),
            block(task, 100.0, -3000.0, 3000.0, 3000.0),
        ],
    };
    let map = MapLayers::new(data, &pack.tasks, None).around(task, 500.0);
    assert!((map.half_m - 500.0).abs() < 1e-9);
    assert_eq!(map.roads.len(), 1);
    assert_eq!(map.roads[0].0.len(), 2);
    assert!(
        (map.roads[0].0[0].x + 500.0).abs() < 1e-6 && (map.roads[0].0[0].y - 10.0).abs() < 1e-6
    );
    let sizes: Vec<f64> = map.buildings.iter().map(Area::unsigned_area).collect();
    assert_eq!(sizes.len(), 2);
    assert!(
        (sizes[0] - 120.0).abs() < 1e-6 && (sizes[1] - 50.0).abs() < 1e-3,
        "{sizes:?}"
    );
    assert_eq!(
        (map.water.len(), map.streams.len(), map.forest.len()),
        (0, 1, 1)
    );
    assert!((map.forest[0].unsigned_area() - 1000.0 * 250.0).abs() < 1e-3);
    // The villages' common border, once.
    assert_eq!(map.borders.len(), 1);
    assert!(map.borders[0].0.iter().all(|c| (c.x - 100.0).abs() < 1e-6));
    // Tasks lie 0.001 degrees apart, 101 m; four are nearer than 500 m besides this one.
    let codes: Vec<&str> = map
        .neighbours
        .iter()
        .map(|(_, code)| code.as_str())
        .collect();
    assert_eq!(codes, ["101201-02", "101201-03", "101201-04", "101201-05"]);
    assert!((map.neighbours[0].0.x() - 101.1).abs() < 0.2);
    assert_eq!(map.outline.len(), 1);
    assert!(map.background.is_none() && map.contours.is_empty());
}

#[test]
fn a_long_line_comes_in_one_piece_and_a_ring_keeps_its_end() {
    let pack = fixture::pack(1, Lang::En);
    let task = &pack.tasks[0];
    let wave: Vec<(f64, f64)> = (0..400)
        .map(|i| (f64::from(i) * 2.0 - 400.0, f64::from(i % 2) * 30.0))
        .collect();
    let data = MapData {
        roads: vec![path(task, &wave)],
        villages: vec![block(task, -50.0, -60.0, 70.0, 80.0)],
        ..MapData::default()
    };
    let map = MapLayers::new(data, &pack.tasks, None).around(task, 500.0);
    assert_eq!(map.roads.len(), 1);
    assert_eq!(map.roads[0].0.len(), 400);
    assert_eq!(map.borders.len(), 1);
    assert!(map.borders[0].is_closed());
}

#[test]
fn contours_come_from_the_elevation_model() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dem.tif");
    let pack = fixture::pack(1, Lang::En);
    let task = &pack.tasks[0];
    let (west, north) = place(task, -2000.0, 2000.0);
    let rows = (0..130_i16).flat_map(|row| std::iter::repeat_n(1200 - row, 130));
    Made::<i16> {
        size: (130, 130),
        bands: vec![rows.collect()],
        transform: [west, 0.0003, 0.0, north, 0.0, -0.0003],
        crs: Some("EPSG:4326"),
        nodata: None,
    }
    .write(&path);
    let elevation = Arc::new(Elevation::open(&path).unwrap());
    let map = MapLayers::new(MapData::default(), &pack.tasks, Some(elevation));
    let contours = map.around(task, 500.0).contours;
    // A metre a row of 33 m: 30 m from south to north, so every 5 m.
    assert_eq!(contours.len(), 6, "{contours:?}");
    for (level, line) in &contours {
        assert!((level % 5.0).abs() < 1e-9 && line.0.len() == 2, "{line:?}");
    }
}

#[test]
fn a_county_of_features_costs_a_map_little() {
    let pack = fixture::pack(800, Lang::En);
    let task = &pack.tasks[0];
    let square = |i: u32| {
        let (x, y) = (
            f64::from(i % 450) * 60.0 - 13_000.0,
            f64::from(i / 450) * 60.0 - 13_000.0,
        );
        block(task, x, y, x + 12.0, y + 9.0)
    };
    let circle = |edges: u32| {
        let at = |i: u32| {
            let angle = f64::from(i) / f64::from(edges) * std::f64::consts::TAU;
            let (sin, cos) = angle.sin_cos();
            let r = 400.0 + 30.0 * (angle * 500.0).sin();
            let (x, y) = place(task, r * cos, r * sin);
            Coord { x, y }
        };
        geo::Polygon::new(LineString::new((0..edges).map(at).collect()), vec![])
    };
    let data = MapData {
        buildings: (0..200_000).map(square).collect(),
        forest: vec![circle(100_000).into()],
        villages: vec![circle(20_000).into()],
        ..MapData::default()
    };
    let layers = MapLayers::new(data, &pack.tasks, None);
    let start = Instant::now();
    let map = layers.around(task, 300.0);
    let took = start.elapsed();
    assert_eq!(map.buildings.len(), 100);
    // Milliseconds in a release; other tests run beside this one.
    assert!(took.as_millis() < 2000, "{took:?}");
}
