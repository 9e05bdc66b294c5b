//! Tiny masks for tests: painted as text, traced in one go or in strips, checked by flood fill;
//! and detections.

use std::ops::Range;

use geo::{Coord, LineString, MultiPolygon, Polygon, Rect};
use proptest::prelude::*;

use crate::pipeline::fuse::{
    Cell, CellBounds, Component, CutEdges, Detection, Outline, RunRows, Strip, StripTracer, Vertex,
};

/// A grid of labels, `[row, col]`.
#[derive(Clone, Debug)]
pub(crate) struct Mask {
    pub(crate) width: usize,
    pub(crate) labels: Vec<u8>,
}

/// Classes of every test mask, the background included.
pub(crate) const CLASSES: usize = 4;
/// Scores that make a cell sure, by class.
const PEAKS: [u16; CLASSES] = [0, 0, 30_000, 65_000];

/// Paints a mask: lines are rows, `#` is class 1, digits are classes, anything else is nothing.
pub(crate) fn mask(picture: &str) -> Mask {
    let rows: Vec<&str> = picture.split_whitespace().collect();
    let label = |cell: u8| match cell {
        b'#' => 1,
        b'1'..=b'9' => cell - b'0',
        _ => 0,
    };
    let mask = Mask {
        width: rows[0].len(),
        labels: rows.iter().flat_map(|row| row.bytes().map(label)).collect(),
    };
    assert!(rows.iter().all(|row| row.len() == mask.width));
    mask
}

/// Any mask of up to 14 x 14 cells and three classes, from sparse to nearly full.
pub(crate) fn any_mask() -> impl Strategy<Value = Mask> {
    let size = (1usize..15, 1usize..15);
    let mix = prop_oneof![
        Just([1, 0, 0, 0]),
        Just([1, 2, 0, 0]),
        Just([1, 1, 1, 0]),
        Just([1, 1, 2, 3])
    ];
    (size, mix).prop_flat_map(|((width, height), mix)| {
        let label = (0usize..4).prop_map(move |index| mix[index]);
        proptest::collection::vec(label, width * height)
            .prop_map(move |labels| Mask { width, labels })
    })
}

/// Masks of one class made of smooth shapes, whose outlines have long steps.
pub(crate) fn any_blobs() -> impl Strategy<Value = Mask> {
    let disc = (0.0..40.0, 0.0..40.0, 0.5..14.0, 0.3..3.0, any::<bool>());
    proptest::collection::vec(disc, 1..7).prop_map(|discs: Vec<(f64, f64, f64, f64, bool)>| {
        let label = |row: u8, col: u8| {
            let (x, y) = (f64::from(col) + 0.5, f64::from(row) + 0.5);
            let inside = |&&(cx, cy, radius, stretch, _): &&(f64, f64, f64, f64, bool)| {
                // Slanted ellipses, so that all slopes occur.
                let (u, v) = (x - cx + 0.6 * (y - cy), (y - cy) * stretch);
                u * u + v * v < radius * radius
            };
            // Some shapes punch holes into those before them.
            discs.iter().rev().find(inside).is_some_and(|disc| disc.4)
        };
        let cells = (0..40).flat_map(|row| (0..40).map(move |col| (row, col)));
        Mask {
            width: 40,
            labels: cells.map(|(row, col)| u8::from(label(row, col))).collect(),
        }
    })
}

impl Mask {
    pub(crate) fn height(&self) -> usize {
        self.labels.len() / self.width
    }

    pub(crate) fn label(&self, row: usize, col: usize) -> u8 {
        self.labels[row * self.width + col]
    }

    /// Some probability that differs from cell to cell and class to class.
    fn probability(index: usize, class: usize) -> u16 {
        u16::try_from((index * 7919 + class * 104_729) % 65_536).unwrap()
    }

