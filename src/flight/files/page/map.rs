//! The map: ground seen, the ground of each photo, tracks, photos without ground, villages, gaps.

use super::marks::{place_key, way_key};
use super::{Figures, why};
use crate::flight::files::words::brief;
use crate::flight::survey::{FlightPhoto, name_of};
use crate::georef::around;
use crate::lang::Lang;
use crate::page::map::{Frame, Key, legend, path, tolerance};
use crate::page::markup::Markup;
use crate::page::numbers::count;
use crate::page::svg::{Anchor, Drawing, FONT, cross, px, width_of};
use geo::{
    BoundingRect, Coord, InteriorPoint, LineString, MultiPolygon, Point, Polygon, Rect, Simplify,
};
use std::fmt::Write as _;

/// With more outlines of one kind they are one shape, and a pointer names none.
const MOST_NAMED: usize = 500;

/// With more, the ground of single photos is not drawn: nobody could tell them apart.
const MOST_OUTLINES: usize = 12_000;

/// With more flights no number is written at their beginning.
const MOST_NUMBERS: usize = 40;

/// How tracks look, in turn.
const WAYS: [&str; 3] = ["way s1", "way s2", "way s4"];

/// How far tracks may be off, in units.
const TRACK_TOLERANCE: f64 = 0.4;

/// Photos further from the ground that counts than so many times its size are not shown: their places are
/// wrong more often than not, and all else would be a dot.
const FAR: f64 = 1.5;

/// And this far is never far, in degrees.
const NEAR_DEG: f64 = 0.01;

/// Flights further apart, in degrees, are in areas of their own: some kilometres.
const APART_DEG: f64 = 0.03;

/// A single area gets a map of its own where it is less than this share of the first map, across and up.
const SMALL: f64 = 0.3;

/// Maps of single areas.
const MOST_AREAS: usize = 6;

/// Numbers of flights nearer to one another, in units, would cover each other.
const NUMBER_ROOM: f64 = 14.0;

/// A photo with its ground.
type Ground<'a> = (&'a FlightPhoto, &'a Polygon<f64>);

/// The map with its legend, or why there is none.
pub(super) fn section(figures: &Figures<'_>) -> Markup {
    let lang = figures.lang;
    let Some(bounds) = bounds(figures) else {
        return why(lang.pick(
            "没有一张照片有位置，无从绘图。",
            "No photo has a place: nothing can be drawn.",
        ));
    };
    let title = lang.pick("航线与覆盖图", "Map of tracks and ground seen");
    let mut body = one(figures, bounds, title, true);
    let areas = areas(figures, bounds);
    let is_small = |area: &Rect<f64>| {
        area.width() < bounds.width() * SMALL && area.height() < bounds.height() * SMALL
    };
    if areas.len() > 1 || areas.iter().any(is_small) {
        for (index, area) in areas.iter().take(MOST_AREAS).enumerate() {
            let title = format!("{} {}", lang.pick("飞行区域", "Area"), index + 1);
            body.push(&one(figures, *area, &title, false));
        }
    }
    if areas.len() > MOST_AREAS {
        let rest = count(areas.len() - MOST_AREAS);
        let text = match lang {
            Lang::Zh => format!("另有 {rest} 个区域未单独绘图。"),
            Lang::En => format!("Areas without a map of their own: {rest}."),
        };
        body.push(&Markup::paragraph("note", &text));
    }
    body
}

