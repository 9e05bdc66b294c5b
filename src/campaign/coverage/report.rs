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
    /// Of that, on two dates far enough apart, both in season of the same crop.
    pub twice_m2: f64,
    /// Median ground sample distance of what counts, weighted by area, in centimetres.
    pub median_gsd_cm: Option<f64>,
    /// Dates of what counts, ascending, ISO 8601.
    pub dates: Vec<String>,
    /// The same for each crop that was asked for, in their order.
    pub crops: Vec<CropCoverage>,
}

/// What was seen of the ground in the season of one crop.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct CropCoverage {
    /// The crop, as the phenology names it.
    pub crop: String,
    /// Seen so that it counts for this crop, in square metres.
    pub covered_m2: f64,
    /// Of that, on two dates far enough apart.
    pub twice_m2: f64,
    /// Dates of what counts for this crop, ascending, ISO 8601.
    pub dates: Vec<String>,
    /// Villages where an image counts although its season depends on a height that is not known.
    pub height_unknown: usize,
    /// Villages at whose latitude the phenology has no window of this crop: nothing counts there.
    pub no_window: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_none(count: &usize) -> bool {
    *count == 0
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
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gap {
    /// `{village code}-G{nn}`, numbered within its village, largest first.
    pub id: String,
    /// Village code of 12 digits.
    pub xzqdm: String,
    /// Village.
    pub village: String,
    /// Its area in square metres.
    pub area_m2: f64,
    /// Why it does not count as seen: `not_imaged`, `too_coarse`, `out_of_season` or `undated`.
    pub reason: &'static str,
    /// Its outline, WGS 84: one valid polygon, its exterior counter-clockwise, 7 decimals.
    #[serde(skip)]
    pub outline: MultiPolygon<f64>,
}

/// Coverage of a campaign.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    /// Images that were measured, those that count and those that do not.
    pub images: usize,
    /// Of these, images that nobody looked at: the report says what would be if somebody had. Left out
    /// of JSON where there are none.
    #[serde(skip_serializing_if = "is_none")]
    pub supposed: usize,
    /// Of these, images that lie outside of every village.
    pub outside: usize,
    /// Of these, images whose ground sample distance is not known; they count as too coarse.
    pub without_gsd: usize,
    /// What was seen in the season of each crop, over all villages.
    pub by_crop: Vec<CropCoverage>,
    /// Finest and coarsest ground sample distance of what counts, in centimetres.
    pub gsd_cm: Option<[f64; 2]>,
    /// Ground that does not count as seen, in parts too small or too narrow to fly, in square metres.
    pub left_out_m2: f64,
    /// Ground that lies in more than one village, which totals count more than once.
    pub overlap_m2: f64,
    /// The 3-degree Gauss-Krüger zone in which areas were measured.
    pub zone: u8,
    /// Rows of the audit when this was measured, by which a later change is known.
    #[serde(skip)]
    pub audit_rows: u64,
}

/// Areas of all villages together, in square metres.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[expect(clippy::struct_field_names, reason = "units stand in names")]
pub struct CoverageTotals {
    /// The villages.
    pub area_m2: f64,
    /// Of that, in some image at all.
    pub imaged_m2: f64,
    /// Of that, seen so that it counts.
    pub covered_m2: f64,
    /// Of that, on two dates.
    pub twice_m2: f64,
    /// In gaps.
    pub gaps_m2: f64,
}

impl CoverageTotals {
    /// Share that counts as seen, 0 to 1.
    #[must_use]
    pub fn share(&self) -> f64 {
        share(self.covered_m2, self.area_m2)
    }

    /// Share that was seen on two dates, 0 to 1.
    #[must_use]
    pub fn share_twice(&self) -> f64 {
        share(self.twice_m2, self.area_m2)
    }
}

impl CoverageReport {
    /// All villages together; ground in two villages counts in both.
    #[must_use]
    pub fn totals(&self) -> CoverageTotals {
        let sum = |area: fn(&VillageCoverage) -> f64| self.villages.iter().map(area).sum::<f64>();
        CoverageTotals {
            area_m2: sum(|v| v.area_m2),
            imaged_m2: sum(|v| v.imaged_m2),
            covered_m2: sum(|v| v.covered_m2),
            twice_m2: sum(|v| v.twice_m2),
            // Adding zero turns the -0 of an empty sum into 0.
            gaps_m2: self.gaps.iter().map(|g| g.area_m2).sum::<f64>() + 0.0,
        }
    }

    /// Dates of all that counts, ascending, each once.
    #[must_use]
    pub fn dates(&self) -> Vec<&str> {
        let mut dates: Vec<&str> = self
            .villages
            .iter()
            .flat_map(|v| v.dates.iter().map(String::as_str))
            .collect();
        dates.sort_unstable();
        dates.dedup();
        dates
    }

    /// Villages of which nothing counts as seen.
    pub fn not_answered(&self) -> impl Iterator<Item = &VillageCoverage> {
        self.villages.iter().filter(|v| v.covered_m2 <= 0.0)
    }
}
