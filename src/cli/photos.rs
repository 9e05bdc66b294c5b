//! How raw photos are placed: the arguments that `flight` and `scan` share.

use crate::elevation::Elevation;
use crate::flight::place::PlaceSettings;
use crate::flight::view::{Heights, LEAST_DEPRESSION_DEG, SCANNED_DEPRESSION_DEG};
use crate::{Error, Result};
use chrono::FixedOffset;
use std::path::PathBuf;
use std::sync::Arc;

/// Settings for images that are raw photos of a drone.
#[derive(clap::Args)]
pub(super) struct PhotoArgs {
    /// Heights of the ground under photos: an elevation model as a raster; without one the ground is
    /// taken as level at the height of the take-off
    #[arg(long, value_name = "FILE", help_heading = "Raw photos")]
    dem: Option<PathBuf>,

    /// Where the drone took off [default: the lowest photo of each flight on its way up or down, else its first]
    #[arg(
        long,
        value_name = "LON,LAT",
        allow_hyphen_values = true,
        help_heading = "Raw photos"
    )]
    takeoff: Option<String>,

    /// Height above the ground, in metres, of photos that do not say how high they were
    #[arg(long, value_name = "METRES", help_heading = "Raw photos")]
    flight_height: Option<f64>,

    /// Standard error of the drone's position, in metres [default: 3, or what its receiver says when fixed]
    #[arg(long, value_name = "METRES", help_heading = "Raw photos")]
    gnss_error: Option<f64>,

    /// Pixels that look down less steeply, in degrees below level, are left out
    #[arg(long, value_name = "DEGREES", default_value_t = SCANNED_DEPRESSION_DEG, help_heading = "Raw photos")]
    min_depression: f64,

    /// The offset from UTC of cameras that name none, in hours
    #[arg(
        long,
        value_name = "HOURS",
        default_value_t = 8.0,
        allow_hyphen_values = true,
        help_heading = "Raw photos"
    )]
    utc_offset: f64,
}

impl PhotoArgs {
    /// How photos are placed; the elevation model is opened.
    pub(super) fn settings(&self, allow_points: bool) -> Result<PlaceSettings> {
        let positive = |name: &str, value: Option<f64>| match value {
            Some(value) if !(value > 0.0 && value < 1e5) => {
                Err(Error::setting(name, value, "metres above 0"))
            }
            value => Ok(value),
        };
        if !(LEAST_DEPRESSION_DEG..=90.0).contains(&self.min_depression) {
            let wanted = format!("degrees from {LEAST_DEPRESSION_DEG} to 90");
            return Err(Error::setting(
                "min-depression",
                self.min_depression,
                &wanted,
            ));
        }
        let heights = match &self.dem {
            Some(path) => Some(Arc::new(Elevation::open(path)?) as Arc<dyn Heights>),
            None => None,
        };
        Ok(PlaceSettings {
            heights,
            take_off: self.takeoff.as_deref().map(place).transpose()?,
            height_m: positive("flight-height", self.flight_height)?,
            gnss_m: positive("gnss-error", self.gnss_error)?,
            least_depression_deg: self.min_depression,
            allow_points,
        })
    }

    /// The offset from UTC of cameras that name none.
    pub(super) fn offset(&self) -> Result<FixedOffset> {
        let wrong = || {
            Error::setting(
                "utc-offset",
                self.utc_offset,
                "hours from -12 to 14, such as 8 or 5.5",
            )
        };
        if !(-12.0..=14.0).contains(&self.utc_offset) {
            return Err(wrong());
        }
        let quarters = crate::georef::round_to_u32((self.utc_offset + 12.0) * 4.0);
        let seconds = i32::try_from(quarters).map_err(|_| wrong())? * 900 - 12 * 3600;
        FixedOffset::east_opt(seconds).ok_or_else(wrong)
    }

    /// The elevation model, which is an input.
    pub(super) fn inputs(&self) -> impl Iterator<Item = &PathBuf> {
        self.dem.iter()
    }
}

/// A place as `LON,LAT` in degrees.
fn place(text: &str) -> Result<(f64, f64)> {
    let wrong = || {
        Error::setting(
            "takeoff",
            text,
            "longitude and latitude in degrees of WGS 84, such as 101.6312,24.7518",
        )
    };
    let (lon, lat) = text.split_once(',').ok_or_else(wrong)?;
    let number = |text: &str| text.trim().parse::<f64>().map_err(|_| wrong());
    let (lon, lat) = (number(lon)?, number(lat)?);
    if (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat) {
        Ok((lon, lat))
    } else {
        Err(wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_offsets_are_read() {
        assert_eq!(place("101.5, 24.25").unwrap(), (101.5, 24.25));
        for wrong in ["", "101.5", "24.25,101.5", "x,y", "200,10"] {
            assert!(place(wrong).is_err(), "{wrong}");
        }
        let args = |hours: f64| PhotoArgs {
            dem: None,
            takeoff: None,
            flight_height: None,
            gnss_error: None,
            min_depression: 30.0,
            utc_offset: hours,
        };
        let seconds = |hours: f64| args(hours).offset().map(|o| o.local_minus_utc()).ok();
        assert_eq!(
            [8.0, 0.0, -3.5, 15.0, f64::NAN].map(seconds),
            [Some(28_800), Some(0), Some(-12_600), None, None]
        );
    }
}
