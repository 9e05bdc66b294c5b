//! The geometry of one photo: which ground each of its pixels shows.
//!
//! A pixel becomes a direction from the camera ([`Lens`]), this one of north, east and down (the camera's
//! three angles), and this a place where it meets the [`Ground`]; or the way back. Formulas are those of the
//! domain notes, section 6.
//!
//! Pixels are those of the file as it stores them, and the angles are taken as those of the camera whose
//! sensor wrote them. The Exif orientation, a hint for showing the photo upright, turns nothing here: no
//! maker is known whose angles would mean the turned picture. DJI writes 1, and tells of a camera that
//! hangs upside down by a roll of 180 degrees.

mod distortion;
mod errors;
mod frame;
mod ground;
mod lens;
mod rotation;
mod usable;

#[cfg(test)]
mod lens_tests;
#[cfg(test)]
mod relief_tests;
#[cfg(test)]
mod tests;

pub use errors::ErrorModel;
pub use ground::{Ground, Heights, LEAST_DEPRESSION_DEG};
pub use lens::{FocalSource, Lens, SensorSize};

use super::photo::Attitude;
use crate::georef::{Gsd, PixelGround};
use frame::NadirFrame;
use geo::orient::Direction;
use geo::{Centroid, LineString, Orient, Polygon};
use ground::{Eye, Hit};
use rotation::{Rotation, Vector, unit};

/// What may be scanned looks down by so many degrees at least, unless told otherwise.
pub const SCANNED_DEPRESSION_DEG: f64 = 30.0;

/// Where a camera was, and how it was turned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pose {
    /// Longitude in degrees of WGS 84.
    pub lon: f64,
    /// Latitude in degrees of WGS 84.
    pub lat: f64,
    /// Metres above the datum of the ground's heights.
    pub height_m: f64,
    /// From true north.
    pub attitude: Attitude,
}

/// What one photo shows of the ground.
#[derive(Debug, Clone)]
pub struct View {
    pose: Pose,
    lens: Lens,
    ground: Ground,
    errors: ErrorModel,
    eye: Eye,
    rotation: Rotation,
    least_depression_deg: f64,
    spread_px: Option<f64>,
}

impl View {
    /// The view from a pose; `None` where the pose is none (not a number, within five degrees of a pole).
    #[must_use]
    pub fn new(pose: Pose, lens: Lens, ground: Ground, errors: ErrorModel) -> Option<Self> {
        if !pose.height_m.is_finite() {
            return None;
        }
        Some(Self {
            pose,
            lens,
            ground,
            errors,
            eye: Eye {
                frame: NadirFrame::around(pose.lon, pose.lat)?,
                height_m: pose.height_m,
            },
            rotation: Rotation::of(pose.attitude)?,
            least_depression_deg: SCANNED_DEPRESSION_DEG,
            spread_px: None,
        })
    }

    /// The same view, usable where it looks down by so many degrees at least:
    /// [`LEAST_DEPRESSION_DEG`] where fewer are given.
    #[must_use]
    pub fn cut_at(mut self, depression_deg: f64) -> Self {
        self.least_depression_deg = depression_deg.max(LEAST_DEPRESSION_DEG);
        self
    }

    /// The same view of a picture whose edges have a spread of so many of its pixels.
    #[must_use]
    pub fn spread_by(mut self, pixels: f64) -> Self {
        self.spread_px = Some(pixels).filter(|px| px.is_finite() && *px >= 0.0);
        self
    }

    /// Where the camera was.
    #[must_use]
    pub fn pose(&self) -> &Pose {
        &self.pose
    }

    /// Its lens.
    #[must_use]
    pub fn lens(&self) -> &Lens {
        &self.lens
    }

    /// Metres of the camera above the ground below it; `None` where that is not known, and where it is
    /// not above it.
    #[must_use]
    pub fn above_ground_m(&self) -> Option<f64> {
        let ground = self.ground.height_m(self.pose.lon, self.pose.lat)?;
        let above = self.pose.height_m - ground;
        (above.is_finite() && above > 0.0).then_some(above)
    }

    /// By how many degrees a pixel position looks down; negative above the horizon. `None` where the lens
    /// shows nothing.
    #[must_use]
    pub fn depression_deg(&self, col: f64, row: f64) -> Option<f64> {
        let [_, _, down] = self.ray(col, row)?;
        Some(down.clamp(-1.0, 1.0).asin().to_degrees())
    }

