//! What an order promises, on made-up teams.

use super::*;

/// Numbers in 0..1 that look random, the same in each run.
struct Numbers(fastrand::Rng);

impl Numbers {
    fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.0.f64()
    }
}

/// A stop some metres east and north of 102° E, 30° N.
pub(super) fn stop(east_m: f64, north_m: f64, key: &str) -> Stop {
    Stop {
        point: point(east_m, north_m),
        height_m: None,
        village: String::new(),
        urgency: 0,
        key: key.to_owned(),
    }
}

pub(super) fn point(east_m: f64, north_m: f64) -> Point<f64> {
    Point::new(102.0 + east_m / 96_486.0, 30.0 + north_m / 110_852.0)
}

/// Stops over a square, in villages of about a kilometre.
pub(super) fn scattered(seed: u64, many: usize, edge_m: f64, classes: u8) -> Vec<Stop> {
    let mut numbers = Numbers::new(seed);
    (0..many)
        .map(|at| {
            let (x, y) = (numbers.between(0.0, edge_m), numbers.between(0.0, edge_m));
            Stop {
                village: format!("{:.0}-{:.0}", (x / 1000.0).floor(), (y / 1000.0).floor()),
                height_m: Some(500.0 + 200.0 * (x / 700.0).sin() * (y / 900.0).cos()),
                urgency: numbers.0.u8(0..classes),
                ..stop(x, y, &format!("{at:05}"))
            }
        })
        .collect()
}

pub(super) fn plan(stops: &[Stop], start: Option<(f64, f64)>) -> TeamPlan<'_> {
    TeamPlan {
        team: "first",
        start: start.map(|(x, y)| (point(x, y), Some(500.0))),
        stops,
    }
}

pub(super) fn per_day(per_day: u32) -> OrderSettings {
    OrderSettings {
        per_day,
        ..OrderSettings::default()
    }
}

fn visited(walks: &[Walk]) -> Vec<usize> {
    let mut all: Vec<usize> = walks.iter().flat_map(|walk| walk.stops.clone()).collect();
    all.sort_unstable();
    all
}

#[test]
fn every_stop_is_visited_once_and_no_day_holds_too_many() {
    for (seed, many, most) in [(1, 7, 3), (2, 30, 4), (3, 61, 10), (4, 60, 60), (5, 130, 7)] {
        let stops = scattered(seed, many, 6000.0, 3);
        let walks = order(&plan(&stops, None), &per_day(most)).unwrap();
        assert_eq!(visited(&walks), (0..many).collect::<Vec<_>>());
        assert_eq!(walks.len(), many.div_ceil(most as usize));
        for (day, walk) in (1..).zip(&walks) {
            assert_eq!(walk.day, day);
            assert!((1..=most as usize).contains(&walk.stops.len()));
        }
    }
}

#[test]
fn urgent_stops_lie_in_the_earliest_days_that_can_hold_them() {
    let stops = scattered(6, 47, 6000.0, 4);
    let walks = order(&plan(&stops, Some((0.0, 0.0))), &per_day(6)).unwrap();
    for class in 0..4 {
        let so_urgent = |at: &&usize| stops[**at].urgency <= class;
        let many = stops.iter().filter(|stop| stop.urgency <= class).count();
        let early = &walks[..many.div_ceil(6)];
        let found = early.iter().flat_map(|walk| &walk.stops).filter(so_urgent);
        assert_eq!(found.count(), many, "class {class}");
    }
}

#[test]
fn without_the_wish_for_urgency_only_walking_counts() {
    let stops = scattered(7, 24, 6000.0, 3);
    let settings = OrderSettings {
        urgent_first: false,
        ..per_day(6)
    };
    let length = |settings| {
        let walks = order(&plan(&stops, Some((0.0, 0.0))), settings).unwrap();
        walks.iter().map(|walk| walk.length_m).sum::<f64>()
    };
    assert!(length(&settings) < length(&per_day(6)));
}

#[test]
fn a_free_place_goes_to_the_nearest_stop_of_the_next_class() {
    let mut stops = [
        stop(0.0, 0.0, "urgent"),
        stop(5000.0, 0.0, "far"),
        stop(300.0, 0.0, "near"),
        stop(4000.0, 0.0, "farther"),
    ];
    stops[1..].iter_mut().for_each(|stop| stop.urgency = 1);
    let walks = order(&plan(&stops, None), &per_day(2)).unwrap();
    assert_eq!(walks[0].stops, [0, 2]);
    assert_eq!(walks.len(), 2);
}

#[test]
fn a_walk_begins_with_what_is_urgent_where_that_costs_nothing() {
    let mut stops = [
        stop(0.0, 0.0, "a"),
        stop(100.0, 0.0, "b"),
        stop(200.0, 0.0, "c"),
    ];
    stops[0].urgency = 1;
    stops[1].urgency = 1;
    assert_eq!(
        order(&plan(&stops, None), &per_day(3)).unwrap()[0].stops,
        [2, 1, 0]
    );
}

#[test]
fn a_day_goes_to_one_village_where_that_is_possible() {
    let mut stops = scattered(8, 16, 1500.0, 1);
    for (at, stop) in stops.iter_mut().enumerate() {
        stop.village = if at % 2 == 0 { "east" } else { "west" }.to_owned();
    }
    let settings = OrderSettings {
        village_change_m: 5000.0,
        ..per_day(4)
    };
    let walks = order(&plan(&stops, Some((0.0, 0.0))), &settings).unwrap();
    let village = |at: &usize| stops[*at].village.as_str();
    let days: Vec<&str> = walks.iter().map(|walk| village(&walk.stops[0])).collect();
    for (walk, day) in walks.iter().zip(&days) {
        assert!(walk.stops.iter().all(|at| village(at) == *day));
    }
    assert_eq!(
        days.windows(2).filter(|pair| pair[0] != pair[1]).count(),
        1,
        "{days:?}"
    );
}

