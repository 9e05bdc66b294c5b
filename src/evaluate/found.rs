//! Sites as they are compared with truth, whether a scan gives them or a file does.

use crate::georef::{Crs, geodesic_area_m2};
use crate::pipeline::site::CandidateSite;
use crate::vector::{FeatureShape, PlacedFeature, read_places};
use crate::{Error, Result};
use geo::{Centroid, InteriorPoint, MultiPolygon, Point};
use std::path::Path;

/// A place that a model suspects.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundSite {
    /// Its id.
    pub id: String,
    /// Its class.
    pub class: String,
    /// Its score, 0 to 1.
    pub score: f64,
    /// Its outline, WGS 84 longitude and latitude; empty where only a point is known.
    pub outline: MultiPolygon<f64>,
    /// A point of it, WGS 84.
    pub point: Point<f64>,
    /// How far the point may lie from the truth, metres.
    pub pos_err_m: f64,
    /// Its area in square metres; 0 of a point.
    pub area_m2: f64,
}

impl From<&CandidateSite> for FoundSite {
    fn from(site: &CandidateSite) -> Self {
        Self {
            id: site.site_id.clone(),
            class: site.class.clone(),
            score: site.prob,
            outline: site.outline.clone(),
            point: site.point,
            pos_err_m: site.pos_err_m,
            area_m2: site.area_m2,
        }
    }
}

/// The layer of sites in a GeoPackage of ours.
const SITES: &str = "sites";

/// Fields that may hold a score, in order.
const SCORES: [&str; 4] = ["prob", "score", "confidence", "probability"];

/// Reads sites that any program made: polygons or points with the fields `class` (or all of
/// `class`, where one is given), `prob` (or `score`, `confidence`), and `site_id`, `pos_err_m`
/// where there are any. Without a score a site counts as certain; `pos_err_m` stands for those
/// that do not tell their own.
///
/// # Errors
/// [`Error::Vector`] where a site has no class, or a score that is no number from 0 to 1.
pub fn read_predictions(
    path: &Path,
    class: Option<&str>,
    pos_err_m: f64,
) -> Result<Vec<FoundSite>> {
    let wrong = |number: usize, problem: String, hint: &str| Error::Vector {
        path: path.to_owned(),
        problem: format!("has {problem} on feature {number}"),
        hint: hint.into(),
    };
    let mut sites = Vec::new();
    for feature in features_of(path)? {
        let text = |names: &[&str]| {
            let texts = names.iter().map(|name| feature.text(name));
            texts.into_iter().find(|text| !text.is_empty())
        };
        let Some(class) = text(&["class"]).or_else(|| class.map(str::to_owned)) else {
            let hint = "give every site the name of its class, or all of them one with `--classes`";
            return Err(wrong(feature.number, "no `class`".into(), hint));
        };
        let score = text(&SCORES).unwrap_or_else(|| "1".into());
        let Some(score) = score.parse().ok().filter(|s| (0.0..=1.0).contains(s)) else {
            let hint = "scores go from 0 to 1; divide percentages by 100";
            return Err(wrong(feature.number, format!("the score `{score}`"), hint));
        };
        let own_error = text(&["pos_err_m"]).and_then(|text| text.parse().ok());
        let id = text(&["site_id", "id"]).unwrap_or_else(|| (sites.len() + 1).to_string());
        let site = |outline: MultiPolygon<f64>, point: Point<f64>| FoundSite {
            id: id.clone(),
            class: class.clone(),
            score,
            area_m2: geodesic_area_m2(&outline),
            outline,
            point,
            pos_err_m: own_error.filter(|m: &f64| *m >= 0.0).unwrap_or(pos_err_m),
        };
        match feature.shape {
            FeatureShape::Area(outline) => {
                if let Some(point) = point_of(&outline) {
                    sites.push(site(outline, point));
                }
            }
            FeatureShape::Points(ref points) => {
                let empty = || MultiPolygon::new(Vec::new());
                sites.extend(points.iter().map(|point| site(empty(), *point)));
            }
        }
    }
    Ok(sites)
}

/// The features of the layer of sites that our own files have, else those of the only layer.
fn features_of(path: &Path) -> Result<Vec<PlacedFeature>> {
    let is_table = path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    if is_table {
        return Err(Error::Vector {
            path: path.to_owned(),
            problem: "is a table, wanted points or polygons".into(),
            hint: "give the GeoPackage or GeoJSON of the same scan; other tables: make points of them in QGIS".into(),
        });
    }
    let all = read_places(path, &Crs::wgs84()?, None)?;
    if all.layers.iter().any(|layer| layer == SITES) {
        let mut features = all.features;
        features.retain(|feature| feature.layer == SITES);
        return Ok(features);
    }
    if all.layers.len() > 1 {
        return Err(Error::Vector {
            path: path.to_owned(),
            problem: format!(
                "has the layers {}, wanted one, or one that is called `{SITES}`",
                all.layers.join(", ")
            ),
            hint: "export the layer of sites to a file of its own".into(),
        });
    }
    Ok(all.features)
}

/// The centroid, or a point inside where that lies outside.
fn point_of(outline: &MultiPolygon<f64>) -> Option<Point<f64>> {
    let inside = |p: &Point<f64>| geo::Contains::contains(outline, p);
    outline
        .centroid()
        .filter(inside)
        .or_else(|| outline.interior_point())
}
