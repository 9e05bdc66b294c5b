//! The bad rows as a CSV file that can be mended and given again.

use super::Recorded;
use crate::pipeline::report::{formula_safe, write_atomically};
use crate::returns::read::columns::{self, Meaning, ORIGINAL, meaning};
use crate::{Error, Result};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

/// What stands in front of the answers.
const HEAD: [&str; 5] = [
    "文件 file",
    "出处 place",
    "单元格 cell",
    "退回原因 reason",
    "答复标识 key",
];

/// The first answers name the site: its short code, then its number.
const SITE_COLUMNS: usize = 2;

/// Formats in which a row without a site is a plot without a lead.
const FORMS: [&str; 3] = ["qfield", "odk", "kobo"];

/// Kinds of photos, and the headers of their columns.
const PHOTOS: [(&str, &str); 4] = [
    ("photo_ctx", "全景照片 photo_ctx"),
    ("photo_near", "特写照片 photo_near"),
    ("photo_after", "铲除后照片 photo_after"),
    ("photo", "其他照片 photo"),
];

/// Writes the bad rows: where each stood and why it was not taken, every answer in the ledger's
/// columns, and all else that stood in the row. With no bad row the file has a header alone.
pub(super) fn write(path: &Path, overwrite: bool, recorded: &Recorded) -> Result<()> {
    write_atomically(&[path.to_owned()], overwrite, |_, temporary| {
        let failed = |e: csv::Error| Error::WriteOutput {
            path: path.to_owned(),
            reason: e.to_string(),
        };
        let mut file = fs_err::File::create(temporary)?;
        file.write_all("\u{feff}".as_bytes())?;
        let mut table = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(file);
        for record in records(recorded) {
            table.write_record(&record).map_err(failed)?;
        }
        table.flush()?;
        Ok(())
    })
}

fn records(recorded: &Recorded) -> Vec<Vec<String>> {
    let answers = columns::written();
    let rows: Vec<_> = recorded
        .files
        .iter()
        .flat_map(|file| {
            file.bad_rows
                .iter()
                .map(move |row| (file, row, row.row.whole()))
        })
        .collect();
    let mut seen = BTreeSet::new();
    let mut originals: Vec<&str> = Vec::new();
    for (_, _, whole) in &rows {
        for name in whole.keys() {
            let is_answer = meaning(name).is_some_and(|m| m != Meaning::Given);
            if !is_answer && !HEAD.contains(&name.as_str()) && seen.insert(name.as_str()) {
                originals.push(name);
            }
        }
    }
    let head = HEAD.iter().map(|h| (*h).to_owned());
    let header = head
        .chain(answers.iter().map(|(_, header)| header.clone()))
        .chain(PHOTOS.iter().map(|(_, header)| (*header).to_owned()))
        .chain(originals.iter().map(|name| match meaning(name) {
            Some(_) => (*name).to_owned(),
            None => format!("{ORIGINAL}{name}"),
        }));
    let mut records = vec![header.collect()];
    for (file, row, whole) in &rows {
        let joined = |part: fn(&crate::returns::Fault) -> &str| {
            let parts: Vec<&str> = row.faults.iter().map(part).collect();
            parts.join("; ")
        };
        let mut record = vec![
            file.file.clone(),
            row.place.clone(),
            joined(|f| &f.cell),
            joined(|f| &f.reason),
            row.row.key.clone(),
        ];
        for (name, _) in &answers {
            let written = row.row.answers.get(name);
            record.push(written.map_or_else(String::new, |w| w.text.clone()));
        }
        // What a form sends without a site is a plot without a lead; a ledger has to say so.
        let names_site = record[HEAD.len()..HEAD.len() + SITE_COLUMNS]
            .iter()
            .any(|text| !text.is_empty());
        if !names_site && FORMS.contains(&file.format.as_str()) {
            record[HEAD.len() + SITE_COLUMNS - 1] = "新发现".into();
        }
        for (kind, _) in PHOTOS {
            let named: Vec<String> = row
                .row
                .photos
                .iter()
                .filter(|photo| photo.kind == kind)
                .map(|photo| {
                    photo
                        .path
                        .as_ref()
                        .map_or_else(|| photo.name.clone(), |p| p.display().to_string())
                })
                .collect();
            record.push(named.join("|"));
        }
        for name in &originals {
            record.push(match whole.get(*name) {
                Some(serde_json::Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => String::new(),
            });
        }
        let safe = record
            .iter()
            .map(|text| formula_safe(text.as_str().into()).into_owned());
        records.push(safe.collect());
    }
    records
}
