//! Sites against truth: which plots were found, which sites are false.
//!
//! What a hit is stands in `matching.rs`; it counts if the class is the same. A plot hit by
//! several sites counts once; a site that hits any plot is not false.

use super::found::FoundSite;
use super::matching::hits;
use super::truth::TruthPlot;
use crate::pipeline::site::CandidateSite;
use serde::Serialize;

/// What became of a known plot.
#[derive(Debug, Clone, Serialize)]
pub struct TruthOutcome {
    /// The plot's id in the truth file.
    pub id: String,
    /// Its class.
    pub class: String,
    /// Its stage, where the truth file has one.
    pub stage: String,
    /// Its area in square metres.
    pub area_m2: f64,
    /// The sites that hit it.
    pub sites: Vec<String>,
    /// The highest score among them.
    pub prob: f64,
}

/// Sites against truth.
#[derive(Debug, Clone, Serialize)]
pub struct SiteComparison {
    /// By known plot.
    pub plots: Vec<TruthOutcome>,
    /// Sites that hit no plot of their class.
    pub false_sites: Vec<String>,
}

impl SiteComparison {
    /// The number of plots that were hit.
    #[must_use]
    pub fn found(&self) -> usize {
        self.plots.iter().filter(|p| !p.sites.is_empty()).count()
    }
}

/// Compares sites with known plots.
#[must_use]
pub fn compare_sites(sites: &[CandidateSite], truth: &[TruthPlot]) -> SiteComparison {
    let found: Vec<FoundSite> = sites.iter().map(FoundSite::from).collect();
    let mut hit_any = vec![false; sites.len()];
    let plots = truth
        .iter()
        .zip(hits(&found, truth))
        .map(|(plot, mut hits)| {
            hits.retain(|index| sites[*index].class == plot.class);
            for index in &hits {
                hit_any[*index] = true;
            }
            let hits = hits.into_iter().map(|index| &sites[index]);
            TruthOutcome {
                id: plot.id.clone(),
                class: plot.class.clone(),
                stage: plot.stage.clone(),
                area_m2: plot.place.area_m2().unwrap_or(0.0),
                prob: hits.clone().map(|s| s.prob).fold(0.0, f64::max),
                sites: hits.map(|s| s.site_id.clone()).collect(),
            }
        })
        .collect();
    let false_sites = sites.iter().zip(hit_any).filter(|(_, hit)| !hit);
    SiteComparison {
        plots,
        false_sites: false_sites.map(|(s, _)| s.site_id.clone()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::truth::Place;
    use crate::pipeline::site::example;

    fn site(id: &str, class: &str, lon: f64) -> CandidateSite {
        CandidateSite {
            site_id: id.into(),
            ..example(class, lon, "a.tif")
        }
    }

    fn plot(id: &str, class: &str, lon: f64) -> TruthPlot {
        TruthPlot {
            id: id.into(),
            class: class.into(),
            stage: String::new(),
            note: String::new(),
            place: Place::Area(example(class, lon, "").outline),
        }
    }

    #[test]
    fn hits_misses_and_false_sites() {
        let truth = [
            plot("a", "poppy", 102.0),
            plot("b", "poppy", 102.001),
            plot("c", "hemp", 102.002),
        ];
        let sites = [
            site("1", "poppy", 102.000_001),
            site("2", "poppy", 102.000_01),
            site("3", "poppy", 102.002),
        ];
        let result = compare_sites(&sites, &truth);
        assert_eq!(result.plots[0].sites, ["1", "2"]);
        assert_eq!(result.found(), 1);
        assert_eq!(result.false_sites, ["3"]);
    }

    #[test]
    fn a_point_within_the_position_error_is_enough() {
        // 1.9 m east of the plot's edge at 30 degrees north; outlines do not meet.
        let mut near = site("1", "poppy", 102.0 + 2e-5 + 1.9 / 96_486.0);
        near.outline = example("poppy", 102.1, "").outline;
        assert_eq!(
            compare_sites(&[near.clone()], &[plot("a", "poppy", 102.0)]).found(),
            1
        );
        near.pos_err_m = 1.8;
        assert_eq!(
            compare_sites(&[near], &[plot("a", "poppy", 102.0)]).found(),
            0
        );
    }
}
