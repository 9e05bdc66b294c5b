//! The area of interest as a mask over grid pixels.

use crate::georef::{Window, ceil_to_u32, floor_to_u32};
use geo::MultiPolygon;

/// Rows of the grid that share a list of edges.
const BAND_ROWS: u32 = 256;

/// How an area covers a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cover {
    /// Not at all.
    None,
    /// Wholly.
    All,
    /// In part: 1 inside, 0 outside, `[row, col]` over the window.
    Part(Vec<u8>),
}

impl Cover {
    /// Whether a pixel of the window is covered, by its place in `[row, col]` order.
    #[must_use]
    pub fn has(&self, index: usize) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Part(mask) => mask[index] == 1,
        }
    }
}

/// Polygons over grid pixels, prepared for looking up windows. A pixel is inside
/// when its centre is; areas that overlap count once.
#[derive(Debug, Clone)]
pub struct AoiMask {
    bands: Vec<Vec<Edge>>,
}

#[derive(Debug, Clone, Copy)]
struct Edge {
    polygon: u32,
    x0: f64,
    y0: f64,
    x1: f64,
    y1: f64,
}

impl AoiMask {
    /// Prepares polygons given in grid pixels, over a grid of `height` rows.
    #[must_use]
    pub fn new(polygons: &MultiPolygon<f64>, height: u32) -> Self {
        let mut bands = vec![Vec::new(); height.div_ceil(BAND_ROWS) as usize];
        for (index, polygon) in polygons.iter().enumerate() {
            let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
            for line in rings.flat_map(geo::LineString::lines) {
                let (a, b) = if line.start.y <= line.end.y {
                    (line.start, line.end)
                } else {
                    (line.end, line.start)
                };
                if a.y < b.y && b.y > 0.0 && a.y < f64::from(height) {
                    let edge = Edge {
                        polygon: u32::try_from(index).unwrap_or(u32::MAX),
                        x0: a.x,
                        y0: a.y,
                        x1: b.x,
                        y1: b.y,
                    };
                    let from = floor_to_u32(a.y) / BAND_ROWS;
                    let to = floor_to_u32(b.y.min(f64::from(height) - 0.5)) / BAND_ROWS;
                    for band in &mut bands[from as usize..=to as usize] {
                        band.push(edge);
                    }
                }
            }
        }
        Self { bands }
    }

    /// How the area covers a window of the grid.
    #[must_use]
    pub fn cover(&self, window: Window) -> Cover {
        let width = window.width as usize;
        let mut mask = vec![0_u8; width * window.height as usize];
        let mut crossings: Vec<(u32, f64)> = Vec::new();
        for (row, line) in (window.row_off..window.row_end()).zip(mask.chunks_exact_mut(width)) {
            let y = f64::from(row) + 0.5;
            crossings.clear();
            crossings.extend(
                self.bands
                    .get((row / BAND_ROWS) as usize)
                    .into_iter()
                    .flatten()
                    .filter(|e| e.y0 <= y && y < e.y1)
                    .map(|e| (e.polygon, e.x0 + (y - e.y0) / (e.y1 - e.y0) * (e.x1 - e.x0))),
            );
            crossings.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            for pair in crossings.chunks_exact(2) {
                let column = |x: f64| {
                    ceil_to_u32(x - 0.5).clamp(window.col_off, window.col_end()) - window.col_off
                };
                line[column(pair[0].1) as usize..column(pair[1].1) as usize].fill(1);
            }
        }
        match (mask.contains(&1), mask.contains(&0)) {
            (false, _) => Cover::None,
            (true, false) => Cover::All,
            (true, true) => Cover::Part(mask),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Contains, Point, polygon};
    use proptest::prelude::*;

    fn window(col_off: u32, row_off: u32, width: u32, height: u32) -> Window {
        Window {
            col_off,
            row_off,
            width,
            height,
        }
    }

    #[test]
    fn rectangle_covers_its_pixels() {
        let area = MultiPolygon::from(
            polygon![(x: 2.0, y: 1.0), (x: 5.0, y: 1.0), (x: 5.0, y: 300.0), (x: 2.0, y: 300.0)],
        );
        let mask = AoiMask::new(&area, 400);
        assert_eq!(mask.cover(window(2, 1, 3, 299)), Cover::All);
        assert_eq!(mask.cover(window(5, 0, 4, 4)), Cover::None);
        assert_eq!(
            mask.cover(window(1, 299, 3, 2)),
            Cover::Part(vec![0, 1, 1, 0, 0, 0])
        );
    }

    proptest! {
        #[test]
        fn agrees_with_a_point_test(points in prop::collection::vec((0.0..40.0f64, 0.0..40.0f64), 3..9)) {
            let ring: Vec<(f64, f64)> = points;
            // Star-shaped about its centre, so that the ring does not cross itself.
            let (cx, cy) = (20.0, 20.0);
            let mut ring = ring;
            ring.sort_by(|a, b| (a.1 - cy).atan2(a.0 - cx).total_cmp(&(b.1 - cy).atan2(b.0 - cx)));
            let polygon = geo::Polygon::new(ring.into(), vec![]);
            let mask = AoiMask::new(&polygon.clone().into(), 40);
            let whole = match mask.cover(window(0, 0, 40, 40)) {
                Cover::None => vec![0; 1600],
                Cover::All => vec![1; 1600],
                Cover::Part(m) => m,
            };
            for row in 0..40_u32 {
                for col in 0..40_u32 {
                    let centre = Point::new(f64::from(col) + 0.5, f64::from(row) + 0.5);
                    let inside = polygon.contains(&centre);
                    prop_assert_eq!(whole[(row * 40 + col) as usize] == 1, inside);
                }
            }
        }
    }
}
