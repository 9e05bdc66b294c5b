//! Text tables as ODK, `KoBo`, Excel and WPS write them: separated by commas, semicolons or tabs, in
//! UTF-8, UTF-16 or GB 18030.

use super::refused;
use crate::Result;
use crate::campaign::import::text_of;
use serde_json::{Map, Value};
use std::path::Path;

/// A table with a header.
pub(super) struct Delimited {
    /// The names of the columns, as they are.
    pub(super) header: Vec<String>,
    /// The rows with something in them, each with the line that it begins on, from 1.
    pub(super) rows: Vec<(u64, Vec<String>)>,
    /// What to know of the file.
    pub(super) notes: Vec<String>,
}

/// Reads a table. Blanks at the ends of cells are gone, and the quote that protects a cell from
/// being a formula.
///
/// # Errors
/// A refusal where it is an archive or a workbook, is cut off, or holds no header.
pub(super) fn read(path: &Path) -> Result<Delimited> {
    let bytes = fs_err::read(path)?;
    refuse_other_kinds(path, &bytes)?;
    let mut notes = Vec::new();
    let (text, is_whole) = text_of(&bytes);
    if !is_whole {
        notes.push("some characters are in no encoding that is known here; they read �".into());
    }
    // Lines are counted by the line feeds that stand alone.
    let text = text.replace("\r\n", "\n");
    let (told, text, lines_before) = match text.split_once('\n') {
        // Excel says so in front where it is not what the country uses.
        Some((first, rest)) if first.len() == 5 && first.to_lowercase().starts_with("sep=") => {
            (first.bytes().last(), rest, 1)
        }
        _ => (None, text.as_str(), 0),
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(told.unwrap_or_else(|| separator(text)))
        .flexible(true)
        .trim(csv::Trim::All)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut header: Option<Vec<String>> = None;
    let mut rows = Vec::new();
    let (mut last, mut count) = (None, 0);
    for record in reader.records() {
        let record = record.map_err(|e| {
            refused(
                path,
                format!("cannot be read ({e})"),
                "export it again as CSV",
            )
        })?;
        let line = record.position().map_or(0, csv::Position::line) + lines_before;
        let cells: Vec<String> = record.iter().map(unprotected).collect();
        if cells.iter().all(String::is_empty) {
            continue;
        }
        match &header {
            None => header = Some(cells),
            Some(_) => rows.push((line, cells)),
        }
        count += 1;
        last = Some(record);
    }
    super::text::check_quotes(path, text, last.as_ref(), count)?;
    let header = header.ok_or_else(|| {
        refused(
            path,
            "is empty",
            "export it again, with the names of the columns",
        )
    })?;
    Ok(Delimited {
        header,
        rows,
        notes,
    })
}

/// A row as a whole, header to text. Names that come twice are numbered, cells without a name too.
pub(super) fn whole_row(header: &[String], cells: &[String]) -> Map<String, Value> {
    let mut row = Map::new();
    for at in 0..header.len().max(cells.len()) {
        let cell = cells.get(at).map_or("", String::as_str);
        let mut name = match header.get(at) {
            Some(name) if !name.is_empty() => name.clone(),
            _ if cell.is_empty() => continue,
            _ => format!("column {}", at + 1),
        };
        if row.contains_key(&name) {
            name = format!("{name} (column {})", at + 1);
        }
        row.insert(name, cell.into());
    }
    row
}

fn refuse_other_kinds(path: &Path, bytes: &[u8]) -> Result<()> {
    let ends_on = |ending: &str| {
        path.extension()
            .is_some_and(|e| e.eq_ignore_ascii_case(ending))
    };
    if ends_on("enc") {
        return Err(refused(
            path,
            "is an encrypted submission",
            "export from ODK Central with the passphrase of the key, then give the CSV",
        ));
    }
    if bytes.starts_with(b"PK\x03\x04") && ends_on("zip") {
        return Err(refused(
            path,
            "is a ZIP archive",
            "unpack it, and give the CSV inside; photos are looked for in `media` beside it",
        ));
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        return Err(refused(
            path,
            "is a workbook, not CSV",
            "export it as CSV, or save it from Excel or WPS as CSV in UTF-8",
        ));
    }
    Ok(())
}

/// The separator that stands most often in the first line, outside of quotes.
fn separator(text: &str) -> u8 {
    let mut counts = [(b',', 0_u32), (b';', 0), (b'\t', 0)];
    let mut is_quoted = false;
    for byte in text.trim_start().bytes() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => break,
            _ if is_quoted => {}
            _ => counts
                .iter_mut()
                .filter(|(own, _)| *own == byte)
                .for_each(|(_, count)| *count += 1),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max();
    let first = counts.iter().find(|(_, count)| Some(*count) == most);
    first.map_or(b',', |(own, _)| *own)
}

/// Spreadsheets take a cell for a formula that begins so; a quote in front keeps them from it.
fn unprotected(cell: &str) -> String {
    cell.strip_prefix('\'').unwrap_or(cell).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(bytes: &[u8]) -> Delimited {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.csv");
        fs_err::write(&path, bytes).unwrap();
        read(&path).unwrap()
    }

    #[test]
    fn every_encoding_and_separator_gives_the_same() {
        let text = "KEY,\"备注, 多行\"\r\nuuid:1,\"甲\n乙\"\r\n,\r\n'=2,丙\r\n";
        let (gbk, _, _) = encoding_rs::GB18030.encode(text);
        let utf16: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        let bom = [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat();
        let semicolons = text.replace(',', ";").replace("备注;", "备注,");
        let tabs = text.replace(',', "\t").replace("备注\t", "备注,");
        for bytes in [
            text.as_bytes(),
            &gbk,
            &utf16,
            &bom,
            semicolons.as_bytes(),
            tabs.as_bytes(),
        ] {
            let table = table(bytes);
            assert_eq!(table.header, ["KEY", "备注, 多行"]);
            let rows: Vec<_> = table.rows.iter().map(|(l, r)| (*l, r.join("|"))).collect();
            assert_eq!(rows, [(2, "uuid:1|甲\n乙".into()), (5, "=2|丙".into())]);
            assert!(table.notes.is_empty());
        }
        let told = table("sep=;\na;b,c\n1;2\n".as_bytes());
        assert_eq!(told.header, ["a", "b,c"]);
        assert_eq!(told.rows[0].0, 3);
        assert_eq!(table(b"a,b\n\xff\xff,1\n").notes.len(), 1);
    }

    #[test]
    fn rows_are_kept_whole() {
        let header = ["a", "a", ""].map(str::to_owned);
        let cells = ["1", "2", "", "4"].map(str::to_owned);
        let row = Value::Object(whole_row(&header, &cells));
        assert_eq!(
            row,
            serde_json::json!({"a": "1", "a (column 2)": "2", "column 4": "4"})
        );
    }

    #[test]
    fn other_kinds_of_files_are_named() {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes, said) in [
            ("a.zip", &b"PK\x03\x04"[..], "ZIP"),
            ("a.csv", b"PK\x03\x04", "workbook"),
            ("submission.xml.enc", b"\x01\x02", "encrypted"),
            ("b.csv", b" \n\n", "empty"),
        ] {
            let path = dir.path().join(name);
            fs_err::write(&path, bytes).unwrap();
            let error = read(&path).err().unwrap();
            assert!(error.to_string().contains(said), "{error}");
            assert!(!error.hint().is_empty());
        }
    }
}
