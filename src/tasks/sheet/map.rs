//! The map around a site: shapes and strokes tell things apart where there is no colour.

use super::clip::{line_within, rings_within};
use super::drawing::{Anchor, Drawing, ScaleBar, track};
use super::fit::width_em;
use super::legend::{self, Entry};
use super::picture;
use crate::Result;
use crate::campaign::Lang;
use crate::tasks::pack::LocalMap;
use geo::{Contains, Coord, LineString, Point, Polygon};

/// Width and height of the map on paper, in millimetres; its legend lies below.
pub(super) const SIDE_MM: f64 = 80.0;

/// Height of text on the map, in millimetres.
const TEXT_MM: f64 = 2.2;

/// Trees of forest stand this far apart, in millimetres.
const TREES_MM: f64 = 4.0;

/// Heights that are written on contours at most.
const MOST_HEIGHTS: usize = 8;

const ROUND: &str = "stroke-linecap=\"round\" stroke-linejoin=\"round\"";

/// The map with its legend: the drawing and its height in millimetres. `error_m` is the radius of
/// the circle that the site's point is known to lie in.
pub(super) fn svg(map: &LocalMap, error_m: f64, lang: Lang) -> Result<(String, f64)> {
    let mut sketch = Sketch {
        map,
        mm_per_m: SIDE_MM / (2.0 * map.half_m.max(1.0)),
        ground: Drawing::default(),
        taken: Vec::new(),
        entries: Vec::new(),
    };
    sketch.background()?;
    sketch.areas();
    sketch.lines();
    sketch.site(error_m);
    sketch.furniture(lang);
    sketch.heights();
    sketch.neighbours();
    let mut drawing = Drawing::default();
    drawing.inset(&sketch.ground, (SIDE_MM, SIDE_MM));
    drawing.rectangle(
        "fill=\"none\" stroke=\"#000\" stroke-width=\"0.3\"",
        (0.0, 0.0),
        (SIDE_MM, SIDE_MM),
    );
    let height = legend::draw(&mut drawing, &sketch.entries, SIDE_MM, lang);
    Ok((
        drawing.finish((SIDE_MM, SIDE_MM + height)),
        SIDE_MM + height,
    ))
}

/// A map being drawn.
struct Sketch<'a> {
    map: &'a LocalMap,
    mm_per_m: f64,
    ground: Drawing,
    /// Where writing stands: left, top, right, bottom in millimetres.
    taken: Vec<[f64; 4]>,
    /// What the legend must name.
    entries: Vec<Entry>,
}

