//! The figures by which models are compared, each under a key: for differences, for the change
//! since an earlier report, and for limits in automatic checks.

use super::levels::{Evidence, PixelGroups, Sweep, TileRankings, boxes, mean, total, total_of};
use super::metrics::{Resamples, match_boxes};
use super::report::schema::{
    BaselineChange, BenchReport, Change, Difference, Measured, ModelReport,
};
use std::collections::BTreeMap;

/// A figure that models are compared by.
#[derive(Debug, Clone, Copy)]
pub struct Headline {
    /// Its key, such as `site_recall`.
    pub key: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// Whether more of it is better.
    pub higher_is_better: bool,
    read: fn(&ModelReport) -> Option<f64>,
}

/// All of them.
pub const HEADLINES: [Headline; 18] = [
    figure("site_recall", "site recall", |m| {
        m.site.as_ref()?.recall.value
    }),
    figure("site_precision", "site precision", |m| {
        m.site.as_ref()?.precision.value
    }),
    figure("site_f1", "site F1", |m| m.site.as_ref()?.f1.value),
    cost("false_per_km2", "false sites per km2", |m| {
        m.site.as_ref()?.false_per_km2.value
    }),
    figure("recall_at_1", "recall at 1 false site per km2", |m| {
        m.site.as_ref()?.recall_at_1.value
    }),
    figure("recall_at_5", "recall at 5 false sites per km2", |m| {
        m.site.as_ref()?.recall_at_5.value
    }),
    figure("recall_at_20", "recall at 20 false sites per km2", |m| {
        m.site.as_ref()?.recall_at_20.value
    }),
    figure("tile_f1", "tile F1", |m| tiles(m, |t| t.f1.value)),
    figure("tile_pr_auc", "tile PR-AUC", |m| {
        tiles(m, |t| t.pr_auc.value)
    }),
    figure("tile_roc_auc", "tile ROC-AUC", |m| {
        tiles(m, |t| t.roc_auc.value)
    }),
    figure("mean_iou", "mean pixel IoU", |m| {
        m.pixel.as_ref()?.mean_iou.value
    }),
    figure("ap50", "AP50", |m| m.object.as_ref()?.ap50.value),
    figure("ap50_95", "AP50:95", |m| m.object.as_ref()?.ap50_95.value),
    cost("ece", "expected calibration error", |m| {
        m.calibration.as_ref()?.ece.value
    }),
    cost("count_error", "count error", |m| {
        Some(m.site.as_ref()?.count.relative?.abs())
    }),
    figure("km2_per_h", "km2 per hour", |m| {
        Some(m.cost.as_ref()?.km2_per_h)
    }),
    figure("share_of_limit", "share of the limit", |m| {
        Some(m.cost.as_ref()?.share_of_limit)
    }),
    cost("peak_memory_mb", "peak memory in MB", |m| {
        let bytes = u32::try_from(m.cost.as_ref()?.peak_memory_bytes? / 1_000_000);
        bytes.ok().map(f64::from)
    }),
];

const fn figure(
    key: &'static str,
    name: &'static str,
    read: fn(&ModelReport) -> Option<f64>,
) -> Headline {
    Headline {
        key,
        name,
        higher_is_better: true,
        read,
    }
}

const fn cost(
    key: &'static str,
    name: &'static str,
    read: fn(&ModelReport) -> Option<f64>,
) -> Headline {
    Headline {
        higher_is_better: false,
        ..figure(key, name, read)
    }
}

/// The mean over the classes that have it.
fn tiles(
    model: &ModelReport,
    of: impl Fn(&super::report::schema::TileClass) -> Option<f64>,
) -> Option<f64> {
    mean(model.tile.as_ref()?.classes.iter().map(of))
}

impl Headline {
    /// One by its key.
    #[must_use]
    pub fn of(key: &str) -> Option<Self> {
        HEADLINES.into_iter().find(|h| h.key == key)
    }

    /// What a report says of it.
    #[must_use]
    pub fn value(&self, model: &ModelReport) -> Option<f64> {
        (self.read)(model)
    }
}

/// A figure that can be taken of any resample.
type Resampled<'a> = Box<dyn Fn(Option<&[f64]>) -> Option<f64> + 'a>;

