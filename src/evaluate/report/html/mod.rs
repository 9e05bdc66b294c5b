//! The report as one HTML page that loads nothing: for a screen, light or dark, and for A4.

mod change;
mod curves;
mod examples;
mod facts;
mod levels;
mod overview;
mod shares;
mod speed;
mod thresholds;

use super::markup::{Markup, escape};
use super::schema::{BenchReport, ModelReport};
use super::summary::{ONLY_THIS_DATA, absence};
use crate::page::STYLE;
use crate::page::svg::{LegendEntry, Look};
use crate::pipeline::report::NOTE;

/// How every such page begins; a folder with one may be replaced.
pub(super) const BEGINS: &str = "<!doctype html>\n<!-- Written by tianmu bench. -->\n";

/// A part of the page under a heading.
struct Section {
    title: &'static str,
    /// What it shows; where that is empty, the reason stands instead.
    body: Markup,
    /// Why there is nothing, in half a sentence.
    absent: String,
}

impl Section {
    fn new(title: &'static str, body: Markup, absent: impl Into<String>) -> Self {
        Self {
            title,
            body,
            absent: absent.into(),
        }
    }

    /// A section that a level fills; the reason is the models'.
    fn of_level(title: &'static str, body: Markup, report: &BenchReport, level: &str) -> Self {
        Self::new(title, body, absence(report, level))
    }

    fn draw(self) -> Markup {
        let mut inner = Markup::element("h2", "", &Markup::text(self.title));
        if self.body.is_empty() {
            let reason = self.absent.trim_end_matches('.');
            let line = format!("Left out: {reason}.");
            inner.push(&Markup::paragraph("absent", &line));
        } else {
            inner.push(&self.body);
        }
        Markup::element("section", "", &inner)
    }
}

/// The page.
#[must_use]
pub fn html(report: &BenchReport) -> String {
    let mut main = overview::summary(report);
    main.push(&overview::warnings(report));
    let sections = [
        overview::models(report),
        curves::froc(report),
        curves::precision_recall(report),
        curves::reliability(report),
        thresholds::section(report),
        speed::section(report),
        shares::section(report),
        shares::lookalikes(report),
        levels::tiles(report),
        levels::pixels(report),
        levels::objects(report),
        change::differences(report),
        change::baseline(report),
        examples::misses(report),
        examples::false_sites(report),
        facts::scenes(report),
        facts::models(report),
        facts::method(report),
    ];
    for section in sections {
        main.push(&section.draw());
    }
    let title = match report.dataset.name.trim() {
        "" => "Benchmark".to_owned(),
        name => format!("Benchmark: {name}"),
    };
    format!(
        "{BEGINS}<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
         'unsafe-inline'; img-src data:\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{css}</style>\n</head>\n<body>\n\
         {header}<main>\n{main}</main>\n<footer><p>{footer}</p></footer>\n</body>\n</html>\n",
        title = escape(&title),
        css = STYLE,
        header = overview::header(report, &title).as_str(),
        main = main.as_str(),
        footer = escape(&format!("{NOTE} (leads, not evidence). {ONLY_THIS_DATA}")),
    )
}

/// The models with their looks.
fn looks(report: &BenchReport) -> impl Iterator<Item = (Look, &ModelReport)> {
    let models = report.models.iter().enumerate();
    models.map(|(index, model)| (Look(index), model))
}

/// Names of the models of which something is drawn.
fn legend(report: &BenchReport, drawn: &[Look], line: bool, mark: bool) -> Vec<LegendEntry> {
    let entries = looks(report).filter(|(look, _)| drawn.contains(look));
    let entries = entries.map(|(look, model)| LegendEntry {
        look,
        name: model.name.clone(),
        line,
        mark,
    });
    entries.collect()
}

/// A plot with what is said of it below.
fn figure(plot: &Markup, caption: &str) -> Markup {
    let mut inner = plot.clone();
    if !caption.is_empty() {
        let text = Markup::text(caption);
        inner.push(&Markup::element("figcaption", "", &text));
    }
    Markup::element("figure", "", &inner)
}

