//! How a pixel of a picture that was taken from one place meets the ground.

use super::Gsd;
use geo::Polygon;
use std::fmt::Debug;

/// The way between the pixels of a picture without a map of its own and the ground. Pixel positions are
/// (column, row), continuous, with (0, 0) at the outer corner of the first pixel as the file stores it.
pub trait PixelGround: Debug + Send + Sync {
    /// Longitude and latitude (WGS 84, degrees) of the ground that a pixel position shows; `None` where
    /// its ray meets none.
    fn ground(&self, col: f64, row: f64) -> Option<(f64, f64)>;

    /// The pixel position that shows a place, longitude and latitude; `None` where no pixel can. It may
    /// lie outside of the picture.
    fn pixel(&self, lon: f64, lat: f64) -> Option<(f64, f64)>;

    /// The standard error of [`ground`](Self::ground) over the ground, in metres.
    fn position_error_m(&self, col: f64, row: f64) -> f64;

    /// Metres of ground per pixel: `x_m` along the rows of the picture, `y_m` along its columns.
    fn gsd(&self, col: f64, row: f64) -> Option<Gsd>;

    /// The part of the picture that may be scanned, in pixels: where it looks down steeply enough. Empty
    /// where none does.
    fn usable(&self) -> Polygon<f64>;

    /// How far edges are spread in the picture, as metres of ground; `None` where nobody looked.
    fn spread_m(&self) -> Option<f64> {
        None
    }

    /// Everything that moves a pixel on the ground, as text: place and turn of the camera, lens, and the
    /// ground itself. Two that place pixels in different ways give different texts, so that a run is not
    /// continued under other poses; the same one gives the same text on every machine.
    fn facts(&self) -> String;
}
