//! The flight check as one page that loads nothing, for a screen, light or dark, and for A4.

mod assumed;
mod charts;
mod keys;
mod map;
mod marks;
mod tables;
#[cfg(test)]
mod tests;

use super::words::common_folder;
use crate::flight::coverage::TIMES;
use crate::flight::record::SurveyRecord;
use crate::flight::survey::Survey;
use crate::lang::Lang;
use crate::page::STYLE;
use crate::page::markup::{Markup, escape};
use geo::MultiPolygon;
use std::path::Path;

/// How the page begins.
const BEGINS: &str = "<!doctype html>\n<!-- Written by tianmu flight. -->\n";

/// What the page is made of.
struct Figures<'a> {
    survey: &'a Survey,
    record: &'a SurveyRecord,
    lang: Lang,
    villages: &'a [(String, MultiPolygon<f64>)],
    gaps: &'a [MultiPolygon<f64>],
    /// The folder that all files lie in.
    folder: &'a Path,
}

impl Figures<'_> {
    /// A file as people tell it from others.
    fn name(&self, path: &Path) -> String {
        let short = path.strip_prefix(self.folder).unwrap_or(path);
        short.to_string_lossy().into_owned()
    }
}

/// The page of a survey: what was flown, which ground counts as seen, and why other photos do not count.
/// `villages` are names and areas, `gaps` the ground to fly again, both WGS 84; either may be empty.
#[must_use]
pub fn html(
    survey: &Survey,
    record: &SurveyRecord,
    lang: Lang,
    villages: &[(String, MultiPolygon<f64>)],
    gaps: &[MultiPolygon<f64>],
) -> String {
    let photos = survey.photos.iter().map(|photo| photo.tags.path.as_path());
    let failed = survey.failed.iter().map(|(path, _)| path.as_path());
    let figures = Figures {
        survey,
        record,
        lang,
        villages,
        gaps,
        folder: common_folder(photos.chain(failed)),
    };
    let mut main = keys::cards(&figures);
    for (zh, en, body) in [
        (
            "像元大小与重叠",
            "Pixel size and overlap",
            charts::section(&figures),
        ),
        ("地图", "Map", map::section(&figures)),
        ("架次", "Flights", tables::sorties(&figures)),
        (
            "未计入的照片",
            "Photos that do not count",
            tables::left_out(&figures),
        ),
        ("计算依据", "What was assumed", assumed::section(&figures)),
    ] {
        let mut inner = Markup::element("h2", "", &Markup::text(lang.pick(zh, en)));
        inner.push(&body);
        main.push(&Markup::element("section", "", &inner));
    }
    format!(
        "{BEGINS}<html lang=\"{code}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
         'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}{own}</style>\n</head>\n<body>\n\
         {header}<main>\n{main}</main>\n<footer><p>{footer}</p></footer>\n</body>\n</html>\n",
        code = lang.pick("zh-CN", "en"),
        title = escape(lang.pick("航摄检查", "Flight check")),
        own = include_str!("../flight.css"),
        header = header(&figures).as_str(),
        main = main.as_str(),
        footer = escape(lang.pick(
            "线索，非证据 · 覆盖只说明拍到了，不说明没有作物",
            "leads, not evidence · ground that was seen is not ground without the crop",
        )),
    )
}

/// Title, days, cameras, and what must be known before any number.
fn header(figures: &Figures<'_>) -> Markup {
    let lang = figures.lang;
    let mut cameras: Vec<&str> = figures
        .record
        .sorties
        .iter()
        .map(|sortie| sortie.camera.as_str())
        .filter(|camera| !camera.is_empty())
        .collect();
    cameras.sort_unstable();
    cameras.dedup();
    let mut facts = cameras.join(lang.pick("、", ", "));
    if !figures.folder.as_os_str().is_empty() {
        let place = figures.folder.display();
        facts = match (facts.as_str(), lang) {
            ("", _) => place.to_string(),
            (cameras, _) => format!("{cameras} · {place}"),
        };
    }
    let mut pieces = vec![
        Markup::paragraph("kicker", concat!("tianmu ", env!("CARGO_PKG_VERSION"))),
        Markup::element(
            "h1",
            "",
            &Markup::text(lang.pick("航摄检查", "Flight check")),
        ),
        Markup::paragraph("dataset", &facts),
        Markup::paragraph("badge", lang.pick("线索，非证据", "leads, not evidence")),
    ];
    let warnings = assumed::warnings(figures);
    if !warnings.is_empty() {
        let mut inner =
            Markup::element("h2", "", &Markup::text(lang.pick("请注意", "Please note")));
        inner.push(&Markup::list(warnings.iter().map(String::as_str)));
        pieces.push(Markup::element("section", "warnings", &inner));
    }
    Markup::element("header", "", &pieces.into_iter().collect())
}

/// Overlap counted in larger cells, in metres, says nothing of photos of a hundred metres or less.
const MOST_CELL_M: f64 = 15.0;

/// Shares of the ground by the number of photos; `None` where nothing counts, or photos are too scattered
/// for cells small enough.
pub(super) fn overlap(survey: &Survey) -> Option<[f64; TIMES.len()]> {
    let seen = &survey.seen;
    // Where photos show more ground together than there is, some of it is on several.
    let is_missed = seen.shares[0] <= 0.0 && seen.sum_m2 > seen.area_m2 * 1.02;
    (seen.area_m2 > 0.0 && seen.cell_m <= MOST_CELL_M && !is_missed).then_some(seen.shares)
}

/// Why something is not there.
fn why(reason: &str) -> Markup {
    Markup::paragraph("absent", reason)
}

/// A count as a number.
fn float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}
