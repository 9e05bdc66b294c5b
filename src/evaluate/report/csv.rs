//! The report as tables for Excel and WPS: UTF-8 with byte order mark, CRLF, and no text that a
//! spreadsheet would run as a formula.

use super::schema::{
    BenchReport, Cost, Measured, ModelReport, PixelLevel, SiteLevel, ThresholdRow, TileClass,
};
use crate::pipeline::report::{NOTE, formula_safe};

/// One of the numbers of a class of tiles.
type TileNumber = fn(&TileClass) -> &Measured;

/// A cell by where it comes from.
enum Cell {
    Text(String),
    Number(Option<f64>),
    Count(Option<u64>),
}

/// A row of named cells.
#[derive(Default)]
struct Row(Vec<(String, Cell)>);

impl Row {
    fn text(&mut self, name: &str, text: &str) {
        self.0.push((name.into(), Cell::Text(text.into())));
    }

    fn number(&mut self, name: &str, number: Option<f64>) {
        self.0.push((name.into(), Cell::Number(number)));
    }

    fn count(&mut self, name: &str, number: Option<usize>) {
        let number = number.and_then(|number| u64::try_from(number).ok());
        self.0.push((name.into(), Cell::Count(number)));
    }

    fn measured(&mut self, name: &str, number: Option<&Measured>) {
        self.number(name, number.and_then(|n| n.value));
        self.number(&format!("{name}_low"), number.and_then(|n| n.low));
        self.number(&format!("{name}_high"), number.and_then(|n| n.high));
    }
}

/// A row a model with its headline figures: a number, and the ends of its 95 % interval in
/// `…_low` and `…_high`. Tile figures have columns by class.
#[must_use]
pub fn models_csv(report: &BenchReport) -> String {
    let classes = tile_classes(report);
    table(report.models.iter().map(|model| model_row(model, &classes)))
}

/// A row a model and threshold: what it would give. The class is empty for all of them
/// together, the threshold for those that the model was run with.
#[must_use]
pub fn thresholds_csv(report: &BenchReport) -> String {
    table(report.models.iter().flat_map(|model| {
        model
            .thresholds
            .iter()
            .map(|row| threshold_row(&model.name, row))
    }))
}

/// Classes that any model has tile figures of, in the order in which they come.
fn tile_classes(report: &BenchReport) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    let tiles = report.models.iter().filter_map(|m| m.tile.as_ref());
    for class in tiles.flat_map(|tile| &tile.classes) {
        if !names.contains(&class.name.as_str()) {
            names.push(&class.name);
        }
    }
    names
}

fn model_row(model: &ModelReport, tile_classes: &[&str]) -> Row {
    let mut row = Row::default();
    row.text("model", &model.name);
    row.text("task", &model.task);
    row.text("classes", &model.classes.join(";"));
    row.text("path", &model.path);
    row.text("sha256", &model.sha256);
    row.0.push(("bytes".into(), Cell::Count(Some(model.bytes))));
    row.number("gsd_m", model.gsd_m);
    row.text("threshold", &model.threshold);
    row.number("km2", Some(model.km2));
    site_cells(&mut row, model.site.as_ref());
    for name in tile_classes {
        let classes = model.tile.iter().flat_map(|tile| &tile.classes);
        tile_cells(
            &mut row,
            name,
            classes.into_iter().find(|c| c.name == *name),
        );
    }
    let pixel = model.pixel.as_ref();
    row.measured("pixel_mean_iou", pixel.map(|p: &PixelLevel| &p.mean_iou));
    let object = model.object.as_ref();
    row.measured("object_ap50", object.map(|o| &o.ap50));
    row.measured("object_ap50_95", object.map(|o| &o.ap50_95));
    let calibration = model.calibration.as_ref();
    row.measured("ece", calibration.map(|c| &c.ece));
    row.number("brier", calibration.and_then(|c| c.brier));
    let limit = model.choices.first().map_or("", |c| c.limit.as_str());
    row.text("limit", limit);
    let thresholds = model.choices.iter().filter_map(|choice| {
        let threshold = choice.row.as_ref()?.threshold?;
        Some(format!("{}={threshold}", choice.class))
    });
    row.text(
        "limit_thresholds",
        &thresholds.collect::<Vec<_>>().join(","),
    );
    cost_cells(&mut row, model.cost.as_ref());
    row.text("note", NOTE);
    row
}

fn site_cells(row: &mut Row, site: Option<&SiteLevel>) {
    row.count("plots", site.map(|s| s.plots));
    row.count("plots_found", site.map(|s| s.found));
    row.count("sites", site.map(|s| s.sites));
    row.count("false_sites", site.map(|s| s.false_sites));
    row.measured("site_recall", site.map(|s| &s.recall));
    row.measured("site_precision", site.map(|s| &s.precision));
    row.measured("site_f1", site.map(|s| &s.f1));
    row.measured("false_per_km2", site.map(|s| &s.false_per_km2));
    row.measured("recall_at_1", site.map(|s| &s.recall_at_1));
    row.measured("recall_at_5", site.map(|s| &s.recall_at_5));
    row.measured("recall_at_20", site.map(|s| &s.recall_at_20));
    row.number("count_error", site.and_then(|s| s.count.relative));
}

