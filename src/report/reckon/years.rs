//! Counts by year: a place that several rounds of a year saw is one.

use super::place::{Kind, Place};
use super::running::Running;
use super::source::Source;
use crate::campaign::check::Outcome;
use crate::report::figures::{PeriodTally, Tally};
use std::collections::BTreeMap;

/// The rows of one year.
#[derive(Default)]
struct Year<'a> {
    /// Places by the number that they have in the latest round, each with its outcome in the table of
    /// earlier rounds.
    places: BTreeMap<&'a str, (Option<Place<'a>>, Option<Outcome>)>,
    /// What is to be looked into, and what could not be taken.
    flagged: u64,
    rejected: u64,
    /// Tables that its numbers come from.
    sources: Vec<&'static str>,
    /// Flights of each of its rounds, where they are known.
    sorties: Vec<Option<u64>>,
}

/// Counts places by year, over the rounds that are known: this one, the campaign of an earlier one, and
/// the table of earlier rounds. `same` gives the numbers that plots of earlier rounds have in this one.
///
/// A place counts once in a year. Of its answers that of the last round counts in which somebody got
/// there; a plot that was confirmed and is gone later in the year was confirmed. `sorties` are the flights of
/// this round; those of a year are known where those of each of its rounds are.
pub(super) fn years<'a>(
    (source, places): (&'a Source, &'a [Place<'a>]),
    sorties: Option<u64>,
    before: Option<(&'a Source, &'a [Place<'a>])>,
    same: &'a BTreeMap<String, String>,
    date: &str,
) -> Vec<PeriodTally> {
    let now = |id: &'a str| same.get(id).map_or(id, String::as_str);
    let mut years: BTreeMap<i64, Year<'a>> = BTreeMap::new();
    let campaigns = before
        .map(|(source, places)| (source, places, "previous_campaign", source.sorties()))
        .into_iter()
        .chain([(source, places, "campaign", sorties)]);
    let mut known = Vec::new();
    for (source, places, name, sorties) in campaigns {
        known.push((i64::from(source.facts.year), i64::from(source.facts.round)));
        let year = years.entry(source.facts.year.into()).or_default();
        year.sources.push(name);
        year.sorties.push(sorties);
        year.flagged += source.flagged().count() as u64;
        year.rejected += source.rejected.len() as u64;
        for place in places {
            let (there, _) = year.places.entry(now(place.site_id)).or_default();
            *there = Some(there.map_or(*place, |old| joined(old, *place)));
        }
    }
    for plot in &source.earlier {
        if known.contains(&(plot.year, plot.round)) {
            continue;
        }
        let year = years.entry(plot.year).or_default();
        if !year.sources.contains(&"previous_table") {
            year.sources.push("previous_table");
            year.sorties.push(None);
        }
        let (_, outcome) = year.places.entry(now(&plot.site_id)).or_default();
        *outcome = later(*outcome, Outcome::parse(&plot.outcome));
    }
    years
        .into_iter()
        .map(|(year, counted)| PeriodTally {
            period: year.to_string(),
            source: source_name(&counted.sources),
            sorties: counted.sorties.iter().copied().sum(),
            tally: counted.tally(date),
        })
        .collect()
}

impl Year<'_> {
    fn tally(self, date: &str) -> Tally {
        let mut running = Running::default();
        for (place, tabled) in self.places.into_values() {
            let found = place.and_then(|place| place.outcome());
            match place {
                Some(place) if place.is_candidate() => running.candidate(&place),
                None => running.tabled(),
                Some(_) => {}
            }
            if let Some(place) = place.filter(|place| place.assigned_on().is_some()) {
                running.assignment(&place, date);
            }
            let counts = later(tabled, found);
            match (counts, place.and_then(|place| Some((place, place.answer?)))) {
                (Some(outcome), Some((place, (answer, check)))) if outcome == answer => {
                    running.answer(&place, answer, check);
                }
                (Some(outcome), _) => running.tabled_answer(outcome),
                (None, _) => {}
            }
        }
        running.tally.flagged += self.flagged;
        running.tally.rejected += self.rejected;
        if self.sources == ["previous_table"] {
            return without_sums(running.finish());
        }
        running.finish()
    }
}

/// The table of earlier rounds knows neither plants nor areas.
pub(super) fn without_sums(mut tally: Tally) -> Tally {
    tally.plants.sum = None;
    tally.plants.standard_error = None;
    tally.measured_m2.sum = None;
    tally.measured_mu = None;
    tally
}

/// A place of two rounds.
fn joined<'a>(old: Place<'a>, new: Place<'a>) -> Place<'a> {
    let outcomes = (old.outcome(), new.outcome());
    Place {
        kind: if new.kind == Kind::Earlier {
            old.kind
        } else {
            new.kind
        },
        site: new.site.or(old.site),
        task: if new.assigned_on().is_some() {
            new.task
        } else {
            old.task.or(new.task)
        },
        answer: if later(outcomes.0, outcomes.1) == outcomes.1 {
            new.answer
        } else {
            old.answer
        },
        ..new
    }
}

/// The outcome that counts of one and a later one.
fn later(old: Option<Outcome>, new: Option<Outcome>) -> Option<Outcome> {
    match (old, new) {
        (Some(Outcome::Confirmed), Some(Outcome::AlreadyRemoved))
        | (Some(_), Some(Outcome::Unreachable) | None) => old,
        (_, new) => new,
    }
}

fn source_name(sources: &[&'static str]) -> &'static str {
    match sources {
        [one] => one,
        ["previous_campaign", "campaign"] => "campaigns",
        _ => "campaigns_and_previous_table",
    }
}
