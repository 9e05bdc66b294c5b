//! Places one by one: open work, the map, the ledger. Only the level `field` has all of it.

use crate::campaign::check::Check;
use crate::campaign::site::CampaignSite;
use crate::report::reckon::{Kind, Task};
use geo::{MultiPolygon, Point};
use serde::Serialize;

/// What stays to be done.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct OpenWork {
    /// Places given out and not closed, by last day, town, village and id.
    pub pending: Vec<PendingRow>,
    /// Answers that something has to be looked into for.
    pub flagged: Vec<FlaggedRow>,
    /// Rows that could not be taken and are open.
    pub rejected: Vec<RejectedRow>,
}

/// A place given out and not closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the columns of the table `tasks` say it")]
pub struct PendingRow {
    pub site_id: String,
    pub code: String,
    pub town: String,
    pub village: String,
    pub team: String,
    /// `A`, `B`, `C`, or empty.
    pub grade: String,
    pub assigned_on: String,
    pub due: String,
    /// Whether the last day has passed at the date of the report.
    pub overdue: bool,
    /// `unreachable`, `revisit`, or empty where there is no answer.
    pub outcome: String,
}

/// An answer that something has to be looked into for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the columns of the table `checks` say it")]
pub struct FlaggedRow {
    pub site_id: String,
    pub check_id: String,
    pub outcome: String,
    pub checked_at: String,
    pub flag: String,
    pub source: String,
    pub place: String,
}

/// A row that could not be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the columns of the table `rejected` say it")]
pub struct RejectedRow {
    pub site_id: String,
    pub source: String,
    pub place: String,
    pub cell: String,
    pub reason: String,
}

/// What a map shows; in WGS 84, longitude then latitude, in degrees. Not in `report.json`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MapFigures {
    /// Villages, in the order of their codes; their counts are in `Figures::by_village`.
    pub villages: Vec<MapVillage>,
    /// Sites and finds. At the level `superior` empty.
    pub points: Vec<MapPoint>,
    /// Cells of 0.01° with a place, by latitude and longitude. Only at the level `superior`.
    pub cells: Vec<MapCell>,
    /// Targets: a point of each, and whether it is matched. At the level `superior` empty.
    pub targets: Vec<(Point<f64>, bool)>,
    /// Ground to fly again. At the level `superior` empty.
    pub gaps: Vec<MultiPolygon<f64>>,
}

/// A village on the map.
#[derive(Debug, Clone, PartialEq)]
pub struct MapVillage {
    /// 12 digits.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its border.
    pub outline: MultiPolygon<f64>,
}

/// A place on the map.
#[derive(Debug, Clone, PartialEq)]
pub struct MapPoint {
    /// Its id.
    pub site_id: String,
    /// Where.
    pub point: Point<f64>,
    /// `A`, `B`, `C`, or empty.
    pub grade: String,
    /// `lead`, `control_low`, `control_random`, `find` or `earlier`.
    pub kind: &'static str,
    /// Machine name of the outcome that counts in this round; empty where nobody went.
    pub outcome: &'static str,
}

/// A cell of 0.01°, about 1.1 km by 0.9 km in Central China.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MapCell {
    /// Its middle.
    pub middle: Point<f64>,
    /// Candidates and finds in it.
    pub sites: u64,
    /// Of these confirmed.
    pub confirmed: u64,
}

/// The ledger with its answers. Only at the level `field`; not in `report.json`. Its rows are made
/// one by one, as a county's would not fit into memory: [`crate::report::ledger`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ledger {
    /// The campaign's name.
    pub campaign: String,
    /// The year.
    pub year: i32,
    /// The round.
    pub round: u32,
    /// The county's name.
    pub county: String,
    /// The county's code.
    pub county_code: String,
    /// A place each, by village and id.
    pub(in crate::report) entries: Vec<LedgerEntry>,
}

/// What a row of the ledger is made of.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) struct LedgerEntry {
    pub(in crate::report) site_id: String,
    pub(in crate::report) kind: Kind,
    /// Village code.
    pub(in crate::report) code: String,
    pub(in crate::report) town: String,
    pub(in crate::report) village: String,
    pub(in crate::report) grid_worker: String,
    pub(in crate::report) point: Option<Point<f64>>,
    /// The site, without its outline.
    pub(in crate::report) site: Option<CampaignSite>,
    pub(in crate::report) task: Option<Task>,
    /// The answer that counts.
    pub(in crate::report) check: Option<Check>,
    pub(in crate::report) photos: usize,
}
