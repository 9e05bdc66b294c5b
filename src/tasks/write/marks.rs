//! What every map shows of a task, the same in all of them: its letter and colour, its place to
//! 7 decimals, and the words that must stand on it.

use crate::campaign::{Lang, crop_name};
use crate::tasks::ledger::listing_text;
use crate::tasks::pack::{COURTYARD, FieldTask, Grade, NOT_EVIDENCE, Village};
use crate::{Error, Result};
use std::io::BufWriter;
use std::path::Path;

/// How tasks of a grade look on a map.
pub(super) struct Mark {
    /// One letter: the grade, or `S` for a spot check that has none.
    pub(super) letter: &'static str,
    /// Red, green, blue; of the colours that people with any colour sight tell apart (Okabe and
    /// Ito).
    pub(super) rgb: [u8; 3],
    /// The symbol by the name that Garmin receivers and most GPX readers know.
    pub(super) gpx_symbol: &'static str,
}

/// All marks, the most urgent first.
pub(super) const MARKS: [Mark; 4] = [
    Mark {
        letter: "A",
        rgb: [213, 94, 0],
        gpx_symbol: "Flag, Red",
    },
    Mark {
        letter: "B",
        rgb: [230, 159, 0],
        gpx_symbol: "Flag, Blue",
    },
    Mark {
        letter: "C",
        rgb: [0, 114, 178],
        gpx_symbol: "Flag, Green",
    },
    Mark {
        letter: "S",
        rgb: [204, 121, 167],
        gpx_symbol: "Pin, Green",
    },
];

impl Mark {
    /// The mark of a task.
    pub(super) fn of(task: &FieldTask) -> &'static Self {
        match task.grade {
            Some(Grade::A) => &MARKS[0],
            Some(Grade::B) => &MARKS[1],
            Some(Grade::C) => &MARKS[2],
            None => &MARKS[3],
        }
    }

    /// The colour as `#rrggbb`.
    pub(super) fn hex(&self) -> String {
        let [r, g, b] = self.rgb;
        format!("#{r:02x}{g:02x}{b:02x}")
    }
}

/// That it is a lead and no evidence.
pub(super) fn not_evidence(lang: Lang) -> &'static str {
    lang.pick(NOT_EVIDENCE.0, NOT_EVIDENCE.1)
}

/// What must stand with a task: that it is no evidence, and that a home may be entered only as
/// the law allows.
pub(super) fn caution(task: &FieldTask, lang: Lang) -> String {
    let note = not_evidence(lang);
    if task.courtyard {
        let home = lang.pick(COURTYARD.0, COURTYARD.1);
        format!("{note}{}{home}", lang.pick("；", "; "))
    } else {
        note.to_owned()
    }
}

/// A task in one line: list, crop, grade, village, last day.
pub(super) fn summary(task: &FieldTask, lang: Lang) -> String {
    let due = if task.due.is_empty() {
        String::new()
    } else {
        format!("{}{}", lang.pick("时限", "due "), task.due)
    };
    let parts = [
        listing_text(task, lang),
        crop_name(&task.class, lang),
        task.grade.map_or("", Grade::letter),
        village_name(&task.village, lang),
        &due,
    ];
    let said: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    said.join(lang.pick("，", ", "))
}

/// A village as people call it: its name, else its code.
pub(super) fn village_name(village: &Village, lang: Lang) -> &str {
    [&village.village, &village.code]
        .into_iter()
        .find(|name| !name.is_empty())
        .map_or(lang.pick("村外", "outside of every village"), |name| name)
}

/// A coordinate in degrees, rounded to 7 decimals, about a centimetre.
pub(super) fn seven(degrees: f64) -> f64 {
    // Adding zero turns -0 into 0.
    (degrees * 1e7).round() / 1e7 + 0.0
}

/// A task's longitude and latitude, WGS 84, each with 7 decimals.
pub(super) fn lon_lat(task: &FieldTask) -> [f64; 2] {
    let (lon, lat) = task.forms.wgs84.lon_lat();
    [seven(lon), seven(lat)]
}

/// A new file, which is never one that stands there already.
pub(super) fn create(path: &Path) -> Result<BufWriter<fs_err::File>> {
    let file = fs_err::File::create_new(path);
    file.map(BufWriter::new).map_err(|e| failed(path, e))
}

/// That a file of the pack cannot be written.
pub(super) fn failed(path: &Path, reason: impl std::fmt::Display) -> Error {
    Error::WriteOutput {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

/// The pack's day as archives note it: midnight of `2026-05-04`.
pub(super) fn zip_time(date: &str) -> Result<zip::DateTime> {
    let mut numbers = date.splitn(3, '-');
    let mut next = || numbers.next().unwrap_or_default();
    let (year, month, day) = (next(), next(), next());
    let parsed = (year.parse(), month.parse(), day.parse());
    if let (Ok(year), Ok(month), Ok(day)) = parsed
        && let Ok(time) = zip::DateTime::from_date_and_time(year, month, day, 0, 0, 0)
    {
        return Ok(time);
    }
    Err(Error::Internal(format!(
        "`{date}` is no date such as 2026-05-04"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::fixture;

    #[test]
    fn every_task_says_it_is_no_evidence_and_homes_say_more() {
        let pack = fixture::pack(8, Lang::Zh);
        assert_eq!(
            caution(&pack.tasks[0], Lang::Zh),
            "线索，非证据；庭院：入户须依法"
        );
        assert_eq!(caution(&pack.tasks[1], Lang::Zh), "线索，非证据");
        assert_eq!(
            summary(&pack.tasks[0], Lang::Zh),
            "疑似点，罂粟，A，石门村，时限2026-05-11"
        );
        assert_eq!(Mark::of(&pack.tasks[7]).letter, "S");
        assert_eq!(Mark::of(&pack.tasks[0]).hex(), "#d55e00");
    }

    #[test]
    fn coordinates_and_dates_are_rounded_and_read() {
        assert_eq!(seven(101.636_700_04).to_string(), "101.6367");
        assert_eq!(seven(-1e-9).to_string(), "0");
        let time = zip_time("2026-05-04").unwrap();
        assert_eq!((time.year(), time.month(), time.day()), (2026, 5, 4));
        assert!(zip_time("today").is_err());
    }
}
