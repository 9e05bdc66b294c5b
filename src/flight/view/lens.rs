//! The lens of a photo: between pixels and directions from the camera.

use super::distortion::Distortion;
use crate::flight::photo::{Dewarp, LensTags};
use serde::Serialize;

/// The diagonal of a film of 36 mm by 24 mm.
const FILM_DIAGONAL_MM: f64 = 43.267;

/// Focal lengths believed, in longer sides of the picture: from 136 degrees across to 0.6.
const FOCAL_LENGTHS: std::ops::RangeInclusive<f64> = 0.2..=100.0;

/// How far the optical centre may lie from the middle, in longer sides of the picture. Calibrations
/// give two per cent at most.
const MOST_OFFSET: f64 = 0.1;

/// Full sizes that differ by less are the same: an optical centre tells of the size to that much.
const SAME_SIZE: f64 = 0.03;

/// Where a focal length comes from, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FocalSource {
    /// The calibration of this very lens, with its distortion.
    Dewarp,
    /// Pixels that the maker gives for this kind of lens. DJI calls them calibrated, and explains them
    /// as the "designed focal length of lens" (Mavic 3M User Manual, page 90).
    Calibrated,
    /// Millimetres of the focal length and of the sensor.
    Sensor,
    /// The focal length that a film would need, which is rounded to whole millimetres and measured
    /// along one side or the diagonal, as the maker likes.
    Film35,
}

impl FocalSource {
    /// The standard error of the focal length as a share of it. The last is from the domain notes, the
    /// others are suppositions: makers give none.
    #[must_use]
    pub fn relative_error(self) -> f64 {
        match self {
            Self::Dewarp => 0.005,
            Self::Calibrated => 0.01,
            Self::Sensor => 0.015,
            Self::Film35 => 0.04,
        }
    }
}

/// The sensor of a camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SensorSize {
    /// Millimetres from one pixel to the next.
    pub pitch_mm: f64,
    /// Pixels along the rows of a full picture.
    pub width: u32,
    /// Pixels along its columns.
    pub height: u32,
}

/// The lens of one photo, in the pixels of its file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lens {
    /// Columns of the photo.
    pub width: u32,
    /// Rows of the photo.
    pub height: u32,
    /// Focal length along rows and along columns, in pixels.
    pub focal_px: (f64, f64),
    /// Column and row of the optical centre.
    pub center_px: (f64, f64),
    /// Where the focal length comes from.
    pub source: FocalSource,
    distortion: Option<Distortion>,
}

impl Lens {
    /// A lens without distortion, its centre in the middle of the picture; `None` where no lens can be
    /// such.
    #[must_use]
    pub fn pinhole(size: (u32, u32), focal_px: f64, source: FocalSource) -> Option<Self> {
        Self::checked(size, (focal_px, focal_px), (0.0, 0.0), source, None)
    }

    /// The lens that the tags of a photo of `size` (columns, rows) tell of, by the best source that makes
    /// sense; `None` where none does.
    ///
    /// A picture that was made smaller has its focal length made smaller: lengths in the tags are of the
    /// full picture, which the optical centre in them or else the sensor tells of. The longer sides are
    /// compared, since 16:9 is cut from 4:3 at full width.
    ///
    /// `DewarpFlag` 1 says that the camera has straightened the picture ("0 - Not dewarped, 1 -
    /// Dewarped", DJI Mavic 3M User Manual, page 90); then the calibrated distortion is not applied, and
    /// its focal length stands only where no other in pixels does.
    #[must_use]
    pub fn of(tags: &LensTags, size: (u32, u32), sensor: Option<SensorSize>) -> Option<Self> {
        let calibrated = Calibration::of(tags, size, sensor);
        let longer = f64::from(size.0.max(size.1));
        let dewarped = || {
            let dewarp = tags.dewarp.as_ref().filter(|_| !tags.is_dewarped)?;
            calibrated.lens(dewarp)
        };
        let in_pixels = || {
            let straightened = tags.dewarp.filter(|_| tags.is_dewarped).map(|d| d.fx);
            let focal = tags.calibrated_px.or(straightened)? * calibrated.scale;
            let source = FocalSource::Calibrated;
            Self::checked(size, (focal, focal), calibrated.offset, source, None)
        };
        let by_sensor = || {
            let sensor = sensor?;
            let full = f64::from(sensor.width.max(sensor.height));
            let zoom = zoom(tags);
            let focal = tags.focal_mm? / sensor.pitch_mm * longer / full * zoom;
            Self::pinhole(size, focal, FocalSource::Sensor)
        };
        let by_film = || {
            let diagonal = f64::from(size.0).hypot(f64::from(size.1));
            let focal = tags.focal_35mm? * diagonal / FILM_DIAGONAL_MM * zoom(tags);
            Self::pinhole(size, focal, FocalSource::Film35)
        };
        dewarped()
            .or_else(in_pixels)
            .or_else(by_sensor)
            .or_else(by_film)
    }

    /// The pixel position that shows a direction, `x` right and `y` down of the axis in focal lengths.
    /// `None` where the lens shows it nowhere.
    #[must_use]
    pub fn pixel(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (x, y) = match &self.distortion {
            Some(distortion) => distortion.bend(x, y)?,
            None => (x, y),
        };
        let pixel = (
            self.center_px.0 + self.focal_px.0 * x,
            self.center_px.1 + self.focal_px.1 * y,
        );
        (pixel.0.is_finite() && pixel.1.is_finite()).then_some(pixel)
    }

