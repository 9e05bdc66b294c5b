//! The workbook as a whole, read back from its parts.

use super::super::packs::{add_picture, cells, parts, text};
use super::*;
use crate::tasks::fixture;
use crate::tasks::ledger::COLUMNS;

fn written(pack: &FieldPack) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.xlsx");
    write(&path, pack).unwrap();
    assert_eq!(
        fs_err::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing else is left"
    );
    fs_err::read(&path).unwrap()
}

fn place(name: &str) -> usize {
    COLUMNS.iter().position(|c| c.name == name).unwrap()
}

#[test]
fn a_sheet_a_village_behind_the_numbers() {
    let mut pack = fixture::pack(20, Lang::Zh);
    let folder = tempfile::tempdir().unwrap();
    add_picture(&mut pack.tasks[0], folder.path(), 800, 600);
    let book = written(&pack);
    let names = text(&book, "xl/workbook.xml");
    let at = |name: &str| names.find(&format!("name=\"{name}\"")).unwrap();
    assert!(at("汇总") < at("石门村") && at("石门村") < at("柳湾村") && at("柳湾村") < at("词表"));

    let rows = cells(&book, 2);
    assert!(rows[0][0].contains("天目县云岭镇石门村") && rows[0][0].contains("线索，非证据"));
    assert_eq!(rows[1][0], "庭院：入户须依法");
    assert_eq!(rows[2][place("site_id")], "疑似点编号\nsite_id");
    assert_eq!(rows[2].last().unwrap(), "提示\nnotice");
    let first = &rows[3];
    assert_eq!(first[place("xzqdm")], "990101101201");
    assert_eq!(first[place("lon")], "101.6367");
    assert_eq!(first[place("outcome")], "");
    assert_eq!(first.last().unwrap(), "线索，非证据；庭院：入户须依法");
    assert!(
        parts(&book)
            .iter()
            .any(|p| p.ends_with("media/image1.jpeg"))
    );

    let xml = text(&book, "xl/worksheets/sheet2.xml");
    for part in [
        "paperSize=\"9\"",
        "orientation=\"landscape\"",
        "fitToHeight=\"0\"",
        "<autoFilter ref=\"A3:BM11\"/>",
        "topLeftCell=\"C4\"",
        "state=\"frozen\"",
        "type=\"list\"",
        "第 &amp;P 页",
    ] {
        assert!(xml.contains(part), "{part}");
    }
    assert!(names.contains("_xlnm.Print_Titles"));
}

#[test]
fn numbers_of_villages_add_up() {
    let book = written(&fixture::pack(20, Lang::Zh));
    let rows = cells(&book, 1);
    assert_eq!(rows[3][1], "石门村");
    let numbers = |row: usize| -> Vec<u32> {
        rows[row][4..15]
            .iter()
            .map(|n| n.parse().unwrap())
            .collect()
    };
    // Of eight tasks four stand in the main list, two were drawn by lot.
    assert_eq!(numbers(3), [2, 1, 1, 0, 1, 1, 2, 8, 3, 1, 1]);
    assert_eq!(rows[6][0], "合计");
    let all = numbers(6);
    for (column, all) in all.iter().enumerate().take(9) {
        let sum: u32 = (3..6).map(|row| numbers(row)[column]).sum();
        assert_eq!(*all, sum);
    }
    assert_eq!(all[7], 20);
    assert_eq!(all[9..], [3, 3]);
    let notes: Vec<_> = rows[7..].iter().filter_map(|r| r.first()).collect();
    assert!(
        notes.iter().any(|n| *n == "未计算：无水系图层"),
        "{notes:?}"
    );
}

#[test]
fn the_same_pack_gives_the_same_bytes_and_the_pack_s_date() {
    let mut pack = fixture::pack(12, Lang::En);
    let folder = tempfile::tempdir().unwrap();
    for task in &mut pack.tasks {
        add_picture(task, folder.path(), 400, 300);
    }
    let book = written(&pack);
    assert_eq!(book, written(&pack));
    let core = text(&book, "docProps/core.xml");
    assert_eq!(core.matches("2026-05-04T00:00:00Z").count(), 2, "{core}");
}

#[test]
fn nothing_that_comes_from_outside_is_a_formula() {
    let mut pack = fixture::pack(1, Lang::En);
    pack.tasks[0].group = "=HYPERLINK(\"http://a.b\")".into();
    let book = written(&pack);
    assert!(!text(&book, "xl/worksheets/sheet2.xml").contains("<f>"));
    assert_eq!(
        cells(&book, 2)[3][place("grp")],
        "=HYPERLINK(\"http://a.b\")"
    );
}

#[test]
fn an_empty_pack_has_numbers_only() {
    let mut pack = fixture::pack(1, Lang::Zh);
    pack.tasks.clear();
    pack.villages.clear();
    let book = written(&pack);
    assert_eq!(cells(&book, 1)[3][0], "合计");
    assert!(!parts(&book).contains(&"xl/worksheets/sheet3.xml".to_owned()));
}

#[test]
fn a_task_outside_of_the_pack_s_villages_is_an_error_and_not_lost() {
    let mut pack = fixture::pack(16, Lang::Zh);
    pack.villages.pop();
    let folder = tempfile::tempdir().unwrap();
    let said = write(&folder.path().join("a.xlsx"), &pack)
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("8 tasks are in none of the pack's villages"),
        "{said}"
    );
}

#[test]
fn large_packs_are_streamed_and_hold_the_same_cells() {
    let count = u32::try_from(STREAMED_FROM).unwrap() + 8;
    let pack = fixture::pack(count, Lang::Zh);
    assert_eq!(streamed(&Plan::of(&pack)), [true]);
    let book = written(&pack);
    let rows = cells(&book, 2);
    assert_eq!(rows.len(), pack.tasks.len() + 3);
    // The first of the lists apart stands behind the last of the main list.
    assert_eq!(rows[3][place("code")], "101201-01");
    assert_eq!(rows[3][place("grade")], "A");
    assert!(text(&book, "xl/worksheets/sheet2.xml").contains("inlineStr"));
    assert_eq!(book, written(&pack));
}
