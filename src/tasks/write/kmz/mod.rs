//! KMZ for Google Earth and phone apps: `doc.kml` at the root of a ZIP archive, and the close-up
//! pictures below `files/`.

mod document;
mod placemark;
mod table;

use super::marks::{create, failed, zip_time};
use crate::Result;
use crate::tasks::pack::{FieldPack, FieldTask, Picture};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

/// How hard the document is compressed: a fast level, as it repeats itself anyway.
const LEVEL: i64 = 3;
/// Bytes gathered before they are compressed.
const BUFFER: usize = 1 << 16;
/// With more tasks than these the document may outgrow 4 GiB and needs the 64-bit form of ZIP,
/// which some readers do not know.
const LARGE_TASKS: usize = 250_000;

/// Writes `sites.kmz`. A folder a village with the tasks of the main list in visiting order, then
/// a folder for each list apart. Coordinates are WGS 84, longitude before latitude.
pub(in crate::tasks) fn write(path: &Path, pack: &FieldPack) -> Result<()> {
    let time = zip_time(&pack.facts.date)?;
    let file = create(path)?;
    archive(file, pack, time).map_err(|e| failed(path, e))
}

fn archive(file: BufWriter<fs_err::File>, pack: &FieldPack, time: zip::DateTime) -> io::Result<()> {
    let options = SimpleFileOptions::default()
        .last_modified_time(time)
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(file);
    zip.start_file(
        "doc.kml",
        options
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(LEVEL))
            .large_file(pack.tasks.len() > LARGE_TASKS),
    )?;
    document::write(BufWriter::with_capacity(BUFFER, &mut zip), pack)?;
    for task in &pack.tasks {
        if let Some(picture) = picture_of(task) {
            let mut source = fs_err::File::open(&picture.file)?;
            zip.start_file(
                picture_name(task),
                options.compression_method(CompressionMethod::Stored),
            )?;
            io::copy(&mut source, &mut zip)?;
        }
    }
    zip.finish()?.flush()
}

/// The close-up of a task, where its file is there.
fn picture_of(task: &FieldTask) -> Option<&Picture> {
    task.close_up.as_ref().filter(|p| p.file.is_file())
}

/// Its name within the archive.
fn picture_name(task: &FieldTask) -> String {
    format!("files/{}.jpg", task.site_id)
}

#[cfg(test)]
mod tests {
    use super::super::example::{add_pictures, bytes_twice, elements};
    use super::*;
    use crate::campaign::Lang;
    use crate::tasks::fixture;
    use std::io::{Cursor, Read};

    fn documents(pack: &FieldPack) -> (String, Vec<String>) {
        let bytes = bytes_twice("sites.kmz", pack, write);
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let names = archive
            .file_names()
            .map(|n| n.unwrap().into_owned())
            .collect();
        let mut text = String::new();
        let mut entry = archive.by_name("doc.kml").unwrap();
        let time = entry.last_modified().unwrap().to_string();
        assert_eq!(time, "2026-05-04 00:00:00");
        entry.read_to_string(&mut text).unwrap();
        drop(entry);
        (text, names)
    }

    #[test]
    fn the_archive_holds_the_document_and_its_pictures() {
        let dir = tempfile::tempdir().unwrap();
        let mut pack = fixture::pack(9, Lang::Zh);
        add_pictures(&mut pack, dir.path());
        fs_err::remove_file(&pack.tasks[2].close_up.as_ref().unwrap().file).unwrap();
        let (text, names) = documents(&pack);
        assert_eq!(names[0], "doc.kml");
        assert_eq!(names.len(), 5);
        assert!(names[1..].iter().all(|n| text.contains(n.as_str())));
        assert!(!text.contains("0003.jpg"), "its file is gone");
        let all = elements(&text);
        let count = |name: &str| all.iter().filter(|e| e.name == name).count();
        assert_eq!(count("Placemark"), 9);
        assert_eq!(count("MultiGeometry"), 9);
        // Two villages, licensed, near a border, spot checks.
        assert_eq!(count("Folder"), 5);
        assert!(text.contains("<color>ff005ed5</color>"), "aabbggrr");
        assert!(text.contains("<coordinates>101.6367000,24.7548000,0</coordinates>"));
    }

    #[test]
    fn texts_cannot_break_the_document() {
        let mut pack = fixture::pack(1, Lang::En);
        pack.tasks[0].earlier = "]]> <script>&amp;\u{8}".into();
        pack.tasks[0].capture_time = "last week".into();
        let (text, _) = documents(&pack);
        elements(&text);
        assert!(!text.contains("<script>"), "{text}");
        assert!(!text.contains("TimeStamp"));
    }
}
