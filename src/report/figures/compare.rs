//! Comparisons: with official targets, with earlier rounds.

use super::{Count, Share};
use serde::Serialize;

/// Official targets against own places (靶标吻合率).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TargetFigures {
    /// A place within so many metres of a target, or overlapping it, matches it.
    pub radius_m: f64,
    /// Matched targets of all targets. Places that count: given out, or with an answer, finds among
    /// them.
    pub matched: Share,
    /// Places that count.
    pub places: Count,
    /// Of these with no target within the radius.
    pub places_outside: Count,
    /// Of these confirmed.
    pub confirmed_outside: Count,
    /// Unmatched targets by reason, in the order of [`UnmatchedReason::ALL`].
    pub reasons: Vec<(UnmatchedReason, Count)>,
    /// Unmatched targets, by id.
    pub unmatched: Vec<UnmatchedTarget>,
}

/// Why a target has no place of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnmatchedReason {
    /// No image shows it.
    NotImaged,
    /// An image shows it, and there is no site within 200 m.
    NothingSeen,
    /// There is a site within the radius that was not given out, nor checked.
    NotGivenOut,
    /// There is a site within 200 m, beyond the radius.
    FurtherAway,
}

impl UnmatchedReason {
    /// All.
    pub const ALL: [Self; 4] = [
        Self::NotImaged,
        Self::NothingSeen,
        Self::NotGivenOut,
        Self::FurtherAway,
    ];
}

/// A target without a place of ours.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnmatchedTarget {
    /// Its number.
    pub target_id: String,
    /// A point of it, WGS 84 longitude and latitude in degrees; `None` where it is not published.
    pub lon_lat: Option<(f64, f64)>,
    /// Village code; empty outside of villages.
    pub xzqdm: String,
    /// Town.
    pub town: String,
    /// Village.
    pub village: String,
    /// Whether an image shows it.
    pub imaged: bool,
    /// The finest image there, centimetres.
    pub gsd_cm: Option<f64>,
    /// Days of the images there, ascending, ISO 8601.
    pub dates: Vec<String>,
    /// The highest probability of any site within 200 m, whether given out or not.
    pub best_prob: Option<f64>,
    /// That site; empty where there is none, or it is not published.
    pub best_site: String,
    /// Metres to the nearest site of any state within 200 m.
    pub nearest_m: Option<f64>,
    /// Why.
    pub reason: UnmatchedReason,
}

/// This round against earlier ones.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangeFigures {
    /// Plots known of earlier rounds.
    pub before: Count,
    /// Sites of this round that nobody saw before.
    pub new: Count,
    /// Sites of this round that an earlier one found, too.
    pub persisting: Count,
    /// Plots of earlier rounds whose ground was looked at, and that were not found.
    pub gone: Count,
    /// Plots of earlier rounds whose ground was not looked at: nothing is known of them.
    pub not_seen: Count,
    /// Persisting sites by the outcome of the earlier round and of this one.
    pub outcomes: Vec<OutcomeChange>,
    /// Confirmed in an earlier round, and confirmed again: the crop is back.
    pub confirmed_again: Count,
    /// What became of each earlier plot, and new sites left out, by id.
    pub plots: Vec<ChangeRow>,
}

/// How often one outcome followed another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutcomeChange {
    /// Machine name of the earlier outcome; empty where nobody went.
    pub before: String,
    /// Machine name of this round's outcome; empty where nobody went yet.
    pub now: String,
    /// How often.
    pub sites: Count,
}

/// What became of an earlier plot.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangeRow {
    /// Its first id.
    pub site_id: String,
    /// `2025R2`.
    pub round: String,
    /// `persisting`, `merged`, `gone` or `not_seen`.
    pub state: &'static str,
    /// Class of the model.
    pub class: String,
    /// WGS 84 longitude in degrees.
    pub lon: f64,
    /// WGS 84 latitude in degrees.
    pub lat: f64,
    /// Earlier outcome; empty where nobody went.
    pub before: String,
    /// This round's outcome; empty where nobody went.
    pub now: String,
}
