//! The tables of the workbook on the page: fewer columns of counts, and long ones cut.

use super::why;
use crate::campaign::Lang;
use crate::page::markup::{Align, Markup, Table as PageTable};
use crate::page::numbers::count;
use crate::report::figures::{Count, Figures};
use crate::report::level::Level;
use crate::report::sheets::{open_work, sheets};
use crate::report::table::{Cell, Table};

/// Rows that a table has at most.
const MOST_ROWS: usize = 200;

/// A list of items with more rows stands in two halves side by side.
const LONG: usize = 16;

/// A table with more columns keeps those that are named in [`KEPT`].
const WIDE: usize = 14;

/// Columns that wide tables keep.
const KEPT: [&str; 21] = [
    "town",
    "village",
    "period",
    "source",
    "coverage.share",
    "candidates",
    "grade_a",
    "grade_b",
    "grade_c",
    "assigned",
    "checked",
    "confirmed",
    "outcomes.false_alarm",
    "outcomes.legal_crop",
    "outcomes.already_removed",
    "outcomes.not_found",
    "plants.sum",
    "measured_mu",
    "pending",
    "overdue",
    "county",
];

/// What a table of an earlier round knows.
const PREVIOUS_KNOWS: [&str; 9] = [
    "period",
    "source",
    "candidates",
    "checked",
    "outcomes.false_alarm",
    "outcomes.legal_crop",
    "outcomes.already_removed",
    "outcomes.not_found",
    "confirmed",
];

/// Stands for what is not known.
const NONE: &str = "–";

/// Headings and tables, in the order of the workbook's sheets, and last what is not there and why.
pub(super) fn sections(figures: &Figures) -> Vec<(String, Markup)> {
    let lang = figures.lang;
    let all = sheets(figures).into_iter().chain(open_work(figures));
    let mut sections: Vec<(String, Markup)> = all
        .map(|sheet| {
            let tables = sheet.tables.iter().map(|table| {
                let drawn = draw(table, lang);
                if caption(&table.title) == sheet.name {
                    // The heading says it already; the caption stays for those who hear the page.
                    return Markup::element("div", "titled", &drawn);
                }
                drawn
            });
            (sheet.name.to_owned(), tables.collect())
        })
        .collect();
    let absent = absent(figures);
    if !absent.is_empty() {
        let list = Markup::list(absent.iter().copied());
        let heading = lang.pick("本报告没有的部分", "What this report does not have");
        sections.push((heading.to_owned(), list));
    }
    sections
}

fn absent(figures: &Figures) -> Vec<&'static str> {
    let lang = figures.lang;
    let mut absent = Vec::new();
    if figures.targets.is_none() {
        absent.push(lang.pick(
            "靶标吻合率：未导入上级靶标",
            "targets: no official targets were imported",
        ));
    }
    if figures.change.is_none() {
        absent.push(lang.pick(
            "与往轮比较：没有往轮点位",
            "change between rounds: no plot of an earlier round is known",
        ));
    }
    if figures.level == Level::Public {
        absent.push(lang.pick(
            "按村、按乡镇、地图：公开版只有县级数字",
            "villages, towns, map: the version for the public has numbers of the county only",
        ));
    }
    if figures.level != Level::Field {
        absent.push(lang.pick(
            "逐处清单：含点位与人员，只在内部版",
            "lists of places one by one: they name places and people, and are for the office only",
        ));
    }
    absent
}

