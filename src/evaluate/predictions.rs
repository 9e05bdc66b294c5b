//! Evaluation of sites that are there already, whoever made them.

use super::found::FoundSite;
use super::levels::{Evidence, Limit, Sweep, reliability_of, site_level, threshold_rows};
use super::matching::{HIT_IOU, hits};
use super::metrics::Resamples;
use super::model_report::choices;
use super::observation::{LookalikeOutcome, Observation, PlotOutcome, SiteCounts, SiteOutcome};
use super::report::schema::{
    BenchReport, DatasetSummary, Method, ModelReport, SCHEMA_VERSION, SceneSummary,
};
use super::truth::{Place, TruthPlot};
use crate::georef::geodesic_area_m2;
use crate::pipeline::acquire::gdal_version;
use geo::{Area, BooleanOps, Contains, MultiPolygon, Point};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Points of a curve of thresholds are at most so many.
const MOST_THRESHOLDS: usize = 200;

/// What is compared.
pub struct Predictions<'a> {
    /// The file of the sites.
    pub path: &'a Path,
    /// The sites.
    pub sites: Vec<FoundSite>,
    /// The file of the known plots.
    pub truth_path: &'a Path,
    /// The known plots.
    pub plots: Vec<TruthPlot>,
    /// Known look-alikes.
    pub lookalikes: Vec<TruthPlot>,
    /// Ground that was looked at, WGS 84: what lies outside is not compared, and its area is
    /// that of false sites per square kilometre. `None`: all is compared, the area not known.
    pub area: Option<MultiPolygon<f64>>,
    /// A limit that thresholds are to keep.
    pub limit: Option<Limit>,
    /// The command line.
    pub command_line: Vec<String>,
    /// When it is done, ISO 8601 in UTC.
    pub made: String,
}

/// Compares sites with known plots of the same classes.
#[must_use]
pub fn evaluate_predictions(mut given: Predictions<'_>) -> BenchReport {
    let area = given.area.take();
    let unseen = match &area {
        Some(area) => keep_inside(&mut given, area),
        None => Vec::new(),
    };
    given.area = area;
    let classes = classes(&given);
    let thresholds = thresholds(&given.sites);
    let observation = observe(&given, &classes, &thresholds, &unseen);
    let observations = [observation];
    let resamples = Resamples::new(1, 0, 0);
    let evidence = Evidence {
        observations: &observations,
        classes: &classes,
        group_of_scene: &[0],
        resamples: &resamples,
    };
    let sweep = Sweep::new(&evidence, &thresholds, None);
    let name = stem(given.truth_path);
    let names = [name.clone()];
    let none = "ready-made predictions are compared as sites only";
    let left_out = ["tile", "pixel", "object"].map(|level| (level.to_owned(), none.to_owned()));
    let mut plots: BTreeMap<String, usize> = BTreeMap::new();
    for plot in &given.plots {
        *plots.entry(plot.class.clone()).or_default() += 1;
    }
    let mut model = ModelReport {
        name: stem(given.path),
        path: given.path.display().to_string(),
        sha256: String::new(),
        bytes: 0,
        task: "predictions".into(),
        gsd_m: None,
        threshold: "as given".into(),
        settings: BTreeMap::new(),
        km2: observations[0].km2.unwrap_or_default(),
        site: Some(site_level(
            &evidence,
            |most| sweep.measured_recall_at(&evidence, most),
            &names,
        )),
        tile: None,
        pixel: None,
        object: None,
        left_out: left_out.into(),
        calibration: reliability_of(&evidence, &[]),
        thresholds: threshold_rows(&evidence, &thresholds),
        choices: Vec::new(),
        cost: None,
        worst_misses: Vec::new(),
        worst_false: Vec::new(),
        notes: Vec::new(),
        classes: classes.clone(),
    };
    model.choices = choices(&model, given.limit);
    let warnings = warnings(&given, &observations[0]);
    BenchReport {
        schema_version: SCHEMA_VERSION,
        program: concat!("tianmu ", env!("CARGO_PKG_VERSION")).into(),
        onnx_runtime: String::new(),
        gdal: gdal_version(),
        command_line: given.command_line,
        made: given.made,
        dataset: DatasetSummary {
            name: name.clone(),
            path: given.truth_path.display().to_string(),
            scenes: vec![SceneSummary {
                name,
                truth: if given
                    .plots
                    .iter()
                    .all(|p| matches!(p.place, Place::Point(_)))
                {
                    "points".into()
                } else {
                    "polygons".into()
                },
                plots,
                lookalikes: given.lookalikes.len(),
                ..SceneSummary::default()
            }],
            group_unit: "scene".into(),
            groups: 1,
            warnings,
        },
        method: Method {
            hit_iou: HIT_IOU,
            bootstrap: 0,
            seed: 0,
        },
        models: vec![model],
        differences: Vec::new(),
        baseline: None,
    }
}

/// What whoever reads the figures must know.
fn warnings(given: &Predictions<'_>, observation: &Observation) -> Vec<String> {
    let mut warnings = vec!["one group only: figures have no intervals".to_owned()];
    let known: BTreeSet<&str> = given.plots.iter().map(|plot| plot.class.as_str()).collect();
    let strange: BTreeSet<&str> = given
        .sites
        .iter()
        .map(|site| site.class.as_str())
        .filter(|class| !known.contains(class))
        .collect();
    if given.plots.is_empty() {
        warnings.push("no plot is known on this ground: every site counts as false".into());
    } else if !strange.is_empty() {
        warnings.push(format!(
            "no known plot is of the class of some sites: {}",
            strange.into_iter().collect::<Vec<_>>().join(", ")
        ));
    } else if observation.plots.iter().all(|plot| !plot.is_found) && !given.sites.is_empty() {
        warnings.push(
            "no plot is hit by any site: do both files lie on the same ground, longitude first?"
                .into(),
        );
    }
    if given.area.is_none() {
        warnings.push(
            "the ground that was looked at is not known, so there are no false sites per km2; give it with `--aoi`".into(),
        );
    }
    warnings
}

