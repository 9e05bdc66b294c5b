//! What a photo says of itself: where and when it was taken. Tags as the Exif standard names them
//! (JEITA CP-3451, `GPS` IFD and `Exif` IFD).

use exif::{Exif, In, Rational, Reader, Tag, Value};
use std::io::{BufReader, Read};
use std::path::Path;

/// In a JPEG the tags stand in front of the picture: no more than this is read.
const FRONT_BYTES: u64 = 1 << 20;

/// What a photo says.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct PhotoFacts {
    /// Longitude and latitude in degrees of WGS 84.
    pub(super) position: Option<[f64; 2]>,
    /// Error of the position in metres.
    pub(super) accuracy_m: Option<f64>,
    /// ISO 8601, with its offset from UTC where the photo says it; empty where unknown.
    pub(super) taken_at: String,
    /// What is wrong with the photo.
    pub(super) notes: Vec<String>,
}

/// Reads the tags of a photo, and of what is damaged or no photo what can be had: it never fails.
pub(super) fn read(path: &Path) -> PhotoFacts {
    match tags(path) {
        Ok(Some(tags)) => facts(&tags),
        Ok(None) => PhotoFacts::default(),
        Err(problem) => PhotoFacts {
            notes: vec![problem],
            ..PhotoFacts::default()
        },
    }
}

/// The tags; none where a sound photo has none.
fn tags(path: &Path) -> Result<Option<Exif>, String> {
    let file = fs_err::File::open(path).map_err(|e| format!("cannot be read ({e})"))?;
    let mut file = BufReader::new(file);
    let mut start = [0; 12];
    let length = read_up_to(&mut file, &mut start).map_err(|e| format!("cannot be read ({e})"))?;
    let mut reader = Reader::new();
    reader.continue_on_error(true);
    let found = match &start[..length] {
        [] => return Err("is empty".into()),
        [0xff, 0xd8, ..] => {
            let front = start[..length].chain(file.take(FRONT_BYTES));
            exif::get_exif_attr_from_jpeg(&mut BufReader::new(front))
                .and_then(|attributes| reader.read_raw(attributes))
        }
        [0x89, b'P', b'N', b'G', ..] | [_, _, _, _, b'f', b't', b'y', b'p', ..] => {
            // The tags may stand anywhere in these.
            let again = fs_err::File::open(path).map_err(|e| format!("cannot be read ({e})"))?;
            reader.read_from_container(&mut BufReader::new(again))
        }
        _ => return Err("is no JPEG, PNG or HEIC picture".into()),
    };
    match found.or_else(|e| e.distill_partial_result(|_| ())) {
        Ok(tags) => Ok(Some(tags)),
        Err(exif::Error::NotFound(_)) => Ok(None),
        // The front alone was looked at: a long picture without tags ends here too.
        Err(exif::Error::InvalidFormat("Broken JPEG file")) if is_long(path) => Ok(None),
        Err(e) => Err(format!("is damaged ({e})")),
    }
}

fn is_long(path: &Path) -> bool {
    fs_err::metadata(path).is_ok_and(|m| m.len() > FRONT_BYTES)
}

