//! Which pixels of a picture have their middle in an area.

use crate::georef::ceil_to_u32;
use geo::{Line, LinesIter, MultiPolygon};

/// For each pixel, row by row, whether its middle lies in the area: inside of an odd number of
/// its rings. The area is in pixels, (0, 0) the outer corner of the first.
pub(super) fn fill(area: &MultiPolygon<f64>, width: u32, height: u32) -> Vec<bool> {
    let mut filled = vec![false; (width * height) as usize];
    let mut crossings: Vec<Vec<f64>> = vec![Vec::new(); height as usize];
    for Line { start, end } in area.lines_iter() {
        let (upper, lower) = if start.y <= end.y {
            (start, end)
        } else {
            (end, start)
        };
        // Rows whose middle lies from `upper`, itself included, to `lower`, itself not.
        let first = ceil_to_u32(upper.y - 0.5);
        let behind = ceil_to_u32(lower.y - 0.5).min(height);
        for row in first..behind {
            let share = (f64::from(row) + 0.5 - upper.y) / (lower.y - upper.y);
            crossings[row as usize].push(upper.x + share * (lower.x - upper.x));
        }
    }
    for (row, mut at) in (0..).zip(crossings) {
        at.sort_by(f64::total_cmp);
        for pair in at.chunks_exact(2) {
            let first = ceil_to_u32(pair[0] - 0.5);
            let behind = ceil_to_u32(pair[1] - 0.5).min(width);
            for col in first..behind {
                filled[(row * width + col) as usize] = true;
            }
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{BooleanOps, Rect};

    #[test]
    fn middles_count_and_holes_do_not() {
        let outer = Rect::new((0.6, 0.4), (4.6, 9.0)).to_polygon();
        let hole = Rect::new((1.9, 1.0), (3.2, 2.0)).to_polygon();
        let filled = fill(&outer.difference(&hole), 5, 3);
        let rows: Vec<String> = filled
            .chunks(5)
            .map(|row| row.iter().map(|f| if *f { '#' } else { '.' }).collect())
            .collect();
        assert_eq!(rows, [".####", ".#.##", ".####"]);
    }
}
