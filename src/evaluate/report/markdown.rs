//! The summary for the screen: Markdown whose tables also line up as plain text.

use super::markup::misleads;
use super::numbers::{
    NONE, counted, interval, measured, mebibytes, rate, share, signed, style_of, with_units,
};
use super::schema::{BenchReport, Difference, Measured, ModelReport};
use super::summary::{ONLY_THIS_DATA, bounds_line, choice_lines, dataset_line, interval_line};
use crate::page::svg::{cells_of, within_cells};
use crate::pipeline::report::NOTE;

/// Lines of each part, before the rest is only counted: the whole has about 40.
const MOST_WARNINGS: usize = 5;
const MOST_MODELS: usize = 8;
const MOST_CHOICES: usize = 6;
const MOST_DIFFERENCES: usize = 8;
const MOST_CHANGES: usize = 8;

/// Cells of a terminal that a name takes at most.
const WIDEST_NAME: usize = 32;

/// The summary of a report.
#[must_use]
pub fn markdown(report: &BenchReport) -> String {
    let mut lines = vec![
        format!("# {}", plain(&report.dataset.name)),
        String::new(),
        plain(&dataset_line(report)),
    ];
    warnings(report, &mut lines);
    models(report, &mut lines);
    choices(report, &mut lines);
    differences(report, &mut lines);
    baseline(report, &mut lines);
    lines.push(String::new());
    lines.push(format!("{NOTE} (leads, not evidence). {ONLY_THIS_DATA}"));
    lines.push(String::new());
    lines.join("\n")
}

fn warnings(report: &BenchReport, lines: &mut Vec<String>) {
    if report.dataset.warnings.is_empty() {
        return;
    }
    lines.push(String::new());
    let warnings = report.dataset.warnings.iter();
    let texts = warnings.map(|warning| format!("- **Warning:** {}", plain(warning)));
    extend(lines, texts.collect(), MOST_WARNINGS, "warning", "warnings");
}

fn models(report: &BenchReport, lines: &mut Vec<String>) {
    lines.push(String::new());
    if report.models.is_empty() {
        lines.push("No model was measured.".into());
        return;
    }
    let head = [
        "model",
        "recall",
        "precision",
        "false/km²",
        "recall at 1",
        "at 5",
        "at 20",
        "km²/h",
        "memory",
        "size",
    ];
    let rows: Vec<Vec<String>> = report.models.iter().map(model_row).collect();
    let rest = rows.len().saturating_sub(MOST_MODELS);
    lines.extend(table(&head, 1, &rows[..rows.len() - rest]));
    more(lines, rest, "model", "models");
    lines.push(String::new());
    lines.push(format!(
        "Recall at 1, 5, 20: with at most so many false sites per km². {}",
        interval_line(report)
    ));
    lines.extend(bounds_line(report).map(|line| plain(&line)));
}

fn model_row(model: &ModelReport) -> Vec<String> {
    let mut cells = vec![name_of(&model.name)];
    let site = model.site.as_ref();
    let full = [
        site.map(|s| measured(&s.recall, share)),
        site.map(|s| measured(&s.precision, share)),
        site.map(|s| measured(&s.false_per_km2, rate)),
    ];
    let short = |number: fn(&super::schema::SiteLevel) -> &Measured| {
        site.map(|site| share(number(site).value))
    };
    let at = [
        short(|s| &s.recall_at_1),
        short(|s| &s.recall_at_5),
        short(|s| &s.recall_at_20),
    ];
    let cost = model.cost.as_ref();
    let memory = cost.and_then(|cost| cost.peak_memory_bytes);
    let costs = [
        cost.map(|cost| rate(Some(cost.km2_per_h))),
        memory.map(mebibytes),
        (model.bytes > 0).then(|| mebibytes(model.bytes)),
    ];
    let numbers = full.into_iter().chain(at).chain(costs);
    cells.extend(numbers.map(|text| text.unwrap_or_else(|| NONE.into())));
    cells
}

fn choices(report: &BenchReport, lines: &mut Vec<String>) {
    let texts: Vec<String> = report.models.iter().flat_map(choice_lines).collect();
    if texts.is_empty() {
        return;
    }
    lines.push(String::new());
    let texts = texts.iter().map(|line| format!("- {}.", plain(line)));
    extend(
        lines,
        texts.collect(),
        MOST_CHOICES,
        "threshold",
        "thresholds",
    );
}

/// What changed since an earlier report, and what cannot be compared.
fn baseline(report: &BenchReport, lines: &mut Vec<String>) {
    let Some(change) = &report.baseline else {
        return;
    };
    lines.push(String::new());
    lines.push(format!(
        "Since `{}` ({}):",
        plain(&change.path),
        plain(&change.made)
    ));
    let notes = change.notes.iter().map(|note| plain(note));
    let differs = |c: &&super::schema::Change| match (c.before, c.now) {
        (Some(before), Some(now)) => (before - now).abs() > 1e-9,
        (before, now) => before != now,
    };
    let number = |n: Option<f64>| n.map_or_else(|| NONE.to_owned(), |n| format!("{n:.4}"));
    let changed = change.changes.iter().filter(differs).map(|c| {
        let (before, now) = (number(c.before), number(c.now));
        format!("{}: {} {before} → {now}", plain(&c.model), c.measure)
    });
    let mut texts: Vec<String> = notes
        .chain(changed)
        .map(|text| format!("- {text}"))
        .collect();
    if texts.is_empty() {
        texts.push("- nothing has changed".into());
    }
    extend(lines, texts, MOST_CHANGES, "change", "changes");
}

