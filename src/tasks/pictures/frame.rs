//! Where a picture's pixels lie on the ground and in the image.
//!
//! Three frames: metres east and north of the site's point; raster pixels; picture pixels, x to
//! the right and y down. Within the few hundred metres of a picture each is an affine map of the
//! others to a centimetre.

use super::{MARGIN_M, MOST_PX};
use crate::Result;
use crate::georef::{LocalMetres, ToWgs84, Wgs84ToMap, ceil_to_u32, floor_to_u32};
use crate::pipeline::acquire::Raster;
use geo::{AffineTransform, Coord, CoordsIter, MultiPolygon, Point};

/// Pixels count as square and upright to one another where a step along a column is as long as
/// one along a row and at right angles to it, to this share.
const SQUARE: f64 = 1e-3;

/// The way between a raster's map and WGS 84, for one thread.
pub(super) struct Ways {
    to_wgs84: ToWgs84,
    to_map: Wgs84ToMap,
}

impl Ways {
    pub(super) fn of(raster: &Raster) -> Result<Self> {
        Ok(Self {
            to_wgs84: raster.crs.to_wgs84()?,
            to_map: raster.crs.wgs84_to_map()?,
        })
    }
}

/// The ground around a site's point in a raster.
pub(super) struct Ground {
    frame: LocalMetres,
    /// Raster pixels of the point, continuous.
    at: Coord<f64>,
    /// Metres east and north of one column.
    col: Coord<f64>,
    /// Metres east and north of one row.
    row: Coord<f64>,
    /// Columns and rows.
    size: Coord<f64>,
}

impl Ground {
    /// The ground around a place; `None` where the raster's map does not reach.
    pub(super) fn around(place: Point<f64>, raster: &Raster, ways: &Ways) -> Option<Self> {
        let (x, y) = ways.to_map.point(place.x(), place.y()).ok()?;
        let (col, row) = raster.placement.map_to_pixel(x, y)?;
        let frame = LocalMetres::around(place);
        let metres = |col: f64, row: f64| {
            let (x, y) = raster.placement.pixel_to_map(col, row)?;
            let (lon, lat) = ways.to_wgs84.point(x, y).ok()?;
            Some(frame.coord(Coord { x: lon, y: lat }))
        };
        // As long as the picture's margin, so that rounding of degrees does not show.
        let step = (MARGIN_M / raster.gsd.mean_m()).max(1.0);
        let along = |c: f64, r: f64| {
            let there = metres(col + c * step, row + r * step)?;
            let back = metres(col - c * step, row - r * step)?;
            Some((there - back) / (2.0 * step))
        };
        let ground = Self {
            frame,
            at: Coord { x: col, y: row },
            col: along(1.0, 0.0)?,
            row: along(0.0, 1.0)?,
            size: Coord {
                x: f64::from(raster.info.width),
                y: f64::from(raster.info.height),
            },
        };
        let is_usable = cross(ground.col, ground.row).abs() > 0.0
            && [ground.at.x, ground.at.y].iter().all(|v| v.is_finite());
        is_usable.then_some(ground)
    }

    /// Whether the picture can be made of the raster's own pixels.
    fn is_square(&self) -> bool {
        let (col, row) = (length(self.col), length(self.row));
        let dot = self.col.x * self.row.x + self.col.y * self.row.y;
        (col / row - 1.0).abs() < SQUARE && dot.abs() < SQUARE * col * row
    }

    /// From metres to raster pixels.
    fn to_raster(&self) -> AffineTransform<f64> {
        inverse(self.col, self.row, self.at)
    }
}

/// A picture's pixels on the ground and in the raster.
#[derive(Debug)]
pub(super) struct Frame {
    /// Columns.
    pub(super) width: u32,
    /// Rows.
    pub(super) height: u32,
    /// From picture pixels to raster pixels.
    pub(super) to_raster: AffineTransform<f64>,
    /// Raster pixels along a picture pixel's longer edge there.
    pub(super) scale: f64,
    /// Metres across a raster pixel at most, from corner to corner.
    pub(super) raster_px_m: f64,
    /// Whether picture pixels are raster pixels.
    pub(super) is_exact: bool,
    local: LocalMetres,
    from_metres: AffineTransform<f64>,
    right: Coord<f64>,
    down: Coord<f64>,
    /// Metres of the upper left corner.
    origin: Coord<f64>,
}

