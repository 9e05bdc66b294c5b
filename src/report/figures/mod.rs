//! The figures of a report: pure numbers, from the tables of a campaign. What a level does not show
//! is taken out of them before anything is written, so that no writer has to know about levels.

mod compare;
mod count;
mod leads;
mod places;
mod share;
mod tally;

pub use compare::{
    ChangeFigures, ChangeRow, OutcomeChange, TargetFigures, UnmatchedReason, UnmatchedTarget,
};
pub use count::{Count, FEW};
pub use leads::{GradeOutcomes, LeadFigures};
pub use places::{
    FlaggedRow, Ledger, MapCell, MapFigures, MapPoint, MapVillage, OpenWork, PendingRow,
    RejectedRow,
};
pub use share::{ControlFigures, GradePrecision, LotFigures, PrecisionFigures, Share, Stratum};
pub use tally::{CoverageTally, Disposals, Outcomes, PeriodTally, Sum, Tally, UnitTally};

pub(in crate::report) use places::LedgerEntry;

pub use super::reckon::figures;

use super::level::Level;
use crate::campaign::coverage::VillageCoverage;
use crate::campaign::{CampaignFacts, Lang};
use crate::vector::StoreTarget;
use serde::Serialize;

/// The version of `report.json`.
pub const SCHEMA_VERSION: u32 = 1;

/// What a report is asked for.
#[derive(Debug, Clone)]
pub struct ReportSettings {
    /// Who reads it.
    pub level: Level,
    /// Its language.
    pub lang: Lang,
    /// The day of the report, `2026-05-31`; what was due before it is overdue.
    pub date: String,
    /// A place within so many metres of a target matches it.
    pub target_radius_m: f64,
    /// The campaign of an earlier round.
    pub previous: Option<StoreTarget>,
    /// What nobody can count for the user.
    pub effort: TypedEffort,
}

/// Numbers that the user types in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct TypedEffort {
    /// Flights (架次); those that the campaign keeps where nobody typed a number.
    pub sorties: Option<u64>,
    /// People.
    pub people: Option<u64>,
    /// Vehicles.
    pub vehicles: Option<u64>,
}

/// All figures of a report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The campaign: name, year, round, county.
    pub campaign: CampaignFacts,
    /// County's name as people read it; empty where nobody said it.
    pub county: String,
    /// The day of the report.
    pub date: String,
    /// Who reads it. The figures hold what this level shows, and no more.
    pub level: Level,
    /// The language of the texts beside them.
    pub lang: Lang,
    /// `tianmu 0.1.0`.
    pub program: String,
    /// Images, flights, people.
    pub effort: EffortFigures,
    /// The whole campaign.
    pub total: Tally,
    /// By village, in the order of codes; ground outside of every village last. Every imported village
    /// is there. Empty at the level `public`.
    pub by_village: Vec<UnitTally>,
    /// By town. Empty at the level `public`.
    pub by_town: Vec<UnitTally>,
    /// By county.
    pub by_county: Vec<UnitTally>,
    /// By month, ascending; what has no date last.
    pub by_month: Vec<PeriodTally>,
    /// By quarter.
    pub by_quarter: Vec<PeriodTally>,
    /// By round, earlier ones first.
    pub by_round: Vec<PeriodTally>,
    /// By year.
    pub by_year: Vec<PeriodTally>,
    /// Candidates without a date of capture, which count on the day their run came in.
    pub candidates_by_import_date: Count,
    /// Leads on their way through the work.
    pub leads: LeadFigures,
    /// Field precision.
    pub precision: PrecisionFigures,
    /// What places drawn by lot say of what was missed.
    pub control: ControlFigures,
    /// Official targets; `None` where there are none.
    pub targets: Option<TargetFigures>,
    /// Against earlier rounds; `None` where none is known.
    pub change: Option<ChangeFigures>,
    /// Ground looked at, by village; `None` where it was not measured.
    pub coverage: Option<CoverageFigures>,
    /// What stays to be done, place by place; its counts are in `total`. Empty above `field`.
    pub open: OpenWork,
    /// What a map shows; `None` at the level `public`. Not in `report.json`.
    #[serde(skip)]
    pub map: Option<MapFigures>,
    /// Not in `report.json`.
    #[serde(skip)]
    pub ledger: Ledger,
}

/// Where the number of flights comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SortiesFrom {
    /// The user.
    Typed,
    /// The photos of flights: the table `flights`.
    Flights,
}

/// Images, flights, people.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct EffortFigures {
    /// Typed in by the user.
    pub typed: TypedEffort,
    /// Flights (架次): typed in, else counted; `None` where nobody knows.
    pub sorties: Option<u64>,
    /// Who says so.
    pub sorties_from: Option<SortiesFrom>,
    /// Days of flights that the campaign keeps, ascending, ISO 8601; they are among the
    /// [`capture_dates`](Self::capture_dates).
    pub flown_dates: Vec<String>,
    /// Images that were scanned, each once.
    pub images: Count,
    /// Images that could not be scanned.
    pub images_failed: Count,
    /// Days on which images that were scanned, or photos of flights, were taken, ascending, ISO 8601.
    pub capture_dates: Vec<String>,
    /// Images without a day.
    pub images_undated: Count,
    /// Runs of the model.
    pub runs: Count,
    /// Finest and coarsest ground sample distance of the images, centimetres.
    pub gsd_cm: Option<(f64, f64)>,
}

/// Ground looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CoverageFigures {
    /// What was looked for on ground that counts: machine names of crops.
    pub crops: Vec<String>,
    /// The coarsest ground sample distance that counts, centimetres.
    pub max_gsd_cm: f64,
    /// Days between two dates that count as two.
    pub days_apart: u32,
    /// Images whose date is unknown.
    pub undated: usize,
    /// The county.
    pub total: CoverageTally,
    /// What may be said of the ground, in the language of the report; empty at the level `public`, as
    /// it names villages.
    pub statement: String,
    /// Villages by share seen: below 50 %, 50 to 80, 80 to 95, 95 and more.
    pub villages_by_share: [usize; 4],
    /// Days of what counts, ascending, ISO 8601.
    pub dates: Vec<String>,
    /// Median over villages of the median ground sample distance, weighted by ground seen,
    /// centimetres.
    pub median_gsd_cm: Option<f64>,
    /// Villages. Empty at the level `public`.
    pub villages: Vec<VillageCoverage>,
    /// Ground to fly again, without outlines. Empty at the level `public`.
    pub gaps: Vec<GapRow>,
}

/// Ground to fly again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GapRow {
    /// Village code.
    pub xzqdm: String,
    /// Village.
    pub village: String,
    /// Square metres.
    pub area_m2: f64,
    /// `not_imaged`, `too_coarse` or `out_of_season`.
    pub reason: &'static str,
}