fn draw(table: &Table, lang: Lang) -> Markup {
    let (title, is_wide) = (caption(&table.title), table.columns.len() > WIDE);
    let mut body = Markup::default();
    let mut notes: Vec<String> = Vec::new();
    if table.rows.is_empty() {
        if !table.columns.is_empty() {
            body.push(&why(&format!("{title}{}", lang.pick("：无。", ": none."))));
        }
    } else {
        let rows: Vec<Vec<Cell>> = table
            .rows
            .iter()
            .take(MOST_ROWS)
            .map(|row| known(table, row))
            .collect();
        let kept = columns(table, &rows, is_wide);
        if kept.len() == 2 && rows.len() > LONG {
            let (first, second) = rows.split_at(rows.len().div_ceil(2));
            let more = format!("{title}{}", lang.pick("（续）", ", continued"));
            let mut pair = page_table(title, table, first, &kept, lang);
            pair.push(&page_table(&more, table, second, &kept, lang));
            body.push(&Markup::element("div", "pair", &pair));
        } else {
            body.push(&page_table(title, table, &rows, &kept, lang));
        }
        let unknown = rows
            .iter()
            .any(|row| kept.iter().any(|at| row[*at] == Cell::Empty));
        if unknown && is_wide {
            notes.push(
                lang.pick(
                    "“–”：没有数据、无人填报或不公布，不是0；往轮表只有疑似点与结果",
                    "“–”: no data, not reported or not published; it is not 0. A table of an earlier \
                     round has candidates and outcomes only",
                )
                .into(),
            );
        } else if unknown {
            notes.push(
                lang.pick(
                    "“–”：没有数据、无从计算或不公布，不是0",
                    "“–”: no data, nothing to reckon with, or not published; it is not 0",
                )
                .into(),
            );
        }
        let of_ground = kept
            .iter()
            .any(|at| table.columns[*at].name == "candidates")
            && table
                .columns
                .first()
                .is_some_and(|column| column.name == "code");
        if of_ground {
            notes.push(
                lang.pick(
                    "没有覆盖的地面一无所知：那里的0只是没有看到",
                    "nothing is known of ground that was not seen: there, 0 is only what nobody saw",
                )
                .into(),
            );
        }
        if is_wide {
            notes.push(
                lang.pick("其余各列见report.xlsx", "report.xlsx has the other columns")
                    .into(),
            );
        }
    }
    let cut = table.rows.len().saturating_sub(MOST_ROWS);
    if cut > 0 {
        let all = count(table.rows.len());
        notes.push(match lang {
            Lang::Zh => format!("只列前{MOST_ROWS}行，共{all}行，全表见report.xlsx"),
            Lang::En => format!("the first {MOST_ROWS} of {all} rows; report.xlsx has them all"),
        });
    }
    notes.extend(table.notes.iter().cloned());
    for note in &notes {
        body.push(&Markup::paragraph("note", note));
    }
    body
}

/// A title without the machine name behind it.
fn caption(title: &str) -> &str {
    match title.rsplit_once(' ') {
        Some((words, name)) if name.contains('.') && name.is_ascii() => words,
        _ => title,
    }
}

/// A row in which a number that nobody knows is none, rather than 0.
fn known(table: &Table, row: &[Cell]) -> Vec<Cell> {
    let at = |name: &str| table.columns.iter().position(|column| column.name == name);
    let mut row = row.to_vec();
    for (sum, without) in [
        ("plants.sum", "plants.without"),
        ("measured_mu", "measured_m2.without"),
    ] {
        if let Some((sum, without)) = at(sum).zip(at(without)) {
            let nobody_said = !matches!(row[without], Cell::Count(count) if count.is_zero());
            if nobody_said && matches!(row[sum], Cell::Number(number, _) if number <= 0.0) {
                row[sum] = Cell::Empty;
            }
        }
    }
    if let Some(source) = at("source")
        && row[source] == Cell::text("previous_table")
    {
        for (column, cell) in table.columns.iter().zip(&mut row) {
            if !PREVIOUS_KNOWS.contains(&column.name.as_str()) {
                *cell = Cell::Empty;
            }
        }
    }
    row
}

/// Columns that are shown: machine names are for programs, and a wide table loses what nobody knows.
fn columns(table: &Table, rows: &[Vec<Cell>], is_wide: bool) -> Vec<usize> {
    let shown = |at: &usize| {
        let name = table.columns[*at].name.as_str();
        let is_empty = rows.iter().all(|row| row[*at] == Cell::Empty);
        name != "name" && (!is_wide || (KEPT.contains(&name) && !is_empty))
    };
    let mut kept: Vec<usize> = (0..table.columns.len()).filter(shown).collect();
    // The county is the same in all rows but those of counties.
    if kept.len() > 1
        && table.columns[kept[1]].name == "town"
        && table.columns[kept[0]].name == "county"
    {
        kept.remove(0);
    }
    kept
}