    /// The outline on the ground of what may be scanned, in degrees of WGS 84: corners and
    /// 24 points to a side of the picture. `None` where nothing may be, or where more than half of the
    /// outline meets no known ground; what else is missing is cut off straight. Over rough ground the
    /// outline may cross itself behind ridges.
    #[must_use]
    pub fn footprint(&self) -> Option<Polygon<f64>> {
        let outline = self.usable_outline();
        let places: Vec<(f64, f64)> = outline
            .iter()
            .filter_map(|pixel| self.ground(pixel.0, pixel.1))
            .collect();
        (places.len() >= 3 && 2 * places.len() >= outline.len()).then(|| {
            let outline = unbroken(places, self.pose.lon);
            Polygon::new(LineString::from(outline), vec![]).orient(Direction::Default)
        })
    }

    /// The place, longitude and latitude, in the middle of what may be scanned.
    #[must_use]
    pub fn center(&self) -> Option<(f64, f64)> {
        let middle = self.usable().centroid()?;
        self.ground(middle.x(), middle.y())
    }

    /// The direction of a pixel position in north, east and down, of length 1.
    fn ray(&self, col: f64, row: f64) -> Option<Vector> {
        let (right, below) = self.lens.direction(col, row)?;
        unit(self.rotation.to_ground([1.0, right, below]))
    }

    fn hit(&self, col: f64, row: f64) -> Option<Hit> {
        self.ground.meet(&self.eye, self.ray(col, row)?)
    }

    /// The pixel position that shows a direction in north, east and down.
    fn pixel_of(&self, direction: Vector) -> Option<(f64, f64)> {
        let [ahead, right, below] = self.rotation.to_camera(unit(direction)?);
        // What lies beside or behind the camera is nowhere in the picture.
        (ahead > 1e-3)
            .then(|| self.lens.pixel(right / ahead, below / ahead))
            .flatten()
    }
}

impl PixelGround for View {
    fn ground(&self, col: f64, row: f64) -> Option<(f64, f64)> {
        self.eye.frame.place(self.hit(col, row)?.metres)
    }

    /// Over an elevation model the height is that of the place; whether a ridge hides it is not asked.
    fn pixel(&self, lon: f64, lat: f64) -> Option<(f64, f64)> {
        let metres = self.eye.frame.metres(lon, lat)?;
        let drop = self.pose.height_m - self.ground.height_m(lon, lat)?;
        let least = metres.x.hypot(metres.y) * LEAST_DEPRESSION_DEG.to_radians().tan();
        if drop <= 0.0 || drop < least {
            return None;
        }
        self.pixel_of([metres.y, metres.x, drop])
    }

    /// Infinite where the pixel shows no ground.
    fn position_error_m(&self, col: f64, row: f64) -> f64 {
        self.hit(col, row).map_or(f64::INFINITY, |hit| {
            self.errors
                .over_ground_m(hit.drop_m, hit.metres.x.hypot(hit.metres.y))
        })
    }

    /// On level ground at the height that the pixel shows: slopes are left out, since an elevation model
    /// does not know them at the size of a pixel.
    fn gsd(&self, col: f64, row: f64) -> Option<Gsd> {
        let drop = self.hit(col, row)?.drop_m;
        let metres = |col: f64, row: f64| {
            let [north, east, down] = self.ray(col, row)?;
            (down > 0.0).then(|| (drop * north / down, drop * east / down))
        };
        let apart = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).hypot(a.1 - b.1);
        let gsd = Gsd {
            x_m: apart(metres(col - 0.5, row)?, metres(col + 0.5, row)?),
            y_m: apart(metres(col, row - 0.5)?, metres(col, row + 0.5)?),
        };
        (gsd.x_m.is_finite() && gsd.y_m.is_finite()).then_some(gsd)
    }

    fn usable(&self) -> Polygon<f64> {
        let outline = self.usable_outline();
        let outline = if usable::is_whole(&outline, &self.lens) {
            usable::corners(&self.lens).to_vec()
        } else {
            outline
        };
        Polygon::new(LineString::from(outline), vec![])
    }

    fn spread_m(&self) -> Option<f64> {
        let (col, row) = (
            f64::from(self.lens.width) / 2.0,
            f64::from(self.lens.height) / 2.0,
        );
        Some(self.spread_px? * self.gsd(col, row)?.mean_m())
    }

    fn facts(&self) -> String {
        // The names of fields stand in it, so that no number is taken for another one.
        format!(
            "{:?}; {:?}; {:?}; cut at {:?}; {}",
            self.pose,
            self.lens,
            self.errors,
            self.least_depression_deg,
            self.ground.facts()
        )
    }
}

/// Places in longitudes that do not jump where the antimeridian is crossed: all within 180 degrees of
/// `lon`.
fn unbroken(places: Vec<(f64, f64)>, lon: f64) -> Vec<(f64, f64)> {
    let near = |x: f64| x - 360.0 * ((x - lon) / 360.0).round();
    places.into_iter().map(|(x, y)| (near(x), y)).collect()
}