/// Plots of half the page's width, two in a row.
fn pairs(figures: Vec<Markup>) -> Markup {
    if figures.is_empty() {
        return Markup::default();
    }
    Markup::element("div", "pair", &figures.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::super::example::{HOSTILE, empty, example};
    use super::super::schema::{Measured, SiteLevel, ThresholdRow};
    use super::*;
    use crate::page::wellformed::{Tag, tags};

    /// Numbers of an SVG: all of its attributes that hold any.
    fn check_drawings(page: &str) {
        for tag in tags(page) {
            let Tag { name, attributes } = tag;
            for (key, value) in attributes {
                let drawn = [
                    "x", "y", "x1", "x2", "y1", "y2", "width", "height", "points", "d",
                ];
                if !drawn.contains(&key.as_str()) || name == "meta" {
                    continue;
                }
                let clean = value.replace(['M', 'L', 'Z', 'a', ',', ' '], " ");
                for number in clean.split_whitespace() {
                    let number: f64 = number.parse().unwrap_or(f64::NAN);
                    assert!(number.is_finite(), "{name} {key}={value}");
                }
            }
        }
    }

    #[test]
    fn the_page_is_whole_and_loads_nothing() {
        let page = html(&example());
        assert!(page.starts_with(BEGINS));
        for Tag { name, attributes } in tags(&page) {
            assert!(!["script", "link", "iframe", "object", "a"].contains(&name.as_str()));
            for (key, value) in attributes {
                assert!(!key.starts_with("on") && key != "href", "{name} {key}");
                if key == "src" {
                    assert!(value.starts_with("data:image/jpeg;base64,"), "{value}");
                }
            }
        }
        assert!(!STYLE.contains("url("));
        assert!(
            !page.contains("Left out: nothing was measured"),
            "all levels are there"
        );
        check_drawings(&page);
        assert_eq!(page, html(&example()));
    }

    #[test]
    fn hostile_names_stay_names() {
        let page = html(&example());
        assert!(!page.contains("<script") && !page.contains("</title><"));
        assert!(page.contains(&escape(HOSTILE)));
        assert!(page.contains("Benchmark: 山区 2026 春 &lt;hill county&gt;</title>"));
        assert!(page.contains("村北 &lt;3&gt;") && page.contains("&lt;b&gt;(2 plots)&lt;/b&gt;"));
    }

    #[test]
    fn what_people_must_know_stands_there() {
        let page = html(&example());
        for part in [
            "线索，非证据 (leads, not evidence). Figures are of this data set only.",
            "0.912<span class=\"interval\">0.824–0.971</span>",
            "102.123457, 24.500000 (WGS 84)",
            "data:image/jpeg;base64,/9j/",
            "no picture",
            "cannot tell",
            "at most 5 false sites per km²",
        ] {
            assert!(page.contains(part), "{part}");
        }
    }

    #[test]
    fn nothing_measured_is_a_page_too() {
        let page = html(&empty());
        check_drawings(&page);
        assert_eq!(page.matches("Left out: ").count(), 17);
        assert!(page.contains("No model was measured."));
    }

    /// Ground without plots, one point, numbers that are none.
    #[test]
    fn odd_numbers_are_drawn_as_far_as_they_can_be() {
        let none = Measured::default();
        let odd = Measured {
            value: Some(f64::NAN),
            low: Some(f64::INFINITY),
            high: Some(0.0),
        };
        for recall in [none, odd] {
            let mut report = example();
            for model in &mut report.models {
                model.site = Some(SiteLevel {
                    recall,
                    false_per_km2: recall,
                    ..SiteLevel::default()
                });
                model.km2 = f64::NAN;
                model.thresholds = vec![ThresholdRow {
                    threshold: Some(0.5),
                    recall: recall.value,
                    false_per_km2: Some(0.0),
                    visits_per_100_km2: Some(0.0),
                    ..ThresholdRow::default()
                }];
                model.tile.iter_mut().for_each(|tile| {
                    tile.classes
                        .iter_mut()
                        .for_each(|class| class.curve = vec![(0.0, 0.0)]);
                });
                if let Some(calibration) = &mut model.calibration {
                    calibration.bins.iter_mut().for_each(|bin| {
                        (bin.count, bin.hit_share, bin.mean_score) = (0, f64::NAN, 0.0);
                    });
                }
                if let Some(cost) = &mut model.cost {
                    (cost.km2_per_h, cost.seconds) = (0.0, 0.0);
                    cost.share_of_limit = f64::INFINITY;
                }
                for example in &mut model.worst_false {
                    (example.lon, example.score) = (f64::NAN, None);
                }
            }
            let page = html(&report);
            check_drawings(&page);
            assert!(!page.contains(">NaN") && !page.contains(">inf<"));
        }
    }
}
