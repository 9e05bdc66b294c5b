//! The counts of one unit or period.

use super::Count;
use crate::campaign::check::Outcome;
use serde::Serialize;

/// What is counted of a village, a town, a county, a month… Each place counts once, by the answer
/// that counts ([`crate::campaign::check::verdicts`]); answers taken back do not count.
///
/// In a period, candidates count by the day of their first image (of a campaign without: by the
/// day the run came in), what was given out and what is pending by the day it was given out, and
/// what was found by the day of the check.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Tally {
    /// Candidate sites, those merged into others left out: the sum of the six counts below.
    pub candidates: Count,
    /// Of these on the main list, of grade A.
    pub grade_a: Count,
    /// On the main list, of grade B.
    pub grade_b: Count,
    /// On the main list, of grade C.
    pub grade_c: Count,
    /// On the main list, not graded.
    pub ungraded: Count,
    /// On licensed ground (`legal_crop`), listed apart.
    pub licensed: Count,
    /// Near a border, listed apart.
    pub border: Count,
    /// Places given out, leads and places drawn by lot.
    pub assigned: Count,
    /// Places with an answer of this round, whatever it is: leads, places drawn by lot, finds.
    pub checked: Count,
    /// Places given out and closed: with an answer after which nobody needs to go there again.
    pub closed: Count,
    /// Of these on or before the last day for the answer.
    pub closed_in_time: Count,
    /// Leads by the answer that counts, in the order of the list of outcomes.
    pub outcomes: Outcomes,
    /// Cells drawn by lot where the model saw nothing, with a closing answer.
    pub lots_checked: Count,
    /// Of these with the crop.
    pub lots_confirmed: Count,
    /// Confirmed places that no lead had led to (`-F` in their number).
    pub finds: Count,
    /// All confirmed places: leads, cells drawn by lot, finds.
    pub confirmed: Count,
    /// Plants of confirmed places.
    pub plants: Sum,
    /// Measured area of confirmed places, square metres on the ground plan.
    pub measured_m2: Sum,
    /// The same in mu: 1 mu = 2000/3 m².
    pub measured_mu: Option<f64>,
    /// What was done: confirmed places, and those already removed where it is said.
    pub disposals: Disposals,
    /// Places given out that are not closed: no answer yet, nobody got there, or to be visited again.
    pub pending: Count,
    /// Of these whose last day has passed at the date of the report.
    pub overdue: Count,
    /// Answers that something has to be looked into for, such as one that contradicts another.
    pub flagged: Count,
    /// Rows that came back and could not be taken, and are open.
    pub rejected: Count,
    /// Ground looked at; `None` where it was not measured, and in periods.
    pub coverage: Option<CoverageTally>,
}

/// Leads by outcome. `already_removed` and others stay apart from `false_alarm` and `not_found`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[expect(missing_docs, reason = "the words of the list of outcomes")]
pub struct Outcomes {
    pub confirmed: Count,
    pub false_alarm: Count,
    pub legal_crop: Count,
    pub already_removed: Count,
    pub not_found: Count,
    pub unreachable: Count,
    pub revisit: Count,
}

impl Outcomes {
    /// The count of one outcome.
    #[must_use]
    pub fn get(&self, outcome: Outcome) -> Count {
        match outcome {
            Outcome::Confirmed => self.confirmed,
            Outcome::FalseAlarm => self.false_alarm,
            Outcome::LegalCrop => self.legal_crop,
            Outcome::AlreadyRemoved => self.already_removed,
            Outcome::NotFound => self.not_found,
            Outcome::Unreachable => self.unreachable,
            Outcome::Revisit => self.revisit,
        }
    }