fn differences(report: &BenchReport, lines: &mut Vec<String>) {
    if report.differences.is_empty() {
        return;
    }
    lines.push(String::new());
    let head = [
        "measure",
        "first",
        "second",
        "second less first",
        "95 %",
        "verdict",
    ];
    let row = |difference: &Difference| {
        let style = style_of(&difference.measure);
        let number = &difference.difference;
        vec![
            plain(&with_units(&difference.measure)),
            name_of(&difference.first),
            name_of(&difference.second),
            signed(number.value, style),
            interval(number, style).unwrap_or_else(|| NONE.into()),
            plain(&difference.verdict),
        ]
    };
    let rows: Vec<Vec<String>> = report.differences.iter().map(row).collect();
    let rest = rows.len().saturating_sub(MOST_DIFFERENCES);
    lines.extend(table(&head, 3, &rows[..rows.len() - rest]));
    more(lines, rest, "difference", "differences");
}

fn extend(lines: &mut Vec<String>, texts: Vec<String>, most: usize, one: &str, many: &str) {
    let rest = texts.len().saturating_sub(most);
    lines.extend(texts.into_iter().take(most));
    more(lines, rest, one, many);
}

fn more(lines: &mut Vec<String>, rest: usize, one: &str, many: &str) {
    if rest > 0 {
        lines.push(String::new());
        lines.push(format!("… and {} in the report.", counted(rest, one, many)));
    }
}

/// A table whose first `words` columns stand left and the others right.
fn table(head: &[&str], words: usize, rows: &[Vec<String>]) -> Vec<String> {
    let mut texts = vec![head.iter().map(|title| (*title).to_owned()).collect()];
    texts.extend_from_slice(rows);
    let width = |column: usize| {
        let cells = texts.iter().filter_map(|row: &Vec<String>| row.get(column));
        cells.map(|cell| cells_of(cell)).max().unwrap_or(0).max(3)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(column, (cell, width))| {
            let padding = " ".repeat(width.saturating_sub(cells_of(cell)));
            if column < words {
                format!("{cell}{padding}")
            } else {
                format!("{padding}{cell}")
            }
        });
        format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
    };
    let rule = widths.iter().enumerate().map(|(column, width)| {
        if column < words {
            "-".repeat(*width)
        } else {
            format!("{}:", "-".repeat(width - 1))
        }
    });
    let rule = format!("| {} |", rule.collect::<Vec<_>>().join(" | "));
    let mut lines = vec![line(&texts[0]), rule];
    lines.extend(texts[1..].iter().map(line));
    lines
}

/// The name of a model for a table; the page has long ones in full.
fn name_of(name: &str) -> String {
    plain(&within_cells(name, WIDEST_NAME))
}

/// Text on one line that neither a terminal nor Markdown takes for anything else: no control
/// characters, and bars and tags escaped.
fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => safe.push(' '),
            other if misleads(other) => safe.push('\u{fffd}'),
            // A backslash before one of these would undo its escape.
            '|' | '<' => {
                let before = safe.chars().rev().take_while(|c| *c == '\\').count();
                safe.push_str(&"\\".repeat(before + 1));
                safe.push(character);
            }
            other => safe.push(other),
        }
    }
    safe.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::example::{empty, example};
    use super::*;

    /// Cells of a line of a table, as GitHub's Markdown splits it.
    fn cells(line: &str) -> Vec<String> {
        let mut cells = vec![String::new()];
        let mut characters = line.chars();
        while let Some(character) = characters.next() {
            match character {
                '\\' => cells.last_mut().unwrap().extend(characters.next()),
                '|' => cells.push(String::new()),
                other => cells.last_mut().unwrap().push(other),
            }
        }
        cells.iter().map(|cell| cell.trim().to_owned()).collect()
    }

    #[test]
    fn tables_have_their_columns_whatever_names_are() {
        let text = markdown(&example());
        let tables: Vec<&str> = text.lines().filter(|l| l.starts_with('|')).collect();
        assert!(tables.len() >= 8, "{text}");
        for table in tables.chunk_by(|a, b| cells(a).len() == cells(b).len()) {
            assert!(table.len() >= 3, "{text}");
            assert!([12, 8].contains(&cells(table[0]).len()), "{text}");
            let widths: Vec<usize> = table.iter().map(|line| cells_of(line)).collect();
            assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{text}");
        }
        let shown = within_cells(&example().models[1].name, WIDEST_NAME);
        let named = |line: &str| cells(line).contains(&shown);
        assert!(text.lines().any(named), "{shown} in\n{text}");
    }

    #[test]
    fn it_stays_short() {
        let mut report = example();
        assert!(markdown(&report).lines().count() <= 40);
        for _ in 0..5 {
            report.models.extend(report.models.clone());
            report.differences.extend(report.differences.clone());
            report
                .dataset
                .warnings
                .extend(report.dataset.warnings.clone());
        }
        let text = markdown(&report);
        assert!(text.lines().count() <= 64, "{text}");
        assert!(text.contains("… and 56 models in the report."), "{text}");
    }

    #[test]
    fn escapes_cannot_be_undone() {
        assert_eq!(plain("a|b\\|c\\\\|"), "a\\|b\\\\\\|c\\\\\\\\\\|");
        assert_eq!(
            plain("\u{1b}[31m红\r\n`x` <b>"),
            "\u{fffd}[31m红  `x` \\<b>"
        );
        assert_eq!(plain(r"C:\云南\a.onnx"), r"C:\云南\a.onnx");
    }

    #[test]
    fn nothing_measured_is_said() {
        let text = markdown(&empty());
        assert!(text.contains("No model was measured.") && text.contains(NOTE));
    }
}
