//! The map: villages shaded by the share seen, places by outcome, targets, ground to fly again. What a
//! level hides is not in the figures, so it cannot be drawn.

mod places;

use super::{figure, why};
use crate::campaign::Lang;
use crate::georef::around;
use crate::page::map::{Frame, Key, legend, path, tolerance};
use crate::page::markup::Markup;
use crate::page::svg::{Anchor, Drawing, FONT, width_of};
use crate::report::figures::{Figures, MapFigures, MapVillage};
use crate::report::level::Level;
use geo::{BoundingRect, Coord, InteriorPoint, Point, Rect};
use std::collections::BTreeMap;

/// With more villages no name is written on the map.
const MOST_NAMES: usize = 400;

/// Places within this share of the map, across and up, get a map of their own.
const CLOSE: f64 = 0.3;

/// The map with its legend, or why there is none.
pub(super) fn section(figures: &Figures) -> Markup {
    let lang = figures.lang;
    let Some(map) = &figures.map else {
        return why(lang.pick(
            "公开版不含任何位置，不附地图。",
            "The version for the public has no place, so there is no map.",
        ));
    };
    let Some(bounds) = bounds(map) else {
        return why(lang.pick(
            "未导入村界，也没有点位，无从绘图。",
            "No villages were imported and there is no site: nothing can be drawn.",
        ));
    };
    let title = lang.pick("覆盖与点位图", "Map of coverage and places");
    let mut body = one(figures, map, &Frame::around(bounds), title, true);
    if let Some(close) = close_up(map, bounds) {
        let title = lang.pick("点位集中处", "Where the places are");
        body.push(&one(figures, map, &Frame::around(close), title, false));
    }
    body
}

/// One map of what lies in a frame; the first has the legend of all.
fn one(figures: &Figures, map: &MapFigures, frame: &Frame, title: &str, is_first: bool) -> Markup {
    let lang = figures.lang;
    let mut drawing = Drawing::default();
    frame.draw_ground(&mut drawing);
    let shares = shares(figures);
    let tolerance = tolerance(map.villages.len());
    for village in &map.villages {
        let border = path(&village.outline, frame, tolerance);
        let share = shares.get(village.code.as_str()).copied();
        let says = village_says(village, share, lang);
        drawing.path(shade(share), &border, &says);
    }
    for gap in &map.gaps {
        drawing.path("gap", &path(gap, frame, tolerance), "");
    }
    frame.draw_graticule(&mut drawing);
    if map.villages.len() <= MOST_NAMES {
        draw_names(&mut drawing, &map.villages, frame);
    }
    let places = places::draw(&mut drawing, map, figures, frame);
    frame.draw_scale(&mut drawing, lang.pick("北", "N"));

    let mut keys = village_keys(map, &shares, lang);
    if !map.gaps.is_empty() {
        let text = format!("{} {}", lang.pick("待补飞", "to fly again"), map.gaps.len());
        keys.push(Key::area("gap", text));
    }
    keys.extend(places.keys);
    let description: Vec<&str> = keys.iter().map(|key| key.text.as_str()).collect();
    let svg = drawing.finish(frame.drawing_size(), title, &description.join("; "));
    let mut body = Markup::paragraph("map-title", title);
    body.push(&svg);
    if !is_first {
        let note = lang.pick("图例同上。", "The legend is that of the map above.");
        return figure(&body, note);
    }
    let mut notes = places.notes;
    if shares.is_empty() && !map.villages.is_empty() {
        let note = lang.pick(
            "未计算覆盖，村不着色",
            "coverage was not measured: villages are not shaded",
        );
        notes.push(note.into());
    }
    notes.push(caption(map, figures.level, lang));
    let end = lang.pick("。", ". ");
    let sentences: Vec<String> = notes.iter().map(|note| capital(note) + end).collect();
    body.push(&legend(&keys));
    figure(&body, sentences.concat().trim_end())
}

/// A sentence with a capital letter first.
fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

/// Where places lie, if that is a small part of the map: there they would cover one another.
fn close_up(map: &MapFigures, bounds: Rect<f64>) -> Option<Rect<f64>> {
    let within = |point: &Point<f64>| {
        (bounds.min().x..=bounds.max().x).contains(&point.x())
            && (bounds.min().y..=bounds.max().y).contains(&point.y())
    };
    let points = map.points.iter().map(|place| place.point).filter(within);
    let around = around(points.map(box_of))?;
    let is_small =
        around.width() < bounds.width() * CLOSE && around.height() < bounds.height() * CLOSE;
    (map.points.len() > 1 && is_small).then_some(around)
}