    /// A strip of some rows, read in two pieces cut at column `cut`.
    pub(crate) fn strip(&self, rows: Range<usize>, cut: usize) -> Strip {
        let first_row = u32::try_from(rows.start).unwrap();
        let mut tracer = StripTracer::new(u32::try_from(self.width).unwrap(), first_row, CLASSES);
        for row in rows {
            let cells = row * self.width..(row + 1) * self.width;
            let planes: Vec<Vec<u16>> = (0..CLASSES)
                .map(|class| cells.clone().map(|c| Self::probability(c, class)).collect())
                .collect();
            let labels = &self.labels[cells];
            let piece = |cols: Range<usize>| {
                let mut piece = RunRows::with_peaks(PEAKS.to_vec());
                let planes: Vec<&[u16]> = planes.iter().map(|p| &p[cols.clone()]).collect();
                let x = u32::try_from(cols.start).unwrap();
                piece.push_row(x, &labels[cols], &planes);
                piece
            };
            let cut = cut.min(self.width);
            let pieces = [piece(0..cut), piece(cut..self.width)];
            tracer.push_row(pieces.iter().map(|piece| piece.row(0)));
        }
        tracer.finish()
    }

    /// All components, traced in one go.
    pub(crate) fn trace(&self) -> Vec<Component> {
        self.strip(0..self.height(), self.width).seal()
    }

    /// Row and column of each cell of each component, by flood fill, in canonical order.
    pub(crate) fn flood_fill(&self) -> Vec<Vec<(usize, usize)>> {
        let mut seen = vec![false; self.labels.len()];
        let mut components = Vec::new();
        for start in 0..self.labels.len() {
            let class = self.labels[start];
            if class == 0 || std::mem::replace(&mut seen[start], true) {
                continue;
            }
            let mut cells = Vec::new();
            let mut reached = vec![start];
            while let Some(at) = reached.pop() {
                let (row, col) = (at / self.width, at % self.width);
                cells.push((row, col));
                let mut visit = |is_inside: bool, neighbour: usize| {
                    if is_inside && self.labels[neighbour] == class && !seen[neighbour] {
                        seen[neighbour] = true;
                        reached.push(neighbour);
                    }
                };
                visit(row > 0, at.wrapping_sub(self.width));
                visit(row + 1 < self.height(), at + self.width);
                visit(col > 0, at.wrapping_sub(1));
                visit(col + 1 < self.width, at + 1);
            }
            components.push(cells);
        }
        components
    }

    /// What a component of these cells must be, without its rings.
    pub(crate) fn expected(&self, cells: &[(usize, usize)]) -> Component {
        let number = |value: usize| u32::try_from(value).unwrap();
        let (row, col) = cells[0];
        let class = self.label(row, col);
        let values = |plane: usize| {
            cells
                .iter()
                .map(move |(row, col)| Self::probability(row * self.width + col, plane))
        };
        let rows = || cells.iter().map(|cell| number(cell.0));
        let cols = || cells.iter().map(|cell| number(cell.1));
        Component {
            class,
            cells: cells.len().try_into().unwrap(),
            score_max: values(usize::from(class)).max().unwrap(),
            sure: values(usize::from(class))
                .filter(|score| *score >= PEAKS[usize::from(class)])
                .count()
                .try_into()
                .unwrap(),
            evidence: (0..CLASSES)
                .map(|plane| values(plane).map(u64::from).sum())
                .collect(),
            first: Cell {
                row: number(row),
                col: number(col),
            },
            bounds: CellBounds {
                min_row: rows().min().unwrap(),
                max_row: rows().max().unwrap(),
                min_col: cols().min().unwrap(),
                max_col: cols().max().unwrap(),
            },
            rings: Vec::new(),
            touches: self.touches(cells),
        }
    }

    /// Corners where one of `cells` meets a cell of its class only diagonally, in order.
    fn touches(&self, cells: &[(usize, usize)]) -> Vec<Vertex> {
        let class = self.label(cells[0].0, cells[0].1);
        let is_class = |y: usize, x: usize| {
            (1..=self.height()).contains(&y)
                && (1..=self.width).contains(&x)
                && self.label(y - 1, x - 1) == class
        };
        let mut touches = Vec::new();
        for y in 0..=self.height() {
            for x in 0..=self.width {
                let around = [(y, x), (y, x + 1), (y + 1, x), (y + 1, x + 1)];
                let [nw, ne, sw, se] = around.map(|(y, x)| is_class(y, x));
                let diagonal = nw == se && ne == sw && nw != ne;
                let own = around.iter().any(|&(y, x)| {
                    y > 0 && x > 0 && is_class(y, x) && cells.contains(&(y - 1, x - 1))
                });
                if diagonal && own {
                    touches.push(Vertex {
                        y: y.try_into().unwrap(),
                        x: x.try_into().unwrap(),
                    });
                }
            }
        }
        touches
    }
}

