//! How much of a report a reader may see. This file alone decides it: figures are cut here before
//! anything is written.

use super::figures::{
    ControlFigures, Count, FEW, Figures, LeadFigures, Ledger, LotFigures, MapCell, MapFigures,
    OpenWork, Outcomes, PeriodTally, Share, Sum, Tally, TargetFigures, UnitTally,
};
use crate::campaign::check::Outcome;
use geo::Point;
use serde::Serialize;
use std::collections::BTreeMap;

/// Coordinates are blurred to the middle of cells of so many degrees.
pub const BLUR_DEGREES: f64 = 0.01;

/// Counts of the level `public` are multiples of this.
pub const ROUND_TO: u64 = 5;

/// Shares of fewer than this are not published at the level `public`.
const LEAST_WHOLE: u64 = 20;

/// Who reads the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The office and its teams: everything.
    #[default]
    Field,
    /// The levels above: counts of villages, coordinates blurred to the middle of cells of 0.01°; no
    /// site, no team, grid worker, checker or witness.
    Superior,
    /// Everybody: counts of the county; 1 to 4 are said as `<5` and others rounded to 5, each by
    /// itself, so that none can be reckoned from the others; no place.
    Public,
}

impl Level {
    /// Its machine name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Superior => "superior",
            Self::Public => "public",
        }
    }
}

/// What a level shows of figures.
#[must_use]
pub fn cut(mut figures: Figures, level: Level) -> Figures {
    figures.level = level;
    if level == Level::Field {
        return figures;
    }
    figures.open = OpenWork::default();
    figures.ledger = Ledger::default();
    figures.map = figures.map.map(blurred);
    if let Some(targets) = &mut figures.targets {
        for target in &mut targets.unmatched {
            target.best_site = String::new();
            target.lon_lat = target.lon_lat.map(|(lon, lat)| (middle(lon), middle(lat)));
        }
    }
    if let Some(change) = &mut figures.change {
        change.plots = Vec::new();
    }
    if level == Level::Public {
        figures.map = None;
        public(&mut figures);
    }
    figures
}

/// The middle of the cell that a coordinate lies in, in degrees.
#[must_use]
pub fn middle(degrees: f64) -> f64 {
    let cell = (degrees / BLUR_DEGREES).floor() + 0.5;
    // A product of a half and a hundredth has more digits than it should.
    (cell * BLUR_DEGREES * 1000.0).round() / 1000.0
}

fn blurred(map: MapFigures) -> MapFigures {
    let mut cells: BTreeMap<(i64, i64), MapCell> = BTreeMap::new();
    for place in map.points.iter().filter(|p| p.kind != "control_random") {
        let (lon, lat) = (middle(place.point.x()), middle(place.point.y()));
        let cell = cells
            .entry((thousandths(lat), thousandths(lon)))
            .or_insert(MapCell {
                middle: Point::new(lon, lat),
                sites: 0,
                confirmed: 0,
            });
        cell.sites += 1;
        cell.confirmed += u64::from(place.outcome == "confirmed");
    }
    MapFigures {
        villages: map.villages,
        cells: cells.into_values().collect(),
        ..MapFigures::default()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "degrees are far below 2^53"
)]
fn thousandths(degrees: f64) -> i64 {
    (degrees * 1000.0).round() as i64
}

/// A count as everybody may see it.
fn hide(count: &mut Count) {
    if let Count::Exact(number) = *count {
        *count = match number {
            0 => Count::Exact(0),
            1..=FEW => Count::Few,
            _ => Count::Exact((number + ROUND_TO / 2) / ROUND_TO * ROUND_TO),
        };
    }
}

fn public(figures: &mut Figures) {
    figures.by_village = Vec::new();
    figures.by_town = Vec::new();
    hide_tally(&mut figures.total);
    for UnitTally { tally, .. } in &mut figures.by_county {
        hide_tally(tally);
    }
    for periods in [
        &mut figures.by_month,
        &mut figures.by_quarter,
        &mut figures.by_round,
        &mut figures.by_year,
    ] {
        for PeriodTally { tally, .. } in periods {
            hide_tally(tally);
        }
    }
    hide(&mut figures.candidates_by_import_date);
    hide_leads(&mut figures.leads);
    let precision = &mut figures.precision;
    for share in [
        &mut precision.all,
        &mut precision.control_low,
        &mut precision.apart,
    ] {
        hide_share(share);
    }
    for grade in &mut precision.by_grade {
        hide_share(&mut grade.precision);
        hide(&mut grade.false_alarm);
        hide(&mut grade.not_found);
    }
    hide_control(&mut figures.control);
    if let Some(targets) = &mut figures.targets {
        hide_targets(targets);
    }
    if let Some(change) = &mut figures.change {
        for count in [
            &mut change.before,
            &mut change.new,
            &mut change.persisting,
            &mut change.gone,
            &mut change.not_seen,
            &mut change.confirmed_again,
        ] {
            hide(count);
        }
        for outcome in &mut change.outcomes {
            hide(&mut outcome.sites);
        }
    }
    if let Some(coverage) = &mut figures.coverage {
        coverage.villages = Vec::new();
        coverage.statement = String::new();
        coverage.gaps = Vec::new();
    }
}

