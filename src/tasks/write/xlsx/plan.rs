//! Which sheets a ledger has, what they are called, and which tasks stand on them in which order.

use crate::campaign::Lang;
use crate::tasks::pack::{FieldPack, Village};
use std::collections::{BTreeMap, BTreeSet};

/// No more sheets than this: office programs open a workbook of thousands of them hardly or never.
const MOST_SHEETS: usize = 250;

/// Excel's limit for the name of a sheet, in units of UTF-16.
const LONGEST_NAME: usize = 31;

/// What one sheet is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Division {
    /// A village each.
    Village,
    /// A town each, as there are too many villages.
    Town,
    /// Everything on one sheet, as there are too many towns.
    All,
}

/// The sheets of a ledger.
pub(super) struct Plan {
    /// What a sheet is for.
    pub(super) division: Division,
    /// The sheets in their order.
    pub(super) sheets: Vec<SheetPlan>,
    /// The sheet of each of the pack's villages: its place in `sheets`.
    pub(super) of_village: Vec<usize>,
    /// The sheet of numbers and notes.
    pub(super) summary: String,
    /// The sheet of words to choose from.
    pub(super) words: String,
}

/// One sheet.
pub(super) struct SheetPlan {
    /// Its name, fit for Excel and unique.
    pub(super) name: String,
    /// What it shows, in full.
    pub(super) title: String,
    /// Its tasks, places in the pack: the main list first, the lists apart after it.
    pub(super) tasks: Vec<usize>,
}

impl Plan {
    /// Lays out the sheets of a pack.
    pub(super) fn of(pack: &FieldPack) -> Self {
        let lang = pack.facts.lang;
        let towns: BTreeSet<_> = pack.villages.iter().map(|v| town_of(v)).collect();
        let division = if pack.villages.len() <= MOST_SHEETS {
            Division::Village
        } else if towns.len() <= MOST_SHEETS {
            Division::Town
        } else {
            Division::All
        };
        let mut names = Names::default();
        let summary = names.take(lang.pick("汇总", "summary"), "");
        let words = names.take(lang.pick("词表", "words"), "");
        let mut known: BTreeMap<Unit, usize> = BTreeMap::new();
        let mut sheets: Vec<SheetPlan> = Vec::new();
        let mut of_village = Vec::new();
        for village in &pack.villages {
            let unit = unit_of(village, division);
            let place = *known.entry(unit).or_insert_with(|| {
                let (short, title) = said(village, division, lang);
                let code = unit_code(village, division);
                sheets.push(SheetPlan {
                    name: names.take(&short, code),
                    title,
                    tasks: Vec::new(),
                });
                sheets.len() - 1
            });
            of_village.push(place);
        }
        let places: BTreeMap<&Village, usize> = pack
            .villages
            .iter()
            .map(AsRef::as_ref)
            .zip(of_village.iter().copied())
            .collect();
        for (at, task) in pack.tasks.iter().enumerate() {
            if let Some(&place) = places.get(task.village.as_ref()) {
                sheets[place].tasks.push(at);
            }
        }
        for sheet in &mut sheets {
            sheet.tasks.sort_by_key(|&at| (pack.tasks[at].listing, at));
        }
        Self {
            division,
            sheets,
            of_village,
            summary,
            words,
        }
    }
}

/// What makes two villages share a sheet.
type Unit = (String, String, String);

fn unit_of(village: &Village, division: Division) -> Unit {
    if village.code.is_empty() {
        return Unit::default();
    }
    match division {
        Division::Village => (
            village.code.clone(),
            village.town.clone(),
            village.village.clone(),
        ),
        Division::Town => {
            let (code, name) = town_of(village);
            (code.to_owned(), name.to_owned(), String::new())
        }
        Division::All => Unit::default(),
    }
}

/// A town's code of 9 digits, and its name.
fn town_of(village: &Village) -> (&str, &str) {
    (unit_code(village, Division::Town), &village.town)
}

fn unit_code(village: &Village, division: Division) -> &str {
    match division {
        Division::Village => &village.code,
        Division::Town => village.code.get(..9).unwrap_or(&village.code),
        Division::All => "",
    }
}

/// The short and the full name of a village's sheet.
fn said(village: &Village, division: Division, lang: Lang) -> (String, String) {
    if village.code.is_empty() && division != Division::All {
        let name = lang.pick("无村界", "no village").to_owned();
        return (name.clone(), name);
    }
    let named = |name: &str| {
        let code = unit_code(village, division);
        if name.is_empty() { code } else { name }.to_owned()
    };
    match division {
        Division::Village => {
            let name = named(&village.village);
            let title = joined(&[&village.county, &village.town, &name], lang);
            (name, title)
        }
        Division::Town => {
            let name = named(&village.town);
            let title = joined(&[&village.county, &name], lang);
            (name, title)
        }
        Division::All => {
            let name = lang.pick("全部", "all").to_owned();
            (name.clone(), name)
        }
    }
}

fn joined(parts: &[&str], lang: Lang) -> String {
    let parts: Vec<&str> = parts.iter().copied().filter(|p| !p.is_empty()).collect();
    parts.join(lang.pick("", ", "))
}

/// The names taken so far, as Excel compares them: without regard to case.
#[derive(Default)]
struct Names(BTreeSet<String>);