impl Sketch<'_> {
    fn place(&self, at: Coord<f64>) -> (f64, f64) {
        (
            (at.x + self.map.half_m) * self.mm_per_m,
            (self.map.half_m - at.y) * self.mm_per_m,
        )
    }

    /// How far things are drawn: a little further than the frame, so that their rims are not seen.
    fn reach_m(&self) -> f64 {
        self.map.half_m + 2.0 / self.mm_per_m
    }

    fn background(&mut self) -> Result<()> {
        if let Some((picture, [west, south, east, north])) = &self.map.background {
            let corner = self.place(Coord {
                x: *west,
                y: *north,
            });
            let size = (
                (east - west) * self.mm_per_m,
                (north - south) * self.mm_per_m,
            );
            // Paler than it is: lines and names must be read on it.
            let data = picture::base64(picture)?;
            self.ground.jpeg("opacity=\"0.75\"", corner, size, &data);
        }
        Ok(())
    }

    fn area(&self, polygons: &[Polygon<f64>]) -> String {
        let reach = self.reach_m();
        let rings = polygons.iter().flat_map(|p| rings_within(p, reach));
        rings
            .map(|ring| track(ring.into_iter().map(|at| self.place(at)), true))
            .collect()
    }

    fn line<'b>(&self, lines: impl IntoIterator<Item = &'b LineString<f64>>) -> String {
        let reach = self.reach_m();
        let pieces = lines.into_iter().flat_map(|line| line_within(line, reach));
        pieces
            .map(|piece| track(piece.into_iter().map(|at| self.place(at)), false))
            .collect()
    }

    /// Draws something and has the legend name it, unless there is none of it.
    fn add(&mut self, entry: Entry, attributes: &[String], d: &str) {
        if !d.is_empty() {
            for attributes in attributes {
                self.ground.path(attributes, d);
            }
            self.entries.push(entry);
        }
    }

    fn areas(&mut self) {
        let map = self.map;
        // An image shows the ground itself: nothing is painted over it.
        let paint = |colour: &str| match map.background {
            Some(_) => "fill=\"none\"".to_owned(),
            None => format!("fill=\"{colour}\""),
        };
        let forest = self.area(&map.forest);
        let style = format!(
            "{} fill-rule=\"evenodd\" stroke=\"#6b8f5e\" stroke-width=\"0.15\" \
             stroke-dasharray=\"0.3 0.5\"",
            paint("#e3efdb")
        );
        self.add(Entry::Forest, &[style], &forest);
        let trees = self.trees();
        self.ground.path(legend::TREE, &trees);
        let water = self.area(&map.water);
        let style = format!(
            "{} fill-rule=\"evenodd\" stroke=\"#1f5f95\" stroke-width=\"0.3\"",
            paint("#a9cdea")
        );
        self.add(Entry::Water, &[style], &water);
    }

    /// Marks of trees on a lattice, where there is forest.
    fn trees(&self) -> String {
        let step = TREES_MM / self.mm_per_m;
        let half = self.map.half_m;
        let mut text = String::new();
        if self.map.forest.is_empty() {
            return text;
        }
        let mut north = half - step / 2.0;
        while north > -half {
            let mut east = step / 2.0 - half;
            while east < half {
                let point = Point::new(east, north);
                if self.map.forest.iter().any(|area| area.contains(&point)) {
                    text.push_str(&legend::tree(self.place(point.0)));
                }
                east += step;
            }
            north -= step;
        }
        text
    }

    fn lines(&mut self) {
        let map = self.map;
        let contours = self.line(map.contours.iter().map(|(_, line)| line));
        let style = format!("fill=\"none\" stroke=\"#9a6a3a\" stroke-width=\"0.12\" {ROUND}");
        self.add(Entry::Contour, &[style], &contours);
        let streams = self.line(&map.streams);
        let style = format!("fill=\"none\" stroke=\"#1f5f95\" stroke-width=\"0.35\" {ROUND}");
        self.add(Entry::Stream, &[style], &streams);
        let roads = self.line(&map.roads);
        let casing = format!("fill=\"none\" stroke=\"#000\" stroke-width=\"1.1\" {ROUND}");
        let core = format!("fill=\"none\" stroke=\"#fff\" stroke-width=\"0.7\" {ROUND}");
        self.add(Entry::Road, &[casing, core], &roads);
        let buildings = self.area(&map.buildings);
        let style = "fill=\"#444\" fill-rule=\"evenodd\" stroke=\"#000\" stroke-width=\"0.1\"";
        self.add(Entry::Building, &[style.into()], &buildings);
        let borders = self.line(&map.borders);
        let rim = format!("fill=\"none\" stroke=\"#fff\" stroke-width=\"1.1\" {ROUND}");
        let dashes = "fill=\"none\" stroke=\"#7a1f7a\" stroke-width=\"0.5\" \
                      stroke-dasharray=\"3 0.9 0.6 0.9\"";
        self.add(Entry::Border, &[rim, dashes.into()], &borders);
    }

    fn site(&mut self, error_m: f64) {
        let middle = self.place(Coord { x: 0.0, y: 0.0 });
        let radius = error_m.max(0.0) * self.mm_per_m;
        if radius.is_finite() {
            self.ground.circle(
                "fill=\"none\" stroke=\"#fff\" stroke-width=\"0.6\"",
                middle,
                radius,
            );
            self.ground.circle(legend::ERROR, middle, radius);
            self.entries.push(Entry::PositionError);
        }
        let outline = self.area(&self.map.outline);
        let rim = "fill=\"none\" stroke=\"#fff\" stroke-width=\"0.9\"".to_owned();
        let line = "fill=\"none\" stroke=\"#d00000\" stroke-width=\"0.4\"".to_owned();
        self.add(Entry::Outline, &[rim, line], &outline);
        // A ring around both, or else a plot of a few metres would not be seen.
        let corners = self.map.outline.iter().flat_map(|p| p.exterior().coords());
        let far = corners
            .map(|c| c.x.hypot(c.y) * self.mm_per_m)
            .filter(|r| r.is_finite())
            .fold(radius, f64::max);
        let ring = (far + 0.8).max(2.6);
        let (x, y) = middle;
        if ring < SIDE_MM * 0.4 {
            let ticks: String = [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)]
                .iter()
                .map(|(dx, dy)| {
                    let at = |r: f64| (x + dx * r, y + dy * r);
                    track([at(ring), at(ring + 2.4)], false)
                })
                .collect();
            for style in [
                "fill=\"none\" stroke=\"#fff\" stroke-width=\"1\"",
                "fill=\"none\" stroke=\"#000\" stroke-width=\"0.35\"",
            ] {
                self.ground.circle(style, middle, ring);
                self.ground.path(style, &ticks);
            }
        }
        let reach = ring.min(SIDE_MM * 0.4) + 0.5;
        self.taken
            .push([x - reach, y - reach, x + reach, y + reach]);
    }

    fn furniture(&mut self, lang: Lang) {
        self.ground
            .north_arrow((SIDE_MM - 5.4, 5.4), 0.0, lang.pick("北", "N"));
        self.taken.push([SIDE_MM - 10.0, 0.0, SIDE_MM, 10.0]);
        if let Some(bar) = ScaleBar::within(1.0 / self.mm_per_m, 20.0) {
            self.ground.scale_bar((1.0, SIDE_MM - 1.0), bar);
            let width = bar.length_mm + 8.0;
            self.taken.push([0.0, SIDE_MM - 6.0, width, SIDE_MM]);
        }
    }

    /// Whether a text has room to the right of its beginning; then it takes it.
    fn take(&mut self, (x, y): (f64, f64), text: &str) -> bool {
        let width = width_em(text) * TEXT_MM;
        let wanted = [x, y - TEXT_MM * 0.6, x + width, y + TEXT_MM * 0.6];
        let inside = x >= 0.5
            && x + width <= SIDE_MM - 0.5
            && wanted[1] >= 0.5
            && wanted[3] <= SIDE_MM - 0.5;
        let free = self.taken.iter().all(|other| {
            wanted[2] < other[0]
                || other[2] < wanted[0]
                || wanted[3] < other[1]
                || other[3] < wanted[1]
        });
        if inside && free {
            self.taken.push(wanted);
        }
        inside && free
    }

    /// Heights on the longest contours.
    fn heights(&mut self) {
        let reach = self.map.half_m;
        let mut pieces: Vec<(usize, f64, Coord<f64>)> = Vec::new();
        for (height, line) in &self.map.contours {
            for piece in line_within(line, reach) {
                pieces.push((piece.len(), *height, piece[piece.len() / 2]));
            }
        }
        pieces.sort_by(|a, b| {
            let key = |p: &(usize, f64, Coord<f64>)| (p.1, p.2.x, p.2.y);
            let order = key(a).partial_cmp(&key(b));
            b.0.cmp(&a.0)
                .then(order.unwrap_or(std::cmp::Ordering::Equal))
        });
        let mut written = 0;
        for (_, height, at) in pieces {
            let text = format!("{height:.0}");
            let (x, y) = self.place(at);
            let begin = (x - width_em(&text) * TEXT_MM / 2.0, y);
            if written < MOST_HEIGHTS && self.take(begin, &text) {
                self.ground.text(begin, TEXT_MM * 0.9, Anchor::Start, &text);
                written += 1;
            }
        }
    }

    /// Other sites: a mark each, and the code of those whose code has room.
    fn neighbours(&mut self) {
        let map = self.map;
        let inside = |at: &Point<f64>| at.x().abs() <= map.half_m && at.y().abs() <= map.half_m;
        let shown = || map.neighbours.iter().filter(|(at, _)| inside(at));
        for (at, _) in shown() {
            let (x, y) = self.place(at.0);
            self.ground
                .path(legend::NEIGHBOUR, &legend::diamond((x, y)));
            self.taken.push([x - 1.1, y - 1.1, x + 1.1, y + 1.1]);
        }
        for (at, code) in shown() {
            let (x, y) = self.place(at.0);
            let width = width_em(code) * TEXT_MM;
            let right = (x + 1.7, y);
            let places = [
                right,
                (x - 1.7 - width, y),
                (x - width / 2.0, y - 2.6),
                (x - width / 2.0, y + 2.6),
            ];
            if let Some(begin) = places.into_iter().find(|begin| self.take(*begin, code)) {
                self.ground.text(begin, TEXT_MM, Anchor::Start, code);
            }
        }
        if shown().next().is_some() {
            self.entries.push(Entry::Neighbour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Rect, coord, line_string};

    fn map() -> LocalMap {
        let square = |x: f64, y: f64, half: f64| {
            Rect::new(
                coord! {x: x - half, y: y - half},
                coord! {x: x + half, y: y + half},
            )
            .to_polygon()
        };
        LocalMap {
            half_m: 250.0,
            roads: vec![line_string![(x: -900.0, y: -100.0), (x: 900.0, y: -60.0)]],
            buildings: vec![square(60.0, -80.0, 8.0)],
            forest: vec![square(-150.0, 150.0, 90.0)],
            contours: vec![(
                1840.0,
                line_string![(x: -250.0, y: 30.0), (x: 0.0, y: 60.0), (x: 250.0, y: 30.0)],
            )],
            neighbours: vec![
                (Point::new(100.0, 100.0), "101201-02".into()),
                (Point::new(300.0, 0.0), "101201-03".into()),
            ],
            outline: vec![square(0.0, 0.0, 4.0)],
            ..LocalMap::default()
        }
    }

    #[test]
    fn the_map_shows_and_names_what_is_there() {
        let (svg, height) = svg(&map(), 2.4, Lang::Zh).unwrap();
        assert!(height > SIDE_MM);
        for text in [
            "北",
            "100 m",
            "1840",
            "101201-02",
            "道路",
            "房屋",
            "林地",
            "等高线",
            "定位误差",
        ] {
            assert!(svg.contains(&format!(">{text}</text>")), "{text}");
        }
        for text in ["水域", "村界", "101201-03"] {
            assert!(!svg.contains(text), "{text}");
        }
        // 2.4 m of error are 0.38 mm on paper.
        assert!(svg.contains("r=\"0.38\""), "{svg}");
        assert!(!svg.contains("id=\"") && !svg.contains("NaN"));
    }

    #[test]
    fn without_layers_there_is_the_site_alone() {
        let bare = LocalMap {
            half_m: 250.0,
            ..LocalMap::default()
        };
        let (svg, _) = svg(&bare, f64::NAN, Lang::En).unwrap();
        assert!(svg.contains(">N</text>") && !svg.contains("NaN"));
    }
}
