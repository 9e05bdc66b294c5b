//! The end of the page: scenes, models with their settings, and how all was measured.

use super::Section;
use crate::evaluate::report::markup::{Align, Markup, Table, count_cell};
use crate::evaluate::report::numbers::{count, fixed, mebibytes, square_kilometres};
use crate::evaluate::report::schema::{BenchReport, ModelReport};
use crate::evaluate::report::summary::or_dash;

/// What was measured on.
pub(super) fn scenes(report: &BenchReport) -> Section {
    let columns = [
        ("Scene", Align::Text),
        ("Flight", Align::Text),
        ("Date", Align::Text),
        ("Stage", Align::Text),
        ("GSD cm", Align::Number),
        ("Truth", Align::Text),
        ("Known plots", Align::Text),
        ("Look-alikes", Align::Number),
    ];
    let mut table = Table::new("", &columns);
    for scene in &report.dataset.scenes {
        let plots: Vec<String> = scene
            .plots
            .iter()
            .map(|(class, number)| format!("{class} {}", count(number)))
            .collect();
        table.row(
            "",
            [
                Markup::text(&scene.name),
                Markup::text(or_dash(&scene.flight)),
                Markup::text(or_dash(&scene.date)),
                Markup::text(or_dash(&scene.stage)),
                Markup::text(&fixed(Some(scene.gsd_cm), 2)),
                Markup::text(&scene.truth),
                Markup::text(or_dash(&plots.join(", "))),
                count_cell(scene.lookalikes),
            ],
        );
    }
    Section::new("Scenes", table.finish(), "the data set has no scene")
}

/// The models: files, thresholds, settings, and what they had to say.
pub(super) fn models(report: &BenchReport) -> Section {
    let mut body = Markup::default();
    for model in &report.models {
        body.push(&Markup::element("h3", "", &Markup::text(&model.name)));
        body.push(&pairs_of(&facts_of(model)));
        if !model.notes.is_empty() {
            body.push(&Markup::list(model.notes.iter().map(String::as_str)));
        }
    }
    Section::new("Models and their settings", body, "no model was measured")
}

fn facts_of(model: &ModelReport) -> Vec<(String, String)> {
    let mut facts = vec![
        ("file".to_owned(), model.path.clone()),
        ("SHA-256".into(), model.sha256.clone()),
        (
            "size".into(),
            if model.bytes > 0 {
                mebibytes(model.bytes)
            } else {
                String::new()
            },
        ),
        ("kind".into(), model.task.clone()),
        (
            "ground sample distance".into(),
            model.gsd_m.map_or_else(String::new, |gsd| {
                format!("{} cm", fixed(Some(gsd * 100.0), 2))
            }),
        ),
        ("classes".into(), model.classes.join(", ")),
        ("thresholds".into(), model.threshold.clone()),
        ("ground looked at".into(), square_kilometres(model.km2)),
    ];
    facts.extend(model.settings.iter().map(|(name, value)| {
        let text = match value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        (name.clone(), text)
    }));
    let left_out = model.left_out.iter();
    facts
        .extend(left_out.map(|(level, reason)| (format!("no figures of {level}"), reason.clone())));
    facts.retain(|(_, value)| !value.trim().is_empty());
    facts
}

/// How all was measured.
pub(super) fn method(report: &BenchReport) -> Section {
    let method = &report.method;
    let unit = or_dash(&report.dataset.group_unit);
    let resampled = format!(
        "{} of {} {unit}s",
        count(method.bootstrap),
        count(report.dataset.groups)
    );
    let facts = [
        ("data set", report.dataset.path.clone()),
        ("program", report.program.clone()),
        ("ONNX Runtime", report.onnx_runtime.clone()),
        ("GDAL", report.gdal.clone()),
        ("made", report.made.clone()),
        ("command line", report.command_line.join(" ")),
        ("least IoU of a hit", fixed(Some(method.hit_iou), 2)),
        ("resamples", resampled),
        ("seed", method.seed.to_string()),
    ];
    let facts: Vec<(String, String)> = facts
        .into_iter()
        .filter(|(_, value)| !value.trim().is_empty())
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let mut body = pairs_of(&facts);
    let points = [
        format!(
            "A site hits a plot of its class when their intersection over union is at least {}, \
             or when its point lies in the plot widened by the site's position error. A plot hit \
             by several sites counts once; a site that hits any plot is not false.",
            fixed(Some(method.hit_iou), 2)
        ),
        "Visits per 100 km² count true and false sites on ground with as many plots as here; \
         where plots are rarer, nearly all visits are to false sites."
            .to_owned(),
        "Intervals come from a bootstrap: whole groups are drawn with replacement, since plots of \
         one flight are alike. They say nothing of ground, seasons and cameras that the data set \
         does not hold."
            .to_owned(),
        "`report.json` has all numbers of this page; `models.csv` and `thresholds.csv` have them \
         as tables."
            .to_owned(),
    ];
    body.push(&Markup::list(points.iter().map(String::as_str)));
    Section::new("Method", body, "")
}

/// Names with values, as a table of two columns.
fn pairs_of(facts: &[(String, String)]) -> Markup {
    let columns = [("Setting", Align::Text), ("Value", Align::Text)];
    let mut table = Table::new("", &columns);
    for (name, value) in facts {
        table.row("", [Markup::text(name), Markup::text(value)]);
    }
    table.finish()
}
