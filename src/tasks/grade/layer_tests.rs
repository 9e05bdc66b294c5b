//! Distances on the ground, kinds of ground, what a missing layer says, and that neither the order
//! of features nor threads change a grade.

use super::fixture::{
    at, graded, lead, line, near, outline, phenology, point, rect, ring_of_forest, says,
};
use super::{
    Buildings, EarlierPlot, Forest, GradeSettings, Graded, History, Layers, Lead, Licences, Roads,
    Water, grade,
};
use crate::campaign::Lang;
use crate::georef::geodesic_distance_m;
use crate::tasks::pack::Setting;
use geo::{MultiPolygon, Point};
use rayon::prelude::*;

fn building(kind: &str, area: MultiPolygon<f64>) -> Buildings {
    Buildings::new(vec![(area, kind.into())])
}

fn plot(shape: geo::Geometry<f64>, year: Option<i32>) -> EarlierPlot {
    EarlierPlot {
        shape,
        year,
        crop: String::new(),
    }
}

#[test]
fn distances_are_those_on_the_ellipsoid() {
    let outline = MultiPolygon::new(vec![]);
    for lat in [18.0, 30.0, 53.0] {
        let here = (102.0, lat);
        for (east, north) in [
            (0.0001, 0.0002),
            (-0.003, 0.001),
            (0.002, -0.008),
            (-0.005, 0.006),
        ] {
            let there = (here.0 + east, here.1 + north);
            let exact = geodesic_distance_m(here, there);
            let place = Point::new(there.0, there.1).into();
            let layers = Layers {
                history: Some(History::new(vec![plot(place, None)])),
                ..Layers::default()
            };
            let lead = Lead {
                point: Point::new(here.0, here.1),
                ..lead(&outline)
            };
            let graded = grade(&lead, &layers, &GradeSettings::default(), Lang::Zh);
            let measured = graded.near.history_m.unwrap();
            assert!(
                (measured - exact).abs() < 0.001 + exact * 0.002,
                "{measured} {exact}"
            );
        }
    }
}

#[test]
fn distances_are_from_the_edge_and_the_way_from_the_road_to_the_point() {
    let layers = Layers {
        roads: Some(Roads::new(vec![
            line(&[(-140.0, -500.0), (-140.0, 500.0)]),
            line(&[(-900.0, 300.0), (900.0, 300.0)]),
        ])),
        // 3 m and 4 m from the corner of the site.
        buildings: Some(building("住宅", rect(4.0, 5.0, 12.0, 12.0))),
        water: Some(Water::new(
            vec![rect(20.0, -9.0, 30.0, 9.0)],
            vec![line(&[(-50.0, -16.0), (50.0, -16.0)])],
        )),
        has_elevation: true,
        ..Layers::default()
    };
    let change = |lead: &mut Lead<'_>| (lead.height_m, lead.slope_deg) = (Some(1840.4), Some(18.0));
    let graded = graded(change, &layers);
    near(graded.near.building_m, 5.0);
    near(graded.near.water_m, 15.0);
    assert_eq!(graded.near.elev_m, Some(1840.4));
    assert_eq!(graded.near.slope_deg, Some(18.0));
    let access = graded.near.access.unwrap();
    near(Some(access.distance_m), 140.0);
    near(Some(access.bearing_deg), 90.0);
    let (there, expected) = (access.place.lon_lat(), at(-140.0, 0.0));
    assert!(geodesic_distance_m(there, (expected.x, expected.y)) < 0.05);
}

#[test]
fn what_lies_in_the_outline_is_no_way_off() {
    let large = rect(-60.0, -60.0, 60.0, 60.0);
    let site = |layers: &Layers| {
        let lead = lead(&large);
        grade(&lead, layers, &GradeSettings::default(), Lang::Zh)
    };
    let layers = Layers {
        buildings: Some(building("", rect(20.0, 20.0, 28.0, 28.0))),
        history: Some(History::new(vec![plot(point(-30.0, 10.0), None)])),
        // Through the whole of it, with both ends outside.
        water: Some(Water::new(
            vec![],
            vec![line(&[(-90.0, 40.0), (90.0, 40.0)])],
        )),
        ..Layers::default()
    };
    let graded = site(&layers);
    near(graded.near.building_m, 0.0);
    near(graded.near.history_m, 0.0);
    near(graded.near.water_m, 0.0);
    // The point is on no roof.
    assert_eq!(graded.setting, Setting::Courtyard);
    // The second part of a site stands on ground of an earlier year.
    let mut parts = outline();
    parts.0.extend(rect(80.0, 0.0, 82.0, 2.0).0);
    let layers = Layers {
        history: Some(History::new(vec![plot(
            rect(50.0, -40.0, 120.0, 40.0).into(),
            None,
        )])),
        ..Layers::default()
    };
    let graded = grade(&lead(&parts), &layers, &GradeSettings::default(), Lang::Zh);
    near(graded.near.history_m, 0.0);
}