impl Frame {
    /// The frame of a site's picture: the outline (WGS 84) with [`MARGIN_M`] around its box, as
    /// far as the raster goes, in the raster's own direction. `None` where the raster has
    /// nothing of it.
    pub(super) fn of_site(ground: &Ground, outline: &MultiPolygon<f64>) -> Option<Self> {
        // A raster whose rows go up would show the ground in a mirror: it is turned over.
        let up = if cross(ground.col, ground.row) < 0.0 {
            ground.row * -1.0
        } else {
            ground.row
        };
        let is_square = ground.is_square();
        let (right, down) = if is_square {
            (ground.col, up * -1.0)
        } else {
            let metres = length(ground.col).min(length(ground.row));
            let up = up / length(up) * metres;
            (Coord { x: up.y, y: -up.x }, up * -1.0)
        };
        // Whole picture pixels are whole raster pixels.
        let anchor = if is_square {
            let y = if down == ground.row {
                ground.at.y
            } else {
                -ground.at.y
            };
            Coord { x: ground.at.x, y }
        } else {
            Coord::zero()
        };
        let from_metres = inverse(right, down, anchor);
        let outline = ground.frame.outline(outline);
        let (low, high) = bounds(outline.coords_iter().map(|c| from_metres.apply(c)))?;
        let margin = Coord {
            x: MARGIN_M / length(right),
            y: MARGIN_M / length(down),
        };
        // Less than a pixel of margin is none: a pixel shows the ground of all of it.
        let inner = (low.x.floor(), low.y.floor(), high.x.ceil(), high.y.ceil());
        let low = Coord {
            x: (low.x - margin.x).ceil().min(inner.0),
            y: (low.y - margin.y).ceil().min(inner.1),
        };
        let high = Coord {
            x: (high.x + margin.x).floor().max(inner.2),
            y: (high.y + margin.y).floor().max(inner.3),
        };
        Self::cut_out(ground, (right, down), anchor, (low, high), is_square)
    }

    /// The frame of a square around the point, north up, `metres` a pixel, as far as the raster
    /// goes.
    pub(super) fn north_up(ground: &Ground, half_m: f64, metres: f64) -> Option<Self> {
        let right = Coord { x: metres, y: 0.0 };
        let down = Coord { x: 0.0, y: -metres };
        let half = (half_m / metres).round();
        let low = Coord { x: -half, y: -half };
        Self::cut_out(
            ground,
            (right, down),
            Coord::zero(),
            (low, low * -1.0),
            false,
        )
    }

