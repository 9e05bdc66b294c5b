//! How long a county takes: run by hand, `cargo test --lib tasks::grade::scale_tests -- --ignored`.

use super::fixture::{at, lead, phenology, rect};
use super::{
    Buildings, EarlierPlot, Forest, GradeSettings, History, Layers, Lead, Licence, Licences, Roads,
    Water, grade,
};
use crate::campaign::Lang;
use geo::{LineString, MultiLineString, MultiPolygon, Polygon};
use std::time::{Duration, Instant};

/// Places that look scattered over 60 km by 60 km, the same ones each time.
fn places(count: u32, salt: u64) -> impl Iterator<Item = (f64, f64)> {
    let mut state = salt;
    let mut next = move || {
        // The steps of Knuth's MMIX generator.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let high = u32::try_from(state >> 32).unwrap();
        (f64::from(high) / f64::from(u32::MAX) - 0.5) * 60_000.0
    };
    (0..count).map(move |_| (next(), next()))
}

/// A ring of many corners, wavy, in metres.
fn blob((x, y): (f64, f64), radius_m: f64, corners: u32) -> Polygon<f64> {
    let ring: LineString<f64> = (0..corners)
        .map(|corner| {
            let turn = f64::from(corner) / f64::from(corners) * std::f64::consts::TAU;
            let waves = (f64::from(corners) / 9.0).round().min(20.0);
            let reach = radius_m * (1.0 + 0.1 * (waves * turn).sin());
            at(x + reach * turn.cos(), y + reach * turn.sin())
        })
        .collect();
    Polygon::new(ring, vec![])
}

fn road((x, y): (f64, f64)) -> MultiLineString<f64> {
    let bends: LineString<f64> = (0..10)
        .map(f64::from)
        .map(|bend| at(x + bend * 60.0, y + (bend * 2.0).sin() * 50.0))
        .collect();
    MultiLineString::new(vec![bends])
}

fn county() -> Layers {
    let square = |(x, y): (f64, f64), size: f64| rect(x, y, x + size, y + size);
    let homes = places(100_000, 1).map(|p| (square(p, 12.0), "住宅".to_owned()));
    let plots = places(20_000, 2).map(|p| EarlierPlot {
        shape: square(p, 9.0).into(),
        year: Some(2023),
        crop: String::new(),
    });
    let licences = places(10_000, 3).map(|p| Licence {
        id: "1".into(),
        holder_unit: String::new(),
        crop: "cannabis".into(),
        valid_from: String::new(),
        valid_to: String::new(),
        area: square(p, 80.0),
    });
    let woods = places(30_000, 4).map(|p| MultiPolygon::from(blob(p, 100.0, 60)));
    // The forest of the whole county as one polygon with a million edges, too: villages and fields
    // are its holes.
    let fields = places(50_000, 9).map(|p| blob(p, 60.0, 20).into_inner().0);
    let (edge, _) = blob((0.0, 0.0), 25_000.0, 1000).into_inner();
    let whole = MultiPolygon::from(Polygon::new(edge, fields.collect()));
    Layers {
        buildings: Some(Buildings::new(homes.collect())),
        roads: Some(Roads::new(places(20_000, 5).map(road).collect())),
        water: Some(Water::new(
            places(10_000, 6).map(|p| square(p, 60.0)).collect(),
            places(10_000, 7).map(road).collect(),
        )),
        forest: Some(Forest::new(woods.chain([whole]).collect())),
        history: Some(History::new(plots.collect())),
        licences: Some(Licences::new(licences.collect())),
        phenology: Some(phenology()),
        has_villages: true,
        has_elevation: true,
    }
}

#[test]
#[ignore = "takes a minute or two without optimisation"]
fn a_hundred_thousand_leads_among_two_hundred_thousand_features() {
    let layers = county();
    let settings = GradeSettings::default();
    let leads: Vec<_> = places(100_000, 8)
        .map(|p| (at(p.0, p.1), MultiPolygon::from(blob(p, 6.0, 24))))
        .collect();
    let began = Instant::now();
    let mut with_home = 0;
    for (point, outline) in &leads {
        let lead = Lead {
            point: (*point).into(),
            border_m: Some(20.0),
            ..lead(outline)
        };
        let graded = grade(&lead, &layers, &settings, Lang::Zh);
        with_home += u32::from(graded.courtyard);
    }
    let took = began.elapsed();
    assert!((5_000..50_000).contains(&with_home), "{with_home}");
    assert!(took < Duration::from_mins(10), "{took:?}");
}