fn page_table(
    title: &str,
    table: &Table,
    rows: &[Vec<Cell>],
    kept: &[usize],
    lang: Lang,
) -> Markup {
    let heads: Vec<(&str, Align)> = kept
        .iter()
        .map(|at| (table.columns[*at].text.as_str(), align(rows, *at)))
        .collect();
    let mut page = PageTable::new(title, &heads);
    let source = table
        .columns
        .iter()
        .position(|column| column.name == "source");
    for row in rows {
        let is_period = table
            .columns
            .first()
            .is_some_and(|column| column.name == "period");
        page.row(
            "",
            kept.iter().map(|at| {
                if is_period && Some(*at) == source {
                    return Markup::text(source_name(&row[*at].say(), lang));
                }
                Markup::text(&say(&row[*at]))
            }),
        );
    }
    let class = match kept.len() {
        0..=3 => "items",
        4..=9 => "",
        _ => "dense",
    };
    let page = page.finish();
    if class.is_empty() {
        page
    } else {
        Markup::element("div", class, &page)
    }
}

fn say(cell: &Cell) -> String {
    match cell {
        Cell::Empty => NONE.to_owned(),
        Cell::Count(Count::Exact(number)) => count(number),
        other => other.say(),
    }
}

/// Where the numbers of a period come from, in words.
fn source_name(name: &str, lang: Lang) -> &'static str {
    match name {
        "campaign" => lang.pick("本任务", "this campaign"),
        "previous_campaign" => lang.pick("往轮任务", "campaign of an earlier round"),
        "previous_table" => lang.pick("往轮表", "table of earlier rounds"),
        "campaigns" => lang.pick("本轮与往轮任务", "campaigns of the year"),
        "campaigns_and_previous_table" => {
            lang.pick("任务与往轮表", "campaigns and the table of earlier rounds")
        }
        _ => NONE,
    }
}

fn align(rows: &[Vec<Cell>], at: usize) -> Align {
    let mut cells = rows
        .iter()
        .map(|row| &row[at])
        .filter(|cell| **cell != Cell::Empty)
        .peekable();
    let any = cells.peek().is_some();
    if any && cells.all(|cell| !matches!(cell, Cell::Text(_))) {
        Align::Number
    } else {
        Align::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::table::Heading;

    fn table(rows: usize) -> Table {
        Table {
            title: "按村 control.random".into(),
            columns: vec![
                Heading::new("村", "village", 1.0),
                Heading::new("字段名", "name", 1.0),
            ],
            rows: (0..rows)
                .map(|row| vec![Cell::Text(format!("<{row}>")), Cell::Empty])
                .collect(),
            notes: vec!["a & b".into()],
        }
    }

    #[test]
    fn long_tables_are_cut_and_say_so() {
        let page = draw(&table(201), Lang::Zh);
        let text = page.as_str();
        assert_eq!(text.matches("<tr>").count(), 201, "a header and 200 rows");
        assert!(text.contains("共201行，全表见report.xlsx") && text.contains("&lt;199&gt;"));
        assert!(!draw(&table(200), Lang::Zh).as_str().contains("全表见"));
        assert!(!text.contains("字段名") && text.contains("<caption>按村</caption>"));
        assert!(draw(&table(0), Lang::En).as_str().contains("none."));
    }

    #[test]
    fn what_nobody_knows_is_not_0() {
        let names = [
            "source",
            "plants.sum",
            "plants.without",
            "pending",
            "candidates",
        ];
        let table = Table {
            columns: names.map(|name| Heading::new(name, name, 1.0)).to_vec(),
            ..table(0)
        };
        let row = |source: &str| {
            let number = |number| Cell::Count(Count::Exact(number));
            known(
                &table,
                &[
                    Cell::text(source),
                    Cell::Number(0.0, 0),
                    number(2),
                    number(0),
                    number(3),
                ],
            )
        };
        assert_eq!(row("campaign")[1], Cell::Empty);
        assert_eq!(row("campaign")[3], Cell::Count(Count::Exact(0)));
        assert_eq!(row("previous_table")[3], Cell::Empty);
        assert_eq!(row("previous_table")[4], Cell::Count(Count::Exact(3)));
    }
}
