//! `README.txt` of a field pack: what each file is for.

use super::job::Format;
use super::pack::{COURTYARD, FieldPack, NOT_EVIDENCE};
use crate::Result;
use crate::campaign::Lang;
use std::fmt::Write as _;
use std::path::Path;

/// How the file begins: what marks a folder as a pack. Notepad needs the byte order mark.
pub(super) const BEGINS: &str = "\u{feff}tianmu field pack";

/// The name of the file.
pub(super) const NAME: &str = "README.txt";

/// Writes the file, with the line ends of Windows.
pub(super) fn write(folder: &Path, pack: &FieldPack, formats: &[Format]) -> Result<()> {
    let facts = &pack.facts;
    let lang = facts.lang;
    let mut text = format!(
        "{BEGINS} {} {}R{} {}{} {}\n",
        facts.campaign, facts.year, facts.round, facts.county_code, facts.county, facts.date
    );
    let (evidence, home) = (
        lang.pick(NOT_EVIDENCE.0, NOT_EVIDENCE.1),
        lang.pick(COURTYARD.0, COURTYARD.1),
    );
    let _ = writeln!(text, "{evidence}\n{home}\n");
    let _ = match lang {
        Lang::Zh => writeln!(
            text,
            "共 {} 处，{} 个村，{} 个队日。坐标均注明坐标系；主坐标为 WGS84，经度在前。\n",
            pack.tasks.len(),
            pack.villages.len(),
            pack.routes.len()
        ),
        Lang::En => writeln!(
            text,
            "{} places in {} villages, {} days of teams. Each coordinate names its datum; the main one is \
             WGS 84, longitude first.\n",
            pack.tasks.len(),
            pack.villages.len(),
            pack.routes.len()
        ),
    };
    for format in formats {
        let (files, zh, en) = format.about();
        let _ = writeln!(text, "{files:<24} {}", lang.pick(zh, en));
    }
    let (zh, en) = (
        "全部文件的大小与校验值 (SHA-256)",
        "size and SHA-256 of every file",
    );
    let _ = writeln!(text, "{:<24} {}", "manifest.csv", lang.pick(zh, en));
    for note in &facts.notes {
        let _ = write!(text, "\n{note}");
    }
    Ok(fs_err::write(
        folder.join(NAME),
        text.replace('\n', "\r\n"),
    )?)
}
