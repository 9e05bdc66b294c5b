//! A tally while it is being counted.

use super::days::day;
use super::place::{Kind, Place};
use crate::campaign::check::{Check, Outcome};
use crate::georef::m2_to_mu;
use crate::report::figures::{Count, Sum, Tally};

/// A tally and the sums that it ends with.
#[derive(Default)]
pub(super) struct Running {
    pub(super) tally: Tally,
    /// Flights.
    pub(super) sorties: u64,
    plants: Adding,
    measured: Adding,
}

/// A sum of independent numbers.
#[derive(Default)]
struct Adding {
    sum: f64,
    variance: f64,
    variance_unknown: bool,
    places: u64,
    without: u64,
}

impl Running {
    /// Counts a place in all that it is: a candidate, given out, answered.
    pub(super) fn place(&mut self, place: &Place<'_>, date: &str) {
        if place.is_candidate() {
            self.candidate(place);
        }
        if place.assigned_on().is_some() {
            self.assignment(place, date);
        }
        if let Some((outcome, check)) = place.answer {
            self.answer(place, outcome, check);
        }
    }

    /// Counts a candidate, as a scan found it.
    pub(super) fn candidate(&mut self, place: &Place<'_>) {
        let tally = &mut self.tally;
        tally.candidates += 1;
        let count = match (place.listing(), place.grade()) {
            ("legal_crop", _) => &mut tally.licensed,
            ("near_border", _) => &mut tally.border,
            (_, "A") => &mut tally.grade_a,
            (_, "B") => &mut tally.grade_b,
            (_, "C") => &mut tally.grade_c,
            _ => &mut tally.ungraded,
        };
        *count += 1;
    }

    /// Counts a place that was given out: whether it is closed on a day, or late.
    pub(super) fn assignment(&mut self, place: &Place<'_>, date: &str) {
        self.tally.assigned += 1;
        self.tally.pending += u64::from(place.is_pending());
        self.tally.overdue += u64::from(place.is_overdue(date));
    }

    /// Counts the answer that counts.
    pub(super) fn answer(&mut self, place: &Place<'_>, outcome: Outcome, check: &Check) {
        let tally = &mut self.tally;
        tally.checked += 1;
        if place.assigned_on().is_some() && outcome.is_closed() {
            tally.closed += 1;
            let due = place.task.and_then(|task| day(&task.due));
            let when = day(&check.checked_at);
            let in_time = when.zip(due).is_some_and(|(when, due)| when <= due);
            tally.closed_in_time += u64::from(in_time);
        }
        let confirmed = outcome == Outcome::Confirmed;
        match place.kind {
            Kind::Lead | Kind::ControlLow | Kind::Earlier => *tally.outcomes.get_mut(outcome) += 1,
            Kind::ControlRandom => {
                tally.lots_checked += u64::from(outcome.is_closed());
                tally.lots_confirmed += u64::from(confirmed);
            }
            Kind::Find => tally.finds += u64::from(confirmed),
        }
        if confirmed || (outcome == Outcome::AlreadyRemoved && !check.disposal.is_empty()) {
            *tally.disposals.get_mut(&check.disposal) += 1;
        }
        if confirmed {
            tally.confirmed += 1;
            self.plants.add(check.plants, plants_error(check));
            self.measured.add(check.area_m2, None);
        }
    }

    /// Counts a plot that only the table of earlier rounds knows.
    pub(super) fn tabled(&mut self) {
        self.tally.candidates += 1;
        self.tally.ungraded += 1;
    }

    /// Counts an answer that only the table of earlier rounds knows, without plants and area.
    pub(super) fn tabled_answer(&mut self, outcome: Outcome) {
        self.tally.checked += 1;
        *self.tally.outcomes.get_mut(outcome) += 1;
        if outcome == Outcome::Confirmed {
            self.tally.confirmed += 1;
            self.plants.add(None, None);
            self.measured.add(None, None);
        }
    }

    /// The tally.
    pub(super) fn finish(mut self) -> Tally {
        self.tally.plants = self.plants.finish();
        self.tally.measured_m2 = self.measured.finish();
        self.tally.measured_mu = self.tally.measured_m2.sum.map(m2_to_mu);
        self.tally
    }
}

/// The standard error of a number of plants: none where each was counted.
fn plants_error(check: &Check) -> Option<f64> {
    let sampled = check.count_method == "sample" || check.quadrat_n.is_some();
    match check.plants_se {
        None if !sampled => Some(0.0),
        known => known,
    }
}

impl Adding {
    fn add(&mut self, number: Option<f64>, error: Option<f64>) {
        let Some(number) = number.filter(|number| number.is_finite()) else {
            self.without += 1;
            return;
        };
        self.sum += number;
        self.places += 1;
        match error {
            Some(error) => self.variance += error * error,
            None => self.variance_unknown = true,
        }
    }

    fn finish(self) -> Sum {
        Sum {
            sum: Some(self.sum),
            standard_error: (!self.variance_unknown).then(|| self.variance.sqrt()),
            places: Count::Exact(self.places),
            without: Count::Exact(self.without),
        }
    }
}
