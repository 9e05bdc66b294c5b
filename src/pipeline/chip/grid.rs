//! The model grid over a raster, and the tiles over the grid.

use crate::georef::{Gsd, Window, ceil_to_u32};

/// Scales this close to one are taken as one: pixels are used as they are.
const SAME_SCALE: f64 = 0.005;

/// An image this many times coarser than the model sees cannot show what it looks for.
const MOST_ENLARGED: f64 = 8.0;

/// A grid of pixels of the model's size over a raster, outer corners together.
/// Grid position times scale is raster position, so no tile can drift.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ModelGrid {
    /// Raster pixels per grid pixel along a row.
    pub scale_x: f64,
    /// Raster pixels per grid pixel along a column.
    pub scale_y: f64,
    /// Grid columns; the last may reach beyond the raster.
    pub width: u32,
    /// Grid rows; the last may reach beyond the raster.
    pub height: u32,
}

impl ModelGrid {
    /// The grid for a model of `target_m` metres per pixel; without one, the
    /// raster's own pixels.
    #[must_use]
    pub fn new(width: u32, height: u32, gsd: Gsd, target_m: Option<f64>) -> Self {
        let scale = |own: f64| {
            let scale = target_m.map_or(1.0, |target| target / own);
            if (scale - 1.0).abs() <= SAME_SCALE {
                1.0
            } else {
                scale
            }
        };
        let (scale_x, scale_y) = (scale(gsd.x_m), scale(gsd.y_m));
        // The small step back keeps an exact multiple from gaining a column.
        let count = |pixels: u32, scale: f64| ceil_to_u32(f64::from(pixels) / scale - 1e-6).max(1);
        Self {
            scale_x,
            scale_y,
            width: count(width, scale_x),
            height: count(height, scale_y),
        }
    }

    /// The whole grid.
    #[must_use]
    pub fn window(&self) -> Window {
        Window {
            col_off: 0,
            row_off: 0,
            width: self.width,
            height: self.height,
        }
    }

    /// How many times coarser the raster is than the model, where that is too much for
    /// the model to see anything.
    #[must_use]
    pub fn too_coarse(&self) -> Option<f64> {
        let enlarged = 1.0 / self.scale_x.min(self.scale_y);
        (enlarged > MOST_ENLARGED).then_some(enlarged)
    }

    /// Whether grid pixels are raster pixels.
    #[must_use]
    pub fn is_native(&self) -> bool {
        // Exact: the constructor sets the number one.
        self.scale_x.to_bits() == 1.0_f64.to_bits() && self.scale_y.to_bits() == 1.0_f64.to_bits()
    }
}

/// What happens at the right and lower edge of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgePolicy {
    /// The last tile is moved inwards, so that it sees real pixels and the model
    /// meets the raster's edge as it would in one piece. For per-pixel answers.
    ShiftInside,
    /// Tiles stay on their regular places; the last is padded. For answers about
    /// whole tiles.
    Pad,
}

/// The size of tiles and how they lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileShape {
    /// Columns of what a tile answers for at most, in grid pixels.
    pub width: u32,
    /// Rows of it.
    pub height: u32,
    /// Grid pixels around it that the model sees too and does not answer for.
    pub margin: u32,
    /// Whether the model takes no other size.
    pub fixed: bool,
    /// Grid pixels shared by neighbours; each core ends in the middle of it.
    pub overlap: u32,
    /// Tiles start at multiples of it, so that a model that halves its input again
    /// and again sees the same phase in every tile.
    pub stride: u32,
    /// What happens at the edge.
    pub edge: EdgePolicy,
}

/// One tile. Both windows are in grid pixels; only `window` and its margin may reach
/// beyond the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tile {
    /// Row of tiles, from 0.
    pub row: u32,
    /// Column of tiles, from 0.
    pub col: u32,
    /// What the model answers for.
    pub window: Window,
    /// Grid pixels around it that are read too.
    pub margin: u32,
    /// What it answers for: cores cover the grid once and exactly.
    pub core: Window,
}

