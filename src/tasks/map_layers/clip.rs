//! Cutting lines and areas to the square of a map, in metres around its middle.

use geo::orient::{Direction, Orient};
use geo::{Area, BooleanOps, Coord, LineString, MultiPolygon, Polygon, Rect, Simplify};

/// What is drawn keeps to its true course within so many metres.
const SIMPLIFIED_M: f64 = 0.5;

/// Areas smaller than this, in square metres, are nothing but rounding.
const LEAST_M2: f64 = 0.01;

/// The parts of a line within the square, simplified, are put behind `found`.
pub(super) fn line(line: &[Coord<f64>], half_m: f64, found: &mut Vec<LineString<f64>>) {
    let mut part: Vec<Coord<f64>> = Vec::new();
    let mut finish = |part: &mut Vec<Coord<f64>>| {
        part.dedup();
        if part.len() > 1 {
            found.push(LineString::new(std::mem::take(part)).simplify(SIMPLIFIED_M));
        }
        part.clear();
    };
    for edge in line.windows(2) {
        let Some((from, to)) = edge_within(edge[0], edge[1], half_m) else {
            finish(&mut part);
            continue;
        };
        if part.last() != Some(&from) {
            finish(&mut part);
            part.push(from);
        }
        part.push(to);
    }
    finish(&mut part);
}

/// The part of an edge within the square, after Liang and Barsky ("A new concept and method for
/// line clipping", ACM Transactions on Graphics 3(1), 1984). An end inside stays as it is, to
/// the last bit.
fn edge_within(from: Coord<f64>, to: Coord<f64>, half_m: f64) -> Option<(Coord<f64>, Coord<f64>)> {
    let step = to - from;
    let (mut enters, mut leaves) = (0.0_f64, 1.0_f64);
    for (along, room) in [
        (-step.x, from.x + half_m),
        (step.x, half_m - from.x),
        (-step.y, from.y + half_m),
        (step.y, half_m - from.y),
    ] {
        if along == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if along < 0.0 {
            enters = enters.max(room / along);
        } else {
            leaves = leaves.min(room / along);
        }
    }
    let at = |share: f64| from + step * share;
    (enters <= leaves).then(|| {
        (
            if enters > 0.0 { at(enters) } else { from },
            if leaves < 1.0 { at(leaves) } else { to },
        )
    })
}

/// The parts of areas within the square, simplified.
pub(super) fn areas(areas: &MultiPolygon<f64>, half_m: f64) -> Vec<Polygon<f64>> {
    let mut found = Vec::new();
    for polygon in areas {
        area(polygon, |c| c, half_m, &mut found);
    }
    found
}

/// The parts of an area within the square, simplified, are put behind `found`; `to_metres` is
/// the way of its positions into the square.
pub(super) fn area(
    area: &Polygon<f64>,
    to_metres: impl Fn(Coord<f64>) -> Coord<f64>,
    half_m: f64,
    found: &mut Vec<Polygon<f64>>,
) {
    let mut is_cut = false;
    let mut ring = |ring: &LineString<f64>| {
        let metres: Vec<Coord<f64>> = ring.0.iter().map(|c| to_metres(*c)).collect();
        let is_inside = |c: &Coord<f64>| c.x.abs() <= half_m && c.y.abs() <= half_m;
        if metres.iter().all(is_inside) {
            return metres;
        }
        is_cut = true;
        near_part(metres, half_m + 1.0)
    };
    let exterior = ring(area.exterior());
    if exterior.len() < 3 {
        return;
    }
    let interiors: Vec<LineString<f64>> = area
        .interiors()
        .iter()
        .map(&mut ring)
        .filter(|hole| hole.len() > 2)
        .map(LineString::new)
        .collect();
    let near = Polygon::new(LineString::new(exterior), interiors);
    let parts = if is_cut {
        let corner = Coord {
            x: half_m,
            y: half_m,
        };
        let square = Rect::new(corner * -1.0, corner).to_polygon();
        // An intersection goes by the direction of rings, which files leave to chance.
        square.intersection(&near.orient(Direction::Default)).0
    } else {
        vec![near]
    };
    for part in parts {
        // What is smaller than the tolerance would be simplified away.
        let simple = part.simplify(SIMPLIFIED_M);
        let part = if simple.unsigned_area() > part.unsigned_area() / 2.0 {
            simple
        } else {
            part
        };
        if part.unsigned_area() >= LEAST_M2 {
            found.push(part);
        }
    }
}

