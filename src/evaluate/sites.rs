//! Sites against truth: which plots were found, which sites are false.
//!
//! A site hits a plot of its class when their intersection over union is at least
//! 0.1, or when its point lies in the plot buffered by the site's position error.
//! A plot hit by several sites counts once; a site that hits any plot is not false.

use crate::georef::Crs;
use crate::pipeline::site::CandidateSite;
use crate::vector::{Value, read_polygons};
use crate::{Error, Result};
use geo::{Area, BooleanOps, Centroid, Coord, Distance, Euclidean, MapCoords, MultiPolygon, Point};
use serde::Serialize;
use std::path::Path;

/// The least intersection over union of a hit.
const HIT_IOU: f64 = 0.1;

/// A plot known to be there.
#[derive(Debug, Clone)]
pub struct TruthPlot {
    id: String,
    class: String,
    note: String,
    outline: MultiPolygon<f64>,
}

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

/// Reads known plots: polygons with the attribute `class`, and `id` and `stage` where
/// there are any.
pub fn read_truth(path: &Path) -> Result<Vec<TruthPlot>> {
    let text = |value: Option<&Value<'static>>| match value {
        Some(Value::Text(text)) => text.to_string(),
        Some(Value::Integer(number)) => number.to_string(),
        _ => String::new(),
    };
    let mut plots = Vec::new();
    for (index, feature) in read_polygons(path, &Crs::wgs84()?)?.into_iter().enumerate() {
        let class = text(feature.attribute("class"));
        if class.is_empty() {
            return Err(Error::Vector {
                path: path.to_owned(),
                problem: format!("has no `class` on feature {}", index + 1),
                hint: "give every plot the name of its class".into(),
            });
        }
        let id = text(feature.attribute("id"));
        plots.push(TruthPlot {
            id: if id.is_empty() {
                (index + 1).to_string()
            } else {
                id
            },
            class,
            note: text(feature.attribute("stage")),
            outline: feature.geometry,
        });
    }
    Ok(plots)
}

/// Compares sites with known plots.
#[must_use]
pub fn compare_sites(sites: &[CandidateSite], truth: &[TruthPlot]) -> SiteComparison {
    let mut hit_any = vec![false; sites.len()];
    let plots = truth
        .iter()
        .map(|plot| {
            let frame = LocalMetres::around(&plot.outline);
            let outline = frame.project(&plot.outline);
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
                stage: plot.note.clone(),
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

fn is_hit(frame: &LocalMetres, plot: &MultiPolygon<f64>, site: &CandidateSite) -> bool {
    let point = frame.point(site.point);
    if Euclidean.distance(&point, plot) <= site.pos_err_m {
        return true;
    }
    // Far apart: no need to cut polygons.
    let outline = frame.project(&site.outline);
    if Euclidean.distance(&outline, plot) > 0.0 {
        return false;
    }
    let shared = outline.intersection(plot).unsigned_area();
    let union = outline.unsigned_area() + plot.unsigned_area() - shared;
    union > 0.0 && shared / union >= HIT_IOU
}

/// Metres east and north of a place: exact enough within a few kilometres of it.
struct LocalMetres {
    origin: Coord<f64>,
    metres_per_degree: Coord<f64>,
}

impl LocalMetres {
    fn around(outline: &MultiPolygon<f64>) -> Self {
        let origin = outline
            .centroid()
            .map_or(Coord { x: 0.0, y: 0.0 }, Coord::from);
        let step = 1e-3;
        let here = (origin.x, origin.y);
        let per_degree = |there| crate::georef::geodesic_distance_m(here, there) / step;
        Self {
            origin,
            metres_per_degree: Coord {
                x: per_degree((origin.x + step, origin.y)),
                y: per_degree((origin.x, origin.y + step)),
            },
        }
    }

    fn coord(&self, c: Coord<f64>) -> Coord<f64> {
        Coord {
            x: (c.x - self.origin.x) * self.metres_per_degree.x,
            y: (c.y - self.origin.y) * self.metres_per_degree.y,
        }
    }

    fn point(&self, point: Point<f64>) -> Point<f64> {
        self.coord(point.into()).into()
    }

    fn project(&self, outline: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        outline.map_coords(|c| self.coord(c))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Polygon, Rect};

    fn square(lon: f64, lat: f64, half: f64) -> Polygon<f64> {
        Rect::new(
            Coord {
                x: lon - half,
                y: lat - half,
            },
            Coord {
                x: lon + half,
                y: lat + half,
            },
        )
        .to_polygon()
    }

    fn site(id: &str, class: &str, lon: f64) -> CandidateSite {
        CandidateSite {
            site_id: id.into(),
            class: class.into(),
            prob: 0.9,
            prob_max: 0.9,
            evidence: vec![],
            outline: square(lon, 30.0, 2e-5).into(),
            point: Point::new(lon, 30.0),
            map_x: 0.0,
            map_y: 0.0,
            map_crs: String::new(),
            pos_err_m: 2.0,
            area_m2: 1.0,
            n_detections: 1,
            src_image: vec![],
            src_sha256: vec![],
            capture_time: vec![],
            gsd_cm: 2.5,
            tile_ids: vec![],
            status: "candidate".into(),
        }
    }

    fn plot(id: &str, class: &str, lon: f64) -> TruthPlot {
        TruthPlot {
            id: id.into(),
            class: class.into(),
            note: String::new(),
            outline: square(lon, 30.0, 2e-5).into(),
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
        near.outline = square(102.1, 30.0, 1e-6).into();
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