impl Tile {
    /// A short name, unique within a raster.
    #[must_use]
    pub fn id(&self) -> String {
        format!("r{}c{}", self.row, self.col)
    }

    /// The core in chip pixels: a chip is the window with its margin.
    #[must_use]
    pub fn core_in_chip(&self) -> Window {
        Window {
            col_off: self.core.col_off - self.window.col_off + self.margin,
            row_off: self.core.row_off - self.window.row_off + self.margin,
            ..self.core
        }
    }
}

/// All tiles of a grid, as two axes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tiling {
    columns: Axis,
    rows: Axis,
    margin: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Axis {
    size: u32,
    origins: Vec<u32>,
    /// One more than origins: core `i` is `edges[i]..edges[i + 1]`.
    edges: Vec<u32>,
}

impl Tiling {
    /// Lays tiles over a grid.
    #[must_use]
    pub fn new(grid: &ModelGrid, shape: &TileShape) -> Self {
        Self {
            columns: Axis::new(grid.width, shape.width, shape),
            rows: Axis::new(grid.height, shape.height, shape),
            margin: shape.margin,
        }
    }

    /// The number of columns of tiles.
    #[must_use]
    pub fn column_count(&self) -> u32 {
        self.columns.count()
    }

    /// The number of rows of tiles.
    #[must_use]
    pub fn row_count(&self) -> u32 {
        self.rows.count()
    }

    /// The number of tiles.
    #[must_use]
    pub fn tile_count(&self) -> u64 {
        u64::from(self.column_count()) * u64::from(self.row_count())
    }

    /// Columns and rows that every tile answers for at most.
    #[must_use]
    pub fn tile_size(&self) -> (u32, u32) {
        (self.columns.size, self.rows.size)
    }

    /// Columns and rows of what the model sees of every tile.
    #[must_use]
    pub fn chip_size(&self) -> (u32, u32) {
        let (width, height) = self.tile_size();
        (width + 2 * self.margin, height + 2 * self.margin)
    }

    /// Rows from one row of tiles to the next.
    #[must_use]
    pub fn row_step(&self) -> u32 {
        match self.rows.origins.as_slice() {
            [first, second, ..] => second - first,
            _ => 0,
        }
    }

    /// Core boundaries along the columns, in grid pixels, both ends included.
    #[must_use]
    pub fn column_edges(&self) -> &[u32] {
        &self.columns.edges
    }

    /// Core boundaries along the rows, in grid pixels, both ends included.
    #[must_use]
    pub fn row_edges(&self) -> &[u32] {
        &self.rows.edges
    }

    /// The tile at a row and column of tiles.
    #[must_use]
    pub fn tile(&self, row: u32, col: u32) -> Tile {
        let (r, c) = (row as usize, col as usize);
        Tile {
            row,
            col,
            margin: self.margin,
            window: Window {
                col_off: self.columns.origins[c],
                row_off: self.rows.origins[r],
                width: self.columns.size,
                height: self.rows.size,
            },
            core: Window {
                col_off: self.columns.edges[c],
                row_off: self.rows.edges[r],
                width: self.columns.edges[c + 1] - self.columns.edges[c],
                height: self.rows.edges[r + 1] - self.rows.edges[r],
            },
        }
    }
}

impl Axis {
    fn new(extent: u32, size: u32, shape: &TileShape) -> Self {
        let stride = shape.stride.max(1);
        // A free model takes a smaller tile where the grid is smaller.
        let size = if shape.fixed || shape.margin > 0 || shape.edge == EdgePolicy::Pad {
            size
        } else {
            size.min(extent.div_ceil(stride).saturating_mul(stride))
        };
        let overlap = shape.overlap.min(size.saturating_sub(1));
        let step = ((size - overlap) / stride * stride).max(stride.min(size));
        let mut origins = vec![0_u32];
        // The part of the last tile that may answer for pixels without context on
        // its far side is none, unless it ends at or behind the grid's edge.
        let mut last = 0_u32;
        while last + size < extent {
            let mut next = last + step;
            if shape.edge == EdgePolicy::ShiftInside && next + size > extent {
                next = (extent - size).div_ceil(stride) * stride;
            }
            origins.push(next);
            last = next;
        }
        let mut edges = vec![0];
        edges.extend(
            origins
                .windows(2)
                .map(|pair| u32::midpoint(pair[1], pair[0] + size)),
        );
        edges.push(extent);
        Self {
            size,
            origins,
            edges,
        }
    }

