//! What other thresholds would give: the two sides of the choice, and the table.

use super::curves::described;
use super::{Section, figure, legend, looks};
use crate::evaluate::report::markup::{Align, Markup, Table, count_cell};
use crate::evaluate::report::numbers::{rate, share, threshold, with_units};
use crate::evaluate::report::schema::{BenchReport, ModelReport, ThresholdChoice, ThresholdRow};
use crate::evaluate::report::summary::choice_lines;
use crate::page::svg::{Chart, FULL, Form, Guide, Look, Panel, Scale, Series};

/// Rows of a table, before some are left out.
const MOST_ROWS: usize = 32;

/// The section.
pub(super) fn section(report: &BenchReport) -> Section {
    let mut body = Markup::default();
    if let Some(chart) = chart(report) {
        let caption = "Above: what is found. Below: what it costs in visits, true and false sites \
                       together, on 100 km² with as many plots as here. Dashed: the thresholds \
                       that keep the limit that was asked for.";
        body.push(&figure(&chart, caption));
    }
    let choices: Vec<String> = report.models.iter().flat_map(choice_lines).collect();
    if !choices.is_empty() {
        let lines: Vec<String> = choices.iter().map(|line| format!("{line}.")).collect();
        body.push(&Markup::list(lines.iter().map(String::as_str)));
    }
    for model in &report.models {
        body.push(&tables(model));
    }
    Section::of_level("Choosing a threshold", body, report, "site")
}

fn chart(report: &BenchReport) -> Option<Markup> {
    let lines = |number: fn(&ThresholdRow) -> Option<f64>| {
        let mut series = Vec::new();
        for (look, model) in looks(report) {
            let rows = model.thresholds.iter().filter(|row| row.class.is_empty());
            let points = rows.filter_map(|row| Some((row.threshold?, number(row)?)));
            let points: Vec<(f64, f64)> = points
                .filter(|(x, y)| x.is_finite() && y.is_finite())
                .collect();
            if !points.is_empty() {
                series.push(Series {
                    look,
                    form: Form::Line,
                    points,
                });
            }
        }
        series
    };
    let found = lines(|row| row.recall);
    let visits = lines(|row| row.visits_per_100_km2);
    if found.is_empty() && visits.is_empty() {
        return None;
    }
    let drawn: Vec<Look> = found.iter().chain(&visits).map(|s| s.look).collect();
    let numbers: Vec<f64> = visits
        .iter()
        .flat_map(|s| s.points.iter().map(|p| p.1))
        .collect();
    let panel = |label: &str, y: Scale, height: f64, series: Vec<Series>, named: bool| Panel {
        label: label.into(),
        y,
        height,
        series,
        spreads: vec![],
        guides: chosen(report, named),
    };
    let chart = Chart {
        title: "Share of plots found, and visits per 100 km², over the threshold".into(),
        description: described(report, "thresholds that keep the limit", |model| {
            let chosen: Vec<String> = chosen_of(model).map(threshold).collect();
            (!chosen.is_empty()).then(|| chosen.join(", "))
        }),
        width: FULL,
        x: Scale::SHARE,
        x_label: "threshold".into(),
        panels: vec![
            panel("share of plots found", Scale::SHARE, 180.0, found, true),
            panel(
                "visits per 100 km²",
                visits_scale(&numbers),
                180.0,
                visits,
                false,
            ),
        ],
        legend: legend(report, &drawn, true, false),
    };
    Some(chart.draw())
}

/// Logarithmic where a linear axis would hide what is small.
fn visits_scale(numbers: &[f64]) -> Scale {
    let positive = || numbers.iter().copied().filter(|n| *n > 0.0);
    let least = positive().fold(f64::INFINITY, f64::min);
    let most = positive().fold(0.0, f64::max);
    if most > 30.0 * least {
        Scale::log(numbers.iter().copied())
    } else {
        Scale::linear(numbers.iter().copied().chain([0.0]))
    }
}

/// Thresholds that were chosen for a model's classes.
fn chosen_of(model: &ModelReport) -> impl Iterator<Item = f64> {
    let rows = model
        .choices
        .iter()
        .filter_map(|choice| choice.row.as_ref());
    rows.filter_map(|row| row.threshold)
}

/// A line at each threshold that was chosen.
fn chosen(report: &BenchReport, named: bool) -> Vec<Guide> {
    let mut thresholds: Vec<f64> = report.models.iter().flat_map(chosen_of).collect();
    thresholds.sort_by(f64::total_cmp);
    thresholds.dedup();
    let name = |value: f64| {
        if named {
            threshold(value)
        } else {
            String::new()
        }
    };
    thresholds
        .into_iter()
        .map(|value| Guide::Upright(value, name(value)))
        .collect()
}