    /// The frame between two corners given in steps `right` and `down`, the point at `anchor`:
    /// cut to the raster, and coarser where it would be larger than a picture may be.
    fn cut_out(
        ground: &Ground,
        (right, down): (Coord<f64>, Coord<f64>),
        anchor: Coord<f64>,
        (low, high): (Coord<f64>, Coord<f64>),
        is_square: bool,
    ) -> Option<Self> {
        let from_metres = inverse(right, down, anchor);
        let corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)].map(|(x, y)| {
            let col = ground.size.x * x - ground.at.x;
            let row = ground.size.y * y - ground.at.y;
            from_metres.apply(ground.col * col + ground.row * row)
        });
        let (raster_low, raster_high) = bounds(corners.into_iter())?;
        // Corners of square pixels are whole but for rounding.
        let low = Coord {
            x: low.x.max((raster_low.x - 1e-6).ceil()),
            y: low.y.max((raster_low.y - 1e-6).ceil()),
        };
        let high = Coord {
            x: high.x.min((raster_high.x + 1e-6).floor()),
            y: high.y.min((raster_high.y + 1e-6).floor()),
        };
        let size = high - low;
        if size.x < 1.0 || size.y < 1.0 {
            return None;
        }
        let coarser = (size.x.max(size.y) / f64::from(MOST_PX)).max(1.0);
        let pixels = |n: f64| floor_to_u32(n / coarser + 1e-9).clamp(1, MOST_PX);
        let origin = right * (low.x - anchor.x) + down * (low.y - anchor.y);
        let (right, down) = (right * coarser, down * coarser);
        let raster = ground.to_raster();
        let in_raster = |c: Coord<f64>| raster.apply(c) - raster.apply(Coord::zero());
        let (col, row) = (in_raster(right), in_raster(down));
        let corner = raster.apply(origin);
        Some(Self {
            width: pixels(size.x),
            height: pixels(size.y),
            to_raster: AffineTransform::new(col.x, row.x, corner.x, col.y, row.y, corner.y),
            scale: length(col).max(length(row)),
            raster_px_m: length(ground.col) + length(ground.row),
            is_exact: is_square && coarser <= 1.0,
            local: ground.frame,
            from_metres: AffineTransform::translate(-origin.x, -origin.y).compose(&inverse(
                right,
                down,
                Coord::zero(),
            )),
            right,
            down,
            origin,
        })
    }

    /// Metres along a pixel's edge.
    pub(super) fn m_per_px(&self) -> f64 {
        (length(self.right) * length(self.down)).sqrt()
    }

    /// Where the top points, degrees clockwise from true north, 0 to 360.
    pub(super) fn top_bearing_deg(&self) -> f64 {
        let degrees = (-self.down.x).atan2(-self.down.y).to_degrees();
        // A hair west of north prints as 0 and not as 360.
        let degrees = degrees.rem_euclid(360.0);
        if degrees > 360.0 - 1e-6 {
            0.0
        } else {
            degrees + 0.0
        }
    }

    /// Picture pixels of the site's point.
    pub(super) fn point_px(&self) -> (f64, f64) {
        self.from_metres.apply(Coord::zero()).x_y()
    }

    /// West, south, east and north edge of a picture that is north up, in metres of the point.
    pub(super) fn bounds_m(&self) -> [f64; 4] {
        let far =
            self.origin + self.right * f64::from(self.width) + self.down * f64::from(self.height);
        [self.origin.x, far.y, far.x, self.origin.y]
    }

    /// An outline on WGS 84 in picture pixels.
    pub(super) fn outline_px(&self, outline: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        use geo::MapCoords;
        outline.map_coords(|c| self.from_metres.apply(self.local.coord(c)))
    }

    /// The raster pixels that the picture needs, columns and rows from and to, inside of the
    /// raster.
    pub(super) fn raster_span(&self, width: u32, height: u32) -> Option<[u32; 4]> {
        let (x, y) = (f64::from(self.width), f64::from(self.height));
        let corners = [(0.0, 0.0), (x, 0.0), (0.0, y), (x, y)];
        let (low, high) = bounds(
            corners
                .map(|(x, y)| self.to_raster.apply(Coord { x, y }))
                .into_iter(),
        )?;
        let span = |low: f64, high: f64, extent: u32| {
            let from = floor_to_u32(low + 1e-6);
            let to = ceil_to_u32(high - 1e-6).min(extent);
            (from < to).then_some((from, to))
        };
        let ((left, right), (top, bottom)) =
            (span(low.x, high.x, width)?, span(low.y, high.y, height)?);
        Some([left, top, right, bottom])
    }
}

fn length(c: Coord<f64>) -> f64 {
    c.x.hypot(c.y)
}

fn cross(a: Coord<f64>, b: Coord<f64>) -> f64 {
    a.x * b.y - a.y * b.x
}

/// From metres to steps along `right` and `down`, zero metres at `anchor`.
fn inverse(right: Coord<f64>, down: Coord<f64>, anchor: Coord<f64>) -> AffineTransform<f64> {
    let det = cross(right, down);
    AffineTransform::new(
        down.y / det,
        -down.x / det,
        anchor.x,
        -right.y / det,
        right.x / det,
        anchor.y,
    )
}

fn bounds(mut coords: impl Iterator<Item = Coord<f64>>) -> Option<(Coord<f64>, Coord<f64>)> {
    let first = coords.next()?;
    let (low, high) = coords.fold((first, first), |(low, high), c| {
        (
            Coord {
                x: low.x.min(c.x),
                y: low.y.min(c.y),
            },
            Coord {
                x: high.x.max(c.x),
                y: high.y.max(c.y),
            },
        )
    });
    let is_finite = [low.x, low.y, high.x, high.y].iter().all(|v| v.is_finite());
    is_finite.then_some((low, high))
}
