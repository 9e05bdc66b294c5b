//! `manifest.csv`: the files of a folder with their hashes, in the columns that the rules for
//! electronic data (2016, 2019) ask for: category, format, size, check value, and where a picture
//! comes from. Packs, reports and folders of chips have one, and `verify` reads it.

use crate::digest::hash_of_file;
use crate::pipeline::report::formula_safe;
use crate::{Error, Result};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The name of the list within its folder.
pub const MANIFEST: &str = "manifest.csv";

/// The columns, fixed.
pub const MANIFEST_COLUMNS: [&str; 12] = [
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

/// What is said of a file besides name, size and hash.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// Its category, in words.
    pub category: String,
    /// When what it shows was taken, ISO 8601; empty where unknown.
    pub taken: String,
}

/// A line of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name within the folder, with `/`.
    pub name: String,
    /// Its SHA-256, lower-case hex.
    pub sha256: String,
}

/// Writes `manifest.csv` into a folder: every other file below it, sorted by name (with `/`), sizes
/// in bytes, SHA-256 as lower-case hex. `about` is given a file's name and its format in capitals.
/// UTF-8 with a byte order mark and CRLF, as Excel and WPS want it. What is not known stays empty.
///
/// # Errors
/// [`Error::WriteOutput`] where there is one already, or a file cannot be read.
pub fn write_manifest(folder: &Path, about: &(dyn Fn(&str, &str) -> About + Sync)) -> Result<()> {
    let target = folder.join(MANIFEST);
    let mut files = files_below(folder)?;
    files.remove(MANIFEST);
    let files: Vec<(String, PathBuf)> = files.into_iter().collect();
    let rows: Vec<[String; MANIFEST_COLUMNS.len()]> = files
        .par_iter()
        .enumerate()
        .map(|(index, (name, path))| row(index + 1, name, path, about))
        .collect::<Result<_>>()?;

    let mut file = fs_err::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&target)
        .map_err(|e| failed(&target, e))?;
    file.write_all("\u{FEFF}".as_bytes())?;
    let cannot = |e: csv::Error| failed(&target, e);
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(std::io::BufWriter::new(file));
    writer.write_record(MANIFEST_COLUMNS).map_err(cannot)?;
    for row in rows {
        writer.write_record(row).map_err(cannot)?;
    }
    writer.flush()?;
    Ok(())
}

/// Reads a manifest.
///
/// # Errors
/// [`Error::Io`] where it cannot be read, or is none.
pub fn read_manifest(path: &Path) -> Result<Vec<Listed>> {
    let none = |why: String| {
        let text = format!("`{}` is no list of files: {why}", path.display());
        Error::Io(std::io::Error::other(text))
    };
    let bytes = fs_err::read(path)?;
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(&*bytes);
    let header = reader.headers().map_err(|e| none(e.to_string()))?.clone();
    let place = |name: &str| {
        let found = header
            .iter()
            .position(|h| h.trim_start_matches('\u{FEFF}') == name);
        found.ok_or_else(|| none(format!("it has no column `{name}`")))
    };
    let (name_at, hash_at) = (place(MANIFEST_COLUMNS[1])?, place(MANIFEST_COLUMNS[5])?);
    let line = |record: Result<csv::StringRecord, csv::Error>| {
        let record = record.map_err(|e| none(e.to_string()))?;
        let cell = |at: usize| record.get(at).unwrap_or_default();
        Ok(Listed {
            name: unprotected(cell(name_at)).to_owned(),
            sha256: cell(hash_at).to_lowercase(),
        })
    };
    reader.records().map(line).collect()
}

/// Plain files below a folder by their names within it, with `/`. Links are not followed.
pub fn files_below(folder: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let mut files = BTreeMap::new();
    list(folder, "", &mut files)?;
    Ok(files)
}

fn list(folder: &Path, prefix: &str, files: &mut BTreeMap<String, PathBuf>) -> Result<()> {
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

/// A cell without the quote that kept it from being a formula.
pub(crate) fn unprotected(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(own) if formula_safe(own.into()) == cell => own,
        _ => cell,
    }
}

fn row(
    number: usize,
    name: &str,
    path: &Path,
    about: &(dyn Fn(&str, &str) -> About + Sync),
) -> Result<[String; MANIFEST_COLUMNS.len()]> {
    let size = fs_err::metadata(path)?.len();
    let hash = hash_of_file(path, &|| false)
        .ok_or_else(|| failed(path, "it cannot be read again for its hash"))?;
    let format = Path::new(name).extension().unwrap_or_default();
    let format = format.to_string_lossy().to_ascii_uppercase();
    let about = about(name, &format);
    let empty = String::new;
    Ok([
        number.to_string(),
        formula_safe(name.into()).into_owned(),
        formula_safe(about.category.into()).into_owned(),
        format,
        size.to_string(),
        hash,
        "SHA-256".into(),
        formula_safe(about.taken.into()).into_owned(),
        empty(),
        empty(),
        empty(),
        empty(),
    ])
}

fn failed(path: &Path, reason: impl std::fmt::Display) -> Error {
    Error::WriteOutput {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let place = |name: &str| dir.path().join(name);
        fs_err::create_dir(place("pictures")).unwrap();
        fs_err::write(place("pictures/村,1.jpg"), "abc").unwrap();
        fs_err::write(place("=1.csv"), "").unwrap();
        fs_err::write(place("'quoted.txt"), "").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/hostname", place("link.jpg")).unwrap();
        let about = |_: &str, format: &str| About {
            category: format.to_owned(),
            taken: String::new(),
        };
        write_manifest(dir.path(), &about).unwrap();
        let listed = read_manifest(&place(MANIFEST)).unwrap();
        let names: Vec<&str> = listed.iter().map(|l| l.name.as_str()).collect();
        assert_eq!(names, ["'quoted.txt", "=1.csv", "pictures/村,1.jpg"]);
        assert_eq!(
            listed[2].sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(write_manifest(dir.path(), &about).is_err());
        for wrong in ["", "a,b\n1,2\n", "序号,文件名\n1,a\n"] {
            fs_err::write(place("wrong.csv"), wrong).unwrap();
            assert!(read_manifest(&place("wrong.csv")).is_err(), "{wrong}");
        }
    }
}
