//! What each level may say: all files are searched for names, ids and coordinates.

use super::world::{LIUWAN, NOW, PEOPLE, QINGYAN, SHIMEN, make, settings};
use crate::tasks::files_below;
use std::io::Read;
use std::path::Path;
use tianmu::report::{Level, ReportDone, ReportJob, report};
use tianmu::vector::StoreTarget;

pub(super) fn written(target: &StoreTarget, output: &Path, level: Level) -> ReportDone {
    let settings = settings(level);
    let job = ReportJob {
        target,
        output,
        overwrite: true,
        settings: &settings,
        coverage: &|_| Ok(None),
        moment: NOW,
        tell: &|_| (),
        interrupted: &|| false,
    };
    report(&job).unwrap()
}

/// Everything that a reader of the files could find, the parts of workbooks unpacked.
fn all_text(folder: &Path) -> String {
    let mut all = String::new();
    for (name, bytes) in files_below(folder) {
        let is_workbook = Path::new(&name).extension().is_some_and(|e| e == "xlsx");
        if is_workbook {
            let mut book = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
            for part in 0..book.len() {
                let mut text = String::new();
                let mut part = book.by_index(part).unwrap();
                if part.read_to_string(&mut text).is_ok() {
                    all += &text;
                }
            }
        } else if std::path::Path::new(&name)
            .extension()
            .is_some_and(|e| e == "html")
        {
            all += &without_tags(&String::from_utf8(bytes).unwrap());
        } else {
            all += &String::from_utf8(bytes).unwrap();
        }
    }
    all
}

/// What a page says, titles of drawings among it. Tags are left out: they hold positions in
/// drawings, which may look like coordinates.
fn without_tags(page: &str) -> String {
    page.split('<')
        .map(|part| part.split_once('>').map_or("", |(_, text)| text))
        .collect()
}

/// Coordinates of sites as files would write them, to four decimals: 11 m.
const COORDINATES: [&str; 4] = ["101.6013", "101.6253", "24.7053", "24.7153"];

#[test]
fn field_says_everything() {
    let folder = tempfile::tempdir().unwrap();
    let target = make(folder.path());
    let output = folder.path().join("field");
    written(&target, &output, Level::Field);
    let text = all_text(&output);
    for name in [
        PEOPLE[0],
        PEOPLE[1],
        PEOPLE[3],
        "-2026R2-0001",
        "101.601",
        "石门村",
    ] {
        assert!(text.contains(name), "{name}");
    }
}

#[test]
fn superiors_see_villages_and_blurred_places_but_no_people() {
    let folder = tempfile::tempdir().unwrap();
    let target = make(folder.path());
    let output = folder.path().join("superior");
    let done = written(&target, &output, Level::Superior);
    let text = all_text(&output);
    for hidden in PEOPLE
        .iter()
        .copied()
        .chain(["2026R2-0", "2026R2-K", "2026R2-F", "OLD-", "台账", "待办"])
        .chain(COORDINATES)
    {
        assert!(!text.contains(hidden), "{hidden}");
    }
    for shown in [SHIMEN, "石门村", "靶-4", "模糊到0.01°"] {
        assert!(text.contains(shown), "{shown}");
    }
    // Eleven candidates and a find; cells drawn by lot are no sites.
    let map = done.figures.map.unwrap();
    assert!(map.points.is_empty() && map.targets.is_empty());
    assert_eq!(map.cells.iter().map(|cell| cell.sites).sum::<u64>(), 12);
    for cell in &map.cells {
        for degrees in [cell.middle.x(), cell.middle.y()] {
            let thousandths = (degrees * 1000.0).round();
            assert!((thousandths % 10.0 - 5.0).abs() < 1e-6, "{degrees}");
        }
    }
}

#[test]
fn everybody_sees_the_county_and_no_place_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let target = make(folder.path());
    let output = folder.path().join("public");
    let done = written(&target, &output, Level::Public);
    let text = all_text(&output);
    let villages = [
        SHIMEN,
        QINGYAN,
        LIUWAN,
        "石门村",
        "青岩村",
        "柳湾村",
        "云岭镇",
        "柳湾镇",
    ];
    for hidden in PEOPLE
        .iter()
        .copied()
        .chain(villages)
        .chain(["2026R2-0", "OLD-", "靶-4", "101.60", "24.70"])
        .chain(COORDINATES)
    {
        assert!(!text.contains(hidden), "{hidden}");
    }
    assert!(text.contains("天目县") && text.contains("&lt;5") && text.contains("\"<5\""));
    assert!(done.figures.map.is_none());
    let json = serde_json::to_value(&done.figures.total).unwrap();
    // 11, 4 and 25; five confirmed places with plants are four: their sum would say too much.
    assert_eq!(json["candidates"], 10);
    assert_eq!(json["pending"], "<5");
    assert_eq!(json["assigned"], 25);
    assert_eq!(json["plants"]["sum"], serde_json::Value::Null);
    assert_eq!(done.figures.precision.all.share, None);
}
