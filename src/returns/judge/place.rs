//! Where the checker stood, against where the site is.

use super::ground::Place;
use super::row::Row;
use crate::georef::{Axis, Gcj02Place, gcj02_to_wgs84, geodesic_distance_m, parse_angle};
use crate::returns::Fault;
use geo::Point;

/// Further than the errors of both positions and so many metres is said.
const SLACK_M: f64 = 100.0;

/// A position that lies so near a site when it is taken for GCJ-02 was probably written in it.
const NEAR_AS_GCJ02_M: f64 = 50.0;

/// What a position says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stood {
    /// WGS 84.
    pub(super) point: Point<f64>,
    /// Metres to the plot; `None` for one that nobody knew of.
    pub(super) off_m: Option<f64>,
}

/// Reads where the checker stood. `site` is the plot that the row is of, where it was known before.
pub(super) fn stood(row: &mut Row<'_>, site: Option<&Place>, max_distance_m: f64) -> Option<Stood> {
    let (lon_text, lat_text) = (row.text("lon"), row.text("lat"));
    match (lon_text.is_empty(), lat_text.is_empty()) {
        (true, true) => return None,
        (true, false) => {
            row.wrong("lon", "the longitude to the latitude, or both empty");
            return None;
        }
        (false, true) => {
            row.wrong("lat", "the latitude to the longitude, or both empty");
            return None;
        }
        (false, false) => {}
    }
    let accuracy_m = row
        .real("gps_accuracy_m", "metres from 0", |m| m >= 0.0)
        .unwrap_or(0.0);
    // Swapped coordinates are refused as what they are, which needs both as plain numbers.
    let angle = |text: &str, axis| parse_angle(text, axis).ok();
    let either = |text: &str| angle(text, Axis::Longitude).or_else(|| angle(text, Axis::Latitude));
    let (lon, lat) = (
        angle(lon_text, Axis::Longitude),
        angle(lat_text, Axis::Latitude),
    );
    let in_range =
        |lon: f64, lat: f64| (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat);
    let near = |lon: f64, lat: f64| {
        in_range(lon, lat)
            && site.is_some_and(|s| s.distance_m(Point::new(lon, lat)) <= max_distance_m)
    };
    let swapped = either(lon_text)
        .zip(either(lat_text))
        .filter(|(lon, lat)| near(*lat, *lon));
    let at_site = lon.zip(lat).is_some_and(|(lon, lat)| near(lon, lat));
    if swapped.is_some() && !at_site {
        let cell = format!("{}, {}", row.cell("lon"), row.cell("lat"));
        let reason = format!(
            "longitude and latitude are swapped: `{lon_text}`, `{lat_text}` lies at the site the other way round"
        );
        row.faults.push(Fault { cell, reason });
        return None;
    }
    let in_degrees = "degrees of WGS 84, such as";
    let (lon, lat) = match (
        lon.filter(|v| v.abs() <= 180.0),
        lat.filter(|v| v.abs() <= 90.0),
    ) {
        (Some(lon), Some(lat)) => (lon, lat),
        (lon, lat) => {
            if lon.is_none() {
                row.wrong("lon", &format!("{in_degrees} `101.636750`"));
            }
            if lat.is_none() {
                row.wrong("lat", &format!("{in_degrees} `24.751243`"));
            }
            return None;
        }
    };
    let point = Point::new(lon, lat);
    let Some(site) = site else {
        return Some(Stood { point, off_m: None });
    };
    let off_m = site.distance_m(point);
    let as_gcj02 = looks_like_gcj02(site, point, off_m);
    if off_m > max_distance_m {
        let cell = format!("{}, {}", row.cell("lon"), row.cell("lat"));
        let reason = format!(
            "`{lon_text}`, `{lat_text}` lies {} from the site, wanted at most {max_distance_m:.0} m (`--max-distance`)",
            distance_text(off_m)
        );
        row.faults.push(Fault { cell, reason });
    } else if let Some(as_gcj02) = as_gcj02 {
        row.flag(&format!(
            "{off_m:.0} m from the site, but {as_gcj02:.0} m if the position is of GCJ-02 (Amap, Tencent)"
        ));
    } else if off_m > site.pos_err_m + accuracy_m + SLACK_M {
        row.flag(&format!("{off_m:.0} m from the site"));
    }
    Some(Stood {
        point,
        off_m: Some(off_m),
    })
}

