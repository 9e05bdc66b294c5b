//! Whether a place lies on ground that was looked at: what no image shows, nobody can find. Asked
//! of the image's own pixels and the area of interest, so that all models are asked for the same.

use super::ground::OnGrid;
use crate::Result;
use crate::evaluate::truth::Place;
use crate::georef::{Window, ceil_to_u32, floor_to_u32};
use crate::pipeline::Answers;
use crate::pipeline::acquire::{RasterReader, readable};
use crate::pipeline::chip::{AoiMask, Cover};
use geo::{Area, BoundingRect, MultiPolygon};

/// The share of a plot's pixels that must have been seen.
const LEAST_SHARE: f64 = 0.5;

/// Pixels that are read at once.
const MOST_PIXELS: u32 = 1 << 22;

/// Covered ground of a scene.
pub(super) struct Covered<'a> {
    reader: RasterReader,
    answers: &'a Answers,
    ground: &'a OnGrid<'a>,
}

impl<'a> Covered<'a> {
    pub(super) fn new(answers: &'a Answers, ground: &'a OnGrid<'a>) -> Result<Self> {
        Ok(Self {
            reader: RasterReader::open(answers.raster())?,
            answers,
            ground,
        })
    }

    /// Whether at least half of a place was seen; of a point, its pixel.
    pub(super) fn has(&self, place: &Place) -> Result<bool> {
        match place {
            Place::Point(point) => {
                let Ok(at) = self.ground.shapes.pixel_point(*point) else {
                    return Ok(false);
                };
                self.sees(at.x(), at.y())
            }
            Place::Area(_) => {
                let Ok(outline) = self.ground.shapes.pixel_outline(place) else {
                    return Ok(false);
                };
                Ok(self.share(&outline)? >= LEAST_SHARE)
            }
        }
    }

    fn whole(&self) -> Window {
        let info = &self.answers.raster().info;
        Window {
            col_off: 0,
            row_off: 0,
            width: info.width,
            height: info.height,
        }
    }

    fn sees(&self, x: f64, y: f64) -> Result<bool> {
        let whole = self.whole();
        let inside = x >= 0.0 && y >= 0.0 && x < f64::from(whole.width);
        if !inside || y >= f64::from(whole.height) {
            return Ok(false);
        }
        let pixel = Window {
            col_off: floor_to_u32(x),
            row_off: floor_to_u32(y),
            width: 1,
            height: 1,
        };
        Ok(self.seen(pixel)?.first().copied().unwrap_or(false))
    }

    /// Which pixels of a window count, `[row, col]`; none where the file cannot be read.
    fn seen(&self, window: Window) -> Result<Vec<bool>> {
        let count = usize::try_from(window.area()).unwrap_or(usize::MAX);
        let Some(pixels) = readable(self.reader.read(None, window))? else {
            return Ok(vec![false; count]);
        };
        let mut seen: Vec<bool> = match pixels.valid {
            None => vec![true; count],
            Some(valid) => valid.into_iter().map(|v| v == 1).collect(),
        };
        if let Some(area) = self.answers.aoi() {
            self.keep_inside(area, window, &mut seen);
        }
        Ok(seen)
    }

    /// Takes out what lies outside the area of interest, which is known on the model's grid.
    fn keep_inside(&self, area: &AoiMask, window: Window, seen: &mut [bool]) {
        let grid = self.ground.grid;
        let at = |pixel: u32, scale: f64, extent: u32| {
            floor_to_u32((f64::from(pixel) + 0.5) / scale).min(extent - 1)
        };
        let col = |pixel: u32| at(pixel, grid.scale_x, grid.width);
        let row = |pixel: u32| at(pixel, grid.scale_y, grid.height);
        let on_grid = Window {
            col_off: col(window.col_off),
            row_off: row(window.row_off),
            width: col(window.col_end() - 1) - col(window.col_off) + 1,
            height: row(window.row_end() - 1) - row(window.row_off) + 1,
        };
        let cover = area.cover(on_grid);
        let mut seen = seen.iter_mut();
        for y in window.row_off..window.row_end() {
            let line = (row(y) - on_grid.row_off) as usize * on_grid.width as usize;
            for x in window.col_off..window.col_end() {
                let inside = cover.has(line + (col(x) - on_grid.col_off) as usize);
                if let Some(seen) = seen.next() {
                    *seen &= inside;
                }
            }
        }
    }

    /// The share of an outline's ground, in raster pixels, that was seen.
    fn share(&self, outline: &MultiPolygon<f64>) -> Result<f64> {
        let Some(rect) = outline.bounding_rect() else {
            return Ok(0.0);
        };
        let span = |low: f64, high: f64| ceil_to_u32(high).saturating_sub(floor_to_u32(low));
        let bounds = Window {
            col_off: floor_to_u32(rect.min().x),
            row_off: floor_to_u32(rect.min().y),
            width: span(rect.min().x, rect.max().x),
            height: span(rect.min().y, rect.max().y),
        };
        let window = bounds.intersection(&self.whole());
        let Some(window) = window.filter(|w| w.area() > 0) else {
            return Ok(0.0);
        };
        let mask = AoiMask::new(outline, self.whole().height);
        let rows = (MOST_PIXELS / window.width).max(1);
        let (mut all, mut both) = (0_u32, 0_u32);
        for row_off in (window.row_off..window.row_end()).step_by(rows as usize) {
            let part = Window {
                row_off,
                height: rows.min(window.row_end() - row_off),
                ..window
            };
            let own = mask.cover(part);
            if own == Cover::None {
                continue;
            }
            for (i, seen) in self.seen(part)?.into_iter().enumerate() {
                if own.has(i) {
                    all += 1;
                    both += u32::from(seen);
                }
            }
        }
        if all == 0 {
            // Smaller than a pixel: its middle tells.
            let middle = rect.center();
            return Ok(f64::from(u8::from(self.sees(middle.x, middle.y)?)));
        }
        // What lies beyond the image was not seen either.
        let whole = outline.unsigned_area().max(f64::from(all));
        Ok(f64::from(both) / whole)
    }
}
