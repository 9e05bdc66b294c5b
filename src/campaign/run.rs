//! A scan on its way into a campaign: what it found, covered and looked at.

use super::matching::Plot;
use crate::pipeline::Scan;
use crate::pipeline::site::{CandidateSite, Coverage, RunFacts};
use geo::{MultiPolygon, Point};

/// What a run brings.
#[derive(Debug, Clone, Default)]
pub struct RunToAdd {
    /// Its facts: `run_id`, `model`, `statement`…
    pub facts: RunFacts,
    /// Its sites, in row-major order.
    pub sites: Vec<RunSite>,
    /// The ground that it looked at.
    pub coverage: Vec<Coverage>,
    /// The images that it was given.
    pub scenes: Vec<RunScene>,
}

/// A site as a run found it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSite {
    /// Its id within the run.
    pub own_id: String,
    /// The class with the strongest evidence.
    pub class: String,
    /// Probability, 0 to 1.
    pub prob: f64,
    /// Its true parts, WGS 84.
    pub outline: MultiPolygon<f64>,
    /// A point inside its largest part.
    pub point: Point<f64>,
    /// Position error in metres.
    pub pos_err_m: f64,
    /// Area of all parts in square metres.
    pub area_m2: f64,
    /// Ground sample distance in centimetres, of the finest image.
    pub gsd_cm: Option<f64>,
    /// Detections fused into it.
    pub n_detections: i64,
    /// Images that show it, joined with `; `.
    pub src_image: String,
    /// SHA-256 of each image, joined with `; `.
    pub src_sha256: String,
    /// When each was taken, joined with `; `.
    pub capture_time: String,
}

/// An image of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunScene {
    /// Where it is.
    pub path: String,
    /// SHA-256 of the file; empty where it was not hashed.
    pub sha256: String,
    /// When it was taken, ISO 8601; empty where unknown.
    pub capture_time: String,
    /// Ground sample distance in centimetres.
    pub gsd_cm: Option<f64>,
    /// The reference system.
    pub crs: String,
    /// Why it could not be scanned; empty where it could.
    pub failure: String,
}

impl RunToAdd {
    /// What a scan that was just done brings.
    #[must_use]
    pub fn of(scan: &Scan) -> Self {
        let folder = std::path::Path::new(&scan.record.folder);
        let scenes = scan.record.images.iter().map(|image| RunScene {
            path: folder.join(&image.path).display().to_string(),
            sha256: image.sha256.clone().unwrap_or_default(),
            capture_time: image.capture_time.clone().unwrap_or_default(),
            gsd_cm: image.gsd.map(|gsd| gsd.x_m.max(gsd.y_m) * 100.0),
            crs: image.crs.clone().unwrap_or_default(),
            failure: image.failure.clone().unwrap_or_default(),
        });
        Self {
            facts: scan.facts.clone(),
            sites: scan.sites.iter().map(RunSite::of).collect(),
            coverage: scan.coverage.iter().map(as_written).collect(),
            scenes: scenes.collect(),
        }
    }
}

impl RunSite {
    /// The plot as it was seen.
    #[must_use]
    pub fn plot(&self) -> Plot<'_> {
        Plot::of(&self.outline, self.point, self.pos_err_m, &self.class)
    }

    fn of(site: &CandidateSite) -> Self {
        let times: Vec<&str> = site
            .capture_time
            .iter()
            .map(String::as_str)
            .filter(|time| !time.is_empty())
            .collect();
        Self {
            own_id: site.site_id.clone(),
            class: site.class.clone(),
            prob: decimals(site.prob, 6),
            outline: site.outline.clone(),
            point: Point::new(decimals(site.point.x(), 7), decimals(site.point.y(), 7)),
            pos_err_m: decimals(site.pos_err_m, 2),
            area_m2: decimals(site.area_m2, 2),
            gsd_cm: site.gsd_cm.is_finite().then(|| decimals(site.gsd_cm, 3)),
            n_detections: site.n_detections.into(),
            src_image: site.src_image.join("; "),
            src_sha256: site.src_sha256.join("; "),
            capture_time: times.join("; "),
        }
    }
}

/// Ground looked at as a scan's GeoPackage says it.
fn as_written(coverage: &Coverage) -> Coverage {
    Coverage {
        gsd_cm: decimals(coverage.gsd_cm, 3),
        area_m2: decimals(coverage.area_m2, 2),
        ..coverage.clone()
    }
}

/// A figure with as many decimals as the GeoPackage of a scan has: a run is the same whether it
/// comes from the scan itself or from its file.
fn decimals(value: f64, places: i32) -> f64 {
    let scale = 10_f64.powi(places);
    let near = (value * scale).round() / scale;
    // Adding zero turns -0 into 0.
    if near.is_finite() { near + 0.0 } else { value }
}
