//! What one model showed on one scene, next to what is there: everything that figures are made
//! of, and nothing that has to be looked up again.

use super::metrics::{FoundBox, TruthBox};
use std::ops::AddAssign;

/// Sites against plots, as sums; whole numbers unless scenes are weighted.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SiteCounts {
    /// Known plots.
    pub plots: f64,
    /// Plots that are hit.
    pub found: f64,
    /// Sites.
    pub sites: f64,
    /// Sites that hit no plot of their class.
    pub false_sites: f64,
}

impl AddAssign for SiteCounts {
    fn add_assign(&mut self, other: Self) {
        self.plots += other.plots;
        self.found += other.found;
        self.sites += other.sites;
        self.false_sites += other.false_sites;
    }
}

impl SiteCounts {
    /// The same, counted `weight` times.
    #[must_use]
    pub fn times(self, weight: f64) -> Self {
        Self {
            plots: self.plots * weight,
            found: self.found * weight,
            sites: self.sites * weight,
            false_sites: self.false_sites * weight,
        }
    }

    /// Share of plots that are hit; none without plots.
    #[must_use]
    pub fn recall(&self) -> Option<f64> {
        ratio(self.found, self.plots)
    }

    /// Share of sites that hit a plot; none without sites.
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        ratio(self.sites - self.false_sites, self.sites)
    }

    /// Harmonic mean of recall and precision; 0 where nothing was found of what is there.
    #[must_use]
    pub fn f1(&self) -> Option<f64> {
        let recall = self.recall()?;
        let precision = self.precision().unwrap_or(0.0);
        Some(if recall + precision > 0.0 {
            2.0 * recall * precision / (recall + precision)
        } else {
            0.0
        })
    }

    /// False sites on a square kilometre.
    #[must_use]
    pub fn false_per_km2(&self, km2: f64) -> Option<f64> {
        ratio(self.false_sites, km2)
    }
}

/// A quotient, unless it is by zero.
pub(super) fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// What became of a known plot.
#[derive(Debug, Clone, PartialEq)]
pub struct PlotOutcome {
    /// Its class among those evaluated.
    pub class: usize,
    /// Its id in the truth.
    pub id: String,
    /// Its stage, or that of its scene; empty where unknown.
    pub stage: String,
    /// Its area; none of a point.
    pub area_m2: Option<f64>,
    /// Longitude and latitude of its middle.
    pub at: (f64, f64),
    /// Whether a site of its class hits it.
    pub is_found: bool,
}

/// What a site turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteOutcome {
    /// Its class among those evaluated.
    pub class: usize,
    /// Its id in the scan of the scene.
    pub id: String,
    /// Its score, 0 to 1.
    pub score: f64,
    /// Its area; 0 of a point.
    pub area_m2: f64,
    /// Longitude and latitude of its point.
    pub at: (f64, f64),
    /// Whether it hits no plot of its class.
    pub is_false: bool,
    /// What a false site lies on, where it is known: a look-alike, or a plot of another class.
    pub lies_on: Option<String>,
}

/// One tile and one class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TileOutcome {
    /// The highest score of the class in the tile.
    pub score: f64,
    /// Whether a plot of the class lies in it.
    pub is_positive: bool,
    /// Whether the thresholds of the run call it positive.
    pub is_called: bool,
}

/// Pixels of one class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PixelCounts {
    /// Of the class in truth and in the labels.
    pub both: u64,
    /// In the labels only.
    pub found_only: u64,
    /// In truth only.
    pub truth_only: u64,
}

impl AddAssign for PixelCounts {
    fn add_assign(&mut self, other: Self) {
        self.both += other.both;
        self.found_only += other.found_only;
        self.truth_only += other.truth_only;
    }
}

/// Known look-alikes, and which of them were taken for a plot.
#[derive(Debug, Clone, PartialEq)]
pub struct LookalikeOutcome {
    /// What it is.
    pub name: String,
    /// Whether a site lies on it.
    pub is_hit: bool,
}

/// What one model showed on one scene.
#[derive(Debug, Clone, Default)]
pub struct Observation {
    /// The scene's place in the data set.
    pub scene: usize,
    /// Ground that was looked at; none where it is not known.
    pub km2: Option<f64>,
    /// Ground sample distance of the image, centimetres; none where there is no image.
    pub gsd_cm: Option<f64>,
    /// Plots of the classes evaluated.
    pub plots: Vec<PlotOutcome>,
    /// Sites at the thresholds of the run.
    pub sites: Vec<SiteOutcome>,
    /// Look-alikes.
    pub lookalikes: Vec<LookalikeOutcome>,
    /// `[threshold][class]`: what other thresholds give.
    pub sweep: Vec<Vec<SiteCounts>>,
    /// `[class]`: tiles that were looked at; none where the level is left out.
    pub tiles: Option<Vec<Vec<TileOutcome>>>,
    /// `[class]`, the background last: pixels; none where the level is left out.
    pub pixels: Option<Vec<PixelCounts>>,
    /// Pixels that were compared.
    pub pixel_count: u64,
    /// Boxes in truth and boxes found, in raster pixels, `image` being the scene; none where
    /// the level is left out.
    pub boxes: Option<(Vec<TruthBox>, Vec<FoundBox>)>,
    /// Class, score before any calibration and whether it hits a plot, of sites of any score.
    pub scored: Vec<(usize, f64, bool)>,
    /// What the scan had to say.
    pub warnings: Vec<String>,
}

impl Observation {
    /// Counts of one class, or of all when `None`, at the thresholds of the run.
    #[must_use]
    pub fn counts(&self, class: Option<usize>) -> SiteCounts {
        let is_of_it = |own: usize| class.is_none_or(|class| class == own);
        let plots = self.plots.iter().filter(|p| is_of_it(p.class));
        let sites = self.sites.iter().filter(|s| is_of_it(s.class));
        let one = |is: bool| f64::from(u8::from(is));
        let mut counts = SiteCounts::default();
        for plot in plots {
            counts.plots += 1.0;
            counts.found += one(plot.is_found);
        }
        for site in sites {
            counts.sites += 1.0;
            counts.false_sites += one(site.is_false);
        }
        counts
    }
}
