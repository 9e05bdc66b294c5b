//! Curves over all thresholds: FROC, precision over recall, and whether scores are true.

use super::{Section, figure, legend, looks, pairs};
use crate::evaluate::report::markup::Markup;
use crate::evaluate::report::numbers::{measured, share};
use crate::evaluate::report::schema::{BenchReport, Measured, ModelReport, Reliability};
use crate::page::svg::{
    Chart, FULL, Form, Guide, HALF, LegendEntry, Look, Panel, Scale, Series, Spread,
};

/// False sites per km² at which recalls are given.
const READ_AT: [f64; 3] = [1.0, 5.0, 20.0];

/// Recall over false sites per km².
pub(super) fn froc(report: &BenchReport) -> Section {
    let mut series = Vec::new();
    let mut spreads = Vec::new();
    for (look, model) in looks(report) {
        let points = envelope(model);
        if !points.is_empty() {
            series.push(Series {
                look,
                form: Form::Steps,
                points,
            });
        }
        spreads.extend(own_point(look, model));
    }
    let title = "Plots found over false sites (FROC)";
    if series.is_empty() && spreads.is_empty() {
        return Section::of_level(title, Markup::default(), report, "site");
    }
    let drawn: Vec<Look> = series
        .iter()
        .map(|s| s.look)
        .chain(spreads.iter().map(|s| s.look))
        .collect();
    let numbers = series.iter().flat_map(|s| s.points.iter().map(|p| p.0));
    let numbers = numbers.chain(spreads.iter().map(|s| s.at.0)).chain(READ_AT);
    let x = Scale::log(numbers);
    let guides = READ_AT.map(|number| Guide::Upright(number, format!("{number:.0}")));
    let chart = Chart {
        title: "FROC curves: share of plots found over false sites per km²".into(),
        description: described(
            report,
            "recall at 1, 5 and 20 false sites per km²",
            |model| {
                let site = model.site.as_ref()?;
                let at = [&site.recall_at_1, &site.recall_at_5, &site.recall_at_20];
                Some(at.map(|number| share(number.value)).join(", "))
            },
        ),
        width: FULL,
        x,
        x_label: "false sites per km²".into(),
        panels: vec![Panel {
            label: "share of plots found".into(),
            y: Scale::SHARE,
            height: 300.0,
            series,
            spreads,
            guides: guides.to_vec(),
        }],
        legend: legend(report, &drawn, true, true),
    };
    let caption = "Lines: the highest share found at any threshold with at most so many false \
                   sites. Marks: the thresholds that the model was run with, with 95 % intervals. \
                   Higher and further left is better. Dashed: 1, 5 and 20 false sites per km².";
    Section::new(title, figure(&chart.draw(), caption), "")
}

/// The highest recall with at most so many false sites, by ascending false sites.
fn envelope(model: &ModelReport) -> Vec<(f64, f64)> {
    let rows = model.thresholds.iter();
    let rows = rows.filter(|row| row.class.is_empty());
    let mut points: Vec<(f64, f64)> = rows
        .filter_map(|row| Some((row.false_per_km2?, row.recall?)))
        .filter(|(x, y)| x.is_finite() && y.is_finite())
        .collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
    let mut highest = f64::NEG_INFINITY;
    for point in &mut points {
        highest = highest.max(point.1);
        point.1 = highest;
    }
    points.dedup_by(|later, first| later.0.total_cmp(&first.0).is_eq());
    points
}

/// Where the thresholds of the run lie.
fn own_point(look: Look, model: &ModelReport) -> Option<Spread> {
    let site = model.site.as_ref()?;
    let at = (site.false_per_km2.value?, site.recall.value?);
    let ends = |number: &Measured| number.low.zip(number.high);
    (at.0.is_finite() && at.1.is_finite()).then(|| Spread {
        look,
        at,
        across: ends(&site.false_per_km2),
        up: ends(&site.recall),
    })
}

/// `name: text` of each model that has one, for descriptions.
pub(super) fn described(
    report: &BenchReport,
    what: &str,
    text: impl Fn(&ModelReport) -> Option<String>,
) -> String {
    let texts = report.models.iter().filter_map(|model| {
        let text = text(model)?;
        Some(format!("{}: {text}", model.name))
    });
    format!("{what}. {}", texts.collect::<Vec<_>>().join("; "))
}

/// Precision over recall, a plot a level and class.
pub(super) fn precision_recall(report: &BenchReport) -> Section {
    let mut figures = Vec::new();
    for (level, area_name) in [
        ("tiles", "area under the curve"),
        ("objects", "AP at IoU 0.5"),
    ] {
        let mut classes: Vec<&str> = Vec::new();
        for (name, ..) in report.models.iter().flat_map(|m| level_curves(m, level)) {
            if !classes.contains(&name) {
                classes.push(name);
            }
        }
        for class in classes {
            let mut series = Vec::new();
            let mut names = Vec::new();
            for (look, model) in looks(report) {
                let curves = level_curves(model, level);
                let Some((_, points, area)) = curves.into_iter().find(|c| c.0 == class) else {
                    continue;
                };
                series.push(Series {
                    look,
                    form: Form::Line,
                    points: points.to_vec(),
                });
                names.push(LegendEntry {
                    look,
                    name: format!("{} {}", share(area.value), model.name),
                    line: true,
                    mark: false,
                });
            }
            let caption = format!("“{class}”, {level}; before each name: {area_name}.");
            figures.push(figure(
                &precision_recall_chart(class, level, series, names),
                &caption,
            ));
        }
    }
    let absent = "no model gave tiles or objects that could be compared";
    Section::new("Precision and recall", pairs(figures), absent)
}

