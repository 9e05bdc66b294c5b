//! Degrees, minutes and seconds to a tenth of a second, which is 3 m.

use super::round_to_u32;
use crate::{Error, Result};
use std::fmt;

const TENTHS_PER_DEGREE: u32 = 36_000;
const TENTHS_PER_MINUTE: u32 = 600;

/// Which of the two angles of a place one is: says its letters and how far it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// East positive, from -180 to 180 degrees.
    Longitude,
    /// North positive, from -90 to 90 degrees.
    Latitude,
}

impl Axis {
    /// `longitude` or `latitude`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Longitude => "longitude",
            Self::Latitude => "latitude",
        }
    }

    /// The most degrees either way.
    #[must_use]
    pub fn most_degrees(self) -> u32 {
        match self {
            Self::Longitude => 180,
            Self::Latitude => 90,
        }
    }

    /// The letter of the positive (`E`, `N`) or negative (`W`, `S`) side.
    #[must_use]
    pub fn letter(self, negative: bool) -> char {
        match (self, negative) {
            (Self::Longitude, false) => 'E',
            (Self::Longitude, true) => 'W',
            (Self::Latitude, false) => 'N',
            (Self::Latitude, true) => 'S',
        }
    }
}

/// An angle in tenths of a second, printed as `101°38′12.3″E`.
///
/// It is rounded as a whole before it is taken apart, so no part can round up to 60.
///
/// ```
/// use tianmu::georef::{Axis, Dms};
/// assert_eq!(Dms::of(101.636_75, Axis::Longitude)?.to_string(), "101°38′12.3″E");
/// assert_eq!(Dms::of(24.999_999, Axis::Latitude)?.to_string(), "25°00′00.0″N");
/// # Ok::<(), tianmu::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dms {
    axis: Axis,
    negative: bool,
    tenths: u32,
}

impl Dms {
    /// Rounds an angle in decimal degrees, east and north positive, to 0.1″.
    pub fn of(degrees: f64, axis: Axis) -> Result<Self> {
        let most = f64::from(axis.most_degrees());
        if !(-most..=most).contains(&degrees) {
            let wanted = format!("degrees from -{most} to {most}");
            return Err(Error::coordinate(axis.name(), degrees, wanted));
        }
        let tenths = round_to_u32(degrees.abs() * f64::from(TENTHS_PER_DEGREE));
        Ok(Self {
            axis,
            negative: degrees < 0.0 && tenths > 0,
            tenths,
        })
    }

    /// The angle as printed, in decimal degrees, east and north positive.
    #[must_use]
    pub fn decimal_degrees(self) -> f64 {
        let degrees = f64::from(self.tenths) / f64::from(TENTHS_PER_DEGREE);
        if self.negative { -degrees } else { degrees }
    }
}

impl fmt::Display for Dms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (degrees, rest) = (
            self.tenths / TENTHS_PER_DEGREE,
            self.tenths % TENTHS_PER_DEGREE,
        );
        let (minutes, tenths) = (rest / TENTHS_PER_MINUTE, rest % TENTHS_PER_MINUTE);
        let (seconds, tenths) = (tenths / 10, tenths % 10);
        let letter = self.axis.letter(self.negative);
        write!(f, "{degrees}°{minutes:02}′{seconds:02}.{tenths}″{letter}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(degrees: f64, axis: Axis, wanted: &str) {
        assert_eq!(Dms::of(degrees, axis).unwrap().to_string(), wanted);
    }

    #[test]
    fn sixty_seconds_are_carried() {
        use Axis::{Latitude, Longitude};
        check(101.0 + 59.99 / 3600.0, Longitude, "101°01′00.0″E");
        check(101.0 + 59.94 / 3600.0, Longitude, "101°00′59.9″E");
        check(101.999_999_99, Longitude, "102°00′00.0″E");
        check(-33.999_999_99, Latitude, "34°00′00.0″S");
        check(179.999_999_99, Longitude, "180°00′00.0″E");
    }

    #[test]
    fn letters_go_by_axis_and_sign() {
        use Axis::{Latitude, Longitude};
        check(-0.5, Longitude, "0°30′00.0″W");
        check(-0.5, Latitude, "0°30′00.0″S");
        check(8.0 + 5.0 / 60.0 + 2.3 / 3600.0, Latitude, "8°05′02.3″N");
        check(-1e-7, Longitude, "0°00′00.0″E");
    }

    #[test]
    fn what_is_no_angle_is_refused() {
        for degrees in [90.01, -91.0, f64::NAN, f64::INFINITY] {
            let error = Dms::of(degrees, Axis::Latitude).unwrap_err().to_string();
            assert!(error.contains("from -90 to 90"), "{error}");
        }
    }
}
