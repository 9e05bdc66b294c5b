//! Sites against plots: the level that users walk by.

use super::{Evidence, total, total_of};
use crate::evaluate::metrics::upper_bound;
use crate::evaluate::observation::{Observation, PlotOutcome, SiteCounts, ratio};
use crate::evaluate::report::schema::{
    CountError, LookalikeRow, Measured, SiteBreakdown, SiteLevel,
};
use std::collections::BTreeMap;

/// Upper ends of the sizes of plots in square metres: a plant or a few, a clump, a bed, a plot,
/// and the 200 m² from which the law asks for more.
const SIZES_M2: [f64; 5] = [1.0, 4.0, 20.0, 100.0, 200.0];

/// Upper ends of ground sample distances in centimetres.
const GSDS_CM: [f64; 7] = [1.0, 2.0, 3.0, 5.0, 10.0, 50.0, 200.0];

/// The level of sites. `recall_at` gives the recall at so many false sites per square kilometre.
#[must_use]
pub fn site_level(
    evidence: &Evidence<'_>,
    recall_at: impl Fn(f64) -> Measured,
    names: &[String],
) -> SiteLevel {
    let groups = evidence.by_group(|o| o.counts(None));
    let km2 = evidence.km2_by_group();
    let counts = total(&groups, None);
    let measure = |of: &dyn Fn(SiteCounts) -> Option<f64>| {
        evidence.resamples.measure(|w| of(total(&groups, w)))
    };
    SiteLevel {
        plots: whole(counts.plots),
        found: whole(counts.found),
        sites: whole(counts.sites),
        false_sites: whole(counts.false_sites),
        recall: measure(&|c| c.recall()),
        precision: measure(&|c| c.precision()),
        f1: measure(&|c| c.f1()),
        false_per_km2: false_rate(evidence, &groups, km2.as_deref()),
        false_per_km2_below: km2
            .as_deref()
            .and_then(|km2| ratio(upper_bound(counts.false_sites), total_of(km2, None))),
        recall_at_1: recall_at(1.0),
        recall_at_5: recall_at(5.0),
        recall_at_20: recall_at(20.0),
        classes: by_class(evidence, km2.as_deref()),
        by_size: by_size(evidence),
        by_gsd: by_gsd(evidence),
        by_stage: by_stage(evidence),
        by_scene: by_scene(evidence, names),
        lookalikes: lookalikes(evidence.observations),
        count: count_error(evidence.observations),
    }
}

fn false_rate(evidence: &Evidence<'_>, groups: &[SiteCounts], km2: Option<&[f64]>) -> Measured {
    km2.map_or_else(Measured::default, |km2| {
        evidence
            .resamples
            .measure(|w| total(groups, w).false_per_km2(total_of(km2, w)))
    })
}

fn by_class(evidence: &Evidence<'_>, km2: Option<&[f64]>) -> Vec<SiteBreakdown> {
    let one = |(class, name): (usize, &String)| {
        let groups = evidence.by_group(|o| o.counts(Some(class)));
        SiteBreakdown {
            false_per_km2: false_rate(evidence, &groups, km2),
            false_sites: Some(whole(total(&groups, None).false_sites)),
            ..breakdown(evidence, name.clone(), &groups)
        }
    };
    evidence.classes.iter().enumerate().map(one).collect()
}

/// Plots of one kind.
fn breakdown(evidence: &Evidence<'_>, name: String, groups: &[SiteCounts]) -> SiteBreakdown {
    let counts = total(groups, None);
    SiteBreakdown {
        name,
        plots: whole(counts.plots),
        found: whole(counts.found),
        recall: evidence.resamples.measure(|w| total(groups, w).recall()),
        ..SiteBreakdown::default()
    }
}

/// Plots of those observations and of that kind.
fn plots_where(
    evidence: &Evidence<'_>,
    name: String,
    is_of_it: impl Fn(&Observation, &PlotOutcome) -> bool,
) -> Option<SiteBreakdown> {
    let groups = evidence.by_group(|o| {
        let mut counts = SiteCounts::default();
        for plot in o.plots.iter().filter(|p| is_of_it(o, p)) {
            counts.plots += 1.0;
            counts.found += f64::from(u8::from(plot.is_found));
        }
        counts
    });
    let has_any = groups.iter().any(|g| g.plots > 0.0);
    has_any.then(|| breakdown(evidence, name, &groups))
}

fn by_size(evidence: &Evidence<'_>) -> Vec<SiteBreakdown> {
    let bins = bins(&SIZES_M2, "m2");
    bins.into_iter()
        .filter_map(|(name, low, high)| {
            plots_where(evidence, name, |_, plot| {
                plot.area_m2.is_some_and(|m2| low <= m2 && m2 < high)
            })
        })
        .collect()
}

