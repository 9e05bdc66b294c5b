//! The top of the page: title, findings in words, warnings, and the table of models.

use super::Section;
use crate::evaluate::report::markup::{Align, Markup, Table, measured_cell};
use crate::evaluate::report::numbers::{NONE, Style, mebibytes, rate, share};
use crate::evaluate::report::schema::{BenchReport, Measured, ModelReport, SiteLevel};
use crate::evaluate::report::summary::{bounds_line, dataset_line, interval_line, sentences};

/// The title and what was measured on.
pub(super) fn header(report: &BenchReport, title: &str) -> Markup {
    let kicker = format!("{} · {}", report.program, report.made);
    let pieces = [
        Markup::paragraph("kicker", kicker.trim_matches([' ', '·'])),
        Markup::element("h1", "", &Markup::text(title)),
        Markup::paragraph("dataset", &dataset_line(report)),
    ];
    Markup::element("header", "", &pieces.into_iter().collect())
}

/// The findings.
pub(super) fn summary(report: &BenchReport) -> Markup {
    let text = Markup::paragraph("", &sentences(report).join(" "));
    Markup::element("div", "summary", &text)
}

/// What whoever reads the figures must know; nothing where there is nothing.
pub(super) fn warnings(report: &BenchReport) -> Markup {
    let warnings = &report.dataset.warnings;
    if warnings.is_empty() {
        return Markup::default();
    }
    let mut inner = Markup::element("h2", "", &Markup::text("⚠ Warnings"));
    inner.push(&Markup::list(warnings.iter().map(String::as_str)));
    Markup::element("div", "warnings", &inner)
}

/// The headline figures, a row a model.
pub(super) fn models(report: &BenchReport) -> Section {
    let columns = [
        ("Model", Align::Text),
        ("Recall", Align::Number),
        ("Precision", Align::Number),
        ("False sites per km²", Align::Number),
        ("Recall at 1", Align::Number),
        ("Recall at 5", Align::Number),
        ("Recall at 20", Align::Number),
        ("km² per hour", Align::Number),
        ("Memory", Align::Number),
        ("Model size", Align::Number),
    ];
    let mut table = Table::new("", &columns);
    for model in &report.models {
        table.row("", row(model));
    }
    let mut body = table.finish();
    if !body.is_empty() {
        let note = format!(
            "Recall: share of known plots that a site hits. Precision: share of sites that hit a \
             plot. Both at the thresholds that a model was run with. Recall at 1, 5, 20: the \
             highest share found at any threshold with at most so many false sites per km². {}",
            interval_line(report)
        );
        body.push(&Markup::paragraph("note", &note));
        if let Some(line) = bounds_line(report) {
            body.push(&Markup::paragraph("note", &line));
        }
        let missing = report.models.iter().filter(|model| model.site.is_none());
        for model in missing {
            let reason = model.left_out.get("site").map_or("", String::as_str);
            let line = format!("“{}” has no figures of sites: {reason}", model.name);
            body.push(&Markup::paragraph(
                "note",
                line.trim_end_matches([' ', ':']),
            ));
        }
    }
    Section::new("Models", body, "no model was measured")
}

/// One of the numbers of a site level.
type SiteNumber = fn(&SiteLevel) -> &Measured;

fn row(model: &ModelReport) -> Vec<Markup> {
    let dash = || Markup::text(NONE);
    let numbers: [(SiteNumber, Style); 6] = [
        (|s| &s.recall, share),
        (|s| &s.precision, share),
        (|s| &s.false_per_km2, rate),
        (|s| &s.recall_at_1, share),
        (|s| &s.recall_at_5, share),
        (|s| &s.recall_at_20, share),
    ];
    let mut cells = vec![Markup::text(&model.name)];
    cells.extend(numbers.map(|(number, style)| match &model.site {
        Some(site) => measured_cell(number(site), style),
        None => dash(),
    }));
    let cost = model.cost.as_ref();
    let speed = cost.map(|cost| Markup::text(&rate(Some(cost.km2_per_h))));
    let memory = cost.and_then(|cost| cost.peak_memory_bytes);
    let size = (model.bytes > 0).then_some(model.bytes);
    cells.push(speed.unwrap_or_else(dash));
    for bytes in [memory, size] {
        cells.push(bytes.map_or_else(dash, |bytes| Markup::text(&mebibytes(bytes))));
    }
    cells
}