/// One map of what lies within bounds; the first has the legend of all.
fn one(figures: &Figures<'_>, bounds: Rect<f64>, title: &str, is_first: bool) -> Markup {
    let lang = figures.lang;
    let frame = Frame::around(bounds);
    let mut drawing = Drawing::default();
    let mut keys = Vec::new();
    frame.draw_ground(&mut drawing);
    villages(&mut drawing, figures, &frame, &mut keys);
    grounds(&mut drawing, figures, &frame, &mut keys);
    gaps(&mut drawing, figures, &frame, &mut keys);
    frame.draw_graticule(&mut drawing);
    tracks(&mut drawing, figures, &frame, &mut keys);
    let beyond = lost(&mut drawing, figures, &frame, &mut keys);
    frame.draw_scale(&mut drawing, lang.pick("北", "N"));

    let said: Vec<&str> = keys.iter().map(|key| key.text.as_str()).collect();
    let svg = drawing.finish(frame.drawing_size(), title, &said.join("; "));
    let mut body = Markup::element("figcaption", "title", &Markup::text(title));
    body.push(&svg);
    let mut notes = lang
        .pick("图例同上。", "The legend is that of the map above.")
        .to_owned();
    if is_first {
        body.push(&legend(&keys));
        notes = caption(figures, beyond);
    }
    body.push(&Markup::element("figcaption", "", &Markup::text(&notes)));
    Markup::element("figure", "map", &body)
}

/// What is said below the first map.
fn caption(figures: &Figures<'_>, beyond: usize) -> String {
    let lang = figures.lang;
    let mut notes = String::from(lang.pick(
        "经纬网为WGS 84，等距圆柱投影；轮廓按图幅简化。",
        "The graticule is of WGS 84 on a plate carrée; outlines are as fine as the map.",
    ));
    if beyond > 0 {
        let _ = match lang {
            Lang::Zh => write!(notes, "{} 张照片的位置在图幅之外，未标。", count(beyond)),
            Lang::En => write!(
                notes,
                " Photos whose places lie beyond the map: {}.",
                count(beyond)
            ),
        };
    }
    if figures.survey.photos.len() > MOST_OUTLINES {
        notes.push_str(lang.pick(
            "照片过多，不画单张范围。",
            " There are too many photos to draw the ground of each.",
        ));
    }
    notes
}

/// The ground of flights, those near to one another together, in their order. What lies beyond the first
/// map is left out.
fn areas(figures: &Figures<'_>, bounds: Rect<f64>) -> Vec<Rect<f64>> {
    let survey = figures.survey;
    let mut areas: Vec<Rect<f64>> = Vec::new();
    for sortie in &survey.sorties {
        let own = sortie.photos.iter().map(|&at| &survey.photos[at]);
        let boxes = own.filter_map(|photo| photo.footprint.as_ref()?.bounding_rect());
        let Some(mut area) = around(boxes.filter(|rect| holds(&bounds, rect))) else {
            continue;
        };
        // An area that grows may come near to others.
        while let Some(other) = areas.iter().position(|other| are_near(other, &area)) {
            let other = areas.remove(other);
            area = around([area, other]).unwrap_or(area);
        }
        areas.push(area);
    }
    areas
}

fn are_near(a: &Rect<f64>, b: &Rect<f64>) -> bool {
    let gap = |a: (f64, f64), b: (f64, f64)| (b.0 - a.1).max(a.0 - b.1);
    gap((a.min().x, a.max().x), (b.min().x, b.max().x)) < APART_DEG
        && gap((a.min().y, a.max().y), (b.min().y, b.max().y)) < APART_DEG
}

fn holds(outer: &Rect<f64>, inner: &Rect<f64>) -> bool {
    inner.min().x >= outer.min().x
        && inner.min().y >= outer.min().y
        && inner.max().x <= outer.max().x
        && inner.max().y <= outer.max().y
}

fn dot((x, y): (f64, f64)) -> Rect<f64> {
    Rect::new(Coord { x, y }, Coord { x, y })
}

/// What the map must show: the ground that counts, and all else that is not far from it.
fn bounds(figures: &Figures<'_>) -> Option<Rect<f64>> {
    let survey = figures.survey;
    let footprints = || {
        survey
            .photos
            .iter()
            .filter_map(|photo| photo.footprint.as_ref())
    };
    let places = || survey.photos.iter().filter_map(|photo| photo.tags.position);
    let base = survey
        .seen
        .outline
        .bounding_rect()
        .or_else(|| around(footprints().filter_map(BoundingRect::bounding_rect)))
        .or_else(|| around(places().map(dot)))?;
    let room = (base.width().max(base.height()) * FAR).max(NEAR_DEG);
    let room = Coord { x: room, y: room };
    let near = Rect::new(base.min() - room, base.max() + room);
    let others = footprints()
        .filter_map(BoundingRect::bounding_rect)
        .chain(places().map(dot))
        .chain(figures.gaps.iter().filter_map(BoundingRect::bounding_rect))
        .filter(|rect| holds(&near, rect));
    around(others.chain(std::iter::once(base)))
}

