//! When the plants of a crop stand at which stage, by latitude, height and date: the table
//! `phenology.toml`, and whether a date lies within one of its windows.

use super::vocabulary::STAGE;
use super::{Lang, crop_name};
use crate::{Error, Result};
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use std::fmt;
use std::path::Path;

/// The built-in windows, of `phenology.toml`: few dates are published, each with its source.
pub const DEFAULT: &str = include_str!("phenology.toml");

/// Windows in which plants stand at a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Phenology {
    /// The windows, in the order of the file.
    pub windows: Vec<Window>,
}

/// When plants of a crop stand at a stage, somewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// Where, for people.
    pub region: String,
    /// `opium_poppy`, `cannabis`, or another class of a model.
    pub crop: String,
    /// `flower` and the like; any word.
    pub stage: String,
    /// Latitudes of WGS 84 in degrees, both ends included.
    pub lat: [f64; 2],
    /// Heights in metres, both ends included; without bounds any height, even one unknown.
    pub elev_m: [Option<f64>; 2],
    /// First day.
    pub start: YearDay,
    /// Last day, included. Where it comes before the first, the window crosses the new year.
    pub end: YearDay,
    /// Where it comes from.
    pub source: String,
}

/// A day of any year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct YearDay {
    month: u32,
    day: u32,
}

/// How a date lies to the windows of a crop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Season<'a> {
    /// Within this window: of several the one of the narrowest band of latitudes, then the first.
    InWindow(&'a Window),
    /// Outside of all; this one is nearest in days.
    Outside(&'a Window),
    /// Nobody can tell.
    NotComputed(NoSeason),
}

/// Why there is no season.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(
    clippy::enum_variant_names,
    reason = "each names what there is not, and is read without its type beside it"
)]
pub enum NoSeason {
    /// No window of the crop counts there.
    NoWindow,
    /// Windows depend on the height, which is not known.
    NoHeight,
    /// The text does not begin with a day of the calendar.
    NoDate,
}

impl Phenology {
    /// The windows of a text in the form of [`DEFAULT`]; `path` is the file that errors name.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        let refused = |problem: String| {
            Error::labels(
                path,
                problem,
                "write it like the table that comes with the program, one `[[window]]` per crop, \
                 stage and region",
            )
        };
        let file: File = toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(0, |span| line_of(text, span.start));
            refused(format!(
                "line {line} is `{}`, wanted a table of windows: {}",
                text.lines().nth(line.saturating_sub(1)).unwrap_or_default(),
                e.message()
            ))
        })?;
        if file.window.is_empty() {
            return Err(refused("has no `[[window]]`, wanted one or more".into()));
        }
        let windows = file.window.into_iter().enumerate().map(|(index, table)| {
            Window::read(table).map_err(|fault| refused(format!("window {}: {fault}", index + 1)))
        });
        Ok(Self {
            windows: windows.collect::<Result<_>>()?,
        })
    }

    /// How a date lies to the windows of a crop at a latitude in degrees and a height in metres.
    /// `date` begins `2026-05-04`; what follows, such as the time of day, does not matter.
    #[must_use]
    pub fn season(&self, crop: &str, lat: f64, elev_m: Option<f64>, date: &str) -> Season<'_> {
        let Some(day) = YearDay::of_date(date) else {
            return Season::NotComputed(NoSeason::NoDate);
        };
        let here: Vec<&Window> = self
            .windows
            .iter()
            .filter(|w| w.crop == crop && (w.lat[0]..=w.lat[1]).contains(&lat))
            .collect();
        let counts = |w: &&Window| w.counts_at(elev_m) == Some(true);
        let narrowest = |w: &&&Window| w.lat[1] - w.lat[0];
        let within = here
            .iter()
            .filter(|w| counts(w) && w.holds(day))
            .min_by(|a, b| narrowest(a).total_cmp(&narrowest(b)));
        if let Some(window) = within {
            return Season::InWindow(window);
        }
        // One that would hold the date, were the height right, leaves the question open.
        let undecided = |w: &&&Window| w.counts_at(elev_m).is_none();
        let nearest = here
            .iter()
            .filter(|w| counts(w))
            .min_by_key(|w| w.days_to(day));
        let open = here.iter().filter(undecided).any(|w| w.holds(day));
        match nearest {
            Some(window) if !open => Season::Outside(window),
            None if !here.iter().any(|w| undecided(&w)) => Season::NotComputed(NoSeason::NoWindow),
            _ => Season::NotComputed(NoSeason::NoHeight),
        }
    }
}

impl Window {
    /// `罂粟 花 03-01 至 04-30`, `opium poppy flower 03-01 to 04-30`.
    #[must_use]
    pub fn say(&self, lang: Lang) -> String {
        let (crop, stage) = (crop_name(&self.crop, lang), stage_name(&self.stage, lang));
        let to = lang.pick("至", "to");
        format!("{crop} {stage} {} {to} {}", self.start, self.end)
    }

    /// Whether it counts at a height; `None` where that takes a height that is not known.
    fn counts_at(&self, elev_m: Option<f64>) -> Option<bool> {
        let [least, most] = self.elev_m;
        if least.is_none() && most.is_none() {
            return Some(true);
        }
        let height = elev_m.filter(|h| h.is_finite())?;
        Some(least.is_none_or(|least| least <= height) && most.is_none_or(|most| height <= most))
    }

