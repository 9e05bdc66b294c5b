//! One row → a check, or what is wrong with it: every cell at fault, with the value seen and the value
//! wanted.

mod counting;
pub(super) mod ground;
mod place;
mod row;

use super::dates::{self, WANTED};
use super::plain::fold;
use super::{Fault, ReturnFormat, Returned};
use crate::campaign::check::{Check, Outcome};
use crate::campaign::vocabulary::{
    CONFUSER, COUNT_METHOD, DISPOSAL, OUTCOME, SPECIES, STAGE, YES_NO,
};
use crate::georef::geodesic_area_m2;
use crate::vector::{StoredShape, shape_from_wkt};
use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use ground::{Ground, Place};
use row::Row;

/// What a row is judged by.
pub(super) struct Rules<'a> {
    /// All places that may be answered for.
    pub(super) ground: &'a Ground,
    /// Now, ISO 8601 in UTC.
    pub(super) now: &'a str,
    /// The campaign's year.
    pub(super) year: i32,
    /// Its round within the year.
    pub(super) round: u32,
    /// Metres from the site beyond which a position is none of it.
    pub(super) max_distance_m: f64,
}

/// What became of a row.
#[derive(Debug)]
pub(super) enum Judged {
    /// Nobody has answered it.
    Blank,
    /// A check, without number and state; and without a site where `is_find`.
    Good {
        /// What was found.
        check: Box<Check>,
        /// The row is of a plot that nobody knew of.
        is_find: bool,
        /// What to know of it, beside the check's flag.
        notes: Vec<String>,
    },
    /// Not to be taken.
    Bad {
        /// The site, as far as it is known.
        site_id: String,
        /// What is wrong.
        faults: Vec<Fault>,
    },
}

/// Answers that say nothing by themselves: what names the site, and where a form stood.
const NO_ANSWER: [&str; 5] = ["site_id", "code", "lon", "lat", "gps_accuracy_m"];

/// Those that a ledger has by itself: who writes down a place was there.
const NO_ANSWER_OF_LEDGERS: [&str; 2] = ["site_id", "code"];

/// Words in place of a number for a plot that nobody knew of.
const FIND: [&str; 4] = ["find", "new", "新发现", "新增"];

/// An area that differs from that of the image by more is said.
const AREA_FACTOR: f64 = 10.0;

