//! What places drawn by lot say of what was missed.

use super::place::{Kind, Place};
use super::source::Source;
use super::units::Names;
use crate::campaign::check::Outcome;
use crate::report::figures::{ControlFigures, Count, LotFigures, Stratum};
use crate::report::statistics::{float, upper_share, upper_total};
use std::collections::BTreeMap;

/// The risk of an upper end.
const RISK: f64 = 0.05;

/// A stratum while it is being counted.
#[derive(Default, Clone, Copy)]
struct Lots {
    cells: u64,
    drawn: u64,
    rows: u64,
    checked: u64,
    found: u64,
}

/// What was missed, by the lots.
pub(super) fn control(source: &Source, places: &[Place<'_>], names: &Names) -> ControlFigures {
    let (mut random, mut low) = (BTreeMap::new(), BTreeMap::new());
    let mut true_positives = 0;
    for place in places {
        let strata = match place.kind {
            Kind::ControlRandom => &mut random,
            Kind::ControlLow => &mut low,
            Kind::Lead => {
                true_positives += u64::from(place.outcome() == Some(Outcome::Confirmed));
                continue;
            }
            Kind::Find | Kind::Earlier => continue,
        };
        if let Some(task) = place.task {
            let stratum: &mut Lots = strata.entry(task.stratum.as_str()).or_default();
            // Rows of earlier calls may carry sizes of less ground.
            stratum.cells = stratum.cells.max(task.stratum_cells);
            stratum.drawn = stratum.drawn.max(task.stratum_drawn);
            stratum.rows += 1;
            stratum.checked += u64::from(place.is_closed());
            stratum.found += u64::from(place.outcome() == Some(Outcome::Confirmed));
        }
    }
    debug_assert!(random.len() + low.len() <= source.tasks.len());
    let parts = [&random, &low].map(|strata| strata.values().map(Lots::numbers).collect());
    let [of_random, of_low]: [Vec<(u64, u64, u64)>; 2] = parts;
    let (random, low) = (lots(&random, names), lots(&low, names));
    let missed = match (random.missed, low.missed) {
        (None, None) => None,
        (one, other) => Some(one.unwrap_or(0.0) + other.unwrap_or(0.0)),
    };
    // Both ends must hold at once: half of the risk for each.
    let risk = if random.missed.is_some() && low.missed.is_some() {
        RISK / 2.0
    } else {
        RISK
    };
    let uppers = [upper_total(&of_random, risk), upper_total(&of_low, risk)];
    let missed_upper = missed.map(|_| uppers.into_iter().flatten().sum());
    // What was found counts everywhere; what was missed is known where somebody looked. A share of both
    // is only one where every stratum was looked at.
    let is_complete = of_random
        .iter()
        .chain(&of_low)
        .all(|(_, checked, _)| *checked > 0)
        && !of_random.is_empty();
    let recall = |missed: f64| {
        let all = float(true_positives) + missed;
        (is_complete && all > 0.0).then(|| float(true_positives) / all)
    };
    ControlFigures {
        recall: missed.and_then(recall),
        recall_lower: missed_upper.and_then(recall),
        true_positives: Count::Exact(true_positives),
        random,
        low,
        missed,
        missed_upper,
    }
}

impl Lots {
    /// Its size, how many were checked, how many found.
    fn numbers(&self) -> (u64, u64, u64) {
        (self.size(), self.checked, self.found)
    }

    /// No less than were drawn, whatever its rows say.
    fn size(&self) -> u64 {
        self.cells.max(self.rows)
    }

    fn missed(&self) -> Option<f64> {
        let (size, checked, found) = self.numbers();
        (checked > 0).then(|| float(size) * float(found) / float(checked))
    }
}

fn lots(strata: &BTreeMap<&str, Lots>, names: &Names) -> LotFigures {
    let numbers: Vec<(u64, u64, u64)> = strata.values().map(Lots::numbers).collect();
    let sum = |of: fn(&Lots) -> u64| strata.values().map(of).sum::<u64>();
    let (checked, found) = (sum(|s| s.checked), sum(|s| s.found));
    let unchecked = strata.values().filter(|s| s.checked == 0).map(Lots::size);
    let known: Vec<f64> = strata.values().filter_map(Lots::missed).collect();
    LotFigures {
        cells: Count::Exact(sum(Lots::size)),
        cells_unchecked: Count::Exact(unchecked.sum()),
        drawn: Count::Exact(sum(|s| s.drawn.max(s.rows))),
        checked: Count::Exact(checked),
        found: Count::Exact(found),
        missed: (!known.is_empty()).then(|| known.iter().sum()),
        share_upper: upper_share(found, checked, RISK),
        rule_of_three: (checked > 0 && found == 0).then(|| (3.0 / float(checked)).min(1.0)),
        missed_upper: upper_total(&numbers, RISK),
        strata: strata
            .iter()
            .map(|(name, drawn)| {
                let (town, village) = names.of_village(name);
                Stratum {
                    stratum: (*name).to_owned(),
                    town: town.to_owned(),
                    village: village.to_owned(),
                    cells: Count::Exact(drawn.size()),
                    drawn: Count::Exact(drawn.drawn.max(drawn.rows)),
                    checked: Count::Exact(drawn.checked),
                    found: Count::Exact(drawn.found),
                    missed: drawn.missed(),
                    share_upper: upper_share(drawn.found, drawn.checked, RISK),
                }
            })
            .collect(),
    }
}
