//! What the grade of a lead is reckoned with: weights, thresholds, radii and factors.

use super::layers::{BUILDING_REACH_M, HISTORY_REACH_M, WATER_REACH_M};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// Weights, thresholds, radii and factors of the grade. They are suppositions until an office has
/// tried them; a run records those that it used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct GradeSettings {
    /// Weight of a plot of earlier years nearby, 0 to 10.
    pub history_weight: f64,
    /// Weight of a clearing ringed by forest.
    pub clearing_weight: f64,
    /// Weight of a building nearby.
    pub courtyard_weight: f64,
    /// Weight of a border nearby.
    pub border_weight: f64,
    /// Weight of a large plot.
    pub area_weight: f64,
    /// A plot of earlier years counts up to so many metres.
    pub history_m: f64,
    /// A building counts up to so many metres, and makes the ground a yard.
    pub courtyard_m: f64,
    /// A border counts up to so many metres, and puts the site in the list of border sites.
    pub border_m: f64,
    /// Water makes the ground waterside up to so many metres.
    pub waterside_m: f64,
    /// Ground without forest is a clearing where forest has at least this share within 200 m.
    pub clearing_share: f64,
    /// A plot is large above so many square metres.
    pub large_m2: f64,
    /// Factor of a site that no image shows within the season of its crop, above 0 up to 1.
    pub out_of_season: f64,
    /// Factor of a site whose image is too coarse for a plot of its size, above 0 up to 1.
    pub too_coarse: f64,
    /// Largest ground sample distance by area, areas ascending.
    pub resolution: Vec<ResolutionLimit>,
    /// Least priority of grade A.
    pub grade_a: f64,
    /// Least priority of grade B.
    pub grade_b: f64,
}

/// What resolution shows plots of a size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ResolutionLimit {
    /// For plots of at least so many square metres.
    pub from_m2: f64,
    /// Largest ground sample distance in centimetres.
    pub most_cm: f64,
}

impl Default for GradeSettings {
    fn default() -> Self {
        let limit = |from_m2, most_cm| ResolutionLimit { from_m2, most_cm };
        Self {
            history_weight: 0.5,
            clearing_weight: 0.3,
            courtyard_weight: 0.2,
            border_weight: 0.1,
            area_weight: 0.3,
            history_m: 100.0,
            courtyard_m: 30.0,
            border_m: 50.0,
            waterside_m: 20.0,
            clearing_share: 0.5,
            large_m2: 200.0,
            out_of_season: 0.5,
            too_coarse: 0.5,
            // Single plants, clumps, plots, and patches in satellite images.
            resolution: vec![
                limit(0.0, 1.0),
                limit(1.0, 3.0),
                limit(20.0, 10.0),
                limit(100.0, 100.0),
            ],
            grade_a: 70.0,
            grade_b: 40.0,
        }
    }
}

impl GradeSettings {
    /// Refuses what makes no sense, with [`Error::Setting`].
    pub fn check(&self) -> Result<()> {
        for (name, weight) in [
            ("history-weight", self.history_weight),
            ("clearing-weight", self.clearing_weight),
            ("courtyard-weight", self.courtyard_weight),
            ("border-weight", self.border_weight),
            ("area-weight", self.area_weight),
        ] {
            within(name, weight, 0.0, 10.0)?;
        }
        within("history-m", self.history_m, 0.0, HISTORY_REACH_M)?;
        within("courtyard-m", self.courtyard_m, 0.0, BUILDING_REACH_M)?;
        within("border-m", self.border_m, 0.0, 1000.0)?;
        within("waterside-m", self.waterside_m, 0.0, WATER_REACH_M)?;
        within("clearing-share", self.clearing_share, 0.0, 1.0)?;
        within("large-m2", self.large_m2, 0.0, 1e6)?;
        for (name, factor) in [
            ("out-of-season", self.out_of_season),
            ("too-coarse", self.too_coarse),
        ] {
            // A factor of nothing would drop a lead, which is for people to do.
            if factor.is_nan() || factor <= 0.0 || factor > 1.0 {
                return Err(Error::setting(name, factor, "a factor above 0 and up to 1"));
            }
        }
        within("grade-a", self.grade_a, 0.0, 100.0)?;
        within("grade-b", self.grade_b, 0.0, self.grade_a)?;
        self.check_resolution()
    }