fn hide_tally(tally: &mut Tally) {
    hide_outcomes(&mut tally.outcomes);
    let disposals = &mut tally.disposals;
    for count in [
        &mut tally.candidates,
        &mut tally.grade_a,
        &mut tally.grade_b,
        &mut tally.grade_c,
        &mut tally.ungraded,
        &mut tally.licensed,
        &mut tally.border,
        &mut tally.assigned,
        &mut tally.checked,
        &mut tally.closed,
        &mut tally.closed_in_time,
        &mut tally.lots_checked,
        &mut tally.lots_confirmed,
        &mut tally.finds,
        &mut tally.confirmed,
        &mut disposals.self_before_maturity,
        &mut disposals.self_after,
        &mut disposals.forced,
        &mut disposals.transferred,
        &mut disposals.none,
        &mut disposals.unsaid,
        &mut tally.pending,
        &mut tally.overdue,
        &mut tally.flagged,
        &mut tally.rejected,
    ] {
        hide(count);
    }
    hide_sum(&mut tally.plants);
    hide_sum(&mut tally.measured_m2);
    tally.measured_mu = tally.measured_m2.sum.map(crate::georef::m2_to_mu);
}

fn hide_outcomes(outcomes: &mut Outcomes) {
    for outcome in Outcome::ALL {
        hide(outcomes.get_mut(outcome));
    }
}

fn hide_leads(leads: &mut LeadFigures) {
    for count in [
        &mut leads.candidates,
        &mut leads.assigned,
        &mut leads.checked,
        &mut leads.confirmed,
    ] {
        hide(count);
    }
    for grade in &mut leads.by_grade {
        hide(&mut grade.leads);
        hide(&mut grade.unchecked);
        hide_outcomes(&mut grade.outcomes);
    }
}

/// A sum of few places would say how much stood at one of them; of more it is rounded to two digits.
fn hide_sum(sum: &mut Sum) {
    hide(&mut sum.places);
    hide(&mut sum.without);
    sum.standard_error = None;
    sum.sum = match sum.places {
        Count::Few => None,
        Count::Exact(_) => sum.sum.map(two_digits),
    };
}

fn two_digits(value: f64) -> f64 {
    if value <= 0.0 {
        return value;
    }
    let scale = 10_f64.powf(value.log10().floor() - 1.0);
    (value / scale).round() * scale
}

fn hide_share(share: &mut Share) {
    let enough = share
        .whole
        .value()
        .is_some_and(|whole| whole >= LEAST_WHOLE);
    hide(&mut share.part);
    hide(&mut share.whole);
    let shown = enough && share.part.value().is_some();
    for end in [&mut share.share, &mut share.low, &mut share.high] {
        *end = end
            .filter(|_| shown)
            .map(|value| (value * 100.0).round() / 100.0);
    }
}

fn hide_control(control: &mut ControlFigures) {
    hide(&mut control.true_positives);
    for lots in [&mut control.random, &mut control.low] {
        hide_lots(lots);
    }
    let few = [
        control.true_positives,
        control.random.found,
        control.low.found,
        control.random.checked,
        control.low.checked,
    ];
    let shown = !few.contains(&Count::Few);
    for value in [&mut control.missed, &mut control.missed_upper] {
        *value = value.filter(|_| shown).map(two_digits);
    }
    for value in [&mut control.recall, &mut control.recall_lower] {
        *value = value
            .filter(|_| shown)
            .map(|value| (value * 100.0).round() / 100.0);
    }
}

fn hide_lots(lots: &mut LotFigures) {
    for count in [
        &mut lots.cells,
        &mut lots.cells_unchecked,
        &mut lots.drawn,
        &mut lots.checked,
        &mut lots.found,
    ] {
        hide(count);
    }
    lots.strata = Vec::new();
    let shown = lots.found != Count::Few && lots.checked != Count::Few;
    for value in [&mut lots.missed, &mut lots.missed_upper] {
        *value = value.filter(|_| shown).map(two_digits);
    }
    for value in [&mut lots.share_upper, &mut lots.rule_of_three] {
        *value = value
            .filter(|_| shown)
            .map(|value| (value * 1000.0).round() / 1000.0);
    }
}

fn hide_targets(targets: &mut TargetFigures) {
    hide_share(&mut targets.matched);
    for count in [
        &mut targets.places,
        &mut targets.places_outside,
        &mut targets.confirmed_outside,
    ] {
        hide(count);
    }
    for (_, count) in &mut targets.reasons {
        hide(count);
    }
    targets.unmatched = Vec::new();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_blurred_to_the_middle_of_cells() {
        for (degrees, blurred) in [
            (101.636_7, 101.635),
            (101.63, 101.635),
            (24.759_999_9, 24.755),
            (-0.001, -0.005),
        ] {
            assert!((middle(degrees) - blurred).abs() < 1e-12, "{degrees}");
        }
    }

    #[test]
    fn few_are_hidden_and_others_rounded() {
        let hidden = [0, 1, 4, 5, 7, 8, 1003].map(|number| {
            let mut count = Count::Exact(number);
            hide(&mut count);
            count.say()
        });
        assert_eq!(hidden, ["0", "<5", "<5", "5", "5", "10", "1005"]);
        assert!((two_digits(1234.0) - 1200.0).abs() < 1e-9);
        assert!((two_digits(0.0123) - 0.012).abs() < 1e-12);
    }
}
