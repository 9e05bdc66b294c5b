//! A flat frame in metres around a place, for measuring within a few kilometres.

use super::geodesic_distance_m;
use geo::{Coord, MapCoords, MultiPolygon, Point};

/// Metres east and north of a place given in longitude and latitude. Scale is exact
/// at the place and off by less than 0.1 % within five kilometres at latitudes up to
/// 60 degrees.
#[derive(Debug, Clone, Copy)]
pub struct LocalMetres {
    origin: Coord<f64>,
    metres_per_degree: Coord<f64>,
}

impl LocalMetres {
    /// The frame around a place.
    #[must_use]
    pub fn around(place: Point<f64>) -> Self {
        let step = 1e-3;
        let here = (place.x(), place.y());
        let per_degree = |there| geodesic_distance_m(here, there) / step;
        Self {
            origin: place.into(),
            metres_per_degree: Coord {
                x: per_degree((here.0 + step, here.1)),
                y: per_degree((here.0, here.1 + step)),
            },
        }
    }

    /// A point in metres.
    #[must_use]
    pub fn point(&self, point: Point<f64>) -> Point<f64> {
        self.coord(point.into()).into()
    }

    /// An outline in metres.
    #[must_use]
    pub fn outline(&self, outline: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        outline.map_coords(|c| self.coord(c))
    }

    /// The place, longitude and latitude, of a point in metres: the way back of
    /// [`point`](Self::point).
    #[must_use]
    pub fn place(&self, metres: Point<f64>) -> Point<f64> {
        Point::new(
            self.origin.x + metres.x() / self.metres_per_degree.x,
            self.origin.y + metres.y() / self.metres_per_degree.y,
        )
    }

    /// A position in metres.
    #[must_use]
    pub fn coord(&self, c: Coord<f64>) -> Coord<f64> {
        Coord {
            x: (c.x - self.origin.x) * self.metres_per_degree.x,
            y: (c.y - self.origin.y) * self.metres_per_degree.y,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kilometre_stays_one() {
        let frame = LocalMetres::around(Point::new(102.0, 30.0));
        let there = Point::new(102.0 + 1000.0 / 96_486.0, 30.0);
        assert!((frame.point(there).x() - 1000.0).abs() < 0.5);
        let back = frame.place(frame.point(there));
        assert!((back.x() - there.x()).abs() < 1e-12 && (back.y() - there.y()).abs() < 1e-12);
    }
}
