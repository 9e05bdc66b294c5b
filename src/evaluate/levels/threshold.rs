//! What other thresholds give, the recall at so many false sites (FROC), and which threshold
//! keeps a limit.
//!
//! FROC as Bunch et al. 1977 and Chakraborty 1989: the share of plots that are hit over false
//! sites per unit of ground.

use super::{Evidence, total, total_of};
use crate::evaluate::metrics::upper_bound;
use crate::evaluate::observation::SiteCounts;
use crate::evaluate::report::schema::{Measured, ThresholdRow};

/// A limit that a threshold is to keep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// At most so many false sites per square kilometre.
    MostFalsePerKm2(f64),
    /// At least this share of plots.
    LeastRecall(f64),
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::MostFalsePerKm2(most) => write!(f, "at most {most} false sites per km2"),
            Self::LeastRecall(least) => write!(f, "at least {least} of the plots found"),
        }
    }
}

/// The thresholds of a sweep, and what they give by group and class.
pub struct Sweep<'a> {
    /// Ascending.
    pub thresholds: &'a [f64],
    /// `[threshold][group]`, of one class or of all.
    groups: Vec<Vec<SiteCounts>>,
    /// `[group]`, with the thresholds of the run.
    own: Vec<SiteCounts>,
    km2: Option<Vec<f64>>,
}

impl<'a> Sweep<'a> {
    /// What thresholds give for a class, or for all when `None`.
    #[must_use]
    pub fn new(evidence: &Evidence<'_>, thresholds: &'a [f64], class: Option<usize>) -> Self {
        let of = |threshold: usize| {
            evidence.by_group(|o| {
                let mut sum = SiteCounts::default();
                for (k, counts) in o.sweep[threshold].iter().enumerate() {
                    if class.is_none_or(|class| class == k) {
                        sum += *counts;
                    }
                }
                sum
            })
        };
        Self {
            thresholds,
            own: evidence.by_group(|o| o.counts(class)),
            groups: (0..thresholds.len()).map(of).collect(),
            km2: evidence.km2_by_group(),
        }
    }

    /// The highest recall of any threshold, those of the run among them, that keeps to so many
    /// false sites per square kilometre.
    #[must_use]
    pub fn recall_at(&self, most: f64, weights: Option<&[f64]>) -> Option<f64> {
        let km2 = total_of(self.km2.as_deref()?, weights);
        let all = self.groups.iter().chain([&self.own]);
        let counts = all.map(|groups| total(groups, weights));
        let plots = total(&self.own, weights).plots;
        let keeps = |c: &SiteCounts| c.false_per_km2(km2).is_some_and(|rate| rate <= most);
        let best = counts.filter(keeps).filter_map(|c| c.recall());
        // Above the highest threshold nothing is found, and nothing false.
        (plots > 0.0).then(|| best.fold(0.0, f64::max))
    }

    /// The same with its interval.
    #[must_use]
    pub fn measured_recall_at(&self, evidence: &Evidence<'_>, most: f64) -> Measured {
        evidence.resamples.measure(|w| self.recall_at(most, w))
    }

    fn rows(&self, class: &str) -> Vec<ThresholdRow> {
        let rows = self.thresholds.iter().zip(&self.groups);
        rows.map(|(threshold, groups)| {
            let km2 = self.km2.as_deref().map(|km2| total_of(km2, None));
            row(class, Some(*threshold), &total(groups, None), km2)
        })
        .collect()
    }
}

/// A point of the curve.
fn row(class: &str, threshold: Option<f64>, c: &SiteCounts, km2: Option<f64>) -> ThresholdRow {
    let whole = |count: f64| crate::georef::round_to_u32(count) as usize;
    let per_km2 = |count: f64| km2.filter(|km2| *km2 > 0.0).map(|km2| count / km2);
    ThresholdRow {
        class: class.to_owned(),
        threshold,
        sites: whole(c.sites),
        found: whole(c.found),
        recall: c.recall(),
        false_sites: whole(c.false_sites),
        false_per_km2: per_km2(c.false_sites),
        false_per_km2_below: per_km2(upper_bound(c.false_sites)),
        precision: c.precision(),
        visits_per_100_km2: per_km2(c.sites).map(|sites| sites * 100.0),
    }
}

/// The table of thresholds: of all classes together under the empty name, then of each where
/// there are several; each begins with the thresholds that the model was run with.
#[must_use]
pub fn threshold_rows(evidence: &Evidence<'_>, thresholds: &[f64]) -> Vec<ThresholdRow> {
    let mut rows = Vec::new();
    let km2 = evidence.km2_by_group().map(|km2| total_of(&km2, None));
    let several = evidence.classes.len() > 1;
    let classes = (0..evidence.classes.len()).filter(|_| several).map(Some);
    for class in std::iter::once(None).chain(classes) {
        let name = class.map_or("", |class| evidence.classes[class].as_str());
        let sweep = Sweep::new(evidence, thresholds, class);
        rows.push(row(name, None, &total(&sweep.own, None), km2));
        rows.extend(sweep.rows(name));
    }
    rows
}

/// The threshold of a class that keeps a limit best: under a limit of false sites the one with
/// the highest recall, under one of recall the one with the fewest false sites; of equals the
/// highest.
#[must_use]
pub fn choose(rows: &[ThresholdRow], class: &str, limit: Limit) -> Option<ThresholdRow> {
    let own = rows
        .iter()
        .filter(|row| row.class == class && row.threshold.is_some());
    match limit {
        Limit::MostFalsePerKm2(most) => own
            .filter(|row| row.false_per_km2.is_some_and(|rate| rate <= most))
            // Where nothing is found, any threshold would do, and none is shown to.
            .filter(|row| row.found > 0)
            .max_by_key(|row| row.found),
        Limit::LeastRecall(least) => own
            .filter(|row| row.recall.is_some_and(|recall| recall >= least))
            .min_by_key(|row| (row.false_sites, std::cmp::Reverse(to_bits(row.threshold)))),
    }
    .cloned()
}

/// Order of numbers that are not negative.
fn to_bits(threshold: Option<f64>) -> u64 {
    threshold.unwrap_or_default().to_bits()
}
