//! CSV that ODK Central or `KoBo` exports of the form of a field pack (`tasks/write/xlsform`).
//!
//! ODK Central writes machine names with their groups in front (`visit-outcome`), a `geopoint` as
//! four columns (`gps-Latitude`…), and `KEY`; `KoBo` writes names or labels (`visit/outcome`,
//! `核查结果`), the `geopoint` as text and as columns (`_gps_latitude`…), and `_uuid`
//! (<https://docs.getodk.org/central-submissions/>, <https://support.kobotoolbox.org/>).

use super::attached::Beside;
use super::delimited::{self, Delimited};
use super::marks::{code_in, site_id_in};
use super::plot::outline;
use super::questions::{PHOTOS, is_answer, named_in_group};
use super::refused;
use crate::Result;
use crate::digest::hash_of_file;
use crate::returns::returned::{ReturnFile, ReturnFormat, Returned, Written};
use std::path::Path;

/// What the programs themselves write of a submission, in lower case; the first that is filled
/// counts.
const KEYS: [&str; 5] = [
    "key",
    "_uuid",
    "meta-instanceid",
    "meta/instanceid",
    "instanceid",
];
const SENT: [&str; 2] = ["submissiondate", "_submission_time"];
const REVIEW: [&str; 2] = ["reviewstate", "_validation_status"];

/// Whether a table with this header is an export of ODK or `KoBo`, and of which.
pub(super) fn is_export(header: &[String]) -> Option<ReturnFormat> {
    let names: Vec<String> = header.iter().map(|h| plain(h)).collect();
    let has = |wanted: &str| names.iter().any(|n| n == wanted);
    if has("_uuid") || has("_submission_time") || (has("_id") && has("_index")) {
        return Some(ReturnFormat::Kobo);
    }
    let has_key = has("key") && header.iter().any(|h| named_in_group(h) == Some("outcome"));
    let is_odk = has("submissiondate") || KEYS[2..].iter().any(|k| has(k)) || has_key;
    is_odk.then_some(ReturnFormat::Odk)
}

/// Reads an export; each submission is a row. Photos are looked for beside it (`attached`).
///
/// The time of the check is that of the question `checked_at` if somebody added one, else when the
/// form was ended, else begun, else sent. An area that was not typed in is that of the outline
/// walked.
///
/// # Errors
/// A refusal where it is no export of either, an archive, a workbook, the table of a repeated
/// group, or every submission is encrypted.
pub(super) fn read(path: &Path) -> Result<ReturnFile> {
    let table = delimited::read(path)?;
    let format = is_export(&table.header).ok_or_else(|| {
        refused(
            path,
            format!(
                "is no export of ODK or KoBo: it has neither `KEY` nor `_uuid`, its columns are {}",
                first_names(&table.header)
            ),
            "export all questions and the submission's own columns as CSV",
        )
    })?;
    if table.header.iter().any(|h| plain(h) == "parent_key") {
        return Err(refused(
            path,
            "is the table of a repeated group: it has a column `PARENT_KEY`",
            "give the main table, which is named after the form",
        ));
    }
    let columns = Columns::of(&table);
    let photos = Beside::of(path);
    let encrypted: Vec<bool> = table
        .rows
        .iter()
        .map(|(_, r)| columns.is_encrypted(r))
        .collect();
    let unread = encrypted.iter().filter(|e| **e).count();
    if unread > 0 && unread == table.rows.len() {
        return Err(refused(
            path,
            format!("holds {unread} encrypted submissions and no answers"),
            "export again with the passphrase of the form's key",
        ));
    }
    let mut notes = table.notes.clone();
    if !columns.answers.iter().any(|c| c.name == "site_id") {
        notes.push("it has no column `site_id`: rows are placed by the position alone".into());
    }
    if unread > 0 {
        notes.push(format!(
            "{unread} submissions are encrypted; export again with the passphrase of the form's key"
        ));
    }
    let rows = table.rows.iter().zip(&encrypted);
    let rows = rows.map(|((line, cells), is_encrypted)| {
        let mut row = columns.row(*line, cells, format, &photos);
        row.raw = delimited::whole_row(&table.header, cells);
        if *is_encrypted {
            row.notes.push("the submission is encrypted".into());
        }
        row
    });
    Ok(ReturnFile {
        path: path.to_owned(),
        sha256: hash_of_file(path, &|| false)
            .ok_or_else(|| refused(path, "cannot be read", "check its rights"))?,
        format,
        rows: rows.collect(),
        notes,
    })
}

/// A column that is read.
struct Column {
    name: &'static str,
    at: usize,
    header: String,
    /// How far the header is from the plain machine name: 0 for the name itself.
    rank: u8,
}

