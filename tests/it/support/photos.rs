//! A made-up camera over flat ground.

use geo::{Point, Polygon, Rect};
use tianmu::georef::{Gsd, LocalMetres, PixelGround};

/// A camera without distortion, its rows level and its top to the north, over flat ground.
#[derive(Debug, Clone)]
pub(crate) struct Pinhole {
    /// Metres around the place below it.
    frame: LocalMetres,
    size: (u32, u32),
    height_m: f64,
    focal_px: (f64, f64),
    tilt_deg: f64,
    least_depression_deg: f64,
}

impl Pinhole {
    /// Straight down from above a place; pixels are `step` degrees wide and high.
    pub(crate) fn down(lon: f64, lat: f64, step: f64, size: (u32, u32)) -> Self {
        let frame = LocalMetres::around(Point::new(lon, lat));
        let pixel = frame.point(Point::new(lon + step, lat + step));
        let height_m = 20.0;
        Self {
            frame,
            size,
            height_m,
            focal_px: (height_m / pixel.x(), height_m / pixel.y()),
            tilt_deg: 0.0,
            least_depression_deg: 0.0,
        }
    }

    /// Turned up to the north, and usable where its middle column looks down by so much.
    pub(crate) fn tilted(mut self, degrees: f64, least_depression_deg: f64) -> Self {
        self.tilt_deg = degrees;
        self.least_depression_deg = least_depression_deg;
        self
    }

    fn center(&self) -> (f64, f64) {
        let half = |n: u32| f64::from(n) / 2.0;
        (half(self.size.0), half(self.size.1))
    }

    /// East, north and up along a ray whose part along the camera's axis is one.
    fn ray(&self, col: f64, row: f64) -> [f64; 3] {
        let (sine, cosine) = self.tilt_deg.to_radians().sin_cos();
        let (x, y) = (
            (col - self.center().0) / self.focal_px.0,
            (row - self.center().1) / self.focal_px.1,
        );
        [x, sine - y * cosine, -cosine - y * sine]
    }
}

impl PixelGround for Pinhole {
    fn ground(&self, col: f64, row: f64) -> Option<(f64, f64)> {
        let [east, north, up] = self.ray(col, row);
        let way = self.height_m / -up;
        (up < 0.0).then(|| self.frame.place(Point::new(east * way, north * way)).x_y())
    }

    fn pixel(&self, lon: f64, lat: f64) -> Option<(f64, f64)> {
        let (east, north) = self.frame.point(Point::new(lon, lat)).x_y();
        let (sine, cosine) = self.tilt_deg.to_radians().sin_cos();
        let along = north * sine + self.height_m * cosine;
        let down = self.height_m * sine - north * cosine;
        (along > 0.0).then(|| {
            (
                self.center().0 + self.focal_px.0 * east / along,
                self.center().1 + self.focal_px.1 * down / along,
            )
        })
    }

    fn position_error_m(&self, _col: f64, _row: f64) -> f64 {
        3.0
    }

    fn gsd(&self, col: f64, row: f64) -> Option<Gsd> {
        let metres = |col: f64, row: f64| {
            let (lon, lat) = self.ground(col, row)?;
            Some(self.frame.point(Point::new(lon, lat)))
        };
        let (here, right, below) = (
            metres(col, row)?,
            metres(col + 1.0, row)?,
            metres(col, row + 1.0)?,
        );
        let length = |there: Point<f64>| (there - here).x().hypot((there - here).y());
        Some(Gsd {
            x_m: length(right),
            y_m: length(below),
        })
    }

    fn usable(&self) -> Polygon<f64> {
        let (width, height) = (f64::from(self.size.0), f64::from(self.size.1));
        // The middle column looks down by 90° - tilt + the angle from the axis.
        let angle = (self.least_depression_deg + self.tilt_deg - 90.0).to_radians();
        let first = self.center().1 + self.focal_px.1 * angle.tan();
        Rect::new((0.0, first.clamp(0.0, height)), (width, height)).to_polygon()
    }

    fn facts(&self) -> String {
        format!("{self:?}")
    }
}
