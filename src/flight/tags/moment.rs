//! When a photo was taken, and how far the camera's clock is from UTC.

use super::front::{Front, tag};
use super::xmp::{self, Xmp};
use crate::flight::photo::TakenAt;
use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeDelta};

/// Offsets that are in use on earth, in quarters of an hour.
const OFFSETS: std::ops::RangeInclusive<i64> = -48..=56;

/// The clock of the camera, with the offset from UTC that the file says or that follows from a time in UTC.
pub(super) fn taken(front: &Front, xmp: &Xmp, notes: &mut Vec<String>) -> Option<TakenAt> {
    let exif = &front.exif;
    let written = [
        (tag::TAKEN, tag::TAKEN_OFFSET),
        (tag::DIGITIZED, tag::DIGITIZED_OFFSET),
    ];
    for (time, own_offset) in written {
        let text = exif.text(time);
        if text.is_empty() {
            continue;
        }
        let Some(local) = time_of(&text) else {
            notes.push(format!(
                "it was taken at `{}`, which is no time",
                xmp::short(&text)
            ));
            continue;
        };
        let offset = offset_of(&exif.text(own_offset))
            .or_else(|| offset_of(&exif.text(tag::OFFSET)))
            .or_else(|| offset_from_utc(local, utc(front, xmp)?, notes));
        return Some(TakenAt { local, offset });
    }
    // Programs that strip Exif leave this behind.
    let text = xmp.text(&["exif:DateTimeOriginal"])?;
    let (local, offset) = match DateTime::parse_from_rfc3339(text) {
        Ok(time) => (time.naive_local(), Some(*time.offset())),
        Err(_) => (time_of(text)?, None),
    };
    Some(TakenAt {
        local,
        offset: offset.or_else(|| offset_from_utc(local, utc(front, xmp)?, notes)),
    })
}

/// A time in UTC: of the exposure, as DJI and senseFly write it, else of the last fix.
fn utc(front: &Front, xmp: &Xmp) -> Option<NaiveDateTime> {
    let names = ["drone-dji:UTCAtExposure", "sensefly:UTCTime"];
    if let Some(time) = xmp.text(&names).and_then(time_of) {
        return Some(time);
    }
    let clock = front.gps.numbers(tag::GPS_TIME);
    let [hours, minutes, seconds] = clock.get(..3)? else {
        return None;
    };
    let seconds = (hours.value * 60.0 + minutes.value) * 60.0 + seconds.value;
    // A clock that is no clock says nothing; the day after is that of a leap second.
    let seconds = (0.0..=86_400.0)
        .contains(&seconds)
        .then(|| crate::georef::round_to_u32(seconds))?;
    // Some write the time of day behind the day, too.
    let day: String = front.gps.text(tag::GPS_DATE).chars().take(10).collect();
    let midnight = time_of(&format!("{day} 00:00:00"))?;
    Some(midnight + TimeDelta::seconds(i64::from(seconds)))
}

/// `2026:05:04 10:30:00` as Exif writes it, and as others do.
fn time_of(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim().trim_end_matches('Z');
    let forms = [
        "%Y:%m:%d %H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y/%m/%d %H:%M:%S%.f",
    ];
    let time = forms
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?;
    // Before digital cameras there is only a clock that was never set.
    let year = chrono::Datelike::year(&time);
    (1990..=2200).contains(&year).then_some(time)
}

/// `+08:00`, `Z`.
fn offset_of(text: &str) -> Option<FixedOffset> {
    let minutes = match text.as_bytes() {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), digits @ ..] => {
            let (hours, minutes) = std::str::from_utf8(digits).ok()?.split_once(':')?;
            let all: i32 = hours.parse::<u8>().map(i32::from).ok()? * 60
                + minutes.parse::<u8>().map(i32::from).ok()?;
            if *sign == b'-' { -all } else { all }
        }
        _ => return None,
    };
    OFFSETS
        .contains(&i64::from(minutes / 15))
        .then(|| FixedOffset::east_opt(minutes * 60))?
}

/// The quarter of an hour that is nearest to what the camera's clock is ahead of UTC.
fn offset_from_utc(
    local: NaiveDateTime,
    utc: NaiveDateTime,
    notes: &mut Vec<String>,
) -> Option<FixedOffset> {
    let ahead = (local - utc).num_seconds();
    let quarters = (ahead + 450).div_euclid(900);
    if !OFFSETS.contains(&quarters) {
        notes.push(format!(
            "the camera's clock says {local} and the receiver {utc} UTC: no zone is that far off"
        ));
        return None;
    }
    FixedOffset::east_opt(i32::try_from(quarters * 900).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_all_forms_and_impossible_ones_are_none() {
        let wanted = time_of("2026:05:04 10:30:00").unwrap();
        for text in [
            "2026-05-04T10:30:00",
            "2026/05/04 10:30:00",
            "2026-05-04 10:30:00Z",
        ] {
            assert_eq!(time_of(text), Some(wanted), "{text}");
        }
        for text in [
            "2026:13:04 10:30:00",
            "2026:02:30 10:30:00",
            "0000:00:00 00:00:00",
            "1970:01:01 00:00:00",
            "2026:05:04 24:30:00",
            "    :  :     :  :  ",
        ] {
            assert_eq!(time_of(text), None, "{text}");
        }
    }

    #[test]
    fn offsets_follow_from_utc_to_a_quarter_of_an_hour() {
        let mut notes = Vec::new();
        let mut of = |local, utc| {
            let offset = offset_from_utc(time_of(local)?, time_of(utc)?, &mut notes);
            offset.map(|o| o.local_minus_utc() / 60)
        };
        let local = "2025:05:20 10:12:34";
        assert_eq!(of(local, "2025:05:20 02:12:54.019996"), Some(480));
        assert_eq!(of("2013:06:04 13:39:01", "2013-06-04T17:39:35"), Some(-240));
        assert_eq!(of("2025:05:20 01:00:00", "2025:05:19 19:15:10"), Some(345));
        assert_eq!(of(local, "2025:05:18 02:12:54"), None);
        assert_eq!(notes.len(), 1);
        assert_eq!(
            offset_of("+05:45").map(|o| o.local_minus_utc()),
            Some(20_700)
        );
        for text in ["", "+8", "   :  ", "+99:00", "08:00"] {
            assert_eq!(offset_of(text), None, "{text}");
        }
    }
}