/// The columns of an export that mean something.
struct Columns {
    answers: Vec<Column>,
    /// In lower case, with their places.
    own: Vec<(String, usize)>,
}

impl Columns {
    fn of(table: &Delimited) -> Self {
        let mut answers = Vec::new();
        for (at, header) in table.header.iter().enumerate() {
            let (name, rank) = match (part_of_point(header), named_in_group(header)) {
                (Some(name), _) => (name, 0),
                (None, Some(name)) => (name, u8::from(plain(header) != name)),
                (None, None) => continue,
            };
            let header = header.clone();
            answers.push(Column {
                name,
                at,
                header,
                rank,
            });
        }
        answers.sort_by_key(|column| (column.rank, column.at));
        let own = table.header.iter().enumerate();
        Self {
            answers,
            own: own.map(|(at, header)| (plain(header), at)).collect(),
        }
    }

    /// What the program wrote under the first of these names that is filled.
    fn own<'a>(&self, names: &[&str], cells: &'a [String]) -> (&'a str, &str) {
        let filled = names.iter().find_map(|name| {
            let mut same = self.own.iter().filter(|(own, _)| own == name);
            same.find_map(|(own, at)| Some((cells.get(*at)?.as_str(), own.as_str())))
                .filter(|(cell, _)| !cell.is_empty())
        });
        filled.unwrap_or_default()
    }

    /// Whether a submission came without its answers (`central-backend` writes `not decrypted` or
    /// `missing encrypted form data` as its status).
    fn is_encrypted(&self, cells: &[String]) -> bool {
        let (status, _) = self.own(&["status"], cells);
        let status = status.to_lowercase();
        let (secret, _) = self.own(&["base64encryptedkey", "base64encryptedfieldkey"], cells);
        let says_so = status.contains("decrypt") || status.contains("encrypt");
        let has_answers = self
            .answers
            .iter()
            .any(|c| c.name == "outcome" && cells.get(c.at).is_some_and(|cell| !cell.is_empty()));
        (says_so || !secret.is_empty()) && !has_answers
    }

    fn row(&self, line: u64, cells: &[String], format: ReturnFormat, photos: &Beside) -> Returned {
        let mut row = Returned {
            place: format!("row {line}"),
            key: self.own(&KEYS, cells).0.to_owned(),
            ..Returned::default()
        };
        let mut apart: Vec<(&str, &Column, &str)> = Vec::new();
        for column in &self.answers {
            let text = cells.get(column.at).map_or("", |cell| cell.trim());
            if text.is_empty() {
                continue;
            }
            if !is_answer(column.name) || column.name == "plot" {
                apart.push((column.name, column, text));
            } else if let Some(before) = row.answers.get(column.name) {
                if before.text != text {
                    row.notes.push(format!(
                        "`{}` says `{}`, and `{}` says `{text}`: the first was taken",
                        before.cell, before.text, column.header
                    ));
                }
            } else {
                row.answers
                    .insert(column.name, written(text, &column.header));
            }
        }
        let of = |name: &str| apart.iter().find(|(own, ..)| *own == name);
        for kind in PHOTOS {
            if let Some((_, _, text)) = of(kind) {
                row.photos.push(photos.photo(kind, text, &row.key));
            }
        }
        if let Some((_, column, text)) = of("gps") {
            add_point(&mut row, text, &column.header);
        }
        if let Some((_, column, text)) = of("plot") {
            add_plot(&mut row, text, &column.header);
        }
        let times = ["end", "start"].iter().find_map(|name| of(name));
        match times {
            _ if row.answers.contains_key("checked_at") => {}
            Some((_, column, text)) => {
                let time = written(&as_iso(text), &column.header);
                row.answers.insert("checked_at", time);
            }
            None => self.add_time_sent(&mut row, cells, format),
        }
        name_site(&mut row);
        let (review, _) = self.own(&REVIEW, cells);
        let refused_states = ["rejected", "not approved", "validation_status_not_approved"];
        if refused_states.contains(&review.to_lowercase().as_str()) {
            row.notes.push(format!("it was reviewed as `{review}`"));
        }
        row
    }

    fn add_time_sent(&self, row: &mut Returned, cells: &[String], format: ReturnFormat) {
        let (sent, header) = self.own(&SENT, cells);
        if sent.is_empty() {
            return;
        }
        let mut time = as_iso(sent);
        // KoBo writes it in UTC, without saying so.
        let says_time = time.len() >= 19 && time.as_bytes().get(10) == Some(&b'T');
        if format == ReturnFormat::Kobo && says_time && !has_offset(&time) {
            time.push('Z');
        }
        row.notes
            .push("it has no time of its own, that of sending was taken".into());
        row.answers.insert("checked_at", written(&time, header));
    }
}

