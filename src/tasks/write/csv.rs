//! The ledger as CSV for Excel and WPS, and for programs that read it back: UTF-8 with byte order
//! mark, CRLF, one row a task in the order of the pack.

use super::notice;
use crate::pipeline::report::formula_safe;
use crate::tasks::ledger::{self, COLUMNS};
use crate::tasks::pack::FieldPack;
use crate::vector::Value;
use crate::{Error, Result};
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes the ledger to a new file. A header reads `疑似点编号 site_id`: fixed Chinese words, a
/// blank, and the machine name, which is the last word and has no blank in it. Values are in the
/// pack's language. The last column says that leads are no evidence.
pub(in crate::tasks) fn write(path: &Path, pack: &FieldPack) -> Result<()> {
    let failed = |e: csv::Error| Error::WriteOutput {
        path: path.to_owned(),
        reason: e.to_string(),
    };
    let cannot = |e: std::io::Error| failed(e.into());
    let mut file = BufWriter::new(fs_err::File::create(path).map_err(cannot)?);
    file.write_all("\u{feff}".as_bytes()).map_err(cannot)?;
    let mut table = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(file);
    for column in &COLUMNS {
        table
            .write_field(format!("{} {}", column.zh, column.name))
            .map_err(failed)?;
    }
    table
        .write_record([format!("{} {}", notice::HEADER.0, notice::NAME)])
        .map_err(failed)?;
    for task in &pack.tasks {
        for value in ledger::row(task, pack) {
            let text = match value {
                Value::Text(text) => formula_safe(text),
                Value::Integer(number) => number.to_string().into(),
                Value::Real(number) if number.is_finite() => number.to_string().into(),
                Value::Real(_) | Value::Null => "".into(),
            };
            table.write_field(text.as_bytes()).map_err(failed)?;
        }
        table
            .write_record([notice::notice(task, pack.facts.lang)])
            .map_err(failed)?;
    }
    let mut file = table
        .into_inner()
        .map_err(|e| failed(e.into_error().into()))?;
    file.flush().map_err(cannot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::Lang;
    use crate::tasks::fixture;

    fn written(pack: &FieldPack) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.csv");
        write(&path, pack).unwrap();
        fs_err::read_to_string(&path).unwrap()
    }

    #[test]
    fn a_row_a_task_with_both_names_in_the_header() {
        let text = written(&fixture::pack(9, Lang::Zh));
        assert!(text.starts_with("\u{feff}序号 seq,简码 code,疑似点编号 site_id,"));
        assert_eq!(text.matches("\r\n").count(), 10);
        assert_eq!(text.matches('\n').count(), 10, "every line ends with CRLF");
        let mut table = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let header = table.headers().unwrap().clone();
        let names: Vec<_> = header
            .iter()
            .filter_map(|h| h.split(' ').next_back())
            .collect();
        let wanted: Vec<_> = COLUMNS
            .iter()
            .map(|c| c.name)
            .chain([notice::NAME])
            .collect();
        assert_eq!(names, wanted);
        let first = table.records().next().unwrap().unwrap();
        let at = |name: &str| &first[names.iter().position(|n| *n == name).unwrap()];
        assert_eq!(at("xzqdm"), "990101101201");
        assert_eq!(at("lon"), "101.6367");
        assert_eq!(at("outcome"), "");
        assert_eq!(at("notice"), "线索，非证据；庭院：入户须依法");
    }

    #[test]
    fn text_that_looks_like_a_formula_is_kept_as_text() {
        let mut pack = fixture::pack(1, Lang::En);
        pack.tasks[0].group = "=1+1".into();
        pack.tasks[0].earlier = "two\nlines, \"quoted\"".into();
        let text = written(&pack);
        assert!(text.contains(",'=1+1,"), "{text}");
        assert!(text.contains(",\"two\nlines, \"\"quoted\"\"\","), "{text}");
    }

    #[test]
    fn the_same_pack_gives_the_same_bytes() {
        let pack = fixture::pack(20, Lang::Zh);
        assert_eq!(written(&pack), written(&pack));
    }
}