/// Metres to the site if the position is of GCJ-02, where that explains it and WGS 84 does not.
fn looks_like_gcj02(site: &Place, point: Point<f64>, off_m: f64) -> Option<f64> {
    if off_m <= SLACK_M {
        return None;
    }
    let shifted = Gcj02Place::new(point.x(), point.y()).ok()?;
    let place = gcj02_to_wgs84(shifted);
    let back = Point::new(place.lon(), place.lat());
    let was_moved = geodesic_distance_m((point.x(), point.y()), (back.x(), back.y())) > 1.0;
    let there = site.distance_m(back);
    (was_moved && there <= NEAR_AS_GCJ02_M).then_some(there)
}

fn distance_text(metres: f64) -> String {
    if metres < 10_000.0 {
        format!("{metres:.0} m")
    } else {
        format!("{:.0} km", metres / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::georef::{Wgs84Place, wgs84_to_gcj02};
    use crate::returns::{Returned, Written};
    use geo::MultiPolygon;

    fn site() -> Place {
        Place {
            site_id: "s".into(),
            point: Point::new(101.63, 24.75),
            outline: MultiPolygon::new(vec![]),
            pos_err_m: 5.0,
            area_m2: None,
            assigned_on: String::new(),
        }
    }

    fn judged(lon: &str, lat: &str) -> (Option<Stood>, Vec<String>, Vec<String>) {
        let mut returned = Returned::default();
        for (name, text, cell) in [("lon", lon, "BJ4"), ("lat", lat, "BK4")] {
            if !text.is_empty() {
                returned.answers.insert(
                    name,
                    Written {
                        text: text.into(),
                        cell: cell.into(),
                    },
                );
            }
        }
        let mut row = Row::new(&returned);
        let stood = stood(&mut row, Some(&site()), 1000.0);
        let faults = row
            .faults
            .iter()
            .map(|f| format!("{}: {}", f.cell, f.reason))
            .collect();
        (stood, faults, row.flags)
    }

    #[test]
    fn near_and_far_positions_are_told() {
        let (here, faults, flags) = judged("101.6301", "24.75");
        assert!(here.unwrap().off_m.unwrap() < 12.0);
        assert_eq!((faults.len(), flags.len()), (0, 0));
        let (here, faults, _) = judged("101°37′48″E", "北纬24度45分");
        assert!(here.unwrap().off_m.unwrap() < 1.0, "{faults:?}");
        let (_, faults, flags) = judged("101.632", "24.75");
        assert_eq!(
            (faults.len(), flags.as_slice()),
            (0, &["202 m from the site".to_owned()][..])
        );
        let (_, faults, _) = judged("101.65", "24.75");
        assert_eq!(
            faults,
            [
                "BJ4, BK4: `101.65`, `24.75` lies 2023 m from the site, wanted at most 1000 m (`--max-distance`)"
            ]
        );
    }

    #[test]
    fn what_is_no_position_is_told() {
        let (none, faults, _) = judged("24.75", "101.63");
        assert_eq!(none, None);
        assert!(
            faults[0].contains("BJ4, BK4: longitude and latitude are swapped"),
            "{faults:?}"
        );
        for (lon, lat, wanted) in [
            (
                "101.63",
                "",
                "现场纬度 (WGS84) check_lat: is empty, wanted the latitude",
            ),
            (
                "",
                "24.75",
                "现场经度 (WGS84) check_lon: is empty, wanted the longitude",
            ),
            ("101.63", "124.75", "BK4: is `124.75`, wanted degrees"),
            ("山上", "24.75", "BJ4: is `山上`, wanted degrees"),
            ("0", "0", "BJ4, BK4: `0`, `0` lies "),
        ] {
            let (_, faults, _) = judged(lon, lat);
            assert!(
                faults.first().is_some_and(|f| f.starts_with(wanted)),
                "{faults:?}"
            );
        }
    }

    #[test]
    fn the_shift_of_chinese_maps_is_recognised() {
        let place = wgs84_to_gcj02(Wgs84Place::new(101.63, 24.75).unwrap());
        let (_, faults, flags) = judged(&place.lon().to_string(), &place.lat().to_string());
        assert_eq!(faults, [""; 0]);
        assert!(
            flags[0].contains("0 m if the position is of GCJ-02"),
            "{flags:?}"
        );
    }
}