impl Names {
    /// A name fit for Excel that no other sheet has: the wish itself, the wish with the unit's
    /// code, or with a number.
    fn take(&mut self, wish: &str, code: &str) -> String {
        let numbered = (2_u32..).map(|n| n.to_string());
        let tails = [String::new(), code.to_owned()].into_iter().chain(numbered);
        for tail in tails {
            let name = fit(wish, &tail);
            if self.0.insert(name.to_lowercase()) {
                return name;
            }
        }
        unreachable!("one of all numbers is free")
    }
}

/// A name that Excel takes: none of its forbidden characters, no apostrophe at an end, not its own
/// word `History`, and cut so that the tail fits.
fn fit(wish: &str, tail: &str) -> String {
    let clean = |text: &str| -> String {
        text.chars()
            .map(|c| match c {
                '[' | ']' | ':' | '*' | '?' | '/' | '\\' => '_',
                c if c.is_control() => '_',
                c => c,
            })
            .collect()
    };
    let (wish, tail) = (clean(wish), clean(tail));
    let room =
        LONGEST_NAME.saturating_sub(tail.encode_utf16().count() + usize::from(!tail.is_empty()));
    let mut name = String::new();
    let mut units = 0;
    for c in wish.chars() {
        units += c.len_utf16();
        if units > room {
            break;
        }
        name.push(c);
    }
    if !tail.is_empty() {
        name.push(' ');
        name.push_str(&tail);
    }
    let name = name.trim().trim_matches('\'').trim();
    if name.is_empty() || name.eq_ignore_ascii_case("history") {
        format!("_{name}")
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::fixture;
    use std::sync::Arc;

    fn renamed(names: &[(&str, &str, &str)]) -> FieldPack {
        let count = u32::try_from(names.len()).unwrap() * 8;
        let mut pack = fixture::pack(count, Lang::Zh);
        for (at, (code, town, village)) in names.iter().enumerate() {
            let village = Arc::new(Village {
                code: (*code).into(),
                county: "天目县".into(),
                town: (*town).into(),
                village: (*village).into(),
            });
            pack.villages[at] = Arc::clone(&village);
            for task in &mut pack.tasks[at * 8..at * 8 + 8] {
                task.village = Arc::clone(&village);
            }
        }
        pack
    }

    #[test]
    fn names_are_fit_for_excel_and_unique() {
        let pack = renamed(&[
            ("990101101201", "云岭镇", "石门[1/2]村"),
            ("990101101202", "云岭镇", "青岩村"),
            ("990101102201", "柳河镇", "青岩村"),
            ("990101102202", "柳河镇", ""),
            ("990101102203", "柳河镇", "汇总"),
            ("990101102204", "柳河镇", &"长".repeat(40)),
            ("", "", ""),
        ]);
        let plan = Plan::of(&pack);
        let names: Vec<_> = plan.sheets.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(
            names[..5],
            [
                "石门_1_2_村",
                "青岩村",
                "青岩村 990101102201",
                "990101102202",
                "汇总 990101102203"
            ]
        );
        assert_eq!(names[5], "长".repeat(31));
        assert_eq!(names[6], "无村界");
        assert_eq!(plan.sheets[0].title, "天目县云岭镇石门[1/2]村");
        assert!(
            names
                .iter()
                .all(|n| rust_xlsxwriter::utility::check_sheet_name(n).is_ok())
        );
    }

    #[test]
    fn names_differ_also_for_those_who_ignore_case() {
        let mut names = Names::default();
        assert_eq!(names.take("Hill", "1"), "Hill");
        assert_eq!(names.take("hILL", "1"), "hILL 1");
        assert_eq!(names.take("hill", "1"), "hill 2");
        assert_eq!(names.take("History", ""), "_History");
        assert_eq!(names.take("'", ""), "_");
    }

    #[test]
    fn lists_apart_come_after_the_main_list() {
        let pack = fixture::pack(16, Lang::Zh);
        let plan = Plan::of(&pack);
        assert_eq!(plan.sheets.len(), 2);
        assert_eq!(plan.sheets[0].tasks, [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(plan.of_village, [0, 1]);
        let mut pack = pack;
        pack.tasks[0].listing = crate::tasks::pack::Listing::Control;
        assert_eq!(Plan::of(&pack).sheets[0].tasks, [1, 2, 3, 4, 5, 0, 6, 7]);
    }

    #[test]
    fn many_villages_are_put_together_by_town_and_many_towns_on_one_sheet() {
        let plan = Plan::of(&fixture::pack(251 * 8, Lang::Zh));
        assert_eq!(plan.division, Division::Town);
        assert_eq!(plan.sheets.len(), 1);
        assert_eq!(plan.sheets[0].name, "云岭镇");
        assert_eq!(plan.sheets[0].tasks.len(), 251 * 8);
        assert_eq!(
            Plan::of(&fixture::pack(250 * 8, Lang::Zh)).sheets.len(),
            250
        );
        let names: Vec<_> = (0..251)
            .map(|i| (format!("990101{i:03}201"), format!("{i}镇")))
            .collect();
        let names: Vec<_> = names
            .iter()
            .map(|(c, t)| (c.as_str(), t.as_str(), "村"))
            .collect();
        let plan = Plan::of(&renamed(&names));
        assert_eq!(plan.division, Division::All);
        assert_eq!(plan.sheets.len(), 1);
        assert_eq!(plan.sheets[0].name, "全部");
    }
}
