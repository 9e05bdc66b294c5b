//! Areas of quadrilaterals and of what two of them share, on arrays.

use geo::Coord;

/// Most corners that a quadrilateral can get from four cuts, even one that is not convex: a cut
/// of `n` corners keeps some and adds one per crossing, `3 n / 2` at most: 4, 6, 9, 13, 19.
const MOST_CORNERS: usize = 20;

/// Area between corners, positive if they turn from x to y.
pub(super) fn signed_area(corners: &[Coord<f64>]) -> f64 {
    let Some((&first, others)) = corners.split_first() else {
        return 0.0;
    };
    // From the first corner, since coordinates far from 0 would cost digits.
    let triangle = |pair: &[Coord<f64>]| cross(pair[0] - first, pair[1] - first);
    others.windows(2).map(triangle).sum::<f64>() / 2.0
}

/// The area that two convex quadrilaterals share, whichever way they turn: one is cut along
/// each edge of the other (Sutherland and Hodgman). Not a number where numbers overflow.
pub(super) fn shared_area(one: &[Coord<f64>; 4], other: &[Coord<f64>; 4]) -> f64 {
    let origin = other[0];
    let mut window = other.map(|corner| corner - origin);
    if signed_area(&window) < 0.0 {
        window.reverse();
    }
    let mut shape = Corners::new(&one.map(|corner| corner - origin));
    for (index, &start) in window.iter().enumerate() {
        shape = shape.cut(start, window[(index + 1) % window.len()]);
    }
    signed_area(shape.as_slice()).abs()
}

fn cross(one: Coord<f64>, other: Coord<f64>) -> f64 {
    one.x * other.y - one.y * other.x
}

struct Corners {
    corners: [Coord<f64>; MOST_CORNERS],
    len: usize,
}

impl Corners {
    fn new(corners: &[Coord<f64>]) -> Self {
        let mut copy = Self {
            corners: [Coord::default(); MOST_CORNERS],
            len: 0,
        };
        for &corner in corners {
            copy.push(corner);
        }
        copy
    }

    fn as_slice(&self) -> &[Coord<f64>] {
        &self.corners[..self.len]
    }

    fn push(&mut self, corner: Coord<f64>) {
        self.corners[self.len] = corner;
        self.len += 1;
    }

    /// What lies on the side of a line to which x turns towards y.
    fn cut(&self, start: Coord<f64>, end: Coord<f64>) -> Self {
        let side = |corner: Coord<f64>| cross(end - start, corner - start);
        let mut kept = Self::new(&[]);
        let Some(&last) = self.as_slice().last() else {
            return kept;
        };
        let (mut before, mut side_before) = (last, side(last));
        for &corner in self.as_slice() {
            let side_here = side(corner);
            if (side_before >= 0.0) != (side_here >= 0.0) {
                let share = side_before / (side_before - side_here);
                kept.push(before + (corner - before) * share);
            }
            if side_here >= 0.0 {
                kept.push(corner);
            }
            (before, side_before) = (corner, side_here);
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use geo::{Area, BooleanOps, LineString, Polygon};
    use proptest::prelude::*;

    use super::*;
    use crate::pipeline::fuse::testing::any_quad;

    fn square(x: f64, y: f64, side: f64) -> [Coord<f64>; 4] {
        [[0.0, 0.0], [side, 0.0], [side, side], [0.0, side]].map(|[dx, dy]| Coord {
            x: x + dx,
            y: y + dy,
        })
    }

    #[test]
    fn squares_share_a_corner_or_an_edge_or_all() {
        let one = square(0.0, 0.0, 4.0);
        let cases = [
            (square(1.0, 2.0, 4.0), 6.0),
            (square(4.0, 0.0, 4.0), 0.0),
            (square(1.0, 1.0, 2.0), 4.0),
            (square(9.0, 9.0, 2.0), 0.0),
            (one, 16.0),
        ];
        for (mut other, expected) in cases {
            assert!((shared_area(&one, &other) - expected).abs() < 1e-12);
            other.reverse();
            assert!((shared_area(&one, &other) - expected).abs() < 1e-12);
            assert!((shared_area(&other, &one) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn an_octagon_is_shared_by_a_square_and_itself_turned() {
        let half = 2.0_f64.sqrt();
        let diamond = [[half, 0.0], [0.0, half], [-half, 0.0], [0.0, -half]];
        let diamond = diamond.map(|[x, y]| Coord { x, y });
        let expected = 8.0 * (half - 1.0);
        assert!((shared_area(&square(-1.0, -1.0, 2.0), &diamond) - expected).abs() < 1e-12);
    }

    #[test]
    fn what_is_not_convex_does_not_overflow_the_array() {
        let bow = [[0.0, 0.0], [9.0, 9.0], [9.0, 0.0], [0.0, 9.0]].map(|[x, y]| Coord { x, y });
        let arrow = [[0.0, 0.0], [9.0, 4.0], [0.0, 8.0], [4.0, 4.0]].map(|[x, y]| Coord { x, y });
        for one in [&bow, &arrow] {
            for other in [&bow, &arrow] {
                assert!(shared_area(one, other).is_finite());
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn areas_are_those_of_geo(one in any_quad(), other in any_quad()) {
            let polygon = |quad: [Coord<f64>; 4]| -> Polygon<f64> {
                Polygon::new(LineString::from(quad.to_vec()), vec![])
            };
            let (area, other_area) = (signed_area(&one).abs(), signed_area(&other).abs());
            let expected = polygon(one).intersection(&polygon(other)).unsigned_area();
            let shared = shared_area(&one, &other);
            // Geo rounds coordinates to a grid, so slivers are measured against the smaller quad.
            let tolerance = 1e-6 * expected.max(area.min(other_area) * 1e-2);
            prop_assert!((shared - expected).abs() <= tolerance, "{shared} {expected}");
            prop_assert!((shared - shared_area(&other, &one)).abs() <= tolerance);
        }
    }
}
