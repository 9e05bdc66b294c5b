//! Counts by month, quarter, round and year.

use super::days::{day, month, quarter};
use super::place::Place;
use super::running::Running;
use super::source::Source;
use crate::campaign::check::Outcome;
use crate::report::figures::{Count, PeriodTally, Tally};
use std::collections::BTreeMap;

/// Counts of all periods.
pub(super) struct Periods {
    pub(super) months: Vec<PeriodTally>,
    pub(super) quarters: Vec<PeriodTally>,
    /// Candidates that count on the day their run came in.
    pub(super) imported: Count,
}

/// Counts each place in the periods in which it was found, given out and answered.
pub(super) fn periods(source: &Source, places: &[Place<'_>], date: &str) -> Periods {
    let (mut months, mut quarters) = (BTreeMap::new(), BTreeMap::new());
    let mut imported = Count::default();
    let mut each = |day: Option<&str>, count: &dyn Fn(&mut Running)| {
        let name = |of: fn(&str) -> String| day.map(of).unwrap_or_default();
        count(months.entry(name(month)).or_default());
        count(quarters.entry(name(quarter)).or_default());
    };
    for place in places {
        if place.is_candidate() {
            let found = place.found_on(source);
            imported += u64::from(found.as_ref().is_some_and(|(_, imaged)| !imaged));
            let found = found.as_ref().map(|(day, _)| day.as_str());
            each(found, &|running| running.candidate(place));
        }
        if let Some(given) = place.assigned_on() {
            each(day(given), &|running| running.assignment(place, date));
        }
        if let Some((outcome, check)) = place.answer {
            each(day(&check.checked_at), &|running| {
                running.answer(place, outcome, check);
            });
        }
    }
    for check in source.flagged() {
        each(day(&check.checked_at), &|running| {
            running.tally.flagged += 1;
        });
    }
    for row in &source.rejected {
        each(day(&row.read_at), &|running| running.tally.rejected += 1);
    }
    Periods {
        months: listed(months),
        quarters: listed(quarters),
        imported,
    }
}

fn listed(periods: BTreeMap<String, Running>) -> Vec<PeriodTally> {
    let mut periods: Vec<PeriodTally> = periods
        .into_iter()
        .map(|(period, running)| PeriodTally {
            period,
            source: "campaign",
            tally: running.finish(),
        })
        .collect();
    if periods.first().is_some_and(|first| first.period.is_empty()) {
        periods.rotate_left(1);
    }
    periods
}

/// This round, the campaign of an earlier one where it is given, and the rounds that the table
/// `previous` knows; and the same by year.
pub(super) fn rounds(
    source: &Source,
    places: &[Place<'_>],
    total: &Tally,
    before: Option<(&Source, &[Place<'_>])>,
    date: &str,
) -> (Vec<PeriodTally>, Vec<PeriodTally>) {
    let label = |year: i64, round: i64| format!("{year}R{round}");
    let mut years: BTreeMap<String, (Running, &'static str)> = BTreeMap::new();
    let mut rounds: BTreeMap<(i64, i64), PeriodTally> = BTreeMap::new();
    let mut add_campaign = |source: &Source, places: &[Place<'_>], from: &'static str| {
        let mut running = Running::default();
        let year = &mut years
            .entry(source.facts.year.to_string())
            .or_insert((Running::default(), from))
            .0;
        for to in [&mut running, year] {
            count_all(to, source, places, date);
        }
        running.finish()
    };
    let of_round = |source: &Source| (i64::from(source.facts.year), i64::from(source.facts.round));
    if let Some((before, before_places)) = before {
        let tally = add_campaign(before, before_places, "previous_campaign");
        let (year, round) = of_round(before);
        rounds.insert(
            (year, round),
            PeriodTally {
                period: label(year, round),
                source: "previous_campaign",
                tally,
            },
        );
    }
    add_campaign(source, places, "campaign");
    let (year, round) = of_round(source);
    rounds.insert(
        (year, round),
        PeriodTally {
            period: label(year, round),
            source: "campaign",
            tally: total.clone(),
        },
    );
    let known: Vec<(i64, i64)> = rounds.keys().copied().collect();
    let mut earlier: BTreeMap<(i64, i64), Running> = BTreeMap::new();
    for plot in &source.earlier {
        let key = (plot.year, plot.round);
        if known.contains(&key) {
            continue;
        }
        let year = years
            .entry(plot.year.to_string())
            .or_insert((Running::default(), "previous_table"));
        for running in [earlier.entry(key).or_default(), &mut year.0] {
            running.tally.candidates += 1;
            running.tally.ungraded += 1;
            if let Some(outcome) = Outcome::parse(&plot.outcome) {
                running.tally.checked += 1;
                *running.tally.outcomes.get_mut(outcome) += 1;
                running.tally.confirmed += u64::from(outcome == Outcome::Confirmed);
            }
        }
    }
    for ((year, round), running) in earlier {
        rounds.insert(
            (year, round),
            PeriodTally {
                period: label(year, round),
                source: "previous_table",
                tally: without_sums(running.finish()),
            },
        );
    }
    let by_year = years
        .into_iter()
        .map(|(period, (running, from))| PeriodTally {
            period,
            source: from,
            tally: if from == "previous_table" {
                without_sums(running.finish())
            } else {
                running.finish()
            },
        });
    (rounds.into_values().collect(), by_year.collect())
}

/// The table of earlier rounds knows neither plants nor areas.
fn without_sums(mut tally: Tally) -> Tally {
    tally.plants.sum = None;
    tally.plants.standard_error = None;
    tally.measured_m2.sum = None;
    tally.measured_mu = None;
    tally
}

fn count_all(running: &mut Running, source: &Source, places: &[Place<'_>], date: &str) {
    for place in places {
        if place.is_candidate() {
            running.candidate(place);
        }
        if place.assigned_on().is_some() {
            running.assignment(place, date);
        }
        if let Some((outcome, check)) = place.answer {
            running.answer(place, outcome, check);
        }
    }
    for _ in source.flagged() {
        running.tally.flagged += 1;
    }
    for _ in &source.rejected {
        running.tally.rejected += 1;
    }
}
