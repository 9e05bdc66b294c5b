//! Places by datum: longitude and latitude in degrees that say which datum they are in.

use crate::{Error, Result};
use std::fmt;

/// A type of place. Each datum has its own, since figures of one, taken for another, are
/// up to 1.5 km wrong.
macro_rules! place {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $name {
            lon: f64,
            lat: f64,
        }

        impl $name {
            /// A place from degrees, east and north positive; refuses what is not on the Earth.
            pub fn new(lon: f64, lat: f64) -> Result<Self> {
                check("longitude", lon, 180.0)?;
                check("latitude", lat, 90.0)?;
                Ok(Self { lon, lat })
            }

            /// What a conversion of a checked place gave, which may lie beyond the date line.
            pub(super) fn converted((lon, lat): (f64, f64)) -> Self {
                Self { lon, lat }
            }

            /// Degrees, east positive.
            #[must_use]
            pub fn lon(self) -> f64 {
                self.lon
            }

            /// Degrees, north positive.
            #[must_use]
            pub fn lat(self) -> f64 {
                self.lat
            }

            /// (longitude, latitude) in degrees.
            #[must_use]
            pub fn lon_lat(self) -> (f64, f64) {
                (self.lon, self.lat)
            }
        }

        /// Longitude, latitude to six decimals, which is 0.1 m.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let (lon, lat) = (six_decimals(self.lon), six_decimals(self.lat));
                write!(f, "{lon:.6}, {lat:.6}")
            }
        }
    };
}

place! {
    /// A place in WGS 84, the datum of satellite positioning and of all that `tianmu` keeps.
    ///
    /// CGCS2000 degrees (EPSG:4490) are taken as equal: the two lie less than a metre apart.
    Wgs84Place
}

place! {
    /// A place in GCJ-02, the shifted datum of Chinese maps such as Amap and Tencent.
    Gcj02Place
}

place! {
    /// A place in BD-09, Baidu's datum, which is GCJ-02 shifted once more.
    Bd09Place
}

impl Wgs84Place {
    /// `geo:` URI after RFC 5870, latitude before longitude, in WGS 84, six decimals.
    ///
    /// ```
    /// let place = tianmu::georef::Wgs84Place::new(104.3731, 33.7853)?;
    /// assert_eq!(place.geo_uri(), "geo:33.785300,104.373100");
    /// # Ok::<(), tianmu::Error>(())
    /// ```
    #[must_use]
    pub fn geo_uri(self) -> String {
        let lat = six_decimals(self.lat);
        // The RFC wants one way of writing a pole.
        let at_pole = lat.abs() >= 90.0;
        let lon = if at_pole { 0.0 } else { six_decimals(self.lon) };
        format!("geo:{lat:.6},{lon:.6}")
    }

    /// Whether a place lies in the rectangle in which Chinese maps are taken to be shifted:
    /// 72.004 to 137.8347 degrees east, 0.8293 to 55.8271 degrees north, as in
    /// wandergis/coordtransform and most other converters. It holds all of China and much of
    /// its neighbours.
    #[must_use]
    pub fn is_in_china_rectangle(self) -> bool {
        (72.004..=137.8347).contains(&self.lon) && (0.8293..=55.8271).contains(&self.lat)
    }
}

/// Rounded, so that a hair west of zero does not print as `-0.000000`.
fn six_decimals(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6 + 0.0
}

fn check(what: &str, degrees: f64, most: f64) -> Result<()> {
    if (-most..=most).contains(&degrees) {
        return Ok(());
    }
    let wanted = format!("degrees from -{most} to {most}");
    Err(Error::coordinate(what, degrees, wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_on_the_earth_is_refused() {
        for (lon, lat) in [
            (180.1, 0.0),
            (0.0, -90.1),
            (f64::NAN, 0.0),
            (0.0, f64::INFINITY),
        ] {
            assert!(Wgs84Place::new(lon, lat).is_err(), "{lon} {lat}");
        }
        let swapped = Gcj02Place::new(33.7853, 104.3731).unwrap_err();
        assert_eq!(
            swapped.to_string(),
            "latitude is `104.3731`, wanted degrees from -90 to 90"
        );
    }

    #[test]
    fn zero_has_no_sign() {
        let place = Wgs84Place::new(-1e-9, -0.0).unwrap();
        assert_eq!(place.to_string(), "0.000000, 0.000000");
        assert_eq!(place.geo_uri(), "geo:0.000000,0.000000");
    }

    #[test]
    fn a_pole_is_written_in_one_way() {
        let pole = Wgs84Place::new(77.0, -90.0).unwrap();
        assert_eq!(pole.geo_uri(), "geo:-90.000000,0.000000");
    }
}
