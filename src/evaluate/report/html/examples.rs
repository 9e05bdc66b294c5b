//! The worst misses and false sites, as pictures of the ground.

use super::Section;
use crate::evaluate::report::markup::{Markup, escape};
use crate::evaluate::report::numbers::{fixed, place, share};
use crate::evaluate::report::schema::{BenchReport, Example, ModelReport};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The largest plots that were missed.
pub(super) fn misses(report: &BenchReport) -> Section {
    let body = cards(report, |model| &model.worst_misses);
    let absent = "no plot was missed, or none is known";
    Section::new("Largest plots that were missed", body, absent)
}

/// The false sites with the highest scores.
pub(super) fn false_sites(report: &BenchReport) -> Section {
    let body = cards(report, |model| &model.worst_false);
    let absent = "there is no false site";
    Section::new("False sites with the highest scores", body, absent)
}

fn cards(report: &BenchReport, examples: fn(&ModelReport) -> &[Example]) -> Markup {
    let mut body = Markup::default();
    for model in &report.models {
        let cards: Markup = examples(model).iter().map(card).collect();
        if cards.is_empty() {
            continue;
        }
        body.push(&Markup::element("h3", "", &Markup::text(&model.name)));
        body.push(&Markup::element("div", "cards", &cards));
    }
    body
}

fn card(example: &Example) -> Markup {
    let mut facts = Vec::new();
    if let Some(area) = example.area_m2.filter(|area| area.is_finite()) {
        facts.push(format!("{} m²", fixed(Some(area), 1)));
    }
    if let Some(score) = example.score.filter(|score| score.is_finite()) {
        facts.push(format!("score {}", share(Some(score))));
    }
    if !example.note.trim().is_empty() {
        facts.push(example.note.clone());
    }
    let name = format!("{} {}", example.id, example.class);
    let mut inner = match &example.picture {
        Some(picture) => Markup::made(format!(
            "<img alt=\"{}\" src=\"data:image/jpeg;base64,{}\">",
            escape(&format!("{name}, scene {}", example.scene)),
            STANDARD.encode(picture)
        )),
        None => Markup::element("div", "blank", &Markup::text("no picture")),
    };
    let lines = [
        Markup::element("b", "", &Markup::text(name.trim())),
        Markup::element("div", "", &Markup::text(&facts.join(" · "))),
        Markup::element("div", "", &Markup::text(&example.scene)),
        Markup::element(
            "div",
            "where",
            &Markup::text(&place(example.lon, example.lat)),
        ),
    ];
    let caption: Markup = lines.into_iter().collect();
    inner.push(&Markup::element("figcaption", "", &caption));
    Markup::element("figure", "card", &inner)
}
