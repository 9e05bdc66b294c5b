//! Outlines on WGS 84 over the grid that a model sees.

use crate::Result;
use crate::evaluate::truth::{Place, RasterShapes};
use crate::pipeline::Answers;
use crate::pipeline::chip::{AoiMask, ModelGrid};
use geo::{Coord, MapCoords, MultiPolygon, Point};

/// The way from WGS 84 to grid pixels.
pub(super) struct OnGrid<'a> {
    pub(super) shapes: RasterShapes<'a>,
    pub(super) grid: ModelGrid,
}

impl<'a> OnGrid<'a> {
    pub(super) fn of(answers: &'a Answers) -> Result<Self> {
        Ok(Self {
            shapes: RasterShapes::of(answers.raster())?,
            grid: *answers.grid(),
        })
    }

    /// An outline in grid pixels.
    pub(super) fn outline(&self, place: &Place) -> Result<MultiPolygon<f64>> {
        let in_pixels = self.shapes.pixel_outline(place)?;
        Ok(in_pixels.map_coords(|c| Coord {
            x: c.x / self.grid.scale_x,
            y: c.y / self.grid.scale_y,
        }))
    }

    /// A point in grid pixels.
    pub(super) fn point(&self, point: Point<f64>) -> Result<Coord<f64>> {
        let in_pixels = self.shapes.pixel_point(point)?;
        Ok(Coord {
            x: in_pixels.x() / self.grid.scale_x,
            y: in_pixels.y() / self.grid.scale_y,
        })
    }

    /// Grid pixels of places: those whose centre lies inside.
    pub(super) fn mask<'p>(&self, places: impl Iterator<Item = &'p Place>) -> Result<AoiMask> {
        let mut all = Vec::new();
        for place in places {
            all.extend(self.outline(place)?.0);
        }
        Ok(AoiMask::new(&MultiPolygon::new(all), self.grid.height))
    }
}
