//! Models against each other, and against an earlier report.

use super::Section;
use crate::evaluate::report::markup::{Align, Markup, Table};
use crate::evaluate::report::numbers::{NONE, interval, signed, style_of, with_units};
use crate::evaluate::report::schema::BenchReport;
use crate::evaluate::report::summary::or_dash;

/// All pairs of models.
pub(super) fn differences(report: &BenchReport) -> Section {
    let columns = [
        ("Measure", Align::Text),
        ("First", Align::Text),
        ("Second", Align::Text),
        ("Second less first", Align::Number),
        ("95 % interval", Align::Number),
        ("Verdict", Align::Text),
    ];
    let mut table = Table::new("", &columns);
    for difference in &report.differences {
        let style = style_of(&difference.measure);
        let number = &difference.difference;
        let sure = difference.verdict.ends_with("is better");
        let class = if sure { "better" } else { "unsure" };
        let verdict = Markup::element("span", class, &Markup::text(&difference.verdict));
        let between = interval(number, style).unwrap_or_else(|| NONE.into());
        table.row(
            "",
            [
                Markup::text(&with_units(&difference.measure)),
                Markup::text(&difference.first),
                Markup::text(&difference.second),
                Markup::text(&signed(number.value, style)),
                Markup::text(&between),
                verdict,
            ],
        );
    }
    let mut body = table.finish();
    if !body.is_empty() {
        let note = "Both models are resampled on the same ground. A verdict is given only where \
                    the interval leaves out zero; many comparisons at once make a wrong verdict \
                    more likely than one in twenty.";
        body.push(&Markup::paragraph("note", note));
    }
    let absent = match report.models.len() {
        0 | 1 => "it takes two models",
        _ => "no measure is there for two models",
    };
    Section::new("Differences between models", body, absent)
}

/// What changed since an earlier report.
pub(super) fn baseline(report: &BenchReport) -> Section {
    let title = "Changes since an earlier report";
    let Some(baseline) = &report.baseline else {
        return Section::new(title, Markup::default(), "no `--baseline` was given");
    };
    let line = format!(
        "Earlier report: {}, made {}.",
        baseline.path,
        or_dash(&baseline.made)
    );
    let mut body = Markup::paragraph("", &line);
    let columns = [
        ("Model", Align::Text),
        ("Measure", Align::Text),
        ("Before", Align::Number),
        ("Now", Align::Number),
        ("Change", Align::Number),
    ];
    let mut table = Table::new("", &columns);
    for change in &baseline.changes {
        let style = style_of(&change.measure);
        let difference = change
            .now
            .zip(change.before)
            .map(|(now, before)| now - before);
        let measure = with_units(&change.measure.replace('_', " "));
        table.row(
            "",
            [
                Markup::text(&change.model),
                Markup::text(&measure),
                Markup::text(&style(change.before)),
                Markup::text(&style(change.now)),
                Markup::text(&signed(difference, style)),
            ],
        );
    }
    let table = table.finish();
    if table.is_empty() {
        body.push(&Markup::paragraph("", "No number changed."));
    }
    body.push(&table);
    if !baseline.notes.is_empty() {
        body.push(&Markup::list(baseline.notes.iter().map(String::as_str)));
    }
    Section::new(title, body, "")
}