fn precision_recall_chart(
    class: &str,
    level: &str,
    series: Vec<Series>,
    legend: Vec<LegendEntry>,
) -> Markup {
    let names: Vec<&str> = legend.iter().map(|entry| entry.name.as_str()).collect();
    let chart = Chart {
        title: format!("Precision over recall of {level}, class {class}"),
        description: names.join("; "),
        width: HALF,
        x: Scale::SHARE,
        x_label: "recall".into(),
        panels: vec![Panel {
            label: "precision".into(),
            y: Scale::SHARE,
            height: 220.0,
            series,
            spreads: vec![],
            guides: vec![],
        }],
        legend,
    };
    chart.draw()
}

type NamedCurve<'a> = (&'a str, &'a [(f64, f64)], &'a Measured);

/// The curves of a level by class, with their areas.
fn level_curves<'a>(model: &'a ModelReport, level: &str) -> Vec<NamedCurve<'a>> {
    let curves: Vec<NamedCurve<'a>> = if level == "tiles" {
        let classes = model.tile.iter().flat_map(|tile| &tile.classes);
        classes
            .map(|c| (c.name.as_str(), c.curve.as_slice(), &c.pr_auc))
            .collect()
    } else {
        let classes = model.object.iter().flat_map(|object| &object.classes);
        classes
            .map(|c| (c.name.as_str(), c.curve.as_slice(), &c.ap50))
            .collect()
    };
    curves.into_iter().filter(|c| !c.1.is_empty()).collect()
}

/// How often sites of a score hit a plot, a plot a model.
pub(super) fn reliability(report: &BenchReport) -> Section {
    let figures: Vec<Markup> = looks(report)
        .filter_map(|(look, model)| {
            let calibration = model.calibration.as_ref()?;
            let chart = reliability_chart(look, &model.name, calibration);
            let brier = calibration.brier.filter(|b| b.is_finite());
            let caption = format!(
                "“{}”{}. Expected calibration error {}{}.",
                model.name,
                if calibration.calibrated {
                    ", scores calibrated by its sidecar"
                } else {
                    ", scores not calibrated"
                },
                measured(&calibration.ece, share),
                brier.map_or_else(String::new, |b| format!(", Brier score {}", share(Some(b)))),
            );
            Some(figure(&chart, &caption))
        })
        .collect();
    let mut body = pairs(figures);
    if !body.is_empty() {
        let note = "On the dashed line a score is what it says: of sites with score 0.8, eight in \
                    ten hit a plot. Below it, scores promise too much. The columns count the sites: all that \
                    the outline threshold lets through, also such as the thresholds of the run \
                    leave out.";
        body.push(&Markup::paragraph("note", note));
    }
    let title = "Are scores what they say?";
    Section::of_level(title, body, report, "calibration")
}

fn reliability_chart(look: Look, name: &str, calibration: &Reliability) -> Markup {
    let bins = || calibration.bins.iter().filter(|bin| bin.count > 0);
    let count_of = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let columns = bins().flat_map(|bin| {
        let count = count_of(bin.count);
        [(bin.from, count), (bin.to, count)]
    });
    let columns: Vec<(f64, f64)> = columns.collect();
    let most = columns.iter().map(|point| point.1).fold(1.0, f64::max);
    let texts = bins().map(|bin| {
        let (score, hit) = (share(Some(bin.mean_score)), share(Some(bin.hit_share)));
        format!("score {score}: {hit} of {}", bin.count)
    });
    let chart = Chart {
        title: format!("Share of sites that hit a plot, by score, of {name}"),
        description: texts.collect::<Vec<_>>().join("; "),
        width: HALF,
        x: Scale::SHARE,
        x_label: format!("score of the {}", calibration.of),
        panels: vec![
            Panel {
                label: "share that hit a plot".into(),
                y: Scale::SHARE,
                height: 210.0,
                series: vec![Series {
                    look,
                    form: Form::MarkedLine,
                    points: bins().map(|b| (b.mean_score, b.hit_share)).collect(),
                }],
                spreads: vec![],
                guides: vec![Guide::Diagonal],
            },
            Panel {
                label: "sites".into(),
                // Room for the count above the highest column.
                y: Scale::linear([0.0, most * 1.25]),
                height: 70.0,
                series: vec![Series {
                    look,
                    form: Form::Columns,
                    points: columns,
                }],
                spreads: vec![],
                guides: vec![],
            },
        ],
        legend: vec![],
    };
    chart.draw()
}

#[cfg(test)]
mod tests {
    use super::super::super::example::example;
    use super::*;
    use crate::evaluate::report::schema::ThresholdRow;

    #[test]
    fn the_curve_rises_and_takes_the_own_thresholds_in() {
        let mut model = example().models[0].clone();
        let row = |threshold: Option<f64>, false_per_km2: f64, recall: f64| ThresholdRow {
            threshold,
            false_per_km2: Some(false_per_km2),
            recall: Some(recall),
            ..ThresholdRow::default()
        };
        model.thresholds = vec![
            row(Some(0.1), 9.0, 0.7),
            row(Some(0.2), 4.0, 0.8),
            row(Some(0.3), 4.0, 0.6),
            row(Some(0.9), 0.0, 0.2),
            row(None, 1.0, 1.0),
        ];
        let points = envelope(&model);
        assert_eq!(points, [(0.0, 0.2), (1.0, 1.0), (4.0, 1.0), (9.0, 1.0)]);
    }

    #[test]
    fn a_plot_for_each_level_and_class() {
        let report = example();
        let body = precision_recall(&report).body;
        let text = body.as_str();
        assert_eq!(
            text.matches("<svg").count(),
            3,
            "two classes of tiles, one of objects"
        );
        assert!(text.contains("“cannabis”, tiles;"));
        assert!(text.contains("“opium_poppy”, objects; before each name: AP at IoU 0.5"));
    }
}