/// Judges a row.
pub(super) fn judge(returned: &Returned, format: ReturnFormat, rules: &Rules<'_>) -> Judged {
    let answered = |(name, written): (&&str, &super::Written)| {
        let is_ledger = matches!(format, ReturnFormat::Xlsx | ReturnFormat::Csv);
        let no_answer: &[&str] = if is_ledger {
            &NO_ANSWER_OF_LEDGERS
        } else {
            &NO_ANSWER
        };
        !no_answer.contains(name) && !written.text.trim().is_empty()
    };
    if !returned.answers.iter().any(answered)
        && returned.photos.is_empty()
        && returned.faults.is_empty()
    {
        return Judged::Blank;
    }
    let mut row = Row::new(returned);
    let (site_id, code) = (row.text("site_id"), row.text("code"));
    let is_form = matches!(
        format,
        ReturnFormat::Qfield | ReturnFormat::Odk | ReturnFormat::Kobo
    );
    let is_find = if site_id.is_empty() {
        code.is_empty() && is_form
    } else {
        FIND.contains(&fold(site_id).as_str())
    };
    let mut notes = Vec::new();
    let mut site: Option<&Place> = None;
    if !is_find && site_id.is_empty() && code.is_empty() {
        row.wrong(
            "site_id",
            "the number of a site, or `新发现` (find) with a position for a plot without a lead",
        );
    } else if !is_find {
        let (site_cell, code_cell) = (row.cell("site_id"), row.cell("code"));
        match rules.ground.find((site_id, &site_cell), (code, &code_cell)) {
            Ok((place, note)) => {
                site = Some(place);
                notes.extend(note);
                if !is_form && site_id.is_empty() {
                    row.faults.extend(of_another_round(returned, rules));
                    row.faults
                        .extend(of_another_county(returned, &place.site_id));
                }
            }
            Err(fault) => row.faults.push(fault),
        }
    }
    let mut check = Check {
        site_id: site.map_or_else(String::new, |place| place.site_id.clone()),
        outcome: row.word("outcome", OUTCOME),
        species: row.word("species", SPECIES),
        confuser: row.word("confuser", CONFUSER),
        stage: row.word("stage", STAGE),
        count_method: row.word("count_method", COUNT_METHOD),
        disposal: row.word("disposal", DISPOSAL),
        prior_handled: row.word("prior_handled", YES_NO),
        checker: row.text("checker").to_owned(),
        unit: row.text("unit").to_owned(),
        witness: row.text("witness").to_owned(),
        evidence_no: row.text("evidence_no").to_owned(),
        note: row.text("note").to_owned(),
        ..Check::default()
    };
    if row.text("outcome").is_empty() {
        row.wrong(
            "outcome",
            &format!("one of {}", super::plain::wanted(OUTCOME)),
        );
    }
    check.checked_at = day(&mut row, rules, site);
    let walked_m2 = plot(&mut row, &mut check);
    counting::count(&mut row, &mut check, walked_m2);
    if let Some(stood) = place::stood(&mut row, site, rules.max_distance_m) {
        check.point = Some(stood.point);
        check.off_m = stood.off_m;
    } else if is_find && !row.has_faults() {
        row.wrong("lat", "the position of a plot without a lead");
    }
    photos(&mut row, returned, &mut notes);
    what_to_look_into(&mut row, &check, site);
    if row.has_faults() {
        let site_id = if check.site_id.is_empty() {
            site_id
        } else {
            &check.site_id
        };
        return Judged::Bad {
            site_id: site_id.to_owned(),
            faults: row.faults,
        };
    }
    row.flags.extend(returned.notes.iter().cloned());
    check.flag = row.flags.join("; ");
    Judged::Good {
        check: Box::new(check),
        is_find,
        notes,
    }
}

/// A ledger of another year or round that names its rows by short codes alone: these are given anew each
/// round, and would lead to other places.
fn of_another_round(returned: &Returned, rules: &Rules<'_>) -> Option<Fault> {
    let whole = returned.whole();
    let ours = [
        ("year", rules.year.into()),
        ("round", f64::from(rules.round)),
    ];
    ours.into_iter().find_map(|(name, wanted): (&str, f64)| {
        let named = |(header, _): &(&String, &serde_json::Value)| {
            header.split_whitespace().next_back() == Some(name)
        };
        let (header, value) = whole.iter().find(named)?;
        let seen = match value {
            serde_json::Value::String(text) => super::plain::number(text)?,
            other => other.as_f64()?,
        };
        ((seen - wanted).abs() > 0.5).then(|| Fault {
            cell: header.clone(),
            reason: format!(
                "is `{seen}`, and the campaign is of {} round {}: short codes of another round name \
                 other places",
                rules.year, rules.round
            ),
        })
    })
}

/// A ledger of another county that names its rows by short codes alone.
fn of_another_county(returned: &Returned, site_id: &str) -> Option<Fault> {
    let whole = returned.whole();
    let (header, value) = whole
        .iter()
        .find(|(header, _)| header.split_whitespace().next_back() == Some("xzqdm"))?;
    let written = match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let county = |code: &str| {
        let digits = code.get(..6)?;
        digits
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| digits.to_owned())
    };
    let (seen, ours) = (county(&fold(&written))?, county(site_id)?);
    (seen != ours).then(|| Fault {
        cell: header.clone(),
        reason: format!(
            "is `{written}`, and the short code names `{site_id}`: short codes of another county name other places"
        ),
    })
}

/// What is wrong with where a photo of a site was taken, and what to know of it.
pub(super) fn photo_position(
    returned: &Returned,
    site: &Place,
    rules: &Rules<'_>,
) -> (Vec<Fault>, Vec<String>) {
    let mut row = Row::new(returned);
    place::stood(&mut row, Some(site), rules.max_distance_m);
    (row.faults, row.flags)
}