/// A table of all classes together, and one of each where there are several.
fn tables(model: &ModelReport) -> Markup {
    let mut body = Markup::default();
    let mut classes: Vec<&str> = model.thresholds.iter().map(|r| r.class.as_str()).collect();
    classes.dedup();
    for class in classes {
        body.push(&table(model, class));
    }
    body
}

fn table(model: &ModelReport, class: &str) -> Markup {
    let columns = [
        ("Threshold", Align::Text),
        ("Sites", Align::Number),
        ("Plots found", Align::Number),
        ("Share found", Align::Number),
        ("False sites", Align::Number),
        ("False per km²", Align::Number),
        ("Precision", Align::Number),
        ("Visits per 100 km²", Align::Number),
    ];
    let is_only = model.classes.len() == 1;
    let of_class = |choice: &&ThresholdChoice| choice.class == class || is_only;
    let choice = model.choices.iter().find(of_class);
    let chosen = choice.and_then(|choice| choice.row.as_ref());
    let is_chosen = |row: &ThresholdRow| chosen.is_some_and(|c| c.threshold == row.threshold);
    let rows = model.thresholds.iter().filter(|row| row.class == class);
    let (rows, thinned) = shown(&rows.collect::<Vec<_>>(), &is_chosen);
    let name = match class {
        "" if is_only => model.name.clone(),
        "" => format!("{}: all classes together", model.name),
        class => format!("{}: {class}", model.name),
    };
    let mut table = Table::new(&name, &columns);
    for row in rows {
        let name = row.threshold.map_or_else(|| "as run".into(), threshold);
        let class = if is_chosen(row) { "chosen" } else { "" };
        let cells = [
            Markup::text(&name),
            count_cell(row.sites),
            count_cell(row.found),
            Markup::text(&share(row.recall)),
            count_cell(row.false_sites),
            Markup::text(&rate(row.false_per_km2)),
            Markup::text(&share(row.precision)),
            Markup::text(&rate(row.visits_per_100_km2)),
        ];
        table.row(class, cells);
    }
    let mut body = table.finish();
    if body.is_empty() {
        return body;
    }
    let mut notes = Vec::new();
    if !model.threshold.is_empty() {
        notes.push(format!("As run: {}.", model.threshold));
    }
    if let (Some(_), Some(choice)) = (chosen, choice) {
        notes.push(format!("Marked: keeps {}.", with_units(&choice.limit)));
    }
    if thinned {
        notes.push("Some thresholds are left out here; `thresholds.csv` has all.".into());
    }
    body.push(&Markup::paragraph("note", &notes.join(" ")));
    body
}

/// The rows of a table, evenly thinned where there are many, and whether any is missing. The
/// chosen one, the first, the last and the thresholds of the run always stay.
fn shown<'a>(
    rows: &[&'a ThresholdRow],
    stays: &dyn Fn(&ThresholdRow) -> bool,
) -> (Vec<&'a ThresholdRow>, bool) {
    let every = rows.len().div_ceil(MOST_ROWS).max(1);
    let last = rows.len().saturating_sub(1);
    let kept = rows.iter().enumerate().filter(|(index, row)| {
        index % every == 0 || *index == last || row.threshold.is_none() || stays(row)
    });
    (kept.map(|(_, row)| *row).collect(), every > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(threshold: f64) -> ThresholdRow {
        ThresholdRow {
            threshold: Some(threshold),
            ..ThresholdRow::default()
        }
    }

    #[test]
    fn long_tables_are_thinned_but_keep_what_was_chosen() {
        let mut rows: Vec<ThresholdRow> = (0..100_u8).map(|n| row(f64::from(n) / 100.0)).collect();
        rows.push(ThresholdRow::default());
        let rows: Vec<&ThresholdRow> = rows.iter().collect();
        let (kept, thinned) = shown(&rows, &|row| row.threshold == Some(0.33));
        assert!(thinned && kept.len() < 34);
        let kept: Vec<Option<f64>> = kept.iter().map(|row| row.threshold).collect();
        for wanted in [Some(0.0), Some(0.33), None] {
            assert!(kept.contains(&wanted), "{wanted:?}");
        }
        assert_eq!(shown(&rows[..24], &|_| false).0.len(), 24);
        assert!(shown(&[], &|_| false).0.is_empty());
    }

    #[test]
    fn wide_ranges_of_visits_are_logarithmic() {
        assert!(matches!(
            visits_scale(&[0.0, 3.0, 900.0]),
            Scale::Log { .. }
        ));
        assert!(matches!(visits_scale(&[30.0, 90.0]), Scale::Linear { .. }));
        assert!(matches!(visits_scale(&[]), Scale::Linear { .. }));
    }
}
