//! One place in all the forms that field teams and offices ask for, each with its datum.

use super::{
    Axis, Bd09Place, Dms, EastingForm, GaussKrugerPlace, Gcj02Place, Wgs84Place, ZoneProjectors,
    wgs84_to_bd09, wgs84_to_gcj02,
};
use crate::Result;

/// A place in all forms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoordinateForms {
    /// The place itself.
    pub wgs84: Wgs84Place,
    /// Its longitude in WGS 84, rounded to 0.1″.
    pub lon_dms: Dms,
    /// Its latitude in WGS 84, rounded to 0.1″.
    pub lat_dms: Dms,
    /// Metres in the 3-degree zone of its longitude, the zone in front of the easting; none
    /// outside of China's zones.
    pub cgcs2000: Option<GaussKrugerPlace>,
    /// As Amap and Tencent show it; equal to WGS 84 abroad.
    pub gcj02: Gcj02Place,
    /// As Baidu shows it; equal to WGS 84 abroad.
    pub bd09: Bd09Place,
}

/// Which form of a place a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FormKind {
    /// Decimal degrees in WGS 84.
    DecimalDegrees,
    /// Degrees, minutes and seconds in WGS 84.
    DegreesMinutesSeconds,
    /// Metres in a 3-degree zone of CGCS2000.
    Cgcs2000,
    /// Decimal degrees in GCJ-02.
    Gcj02,
    /// Decimal degrees in BD-09.
    Bd09,
}

/// A form as it is printed: what it is, in both languages, and the figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedForm {
    /// Which form.
    pub kind: FormKind,
    /// Order and datum in Chinese, as `经度, 纬度 (WGS84)`.
    pub label_zh: String,
    /// Order and datum in English, as `longitude, latitude (WGS 84)`.
    pub label_en: String,
    /// The figures, the same in both languages, in the order of the label.
    pub text: String,
}

impl CoordinateForms {
    /// Works out all forms of a place. `projectors` keeps what is slow to make, for the next.
    pub fn of(place: Wgs84Place, projectors: &mut ZoneProjectors) -> Result<Self> {
        // Zones reach a little less far than the rectangle to the west and the east.
        let has_zone = place.is_in_china_rectangle() && (73.5..136.5).contains(&place.lon());
        let cgcs2000 = has_zone
            .then(|| projectors.project(place, EastingForm::Prefixed))
            .transpose()?;
        Ok(Self {
            wgs84: place,
            lon_dms: Dms::of(place.lon(), Axis::Longitude)?,
            lat_dms: Dms::of(place.lat(), Axis::Latitude)?,
            cgcs2000,
            gcj02: wgs84_to_gcj02(place),
            bd09: wgs84_to_bd09(place),
        })
    }

    /// The forms to print, in this order; CGCS2000 is missing outside of China's zones.
    #[must_use]
    pub fn printed(&self) -> Vec<PrintedForm> {
        let mut forms = vec![
            PrintedForm::new(
                FormKind::DecimalDegrees,
                "经度, 纬度 (WGS84)",
                "longitude, latitude (WGS 84)",
                self.wgs84,
            ),
            PrintedForm::new(
                FormKind::DegreesMinutesSeconds,
                "经度, 纬度 度分秒 (WGS84)",
                "longitude, latitude in degrees, minutes, seconds (WGS 84)",
                format!("{}, {}", self.lon_dms, self.lat_dms),
            ),
        ];
        if let Some(place) = self.cgcs2000 {
            let zone = place.zone();
            let (number, meridian) = (zone.number(), zone.central_meridian_deg());
            forms.push(PrintedForm::new(
                FormKind::Cgcs2000,
                format!("X(北), Y(东) 米 (CGCS2000 3度带 第{number}带 中央子午线{meridian}°E)"),
                format!(
                    "X north, Y east in metres (CGCS2000 3-degree zone {number}, \
                     central meridian {meridian}°E)"
                ),
                place,
            ));
        }
        forms.push(PrintedForm::new(
            FormKind::Gcj02,
            "经度, 纬度 (GCJ-02 高德、腾讯)",
            "longitude, latitude (GCJ-02, Amap and Tencent)",
            self.gcj02,
        ));
        forms.push(PrintedForm::new(
            FormKind::Bd09,
            "经度, 纬度 (BD-09 百度)",
            "longitude, latitude (BD-09, Baidu)",
            self.bd09,
        ));
        forms
    }

    /// What a QR code holds: a `geo:` URI after RFC 5870, latitude before longitude, WGS 84.
    #[must_use]
    pub fn geo_uri(&self) -> String {
        self.wgs84.geo_uri()
    }
}

impl PrintedForm {
    fn new(
        kind: FormKind,
        label_zh: impl Into<String>,
        label_en: impl Into<String>,
        text: impl std::fmt::Display,
    ) -> Self {
        Self {
            kind,
            label_zh: label_zh.into(),
            label_en: label_en.into(),
            text: text.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lon: f64, lat: f64) -> String {
        let place = Wgs84Place::new(lon, lat).unwrap();
        let forms = CoordinateForms::of(place, &mut ZoneProjectors::default()).unwrap();
        let line = |f: &PrintedForm| format!("{} | {} | {}", f.label_zh, f.label_en, f.text);
        let mut lines: Vec<String> = forms.printed().iter().map(line).collect();
        lines.push(forms.geo_uri());
        lines.join("\n")
    }

    #[test]
    fn a_place_is_printed_in_five_forms() {
        let wanted = "\
            经度, 纬度 (WGS84) | longitude, latitude (WGS 84) | 104.373100, 33.785300\n\
            经度, 纬度 度分秒 (WGS84) | longitude, latitude in degrees, minutes, seconds (WGS 84) \
            | 104°22′23.2″E, 33°47′07.1″N\n\
            X(北), Y(东) 米 (CGCS2000 3度带 第35带 中央子午线105°E) | X north, Y east in metres \
            (CGCS2000 3-degree zone 35, central meridian 105°E) \
            | X(北) 3740023.46 Y(东) 35441938.23\n\
            经度, 纬度 (GCJ-02 高德、腾讯) | longitude, latitude (GCJ-02, Amap and Tencent) \
            | 104.375883, 33.783828\n\
            经度, 纬度 (BD-09 百度) | longitude, latitude (BD-09, Baidu) \
            | 104.382348, 33.789921\n\
            geo:33.785300,104.373100";
        assert_eq!(lines(104.3731, 33.7853), wanted);
    }

    #[test]
    fn abroad_there_are_no_zones_and_no_shift() {
        let text = lines(-70.1, -33.2);
        assert!(!text.contains("CGCS2000"), "{text}");
        assert_eq!(text.matches("-70.100000, -33.200000").count(), 3, "{text}");
        assert!(text.ends_with("geo:-33.200000,-70.100000"), "{text}");
        // In the rectangle, but west of the westernmost zone.
        assert!(!lines(73.0, 40.0).contains("CGCS2000"));
    }
}
