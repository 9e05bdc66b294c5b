//! Days and times as people write them, and as spreadsheets keep them, made ISO 8601.

use super::plain::fold;
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

/// What is wanted where a text is no day.
pub(super) const WANTED: &str =
    "a day such as `2026-05-04`, 2026年5月4日 or `2026/5/4 14:30`, with the year first";

/// The first and the last year that a serial number of a spreadsheet is taken for.
const SERIAL_YEARS: std::ops::RangeInclusive<i32> = 1990..=2199;

/// Which day a workbook counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Epoch {
    /// Day 1 is 1 January 1900, and 29 February 1900 counts though it never was: the default.
    Of1900,
    /// Day 0 is 1 January 1904, the choice of old Macintosh programs.
    Of1904,
}

/// A day, with the time of day where it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    /// The day.
    pub(super) day: NaiveDate,
    /// The time of day.
    pub(super) time: Option<NaiveTime>,
    /// What stood behind it, `Z` or an offset such as `+08:00`; empty where nothing did.
    pub(super) zone: String,
}

impl Moment {
    /// The same moment in China's one time, 8 hours before UTC, where the zone is known: days of answers
    /// are compared with each other, and with days that were written by hand.
    pub(super) fn where_the_offices_are(self) -> Self {
        let china = FixedOffset::east_opt(8 * 3600);
        let (Some(china), Ok(there)) = (china, DateTime::parse_from_rfc3339(&self.iso())) else {
            return self;
        };
        let here = there.with_timezone(&china).naive_local();
        Self {
            day: here.date(),
            time: Some(here.time()),
            zone: "+08:00".into(),
        }
    }

    /// ISO 8601, to the second: `2026-05-04`, `2026-05-04T14:30:00`.
    pub(super) fn iso(&self) -> String {
        match self.time {
            None => self.day.to_string(),
            Some(time) => format!("{}T{time}{}", self.day, self.zone),
        }
    }
}

/// Reads a day with or without a time: ISO 8601, years first with `-`, `/`, `.` or 年月日 between, or
/// eight digits. Nothing is guessed: a day before its month or a year of two digits is refused.
pub(super) fn read(text: &str) -> Option<Moment> {
    let folded = fold(text);
    let mut rest = Cursor(&folded);
    let day = rest.day()?;
    rest.skip_blanks();
    if rest.0.is_empty() {
        return Some(Moment {
            day,
            time: None,
            zone: String::new(),
        });
    }
    rest.take(&["t"]);
    let time = rest.time()?;
    let zone = rest.zone()?;
    Some(Moment {
        day,
        time: Some(time),
        zone,
    })
}

/// The day and time of a serial number, if it lies within years that make sense.
pub(super) fn of_serial(serial: f64, epoch: Epoch) -> Option<Moment> {
    if !(0.0..1e6).contains(&serial) {
        return None;
    }
    let first = match epoch {
        // Day 61 is 1 March 1900; the days before it are none that a campaign has.
        Epoch::Of1900 => NaiveDate::from_ymd_opt(1899, 12, 30)?,
        Epoch::Of1904 => NaiveDate::from_ymd_opt(1904, 1, 1)?,
    };
    #[expect(clippy::cast_possible_truncation, reason = "below 1e11 seconds")]
    let seconds = (serial * 86_400.0).round() as i64;
    let at: NaiveDateTime = first
        .and_time(NaiveTime::MIN)
        .checked_add_signed(TimeDelta::try_seconds(seconds)?)?;
    let is_whole = serial.fract() == 0.0;
    SERIAL_YEARS
        .contains(&chrono::Datelike::year(&at.date()))
        .then(|| Moment {
            day: at.date(),
            time: (!is_whole).then(|| at.time()),
            zone: String::new(),
        })
}

/// What is left of a text.
struct Cursor<'a>(&'a str);

