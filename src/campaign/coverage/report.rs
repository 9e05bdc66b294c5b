//! What a measuring of coverage gives.

use geo::MultiPolygon;
use serde::Serialize;

/// Coverage of one village. Areas are planar, in the Gauss-Krüger zone of the county.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VillageCoverage {
    /// Village code of 12 digits.
    pub xzqdm: String,
    /// County.
    pub county: String,
    /// Town.
    pub town: String,
    /// Village.
    pub village: String,
    /// The village, in square metres.
    pub area_m2: f64,
    /// Of that, in some image at all.
    pub imaged_m2: f64,
    /// Of that, seen so that it counts: fine enough, and in season.
    pub covered_m2: f64,
    /// Of that, on two dates far enough apart.
    pub twice_m2: f64,
    /// Median ground sample distance of what counts, weighted by area, in centimetres.
    pub median_gsd_cm: Option<f64>,
    /// Dates of what counts, ascending, ISO 8601.
    pub dates: Vec<String>,
}

impl VillageCoverage {
    /// Share of the village that counts as seen, 0 to 1; 0 for a village without ground.
    #[must_use]
    pub fn share(&self) -> f64 {
        share(self.covered_m2, self.area_m2)
    }

    /// Share of the village that was seen on two dates, 0 to 1.
    #[must_use]
    pub fn share_twice(&self) -> f64 {
        share(self.twice_m2, self.area_m2)
    }
}

fn share(part_m2: f64, whole_m2: f64) -> f64 {
    if whole_m2 > 0.0 {
        (part_m2 / whole_m2).min(1.0)
    } else {
        0.0
    }
}

/// Ground to fly again.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// Village code of 12 digits.
    pub xzqdm: String,
    /// Village.
    pub village: String,
    /// Its area in square metres.
    pub area_m2: f64,
    /// Why it does not count as seen: `not_imaged`, `too_coarse` or `out_of_season`.
    pub reason: &'static str,
    /// Its outline, WGS 84.
    pub outline: MultiPolygon<f64>,
}

/// Coverage of a campaign.
#[derive(Debug, Clone, PartialEq)]
pub struct CoverageReport {
    /// Villages, in the order of their codes.
    pub villages: Vec<VillageCoverage>,
    /// Ground to fly again, by village, largest first.
    pub gaps: Vec<Gap>,
    /// Images whose date is unknown, so that nobody can say whether they are in season.
    pub undated: usize,
    /// What was looked for.
    pub crops: Vec<String>,
    /// The coarsest ground sample distance that counts, in centimetres.
    pub max_gsd_cm: f64,
    /// Days between two dates that count as two.
    pub days_apart: u32,
}