fn by_gsd(evidence: &Evidence<'_>) -> Vec<SiteBreakdown> {
    let km2 = evidence.km2_by_group();
    let one = |(name, low, high): (String, f64, f64)| {
        // 2 cm on a map are 1.9997 on the ground, or 2.0003.
        let reaches = |cm: f64, bound: f64| cm >= 0.995 * bound;
        let inside = |o: &Observation| {
            o.gsd_cm
                .is_some_and(|cm| reaches(cm, low) && !reaches(cm, high))
        };
        let any = evidence.observations.iter().any(inside);
        any.then(|| part_of(evidence, name, inside, km2.is_some()))
    };
    bins(&GSDS_CM, "cm").into_iter().filter_map(one).collect()
}

fn by_scene(evidence: &Evidence<'_>, names: &[String]) -> Vec<SiteBreakdown> {
    let has_km2 = evidence.km2_by_group().is_some();
    evidence
        .observations
        .iter()
        .map(|of| {
            let name = names[of.scene].clone();
            let mut row = part_of(evidence, name, |o| o.scene == of.scene, has_km2);
            // One scene has nothing to be resampled.
            row.recall = only(row.recall.value);
            row.false_per_km2 = only(row.false_per_km2.value);
            row
        })
        .collect()
}

fn only(value: Option<f64>) -> Measured {
    Measured {
        value,
        ..Measured::default()
    }
}

/// Plots and sites of a part of the scenes.
fn part_of(
    evidence: &Evidence<'_>,
    name: String,
    inside: impl Fn(&Observation) -> bool,
    has_km2: bool,
) -> SiteBreakdown {
    let groups = evidence.by_group(|o| {
        if inside(o) {
            o.counts(None)
        } else {
            SiteCounts::default()
        }
    });
    let mut km2 = vec![0.0; groups.len()];
    for o in evidence.observations.iter().filter(|o| inside(o)) {
        km2[evidence.group(o)] += o.km2.unwrap_or_default();
    }
    SiteBreakdown {
        false_sites: Some(whole(total(&groups, None).false_sites)),
        false_per_km2: false_rate(evidence, &groups, has_km2.then_some(&km2)),
        ..breakdown(evidence, name, &groups)
    }
}

fn by_stage(evidence: &Evidence<'_>) -> Vec<SiteBreakdown> {
    let plots = evidence.observations.iter().flat_map(|o| &o.plots);
    let mut stages: Vec<&str> = plots.map(|p| p.stage.as_str()).collect();
    stages.sort_unstable();
    stages.dedup();
    if stages.iter().all(|s| s.is_empty()) {
        return Vec::new();
    }
    let name = |stage: &str| {
        if stage.is_empty() {
            "unknown".to_owned()
        } else {
            stage.to_owned()
        }
    };
    stages
        .into_iter()
        .filter_map(|stage| plots_where(evidence, name(stage), |_, plot| plot.stage == stage))
        .collect()
}

/// Ranges between bounds, the first from nothing and the last without an end.
fn bins(bounds: &[f64], unit: &str) -> Vec<(String, f64, f64)> {
    let mut bins = vec![(format!("below {} {unit}", bounds[0]), 0.0, bounds[0])];
    for pair in bounds.windows(2) {
        bins.push((format!("{}-{} {unit}", pair[0], pair[1]), pair[0], pair[1]));
    }
    let last = bounds[bounds.len() - 1];
    bins.push((format!("{last} {unit} and more"), last, f64::INFINITY));
    bins
}

fn lookalikes(observations: &[Observation]) -> Vec<LookalikeRow> {
    let mut rows: BTreeMap<&str, LookalikeRow> = BTreeMap::new();
    let is_known = observations.iter().any(|o| !o.lookalikes.is_empty());
    for known in observations.iter().flat_map(|o| &o.lookalikes) {
        let row = rows.entry(known.name.as_str()).or_default();
        row.patches += 1;
        row.hit += usize::from(known.is_hit);
    }
    for site in observations.iter().flat_map(|o| &o.sites) {
        let on = site.lies_on.as_deref();
        if site.is_false && (is_known || on.is_some()) {
            rows.entry(on.unwrap_or_default()).or_default().false_sites += 1;
        }
    }
    let named = |(name, row): (&str, LookalikeRow)| LookalikeRow {
        name: name.to_owned(),
        ..row
    };
    rows.into_iter().map(named).collect()
}

fn count_error(observations: &[Observation]) -> CountError {
    let difference = |o: &Observation| as_f64(o.sites.len()) - as_f64(o.plots.len());
    let differences: Vec<f64> = observations.iter().map(difference).collect();
    let plots: usize = observations.iter().map(|o| o.plots.len()).sum();
    let scenes = as_f64(observations.len()).max(1.0);
    CountError {
        relative: ratio(differences.iter().sum(), as_f64(plots)),
        mean_absolute: differences.iter().map(|d| d.abs()).sum::<f64>() / scenes,
        mean: differences.iter().sum::<f64>() / scenes,
    }
}

fn as_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// A sum of ones.
fn whole(count: f64) -> usize {
    crate::georef::round_to_u32(count) as usize
}
