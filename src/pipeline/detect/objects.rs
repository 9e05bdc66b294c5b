//! Objects of a tile, from chip pixels to the grid: which of them the tile answers for,
//! which of its edges cut them, and the outlines of masks.

use crate::georef::{floor_to_u32, to_f32};
use crate::model::decode::{PredictedShape, Prediction, code};
use crate::pipeline::chip::{ModelGrid, Tile};
use crate::pipeline::fuse::{
    Component, CutEdges, Detection, Outline, RunRows, StripTracer, simplified_polygon,
};
use geo::{BoundingRect, Coord, MapCoords, MultiPolygon, Rect};

/// A box this close to the edge of its tile is cut by it, in grid pixels.
const AT_THE_EDGE_PX: f64 = 2.0;

/// Masks are outlined to within this, in grid pixels.
const TOLERANCE_PX: f64 = 0.49;

/// Objects of one tile in grid pixels. A tile answers for objects whose center lies in its
/// core, or beside it by at most half of what it sees there: two tiles rarely agree on a
/// center to the pixel, and an object between them must not fall through. What both keep
/// is one after suppression. `seen` is 1 where a pixel of the core counts.
pub(super) fn place(
    tile: &Tile,
    grid: &ModelGrid,
    predictions: &[Prediction],
    seen: Option<&[u8]>,
) -> Vec<Detection> {
    let frame = Frame::new(tile, grid);
    predictions
        .iter()
        .filter_map(|prediction| frame.detection(prediction, seen))
        .collect()
}

struct Frame<'a> {
    tile: &'a Tile,
    /// Chip to grid.
    offset: Coord<f64>,
    /// The whole grid.
    grid: Rect<f64>,
    /// What the tile saw of it.
    window: Rect<f64>,
    /// Where the centers of its objects lie.
    answered: Rect<f64>,
}

impl<'a> Frame<'a> {
    fn new(tile: &'a Tile, grid: &ModelGrid) -> Self {
        let (core, window) = (tile.core, tile.window);
        let margin = f64::from(tile.margin);
        let at = |x: u32, y: u32| Coord {
            x: f64::from(x),
            y: f64::from(y),
        };
        let whole = Rect::new(at(0, 0), at(grid.width, grid.height));
        let between = |core: u32, edge: u32| f64::midpoint(f64::from(core), f64::from(edge));
        let answered = Rect::new(
            Coord {
                x: between(core.col_off, window.col_off),
                y: between(core.row_off, window.row_off),
            },
            Coord {
                x: between(core.col_end(), window.col_end()),
                y: between(core.row_end(), window.row_end()),
            },
        );
        Self {
            tile,
            offset: Coord {
                x: f64::from(window.col_off) - margin,
                y: f64::from(window.row_off) - margin,
            },
            grid: whole,
            window: Rect::new(
                at(window.col_off, window.row_off),
                at(window.col_end(), window.row_end()),
            ),
            answered,
        }
    }

    fn detection(&self, prediction: &Prediction, seen: Option<&[u8]>) -> Option<Detection> {
        let outline = self.outline(&prediction.shape)?;
        let bounds = outline.bounds();
        let center = bounds.center();
        let inside = |low: f64, value: f64, high: f64| low <= value && value <= high;
        let (low, high) = (self.answered.min(), self.answered.max());
        let answered = inside(low.x, center.x, high.x) && inside(low.y, center.y, high.y);
        if !answered {
            return None;
        }
        Some(Detection {
            class: u8::try_from(prediction.class + 1).ok()?,
            score: code(prediction.score),
            class_scores: prediction.class_scores.iter().map(|s| code(*s)).collect(),
            cut: self.cut(bounds),
            outline,
            n_detections: 1,
            is_seen: self.is_seen(center, seen),
        })
    }

    /// Whether the ground at an object's center counts; beside the core the nearest pixel
    /// of the core answers.
    fn is_seen(&self, center: Coord<f64>, seen: Option<&[u8]>) -> bool {
        let Some(seen) = seen else { return true };
        let core = self.tile.core;
        let pixel = |value: f64, start: u32, length: u32| {
            (floor_to_u32(value.max(0.0)).max(start) - start).min(length - 1) as usize
        };
        let col = pixel(center.x, core.col_off, core.width);
        let row = pixel(center.y, core.row_off, core.height);
        seen[row * core.width as usize + col] == 1
    }

    fn cut(&self, bounds: Rect<f64>) -> CutEdges {
        let (window, grid) = (self.window, self.grid);
        CutEdges {
            left: window.min().x > 0.0 && bounds.min().x <= window.min().x + AT_THE_EDGE_PX,
            top: window.min().y > 0.0 && bounds.min().y <= window.min().y + AT_THE_EDGE_PX,
            right: window.max().x < grid.max().x
                && bounds.max().x >= window.max().x - AT_THE_EDGE_PX,
            bottom: window.max().y < grid.max().y
                && bounds.max().y >= window.max().y - AT_THE_EDGE_PX,
        }
    }

