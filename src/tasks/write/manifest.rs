//! The list of a pack's files with their hashes: what each is, and when its pictures were taken.

use super::marks::not_evidence;
use crate::campaign::Lang;
use crate::campaign::manifest::{About, MANIFEST, files_below, read_manifest, write_manifest};
use crate::digest::hash_of_file;
use crate::tasks::pack::{FieldPack, Picture};
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::path::Path;

/// Writes `manifest.csv` into the folder of a pack. Pictures have the time they were taken.
pub(in crate::tasks) fn write(folder: &Path, pack: &FieldPack) -> Result<()> {
    let pictures: BTreeMap<&str, &Picture> = pack
        .tasks
        .iter()
        .flat_map(|t| [&t.close_up, &t.earlier_picture])
        .flatten()
        .map(|p| (p.name.as_str(), p))
        .collect();
    let lang = pack.facts.lang;
    write_manifest(folder, &|name, format| {
        let (category, evidence) = (category(name, format, lang), not_evidence(lang));
        About {
            category: match lang {
                Lang::Zh => format!("{category}（{evidence}）"),
                Lang::En => format!("{category} ({evidence})"),
            },
            taken: pictures
                .get(name)
                .map_or_else(String::new, |p| p.capture_time.clone()),
        }
    })
}

/// Refuses a pack that somebody worked in: a file that the manifest does not have, or that is no
/// longer what it was. Files that were taken away are no loss.
///
/// # Errors
/// [`Error::OutputTaken`] with the first such file.
pub(crate) fn check_untouched(folder: &Path) -> Result<()> {
    let mut files = files_below(folder)?;
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    if let Some(manifest) = files.remove(MANIFEST) {
        let listed = read_manifest(&manifest).map_err(|e| Error::OutputTaken {
            path: folder.to_owned(),
            reason: e.to_string(),
        })?;
        known.extend(listed.into_iter().map(|line| (line.name, line.sha256)));
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

/// What a file is, by its format.
fn category(name: &str, format: &str, lang: Lang) -> &'static str {
    let (zh, en) = match format {
        "JPG" | "JPEG" | "PNG" => ("影像截图", "picture"),
        "CSV" | "XLSX" if name.starts_with("odk/") => ("核查表单", "form"),
        "CSV" | "XLSX" => ("台账", "ledger"),
        "PDF" | "HTML" => ("核查单", "sheet"),
        "KMZ" | "GPX" | "TXT" | "GEOJSON" | "GPKG" => ("地图数据", "map data"),
        _ => ("其他", "other"),
    };
    lang.pick(zh, en)
}

#[cfg(test)]
mod tests {
    use super::super::example::add_pictures;
    use super::*;
    use crate::campaign::manifest::MANIFEST_COLUMNS;
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
        let text = fs_err::read_to_string(dir.path().join(MANIFEST)).unwrap();
        let text = text.strip_prefix('\u{FEFF}').unwrap();
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(lines[0], MANIFEST_COLUMNS.join(","));
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
