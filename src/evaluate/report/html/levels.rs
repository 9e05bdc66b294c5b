//! Figures of tiles, pixels and objects.

use super::Section;
use crate::evaluate::report::markup::{Align, Markup, Table, count_cell, measured_cell};
use crate::evaluate::report::numbers::{count, measured, share};
use crate::evaluate::report::schema::BenchReport;

/// Tiles with a plot against tiles without.
pub(super) fn tiles(report: &BenchReport) -> Section {
    let columns = [
        ("Model", Align::Text),
        ("Class", Align::Text),
        ("Tiles", Align::Number),
        ("With a plot", Align::Number),
        ("Precision", Align::Number),
        ("Recall", Align::Number),
        ("F1", Align::Number),
        ("PR AUC", Align::Number),
        ("ROC AUC", Align::Number),
    ];
    let mut table = Table::new("", &columns);
    for model in &report.models {
        for class in model.tile.iter().flat_map(|tile| &tile.classes) {
            let numbers = [
                &class.precision,
                &class.recall,
                &class.f1,
                &class.pr_auc,
                &class.roc_auc,
            ];
            let mut cells = vec![
                Markup::text(&model.name),
                Markup::text(&class.name),
                count_cell(class.tiles),
                count_cell(class.positive),
            ];
            cells.extend(numbers.map(|number| measured_cell(number, share)));
            table.row("", cells);
        }
    }
    let note = "PR AUC and ROC AUC: areas under the curves of precision over recall and of the \
                receiver operating characteristic, over all scores.";
    Section::of_level(
        "Tiles",
        with_notes(table, note, report, "tile"),
        report,
        "tile",
    )
}

/// Labels of pixels.
pub(super) fn pixels(report: &BenchReport) -> Section {
    let columns = [
        ("Model", Align::Text),
        ("Class", Align::Text),
        ("IoU", Align::Number),
        ("F1 (Dice)", Align::Number),
        ("Precision", Align::Number),
        ("Recall", Align::Number),
        ("Pixels in truth", Align::Number),
        ("Pixels found", Align::Number),
    ];
    let mut table = Table::new("", &columns);
    let mut notes = Vec::new();
    for model in &report.models {
        let Some(pixel) = &model.pixel else { continue };
        for class in &pixel.classes {
            let numbers = [&class.iou, &class.f1, &class.precision, &class.recall];
            let mut cells = vec![Markup::text(&model.name), Markup::text(&class.name)];
            cells.extend(numbers.map(|number| measured_cell(number, share)));
            cells.extend([class.truth, class.found].map(count_cell));
            table.row("", cells);
        }
        let mean = measured(&pixel.mean_iou, share);
        notes.push(format!(
            "“{}”: mean IoU of the classes {mean}, {} pixels compared.",
            model.name,
            count(pixel.pixels)
        ));
    }
    let body = with_notes(table, &notes.join(" "), report, "pixel");
    Section::of_level("Pixels", body, report, "pixel")
}

/// Boxes of objects.
pub(super) fn objects(report: &BenchReport) -> Section {
    let columns = [
        ("Model", Align::Text),
        ("Class", Align::Text),
        ("In truth", Align::Number),
        ("Found, any score", Align::Number),
        ("AP at IoU 0.5", Align::Number),
        ("AP at 0.5 to 0.95", Align::Number),
    ];
    let mut table = Table::new("", &columns);
    for model in &report.models {
        let Some(object) = &model.object else {
            continue;
        };
        for class in &object.classes {
            table.row(
                "",
                [
                    Markup::text(&model.name),
                    Markup::text(&class.name),
                    count_cell(class.truth),
                    count_cell(class.found),
                    measured_cell(&class.ap50, share),
                    measured_cell(&class.ap50_95, share),
                ],
            );
        }
        table.row(
            "chosen",
            [
                Markup::text(&model.name),
                Markup::text("all classes"),
                count_cell(object.truth),
                count_cell(object.found),
                measured_cell(&object.ap50, share),
                measured_cell(&object.ap50_95, share),
            ],
        );
    }
    let note = "AP: average precision as COCO matches boxes, 101 recalls; that of all classes is \
                their mean.";
    let body = with_notes(table, note, report, "object");
    Section::of_level("Objects", body, report, "object")
}

/// A table with a note, and why models are not in it.
fn with_notes(table: Table, note: &str, report: &BenchReport, level: &str) -> Markup {
    let mut body = table.finish();
    if body.is_empty() {
        return body;
    }
    body.push(&Markup::paragraph("note", note));
    for model in &report.models {
        if let Some(reason) = model.left_out.get(level) {
            let line = format!("“{}” is left out: {reason}", model.name);
            body.push(&Markup::paragraph(
                "note",
                &format!("{}.", line.trim_end_matches('.')),
            ));
        }
    }
    body
}
