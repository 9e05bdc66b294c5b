//! Places on the map: one by one, or where there are too many, in cells of a grid; at the level
//! `superior`, by village.

use crate::campaign::Lang;
use crate::page::map::{Frame, Key, ORIGIN};
use crate::page::numbers::{count, fixed};
use crate::page::svg::Drawing;
use crate::report::figures::{Count, Figures, MapFigures, MapPoint};
use crate::report::html::marks::{OUTCOMES, class, mark, outcome_key, ring, said, target};
use crate::report::level::Level;
use crate::report::statistics::float;
use geo::{InteriorPoint, Point};
use std::collections::BTreeMap;

/// With more places they are counted in a grid.
const MOST_PLACES: usize = 3000;

/// With more villages their counts would cover one another.
const MOST_VILLAGES: usize = 400;

/// Width of a cell of that grid.
const CELL: f64 = 24.0;

/// What was drawn.
pub(super) struct Drawn {
    /// What stands for what.
    pub(super) keys: Vec<Key>,
    /// What else to know, a sentence each without its end.
    pub(super) notes: Vec<String>,
}

/// Places that are counted together.
#[derive(Clone, Copy, Default)]
struct Heap {
    places: u64,
    confirmed: u64,
}

/// Draws places and targets.
pub(super) fn draw(
    drawing: &mut Drawing,
    map: &MapFigures,
    figures: &Figures,
    frame: &Frame,
) -> Drawn {
    let lang = figures.lang;
    let mut drawn = Drawn {
        keys: Vec::new(),
        notes: Vec::new(),
    };
    if figures.level == Level::Superior {
        by_village(drawing, map, figures, frame, &mut drawn);
        return drawn;
    }
    // Cells drawn by lot show on the map only where the crop stood there.
    let shown = |place: &&MapPoint| place.kind != "control_random" || place.outcome == "confirmed";
    let all = map.points.iter().filter(shown);
    let inside: Vec<(&MapPoint, (f64, f64))> = all
        .clone()
        .filter_map(|place| Some((place, frame.point(place.point)?)))
        .collect();
    let outside = all.count() - inside.len();
    if outside > 0 {
        drawn.notes.push(match lang {
            Lang::Zh => format!("{outside}处在图幅之外，未标"),
            Lang::En => format!("{outside} places lie beyond the map"),
        });
    }
    if inside.len() > MOST_PLACES {
        in_cells(drawing, &inside, frame, lang, &mut drawn);
    } else {
        one_by_one(drawing, &inside, lang, &mut drawn);
    }
    if map
        .points
        .iter()
        .any(|place| place.kind == "control_random")
    {
        drawn.notes.push(
            lang.pick(
                "随机抽查点只标有目标作物的",
                "cells drawn by lot are shown only where the crop stood there",
            )
            .into(),
        );
    }
    targets(drawing, map, frame, lang, &mut drawn);
    drawn
}

fn one_by_one(
    drawing: &mut Drawing,
    places: &[(&MapPoint, (f64, f64))],
    lang: Lang,
    drawn: &mut Drawn,
) {
    // What matters most is drawn last, on top.
    for outcome in OUTCOMES.iter().rev() {
        for (place, at) in places.iter().filter(|(p, _)| p.outcome == *outcome) {
            let says = format!("{} {}", place.site_id, said(outcome, lang));
            let class = format!("site {}", class(outcome));
            drawing.path(&class, &mark(outcome, *at), &says);
        }
    }
    for outcome in OUTCOMES {
        let number = places.iter().filter(|(p, _)| p.outcome == outcome).count();
        if number > 0 {
            let text = format!("{} {}", said(outcome, lang), count(number));
            drawn.keys.push(outcome_key(outcome, text));
        }
    }
}

fn in_cells(
    drawing: &mut Drawing,
    places: &[(&MapPoint, (f64, f64))],
    frame: &Frame,
    lang: Lang,
    drawn: &mut Drawn,
) {
    let (left, top) = ORIGIN;
    let mut cells: BTreeMap<(u32, u32), Heap> = BTreeMap::new();
    for (place, (x, y)) in places {
        let at = |units: f64| crate::georef::floor_to_u32(units / CELL);
        let cell = cells.entry((at(y - top), at(x - left))).or_default();
        cell.places += 1;
        cell.confirmed += u64::from(place.outcome == "confirmed");
    }
    let heaps = cells.into_iter().map(|((row, column), heap)| {
        let x = left + (f64::from(column) + 0.5) * CELL;
        let y = top + (f64::from(row) + 0.5) * CELL;
        ((x, y), heap, String::new())
    });
    draw_heaps(drawing, heaps.collect(), CELL * 0.46, lang, drawn);
    let side = fixed(Some(frame.metres(CELL) / 1000.0), 2);
    drawn.notes.push(match lang {
        Lang::Zh => format!(
            "点位{}处，多于{MOST_PLACES}处，按{side} km见方的格子计数，不逐一标出；逐处见report.xlsx",
            count(places.len())
        ),
        Lang::En => format!(
            "{} places are more than {}: they are counted in squares of {side} km; report.xlsx has \
             them one by one",
            count(places.len()),
            count(MOST_PLACES)
        ),
    });
}

