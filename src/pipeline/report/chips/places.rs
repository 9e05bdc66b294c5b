//! Where training chips are cut: around sites so that all of each is shown, and on ground
//! without sites. Places are windows of the model grid, in grid pixels.

use crate::georef::{Window, round_to_u32};
use geo::{BooleanOps, BoundingRect, MultiPolygon, Rect};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{RTree, RTreeObject};

/// Share of a chip at each edge that is left for what lies around a site.
const CONTEXT: u32 = 8;

/// A background chip shares at most this part of its pixels with another chip.
const MOST_SHARED: f64 = 0.25;

/// The chips of one image, in the order they were placed.
pub(crate) struct Places {
    size: u32,
    extent: (u32, u32),
    tree: RTree<GeomWithData<Rectangle<[f64; 2]>, Window>>,
}

impl Places {
    /// No chips yet, over a grid of so many columns and rows.
    pub(crate) fn new(size: u32, extent: (u32, u32)) -> Self {
        Self {
            size,
            extent,
            tree: RTree::new(),
        }
    }

    /// New chips for a site whose outline is given in grid pixels: one with the site in its
    /// middle, or a lattice where it is larger than a chip less its surroundings. What
    /// chips show already gets none.
    pub(crate) fn around(&mut self, outline: &MultiPolygon<f64>) -> Vec<Window> {
        let Some(bounds) = outline.bounding_rect() else {
            return Vec::new();
        };
        let across = self.cells(bounds.min().x, bounds.max().x, self.extent.0);
        let down = self.cells(bounds.min().y, bounds.max().y, self.extent.1);
        let mut new = Vec::new();
        for row in &down {
            for column in &across {
                let part = if across.len() * down.len() == 1 {
                    Some(bounds)
                } else {
                    let cell = Rect::new((column.low, row.low), (column.high, row.high));
                    outline.intersection(&cell.to_polygon()).bounding_rect()
                };
                let Some(part) = part else { continue };
                if !self.is_shown(part) {
                    new.push(self.put(column.start, row.start));
                }
            }
        }
        new
    }

    /// Whether a window shares little enough with every chip to be one without sites.
    pub(crate) fn is_apart(&self, window: Window) -> bool {
        let most = u64::from(round_to_u32(
            MOST_SHARED * f64::from(self.size) * f64::from(self.size),
        ));
        self.tree
            .locate_in_envelope_intersecting(&rectangle(window).envelope())
            .all(|near| near.data.intersection(&window).map_or(0, |w| w.area()) <= most)
    }

    /// Adds a chip; gives its window.
    pub(crate) fn put(&mut self, col_off: u32, row_off: u32) -> Window {
        let window = Window {
            col_off,
            row_off,
            width: self.size,
            height: self.size,
        };
        self.tree
            .insert(GeomWithData::new(rectangle(window), window));
        window
    }

    /// Whether one chip shows all of a rectangle.
    fn is_shown(&self, part: Rect<f64>) -> bool {
        let middle = part.center();
        let holds = |window: &Window| {
            let (low, high) = (part.min(), part.max());
            f64::from(window.col_off) <= low.x + 1e-6
                && f64::from(window.row_off) <= low.y + 1e-6
                && high.x <= f64::from(window.col_end()) + 1e-6
                && high.y <= f64::from(window.row_end()) + 1e-6
        };
        self.tree
            .locate_all_at_point(&[middle.x, middle.y])
            .any(|chip| holds(&chip.data))
    }

    /// Equal stretches of a site along an axis, each with the chip that shows it in its
    /// middle, moved inside the grid.
    fn cells(&self, low: f64, high: f64, extent: u32) -> Vec<Cell> {
        let (low, high) = (low.max(0.0), high.min(f64::from(extent)));
        let inner = f64::from(self.size - 2 * (self.size / CONTEXT));
        let count = round_to_u32(((high - low) / inner).ceil()).max(1);
        let step = (high - low) / f64::from(count);
        let last = extent.saturating_sub(self.size);
        (0..count)
            .map(|i| {
                let low = low + step * f64::from(i);
                let middle = low + step / 2.0;
                Cell {
                    start: round_to_u32(middle - f64::from(self.size) / 2.0).min(last),
                    low,
                    high: low + step,
                }
            })
            .collect()
    }
}

/// A stretch of a site, and where its chip begins.
struct Cell {
    start: u32,
    low: f64,
    high: f64,
}

fn rectangle(window: Window) -> Rectangle<[f64; 2]> {
    Rectangle::from_corners(
        [window.col_off.into(), window.row_off.into()],
        [window.col_end().into(), window.row_end().into()],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(x: f64, y: f64, width: f64, height: f64) -> MultiPolygon<f64> {
        Rect::new((x, y), (x + width, y + height))
            .to_polygon()
            .into()
    }

    fn starts(windows: &[Window]) -> Vec<(u32, u32)> {
        windows.iter().map(|w| (w.col_off, w.row_off)).collect()
    }

    #[test]
    fn a_site_stands_in_the_middle_or_at_the_edge_of_the_grid() {
        let mut places = Places::new(64, (200, 150));
        let middle = places.around(&rect(90.0, 60.0, 20.0, 10.0));
        assert_eq!(starts(&middle), [(68, 33)]);
        let corner = places.around(&rect(190.0, 140.0, 10.0, 10.0));
        assert_eq!(starts(&corner), [(136, 86)]);
        // Smaller than a chip: it begins where the grid does.
        let mut small = Places::new(64, (40, 30));
        assert_eq!(starts(&small.around(&rect(30.0, 2.0, 5.0, 5.0))), [(0, 0)]);
    }

    #[test]
    fn what_is_shown_gets_no_chip_of_its_own() {
        let mut places = Places::new(64, (200, 150));
        assert_eq!(places.around(&rect(90.0, 60.0, 20.0, 10.0)).len(), 1);
        assert_eq!(places.around(&rect(70.0, 40.0, 8.0, 8.0)).len(), 0);
        assert_eq!(places.around(&rect(66.0, 40.0, 8.0, 8.0)).len(), 1);
    }

    #[test]
    fn large_sites_are_covered_by_a_lattice_but_not_where_they_are_not() {
        let mut places = Places::new(64, (400, 300));
        let bar = places.around(&rect(10.0, 100.0, 300.0, 20.0));
        assert_eq!(bar.len(), 7);
        for x in 10..310 {
            let shown = |w: &Window| w.col_off <= x && x < w.col_end() && w.row_off <= 100;
            assert!(bar.iter().any(shown), "{x}");
        }
        // The corner between the arms of an L is empty.
        let mut places = Places::new(64, (400, 300));
        let arms = rect(10.0, 10.0, 10.0, 90.0).union(&rect(10.0, 90.0, 90.0, 10.0));
        assert_eq!(places.around(&arms).len(), 3);
    }

    #[test]
    fn background_keeps_apart() {
        let mut places = Places::new(64, (400, 300));
        let first = places.put(0, 0);
        assert!(!places.is_apart(first));
        let at = |col_off: u32| Window { col_off, ..first };
        assert!(places.is_apart(at(48)));
        assert!(!places.is_apart(at(47)));
    }
}