    /// The count of one outcome, to be changed.
    pub fn get_mut(&mut self, outcome: Outcome) -> &mut Count {
        match outcome {
            Outcome::Confirmed => &mut self.confirmed,
            Outcome::FalseAlarm => &mut self.false_alarm,
            Outcome::LegalCrop => &mut self.legal_crop,
            Outcome::AlreadyRemoved => &mut self.already_removed,
            Outcome::NotFound => &mut self.not_found,
            Outcome::Unreachable => &mut self.unreachable,
            Outcome::Revisit => &mut self.revisit,
        }
    }
}

/// What was done with the plants, by the list of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Disposals {
    /// Removed by the grower before maturity.
    pub self_before_maturity: Count,
    /// Removed by the grower after maturity.
    pub self_after: Count,
    /// Removed by force.
    pub forced: Count,
    /// Handed over.
    pub transferred: Count,
    /// Nothing done.
    pub none: Count,
    /// Confirmed, and nobody wrote what was done.
    pub unsaid: Count,
}

impl Disposals {
    /// The counts with the machine names of their words; what nobody wrote is named `unsaid`.
    #[must_use]
    pub fn named(&self) -> [(&'static str, Count); 6] {
        [
            ("self_before_maturity", self.self_before_maturity),
            ("self_after", self.self_after),
            ("forced", self.forced),
            ("transferred", self.transferred),
            ("none", self.none),
            ("unsaid", self.unsaid),
        ]
    }

    /// The count of a word, to be changed; of a word of no list, what nobody wrote.
    pub fn get_mut(&mut self, word: &str) -> &mut Count {
        match word {
            "self_before_maturity" => &mut self.self_before_maturity,
            "self_after" => &mut self.self_after,
            "forced" => &mut self.forced,
            "transferred" => &mut self.transferred,
            "none" => &mut self.none,
            _ => &mut self.unsaid,
        }
    }
}

/// A sum of what was counted or measured at confirmed places.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[expect(
    clippy::struct_field_names,
    reason = "the names that `report.json` has"
)]
pub struct Sum {
    /// The sum; `None` where it is not published.
    pub sum: Option<f64>,
    /// Standard error of the sum: the root of the sum of squares, as quadrats of different plots are
    /// drawn one without the other. 0 where every plant was counted; `None` where a part is unknown.
    pub standard_error: Option<f64>,
    /// Places that are in the sum.
    pub places: Count,
    /// Confirmed places without a number: the sum is too small by theirs.
    pub without: Count,
}

/// Ground looked at. Areas in square metres, on the plane of the county's Gauss-Krüger zone.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct CoverageTally {
    /// Villages that were measured.
    pub villages: usize,
    /// Their area.
    pub area_m2: f64,
    /// In some image at all.
    pub imaged_m2: f64,
    /// Seen so that it counts: fine enough, in season.
    pub covered_m2: f64,
    /// Seen on two dates far enough apart.
    pub twice_m2: f64,
    /// `covered_m2` in mu: 1 mu = 2000/3 m².
    pub covered_mu: f64,
    /// `covered_m2` over `area_m2`, 0 to 1.
    pub share: f64,
}

/// The counts of an administrative unit.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct UnitTally {
    /// Division code of 6, 9 or 12 digits; empty for ground outside of every village.
    pub code: String,
    /// County.
    pub county: String,
    /// Town; empty for a county.
    pub town: String,
    /// Village; empty for a town or a county.
    pub village: String,
    /// The counts.
    #[serde(flatten)]
    pub tally: Tally,
}

/// The counts of a period or a round.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct PeriodTally {
    /// `2026-05`, `2026-Q2`, `2026R1` or `2026`; empty for what has no date.
    pub period: String,
    /// Where the numbers come from: `campaign`, `previous_campaign`, or `previous_table`, which knows
    /// candidates and outcomes only; of a year also `campaigns` or `campaigns_and_previous_table`.
    pub source: &'static str,
    /// Flights (架次) begun in it: those that the campaign keeps; of its own round as the effort says
    /// them. `None` where nobody knows.
    pub sorties: Option<u64>,
    /// The counts.
    #[serde(flatten)]
    pub tally: Tally,
}
