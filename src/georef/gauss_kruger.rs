//! CGCS2000 in 3-degree Gauss-Krüger zones: the metres of Chinese land surveys.
//!
//! Zone `n` lies about the meridian `3 n` degrees east; China has 25 to 45. Survey tradition names
//! the axes X for north and Y for east. Y has 500 km added, and either carries the zone's number
//! in front (`35441938.23`, eight digits) or does not (`441938.23`); EPSG has a code for each.

use super::{Crs, Wgs84Place, Wgs84ToMap};
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::fmt;

const ZONES: std::ops::RangeInclusive<u8> = 25..=45;

/// What the zone's number is worth in front of an easting.
const METRES_PER_ZONE: f64 = 1e6;

/// Whether an easting carries the zone's number in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EastingForm {
    /// Eight digits: zone × 1,000,000 + 500,000 m + metres east of the central meridian.
    Prefixed,
    /// Six digits: 500,000 m + metres east of the central meridian; the zone must be told apart.
    Plain,
}

/// A 3-degree zone of CGCS2000, 25 to 45.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cgcs2000Zone(u8);

impl Cgcs2000Zone {
    /// A zone by its number.
    pub fn new(number: u8) -> Result<Self> {
        if ZONES.contains(&number) {
            Ok(Self(number))
        } else {
            let wanted = "25 to 45, whose central meridians are 75 to 135 degrees east";
            Err(Error::coordinate("3-degree zone", number, wanted))
        }
    }

    /// The zone of a longitude in degrees, east positive: that of the nearest central meridian,
    /// on the border the eastern one. Zones reach from 73.5 to 136.5 degrees.
    pub fn of_lon(lon: f64) -> Result<Self> {
        ZONES
            .map(Self)
            .find(|zone| {
                let middle = f64::from(zone.central_meridian_deg());
                (middle - 1.5..middle + 1.5).contains(&lon)
            })
            .ok_or_else(|| {
                let wanted = "73.5 to 136.5 degrees, which the 3-degree zones of CGCS2000 cover";
                Error::coordinate("longitude", lon, wanted)
            })
    }

    /// The zone in front of an easting in metres. What has no such zone is refused: plain
    /// eastings, northings, and eastings of 6-degree zones (13 to 23).
    pub fn from_easting(easting_m: f64) -> Result<Self> {
        let stands_in_front = |number: u8| {
            let first_m = f64::from(number) * METRES_PER_ZONE;
            (first_m..first_m + METRES_PER_ZONE).contains(&easting_m)
        };
        if let Some(number) = ZONES.clone().find(|number| stands_in_front(*number)) {
            return Ok(Self(number));
        }
        let wanted = if stands_in_front(0) {
            "eight digits with the zone, 25 to 45, in front; this one has no zone"
        } else if (13..=23).any(stands_in_front) {
            "eight digits with a 3-degree zone, 25 to 45, in front; \
             13 to 23 are 6-degree zones (EPSG:4491 to EPSG:4501)"
        } else {
            "eight digits with the zone, 25 to 45, in front"
        };
        Err(Error::coordinate("easting", easting_m, wanted))
    }

    /// The zone's number.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }

    /// Degrees east.
    #[must_use]
    pub fn central_meridian_deg(self) -> u8 {
        3 * self.0
    }

    /// The EPSG code: 4513 to 4533 with the zone in front of the easting, 4534 to 4554 without.
    #[must_use]
    pub fn epsg(self, form: EastingForm) -> u16 {
        let first = match form {
            EastingForm::Prefixed => 4488,
            EastingForm::Plain => 4509,
        };
        first + u16::from(self.0)
    }

    /// The reference system, in traditional order: x is the survey's Y, east.
    pub fn crs(self, form: EastingForm) -> Result<Crs> {
        Crs::parse(&format!("EPSG:{}", self.epsg(form)))
    }

    /// The way to this zone's metres. Making one takes milliseconds; it is not `Sync`.
    pub fn projector(self, form: EastingForm) -> Result<ZoneProjector> {
        Ok(ZoneProjector {
            zone: self,
            form,
            to_map: self.crs(form)?.wgs84_to_map()?,
        })
    }
}

/// WGS 84 to the metres of one zone. CGCS2000 and WGS 84 degrees are taken as equal.
pub struct ZoneProjector {
    zone: Cgcs2000Zone,
    form: EastingForm,
    to_map: Wgs84ToMap,
}