/// Leaves what lies on ground that was looked at. Gives the plots of which less than half does:
/// nobody is asked for them, and a site on one is no false one.
fn keep_inside(given: &mut Predictions<'_>, area: &MultiPolygon<f64>) -> Vec<TruthPlot> {
    given.sites.retain(|site| area.contains(&site.point));
    let half_inside = |plot: &TruthPlot| match &plot.place {
        Place::Point(point) => area.contains(point),
        Place::Area(outline) => {
            let whole = outline.unsigned_area();
            2.0 * outline.intersection(area).unsigned_area() >= whole
        }
    };
    given.lookalikes.retain(half_inside);
    let (inside, outside) = given.plots.drain(..).partition(half_inside);
    given.plots = inside;
    outside
}

fn stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// Classes of plots and sites, in order of their names.
fn classes(given: &Predictions<'_>) -> Vec<String> {
    let plots = given.plots.iter().map(|plot| &plot.class);
    let sites = given.sites.iter().map(|site| &site.class);
    let all: BTreeSet<&String> = plots.chain(sites).collect();
    all.into_iter().cloned().collect()
}

/// Scores at which something changes, thinned where there are many.
fn thresholds(sites: &[FoundSite]) -> Vec<f64> {
    let mut scores: Vec<f64> = sites.iter().map(|site| site.score).collect();
    scores.sort_by(f64::total_cmp);
    scores.dedup();
    let step = scores.len().div_ceil(MOST_THRESHOLDS).max(1);
    let last = scores.last().copied();
    let mut thinned: Vec<f64> = scores.into_iter().step_by(step).collect();
    if thinned.last() != last.as_ref() {
        thinned.extend(last);
    }
    thinned
}

fn observe(
    given: &Predictions<'_>,
    classes: &[String],
    thresholds: &[f64],
    unseen: &[TruthPlot],
) -> Observation {
    let class_of = |name: &String| classes.binary_search(name).unwrap_or_default();
    let sites = &given.sites;
    let mut is_true = vec![false; sites.len()];
    let mut lies_on: Vec<Option<String>> = vec![None; sites.len()];
    // By plot: its class, and the highest score of a site that hits it.
    let mut best: Vec<(usize, Option<f64>)> = Vec::new();
    let mut observation = Observation {
        km2: given.area.as_ref().map(|area| geodesic_area_m2(area) / 1e6),
        ..Observation::default()
    };
    for (plot, hits) in given.plots.iter().zip(hits(sites, &given.plots)) {
        let mut highest: Option<f64> = None;
        for site in hits {
            if sites[site].class == plot.class {
                is_true[site] = true;
                highest = Some(highest.map_or(sites[site].score, |h| h.max(sites[site].score)));
            } else {
                lies_on[site] = Some(format!("plot of {}", plot.class));
            }
        }
        let class = class_of(&plot.class);
        best.push((class, highest));
        observation.plots.push(PlotOutcome {
            class,
            id: plot.id.clone(),
            stage: plot.stage.clone(),
            area_m2: plot.place.area_m2(),
            at: plot.place.middle().map_or((0.0, 0.0), Point::x_y),
            is_found: highest.is_some(),
        });
    }
    for (patch, hits) in given.lookalikes.iter().zip(hits(sites, &given.lookalikes)) {
        observation.lookalikes.push(LookalikeOutcome {
            name: patch.class.clone(),
            is_hit: hits.iter().any(|site| !is_true[*site]),
        });
        for site in hits {
            lies_on[site].get_or_insert_with(|| patch.class.clone());
        }
    }
    let mut is_ignored = vec![false; sites.len()];
    for (plot, hits) in unseen.iter().zip(hits(sites, unseen)) {
        for site in hits {
            is_ignored[site] |= sites[site].class == plot.class && !is_true[site];
        }
    }
    for (index, (site, is_true)) in sites.iter().zip(&is_true).enumerate() {
        if is_ignored[index] {
            continue;
        }
        let lies_on = lies_on[index].take();
        let class = class_of(&site.class);
        observation.scored.push((class, site.score, *is_true));
        observation.sites.push(SiteOutcome {
            class,
            id: site.id.clone(),
            score: site.score,
            area_m2: site.area_m2,
            at: site.point.x_y(),
            is_false: !is_true,
            lies_on: lies_on.filter(|_| !is_true),
        });
    }
    let counts_at = |threshold: &f64| {
        let mut counts = vec![SiteCounts::default(); classes.len()];
        for (class, highest) in &best {
            counts[*class].plots += 1.0;
            counts[*class].found += f64::from(u8::from(highest.is_some_and(|h| h >= *threshold)));
        }
        for (class, score, is_true) in &observation.scored {
            if score >= threshold {
                counts[*class].sites += 1.0;
                counts[*class].false_sites += f64::from(u8::from(!is_true));
            }
        }
        counts
    };
    observation.sweep = thresholds.iter().map(counts_at).collect();
    observation
}