fn villages(drawing: &mut Drawing, figures: &Figures<'_>, frame: &Frame, keys: &mut Vec<Key>) {
    let tolerance = tolerance(figures.villages.len());
    let mut drawn = 0;
    for (name, outline) in figures.villages {
        let border = path(outline, frame, tolerance);
        drawn += usize::from(!border.is_empty());
        drawing.path("village", &border, name);
    }
    if drawn > 0 {
        let text = figures.lang.pick("村界", "villages");
        keys.push(Key::area("village", format!("{text} {}", count(drawn))));
    }
}

/// The ground that counts, then that of each photo.
fn grounds(drawing: &mut Drawing, figures: &Figures<'_>, frame: &Frame, keys: &mut Vec<Key>) {
    let (survey, lang) = (figures.survey, figures.lang);
    let seen = path(&survey.seen.outline, frame, 0.3);
    drawing.path("seen", &seen, "");
    if !seen.is_empty() {
        let text = lang.pick("计入的覆盖范围", "ground that counts as seen");
        keys.push(Key::area("seen", text));
    }
    if survey.photos.len() > MOST_OUTLINES {
        return;
    }
    let with_ground = survey
        .photos
        .iter()
        .filter_map(|photo| Some((photo, photo.footprint.as_ref()?)));
    let (counted, others): (Vec<Ground<'_>>, Vec<Ground<'_>>) =
        with_ground.partition(|(photo, _)| photo.against.is_empty());
    outlines(drawing, "foot", &counted, frame, lang);
    outlines(drawing, "foot out", &others, frame, lang);
    for (class, grounds, zh, en) in [
        ("foot", &counted, "计入的照片", "photos that count"),
        (
            "foot out",
            &others,
            "未计入的照片",
            "photos that do not count",
        ),
    ] {
        if !grounds.is_empty() {
            let text = format!("{} {}", lang.pick(zh, en), count(grounds.len()));
            keys.push(Key::area(class, text));
        }
    }
}

