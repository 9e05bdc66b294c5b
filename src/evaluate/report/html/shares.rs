//! Recall by what plots are: size, ground sample distance, stage, class, scene; and what false
//! sites lie on.

use super::{Section, figure, legend, looks, pairs};
use crate::evaluate::report::markup::{Align, Markup, Table, count_cell};
use crate::evaluate::report::numbers::{
    NONE, count, fixed, measured, rate, share, signed, with_units,
};
use crate::evaluate::report::schema::{BenchReport, LookalikeRow, SiteBreakdown, SiteLevel};
use crate::page::svg::{Bar, Group, HALF, Look, RowForm, Rows, Scale};

/// Breakdowns with a plot: what they are by, and where they stand.
type Kind = (&'static str, fn(&SiteLevel) -> &[SiteBreakdown]);

const KINDS: [Kind; 5] = [
    ("size of the plot", |site| &site.by_size),
    ("ground sample distance", |site| &site.by_gsd),
    ("stage of growth", |site| &site.by_stage),
    ("class", |site| &site.classes),
    ("scene", |site| &site.by_scene),
];

/// Kinds beyond these are in the table only.
const MOST_GROUPS: usize = 12;

/// The section of breakdowns.
pub(super) fn section(report: &BenchReport) -> Section {
    let mut plots = Vec::new();
    let mut tables = Markup::default();
    for kind in KINDS {
        let names = names_of(report, kind);
        if names.is_empty() {
            continue;
        }
        plots.push(figure(&plot(report, kind, &names), ""));
        tables.push(&table(report, kind, &names));
    }
    let mut body = pairs(plots);
    body.push(&tables);
    body.push(&counts(report));
    Section::of_level("Recall by kind of plot", body, report, "site")
}

/// What a breakdown tells apart, in the order of the first model that has it.
fn names_of(report: &BenchReport, (_, rows): Kind) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    let sites = report.models.iter().filter_map(|m| m.site.as_ref());
    for row in sites.flat_map(rows) {
        if !names.contains(&row.name.as_str()) {
            names.push(&row.name);
        }
    }
    names
}

/// Units belong to sizes and distances, not to names out of files.
fn shown(kind: &str, name: &str) -> String {
    match name.trim() {
        "" => "unknown".into(),
        name if kind == "size of the plot" => with_units(name),
        name => name.to_owned(),
    }
}

fn found(row: &SiteBreakdown) -> String {
    format!("{} of {}", count(row.found), count(row.plots))
}

fn plot(report: &BenchReport, (kind, rows): Kind, names: &[&str]) -> Markup {
    let mut drawn: Vec<Look> = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    let groups = names.iter().take(MOST_GROUPS).map(|name| {
        let mut bars = Vec::new();
        for (look, model) in looks(report) {
            let site = model.site.as_ref();
            let Some(row) = site.and_then(|s| rows(s).iter().find(|r| r.name == *name)) else {
                continue;
            };
            drawn.push(look);
            texts.push(format!(
                "{}, {}: {}",
                shown(kind, name),
                model.name,
                found(row)
            ));
            bars.push(Bar {
                look,
                value: row.recall.value,
                interval: row.recall.low.zip(row.recall.high),
                text: found(row),
            });
        }
        Group {
            name: shown(kind, name),
            bars,
        }
    });
    let groups = groups.collect();
    let rows = Rows {
        title: format!("Recall by {kind}"),
        description: texts.join("; "),
        width: HALF,
        x: Scale::SHARE,
        x_label: format!("recall by {kind}"),
        form: RowForm::Marks,
        guide: None,
        groups,
        legend: legend(report, &drawn, false, true),
    };
    rows.draw()
}