fn written(text: &str, header: &str) -> Written {
    Written {
        text: text.trim().to_owned(),
        cell: header.to_owned(),
    }
}

/// A header as it is compared: lower case, without a byte order mark.
fn plain(header: &str) -> String {
    header.trim_matches(['\u{feff}', ' ']).to_lowercase()
}

/// The first columns, for a message.
fn first_names(header: &[String]) -> String {
    let most = 8;
    let names: Vec<&str> = header.iter().take(most).map(String::as_str).collect();
    let more = if header.len() > most { "…" } else { "" };
    format!("{}{more}", names.join(", "))
}

/// Which number of the position at the site a column holds: `visit-gps-Latitude` of ODK,
/// `visit/_gps_latitude` or `_现场定位_latitude` of `KoBo`.
fn part_of_point(header: &str) -> Option<&'static str> {
    let header = header.trim();
    let (stem, part) = header.rsplit_once(['-', '_'])?;
    let name = match part.to_lowercase().as_str() {
        "latitude" => "lat",
        "longitude" => "lon",
        "accuracy" | "precision" => "gps_accuracy_m",
        _ => return None,
    };
    let stem = stem.rsplit('/').next().unwrap_or_default();
    let stem = stem.strip_prefix('_').unwrap_or(stem);
    (named_in_group(stem) == Some("gps")).then_some(name)
}

/// Adds the position `latitude longitude altitude accuracy` where no columns gave it.
fn add_point(row: &mut Returned, text: &str, header: &str) {
    if row.answers.contains_key("lat") || row.answers.contains_key("lon") {
        return;
    }
    let numbers: Vec<&str> = text.split_whitespace().collect();
    let is_point =
        matches!(numbers.len(), 2..=4) && numbers.iter().all(|n| n.parse::<f64>().is_ok());
    if !is_point {
        row.notes.push(format!(
            "`{header}` is `{text}`, wanted `latitude longitude altitude accuracy`"
        ));
        return;
    }
    row.answers.insert("lat", written(numbers[0], header));
    row.answers.insert("lon", written(numbers[1], header));
    if let Some(accuracy) = numbers.get(3) {
        let accuracy = written(accuracy, header);
        row.answers.entry("gps_accuracy_m").or_insert(accuracy);
    }
}

/// Adds the outline walked, and its area where nobody typed one in.
fn add_plot(row: &mut Returned, text: &str, header: &str) {
    let outline = match outline(text) {
        Ok(outline) => outline,
        Err(problem) => {
            row.notes.push(format!(
                "the outline in `{header}` was left out: it {problem}"
            ));
            return;
        }
    };
    row.answers.insert("plot", written(&outline.wkt, header));
    match outline.area_m2 {
        None => row
            .notes
            .push(format!("the outline in `{header}` crosses itself")),
        Some(_) if row.answers.contains_key("area_m2") => {}
        Some(area_m2) => {
            let area = format!("{}", (area_m2 * 10.0).round() / 10.0);
            row.notes.push(format!(
                "no area was typed in, that of the outline is {area} m2"
            ));
            row.answers.insert("area_m2", written(&area, header));
        }
    }
}

/// A site that is written as its title on the map, `101201-07 石门村 A`, by the code or id in it.
fn name_site(row: &mut Returned) {
    let Some(site) = row.answers.get("site_id").cloned() else {
        return;
    };
    let mut put = |name, text: String| {
        if text != site.text {
            row.notes
                .push(format!("the site is written `{}`", site.text));
        }
        let cell = site.cell.clone();
        row.answers.insert(name, Written { text, cell });
    };
    if let Some(site_id) = site_id_in(&site.text) {
        put("site_id", site_id);
    } else if let Some(code) = code_in(&site.text) {
        put("code", code);
        row.answers.remove("site_id");
    }
}

/// A time as ISO 8601: that of a database, with a blank, and that of ODK Briefcase, `May 4, 2026
/// 10:30:00 AM`; anything else as it is.
fn as_iso(text: &str) -> String {
    let plain = text.replace(['\u{202f}', '\u{a0}'], " ");
    for format in ["%b %e, %Y %I:%M:%S %p", "%Y-%m-%d %H:%M:%S%.f"] {
        if let Ok(time) = chrono::NaiveDateTime::parse_from_str(&plain, format) {
            // Debug is the ISO 8601 form.
            return format!("{time:?}");
        }
    }
    text.to_owned()
}

/// Whether a time says how far it is from UTC.
fn has_offset(time: &str) -> bool {
    let clock = time.get(11..).unwrap_or_default();
    clock.ends_with(['Z', 'z']) || clock.contains(['+', '-'])
}

#[cfg(test)]
#[path = "odk_tests.rs"]
mod tests;