    fn outline(&self, shape: &PredictedShape) -> Option<Outline> {
        match *shape {
            PredictedShape::Box {
                left,
                top,
                right,
                bottom,
            } => {
                let x = |v: f32| (f64::from(v) + self.offset.x).clamp(0.0, self.grid.max().x);
                let y = |v: f32| (f64::from(v) + self.offset.y).clamp(0.0, self.grid.max().y);
                let rect = Rect::new((x(left), y(top)), (x(right), y(bottom)));
                (rect.width() > 0.0 && rect.height() > 0.0).then_some(Outline::Box(rect))
            }
            PredictedShape::Turned {
                x,
                y,
                width,
                height,
                angle,
            } => {
                let (sin, cos) = f64::from(angle).sin_cos();
                let (half_width, half_height) = (f64::from(width) / 2.0, f64::from(height) / 2.0);
                let corner = |across: f64, down: f64| Coord {
                    x: f64::from(x) + across * half_width * cos - down * half_height * sin
                        + self.offset.x,
                    y: f64::from(y)
                        + across * half_width * sin
                        + down * half_height * cos
                        + self.offset.y,
                };
                Some(Outline::Quad([
                    corner(-1.0, -1.0),
                    corner(1.0, -1.0),
                    corner(1.0, 1.0),
                    corner(-1.0, 1.0),
                ]))
            }
            PredictedShape::Mask {
                col,
                row,
                width,
                ref pixels,
            } => self.mask((col, row), width, pixels).map(Outline::Polygon),
        }
    }

    /// The outline of a mask's pixels, cut at the grid's edge.
    fn mask(&self, (col, row): (u32, u32), width: u32, pixels: &[u8]) -> Option<MultiPolygon<f64>> {
        let mut tracer = StripTracer::new(width, 0, 2);
        let plane = vec![0_u16; width as usize];
        for line in pixels.chunks_exact(width as usize) {
            let mut rows = RunRows::new(2);
            rows.push_row(0, line, &[&plane, &plane]);
            tracer.push_row(std::iter::once(rows.row(0)));
        }
        let components: Vec<Component> = tracer.finish().seal();
        let corner = Coord {
            x: self.offset.x + f64::from(to_f32(col)),
            y: self.offset.y + f64::from(to_f32(row)),
        };
        let outline: MultiPolygon<f64> = components
            .iter()
            .map(|c| simplified_polygon(c, TOLERANCE_PX).map_coords(|c| c + corner))
            .collect();
        let bounds = outline.bounding_rect()?;
        let (low, high) = (self.grid.min(), self.grid.max());
        let within = bounds.min().x >= low.x
            && bounds.min().y >= low.y
            && bounds.max().x <= high.x
            && bounds.max().y <= high.y;
        if within {
            return Some(outline);
        }
        let cut =
            geo::BooleanOps::intersection(&outline, &MultiPolygon::from(self.grid.to_polygon()));
        (!cut.0.is_empty()).then_some(cut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::georef::Window;

    fn tile() -> Tile {
        let window = |off, size| Window {
            col_off: off,
            row_off: off,
            width: size,
            height: size,
        };
        Tile {
            row: 1,
            col: 1,
            window: window(100, 64),
            margin: 0,
            core: window(108, 48),
        }
    }

    fn grid() -> ModelGrid {
        ModelGrid {
            scale_x: 1.0,
            scale_y: 1.0,
            width: 1000,
            height: 1000,
        }
    }

    fn boxed(left: f32, top: f32, right: f32, bottom: f32) -> Prediction {
        Prediction {
            class: 2,
            score: 0.5,
            class_scores: Vec::new(),
            shape: PredictedShape::Box {
                left,
                top,
                right,
                bottom,
            },
        }
    }

    #[test]
    fn a_tile_answers_for_what_lies_in_its_core_or_just_beside() {
        let centers = [2.0_f32, 5.0, 32.0, 59.0, 62.0];
        let kept: Vec<bool> = centers
            .iter()
            .map(|x| {
                let prediction = boxed(x - 1.0, 30.0, x + 1.0, 34.0);
                !place(&tile(), &grid(), &[prediction], None).is_empty()
            })
            .collect();
        assert_eq!(kept, [false, true, true, true, false]);
    }

    #[test]
    fn objects_are_cut_only_by_edges_inside_the_raster() {
        let placed = |tile: &Tile| {
            let prediction = boxed(0.5, 20.0, 63.5, 40.0);
            place(tile, &grid(), &[prediction], None).remove(0)
        };
        let object = placed(&tile());
        assert_eq!((object.class, object.score), (3, 32_768));
        let cut = object.cut;
        assert_eq!(
            (cut.left, cut.top, cut.right, cut.bottom),
            (true, false, true, false)
        );
        let mut first = tile();
        first.window.col_off = 0;
        first.core.col_off = 0;
        first.core.width = 56;
        assert!(!placed(&first).cut.left);
    }

    #[test]
    fn empty_ground_shows_nothing() {
        let mut seen = vec![1; 48 * 48];
        seen[24 * 48 + 24] = 0;
        let at = |x: f32| boxed(x - 2.0, 30.5, x + 2.0, 34.5);
        let placed = place(&tile(), &grid(), &[at(32.5), at(40.5)], Some(&seen));
        let seen: Vec<bool> = placed.iter().map(|d| d.is_seen).collect();
        assert_eq!(seen, [false, true]);
    }

    #[test]
    fn masks_are_outlined_where_they_lie() {
        let pixels = vec![0, 1, 1, 0, 1, 1];
        let prediction = Prediction {
            shape: PredictedShape::Mask {
                col: 30,
                row: 30,
                width: 3,
                pixels,
            },
            ..boxed(0.0, 0.0, 1.0, 1.0)
        };
        let object = place(&tile(), &grid(), &[prediction], None).remove(0);
        let bounds = object.outline.bounds();
        assert_eq!((bounds.min().x, bounds.min().y), (131.0, 130.0));
        assert_eq!((bounds.max().x, bounds.max().y), (133.0, 132.0));
        assert!((object.outline.area() - 4.0).abs() < 1e-9);
    }
}