fn by_village(
    drawing: &mut Drawing,
    map: &MapFigures,
    figures: &Figures,
    frame: &Frame,
    drawn: &mut Drawn,
) {
    let lang = figures.lang;
    if map.villages.len() > MOST_VILLAGES {
        let text = "村多，图上不标计数；见按村表";
        let english = "there are too many villages for their counts; the table has them";
        drawn.notes.push(lang.pick(text, english).into());
        return;
    }
    let tallies: BTreeMap<&str, Heap> = figures
        .by_village
        .iter()
        .map(|unit| {
            let value = |count: Count| count.value().unwrap_or(0);
            let heap = Heap {
                places: value(unit.tally.candidates),
                confirmed: value(unit.tally.outcomes.confirmed),
            };
            (unit.code.as_str(), heap)
        })
        .collect();
    let heaps = map.villages.iter().filter_map(|village| {
        let heap = *tallies.get(village.code.as_str())?;
        let middle: Point<f64> = village.outline.interior_point()?;
        let (x, y) = frame.point(middle)?;
        // The name of the village stands in its middle.
        (heap.places > 0).then(|| ((x, y + 22.0), heap, format!("{} ", village.name)))
    });
    draw_heaps(drawing, heaps.collect(), 13.0, lang, drawn);
}

/// Circles whose area is the number of places, in them those that were confirmed.
fn draw_heaps(
    drawing: &mut Drawing,
    heaps: Vec<((f64, f64), Heap, String)>,
    most_radius: f64,
    lang: Lang,
    drawn: &mut Drawn,
) {
    let most = heaps.iter().map(|(_, heap, _)| heap.places).max();
    let Some(most) = most.filter(|most| *most > 0) else {
        return;
    };
    let radius = |number: u64| (most_radius * (float(number) / float(most)).sqrt()).max(1.6);
    for (at, heap, name) in heaps {
        let says = match lang {
            Lang::Zh => format!("{name}疑似点等{}处，确认{}处", heap.places, heap.confirmed),
            Lang::En => format!("{name}{} places, {} confirmed", heap.places, heap.confirmed),
        };
        drawing.path("heap", &ring(at, radius(heap.places)), &says);
        if heap.confirmed > 0 {
            drawing.path("heap-confirmed", &ring(at, radius(heap.confirmed)), &says);
        }
    }
    let biggest = radius(most).min(8.5);
    drawn.keys.push(Key {
        class: "heap".into(),
        path: ring((9.0, 9.0), biggest),
        text: match lang {
            Lang::Zh => format!("圆面积为点数，最大{}处", count(most)),
            Lang::En => format!(
                "area of a circle: number of places, at most {}",
                count(most)
            ),
        },
    });
    drawn.keys.push(Key {
        class: "heap-confirmed".into(),
        path: ring((9.0, 9.0), biggest * 0.6),
        text: lang.pick("其中确认", "of these confirmed").into(),
    });
}

fn targets(drawing: &mut Drawing, map: &MapFigures, frame: &Frame, lang: Lang, drawn: &mut Drawn) {
    if map.targets.len() > MOST_PLACES {
        let number = count(map.targets.len());
        drawn.notes.push(match lang {
            Lang::Zh => format!("靶标{number}个，图上不标"),
            Lang::En => format!("{number} targets are too many for the map"),
        });
        return;
    }
    for (point, matched) in &map.targets {
        if let Some(at) = frame.point(*point) {
            drawing.path("target", &target(*matched, at), target_name(*matched, lang));
        }
    }
    for matched in [true, false] {
        let number = map.targets.iter().filter(|(_, is)| *is == matched).count();
        if number > 0 {
            drawn.keys.push(Key {
                class: "target".into(),
                path: target(matched, (9.0, 9.0)),
                text: format!("{} {}", target_name(matched, lang), count(number)),
            });
        }
    }
}

fn target_name(matched: bool, lang: Lang) -> &'static str {
    if matched {
        lang.pick("靶标：吻合", "target: matched")
    } else {
        lang.pick("靶标：未吻合", "target: not matched")
    }
}