/// The day of the check, ISO 8601; empty where nobody said it.
fn day(row: &mut Row<'_>, rules: &Rules<'_>, site: Option<&Place>) -> String {
    let text = row.text("checked_at");
    if text.is_empty() {
        row.flag("no day of the check");
        return String::new();
    }
    let serial =
        || super::plain::number(text).and_then(|s| dates::of_serial(s, dates::Epoch::Of1900));
    let Some(moment) = dates::read(text).or_else(serial) else {
        row.wrong("checked_at", WANTED);
        return String::new();
    };
    let moment = moment.where_the_offices_are();
    let (iso, day) = (moment.iso(), moment.day);
    if last_day(rules.now).is_some_and(|last| day > last) {
        row.wrong(
            "checked_at",
            &format!(
                "a day that has come, {} or before",
                rules.now.get(..10).unwrap_or_default()
            ),
        );
    } else if NaiveDate::from_ymd_opt(rules.year - 1, 1, 1).is_some_and(|first| day < first) {
        row.flag(&format!(
            "checked on {day}, long before the campaign of {}",
            rules.year
        ));
    } else if let Some(assigned) = site.map(|s| s.assigned_on.as_str())
        && dates::read(assigned).is_some_and(|assigned| day < assigned.day)
    {
        row.flag(&format!(
            "checked on {day}, before it was given out on {assigned}"
        ));
    }
    iso
}

/// The last day that has begun anywhere on earth.
fn last_day(now: &str) -> Option<NaiveDate> {
    let now = NaiveDateTime::parse_from_str(now.trim_end_matches('Z'), "%Y-%m-%dT%H:%M:%S").ok()?;
    Some((now + TimeDelta::try_hours(14)?).date())
}

/// The outline that was walked; gives its area in square metres.
fn plot(row: &mut Row<'_>, check: &mut Check) -> Option<f64> {
    let text = row.text("plot");
    if text.is_empty() {
        return None;
    }
    if let Some(StoredShape::Area(area)) = shape_from_wkt(text) {
        text.clone_into(&mut check.plot);
        return Some(geodesic_area_m2(&area)).filter(|m2| *m2 > 0.0);
    }
    row.wrong("plot", "the outline of the plot as WKT");
    None
}

/// Photos that are named and missing take nothing from an answer.
fn photos(row: &mut Row<'_>, returned: &Returned, notes: &mut Vec<String>) {
    for photo in returned.photos.iter().filter(|photo| photo.path.is_none()) {
        row.flag(&format!("photo `{}` is missing", photo.name));
    }
    let count = row.whole("photo_count", 0..=10_000);
    let there = returned.photos.len();
    if there > 0 && count.is_some_and(|count| i64::try_from(there) != Ok(count)) {
        notes.push(format!(
            "{there} photos, and the row says {}",
            row.text("photo_count")
        ));
    }
}

fn what_to_look_into(row: &mut Row<'_>, check: &Check, site: Option<&Place>) {
    let outcome = Outcome::parse(&check.outcome);
    if outcome == Some(Outcome::Confirmed) {
        if check.species.is_empty() {
            row.flag("no species");
        }
        if check.plants.is_none() {
            row.flag("no plants counted");
        } else if check.plants.is_some_and(|plants| plants <= 0.0) {
            row.flag("confirmed, and 0 plants");
        }
    }
    let is_nothing = matches!(
        outcome,
        Some(Outcome::FalseAlarm | Outcome::NotFound | Outcome::Unreachable)
    );
    if is_nothing && check.plants.is_some_and(|plants| plants > 0.0) {
        row.flag(&format!(
            "plants counted, though the outcome is {}",
            check.outcome
        ));
    }
    if let (Some(measured), Some(seen)) = (check.area_m2, site.and_then(|s| s.area_m2)) {
        let ratio = measured / seen;
        if !(1.0 / AREA_FACTOR..=AREA_FACTOR).contains(&ratio) {
            row.flag(&format!(
                "{measured} m2 measured, {seen:.1} m2 in the image"
            ));
        }
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
