//! Orders of made-up teams, compared with all permutations, with nearest neighbour and 2-opt,
//! and with themselves.

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
fn stop(east_m: f64, north_m: f64, key: &str) -> Stop {
    Stop {
        point: point(east_m, north_m),
        height_m: None,
        village: String::new(),
        urgency: 0,
        key: key.to_owned(),
    }
}

fn point(east_m: f64, north_m: f64) -> Point<f64> {
    Point::new(102.0 + east_m / 96_486.0, 30.0 + north_m / 110_852.0)
}

/// Stops over a square, in villages of about a kilometre.
fn scattered(seed: u64, many: usize, edge_m: f64, classes: u8) -> Vec<Stop> {
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

fn plan<'a>(stops: &'a [Stop], start: Option<(f64, f64)>) -> TeamPlan<'a> {
    TeamPlan {
        team: "first",
        start: start.map(|(x, y)| (point(x, y), Some(500.0))),
        stops,
    }
}

fn per_day(per_day: u32) -> OrderSettings {
    OrderSettings {
        per_day,
        ..OrderSettings::default()
    }
}

/// Costs of some walks, as the search sees them.
fn total(ground: &Ground, days: &[Vec<usize>]) -> f64 {
    days.iter()
        .map(|day| {
            let costs = ground.costs(day);
            let way: Vec<usize> = (0..=day.len()).chain([0]).collect();
            way.windows(2)
                .map(|leg| costs.between(leg[0], leg[1]))
                .sum::<f64>()
        })
        .sum()
}

/// Nearest neighbour, cut into days, then 2-opt within each: what a team would do on paper.
fn on_paper(ground: &Ground, per_day: usize) -> Vec<Vec<usize>> {
    let mut left: Vec<usize> = (0..ground.len()).collect();
    let all = ground.costs(&left);
    let mut days = Vec::new();
    while !left.is_empty() {
        let mut day: Vec<usize> = Vec::new();
        while day.len() < per_day && !left.is_empty() {
            let here = day.last().map_or(0, |at| at + 1);
            let next = (0..left.len())
                .min_by(|&a, &b| {
                    all.between(here, left[a] + 1)
                        .total_cmp(&all.between(here, left[b] + 1))
                })
                .unwrap();
            day.push(left.remove(next));
        }
        two_opt(&all, &mut day);
        days.push(day);
    }
    days
}

fn two_opt(all: &ground::Costs, day: &mut [usize]) {
    let at = |day: &[usize], i: usize| {
        if i == 0 || i > day.len() {
            0
        } else {
            day[i - 1] + 1
        }
    };
    let mut better = true;
    while better {
        better = false;
        for i in 1..=day.len() {
            for j in i + 1..=day.len() {
                let (a, b) = (at(day, i - 1), at(day, i));
                let (c, d) = (at(day, j), at(day, j + 1));
                let gain =
                    all.between(a, b) + all.between(c, d) - all.between(a, c) - all.between(b, d);
                if gain > 1e-6 {
                    day[i - 1..j].reverse();
                    better = true;
                }
            }
        }
    }
}

#[test]
fn measure() {
    let steps = |n: usize, cap: u32, start: bool| {
        let mut sum = 0.0;
        let mut worst: f64 = 0.0;
        let rounds = 20;
        let clock = std::time::Instant::now();
        let mut took = 0.0;
        for seed in 0..rounds {
            let stops = scattered(seed, n, 5000.0, 1);
            let plan = plan(&stops, start.then_some((2500.0, 2500.0)));
            let settings = per_day(cap);
            let t = std::time::Instant::now();
            let walks = order(&plan, &settings).unwrap();
            took += t.elapsed().as_secs_f64();
            let ground = Ground::new(&plan, &settings).unwrap();
            let listed: Vec<usize> = (0..n).map(|at| ground.listed(at)).collect();
            let days: Vec<Vec<usize>> = walks
                .iter()
                .map(|w| {
                    w.stops
                        .iter()
                        .map(|s| listed.iter().position(|l| l == s).unwrap())
                        .collect()
                })
                .collect();
            let ours = total(&ground, &days);
            let paper = total(&ground, &on_paper(&ground, cap as usize));
            sum += ours / paper;
            worst = worst.max(ours / paper);
        }
        let _ = clock;
        println!(
            "n {n} cap {cap} start {start}: mean {:.3} worst {worst:.3} ms {:.2}",
            sum / rounds as f64,
            took * 1e3 / rounds as f64
        );
    };
    for start in [true, false] {
        for (n, cap) in [
            (8, 10),
            (12, 12),
            (13, 20),
            (20, 20),
            (20, 10),
            (20, 8),
            (40, 10),
            (48, 12),
            (40, 40),
            (48, 48),
            (100, 100),
            (200, 200),
        ] {
            steps(n, cap, start);
        }
    }
}