fn outlines(drawing: &mut Drawing, class: &str, grounds: &[Ground<'_>], frame: &Frame, lang: Lang) {
    let shape = |ground: &Polygon<f64>| path(&MultiPolygon::from(ground.clone()), frame, 0.5);
    if grounds.len() > MOST_NAMED {
        let all: String = grounds.iter().map(|(_, ground)| shape(ground)).collect();
        drawing.path(class, &all, "");
        return;
    }
    for (photo, ground) in grounds {
        drawing.path(class, &shape(ground), &says(photo, lang));
    }
}

/// What a pointer over a photo says.
fn says(photo: &FlightPhoto, lang: Lang) -> String {
    let name = name_of(&photo.tags.path);
    match brief(photo, lang).as_str() {
        "" => name,
        against => format!("{name} {against}"),
    }
}

fn gaps(drawing: &mut Drawing, figures: &Figures<'_>, frame: &Frame, keys: &mut Vec<Key>) {
    for gap in figures.gaps {
        drawing.path("gap", &path(gap, frame, 0.5), "");
    }
    if !figures.gaps.is_empty() {
        let text = figures.lang.pick("待补飞", "to fly again");
        keys.push(Key::area(
            "gap",
            format!("{text} {}", count(figures.gaps.len())),
        ));
    }
}

/// The way of the camera on each flight, with its number where it begins, and names of villages.
fn tracks(drawing: &mut Drawing, figures: &Figures<'_>, frame: &Frame, keys: &mut Vec<Key>) {
    let (survey, lang) = (figures.survey, figures.lang);
    let mut begins = Vec::new();
    let mut drawn = 0;
    for sortie in &survey.sorties {
        let (way, first) = way(&survey.track(sortie), frame);
        let class = WAYS[(sortie.number.max(1) - 1) % WAYS.len()];
        let text = lang.pick("架次", "flight");
        drawing.path(class, &way, &format!("{text} {}", sortie.number));
        drawn += usize::from(!way.is_empty());
        begins.extend(first.map(|first| (sortie.number, first)));
    }
    if figures.villages.len() <= 400 {
        names(drawing, figures.villages, frame);
    }
    if survey.sorties.len() > 1 && survey.sorties.len() <= MOST_NUMBERS {
        let mut written: Vec<(f64, f64)> = Vec::new();
        for (number, (x, y)) in begins {
            let is_close = |other: &(f64, f64)| (x - other.0).hypot(y - other.1) < NUMBER_ROOM;
            if !written.iter().any(is_close) {
                let place = (x, y - FONT * 0.8);
                drawing.text("begin halo", place, Anchor::Middle, &number.to_string());
                written.push((x, y));
            }
        }
    }
    if drawn > 0 {
        let text = match lang {
            Lang::Zh => format!("航线 {}", count(drawn)),
            Lang::En => format!("tracks {}", count(drawn)),
        };
        keys.push(way_key("way s1", text));
    }
}

/// The path of a track within the frame, and where it begins.
fn way(track: &[Point<f64>], frame: &Frame) -> (String, Option<(f64, f64)>) {
    let places: Vec<Option<(f64, f64)>> = track.iter().map(|p| frame.point(*p)).collect();
    let first = places.iter().flatten().next().copied();
    let mut path = String::new();
    for run in places.split(Option::is_none) {
        let line: LineString<f64> = run.iter().flatten().copied().collect();
        let line = line.simplify(TRACK_TOLERANCE);
        if line.0.len() < 2 {
            continue;
        }
        for (index, coord) in line.0.iter().enumerate() {
            let letter = if index == 0 { 'M' } else { 'L' };
            let _ = write!(path, "{letter}{},{}", px(coord.x), px(coord.y));
        }
    }
    (path, first)
}

/// Names of villages that are wide enough for them.
fn names(drawing: &mut Drawing, villages: &[(String, MultiPolygon<f64>)], frame: &Frame) {
    for (name, outline) in villages {
        let Some(rect) = outline.bounding_rect() else {
            continue;
        };
        let (low, high) = (frame.coord(rect.min()), frame.coord(rect.max()));
        if high.x - low.x < width_of(name, FONT) || low.y - high.y < FONT * 1.5 {
            continue;
        }
        let middle = outline
            .interior_point()
            .unwrap_or_else(|| rect.center().into());
        if let Some(place) = frame.point(middle) {
            drawing.text("name halo", place, Anchor::Middle, name);
        }
    }
}

/// Photos that have a place and show no ground; gives how many photos lie beyond the map.
fn lost(drawing: &mut Drawing, figures: &Figures<'_>, frame: &Frame, keys: &mut Vec<Key>) -> usize {
    let lang = figures.lang;
    let placed = figures.survey.photos.iter().filter_map(|photo| {
        let place = Point::from(photo.tags.position?);
        Some((photo, frame.point(place)))
    });
    let (mut marks, mut beyond) = (Vec::new(), 0);
    for (photo, place) in placed {
        match place {
            None => beyond += 1,
            Some(place) if photo.footprint.is_none() => marks.push((photo, place)),
            Some(_) => {}
        }
    }
    if marks.len() > MOST_NAMED {
        let all: String = marks.iter().map(|(_, place)| cross(*place, 3.0)).collect();
        drawing.path("lost", &all, "");
    } else {
        for (photo, place) in &marks {
            drawing.path("lost", &cross(*place, 4.0), &says(photo, lang));
        }
    }
    if !marks.is_empty() {
        let text = lang.pick("没有地面范围的照片", "photos without ground");
        keys.push(place_key("lost", format!("{text} {}", count(marks.len()))));
    }
    beyond
}