#[test]
fn a_slope_is_climbed_once() {
    let levels = |upper_m: Option<f64>| {
        let stops: Vec<Stop> = (0..6_u8)
            .map(|at| {
                let (column, upper) = (f64::from(at / 2), at % 2 == 1);
                Stop {
                    height_m: if upper { upper_m } else { Some(100.0) },
                    ..stop(
                        200.0 * column,
                        if upper { 50.0 } else { 0.0 },
                        &at.to_string(),
                    )
                }
            })
            .collect();
        let walk = order(&plan(&stops, None), &per_day(6)).unwrap().remove(0);
        let changes = walk
            .stops
            .windows(2)
            .filter(|leg| (leg[0] + leg[1]) % 2 == 1);
        (changes.count(), walk.climb_m)
    };
    assert_eq!(levels(Some(100.0)), (3, Some(0.0)));
    let (changes, climb_m) = levels(Some(700.0));
    assert_eq!(changes, 1);
    assert!(climb_m == Some(600.0) || climb_m == Some(0.0));
    assert_eq!(levels(Some(f64::NAN)), (3, None));
    assert_eq!(levels(None), (3, None));
}

#[test]
fn a_walk_leads_from_the_start_and_back() {
    let stops = [Stop {
        height_m: Some(620.0),
        ..stop(300.0, 0.0, "a")
    }];
    let walk = order(&plan(&stops, Some((0.0, 0.0))), &per_day(5))
        .unwrap()
        .remove(0);
    assert!((walk.length_m - 600.0).abs() < 0.5);
    assert_eq!(walk.climb_m, Some(120.0));
    let walk = order(&plan(&stops, None), &per_day(5)).unwrap().remove(0);
    assert_eq!((walk.length_m, walk.climb_m), (0.0, Some(0.0)));
}

#[test]
fn a_line_is_walked_along_from_any_start() {
    let stops: Vec<Stop> = (0..20_u32)
        .map(|at| stop(100.0 * f64::from(at), 0.0, &format!("{at:02}")))
        .collect();
    let settings = per_day(20);
    let ends = |start| {
        let walk = order(&plan(&stops, start), &settings).unwrap().remove(0);
        assert!((walk.length_m - if start.is_some() { 4000.0 } else { 1900.0 }).abs() < 5.0);
    };
    ends(None);
    ends(Some((-100.0, 0.0)));
    ends(Some((2000.0, 0.0)));
}

#[test]
fn odd_lists_are_ordered_too() {
    let none = order(&plan(&[], Some((0.0, 0.0))), &per_day(5)).unwrap();
    assert!(none.is_empty());

    let same = vec![stop(50.0, 50.0, "same"); 30];
    let walks = order(&plan(&same, None), &per_day(14)).unwrap();
    assert_eq!(visited(&walks), (0..30).collect::<Vec<_>>());
    assert!(walks.iter().all(|walk| walk.length_m == 0.0));

    let mut far = scattered(9, 25, 3000.0, 1);
    far[7].point = Point::new(121.0, 40.0);
    let walks = order(&plan(&far, Some((0.0, 0.0))), &per_day(8)).unwrap();
    assert_eq!(visited(&walks), (0..25).collect::<Vec<_>>());
    let long = walks.iter().filter(|walk| walk.length_m > 3.0e6);
    assert_eq!(long.count(), 1);
}

#[test]
fn the_same_stops_give_the_same_order() {
    let all: Vec<Vec<Stop>> = (0..20).map(|seed| scattered(seed, 33, 5000.0, 1)).collect();
    let plans: Vec<TeamPlan<'_>> = all.iter().map(|stops| plan(stops, None)).collect();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| order_all(&plans, &per_day(7)).unwrap())
    };
    let once = with(1);
    assert_eq!(once, with(1));
    assert_eq!(once, with(5));
    assert_eq!(once[7], order(&plans[7], &per_day(7)).unwrap());

    let turned: Vec<Stop> = all[3].iter().rev().cloned().collect();
    let walks = order(&plan(&turned, None), &per_day(7)).unwrap();
    let keys = |walks: &[Walk], stops: &[Stop]| -> Vec<String> {
        let visited = walks.iter().flat_map(|walk| walk.stops.clone());
        visited.map(|at| stops[at].key.clone()).collect()
    };
    assert_eq!(keys(&walks, &turned), keys(&once[3], &all[3]));
}

#[test]
fn settings_and_points_are_checked() {
    for per_day in [0, 201] {
        let settings = OrderSettings {
            per_day,
            ..OrderSettings::default()
        };
        assert!(matches!(settings.check(), Err(Error::Setting { .. })));
    }
    let settings = OrderSettings {
        village_change_m: f64::NAN,
        ..OrderSettings::default()
    };
    assert!(settings.check().is_err());
    assert!(toml::from_str::<OrderSettings>("per_day = 8").is_ok_and(|read| read == per_day(8)));
    assert!(toml::from_str::<OrderSettings>("a_day = 8").is_err());

    let mut stops = scattered(1, 3, 1000.0, 1);
    stops[2].point = Point::new(f64::NAN, 30.0);
    let error = order(&plan(&stops, None), &per_day(8)).unwrap_err();
    assert!(
        error.to_string().contains("longitude of team `first`"),
        "{error}"
    );
}
