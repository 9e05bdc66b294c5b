//! Points for Ovital (奥维互动地图) as text: one task a line, `名称 经度 纬度 海拔 备注`.
//!
//! Fields are separated by one space, so none has a blank inside; longitude stands before
//! latitude, in degrees. Without a letter in front Ovital takes them as CGCS2000, which at our
//! accuracy is WGS 84 (`g` would mean GCJ-02, `b` BD-09). There is no line of headers: Ovital
//! would take it for a point. When importing, choose the fields in the order given above.
//!
//! The file is UTF-8 with a byte order mark: programs on a Chinese Windows take a text without
//! one for GBK. GBK itself would lose the rare characters in names of villages. Names are short
//! codes of ASCII, so a program that guesses wrong still puts every point in its place and names
//! it right; only remarks suffer.

use super::marks::{caution, create, failed, lon_lat, summary};
use crate::Result;
use crate::campaign::Lang;
use crate::tasks::pack::{FieldPack, FieldTask};
use std::io::{self, Write};
use std::path::Path;

/// Writes `ovital.txt`, lines ended as on Windows. The height is in metres, 0 where it is not
/// known.
pub(in crate::tasks) fn write(path: &Path, pack: &FieldPack) -> Result<()> {
    let file = create(path)?;
    lines(file, pack).map_err(|e| failed(path, e))
}

fn lines(mut target: impl Write, pack: &FieldPack) -> io::Result<()> {
    target.write_all("\u{FEFF}".as_bytes())?;
    for task in &pack.tasks {
        write!(target, "{}\r\n", line(task, pack.facts.lang))?;
    }
    target.flush()
}

fn line(task: &FieldTask, lang: Lang) -> String {
    let [lon, lat] = lon_lat(task);
    let height = task.near.elev_m.filter(|m| m.is_finite()).unwrap_or(0.0);
    let remark = format!(
        "{}，{}，{}",
        task.site_id,
        summary(task, lang),
        caution(task, lang)
    );
    format!(
        "{} {lon:.7} {lat:.7} {height:.1} {}",
        without_blanks(&task.code),
        without_blanks(&remark)
    )
}

/// The text with one `_` for each run of blanks of any script, and of control characters.
fn without_blanks(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|w| !w.is_empty()).collect();
    words.join("_")
}

#[cfg(test)]
mod tests {
    use super::super::example::bytes_twice;
    use super::*;
    use crate::tasks::fixture;

    #[test]
    fn each_line_has_five_fields_and_single_spaces() {
        for lang in [Lang::Zh, Lang::En] {
            let mut pack = fixture::pack(9, lang);
            pack.tasks[1].due = "5月 11\u{3000}日\r\n".into();
            pack.tasks[2].near.elev_m = None;
            let text = String::from_utf8(bytes_twice("ovital.txt", &pack, write)).unwrap();
            let text = text.strip_prefix('\u{FEFF}').unwrap();
            let lines: Vec<&str> = text.strip_suffix("\r\n").unwrap().split("\r\n").collect();
            assert_eq!(lines.len(), 9);
            for (line, task) in lines.iter().zip(&pack.tasks) {
                let fields: Vec<&str> = line.split(' ').collect();
                assert_eq!(fields.len(), 5, "{line}");
                assert_eq!(fields[0], task.code);
                assert_eq!(fields[1], format!("{:.7}", lon_lat(task)[0]));
                assert!(fields[4].starts_with(&task.site_id));
                assert!(!line.contains('\u{3000}'));
            }
            assert!(lines[2].contains(" 0.0 "));
        }
    }

    #[test]
    fn a_line_reads_as_documented() {
        let pack = fixture::pack(1, Lang::Zh);
        assert_eq!(
            line(&pack.tasks[0], Lang::Zh),
            "101201-01 101.6367000 24.7548000 1840.0 990101101201-2026R1-0001，疑似点，罂粟，A，\
             石门村，时限2026-05-11，线索，非证据；庭院：入户须依法"
        );
    }
}
