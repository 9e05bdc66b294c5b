//! The ground a team walks on: its stops in a fixed order, and what a leg between two costs.

use super::{OrderSettings, Stop, TeamPlan};
use crate::error::{Error, Result};
use crate::georef::{LocalMetres, geodesic_distance_m};
use geo::Point;
use std::collections::BTreeMap;

/// A team's stops, sorted so that the order of the list does not matter: most urgent first, then
/// by village and key. Everything in this module counts them in that order.
pub(super) struct Ground {
    places: Vec<Place>,
    start: Option<Place>,
    village_change_m: f64,
}

struct Place {
    point: Point<f64>,
    /// Metres east and north of the team's first place.
    local: [f64; 2],
    height_m: Option<f64>,
    /// A number for the village's name.
    village: Option<u32>,
    urgency: u8,
    /// Place in the list that was given.
    listed: usize,
}

/// What it costs to go from any of some places to any other. Place 0 is the start; without
/// one, going there and away is free, which leaves both ends of the walk open.
pub(super) struct Costs {
    /// Number of places, the start included.
    pub(super) size: usize,
    /// In metres of level walking, `[from, to]`.
    pub(super) metres: Vec<f64>,
}

impl Costs {
    /// From one place to another.
    pub(super) fn between(&self, from: usize, to: usize) -> f64 {
        self.metres[from * self.size + to]
    }
}

impl Ground {
    /// Fails with [`Error::Coordinate`] for a point that is not on Earth.
    pub(super) fn new(plan: &TeamPlan<'_>, settings: &OrderSettings) -> Result<Self> {
        let mut sorted: Vec<(usize, &Stop)> = plan.stops.iter().enumerate().collect();
        sorted.sort_by(|(_, a), (_, b)| {
            let urgency = settings.urgent_first.then(|| a.urgency.cmp(&b.urgency));
            urgency
                .unwrap_or(std::cmp::Ordering::Equal)
                .then_with(|| a.village.cmp(&b.village))
                .then_with(|| a.key.cmp(&b.key))
                .then_with(|| a.point.x().total_cmp(&b.point.x()))
                .then_with(|| a.point.y().total_cmp(&b.point.y()))
        });
        let points = plan.start.iter().map(|(point, _)| *point);
        for point in points.chain(plan.stops.iter().map(|stop| stop.point)) {
            check(plan.team, point)?;
        }
        let middle = plan.start.map(|(point, _)| point);
        let middle = middle.or_else(|| sorted.first().map(|(_, stop)| stop.point));
        let frame = LocalMetres::around(middle.unwrap_or_default());
        let local = |point: Point<f64>| {
            let point = frame.point(point);
            [point.x(), point.y()]
        };
        let mut villages = BTreeMap::new();
        for (_, stop) in &sorted {
            let next = u32::try_from(villages.len()).unwrap_or(u32::MAX);
            villages.entry(stop.village.as_str()).or_insert(next);
        }
        let places = sorted.iter().map(|(listed, stop)| Place {
            point: stop.point,
            local: local(stop.point),
            height_m: stop.height_m.filter(|height| height.is_finite()),
            village: villages
                .get(stop.village.as_str())
                .copied()
                .filter(|_| !stop.village.is_empty()),
            urgency: if settings.urgent_first {
                stop.urgency
            } else {
                0
            },
            listed: *listed,
        });
        Ok(Self {
            places: places.collect(),
            start: plan.start.map(|(point, height_m)| Place {
                point,
                local: local(point),
                height_m: height_m.filter(|height| height.is_finite()),
                village: None,
                urgency: 0,
                listed: 0,
            }),
            village_change_m: settings.village_change_m,
        })
    }

    /// Number of stops.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// A stop's class, 0 being the most urgent.
    pub(super) fn urgency(&self, stop: usize) -> u8 {
        self.places[stop].urgency
    }

    /// A number for a stop's village, if it is known.
    pub(super) fn village(&self, stop: usize) -> Option<u32> {
        self.places[stop].village
    }

    /// Where a stop lies, in metres east and north of the team's first place: good for comparing
    /// what is near.
    pub(super) fn local(&self, stop: usize) -> [f64; 2] {
        self.places[stop].local
    }

    /// A stop's place in the list that was given.
    pub(super) fn listed(&self, stop: usize) -> usize {
        self.places[stop].listed
    }

    /// The costs between the start and some stops, which get the places 1, 2 and so on.
    pub(super) fn costs(&self, stops: &[usize]) -> Costs {
        let size = stops.len() + 1;
        let mut metres = vec![0.0; size * size];
        let place = |at: usize| match at {
            0 => self.start.as_ref(),
            at => Some(&self.places[stops[at - 1]]),
        };
        for from in 0..size {
            for to in from + 1..size {
                if let (Some(a), Some(b)) = (place(from), place(to)) {
                    let cost = self.cost(a, b);
                    metres[from * size + to] = cost;
                    metres[to * size + from] = cost;
                }
            }
        }
        Costs { size, metres }
    }

    /// Length and metres up of a day's walk.
    pub(super) fn walked(&self, day: &[usize]) -> (f64, Option<f64>) {
        let start = self.start.as_ref();
        let stops = day.iter().map(|&at| &self.places[at]);
        let way: Vec<&Place> = start.into_iter().chain(stops).chain(start).collect();
        let legs = || way.windows(2).map(|leg| (leg[0], leg[1]));
        let length_m = legs().map(|(a, b)| distance_m(a, b)).sum();
        let heights: Option<Vec<f64>> = way.iter().map(|place| place.height_m).collect();
        let climbs = |heights: Vec<f64>| {
            let legs = heights.windows(2);
            legs.map(|leg| (leg[1] - leg[0]).max(0.0)).sum()
        };
        (length_m, heights.map(climbs))
    }

    fn cost(&self, a: &Place, b: &Place) -> f64 {
        let difference_m = match (a.height_m, b.height_m) {
            (Some(a), Some(b)) => (b - a).abs(),
            _ => 0.0,
        };
        let change_m = match (a.village, b.village) {
            (Some(a), Some(b)) if a != b => self.village_change_m,
            _ => 0.0,
        };
        distance_m(a, b) * (1.0 + 0.1 * difference_m / 10.0) + change_m
    }
}

fn distance_m(a: &Place, b: &Place) -> f64 {
    geodesic_distance_m((a.point.x(), a.point.y()), (b.point.x(), b.point.y()))
}

fn check(team: &str, point: Point<f64>) -> Result<()> {
    let bounds = [
        ("longitude", point.x(), 180.0),
        ("latitude", point.y(), 90.0),
    ];
    for (what, value, most) in bounds {
        if !(-most..=most).contains(&value) {
            let what = format!("a {what} of team `{team}`");
            return Err(Error::coordinate(
                &what,
                value,
                format!("-{most} to {most} degrees"),
            ));
        }
    }
    Ok(())
}
