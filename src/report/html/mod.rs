//! `report.html`: the report as one page that loads nothing, for a screen, light or dark, and for A4.
//!
//! It shows the figures as their level cut them: key figures, the paragraph, the map, charts, and
//! the tables of the workbook, long ones cut.

mod charts;
#[cfg(test)]
mod example;
mod keys;
mod map;
mod marks;
mod stacked;
mod tables;
#[cfg(test)]
mod tests;

use super::figures::Figures;
use super::level::Level;
use super::paragraph::paragraph;
use super::words::level_note;
use super::xlsx::title;
use crate::campaign::Lang;
use crate::page::STYLE;
use crate::page::markup::{Markup, escape};
use crate::tasks::pack::NOT_EVIDENCE;

/// How the page begins.
const BEGINS: &str = "<!doctype html>\n<!-- Written by tianmu report. -->\n";

/// The page.
#[must_use]
pub(super) fn html(figures: &Figures) -> String {
    let lang = figures.lang;
    let mut main = summary(figures);
    main.push(&section(
        lang.pick("主要数字", "Key figures"),
        &keys::cards(figures),
    ));
    main.push(&section(lang.pick("地图", "Map"), &map::section(figures)));
    main.push(&section(
        lang.pick("图表", "Charts"),
        &charts::section(figures),
    ));
    for (heading, body) in tables::sections(figures) {
        main.push(&section(&heading, &body));
    }
    format!(
        "{BEGINS}<html lang=\"{code}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
         'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}{own}</style>\n</head>\n<body>\n\
         {header}<main>\n{main}</main>\n<footer><p>{footer}</p></footer>\n</body>\n</html>\n",
        code = lang.pick("zh-CN", "en"),
        title = escape(&title(figures)),
        own = include_str!("report.css"),
        header = header(figures).as_str(),
        main = main.as_str(),
        footer = escape(&footer(figures)),
    )
}

/// Name, round, day, who may read it, and that nothing here is evidence.
fn header(figures: &Figures) -> Markup {
    let lang = figures.lang;
    let level = match figures.level {
        Level::Field => lang.pick(
            "内部版（含点位与人员）",
            "for the office: with places and people",
        ),
        Level::Superior => lang.pick("上报版", "for the levels above"),
        Level::Public => lang.pick("公开版", "for the public"),
    };
    let campaign = &figures.campaign;
    let facts = match lang {
        Lang::Zh => format!(
            "任务 {} · {}（{}） · {}年第{}轮 · 报告日期 {} · {level}",
            campaign.name,
            if figures.county.is_empty() {
                "县名未填"
            } else {
                &figures.county
            },
            campaign.county_code,
            campaign.year,
            campaign.round,
            figures.date,
        ),
        Lang::En => format!(
            "campaign {} · {} ({}) · {} round {} · report of {} · {level}",
            campaign.name,
            if figures.county.is_empty() {
                "county not named"
            } else {
                &figures.county
            },
            campaign.county_code,
            campaign.year,
            campaign.round,
            figures.date,
        ),
    };
    let mut pieces = vec![
        Markup::paragraph("kicker", &figures.program),
        Markup::element("h1", "", &Markup::text(&title(figures))),
        Markup::paragraph("dataset", &facts),
        Markup::paragraph("badge", lang.pick(NOT_EVIDENCE.0, NOT_EVIDENCE.1)),
    ];
    let note = level_note(figures.level, lang);
    if !note.is_empty() {
        pieces.push(Markup::paragraph("note", note));
    }
    Markup::element("header", "", &pieces.into_iter().collect())
}

/// The paragraph of a work summary.
fn summary(figures: &Figures) -> Markup {
    let text = Markup::paragraph("", &paragraph(figures));
    let mut inner = Markup::element(
        "h2",
        "",
        &Markup::text(figures.lang.pick("工作总结段落", "Summary")),
    );
    inner.push(&text);
    Markup::element("section", "summary", &inner)
}

fn footer(figures: &Figures) -> String {
    let lang = figures.lang;
    let said = lang.pick(NOT_EVIDENCE.0, NOT_EVIDENCE.1);
    let more = lang.pick(
        "以现场核查和依法取证为准。全部数字见report.xlsx与report.json",
        "checks on the ground and evidence taken by law decide. All figures: report.xlsx, report.json",
    );
    format!("{said} · {more} · {}", figures.date)
}

/// A part of the page under a heading.
fn section(heading: &str, body: &Markup) -> Markup {
    let mut inner = Markup::element("h2", "", &Markup::text(heading));
    inner.push(body);
    Markup::element("section", "", &inner)
}

/// Why something is not there.
fn why(reason: &str) -> Markup {
    Markup::paragraph("absent", reason)
}

/// A chart with its title above.
fn chart(title: &str, drawing: &Markup) -> Markup {
    let mut inner = Markup::element("figcaption", "title", &Markup::text(title));
    inner.push(drawing);
    Markup::element("figure", "", &inner)
}

/// A drawing with what is said of it below.
fn figure(drawing: &Markup, caption: &str) -> Markup {
    let mut inner = drawing.clone();
    if !caption.is_empty() {
        inner.push(&Markup::element("figcaption", "", &Markup::text(caption)));
    }
    Markup::element("figure", "", &inner)
}
