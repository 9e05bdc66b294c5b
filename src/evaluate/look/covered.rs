//! Whether a place lies on ground that was looked at: what no image shows, nobody can find.

use super::ground::OnGrid;
use crate::Result;
use crate::evaluate::truth::Place;
use crate::georef::{Window, ceil_to_u32, floor_to_u32};
use crate::pipeline::chip::{AoiMask, Cover};
use geo::{BoundingRect, MultiPolygon};

/// The share of a plot's pixels that must have been seen.
const LEAST_SHARE: f64 = 0.5;

/// Covered ground of a scene.
pub(super) struct Covered<'a> {
    mask: AoiMask,
    ground: &'a OnGrid<'a>,
}

impl<'a> Covered<'a> {
    pub(super) fn new(coverage: &MultiPolygon<f64>, ground: &'a OnGrid<'a>) -> Result<Self> {
        let coverage = Place::Area(coverage.clone());
        Ok(Self {
            mask: ground.mask(std::iter::once(&coverage))?,
            ground,
        })
    }

    /// Whether at least half of a place was seen; of a point, its pixel.
    pub(super) fn has(&self, place: &Place) -> bool {
        match place {
            Place::Point(point) => {
                let at = self.ground.point(*point).ok();
                at.is_some_and(|at| self.sees(at.x, at.y))
            }
            Place::Area(_) => {
                let outline = self.ground.outline(place).ok();
                outline.is_some_and(|outline| self.share(&outline) >= LEAST_SHARE)
            }
        }
    }

    fn sees(&self, x: f64, y: f64) -> bool {
        let whole = self.ground.grid.window();
        let inside = x >= 0.0 && y >= 0.0 && x < f64::from(whole.width);
        if !inside || y >= f64::from(whole.height) {
            return false;
        }
        let pixel = Window {
            col_off: floor_to_u32(x),
            row_off: floor_to_u32(y),
            width: 1,
            height: 1,
        };
        self.mask.cover(pixel) == Cover::All
    }

    /// The share of an outline's pixels, in grid pixels, that was seen.
    fn share(&self, outline: &MultiPolygon<f64>) -> f64 {
        let grid = self.ground.grid;
        let Some(rect) = outline.bounding_rect() else {
            return 0.0;
        };
        let bounds = Window {
            col_off: floor_to_u32(rect.min().x),
            row_off: floor_to_u32(rect.min().y),
            width: ceil_to_u32(rect.max().x).saturating_sub(floor_to_u32(rect.min().x)),
            height: ceil_to_u32(rect.max().y).saturating_sub(floor_to_u32(rect.min().y)),
        };
        let Some(window) = bounds.intersection(&grid.window()) else {
            return 0.0;
        };
        if window.area() == 0 {
            return 0.0;
        }
        let own = AoiMask::new(outline, grid.height).cover(window);
        let seen = self.mask.cover(window);
        let count = usize::try_from(window.area()).unwrap_or(usize::MAX);
        let (mut all, mut both) = (0_u32, 0_u32);
        for i in (0..count).filter(|i| own.has(*i)) {
            all += 1;
            both += u32::from(seen.has(i));
        }
        if all == 0 {
            // Smaller than a pixel: its middle tells.
            let middle = rect.center();
            return f64::from(u8::from(self.sees(middle.x, middle.y)));
        }
        // What lies beyond the image was not seen either.
        let inside = f64::from(all);
        let whole = geo::Area::unsigned_area(outline).max(inside);
        f64::from(both) / whole
    }
}
