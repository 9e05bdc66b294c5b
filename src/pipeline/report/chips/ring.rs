//! Polygons with holes as single rings, for label formats that know no holes.

use geo::{Coord, LineString, Polygon};

/// The polygon as one ring, not closed: each hole is joined to what lies around it by a cut
/// of no width, gone through there and back. The ring encloses the same area.
pub(super) fn single_ring(polygon: &Polygon<f64>) -> Vec<Coord<f64>> {
    let mut ring = open(polygon.exterior());
    let mut holes: Vec<Hole> = polygon
        .interiors()
        .iter()
        .map(open)
        .filter(|h| h.len() > 2)
        .map(|ring| Hole {
            ring,
            nearest: Cut::none(),
        })
        .collect();
    for hole in &mut holes {
        hole.look_at(&edges(&ring).collect::<Vec<_>>());
    }
    // The nearest hole first: nothing can lie between it and the ring, so no cut crosses
    // another hole or another cut.
    while let Some(index) = (0..holes.len()).min_by(|a, b| {
        let length = |i: usize| holes[i].nearest.length2;
        length(*a).total_cmp(&length(*b))
    }) {
        let hole = holes.swap_remove(index);
        let added = join(&mut ring, &hole);
        for other in &mut holes {
            other.look_at(&added);
        }
    }
    ring
}

/// A hole that is not joined yet, and its shortest way to the ring.
struct Hole {
    ring: Vec<Coord<f64>>,
    nearest: Cut,
}

/// A straight way from a place on the ring to one on a hole.
#[derive(Clone, Copy)]
struct Cut {
    on_ring: Coord<f64>,
    on_hole: Coord<f64>,
    length2: f64,
}

impl Cut {
    fn none() -> Self {
        let nowhere = Coord { x: 0.0, y: 0.0 };
        Self {
            on_ring: nowhere,
            on_hole: nowhere,
            length2: f64::INFINITY,
        }
    }
}

impl Hole {
    /// Takes edges of the ring into account. Two lines that do not cross are nearest at an
    /// end of one of them.
    fn look_at(&mut self, ring: &[[Coord<f64>; 2]]) {
        for [a, b] in ring {
            for (i, corner) in self.ring.iter().enumerate() {
                let next = self.ring[(i + 1) % self.ring.len()];
                for (on_ring, on_hole) in [
                    (nearest(*corner, [*a, *b]), *corner),
                    (*a, nearest(*a, [*corner, next])),
                ] {
                    let length2 = distance2(on_ring, on_hole);
                    if length2 < self.nearest.length2 {
                        self.nearest = Cut {
                            on_ring,
                            on_hole,
                            length2,
                        };
                    }
                }
            }
        }
    }
}

/// Puts the way round a hole into the ring; gives the edges that are new in it.
fn join(ring: &mut Vec<Coord<f64>>, hole: &Hole) -> Vec<[Coord<f64>; 2]> {
    let Cut {
        on_ring, on_hole, ..
    } = hole.nearest;
    let at = edge_of(ring, on_ring);
    let start = edge_of(&hole.ring, on_hole);
    let mut way = vec![on_ring, on_hole];
    way.extend((1..=hole.ring.len()).map(|i| hole.ring[(start + i) % hole.ring.len()]));
    way.extend([on_hole, on_ring]);
    way.dedup();
    let added = way.windows(2).map(|pair| [pair[0], pair[1]]).collect();
    let rest = ring.split_off(at + 1);
    ring.extend(way);
    ring.extend(rest);
    added
}

/// The edge on which a place lies: that after corner `i`.
fn edge_of(ring: &[Coord<f64>], place: Coord<f64>) -> usize {
    let away = |edge: [Coord<f64>; 2]| distance2(place, nearest(place, edge));
    edges(ring)
        .enumerate()
        .min_by(|a, b| away(a.1).total_cmp(&away(b.1)))
        .map_or(0, |(i, _)| i)
}

fn edges(ring: &[Coord<f64>]) -> impl Iterator<Item = [Coord<f64>; 2]> + '_ {
    (0..ring.len()).map(|i| [ring[i], ring[(i + 1) % ring.len()]])
}

fn nearest(place: Coord<f64>, [a, b]: [Coord<f64>; 2]) -> Coord<f64> {
    let along = b - a;
    let length2 = along.x * along.x + along.y * along.y;
    let from = place - a;
    let share = if length2 > 0.0 {
        ((from.x * along.x + from.y * along.y) / length2).clamp(0.0, 1.0)
    } else {
        0.0
    };
    a + along * share
}

fn distance2(a: Coord<f64>, b: Coord<f64>) -> f64 {
    (a.x - b.x).powi(2) + (a.y - b.y).powi(2)
}

fn open(ring: &LineString<f64>) -> Vec<Coord<f64>> {
    let mut corners = ring.0.clone();
    if corners.len() > 1 && corners.first() == corners.last() {
        corners.pop();
    }
    corners
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::georef::Window;
    use crate::pipeline::chip::{AoiMask, Cover};
    use geo::{MultiPolygon, Rect, Translate};

    fn square(x: f64, y: f64, edge: f64) -> LineString<f64> {
        let corner = Coord { x, y };
        let other = Coord {
            x: x + edge,
            y: y + edge,
        };
        Rect::new(corner, other).to_polygon().exterior().clone()
    }

    fn pixels(polygon: Polygon<f64>) -> Cover {
        let window = Window {
            col_off: 0,
            row_off: 0,
            width: 60,
            height: 60,
        };
        AoiMask::new(&MultiPolygon(vec![polygon]), 60).cover(window)
    }

    #[test]
    fn holes_stay_holes() {
        // In a row, so that the way to the second one leads past the first.
        let holes = vec![
            square(10.0, 10.0, 5.0),
            square(20.0, 11.0, 3.0),
            square(25.0, 9.0, 20.0),
            square(3.0, 40.0, 10.0),
        ];
        let whole = Polygon::new(square(2.0, 2.0, 50.0), holes);
        let ring = single_ring(&whole);
        let one = Polygon::new(LineString(ring), vec![]);
        assert_eq!(pixels(whole), pixels(one));
    }

    #[test]
    fn many_holes_of_any_place_stay_holes() {
        let holes: Vec<_> = (0..49_u32)
            .map(|i| {
                let (col, row) = (f64::from(i % 7), f64::from(i / 7));
                square(3.0 + 7.0 * col, 3.0 + 7.0 * row, 1.0 + f64::from(i % 5))
                    .translate(f64::from(i % 2), 0.0)
            })
            .collect();
        let whole = Polygon::new(square(1.0, 1.0, 55.0), holes);
        let one = Polygon::new(LineString(single_ring(&whole)), vec![]);
        assert_eq!(pixels(whole), pixels(one));
    }

    #[test]
    fn without_holes_nothing_changes() {
        let ring = single_ring(&Polygon::new(square(0.0, 0.0, 4.0), vec![]));
        assert_eq!(ring.len(), 4);
    }
}