impl Cursor<'_> {
    fn skip_blanks(&mut self) {
        self.0 = self.0.trim_start();
    }

    /// Takes one of these; says whether there was one.
    fn take(&mut self, signs: &[&str]) -> bool {
        let found = signs.iter().find_map(|sign| self.0.strip_prefix(sign));
        if let Some(rest) = found {
            self.0 = rest;
        }
        found.is_some()
    }

    /// Takes a number of so many digits.
    fn digits(&mut self, count: std::ops::RangeInclusive<usize>) -> Option<u32> {
        let there = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let taken = there.min(*count.end());
        if taken < *count.start() {
            return None;
        }
        let (digits, rest) = self.0.split_at(taken);
        self.0 = rest;
        digits.parse().ok()
    }

    fn day(&mut self) -> Option<NaiveDate> {
        let year = i32::try_from(self.digits(4..=4)?).ok()?;
        if self.0.bytes().next()?.is_ascii_digit() {
            let (month, day) = (self.digits(2..=2)?, self.digits(2..=2)?);
            // A ninth digit makes it something else.
            let ends = !self.0.bytes().next().is_some_and(|b| b.is_ascii_digit());
            return ends
                .then(|| NaiveDate::from_ymd_opt(year, month, day))
                .flatten();
        }
        self.skip_blanks();
        let sign = ["-", "/", ".", "年"]
            .into_iter()
            .find(|s| self.0.starts_with(s))?;
        self.take(&[sign]);
        self.skip_blanks();
        let month = self.digits(1..=2)?;
        self.skip_blanks();
        if !self.take(&[if sign == "年" { "月" } else { sign }]) {
            return None;
        }
        self.skip_blanks();
        let day = self.digits(1..=2)?;
        self.skip_blanks();
        self.take(&["日", "号"]);
        NaiveDate::from_ymd_opt(year, month, day)
    }

    fn time(&mut self) -> Option<NaiveTime> {
        self.skip_blanks();
        let mut half = self.half_of_day();
        self.skip_blanks();
        let hour = self.digits(1..=2)?;
        self.skip_blanks();
        if !self.take(&[":", "时", "點", "点"]) {
            return None;
        }
        self.skip_blanks();
        let minute = self.digits(1..=2).unwrap_or(0);
        self.skip_blanks();
        let mut second = 0;
        if self.take(&[":", "分"]) {
            self.skip_blanks();
            if let Some(seconds) = self.digits(1..=2) {
                second = seconds;
                if self.take(&["."]) {
                    self.digits(1..=9)?;
                }
                self.take(&["秒"]);
            }
        }
        self.skip_blanks();
        if half.is_none() {
            half = self.half_of_day();
        }
        let hour = match half {
            None => hour,
            Some(after) if (1..=12).contains(&hour) => hour % 12 + if after { 12 } else { 0 },
            // 下午14:30 says the same twice.
            Some(true) if hour < 24 => hour,
            Some(_) => return None,
        };
        NaiveTime::from_hms_opt(hour, minute, second)
    }

    /// Before or after noon, where it is said.
    fn half_of_day(&mut self) -> Option<bool> {
        if self.take(&["下午", "晚上", "pm", "p.m."]) {
            Some(true)
        } else {
            self.take(&["上午", "早上", "凌晨", "am", "a.m."])
                .then_some(false)
        }
    }

    /// The zone, which must be the last.
    fn zone(&mut self) -> Option<String> {
        self.skip_blanks();
        if self.0.is_empty() {
            return Some(String::new());
        }
        if self.take(&["z"]) {
            return self.0.is_empty().then(|| "Z".into());
        }
        let sign = match self.0.bytes().next()? {
            b'+' => '+',
            b'-' => '-',
            _ => return None,
        };
        self.take(&["+", "-"]);
        let hours = self.digits(2..=2)?;
        self.take(&[":"]);
        let minutes = if self.0.is_empty() {
            0
        } else {
            self.digits(2..=2)?
        };
        let is_zone = self.0.is_empty() && hours <= 14 && minutes < 60;
        is_zone.then(|| format!("{sign}{hours:02}:{minutes:02}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_any_hand_are_read() {
        for text in [
            "2026-05-04",
            "2026/5/4",
            "2026.5.4",
            "2026年5月4日",
            "２０２６年５月４号",
            "20260504",
            "2026-5-4 ",
            "2026 年 5 月 4 日",
        ] {
            assert_eq!(read(text).unwrap().iso(), "2026-05-04", "{text}");
        }
        for text in [
            "2026/5/4 14:30",
            "2026-05-04T14:30:00",
            "2026年5月4日 14时30分",
            "2026年5月4日下午2:30",
            "2026.5.4 2:30 PM",
            "2026-05-04 14:30:00.000",
            "20260504 14:30",
            "2026/5/4 下午14:30",
        ] {
            assert_eq!(read(text).unwrap().iso(), "2026-05-04T14:30:00", "{text}");
        }
        assert_eq!(
            read("2026-05-04T14:30:00.123+08:00").unwrap().iso(),
            "2026-05-04T14:30:00+08:00"
        );
        assert_eq!(
            read("2026-05-04T14:30:00Z").unwrap().iso(),
            "2026-05-04T14:30:00Z"
        );
        assert_eq!(
            read("2026年5月4日 14点").unwrap().iso(),
            "2026-05-04T14:00:00"
        );
        for text in [
            "",
            "5月4日",
            "04/05/2026",
            "26.5.4",
            "2026-13-01",
            "2026-02-30",
            "2026-05-04 25:00",
            "2026-05-04 x",
            "46146",
            "昨天",
            "2026-05",
            "202605041",
            "2026-05/04",
            "2026-05-04 10:00+99:00",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn serial_numbers_are_days_of_either_epoch() {
        assert_eq!(
            of_serial(46146.0, Epoch::Of1900).unwrap().iso(),
            "2026-05-04"
        );
        assert_eq!(
            of_serial(44684.0, Epoch::Of1904).unwrap().iso(),
            "2026-05-04"
        );
        assert_eq!(
            of_serial(46_146.604_166_666_7, Epoch::Of1900)
                .unwrap()
                .iso(),
            "2026-05-04T14:30:00"
        );
        for serial in [-1.0, 0.0, 12.0, 20_260_504.0, f64::NAN] {
            assert_eq!(of_serial(serial, Epoch::Of1900), None, "{serial}");
        }
    }
}