#[test]
fn bearings_go_from_the_road_to_the_site() {
    for (east, north, bearing) in [
        (0.0, -100.0, 0.0),
        (-100.0, 0.0, 90.0),
        (0.0, 100.0, 180.0),
        (100.0, 0.0, 270.0),
        (100.0, 100.0, 225.0),
    ] {
        let layers = Layers {
            roads: Some(Roads::new(vec![line(&[
                (east, north),
                (east * 2.0, north * 2.0),
            ])])),
            ..Layers::default()
        };
        let access = graded(|_| (), &layers).near.access.unwrap();
        let turn = (access.bearing_deg - bearing + 180.0).rem_euclid(360.0);
        near(Some(turn), 180.0);
    }
}

#[test]
fn nothing_is_looked_for_beyond_reach() {
    let layers = Layers {
        roads: Some(Roads::new(vec![line(&[(2010.0, -500.0), (2010.0, 500.0)])])),
        water: Some(Water::new(vec![rect(502.0, -5.0, 600.0, 5.0)], vec![])),
        has_elevation: true,
        ..Layers::default()
    };
    let graded = graded(|_| (), &layers);
    assert_eq!(graded.near.access, None);
    assert_eq!(graded.near.water_m, None);
    says(&graded, "未计算：此处无高程");
}

#[test]
fn kinds_of_ground_come_in_one_order() {
    let around_site = || rect(-8.0, -8.0, 8.0, 8.0);
    let beside = || rect(9.0, 0.0, 19.0, 9.0);
    let pond = || Some(Water::new(vec![rect(15.0, -5.0, 40.0, 5.0)], vec![]));
    let forest = |area| Some(Forest::new(vec![area]));
    let in_forest = || forest(rect(-300.0, -300.0, 300.0, 300.0));
    let far_forest = || forest(rect(500.0, 0.0, 600.0, 9.0));
    let both = Buildings::new(vec![
        (around_site(), "温室".into()),
        (rect(20.0, 0.0, 30.0, 9.0), "住宅".into()),
    ]);
    let none = || Some(Buildings::new(vec![]));
    let of = |kind, area| Some(building(kind, area));
    let (roof, greenhouse) = (of("住宅", around_site()), of("蔬菜大棚", around_site()));
    let (yard, by_greenhouse) = (of("", beside()), of("Greenhouse", beside()));
    // The point lies beside, the outline does not: no roof.
    let cut = of("住宅", rect(0.5, -8.0, 8.0, 8.0));
    for (buildings, forest, water, setting, courtyard) in [
        (greenhouse, in_forest(), pond(), Setting::Greenhouse, false),
        (Some(both), None, None, Setting::Greenhouse, true),
        (roof, in_forest(), pond(), Setting::Roof, true),
        (yard, in_forest(), pond(), Setting::Courtyard, true),
        (cut, None, None, Setting::Courtyard, true),
        // Ground beside a greenhouse is no yard.
        (by_greenhouse, None, None, Setting::Open, false),
        (
            none(),
            forest(ring_of_forest()),
            pond(),
            Setting::Clearing,
            false,
        ),
        (none(), in_forest(), pond(), Setting::Forest, false),
        (none(), None, pond(), Setting::Waterside, false),
        (None, far_forest(), pond(), Setting::Waterside, false),
        (none(), None, None, Setting::Open, false),
        (None, None, pond(), Setting::Unknown, false),
    ] {
        let layers = Layers {
            buildings,
            water,
            forest,
            ..Layers::default()
        };
        let graded = graded(|_| (), &layers);
        assert_eq!((graded.setting, graded.courtyard), (setting, courtyard));
    }
}

