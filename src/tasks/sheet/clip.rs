//! What of a line or an area lies within a square around the origin.

use geo::{Coord, LineString, Polygon};

/// The pieces of a line within the square that reaches `half` to each side, each with two points
/// or more. After Liang and Barsky, 1984.
pub(super) fn line_within(line: &LineString<f64>, half: f64) -> Vec<Vec<Coord<f64>>> {
    let mut pieces: Vec<Vec<Coord<f64>>> = Vec::new();
    let mut open = false;
    for segment in line.lines() {
        let Some((from, to)) = segment_within(segment.start, segment.end, half) else {
            open = false;
            continue;
        };
        if !open || from != segment.start {
            pieces.push(vec![from]);
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(to);
        }
        open = to == segment.end;
    }
    pieces
}

fn segment_within(from: Coord<f64>, to: Coord<f64>, half: f64) -> Option<(Coord<f64>, Coord<f64>)> {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let (mut first, mut last) = (0.0_f64, 1.0_f64);
    // Against the four edges: how fast the segment leaves the square, and what room it has.
    for (speed, room) in [
        (-dx, from.x + half),
        (dx, half - from.x),
        (-dy, from.y + half),
        (dy, half - from.y),
    ] {
        if speed == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if speed < 0.0 {
            first = first.max(room / speed);
        } else {
            last = last.min(room / speed);
        }
    }
    // Also false where a coordinate is no number.
    let inside = first <= last && dx.is_finite() && dy.is_finite();
    let at = |share: f64| Coord {
        x: from.x + dx * share,
        y: from.y + dy * share,
    };
    inside.then(|| {
        let start = if first == 0.0 { from } else { at(first) };
        let end = if last >= 1.0 { to } else { at(last) };
        (start, end)
    })
}

/// The rings of an area within the square, its holes after its outer ring; those that vanish are
/// left out. After Sutherland and Hodgman, 1974: parts of one ring that the square cuts apart stay
/// joined along its edge, where they have no width.
pub(super) fn rings_within(polygon: &Polygon<f64>, half: f64) -> Vec<Vec<Coord<f64>>> {
    std::iter::once(polygon.exterior())
        .chain(polygon.interiors())
        .map(|ring| ring_within(ring, half))
        .filter(|ring| ring.len() >= 3)
        .collect()
}

fn ring_within(ring: &LineString<f64>, half: f64) -> Vec<Coord<f64>> {
    let mut points: Vec<Coord<f64>> = ring.coords().copied().collect();
    if points.iter().any(|c| !(c.x.is_finite() && c.y.is_finite())) {
        return Vec::new();
    }
    if points.first() == points.last() {
        points.pop();
    }
    // Distance to each edge, positive within.
    let edges: [fn(Coord<f64>, f64) -> f64; 4] = [
        |c, half| half - c.x,
        |c, half| half + c.x,
        |c, half| half - c.y,
        |c, half| half + c.y,
    ];
    for room in edges {
        let mut kept = Vec::with_capacity(points.len() + 4);
        for (index, &point) in points.iter().enumerate() {
            let before = points[(index + points.len() - 1) % points.len()];
            let (here, there) = (room(point, half), room(before, half));
            if (here >= 0.0) != (there >= 0.0) {
                let share = there / (there - here);
                kept.push(Coord {
                    x: before.x + (point.x - before.x) * share,
                    y: before.y + (point.y - before.y) * share,
                });
            }
            if here >= 0.0 {
                kept.push(point);
            }
        }
        points = kept;
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Area, Rect, coord, line_string};

    #[test]
    fn lines_are_cut_where_they_leave_and_come_back() {
        let line = line_string![
            (x: -20.0, y: 0.0), (x: 5.0, y: 0.0), (x: 5.0, y: 30.0), (x: 8.0, y: 30.0), (x: 8.0, y: 0.0)
        ];
        let pieces = line_within(&line, 10.0);
        let ends: Vec<_> = pieces
            .iter()
            .map(|piece| (piece[0].x_y(), piece[piece.len() - 1].x_y()))
            .collect();
        assert_eq!(
            ends,
            [((-10.0, 0.0), (5.0, 10.0)), ((8.0, 10.0), (8.0, 0.0))]
        );
        assert!(line_within(&line_string![(x: 11.0, y: 0.0), (x: 12.0, y: 0.0)], 10.0).is_empty());
        let odd = line_string![(x: f64::NAN, y: 0.0), (x: 1.0, y: 0.0)];
        assert!(line_within(&odd, 10.0).is_empty());
    }

    #[test]
    fn areas_are_cut_at_the_edge_of_the_square() {
        let ring = |from: f64, to: f64| {
            let corner = |v| coord! {x: v, y: v};
            Rect::new(corner(from), corner(to)).to_polygon()
        };
        let whole = ring(5.0, 50.0);
        let cut = Polygon::new(rings_within(&whole, 10.0).remove(0).into(), vec![]);
        assert!((cut.unsigned_area() - 25.0).abs() < 1e-9);
        assert!(rings_within(&ring(20.0, 50.0), 10.0).is_empty());
        let around = Polygon::new(
            ring(-50.0, 50.0).exterior().clone(),
            vec![ring(1.0, 2.0).exterior().clone()],
        );
        assert_eq!(rings_within(&around, 10.0).len(), 2);
    }
}
