//! The first sheet: how many tasks each village has, and what the reader must know of them.

use super::looks::Looks;
use super::pictures::{self, MOST_PICTURES};
use super::plan::{Division, Plan};
use super::sheet::{HEADER_ROW, set_page};
use crate::campaign::Lang;
use crate::tasks::pack::{COURTYARD, FieldPack, FieldTask, Grade, Listing, NOT_EVIDENCE, Village};
use rust_xlsxwriter::{Formula, Url, Worksheet, XlsxError};
use std::collections::{BTreeMap, BTreeSet};

/// The headers in Chinese and English, and their widths in characters.
const HEADERS: [(&str, &str, u32); 15] = [
    ("乡镇", "town", 14),
    ("村", "village", 18),
    ("行政区代码", "division code", 15),
    ("工作表", "sheet", 22),
    ("A级", "grade A", 8),
    ("B级", "grade B", 8),
    ("C级", "grade C", 8),
    ("未定级", "not graded", 8),
    ("许可范围内", "licensed ground", 11),
    ("临界点", "near a border", 9),
    ("抽查点", "drawn by lot", 9),
    ("合计", "all tasks", 9),
    ("其中庭院", "of them homes", 10),
    ("组数", "teams", 8),
    ("组·天", "days of teams", 8),
];

/// The first column of numbers that add up to their sum.
const FIRST_SUM: u16 = 4;

/// What is counted of a village, or of all of them.
#[derive(Default)]
struct Numbers<'a> {
    /// A, B, C, not graded, licensed, near a border, drawn by lot, all, homes.
    counts: [u32; 9],
    teams: BTreeSet<&'a str>,
    days: BTreeSet<(&'a str, u32)>,
}

impl<'a> Numbers<'a> {
    /// Each task is counted once: in its grade where it stands in the main list, else in its list.
    fn add(&mut self, task: &'a FieldTask) {
        let column = match (task.listing, task.grade) {
            (Listing::Main, Some(Grade::A)) => 0,
            (Listing::Main, Some(Grade::B)) => 1,
            (Listing::Main, Some(Grade::C)) => 2,
            (Listing::Main, None) => 3,
            (Listing::LegalCrop, _) => 4,
            (Listing::NearBorder, _) => 5,
            (Listing::Control, _) => 6,
        };
        self.counts[column] += 1;
        self.counts[7] += 1;
        self.counts[8] += u32::from(task.courtyard);
        if !task.team.is_empty() {
            self.teams.insert(&task.team);
            self.days.insert((&task.team, task.day));
        }
    }

    /// Teams and their days are counted, not added: one team goes to several villages.
    fn walks(&self) -> [u32; 2] {
        [self.teams.len(), self.days.len()].map(|n| u32::try_from(n).unwrap_or(u32::MAX))
    }
}

/// Fills the sheet.
pub(super) fn fill(
    sheet: &mut Worksheet,
    plan: &Plan,
    pack: &FieldPack,
    looks: &Looks,
) -> Result<(), XlsxError> {
    let facts = &pack.facts;
    let lang = facts.lang;
    sheet.set_name(&plan.summary)?;
    set_page(sheet, &plan.summary, pack, false)?;
    let title = match lang {
        Lang::Zh => format!(
            "{} {}{}年第{}轮 踏查任务汇总",
            facts.campaign, facts.county, facts.year, facts.round
        ),
        Lang::En => format!(
            "{} {} {} round {}: tasks in numbers",
            facts.campaign, facts.county, facts.year, facts.round
        ),
    };
    sheet.write_string_with_format(0, 0, title, &looks.table.title)?;
    let clue = lang.pick(NOT_EVIDENCE.0, NOT_EVIDENCE.1);
    sheet.write_string_with_format(1, 0, clue, &looks.table.warning)?;
    for (at, (zh, en, width)) in (0..).zip(HEADERS) {
        sheet.set_column_width(at, width)?;
        sheet.write_string_with_format(HEADER_ROW, at, lang.pick(zh, en), &looks.table.header)?;
    }
    sheet.set_freeze_panes(HEADER_ROW + 1, 2)?;

    let mut of_villages: BTreeMap<&Village, Numbers<'_>> = BTreeMap::new();
    let mut of_all = Numbers::default();
    for task in &pack.tasks {
        of_villages
            .entry(task.village.as_ref())
            .or_default()
            .add(task);
        of_all.add(task);
    }
    let none = Numbers::default();
    let mut row = HEADER_ROW + 1;
    for (village, &place) in pack.villages.iter().zip(&plan.of_village) {
        let numbers = of_villages.get(village.as_ref()).unwrap_or(&none);
        write_names(sheet, row, village, &plan.sheets[place].name, lang, looks)?;
        for (at, number) in (FIRST_SUM..).zip(numbers.counts.into_iter().chain(numbers.walks())) {
            sheet.write_number_with_format(row, at, number, &looks.table.count)?;
        }
        row += 1;
    }
    let last_column = FIRST_SUM + 10;
    if row > HEADER_ROW + 1 {
        sheet.autofilter(HEADER_ROW, 0, row - 1, last_column)?;
    }
    write_sums(sheet, row, &of_all, lang, looks)?;
    for (row, note) in (row + 2..).zip(notes(plan, pack)) {
        sheet.write_string_with_format(row, 0, note, &looks.table.line)?;
    }
    Ok(())
}