#[test]
fn each_missing_layer_is_named() {
    let outline = outline();
    let of = |layers: &Layers, lang| {
        grade(&lead(&outline), layers, &GradeSettings::default(), lang).reasons
    };
    let sentences = [
        ("not computed: no buildings layer", "未计算：无房屋图层"),
        ("not computed: no history layer", "未计算：无历史点图层"),
        ("not computed: no forest layer", "未计算：无林地图层"),
        ("not computed: no villages layer", "未计算：无村界图层"),
        ("not computed: no phenology layer", "未计算：无物候图层"),
        ("not computed: no whitelist layer", "未计算：无许可图层"),
        ("not computed: no water layer", "未计算：无水系图层"),
        ("not computed: no roads layer", "未计算：无道路图层"),
        ("not computed: no elevation layer", "未计算：无高程图层"),
    ];
    let none = Layers::default();
    let all = Layers {
        buildings: Some(Buildings::new(vec![])),
        roads: Some(Roads::new(vec![])),
        water: Some(Water::new(vec![], vec![])),
        forest: Some(Forest::new(vec![])),
        history: Some(History::new(vec![])),
        licences: Some(Licences::new(vec![])),
        phenology: Some(phenology()),
        has_villages: true,
        has_elevation: true,
    };
    for (lang, said) in [
        (Lang::En, sentences.map(|(en, _)| en)),
        (Lang::Zh, sentences.map(|(_, zh)| zh)),
    ] {
        let (without, with) = (of(&none, lang), of(&all, lang));
        for sentence in said {
            assert!(without.iter().any(|r| r == sentence), "{sentence}");
            assert!(with.iter().all(|r| r != sentence), "{sentence}");
        }
        let layers = |reasons: &[String]| {
            let is_layer = |r: &&String| r.ends_with(" layer") || r.ends_with("图层");
            reasons.iter().filter(is_layer).count()
        };
        assert_eq!((layers(&without), layers(&with)), (said.len(), 0));
    }
}

#[test]
fn neither_the_order_of_features_nor_threads_change_a_grade() {
    let mut houses = Vec::new();
    let mut plots = Vec::new();
    for step in 0..60 {
        let (x, y) = (
            f64::from(step * 37 % 61) * 12.0 - 350.0,
            f64::from(step * 53 % 59) * 12.0 - 350.0,
        );
        houses.push((rect(x, y, x + 8.0, y + 8.0), String::new()));
        // Pairs share a wall, which one has from south to north, the other from north to south.
        for east in [x, x + 8.0] {
            let year = Some(2000 + step + i32::from(east > x));
            plots.push(plot(rect(east, -y, east + 8.0, 8.0 - y).into(), year));
        }
    }
    let layers = |houses: &[(MultiPolygon<f64>, String)], plots: &[EarlierPlot]| Layers {
        buildings: Some(Buildings::new(houses.to_vec())),
        history: Some(History::new(plots.to_vec())),
        forest: Some(Forest::new(
            houses.iter().map(|(area, _)| area.clone()).collect(),
        )),
        roads: Some(Roads::new(
            (0..40)
                .map(|i| f64::from(i) * 31.0 - 600.0)
                .map(|x| line(&[(x, -700.0), (x, 700.0)]))
                .collect(),
        )),
        ..Layers::default()
    };
    let all = |layers: &Layers, threads: usize| -> Vec<Graded> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let places: Vec<(f64, f64)> = (0..200)
            .map(|i| {
                (
                    f64::from(i % 20) * 35.0 - 350.0,
                    f64::from(i / 20) * 70.0 - 350.0,
                )
            })
            .collect();
        let of = |&(x, y): &(f64, f64)| {
            let outline = rect(x - 1.0, y - 1.0, x + 1.0, y + 1.0);
            let lead = Lead {
                point: at(x, y).into(),
                ..lead(&outline)
            };
            grade(&lead, layers, &GradeSettings::default(), Lang::Zh)
        };
        pool.unwrap()
            .install(|| places.par_iter().map(of).collect())
    };
    let one = layers(&houses, &plots);
    let first = all(&one, 1);
    assert_eq!(first, all(&one, 4));
    houses.reverse();
    plots.reverse();
    assert_eq!(first, all(&layers(&houses, &plots), 3));
}