fn read_up_to(source: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

fn facts(tags: &Exif) -> PhotoFacts {
    let mut notes = Vec::new();
    let lon = degrees(tags, Tag::GPSLongitude, Tag::GPSLongitudeRef, (b'W', 180.0));
    let lat = degrees(tags, Tag::GPSLatitude, Tag::GPSLatitudeRef, (b'S', 90.0));
    let has_tag = |tag| tags.get_field(tag, In::PRIMARY).is_some();
    let position = match (lon, lat) {
        // What cameras write that had no fix.
        (Some(lon), Some(lat)) if lon.abs() < 1e-9 && lat.abs() < 1e-9 => None,
        (Some(lon), Some(lat)) => Some([lon, lat]),
        _ => None,
    };
    if position.is_none() && (has_tag(Tag::GPSLatitude) || has_tag(Tag::GPSLongitude)) {
        notes.push("its position is no place on earth, or 0, 0".into());
    }
    let datum = text(tags, Tag::GPSMapDatum);
    let is_wgs84 = ["", "WGS84", "WGS1984", "CGCS2000"]
        .contains(&datum.to_uppercase().replace(['-', ' ', '_'], "").as_str());
    if position.is_some() && !is_wgs84 {
        notes.push(format!(
            "its position is in `{datum}`, and was taken for WGS 84"
        ));
    }
    PhotoFacts {
        position,
        accuracy_m: rationals(tags, Tag::GPSHPositioningError)
            .and_then(|r| number(*r.first()?))
            .filter(|m| *m > 0.0),
        taken_at: taken_at(tags),
        notes,
    }
}

/// Degrees, minutes and seconds with the letter of the hemisphere.
fn degrees(tags: &Exif, tag: Tag, side: Tag, (minus, most): (u8, f64)) -> Option<f64> {
    let parts = rationals(tags, tag)?;
    let mut sum = number(*parts.first()?)?;
    for (part, share) in parts.iter().skip(1).take(2).zip([60.0, 3600.0]) {
        // Phones that write decimal degrees leave 0/0 behind them.
        sum += number(*part).unwrap_or(0.0) / share;
    }
    let is_minus = text(tags, side).to_uppercase().as_bytes().first() == Some(&minus);
    let value = if is_minus { -sum } else { sum };
    // A ten-millionth of a degree is a centimetre.
    let value = (value * 1e7).round() / 1e7;
    (value.abs() <= most).then_some(value)
}

fn rationals(tags: &Exif, tag: Tag) -> Option<&[Rational]> {
    match &tags.get_field(tag, In::PRIMARY)?.value {
        Value::Rational(parts) => Some(parts),
        _ => None,
    }
}

fn number(part: Rational) -> Option<f64> {
    (part.denom != 0).then(|| part.to_f64())
}

fn text(tags: &Exif, tag: Tag) -> String {
    let field = tags.get_field(tag, In::PRIMARY);
    let value = match field.map(|f| &f.value) {
        Some(Value::Ascii(lines)) => lines.first().map(Vec::as_slice),
        _ => None,
    };
    let value = String::from_utf8_lossy(value.unwrap_or_default());
    value.trim_matches(['\0', ' ']).to_owned()
}

/// `2026:05:04 10:30:00` and `+08:00` as ISO 8601; empty where it is no day.
fn taken_at(tags: &Exif) -> String {
    let original = text(tags, Tag::DateTimeOriginal);
    let (written, offset) = if original.is_empty() {
        (
            text(tags, Tag::DateTimeDigitized),
            text(tags, Tag::OffsetTimeDigitized),
        )
    } else {
        (original, text(tags, Tag::OffsetTimeOriginal))
    };
    let written = written.replace('/', ":");
    let time = chrono::NaiveDateTime::parse_from_str(&written, "%Y:%m:%d %H:%M:%S").or_else(|_| {
        // Some phones write the day as everybody else does.
        chrono::NaiveDateTime::parse_from_str(&written, "%Y-%m-%d %H:%M:%S")
    });
    let Ok(time) = time else {
        return String::new();
    };
    let offset = match offset.as_bytes() {
        b"Z" => "Z",
        [b'+' | b'-', a, b, b':', c, d] if [a, b, c, d].iter().all(|x| x.is_ascii_digit()) => {
            offset.as_str()
        }
        _ => "",
    };
    // Debug is the ISO 8601 form.
    format!("{time:?}{offset}")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use ::exif::Field;
    use ::exif::experimental::Writer;
    use std::io::Cursor;

    /// A small JPEG with these tags; the picture itself is only a beginning and an end.
    pub(in crate::returns::read) fn jpeg(lon: f64, lat: f64, taken: &str, offset: &str) -> Vec<u8> {
        let field = |tag, value| Field {
            tag,
            ifd_num: In::PRIMARY,
            value,
        };
        let letter = |is_minus, minus: &str, plus: &str| {
            Value::Ascii(vec![(if is_minus { minus } else { plus }).into()])
        };
        let angle = |value: f64| {
            let micro = crate::georef::round_to_u32(value.abs() * 1e6);
            let whole = |num, denom| Rational { num, denom };
            Value::Rational(vec![whole(micro, 1_000_000), whole(0, 1), whole(0, 0)])
        };
        let fields = [
            field(Tag::GPSLongitudeRef, letter(lon < 0.0, "W", "E")),
            field(Tag::GPSLongitude, angle(lon)),
            field(Tag::GPSLatitudeRef, letter(lat < 0.0, "S", "N")),
            field(Tag::GPSLatitude, angle(lat)),
            field(Tag::DateTimeOriginal, Value::Ascii(vec![taken.into()])),
            field(Tag::OffsetTimeOriginal, Value::Ascii(vec![offset.into()])),
        ];
        let mut writer = Writer::new();
        for field in &fields {
            writer.push_field(field);
        }
        let mut tags = Cursor::new(Vec::new());
        writer.write(&mut tags, false).unwrap();
        let tags = tags.into_inner();
        let length = u16::try_from(tags.len() + 8).unwrap();
        let mut out = vec![0xff, 0xd8, 0xff, 0xe1];
        out.extend(length.to_be_bytes());
        out.extend(b"Exif\0\0");
        out.extend(tags);
        out.extend([0xff, 0xd9]);
        out
    }

    fn of(bytes: &[u8]) -> PhotoFacts {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jpg");
        fs_err::write(&path, bytes).unwrap();
        read(&path)
    }

    #[test]
    fn place_and_time_are_read_with_sign_and_offset() {
        let facts = of(&jpeg(101.6367, 24.7548, "2026:05:04 10:30:00", "+08:00"));
        assert_eq!(facts.position, Some([101.6367, 24.7548]));
        assert_eq!(facts.taken_at, "2026-05-04T10:30:00+08:00");
        assert!(facts.notes.is_empty());
        let facts = of(&jpeg(-71.5, -12.25, "2026:05:04 10:30:00", "   :  "));
        assert_eq!(facts.position, Some([-71.5, -12.25]));
        assert_eq!(facts.taken_at, "2026-05-04T10:30:00");
    }

    #[test]
    fn what_is_no_place_or_time_is_left_out() {
        let facts = of(&jpeg(0.0, 0.0, "0000:00:00 00:00:00", ""));
        assert_eq!((facts.position, facts.taken_at.as_str()), (None, ""));
        assert_eq!(facts.notes.len(), 1);
        assert_eq!(of(&jpeg(101.0, 91.0, "", "")).position, None);
        let none = of(b"\xff\xd8\xff\xd9");
        assert_eq!(none, PhotoFacts::default());
        for bytes in [&b""[..], b"GIF89a......", b"\xff\xd8\xff\xe1\x00", b"PK"] {
            assert_eq!(of(bytes).notes.len(), 1, "{bytes:?}");
        }
    }

    #[test]
    fn damaged_photos_never_panic() {
        let whole = jpeg(101.6367, 24.7548, "2026:05:04 10:30:00", "+08:00");
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jpg");
        for length in 0..whole.len() {
            fs_err::write(&path, &whole[..length]).unwrap();
            read(&path);
        }
        for at in 0..whole.len() {
            for value in [0, 0x7f, 0xff] {
                let mut broken = whole.clone();
                broken[at] = value;
                fs_err::write(&path, &broken).unwrap();
                read(&path);
            }
        }
    }
}
