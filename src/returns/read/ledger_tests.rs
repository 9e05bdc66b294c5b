//! Tests of the reader of ledgers, on sheets given cell by cell.

use super::*;

fn text(text: &str) -> Cell {
    Cell::of(text)
}

/// Reads rows that begin in column A; a cell of `-` is not there.
fn read(rows: &[&[&str]], merges: &[Merge]) -> SheetRows {
    let mut sheet = LedgerSheet::new("石门村", Epoch::Of1900, merges.to_vec());
    for (number, row) in (0..).zip(rows) {
        let cells: Cells = (0..)
            .zip(*row)
            .filter(|(_, cell)| **cell != "-")
            .map(|(at, cell)| (at, text(cell)))
            .collect();
        sheet.row(number, &cells).unwrap();
    }
    sheet.finish().unwrap()
}

fn answer<'a>(row: &'a Returned, name: &str) -> &'a str {
    row.answers.get(name).map_or("", |w| w.text.as_str())
}

fn merge(first: (u32, u32), last: (u32, u32)) -> Merge {
    Merge {
        first_row: first.0,
        first_column: first.1,
        last_row: last.0,
        last_column: last.1,
    }
}

const HEADER: [&str; 6] = [
    "简码\ncode",
    "村\nvillage",
    "结果\noutcome",
    "核查人",
    "株数",
    "棵数",
];

#[test]
fn the_header_is_found_below_whatever_stands_above() {
    let found = read(
        &[
            &["天目-26 踏查台账"],
            &["-"],
            &["填表说明", "结果请从列表选择"],
            &HEADER,
            &["201202-01", "石门村", "确认", "-", "12", "13"],
            &["201202-02", "石门村"],
            &["合计", "-", "-", "-", "12"],
            &HEADER,
            &["填表人：某", "-"],
        ],
        &[],
    );
    // What stands below the table in the column of codes is for the judge: a name of no site.
    let places: Vec<&str> = found.rows.iter().map(|r| r.place.as_str()).collect();
    assert_eq!(places, ["石门村!5", "石门村!6", "石门村!9"]);
    let first = &found.rows[0];
    assert_eq!(
        (answer(first, "outcome"), answer(first, "plant_count")),
        ("确认", "12")
    );
    assert_eq!(first.answers["outcome"].cell, "C5");
    assert_eq!(first.whole()["结果 outcome"], "确认");
    assert_eq!(first.whole().len(), 5);
    assert_eq!(
        found.notes,
        [
            "石门村!7: a row of sums was not read",
            "sheet `石门村`: column F (`棵数`) is none of the ledger's and was not read"
        ]
    );
    assert!(found.rows[1].packed.is_empty(), "nobody answered it");
}

#[test]
fn headers_that_cannot_be_used_are_named() {
    let header = |texts: &[&str]| {
        let mut sheet = LedgerSheet::new("甲", Epoch::Of1900, vec![]);
        let cells: Cells = (0..).zip(texts).map(|(at, t)| (at, text(t))).collect();
        (sheet.row(2, &cells), sheet.finish().is_some())
    };
    let (wrong, _) = header(&["code", "village", "outcome", "结果"]);
    assert_eq!(
        wrong.unwrap_err(),
        "sheet `甲`: has the column `outcome` twice, in C3 and D3"
    );
    let (wrong, _) = header(&["code", "village", "结论", "株数"]);
    assert_eq!(
        wrong.unwrap_err(),
        "sheet `甲`: has no column `结果 outcome` in its header, row 3, which reads code | village | 结论 | 株数"
    );
    assert_eq!(header(&["村", "点位", "株数", "结果"]), (Ok(()), false));
}

#[test]
fn one_value_down_a_column_is_for_all_rows_of_it() {
    let rows: &[&[&str]] = &[
        &HEADER,
        &["201202-01", "石门村", "确认", "张", "1"],
        &["201202-02", "石门村", "-", "-", "2"],
        &["201202-03", "石门村", "-", "-"],
    ];
    let found = read(
        rows,
        &[
            merge((1, 2), (2, 2)),
            merge((1, 3), (3, 3)),
            merge((1, 1), (3, 1)),
        ],
    );
    let said: Vec<(&str, &str)> = found
        .rows
        .iter()
        .map(|r| (answer(r, "outcome"), answer(r, "checker")))
        .collect();
    // Who was there makes no answer of a row that nobody filled in.
    assert_eq!(said, [("确认", "张"), ("确认", "张"), ("", "")]);
    assert!(found.rows.iter().all(|r| r.faults.is_empty()));
    assert_eq!(
        found.rows[1].notes,
        [
            "C3 is part of the merged cells C2:C3, read as `确认`",
            "D3 is part of the merged cells D2:D4, read as `张`"
        ]
    );
}

#[test]
fn merged_amounts_sites_and_rows_are_refused_by_name() {
    let rows: &[&[&str]] = &[
        &HEADER,
        &["201202-01", "石门村", "确认", "张", "30"],
        &["-", "石门村", "确认", "张", "-"],
    ];
    for (area, wanted) in [
        (merge((1, 4), (2, 4)), ["E2 E2:E3 `30`", "E3 E2:E3 `30`"]),
        (
            merge((1, 0), (2, 0)),
            ["A2 A2:A3 `201202-01`", "A3 A2:A3 `201202-01`"],
        ),
    ] {
        let found = read(rows, &[area]);
        let faults: Vec<String> = found
            .rows
            .iter()
            .flat_map(|r| &r.faults)
            .map(|f| {
                f.reason
                    .replace("is part of the merged cells ", &format!("{} ", f.cell))
                    .replace(" with", "")
            })
            .map(|text| text.split(", wanted").next().unwrap().to_owned())
            .collect();
        assert_eq!(faults, wanted);
    }
    let found = read(rows, &[merge((1, 2), (1, 4))]);
    let cells: Vec<&str> = found.rows[0]
        .faults
        .iter()
        .map(|f| f.cell.as_str())
        .collect();
    assert_eq!(cells, ["C2", "D2", "E2"]);
    assert!(found.rows[1].faults.is_empty());
    // What the office filled in may be merged.
    let found = read(rows, &[merge((1, 1), (2, 1))]);
    assert!(found.rows.iter().all(|r| r.faults.is_empty()));
}

#[test]
fn formulas_errors_and_numbers_of_days_are_told() {
    let mut sheet = LedgerSheet::new("甲", Epoch::Of1904, vec![]);
    let header: Cells = (0..)
        .zip(["code", "outcome", "checked_at", "plant_count", "note"])
        .map(|(at, t)| (at, text(t)))
        .collect();
    sheet.row(0, &header).unwrap();
    let cells: Cells = vec![
        (0, text("201202-01")),
        (1, text("确认")),
        (
            2,
            Cell {
                text: "44684".into(),
                number: Some(44684.0),
                ..Cell::default()
            },
        ),
        (
            3,
            Cell {
                text: "12".into(),
                number: Some(12.0),
                is_formula: true,
                fault: None,
            },
        ),
        (
            4,
            Cell {
                fault: Some("is a formula without a result, wanted a value".into()),
                is_formula: true,
                ..Cell::default()
            },
        ),
    ];
    sheet.row(1, &cells).unwrap();
    let found = sheet.finish().unwrap();
    let row = &found.rows[0];
    assert_eq!(answer(row, "checked_at"), "2026-05-04");
    assert_eq!(
        row.notes,
        [
            "C2 is the number `44684`, read as the day 2026-05-04",
            "D2 is a formula, read as `12`"
        ]
    );
    assert_eq!((row.faults.len(), row.faults[0].cell.as_str()), (1, "E2"));
}