fn tile_cells(row: &mut Row, name: &str, class: Option<&TileClass>) {
    let numbers: [(&str, TileNumber); 5] = [
        ("precision", |c| &c.precision),
        ("recall", |c| &c.recall),
        ("f1", |c| &c.f1),
        ("pr_auc", |c| &c.pr_auc),
        ("roc_auc", |c| &c.roc_auc),
    ];
    for (measure, number) in numbers {
        row.measured(&format!("tile_{measure}[{name}]"), class.map(number));
    }
}

fn cost_cells(row: &mut Row, cost: Option<&Cost>) {
    row.number("km2_per_h", cost.map(|c| c.km2_per_h));
    row.number("mpx_per_s", cost.map(|c| c.mpx_per_s));
    row.number("tiles_per_s", cost.map(|c| c.tiles_per_s));
    row.number("seconds", cost.map(|c| c.seconds));
    row.number("share_of_limit", cost.map(|c| c.share_of_limit));
    let memory = cost.and_then(|c| c.peak_memory_bytes);
    row.0
        .push(("peak_memory_bytes".into(), Cell::Count(memory)));
    row.text("device", cost.map_or("", |c| c.device.as_str()));
    row.count("threads", cost.map(|c| c.threads));
}

fn threshold_row(model: &str, given: &ThresholdRow) -> Row {
    let mut row = Row::default();
    row.text("model", model);
    row.text("class", &given.class);
    row.number("threshold", given.threshold);
    row.count("sites", Some(given.sites));
    row.count("plots_found", Some(given.found));
    row.number("recall", given.recall);
    row.count("false_sites", Some(given.false_sites));
    row.number("false_per_km2", given.false_per_km2);
    row.number("false_per_km2_below", given.false_per_km2_below);
    row.number("precision", given.precision);
    row.number("visits_per_100_km2", given.visits_per_100_km2);
    row.text("note", NOTE);
    row
}

/// Rows of the same names, headed by them; without rows, only the note.
fn table(rows: impl Iterator<Item = Row>) -> String {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    // Writing into memory cannot fail, and all rows are of one length.
    let mut headed = false;
    for Row(cells) in rows {
        if !headed {
            let names = cells.iter().map(|(name, _)| safe(name));
            let _ = writer.write_record(names);
            headed = true;
        }
        let _ = writer.write_record(cells.iter().map(|(_, cell)| match cell {
            Cell::Text(text) => safe(text),
            Cell::Number(Some(number)) if number.is_finite() => number.to_string(),
            Cell::Count(Some(number)) => number.to_string(),
            Cell::Number(_) | Cell::Count(None) => String::new(),
        }));
    }
    if !headed {
        let _ = writer.write_record(["note"]);
        let _ = writer.write_record([NOTE]);
    }
    let bytes = writer.into_inner().unwrap_or_default();
    format!("\u{feff}{}", String::from_utf8_lossy(&bytes))
}

/// A text cell: no formula, and on one line, since Excel takes a line break for a new row when
/// it opens a file as text.
fn safe(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    formula_safe(line.trim().into()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::example::{empty, example};
    use super::*;
    use std::collections::BTreeMap;

    fn read(text: &str) -> Vec<BTreeMap<String, String>> {
        let text = text.strip_prefix('\u{feff}').unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        reader.deserialize().map(Result::unwrap).collect()
    }

    #[test]
    fn models_come_back_as_they_were() {
        let report = example();
        let rows = read(&models_csv(&report));
        assert_eq!(rows.len(), report.models.len());
        let number = |row: usize, name: &str| rows[row][name].parse::<f64>().ok();
        for (index, model) in report.models.iter().enumerate() {
            let site = model.site.as_ref().unwrap();
            assert_eq!(number(index, "site_recall"), site.recall.value);
            assert_eq!(number(index, "site_recall_low"), site.recall.low);
            assert_eq!(number(index, "recall_at_20_high"), site.recall_at_20.high);
            assert_eq!(rows[index]["plots_found"], site.found.to_string());
            assert_eq!(rows[index]["note"], NOTE);
        }
        let tile = &report.models[0].tile.as_ref().unwrap().classes[0];
        let column = format!("tile_pr_auc[{}]", tile.name);
        assert_eq!(number(0, &column), tile.pr_auc.value);
        assert_eq!(number(1, "km2_per_h"), None, "not measured");
    }

    #[test]
    fn names_are_no_formulas() {
        let mut report = example();
        report.models[0].name = "=cmd|' /C calc'!A0".into();
        report.models[1].name = "\n＝1,\"2\"".into();
        let rows = read(&models_csv(&report));
        assert_eq!(rows[0]["model"], "'=cmd|' /C calc'!A0");
        assert_eq!(rows[1]["model"], "'＝1,\"2\"");
    }

    #[test]
    fn thresholds_come_back_as_they_were() {
        let report = example();
        let rows = read(&thresholds_csv(&report));
        let given: Vec<&ThresholdRow> = report.models.iter().flat_map(|m| &m.thresholds).collect();
        assert_eq!(rows.len(), given.len());
        for (row, given) in rows.iter().zip(given) {
            assert_eq!(row["threshold"].parse().ok(), given.threshold);
            assert_eq!(row["false_per_km2"].parse().ok(), given.false_per_km2);
            assert_eq!(row["sites"], given.sites.to_string());
        }
    }

    #[test]
    fn nothing_measured_gives_a_table_without_rows() {
        assert_eq!(models_csv(&empty()), format!("\u{feff}note\r\n{NOTE}\r\n"));
    }
}