    fn check_resolution(&self) -> Result<()> {
        let limits = &self.resolution;
        let sizes_ascend = limits
            .windows(2)
            .all(|pair| pair[0].from_m2 < pair[1].from_m2);
        let all_sensible = limits
            .iter()
            .all(|l| l.from_m2.is_finite() && l.most_cm.is_finite() && l.most_cm > 0.0);
        if sizes_ascend && all_sensible && limits.first().is_some_and(|l| l.from_m2 == 0.0) {
            return Ok(());
        }
        let seen: Vec<String> = limits
            .iter()
            .map(|l| format!("{} m²: {} cm", l.from_m2, l.most_cm))
            .collect();
        Err(Error::setting(
            "resolution",
            seen.join(", "),
            "limits above 0 cm for ascending areas, the first from 0 m²",
        ))
    }

    /// The largest ground sample distance in centimetres that shows a plot of this size.
    pub(super) fn most_cm(&self, area_m2: f64) -> f64 {
        let fitting = self.resolution.iter().rfind(|l| area_m2 >= l.from_m2);
        let limit = fitting.or_else(|| self.resolution.first());
        limit.map_or(f64::INFINITY, |l| l.most_cm)
    }
}

fn within(name: &str, seen: f64, least: f64, most: f64) -> Result<()> {
    if (least..=most).contains(&seen) {
        return Ok(());
    }
    Err(Error::setting(
        name,
        seen,
        &format!("a number from {least} to {most}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut GradeSettings)) -> String {
        let mut settings = GradeSettings::default();
        change(&mut settings);
        settings.check().unwrap_err().to_string()
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        GradeSettings::default().check().unwrap();
        assert_eq!(
            refused(|s| s.history_weight = -0.5),
            "setting `history-weight` is `-0.5`, wanted a number from 0 to 10"
        );
        assert_eq!(
            refused(|s| s.out_of_season = 0.0),
            "setting `out-of-season` is `0`, wanted a factor above 0 and up to 1"
        );
        assert_eq!(
            refused(|s| s.grade_b = 80.0),
            "setting `grade-b` is `80`, wanted a number from 0 to 70"
        );
        assert_eq!(
            refused(|s| s.resolution.swap(1, 2)),
            "setting `resolution` is `0 m²: 1 cm, 20 m²: 10 cm, 1 m²: 3 cm, 100 m²: 100 cm`, \
             wanted limits above 0 cm for ascending areas, the first from 0 m²"
        );
        assert!(refused(|s| s.resolution.clear()).contains("resolution"));
        assert!(refused(|s| s.courtyard_m = f64::NAN).contains("`courtyard-m` is `NaN`"));
        // No layer is searched further than this, so a larger radius could not be kept.
        assert!(refused(|s| s.history_m = 1001.0).contains("from 0 to 1000"));
        assert!(refused(|s| s.too_coarse = 1.5).contains("too-coarse"));
    }

    #[test]
    fn a_file_may_say_some_and_no_unknown_ones() {
        let some: GradeSettings = toml::from_str("history-weight = 1\ngrade-a = 80.0").unwrap();
        let wanted = GradeSettings {
            history_weight: 1.0,
            grade_a: 80.0,
            ..GradeSettings::default()
        };
        assert_eq!(some, wanted);
        assert!(toml::from_str::<GradeSettings>("histroy-weight = 1").is_err());
        let written = toml::to_string(&wanted).unwrap();
        assert_eq!(toml::from_str::<GradeSettings>(&written).unwrap(), wanted);
    }

    #[test]
    fn the_limit_of_resolution_follows_the_size() {
        let settings = GradeSettings::default();
        let sizes = [0.4, 1.0, 19.9, 20.0, 99.0, 100.0, 5000.0, f64::NAN];
        let limits = sizes.map(|m2| settings.most_cm(m2).to_string());
        assert_eq!(limits, ["1", "3", "3", "10", "10", "100", "100", "1"]);
    }
}
