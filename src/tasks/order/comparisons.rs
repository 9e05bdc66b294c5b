//! Orders compared with others: with the best of all permutations, and with nearest neighbour and
//! 2-opt, as they are made on paper.

use super::tests::{per_day, plan, scattered};
use super::*;

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

/// The walks of a team in the order in which its ground counts stops.
fn days(plan: &TeamPlan<'_>, ground: &Ground, settings: &OrderSettings) -> Vec<Vec<usize>> {
    let mut places = vec![0; ground.len()];
    (0..ground.len()).for_each(|at| places[ground.listed(at)] = at);
    let walks = order(plan, settings).unwrap().into_iter();
    walks
        .map(|walk| walk.stops.iter().map(|&at| places[at]).collect())
        .collect()
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

/// The least cost of any order of a day's stops.
fn least(ground: &Ground, day: &mut Vec<usize>, fixed: usize) -> f64 {
    if fixed == day.len() {
        return total(ground, std::slice::from_ref(day));
    }
    (fixed..day.len()).fold(f64::INFINITY, |best, at| {
        day.swap(fixed, at);
        let best = best.min(least(ground, day, fixed + 1));
        day.swap(fixed, at);
        best
    })
}

#[test]
fn no_order_of_few_stops_is_shorter() {
    for (seed, many) in (0..).zip([1, 2, 3, 4, 5, 6, 7, 8]) {
        for start in [None, Some((2500.0, 2500.0))] {
            let stops = scattered(seed, many, 5000.0, 1);
            let plan = plan(&stops, start);
            let settings = per_day(8);
            let ground = Ground::new(&plan, &settings).unwrap();
            let ours = total(&ground, &days(&plan, &ground, &settings));
            let best = least(&ground, &mut (0..stops.len()).collect(), 0);
            assert!((ours - best).abs() < 1e-6, "{ours} {best}");
        }
    }
}

#[test]
fn no_two_days_of_few_stops_are_shorter() {
    for seed in 0..10 {
        let stops = scattered(seed, 8, 5000.0, 1);
        let plan = plan(&stops, Some((2500.0, 2500.0)));
        let settings = per_day(4);
        let ground = Ground::new(&plan, &settings).unwrap();
        let ours = total(&ground, &days(&plan, &ground, &settings));
        let halves = (0_u32..256).filter(|set| set.count_ones() == 4).map(|set| {
            let (mut one, mut other) = (0..8).partition(|at| set & (1 << at) != 0);
            least(&ground, &mut one, 0) + least(&ground, &mut other, 0)
        });
        let best = halves.fold(f64::INFINITY, f64::min);
        assert!((ours - best).abs() < 1e-6, "seed {seed}: {ours} {best}");
    }
}

#[test]
fn no_order_is_longer_than_one_made_on_paper() {
    let sizes = [
        (13, 20),
        (20, 20),
        (20, 10),
        (20, 8),
        (40, 9),
        (45, 45),
        (110, 10),
        (200, 16),
    ];
    for (many, most) in sizes {
        for (seed, start) in [
            (1, None),
            (2, Some((2500.0, 2500.0))),
            (3, Some((-4000.0, 0.0))),
        ] {
            let stops = scattered(seed, many, 5000.0, 1);
            let plan = plan(&stops, start);
            let settings = per_day(most);
            let ground = Ground::new(&plan, &settings).unwrap();
            let ours = total(&ground, &days(&plan, &ground, &settings));
            let paper = total(&ground, &on_paper(&ground, most as usize));
            assert!(
                ours <= 1.02 * paper,
                "{many} in days of {most}: {ours} {paper}"
            );
        }
    }
}
