//! Counts by month, quarter and round.

use super::days::{day, month, quarter};
use super::place::Place;
use super::running::Running;
use super::source::Source;
use super::years::without_sums;
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
    for flown in &source.flights {
        each(day(flown), &|running| running.sorties += 1);
    }
    let known = source.sorties().is_some();
    Periods {
        months: listed(months, known),
        quarters: listed(quarters, known),
        imported,
    }
}

/// The periods in their order, with their flights where they are known.
fn listed(periods: BTreeMap<String, Running>, flights_known: bool) -> Vec<PeriodTally> {
    let mut periods: Vec<PeriodTally> = periods
        .into_iter()
        .map(|(period, running)| PeriodTally {
            period,
            source: "campaign",
            sorties: flights_known.then_some(running.sorties),
            tally: running.finish(),
        })
        .collect();
    if periods.first().is_some_and(|first| first.period.is_empty()) {
        periods.rotate_left(1);
    }
    periods
}

/// This round with its flights, the campaign of an earlier one where it is given, and the rounds that the table
/// `previous` knows.
pub(super) fn rounds(
    source: &Source,
    (total, sorties): (&Tally, Option<u64>),
    before: Option<(&Source, &[Place<'_>])>,
    date: &str,
) -> Vec<PeriodTally> {
    let mut rounds: BTreeMap<(i64, i64), (&'static str, Option<u64>, Tally)> = BTreeMap::new();
    let of_round = |source: &Source| (i64::from(source.facts.year), i64::from(source.facts.round));
    if let Some((before, places)) = before {
        let tally = count_all(before, places, date).finish();
        let row = ("previous_campaign", before.sorties(), tally);
        rounds.insert(of_round(before), row);
    }
    rounds.insert(of_round(source), ("campaign", sorties, total.clone()));
    let mut earlier: BTreeMap<(i64, i64), Running> = BTreeMap::new();
    for plot in &source.earlier {
        let key = (plot.year, plot.round);
        if rounds.contains_key(&key) {
            continue;
        }
        let running = earlier.entry(key).or_default();
        running.tabled();
        if let Some(outcome) = Outcome::parse(&plot.outcome) {
            running.tabled_answer(outcome);
        }
    }
    for (key, running) in earlier {
        let tally = without_sums(running.finish());
        rounds.insert(key, ("previous_table", None, tally));
    }
    rounds
        .into_iter()
        .map(|((year, round), (source, sorties, tally))| PeriodTally {
            period: format!("{year}R{round}"),
            source,
            sorties,
            tally,
        })
        .collect()
}

fn count_all(source: &Source, places: &[Place<'_>], date: &str) -> Running {
    let mut running = Running::default();
    for place in places {
        running.place(place, date);
    }
    for _ in source.flagged() {
        running.tally.flagged += 1;
    }
    for _ in &source.rejected {
        running.tally.rejected += 1;
    }
    running
}
