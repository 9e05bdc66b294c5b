//! Where a photo was taken: position, heights, and what the receiver says of them.

use super::front::{Front, tag};
use super::xmp::{self, Xmp};
use crate::flight::photo::Rtk;

/// Steps of a position that are no coarser than what receivers on drones tell apart, in degrees: a
/// decimetre.
const FINE_DEG: f64 = 1e-6;
/// Two positions of one photo that differ by more, in degrees (about 10 m), cannot both be right.
const SAME_DEG: f64 = 1e-4;

/// A position with the smallest difference that could be written, in degrees.
type Fix = ((f64, f64), f64);

/// Longitude and latitude in degrees: those of Exif; those of XMP where Exif has none, or where Exif is
/// coarser than a decimetre and XMP is finer.
pub(super) fn position(front: &Front, xmp: &Xmp, notes: &mut Vec<String>) -> Option<(f64, f64)> {
    let exif = of_exif(front, notes).and_then(|fix| checked(fix, "Exif", notes));
    let packet = of_xmp(xmp, notes).and_then(|fix| checked(fix, "XMP", notes));
    let ((position, step), (other, other_step)) = match (exif, packet) {
        (Some(exif), Some(packet)) => (exif, packet),
        (found, other) => return found.or(other).map(|(position, _)| position),
    };
    let apart = (position.0 - other.0)
        .abs()
        .max((position.1 - other.1).abs());
    if apart > SAME_DEG.max(step) {
        notes.push(format!(
            "Exif says {:.7}, {:.7} and XMP {:.7}, {:.7}; that of Exif was taken",
            position.0, position.1, other.0, other.1
        ));
        return Some(position);
    }
    let is_finer = step > FINE_DEG && other_step < step;
    Some(if is_finer { other } else { position })
}

/// A position that can be one.
fn checked(fix: Fix, of: &str, notes: &mut Vec<String>) -> Option<Fix> {
    let ((lon, lat), _) = fix;
    if lon.abs() < 1e-9 && lat.abs() < 1e-9 {
        notes.push(format!(
            "its position in {of} is 0, 0, which cameras write that had no fix"
        ));
        return None;
    }
    if !(lon.abs() <= 180.0 && lat.abs() <= 90.0) {
        notes.push(format!(
            "its position in {of} is longitude {lon}, latitude {lat}, wanted a place on earth"
        ));
        return None;
    }
    Some(fix)
}

fn of_exif(front: &Front, notes: &mut Vec<String>) -> Option<Fix> {
    let gps = &front.gps;
    if !gps.has(tag::LON) && !gps.has(tag::LAT) {
        return None;
    }
    let mut degrees = |value, side, minus: char, plus: char| {
        let parts = gps.numbers(value);
        let mut sum = parts.first()?.value;
        let mut step = parts[0].step;
        // Cameras that write decimal degrees may leave 0/0 behind them.
        for (part, share) in parts.iter().skip(1).take(2).zip([60.0, 3600.0]) {
            if part.value.is_finite() {
                sum += part.value / share;
                step = step.min(part.step / share);
            }
        }
        let letter = gps.text(side).to_uppercase();
        if !letter.starts_with([minus, plus]) {
            notes.push(format!(
                "its position does not say whether it is {plus} or {minus} and was taken for {plus}"
            ));
        }
        let sum = if letter.starts_with(minus) { -sum } else { sum };
        // A hundred-millionth of a degree is a millimetre.
        sum.is_finite().then_some(((sum * 1e8).round() / 1e8, step))
    };
    let lon = degrees(tag::LON, tag::LON_REF, 'W', 'E');
    let lat = degrees(tag::LAT, tag::LAT_REF, 'S', 'N');
    let (Some((lon, lon_step)), Some((lat, lat_step))) = (lon, lat) else {
        notes.push("its position in Exif is no number, or only half a position".into());
        return None;
    };
    let datum = gps.text(tag::DATUM);
    let plain = datum.to_uppercase().replace(['-', ' ', '_'], "");
    if !["", "WGS84", "WGS1984", "CGCS2000"].contains(&plain.as_str()) {
        notes.push(format!(
            "its position is in `{}` and was taken for WGS 84",
            xmp::short(&datum)
        ));
    }
    Some(((lon, lat), lon_step.max(lat_step)))
}

