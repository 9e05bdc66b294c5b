//! Who goes where, and in which order: tasks to grid workers and teams, and a team's stops to
//! days and walks.
//!
//! The order of a team follows three rules, the first being the strongest.
//!
//! 1. *The urgent come first.* If there are `n` stops of the most urgent class, they all lie in
//!    the first `⌈n / per_day⌉` days, which is as early as can be; the same holds for the two most
//!    urgent classes together, and so on. Places that are free on the last of these days go to
//!    the stops of the next class that lie nearest.
//! 2. *As few days as can be*: `⌈stops / per_day⌉`.
//! 3. *The least walking.* A leg costs its length on the ground plus a hundredth of that for each
//!    metre of difference in height, `d·(1 + 0.1·|Δh| / 10 m)`; going on to another village
//!    costs [`OrderSettings::village_change_m`] on top, so that villages stay together where
//!    that costs less than such a walk.
//!
//! No road is known here: it is an order, not a route. Lengths are as the crow flies.

mod assign;
#[cfg(test)]
mod comparisons;
mod exact;
mod ground;
mod nearest;
mod route;
mod waves;

#[cfg(test)]
mod tests;

pub use assign::{Charge, GridCell, TaskPlace, assign};

use crate::error::{Error, Result};
use geo::Point;
use ground::Ground;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// A place to go to.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// WGS 84 longitude (x) and latitude (y) in degrees.
    pub point: Point<f64>,
    /// Height in metres, in any one height system; `None` or NaN where it is unknown.
    pub height_m: Option<f64>,
    /// The village, by a name or code that no other village has; empty where it is unknown.
    pub village: String,
    /// Its class of urgency: 0 is the most urgent.
    pub urgency: u8,
    /// Decides between equals, such as the site's id, so that the order of the list does not.
    pub key: String,
}

/// What a team has to visit.
#[derive(Debug, Clone)]
pub struct TeamPlan<'a> {
    /// The team's name, for messages.
    pub team: &'a str,
    /// Where each day starts and ends (WGS 84 longitude and latitude, height in metres); without
    /// it, a day starts at its first stop and ends at its last.
    pub start: Option<(Point<f64>, Option<f64>)>,
    /// The stops, in any order.
    pub stops: &'a [Stop],
}

/// How stops are cut into days. The table `[order]` of a settings file.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OrderSettings {
    /// At most as many stops a day: 1 to 200.
    pub per_day: u32,
    /// Whether urgent stops come first; otherwise only the walking counts.
    pub urgent_first: bool,
    /// Going on to another village counts as much as so many metres of walking: 0 to 100,000.
    pub village_change_m: f64,
}

impl Default for OrderSettings {
    fn default() -> Self {
        Self {
            per_day: 10,
            urgent_first: true,
            village_change_m: 500.0,
        }
    }
}

impl OrderSettings {
    /// Fails with [`Error::Setting`] at the first value out of bounds.
    pub fn check(&self) -> Result<()> {
        if !(1..=200).contains(&self.per_day) {
            return Err(Error::setting("order.per_day", self.per_day, "1 to 200"));
        }
        if !(0.0..=100_000.0).contains(&self.village_change_m) {
            let wanted = "0 to 100000 metres";
            return Err(Error::setting(
                "order.village_change_m",
                self.village_change_m,
                wanted,
            ));
        }
        Ok(())
    }

    fn stops_a_day(&self) -> usize {
        self.per_day as usize
    }
}

/// A team's day.
#[derive(Debug, Clone, PartialEq)]
pub struct Walk {
    /// The day, from 1.
    pub day: u32,
    /// Places in [`TeamPlan::stops`], in visiting order.
    pub stops: Vec<usize>,
    /// Length from place to place as the crow flies, the ways from and to the start included, in
    /// metres.
    pub length_m: f64,
    /// Metres up on the way; `None` unless all heights on it are known.
    pub climb_m: Option<f64>,
}

/// A team's days, each in visiting order. Many stops are worked on in parallel; the result does
/// not depend on the number of threads. The same stops give the same days, in whatever order
/// they are listed as long as their keys differ.
///
/// Fails with [`Error::Setting`] for settings out of bounds and with [`Error::Coordinate`] for a
/// point that is not on Earth.
pub fn order(plan: &TeamPlan<'_>, settings: &OrderSettings) -> Result<Vec<Walk>> {
    settings.check()?;
    let ground = Ground::new(plan, settings)?;
    let mut days: Vec<Vec<usize>> = Vec::new();
    for wave in waves::waves(&ground, settings) {
        let parts = waves::parts(&ground, wave, settings.stops_a_day());
        let found: Vec<_> = parts
            .par_iter()
            .map(|part| route::days(&ground, part, settings.stops_a_day()))
            .collect();
        let mut found = found.into_iter().collect::<Result<Vec<_>>>()?.concat();
        for day in &mut found {
            turn_to_the_urgent(&ground, day);
        }
        line_up(&ground, found, &mut days);
    }
    Ok((1..)
        .zip(days)
        .map(|(day, stops)| {
            let (length_m, climb_m) = ground.walked(&stops);
            let stops = stops.into_iter().map(|at| ground.listed(at)).collect();
            Walk {
                day,
                stops,
                length_m,
                climb_m,
            }
        })
        .collect())
}

/// The days of all teams, in the order of the plans. Teams are worked on in parallel; the result
/// does not depend on the number of threads. Fails as [`order`] does, with the first plan that
/// fails.
pub fn order_all(plans: &[TeamPlan<'_>], settings: &OrderSettings) -> Result<Vec<Vec<Walk>>> {
    let days: Vec<_> = plans.par_iter().map(|plan| order(plan, settings)).collect();
    days.into_iter().collect()
}

/// A walk is as long backwards: take the direction that comes to urgent stops sooner.
fn turn_to_the_urgent(ground: &Ground, day: &mut [usize]) {
    let wishes = |at: &usize| (ground.urgency(*at), *at);
    let forwards: Vec<_> = day.iter().map(wishes).collect();
    let urgency = |&(urgency, _): &(u8, usize)| urgency;
    let ahead = forwards.iter().map(urgency);
    let back = forwards.iter().rev().map(urgency);
    if back
        .cmp(ahead)
        .then_with(|| forwards.last().cmp(&forwards.first()))
        .is_lt()
    {
        day.reverse();
    }
}

/// Puts the days of a wave behind those before: the ones with the most urgent stops first,
/// among equals one that goes on where the last day ended.
fn line_up(ground: &Ground, mut found: Vec<Vec<usize>>, days: &mut Vec<Vec<usize>>) {
    let most_urgent = found.iter().flatten().map(|&at| ground.urgency(at)).min();
    let urgent = |day: &[usize]| {
        let same = |at: &&usize| Some(ground.urgency(**at)) == most_urgent;
        day.iter().filter(same).count()
    };
    while !found.is_empty() {
        let last = days.last().and_then(|day| day.last());
        let village = last.and_then(|&at| ground.village(at));
        let goes_on = |day: &[usize]| {
            village.is_some() && day.iter().any(|&at| ground.village(at) == village)
        };
        let rank = |day: &Vec<usize>| {
            (
                Reverse(urgent(day)),
                Reverse(goes_on(day)),
                Reverse(day.len()),
                day.iter().min().copied(),
            )
        };
        if let Some(next) = (0..found.len()).min_by_key(|&at| rank(&found[at])) {
            days.push(found.swap_remove(next));
        }
    }
}