impl ZoneProjector {
    /// Projects a place, which may lie in a neighbouring zone: counties on a border use one
    /// zone throughout. Places so far off that their easting would run into another zone's
    /// numbers (some 500 km) are refused.
    pub fn project(&self, place: Wgs84Place) -> Result<GaussKrugerPlace> {
        let (east_m, north_m) = self.to_map.point(place.lon(), place.lat())?;
        let projected = GaussKrugerPlace {
            zone: self.zone,
            form: self.form,
            north_x_m: north_m,
            east_y_m: east_m,
        };
        let plain_m = projected.plain_easting_m();
        if (0.0..METRES_PER_ZONE).contains(&plain_m) && north_m.is_finite() {
            return Ok(projected);
        }
        let wanted = format!(
            "a place within 500 km of {} degrees east, the central meridian of zone {}",
            self.zone.central_meridian_deg(),
            self.zone.number()
        );
        Err(Error::coordinate("place", place, wanted))
    }
}

/// The projectors of many places, each made once. Not `Sync`: one per thread.
#[derive(Default)]
pub struct ZoneProjectors {
    made: BTreeMap<(Cgcs2000Zone, EastingForm), ZoneProjector>,
}

impl ZoneProjectors {
    /// Projects a place into the zone of its longitude.
    pub fn project(&mut self, place: Wgs84Place, form: EastingForm) -> Result<GaussKrugerPlace> {
        self.project_in(Cgcs2000Zone::of_lon(place.lon())?, place, form)
    }

    /// Projects a place into a given zone, as [`ZoneProjector::project`] does.
    pub fn project_in(
        &mut self,
        zone: Cgcs2000Zone,
        place: Wgs84Place,
        form: EastingForm,
    ) -> Result<GaussKrugerPlace> {
        use std::collections::btree_map::Entry;
        let projector = match self.made.entry((zone, form)) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(zone.projector(form)?),
        };
        projector.project(place)
    }
}

/// A place in the metres of one zone, printed as `X(北) 3740023.46 Y(东) 35441938.23`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GaussKrugerPlace {
    zone: Cgcs2000Zone,
    form: EastingForm,
    north_x_m: f64,
    east_y_m: f64,
}

impl GaussKrugerPlace {
    /// A place from a survey's figures in metres, X north and Y east. An easting of eight digits
    /// says its zone, which must be `zone` if that is given; a plain one needs `zone`.
    pub fn from_survey(north_x_m: f64, east_y_m: f64, zone: Option<Cgcs2000Zone>) -> Result<Self> {
        // 6,250 km north is 56 degrees; a prefixed easting given as X is far beyond.
        if !(0.0..=6.25e6).contains(&north_x_m) {
            let wanted = "metres north of the equator, at most 6250000";
            return Err(Error::coordinate("northing", north_x_m, wanted));
        }
        let (zone, form) = match zone {
            Some(zone) if (0.0..METRES_PER_ZONE).contains(&east_y_m) => (zone, EastingForm::Plain),
            given => {
                let own = Cgcs2000Zone::from_easting(east_y_m)?;
                if let Some(zone) = given.filter(|zone| *zone != own) {
                    let wanted = format!("zone {} in front, as was said", zone.number());
                    return Err(Error::coordinate("easting", east_y_m, wanted));
                }
                (own, EastingForm::Prefixed)
            }
        };
        Ok(Self {
            zone,
            form,
            north_x_m,
            east_y_m,
        })
    }

    /// The zone.
    #[must_use]
    pub fn zone(self) -> Cgcs2000Zone {
        self.zone
    }

    /// Whether [`east_y_m`](Self::east_y_m) carries the zone in front.
    #[must_use]
    pub fn form(self) -> EastingForm {
        self.form
    }

    /// X of the survey: metres north of the equator.
    #[must_use]
    pub fn north_x_m(self) -> f64 {
        self.north_x_m
    }

    /// Y of the survey: metres east, in the form of [`form`](Self::form).
    #[must_use]
    pub fn east_y_m(self) -> f64 {
        self.east_y_m
    }

    /// Y of the survey without the zone: 500,000 m on the central meridian.
    #[must_use]
    pub fn plain_easting_m(self) -> f64 {
        match self.form {
            EastingForm::Plain => self.east_y_m,
            EastingForm::Prefixed => {
                self.east_y_m - f64::from(self.zone.number()) * METRES_PER_ZONE
            }
        }
    }

    /// The place in degrees; CGCS2000 and WGS 84 are taken as equal.
    pub fn to_wgs84(self) -> Result<Wgs84Place> {
        let to_wgs84 = self.zone.crs(self.form)?.to_wgs84()?;
        let (lon, lat) = to_wgs84.point(self.east_y_m, self.north_x_m)?;
        Wgs84Place::new(lon, lat)
    }
}

impl fmt::Display for GaussKrugerPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (x, y) = (self.north_x_m, self.east_y_m);
        write!(f, "X(北) {x:.2} Y(东) {y:.2}")
    }
}

#[cfg(test)]
#[path = "gauss_kruger_tests.rs"]
mod tests;
