//! What the file of a photo says of itself: as it stands there, in common units, with nothing worked out.

use chrono::{FixedOffset, NaiveDateTime};
use serde::Serialize;
use std::path::PathBuf;

/// Angles of a camera or an aircraft in degrees, in the north-east-down frame: turns about the down, the
/// east and the north axis, in this order (yaw, pitch, roll; ZYX).
///
/// Of a camera: yaw from true north, clockwise; pitch 0 looks level, -90 straight down; roll 0 keeps the
/// rows level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[expect(
    clippy::struct_field_names,
    reason = "a name with its unit cannot be misread"
)]
pub struct Attitude {
    /// Degrees from true north, clockwise.
    pub yaw_deg: f64,
    /// Degrees above level; -90 is straight down.
    pub pitch_deg: f64,
    /// Degrees, clockwise as seen from behind.
    pub roll_deg: f64,
}

/// Where the angles of a camera come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AttitudeSource {
    /// The gimbal says its own.
    Gimbal,
    /// The camera is fixed to the aircraft, whose angles these are, turned to look down.
    Airframe,
    /// The camera's own tags (`Camera:Yaw` and others).
    Camera,
}

/// When a photo was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenAt {
    /// The camera's clock.
    pub local: NaiveDateTime,
    /// Its offset from UTC, where the file says it.
    pub offset: Option<FixedOffset>,
}

/// What the file says of the lens. Lengths in pixels are of the full picture as the camera took it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct LensTags {
    /// Focal length in millimetres.
    pub focal_mm: Option<f64>,
    /// The same for a film of 36 mm by 24 mm.
    pub focal_35mm: Option<f64>,
    /// Digital zoom; 1 where the file names none.
    pub zoom: Option<f64>,
    /// Width of a pixel of the sensor in millimetres, after `FocalPlaneXResolution`.
    pub pitch_mm: Option<f64>,
    /// Columns and rows as the camera took them, after `PixelXDimension` and `PixelYDimension`; more than
    /// the file holds where the photo was made smaller later.
    pub full_px: Option<(u32, u32)>,
    /// Focal length in pixels, as calibrated.
    pub calibrated_px: Option<f64>,
    /// Column and row of the optical centre in pixels, as calibrated.
    pub center_px: Option<(f64, f64)>,
    /// The calibrated lens model.
    pub dewarp: Option<Dewarp>,
    /// Whether the camera has taken the distortion out already.
    pub is_dewarped: bool,
}

/// A calibrated lens: focal lengths and offsets of the optical centre from the middle of the picture in
/// pixels, radial (k) and tangential (p) terms of Brown's model in the order of `OpenCV`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names are those of the model")]
pub struct Dewarp {
    pub fx: f64,
    pub fy: f64,
    pub cx: f64,
    pub cy: f64,
    pub k1: f64,
    pub k2: f64,
    pub p1: f64,
    pub p2: f64,
    pub k3: f64,
}

/// What the receiver says of its position.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rtk {
    /// 0 none, 16 single point, 34 float, 50 fixed.
    pub flag: i32,
    /// Standard deviations in metres: longitude, latitude, height.
    pub std_m: Option<[f64; 3]>,
}

/// What the file of a photo says of itself. What it does not say is `None` or empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PhotoTags {
    /// The file.
    pub path: PathBuf,
    /// Columns of pixels as stored, before any turn.
    pub width: u32,
    /// Rows of pixels as stored.
    pub height: u32,
    /// Exif orientation, 1 to 8; 1 where the file names none.
    pub orientation: u8,
    /// Who made the camera.
    pub make: String,
    /// The camera.
    pub model: String,
    /// When it was taken.
    pub taken: Option<TakenAt>,
    /// Longitude and latitude in degrees of WGS 84.
    pub position: Option<(f64, f64)>,
    /// Metres above a datum that is seldom known.
    pub absolute_altitude_m: Option<f64>,
    /// Metres above the place of take-off.
    pub relative_altitude_m: Option<f64>,
    /// How the camera was turned, and where that comes from.
    pub camera: Option<(Attitude, AttitudeSource)>,
    /// How the aircraft was turned.
    pub aircraft: Option<Attitude>,
    /// The lens.
    pub lens: LensTags,
    /// The receiver.
    pub rtk: Option<Rtk>,
    /// `GpsStatus`: `Normal`, `RTK`, `Invalid`; empty where unknown.
    pub gps_status: String,
    /// `ImageSource`: `WideCamera`, `InfraredCamera` and others; empty where unknown.
    pub image_source: String,
    /// What was odd about the tags, in words.
    pub notes: Vec<String>,
}
