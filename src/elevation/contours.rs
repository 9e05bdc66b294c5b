//! Contour lines by marching squares: where a level crosses the edges of a grid's cells, joined
//! from cell to cell.

use geo::{Coord, LineString};
use std::collections::BTreeMap;

/// No map has more levels; a model with more between its lowest and highest ground is in error.
const MOST_LEVELS: f64 = 500.0;

/// Heights on a square grid, west to east and then south to north; NaN where there is none.
pub(super) struct HeightGrid {
    edge: usize,
    /// The least x and y in metres.
    low: f64,
    step: f64,
    heights: Vec<f64>,
}

/// Which edges of cells a line passes, each with the one or two it goes on to.
type Links = BTreeMap<usize, [Option<usize>; 2]>;

impl HeightGrid {
    /// A grid of `edge` by `edge` samples, which reaches `half_m` to each side.
    pub(super) fn empty(edge: usize, half_m: f64) -> Self {
        let cells = u32::try_from(edge - 1).map_or(1.0, f64::from);
        Self {
            edge,
            low: -half_m,
            step: 2.0 * half_m / cells,
            heights: vec![f64::NAN; edge * edge],
        }
    }

    /// Asks for each height by metres east and north.
    pub(super) fn fill(&mut self, mut height: impl FnMut(f64, f64) -> Option<f64>) {
        for at in 0..self.heights.len() {
            let place = self.place(at);
            self.heights[at] = height(place.x, place.y).unwrap_or(f64::NAN);
        }
    }

    /// Metres between the lowest and the highest ground; `None` where no height is known.
    pub(super) fn relief_m(&self) -> Option<f64> {
        let (low, high) = self.range()?;
        Some(high - low)
    }

    /// Lines at whole multiples of `step_m`, lowest first.
    pub(super) fn contours(&self, step_m: f64) -> Vec<(f64, LineString<f64>)> {
        let mut lines = Vec::new();
        let Some((low, high)) = self.range() else {
            return lines;
        };
        if step_m.is_nan() || step_m <= 0.0 || (high - low) / step_m > MOST_LEVELS {
            return lines;
        }
        let mut level = (low / step_m).ceil() * step_m;
        while level <= high {
            lines.extend(self.level(level).into_iter().map(|line| (level, line)));
            level = ((level / step_m).round() + 1.0) * step_m;
        }
        lines
    }

    fn range(&self) -> Option<(f64, f64)> {
        let known = || self.heights.iter().copied().filter(|h| !h.is_nan());
        let low = known().reduce(f64::min)?;
        Some((low, known().reduce(f64::max)?))
    }

    fn place(&self, at: usize) -> Coord<f64> {
        let metres = |n: usize| self.low + u32::try_from(n).map_or(0.0, f64::from) * self.step;
        Coord {
            x: metres(at % self.edge),
            y: metres(at / self.edge),
        }
    }

    /// The lines of one level.
    fn level(&self, level: f64) -> Vec<LineString<f64>> {
        let mut links = Links::new();
        for y in 0..self.edge - 1 {
            for x in 0..self.edge - 1 {
                self.cross(y * self.edge + x, level, &mut links);
            }
        }
        let mut courses = Vec::new();
        // Lines with ends are begun at one of them; what is left are rings.
        for ends in [true, false] {
            let starts: Vec<usize> = links
                .iter()
                .filter(|(_, next)| !ends || next[1].is_none())
                .map(|(edge, _)| *edge)
                .collect();
            for start in starts {
                if let Some(line) = self.follow(start, level, &mut links) {
                    courses.push(line);
                }
            }
        }
        courses
    }

    /// Links the edges of one cell that the level crosses. Edges are named by the sample at
    /// their western or southern end: twice its number to the east, one more to the north.
    fn cross(&self, at: usize, level: f64, links: &mut Links) {
        let corners = [at, at + 1, at + self.edge + 1, at + self.edge];
        let heights = corners.map(|c| self.heights[c]);
        if heights.iter().any(|h| h.is_nan()) {
            return;
        }
        let above = heights.map(|h| h >= level);
        let [south, east, north, west] =
            [2 * at, 2 * (at + 1) + 1, 2 * (at + self.edge), 2 * at + 1];
        let mut link = |a: usize, b: usize| {
            for (from, to) in [(a, b), (b, a)] {
                let next = links.entry(from).or_default();
                next[usize::from(next[0].is_some())] = Some(to);
            }
        };
        let crossed: Vec<usize> = [
            (south, above[0] != above[1]),
            (east, above[1] != above[2]),
            (north, above[2] != above[3]),
            (west, above[3] != above[0]),
        ]
        .into_iter()
        .filter_map(|(edge, is_crossed)| is_crossed.then_some(edge))
        .collect();
        match crossed[..] {
            [a, b] => link(a, b),
            [_, _, _, _] => {
                // A saddle: its middle says which corners hang together.
                let middle = heights.iter().sum::<f64>() / 4.0;
                if (middle >= level) == above[0] {
                    link(south, east);
                    link(north, west);
                } else {
                    link(west, south);
                    link(east, north);
                }
            }
            _ => {}
        }
    }