fn caption(map: &MapFigures, level: Level, lang: Lang) -> String {
    let grid = lang.pick(
        "经纬网为WGS 84，等距圆柱投影；村界按图幅简化",
        "the graticule is of WGS 84 on a plate carrée; borders are as fine as the map",
    );
    let hidden = match level {
        Level::Superior => lang.pick(
            "；上报版不标点位，只按村计数",
            "; for the levels above there are no places, only counts of villages",
        ),
        _ => "",
    };
    let named = if map.villages.len() > MOST_NAMES {
        lang.pick(
            "；村多，不注村名",
            "; there are too many villages for their names",
        )
    } else {
        ""
    };
    format!("{grid}{hidden}{named}")
}

/// What the map must show: villages, or places where there are none.
fn bounds(map: &MapFigures) -> Option<Rect<f64>> {
    let villages = map
        .villages
        .iter()
        .filter_map(|v| v.outline.bounding_rect());
    around(villages).or_else(|| {
        let points = map.points.iter().map(|place| place.point);
        let points = points.chain(map.targets.iter().map(|(point, _)| *point));
        around(points.map(box_of))
    })
}

fn box_of(point: Point<f64>) -> Rect<f64> {
    Rect::new(Coord::from(point), Coord::from(point))
}

/// Shares seen by village code.
fn shares(figures: &Figures) -> BTreeMap<&str, f64> {
    let villages = figures.coverage.iter().flat_map(|c| &c.villages);
    villages.map(|v| (v.xzqdm.as_str(), v.share())).collect()
}

/// The class of a village: the shares that `villages_by_share` counts by.
fn shade(share: Option<f64>) -> &'static str {
    match share {
        None => "village v-none",
        Some(share) if share < 0.5 => "village v0",
        Some(share) if share < 0.8 => "village v1",
        Some(share) if share < 0.95 => "village v2",
        Some(_) => "village v3",
    }
}

fn village_says(village: &MapVillage, share: Option<f64>, lang: Lang) -> String {
    match share {
        Some(share) => format!("{} {:.1}%", village.name, share * 100.0),
        None => format!(
            "{} {}",
            village.name,
            lang.pick("未计算覆盖", "not measured")
        ),
    }
}

fn village_keys(map: &MapFigures, shares: &BTreeMap<&str, f64>, lang: Lang) -> Vec<Key> {
    let texts = [
        (
            "village v-none",
            lang.pick("未计算覆盖", "coverage not measured"),
        ),
        ("village v0", lang.pick("覆盖低于50%", "seen: below 50 %")),
        ("village v1", lang.pick("50%至80%", "50 to 80 %")),
        ("village v2", lang.pick("80%至95%", "80 to 95 %")),
        ("village v3", lang.pick("95%及以上", "95 % and more")),
    ];
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for village in &map.villages {
        *counts
            .entry(shade(shares.get(village.code.as_str()).copied()))
            .or_default() += 1;
    }
    let said = |(class, text): (&'static str, &str)| {
        let count = counts.get(class).copied().unwrap_or(0);
        // All shades are named, as a scale; what is not measured only where there is any.
        let named = count > 0 || (class != "village v-none" && !shares.is_empty());
        let text = match lang {
            Lang::Zh => format!("{text}：{count}村"),
            Lang::En => format!("{text}: {count} villages"),
        };
        named.then(|| Key::area(class, text))
    };
    texts.into_iter().filter_map(said).collect()
}

/// Names of villages that are wide enough for them.
fn draw_names(drawing: &mut Drawing, villages: &[MapVillage], frame: &Frame) {
    for village in villages {
        let Some(rect) = village.outline.bounding_rect() else {
            continue;
        };
        let width = frame.coord(rect.max()).x - frame.coord(rect.min()).x;
        let height = frame.coord(rect.min()).y - frame.coord(rect.max()).y;
        if width < width_of(&village.name, FONT) || height < FONT * 1.5 {
            continue;
        }
        let middle: Point<f64> = village
            .outline
            .interior_point()
            .unwrap_or_else(|| rect.center().into());
        if let Some(place) = frame.point(middle) {
            drawing.text("name halo", place, Anchor::Middle, &village.name);
        }
    }
}