/// The figures of which differences are resampled.
fn resampled<'a>(
    evidence: &'a Evidence<'a>,
    thresholds: &'a [f64],
) -> Vec<(&'static str, Resampled<'a>)> {
    let groups = evidence.by_group(|o| o.counts(None));
    let again = groups.clone();
    let km2 = evidence.km2_by_group();
    let sweep = Sweep::new(evidence, thresholds, None);
    let rankings = TileRankings::new(evidence);
    let pixels = PixelGroups::new(evidence);
    let boxes = boxes(evidence);
    let matches = boxes.map(|(truth, found)| {
        match_boxes(
            &truth,
            &found,
            evidence.classes.len(),
            evidence.group_of_scene,
        )
    });
    vec![
        ("site_recall", Box::new(move |w| total(&groups, w).recall())),
        (
            "false_per_km2",
            Box::new(move |w| {
                let km2 = total_of(km2.as_deref()?, w);
                total(&again, w).false_per_km2(km2)
            }),
        ),
        ("recall_at_5", Box::new(move |w| sweep.recall_at(5.0, w))),
        ("tile_pr_auc", Box::new(move |w| rankings.pr_auc(w))),
        ("mean_iou", Box::new(move |w| pixels.mean_iou(w))),
        (
            "ap50",
            Box::new(move |w| matches.as_ref()?.precisions(w).ap50()),
        ),
    ]
}

/// Differences of two models on the same scenes, each with a paired interval and a verdict.
#[must_use]
pub fn differences(
    (first, one): (&str, &Evidence<'_>),
    (second, two): (&str, &Evidence<'_>),
    thresholds: &[f64],
    resamples: &Resamples,
) -> Vec<Difference> {
    let (one, two) = (resampled(one, thresholds), resampled(two, thresholds));
    let pairs = one.into_iter().zip(two);
    pairs
        .filter_map(|((key, one), (_, two))| {
            let headline = Headline::of(key)?;
            let difference = resamples.difference(&one, &two);
            difference.value?;
            Some(Difference {
                first: first.to_owned(),
                second: second.to_owned(),
                measure: headline.name.to_owned(),
                verdict: if resamples.can_tell() {
                    verdict(difference, headline.higher_is_better).to_owned()
                } else {
                    CANNOT_TELL.to_owned()
                },
                difference,
            })
        })
        .collect()
}

/// What is said of models that these scenes do not set apart.
const CANNOT_TELL: &str = "cannot tell";

/// What an interval of the second less the first says.
fn verdict(difference: Measured, higher_is_better: bool) -> &'static str {
    let (Some(low), Some(high)) = (difference.low, difference.high) else {
        return CANNOT_TELL;
    };
    match (low > 0.0, high < 0.0) {
        (true, _) if higher_is_better => "second is better",
        (_, true) if !higher_is_better => "second is better",
        (true, _) | (_, true) => "first is better",
        _ => CANNOT_TELL,
    }
}

/// What changed since an earlier report, model by model of the same name.
#[must_use]
pub fn changes(path: &str, before: &BenchReport, now: &BenchReport) -> BaselineChange {
    let mut change = BaselineChange {
        path: path.to_owned(),
        made: before.made.clone(),
        ..BaselineChange::default()
    };
    if scenes(before) != scenes(now) {
        change.notes.push(
            "the scenes, or what is known on them, are not those of the earlier report".into(),
        );
    }
    for model in &now.models {
        let Some(old) = before.models.iter().find(|old| old.name == model.name) else {
            change
                .notes
                .push(format!("`{}` is not in the earlier report", model.name));
            continue;
        };
        if old.sha256 != model.sha256 {
            change
                .notes
                .push(format!("`{}` is another file than before", model.name));
        }
        let differing: Vec<&str> = model
            .settings
            .iter()
            .filter(|(name, value)| old.settings.get(*name) != Some(value))
            .map(|(name, _)| name.as_str())
            .collect();
        if !differing.is_empty() {
            change.notes.push(format!(
                "`{}` is run with other settings than before: {}",
                model.name,
                differing.join(", ")
            ));
        }
        for headline in HEADLINES {
            let (was, is) = (headline.value(old), headline.value(model));
            if was.is_some() || is.is_some() {
                change.changes.push(Change {
                    model: model.name.clone(),
                    measure: headline.key.to_owned(),
                    before: was,
                    now: is,
                });
            }
        }
    }
    change
}

/// What scenes are and what is known on them.
fn scenes(report: &BenchReport) -> Vec<(&str, &str, &str, &BTreeMap<String, usize>)> {
    let scenes = report.dataset.scenes.iter();
    scenes
        .map(|s| {
            (
                s.name.as_str(),
                s.sha256.as_str(),
                s.truth.as_str(),
                &s.plots,
            )
        })
        .collect()
}