/// Twice the signed area of a ring in lattice coordinates (`y` down).
pub(crate) fn doubled_area(ring: &[Vertex]) -> i64 {
    let following = ring.iter().cycle().skip(1);
    let terms = ring.iter().zip(following).map(|(from, to)| {
        i64::from(from.x) * i64::from(to.y) - i64::from(to.x) * i64::from(from.y)
    });
    terms.sum()
}

/// A box of class 1.
pub(crate) fn boxed(score: u16, left: f64, top: f64, right: f64, bottom: f64) -> Detection {
    Detection {
        class: 1,
        score,
        class_scores: vec![score],
        outline: Outline::Box(Rect::new([left, top], [right, bottom])),
        cut: CutEdges::default(),
        n_detections: 1,
        is_seen: true,
    }
}

/// A convex quadrilateral in any position and of any turn, some of them turned boxes.
pub(crate) fn any_quad() -> impl Strategy<Value = [Coord<f64>; 4]> {
    let place = (0.0..40.0, 0.0..40.0, 0.5..14.0, 0.5..14.0, 0.0..6.3_f64);
    let shares = [0.2..1.0, 0.2..1.0, 0.2..1.0, 0.2..1.0];
    (place, shares, any::<bool>(), any::<bool>()).prop_map(
        |((x, y, width, height, angle), shares, is_box, is_reversed)| {
            // Corners on the four half axes of a slanted cross are convex whatever the lengths.
            let arms = if is_box { [1.0; 4] } else { shares };
            let arm = [[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]];
            let mut quad = [0, 1, 2, 3].map(|index| {
                let [u, v] =
                    [arm[index][0] * width, arm[index][1] * height].map(|a| a * arms[index]);
                Coord {
                    x: x + u * angle.cos() - v * angle.sin(),
                    y: y + u * angle.sin() + v * angle.cos(),
                }
            });
            if is_reversed {
                quad.reverse();
            }
            quad
        },
    )
}

/// Detections of two classes that often overlap: boxes, quadrilaterals or both, some alike, some
/// without area, some cut.
pub(crate) fn any_detections() -> impl Strategy<Value = Vec<Detection>> {
    let scale = proptest::sample::select(vec![1.0, 1.0, 1.0, 0.25, 8.0]);
    let upright = ([0..40_i32, 0..40, 0..16, 0..16], scale);
    let upright = upright.prop_map(|(numbers, scale)| {
        let [left, top, width, height] = numbers.map(f64::from);
        let (right, bottom) = (left + scale * width, top + scale * height);
        Outline::Box(Rect::new([left, top], [right, bottom]))
    });
    let outline = prop_oneof![upright, any_quad().prop_map(Outline::Quad)];
    let cut = any::<[bool; 4]>().prop_map(|[left, top, right, bottom]| CutEdges {
        left,
        top,
        right,
        bottom,
    });
    let detection = (1..3_u8, 0..6_u16, outline, cut, 1..4_u32);
    let detection = detection.prop_map(|(class, score, outline, cut, n_detections)| Detection {
        class,
        score,
        class_scores: vec![score, score / 2],
        outline,
        cut,
        n_detections,
        is_seen: true,
    });
    proptest::collection::vec(detection, 0..60)
}

/// Any numbers, infinite and undefined ones among them, as outlines of each kind.
pub(crate) fn any_wild_outline() -> impl Strategy<Value = Outline> {
    let number = prop_oneof![any::<f64>(), proptest::num::f64::ANY, -2.0..2.0];
    let coord = (number.clone(), number).prop_map(|(x, y)| Coord { x, y });
    let coords = [coord.clone(), coord.clone(), coord.clone(), coord];
    (coords, 0..3_u8).prop_map(|(coords, kind)| match kind {
        0 => Outline::Box(Rect::new(coords[0], coords[1])),
        1 => Outline::Quad(coords),
        _ => {
            let ring = LineString::from(coords.to_vec());
            Outline::Polygon(MultiPolygon::from(Polygon::new(ring, Vec::new())))
        }
    })
}