    fn count(&self) -> u32 {
        u32::try_from(self.origins.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grid(width: u32, height: u32) -> ModelGrid {
        ModelGrid {
            scale_x: 1.0,
            scale_y: 1.0,
            width,
            height,
        }
    }

    fn shapes() -> impl Strategy<Value = TileShape> {
        (
            1_u32..300,
            0_u32..200,
            1_u32..40,
            any::<bool>(),
            any::<bool>(),
        )
            .prop_map(|(size, overlap, stride, fixed, shift)| {
                let stride = stride.min(size);
                TileShape {
                    width: size,
                    height: size,
                    margin: 0,
                    fixed,
                    overlap: overlap.min(size / 2).min(size - stride),
                    stride,
                    edge: if shift {
                        EdgePolicy::ShiftInside
                    } else {
                        EdgePolicy::Pad
                    },
                }
            })
    }

    proptest! {
        #[test]
        fn cores_own_every_pixel_once(extent in 1_u32..3000, shape in shapes()) {
            let axis = Axis::new(extent, shape.width, &shape);
            prop_assert_eq!(axis.edges[0], 0);
            prop_assert_eq!(*axis.edges.last().unwrap(), extent);
            prop_assert!(axis.edges.windows(2).all(|e| e[0] < e[1]), "{:?}", axis);
            for (i, origin) in axis.origins.iter().enumerate() {
                prop_assert!(*origin <= axis.edges[i] && axis.edges[i + 1] <= origin + axis.size, "{:?}", axis);
                prop_assert_eq!(origin % shape.stride, 0);
            }
        }

        #[test]
        fn cores_keep_half_the_overlap_as_context(extent in 1_u32..3000, shape in shapes()) {
            let axis = Axis::new(extent, shape.width, &shape);
            let margin = shape.overlap.min(axis.size - 1) / 2;
            for (i, origin) in axis.origins.iter().enumerate() {
                if i > 0 {
                    prop_assert!(axis.edges[i] >= origin + margin, "{:?}", axis);
                }
                if i + 1 < axis.origins.len() {
                    prop_assert!(axis.edges[i + 1] + margin <= origin + axis.size, "{:?}", axis);
                }
            }
        }

        #[test]
        fn padding_of_a_shifted_tile_is_less_than_a_stride(extent in 1_u32..3000, shape in shapes()) {
            let axis = Axis::new(extent, shape.width, &shape);
            if shape.edge == EdgePolicy::ShiftInside && extent > axis.size {
                prop_assert!(axis.origins.last().unwrap() + axis.size - extent < shape.stride);
            }
        }
    }

    #[test]
    fn classification_tiles_stay_on_their_places() {
        let shape = TileShape {
            width: 128,
            height: 128,
            margin: 0,
            fixed: true,
            overlap: 0,
            stride: 1,
            edge: EdgePolicy::Pad,
        };
        let tiling = Tiling::new(&grid(300, 128), &shape);
        assert_eq!(tiling.column_edges(), [0, 128, 256, 300]);
        assert_eq!(tiling.tile(0, 2).window.col_off, 256);
        assert_eq!(tiling.row_count(), 1);
    }

    #[test]
    fn grid_follows_fractional_scales() {
        let gsd = Gsd {
            x_m: 0.05,
            y_m: 0.05,
        };
        let grid = ModelGrid::new(1000, 330, gsd, Some(0.165));
        assert!((grid.scale_x - 3.3).abs() < 1e-12);
        assert_eq!((grid.width, grid.height), (304, 100));
        assert!(ModelGrid::new(1000, 330, gsd, Some(0.05019)).is_native());
        assert!(!ModelGrid::new(1000, 330, gsd, Some(0.0504)).is_native());
        assert!(ModelGrid::new(1000, 330, gsd, None).is_native());
    }
}
