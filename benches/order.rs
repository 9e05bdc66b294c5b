//! Order of visits: the days of one team, and of many.
//!
//! Inputs: stops scattered over a square at random, the same in each run, in villages of 1.5 km
//! and three classes of urgency, 10 stops a day, from a start in a corner: 20 over 5 km, 200 over
//! 15 km; and 100 teams of 20. Threads: one for a team, all cores for many.
//!
//! Throughput: stops put in order. `cargo bench --bench order`

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use geo::Point;
use std::hint::black_box;
use tianmu::tasks::order::{OrderSettings, Stop, TeamPlan, order, order_all};

/// Degrees of longitude and latitude in a metre at 30° N.
const DEGREES: (f64, f64) = (1.0 / 96_486.0, 1.0 / 110_852.0);

/// Longitude and latitude of the corner.
const START: (f64, f64) = (102.0, 30.0);

fn scattered(seed: u64, many: usize, edge_m: f64) -> Vec<Stop> {
    let mut numbers = fastrand::Rng::with_seed(seed);
    (0..many)
        .map(|at| {
            let (east_m, north_m) = (edge_m * numbers.f64(), edge_m * numbers.f64());
            let village = |metres: f64| (metres / 1500.0).floor();
            Stop {
                point: Point::from(START) + Point::new(east_m * DEGREES.0, north_m * DEGREES.1),
                height_m: Some(500.0 + 200.0 * (east_m / 700.0).sin()),
                village: format!("{}-{}", village(east_m), village(north_m)),
                urgency: numbers.u8(0..3),
                key: format!("{at:05}"),
            }
        })
        .collect()
}

fn plan(stops: &[Stop]) -> TeamPlan<'_> {
    TeamPlan {
        team: "first",
        start: Some((Point::from(START), Some(500.0))),
        stops,
    }
}

fn days(c: &mut Criterion) {
    let settings = OrderSettings::default();
    let mut group = c.benchmark_group("order");
    group.sample_size(20);
    for (many, edge_m) in [(20, 5000.0), (200, 15_000.0)] {
        let stops = scattered(1, many, edge_m);
        group.throughput(Throughput::Elements(many as u64));
        group.bench_with_input(BenchmarkId::new("a team", many), &stops, |b, stops| {
            b.iter(|| order(&plan(black_box(stops)), &settings));
        });
    }
    let teams: Vec<Vec<Stop>> = (0..100).map(|seed| scattered(seed, 20, 5000.0)).collect();
    let plans: Vec<TeamPlan<'_>> = teams.iter().map(|stops| plan(stops)).collect();
    group.throughput(Throughput::Elements(2000));
    group.bench_function("100 teams of 20", |b| {
        b.iter(|| order_all(black_box(&plans), &settings));
    });
    group.finish();
}

criterion_group!(benches, days);
criterion_main!(benches);
