//! The photos of a flight as CSV for Excel and WPS: UTF-8 with byte order mark, CRLF, and no text that a
//! spreadsheet would run as a formula.

use super::columns::{PHOTO, entries};
use crate::flight::record::SurveyRecord;
use crate::flight::survey::Survey;
use crate::pipeline::report::{NOTE, formula_safe};
use crate::{Error, Result};
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes one row a photo, in the order of the files, headed by the machine names of the columns; then one
/// row for each file that is no photo, with the state `unreadable`.
///
/// # Errors
/// [`Error::WriteOutput`] and those of the file system.
pub fn write_csv(path: &Path, survey: &Survey, record: &SurveyRecord) -> Result<()> {
    let failed = |e: csv::Error| Error::WriteOutput {
        path: path.to_owned(),
        reason: e.to_string(),
    };
    let mut file = BufWriter::new(fs_err::File::create(path)?);
    file.write_all("\u{feff}".as_bytes())?;
    let mut table = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(file);
    let names = PHOTO.iter().map(|column| column.field.name);
    table
        .write_record(names.chain(std::iter::once("note")))
        .map_err(failed)?;
    for entry in entries(survey, record) {
        let cells = PHOTO.iter().map(|column| {
            let value = column.value(&entry);
            let text = column.text(&value);
            match value {
                crate::vector::Value::Text(_) => formula_safe(text.into()).into_owned(),
                _ => text,
            }
        });
        table
            .write_record(cells.chain(std::iter::once(NOTE.to_owned())))
            .map_err(failed)?;
    }
    for (path, problem) in &survey.failed {
        let cells = PHOTO.iter().map(|column| match column.field.name {
            "path" => safe(path.display().to_string()),
            "name" => safe(crate::flight::survey::name_of(path)),
            "state" => "unreadable".into(),
            "use" => "left_out".into(),
            "counts" => "0".into(),
            "problem" | "explanation_en" => safe(problem.clone()),
            "explanation_zh" => format!("无法读取：{problem}"),
            _ => String::new(),
        });
        table
            .write_record(cells.chain(std::iter::once(NOTE.to_owned())))
            .map_err(failed)?;
    }
    let mut file = table
        .into_inner()
        .map_err(|e| failed(e.into_error().into()))?;
    file.flush()?;
    Ok(())
}

fn safe(text: String) -> String {
    formula_safe(text.into()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::testing::Made;
    use super::*;

    #[test]
    fn every_photo_has_its_row_and_no_name_is_a_formula() {
        let made = Made::new();
        let dir = tempfile::tempdir().unwrap();
        let paths = ["a.csv", "b.csv"].map(|name| dir.path().join(name));
        for path in &paths {
            write_csv(path, &made.survey, &made.record).unwrap();
        }
        let bytes = fs_err::read(&paths[0]).unwrap();
        assert!(bytes == fs_err::read(&paths[1]).unwrap());
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("\u{feff}path,name,state,"));
        assert_eq!(text.matches("\r\n").count(), text.matches('\n').count());

        let text = text.trim_start_matches('\u{feff}');
        let mut table = csv::Reader::from_reader(text.as_bytes());
        let head = table.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
        assert_eq!(
            rows.len(),
            made.survey.photos.len() + made.survey.failed.len()
        );
        let cell = |row: usize, name: &str| {
            let at = head.iter().position(|n| n == name).unwrap();
            rows[row][at].to_owned()
        };
        let row_of = |name: &str| {
            (0..rows.len())
                .find(|row| cell(*row, "name") == name)
                .unwrap_or_else(|| panic!("no row of {name}"))
        };
        let good = row_of("A_001.JPG");
        assert_eq!(cell(good, "counts"), "1");
        assert_eq!(cell(good, "state"), "placed");
        assert_eq!(cell(good, "gsd_across_cm"), "2.67");
        assert_eq!(cell(good, "above_ground_m"), "100.00");
        assert_eq!(cell(good, "pitch_deg"), "-90.00", "numbers are no formulas");
        let lon: f64 = cell(good, "lon").parse().unwrap();
        assert!((lon - made.survey.photos[0].tags.position.unwrap().0).abs() < 1e-7);
        assert_eq!(cell(good, "lon").split('.').nth(1).unwrap().len(), 7);

        let hostile = row_of("'=HYPERLINK(<b>\"x\"&'y',1).JPG");
        assert_eq!(cell(hostile, "state"), "point");
        assert_eq!(cell(hostile, "against"), "not_placed");
        assert!(cell(hostile, "explanation_zh").starts_with("无法定位：缺少相机朝向"));
        assert!(cell(hostile, "explanation_en").starts_with("not placed: does not say the dir"));
        let broken = row_of("broken.jpg");
        assert_eq!(cell(broken, "state"), "unreadable");
        assert_eq!(cell(broken, "counts"), "0");
        assert!(rows.iter().all(|row| row.iter().next_back() == Some(NOTE)));
    }
}