/// The part of a ring within a square, after Sutherland and Hodgman ("Reentrant polygon
/// clipping", Communications of the ACM 17(1), 1974). A ring that leaves the square several times
/// goes along its edge in between. It makes a small ring of that round a whole forest, which
/// then is cut properly.
fn near_part(ring: Vec<Coord<f64>>, half_m: f64) -> Vec<Coord<f64>> {
    let sides: [fn(Coord<f64>) -> f64; 4] = [|c| c.x, |c| -c.x, |c| c.y, |c| -c.y];
    sides.into_iter().fold(ring, |ring, side| {
        let mut kept = Vec::with_capacity(ring.len().min(4096));
        let Some(mut before) = ring.last().copied() else {
            return kept;
        };
        for here in ring {
            let (was, is) = (half_m - side(before), half_m - side(here));
            if (was < 0.0) != (is < 0.0) {
                kept.push(before + (here - before) * (was / (was - is)));
            }
            if is >= 0.0 {
                kept.push(here);
            }
            before = here;
        }
        kept
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn c(x: f64, y: f64) -> Coord<f64> {
        Coord { x, y }
    }

    #[test]
    fn a_line_is_cut_where_it_leaves_and_begins_anew_where_it_comes_back() {
        let mut found = Vec::new();
        let zigzag = [
            c(-20.0, 0.0),
            c(0.0, 0.0),
            c(20.0, 5.0),
            c(20.0, 8.0),
            c(0.0, 8.0),
        ];
        line(&zigzag, 10.0, &mut found);
        let expected: [LineString<f64>; 2] = [
            LineString::new(vec![c(-10.0, 0.0), c(0.0, 0.0), c(10.0, 2.5)]),
            LineString::new(vec![c(10.0, 8.0), c(0.0, 8.0)]),
        ];
        assert_eq!(found, expected);
        found.clear();
        line(&[c(-30.0, 0.0), c(0.0, 30.0)], 10.0, &mut found);
        line(&[c(11.0, 0.0), c(11.0, 5.0)], 10.0, &mut found);
        line(&[c(3.0, 3.0), c(3.0, 3.0)], 10.0, &mut found);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn an_area_is_cut_exactly_and_falls_apart_where_it_leaves() {
        let comb = Polygon::new(
            LineString::from(vec![
                (-5.0, -5.0),
                (40.0, -5.0),
                (40.0, 5.0),
                (-5.0, 5.0),
                (-5.0, 2.0),
                (30.0, 2.0),
                (30.0, -2.0),
                (-5.0, -2.0),
            ]),
            vec![],
        );
        let parts = areas(&comb.into(), 10.0);
        assert_eq!(parts.len(), 2);
        let area: f64 = parts.iter().map(Area::unsigned_area).sum();
        assert!((area - 2.0 * 15.0 * 3.0).abs() < 1e-6, "{area}");
    }

    #[test]
    fn a_forest_around_everything_is_the_square_with_its_clearing() {
        let forest = Rect::new(c(-9000.0, -9000.0), c(9000.0, 9000.0)).to_polygon();
        let clearing = Rect::new(c(-2.0, -2.0), c(4.0, 4.0)).to_polygon();
        let holed = Polygon::new(forest.exterior().clone(), vec![clearing.exterior().clone()]);
        let parts = areas(&holed.into(), 10.0);
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].interiors().len(), 1);
        assert!((parts[0].unsigned_area() - (400.0 - 36.0)).abs() < 1e-6);
        let far = Rect::new(c(11.0, 0.0), c(12.0, 1.0)).to_polygon();
        assert!(areas(&far.into(), 10.0).is_empty());
    }

    #[test]
    fn small_things_stay_and_fine_detail_goes() {
        let hut = Rect::new(c(0.0, 0.0), c(0.4, 0.4)).to_polygon();
        assert_eq!(areas(&hut.into(), 10.0).len(), 1);
        let wavy: Vec<(f64, f64)> = (0..100)
            .map(|i| (f64::from(i) / 10.0, f64::from(i % 2) * 0.2))
            .chain([(9.9, 9.0), (0.0, 9.0)])
            .collect();
        let parts = areas(&Polygon::new(LineString::from(wavy), vec![]).into(), 10.0);
        assert!(parts[0].exterior().0.len() < 8, "{parts:?}");
    }
}
