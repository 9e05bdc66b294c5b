//! Shares with their intervals: field precision, the control sample.

use super::Count;
use serde::Serialize;

/// A share of counts, with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[expect(
    clippy::struct_field_names,
    reason = "the names that `report.json` has"
)]
pub struct Share {
    /// The part.
    pub part: Count,
    /// The whole.
    pub whole: Count,
    /// `part` over `whole`, 0 to 1; `None` of nothing, or where it is not published.
    pub share: Option<f64>,
    /// Lower end of Wilson's interval of 95 %.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// Field precision: confirmed / (confirmed + false alarm + not found). Legal crops, plots removed
/// already, places nobody got to and those to be visited again are not in it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct PrecisionFigures {
    /// Leads of the main list, all grades.
    pub all: Share,
    /// Leads of the main list by grade: `A`, `B`, `C`, and an empty name where there is none.
    pub by_grade: Vec<GradePrecision>,
    /// Leads of low grade that were drawn by lot.
    pub control_low: Share,
    /// Leads near a border or on licensed ground.
    pub apart: Share,
}

/// The precision of a grade.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct GradePrecision {
    /// `A`, `B`, `C`; empty where a lead has none.
    pub grade: String,
    /// Its precision, and how many of its leads were false alarms and not found.
    #[serde(flatten)]
    pub precision: Share,
    /// False alarms: something else stood there (a fault of class).
    pub false_alarm: Count,
    /// Not found: no such plot there (a fault of position).
    pub not_found: Count,
}

/// What the places drawn by lot say of what was missed.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ControlFigures {
    /// Ground where the model saw nothing, by village.
    pub random: LotFigures,
    /// Leads of a grade too low to be visited.
    pub low: LotFigures,
    /// Confirmed leads of the main list and of the lists apart: the plots that were not missed.
    pub true_positives: Count,
    /// Estimate of missed plots: Σ `N_h`·`m_h`/`n_h` of both samples; `None` where nothing was checked.
    pub missed: Option<f64>,
    /// `true_positives` / (`true_positives` + `missed`); `None` without both.
    pub recall: Option<f64>,
    /// No more than this were missed, with 95 % confidence (each sample at 97.5 %), on ground whose
    /// stratum had a check.
    pub missed_upper: Option<f64>,
    /// `true_positives` / (`true_positives` + `missed_upper`): recall is not below it, in the same
    /// sense.
    pub recall_lower: Option<f64>,
}

/// One of the two samples.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct LotFigures {
    /// Cells or leads that could have been drawn, all strata.
    pub cells: Count,
    /// Of these in strata without a check: nothing is known of them.
    pub cells_unchecked: Count,
    /// Drawn.
    pub drawn: Count,
    /// With a closing answer.
    pub checked: Count,
    /// With the crop.
    pub found: Count,
    /// Σ `N_h`·`m_h`/`n_h` over strata with a check; `None` where there is none.
    pub missed: Option<f64>,
    /// Exact upper end of the share, 95 %, one-sided (Clopper and Pearson 1934); with nothing found
    /// 1 − 0.05^(1/n).
    pub share_upper: Option<f64>,
    /// The rule of three: 3/n, with nothing found.
    pub rule_of_three: Option<f64>,
    /// No more than this were missed, 95 %, in strata with a check: the largest `N_h`/`n_h` times the
    /// upper end of the number found, never more than the cells.
    pub missed_upper: Option<f64>,
    /// The strata, by name.
    pub strata: Vec<Stratum>,
}

/// A stratum that places were drawn from.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[expect(
    clippy::struct_field_names,
    reason = "the names that `report.json` has"
)]
pub struct Stratum {
    /// Village code, or `low grade`.
    pub stratum: String,
    /// Town, for a village.
    pub town: String,
    /// Village, for a village.
    pub village: String,
    /// `N_h`: cells or leads in it.
    pub cells: Count,
    /// Drawn of it.
    pub drawn: Count,
    /// `n_h`: with a closing answer.
    pub checked: Count,
    /// `m_h`: of these with the crop.
    pub found: Count,
    /// `N_h`·`m_h`/`n_h`; `None` where nothing was checked.
    pub missed: Option<f64>,
    /// Exact upper end of its share, 95 %, one-sided; `None` where nothing was checked.
    pub share_upper: Option<f64>,
}
