//! What counts as seen, and which plots a resolution shows.

use crate::campaign::phenology::calendar_day;
use crate::{Error, Result};
use serde::Serialize;

/// Least area of a plot in square metres, and the coarsest ground sample distance in centimetres that
/// shows plots of that size: single plants, small clumps, plots, patches. The poppy's flower is at
/// most 10 cm wide. The grade of a lead starts from the same table.
pub const RESOLUTION: [(f64, f64); 4] = [
    (0.0, 1.0),
    (1.0, 3.0),
    (PLOT_M2, PLOT_LIMIT_CM),
    (100.0, 100.0),
];

/// The size from which a plot is one, in square metres: smaller ones are clumps and single plants.
pub const PLOT_M2: f64 = 20.0;

/// The coarsest ground sample distance, in centimetres, at which plots (20 m² and more) can be told.
/// Above it nothing may be said of ground where nothing was found.
pub const PLOT_LIMIT_CM: f64 = 10.0;

/// What counts as seen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CoverageSettings {
    /// Crops that are looked for, as the phenology names them; empty for those that the campaign names.
    pub crops: Vec<String>,
    /// The coarsest ground sample distance that counts, in centimetres.
    pub max_gsd_cm: f64,
    /// Days between two dates that count as two, 1 or more.
    pub days_apart: u32,
    /// The smallest gap that is flown again, in square metres.
    pub min_gap_m2: f64,
    /// Images of days later than this, as ISO 8601 writes it, do not count; those without a day do.
    pub until: Option<String>,
    /// The narrowest gap that is flown again: twice its area by its perimeter, in metres.
    pub min_width_m: f64,
}

impl Default for CoverageSettings {
    fn default() -> Self {
        Self {
            crops: Vec::new(),
            max_gsd_cm: PLOT_LIMIT_CM,
            // A bloom lasts three days and sowing is spread over weeks.
            days_apart: 10,
            min_gap_m2: 100.0,
            until: None,
            min_width_m: 1.0,
        }
    }
}

impl CoverageSettings {
    /// Refuses what makes no sense, with [`Error::Setting`].
    pub fn check(&self) -> Result<()> {
        if !(self.max_gsd_cm > 0.0 && self.max_gsd_cm <= 1e4) {
            return Err(Error::setting(
                "max-gsd",
                self.max_gsd_cm,
                "centimetres per pixel above 0 and up to 10000",
            ));
        }
        if !(1..=366).contains(&self.days_apart) {
            return Err(Error::setting(
                "days-apart",
                self.days_apart,
                "1 to 366 days",
            ));
        }
        if let Some(until) = &self.until
            && calendar_day(until).is_none()
        {
            return Err(Error::setting("until", until, "a day such as 2026-05-31"));
        }
        for (name, seen, wanted) in [
            ("min-gap", self.min_gap_m2, "square metres, 0 or more"),
            ("min-width", self.min_width_m, "metres, 0 or more"),
        ] {
            if !(seen.is_finite() && seen >= 0.0) {
                return Err(Error::setting(name, seen, wanted));
            }
        }
        Ok(())
    }
}

/// The smallest plot, in square metres, that a ground sample distance in centimetres shows; 0 for
/// single plants, `None` where it shows none at all.
#[must_use]
pub fn smallest_plot_m2(gsd_cm: f64) -> Option<f64> {
    let fine_enough = RESOLUTION.iter().find(|(_, most_cm)| gsd_cm <= *most_cm);
    fine_enough.map(|(from_m2, _)| *from_m2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coarser_images_show_larger_plots() {
        let seen = [0.5, 1.0, 1.1, 3.0, 5.0, 10.0, 10.1, 100.0, 101.0, f64::NAN];
        let plots = seen.map(smallest_plot_m2);
        let [single, clump, plot, patch] = [0.0, 1.0, 20.0, 100.0].map(Some);
        assert_eq!(
            plots,
            [
                single, single, clump, clump, plot, plot, patch, patch, None, None
            ]
        );
        assert_eq!(smallest_plot_m2(PLOT_LIMIT_CM), plot);
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        CoverageSettings::default().check().unwrap();
        let refused = |change: fn(&mut CoverageSettings)| {
            let mut settings = CoverageSettings::default();
            change(&mut settings);
            settings.check().unwrap_err().to_string()
        };
        assert_eq!(
            refused(|s| s.max_gsd_cm = 0.0),
            "setting `max-gsd` is `0`, wanted centimetres per pixel above 0 and up to 10000"
        );
        assert!(refused(|s| s.max_gsd_cm = f64::NAN).contains("`max-gsd` is `NaN`"));
        assert!(refused(|s| s.days_apart = 0).contains("`days-apart` is `0`"));
        assert!(refused(|s| s.min_gap_m2 = -1.0).contains("`min-gap` is `-1`"));
        assert!(refused(|s| s.min_width_m = f64::INFINITY).contains("`min-width` is `inf`"));
    }
}
