//! The list of a pack's files with their hashes, in the columns that the rules for electronic data
//! (2016, 2019) ask for: category, format, size, check value, and where a picture comes from.

use super::marks::{create, failed, not_evidence};
use crate::campaign::Lang;
use crate::digest::hash_of_file;
use crate::pipeline::report::formula_safe;
use crate::tasks::pack::FieldPack;
use crate::{Error, Result};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The name of the list within the pack.
pub(crate) const NAME: &str = "manifest.csv";

/// The columns, fixed.
const COLUMNS: [&str; 12] = [
    "序号",
    "文件名",
    "类别",
    "文件格式",
    "大小",
    "完整性校验值",
    "算法",
    "采集时间",
    "设备型号",
    "序列号",
    "采集人",
    "导入时间",
];

/// What a file of a folder is, by its name and its format in capitals: in Chinese and English.
pub(crate) type Category = fn(&str, &str) -> (&'static str, &'static str);

/// Writes `manifest.csv` into the folder of a pack. Pictures have the time they were taken.
pub(in crate::tasks) fn write(folder: &Path, pack: &FieldPack) -> Result<()> {
    let pictures: BTreeMap<&str, &str> = pack
        .tasks
        .iter()
        .flat_map(|t| [&t.close_up, &t.earlier_picture])
        .flatten()
        .map(|p| (p.name.as_str(), p.capture_time.as_str()))
        .collect();
    write_list(folder, &pictures, category, pack.facts.lang)
}

/// Writes `manifest.csv` into a folder: every other file below it, sorted by name (with `/`), sizes
/// in bytes, SHA-256 as lower-case hex. UTF-8 with a byte order mark and CRLF, as Excel and WPS want
/// it. `taken` says when a picture was taken; what is not known stays empty.
pub(crate) fn write_list(
    folder: &Path,
    taken: &BTreeMap<&str, &str>,
    category: Category,
    lang: Lang,
) -> Result<()> {
    let target = folder.join(NAME);
    let mut files = BTreeMap::new();
    list(folder, "", &mut files)?;
    files.remove(NAME);
    let files: Vec<(String, PathBuf)> = files.into_iter().collect();
    let rows: Vec<[String; COLUMNS.len()]> = files
        .par_iter()
        .enumerate()
        .map(|(index, (name, path))| {
            let taken = taken.get(name.as_str()).copied();
            row(index + 1, name, path, taken, category, lang)
        })
        .collect::<Result<_>>()?;

    let cannot = |e: csv::Error| failed(&target, e);
    let mut file = create(&target)?;
    file.write_all("\u{FEFF}".as_bytes())?;
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(file);
    writer.write_record(COLUMNS).map_err(cannot)?;
    for row in rows {
        writer.write_record(row).map_err(cannot)?;
    }
    writer.flush()?;
    Ok(())
}

/// Refuses a folder that somebody worked in: a file that the manifest does not have, or that is no
/// longer what it was. Files that were taken away are no loss.
///
/// # Errors
/// [`Error::OutputTaken`] with the first such file.
pub(crate) fn check_untouched(folder: &Path) -> Result<()> {
    let mut files = BTreeMap::new();
    list(folder, "", &mut files)?;
    let manifest = files.remove(NAME);
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    if let Some(manifest) = manifest {
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .from_path(&manifest)
            .map_err(|e| failed(&manifest, e))?;
        for record in reader.records().filter_map(Result::ok) {
            let cell = |at: usize| record.get(at).unwrap_or_default().to_owned();
            known.insert(cell(1), cell(5));
        }
    }
    for (name, path) in files {
        let was = known.get(name.as_str());
        if was.is_none_or(|was| hash_of_file(&path, &|| false).as_ref() != Some(was)) {
            return Err(Error::OutputTaken {
                path: folder.to_owned(),
                reason: format!(
                    "`{name}` in it is not as the pack was written: somebody worked there"
                ),
            });
        }
    }
    Ok(())
}

/// Plain files below a folder by their names within the pack.
pub(super) fn list(
    folder: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, PathBuf>,
) -> Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list(&entry.path(), &format!("{name}/"), files)?;
        } else if kind.is_file() {
            files.insert(name, entry.path());
        }
    }
    Ok(())
}

fn row(
    number: usize,
    name: &str,
    path: &Path,
    taken: Option<&str>,
    category: Category,
    lang: Lang,
) -> Result<[String; COLUMNS.len()]> {
    let size = fs_err::metadata(path)?.len();
    let hash = hash_of_file(path, &|| false)
        .ok_or_else(|| failed(path, "it cannot be read again for its hash"))?;
    let format = Path::new(name).extension().unwrap_or_default();
    let format = format.to_string_lossy().to_ascii_uppercase();
    let (zh, en) = category(name, &format);
    let category = lang.pick(zh, en);
    let empty = String::new;
    Ok([
        number.to_string(),
        formula_safe(name.into()).into_owned(),
        match lang {
            Lang::Zh => format!("{category}（{}）", not_evidence(lang)),
            Lang::En => format!("{category} ({})", not_evidence(lang)),
        },
        format,
        size.to_string(),
        hash,
        "SHA-256".into(),
        formula_safe(taken.unwrap_or_default().into()).into_owned(),
        empty(),
        empty(),
        empty(),
        empty(),
    ])
}

/// What a file is, by its format.
fn category(name: &str, format: &str) -> (&'static str, &'static str) {
    match format {
        "JPG" | "JPEG" | "PNG" => ("影像截图", "picture"),
        "CSV" | "XLSX" if name.starts_with("odk/") => ("核查表单", "form"),
        "CSV" | "XLSX" => ("台账", "ledger"),
        "PDF" | "HTML" => ("核查单", "sheet"),
        "KMZ" | "GPX" | "TXT" | "GEOJSON" | "GPKG" => ("地图数据", "map data"),
        _ => ("其他", "other"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::add_pictures;
    use super::*;
    use crate::tasks::fixture;

    #[test]
    fn every_file_is_listed_by_name_with_its_hash() {
        let dir = tempfile::tempdir().unwrap();
        fs_err::create_dir(dir.path().join("pictures")).unwrap();
        let mut pack = fixture::pack(3, Lang::Zh);
        add_pictures(&mut pack, &dir.path().join("pictures"));
        fs_err::write(dir.path().join("sites.gpx"), "abc").unwrap();
        fs_err::write(dir.path().join("=1.csv"), "").unwrap();
        write(dir.path(), &pack).unwrap();
        let text = fs_err::read_to_string(dir.path().join(NAME)).unwrap();
        let text = text.strip_prefix('\u{FEFF}').unwrap();
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(lines[0], COLUMNS.join(","));
        assert_eq!(
            lines[4],
            "4,sites.gpx,地图数据（线索，非证据）,GPX,3,\
             ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad,SHA-256,,,,,"
        );
        assert!(lines[1].starts_with("1,'=1.csv,台账"), "{}", lines[1]);
        assert!(
            lines[2].contains("pictures/990101101201-2026R1-0001.jpg,影像截图（线索，非证据）,JPG")
        );
        assert!(lines[2].contains("SHA-256,2026-04-20T10:30:00,"));
        assert_eq!(lines.len(), 6, "{text}");
        assert!(write(dir.path(), &pack).is_err());
    }
}
