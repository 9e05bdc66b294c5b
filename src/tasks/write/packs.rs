//! Packs on disk for tests, and what tests read back of workbooks.

use super::{csv, xlsform, xlsx};
use crate::campaign::Lang;
use crate::tasks::fixture;
use crate::tasks::pack::{FieldTask, Picture};
use image::{Rgb, RgbImage};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

/// Gives a task a painted picture in a folder.
pub(super) fn add_picture(task: &mut FieldTask, folder: &Path, width: u32, height: u32) {
    let shade = u8::try_from(task.seq % 200).unwrap();
    let image = RgbImage::from_fn(width, height, |x, y| {
        let ring = x.abs_diff(width / 2).pow(2) + y.abs_diff(height / 2).pow(2) < 900;
        if ring {
            Rgb([220, 40, 70])
        } else {
            Rgb([60, 90 + shade / 2, 50])
        }
    });
    let name = format!("pictures/{}.jpg", task.site_id);
    let file = folder.join(&name);
    fs_err::create_dir_all(file.parent().unwrap()).unwrap();
    image.save(&file).unwrap();
    task.close_up = Some(Picture {
        file,
        name,
        width,
        height,
        m_per_px: 0.025,
        top_bearing_deg: 0.0,
        site_px: (f64::from(width) / 2.0, f64::from(height) / 2.0),
        capture_time: String::new(),
    });
}

/// The text of a part of a workbook.
pub(super) fn text(workbook: &[u8], part: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    let mut text = String::new();
    archive
        .by_name(part)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}

/// The names of all parts of a workbook.
pub(super) fn parts(workbook: &[u8]) -> Vec<String> {
    let archive = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    archive
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .collect()
}

/// The cells of a sheet, counted from 1, row by row as text; cells left out in between are empty.
pub(super) fn cells(workbook: &[u8], sheet: usize) -> Vec<Vec<String>> {
    let shared: Vec<String> = if parts(workbook).iter().any(|p| p == "xl/sharedStrings.xml") {
        texts(&text(workbook, "xl/sharedStrings.xml"), "si")
    } else {
        Vec::new()
    };
    let xml = text(workbook, &format!("xl/worksheets/sheet{sheet}.xml"));
    let mut rows: Vec<Vec<String>> = Vec::new();
    for row in xml.split("<row ").skip(1) {
        let mut cells: Vec<String> = Vec::new();
        for cell in row.split("<c ").skip(1) {
            let tag = cell.split('>').next().unwrap();
            let letters = tag.split("r=\"").nth(1).unwrap();
            let letters: String = letters
                .chars()
                .take_while(char::is_ascii_uppercase)
                .collect();
            let at = rust_xlsxwriter::utility::column_name_to_number(&letters);
            cells.resize(usize::from(at) + 1, String::new());
            let inner = format!("<c {}", cell.split("</c>").next().unwrap());
            let value = texts(
                &format!("{inner}</c>"),
                if inner.contains("<is>") { "is" } else { "v" },
            );
            let value = value.into_iter().next().unwrap_or_default();
            cells[usize::from(at)] = if tag.contains("t=\"s\"") {
                shared[value.parse::<usize>().unwrap()].clone()
            } else {
                value
            };
        }
        rows.push(cells);
    }
    rows
}

/// The text within each element of a name, without the tags inside of it.
fn texts(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let parts = xml.split(open.as_str()).skip(1);
    parts
        .map(|part| {
            let inner = part.split(close.as_str()).next().unwrap();
            let without_tags = inner.split('<').filter_map(|piece| piece.split('>').nth(1));
            let text = inner.split('<').next().into_iter().chain(without_tags);
            let text: String = text.collect();
            [
                ("&lt;", "<"),
                ("&gt;", ">"),
                ("&quot;", "\""),
                ("&amp;", "&"),
            ]
            .iter()
            .fold(text, |text, (from, to)| text.replace(from, to))
        })
        .collect()
}

#[test]
#[ignore = "writes packs for tests/python/pack_tables.py to the folder TIANMU_FIXTURE_PACKS"]
fn packs_for_python() {
    let folder = PathBuf::from(std::env::var_os("TIANMU_FIXTURE_PACKS").unwrap());
    for (name, count, lang) in [
        ("zh", 30, Lang::Zh),
        ("en", 30, Lang::En),
        ("towns", 251 * 8, Lang::Zh),
        ("large", 100_000, Lang::Zh),
        ("wide", 100_000, Lang::Zh),
    ] {
        let folder = folder.join(name);
        fs_err::create_dir_all(folder.join("odk")).unwrap();
        let mut pack = fixture::pack(count, lang);
        if count < 100 {
            for task in pack.tasks.iter_mut().filter(|t| t.seq % 3 != 0) {
                add_picture(task, &folder, 800, 600);
            }
        }
        if name == "wide" {
            // As many sheets as there may be, and so many rows on each that all sheets count.
            pack.villages.truncate(250);
            for task in &mut pack.tasks {
                let at = (task.seq as usize - 1) / 400;
                task.village = std::sync::Arc::clone(&pack.villages[at]);
            }
        }
        xlsx::write(&folder.join("ledger.xlsx"), &pack).unwrap();
        csv::write(&folder.join("ledger.csv"), &pack).unwrap();
        xlsform::write(&folder.join("odk/form.xlsx"), &pack).unwrap();
    }
}