    /// Follows a line from one of its edges and takes it out of the links.
    fn follow(&self, start: usize, level: f64, links: &mut Links) -> Option<LineString<f64>> {
        let mut next = links.get(&start)?[0];
        let mut line = vec![self.crossing(start, level)];
        let mut here = start;
        while let Some(edge) = next {
            line.push(self.crossing(edge, level));
            links.remove(&here);
            if edge == start {
                break;
            }
            next = links
                .get(&edge)
                .and_then(|both| both.iter().flatten().copied().find(|e| *e != here));
            here = edge;
        }
        links.remove(&here);
        line.dedup();
        (line.len() > 1).then(|| LineString::new(line))
    }

    /// Where the level crosses an edge.
    fn crossing(&self, edge: usize, level: f64) -> Coord<f64> {
        let from = edge / 2;
        let to = if edge.is_multiple_of(2) {
            from + 1
        } else {
            from + self.edge
        };
        let (a, b) = (self.heights[from], self.heights[to]);
        let share = (level - a) / (b - a);
        let (from, to) = (self.place(from), self.place(to));
        from + (to - from) * share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(height: impl Fn(f64, f64) -> Option<f64>) -> HeightGrid {
        let mut grid = HeightGrid::empty(21, 100.0);
        grid.fill(height);
        grid
    }

    #[test]
    fn a_plane_has_straight_lines_where_its_heights_are_whole() {
        let lines = grid(|x, _| Some(100.0 + x / 10.0)).contours(5.0);
        let levels: Vec<f64> = lines.iter().map(|(level, _)| *level).collect();
        // The lowest level lies on the western edge, where nothing is below it.
        assert_eq!(levels, [95.0, 100.0, 105.0, 110.0]);
        for (level, line) in &lines {
            assert_eq!(line.0.len(), 21);
            let x = (level - 100.0) * 10.0;
            assert!(line.0.iter().all(|c| (c.x - x).abs() < 1e-9), "{level}");
        }
    }

    #[test]
    fn a_cone_has_rings_and_a_gap_opens_them() {
        let cone = |x: f64, y: f64| Some(55.0 - x.hypot(y) / 2.0);
        let rings = grid(cone).contours(20.0);
        let levels = |closed: bool| -> Vec<f64> {
            let these = rings.iter().filter(|(_, l)| l.is_closed() == closed);
            these.map(|(level, _)| *level).collect()
        };
        assert_eq!(levels(true), [20.0, 40.0]);
        // The corners of the square lie below nought.
        assert_eq!(levels(false), [0.0; 4]);
        let (_, ring) = &rings[4];
        assert!(ring.0.iter().all(|c| (c.x.hypot(c.y) - 70.0).abs() < 1.5));
        let gap = grid(|x, y| cone(x, y).filter(|_| x < 35.0 || y.abs() > 12.0));
        let open = gap.contours(20.0);
        assert_eq!(open.iter().filter(|(_, line)| !line.is_closed()).count(), 5);
    }

    #[test]
    fn a_saddle_is_joined_one_way_and_nothing_is_lost() {
        let lines = grid(|x, y| Some(x * y / 100.0 + 0.3)).contours(5.0);
        let at_zero: Vec<_> = lines.iter().filter(|(z, _)| *z == 0.0).collect();
        assert_eq!(at_zero.len(), 2);
    }

    #[test]
    fn no_heights_and_no_step_give_no_lines() {
        assert!(grid(|_, _| None).contours(5.0).is_empty());
        assert!(grid(|_, _| None).relief_m().is_none());
        for step in [0.0, -5.0, f64::NAN, 1e-9] {
            assert!(grid(|x, _| Some(x)).contours(step).is_empty());
        }
    }
}
