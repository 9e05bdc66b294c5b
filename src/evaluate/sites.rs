//! Sites against truth: which plots were found, which sites are false.
//!
//! A site hits a plot of its class when their intersection over union is at least
//! 0.1, or when its point lies in the plot buffered by the site's position error.
//! A plot hit by several sites counts once; a site that hits any plot is not false.

use super::truth::{Place, TruthPlot};
use crate::georef::LocalMetres;
use crate::pipeline::site::CandidateSite;
use geo::{Area, BooleanOps, Centroid, Distance, Euclidean, LineString, MultiPolygon, Polygon};
use serde::Serialize;

/// The least intersection over union of a hit.
const HIT_IOU: f64 = 0.1;

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
    let mut hit_any = vec![false; sites.len()];
    let plots = truth
        .iter()
        .map(|plot| {
            let ground = outline_of(&plot.place);
            let frame = LocalMetres::around(ground.centroid().unwrap_or_default());
            let outline = frame.outline(&ground);
            let mut hits = Vec::new();
            for (index, site) in sites
                .iter()
                .enumerate()
                .filter(|(_, s)| s.class == plot.class)
            {
                if is_hit(&frame, &outline, site) {
                    hit_any[index] = true;
                    hits.push(site);
                }
            }
            TruthOutcome {
                id: plot.id.clone(),
                class: plot.class.clone(),
                stage: plot.stage.clone(),
                area_m2: outline.unsigned_area(),
                prob: hits.iter().map(|s| s.prob).fold(0.0, f64::max),
                sites: hits.into_iter().map(|s| s.site_id.clone()).collect(),
            }
        })
        .collect();
    let false_sites = sites
        .iter()
        .zip(hit_any)
        .filter(|(_, hit)| !hit)
        .map(|(s, _)| s.site_id.clone())
        .collect();
    SiteComparison { plots, false_sites }
}

/// The outline of a plot; of a point one without area, which only a near site's point hits.
fn outline_of(place: &Place) -> MultiPolygon<f64> {
    match place {
        Place::Area(area) => area.clone(),
        Place::Point(point) => {
            let ring = LineString::new(vec![point.0; 4]);
            Polygon::new(ring, Vec::new()).into()
        }
    }
}

fn is_hit(frame: &LocalMetres, plot: &MultiPolygon<f64>, site: &CandidateSite) -> bool {
    let point = frame.point(site.point);
    if Euclidean.distance(&point, plot) <= site.pos_err_m {
        return true;
    }
    // Far apart: no need to cut polygons.
    let outline = frame.outline(&site.outline);
    if Euclidean.distance(&outline, plot) > 0.0 {
        return false;
    }
    let shared = outline.intersection(plot).unsigned_area();
    let union = outline.unsigned_area() + plot.unsigned_area() - shared;
    union > 0.0 && shared / union >= HIT_IOU
}

#[cfg(test)]
mod tests {
    use super::*;
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
