//! The grade of a lead: how urgent it is, in which list it stands, what kind of ground it lies on,
//! and each term of that in words.
//!
//! `priority = 100·p·S·G·(1 + Σ w·a)`, at most 100, rounded to a tenth: `p` is the calibrated
//! probability, `S` the factor of the season, `G` that of the resolution, and each `a` is 0 or 1:
//! a plot of earlier years, a clearing, a yard, a border nearby, a large area. A lead out of season
//! or seen too coarsely goes down and is never dropped. Weights, radii, thresholds and factors are
//! [`GradeSettings`]. A layer that is missing adds nothing, and the reasons say so.

mod areas;
mod layers;
mod licence;
mod reasons;
mod settings;
mod space;
mod terms;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod layer_tests;
#[cfg(test)]
mod listing_tests;
#[cfg(test)]
mod scale_tests;
#[cfg(test)]
mod term_tests;

pub use layers::{
    BUILDING_REACH_M, Buildings, CANOPY_RADIUS_M, EarlierPlot, Forest, HISTORY_REACH_M, History,
    Layers, Licence, Licences, ROAD_REACH_M, Roads, WATER_REACH_M, Water,
};
pub use settings::{GradeSettings, ResolutionLimit};

use super::pack::{Grade, Listing, Setting, Surroundings};
use crate::campaign::Lang;
use geo::{MultiPolygon, Point};

/// A lead as it comes to the grade. Places are WGS 84 longitude and latitude.
#[derive(Debug, Clone, Copy)]
pub struct Lead<'a> {
    /// A point inside its largest part. The way from the road ends there, forest is counted around
    /// it, and it says whether the lead lies on a roof, in a greenhouse or in forest.
    pub point: Point<f64>,
    /// Its parts. Buildings, water, plots of earlier years and licensed ground are as far as they
    /// are from its nearest edge; where it is empty, from the point.
    pub outline: &'a MultiPolygon<f64>,
    /// The model's class, such as `opium_poppy`.
    pub class: &'a str,
    /// Calibrated probability, 0 to 1.
    pub prob: f64,
    /// Area of all parts in square metres.
    pub area_m2: f64,
    /// How far the point may lie from the truth, in metres.
    pub pos_err_m: f64,
    /// Ground sample distance of the finest image, in centimetres.
    pub gsd_cm: Option<f64>,
    /// When the images that show it were taken, ISO 8601, several joined with `; `; empty where
    /// unknown.
    pub capture_time: &'a str,
    /// Metres to the border of its unit; `None` outside of every unit.
    pub border_m: Option<f64>,
    /// The unit beyond that border; empty where none is known.
    pub border_unit: &'a str,
    /// Height in metres, in the height system of the elevation model.
    pub height_m: Option<f64>,
    /// Slope of the ground in degrees.
    pub slope_deg: Option<f64>,
}

/// What the grade says of a lead.
#[derive(Debug, Clone, PartialEq)]
pub struct Graded {
    /// A, B or C, by `priority`.
    pub grade: Grade,
    /// 0 to 100, to a tenth.
    pub priority: f64,
    /// The list it stands in: a licence comes before a border.
    pub listing: Listing,
    /// What kind of ground it lies on.
    pub setting: Setting,
    /// What lies around it.
    pub near: Surroundings,
    /// Whether entering may mean entering a home: a building that is no greenhouse within
    /// `GradeSettings::courtyard_m`, that of the roof it lies on included.
    pub courtyard: bool,
    /// The number of the licence that holds for it.
    pub licence: Option<String>,
    /// Each term of the priority in words, in the order of the formula; then licences, borders, and
    /// what was not computed. A term that is not named is 0.
    pub reasons: Vec<String>,
}

/// Grades a lead. The same lead, layers and settings give the same grade, in any order and on any
/// thread. Settings are taken as they are: [`GradeSettings::check`] comes before.
#[must_use]
pub fn grade(lead: &Lead<'_>, layers: &Layers, settings: &GradeSettings, lang: Lang) -> Graded {
    terms::grade(lead, layers, settings, lang)
}
