//! The union of polygons whose rings turn as chance has it.

use geo::orient::{Direction, Orient};
use geo::{MultiPolygon, Polygon};

/// The union of polygons, in any flat frame, whichever way their rings turn.
///
/// `geo::unary_union` takes the first ring's turn for that of all, and a hole for ground where it turns
/// as its exterior does. Files leave that to chance, and other operations of `geo` give such holes
/// where one touches the exterior.
#[must_use]
pub fn union<'a>(polygons: impl IntoIterator<Item = &'a Polygon<f64>>) -> MultiPolygon<f64> {
    let turned: Vec<Polygon<f64>> = polygons
        .into_iter()
        .map(|polygon| polygon.orient(Direction::Default))
        .collect();
    geo::unary_union(&turned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Area, LineString, coord};

    fn ring(from: f64, to: f64, is_clockwise: bool) -> LineString<f64> {
        let mut corners = vec![
            coord! { x: from, y: from },
            coord! { x: to, y: from },
            coord! { x: to, y: to },
            coord! { x: from, y: to },
            coord! { x: from, y: from },
        ];
        if is_clockwise {
            corners.reverse();
        }
        LineString::new(corners)
    }

    #[test]
    fn holes_stay_holes_whichever_way_rings_turn() {
        for turns in 0..8 {
            let turn = |bit: u8| turns >> bit & 1 == 1;
            let holed = Polygon::new(ring(0.0, 10.0, turn(0)), vec![ring(2.0, 4.0, turn(1))]);
            let apart = Polygon::new(ring(20.0, 21.0, turn(2)), vec![]);
            let area = union([&holed, &apart, &apart]).unsigned_area();
            assert!((area - 97.0).abs() < 1e-9, "{turns}: {area}");
        }
    }
}