fn table(report: &BenchReport, (kind, rows): Kind, names: &[&str]) -> Markup {
    let has_false = report
        .models
        .iter()
        .filter_map(|m| m.site.as_ref())
        .any(|site| rows(site).iter().any(|row| row.false_sites.is_some()));
    let mut columns = vec![
        ("Kind", Align::Text),
        ("Model", Align::Text),
        ("Found", Align::Number),
        ("Recall", Align::Number),
    ];
    if has_false {
        columns.extend([
            ("False sites", Align::Number),
            ("False per km²", Align::Number),
        ]);
    }
    let mut table = Table::new(&format!("By {kind}"), &columns);
    for name in names {
        let of_models: Vec<(&str, &SiteBreakdown)> = report
            .models
            .iter()
            .filter_map(|model| {
                let site = model.site.as_ref()?;
                let row = rows(site).iter().find(|row| row.name == *name)?;
                Some((model.name.as_str(), row))
            })
            .collect();
        let last = of_models.len().saturating_sub(1);
        for (index, (model, row)) in of_models.into_iter().enumerate() {
            let head = if index == 0 {
                shown(kind, name)
            } else {
                String::new()
            };
            let mut cells = vec![
                Markup::text(&head),
                Markup::text(model),
                Markup::text(&found(row)),
                Markup::text(&measured(&row.recall, share)),
            ];
            if has_false {
                cells.push(
                    row.false_sites
                        .map_or_else(|| Markup::text(NONE), count_cell),
                );
                cells.push(Markup::text(&measured(&row.false_per_km2, rate)));
            }
            table.row(if index < last { "within" } else { "" }, cells);
        }
    }
    table.finish()
}

/// The section of look-alikes, and of how far counts are off.
pub(super) fn lookalikes(report: &BenchReport) -> Section {
    let columns = [
        ("Look-alike", Align::Text),
        ("Model", Align::Text),
        ("Known", Align::Number),
        ("Taken for a plot", Align::Number),
        ("Share", Align::Number),
        ("False sites on them", Align::Number),
    ];
    let mut names: Vec<&str> = Vec::new();
    let sites = || report.models.iter().filter_map(|m| m.site.as_ref());
    for row in sites().flat_map(|site| &site.lookalikes) {
        if !names.contains(&row.name.as_str()) {
            names.push(&row.name);
        }
    }
    let mut table = Table::new("", &columns);
    for name in &names {
        let head = match *name {
            "" => "on none that is known",
            name => name,
        };
        let of_models: Vec<(&str, &LookalikeRow)> = report
            .models
            .iter()
            .filter_map(|model| {
                let mut rows = model.site.as_ref()?.lookalikes.iter();
                Some((model.name.as_str(), rows.find(|row| row.name == *name)?))
            })
            .collect();
        let last = of_models.len().saturating_sub(1);
        for (index, (model, row)) in of_models.into_iter().enumerate() {
            let known = !row.name.is_empty();
            let of_known = |number: usize| {
                if known {
                    count_cell(number)
                } else {
                    Markup::text(NONE)
                }
            };
            let hit = known.then(|| ratio(row.hit, row.patches)).flatten();
            let cells = [
                Markup::text(if index == 0 { head } else { "" }),
                Markup::text(model),
                of_known(row.patches),
                of_known(row.hit),
                Markup::text(&share(hit)),
                count_cell(row.false_sites),
            ];
            table.row(if index < last { "within" } else { "" }, cells);
        }
    }
    let body = table.finish();
    let absent = if sites().next().is_none() {
        "no model has figures of sites"
    } else {
        "the data set knows no look-alikes"
    };
    Section::new("Look-alikes", body, absent)
}

fn ratio(part: usize, whole: usize) -> Option<f64> {
    let float = |number: usize| u32::try_from(number).ok().map(f64::from);
    let (part, whole) = (float(part)?, float(whole)?);
    (whole > 0.0).then(|| part / whole)
}

fn tenths(number: Option<f64>) -> String {
    fixed(number, 1)
}

/// How far counts of sites are off, a row a model.
fn counts(report: &BenchReport) -> Markup {
    let columns = [
        ("Model", Align::Text),
        ("Plots", Align::Number),
        ("Sites", Align::Number),
        ("Too many or too few", Align::Number),
        ("Mean error a scene", Align::Number),
        ("Without its sign", Align::Number),
    ];
    let mut table = Table::new("How far counts are off", &columns);
    for model in &report.models {
        let Some(site) = &model.site else { continue };
        let percent = site.count.relative.map(|relative| relative * 100.0);
        let percent = match percent.filter(|p| p.is_finite()) {
            Some(percent) => format!("{} %", signed(Some(percent), tenths)),
            None => NONE.into(),
        };
        table.row(
            "",
            [
                Markup::text(&model.name),
                count_cell(site.plots),
                count_cell(site.sites),
                Markup::text(&percent),
                Markup::text(&signed(Some(site.count.mean), tenths)),
                Markup::text(&tenths(Some(site.count.mean_absolute))),
            ],
        );
    }
    table.finish()
}
