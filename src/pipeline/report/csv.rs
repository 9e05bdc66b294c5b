//! The list of sites as CSV for Excel and WPS: UTF-8 with byte order mark, CRLF, and
//! no text that a spreadsheet would run as a formula.

use super::Report;
use super::columns::{NOTE, site_columns};
use crate::vector::Value;
use crate::{Error, Result};
use std::borrow::Cow;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes the table; one row a site, headed by the machine names of the columns.
pub(super) fn write(path: &Path, report: &Report<'_>) -> Result<()> {
    let failed = |e: csv::Error| Error::WriteOutput {
        path: path.to_owned(),
        reason: e.to_string(),
    };
    let mut file = BufWriter::new(fs_err::File::create(path)?);
    file.write_all("\u{feff}".as_bytes())?;
    let mut table = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(file);
    let columns = site_columns(report.facts);
    let names = columns.iter().map(|c| c.field.name);
    table
        .write_record(names.chain(std::iter::once("note")))
        .map_err(failed)?;
    for site in report.sites {
        for column in &columns {
            let text = match (column.value)(site, report.facts) {
                Value::Text(text) => formula_safe(text),
                Value::Integer(number) => number.to_string().into(),
                Value::Real(number) if number.is_finite() => number.to_string().into(),
                Value::Real(_) | Value::Null => "".into(),
            };
            table.write_field(text.as_bytes()).map_err(failed)?;
        }
        table.write_field(NOTE).map_err(failed)?;
        table.write_record(None::<&[u8]>).map_err(failed)?;
    }
    let mut file = table
        .into_inner()
        .map_err(|e| failed(e.into_error().into()))?;
    file.flush()?;
    Ok(())
}

/// Text that a spreadsheet could take for a formula gets a leading apostrophe; the
/// full-width signs are formulas too in Chinese and Japanese Excel.
pub(crate) fn formula_safe(text: Cow<'_, str>) -> Cow<'_, str> {
    const STARTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if text.starts_with(STARTS) {
        format!("'{text}").into()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn spreadsheets_get_text_numbers_and_no_formulas() {
        let mut site = fixture::site(1);
        site.class = "=cmd|' /C calc'!A0".into();
        site.src_image = vec!["带\"引号\", 逗号.tif".into()];
        site.map_x = -12.5;
        let facts = fixture::facts();
        let report = Report {
            sites: &[site],
            coverage: &[],
            facts: &facts,
        };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        write(&path, &report).unwrap();
        let text = fs_err::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert!(lines[0].starts_with("\u{feff}site_id,run_id,model,"));
        assert!(lines[0].ends_with(",status,note"));
        assert!(lines[1].contains(",'=cmd|' /C calc'!A0,"), "{}", lines[1]);
        assert!(lines[1].contains(r#","带""引号"", 逗号.tif","#));
        assert!(lines[1].contains(",-12.5,"), "numbers are no formulas");
        assert!(lines[1].ends_with(",candidate,线索，非证据"));
        assert_eq!(lines[2..], [""]);
    }

    #[test]
    fn every_dangerous_start_is_escaped() {
        for start in ["=", "+", "-", "@", "\t", "\r", "＝", "－"] {
            let text = format!("{start}1");
            assert_eq!(formula_safe(text.clone().into()), format!("'{text}"));
        }
        assert_eq!(formula_safe("1=1".into()), "1=1");
    }
}