fn write_names(
    sheet: &mut Worksheet,
    row: u32,
    village: &Village,
    own_sheet: &str,
    lang: Lang,
    looks: &Looks,
) -> Result<(), XlsxError> {
    let name = if village.code.is_empty() {
        lang.pick("无村界", "no village")
    } else {
        &village.village
    };
    for (at, text) in (0..).zip([&village.town, name, &village.code]) {
        sheet.write_string_with_format(row, at, text, &looks.table.text)?;
    }
    let link = Url::new(format!("internal:'{}'!A1", own_sheet.replace('\'', "''")));
    sheet.write_url_with_options(row, 3, link, own_sheet, "", Some(&looks.table.text))?;
    Ok(())
}

fn write_sums(
    sheet: &mut Worksheet,
    row: u32,
    of_all: &Numbers<'_>,
    lang: Lang,
    looks: &Looks,
) -> Result<(), XlsxError> {
    sheet.write_string_with_format(row, 0, lang.pick("合计", "all"), &looks.table.sum)?;
    for at in 1..FIRST_SUM {
        sheet.write_blank(row, at, &looks.table.sum)?;
    }
    for (at, sum) in (FIRST_SUM..).zip(of_all.counts) {
        // Readers that do not calculate see the value, others keep it right after changes.
        let column = rust_xlsxwriter::utility::column_number_to_name(at);
        let formula = format!("=SUM({column}{}:{column}{row})", HEADER_ROW + 2);
        if row > HEADER_ROW + 1 {
            let formula = Formula::new(formula).set_result(sum.to_string());
            sheet.write_formula_with_format(row, at, formula, &looks.table.sum)?;
        } else {
            sheet.write_number_with_format(row, at, sum, &looks.table.sum)?;
        }
    }
    for (at, number) in (FIRST_SUM + 9..).zip(of_all.walks()) {
        sheet.write_number_with_format(row, at, number, &looks.table.sum)?;
    }
    Ok(())
}

/// What stands under the numbers, a line each.
fn notes(plan: &Plan, pack: &FieldPack) -> Vec<String> {
    let facts = &pack.facts;
    let lang = facts.lang;
    let mut notes = vec![
        lang.pick(NOT_EVIDENCE.0, NOT_EVIDENCE.1).to_owned(),
        lang.pick(
            "A、B、C级只计主清单；许可范围内、临界点、抽查点另计，列在各表之后",
            "grades A, B, C count the main list only; the other lists stand apart, at the end of \
             each sheet",
        )
        .to_owned(),
        lang.pick(
            "折叠的列（编号、日程、坐标、距离、影像等）：点列标上方的“+”展开",
            "folded columns (ids, days, coordinates, distances, images): open them with the + above",
        )
        .to_owned(),
    ];
    if pack.tasks.iter().any(|t| t.courtyard) {
        notes.insert(1, lang.pick(COURTYARD.0, COURTYARD.1).to_owned());
    }
    let villages = pack.villages.len();
    match (plan.division, lang) {
        (Division::Village, _) => {}
        (Division::Town, Lang::Zh) => notes.push(format!(
            "共 {villages} 个村，多于 250 个：按乡镇分表，不按村分表"
        )),
        (Division::Town, Lang::En) => notes.push(format!(
            "{villages} villages are more than 250: one sheet a town instead of one a village"
        )),
        (Division::All, Lang::Zh) => notes.push(format!(
            "共 {villages} 个村，乡镇多于 250 个：全部任务在一张表内"
        )),
        (Division::All, Lang::En) => notes.push(format!(
            "{villages} villages in more than 250 towns: all tasks on one sheet"
        )),
    }
    if !pictures::fit(pack) {
        let count = pictures::count(pack);
        notes.push(match lang {
            Lang::Zh => {
                format!("图片 {count} 张，多于 {MOST_PICTURES} 张，未放入表内；文件名见“缩略图”列")
            }
            Lang::En => format!(
                "{count} pictures are more than {MOST_PICTURES} and not shown here; the column \
                 `picture` names the files"
            ),
        });
    }
    notes.extend(facts.notes.iter().cloned());
    notes.push(format!("{} · {}", facts.date, facts.program));
    notes
}