    /// The direction that a pixel position shows: the way back of [`pixel`](Self::pixel).
    #[must_use]
    pub fn direction(&self, col: f64, row: f64) -> Option<(f64, f64)> {
        let x = (col - self.center_px.0) / self.focal_px.0;
        let y = (row - self.center_px.1) / self.focal_px.1;
        if !(x.is_finite() && y.is_finite()) {
            return None;
        }
        match &self.distortion {
            Some(distortion) => distortion.straighten(x, y),
            None => Some((x, y)),
        }
    }

    /// Whether distortion is taken out.
    #[must_use]
    pub fn has_distortion(&self) -> bool {
        self.distortion.is_some()
    }

    /// A lens that can be, or none. The offset is of the centre from the middle of the picture.
    fn checked(
        size: (u32, u32),
        focal_px: (f64, f64),
        offset_px: (f64, f64),
        source: FocalSource,
        distortion: Option<Distortion>,
    ) -> Option<Self> {
        let longer = f64::from(size.0.max(size.1));
        let believed = |focal: f64| FOCAL_LENGTHS.contains(&(focal / longer));
        // Pixels are square but for a per cent.
        let square = (focal_px.0 / focal_px.1 - 1.0).abs() < 0.1;
        (size.0 > 0 && size.1 > 0 && believed(focal_px.0) && believed(focal_px.1) && square)
            .then_some(Self {
                width: size.0,
                height: size.1,
                focal_px,
                center_px: (
                    f64::from(size.0) / 2.0 + offset_px.0,
                    f64::from(size.1) / 2.0 + offset_px.1,
                ),
                source,
                distortion,
            })
    }
}

/// How lengths of the tags become pixels of the photo.
struct Calibration {
    size: (u32, u32),
    /// Pixels of the photo for one of the tags, zoom included.
    scale: f64,
    /// Of the optical centre from the middle of the photo, in its pixels.
    offset: (f64, f64),
}

impl Calibration {
    fn of(tags: &LensTags, size: (u32, u32), sensor: Option<SensorSize>) -> Self {
        let (width, height) = (f64::from(size.0), f64::from(size.1));
        let longer = width.max(height);
        let near = |full: f64, other: f64| (full / other - 1.0).abs() < SAME_SIZE;
        let center = tags
            .center_px
            .filter(|c| c.0.is_finite() && c.1.is_finite() && c.0 > 0.0 && c.1 > 0.0);
        let sensor = sensor.map(|s| (f64::from(s.width), f64::from(s.height)));
        let sensor_side = sensor.map(|s| s.0.max(s.1)).filter(|full| *full > 0.0);
        let full = match center.map(|c| 2.0 * c.0.max(c.1)) {
            Some(full) if near(full, longer) => longer,
            Some(full) => sensor_side.filter(|s| near(full, *s)).unwrap_or(full),
            None => sensor_side.unwrap_or(longer),
        };
        let scale = longer / full * zoom(tags);
        // The full picture's other side is not always known: 16:9 is cut from the middle of 4:3.
        let middles = |full_side: f64, own: f64| {
            let ratios = [own / longer, 3.0 / 4.0, 2.0 / 3.0, 9.0 / 16.0, 1.0];
            ratios.map(|ratio| full_side * ratio / 2.0)
        };
        let along = |center: f64, own: f64| {
            let offsets = middles(full, own).map(|middle| center - middle);
            let least = |a: f64, b: f64| if b.abs() < a.abs() { b } else { a };
            let offset = offsets.into_iter().fold(f64::INFINITY, least) * scale;
            (offset.abs() < MOST_OFFSET * longer).then_some(offset)
        };
        let same_way = |c: &(f64, f64)| (c.0 >= c.1) == (width >= height);
        let offset = center
            .filter(same_way)
            .and_then(|c| Some((along(c.0, width)?, along(c.1, height)?)))
            .unwrap_or((0.0, 0.0));
        Self {
            size,
            scale,
            offset,
        }
    }

    /// The lens of a calibration. Its centre is given from the middle of the picture (the same manual);
    /// DJI counts from the middle of pixels, half a pixel off what is done here.
    fn lens(&self, dewarp: &Dewarp) -> Option<Lens> {
        let offset = (dewarp.cx * self.scale, dewarp.cy * self.scale);
        let most = MOST_OFFSET * f64::from(self.size.0.max(self.size.1));
        let focal = (dewarp.fx * self.scale, dewarp.fy * self.scale);
        let terms = [
            dewarp.k1, dewarp.k2, dewarp.k3, dewarp.p1, dewarp.p2, offset.0, offset.1,
        ];
        if !terms.iter().all(|term| term.is_finite()) || offset.0.abs().max(offset.1.abs()) > most {
            return None;
        }
        let distortion = Distortion::of(dewarp);
        let lens = Lens::checked(self.size, focal, offset, FocalSource::Dewarp, distortion)?;
        // A model that cannot say what the corners show is no calibration of this picture.
        let (width, height) = (f64::from(self.size.0), f64::from(self.size.1));
        let corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)];
        corners
            .iter()
            .all(|corner| lens.direction(corner.0, corner.1).is_some())
            .then_some(lens)
    }
}

/// The digital zoom; what is no enlargement is none.
fn zoom(tags: &LensTags) -> f64 {
    tags.zoom
        .filter(|zoom| (1.0..=1000.0).contains(zoom))
        .unwrap_or(1.0)
}