    fn holds(&self, day: YearDay) -> bool {
        if self.start <= self.end {
            (self.start..=self.end).contains(&day)
        } else {
            day >= self.start || day <= self.end
        }
    }

    /// Days from a date outside to the nearer end, around the year.
    fn days_to(&self, day: YearDay) -> u32 {
        let ahead = (self.start.number() + 366 - day.number()) % 366;
        let behind = (day.number() + 366 - self.end.number()) % 366;
        ahead.min(behind)
    }

    fn read(table: toml::Table) -> Result<Self, String> {
        let row: Row = table.try_into().map_err(|e: toml::de::Error| {
            // The message names the value seen and what was wanted, or the unknown key.
            e.message().trim().to_owned()
        })?;
        for (name, seen) in [("crop", &row.crop), ("stage", &row.stage)] {
            if seen.trim().is_empty() {
                return Err(format!("{name} is `{seen}`, wanted a word"));
            }
        }
        for (name, seen) in [("lat_min", row.lat_min), ("lat_max", row.lat_max)] {
            if !(-90.0..=90.0).contains(&seen) {
                return Err(format!("{name} is `{seen}`, wanted degrees from -90 to 90"));
            }
        }
        let ascending = |name: &str, least: f64, most: f64| {
            if least <= most {
                return Ok(());
            }
            Err(format!(
                "{name}_min is `{least}` and {name}_max `{most}`, wanted the smaller one first"
            ))
        };
        ascending("lat", row.lat_min, row.lat_max)?;
        for (name, seen) in [
            ("elev_min_m", row.elev_min_m),
            ("elev_max_m", row.elev_max_m),
        ] {
            if let Some(seen) = seen.filter(|h| !h.is_finite()) {
                return Err(format!("{name} is `{seen}`, wanted metres"));
            }
        }
        if let (Some(least), Some(most)) = (row.elev_min_m, row.elev_max_m)
            && least > most
        {
            return Err(format!(
                "elev_min_m is `{least}` and elev_max_m `{most}`, wanted the smaller one first"
            ));
        }
        let day = |name: &str, text: &str| {
            YearDay::parse(text).ok_or_else(|| {
                format!("{name} is `{text}`, wanted a month and a day such as `04-30`")
            })
        };
        Ok(Self {
            start: day("start", &row.start)?,
            end: day("end", &row.end)?,
            region: row.region,
            crop: row.crop,
            stage: row.stage,
            lat: [row.lat_min, row.lat_max],
            elev_m: [row.elev_min_m, row.elev_max_m],
            source: row.source,
        })
    }
}

impl YearDay {
    /// `04-30`; `02-29` is a day, too.
    fn parse(text: &str) -> Option<Self> {
        (text.len() == 5)
            .then(|| Self::of_date(&format!("2000-{text}")))
            .flatten()
    }

    /// The day of a text that begins `2026-05-04`.
    fn of_date(text: &str) -> Option<Self> {
        let date = calendar_day(text)?;
        Some(Self {
            month: date.month(),
            day: date.day(),
        })
    }

    /// Its number in a leap year, from 1 to 366.
    fn number(self) -> u32 {
        NaiveDate::from_ymd_opt(2000, self.month, self.day).map_or(0, |date| date.ordinal())
    }
}

impl fmt::Display for YearDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

impl NoSeason {
    /// As people read it.
    #[must_use]
    pub fn say(self, lang: Lang) -> &'static str {
        let (zh, en) = match self {
            Self::NoWindow => (
                "物候表无此地此作物",
                "no window for the crop at this latitude and height",
            ),
            Self::NoHeight => (
                "物候期依高程而定，此处无高程",
                "the season depends on the height, which is not known",
            ),
            Self::NoDate => ("无拍摄时间", "no capture time"),
        };
        lang.pick(zh, en)
    }
}

/// The calendar day of a text that begins `2026-05-04`, after which no digit may follow.
#[must_use]
pub fn calendar_day(text: &str) -> Option<NaiveDate> {
    let text = text.trim_start();
    let (day, rest) = text.split_at_checked(10)?;
    let is_written_out = day.bytes().enumerate().all(|(i, b)| {
        if i == 4 || i == 7 {
            b == b'-'
        } else {
            b.is_ascii_digit()
        }
    });
    if !is_written_out || rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()
}

/// A stage as people read it: a word of the record sheet, or one of the table's own.
#[must_use]
pub fn stage_name(stage: &str, lang: Lang) -> &str {
    match STAGE.get(stage) {
        Some(word) => word.say(lang),
        None if stage == "vegetative" => lang.pick("营养生长", "leafy growth"),
        None => stage,
    }
}

fn line_of(text: &str, byte: usize) -> usize {
    let before = text.get(..byte).unwrap_or(text);
    before.bytes().filter(|b| *b == b'\n').count() + 1
}

/// The file; its windows one by one, so that an error can say which.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    window: Vec<toml::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    region: String,
    crop: String,
    stage: String,
    lat_min: f64,
    lat_max: f64,
    elev_min_m: Option<f64>,
    elev_max_m: Option<f64>,
    start: String,
    end: String,
    source: String,
}