fn of_xmp(xmp: &Xmp, notes: &mut Vec<String>) -> Option<Fix> {
    // `GpsLongtitude` is how DJI spelt it for years.
    let sets = [
        (
            [
                "drone-dji:GpsLongitude",
                "drone-dji:GpsLongtitude",
                "drone-dji:Longitude",
            ],
            ["drone-dji:GpsLatitude", "drone-dji:Latitude"],
        ),
        (
            [
                "drone:GpsLongitude",
                "drone:GpsLongtitude",
                "drone:Longitude",
            ],
            ["drone:GpsLatitude", "drone:Latitude"],
        ),
        (["drone-skydio:Longitude"; 3], ["drone-skydio:Latitude"; 2]),
        (["sensefly:Longitude"; 3], ["sensefly:Latitude"; 2]),
    ];
    for (lon_names, lat_names) in sets {
        let (Some(lon_text), Some(lat_text)) = (xmp.text(&lon_names), xmp.text(&lat_names)) else {
            continue;
        };
        let step = |text: &str| {
            let digits = text.split(['.', ',']).nth(1).map_or(0, str::len);
            0.1_f64.powi(i32::try_from(digits).unwrap_or(15))
        };
        let step = step(lon_text).max(step(lat_text));
        let lon = xmp.number(&lon_names, notes);
        if let (Some(lon), Some(lat)) = (lon, xmp.number(&lat_names, notes)) {
            return Some(((lon, lat), step));
        }
    }
    let lon = minutes(xmp.text(&["exif:GPSLongitude"])?)?;
    let lat = minutes(xmp.text(&["exif:GPSLatitude"])?)?;
    Some(((lon, lat), FINE_DEG))
}

/// Degrees written as `48,21.1367N` or `48,21,8N` (XMP part 2, `GPSCoordinate`).
fn minutes(text: &str) -> Option<f64> {
    let number = text.trim_end_matches(['N', 'E', 'S', 'W']);
    let mut sum = 0.0;
    for (part, share) in number.split(',').zip([1.0, 60.0, 3600.0]) {
        sum += part.trim().parse::<f64>().ok()? / share;
    }
    let is_minus = text.ends_with(['S', 'W']);
    sum.is_finite().then_some(if is_minus { -sum } else { sum })
}

/// Metres above a datum that is seldom known: as the maker's own tag says, else as Exif says.
pub(super) fn absolute_altitude(front: &Front, xmp: &Xmp, notes: &mut Vec<String>) -> Option<f64> {
    let names = [
        "drone-dji:AbsoluteAltitude",
        "drone:AbsoluteAltitude",
        "drone-skydio:AbsoluteAltitude",
    ];
    let own = xmp.number(&names, notes);
    let found = own.or_else(|| {
        let above = front.gps.number(tag::ALTITUDE)?;
        let is_below = front.gps.whole(tag::ALTITUDE_REF) == Some(1);
        Some(if is_below { -above } else { above })
    });
    let found = found.or_else(|| xmp.number(&["sensefly:AltitudeWGS84"], notes));
    possible(found, "its altitude", notes)
}

/// Metres above the place of take-off.
pub(super) fn relative_altitude(xmp: &Xmp, notes: &mut Vec<String>) -> Option<f64> {
    let names = [
        "drone-dji:RelativeAltitude",
        "drone:RelativeAltitude",
        // The altitude above sea level less this is the same in all photos of a flight.
        "sensefly:Height",
    ];
    let found = xmp.number(&names, notes).or_else(|| {
        // Parrot, "Embedded Photo Metadata".
        let found = xmp.number(&["Camera:AboveGroundAltitude"], notes)?;
        notes.push("its height is above the ground below it, not above the take-off".into());
        Some(found)
    });
    possible(found, "its height above the take-off", notes)
}

/// Metres between the Dead Sea and the ceiling of any drone.
fn possible(metres: Option<f64>, what: &str, notes: &mut Vec<String>) -> Option<f64> {
    let metres = metres?;
    if (-12_000.0..=12_000.0).contains(&metres) {
        return Some(metres);
    }
    notes.push(format!("{what} is {metres} m, wanted up to 12,000 m"));
    None
}

/// What the receiver says of its position.
pub(super) fn rtk(xmp: &Xmp, notes: &mut Vec<String>) -> Option<Rtk> {
    let flag = xmp.number(&["drone-dji:RtkFlag"], notes)?;
    if !(flag.fract() == 0.0 && (0.0..=255.0).contains(&flag)) {
        notes.push(format!(
            "`drone-dji:RtkFlag` is {flag}, wanted 0, 16, 34 or 50"
        ));
        return None;
    }
    let mut error = |name| xmp.number(&[name], notes).filter(|e| *e > 0.0);
    let std = [
        error("drone-dji:RtkStdLon"),
        error("drone-dji:RtkStdLat"),
        error("drone-dji:RtkStdHgt"),
    ];
    Some(Rtk {
        flag: i32::try_from(crate::georef::round_to_u32(flag)).unwrap_or(0),
        std_m: match std {
            [Some(lon), Some(lat), Some(height)] => Some([lon, lat, height]),
            _ => None,
        },
    })
}
